/* What the library knows at one moment: the months, and those that can be read. */
#ifndef FS_TREE_KNOWN_H
#define FS_TREE_KNOWN_H

#include "fs/store/library.h"

/* Plain; by month, oldest first. */
struct known {
	struct month_status *status;
	struct month **month; /* NULL where it is not READY */
	size_t count;
	struct instant as_of; /* the newest; INSTANT_NONE */
	/* The same as long as neither states nor deliveries change. */
	uint64_t signature;
};

/* 0; -ENOMEM. */
MUST_USE int known_read(struct library *l, struct known *ret);
void known_finish(struct known *k);
/* The newest READY month; NULL when there is none. */
struct month *known_newest(const struct known *k);
/* 0; or as library_get() with load, when no month is READY: for the newest, or, where
 * that one cannot be read, for one of the next before it; -EPERM load is false, and
 * nobody reads it. The failure is that of the newest. */
MUST_USE int known_need_one(const struct known *k, struct library *l, bool load,
	struct month_no *ret_need, struct fault *why);

#endif
