/* Whole reads and writes of descriptors. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* Reads until len bytes or the end of file. Bytes read (short only at the end);
 * -errno. */
MUST_USE ssize_t io_pread(int fd, void *bytes, size_t len, uint64_t offset);
/* Writes all. 0; -errno. */
MUST_USE int io_pwrite(int fd, const void *bytes, size_t len, uint64_t offset);
MUST_USE int io_write(int fd, const void *bytes, size_t len);
/* Appends a whole file. 0; -errno; -EFBIG past the buffer's limit. */
MUST_USE int io_read_file(int dir_fd, const char *path, struct buf *ret);
/* Likewise from where fd stands. */
MUST_USE int io_read_all(int fd, struct buf *ret);
/* Writes to a temporary name beside it, fsyncs, renames over. 0; -errno. */
MUST_USE int io_replace_file(
	int dir_fd, const char *path, struct span contents, mode_t mode);
/* Writes to fd, from its beginning. 0; -errno. */
typedef int io_write_fn(void *context, int fd);
/* The same of contents that are written piece by piece. */
MUST_USE int io_replace_file_by(
	int dir_fd, const char *path, mode_t mode, io_write_fn *write_all, void *context);
/* mkdir -p with the mode for what is made. 0; -errno. */
MUST_USE int io_make_dirs(const char *path, mode_t mode);

#endif
