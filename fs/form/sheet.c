/* The dialect: LF behind each row, commas, quotes where a cell needs them and doubled in
 * it, no newline in a cell. */
#include "fs/form/sheet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

/* Columns whose cells are no plain text. What ends in "_cost" is money as well. */
static const struct {
	struct span name;
	enum sheet_kind kind;
} kinds[] = {
	{ { "date", 4 }, SHEET_DATE },
	{ { "first_day", 9 }, SHEET_DATE },
	{ { "last_day", 8 }, SHEET_DATE },
	{ { "month", 5 }, SHEET_MONTH },
	{ { "first_month", 11 }, SHEET_MONTH },
	{ { "last_month", 10 }, SHEET_MONTH },
	{ { "as_of", 5 }, SHEET_TIME },
	{ { "usage_start", 11 }, SHEET_TIME },
	{ { "usage_end", 9 }, SHEET_TIME },
	{ { "invoice_amount", 14 }, SHEET_MONEY },
	{ { "usage_amount", 12 }, SHEET_DECIMAL },
	{ { "tagged_percent", 14 }, SHEET_PERCENT },
	{ { "lines", 5 }, SHEET_COUNT },
	{ { "tagged_lines", 12 }, SHEET_COUNT },
	{ { "untagged_lines", 14 }, SHEET_COUNT },
};

static const struct span free_names[] = { { "tag_", 4 }, { "tags_", 5 },
	{ "cost_category_", 14 } };

static enum sheet_kind kind_of(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (span_eq(kinds[i].name, name))
			return kinds[i].kind;
	/* What tags are called is up to their users. */
	for (size_t i = 0; i < ARRAY_LEN(free_names); i++)
		if (span_starts(name, free_names[i]))
			return SHEET_TEXT;
	return span_ends(name, SPAN("_cost")) ? SHEET_MONEY : SHEET_TEXT;
}

bool sheet_is_number(enum sheet_kind kind)
{
	return kind == SHEET_MONEY || kind == SHEET_DECIMAL || kind == SHEET_PERCENT ||
		kind == SHEET_COUNT;
}

/* What is left to read, and where the text of quoted cells goes. */
struct reading {
	struct span rest;
	char *text;
	bool ends_row; /* the last cell was its row's last one */
};

static int take_quoted(struct reading *in, struct span *ret)
{
	char *begin = in->text;
	size_t i = 1;

	for (; i < in->rest.len; i++) {
		if (in->rest.p[i] == '"') {
			if (i + 1 >= in->rest.len || in->rest.p[i + 1] != '"')
				break;
			i++;
		}
		*in->text++ = in->rest.p[i];
	}
	if (i + 1 >= in->rest.len)
		return -EBADMSG;
	*ret = (struct span){ begin, (size_t)(in->text - begin) };
	in->rest = span_from(in->rest, i + 1);
	return 0;
}

/* The next cell, with the comma or newline behind it. 0; -EBADMSG. */
static int take_cell(struct reading *in, struct span *ret)
{
	size_t i = 0;
	int r = 0;

	if (in->rest.len && in->rest.p[0] == '"') {
		r = take_quoted(in, ret);
	} else {
		while (i < in->rest.len && in->rest.p[i] != ',' && in->rest.p[i] != '\n')
			i++;
		*ret = span_first(in->rest, i);
		in->rest = span_from(in->rest, i);
	}
	if (r < 0 || !in->rest.len || (in->rest.p[0] != ',' && in->rest.p[0] != '\n'))
		return -EBADMSG;
	in->ends_row = in->rest.p[0] == '\n';
	in->rest = span_from(in->rest, 1);
	return 0;
}

static int read_header(struct reading *in, struct sheet *s, struct fault *why)
{
	size_t cap = 0;

	do {
		struct sheet_column c;
		int r = take_cell(in, &c.name);

		if (r < 0)
			return fault(why, r, "a table's header is not whole");
		if (s->column_count >= SHEET_COLUMNS_MAX)
			return fault(why, -EFBIG, "a table has over %d columns",
				SHEET_COLUMNS_MAX);
		r = VEC_RESERVE(
			&s->columns, &cap, s->column_count + 1, SHEET_COLUMNS_MAX);
		if (r < 0)
			return r;
		c.kind = kind_of(c.name);
		s->columns[s->column_count++] = c;
	} while (!in->ends_row);
	return 0;
}

static int read_row(struct reading *in, struct sheet *s, struct fault *why)
{
	struct span *cells = s->cells + s->row_count * s->column_count;

	for (size_t i = 0; i < s->column_count; i++) {
		if (take_cell(in, &cells[i]) < 0 ||
			in->ends_row != (i + 1 == s->column_count))
			return fault(why, -EBADMSG, "row %zu of a table is not whole",
				s->row_count + 1);
	}
	s->row_count++;
	return 0;
}

static size_t count_lines(struct span text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.p[i] == '\n';
	return count;
}

/* The header is a line, too, and so there is room for it. 0; -EFBIG; -ENOMEM. */
static int make_room(struct sheet *s, size_t rows)
{
	size_t cells;

	if (__builtin_mul_overflow(rows, s->column_count, &cells) ||
		cells > SHEET_CELLS_MAX)
		return -EFBIG;
	s->cells = vec_alloc(cells + 1, sizeof(*s->cells));
	return s->cells ? 0 : -ENOMEM;
}

int sheet_read(struct span csv, struct sheet *ret, struct fault *why)
{
	struct sheet s = { .text = vec_alloc(csv.len + 1, 1) };
	struct reading in = { .rest = csv, .text = s.text };
	size_t lines = count_lines(csv);
	int r = s.text ? read_header(&in, &s, why) : -ENOMEM;

	if (r == 0)
		r = make_room(&s, lines);
	while (r == 0 && in.rest.len)
		r = read_row(&in, &s, why);
	if (r < 0) {
		sheet_finish(&s);
		return r;
	}
	*ret = s;
	return 0;
}

void sheet_finish(struct sheet *s)
{
	if (!s)
		return;
	free(s->columns);
	free(s->cells);
	free(s->text);
	*s = (struct sheet){ 0 };
}

size_t sheet_find(const struct sheet *s, struct span name)
{
	size_t i = 0;

	while (i < s->column_count && !span_eq(s->columns[i].name, name))
		i++;
	return i;
}

int sheet_sum(
	const struct sheet *s, size_t column, struct span currency, struct money *ret)
{
	size_t of = sheet_find(s, SPAN("currency"));
	struct money sum = { 0 };
	bool is_any = false;

	for (size_t row = 0; row < s->row_count; row++) {
		struct span cell = sheet_cell(s, row, column);
		struct money value;

		if (!cell.len ||
			(of < s->column_count &&
				!span_eq(sheet_cell(s, row, of), currency)))
			continue;
		if (money_parse(cell, &value, NULL) < 0)
			return -EBADMSG;
		if (money_add(&sum, value) < 0)
			return -ERANGE;
		is_any = true;
	}
	if (!is_any)
		return -ENODATA;
	*ret = sum;
	return 0;
}
