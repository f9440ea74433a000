#include "aws/export/parquet/parquet.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "aws/export/little.h"
#include "aws/export/parquet/chunk.h"
#include "aws/export/parquet/statistics.h"
#include "base/vec.h"

enum {
	MEMORY_BYTES = 512 * 1024 * 1024,
	FETCH_BYTES = 64 * 1024 * 1024,
	WINDOW_MIN = 256 * 1024, /* one read of a chunk that is fetched by pieces */
	GAP_MAX = 64 * 1024,
	/* What is fetched but not asked for, the footer and gaps between chunks, is this
	 * share of the chunks at most, as far as the footer lets it; of small files,
	 * whose footers are more than that, gaps alone may be a larger one: a request
	 * costs more than the bytes. */
	SPARE_PERCENT = 8,
	SMALL_BYTES = 512 * 1024,
	SMALL_SPARE_PERCENT = 10,
	/* The first read is of the footer, mostly. AWS's have 10 to 32 KB a row group,
	 * which is a hundredth of a file and less; a file up to WHOLE_BYTES comes with
	 * it.
	 */
	WHOLE_BYTES = 64 * 1024,
	TAIL_MIN = 32 * 1024,
	TAIL_MAX = 256 * 1024,
	TAIL_SHARE = 64, /* of the file */
	TAIL_FIXED = 8, /* length and magic, the last bytes */
};

#define NO_GROUP UINT32_MAX

struct pick {
	uint32_t column;
	struct chunk_reader *value, *key; /* key: NULL where there is none */
};

struct parquet {
	struct chunk_shared shared;
	size_t fetch_bytes;
	/* Bytes that may yet be fetched without being asked for; < 0: that were already.
	 */
	int64_t spare_bytes;
	struct block footer;
	struct meta meta;
	struct chunk *chunks; /* of all leaves in chunks_group, NO_GROUP = none */
	uint32_t chunks_group;
	struct arena statistics;

	struct pick *picks;
	size_t pick_count;
	struct parquet_batch_column *columns; /* of the batch */

	/* Between parquet_begin() and the end of the group. */
	struct fetched fetched;
	struct fetch_range *ranges; /* two a pick: values, keys */
	uint64_t rows_left;
	bool is_begun;
	int failed; /* sticky -errno */
};

/* Names the object, and the column where there is one. */
static int explain(const struct parquet *p, const struct schema_column *c, int error,
	struct fault *why)
{
	const char *key = p->shared.fetch.object->key;

	if (error != -EBADMSG && error != -ENOTSUP && error != -EFBIG && error != -E2BIG)
		return error;
	if (why && !why->text[0])
		(void)fault(why, error, "%s",
			error == -EFBIG ? "takes more memory than is allowed"
					: "cannot be read");
	if (c)
		fault_prefix(why, "%s: column \"%.*s\"", key, SPAN_ARG(c->shown.name));
	else
		fault_prefix(why, "%s", key);
	return error;
}

static int check_tail(
	const unsigned char *tail, uint64_t size, struct fault *why, uint32_t *ret_len)
{
	uint32_t len = little_u32(tail);

	if (memcmp(tail + 4, "PARE", 4) == 0)
		return fault(why, -ENOTSUP, "is encrypted, which is not read");
	if (memcmp(tail + 4, "PAR1", 4) != 0)
		return fault(why, -EBADMSG, "is no Parquet file, or ends early");
	if (len > size - TAIL_FIXED)
		return fault(why, -EBADMSG, "has a footer longer than itself");
	if (len > PARQUET_FOOTER_MAX)
		return fault(why, -EFBIG,
			"has a footer of %" PRIu32 " bytes, and %d are the most", len,
			PARQUET_FOOTER_MAX);
	*ret_len = len;
	return 0;
}

static size_t tail_bytes(uint64_t size)
{
	uint64_t share = size / TAIL_SHARE;

	if (size <= WHOLE_BYTES)
		return (size_t)size;
	if (share < TAIL_MIN)
		return TAIL_MIN;
	return share < TAIL_MAX ? (size_t)share : TAIL_MAX;
}

/* Of tail, the file's last bytes, and what is missing before them. */
static int take_footer(
	struct parquet *p, struct span tail, uint32_t footer_len, struct fault *why)
{
	struct fetch *f = &p->shared.fetch;
	uint64_t start = f->object->size_bytes - TAIL_FIXED - footer_len;
	size_t there = tail.len - TAIL_FIXED, missing;
	int r = block_renew(&p->footer, &p->shared.memory, footer_len);

	if (r < 0)
		return r;
	if (there > footer_len)
		there = footer_len;
	missing = footer_len - there;
	if (there > 0)
		memcpy(p->footer.p + missing, tail.p + (tail.len - TAIL_FIXED - there),
			there);
	return missing > 0 ? fetch_at(f, start, p->footer.p, missing, why) : 0;
}

static int read_footer(struct parquet *p, struct fault *why)
{
	struct fetch *f = &p->shared.fetch;
	uint64_t size = f->object->size_bytes;
	size_t len = tail_bytes(size);
	struct block tail = { .cap = 0 };
	uint32_t footer_len = 0;
	int r;

	if (size < TAIL_FIXED)
		return fault(why, -EBADMSG, "is no Parquet file, or ends early");
	r = block_renew(&tail, &p->shared.memory, len);
	if (r == 0)
		r = fetch_at(f, size - len, tail.p, len, why);
	if (r == 0)
		r = check_tail(tail.p + len - TAIL_FIXED, size, why, &footer_len);
	if (r == 0)
		r = take_footer(
			p, (struct span){ (const char *)tail.p, len }, footer_len, why);
	block_finish(&tail, &p->shared.memory);
	p->spare_bytes = -(int64_t)f->bytes;
	if (r == 0)
		r = meta_read((struct span){ (const char *)p->footer.p, footer_len },
			size - TAIL_FIXED - footer_len, &p->meta, why);
	return r;
}

int parquet_open(struct object_source *s, const struct object_info *object,
	const struct parquet_options *options, struct parquet **ret, struct fault *why)
{
	static const struct parquet_options defaults = { .memory_bytes = 0 };
	const struct parquet_options *o = options ? options : &defaults;
	struct parquet *p = vec_alloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->shared.memory.limit = o->memory_bytes ? o->memory_bytes : MEMORY_BYTES;
	p->shared.fetch = (struct fetch){
		.source = s, .object = object, .memory = &p->shared.memory
	};
	p->fetch_bytes = o->fetch_bytes ? o->fetch_bytes : FETCH_BYTES;
	p->chunks_group = NO_GROUP;
	arena_init(&p->statistics, &p->shared.memory);
	r = read_footer(p, why);
	if (r < 0) {
		r = explain(p, NULL, r, why);
		parquet_close(p);
		return r;
	}
	*ret = p;
	return 0;
}

static void free_picks(struct pick *picks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		chunk_reader_free(picks[i].value);
		chunk_reader_free(picks[i].key);
	}
	free(picks);
}

void parquet_close(struct parquet *p)
{
	if (!p)
		return;
	free_picks(p->picks, p->pick_count);
	free(p->columns);
	free(p->ranges);
	fetched_finish(&p->fetched, &p->shared.memory);
	free(p->chunks);
	meta_finish(&p->meta);
	block_finish(&p->footer, &p->shared.memory);
	arena_finish(&p->statistics);
	codec_finish(&p->shared.codec);
	free(p);
}

uint64_t parquet_rows(const struct parquet *p)
{
	return p->meta.rows;
}

struct span parquet_created_by(const struct parquet *p)
{
	return p->meta.created_by;
}

uint32_t parquet_column_count(const struct parquet *p)
{
	return p->meta.schema.column_count;
}

const struct parquet_column *parquet_column(const struct parquet *p, uint32_t column)
{
	return &p->meta.schema.columns[column].shown;
}

int parquet_find(const struct parquet *p, struct span name, uint32_t *ret)
{
	for (uint32_t i = 0; i < p->meta.schema.column_count; i++) {
		if (span_eq(p->meta.schema.columns[i].shown.name, name)) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

uint32_t parquet_group_count(const struct parquet *p)
{
	return p->meta.group_count;
}

uint64_t parquet_group_rows(const struct parquet *p, uint32_t group)
{
	return p->meta.groups[group].rows;
}

uint64_t parquet_bytes_in(const struct parquet *p)
{
	return p->shared.fetch.bytes;
}

size_t parquet_memory_peak(const struct parquet *p)
{
	return p->shared.memory.peak;
}

static int need_chunks(struct parquet *p, uint32_t group, struct fault *why)
{
	int r;

	assert(group < p->meta.group_count);
	if (p->chunks_group == group)
		return 0;
	if (!p->chunks)
		p->chunks = vec_alloc(p->meta.schema.leaf_count, sizeof(*p->chunks));
	if (!p->chunks)
		return -ENOMEM;
	p->chunks_group = NO_GROUP;
	r = meta_chunks(&p->meta, group, p->chunks, why);
	if (r < 0)
		return explain(p, NULL, r, why);
	p->chunks_group = group;
	return 0;
}

static const struct schema_column *column_of(
	const struct parquet *p, const struct pick *k)
{
	return &p->meta.schema.columns[k->column];
}

static int open_pick(struct parquet *p, uint32_t column, struct pick *ret)
{
	const struct schema *s = &p->meta.schema;
	const struct schema_column *c = &s->columns[column];
	int r;

	ret->column = column;
	r = chunk_reader_new(&p->shared, &s->leaves[c->value], &ret->value);
	if (r == 0 && c->key != SCHEMA_NO_LEAF)
		r = chunk_reader_new(&p->shared, &s->leaves[c->key], &ret->key);
	return r;
}

/* What parquet_begin() began is over. */
static void end_group(struct parquet *p)
{
	p->is_begun = false;
	p->rows_left = 0;
	fetched_finish(&p->fetched, &p->shared.memory);
}

int parquet_pick(
	struct parquet *p, const uint32_t *columns, size_t count, struct fault *why)
{
	struct pick *picks = vec_alloc(count, sizeof(*picks));
	struct fetch_range *ranges = vec_alloc(2 * count, sizeof(*ranges));
	struct parquet_batch_column *batch = vec_alloc(count, sizeof(*batch));
	int r = picks && ranges && batch ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct schema_column *c;

		if (columns[i] >= p->meta.schema.column_count) {
			r = -EINVAL;
			break;
		}
		c = &p->meta.schema.columns[columns[i]];
		if (c->shown.kind == PARQUET_NESTED)
			r = explain(p, c,
				fault(why, -ENOTSUP,
					"has lists in lists, which are not read"),
				why);
		else
			r = open_pick(p, columns[i], &picks[i]);
		if (r == -EFBIG)
			r = explain(p, c, r, why);
	}
	if (r < 0) {
		if (picks)
			free_picks(picks, count);
		free(ranges);
		free(batch);
		return r;
	}
	end_group(p);
	free_picks(p->picks, p->pick_count);
	free(p->ranges);
	free(p->columns);
	p->picks = picks;
	p->pick_count = count;
	p->ranges = ranges;
	p->columns = batch;
	return 0;
}

/* Two ranges a pick, one after the other; an empty one for keys that there are not. */
static uint64_t set_ranges(struct parquet *p)
{
	uint64_t total = 0;

	for (size_t i = 0; i < p->pick_count; i++) {
		const struct schema_column *c = column_of(p, &p->picks[i]);
		const struct chunk *value = &p->chunks[c->value];
		struct fetch_range *r = &p->ranges[2 * i];

		r[0] = r[1] = (struct fetch_range){ value->offset, value->len, NULL };
		r[1].len = 0;
		if (c->key != SCHEMA_NO_LEAF) {
			r[1].offset = p->chunks[c->key].offset;
			r[1].len = p->chunks[c->key].len;
		}
		for (unsigned k = 0; k < 2; k++)
			if (__builtin_add_overflow(total, r[k].len, &total))
				total = UINT64_MAX;
	}
	return total;
}

int parquet_group_bytes(
	struct parquet *p, uint32_t group, uint64_t *ret, struct fault *why)
{
	uint64_t total = 0;
	int r = need_chunks(p, group, why);

	if (r < 0)
		return r;
	for (size_t i = 0; i < p->pick_count; i++) {
		const struct schema_column *c = column_of(p, &p->picks[i]);

		total += p->chunks[c->value].len;
		if (c->key != SCHEMA_NO_LEAF)
			total += p->chunks[c->key].len;
	}
	*ret = total;
	return 0;
}

/* Of what the chunks of a row group, total bytes, may be fetched with. */
static uint64_t spare_for(struct parquet *p, uint64_t total)
{
	uint64_t spare = 0;

	p->spare_bytes += (int64_t)(total * SPARE_PERCENT / 100);
	if (p->spare_bytes > 0)
		spare = (uint64_t)p->spare_bytes;
	if (p->shared.fetch.object->size_bytes <= SMALL_BYTES &&
		spare < total * SMALL_SPARE_PERCENT / 100)
		spare = total * SMALL_SPARE_PERCENT / 100;
	/* What other groups left over does not make the memory grow. */
	return spare < total / 4 ? spare : total / 4;
}

/* total is not over fetch_bytes. Chunks of nothing are left out. */
static int fetch_whole(struct parquet *p, uint64_t total, struct fault *why)
{
	uint64_t spare = spare_for(p, total);
	struct fetch_plan plan = { .items = vec_alloc(
					   2 * p->pick_count, sizeof(*plan.items)),
		.gap_bytes = GAP_MAX,
		.spare_bytes = spare };
	int r = 0;

	if (!plan.items)
		return -ENOMEM;
	for (size_t i = 0; i < 2 * p->pick_count; i++)
		if (p->ranges[i].len > 0)
			plan.items[plan.count++].range = &p->ranges[i];
	if (plan.count > 0)
		r = fetch_ranges(&p->shared.fetch, &plan, &p->fetched, why);
	p->spare_bytes -= (int64_t)(spare - plan.spare_bytes);
	free(plan.items);
	return r;
}

static size_t window_of(const struct parquet *p, uint64_t len, uint64_t total)
{
	/* No overflow: a share is computed of less than 2^32 parts. */
	uint64_t parts = total / 65536 + 1,
		 share = p->fetch_bytes / parts * (len / 65536);

	return share > WINDOW_MIN ? (size_t)share : WINDOW_MIN;
}

int parquet_begin(struct parquet *p, uint32_t group, struct fault *why)
{
	uint64_t total;
	int r;

	end_group(p);
	p->failed = 0;
	r = need_chunks(p, group, why);
	if (r < 0)
		return r;
	total = set_ranges(p);
	if (total <= p->fetch_bytes)
		r = fetch_whole(p, total, why);
	if (r < 0)
		return explain(p, NULL, r, why);
	for (size_t i = 0; i < p->pick_count; i++) {
		const struct pick *k = &p->picks[i];
		const struct schema_column *c = column_of(p, k);
		const struct fetch_range *range = &p->ranges[2 * i];

		chunk_reader_begin(k->value, &p->chunks[c->value], &range[0],
			window_of(p, range[0].len, total));
		if (k->key)
			chunk_reader_begin(k->key, &p->chunks[c->key], &range[1],
				window_of(p, range[1].len, total));
	}
	p->rows_left = p->meta.groups[group].rows;
	p->is_begun = true;
	return 0;
}

static int next_column(struct parquet *p, size_t i, uint32_t rows, struct fault *why)
{
	const struct pick *k = &p->picks[i];
	struct parquet_batch_column value = { .starts = NULL }, key = { .starts = NULL };
	int r = chunk_reader_next(k->value, rows, &value, why);

	if (r == 0 && k->key) {
		r = chunk_reader_next(k->key, rows, &key, why);
		if (r == 0 &&
			memcmp(value.starts, key.starts,
				((size_t)rows + 1) * sizeof(*value.starts)) != 0)
			r = fault(why, -EBADMSG, "has more keys than values, or fewer");
		value.keys = key.values;
	}
	if (r < 0)
		return explain(p, column_of(p, k), r, why);
	p->columns[i] = value;
	return 0;
}

static int check_end(struct parquet *p, struct fault *why)
{
	for (size_t i = 0; i < p->pick_count; i++) {
		const struct pick *k = &p->picks[i];
		int r = chunk_reader_end(k->value, why);

		if (r == 0 && k->key)
			r = chunk_reader_end(k->key, why);
		if (r < 0)
			return explain(p, column_of(p, k), r, why);
	}
	return 0;
}

int parquet_next(struct parquet *p, struct parquet_batch *ret, struct fault *why)
{
	uint32_t rows = p->rows_left < PARQUET_BATCH_ROWS ? (uint32_t)p->rows_left
							  : PARQUET_BATCH_ROWS;
	int r = p->failed;

	if (r < 0 || !p->is_begun)
		return r;
	if (rows == 0) {
		r = check_end(p, why);
		end_group(p);
		p->failed = r;
		return r;
	}
	for (size_t i = 0; i < p->pick_count && r == 0; i++)
		r = next_column(p, i, rows, why);
	if (r < 0) {
		p->failed = r;
		return r;
	}
	p->rows_left -= rows;
	*ret = (struct parquet_batch){ .rows = rows, .columns = p->columns };
	return 1;
}

int parquet_group_statistics(struct parquet *p, uint32_t group, uint32_t column,
	struct parquet_statistics *ret, struct fault *why)
{
	const struct schema_column *c = &p->meta.schema.columns[column];
	int r = need_chunks(p, group, why);

	assert(column < p->meta.schema.column_count);
	if (r < 0)
		return r;
	arena_clear(&p->statistics);
	if (c->shown.kind != PARQUET_CELL) {
		*ret = (struct parquet_statistics){ .has_range = false };
		return 0;
	}
	r = statistics_read(&p->chunks[c->value], &p->meta.schema.leaves[c->value],
		&p->statistics, ret);
	return r < 0 ? explain(p, c, r, why) : 0;
}

static int probe(struct parquet *p, const struct schema_column *c, struct span text,
	bool *ret, struct fault *why)
{
	const struct chunk *chunk = &p->chunks[c->value];
	const struct fetch_range range = { chunk->offset, chunk->len, NULL };
	struct chunk_reader *reader;
	int r = chunk_reader_new(&p->shared, &p->meta.schema.leaves[c->value], &reader);

	if (r < 0)
		return r;
	chunk_reader_begin(reader, chunk, &range, WINDOW_MIN);
	r = chunk_reader_probe(reader, text, ret, why);
	chunk_reader_free(reader);
	if (r == -ENODATA) {
		*ret = true;
		return 0;
	}
	return r < 0 ? explain(p, c, r, why) : 0;
}

int parquet_group_may_hold(struct parquet *p, uint32_t group, uint32_t column,
	struct span text, bool *ret, struct fault *why)
{
	const struct schema_column *c = &p->meta.schema.columns[column];
	int r;

	assert(column < p->meta.schema.column_count);
	end_group(p);
	r = need_chunks(p, group, why);
	if (r < 0)
		return r;
	if (c->shown.kind != PARQUET_CELL) {
		*ret = true;
		return 0;
	}
	if (statistics_exclude(
		    &p->chunks[c->value], &p->meta.schema.leaves[c->value], text)) {
		*ret = false;
		return 0;
	}
	return probe(p, c, text, ret, why);
}
