/* Tables put together of others: cells are those of the parts, but for amounts that are
 * worked out, which are in the text of the new sheet. */
#include "fs/form/report_sheets.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

enum { ADDED = 2 }; /* columns */

static const struct span cost_column = { "unblended_cost", 14 };
static const struct span currency_column = { "currency", 8 };

/* Cells are empty; there are amounts times MONEY_TEXT_MAX bytes of text. */
static int make_sheet(size_t rows, size_t columns, size_t amounts, const struct sheet *of,
	struct sheet *ret)
{
	struct sheet s = { .column_count = columns, .row_count = rows, .stop = of->stop };
	size_t cells;

	if (__builtin_mul_overflow(rows, columns, &cells) || cells > SHEET_CELLS_MAX)
		return -EFBIG;
	s.columns = vec_alloc(columns + 1, sizeof(*s.columns));
	s.cells = vec_alloc(cells + 1, sizeof(*s.cells));
	s.text = vec_alloc(amounts + 1, MONEY_TEXT_MAX);
	if (!s.columns || !s.cells || !s.text) {
		sheet_finish(&s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

static struct span *cell_of(struct sheet *s, size_t row, size_t column)
{
	return &s->cells[row * s->column_count + column];
}

/* The row's cells from there on. */
static void copy_row(
	struct sheet *to, size_t row, size_t column, const struct sheet *from, size_t at)
{
	for (size_t i = 0; i < from->column_count && column + i < to->column_count; i++)
		*cell_of(to, row, column + i) = sheet_cell(from, at, i);
}

/* A row of the month before, by what it is compared by. */
struct then {
	struct span key, currency;
	size_t row;
	bool is_taken;
};

static int compare(const struct then *a, const struct then *b)
{
	int r = span_cmp(a->key, b->key);

	return r ? r : span_cmp(a->currency, b->currency);
}

/* What is equal stays in its order. */
static int compare_items(const void *a, const void *b)
{
	const struct then *x = a, *y = b;
	int r = compare(x, y);

	return r ? r : (x->row > y->row) - (x->row < y->row);
}

struct joining {
	const struct sheet *now, *before;
	struct span key;
	struct then *items;
	struct sheet to;
};

static struct then then_of(const struct sheet *s, size_t row, struct span key)
{
	return (struct then){ report_cell(s, row, key),
		report_cell(s, row, currency_column), row, false };
}

/* The first of that key, or NULL. */
static struct then *find(const struct joining *j, const struct then *wanted)
{
	size_t low = 0, high = j->before->row_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare(&j->items[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < j->before->row_count && compare(&j->items[low], wanted) == 0
		? &j->items[low]
		: NULL;
}

static int put_change(struct joining *j, size_t row, size_t before)
{
	struct sheet *to = &j->to;
	const size_t last = to->column_count - ADDED;
	char *text = to->text + row * MONEY_TEXT_MAX;
	struct amount now, then = { .is_known = false }, change = then;
	int r = report_amount(to, row, cost_column, &now);

	if (r == 0 && before < j->before->row_count) {
		*cell_of(to, row, last) = report_cell(j->before, before, cost_column);
		r = report_amount(j->before, before, cost_column, &then);
	}
	if (r == 0)
		r = report_difference(now, then, &change);
	if (r < 0)
		return r;
	if (change.is_known)
		*cell_of(to, row, last + 1) =
			(struct span){ text, money_format(change.value, text) };
	return 0;
}

static int join_rows(struct joining *j)
{
	int r = 0;

	for (size_t row = 0; row < j->now->row_count && r == 0; row++) {
		const struct then wanted = then_of(j->now, row, j->key);
		struct then *then = find(j, &wanted);

		/* Its costs count once. */
		if (then && then->is_taken)
			then = NULL;
		if (then)
			then->is_taken = true;
		copy_row(&j->to, row, 0, j->now, row);
		r = sheet_is_stopped(j->now)
			? -ECANCELED
			: put_change(j, row, then ? then->row : j->before->row_count);
	}
	return r;
}

/* What a row is of. */
static void name_row(struct joining *j, size_t row, size_t before)
{
	const struct span names[] = { j->key, SPAN("name"), currency_column };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const size_t at = sheet_find(j->now, names[i]);

		if (at < j->now->column_count)
			*cell_of(&j->to, row, at) =
				report_cell(j->before, before, names[i]);
	}
}

/* What only the month before has, in the order that it had there. */
static int add_gone(struct joining *j)
{
	bool *is_taken = vec_alloc(j->before->row_count + 1, sizeof(*is_taken));
	size_t row = j->now->row_count;
	int r = is_taken ? 0 : -ENOMEM;

	for (size_t i = 0; i < j->before->row_count && r == 0; i++)
		is_taken[j->items[i].row] = j->items[i].is_taken;
	for (size_t i = 0; i < j->before->row_count && r == 0; i++) {
		if (is_taken[i])
			continue;
		name_row(j, row, i);
		r = put_change(j, row++, i);
	}
	free(is_taken);
	j->to.row_count = row;
	return r;
}

static int join(struct joining *j)
{
	const size_t count = j->now->column_count, rows = j->before->row_count;
	struct sheet_column *columns = j->to.columns;
	int r;

	for (size_t i = 0; i < count; i++)
		columns[i] = j->now->columns[i];
	columns[count] =
		(struct sheet_column){ SPAN("unblended_cost_before"), SHEET_MONEY };
	columns[count + 1] = (struct sheet_column){ SPAN("change"), SHEET_MONEY };
	for (size_t i = 0; i < rows; i++)
		j->items[i] = then_of(j->before, i, j->key);
	qsort(j->items, rows, sizeof(*j->items), compare_items);
	r = join_rows(j);
	return r < 0 ? r : add_gone(j);
}

int report_sheet_compared(const struct report *r, enum report_part part,
	enum report_part before, struct span key, struct sheet *ret)
{
	struct joining j = {
		.now = &r->sheets[part], .before = &r->sheets[before], .key = key
	};
	const size_t rows = j.now->row_count + j.before->row_count;
	int result = make_sheet(rows, j.now->column_count + ADDED, rows, j.now, &j.to);

	if (result < 0)
		return result;
	j.items = vec_alloc(j.before->row_count + 1, sizeof(*j.items));
	result = j.items ? join(&j) : -ENOMEM;
	free(j.items);
	if (result < 0)
		sheet_finish(&j.to);
	else
		*ret = j.to;
	return result;
}

int report_sheet_resources(const struct report *r, struct sheet *ret)
{
	const struct sheet *from = &r->sheets[REPORT_BY_RESOURCE];
	struct sheet to;
	size_t rows = 0;
	int result = make_sheet(from->row_count, from->column_count, 0, from, &to);

	if (result < 0)
		return result;
	for (size_t i = 0; i < from->column_count; i++)
		to.columns[i] = from->columns[i];
	for (size_t i = 0; i < report_currencies(r) && rows < from->row_count; i++) {
		size_t shown = 0;

		for (size_t row = 0; row < from->row_count && shown < REPORT_RESOURCES;
			row++) {
			if (!span_eq(report_cell(from, row, currency_column),
				    report_currency(r, i)))
				continue;
			copy_row(&to, rows++, 0, from, row);
			shown++;
		}
	}
	to.row_count = rows;
	*ret = to;
	return 0;
}

static const struct {
	enum report_part part;
	struct span name;
} charges[] = {
	{ REPORT_CREDITS, { "credits", 7 } },
	{ REPORT_REFUNDS, { "refunds", 7 } },
	{ REPORT_TAX, { "tax", 3 } },
	{ REPORT_FEES, { "fees", 4 } },
	{ REPORT_MARKETPLACE, { "marketplace", 11 } },
};

int report_sheet_charges(const struct report *r, struct sheet *ret)
{
	/* All of them have the same columns. */
	const struct sheet *first = &r->sheets[charges[0].part];
	struct sheet to;
	size_t rows = 0, at = 0;
	int result;

	for (size_t i = 0; i < ARRAY_LEN(charges); i++) {
		if (r->sheets[charges[i].part].column_count != first->column_count)
			return -EBADMSG;
		rows += r->sheets[charges[i].part].row_count;
	}
	result = make_sheet(rows, first->column_count + 1, 0, first, &to);
	if (result < 0)
		return result;
	to.columns[0] = (struct sheet_column){ SPAN("charge"), SHEET_TEXT };
	for (size_t i = 0; i < first->column_count; i++)
		to.columns[i + 1] = first->columns[i];
	for (size_t i = 0; i < ARRAY_LEN(charges); i++) {
		const struct sheet *from = &r->sheets[charges[i].part];

		for (size_t row = 0; row < from->row_count; row++) {
			*cell_of(&to, at, 0) = charges[i].name;
			copy_row(&to, at++, 1, from, row);
		}
	}
	*ret = to;
	return 0;
}
