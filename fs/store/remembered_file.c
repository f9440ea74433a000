/* Where things are remembered: a file of the cache directory for each identity and kind.
 * Its writers take turns by the lock of its name, as those of a month do; what a killed
 * one leaves is tidied away with theirs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "fs/store/cache_dir.h"
#include "fs/store/remembered.h"

#define SUFFIX ".known"

static const char *const suffixes[] = { SUFFIX, ".tables" };

enum { NAME_HASH_BYTES = 16, LOCK_TRIES = 20 };

static int hash_of(const char *identity, char ret[2 * NAME_HASH_BYTES + 1])
{
	return sha256_hex(span_of(identity), NAME_HASH_BYTES, ret);
}

int remembered_read(int dir_fd, const char *identity, const char *suffix, struct buf *ret)
{
	char hash[2 * NAME_HASH_BYTES + 1], name[CACHE_NAME_TEXT];
	int r = hash_of(identity, hash);

	if (r == 0) {
		cache_name("", hash, suffix, name);
		r = cache_read_file(dir_fd, name, ret);
	}
	return r == -EFBIG ? -EBADMSG : r;
}

int remembered_load(int dir_fd, const char *identity, struct remembered *ret)
{
	struct buf bytes = BUF_INIT(REMEMBERED_BYTES_MAX);
	int r = remembered_read(dir_fd, identity, SUFFIX, &bytes);

	if (r == 0)
		r = remembered_parse(buf_span(&bytes), identity, ret);
	buf_finish(&bytes);
	return r == -EFBIG ? -EBADMSG : r;
}

static int write_new(int dir_fd, const char *name, struct span bytes)
{
	int fd = openat(dir_fd, name,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = io_write(fd, bytes.p, bytes.len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* With the lock. */
static int publish(int dir_fd, const char *hash, const char *suffix, struct span bytes)
{
	char from[CACHE_NAME_TEXT], to[CACHE_NAME_TEXT];
	int r;

	cache_name(CACHE_TEMPORARY, hash, suffix, from);
	cache_name("", hash, suffix, to);
	r = write_new(dir_fd, from, bytes);
	if (r == 0 && renameat(dir_fd, from, dir_fd, to) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir_fd, from, 0);
	return r;
}

/* Who has it writes, or tidies up: either is quick. */
static int lock(int dir_fd, const char *hash, int *ret_fd)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int r = cache_lock(dir_fd, hash, ret_fd);

	for (int i = 0; i < LOCK_TRIES && r == -EAGAIN; i++) {
		nanosleep(&pause, NULL);
		r = cache_lock(dir_fd, hash, ret_fd);
	}
	return r;
}

int remembered_replace(
	int dir_fd, const char *identity, const char *suffix, struct span bytes)
{
	char hash[2 * NAME_HASH_BYTES + 1];
	int lock_fd = -1;
	int r = hash_of(identity, hash);

	if (r == 0)
		r = lock(dir_fd, hash, &lock_fd);
	if (r == 0) {
		r = publish(dir_fd, hash, suffix, bytes);
		cache_unlock(dir_fd, hash, lock_fd);
	}
	return r;
}

int remembered_save(int dir_fd, const char *identity, const struct remembered *m)
{
	struct buf bytes = BUF_INIT(REMEMBERED_BYTES_MAX);
	int r = remembered_write(m, identity, &bytes);

	if (r == 0)
		r = remembered_replace(dir_fd, identity, SUFFIX, buf_span(&bytes));
	buf_finish(&bytes);
	return r;
}

static bool is_ours(struct span name)
{
	if (span_starts(name, SPAN(CACHE_TEMPORARY)))
		name = span_from(name, sizeof(CACHE_TEMPORARY) - 1);
	if (span_find(name, '.') != (size_t)2 * NAME_HASH_BYTES)
		return false;
	name = span_from(name, (size_t)2 * NAME_HASH_BYTES);
	return span_eq(name, span_of(suffixes[0])) || span_eq(name, span_of(suffixes[1]));
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
	/* Also what a killed writer left. */
	while ((d = readdir(stream)))
		if (is_ours(span_of(d->d_name)) && unlinkat(dir_fd, d->d_name, 0) < 0 &&
			errno != ENOENT)
			r = -errno;
	closedir(stream);
	return r;
}
