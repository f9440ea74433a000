/* What the tables of a report say. */
#include "fs/form/report_rows.h"

#include <errno.h>

static const struct span cost_column = { "unblended_cost", 14 };
static const struct span currency_column = { "currency", 8 };

size_t report_currencies(const struct report *r)
{
	return r->sheets[REPORT_TOTAL].row_count;
}

struct span report_currency(const struct report *r, size_t number)
{
	return report_cell(&r->sheets[REPORT_TOTAL], number, currency_column);
}

struct span report_cell(const struct sheet *s, size_t row, struct span column)
{
	size_t at = sheet_find(s, column);

	return at < s->column_count ? sheet_cell(s, row, at) : (struct span){ 0 };
}

int report_amount(
	const struct sheet *s, size_t row, struct span column, struct amount *ret)
{
	struct span cell = report_cell(s, row, column);
	struct amount a = { .is_known = cell.len > 0 };

	if (a.is_known && money_parse(cell, &a.value, NULL) < 0)
		return -EBADMSG;
	*ret = a;
	return 0;
}

int report_sum(const struct report *r, enum report_part part, struct span column,
	struct span currency, struct amount *ret)
{
	const struct sheet *s = &r->sheets[part];
	size_t at = sheet_find(s, column);
	struct amount a = { 0 };
	int result =
		at < s->column_count ? sheet_sum(s, at, currency, &a.value) : -ENODATA;

	if (result < 0 && result != -ENODATA)
		return result;
	a.is_known = result == 0;
	*ret = a;
	return 0;
}

int report_difference(struct amount a, struct amount b, struct amount *ret)
{
	struct amount d = { a.is_known || b.is_known, a.value };

	if (money_sub(&d.value, b.value) < 0)
		return -ERANGE;
	*ret = d;
	return 0;
}

static bool is_of(const struct sheet *s, size_t row, struct span currency)
{
	return span_eq(report_cell(s, row, currency_column), currency);
}

/* The first row of that key, or row_count. */
static size_t find_row(const struct sheet *s, struct span key, struct span currency)
{
	size_t row = 0;

	while (row < s->row_count &&
		(!span_eq(sheet_cell(s, row, 0), key) || !is_of(s, row, currency)))
		row++;
	return row;
}

static int take_row(const struct sheet *s, const struct sheet *before,
	struct span currency, struct report_row *ret)
{
	int r = report_amount(s, ret->row, cost_column, &ret->cost);

	size_t then = find_row(before, sheet_cell(s, ret->row, 0), currency);

	return r < 0 || then == before->row_count
		? r
		: report_amount(before, then, cost_column, &ret->before);
}

/* Takes what the rows have off the totals. */
static int find_rest(struct report_rows *f)
{
	int r = 0;

	f->rest.value = f->total.value;
	f->rest_before.value = f->total_before.value;
	for (size_t i = 0; i < f->count && r == 0; i++) {
		r = money_sub(&f->rest.value, f->rows[i].cost.value);
		if (r == 0)
			r = money_sub(&f->rest_before.value, f->rows[i].before.value);
	}
	f->rest.is_known = f->all > f->count && f->total.is_known;
	/* What the rows that are left out had, and what only the month before has. */
	f->rest_before.is_known = f->total_before.is_known &&
		(f->rest.is_known || f->rest_before.value.units);
	return r;
}

int report_rows_find(const struct report *r, enum report_part part,
	enum report_part before, struct span currency, struct report_rows *ret)
{
	static const struct sheet nothing;
	const struct sheet *s = &r->sheets[part];
	const struct sheet *then =
		before < REPORT_PART_COUNT ? &r->sheets[before] : &nothing;
	struct report_rows f = { .count = 0 };
	const bool is_last_first = part == REPORT_CREDITS || part == REPORT_REFUNDS;
	const size_t most = part == REPORT_BY_RESOURCE ? REPORT_RESOURCES : REPORT_ROWS;
	int result = report_sum(r, part, cost_column, currency, &f.total);

	if (result == 0 && then != &nothing)
		result = report_sum(r, before, cost_column, currency, &f.total_before);
	for (size_t i = 0; i < s->row_count && result == 0; i++) {
		const size_t row = is_last_first ? s->row_count - 1 - i : i;
		struct report_row *next = &f.rows[f.count];

		if (!is_of(s, row, currency))
			continue;
		f.all++;
		if (f.count == most)
			continue;
		*next = (struct report_row){ .row = row };
		result = take_row(s, then, currency, next);
		f.count++;
	}
	if (result == 0)
		result = find_rest(&f);
	if (result == 0)
		*ret = f;
	return result;
}

/* How far the row's date is into the month: 1 is its first day, and 0 or less is before
 * it; INT32_MAX: there is no date. */
static int32_t day_in(const struct sheet *s, size_t row, struct month_no month)
{
	struct instant t;

	if (instant_parse(report_cell(s, row, SPAN("date")), &t) < 0)
		return INT32_MAX;
	return instant_day(t).number - month_first_day(month).number + 1;
}

/* By the time of the delivery; where that is not known, nobody can say. */
static bool is_over(const struct report *r)
{
	const struct sheet *s = &r->sheets[REPORT_TOTAL];
	struct instant t;

	return !s->row_count || instant_parse(report_cell(s, 0, SPAN("as_of")), &t) < 0 ||
		month_of(instant_day(t)).number > r->in->month.number;
}

int report_days_find(
	const struct report *r, struct span currency, struct report_days *ret)
{
	const struct month_no month = r->in->month, last = { month.number - 1 };
	const struct sheet *now = &r->sheets[REPORT_DAILY];
	const struct sheet *before = &r->sheets[REPORT_DAILY_BEFORE];
	struct report_days d = { .all = month_days(month), .is_over = is_over(r) };

	for (size_t row = 0; row < now->row_count; row++) {
		int32_t day = day_in(now, row, month);

		if (day > d.last && day <= d.all)
			d.last = day;
	}
	for (size_t row = 0; row < before->row_count; row++) {
		struct amount a;

		if (!is_of(before, row, currency) || day_in(before, row, last) > d.last)
			continue;
		if (report_amount(before, row, cost_column, &a) < 0)
			return -EBADMSG;
		d.before.is_known |= a.is_known;
		if (money_add(&d.before.value, a.value) < 0)
			return -ERANGE;
	}
	*ret = d;
	return 0;
}
