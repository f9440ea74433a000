/* What the answers of AWS's XML protocols are made of, as a table: shapes.inc, which
 * make_shapes.py writes out of botocore's service models. Immutable.
 *
 * An operation's output is a shape; a structure is its members in the order in which
 * AWS's tools print them, each with the name of its element, its own name and its shape.
 * Names and shapes are numbers, so that a member is six bytes, and equal names are one
 * text. */
#ifndef AWS_RESOURCE_SHAPE_H
#define AWS_RESOURCE_SHAPE_H

#include "base/span.h"

enum shape_kind {
	SHAPE_NOTHING, /* known, and not printed: the id of a request */
	SHAPE_STRING,
	SHAPE_STRING_OR_NULL, /* null where the element is empty */
	SHAPE_SECRET, /* a string that AWS's model calls sensitive: not shown */
	SHAPE_DOCUMENT, /* JSON, encoded as in URLs */
	SHAPE_BOOLEAN,
	SHAPE_INTEGER,
	SHAPE_FLOAT,
	SHAPE_TIMESTAMP,
	SHAPE_LIST, /* every child is an item, whatever its name */
	SHAPE_FLAT_LIST, /* the element and its siblings of the same name are items */
	SHAPE_MAP, /* every child holds a key and a value: members 0 and 1 */
	SHAPE_STRUCTURE,
};

enum { SHAPE_MEMBERS_MAX = 128 };

struct shape_member {
	uint16_t xml, name; /* of the element, and in JSON */
	uint16_t shape;
};

struct shape {
	enum shape_kind kind;
	uint16_t item; /* shape of a list's items */
	uint16_t count;
	const struct shape_member *members;
};

/* Which element the output is. */
enum shape_start {
	START_ROOT,
	START_WRAPPER, /* a child of the root */
	START_DOCUMENT, /* what holds the root, which is a member */
};

struct shape_operation {
	const char *service, *name;
	const char *root, *wrapper;
	enum shape_start start;
	uint16_t output; /* shape */
	/* Names of members of the output: the next page's token, and a boolean that has
	 * to be true for it to count. shape_no_name() where there is none. */
	uint16_t token, more;
};

/* Names in JSON are ASCII that needs no escapes. number < shape_no_name(). */
const char *shape_name(uint16_t number);
uint16_t shape_no_name(void);
/* shape_no_name() for what the table does not know. */
uint16_t shape_find_name(struct span text);
const struct shape *shape_of(uint16_t number);
/* NULL when it is not in the table. */
const struct shape_operation *shape_find_operation(const char *service, const char *name);

#endif
