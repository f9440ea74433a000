/* The roll-ups: which sums each file is made of. */
#ifndef FS_VIEW_KIT_H
#define FS_VIEW_KIT_H

#include "fs/view/table.h"
#include "fs/view/cache.h"

/* Whether the scope has such a file, wherever it stands (not for resources' own files,
 * nor costs.csv and lines.csv). */
bool kit_has(const struct scope *scope, enum view_file file);
/* How long it takes to make the file, in sums to add: about 8 million a second. */
uint64_t kit_work(const struct scope *scope, enum view_file file);
/* What of a file is wanted. Plain, borrowed. */
struct kit_wanted {
	const struct view_key *key;
	const atomic_bool *stop;
	/* 0: all rows. Else, of by-resource.csv, so many of each currency at most: the
	 * dearest that are resources, so that a page needs no more of millions. */
	size_t resources_max;
};
/* Appends the file that the key names. 0; -ENOENT no such tag key here; -ENOMEM; -EFBIG;
 * -ERANGE; -EBADMSG; -ECANCELED stop has become true. */
MUST_USE int kit_render(const struct scope *scope, const struct kit_wanted *wanted,
	struct buf *ret, struct fault *why);

/* Tables of a resource's own files: groups by usage type and operation, and by day. */
const struct table *kit_resource_summary(void);
const struct table *kit_resource_daily(void);

#endif
