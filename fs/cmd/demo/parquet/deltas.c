#include "fs/cmd/demo/parquet/deltas.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/cmd/demo/parquet/compact.h"
#include "fs/cmd/demo/parquet/hybrid.h"

enum { BLOCK = 128, PARTS = 4, PART = BLOCK / PARTS };

/* Differences wrap around, as the format has it. */
static int64_t difference(const int64_t *values, size_t at)
{
	return (int64_t)((uint64_t)values[at] - (uint64_t)values[at - 1]);
}

/* The differences to values[from] and those after it, at most a block. */
static int append_block(struct buf *b, const int64_t *values, size_t from, size_t count)
{
	size_t len = count - from < BLOCK ? count - from : (size_t)BLOCK;
	uint64_t over[BLOCK] = { 0 };
	unsigned widths[PARTS] = { 0 };
	int64_t least = difference(values, from);
	int ret;

	for (size_t i = 1; i < len; i++) {
		if (difference(values, from + i) < least)
			least = difference(values, from + i);
	}
	for (size_t i = 0; i < len; i++) {
		unsigned width;

		over[i] = (uint64_t)difference(values, from + i) - (uint64_t)least;
		width = bit_width(over[i]);
		if (width > widths[i / PART])
			widths[i / PART] = width;
	}
	ret = varint_append(b, zigzag(least));
	for (size_t i = 0; i < PARTS && ret == 0; i++)
		ret = buf_append_byte(b, (char)widths[i]);
	/* A part that has begun is filled up; those that have not are left out. */
	for (size_t i = 0; i * PART < len && ret == 0; i++)
		ret = bits_append(b, over + i * PART, PART, widths[i]);
	return ret;
}

int deltas_append(struct buf *b, const int64_t *values, size_t count)
{
	const uint64_t header[] = { BLOCK, PARTS, count,
		count > 0 ? zigzag(values[0]) : 0 };
	int ret = 0;

	for (size_t i = 0; i < ARRAY_LEN(header) && ret == 0; i++)
		ret = varint_append(b, header[i]);
	for (size_t from = 1; from < count && ret == 0; from += BLOCK)
		ret = append_block(b, values, from, count);
	return ret;
}

static size_t common_front(struct span a, struct span b)
{
	size_t len = 0;

	while (len < a.len && len < b.len && a.p[len] == b.p[len])
		len++;
	return len;
}

int deltas_append_texts(struct buf *b, const struct span *values, size_t count)
{
	int64_t *fronts = vec_alloc(count ? count : 1, sizeof(*fronts));
	int64_t *rests = vec_alloc(count ? count : 1, sizeof(*rests));
	int ret = fronts && rests ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && ret == 0; i++) {
		size_t front = i > 0 ? common_front(values[i - 1], values[i]) : 0;

		fronts[i] = (int64_t)front;
		rests[i] = (int64_t)(values[i].len - front);
	}
	if (ret == 0)
		ret = deltas_append(b, fronts, count);
	if (ret == 0)
		ret = deltas_append(b, rests, count);
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = buf_append_span(b, span_from(values[i], (size_t)fronts[i]));
	free(fronts);
	free(rests);
	return ret;
}
