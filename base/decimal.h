/* Numbers as text: the same value, digit for digit, in our plain form. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <sys/types.h>

#include "base/span.h"

enum {
	DECIMAL_TEXT_MAX = 400, /* holds every double */
	DECIMAL_SHORT_ROOM = 32,
};

/* Writes a number of money_parse()'s grammar as a plain decimal: no exponent, no plus, no
 * leading zeros, at least two places, further trailing zeros cut, never "-0.00". Nothing
 * is rounded. Not NUL-terminated; answers the length. -EINVAL no number; -EFBIG longer
 * than room. */
ssize_t decimal_plain(struct span text, char *ret, size_t room);
/* The same, fast, of what nearly all numbers in bills are: at most 16 digits with a point
 * among them, no exponent, no plus and no zeros before the others. Scribbles on
 * DECIMAL_SHORT_ROOM bytes; answers the length, or 0, it is not that simple. */
size_t decimal_short(struct span text, char *ret);

#endif
