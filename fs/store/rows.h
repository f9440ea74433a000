/* The data file of a month: open as long as somebody reads rows of it, and not longer, so
 * that it can be evicted while the month itself is still in use. */
#ifndef FS_STORE_ROWS_H
#define FS_STORE_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

/* Thread-safe. */
struct rows;

enum { ROWS_TAIL = 8 /* bytes at the end of a file of rows: the hash of its index */ };

/* NAME.data in the directory, which is borrowed; it need not be there. bytes: what it has
 * to have. index: of which it has to be; another process may have put one of the same
 * delivery there whose rows stand elsewhere, which is as if they were evicted. 0;
 * -EBADMSG it is there with another size, or is no file of ours; -errno. */
MUST_USE int rows_new(
	int dir_fd, const char *name, uint64_t bytes, uint64_t index, struct rows **ret);
/* Of a file that has no name, so that nobody evicts it. Takes fd, also on failure. 0;
 * -ENOMEM. */
MUST_USE int rows_new_of(int fd, uint64_t bytes, struct rows **ret);
/* Nobody may have them pinned. NULL is allowed. */
void rows_free(struct rows *r);

/* Keeps them from eviction until rows_unpin(), with a shared lock on the file. 0;
 * -ENODATA evicted, or of another index; -errno. */
MUST_USE int rows_pin(struct rows *r);
/* When the last one goes the file's mtime becomes the time: of its last use. */
void rows_unpin(struct rows *r);
/* Who asked for them last found them evicted. */
bool rows_are_gone(const struct rows *r);
/* As io_pread(); they are pinned. */
MUST_USE ssize_t rows_read(
	const struct rows *r, void *bytes, size_t len, uint64_t offset);

#endif
