/* Where it is remembered: a file of the cache directory for each identity. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "fs/store/cache_dir.h"
#include "fs/store/remembered.h"

#define SUFFIX ".known"

/* Stands where that of a delivery does, and is as long. */
static int id_of(const char *identity, char ret[DELIVERY_ID_TEXT])
{
	return sha256_hex(span_of(identity), (DELIVERY_ID_TEXT - 1) / 2, ret);
}

/* Only a file of ours, as the directory is checked for. */
static int read_ours(int dir_fd, const char *name, struct buf *ret)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return -EBADMSG;
	return io_read_file(dir_fd, name, ret);
}

int remembered_load(int dir_fd, const char *identity, struct remembered *ret)
{
	struct buf bytes = BUF_INIT(REMEMBERED_BYTES_MAX);
	char id[DELIVERY_ID_TEXT], name[CACHE_NAME_TEXT];
	int r = id_of(identity, id);

	if (r == 0) {
		cache_name("", id, SUFFIX, name);
		r = read_ours(dir_fd, name, &bytes);
	}
	if (r == 0)
		r = remembered_parse(buf_span(&bytes), identity, ret);
	buf_finish(&bytes);
	return r == -EFBIG ? -EBADMSG : r;
}

static int write_new(int dir_fd, const char *name, struct span bytes)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir_fd, name, flags, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = io_write(fd, bytes.p, bytes.len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/* With the lock of id, so that what is there by the temporary name is nobody's. */
static int publish(int dir_fd, const char *id, struct span bytes)
{
	char temporary[CACHE_NAME_TEXT], name[CACHE_NAME_TEXT];
	int r;

	cache_name(CACHE_TEMPORARY, id, SUFFIX, temporary);
	cache_name("", id, SUFFIX, name);
	r = write_new(dir_fd, temporary, bytes);
	if (r == 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
		r = -errno;
	if (r < 0)
		cache_remove_temporary(dir_fd, id);
	return r;
}

int remembered_save(int dir_fd, const char *identity, const struct remembered *m)
{
	struct buf bytes = BUF_INIT(REMEMBERED_BYTES_MAX);
	char id[DELIVERY_ID_TEXT];
	int lock_fd = -1;
	int r = id_of(identity, id);

	if (r == 0)
		r = remembered_write(m, identity, &bytes);
	if (r == 0)
		r = cache_lock(dir_fd, id, &lock_fd);
	if (r == 0) {
		r = publish(dir_fd, id, buf_span(&bytes));
		cache_unlock(dir_fd, id, lock_fd);
	}
	buf_finish(&bytes);
	return r;
}

static bool is_ours(struct span name)
{
	if (span_starts(name, SPAN(CACHE_TEMPORARY)))
		name = span_from(name, sizeof(CACHE_TEMPORARY) - 1);
	return span_find(name, '.') == DELIVERY_ID_TEXT - 1 &&
		span_ends(name, SPAN(SUFFIX));
}

int remembered_remove_all(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	int r = 0;

	if (!stream) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	/* Also what a killed writer left of one. */
	while ((d = readdir(stream)))
		if (is_ours(span_of(d->d_name)) && unlinkat(dir_fd, d->d_name, 0) < 0 &&
			errno != ENOENT)
			r = -errno;
	closedir(stream);
	return r;
}
