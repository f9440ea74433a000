#include "fs/store/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "fs/store/cache_dir.h"

enum { NAME_MAX_BYTES = 255, LOCK_TRIES = 50 };

struct rows {
	int dir_fd;
	char *name; /* of the file; NULL: it has none, and stays open */
	uint64_t bytes, index;
	atomic_bool is_gone;
	pthread_mutex_t lock; /* never held over I/O */
	unsigned pins; /* guarded by lock */
	/* Changes with the lock only, and never while it is pinned; -1: closed. */
	int fd;
};

/* Only a look: who opens it keeps it. */
static int check_file(const struct rows *r)
{
	struct stat st;

	if (fstatat(r->dir_fd, r->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return -EBADMSG;
	return (uint64_t)st.st_size == r->bytes ? 0 : -EBADMSG;
}

static char *name_of(const char *name)
{
	struct buf b = BUF_INIT(NAME_MAX_BYTES);
	char *text = NULL;

	if (buf_appendf(&b, "%s.data", name) == 0)
		text = buf_take(&b);
	buf_finish(&b);
	return text;
}

static struct rows *new_rows(uint64_t bytes)
{
	struct rows *r = calloc(1, sizeof(*r));

	if (r == NULL || pthread_mutex_init(&r->lock, NULL) != 0) {
		free(r);
		return NULL;
	}
	r->dir_fd = -1;
	r->fd = -1;
	r->bytes = bytes;
	return r;
}

int rows_new_of(int fd, uint64_t bytes, struct rows **ret)
{
	struct rows *made = new_rows(bytes);

	if (made == NULL) {
		close(fd);
		return -ENOMEM;
	}
	made->fd = fd;
	*ret = made;
	return 0;
}

int rows_new(
	int dir_fd, const char *name, uint64_t bytes, uint64_t index, struct rows **ret)
{
	struct rows *made = new_rows(bytes);
	int r;

	if (made == NULL)
		return -ENOMEM;
	made->dir_fd = dir_fd;
	made->index = index;
	made->name = name_of(name);
	r = made->name == NULL ? -ENOMEM : check_file(made);
	if (r < 0)
		rows_free(made);
	else
		*ret = made;
	return r;
}

void rows_free(struct rows *r)
{
	if (r == NULL)
		return;
	if (r->fd >= 0)
		close(r->fd);
	pthread_mutex_destroy(&r->lock);
	free(r->name);
	free(r);
}

/* Who evicts has the file locked for a moment: then it is looked at again. */
static int lock_shared(int fd)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int tries = 0;

	while (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (++tries == LOCK_TRIES)
			return -ENODATA;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int check_tail(const struct rows *r, int fd)
{
	uint64_t index;
	ssize_t n;

	if (r->bytes < ROWS_TAIL)
		return -ENODATA;
	n = io_pread(fd, &index, sizeof(index), r->bytes - ROWS_TAIL);
	if (n < 0)
		return (int)n;
	return n == (ssize_t)sizeof(index) && index == r->index ? 0 : -ENODATA;
}

static int check_open(const struct rows *r, int fd)
{
	struct stat st;
	int error = lock_shared(fd);

	if (error < 0)
		return error;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* Evicted between the opening and the lock. */
	if (st.st_nlink == 0)
		return -ENODATA;
	return (uint64_t)st.st_size == r->bytes ? check_tail(r, fd) : -ENODATA;
}

static int open_file(const struct rows *r, int *ret_fd)
{
	struct stat st;
	int fd = -1;
	int error = cache_open_file(r->dir_fd, r->name, &st, &fd);

	if (error < 0)
		return error == -ENOENT ? -ENODATA : error;
	error = check_open(r, fd);
	if (error < 0)
		close(fd);
	else
		*ret_fd = fd;
	return error;
}

/* False: somebody has to open it first. */
static bool pin_open(struct rows *r)
{
	bool is_open;

	pthread_mutex_lock(&r->lock);
	is_open = r->fd >= 0;
	if (is_open)
		r->pins++;
	pthread_mutex_unlock(&r->lock);
	return is_open;
}

int rows_pin(struct rows *r)
{
	int fd = -1;
	int error;

	if (r->bytes == 0 || pin_open(r))
		return 0;
	error = open_file(r, &fd);
	atomic_store(&r->is_gone, error == -ENODATA);
	if (error < 0)
		return error;
	pthread_mutex_lock(&r->lock);
	if (r->fd < 0) {
		r->fd = fd;
		fd = -1;
	}
	r->pins++;
	pthread_mutex_unlock(&r->lock);
	/* Another thread was faster. */
	if (fd >= 0)
		close(fd);
	return 0;
}

void rows_unpin(struct rows *r)
{
	int fd = -1;

	if (r->bytes == 0)
		return;
	pthread_mutex_lock(&r->lock);
	if (--r->pins == 0 && r->name != NULL) {
		fd = r->fd;
		r->fd = -1;
	}
	pthread_mutex_unlock(&r->lock);
	if (fd < 0)
		return;
	/* In a cache that cannot be written to nothing is evicted either. */
	if (futimens(fd, NULL) < 0)
		errno = 0;
	close(fd);
}

bool rows_are_gone(const struct rows *r)
{
	return atomic_load(&r->is_gone);
}

ssize_t rows_read(const struct rows *r, void *bytes, size_t len, uint64_t offset)
{
	return io_pread(r->fd, bytes, len, offset);
}
