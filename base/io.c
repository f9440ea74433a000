#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IO_CHUNK = 16 * 1024, IO_NAMES_TRIED = 100 };

static bool is_offset(uint64_t offset, size_t len)
{
	uint64_t end;

	return !__builtin_add_overflow(offset, len, &end) && end <= INT64_MAX;
}

ssize_t io_pread(int fd, void *bytes, size_t len, uint64_t offset)
{
	char *p = bytes;
	size_t done = 0;

	if (!is_offset(offset, len))
		return -EINVAL;
	while (done < len) {
		ssize_t n = pread(fd, p + done, len - done, (off_t)(offset + done));

		if (n == 0)
			break;
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)done;
}

int io_pwrite(int fd, const void *bytes, size_t len, uint64_t offset)
{
	const char *p = bytes;
	size_t done = 0;

	if (!is_offset(offset, len))
		return -EINVAL;
	while (done < len) {
		ssize_t n = pwrite(fd, p + done, len - done, (off_t)(offset + done));

		if (n == 0)
			return -EIO;
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int io_write(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, p + done, len - done);

		if (n == 0)
			return -EIO;
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int append_all(int fd, struct buf *b)
{
	char chunk[IO_CHUNK];
	int r = 0;

	while (r == 0) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n == 0)
			break;
		if (n > 0)
			r = buf_append(b, chunk, (size_t)n);
		else if (errno != EINTR)
			r = -errno;
	}
	if (b->is_secret)
		explicit_bzero(chunk, sizeof(chunk));
	return r;
}

int io_read_all(int fd, struct buf *ret)
{
	size_t before = ret->len;
	int r = append_all(fd, ret);

	if (r < 0)
		buf_truncate(ret, before);
	return r;
}

int io_read_file(int dir_fd, const char *path, struct buf *ret)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return -errno;
	r = io_read_all(fd, ret);
	(void)close(fd);
	return r;
}

/* A new file beside path; its name is left in name. A name that exists was left by a
 * process that was killed and had our number. */
static int open_beside(
	int dir_fd, const char *path, mode_t mode, char *name, size_t name_size)
{
	for (int i = 0; i < IO_NAMES_TRIED; i++) {
		int len = snprintf(
			name, name_size, "%s.%ld-%d.tmp", path, (long)gettid(), i);
		int fd;

		if (len < 0 || (size_t)len >= name_size)
			return -ENAMETOOLONG;
		fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int write_and_close(int fd, io_write_fn *write_all, void *context)
{
	int r = write_all(context, fd);

	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int io_replace_file_by(
	int dir_fd, const char *path, mode_t mode, io_write_fn *write_all, void *context)
{
	char name[PATH_MAX];
	int r = open_beside(dir_fd, path, mode, name, sizeof(name));

	if (r < 0)
		return r;
	r = write_and_close(r, write_all, context);
	if (r == 0 && renameat(dir_fd, name, dir_fd, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir_fd, name, 0);
	return r;
}

static int write_span(void *context, int fd)
{
	const struct span *contents = context;

	return io_write(fd, contents->p, contents->len);
}

int io_replace_file(int dir_fd, const char *path, struct span contents, mode_t mode)
{
	return io_replace_file_by(dir_fd, path, mode, write_span, &contents);
}

static int make_dir(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int io_make_dirs(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len == 0)
		return -ENOENT;
	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, len + 1);
	for (size_t i = 1; i < len; i++) {
		int r;

		if (part[i] != '/')
			continue;
		part[i] = '\0';
		r = make_dir(part, mode);
		if (r < 0)
			return r;
		part[i] = '/';
	}
	return make_dir(part, mode);
}
