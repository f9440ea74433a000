#include "fs/store/extents.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/store/run.h"

enum { EXTENTS_MAX = INT32_MAX };

void extents_finish(struct extents *x, struct spill *s)
{
	for (size_t i = 0; i < x->run_count; i++)
		tape_finish(&x->runs[i], s);
	free(x->runs);
	free(x->items);
	*x = (struct extents){ 0 };
}

int extents_add(struct extents *x, const struct built_extent *extent)
{
	int r = VEC_RESERVE(&x->items, &x->cap, x->count + 1, (size_t)EXTENTS_MAX);

	if (r == 0)
		x->items[x->count++] = *extent;
	return r;
}

static int compare(
	const struct built_extent *x, const struct built_extent *y, const uint32_t *ranks)
{
	if (x->slice != y->slice)
		return ranks[x->slice] < ranks[y->slice] ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static int compare_items(const void *a, const void *b, void *context)
{
	return compare(a, b, context);
}

static void sort(struct extents *x, const uint32_t *ranks)
{
	if (x->count > 0)
		qsort_r(x->items, x->count, sizeof(*x->items), compare_items,
			(void *)(uintptr_t)ranks);
}

int extents_spill(struct extents *x, const uint32_t *ranks, struct spill *s)
{
	struct tape_writer w;
	int r = VEC_RESERVE(&x->runs, &x->run_cap, x->run_count + 1, (size_t)EXTENTS_MAX);

	if (r < 0)
		return r;
	sort(x, ranks);
	x->runs[x->run_count] = (struct tape){ 0 };
	tape_begin(&w, s, &x->runs[x->run_count++], false);
	for (size_t i = 0; r == 0 && i < x->count; i++)
		r = tape_put(&w, &x->items[i], sizeof(x->items[i]));
	free(x->items);
	x->items = NULL;
	x->count = x->cap = 0;
	return tape_end(&w, r);
}

struct walk {
	struct tape_reader *readers;
	const struct built_extent **records;
	const uint32_t *ranks;
};

static bool is_before(const void *context, uint32_t x, uint32_t y)
{
	const struct walk *walk = context;

	return compare(walk->records[x], walk->records[y], walk->ranks) < 0;
}

static int advance(struct walk *walk, uint32_t run)
{
	const void *record;
	int r = tape_next(&walk->readers[run], sizeof(struct built_extent), &record);

	if (r > 0)
		walk->records[run] = record;
	return r;
}

static int walk_runs(struct walk *walk, struct run_heap *h, uint32_t count,
	int (*take)(void *context, const struct built_extent *extent), void *context)
{
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < count; i++) {
		r = advance(walk, i);
		if (r > 0)
			h->items[h->count++] = i;
	}
	if (r < 0)
		return r;
	run_heap_init(h);
	while (h->count > 0) {
		r = take(context, walk->records[h->items[0]]);
		if (r >= 0)
			r = advance(walk, h->items[0]);
		if (r < 0)
			return r;
		run_heap_moved(h, r == 0);
	}
	return 0;
}

int extents_walk(struct extents *x, const uint32_t *ranks, struct spill *s,
	int (*take)(void *context, const struct built_extent *extent), void *context)
{
	struct walk walk = { .ranks = ranks };
	struct run_heap h = { .is_before = is_before, .context = &walk };
	int r = 0;

	if (x->run_count == 0) {
		sort(x, ranks);
		for (size_t i = 0; r == 0 && i < x->count; i++)
			r = take(context, &x->items[i]);
		return r;
	}
	if (x->count > 0)
		r = extents_spill(x, ranks, s);
	walk.readers = vec_alloc(x->run_count, sizeof(*walk.readers));
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): its items are pointers */
	walk.records = vec_alloc(x->run_count, sizeof(*walk.records));
	h.items = vec_alloc(x->run_count, sizeof(*h.items));
	if (r == 0 && (!walk.readers || !walk.records || !h.items))
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < x->run_count; i++)
		tape_open(&walk.readers[i], s, &x->runs[i]);
	if (r == 0)
		r = walk_runs(&walk, &h, (uint32_t)x->run_count, take, context);
	for (size_t i = 0; walk.readers && i < x->run_count; i++)
		tape_reader_finish(&walk.readers[i]);
	free(walk.readers);
	free(walk.records);
	free(h.items);
	return r;
}
