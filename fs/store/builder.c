#include "fs/store/builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/builder_impl.h"

enum { EXTENTS_MAX = INT32_MAX };

int builder_new(uint32_t chunks, struct builder **ret)
{
	struct builder *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	pthread_mutex_init(&b->lock, NULL);
	b->chunks = chunks;
	b->maps = vec_alloc((size_t)chunks + 1, sizeof(*b->maps));
	b->places = vec_alloc((size_t)chunks + 1, sizeof(*b->places));
	if (b->maps == NULL || b->places == NULL || catalog_init(&b->catalog) < 0) {
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
	for (uint32_t i = 0; b->maps != NULL && i < b->chunks; i++)
		free(b->maps[i].names);
	free(b->maps);
	free(b->places);
	free(b->extents);
	free(b->blocks);
	catalog_finish(&b->catalog);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static int add_extents(struct builder *b, uint32_t chunk, const uint32_t *slices,
	const struct window *window)
{
	size_t extent_count, block_count;
	const struct window_extent *extents = window_extents(window, &extent_count);
	const struct cube_block *blocks = window_blocks(window, &block_count);
	uint32_t first_block = (uint32_t)b->block_count;
	int r = VEC_RESERVE(&b->extents, &b->extent_cap, b->extent_count + extent_count,
		(size_t)EXTENTS_MAX);

	if (r == 0)
		r = VEC_RESERVE(&b->blocks, &b->block_cap, b->block_count + block_count,
			(size_t)EXTENTS_MAX);
	if (r < 0)
		return r;
	for (size_t i = 0; i < extent_count; i++) {
		struct built_extent e = { .extent = extents[i].extent,
			.slice = slices[extents[i].slice],
			.place = b->places[chunk]++ };

		e.extent.block += first_block;
		e.extent.chunk = chunk;
		b->extents[b->extent_count++] = e;
	}
	if (block_count > 0)
		memcpy(b->blocks + b->block_count, blocks, block_count * sizeof(*blocks));
	b->block_count += block_count;
	return 0;
}

int builder_add(
	struct builder *b, uint32_t chunk, struct catalog *catalog, struct window *window)
{
	uint32_t *slices = NULL;

	pthread_mutex_lock(&b->lock);
	int r = catalog_merge(&b->catalog, catalog, &slices);
	if (r == 0)
		r = add_extents(b, chunk, slices, window);
	pthread_mutex_unlock(&b->lock);
	free(slices);
	catalog_clear(catalog);
	window_taken(window);
	return r;
}

int builder_maps(struct builder *b, uint32_t chunk, const struct intern *columns)
{
	uint32_t count = intern_count(columns);
	uint32_t *names = vec_alloc((size_t)count + 1, sizeof(*names));
	int r = 0;

	if (names == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&b->lock);
	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = intern_add(b->catalog.texts, intern_text(columns, i), &names[i]);
	pthread_mutex_unlock(&b->lock);
	if (r < 0) {
		free(names);
		return r;
	}
	b->maps[chunk] = (struct chunk_maps){ names, count };
	return 0;
}
