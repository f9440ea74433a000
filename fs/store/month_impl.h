/* What month.c and month_read.c share. */
#ifndef FS_STORE_MONTH_IMPL_H
#define FS_STORE_MONTH_IMPL_H

#include <stdatomic.h>

#include "fs/store/cube.h"

struct month {
	atomic_uint refs;
	atomic_bool *damaged; /* the only thing that changes */
	struct span file; /* NAME.cube, mapped */
	int data_fd; /* NAME.data, with a shared lock */
	const struct cube_header *header;
	struct month_facts facts;
	struct block_cache *blocks;
	uint32_t block_user; /* decoded blocks, by block */
	uint32_t text_user; /* expanded extents, by extent */
};

const void *month_section(const struct month *m, enum cube_section section);
uint64_t month_section_count(const struct month *m, enum cube_section section);

#endif
