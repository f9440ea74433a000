/* A row is written by a bare cursor: render_row() reserves once what the row can be at
 * most (row_bound()), and each put_…() answers where the text ends. */
#include "fs/store/render.h"

#include <string.h>

#include "base/decimal.h"
#include "fs/store/cube.h"

/* Bytes of a time, an amount or a cost. */
enum { VALUE_ROOM = 64 };
_Static_assert((int)MONEY_TEXT_MAX <= (int)VALUE_ROOM &&
		(int)INSTANT_TEXT <= (int)VALUE_ROOM &&
		(int)VALUE_ROOM <= (int)DECIMAL_TEXT_MAX,
	"every value has room");

/* Of a byte of text: copied, replaced by a space, or in need of quotes. */
enum byte_kind { BYTE_PLAIN, BYTE_SPACE, BYTE_QUOTED };
static const unsigned char byte_kinds[256] = {
	['\n'] = BYTE_SPACE,
	['\r'] = BYTE_SPACE,
	[CUBE_MAP_MARK] = BYTE_SPACE,
	[CUBE_MAP_END] = BYTE_SPACE,
	[','] = BYTE_QUOTED,
	['"'] = BYTE_QUOTED,
};

static char *put_quoted(char *to, struct span text)
{
	*to++ = '"';
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '"')
			*to++ = '"';
		*to++ = byte_kinds[(unsigned char)c] == BYTE_SPACE ? ' ' : c;
	}
	*to++ = '"';
	return to;
}

/* Most are plain, so that is tried first. */
static char *put_text(char *to, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char kind = byte_kinds[(unsigned char)text.p[i]];

		if (kind == BYTE_QUOTED)
			return put_quoted(to, text);
		to[i] = kind == BYTE_PLAIN ? text.p[i] : ' ';
	}
	return to + text.len;
}

static char *put_span(char *to, struct span text)
{
	if (text.len > 0)
		memcpy(to, text.p, text.len);
	return to + text.len;
}

static size_t text_bound(struct span text)
{
	return 2 * text.len + 2;
}

int render_cell(struct span text, struct buf *ret)
{
	int r = buf_reserve(ret, text_bound(text));

	if (r == 0)
		ret->len = (size_t)(put_text(ret->p + ret->len, text) - ret->p);
	return r;
}

static char *put_time(char *to, struct instant t)
{
	if (t.seconds == INSTANT_NONE)
		return to;
	instant_format(t, to);
	return to + INSTANT_TEXT;
}

static char *put_money(char *to, struct money m)
{
	return to + money_format(m, to);
}

/* As most numbers are: digits, a point and more digits, as plain as we want them but for
 * the number of zeros at the end. */
static bool is_nearly_plain(struct span text, size_t *ret_point)
{
	size_t i = text.len > 0 && text.p[0] == '-' ? 1 : 0;
	size_t first = i, point = text.len;
	bool is_zero = true;

	for (; i < text.len; i++) {
		if (text.p[i] == '.' && point == text.len && i > first)
			point = i;
		else if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		else
			is_zero = is_zero && text.p[i] == '0';
	}
	*ret_point = point;
	return point > first && (point == first + 1 || text.p[first] != '0') &&
		!(is_zero && first > 0);
}

/* Text alone, so that no digit is lost: zeros behind the second place are cut, places up
 * to the second are filled. */
static char *put_decimal(char *to, struct span text, size_t point)
{
	size_t places = point == text.len ? 0 : text.len - point - 1;

	while (places > 2 && text.p[text.len - 1] == '0') {
		text.len--;
		places--;
	}
	to = put_span(to, text);
	if (point == text.len)
		*to++ = '.';
	for (; places < 2; places++)
		*to++ = '0';
	return to;
}

static char *put_number(char *to, const struct cell *cell)
{
	size_t point;
	ssize_t len;

	if (is_nearly_plain(cell->text, &point))
		return put_decimal(to, cell->text, point);
	len = decimal_plain(cell->text, to, DECIMAL_TEXT_MAX);
	return len < 0 ? put_text(to, cell->text) : to + len;
}

static char *put_cell(char *to, enum column_kind kind, const struct cell *cell)
{
	struct instant t;

	switch (kind) {
	case COLUMN_TEXT:
		break;
	case COLUMN_NUMBER:
		return put_number(to, cell);
	case COLUMN_TIME:
		if (instant_parse(cell->text, &t) == 0)
			return put_time(to, t);
		break;
	}
	return cell->quoted ? put_text(to, cell->text) : put_span(to, cell->text);
}

/* The texts of the leading block, in three runs between other values. */
struct lead_texts {
	const struct span *const before[8], *const unit[1], *const behind[2];
};

static struct lead_texts lead_texts(const struct row *row)
{
	return (struct lead_texts){
		.before = { &row->account_id, &row->service, &row->region,
			&row->availability_zone, &row->usage_type, &row->operation,
			&row->charge_type, &row->resource_id },
		.unit = { &row->usage_unit },
		.behind = { &row->currency, &row->invoice_id },
	};
}

static char *put_texts(char *to, const struct span *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*to++ = ',';
		to = put_text(to, *texts[i]);
	}
	return to;
}

/* The order of enum lead. */
static char *put_lead(char *to, const struct row *row)
{
	const struct lead_texts t = lead_texts(row);

	to = put_time(to, row->usage_start);
	*to++ = ',';
	to = put_time(to, row->usage_end);
	to = put_texts(to, t.before, ARRAY_LEN(t.before));
	*to++ = ',';
	if (row->has_usage_amount)
		to = put_money(to, row->usage_amount);
	to = put_texts(to, t.unit, ARRAY_LEN(t.unit));
	for (int i = 0; i < COST_COUNT; i++) {
		*to++ = ',';
		if ((row->cost_filled & 1u << i) != 0)
			to = put_money(to, row->cost[i]);
	}
	return put_texts(to, t.behind, ARRAY_LEN(t.behind));
}

/* Cells are copied without a look: their own marks would be taken for ours. */
static void clear_marks(char *from, const char *end)
{
	static const char marks[] = { CUBE_MAP_MARK, CUBE_MAP_END };

	for (size_t i = 0; i < sizeof(marks); i++)
		for (char *at = from;
			(at = memchr(at, marks[i], (size_t)(end - at))) != NULL;)
			*at = ' ';
}

static char *put_columns(char *to, const struct layout *layout, const struct row *row,
	size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		*to++ = ',';
		if (row->cells[i].text.len > 0)
			to = put_cell(to, layout->columns[i].kind, &row->cells[i]);
	}
	return to;
}

enum { MARK_BYTES = 3 };

static char *put_map_cells(char *to, const struct row *row)
{
	for (size_t i = 0; i < row->map_cell_count; i++) {
		uint32_t key = row->map_cells[i].key;

		*to++ = CUBE_MAP_MARK;
		*to++ = (char)(0x80 | key >> 7);
		*to++ = (char)(0x80 | (key & 0x7F));
		to = put_text(to, row->map_cells[i].value);
	}
	*to++ = CUBE_MAP_END;
	return to;
}

static size_t texts_bound(const struct span *const *texts, size_t count)
{
	size_t bound = 0;

	for (size_t i = 0; i < count; i++)
		bound += text_bound(*texts[i]) + 1;
	return bound;
}

/* Bytes that a row cannot be over, comma by comma. */
static size_t row_bound(const struct layout *layout, const struct row *row, bool marked)
{
	const struct lead_texts t = lead_texts(row);
	size_t bytes = 0, bound = 1; /* the newline */

	bound += texts_bound(t.before, ARRAY_LEN(t.before));
	bound += texts_bound(t.unit, ARRAY_LEN(t.unit));
	bound += texts_bound(t.behind, ARRAY_LEN(t.behind));
	bound += (3 + (size_t)COST_COUNT) * (VALUE_ROOM + 1); /* times, amount, costs */
	for (size_t i = 0; i < layout->count; i++)
		bytes += row->cells[i].text.len;
	bound += 2 * bytes + layout->count * (DECIMAL_TEXT_MAX + 1);
	for (size_t i = 0; marked && i < row->map_cell_count; i++)
		bound += MARK_BYTES + text_bound(row->map_cells[i].value);
	return bound + marked;
}

/* Tail columns stand last (layout_seal()). */
static size_t first_tail(const struct layout *layout)
{
	size_t first = layout->count;

	while (first > 0 && layout->columns[first - 1].tail)
		first--;
	return first;
}

int render_row(const struct layout *layout, const struct row *row, bool marked,
	struct buf *ret, uint32_t *ret_fixed)
{
	size_t tail = first_tail(layout), marks = 0;
	int r = buf_reserve(ret, row_bound(layout, row, marked));

	if (r < 0)
		return r;
	char *start = ret->p + ret->len;
	char *to = put_columns(put_lead(start, row), layout, row, 0, tail);
	if (marked) {
		clear_marks(start, to);
		to = put_map_cells(to, row);
		marks = MARK_BYTES * row->map_cell_count + 1;
	}
	char *end = put_columns(to, layout, row, tail, layout->count);
	if (marked)
		clear_marks(to, end);
	*end++ = '\n';
	ret->len = (size_t)(end - ret->p);
	*ret_fixed = (uint32_t)((size_t)(end - start) - marks);
	return 0;
}

#define LEAD_NAMES                                                                       \
	"usage_start,usage_end,account_id,service,region,availability_zone,usage_type,"  \
	"operation,charge_type,resource_id,usage_amount,usage_unit,unblended_cost,"      \
	"net_unblended_cost,amortized_cost,net_amortized_cost,list_cost,currency,"       \
	"invoice_id"

static int put_names(const struct layout *layout, bool tail, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < layout->count; i++) {
		if (layout->columns[i].tail != tail)
			continue;
		r = buf_append_byte(ret, ',');
		if (r == 0)
			r = render_cell(span_of(layout->columns[i].name), ret);
	}
	return r;
}

int render_header(const struct layout *layout, const struct span *map_columns,
	size_t map_column_count, struct buf *ret)
{
	int r = buf_append_text(ret, LEAD_NAMES);

	if (r == 0)
		r = put_names(layout, false, ret);
	for (size_t i = 0; r == 0 && i < map_column_count; i++) {
		r = buf_append_byte(ret, ',');
		if (r == 0)
			r = render_cell(map_columns[i], ret);
	}
	if (r == 0)
		r = put_names(layout, true, ret);
	return r == 0 ? buf_append_byte(ret, '\n') : r;
}
