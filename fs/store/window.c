#include "fs/store/window.h"

#include <errno.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/vec.h"

enum {
	/* 8 to 128 MiB take the same time; small ones make more extents. */
	WINDOW_BYTES = 8 * 1024 * 1024,
	/* Room for the row that fills it: a record of CSV_RECORD_MAX, all quotes
	 * doubled. */
	WINDOW_LIMIT = WINDOW_BYTES + 32 * 1024 * 1024,
	BLOCK_BYTES = 64 * 1024,
	/* Appends of less cost several times the system time. */
	WRITE_BYTES = 1024 * 1024,
	WRITE_LIMIT = 80 * 1024 * 1024,
	ITEMS_MAX = INT32_MAX,
};
_Static_assert((int)WINDOW_LIMIT <= (int)CUBE_BLOCK_MAX, "a row is one block at most");

struct window_row {
	uint32_t offset, len, slice, fixed_bytes;
};

struct window {
	struct data_file *file;
	struct buf text;
	uint32_t part;
	size_t row_start; /* in text: of the row being appended */
	struct window_row *rows;
	size_t row_count, row_cap;
	uint32_t *order; /* rows by slice */
	size_t order_cap;
	uint32_t *starts; /* counting sort */
	size_t start_cap;
	struct buf block; /* being filled */
	struct buf out; /* compressed blocks, not yet written */
	size_t out_first; /* the first block in out */
	struct window_extent *extents;
	size_t extent_count, extent_cap;
	struct cube_block *blocks;
	size_t block_count, block_cap;
};

struct window *window_new(struct data_file *file)
{
	struct window *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->file = file;
	w->text = BUF_INIT(WINDOW_LIMIT);
	w->block = BUF_INIT(WINDOW_LIMIT);
	w->out = BUF_INIT(WRITE_LIMIT);
	if (buf_reserve(&w->text, WINDOW_BYTES + 256 * 1024) < 0) {
		window_free(w);
		return NULL;
	}
	return w;
}

void window_free(struct window *w)
{
	if (w == NULL)
		return;
	buf_finish(&w->text);
	buf_finish(&w->block);
	buf_finish(&w->out);
	free(w->rows);
	free(w->order);
	free(w->starts);
	free(w->extents);
	free(w->blocks);
	free(w);
}

struct buf *window_text(struct window *w)
{
	return &w->text;
}

/* Fills order: rows by slice, in a slice as they came. */
static int sort_rows(struct window *w)
{
	uint32_t slices = 0;

	for (size_t i = 0; i < w->row_count; i++)
		if (w->rows[i].slice >= slices)
			slices = w->rows[i].slice + 1;
	int r = VEC_RESERVE(&w->order, &w->order_cap, w->row_count, (size_t)ITEMS_MAX);
	if (r == 0)
		r = VEC_RESERVE(
			&w->starts, &w->start_cap, (size_t)slices + 1, (size_t)ITEMS_MAX);
	if (r < 0)
		return r;
	memset(w->starts, 0, (slices + 1) * sizeof(*w->starts));
	for (size_t i = 0; i < w->row_count; i++)
		w->starts[w->rows[i].slice + 1]++;
	for (uint32_t s = 0; s < slices; s++)
		w->starts[s + 1] += w->starts[s];
	for (size_t i = 0; i < w->row_count; i++)
		w->order[w->starts[w->rows[i].slice]++] = (uint32_t)i;
	return 0;
}

/* Gives the blocks in out their place in the file. */
static int write_out(struct window *w)
{
	if (w->out.len == 0)
		return 0;
	uint64_t at = atomic_fetch_add(&w->file->bytes, w->out.len);
	if (w->file->limit != 0 && at + w->out.len > w->file->limit)
		return -ENOSPC;
	int r = io_pwrite(w->file->fd, w->out.p, w->out.len, at);
	if (r < 0)
		return r;
	for (size_t i = w->out_first; i < w->block_count; i++)
		w->blocks[i].offset += at;
	w->out_first = w->block_count;
	buf_clear(&w->out);
	return 0;
}

static int end_block(struct window *w)
{
	int raw = (int)w->block.len;
	struct cube_block b = { .offset = w->out.len, .raw_bytes = (uint32_t)raw };

	if (raw == 0)
		return 0;
	int r = VEC_RESERVE(
		&w->blocks, &w->block_cap, w->block_count + 1, (size_t)ITEMS_MAX);
	if (r == 0)
		r = buf_reserve(&w->out, (size_t)LZ4_compressBound(raw));
	if (r < 0)
		return r;
	char *to = w->out.p + w->out.len;
	int packed = LZ4_compress_default(w->block.p, to, raw, LZ4_compressBound(raw));
	if (packed <= 0 || packed >= raw) {
		memcpy(to, w->block.p, (size_t)raw);
		packed = raw;
	}
	b.stored_bytes = (uint32_t)packed;
	b.hash = hash64(to, (size_t)packed, 0);
	w->blocks[w->block_count++] = b;
	w->out.len += (size_t)packed;
	buf_clear(&w->block);
	return w->out.len >= WRITE_BYTES ? write_out(w) : 0;
}

/* The row goes on with the last extent, or begins one. */
static int note_extent(struct window *w, const struct window_row *row)
{
	struct window_extent *last =
		w->extent_count > 0 ? &w->extents[w->extent_count - 1] : NULL;

	if (last == NULL || last->slice != row->slice || last->part != w->part ||
		last->extent.block != w->block_count ||
		last->extent.offset + last->extent.len != w->block.len) {
		int r = VEC_RESERVE(&w->extents, &w->extent_cap, w->extent_count + 1,
			(size_t)ITEMS_MAX);

		if (r < 0)
			return r;
		last = &w->extents[w->extent_count++];
		*last = (struct window_extent){ .slice = row->slice,
			.part = w->part,
			.extent = { .block = (uint32_t)w->block_count,
				.offset = (uint32_t)w->block.len } };
	}
	last->extent.len += row->len;
	last->extent.rows++;
	last->extent.fixed_bytes += row->fixed_bytes;
	return 0;
}

void window_part(struct window *w, uint32_t part)
{
	w->part = part;
}

int window_flush(struct window *w)
{
	int r = sort_rows(w);

	for (size_t i = 0; r == 0 && i < w->row_count; i++) {
		const struct window_row *row = &w->rows[w->order[i]];

		if (w->block.len > 0 && w->block.len + row->len > BLOCK_BYTES)
			r = end_block(w);
		if (r == 0)
			r = note_extent(w, row);
		if (r == 0)
			r = buf_append(&w->block, w->text.p + row->offset, row->len);
	}
	if (r == 0)
		r = end_block(w);
	if (r == 0)
		r = write_out(w);
	w->row_count = 0;
	w->row_start = 0;
	buf_clear(&w->text);
	return r;
}

int window_row(struct window *w, uint32_t slice, uint32_t fixed_bytes)
{
	int r = VEC_RESERVE(&w->rows, &w->row_cap, w->row_count + 1, (size_t)ITEMS_MAX);

	if (r < 0)
		return r;
	w->rows[w->row_count++] = (struct window_row){ .offset = (uint32_t)w->row_start,
		.len = (uint32_t)(w->text.len - w->row_start),
		.slice = slice,
		.fixed_bytes = fixed_bytes };
	w->row_start = w->text.len;
	return w->text.len >= WINDOW_BYTES ? window_flush(w) : 0;
}

const struct window_extent *window_extents(const struct window *w, size_t *ret_count)
{
	*ret_count = w->extent_count;
	return w->extents;
}

const struct cube_block *window_blocks(const struct window *w, size_t *ret_count)
{
	*ret_count = w->block_count;
	return w->blocks;
}

void window_taken(struct window *w)
{
	w->extent_count = w->block_count = w->out_first = 0;
}
