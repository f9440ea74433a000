/* Cells out of Parquet: batches of columns, given row by row. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/cell_source.h"
#include "aws/export/columns.h"
#include "aws/export/csv.h"
#include "aws/export/parquet/parquet.h"
#include "base/buf.h"
#include "base/vec.h"

_Static_assert(
	(int)CELL_BATCH_ROWS >= (int)PARQUET_BATCH_ROWS, "a batch is one of Parquet's");

enum {
	PAIRS_MAX = PARQUET_ENTRIES_MAX, /* of one row's maps: 32 MiB */
	/* Taken column by column at once: a column's texts are near each other, a row's
	 * are not. */
	ROWS_AT_ONCE = 8,
};

enum shape {
	SHAPE_CELL,
	SHAPE_MAP, /* one that becomes columns */
	SHAPE_JSON, /* other maps, and lists */
};
struct column {
	uint32_t number; /* in the file */
	enum shape shape;
	enum parquet_form form;
	bool is_map; /* of pairs, whatever becomes of it */
	/* Of a dictionary's texts: cell.quoted. */
	uint64_t dictionary;
	uint8_t *quoted;
	size_t quoted_cap;
};

struct parquet_source {
	struct cell_source source;
	struct parquet *parquet;
	char *name;
	struct span *names;
	struct column *columns; /* as source.names */
	uint32_t *picked; /* which of them the batch has, in its order */
	size_t picked_count;
	struct cell *block; /* ROWS_AT_ONCE rows */
	uint32_t block_start, block_end; /* rows of the batch that it has */
	struct cell *cells; /* the row in it */
	struct cell_map *maps;
	struct cell_pair *pairs; /* of the row's maps */
	size_t pair_cap;
	struct buf json; /* of the row's SHAPE_JSON */
	size_t *json_ends;

	struct cell_column
		*batch_columns; /* as source.names; NULL until it is asked for */

	uint32_t *sought; /* columns of the file, one of which has to have the text */
	size_t sought_count;
	struct span sought_text;

	uint32_t group; /* the next one */
	bool is_in_group;
	struct parquet_batch batch;
	uint32_t at; /* the next row of it */
	uint64_t number; /* of the last row */
};

static struct parquet_source *parquet_of(struct cell_source *s)
{
	return (struct parquet_source *)(void *)s;
}

static void parquet_source_free(struct cell_source *source)
{
	struct parquet_source *s = parquet_of(source);

	parquet_close(s->parquet);
	for (size_t i = 0; s->columns && i < s->source.count; i++)
		free(s->columns[i].quoted);
	free(s->name);
	free(s->names);
	free(s->columns);
	free(s->picked);
	free(s->block);
	free(s->maps);
	free(s->pairs);
	free(s->json_ends);
	free(s->batch_columns);
	free(s->sought);
	buf_finish(&s->json);
	free(s);
}

static uint64_t parquet_source_bytes_in(const struct cell_source *s)
{
	return parquet_bytes_in(
		((const struct parquet_source *)(const void *)s)->parquet);
}

/* Without a branch a byte, so that the compiler takes many at once. */
static bool needs_look(struct span text)
{
	unsigned found = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		found |= (unsigned)(c == ',') | (unsigned)(c == '"') |
			(unsigned)(c == '\n') | (unsigned)(c == '\r');
	}
	return found != 0;
}

/* Once for each of a dictionary's texts. */
static int look_at_dictionary(struct column *c, const struct parquet_cells *cells)
{
	size_t count = (size_t)cells->dictionary_count + 1;
	int r;

	if (c->shape != SHAPE_CELL || c->form != PARQUET_TEXT || !cells->indexes)
		return 0;
	if (cells->dictionary != 0 && c->dictionary == cells->dictionary)
		return 0;
	r = VEC_RESERVE(&c->quoted, &c->quoted_cap, count, (size_t)UINT32_MAX);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		c->quoted[i] = needs_look(cells->texts[i]);
	c->dictionary = cells->dictionary;
	return 0;
}

/* Whether a row of the next group may be wanted. */
static int may_be_wanted(struct parquet_source *s, bool *ret, struct fault *why)
{
	int r = 0;

	*ret = s->sought_count == 0;
	for (size_t i = 0; i < s->sought_count && r == 0 && !*ret; i++)
		r = parquet_group_may_hold(
			s->parquet, s->group, s->sought[i], s->sought_text, ret, why);
	return r;
}

/* 1 the next group that may have rows that are wanted is begun; 0 there is none. */
static int begin_group(struct parquet_source *s, struct fault *why)
{
	uint32_t count = parquet_group_count(s->parquet);
	bool is_wanted = false;
	int r = 0;

	while (s->group < count && r == 0) {
		r = may_be_wanted(s, &is_wanted, why);
		if (r < 0 || is_wanted)
			break;
		s->number += parquet_group_rows(s->parquet, s->group++);
	}
	if (r < 0 || s->group == count)
		return r;
	r = parquet_begin(s->parquet, s->group++, why);
	return r < 0 ? r : 1;
}

/* 1; 0 at the end. */
static int next_batch(struct parquet_source *s, struct fault *why)
{
	int r = 0;

	while (r == 0) {
		if (!s->is_in_group) {
			r = begin_group(s, why);
			if (r <= 0)
				return r;
			s->is_in_group = true;
		}
		s->at = s->batch.rows = 0;
		s->block_start = s->block_end = 0;
		r = parquet_next(s->parquet, &s->batch, why);
		s->is_in_group = r > 0;
	}
	return r;
}

static int look_at_dictionaries(struct parquet_source *s)
{
	int r = 0;

	for (size_t i = 0; i < s->picked_count && r == 0; i++)
		r = look_at_dictionary(
			&s->columns[s->picked[i]], &s->batch.columns[i].values);
	return r;
}

static struct cell_texts texts_of(const struct parquet_cells *c)
{
	return (struct cell_texts){ .texts = c->texts,
		.indexes = c->indexes,
		.dictionary_count = c->dictionary_count,
		.dictionary = c->dictionary };
}

static int parquet_source_next_batch(
	struct cell_source *source, struct cell_batch *ret, struct fault *why)
{
	struct parquet_source *s = parquet_of(source);
	int r;

	if (!s->batch_columns)
		s->batch_columns =
			vec_alloc(s->source.count + 1, sizeof(*s->batch_columns));
	r = s->batch_columns ? next_batch(s, why) : -ENOMEM;
	if (r <= 0)
		return r;
	for (size_t n = 0; n < s->picked_count; n++) {
		const struct parquet_batch_column *b = &s->batch.columns[n];

		s->batch_columns[s->picked[n]] = (struct cell_column){
			.values = texts_of(&b->values),
			.starts = b->starts,
			.nulls = b->nulls,
			.keys = texts_of(&b->keys),
		};
	}
	*ret = (struct cell_batch){ .rows = s->batch.rows,
		.columns = s->batch_columns,
		.number = s->number + 1 };
	s->number += s->batch.rows;
	s->at = s->batch.rows;
	return 1;
}

/* Texts alone: of others the file may have another spelling. */
static int parquet_source_seek(struct cell_source *source, const uint32_t *columns,
	size_t count, struct span text)
{
	struct parquet_source *s = parquet_of(source);
	uint32_t *sought = vec_alloc(count + 1, sizeof(*sought));

	if (!sought)
		return -ENOMEM;
	free(s->sought);
	s->sought = sought;
	s->sought_text = text;
	s->sought_count = count;
	for (size_t i = 0; i < count; i++) {
		const struct column *c = &s->columns[columns[i]];

		sought[i] = c->number;
		if (c->shape != SHAPE_CELL || c->form != PARQUET_TEXT)
			s->sought_count = 0;
	}
	return 0;
}

static bool parquet_source_has_batches(const struct cell_source *source)
{
	const struct parquet_source *s =
		(const struct parquet_source *)(const void *)source;

	for (size_t n = 0; n < s->picked_count; n++)
		if (s->columns[s->picked[n]].shape == SHAPE_JSON)
			return false;
	return true;
}

/* ret: of the first row; the others' follow, step cells apart. */
static void take_column(const struct column *c, const struct parquet_cells *cells,
	uint32_t row, uint32_t end, struct cell *ret, size_t step)
{
	const bool is_text = c->form == PARQUET_TEXT;

	if (cells->indexes && is_text) {
		for (; row < end; row++, ret += step) {
			uint32_t index = cells->indexes[row];

			ret->text = cells->texts[index];
			ret->quoted = c->quoted[index] != 0;
		}
		return;
	}
	for (; row < end; row++, ret += step) {
		ret->text = parquet_cell(cells, row);
		ret->quoted = is_text && needs_look(ret->text);
	}
}

static void take_block(struct parquet_source *s, uint32_t row)
{
	uint32_t left = s->batch.rows - row;
	size_t step = s->source.count;

	s->block_start = row;
	s->block_end = row + (left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE);
	for (size_t n = 0; n < s->picked_count; n++) {
		uint32_t i = s->picked[n];

		if (s->columns[i].shape == SHAPE_CELL)
			take_column(&s->columns[i], &s->batch.columns[n].values, row,
				s->block_end, &s->block[i], step);
	}
}

static uint32_t entry_count(const struct parquet_batch_column *b, uint32_t row)
{
	return b->nulls[row] ? 0 : b->starts[row + 1] - b->starts[row];
}

static int append_text(struct buf *b, struct span text, enum parquet_form form)
{
	if (!text.p)
		return buf_append_text(b, "null");
	if (form == PARQUET_NUMBER || form == PARQUET_BOOL)
		return buf_append_span(b, text);
	return buf_append_json(b, text);
}

/* As CSV would have it. */
static int append_json(struct parquet_source *s, const struct column *c,
	const struct parquet_batch_column *b, uint32_t row)
{
	int r = b->nulls[row] ? 0 : buf_append_byte(&s->json, c->is_map ? '{' : '[');

	for (uint32_t i = 0; i < entry_count(b, row) && r == 0; i++) {
		size_t at = b->starts[row] + i;

		if (i > 0)
			r = buf_append_byte(&s->json, ',');
		if (r == 0 && c->is_map)
			r = buf_append_json(&s->json, parquet_cell(&b->keys, at));
		if (r == 0 && c->is_map)
			r = buf_append_byte(&s->json, ':');
		if (r == 0)
			r = append_text(&s->json, parquet_cell(&b->values, at), c->form);
	}
	if (r == 0 && !b->nulls[row])
		r = buf_append_byte(&s->json, c->is_map ? '}' : ']');
	return r;
}

static struct cell_pair *take_map(const struct parquet_batch_column *b, uint32_t row,
	struct cell_pair *to, struct cell_map *ret)
{
	uint32_t count = entry_count(b, row);

	ret->pairs = to;
	ret->count = count;
	for (uint32_t i = 0; i < count; i++) {
		size_t at = b->starts[row] + i;

		*to++ = (struct cell_pair){ .key = parquet_cell(&b->keys, at),
			.value = parquet_cell(&b->values, at) };
	}
	return to;
}

static int reserve_pairs(struct parquet_source *s, uint32_t row)
{
	size_t need = 1;

	for (size_t i = 0; i < s->picked_count; i++)
		if (s->columns[s->picked[i]].shape == SHAPE_MAP)
			need += entry_count(&s->batch.columns[i], row);
	return VEC_RESERVE(&s->pairs, &s->pair_cap, need, PAIRS_MAX);
}

/* The texts when all are there, since the buffer may move. */
static void point_at_json(struct parquet_source *s)
{
	size_t start = 0;

	for (size_t n = 0; n < s->picked_count; n++) {
		size_t i = s->picked[n];

		if (s->columns[i].shape != SHAPE_JSON)
			continue;
		s->cells[i].text = span_first(
			span_from(buf_span(&s->json), start), s->json_ends[i] - start);
		s->cells[i].quoted = true;
		start = s->json_ends[i];
	}
}

static int take_row(struct parquet_source *s, uint32_t row)
{
	struct cell_pair *pairs;
	int r = s->maps ? reserve_pairs(s, row) : 0;

	if (r < 0)
		return r;
	if (row >= s->block_end)
		take_block(s, row);
	s->cells = s->block + (row - s->block_start) * s->source.count;
	pairs = s->pairs;
	buf_clear(&s->json);
	for (size_t n = 0; n < s->picked_count && r == 0; n++) {
		const struct parquet_batch_column *b = &s->batch.columns[n];
		uint32_t i = s->picked[n];
		const struct column *c = &s->columns[i];

		switch (c->shape) {
		case SHAPE_CELL:
			break; /* it is in the block */
		case SHAPE_MAP:
			pairs = take_map(b, row, pairs, &s->maps[i]);
			break;
		case SHAPE_JSON:
			r = append_json(s, c, b, row);
			s->json_ends[i] = s->json.len;
			break;
		}
	}
	if (r == 0 && s->json_ends)
		point_at_json(s);
	return r;
}

static int parquet_source_next(
	struct cell_source *source, struct cell_row *ret, struct fault *why)
{
	struct parquet_source *s = parquet_of(source);
	int r = 1;

	if (s->at == s->batch.rows) {
		r = next_batch(s, why);
		if (r > 0) {
			int e = look_at_dictionaries(s);

			r = e < 0 ? e : r;
		}
	}
	if (r <= 0)
		return r;
	s->number++;
	r = take_row(s, s->at);
	if (r == -EFBIG)
		return fault(why, r, "%s: row %" PRIu64 ": lists and maps are too long",
			s->name, s->number);
	if (r < 0)
		return r;
	s->at++;
	*ret = (struct cell_row){
		.items = s->cells, .maps = s->maps, .number = s->number
	};
	return 1;
}

static enum shape shape_of(enum export_table table, const struct parquet_column *column)
{
	if (column->kind == PARQUET_CELL)
		return SHAPE_CELL;
	if (column->kind == PARQUET_MAP && column->has_keys &&
		map_of_header(table, column->name) != MAP_COUNT)
		return SHAPE_MAP;
	return SHAPE_JSON;
}

/* Lists in lists are passed over: no export has any. */
static int choose_columns(struct parquet_source *s, struct fault *why)
{
	uint32_t count = parquet_column_count(s->parquet);

	s->names = vec_alloc((size_t)count + 1, sizeof(*s->names));
	s->columns = vec_alloc((size_t)count + 1, sizeof(*s->columns));
	s->picked = vec_alloc((size_t)count + 1, sizeof(*s->picked));
	if (!s->names || !s->columns || !s->picked)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		const struct parquet_column *c = parquet_column(s->parquet, i);

		if (c->kind == PARQUET_NESTED)
			continue;
		if (span_find(c->name, '\0') < c->name.len)
			return fault(why, -EBADMSG,
				"%s: a NUL byte in the name of column %" PRIu32, s->name,
				i + 1);
		s->columns[s->source.count].number = i;
		s->names[s->source.count++] = c->name;
	}
	s->source.names = s->names;
	return 0;
}

static int make_columns(struct parquet_source *s)
{
	enum export_table table = table_of_header(s->names, s->source.count);
	size_t count = s->source.count + 1;
	bool has_maps = false, has_json = false;

	s->block = vec_alloc(count * ROWS_AT_ONCE, sizeof(*s->block));
	if (!s->block)
		return -ENOMEM;
	for (size_t i = 0; i < s->source.count; i++) {
		struct column *column = &s->columns[i];
		const struct parquet_column *c =
			parquet_column(s->parquet, column->number);

		column->shape = shape_of(table, c);
		column->form = c->form;
		column->is_map = c->kind == PARQUET_MAP && c->has_keys;
		has_maps = has_maps || column->shape == SHAPE_MAP;
		has_json = has_json || column->shape == SHAPE_JSON;
	}
	s->maps = has_maps ? vec_alloc(count, sizeof(*s->maps)) : NULL;
	s->json_ends = has_json ? vec_alloc(count, sizeof(*s->json_ends)) : NULL;
	if ((has_maps && !s->maps) || (has_json && !s->json_ends))
		return -ENOMEM;
	for (size_t i = 0; i < s->source.count && has_maps; i++) {
		s->maps[i].is_text = s->columns[i].shape != SHAPE_MAP;
		s->maps[i].has_numbers = s->columns[i].form == PARQUET_NUMBER;
	}
	return 0;
}

/* wanted: NULL for all. What is not picked has had no cell yet, and so stays empty. */
static int pick_columns(struct parquet_source *s, const bool *wanted, struct fault *why)
{
	uint32_t *numbers = vec_alloc(s->source.count + 1, sizeof(*numbers));
	int r;

	if (!numbers)
		return -ENOMEM;
	s->picked_count = 0;
	for (size_t i = 0; i < s->source.count; i++) {
		if (wanted && !wanted[i])
			continue;
		numbers[s->picked_count] = s->columns[i].number;
		s->picked[s->picked_count++] = (uint32_t)i;
	}
	r = parquet_pick(s->parquet, numbers, s->picked_count, why);
	free(numbers);
	return r;
}

static int parquet_source_pick(
	struct cell_source *source, const bool *wanted, struct fault *why)
{
	return pick_columns(parquet_of(source), wanted, why);
}

static int begin(struct parquet_source *s, struct object_source *source,
	const struct object_info *object, struct fault *why)
{
	int r;

	s->json = BUF_INIT(CSV_RECORD_MAX);
	s->name = strdup(object->key);
	r = s->name ? parquet_open(source, object, NULL, &s->parquet, why) : -ENOMEM;
	if (r == 0)
		r = choose_columns(s, why);
	if (r == 0)
		r = make_columns(s);
	return r == 0 ? pick_columns(s, NULL, why) : r;
}

int parquet_cells_open(struct object_source *s, const struct object_info *object,
	struct cell_source **ret, struct fault *why)
{
	static const struct cell_source_ops ops = { .pick = parquet_source_pick,
		.seek = parquet_source_seek,
		.next = parquet_source_next,
		.next_batch = parquet_source_next_batch,
		.has_batches = parquet_source_has_batches,
		.bytes_in = parquet_source_bytes_in,
		.free = parquet_source_free };
	struct parquet_source *p = vec_alloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->source.ops = &ops;
	r = begin(p, s, object, why);
	if (r < 0)
		parquet_source_free(&p->source);
	else
		*ret = &p->source;
	return r;
}
