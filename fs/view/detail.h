/* What the files of a slice's resources say: found by one pass over its rows for up to
 * DETAIL_RESOURCES resources at once, since nobody looks at just one. */
#ifndef FS_VIEW_DETAIL_H
#define FS_VIEW_DETAIL_H

#include "fs/view/cache.h"

/* Bounds the memory of a pass: about 6 KiB a resource with a whole month of days. */
enum { DETAIL_RESOURCES = 16384 };

/* Rows of one resource in one piece. */
struct stretch {
	uint32_t piece;
	uint32_t bytes;
};
/* Immutable; begins with a struct held. */
struct detail;
struct detail_resource {
	struct span summary, daily; /* rendered files */
	const struct stretch *stretches;
	size_t stretch_count;
	uint64_t bytes; /* of all stretches */
};

/* Of the scope's resource and its neighbours; reads the whole slice. Returns a reference.
 * 0; -ENOENT; -ENOMEM; -ERANGE; -EBADMSG; -EIO; -ECANCELED stop has become true. */
MUST_USE int detail_build(const struct scope *scope, const atomic_bool *stop,
	struct detail **ret, struct fault *why);
struct held *detail_held(struct detail *d);
/* The other way round; h came from detail_held(). */
const struct detail *detail_of_held(const struct held *h);
/* resource: index in the slice, one of the detail's. Valid as long as the detail. */
struct detail_resource detail_resource(const struct detail *d, uint32_t resource);
/* The resources it knows: from *ret_first, count answered. */
uint32_t detail_range(const struct detail *d, uint32_t *ret_first);

#endif
