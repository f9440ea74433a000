/* Digits of what nearly all numbers in bills are: at most 16 bytes, with a point among
 * them, without sign and exponent. */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include "base/span.h"
#include "base/word.h"

/* A byte a digit, the first one lowest, the point being DIGITS_POINT. Behind the last one
 * are zeros. */
struct digits {
	uint64_t low, high;
	size_t point; /* where it stands; the number of digits, if there is none */
	bool has_point;
};
#define DIGITS_POINT ((uint64_t)('.' ^ '0'))

/* The highest bit of each byte that is over 9. */
static inline uint64_t digits_others(uint64_t v)
{
	return (((v & WORD_ALL(0x7F)) + WORD_ALL(0x76)) | v) & WORD_ALL(0x80);
}

/* False: it is something else. */
static inline bool digits_read(struct span text, struct digits *ret)
{
	const char *p = text.p;
	size_t len = text.len;
	uint64_t low, high = 0, low_others, high_others;

	if (len == 0 || len > 2 * WORD)
		return false;
	if (len < WORD) {
		low = word_load_few(p, len) ^ (WORD_ALL('0') >> 8 * (WORD - len));
	} else {
		low = word_load(p) ^ WORD_ALL('0');
		if (len > WORD)
			high = (word_load(p + len - WORD) ^ WORD_ALL('0')) >>
				8 * (2 * WORD - len);
	}
	low_others = digits_others(low);
	high_others = digits_others(high);
	*ret = (struct digits){ .low = low, .high = high, .point = len };
	if (!(low_others | high_others))
		return true;
	if (low_others)
		ret->point = (size_t)__builtin_ctzll(low_others) / 8;
	else
		ret->point = WORD + (size_t)__builtin_ctzll(high_others) / 8;
	ret->has_point = true;
	/* It is the only one, and the right one. */
	return (low_others & (low_others - 1)) == 0 &&
		(high_others & (high_others - 1)) == 0 && !(low_others && high_others) &&
		p[ret->point] == '.';
}

/* Behind the last byte that is not 0. */
static inline size_t digits_end(const struct digits *d)
{
	if (d->high)
		return 2 * WORD - (size_t)__builtin_clzll(d->high) / 8;
	return d->low ? WORD - (size_t)__builtin_clzll(d->low) / 8 : 0;
}

/* Eight digits of one byte each: each step joins neighbours into lanes of twice the width
 * (pairs, fours, all eight). */
static inline uint64_t digits_eight(uint64_t v)
{
	v = (v * 10 + (v >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
	v = (v * 100 + (v >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
	return (v * 10000 + (v >> 32)) & UINT64_C(0xFFFFFFFF);
}

/* All sixteen, those behind the last one being zeros, without the point. */
static inline uint64_t digits_value(const struct digits *d)
{
	uint64_t low = d->low, high = d->high, before;

	if (d->point < WORD) {
		before = (UINT64_C(1) << 8 * d->point) - 1;
		low = (low & before) | ((low >> 8 | high << 56) & ~before);
		high >>= 8;
	} else if (d->point < 2 * WORD) {
		before = (UINT64_C(1) << 8 * (d->point - WORD)) - 1;
		high = (high & before) | ((high >> 8) & ~before);
	}
	return digits_eight(low) * 100000000 + digits_eight(high);
}

#endif
