#include "fs/store/builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/ranks.h"

enum {
	BLOCKS_MAX = INT32_MAX,
	SHARES_MAX = INT32_MAX,
	/* Each has a buffer while they are merged, and 4 bytes for each of its texts. */
	RUNS_MAX = 96,
};

int builder_new(const struct builder_options *options, struct builder **ret)
{
	struct builder *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	pthread_mutex_init(&b->lock, NULL);
	b->keep_bytes = options->keep_bytes;
	b->map_names = intern_new();
	if (b->map_names == NULL || catalog_init(&b->catalog) < 0 ||
		spill_new(&options->place, &b->spill) < 0) {
		builder_free(b);
		return -ENOMEM;
	}
	*ret = b;
	return 0;
}

void builder_free(struct builder *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->share_count; i++)
		free(b->shares[i].names);
	for (size_t i = 0; i < b->run_count; i++)
		run_finish(&b->runs[i], NULL);
	extents_finish(&b->extents, NULL);
	free(b->shares);
	free(b->runs);
	free(b->blocks);
	intern_free(b->map_names);
	catalog_finish(&b->catalog);
	spill_free(b->spill);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

int builder_share(struct builder *b, uint32_t chunk, uint32_t *ret_share)
{
	pthread_mutex_lock(&b->lock);
	int r = VEC_RESERVE(
		&b->shares, &b->share_cap, b->share_count + 1, (size_t)SHARES_MAX);
	if (r == 0) {
		*ret_share = (uint32_t)b->share_count;
		b->shares[b->share_count++] = (struct share){ .chunk = chunk };
	}
	pthread_mutex_unlock(&b->lock);
	return r;
}

/* With the lock. */
static int spill_extents(struct builder *b)
{
	uint32_t *ranks;
	int r = ranks_of_slices(&b->catalog, &ranks);

	if (r == 0) {
		r = extents_spill(&b->extents, ranks, b->spill);
		free(ranks);
	}
	return r;
}

/* With the lock. */
static int add_extents(struct builder *b, uint32_t share, const uint32_t *slices,
	const struct window *window)
{
	struct share *from = &b->shares[share];
	size_t extent_count, block_count;
	const struct window_extent *extents = window_extents(window, &extent_count);
	const struct cube_block *blocks = window_blocks(window, &block_count);
	uint32_t first_block = (uint32_t)b->block_count;
	int r = VEC_RESERVE(&b->blocks, &b->block_cap, b->block_count + block_count,
		(size_t)BLOCKS_MAX);

	for (size_t i = 0; r == 0 && i < extent_count; i++) {
		struct built_extent e = { .extent = extents[i].extent,
			.slice = slices[extents[i].slice],
			.source = from->chunk,
			.part = extents[i].part,
			.place = from->place++ };

		e.extent.block += first_block;
		e.extent.chunk = share;
		r = extents_add(&b->extents, &e);
	}
	if (r < 0)
		return r;
	if (block_count > 0)
		memcpy(b->blocks + b->block_count, blocks, block_count * sizeof(*blocks));
	b->block_count += block_count;
	if (b->extents.count * sizeof(struct built_extent) > b->keep_bytes / 4)
		r = spill_extents(b);
	return r;
}

/* With the lock: many into one. */
static int merge_runs(struct builder *b)
{
	size_t count = b->run_count;
	uint32_t *ranks;
	int r = ranks_of_slices(&b->catalog, &ranks);

	if (r < 0)
		return r;
	b->run_count = 0;
	r = runs_merge(b->runs, count, ranks, b->spill, &b->runs[0]);
	b->run_count = r == 0 ? 1 : 0;
	free(ranks);
	return r;
}

/* With the lock. Takes run. */
static int add_run(struct builder *b, struct run *run)
{
	int r = b->run_count < RUNS_MAX ? 0 : merge_runs(b);

	if (r == 0)
		r = VEC_RESERVE(
			&b->runs, &b->run_cap, b->run_count + 1, (size_t)RUNS_MAX + 1);
	if (r < 0)
		run_finish(run, b->spill);
	else
		b->runs[b->run_count++] = *run;
	return r;
}

/* With the lock: all but names becomes a run. */
static int spill_catalog(struct builder *b)
{
	struct catalog names;
	struct run run;
	uint32_t *slices = NULL;
	int r = catalog_init(&names);

	if (r < 0)
		return r;
	b->is_spilling = true;
	r = catalog_merge_names(&names, &b->catalog, &slices);
	free(slices);
	if (r == 0)
		r = run_write(&b->catalog, NULL, b->spill, &run);
	if (r < 0) {
		catalog_finish(&names);
		return r;
	}
	catalog_finish(&b->catalog);
	b->catalog = names;
	return add_run(b, &run);
}

/* Takes over all but what becomes a run of its own, as there is too much of it. */
static int take_over(struct builder *b, uint32_t share, const struct catalog *catalog,
	const struct window *window, bool *ret_is_run, uint32_t **ret_slices)
{
	int r;

	pthread_mutex_lock(&b->lock);
	*ret_is_run = b->is_spilling && catalog_memory(catalog) > b->keep_bytes / 4;
	if (*ret_is_run)
		r = catalog_merge_names(&b->catalog, catalog, ret_slices);
	else
		r = catalog_merge(&b->catalog, catalog, ret_slices);
	if (r == 0)
		r = add_extents(b, share, *ret_slices, window);
	if (r == 0 && catalog_memory(&b->catalog) > b->keep_bytes)
		r = spill_catalog(b);
	pthread_mutex_unlock(&b->lock);
	return r;
}

/* Most of the work without the lock. */
static int take_run(struct builder *b, struct catalog *catalog, const uint32_t *slices)
{
	struct run run;
	int r = run_write(catalog, slices, b->spill, &run);

	if (r < 0)
		return r;
	pthread_mutex_lock(&b->lock);
	r = add_run(b, &run);
	pthread_mutex_unlock(&b->lock);
	return r;
}

int builder_add(
	struct builder *b, uint32_t share, struct catalog *catalog, struct window *window)
{
	uint32_t *slices = NULL;
	bool is_run;
	int r = take_over(b, share, catalog, window, &is_run, &slices);

	if (r == 0 && is_run)
		r = take_run(b, catalog, slices);
	free(slices);
	catalog_clear(catalog);
	window_taken(window);
	return r;
}

int builder_merge(struct builder *b, const uint32_t *ranks, struct run *ret)
{
	struct run last;
	int r = run_write(&b->catalog, NULL, b->spill, &last);

	if (r < 0)
		return r;
	catalog_drop_sums(&b->catalog);
	if (b->run_count == 0) {
		*ret = last;
		return 0;
	}
	r = add_run(b, &last);
	if (r < 0)
		return r;
	size_t count = b->run_count;
	b->run_count = 0;
	return runs_merge(b->runs, count, ranks, b->spill, ret);
}

int builder_maps(struct builder *b, uint32_t share, const struct intern *columns)
{
	uint32_t count = intern_count(columns);
	uint32_t *names = vec_alloc((size_t)count + 1, sizeof(*names));
	int r = 0;

	if (names == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&b->lock);
	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = intern_add(b->map_names, intern_text(columns, i), &names[i]);
	if (r == 0) {
		b->shares[share].names = names;
		b->shares[share].count = count;
	}
	pthread_mutex_unlock(&b->lock);
	if (r < 0)
		free(names);
	return r;
}
