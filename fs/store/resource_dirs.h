/* The resources of a cube, each with a directory name that no other of its slice has. */
#ifndef FS_STORE_RESOURCE_DIRS_H
#define FS_STORE_RESOURCE_DIRS_H

#include "fs/store/cube_texts.h"
#include "fs/store/run.h"

/* Plain; zeroed = none. */
struct resources {
	struct tape items; /* struct month_resource, by slice, dir */
	uint32_t *first; /* by slice rank, and one more */
};

void resources_finish(struct resources *x, struct spill *s);
/* Those of run, whose texts are texts'; ranks: of the slice_count slices. 0; as
 * tape_put() and cube_texts_number(). */
MUST_USE int resources_settle(const struct run *run, const uint32_t *ranks,
	size_t slice_count, struct cube_texts *texts, struct resources *ret);

/* Where a resource stands in its slice. */
struct resource_index {
	uint32_t id, index; /* id: text */
};
/* Of one slice after another, by id. Plain. */
struct resource_reader {
	struct tape_reader reader;
	const struct resources *from;
	size_t slice; /* the next rank */
	struct resource_index *items;
	size_t count, cap;
};
/* Borrows both until resource_reader_finish(). */
void resource_reader_open(
	struct resource_reader *x, struct spill *s, const struct resources *from);
void resource_reader_finish(struct resource_reader *x);
/* Goes on to the slice, which may not be one before. 0; -ENOMEM; -EBADMSG; -errno. */
MUST_USE int resource_reader_go(struct resource_reader *x, size_t rank);
/* The index; -ENOENT. */
MUST_USE int64_t resource_reader_find(const struct resource_reader *x, uint32_t id);

#endif
