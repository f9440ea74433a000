/* Aligned columns for eyes: two decimals, shares and totals. */
#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/form/renderers.h"
#include "fs/form/totals.h"
#include "fs/form/txt_cells.h"

enum {
	CELL_WIDTH_MAX = 48,
	CELL_BYTES_MAX = 64 * 1024,
};

/* A column as it is shown. */
struct shown {
	size_t source; /* column of the sheet */
	size_t width;
	bool is_share, is_right;
};
struct txt {
	const struct sheet *s;
	struct totals totals; /* without a currency there are no amounts */
	struct shown *shown;
	size_t shown_count;
	struct buf cell; /* the one that is being made */
	struct buf *out;
};

static int append_share(struct txt *t, struct money part, const struct total *total)
{
	char text[MONEY_TEXT_MAX];

	if (!total || !total->has_whole)
		return 0;
	return buf_append(&t->cell, text, money_format_percent(part, total->whole, text));
}

static int append_amount(struct txt *t, struct money m, enum sheet_kind kind)
{
	char text[MONEY_TEXT_MAX];
	struct span number = { text, money_format_cents(m, text) };

	if (kind == SHEET_COUNT)
		number = span_first(number, span_find(number, '.'));
	return txt_append_grouped(number, &t->cell);
}

/* The text of a cell, in t->cell. */
static int make_cell(struct txt *t, size_t row, const struct shown *c)
{
	const enum sheet_kind kind = t->s->columns[c->source].kind;
	struct span cell = sheet_cell(t->s, row, c->source);
	bool is_amount = (kind == SHEET_MONEY || kind == SHEET_COUNT) &&
		t->totals.currency < t->s->column_count;
	struct money m;

	buf_clear(&t->cell);
	if (!is_amount || money_parse(cell, &m, NULL) < 0)
		return c->is_share ? 0 : txt_append(cell, CELL_WIDTH_MAX, &t->cell);
	if (c->is_share)
		return append_share(t, m, totals_of_row(&t->totals, t->s, row));
	return t->totals.is_exact ? txt_append_grouped(cell, &t->cell)
				  : append_amount(t, m, kind);
}

/* The same of the row of a total. 0; -ERANGE; -ENOMEM. */
static int make_total(struct txt *t, const struct total *total, size_t at)
{
	const struct shown *c = &t->shown[at];
	const enum sheet_kind kind = t->s->columns[c->source].kind;
	struct money sum;
	int r;

	buf_clear(&t->cell);
	if (c->is_share)
		return append_share(t, total->whole, total);
	if (c->source == t->totals.currency)
		return txt_append(total->currency, CELL_WIDTH_MAX, &t->cell);
	if (kind == SHEET_MONEY || kind == SHEET_COUNT) {
		r = sheet_sum(t->s, c->source, total->currency, &sum);
		if (r == 0)
			r = append_amount(t, sum, kind);
		return r == -ENODATA || r == -EBADMSG ? 0 : r;
	}
	return at == 0 ? buf_append_text(&t->cell, "total") : 0;
}

static int make_name(struct txt *t, const struct shown *c)
{
	buf_clear(&t->cell);
	if (c->is_share)
		return buf_append_byte(&t->cell, '%');
	return txt_append(t->s->columns[c->source].name, CELL_WIDTH_MAX, &t->cell);
}

static void widen(struct txt *t, struct shown *c)
{
	size_t width = txt_width(buf_span(&t->cell));

	if (width > c->width)
		c->width = width;
}

static int put_spaces(struct txt *t, size_t count)
{
	int r = 0;

	while (count-- > 0 && r == 0)
		r = buf_append_byte(t->out, ' ');
	return r;
}

/* t->cell in its column; nothing stands behind the last text of a row. */
static int put_cell(struct txt *t, size_t at)
{
	const struct shown *c = &t->shown[at];
	size_t blank = c->width - txt_width(buf_span(&t->cell));
	int r = put_spaces(t, (at ? 2 : 0) + (c->is_right ? blank : 0));

	if (r == 0)
		r = buf_append_span(t->out, buf_span(&t->cell));
	return r < 0 || c->is_right ? r : put_spaces(t, blank);
}

static int end_row(struct txt *t)
{
	size_t len = t->out->len;

	while (len && t->out->p[len - 1] == ' ')
		len--;
	buf_truncate(t->out, len);
	return buf_append_byte(t->out, '\n');
}

static int put_rule(struct txt *t)
{
	int r = 0;

	for (size_t at = 0; at < t->shown_count && r == 0; at++) {
		r = put_spaces(t, at ? 2 : 0);
		for (size_t i = 0; i < t->shown[at].width && r == 0; i++)
			r = buf_append_byte(t->out, '-');
	}
	return r < 0 ? r : end_row(t);
}

static bool is_empty(const struct sheet *s, size_t column)
{
	for (size_t row = 0; row < s->row_count; row++)
		if (sheet_cell(s, row, column).len)
			return false;
	return s->row_count > 0;
}

static void show(struct txt *t, size_t column, bool is_share)
{
	t->shown[t->shown_count++] = (struct shown){ .source = column,
		.is_share = is_share,
		.is_right = sheet_is_number(t->s->columns[column].kind) };
}

/* 0; -ENOMEM. */
static int choose_columns(struct txt *t)
{
	t->shown = vec_alloc(t->s->column_count + 1, sizeof(*t->shown));
	if (!t->shown)
		return -ENOMEM;
	for (size_t i = 0; i < t->s->column_count; i++) {
		if (is_empty(t->s, i))
			continue;
		show(t, i, false);
		if (t->totals.has_shares && i == t->totals.cost)
			show(t, i, true);
	}
	return 0;
}

static int measure(struct txt *t)
{
	int r = 0;

	for (size_t at = 0; at < t->shown_count && r == 0; at++) {
		struct shown *c = &t->shown[at];

		r = make_name(t, c);
		widen(t, c);
		for (size_t row = 0;
			row < t->s->row_count && r == 0 && !sheet_is_stopped(t->s);
			row++) {
			r = make_cell(t, row, c);
			widen(t, c);
		}
		for (size_t i = 0; t->totals.has_totals && i < t->totals.count && r == 0;
			i++) {
			r = make_total(t, &t->totals.items[i], at);
			widen(t, c);
		}
	}
	return r;
}

static int put_rows(struct txt *t)
{
	int r = 0;

	for (size_t at = 0; at < t->shown_count && r == 0; at++) {
		r = make_name(t, &t->shown[at]);
		if (r == 0)
			r = put_cell(t, at);
	}
	if (r == 0)
		r = end_row(t);
	if (r == 0)
		r = put_rule(t);
	for (size_t row = 0; row < t->s->row_count && r == 0 && !sheet_is_stopped(t->s);
		row++) {
		for (size_t at = 0; at < t->shown_count && r == 0; at++) {
			r = make_cell(t, row, &t->shown[at]);
			if (r == 0)
				r = put_cell(t, at);
		}
		if (r == 0)
			r = end_row(t);
	}
	return r;
}

static int put_totals(struct txt *t)
{
	int r = put_rule(t);

	for (size_t i = 0; i < t->totals.count && r == 0; i++) {
		/* Of months that are not read. */
		if (!t->totals.items[i].has_whole)
			continue;
		for (size_t at = 0; at < t->shown_count && r == 0; at++) {
			r = make_total(t, &t->totals.items[i], at);
			if (r == 0)
				r = put_cell(t, at);
		}
		if (r == 0)
			r = end_row(t);
	}
	return r;
}

static int put_line(struct span text, struct buf *ret)
{
	int r = text.len ? txt_append(text, SIZE_MAX, ret) : 0;

	return r < 0 || !text.len ? r : buf_append_byte(ret, '\n');
}

static int put_all(struct txt *t, const struct form_about *about)
{
	int r = put_line(about->title, t->out);

	if (r == 0)
		r = put_line(about->subtitle, t->out);
	if (r == 0 && t->out->len)
		r = buf_append_byte(t->out, '\n');
	if (r == 0)
		r = put_rows(t);
	return r < 0 || !t->totals.has_totals ? r : put_totals(t);
}

int form_txt(const struct sheet *s, const struct form_about *about, struct buf *ret)
{
	struct txt *t = vec_alloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	*t = (struct txt){ .s = s, .cell = BUF_INIT(CELL_BYTES_MAX), .out = ret };
	r = totals_find(s, about->file, &t->totals);
	if (r == 0)
		r = choose_columns(t);
	if (r == 0)
		r = measure(t);
	if (r == 0)
		r = put_all(t, about);
	free(t->shown);
	buf_finish(&t->cell);
	free(t);
	return r;
}
