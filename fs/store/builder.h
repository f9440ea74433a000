/* A month being built: what the reading threads have brought together, and the file made
 * of it. */
#ifndef FS_STORE_BUILDER_H
#define FS_STORE_BUILDER_H

#include "fs/store/catalog.h"
#include "fs/store/spill.h"
#include "fs/store/window.h"

struct builder;

struct builder_options {
	/* Of sums in memory; what is over is spilled. The result is the same. */
	size_t keep_bytes;
	struct spill_place place; /* where to */
};
/* Borrows the place's name. 0; -ENOMEM. */
MUST_USE int builder_new(const struct builder_options *options, struct builder **ret);
void builder_free(struct builder *b);
/* A thread begins to read a chunk: all of it, or some of its parts. Of several that read
 * the same one each is a share of its own. Thread-safe. 0; -ENOMEM; -EFBIG. */
MUST_USE int builder_share(struct builder *b, uint32_t chunk, uint32_t *ret_share);
/* Takes over what a share has so far; both are emptied (the window must have been
 * flushed). Thread-safe. 0; as catalog_merge(); of spilling, as tape_put(). */
MUST_USE int builder_add(struct builder *b, uint32_t share, struct catalog *catalog,
	struct window *window);
/* The share's map keys, as its rows number them. Thread-safe. 0; -ENOMEM; -EFBIG. */
MUST_USE int builder_maps(
	struct builder *b, uint32_t share, const struct intern *columns);

struct cube_facts {
	const struct layout *layout;
	const struct delivery *delivery;
	uint64_t data_bytes, rounded;
	struct sums sums; /* month_facts.sums */
};
/* Writes the cube; one thread, at the end. 0; -ENOMEM; -EFBIG; -ERANGE a sum does not
 * fit; -errno of the file. */
MUST_USE int builder_write(struct builder *b, const struct cube_facts *facts, int fd);

#endif
