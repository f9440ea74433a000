/* Where it is remembered: a file of the cache directory for each identity. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "fs/store/cache_dir.h"
#include "fs/store/remembered.h"

#define SUFFIX ".known"

enum { NAME_HASH_BYTES = 16 };

static int name_of(const char *identity, char ret[CACHE_NAME_TEXT])
{
	char hash[2 * NAME_HASH_BYTES + 1];
	int r = sha256_hex(span_of(identity), NAME_HASH_BYTES, hash);

	if (r == 0)
		cache_name("", hash, SUFFIX, ret);
	return r;
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
	char name[CACHE_NAME_TEXT];
	int r = name_of(identity, name);

	if (r == 0)
		r = read_ours(dir_fd, name, &bytes);
	if (r == 0)
		r = remembered_parse(buf_span(&bytes), identity, ret);
	buf_finish(&bytes);
	return r == -EFBIG ? -EBADMSG : r;
}

int remembered_save(int dir_fd, const char *identity, const struct remembered *m)
{
	struct buf bytes = BUF_INIT(REMEMBERED_BYTES_MAX);
	char name[CACHE_NAME_TEXT];
	int r = name_of(identity, name);

	if (r == 0)
		r = remembered_write(m, identity, &bytes);
	if (r == 0)
		r = io_replace_file(dir_fd, name, buf_span(&bytes), 0600);
	buf_finish(&bytes);
	return r;
}

static bool is_ours(struct span name)
{
	return span_find(name, '.') == (size_t)2 * NAME_HASH_BYTES &&
		span_starts(span_from(name, (size_t)2 * NAME_HASH_BYTES), SPAN(SUFFIX));
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
