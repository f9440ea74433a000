#include "fs/form/totals.h"

#include <errno.h>

/* Its number; count: it is not there. */
static size_t find(const struct totals *t, struct span currency)
{
	size_t i = 0;

	while (i < t->count && !span_eq(t->items[i].currency, currency))
		i++;
	return i;
}

const struct total *totals_of_row(
	const struct totals *t, const struct sheet *s, size_t row)
{
	size_t at = t->count ? find(t, sheet_cell(s, row, t->currency)) : 0;

	return at < t->count ? &t->items[at] : NULL;
}

/* Whether a currency has several rows. */
static bool find_currencies(const struct sheet *s, struct totals *t)
{
	bool is_repeated = false;

	for (size_t row = 0; row < s->row_count; row++) {
		const struct span currency = sheet_cell(s, row, t->currency);
		const size_t at = find(t, currency);

		if (at == TOTALS_MAX) {
			t->count = 0;
			return false;
		}
		if (at == t->count)
			t->items[t->count++].currency = currency;
		is_repeated |= ++t->items[at].rows > 1;
	}
	return is_repeated;
}

/* Sets *ret_any where some currency has amounts. 0; -ERANGE. */
static int add_up(const struct sheet *s, struct totals *t, bool *ret_any)
{
	bool has_any = false;

	for (size_t i = 0; i < t->count; i++) {
		struct total *total = &t->items[i];
		int r = sheet_sum(s, t->cost, total->currency, &total->whole);

		if (r == -ERANGE)
			return r;
		total->has_whole = r == 0;
		has_any |= r == 0;
	}
	*ret_any = has_any;
	return 0;
}

int totals_find(const struct sheet *s, struct span file, struct totals *ret)
{
	bool is_repeated, has_any = false;
	int r;

	*ret = (struct totals){ .currency = sheet_find(s, SPAN("currency")),
		.is_exact = sheet_find(s, SPAN("usage_start")) < s->column_count };
	while (ret->cost < s->column_count && s->columns[ret->cost].kind != SHEET_MONEY)
		ret->cost++;
	if (ret->cost == s->column_count || ret->currency == s->column_count)
		return 0;
	ret->has_shares = span_starts(file, SPAN("by-"));
	is_repeated = find_currencies(s, ret);
	r = add_up(s, ret, &has_any);
	/* Each line may count for several tags. */
	ret->has_totals = is_repeated && has_any &&
		sheet_find(s, SPAN("tagged_cost")) == s->column_count;
	return r;
}
