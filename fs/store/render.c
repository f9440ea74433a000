/* A row is written by a bare cursor: render_row() reserves once what the row can be at
 * most (row_bound()), and each put_…() answers where the text ends. */
#include "fs/store/render.h"

#include <string.h>

#include "base/decimal.h"
#include "base/word.h"
#include "fs/store/cube.h"

/* Bytes of a time, an amount or a cost. */
enum { VALUE_ROOM = 64 };
_Static_assert((int)MONEY_TEXT_MAX <= (int)VALUE_ROOM &&
		(int)INSTANT_TEXT <= (int)VALUE_ROOM &&
		(int)DECIMAL_SHORT_ROOM <= (int)VALUE_ROOM &&
		(int)VALUE_ROOM <= (int)DECIMAL_TEXT_MAX,
	"every value has room");

/* Line ends and marks become spaces. */
static char plain_byte(char c)
{
	bool is_plain = c != '\n' && c != '\r' && c != CUBE_MAP_MARK && c != CUBE_MAP_END;

	return is_plain ? c : ' ';
}

/* Whether any byte cannot be copied: one that is replaced, a quote, or outside of quotes
 * a comma. Most have none below that. */
static bool is_odd(uint64_t bytes, bool in_quotes)
{
	return word_has_below(bytes, ',' + 1) &&
		(word_has_below(bytes, ' ') || word_has(bytes, '"') ||
			(!in_quotes && word_has(bytes, ',')));
}

/* Copies whole words up to one that is odd. How many bytes. */
static size_t copy_plain(char *to, const char *from, size_t len, bool in_quotes)
{
	size_t done = 0;

	for (; len - done >= WORD; done += WORD) {
		uint64_t bytes = word_load(from + done);

		if (is_odd(bytes, in_quotes))
			break;
		word_store(to + done, bytes);
	}
	return done;
}

static char *put_quoted(char *to, struct span text)
{
	size_t i = 0;

	*to++ = '"';
	while (i < text.len) {
		size_t plain = copy_plain(to, text.p + i, text.len - i, true);
		size_t end;

		to += plain;
		i += plain;
		/* The piece that has one, or the last. */
		end = text.len - i < WORD ? text.len : i + WORD;
		for (; i < end; i++) {
			char c = text.p[i];

			if (c == '"')
				*to++ = '"';
			*to++ = plain_byte(c);
		}
	}
	*to++ = '"';
	return to;
}

static char *put_odd(char *to, struct span text)
{
	if (memchr(text.p, ',', text.len) || memchr(text.p, '"', text.len))
		return put_quoted(to, text);
	for (size_t i = 0; i < text.len; i++)
		to[i] = plain_byte(text.p[i]);
	return to + text.len;
}

/* Most are plain, so that is tried first. Writes a word at least. */
static char *put_text(char *to, struct span text)
{
	uint64_t last;

	if (text.len == 0)
		return to;
	if (text.len < WORD) {
		last = word_load_few(text.p, text.len);
		/* What stands behind the text is no odd byte. */
		if (is_odd(last | WORD_ALL('0') << 8 * text.len, false))
			return put_odd(to, text);
		word_store(to, last);
		return to + text.len;
	}
	last = word_load(text.p + text.len - WORD);
	if (copy_plain(to, text.p, text.len, false) + WORD <= text.len ||
		is_odd(last, false))
		return put_odd(to, text);
	word_store(to + text.len - WORD, last);
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
	return 2 * text.len + WORD;
}

int render_cell(struct span text, struct buf *ret)
{
	int r = buf_reserve(ret, text_bound(text));

	if (r == 0)
		ret->len = (size_t)(put_text(ret->p + ret->len, text) - ret->p);
	return r;
}

/* A time, if there is such a one, that is spelled as we do. */
static bool is_our_time(struct span text)
{
	return text.len == INSTANT_TEXT && text.p[10] == 'T' && text.p[19] == 'Z';
}

/* text: how the source spells it, or empty. */
static char *put_time(char *to, struct instant t, struct span text)
{
	if (t.seconds == INSTANT_NONE)
		return to;
	if (is_our_time(text))
		memcpy(to, text.p, INSTANT_TEXT);
	else
		instant_format(t, to);
	return to + INSTANT_TEXT;
}

/* text: as of put_time(). */
static char *put_money(char *to, struct money m, struct span text)
{
	size_t len = decimal_short(text, to);

	return to + (len > 0 ? len : money_format(m, to));
}

/* Where digits end. */
static size_t pass_digits(struct span text, size_t i, unsigned *digits)
{
	for (; i < text.len; i++) {
		unsigned digit = (unsigned)(unsigned char)text.p[i] - '0';

		if (digit > 9)
			break;
		*digits |= digit;
	}
	return i;
}

/* As most numbers are: digits, a point and more digits, as plain as we want them but for
 * the number of zeros at the end. */
static bool is_nearly_plain(struct span text, size_t *ret_point)
{
	size_t first = text.len > 0 && text.p[0] == '-' ? 1 : 0, point;
	unsigned digits = 0; /* all, by or */
	size_t i = pass_digits(text, first, &digits);

	point = i;
	if (i < text.len && text.p[i] == '.' && i > first)
		i = pass_digits(text, i + 1, &digits);
	if (i < text.len)
		return false;
	*ret_point = point;
	return point > first && (point == first + 1 || text.p[first] != '0') &&
		!(digits == 0 && first > 0);
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
	size_t point = decimal_short(cell->text, to);
	ssize_t len;

	if (point > 0)
		return to + point;
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
		/* If there is no such time it is copied, too. */
		if (is_our_time(cell->text) && !cell->quoted)
			return put_span(to, cell->text);
		if (instant_parse(cell->text, &t) == 0)
			return put_time(to, t, cell->text);
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

	to = put_time(to, row->usage_start, row->start_text);
	*to++ = ',';
	to = put_time(to, row->usage_end, row->end_text);
	to = put_texts(to, t.before, ARRAY_LEN(t.before));
	*to++ = ',';
	if (row->has_usage_amount)
		to = put_money(to, row->usage_amount, row->amount_text);
	to = put_texts(to, t.unit, ARRAY_LEN(t.unit));
	for (int i = 0; i < COST_COUNT; i++) {
		*to++ = ',';
		if ((row->cost_filled & 1u << i) != 0)
			to = put_money(to, row->cost[i], row->cost_text[i]);
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

/* As it stands in the source; reads and writes up to CELL_SLACK bytes more. */
static char *put_line_text(char *to, const struct cell *first, const struct cell *last)
{
	const char *from = first->text.p;
	size_t len = (size_t)(last->text.p + last->text.len - from);

	for (size_t i = 0; i < len; i += CELL_SLACK)
		memcpy(to + i, from + i, CELL_SLACK);
	return to + len;
}

/* The first bit from `from` on, or end. */
static size_t next_bit(const uint64_t *bits, size_t from, size_t end)
{
	uint64_t word = bits[from / 64] >> from % 64;

	if (word)
		from += (size_t)__builtin_ctzll(word);
	else
		for (from = (from / 64 + 1) * 64; from < end; from += 64)
			if (bits[from / 64]) {
				from += (size_t)__builtin_ctzll(bits[from / 64]);
				break;
			}
	return from < end ? from : end;
}

/* Fields of text go together, with the commas between them, but for those in quotes. */
static char *put_texts_of_line(char *to, const struct row *row, size_t at, size_t end)
{
	while (at < end) {
		size_t quoted = next_bit(row->quoted, at, end);

		*to++ = ',';
		if (quoted > at) {
			to = put_line_text(to, &row->cells[at], &row->cells[quoted - 1]);
			at = quoted;
		} else {
			to = put_text(to, row->cells[at].text);
			at++;
		}
	}
	return to;
}

/* Nothing but the commas between them. */
static bool is_blank(const struct cell *cells, size_t count)
{
	const struct span last = cells[count - 1].text;

	return (size_t)(last.p + last.len - cells[0].text.p) == count - 1;
}

/* Columns, and the runs of a row in them; no run goes over their end. */
struct part {
	const struct row_run *runs, *runs_end;
	size_t column, end;
};

static char *put_commas(char *to, size_t count)
{
	if (count > 0)
		memset(to, ',', count);
	return to + count;
}

/* Of a line: values are written one by one, and what is between them together. */
static char *put_line_run(char *to, const struct layout *layout, const struct row *row,
	const struct row_run *run)
{
	size_t at = run->field; /* which is not written yet */

	for (size_t i = 0; i < run->value_count; i++) {
		size_t field = run->values[i].field, end = field + run->values[i].count;

		if (is_blank(&row->cells[field], run->values[i].count))
			continue;
		for (; field < end; field++) {
			const struct cell *cell = &row->cells[field];

			if (cell->text.len == 0)
				continue;
			to = put_texts_of_line(to, row, at, field);
			at = field + 1;
			*to++ = ',';
			to = put_cell(to,
				layout->columns[run->column + (field - run->field)].kind,
				cell);
		}
	}
	return put_texts_of_line(to, row, at, run->field + run->count);
}

static char *put_cells_of_run(char *to, const struct layout *layout,
	const struct row *row, const struct row_run *run)
{
	const struct layout_column *columns = layout->columns + run->column;
	const struct cell *cells = row->cells + run->field;

	for (size_t i = 0; i < run->count; i++) {
		*to++ = ',';
		if (cells[i].text.len > 0)
			to = put_cell(to, columns[i].kind, &cells[i]);
	}
	return to;
}

static char *put_part(char *to, const struct layout *layout, const struct row *row,
	const struct part *part)
{
	size_t column = part->column;

	for (const struct row_run *run = part->runs; run < part->runs_end; run++) {
		to = put_commas(to, run->column - column);
		to = row->line_bytes > 0 ? put_line_run(to, layout, row, run)
					 : put_cells_of_run(to, layout, row, run);
		column = run->column + run->count;
	}
	return put_commas(to, part->end - column);
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

/* Bytes of the cells, or more. */
static size_t texts_bytes(const struct row *row)
{
	size_t bytes = row->line_bytes;

	if (bytes > 0)
		return bytes;
	for (size_t i = 0; i < row->run_count; i++)
		for (size_t j = 0; j < row->runs[i].count; j++)
			bytes += row->cells[row->runs[i].field + j].text.len;
	return bytes;
}

/* Bytes that a row cannot be over, comma by comma. */
static size_t row_bound(const struct layout *layout, const struct row *row, bool marked)
{
	const struct lead_texts t = lead_texts(row);
	size_t bound = 1 + CELL_SLACK; /* the newline; put_line_text() */

	bound += texts_bound(t.before, ARRAY_LEN(t.before));
	bound += texts_bound(t.unit, ARRAY_LEN(t.unit));
	bound += texts_bound(t.behind, ARRAY_LEN(t.behind));
	bound += (3 + (size_t)COST_COUNT) * (VALUE_ROOM + 1); /* times, amount, costs */
	bound += 2 * texts_bytes(row) + layout->count * (DECIMAL_TEXT_MAX + 1);
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
	const struct row_run *tail_runs = row->runs + row->head_run_count;
	const size_t tail_column = first_tail(layout);
	const struct part head = { row->runs, tail_runs, 0, tail_column };
	const struct part tail = { tail_runs, row->runs + row->run_count, tail_column,
		layout->count };
	size_t marks = 0;
	int r = buf_reserve(ret, row_bound(layout, row, marked));

	if (r < 0)
		return r;
	char *start = ret->p + ret->len;
	char *to = put_part(put_lead(start, row), layout, row, &head);
	if (marked) {
		clear_marks(start, to);
		to = put_map_cells(to, row);
		marks = MARK_BYTES * row->map_cell_count + 1;
	}
	char *end = put_part(to, layout, row, &tail);
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
