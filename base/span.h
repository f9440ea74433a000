/* A view of bytes that somebody else owns. Not NUL-terminated, may hold any byte. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
/* ASCII letters only, whatever the locale. */
bool span_eq_nocase(struct span a, struct span b);
/* Byte order, as memcmp; the shorter of two equal beginnings is first: <0, 0, >0. */
int span_cmp(struct span a, struct span b);
/* Index of the byte, or s.len when it is not there. */
size_t span_rfind(struct span s, char byte);
/* Takes off what stands before the separator; *rest is what follows it (empty when
 * it is the last part). Answers false when *rest was already exhausted (p == NULL). */
bool span_split(struct span *rest, char separator, struct span *ret_part);
/* Space, \t, \n, \v, \f and \r at both ends. */
struct span span_trim(struct span s);
/* All bytes are '0'..'9' and there is at least one. */
bool span_is_digits(struct span s);
/* A decimal number of digits only. 0; -EINVAL not that; -ERANGE above max. */
MUST_USE int span_parse_u64(struct span s, uint64_t max, uint64_t *ret);

/* The rest is in the header because rows are matched with it, column by column. memcmp
 * and memchr are kept from seeing NULL, which they may not even with a length of 0. */

static inline bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool span_starts(struct span s, struct span prefix)
{
	return s.len >= prefix.len &&
		(prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}

static inline bool span_ends(struct span s, struct span suffix)
{
	return s.len >= suffix.len &&
		(suffix.len == 0 ||
			memcmp(s.p + s.len - suffix.len, suffix.p, suffix.len) == 0);
}

/* Index of the byte, or s.len when it is not there. */
static inline size_t span_find(struct span s, char byte)
{
	const char *at = s.len ? memchr(s.p, byte, s.len) : NULL;

	return at ? (size_t)(at - s.p) : s.len;
}

/* From is cut to s.len; what is left may be empty. */
static inline struct span span_from(struct span s, size_t from)
{
	if (from > s.len)
		from = s.len;
	return (struct span){ from ? s.p + from : s.p, s.len - from };
}

static inline struct span span_first(struct span s, size_t len)
{
	return (struct span){ s.p, len < s.len ? len : s.len };
}

#endif
