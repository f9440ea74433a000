/* A view of bytes that somebody else owns. Not NUL-terminated, may hold any byte. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* Plain; a zeroed span is the empty one. p may be NULL only if len is 0. */
struct span {
	const char *p;
	size_t len;
};

/* Of a string literal only. */
#define SPAN(literal) ((struct span){ "" literal, sizeof(literal) - 1 })
/* For "%.*s". */
#define SPAN_ARG(s) (int)(s).len, (s).len ? (s).p : ""

/* Borrows text, a C string; NULL gives the empty span. */
struct span span_of(const char *text);
bool span_eq(struct span a, struct span b);
/* ASCII letters only, whatever the locale. */
bool span_eq_nocase(struct span a, struct span b);
bool span_starts(struct span s, struct span prefix);
bool span_ends(struct span s, struct span suffix);
/* Byte order, as memcmp; the shorter of two equal beginnings is first: <0, 0, >0. */
int span_cmp(struct span a, struct span b);
/* Index of the byte, or s.len when it is not there. */
size_t span_find(struct span s, char byte);
size_t span_rfind(struct span s, char byte);
/* From is cut to s.len; what is left may be empty. */
struct span span_from(struct span s, size_t from);
struct span span_first(struct span s, size_t len);
/* Takes off what stands before the separator; *rest is what follows it (empty when
 * it is the last part). Answers false when *rest was already exhausted (p == NULL). */
bool span_split(struct span *rest, char separator, struct span *ret_part);
struct span span_trim(struct span s);
/* All bytes are '0'..'9' and there is at least one. */
bool span_is_digits(struct span s);
/* A decimal number of digits only. 0; -EINVAL not that; -ERANGE above max. */
MUST_USE int span_parse_u64(struct span s, uint64_t max, uint64_t *ret);

#endif
