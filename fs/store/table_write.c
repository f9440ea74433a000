#include "fs/store/table_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/cell_source.h"
#include "aws/export/layout.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/vec.h"
#include "fs/store/render.h"

enum {
	OUT_MAX = 256 * 1024 * 1024, /* of a row, and of what is not written yet */
	OUT_STEP = 16 * TABLE_BLOCK,
	BLOCKS_MAX = 1 << 28,
	STOP_ROWS = 1024, /* how often the stop flag is looked at */
	NAME_MAX_BYTES = 64 * 1024,
};

/* The columns of all files. */
struct columns {
	char **names;
	size_t *lens;
	size_t count, cap, lens_cap;
};
struct writer {
	const struct table_build *b;
	int fd;
	struct fault *why;
	struct columns columns;
	struct buf out;
	uint64_t written, rows;
	uint64_t *hashes;
	size_t block_count, block_cap;
};
/* A file under way: which column of it is the union's i-th, SIZE_MAX for none. */
struct file {
	struct cell_source *cells;
	size_t *from;
	struct buf json; /* of a map that is given in pairs */
};

uint64_t table_end_hash(const struct table_end *end, struct span hashes)
{
	struct table_end plain = *end;

	plain.hash = 0;
	return hash64(&plain, sizeof(plain), hash64(hashes.p, hashes.len, 0));
}

static int open_file(const struct writer *w, size_t i, struct cell_source **ret)
{
	return cell_source_open(
		w->b->source, &w->b->delivery->files[i], NULL, ret, w->why);
}

static int add_column(
	struct columns *c, struct span name, const char *key, struct fault *why)
{
	size_t need = c->count + 1;
	int r = VEC_RESERVE(&c->names, &c->cap, need, LAYOUT_COLUMNS_MAX);

	if (r == 0)
		r = VEC_RESERVE(&c->lens, &c->lens_cap, need, LAYOUT_COLUMNS_MAX);
	if (r == -EFBIG || name.len > NAME_MAX_BYTES)
		return fault(why, -E2BIG, "%s: more than %d columns, or too long a name",
			key, LAYOUT_COLUMNS_MAX);
	if (r < 0)
		return r;
	c->names[c->count] = name.len ? strndup(name.p, name.len) : strdup("");
	if (!c->names[c->count])
		return -ENOMEM;
	c->lens[c->count++] = name.len;
	return 0;
}

/* The column of the name that the file has not given anything to yet: a name may stand
 * twice. SIZE_MAX where there is none. */
static size_t find_column(
	const struct columns *c, struct span name, const size_t *from, size_t known)
{
	for (size_t i = 0; i < known; i++) {
		struct span here = { c->names[i], c->lens[i] };

		if (from[i] == SIZE_MAX && span_eq_nocase(here, name))
			return i;
	}
	return SIZE_MAX;
}

/* *ret is the caller's to free. */
static int map_columns(struct columns *c, const struct cell_source *s, const char *key,
	size_t **ret, struct fault *why)
{
	size_t *from = vec_alloc(LAYOUT_COLUMNS_MAX, sizeof(*from));
	int r = from ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < LAYOUT_COLUMNS_MAX; i++)
		from[i] = SIZE_MAX;
	for (size_t i = 0; r == 0 && i < s->count; i++) {
		size_t at = find_column(c, s->names[i], from, c->count);

		if (at == SIZE_MAX) {
			at = c->count;
			r = add_column(c, s->names[i], key, why);
		}
		if (r == 0)
			from[at] = i;
	}
	if (r == 0)
		*ret = from;
	else
		free(from);
	return r;
}

/* Whole blocks of what is there; at the end the last one. */
static int flush(struct writer *w, bool is_end)
{
	size_t at = 0;
	int r = 0;

	while (r == 0 &&
		(w->out.len - at >= TABLE_BLOCK || (is_end && at < w->out.len))) {
		size_t left = w->out.len - at;
		size_t len = left < TABLE_BLOCK ? left : TABLE_BLOCK;

		r = VEC_RESERVE(
			&w->hashes, &w->block_cap, w->block_count + 1, BLOCKS_MAX);
		if (r == 0)
			w->hashes[w->block_count++] = hash64(w->out.p + at, len, 0);
		at += len;
	}
	if (r == 0)
		r = io_pwrite(w->fd, w->out.p, at, w->written);
	if (r < 0)
		return r;
	w->written += at;
	memmove(w->out.p, w->out.p + at, w->out.len - at);
	buf_truncate(&w->out, w->out.len - at);
	if (w->written <= w->b->limit_bytes)
		return 0;
	return fault(w->why, -EFBIG, "larger than the cache may be (%" PRIu64 " bytes)",
		w->b->limit_bytes);
}

static int write_header(struct writer *w)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->columns.count; i++) {
		if (i > 0)
			r = buf_append_byte(&w->out, ',');
		if (r == 0)
			r = render_cell(
				(struct span){ w->columns.names[i], w->columns.lens[i] },
				&w->out);
	}
	return r < 0 ? r : buf_append_byte(&w->out, '\n');
}

/* As CSV has it. */
static int append_pairs(const struct cell_map *map, struct buf *ret)
{
	int r = buf_append_byte(ret, '{');

	for (size_t i = 0; r == 0 && i < map->count; i++) {
		const struct cell_pair *pair = &map->pairs[i];

		if (i > 0)
			r = buf_append_byte(ret, ',');
		if (r == 0)
			r = buf_append_json(ret, pair->key);
		if (r == 0)
			r = buf_append_byte(ret, ':');
		if (r == 0 && map->has_numbers && pair->value.len)
			r = buf_append_span(ret, pair->value);
		else if (r == 0)
			r = buf_append_json(ret, pair->value);
	}
	return r < 0 ? r : buf_append_byte(ret, '}');
}

static int append_cell(
	struct file *f, const struct cell_row *row, size_t i, struct buf *ret)
{
	const struct cell_map *map = row->maps ? &row->maps[i] : NULL;
	int r;

	if (!map || map->is_text || map->count == 0)
		return render_cell(row->items[i].text, ret);
	buf_clear(&f->json);
	r = append_pairs(map, &f->json);
	return r < 0 ? r : render_cell(buf_span(&f->json), ret);
}

static int write_row(struct writer *w, struct file *f, const struct cell_row *row)
{
	size_t start = w->out.len;
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->columns.count; i++) {
		if (i > 0)
			r = buf_append_byte(&w->out, ',');
		if (r == 0 && f->from[i] != SIZE_MAX)
			r = append_cell(f, row, f->from[i], &w->out);
	}
	/* Readers pass over an empty line. */
	if (r == 0 && w->out.len == start)
		r = buf_append_text(&w->out, "\"\"");
	if (r == 0)
		r = buf_append_byte(&w->out, '\n');
	return r == -EFBIG ? fault(w->why, r, "row %" PRIu64 " is too long", row->number)
			   : r;
}

static int write_rows(struct writer *w, struct file *f)
{
	struct cell_row row;
	int r;

	while ((r = cell_source_next(f->cells, &row, w->why)) > 0) {
		r = write_row(w, f, &row);
		w->rows++;
		if (r == 0 && w->out.len >= OUT_STEP)
			r = flush(w, false);
		if (r == 0 && w->rows % STOP_ROWS == 0 && w->b->stop &&
			atomic_load(w->b->stop))
			r = -ECANCELED;
		if (r < 0)
			break;
	}
	return r;
}

static int write_file(struct writer *w, size_t i, struct cell_source *cells)
{
	struct file f = { .cells = cells, .json = BUF_INIT(OUT_MAX) };
	const char *key = w->b->delivery->files[i].key;
	int r = f.cells ? 0 : open_file(w, i, &f.cells);

	if (r == 0)
		r = map_columns(&w->columns, f.cells, key, &f.from, w->why);
	if (r == 0)
		r = write_rows(w, &f);
	if (r < 0 && r != -ECANCELED)
		fault_prefix(w->why, "%s", w->b->source->name);
	cell_source_free(f.cells);
	free(f.from);
	buf_finish(&f.json);
	return r;
}

/* The columns of all files, before the first row. A lone file is kept open: to open it
 * again would be to fetch its front twice. */
static int read_columns(struct writer *w, struct cell_source **ret_lone)
{
	const struct delivery *d = w->b->delivery;
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->count; i++) {
		struct cell_source *cells = NULL;
		size_t *from = NULL;

		if (w->b->stop && atomic_load(w->b->stop))
			return -ECANCELED;
		r = open_file(w, i, &cells);
		if (r == 0)
			r = map_columns(
				&w->columns, cells, d->files[i].key, &from, w->why);
		free(from);
		if (r == 0 && d->count == 1)
			*ret_lone = cells;
		else
			cell_source_free(cells);
	}
	return r;
}

static int write_end(struct writer *w)
{
	const struct delivery *d = w->b->delivery;
	struct span hashes = { (const char *)w->hashes,
		w->block_count * sizeof(*w->hashes) };
	struct table_end end = { .version = TABLE_VERSION,
		.byte_order = TABLE_BYTE_ORDER,
		.text_bytes = w->written,
		.rows = w->rows,
		.as_of = d->as_of.seconds };
	int r = 0;

	memcpy(end.magic, TABLE_MAGIC, sizeof(end.magic));
	memcpy(end.id, d->id, sizeof(end.id));
	end.hash = table_end_hash(&end, hashes);
	if (hashes.len)
		r = io_pwrite(w->fd, hashes.p, hashes.len, w->written);
	return r < 0 ? r : io_pwrite(w->fd, &end, sizeof(end), w->written + hashes.len);
}

int table_write(const struct table_build *b, int fd, struct fault *why)
{
	struct writer w = { .b = b, .fd = fd, .why = why, .out = BUF_INIT(OUT_MAX) };
	struct cell_source *lone = NULL;
	int r;

	object_expect(b->source, b->delivery->files, b->delivery->count);
	r = read_columns(&w, &lone);
	if (r == 0)
		r = write_header(&w);
	for (size_t i = 0; r == 0 && i < b->delivery->count; i++) {
		r = write_file(&w, i, lone);
		lone = NULL;
	}
	if (r == 0)
		r = flush(&w, true);
	if (r == 0)
		r = write_end(&w);
	object_forget(b->source, b->delivery->files, b->delivery->count);
	cell_source_free(lone);
	for (size_t i = 0; i < w.columns.count; i++)
		free(w.columns.names[i]);
	free(w.columns.names);
	free(w.columns.lens);
	free(w.hashes);
	buf_finish(&w.out);
	return r;
}
