/* What month.c and month_read.c share. */
#ifndef FS_STORE_MONTH_IMPL_H
#define FS_STORE_MONTH_IMPL_H

#include <stdatomic.h>

#include "fs/store/cube.h"
#include "fs/store/rows.h"

struct month {
	atomic_uint refs;
	atomic_bool *damaged; /* the only thing that changes */
	_Atomic int64_t used_ns; /* last use that is not noted yet; 0: none */
	struct span file; /* NAME.cube, mapped */
	int cube_fd; /* of it, with a shared lock */
	struct rows *rows; /* NAME.data */
	/* Of one in memory: what it takes, and of what; NULL: it is in a directory. */
	_Atomic uint64_t *memory_used;
	uint64_t memory_bytes;
	const struct cube_header *header;
	struct month_facts facts;
	struct block_cache *blocks;
	uint32_t block_user; /* decoded blocks, by block */
	uint32_t text_user; /* expanded extents, by extent */
};

const void *month_section(const struct month *m, enum cube_section section);
uint64_t month_section_count(const struct month *m, enum cube_section section);

#endif
