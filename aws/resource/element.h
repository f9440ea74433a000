/* An XML document as a tree of elements, in one array. */
#ifndef AWS_RESOURCE_ELEMENT_H
#define AWS_RESOURCE_ELEMENT_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/intern.h"

enum {
	ELEMENT_COUNT_MAX = 2 * 1024 * 1024,
	ELEMENT_TEXT_MAX = 64 * 1024 * 1024, /* bytes of the document */
};

/* Numbers count from 0, which is the document: its child is the root. So 0 is no child
 * and no sibling. */
struct element {
	uint32_t name; /* of elements.names */
	uint32_t first, next; /* children, siblings */
	uint32_t text, text_len; /* of one without children */
	bool is_attribute; /* "xsi:type" of the element above it */
};

/* Plain; a zeroed one is empty. Fields are for reading only. */
struct elements {
	struct element *at;
	size_t count, cap;
	struct buf texts;
	struct intern *names; /* local ones of elements */
	uint16_t *known; /* by number of the name: shape_find_name() */
	size_t known_cap;
};

/* 0; -EBADMSG no XML, cut, or with a document type; -EFBIG deeper, longer or of more
 * elements than the limits; -ENOMEM. */
MUST_USE int elements_read(struct span xml, struct elements *ret, struct fault *why);
void elements_finish(struct elements *e);
/* All valid until elements_finish(). */
struct span element_text(const struct elements *e, uint32_t number);
struct span element_name(const struct elements *e, uint32_t number);
/* The name's number in the table of shapes, or shape_no_name(). */
uint16_t element_known(const struct elements *e, uint32_t number);
/* Both pass over attributes; 0 at the end. */
uint32_t element_first(const struct elements *e, uint32_t number);
uint32_t element_next(const struct elements *e, uint32_t number);

#endif
