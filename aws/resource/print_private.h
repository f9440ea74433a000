/* What the two halves of the printer share. */
#ifndef AWS_RESOURCE_PRINT_PRIVATE_H
#define AWS_RESOURCE_PRINT_PRIVATE_H

#include "aws/resource/print.h"

/* Where a value is being written. */
struct place {
	const struct printer *p;
	struct buf *b;
	unsigned depth; /* of the value */
};

/* The beginning, and the end, of a list or an object. */
struct frame {
	struct place at;
	char end;
	bool has_items;
};
MUST_USE int print_begin(const struct place *at, char begin, struct frame *ret);
/* Goes to a new line; what follows is an item, or a member's name. */
MUST_USE int print_item(struct frame *f);
MUST_USE int print_end(const struct frame *f);
/* Where an item's value is. */
struct place print_inside(const struct frame *f);

/* A document that came as a text, encoded as in URLs; one that is no JSON is appended as
 * the string that it is. 0; -ENOMEM; -EFBIG. */
MUST_USE int print_document(const struct place *at, struct span text);

/* Children that are not among the members of s (NULL: has none), as members of f. */
MUST_USE int print_unknown_members(
	struct frame *f, uint32_t element, const struct shape *s);

#endif
