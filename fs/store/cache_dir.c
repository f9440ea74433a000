/* The directory of the cache: checks before trust, locks, renames. */
#include "fs/store/cache_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

enum { LOCK_TRIES = 8 };

void cache_name(
	const char *prefix, const char *id, const char *suffix, char ret[CACHE_NAME_TEXT])
{
	snprintf(ret, CACHE_NAME_TEXT, "%s%s%s", prefix, id, suffix);
}

static int refuse(struct fault *why, const char *path, int error, const char *seen)
{
	int r = fault(why, error, "cache directory %s: %s", path, seen);

	fault_cure(why, "name a directory of your own with --cache");
	return r;
}

static int refuse_owner(struct fault *why, const char *path, uid_t owner)
{
	char seen[80];

	snprintf(seen, sizeof(seen),
		"belongs to another user: %ju, while costfs runs as %ju",
		(uintmax_t)owner, (uintmax_t)geteuid());
	return refuse(why, path, -EACCES, seen);
}

/* Where others can put a directory of theirs in place of ours, as in /tmp, is no place
 * for a cache. Its mode is left alone: it may hold more than the cache, as /var/cache
 * does. */
static int check_place(int fd, const char *path, struct fault *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse(why, path, -errno, fault_errno_text(errno));
	if (st.st_uid != geteuid())
		return refuse_owner(why, path, st.st_uid);
	if ((st.st_mode & 022) == 0)
		return 0;
	int r = refuse(why, path, -EACCES, "other users may write to it");
	fault_cure(why,
		"close it: chmod go-w %s; or name a directory of your own with --cache",
		path);
	return r;
}

/* A cache holds an organization's costs: what others can read or, worse, write is none.
 */
static int check_ours(int fd, const char *path, struct fault *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse(why, path, -errno, fault_errno_text(errno));
	if (st.st_uid != geteuid())
		return refuse_owner(why, path, st.st_uid);
	if ((st.st_mode & 077) == 0)
		return 0;
	if (fchmod(fd, st.st_mode & 0700) < 0)
		return refuse(why, path, -EACCES, "is open to other users");
	return 0;
}

/* NOFOLLOW: a link would let who owns its folder move the cache elsewhere. */
static int open_checked(int at_fd, const char *name, const char *path,
	int (*check)(int fd, const char *path, struct fault *why), int *ret_fd,
	struct fault *why)
{
	int r;
	int fd = openat(at_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return refuse(why, path, -EACCES, "is a symbolic link or no directory");
	if (fd < 0)
		return refuse(why, path, -errno, fault_errno_text(errno));
	r = check(fd, path, why);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/* A trailing '/' would make O_NOFOLLOW follow. */
static char *copy_without_slash(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return strndup(path, len);
}

int cache_dir_open_below(
	int dir_fd, const char *name, const char *path, int *ret_fd, struct fault *why)
{
	if (mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
		return refuse(why, path, -errno, fault_errno_text(errno));
	return open_checked(dir_fd, name, path, check_ours, ret_fd, why);
}

int cache_dir_open(const char *path, int *ret_fd, struct fault *why)
{
	int path_fd = -1;
	int r;
	char *plain = copy_without_slash(path);

	if (!plain)
		return fault(why, -ENOMEM, "cache directory %s: out of memory", path);
	r = io_make_dirs(plain, 0700);
	/* On a read-only file system a directory that exists is good enough. */
	if (r < 0 && r != -EEXIST && r != -EROFS && r != -ENOTDIR) {
		r = refuse(why, plain, r, fault_errno_text(r));
		goto out;
	}
	r = open_checked(AT_FDCWD, plain, plain, check_place, &path_fd, why);
	if (r < 0)
		goto out;
	r = cache_dir_open_below(path_fd, "v1", plain, ret_fd, why);
out:
	if (path_fd >= 0)
		close(path_fd);
	free(plain);
	return r;
}

int cache_open_file(int dir_fd, const char *name, struct stat *ret_stat, int *ret_fd)
{
	struct stat st;
	int r = 0;
	/* NONBLOCK: what is no file is not waited for. */
	int fd = openat(
		dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? -EBADMSG : -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		r = -EBADMSG;
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_stat = st;
	*ret_fd = fd;
	return 0;
}

int cache_read_file(int dir_fd, const char *name, struct buf *ret)
{
	struct stat st = { 0 };
	int fd = -1;
	int r = cache_open_file(dir_fd, name, &st, &fd);

	if (r < 0)
		return r;
	r = io_read_all(fd, ret);
	close(fd);
	return r;
}

bool cache_has(int dir_fd, const char *id, const char *suffix)
{
	char name[CACHE_NAME_TEXT];

	cache_name("", id, suffix, name);
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void cache_mark_used(int fd)
{
	struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int r = fcntl(fd, F_OFD_SETLK, &whole);

	(void)r; /* as in the header */
}

bool cache_is_used(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

static int lock_once(int dir_fd, const char *name, int *ret_fd)
{
	struct stat st;
	int r = 0;
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		r = errno == EWOULDBLOCK ? -EAGAIN : -errno;
	else if (fstat(fd, &st) < 0)
		r = -errno;
	else if (st.st_nlink == 0)
		r = -ESTALE;
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int cache_lock(int dir_fd, const char *id, int *ret_fd)
{
	char name[CACHE_NAME_TEXT];
	int r = -ESTALE;

	cache_name("", id, ".lock", name);
	/* Its holder removes the file before letting go: a lock on a file without a name
	 * is worth nothing, and the next name must be tried. */
	for (int i = 0; i < LOCK_TRIES && r == -ESTALE; i++)
		r = lock_once(dir_fd, name, ret_fd);
	return r == -ESTALE ? -EAGAIN : r;
}

void cache_unlock(int dir_fd, const char *id, int lock_fd)
{
	char name[CACHE_NAME_TEXT];

	cache_name("", id, ".lock", name);
	unlinkat(dir_fd, name, 0);
	close(lock_fd);
}

static int rename_temporary(int dir_fd, const char *id, const char *suffix)
{
	char from[CACHE_NAME_TEXT];
	char to[CACHE_NAME_TEXT];

	cache_name(CACHE_TEMPORARY, id, suffix, from);
	cache_name("", id, suffix, to);
	return renameat(dir_fd, from, dir_fd, to) < 0 ? -errno : 0;
}

int cache_publish(int dir_fd, const char *id)
{
	int r = rename_temporary(dir_fd, id, ".data");

	if (r == 0)
		r = rename_temporary(dir_fd, id, ".cube");
	if (r < 0) {
		int removed = cache_remove(dir_fd, id);

		return removed < 0 ? removed : r;
	}
	/* Some file systems cannot sync a directory; then a crash costs the month, no
	 * more. */
	fsync(dir_fd);
	return 0;
}

int cache_publish_rows(int dir_fd, const char *id)
{
	int r = rename_temporary(dir_fd, id, ".data");

	cache_remove_temporary(dir_fd, id);
	if (r == 0)
		fsync(dir_fd);
	return r;
}

static int remove_file(int dir_fd, const char *prefix, const char *id, const char *suffix)
{
	char name[CACHE_NAME_TEXT];

	cache_name(prefix, id, suffix, name);
	return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

void cache_remove_temporary(int dir_fd, const char *id)
{
	static const char *const suffixes[] = { ".cube", ".data", ".known", ".table",
		".tables", ".spill" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(suffixes) && r == 0; i++)
		r = remove_file(dir_fd, CACHE_TEMPORARY, id, suffixes[i]);
	(void)r; /* the next one who has the lock tries again */
}

int cache_remove(int dir_fd, const char *id)
{
	int r = remove_file(dir_fd, "", id, ".cube");
	int data = remove_file(dir_fd, "", id, ".data");
	int table = remove_file(dir_fd, "", id, ".table");

	return r < 0 ? r : data < 0 ? data : table;
}

int cache_remove_rows(int dir_fd, const char *id)
{
	return remove_file(dir_fd, "", id, ".data");
}
