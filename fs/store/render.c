#include "fs/store/render.h"

#include <string.h>

#include "base/decimal.h"
#include "fs/store/cube.h"

static bool must_quote(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == ',' || text.p[i] == '"')
			return true;
	return false;
}

static char plain_byte(char byte)
{
	bool is_ours = byte == '\n' || byte == '\r' || byte == CUBE_MAP_MARK ||
		byte == CUBE_MAP_END;

	return is_ours ? ' ' : byte;
}

int render_cell(struct span text, struct buf *ret)
{
	bool quotes = must_quote(text);
	int r = buf_reserve(ret, 2 * text.len + 2);

	if (r < 0)
		return r;
	char *to = ret->p + ret->len;
	if (quotes)
		*to++ = '"';
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '"')
			*to++ = '"';
		*to++ = plain_byte(text.p[i]);
	}
	if (quotes)
		*to++ = '"';
	ret->len = (size_t)(to - ret->p);
	return 0;
}

static int put_time(struct instant t, struct buf *ret)
{
	char text[INSTANT_TEXT];

	if (t.seconds == INSTANT_NONE)
		return 0;
	instant_format(t, text);
	return buf_append(ret, text, sizeof(text));
}

static int put_money(struct money m, struct buf *ret)
{
	char text[MONEY_TEXT_MAX];

	return buf_append(ret, text, money_format(m, text));
}

/* As most numbers are: digits, a point and more digits, as plain as we want them but for the number
 * of zeros at the end. */
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

/* Text alone, so that no digit is lost: zeros behind the second place are cut, places up to the
 * second are filled. */
static int put_decimal(struct span text, size_t point, struct buf *ret)
{
	size_t end = text.len;
	size_t places = point == text.len ? 0 : text.len - point - 1;

	while (places > 2 && text.p[end - 1] == '0') {
		end--;
		places--;
	}
	int r = buf_append(ret, text.p, end);
	if (r == 0 && point == text.len)
		r = buf_append_byte(ret, '.');
	for (; r == 0 && places < 2; places++)
		r = buf_append_byte(ret, '0');
	return r;
}

static int put_number(const struct cell *cell, struct buf *ret)
{
	char plain[DECIMAL_TEXT_MAX];
	ssize_t len;
	size_t point;

	if (is_nearly_plain(cell->text, &point))
		return put_decimal(cell->text, point, ret);
	len = decimal_plain(cell->text, plain, sizeof(plain));
	if (len < 0)
		return render_cell(cell->text, ret);
	return buf_append(ret, plain, (size_t)len);
}

static int put_cell(
	const struct layout_column *column, const struct cell *cell, struct buf *ret)
{
	struct instant t;

	if (cell->text.len == 0)
		return 0;
	switch (column->kind) {
	case COLUMN_TEXT:
		break;
	case COLUMN_NUMBER:
		return put_number(cell, ret);
	case COLUMN_TIME:
		if (instant_parse(cell->text, &t) == 0)
			return put_time(t, ret);
		break;
	}
	if (cell->quoted)
		return render_cell(cell->text, ret);
	return buf_append_span(ret, cell->text);
}

static int put_texts(const struct span *const *texts, size_t count, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		r = buf_append_byte(ret, ',');
		if (r == 0 && texts[i]->len > 0)
			r = render_cell(*texts[i], ret);
	}
	return r;
}

static int put_costs(const struct row *row, struct buf *ret)
{
	int r = 0;

	for (int i = 0; r == 0 && i < COST_COUNT; i++) {
		r = buf_append_byte(ret, ',');
		if (r == 0 && (row->cost_filled & 1u << i) != 0)
			r = put_money(row->cost[i], ret);
	}
	return r;
}

/* The order of enum lead. */
static int put_lead(const struct row *row, struct buf *ret)
{
	const struct span *const before[] = { &row->account_id, &row->service,
		&row->region, &row->availability_zone, &row->usage_type, &row->operation,
		&row->charge_type, &row->resource_id };
	const struct span *const unit[] = { &row->usage_unit };
	const struct span *const behind[] = { &row->currency, &row->invoice_id };
	int r = put_time(row->usage_start, ret);

	if (r == 0)
		r = buf_append_byte(ret, ',');
	if (r == 0)
		r = put_time(row->usage_end, ret);
	if (r == 0)
		r = put_texts(before, ARRAY_LEN(before), ret);
	if (r == 0)
		r = buf_append_byte(ret, ',');
	if (r == 0 && row->has_usage_amount)
		r = put_money(row->usage_amount, ret);
	if (r == 0)
		r = put_texts(unit, ARRAY_LEN(unit), ret);
	if (r == 0)
		r = put_costs(row, ret);
	return r == 0 ? put_texts(behind, ARRAY_LEN(behind), ret) : r;
}

/* Cells are copied without a look: their own marks would be taken for ours. */
static void clear_marks(struct buf *b, size_t from)
{
	static const char marks[] = { CUBE_MAP_MARK, CUBE_MAP_END };

	for (size_t i = 0; i < sizeof(marks); i++) {
		char *at = b->p + from;

		while ((at = memchr(at, marks[i], (size_t)(b->p + b->len - at))) != NULL)
			*at = ' ';
	}
}

static int put_columns(
	const struct layout *layout, const struct row *row, bool tail, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < layout->count; i++) {
		if (layout->columns[i].tail != tail)
			continue;
		r = buf_append_byte(ret, ',');
		if (r == 0)
			r = put_cell(&layout->columns[i], &row->cells[i], ret);
	}
	return r;
}

static int put_map_cells(const struct row *row, struct buf *ret, size_t *ret_marks)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < row->map_cell_count; i++) {
		uint32_t key = row->map_cells[i].key;
		const char mark[3] = { CUBE_MAP_MARK, (char)(0x80 | key >> 7),
			(char)(0x80 | (key & 0x7F)) };

		r = buf_append(ret, mark, sizeof(mark));
		if (r == 0)
			r = render_cell(row->map_cells[i].value, ret);
	}
	*ret_marks = 3 * row->map_cell_count + 1;
	return r == 0 ? buf_append_byte(ret, CUBE_MAP_END) : r;
}

int render_row(const struct layout *layout, const struct row *row, bool marked,
	struct buf *ret, uint32_t *ret_fixed)
{
	size_t start = ret->len, marks = 0;
	int r = put_lead(row, ret);

	if (r == 0)
		r = put_columns(layout, row, false, ret);
	if (r == 0 && marked) {
		clear_marks(ret, start);
		r = put_map_cells(row, ret, &marks);
	}
	size_t tail = ret->len;
	if (r == 0)
		r = put_columns(layout, row, true, ret);
	if (r == 0 && marked)
		clear_marks(ret, tail);
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r < 0)
		return r;
	*ret_fixed = (uint32_t)(ret->len - start - marks);
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
