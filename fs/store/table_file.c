#include "fs/store/table_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/log.h"
#include "base/vec.h"
#include "fs/store/cache_dir.h"
#include "fs/store/store_impl.h"
#include "fs/store/table_write.h"

#define SUFFIX ".table"

enum { OPEN_TRIES = 20, BLOCKS_MAX = 1 << 28 };

/* Immutable but for refs and is_lost. */
struct table_file {
	atomic_uint refs;
	atomic_bool is_lost;
	struct store *store;
	struct table_end end;
	uint64_t *hashes; /* of its blocks */
};
struct table_reader {
	struct table_file *file; /* a reference */
	int fd; /* with a shared lock, which keeps eviction away */
};

static void free_file(struct table_file *f)
{
	free(f->hashes);
	free(f);
}

struct table_file *table_file_ref(struct table_file *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}

void table_file_unref(struct table_file *f)
{
	if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
		free_file(f);
}

const char *table_file_id(const struct table_file *f)
{
	return f->end.id;
}

uint64_t table_file_size(const struct table_file *f)
{
	return f->end.text_bytes;
}

uint64_t table_file_rows(const struct table_file *f)
{
	return f->end.rows;
}

struct instant table_file_as_of(const struct table_file *f)
{
	return (struct instant){ f->end.as_of };
}

bool table_file_is_lost(const struct table_file *f)
{
	return atomic_load(&f->is_lost);
}

static int read_exactly(int fd, void *bytes, size_t len, uint64_t offset)
{
	ssize_t n = io_pread(fd, bytes, len, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n == len ? 0 : -EBADMSG;
}

static bool is_end_of(const struct table_end *e, const char *id, uint64_t file_bytes)
{
	uint64_t blocks =
		e->text_bytes / TABLE_BLOCK + (e->text_bytes % TABLE_BLOCK != 0);

	return memcmp(e->magic, TABLE_MAGIC, sizeof(e->magic)) == 0 &&
		e->version == TABLE_VERSION && e->byte_order == TABLE_BYTE_ORDER &&
		memcmp(e->id, id, sizeof(e->id)) == 0 && e->text_bytes <= file_bytes &&
		blocks <= BLOCKS_MAX &&
		file_bytes ==
		e->text_bytes + blocks * sizeof(uint64_t) + sizeof(struct table_end);
}

/* What the file ends in. 0; -EBADMSG; -EIO; -ENOMEM. */
static int read_end(struct table_file *f, int fd, const char *id)
{
	struct stat st;
	size_t bytes;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < sizeof(f->end))
		return -EBADMSG;
	r = read_exactly(
		fd, &f->end, sizeof(f->end), (uint64_t)st.st_size - sizeof(f->end));
	if (r < 0)
		return r;
	if (!is_end_of(&f->end, id, (uint64_t)st.st_size))
		return -EBADMSG;
	bytes = (size_t)((uint64_t)st.st_size - sizeof(f->end) - f->end.text_bytes);
	f->hashes = vec_alloc(bytes + 1, 1);
	if (!f->hashes)
		return -ENOMEM;
	r = read_exactly(fd, f->hashes, bytes, f->end.text_bytes);
	if (r == 0 &&
		f->end.hash !=
			table_end_hash(
				&f->end, (struct span){ (const char *)f->hashes, bytes }))
		r = -EBADMSG;
	return r;
}

static int read_file(struct store *s, const char *id, int fd, struct table_file **ret)
{
	struct table_file *f = vec_alloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	atomic_init(&f->refs, 1);
	f->store = s;
	r = read_end(f, fd, id);
	if (r < 0)
		free_file(f);
	else
		*ret = f;
	return r;
}

/* A descriptor with a shared lock. -ENOENT also while somebody who evicts has it
 * locked for a moment. */
static int open_once(const struct store *s, const char *name)
{
	struct stat st;
	int fd;
	int r = cache_open_file(store_dir_fd(s), name, &st, &fd);

	if (r < 0)
		return r;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

static int open_locked(const struct store *s, const char *id)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	char name[CACHE_NAME_TEXT];
	int fd;

	cache_name("", id, SUFFIX, name);
	fd = open_once(s, name);
	for (int i = 0; i < OPEN_TRIES && fd == -ENOENT; i++) {
		if (!cache_has(store_dir_fd(s), id, SUFFIX))
			break;
		nanosleep(&pause, NULL);
		fd = open_once(s, name);
	}
	/* When it was last wanted. A read-only cache has no such order. */
	if (fd >= 0 && utimensat(store_dir_fd(s), name, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		log_line(LOG_LEVEL_DEBUG, "cache %s: %s: last use not noted",
			store_path(s), name);
	return fd;
}

/* *ret_fd keeps it from eviction until it is closed. */
static int open_file(
	struct store *s, const char *id, struct table_file **ret, int *ret_fd)
{
	int fd = open_locked(s, id);
	int r = fd < 0 ? fd : read_file(s, id, fd, ret);

	if (r == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return r;
}

/* Unless somebody is about to replace it. */
static void discard(struct store *s, const char *id)
{
	int lock_fd;
	int r = cache_lock(store_dir_fd(s), id, &lock_fd);

	if (r < 0)
		return;
	log_line(LOG_LEVEL_WARNING, "cache %s: removing a damaged table", store_path(s));
	r = cache_remove(store_dir_fd(s), id);
	if (r < 0)
		log_line(LOG_LEVEL_DEBUG, "cache %s: not removed: %s", store_path(s),
			fault_errno_text(r));
	cache_unlock(store_dir_fd(s), id, lock_fd);
}

int table_file_find(struct store *s, const char *id, struct table_file **ret)
{
	int fd = -1;
	int r = open_file(s, id, ret, &fd);

	if (r == 0)
		close(fd);
	if (r != -EBADMSG)
		return r;
	discard(s, id);
	return -ENOENT;
}

static int cannot_write(const struct store *s, int error, struct fault *why)
{
	int r = fault(why, error, "cache %s: cannot write: %s", store_path(s),
		fault_errno_text(error));

	if (error == -ENOSPC || error == -EDQUOT)
		fault_cure(why,
			"free some space, or set another cache directory with --cache");
	else
		fault_cure(
			why, "make it writable, or name another directory with --cache");
	return r == -EDQUOT ? -ENOSPC : r;
}

/* With the lock: writes, and gives it its name. */
static int write_file(struct store *s, const struct table_build *b, struct fault *why)
{
	const char *id = b->delivery->id;
	char from[CACHE_NAME_TEXT], to[CACHE_NAME_TEXT];
	int dir_fd = store_dir_fd(s);
	int r, fd;

	cache_remove_temporary(dir_fd, id);
	cache_name(CACHE_TEMPORARY, id, SUFFIX, from);
	cache_name("", id, SUFFIX, to);
	fd = openat(
		dir_fd, from, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return cannot_write(s, -errno, why);
	r = table_write(b, fd, why);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	if (r == 0 && renameat(dir_fd, from, dir_fd, to) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir_fd, from, 0);
	/* Some file systems cannot sync a directory; then a crash costs the file. */
	fsync(dir_fd);
	return r == -ENOSPC || r == -EDQUOT ? cannot_write(s, r, why) : r;
}

static int build_once(struct store *s, const struct table_build *b,
	struct table_file **ret, int *ret_fd, struct fault *why)
{
	const char *id = b->delivery->id;
	int lock_fd;
	int r = store_lock(s, id, b->stop, &lock_fd);

	if (r == -ECANCELED)
		return r;
	if (r < 0)
		return cannot_write(s, r, why);
	r = open_file(s, id, ret, ret_fd);
	if (r == -ENOENT || r == -EBADMSG) {
		r = write_file(s, b, why);
		if (r == 0)
			r = open_file(s, id, ret, ret_fd);
	}
	cache_unlock(store_dir_fd(s), id, lock_fd);
	return r;
}

int table_file_build(struct store *s, struct object_source *source,
	const struct delivery *d, const atomic_bool *stop, struct table_file **ret,
	struct fault *why)
{
	const struct table_build b = { .source = source,
		.delivery = d,
		.limit_bytes = store_limit(s),
		.stop = stop };
	int fd = -1;
	int r = build_once(s, &b, ret, &fd, why);

	if (r == -ENOSPC && store_make_room(s))
		r = build_once(s, &b, ret, &fd, why);
	if (r < 0)
		return r;
	/* This one is wanted now. */
	store_trim_to_limit(s);
	close(fd);
	return 0;
}

int table_file_open(struct table_file *f, struct table_reader **ret)
{
	struct table_reader *made = vec_alloc(1, sizeof(*made));
	struct table_file *now = NULL;
	int fd = -1;
	int r = made ? open_file(f->store, f->end.id, &now, &fd) : -ENOMEM;

	if (r == -EBADMSG)
		discard(f->store, f->end.id);
	/* Of one id there is one content. */
	if (r == -EBADMSG || (r == 0 && now->end.hash != f->end.hash))
		r = -ENOENT;
	if (r == -ENOENT)
		atomic_store(&f->is_lost, true);
	table_file_unref(now);
	if (r == 0) {
		*made = (struct table_reader){ table_file_ref(f), fd };
		*ret = made;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	free(made);
	return r;
}

void table_reader_close(struct table_reader *r)
{
	if (!r)
		return;
	close(r->fd);
	table_file_unref(r->file);
	free(r);
}

/* One block, or the part of it that is wanted: the whole is looked at. spare: of
 * TABLE_BLOCK bytes, made when it is needed. Answers bytes. */
static ssize_t read_block(
	const struct table_reader *x, uint64_t offset, char *to, size_t len, char **spare)
{
	const struct table_file *f = x->file;
	uint64_t block = offset / TABLE_BLOCK, start = block * TABLE_BLOCK;
	uint64_t left = f->end.text_bytes - start;
	size_t bytes = left < TABLE_BLOCK ? (size_t)left : TABLE_BLOCK;
	size_t skip = (size_t)(offset - start);
	bool is_whole = skip == 0 && len >= bytes;
	char *into;
	int r;

	if (!is_whole && !*spare)
		*spare = vec_alloc(TABLE_BLOCK, 1);
	into = is_whole ? to : *spare;
	if (!into)
		return -ENOMEM;
	r = read_exactly(x->fd, into, bytes, start);
	if (r == 0 && hash64(into, bytes, 0) != f->hashes[block])
		r = -EBADMSG;
	if (r < 0)
		return r;
	len = len < bytes - skip ? len : bytes - skip;
	if (!is_whole)
		memcpy(to, into + skip, len);
	return (ssize_t)len;
}

static ssize_t say_damaged(struct table_file *f, ssize_t r, struct fault *why)
{
	fault(why, (int)r, "cache %s: a table is damaged or cannot be read: %s",
		store_path(f->store), fault_errno_text((int)r));
	if (r == -EBADMSG && !atomic_exchange(&f->is_lost, true))
		discard(f->store, f->end.id);
	return r;
}

ssize_t table_reader_read(struct table_reader *r, uint64_t offset, void *bytes,
	size_t len, struct fault *why)
{
	struct table_file *f = r->file;
	char *to = bytes, *spare = NULL;
	size_t done = 0;
	ssize_t n = 1;

	while (n > 0 && done < len && offset + done < f->end.text_bytes) {
		n = read_block(r, offset + done, to + done, len - done, &spare);
		if (n > 0)
			done += (size_t)n;
	}
	free(spare);
	if (n < 0)
		return n == -ENOMEM ? n : say_damaged(f, n, why);
	return (ssize_t)done;
}
