/* JSON objects put together of several answers, indented as those. For aws/resource
 * alone. */
#ifndef AWS_RESOURCE_COMPOSE_H
#define AWS_RESOURCE_COMPOSE_H

#include "base/buf.h"

enum { COMPOSE_BYTES_MAX = 16 * 1024 * 1024 };
static const size_t COMPOSE_INDENT = 4;

/* All append: 0; -ENOMEM; -EFBIG. Values are JSON as convert.h has it: indented by 4,
 * without a newline at the end. */

/* Begins with the members of an element. -EBADMSG where it has none. */
MUST_USE int compose_begin(struct buf *b, struct span element);
/* name needs no escapes. */
MUST_USE int compose_member(struct buf *b, const char *name, struct span value);
MUST_USE int compose_text_member(struct buf *b, const char *name, struct span text);
MUST_USE int compose_end(struct buf *b);
/* The first item of an object that begins with no element, instead of both the first
 * compose_member() and compose_begin(). */
MUST_USE int compose_first_text(struct buf *b, const char *name, struct span text);

/* A list, item by item. */
struct compose_list {
	struct buf text;
	size_t count;
};
void compose_list_init(struct compose_list *l);
void compose_list_finish(struct compose_list *l);
MUST_USE int compose_item(struct compose_list *l, struct span value);
/* Closes it as a member of b; no item may follow. */
MUST_USE int compose_list_member(struct buf *b, const char *name, struct compose_list *l);

#endif
