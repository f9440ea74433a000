#include "aws/export/parquet/fetch.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/vec.h"

int fetch_at(struct fetch *f, uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	unsigned char *p = bytes;

	while (len > 0) {
		ssize_t got = object_read(f->source, f->object, offset, p, len, why);

		if (got < 0)
			return (int)got;
		if (got == 0)
			return fault(why, -EBADMSG, "ends at byte %" PRIu64, offset);
		f->bytes += (uint64_t)got;
		offset += (uint64_t)got;
		p += got;
		len -= (size_t)got;
	}
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct fetch_item *x = a, *y = b;

	return (x->range->offset > y->range->offset) -
		(x->range->offset < y->range->offset);
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What stands between the ranges, which are sorted. */
static size_t list_gaps(const struct fetch_plan *plan, uint64_t *ret)
{
	uint64_t end = 0;
	size_t n = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct fetch_range *range = plan->items[i].range;

		if (i > 0 && range->offset > end)
			ret[n++] = range->offset - end;
		if (range->offset + range->len > end)
			end = range->offset + range->len;
	}
	return n;
}

/* Makes gap_bytes the largest gap that is read, as all of its size then are. */
static int choose_gaps(struct fetch_plan *plan)
{
	uint64_t *gaps = vec_alloc(plan->count, sizeof(*gaps)), most = 0;
	size_t count, n = 0;

	if (!gaps)
		return -ENOMEM;
	count = list_gaps(plan, gaps);
	qsort(gaps, count, sizeof(*gaps), by_size);
	while (n < count && gaps[n] <= plan->gap_bytes) {
		uint64_t sum = 0, gap = gaps[n];

		for (; n < count && gaps[n] == gap; n++)
			if (__builtin_add_overflow(sum, gap, &sum))
				sum = UINT64_MAX;
		if (sum > plan->spare_bytes)
			break;
		plan->spare_bytes -= sum;
		most = gap;
	}
	plan->gap_bytes = most;
	free(gaps);
	return 0;
}

/* How many ranges from that one on are read at once, and up to where. */
static size_t span_ranges(const struct fetch_plan *plan, size_t first, uint64_t *ret_end)
{
	const struct fetch_range *range = plan->items[first].range;
	uint64_t end = range->offset + range->len;
	size_t n = first + 1;

	for (; n < plan->count; n++) {
		range = plan->items[n].range;
		if (range->offset > end && range->offset - end > plan->gap_bytes)
			break;
		if (range->offset + range->len > end)
			end = range->offset + range->len;
	}
	*ret_end = end;
	return n - first;
}

int fetch_ranges(
	struct fetch *f, struct fetch_plan *plan, struct fetched *ret, struct fault *why)
{
	struct fetched done = { .blocks = vec_alloc(plan->count, sizeof(*done.blocks)) };
	size_t n;

	qsort(plan->items, plan->count, sizeof(*plan->items), by_offset);
	if (!done.blocks || choose_gaps(plan) < 0) {
		free(done.blocks);
		return -ENOMEM;
	}
	for (size_t i = 0; i < plan->count; i += n) {
		struct block *block = &done.blocks[done.count];
		uint64_t start = plan->items[i].range->offset, end;
		int r;

		n = span_ranges(plan, i, &end);
		r = block_renew(block, f->memory, (size_t)(end - start));
		if (r == 0) {
			done.count++;
			r = fetch_at(f, start, block->p, (size_t)(end - start), why);
		}
		if (r < 0) {
			fetched_finish(&done, f->memory);
			return r;
		}
		for (size_t k = i; k < i + n; k++) {
			struct fetch_range *range = plan->items[k].range;

			range->p = block->p + (range->offset - start);
		}
	}
	*ret = done;
	return 0;
}

void fetched_finish(struct fetched *f, struct memory *m)
{
	for (size_t i = 0; i < f->count; i++)
		block_finish(&f->blocks[i], m);
	free(f->blocks);
	*f = (struct fetched){ .count = 0 };
}

void stream_init(struct stream *s, struct fetch *f, const struct fetch_range *range,
	size_t window_bytes)
{
	*s = (struct stream){ .fetch = f,
		.at = range->offset,
		.end = range->offset + range->len,
		.p = range->p,
		.have = range->p ? (size_t)range->len : 0,
		.window_bytes = window_bytes };
}

uint64_t stream_left(const struct stream *s)
{
	return s->end - s->at;
}

/* What is at hand moves to the front of a window that has room. */
static int make_room(struct stream *s, size_t len)
{
	struct memory *m = s->fetch->memory;
	struct block larger = { .cap = 0 };
	int r;

	if (s->window.cap >= len) {
		if (s->have > 0)
			memmove(s->window.p, s->p, s->have);
		s->p = s->window.p;
		return 0;
	}
	r = block_renew(&larger, m, len);
	if (r < 0)
		return r;
	if (s->have > 0)
		memcpy(larger.p, s->p, s->have);
	block_finish(&s->window, m);
	s->window = larger;
	s->p = larger.p;
	return 0;
}

int stream_need(struct stream *s, size_t len, struct fault *why)
{
	uint64_t left = stream_left(s);
	size_t want = len > s->window_bytes ? len : s->window_bytes;
	int r;

	if (len > left)
		len = (size_t)left;
	if (s->have >= len)
		return 0;
	if (want > left)
		want = (size_t)left;
	r = make_room(s, want);
	if (r == 0)
		r = fetch_at(s->fetch, s->at + s->have, s->window.p + s->have,
			want - s->have, why);
	if (r == 0)
		s->have = want;
	return r;
}

void stream_skip(struct stream *s, uint64_t len)
{
	assert(len <= stream_left(s));
	s->at += len;
	if (len >= s->have) {
		s->have = 0;
		return;
	}
	s->p += len;
	s->have -= (size_t)len;
}

void stream_finish(struct stream *s)
{
	if (s->fetch)
		block_finish(&s->window, s->fetch->memory);
	*s = (struct stream){ .at = 0 };
}
