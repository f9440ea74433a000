/* Scales of a chart, and amounts as they stand in it. Integers all the way. */
#ifndef FS_FORM_CHART_H
#define FS_FORM_CHART_H

#include "base/buf.h"
#include "base/money.h"

enum {
	CHART_NUMBER_MAX = 96, /* bytes of an amount with its separators */
};

/* From low to high, with ticks at the multiples of step. low <= 0 <= high, low < high. */
struct scale {
	money_int low, high, step;
};

/* A scale over both amounts and zero, with about so many ticks 1, 2 or 5 times a power of
 * ten apart. is_round: it ends at ticks. 0; -ERANGE amounts of over 10^18. */
MUST_USE int scale_make(
	struct money low, struct money high, int ticks, bool is_round, struct scale *ret);
/* Where the amount is on a length: 0 at low, length at high. */
int scale_at(const struct scale *s, struct money m, int length);
/* The lowest tick; *m goes on to the next; false: that was the last one. */
struct money scale_first(const struct scale *s);
bool scale_next(const struct scale *s, struct money *m);

/* A text of an amount. Plain. */
struct number {
	char text[CHART_NUMBER_MAX];
	size_t len;
	size_t columns; /* a minus sign has three bytes */
};
static inline struct span number_span(const struct number *n)
{
	return (struct span){ n->text, n->len };
}
/* "−1,234.50"; of what is less than half a cent and not nothing "<0.01". */
struct number number_of(struct money m);
/* "1.5M", with as many places as the steps of the scale need. */
struct number number_of_tick(const struct scale *s, struct money m);
/* "12.5%", with one place; empty when there is no whole. */
struct number number_of_share(struct money part, struct money whole);

#endif
