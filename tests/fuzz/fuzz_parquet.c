/* Any bytes as a Parquet file: refused or read, the same at once and piece by piece,
 * within the limits. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/parquet/parquet.h"
#include "tests/aws/memory_source.h"
#include "tests/fuzz/target.h"

/* A few bytes may stand for many rows: not all of them are looked at. */
enum { COLUMNS_MAX = 32, BATCHES_MAX = 64, MEMORY = 32 * 1024 * 1024 };

static uint64_t sum_cells(const struct parquet_cells *c, size_t count)
{
	uint64_t sum = count;

	for (size_t i = 0; i < count; i++) {
		struct span s = parquet_cell(c, i);

		assert(s.p || s.len == 0);
		assert(!c->indexes || c->indexes[i] <= c->dictionary_count);
		sum = sum * 31 + s.len + (s.p != NULL);
		/* Both ends, so that a sanitizer sees what is not there. */
		if (s.len > 0)
			sum += (unsigned char)s.p[0] + (unsigned char)s.p[s.len - 1];
	}
	return sum;
}

static uint64_t sum_batch(const struct parquet_batch *b, size_t columns)
{
	uint64_t sum = b->rows;

	assert(b->rows > 0 && b->rows <= PARQUET_BATCH_ROWS);
	for (size_t i = 0; i < columns; i++) {
		const struct parquet_batch_column *c = &b->columns[i];
		size_t count = c->starts ? c->starts[b->rows] : b->rows;

		for (uint32_t k = 0; c->starts && k < b->rows; k++)
			assert(c->starts[k] <= c->starts[k + 1]);
		assert(count <= PARQUET_ENTRIES_MAX);
		sum = sum * 31 + sum_cells(&c->values, count);
		if (c->keys.texts)
			sum = sum * 31 + sum_cells(&c->keys, count);
	}
	return sum;
}

static size_t pick_all(struct parquet *p)
{
	uint32_t columns[COLUMNS_MAX];
	size_t count = 0;
	int r;

	for (uint32_t i = 0; i < parquet_column_count(p) && count < COLUMNS_MAX; i++)
		if (parquet_column(p, i)->kind != PARQUET_NESTED)
			columns[count++] = i;
	r = parquet_pick(p, columns, count, NULL);
	assert(r == 0);
	return count;
}

static void check_error(int r, const struct fault *why)
{
	assert(r == -EBADMSG || r == -ENOTSUP || r == -EFBIG || r == -E2BIG);
	assert(why->error == r && why->text[0]);
}

static void probe(struct parquet *p, uint32_t group, size_t columns)
{
	for (uint32_t c = 0; c < columns && c < parquet_column_count(p); c++) {
		struct parquet_statistics s;
		struct fault why = { 0 };
		bool may_hold;
		int r = parquet_group_statistics(p, group, c, &s, &why);

		if (r < 0)
			check_error(r, &why);
		why = (struct fault){ 0 };
		r = parquet_group_may_hold(p, group, c, SPAN("ab"), &may_hold, &why);
		if (r < 0)
			check_error(r, &why);
	}
}

/* Answers a sum of what was read, and whether all was. */
static uint64_t read_groups(struct parquet *p, size_t columns, bool *ret_whole)
{
	uint64_t sum = 0;
	int batches = 0;

	*ret_whole = true;
	for (uint32_t g = 0; g < parquet_group_count(p) && batches < BATCHES_MAX; g++) {
		struct parquet_batch b;
		struct fault why = { 0 };
		int r = parquet_begin(p, g, &why);

		batches++;
		while (r == 0 && batches++ < BATCHES_MAX &&
			(r = parquet_next(p, &b, &why)) == 1) {
			sum = sum * 31 + sum_batch(&b, columns);
			r = 0;
		}
		if (r < 0) {
			check_error(r, &why);
			*ret_whole = false;
		}
	}
	return sum;
}

static bool read_file(const uint8_t *data, size_t size, size_t fetch_bytes, uint64_t *ret)
{
	const struct parquet_options options = { .memory_bytes = MEMORY,
		.fetch_bytes = fetch_bytes };
	const struct memory_object o = { .key = "x", .bytes = data, .len = size };
	struct memory_source s;
	struct object_info info;
	struct fault why = { 0 };
	struct parquet *p;
	bool is_whole;
	size_t columns;
	char key[] = "x";
	int r;

	memory_source_init(&s, &o, 1);
	info = memory_info_of(&s, &o, key);
	r = parquet_open(&s.base, &info, &options, &p, &why);
	if (r < 0) {
		check_error(r, &why);
		return false;
	}
	columns = pick_all(p);
	*ret = read_groups(p, columns, &is_whole);
	if (parquet_group_count(p) > 0 && fetch_bytes == 0)
		probe(p, 0, columns);
	assert(parquet_memory_peak(p) <= MEMORY);
	parquet_close(p);
	return is_whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = 0, pieces = 0;
	bool is_whole = read_file(data, size, 0, &whole);

	/* Limits may be met by one way alone. */
	if (read_file(data, size, 1, &pieces) && is_whole)
		assert(whole == pieces);
	return 0;
}
