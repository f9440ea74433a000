/* Rows of a month out of its blocks: decoded, expanded where map columns are, cut to
 * size. */
#include <errno.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/io.h"
#include "fs/store/expand.h"
#include "fs/store/month_impl.h"

static const struct cube_block *block_at(const struct month *m, uint32_t number)
{
	return (const struct cube_block *)month_section(m, CUBE_BLOCKS) + number;
}

static int decode_block(const struct month *m, uint32_t number, const char *stored,
	char *to, struct fault *why)
{
	const struct cube_block *b = block_at(m, number);

	if (hash64(stored, b->stored_bytes, 0) != b->hash)
		return fault(why, -EBADMSG, "cache of %s: block %u is damaged",
			m->header->id, number);
	if (b->stored_bytes == b->raw_bytes) {
		memcpy(to, stored, b->raw_bytes);
		return 0;
	}
	int got =
		LZ4_decompress_safe(stored, to, (int)b->stored_bytes, (int)b->raw_bytes);
	if (got != (int)b->raw_bytes)
		return fault(why, -EBADMSG, "cache of %s: block %u does not decode",
			m->header->id, number);
	return 0;
}

/* Past the block cache; to has room for raw_bytes. */
static int fetch_block(
	const struct month *m, uint32_t number, char *to, struct fault *why)
{
	const struct cube_block *b = block_at(m, number);
	char *stored = malloc(b->stored_bytes + 1);
	int r;

	if (stored == NULL)
		return -ENOMEM;
	ssize_t got = rows_read(m->rows, stored, b->stored_bytes, b->offset);
	if (got < 0) {
		r = fault(why, (int)got, "cache of %s: block %u cannot be read",
			m->header->id, number);
	} else {
		/* Truncated meanwhile; its bytes cannot have the right hash. */
		if ((size_t)got < b->stored_bytes)
			memset(stored + got, 0, b->stored_bytes - (size_t)got);
		r = decode_block(m, number, stored, to, why);
	}
	free(stored);
	return r;
}

static int load_block(
	const struct month *m, uint32_t number, struct block **ret, struct fault *why)
{
	struct block *block = block_cache_get(m->blocks, m->block_user, number);
	int r;

	if (block != NULL) {
		*ret = block;
		return 0;
	}
	block = block_new(block_at(m, number)->raw_bytes);
	if (block == NULL)
		return -ENOMEM;
	r = fetch_block(m, number, block_bytes(block), why);
	if (r < 0) {
		block_unref(block);
		return r;
	}
	block_cache_put(m->blocks, m->block_user, number, block);
	*ret = block;
	return 0;
}

static const struct cube_extent *extent_at(const struct month *m, uint64_t number)
{
	return (const struct cube_extent *)month_section(m, CUBE_EXTENTS) + number;
}

static uint64_t extent_bytes(const struct month *m, const struct cube_extent *e)
{
	return e->fixed_bytes + (uint64_t)e->rows * m->header->map_columns;
}

static uint64_t extent_start(const struct month *m, const struct cube_extent *e)
{
	return e->fixed_start + e->row_start * m->header->map_columns;
}

/* The extent's rows out of its block to its text, extent_bytes() at to. */
static int expand_extent(const struct month *m, const struct cube_extent *e,
	struct block *block, char *to, struct fault *why)
{
	const uint64_t *first = month_section(m, CUBE_MAP_FIRST);
	const struct expansion x = {
		.columns = (const uint32_t *)month_section(m, CUBE_MAP_COLUMNS) +
			first[e->chunk],
		.column_count = first[e->chunk + 1] - first[e->chunk],
		.map_columns = m->header->map_columns,
	};
	const struct span rows = { block_bytes(block) + e->offset, e->len };
	int r = expand_rows(&x, rows, to, extent_bytes(m, e));

	if (r == -EBADMSG)
		r = fault(why, r, "cache of %s: rows of block %u are damaged",
			m->header->id, e->block);
	return r;
}

/* A block that holds the extent's text alone, of a month with map columns. */
static int load_text(
	const struct month *m, uint64_t number, struct block **ret, struct fault *why)
{
	const struct cube_extent *e = extent_at(m, number);
	struct block *block = block_cache_get(m->blocks, m->text_user, (uint32_t)number);
	struct block *stored;
	int r;

	if (block != NULL) {
		*ret = block;
		return 0;
	}
	r = load_block(m, e->block, &stored, why);
	if (r < 0)
		return r;
	block = block_new(extent_bytes(m, e));
	r = block == NULL ? -ENOMEM
			  : expand_extent(m, e, stored, block_bytes(block), why);
	block_unref(stored);
	if (r < 0) {
		block_unref(block);
		return r;
	}
	block_cache_put(m->blocks, m->text_user, (uint32_t)number, block);
	*ret = block;
	return 0;
}

/* A block that holds the extent's text, and where. */
static int find_text(const struct month *m, uint64_t number, struct block **ret,
	struct span *ret_text, struct fault *why)
{
	const struct cube_extent *e = extent_at(m, number);
	bool is_marked = m->header->marked != 0;
	int r = is_marked ? load_text(m, number, ret, why)
			  : load_block(m, e->block, ret, why);

	if (r < 0)
		return r;
	*ret_text = is_marked ? (struct span){ block_bytes(*ret), block_len(*ret) }
			      : (struct span){ block_bytes(*ret) + e->offset, e->len };
	return 0;
}

static int pin(const struct month *m, struct fault *why)
{
	int r = rows_pin(m->rows);

	if (r == -ENODATA)
		fault(why, r, "cache of %s: its rows were evicted", m->header->id);
	return r;
}

static void note_damage(const struct month *m, int r)
{
	if (r == -EBADMSG || r == -EIO)
		atomic_store(m->damaged, true);
}

/* The slice's extent that holds the byte at offset, which is inside the slice. */
static uint64_t find_extent(
	const struct month *m, const struct month_slice *slice, uint64_t offset)
{
	uint64_t low = slice->extent_first, high = low + slice->extent_count;

	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (extent_start(m, extent_at(m, middle)) <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The kernel keeps what it has read: what is all in a read is not wanted again soon. So
 * what is not at hand is decoded to where it goes, and kept nowhere. */
static int read_block(
	const struct month *m, const struct cube_extent *e, char *to, struct fault *why)
{
	struct block *block = block_cache_get(m->blocks, m->block_user, e->block);

	if (block == NULL)
		return fetch_block(m, e->block, to, why);
	memcpy(to, block_bytes(block), e->len);
	block_unref(block);
	return 0;
}

static int read_marked(
	const struct month *m, uint64_t number, char *to, struct fault *why)
{
	const struct cube_extent *e = extent_at(m, number);
	struct block *block = block_cache_get(m->blocks, m->text_user, (uint32_t)number);
	int r = 0;

	if (block != NULL) {
		memcpy(to, block_bytes(block), block_len(block));
	} else {
		r = load_block(m, e->block, &block, why);
		if (r < 0)
			return r;
		r = expand_extent(m, e, block, to, why);
	}
	block_unref(block);
	return r;
}

struct window {
	char *p;
	size_t len;
};

static ssize_t read_part(const struct month *m, uint64_t number, uint64_t skip,
	struct window to, struct fault *why)
{
	struct block *block;
	struct span text;
	int r = find_text(m, number, &block, &text, why);

	if (r < 0)
		return r;
	text = span_first(span_from(text, skip), to.len);
	memcpy(to.p, text.p, text.len);
	block_unref(block);
	return (ssize_t)text.len;
}

/* The extent's text from skip on, at most to.len bytes, which are not 0. */
static ssize_t read_extent(const struct month *m, uint64_t number, uint64_t skip,
	struct window to, struct fault *why)
{
	const struct cube_extent *e = extent_at(m, number);
	uint64_t bytes = extent_bytes(m, e);
	int r;

	if (skip > 0 || to.len < bytes)
		return read_part(m, number, skip, to, why);
	if (m->header->marked)
		r = read_marked(m, number, to.p, why);
	else if (e->len == block_at(m, e->block)->raw_bytes)
		r = read_block(m, e, to.p, why);
	else
		return read_part(m, number, 0, to, why);
	return r < 0 ? r : (ssize_t)bytes;
}

static ssize_t read_extents(const struct month *m, const struct month_slice *s,
	uint64_t offset, struct window to, struct fault *why)
{
	uint64_t number = find_extent(m, s, offset);
	uint64_t skip = offset - extent_start(m, extent_at(m, number));
	size_t done = 0;

	for (; done < to.len; number++, skip = 0) {
		ssize_t n = read_extent(m, number, skip,
			(struct window){ to.p + done, to.len - done }, why);

		if (n < 0)
			return n;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t month_read(const struct month *m, uint32_t slice, uint64_t offset, void *bytes,
	size_t len, struct fault *why)
{
	const struct month_slice *s = month_slice(m, slice);
	ssize_t n;

	if (offset >= s->bytes || len == 0)
		return 0;
	if (len > s->bytes - offset)
		len = s->bytes - offset;
	n = pin(m, why);
	if (n >= 0) {
		n = read_extents(m, s, offset, (struct window){ bytes, len }, why);
		rows_unpin(m->rows);
	}
	note_damage(m, n < 0 ? (int)n : 0);
	return n;
}

/* The slice's extent that holds the row, which is inside the slice. */
static uint64_t find_rows(
	const struct month *m, const struct month_slice *slice, uint64_t row)
{
	uint64_t low = slice->extent_first, high = low + slice->extent_count;

	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (extent_at(m, middle)->row_start <= row)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Behind so many lines of the extent's text. */
static int skip_lines(const struct month *m, uint64_t number, uint64_t lines,
	uint64_t *ret, struct fault *why)
{
	struct block *block;
	struct span text, rest;
	int r = find_text(m, number, &block, &text, why);

	if (r < 0)
		return r;
	rest = text;
	for (; lines > 0 && rest.len; lines--) {
		size_t end = span_find(rest, '\n');

		rest = span_from(rest, end < rest.len ? end + 1 : end);
	}
	*ret = text.len - rest.len;
	block_unref(block);
	return lines == 0
		? 0
		: fault(why, -EBADMSG, "cache of %s: rows are missing", m->header->id);
}

int month_row_offset(const struct month *m, uint32_t slice, uint64_t row, uint64_t *ret,
	struct fault *why)
{
	const struct month_slice *s = month_slice(m, slice);
	const struct cube_extent *e;
	uint64_t number, within = 0;
	int r = 0;

	if (row >= s->lines) {
		*ret = s->bytes;
		return 0;
	}
	number = find_rows(m, s, row);
	e = extent_at(m, number);
	if (row > e->row_start) {
		r = pin(m, why);
		if (r == 0) {
			r = skip_lines(m, number, row - e->row_start, &within, why);
			rows_unpin(m->rows);
		}
		note_damage(m, r);
	}
	if (r == 0)
		*ret = extent_start(m, e) + within;
	return r;
}

int month_piece(const struct month *m, uint32_t slice, uint64_t piece, struct buf *ret,
	struct fault *why)
{
	struct block *block;
	struct span text;
	int r = pin(m, why);

	if (r >= 0) {
		r = find_text(m, month_slice(m, slice)->extent_first + piece, &block,
			&text, why);
		rows_unpin(m->rows);
	}
	note_damage(m, r);
	if (r < 0)
		return r;
	buf_clear(ret);
	r = buf_append_span(ret, text);
	block_unref(block);
	return r;
}
