/* Which slices a scope is made of. */
#ifndef FS_VIEW_SCOPE_H
#define FS_VIEW_SCOPE_H

#include "fs/view/view.h"

/* Goes through the slices of a scope by account, then service; those of accounts that are
 * not connected are passed over. Plain. */
struct slice_walk {
	const struct scope *scope;
	bool unconnected; /* the other way round */
	uint32_t account, account_end;
	uint32_t slice, slice_end;
};
/* scope was checked. Borrows it. */
struct slice_walk slice_walk_start(const struct scope *s, bool unconnected);
bool slice_walk_next(struct slice_walk *w, uint32_t *ret_slice);

/* 0; -ENOENT the month has no such account, service or resource. */
MUST_USE int scope_check(const struct scope *s);
/* The slice of a scope that names account and service. 0; -ENOENT. */
MUST_USE int scope_slice(const struct scope *s, uint32_t *ret_slice);

#endif
