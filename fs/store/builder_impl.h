/* What builder.c and cube_write.c share. */
#ifndef FS_STORE_BUILDER_IMPL_H
#define FS_STORE_BUILDER_IMPL_H

#include <pthread.h>

#include "fs/store/builder.h"
#include "fs/store/extents.h"
#include "fs/store/run.h"

struct share {
	uint32_t chunk;
	uint32_t place; /* of its next extent */
	/* Columns, by the share's key number. */
	uint32_t *names; /* of the builder's map_names */
	uint32_t count;
};

struct builder {
	pthread_mutex_t lock; /* guards all below until builder_write() */
	struct catalog catalog; /* what is in no run; names and slices are all there */
	struct run *runs;
	size_t run_count, run_cap;
	struct extents extents;
	struct cube_block *blocks;
	size_t block_count, block_cap;
	struct intern *map_names;
	struct share *shares;
	size_t share_count, share_cap;
	bool is_spilling; /* something has been written to runs */
	/* Immutable. */
	struct spill *spill;
	size_t keep_bytes;
};

/* All that has been read as one run, with the catalog's texts, which gives up its sums.
 * 0; -ERANGE a sum does not fit; as tape_put(). */
MUST_USE int builder_merge(struct builder *b, const uint32_t *ranks, struct run *ret);

#endif
