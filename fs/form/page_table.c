/* The rows as a table: amounts to the cent, the exact ones beside them. */
#include <errno.h>
#include <stdlib.h>

#include "base/money.h"
#include "base/vec.h"
#include "fs/form/page.h"
#include "fs/form/svg.h"
#include "fs/form/totals.h"
#include "fs/form/txt_cells.h"

enum {
	WRAPPED = 26, /* a text of more columns may take several lines */
};

struct table {
	const struct sheet *s;
	bool *is_shown; /* a column that has a value */
	struct totals totals;
};

static void find_shown(struct table *t)
{
	for (size_t i = 0; i < t->s->column_count; i++) {
		t->is_shown[i] = t->s->row_count == 0;
		for (size_t row = 0; row < t->s->row_count && !t->is_shown[i]; row++)
			t->is_shown[i] = sheet_cell(t->s, row, i).len > 0;
	}
}

static bool is_number(const struct table *t, size_t column)
{
	return sheet_is_number(t->s->columns[column].kind);
}

static void put_grouped(struct markup *m, struct span number)
{
	if (!m->failed)
		m->failed = txt_append_grouped(number, m->out);
}

/* An amount to the cent, with what it is to the last digit. */
static void put_amount(struct markup *m, const struct table *t, size_t column,
	struct money value, const char *tag)
{
	const enum sheet_kind kind = t->s->columns[column].kind;
	char exact[MONEY_TEXT_MAX], text[MONEY_TEXT_MAX];
	struct span all = { exact, money_format(value, exact) };
	struct span shown = { text, money_format_cents(value, text) };

	if (kind == SHEET_COUNT)
		all = shown = span_first(shown, span_find(shown, '.'));
	if (t->totals.is_exact || kind == SHEET_DECIMAL || kind == SHEET_PERCENT)
		shown = all;
	markup_put(m, "<%s class=\"n\" data-v=\"%.*s\"", tag, SPAN_ARG(all));
	if (!span_eq(all, shown))
		markup_put(m, " title=\"%.*s\"", SPAN_ARG(all));
	markup_raw(m, ">");
	put_grouped(m, shown);
	markup_put(m, "</%s>", tag);
}

static void put_share(struct markup *m, struct money part, const struct total *total)
{
	char text[MONEY_TEXT_MAX];
	struct span share = { text, 0 };

	if (total && total->has_whole)
		share.len = money_format_percent(part, total->whole, text);
	markup_put(m, "<td class=\"n s\" data-v=\"%.*s\">%.*s</td>", SPAN_ARG(share),
		SPAN_ARG(share));
}

static void put_cell(struct markup *m, struct table *t, size_t row, size_t column)
{
	struct span cell = sheet_cell(t->s, row, column);
	struct money value = { 0 };
	bool is_amount =
		is_number(t, column) && cell.len && money_parse(cell, &value, NULL) == 0;

	if (is_amount) {
		put_amount(m, t, column, value, "td");
	} else {
		markup_raw(m, column == 0 ? "<th scope=\"row\"" : "<td");
		if (is_number(t, column))
			markup_raw(m, " class=\"n\"");
		else if (txt_width(cell) > WRAPPED)
			markup_raw(m, " class=\"w\"");
		markup_raw(m, ">");
		markup_text(m, cell, SIZE_MAX);
		markup_raw(m, column == 0 ? "</th>" : "</td>");
	}
	if (!t->totals.has_shares || column != t->totals.cost)
		return;
	if (is_amount)
		put_share(m, value, totals_of_row(&t->totals, t->s, row));
	else
		markup_raw(m, "<td class=\"n\"></td>");
}

static void put_head(struct markup *m, const struct table *t)
{
	markup_raw(m, "<thead><tr>");
	for (size_t i = 0; i < t->s->column_count; i++) {
		if (!t->is_shown[i])
			continue;
		markup_raw(m,
			is_number(t, i) ? "<th scope=\"col\" class=\"n\">"
					: "<th scope=\"col\">");
		svg_words(m, t->s->columns[i].name);
		markup_raw(m, "</th>");
		if (t->totals.has_shares && i == t->totals.cost)
			markup_raw(m, "<th scope=\"col\" class=\"n\">%</th>");
	}
	markup_raw(m, "</tr></thead>\n");
}

/* 0; -ERANGE. */
static int put_total(struct markup *m, const struct table *t, const struct total *total)
{
	markup_raw(m, "<tr>");
	for (size_t i = 0; i < t->s->column_count; i++) {
		const enum sheet_kind kind = t->s->columns[i].kind;
		struct money sum;
		int r = kind == SHEET_MONEY || kind == SHEET_COUNT
			? sheet_sum(t->s, i, total->currency, &sum)
			: -ENODATA;

		if (r == -ERANGE)
			return r;
		if (!t->is_shown[i])
			continue;
		if (r == 0) {
			put_amount(m, t, i, sum, "td");
		} else if (i == 0) {
			markup_raw(m, "<th scope=\"row\">total</th>");
		} else {
			markup_raw(m, "<td>");
			if (i == t->totals.currency)
				markup_text(m, total->currency, SIZE_MAX);
			markup_raw(m, "</td>");
		}
		if (t->totals.has_shares && i == t->totals.cost)
			put_share(m, total->whole, total);
	}
	markup_raw(m, "</tr>\n");
	return 0;
}

static int put_foot(struct markup *m, const struct table *t)
{
	int r = 0;

	markup_raw(m, "<tfoot>\n");
	for (size_t i = 0; i < t->totals.count && r == 0; i++)
		/* Months that are not read have none. */
		if (t->totals.items[i].has_whole)
			r = put_total(m, t, &t->totals.items[i]);
	markup_raw(m, "</tfoot>\n");
	return r;
}

static int put_table(struct markup *m, struct table *t, size_t rows)
{
	int r = 0;

	markup_put(m, "<table>\n<caption>%zu row%s", t->s->row_count,
		t->s->row_count == 1 ? "" : "s");
	if (rows < t->s->row_count)
		markup_put(m, ", the first %zu", rows);
	if (t->totals.cost < t->s->column_count && !t->totals.is_exact)
		markup_raw(m, "; amounts are rounded to two decimals");
	markup_raw(m, "</caption>\n");
	put_head(m, t);
	markup_raw(m, "<tbody>\n");
	for (size_t row = 0; row < rows && !m->failed && !sheet_is_stopped(t->s); row++) {
		markup_raw(m, "<tr>");
		for (size_t i = 0; i < t->s->column_count; i++)
			if (t->is_shown[i])
				put_cell(m, t, row, i);
		markup_raw(m, "</tr>\n");
	}
	markup_raw(m, "</tbody>\n");
	if (t->totals.has_totals)
		r = put_foot(m, t);
	markup_raw(m, "</table>\n");
	return r < 0 ? r : m->failed;
}

int page_table(struct markup *m, const struct sheet *s, const struct form_about *about,
	size_t rows_max)
{
	struct table *t = vec_alloc(1, sizeof(*t));
	int r = t ? 0 : -ENOMEM;

	if (r == 0) {
		t->s = s;
		t->is_shown = vec_alloc(s->column_count + 1, sizeof(*t->is_shown));
		r = t->is_shown ? 0 : -ENOMEM;
	}
	if (r == 0) {
		find_shown(t);
		r = totals_find(s, about->file, &t->totals);
	}
	if (r == 0)
		r = put_table(m, t, s->row_count < rows_max ? s->row_count : rows_max);
	if (t)
		free(t->is_shown);
	free(t);
	return r;
}
