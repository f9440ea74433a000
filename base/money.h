/* Exact decimals: a signed 128-bit count of 10^-18. Money, and amounts of usage. */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include <errno.h>

#include "base/span.h"

__extension__ typedef __int128 money_int;

enum { MONEY_SCALE = 18, MONEY_TEXT_MAX = 48 };

/* Zeroed = 0. */
struct money {
	money_int units; /* 10^-18 */
};

/* Grammar: -?digits[.digits][(e|E)[+-]digits], also a leading '+' and ".5" or "5."; no
 * spaces. More than 18 places are rounded half to even; if that changed the value
 * *ret_rounded (may be NULL) is set to true, else left alone. 0; -EINVAL no number;
 * -ERANGE does not fit. */
MUST_USE int money_parse(struct span text, struct money *ret, bool *ret_rounded);
/* 0; -ERANGE, and then *sum is unchanged. */
MUST_USE static inline int money_add(struct money *sum, struct money value)
{
	struct money total;

	if (__builtin_add_overflow(sum->units, value.units, &total.units))
		return -ERANGE;
	*sum = total;
	return 0;
}

MUST_USE static inline int money_sub(struct money *sum, struct money value)
{
	struct money total;

	if (__builtin_sub_overflow(sum->units, value.units, &total.units))
		return -ERANGE;
	*sum = total;
	return 0;
}

/* <0, 0, >0 */
static inline int money_cmp(struct money a, struct money b)
{
	return (a.units > b.units) - (a.units < b.units);
}

/* Plain decimal: '-' if below zero (never "-0.00"), at least two places, further trailing
 * zeros cut. Writes at most MONEY_TEXT_MAX bytes, not NUL-terminated; answers the
 * length. */
size_t money_format(struct money m, char ret[MONEY_TEXT_MAX]);
/* Rounded half to even at two places, and printed with exactly two. */
size_t money_format_cents(struct money m, char ret[MONEY_TEXT_MAX]);
/* 100 * part / whole, rounded half to even at two places, exactly two printed; answers 0
 * (nothing written) when whole is zero. */
size_t money_format_percent(
	struct money part, struct money whole, char ret[MONEY_TEXT_MAX]);

#endif
