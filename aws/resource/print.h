/* Elements as JSON, in the form of AWS's tools: that of Python's json with an indent
 * of 4. */
#ifndef AWS_RESOURCE_PRINT_H
#define AWS_RESOURCE_PRINT_H

#include "aws/resource/element.h"
#include "aws/resource/shape.h"

/* What stands for a secret that an answer holds, such as the keys of a VPN. */
#define PRINT_SECRET "*** Sensitive Data Redacted ***"

enum { PRINT_UNKNOWN_MAX = 128 /* members of one element that are not in the table */ };

struct printer {
	const struct elements *elements;
	/* Unknown members are called as EC2's model calls its members: newThing is
	 * NewThing. */
	bool is_capital;
};

/* Appends the element as a value of its own, without a newline at the end. What the table
 * does not know follows what it knows: a text as a string, children as an object, or as a
 * list where they repeat or are called item or member. 0; -EFBIG longer than the limit of
 * b, or more unknown members than the one above; -ENOMEM. */
MUST_USE int print_element(
	const struct printer *p, uint32_t element, uint16_t shape, struct buf *b);

#endif
