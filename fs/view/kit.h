/* The roll-ups: which sums each file is made of. */
#ifndef FS_VIEW_KIT_H
#define FS_VIEW_KIT_H

#include "fs/view/table.h"
#include "fs/view/view.h"

/* Whether the scope has such a file, wherever it stands (not for resources' own files,
 * nor costs.csv and lines.csv). */
bool kit_has(const struct scope *scope, enum view_file file);
/* How long it takes to make the file, in sums to add: about 8 million a second. */
uint64_t kit_work(const struct scope *scope, enum view_file file);
/* Appends the file. 0; -ENOENT no such tag key here; -ENOMEM; -ERANGE; -EBADMSG. */
MUST_USE int kit_render(const struct scope *scope, enum view_file file, uint32_t key,
	struct buf *ret, struct fault *why);

/* Tables of a resource's own files: groups by usage type and operation, and by day. */
const struct table *kit_resource_summary(void);
const struct table *kit_resource_daily(void);

#endif
