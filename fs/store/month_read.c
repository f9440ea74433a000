/* Rows of a month out of its blocks: decoded, expanded where map columns are, cut to
 * size. */
#include <errno.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/vec.h"
#include "fs/store/month_impl.h"

static int decode_block(const struct month *m, uint32_t number, const char *stored,
	struct block *ret, struct fault *why)
{
	const struct cube_block *b =
		(const struct cube_block *)month_section(m, CUBE_BLOCKS);

	b += number;
	if (hash64(stored, b->stored_bytes, 0) != b->hash)
		return fault(why, -EBADMSG, "cache of %s: block %u is damaged",
			m->header->id, number);
	if (b->stored_bytes == b->raw_bytes) {
		memcpy(block_bytes(ret), stored, b->raw_bytes);
		return 0;
	}
	int got = LZ4_decompress_safe(
		stored, block_bytes(ret), (int)b->stored_bytes, (int)b->raw_bytes);
	if (got != (int)b->raw_bytes)
		return fault(why, -EBADMSG, "cache of %s: block %u does not decode",
			m->header->id, number);
	return 0;
}

static int load_block(
	const struct month *m, uint32_t number, struct block **ret, struct fault *why)
{
	const struct cube_block *b =
		(const struct cube_block *)month_section(m, CUBE_BLOCKS);
	char *stored = NULL;
	struct block *block = block_cache_get(m->blocks, m->block_user, number);
	int r = 0;

	if (block != NULL) {
		*ret = block;
		return 0;
	}
	b += number;
	stored = malloc(b->stored_bytes + 1);
	block = block_new(b->raw_bytes);
	if (stored == NULL || block == NULL) {
		r = -ENOMEM;
		goto out;
	}
	ssize_t got = rows_read(m->rows, stored, b->stored_bytes, b->offset);
	if (got < 0) {
		r = fault(why, (int)got, "cache of %s: block %u cannot be read",
			m->header->id, number);
		goto out;
	}
	/* Truncated meanwhile; its bytes cannot have the right hash. */
	if ((size_t)got < b->stored_bytes)
		memset(stored + got, 0, b->stored_bytes - (size_t)got);
	r = decode_block(m, number, stored, block, why);
	if (r < 0)
		goto out;
	block_cache_put(m->blocks, m->block_user, number, block);
	*ret = block;
	block = NULL;
out:
	free(stored);
	block_unref(block);
	return r;
}

/* What an extent needs to become the text that readers see. */
struct expansion {
	const uint32_t *columns; /* of the chunk's map keys */
	uint64_t column_count;
	uint32_t map_columns;
	struct span *cells; /* map_columns of them, empty between rows */
};

/* One row without its newline. 0; -EBADMSG not as we write them. */
static int expand_row(struct expansion *x, struct span row, struct buf *ret)
{
	size_t head = span_find(row, CUBE_MAP_MARK);
	size_t end = span_find(row, CUBE_MAP_END);
	int r;

	if (end == row.len)
		return -EBADMSG;
	if (head > end)
		head = end;
	r = buf_append(ret, row.p, head);
	struct span rest = { row.p + head, end - head };
	while (r == 0 && rest.len > 0) {
		if (rest.len < 3)
			return -EBADMSG;
		uint32_t key = ((uint32_t)(unsigned char)rest.p[1] & 0x7F) << 7 |
			((uint32_t)(unsigned char)rest.p[2] & 0x7F);
		rest = span_from(rest, 3);
		size_t len = span_find(rest, CUBE_MAP_MARK);
		if (key >= x->column_count)
			return -EBADMSG;
		x->cells[x->columns[key]] = span_first(rest, len);
		rest = span_from(rest, len);
	}
	for (uint32_t i = 0; r == 0 && i < x->map_columns; i++) {
		r = buf_append_byte(ret, ',');
		if (r == 0 && x->cells[i].len > 0)
			r = buf_append_span(ret, x->cells[i]);
		x->cells[i] = (struct span){ 0 };
	}
	if (r == 0)
		r = buf_append_span(ret, span_from(row, end + 1));
	return r == 0 ? buf_append_byte(ret, '\n') : r;
}

static int expand_rows(struct expansion *x, struct span rows, struct buf *ret)
{
	while (rows.len > 0) {
		size_t len = span_find(rows, '\n');
		int r = expand_row(x, span_first(rows, len), ret);

		if (r < 0)
			return r;
		rows = span_from(rows, len + 1);
	}
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

static int expand_extent(const struct month *m, const struct cube_extent *e,
	struct span rows, struct block **ret, struct fault *why)
{
	const uint64_t *first = month_section(m, CUBE_MAP_FIRST);
	struct expansion x = {
		.columns = (const uint32_t *)month_section(m, CUBE_MAP_COLUMNS) +
			first[e->chunk],
		.column_count = first[e->chunk + 1] - first[e->chunk],
		.map_columns = m->header->map_columns,
		.cells = vec_alloc(m->header->map_columns + 1, sizeof(struct span)),
	};
	uint64_t bytes = extent_bytes(m, e);
	struct buf text = BUF_INIT(bytes);
	struct block *block = NULL;
	int r = x.cells == NULL ? -ENOMEM : expand_rows(&x, rows, &text);

	if (r == 0 && text.len != bytes)
		r = -EBADMSG;
	if (r == 0 && (block = block_new(bytes)) == NULL)
		r = -ENOMEM;
	if (r == 0) {
		memcpy(block_bytes(block), text.p, bytes);
		*ret = block;
	} else if (r != -ENOMEM) {
		r = fault(why, -EBADMSG, "cache of %s: rows of block %u are damaged",
			m->header->id, e->block);
	}
	buf_finish(&text);
	free(x.cells);
	return r;
}

/* A block that holds the extent's text, and where. */
static int find_text(const struct month *m, uint64_t number, struct block **ret,
	struct span *ret_text, struct fault *why)
{
	const struct cube_extent *e = extent_at(m, number);
	struct block *block = NULL, *expanded = NULL;
	int r;

	if (m->header->marked) {
		block = block_cache_get(m->blocks, m->text_user, (uint32_t)number);
		if (block != NULL) {
			*ret = block;
			*ret_text = (struct span){ block_bytes(block), block_len(block) };
			return 0;
		}
	}
	r = load_block(m, e->block, &block, why);
	if (r < 0)
		return r;
	struct span rows = { block_bytes(block) + e->offset, e->len };
	if (!m->header->marked) {
		*ret = block;
		*ret_text = rows;
		return 0;
	}
	r = expand_extent(m, e, rows, &expanded, why);
	block_unref(block);
	if (r < 0)
		return r;
	block_cache_put(m->blocks, m->text_user, (uint32_t)number, expanded);
	*ret = expanded;
	*ret_text = (struct span){ block_bytes(expanded), block_len(expanded) };
	return 0;
}

static int load_extent(const struct month *m, uint64_t number, struct block **ret,
	struct span *ret_text, struct fault *why)
{
	int r = rows_pin(m->rows);

	if (r == -ENODATA)
		fault(why, r, "cache of %s: its rows were evicted", m->header->id);
	if (r >= 0) {
		r = find_text(m, number, ret, ret_text, why);
		rows_unpin(m->rows);
	}
	if (r == -EBADMSG || r == -EIO)
		atomic_store(m->damaged, true);
	return r;
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

ssize_t month_read(const struct month *m, uint32_t slice, uint64_t offset, void *bytes,
	size_t len, struct fault *why)
{
	const struct month_slice *s = month_slice(m, slice);
	size_t done = 0;

	if (offset >= s->bytes)
		return 0;
	if (len > s->bytes - offset)
		len = s->bytes - offset;
	uint64_t number = find_extent(m, s, offset);
	while (done < len) {
		struct block *block;
		struct span text;
		int r = load_extent(m, number, &block, &text, why);

		if (r < 0)
			return r;
		text = span_from(
			text, offset + done - extent_start(m, extent_at(m, number)));
		text = span_first(text, len - done);
		memcpy((char *)bytes + done, text.p, text.len);
		done += text.len;
		block_unref(block);
		number++;
	}
	return (ssize_t)done;
}

int month_piece(const struct month *m, uint32_t slice, uint64_t piece, struct buf *ret,
	struct fault *why)
{
	struct block *block;
	struct span text;
	int r = load_extent(
		m, month_slice(m, slice)->extent_first + piece, &block, &text, why);

	if (r < 0)
		return r;
	buf_clear(ret);
	r = buf_append_span(ret, text);
	block_unref(block);
	return r;
}
