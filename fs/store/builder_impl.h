/* What builder.c and cube_write.c share. */
#ifndef FS_STORE_BUILDER_IMPL_H
#define FS_STORE_BUILDER_IMPL_H

#include <pthread.h>

#include "fs/store/builder.h"

struct built_extent {
	struct cube_extent extent;
	uint32_t slice; /* number in the catalog */
	uint32_t place; /* within the chunk */
};
/* Column names (texts of the catalog) by the chunk's key number. */
struct chunk_maps {
	uint32_t *names;
	uint32_t count;
};

struct builder {
	pthread_mutex_t lock; /* guards all below until builder_write() */
	struct catalog catalog;
	struct built_extent *extents;
	size_t extent_count, extent_cap;
	struct cube_block *blocks;
	size_t block_count, block_cap;
	struct chunk_maps *maps;
	uint32_t *places; /* next place, by chunk */
	uint32_t chunks;
};

#endif
