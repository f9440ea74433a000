/* Where the rows of a month being built are: they come as the reading threads write them,
 * and go in the order of slices. */
#ifndef FS_STORE_EXTENTS_H
#define FS_STORE_EXTENTS_H

#include "fs/store/cube.h"
#include "fs/store/spill.h"

struct built_extent {
	struct cube_extent extent;
	uint32_t slice; /* number in the month's catalog */
	/* Where in the export: number of the file, part of it, place among what the same
	 * thread has of it. */
	uint32_t source, part, place;
};

/* Plain; zeroed = empty. */
struct extents {
	struct built_extent *items; /* not yet spilled */
	size_t count, cap;
	struct tape *runs; /* sorted */
	size_t run_count, run_cap;
};

void extents_finish(struct extents *x, struct spill *s);
/* 0; -ENOMEM; -EFBIG. */
MUST_USE int extents_add(struct extents *x, const struct built_extent *extent);
/* Sorts what is in memory and takes it out. ranks: of a slice in the cube, by its number;
 * of slices that are there already it may only change so that their order stays. 0; as
 * tape_put(). */
MUST_USE int extents_spill(struct extents *x, const uint32_t *ranks, struct spill *s);
/* All of them by slice, source, part and place to take, until it answers less than 0,
 * which is answered. */
MUST_USE int extents_walk(struct extents *x, const uint32_t *ranks, struct spill *s,
	int (*take)(void *context, const struct built_extent *extent), void *context);

#endif
