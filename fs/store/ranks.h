/* The order in which a built month stands in its cube. */
#ifndef FS_STORE_RANKS_H
#define FS_STORE_RANKS_H

#include "fs/store/builder_impl.h"

struct ranks {
	uint32_t *accounts, *account_order; /* rank of a number; number at a rank */
	uint32_t *services, *service_order;
	uint32_t *slices, *slice_order;
	uint32_t *service_dirs; /* text, by service number */
	uint32_t *map_columns; /* column of a text, UINT32_MAX for none; by name */
	uint32_t *map_names; /* in the builder's, by column */
	uint32_t map_count;
};

/* Adds names of services to the catalog's texts. 0; -ENOMEM; -EFBIG. */
MUST_USE int ranks_init(struct ranks *r, struct builder *b);
void ranks_finish(struct ranks *r);
/* That of slices alone, so far: more of them leave the order of these as it is. The
 * caller frees *ret. 0; -ENOMEM. */
MUST_USE int ranks_of_slices(const struct catalog *c, uint32_t **ret);

#endif
