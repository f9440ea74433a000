/* The numbers of texts in a cube. Those in the catalog go by which thread came first; a
 * month that is read again has to have the same ones, since what outlives it goes by
 * them. */
#ifndef FS_STORE_TEXT_ORDER_H
#define FS_STORE_TEXT_ORDER_H

#include "fs/store/ranks.h"

struct text_order {
	uint32_t *ranks; /* in the cube, by number in the catalog; TEXT_UNUSED: in none */
	uint32_t *order; /* number in the catalog, by rank */
	uint32_t count;
};
#define TEXT_UNUSED UINT32_MAX

/* Of all texts that the cube refers to: first, and those of names and resources as these
 * are ordered, then others by their bytes. 0; -ENOMEM. */
MUST_USE int text_order_init(struct text_order *o, const struct builder *b,
	const struct ranks *ranks, const uint32_t *first, size_t first_count);
void text_order_finish(struct text_order *o);

#endif
