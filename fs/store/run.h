/* What has been read so far, sorted, so that any number of such runs are merged with
 * little memory. Texts are numbered by their bytes, within the run; records go by slice
 * as the cube has them, and then by texts and numbers of their keys. */
#ifndef FS_STORE_RUN_H
#define FS_STORE_RUN_H

#include "fs/store/catalog.h"
#include "fs/store/spill.h"

/* By slice, directory, id. */
struct run_resource {
	uint32_t slice; /* number in the month's catalog */
	uint32_t dir, id; /* texts; dir as name_of_resource() says */
	uint32_t name, region; /* texts, where the times are set */
	uint32_t has_name, has_region;
	uint32_t padding;
	int64_t name_at, region_at;
};
/* By slice, dimension, keys, currency. Of DIM_RESOURCE and DIM_UNTAGGED key 0 is the id's
 * text. */
struct run_entry {
	uint32_t slice, dim;
	uint64_t padding;
	struct entry entry; /* with its keys and currency */
};

/* Plain; zeroed = empty. */
struct run {
	struct tape texts; /* by their bytes, each once */
	struct tape resources, entries;
	uint32_t text_count;
};

void run_finish(struct run *run, struct spill *s);
/* Adds to the texts of c. slices: the month's number of each of c's slices, NULL: the
 * same. 0; as tape_put(). */
MUST_USE int run_write(
	struct catalog *c, const uint32_t *slices, struct spill *s, struct run *ret);

/* ranks: of a slice in the cube, by its number. Takes the runs, also on failure. 0;
 * -ERANGE a sum does not fit; as tape_put(). */
MUST_USE int runs_merge(struct run *runs, size_t count, const uint32_t *ranks,
	struct spill *s, struct run *ret);

/* What has to be merged is compared by these. */
struct run_key {
	uint64_t a, b;
	uint32_t c;
	uint32_t index; /* the caller's */
};
/* By a, b, c; for qsort(), too. */
int run_key_compare(const void *a, const void *b);

/* Of cursors that stand at their records: the one with the least is first. Plain. */
struct run_heap {
	uint32_t *items; /* cursors */
	size_t count;
	/* Whether x's record comes before y's. */
	bool (*is_before)(const void *context, uint32_t x, uint32_t y);
	const void *context;
};
/* items holds count cursors, in any order. */
void run_heap_init(struct run_heap *h);
/* The first one stands at another record; or has ended. */
void run_heap_moved(struct run_heap *h, bool has_ended);

#endif
