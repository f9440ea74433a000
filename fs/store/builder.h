/* A month being built: what the reading threads have brought together, and the file made
 * of it. */
#ifndef FS_STORE_BUILDER_H
#define FS_STORE_BUILDER_H

#include "fs/store/catalog.h"
#include "fs/store/window.h"

struct builder;

/* chunks: objects of the delivery. 0; -ENOMEM. */
MUST_USE int builder_new(uint32_t chunks, struct builder **ret);
void builder_free(struct builder *b);
/* Takes over what a thread has read of a chunk so far; both are emptied (the window must
 * have been flushed). Thread-safe. 0; as catalog_merge(). */
MUST_USE int builder_add(struct builder *b, uint32_t chunk, struct catalog *catalog,
	struct window *window);
/* The chunk's map keys, as its rows number them. Thread-safe. 0; -ENOMEM; -EFBIG. */
MUST_USE int builder_maps(
	struct builder *b, uint32_t chunk, const struct intern *columns);

struct cube_facts {
	const struct layout *layout;
	const struct delivery *delivery;
	uint64_t data_bytes, rounded;
	struct sums sums; /* month_facts.sums */
};
/* Writes the cube; one thread, at the end. 0; -ENOMEM; -EFBIG; -errno of the file. */
MUST_USE int builder_write(struct builder *b, const struct cube_facts *facts, int fd);

#endif
