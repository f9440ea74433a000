/* The directory of the cache: made and checked, the names in it, and who may change them.
 *
 *   PATH/v1/ID.cube ID.data   a month and its rows; renamed into place, the cube last.
 *                             Rows may be evicted alone; without a cube they are nothing
 *   PATH/v1/ID.lock           flock()ed by who builds, repairs or tidies that month
 *   PATH/v1/ID.table          a partition of a table without costs (table_file.h)
 *   PATH/v1/H.known H.tables  what is remembered of an export (remembered.h), and of the
 *                             tables beside it (tables.h); with H.lock
 *   PATH/v1/live/             of the live inventory (fs/live/live_cache.h)
 *   PATH/v1/tmp-ID.*          of the holder of that lock only: without one, a leftover
 *
 * A leftover is told by its lock and not by a process id, which means nothing to a
 * container that shares the directory. */
#ifndef FS_STORE_CACHE_DIR_H
#define FS_STORE_CACHE_DIR_H

#include <sys/stat.h>

#include "aws/export/delivery.h"
#include "base/buf.h"

enum { CACHE_NAME_TEXT = 64 };
#define CACHE_TEMPORARY "tmp-"

/* Opens PATH/v1, making what is absent with mode 0700. 0; as store_open(). */
MUST_USE int cache_dir_open(const char *path, int *ret_fd, struct fault *why);
/* Likewise the directory name in it; path is for what is said. */
MUST_USE int cache_dir_open_below(
	int dir_fd, const char *name, const char *path, int *ret_fd, struct fault *why);

/* prefix, id and suffix; id is that of a delivery. */
void cache_name(const char *prefix, const char *id, const char *suffix,
	char ret[CACHE_NAME_TEXT]);

/* Opens for reading what we have written: a file, no link, that belongs to us. Whoever
 * else had put one there could change it after it was checked. 0; -EBADMSG something else
 * stands there; -ENOENT; -errno. */
MUST_USE int cache_open_file(
	int dir_fd, const char *name, struct stat *ret_stat, int *ret_fd);

/* Appends all of such a file. As cache_open_file(); -EFBIG over ret's limit; on failure
 * ret is as before. */
MUST_USE int cache_read_file(int dir_fd, const char *name, struct buf *ret);

bool cache_has(int dir_fd, const char *id, const char *suffix);

/* Beside the flock(), which only who takes it can ask for: a mark on the open file, for
 * who counts. It goes with the descriptor; where there are none, nothing is in use. */
void cache_mark_used(int fd);
/* Whether somebody else's descriptor marks it. Locks nothing. */
bool cache_is_used(int fd);

/* Without waiting. 0; -EAGAIN somebody else has it; -errno. */
MUST_USE int cache_lock(int dir_fd, const char *id, int *ret_fd);
/* Takes lock_fd; the file goes with the lock. */
void cache_unlock(int dir_fd, const char *id, int lock_fd);

/* These want the lock. */

/* Gives the temporary files their names. 0; -errno, and then the month is not there. */
MUST_USE int cache_publish(int dir_fd, const char *id);
/* The same of the rows alone, for the cube that is there. */
MUST_USE int cache_publish_rows(int dir_fd, const char *id);
void cache_remove_temporary(int dir_fd, const char *id);
/* 0; -errno. What is not there is no failure. */
MUST_USE int cache_remove(int dir_fd, const char *id);
/* Likewise; wants the lock of the file of rows instead. */
MUST_USE int cache_remove_rows(int dir_fd, const char *id);

#endif
