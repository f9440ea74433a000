/* What of a sheet is drawn: its items, or its days, of one currency. */
#include "fs/form/plot.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

static size_t find_any(const struct sheet *s, const struct span *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t column = sheet_find(s, names[i]);

		if (column < s->column_count)
			return column;
	}
	return s->column_count;
}

static size_t find_money(const struct sheet *s)
{
	size_t i = 0;

	while (i < s->column_count && s->columns[i].kind != SHEET_MONEY)
		i++;
	return i;
}

static void find_currencies(struct plot *p)
{
	for (size_t row = 0; row < p->s->row_count; row++) {
		struct span currency = sheet_cell(p->s, row, p->currency);
		size_t i = 0;

		/* Months that are not read have none. */
		if (!currency.len)
			continue;
		while (i < p->currency_count && !span_eq(p->currencies[i], currency))
			i++;
		if (i < p->currency_count)
			continue;
		if (i == PLOT_CURRENCIES_MAX)
			p->has_more = true;
		else
			p->currencies[p->currency_count++] = currency;
	}
}

static enum plot_kind kind_of(const struct plot *p, const struct form_about *about)
{
	const struct sheet *s = p->s;
	const enum sheet_kind first = s->columns[0].kind;

	if (p->value == s->column_count || p->currency == s->column_count ||
		sheet_find(s, SPAN("usage_start")) < s->column_count)
		return PLOT_NONE;
	if (span_eq(about->file, SPAN("total")))
		return PLOT_COSTS;
	if (first != SHEET_DATE && first != SHEET_MONTH)
		return PLOT_BARS;
	return s->columns[1].kind == SHEET_TEXT && p->value == 2 ? PLOT_STACKS
								 : PLOT_DAYS;
}

/* The id of an account that has a name; the service of a resource; the operation. */
static size_t find_detail(const struct plot *p)
{
	static const struct span others[] = { { "service", 7 }, { "operation", 9 } };

	if (span_eq(p->s->columns[p->key].name, SPAN("account_id")))
		return p->key;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		size_t column = sheet_find(p->s, others[i]);

		if (column < p->s->column_count && column != p->key)
			return column;
	}
	return p->s->column_count;
}

struct plot plot_of(const struct sheet *s, const struct form_about *about)
{
	static const struct span keys[] = { { "resource", 8 }, { "resource_id", 11 } };
	static const struct span names[] = { { "name", 4 }, { "description", 11 } };
	struct plot p = { .s = s,
		.value = sheet_find(s, SPAN("tagged_percent")),
		.key = find_any(s, keys, ARRAY_LEN(keys)),
		.name = find_any(s, names, ARRAY_LEN(names)),
		.currency = sheet_find(s, SPAN("currency")) };

	if (p.key == s->column_count)
		p.key = 0;
	p.is_percent = p.value < s->column_count;
	if (!p.is_percent)
		p.value = find_money(s);
	p.kind = kind_of(&p, about);
	if (p.kind == PLOT_BARS)
		p.detail = find_detail(&p);
	if (p.kind != PLOT_NONE)
		find_currencies(&p);
	return p;
}

/* 1 there is a value of that currency; 0 there is none; -EBADMSG; -ERANGE. */
static int value_of(
	const struct plot *p, size_t row, struct span currency, struct money *ret)
{
	struct span cell = sheet_cell(p->s, row, p->value);
	int r;

	if (!cell.len || !span_eq(sheet_cell(p->s, row, p->currency), currency))
		return 0;
	r = money_parse(cell, ret, NULL);
	return r == -EINVAL ? -EBADMSG : r < 0 ? r : 1;
}

static money_int magnitude(struct money m)
{
	return m.units < 0 ? -m.units : m.units;
}

static void span_range(struct money m, struct money *low, struct money *high)
{
	if (money_cmp(m, *low) < 0)
		*low = m;
	if (money_cmp(m, *high) > 0)
		*high = m;
}

static struct bar bar_of(const struct plot *p, size_t row, struct money value)
{
	struct bar b = { .key = sheet_cell(p->s, row, p->key), .value = value };

	if (p->name < p->s->column_count)
		b.label = sheet_cell(p->s, row, p->name);
	if (!b.label.len)
		b.label = b.key;
	if (p->detail < p->s->column_count)
		b.detail = sheet_cell(p->s, row, p->detail);
	/* Of an account without a name. */
	if (b.detail.p == b.label.p)
		b.detail = (struct span){ 0 };
	return b;
}

/* By size, whatever the sign, one more than is drawn; what comes first stays first. */
static void put_largest(struct bars *b, struct bar bar)
{
	size_t at = b->count;

	while (at && magnitude(b->bars[at - 1].value) < magnitude(bar.value))
		at--;
	if (at > PLOT_BARS_MAX)
		return;
	if (b->count == PLOT_BARS_MAX + 1)
		b->count--;
	for (size_t i = b->count; i > at; i--)
		b->bars[i] = b->bars[i - 1];
	b->bars[at] = bar;
	b->count++;
}

static int compare_bars(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;
	int c = money_cmp(y->value, x->value);

	return c ? c : span_cmp(x->label, y->label);
}

/* The rest is what is missing of the whole. */
static int end_bars(const struct plot *p, struct bars *b)
{
	struct bar rest = { .label = SPAN("Other"), .value = b->total };
	bool has_rest = b->count > PLOT_BARS_MAX;

	if (has_rest)
		b->count = PLOT_BARS_MAX - 1;
	for (size_t i = 0; i < b->count; i++)
		if (money_sub(&rest.value, b->bars[i].value) < 0)
			return -ERANGE;
	qsort(b->bars, b->count, sizeof(b->bars[0]), compare_bars);
	if (has_rest && !p->is_percent) {
		rest.rest = b->rows - b->count;
		b->bars[b->count++] = rest;
	}
	for (size_t i = 0; i < b->count; i++)
		span_range(b->bars[i].value, &b->low, &b->high);
	return 0;
}

/* Appends what the row's columns of money say. 0; -EBADMSG; -ERANGE. */
static int put_costs(const struct plot *p, size_t row, struct bars *b)
{
	for (size_t i = 0; i < p->s->column_count && b->count < PLOT_BARS_MAX; i++) {
		struct bar *bar = &b->bars[b->count];
		struct span cell = sheet_cell(p->s, row, i);

		if (p->s->columns[i].kind != SHEET_MONEY || !cell.len)
			continue;
		if (money_parse(cell, &bar->value, NULL) < 0)
			return -EBADMSG;
		bar->label = bar->key = p->s->columns[i].name;
		span_range(bar->value, &b->low, &b->high);
		b->count++;
	}
	return 0;
}

int plot_bars(const struct plot *p, struct span currency, struct bars *ret)
{
	struct bars b = { .count = 0 };
	int r;

	for (size_t row = 0; row < p->s->row_count; row++) {
		struct money value;

		r = value_of(p, row, currency, &value);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (money_add(&b.total, value) < 0)
			return -ERANGE;
		b.rows++;
		if (p->kind == PLOT_BARS)
			put_largest(&b, bar_of(p, row, value));
		else
			r = put_costs(p, row, &b);
		if (r < 0)
			return r;
	}
	r = p->kind == PLOT_BARS ? end_bars(p, &b) : 0;
	if (r < 0)
		return r;
	*ret = b;
	return 0;
}

/* Days stand together, whatever their currency. 0; -EFBIG. */
static int find_days(const struct plot *p, struct days *d)
{
	for (size_t row = 0; row < p->s->row_count; row++) {
		struct span day = sheet_cell(p->s, row, 0);

		if (d->day_count && span_eq(d->days[d->day_count - 1], day))
			continue;
		if (d->day_count == PLOT_DAYS_MAX)
			return -EFBIG;
		d->days[d->day_count++] = day;
	}
	return 0;
}

/* What a part of the days comes to. */
struct part {
	struct span name;
	struct money value;
};

static int by_name(const void *a, const void *b)
{
	return span_cmp(((const struct part *)a)->name, ((const struct part *)b)->name);
}

static int by_value(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	money_int i = magnitude(x->value), j = magnitude(y->value);

	return i != j ? (i < j) - (i > j) : by_name(a, b);
}

/* Adds those of one name up; answers how many names there are, or -ERANGE. */
static ssize_t merge_parts(struct part *parts, size_t count)
{
	size_t kept = 0;

	qsort(parts, count, sizeof(*parts), by_name);
	for (size_t i = 0; i < count; i++) {
		if (kept && span_eq(parts[kept - 1].name, parts[i].name)) {
			if (money_add(&parts[kept - 1].value, parts[i].value) < 0)
				return -ERANGE;
		} else {
			parts[kept++] = parts[i];
		}
	}
	qsort(parts, kept, sizeof(*parts), by_value);
	return (ssize_t)kept;
}

static void choose_series(struct days *d, const struct part *parts, size_t count)
{
	size_t shown = count > PLOT_SERIES_MAX ? PLOT_SERIES_MAX - 1 : count;

	for (size_t i = 0; i < shown; i++)
		d->series[i].name = parts[i].name;
	d->series_count = shown;
	if (shown < count)
		d->series[d->series_count++] =
			(struct series){ .name = SPAN("Other"), .rest = count - shown };
}

/* Which parts are largest. 0; -EBADMSG; -ERANGE; -ENOMEM. */
static int find_series(const struct plot *p, struct span currency, struct days *d)
{
	struct part *parts = vec_alloc(p->s->row_count + 1, sizeof(*parts));
	size_t count = 0;
	ssize_t names;
	int r = parts ? 0 : -ENOMEM;

	for (size_t row = 0; row < p->s->row_count && r >= 0; row++) {
		r = value_of(p, row, currency, &parts[count].value);
		if (r > 0)
			parts[count++].name = sheet_cell(p->s, row, 1);
	}
	if (r >= 0) {
		names = merge_parts(parts, count);
		r = names < 0 ? (int)names : 0;
		if (r == 0)
			choose_series(d, parts, (size_t)names);
	}
	free(parts);
	return r;
}

static size_t series_of(const struct plot *p, const struct days *d, size_t row)
{
	size_t i = 0;

	if (p->kind != PLOT_STACKS)
		return 0;
	while (i + 1 < d->series_count &&
		(d->series[i].rest ||
			!span_eq(d->series[i].name, sheet_cell(p->s, row, 1))))
		i++;
	return i;
}

/* 0; -EBADMSG; -ERANGE. */
static int add_values(const struct plot *p, struct span currency, struct days *d)
{
	size_t day = 0;

	for (size_t row = 0; row < p->s->row_count; row++) {
		struct money value;
		size_t at = series_of(p, d, row);
		int r = value_of(p, row, currency, &value);

		while (!span_eq(d->days[day], sheet_cell(p->s, row, 0)))
			day++;
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (money_add(&d->values[at][day], value) < 0 ||
			money_add(&d->series[at].total, value) < 0 ||
			money_add(&d->total, value) < 0)
			return -ERANGE;
	}
	return 0;
}

struct money days_sum(const struct days *d, size_t day)
{
	struct money sum = { 0 };

	for (size_t i = 0; i < d->series_count; i++)
		/* Between what measure() has added up below zero and above. */
		sum.units += d->values[i][day].units;
	return sum;
}

/* What is above zero and below it, day by day. 0; -ERANGE. */
static int measure(struct days *d)
{
	for (size_t day = 0; day < d->day_count; day++) {
		struct money up = { 0 }, down = { 0 };

		for (size_t i = 0; i < d->series_count; i++) {
			struct money v = d->values[i][day];

			if (money_add(v.units < 0 ? &down : &up, v) < 0)
				return -ERANGE;
		}
		span_range(up, &d->low, &d->high);
		span_range(down, &d->low, &d->high);
		if (money_cmp(days_sum(d, day), days_sum(d, d->peak)) > 0)
			d->peak = day;
	}
	return 0;
}

int plot_days(const struct plot *p, struct span currency, struct days *ret)
{
	int r = find_days(p, ret);

	if (r == 0 && p->kind == PLOT_STACKS)
		r = find_series(p, currency, ret);
	if (r == 0 && p->kind == PLOT_DAYS)
		ret->series[ret->series_count++] = (struct series){ .rest = 0 };
	if (r == 0)
		r = add_values(p, currency, ret);
	return r < 0 ? r : measure(ret);
}
