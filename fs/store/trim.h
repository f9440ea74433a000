/* What may leave the cache directory, and in which order. */
#ifndef FS_STORE_TRIM_H
#define FS_STORE_TRIM_H

#include "fs/store/store.h"

/* Removes leftovers, then what was not used for longest, until keep_bytes are left or the
 * rest is in use: first rows of months, tables and listings, and only then months' sums
 * and names, which take little room and answer most questions. Who reads rows, or has a
 * month or a table open, holds a shared lock on the file. What is being built counts. 0;
 * -errno, of the first that could not be removed. *ret_freed: bytes; may be NULL. */
MUST_USE int trim_dir(int dir_fd, uint64_t keep_bytes, uint64_t *ret_freed);
/* Leaves ret->limit_bytes alone. Takes no locks. 0; -errno. */
MUST_USE int trim_usage(int dir_fd, struct store_usage *ret);

#endif
