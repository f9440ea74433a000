/* One flat JSON object, pair by pair, as CUR 2.0 writes its maps into CSV. RFC 8259,
 * strictly, but for two things: bytes over 0x7f are not looked at, and values that
 * are themselves objects or arrays come as their text. Private to aws/export. */
#ifndef AWS_EXPORT_JSONMAP_H
#define AWS_EXPORT_JSONMAP_H

#include "base/span.h"

enum { JSONMAP_DEPTH_MAX = 32 /* of nested values */ };

enum jsonmap_type {
	JSONMAP_STRING,
	JSONMAP_NUMBER,
	JSONMAP_BOOL,
	JSONMAP_NULL, /* the value is empty */
	JSONMAP_NESTED,
};
struct jsonmap_pair {
	struct span key;
	struct span value;
	enum jsonmap_type type;
	bool key_plain; /* stood without escapes: good as a hint */
};

/* Plain; fields but scratch are the reader's own. */
struct jsonmap {
	const char *start, *p, *end;
	char *scratch; /* where the next string with escapes goes; may be moved on */
	bool begun;
};

/* Borrows text and scratch while pairs are in use. scratch takes the strings that hold
 * escapes: it has room for text.len bytes. */
void jsonmap_init(struct jsonmap *m, struct span text, char *scratch);
/* 1 and a pair; 0 at the end of the object and the text; -EBADMSG. hint is a key that
 * is likely to come next, one that was key_plain, or empty; when it does come,
 * pair.key is hint. \u0000 and half surrogates become U+FFFD: no tag may make a month
 * unreadable. */
MUST_USE int jsonmap_next(struct jsonmap *m, struct span hint, struct jsonmap_pair *ret);
/* Where reading stands or failed, in bytes from the start of the text. */
size_t jsonmap_offset(const struct jsonmap *m);

#endif
