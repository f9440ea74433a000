#include "aws/export/parquet/chunk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "aws/export/parquet/cells.h"
#include "base/vec.h"

struct chunk_reader {
	const struct leaf *leaf;
	struct pages pages;
	struct cells cells;
	/* Levels of lists and maps that were read but not used: a row is known to end
	 * only where the next one begins. */
	uint8_t rep[CELLS_STEP], def[CELLS_STEP];
	size_t level_at, level_count;
	uint8_t present[CELLS_STEP];
	/* Of the batch. */
	uint32_t starts[PARQUET_BATCH_ROWS + 1];
	uint8_t nulls[PARQUET_BATCH_ROWS];
};

int chunk_reader_new(
	struct chunk_shared *shared, const struct leaf *leaf, struct chunk_reader **ret)
{
	struct chunk_reader *c;
	int r = memory_take(&shared->memory, sizeof(*c));

	if (r < 0)
		return r;
	c = vec_alloc(1, sizeof(*c));
	if (!c) {
		memory_give(&shared->memory, sizeof(*c));
		return -ENOMEM;
	}
	c->leaf = leaf;
	pages_init(&c->pages, shared, leaf);
	*ret = c;
	return 0;
}

void chunk_reader_free(struct chunk_reader *c)
{
	struct memory *memory;

	if (!c)
		return;
	memory = &c->pages.shared->memory;
	cells_finish(&c->cells, memory);
	pages_finish(&c->pages);
	memory_give(memory, sizeof(*c));
	free(c);
}

void chunk_reader_begin(struct chunk_reader *c, const struct chunk *chunk,
	const struct fetch_range *range, size_t window_bytes)
{
	cells_forget(&c->cells);
	c->level_at = c->level_count = 0;
	pages_begin(&c->pages, chunk, range, window_bytes);
}

static int damaged(struct fault *why)
{
	return fault(why, -EBADMSG, "has values that are damaged");
}

static int ends_early(struct fault *why)
{
	return fault(why, -EBADMSG, "has fewer values than there are rows");
}

static int append(
	struct chunk_reader *c, const uint8_t *present, size_t count, struct fault *why)
{
	int r = cells_append(&c->cells, &c->pages, present, count);

	if (r == -EBADMSG)
		return damaged(why);
	if (r == -EFBIG)
		return fault(why, r, "has too much in a few rows");
	return r;
}

/* Definition levels become: 1 there is a value, 0 null. */
static int read_present(struct chunk_reader *c, size_t count)
{
	uint8_t most = c->leaf->def_max, over = 0;
	int r = rle_read_bytes(&c->pages.def, c->present, count);

	if (r < 0 || most == 1)
		return r;
	for (size_t i = 0; i < count; i++) {
		over |= c->present[i] > most;
		c->present[i] = c->present[i] == most;
	}
	return over ? -EBADMSG : 0;
}

/* 1; 0 the chunk ends. */
static int need_page(struct chunk_reader *c, struct fault *why)
{
	return c->pages.left > 0 ? 1 : pages_next(&c->pages, why);
}

static int next_flat(struct chunk_reader *c, uint32_t rows, struct fault *why)
{
	bool is_required = c->leaf->def_max == 0;

	while (rows > 0) {
		int r = need_page(c, why);
		uint32_t n = rows < c->pages.left ? rows : c->pages.left;

		if (r <= 0)
			return r < 0 ? r : ends_early(why);
		if (!is_required && read_present(c, n) < 0)
			return damaged(why);
		r = append(c, is_required ? NULL : c->present, n, why);
		if (r < 0)
			return r;
		c->pages.left -= n;
		rows -= n;
	}
	return 0;
}

/* 1; 0 the chunk ends. */
static int need_levels(struct chunk_reader *c, struct fault *why)
{
	uint8_t over = 0;
	size_t n;
	int r;

	if (c->level_at < c->level_count)
		return 1;
	r = need_page(c, why);
	if (r <= 0)
		return r;
	n = c->pages.left < CELLS_STEP ? c->pages.left : CELLS_STEP;
	if (rle_read_bytes(&c->pages.rep, c->rep, n) < 0 ||
		rle_read_bytes(&c->pages.def, c->def, n) < 0)
		return damaged(why);
	for (size_t i = 0; i < n; i++)
		over |= c->rep[i] > c->leaf->rep_max || c->def[i] > c->leaf->def_max;
	if (over)
		return damaged(why);
	c->pages.left -= (uint32_t)n;
	c->level_at = 0;
	c->level_count = n;
	return 1;
}

/* Takes levels until those at hand end, or another row than the wanted ones begins. */
static int take_entries(struct chunk_reader *c, uint32_t rows, uint32_t *done,
	bool *ret_is_full, struct fault *why)
{
	const struct leaf *leaf = c->leaf;
	size_t entries = 0;

	*ret_is_full = false;
	for (; c->level_at < c->level_count; c->level_at++) {
		uint8_t def = c->def[c->level_at];

		if (c->rep[c->level_at] == 0) {
			if (*done == rows) {
				*ret_is_full = true;
				break;
			}
			c->nulls[*done] = def < leaf->list_def;
			c->starts[(*done)++] = (uint32_t)(c->cells.count + entries);
		} else if (*done == 0) {
			return damaged(why);
		}
		if (def >= leaf->entry_def)
			c->present[entries++] = def == leaf->def_max;
	}
	return append(c, c->present, entries, why);
}

static int next_entries(struct chunk_reader *c, uint32_t rows, struct fault *why)
{
	bool is_full = false;
	uint32_t done = 0;

	while (!is_full) {
		int r = need_levels(c, why);

		if (r == 0)
			break;
		if (r > 0)
			r = take_entries(c, rows, &done, &is_full, why);
		if (r < 0)
			return r;
	}
	if (done < rows)
		return ends_early(why);
	c->starts[rows] = (uint32_t)c->cells.count;
	return 0;
}

int chunk_reader_next(struct chunk_reader *c, uint32_t rows,
	struct parquet_batch_column *ret, struct fault *why)
{
	bool has_entries = c->leaf->rep_max > 0;
	int r = pages_release(&c->pages);

	assert(rows <= PARQUET_BATCH_ROWS);
	if (r < 0)
		return r;
	cells_forget(&c->cells);
	r = has_entries ? next_entries(c, rows, why) : next_flat(c, rows, why);
	if (r < 0)
		return r;
	ret->starts = has_entries ? c->starts : NULL;
	ret->nulls = has_entries ? c->nulls : NULL;
	ret->values = cells_shown(&c->cells, &c->pages);
	return 0;
}

int chunk_reader_end(struct chunk_reader *c, struct fault *why)
{
	bool has_entries = c->leaf->rep_max > 0;
	int r = has_entries ? need_levels(c, why) : need_page(c, why);

	if (r > 0)
		return fault(why, -EBADMSG, "has more values than there are rows");
	return r;
}

int chunk_reader_probe(
	struct chunk_reader *c, struct span text, bool *ret, struct fault *why)
{
	const struct dictionary *d = &c->pages.dictionary;
	bool has = false;
	int r = pages_probe(&c->pages, why);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < d->count && !has; i++)
		has = span_eq(d->texts[i], text);
	*ret = has;
	return 0;
}
