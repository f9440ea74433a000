/* The order in which a built month stands in its cube. */
#ifndef FS_STORE_RANKS_H
#define FS_STORE_RANKS_H

#include "fs/store/builder_impl.h"

struct ranks {
	uint32_t *accounts, *account_order; /* rank of a number; number at a rank */
	uint32_t *services, *service_order;
	uint32_t *slices, *slice_order;
	/* Resources by slice rank, then directory name. */
	uint32_t *resource_order;
	uint32_t *resource_first; /* by slice rank, and one more */
	uint32_t *resources; /* index of a resource within its slice */
	uint32_t *resource_dirs; /* text, by resource number */
	uint32_t *service_dirs; /* text, by service number */
	uint32_t *map_columns; /* column of a text, UINT32_MAX for none; by text */
	uint32_t *map_names; /* text, by column */
	uint32_t map_count;
};

/* Adds names to the catalog's texts. 0; -ENOMEM; -EFBIG. */
MUST_USE int ranks_init(struct ranks *r, struct builder *b);
void ranks_finish(struct ranks *r);

#endif
