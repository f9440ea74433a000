/* What is in the cache directory, and what may leave it. */
#include "fs/store/trim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "fs/store/cache_dir.h"

enum { SCAN_MAX = 1 << 20, ID_LEN = DELIVERY_ID_TEXT - 1 };
enum part {
	PART_NONE = 0,
	PART_CUBE = 1,
	PART_DATA = 2,
	PART_LEFTOVER = 4,
	PART_TABLE = 8, /* alone under its id */
};

/* All files of one delivery id. */
struct found {
	char id[DELIVERY_ID_TEXT];
	unsigned parts;
	uint64_t bytes;
	struct timespec used; /* mtime of the cube, or of the table */
};
struct scan {
	struct found *items;
	size_t count, cap;
};

static bool is_id(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789abcdef", s.p[i]) || s.p[i] == '\0')
			return false;
	return s.len == ID_LEN;
}

/* 0 for names that are none of ours; those are left alone. */
static unsigned parse_name(struct span name, struct span *ret_id)
{
	static const struct {
		struct span suffix;
		enum part part;
	} known[] = {
		{ { ".cube", 5 }, PART_CUBE },
		{ { ".data", 5 }, PART_DATA },
		{ { ".lock", 5 }, PART_LEFTOVER },
		{ { ".table", 6 }, PART_TABLE },
		{ { ".known", 6 }, PART_NONE }, /* remembered.h */
		{ { ".tables", 7 }, PART_NONE },
	};
	bool temporary = span_starts(name, SPAN(CACHE_TEMPORARY));
	struct span plain =
		temporary ? span_from(name, sizeof(CACHE_TEMPORARY) - 1) : name;

	*ret_id = span_first(plain, ID_LEN);
	if (!is_id(*ret_id))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_eq(span_from(plain, ID_LEN), known[i].suffix))
			return temporary ? PART_LEFTOVER : known[i].part;
	return 0;
}

static int scan_name(int dir_fd, const char *text, struct scan *scan)
{
	struct span id;
	struct stat st;
	struct found *f;
	unsigned part = parse_name(span_of(text), &id);
	int r;

	/* A file that has just gone needs no care. */
	if (part == 0 || fstatat(dir_fd, text, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	r = VEC_RESERVE(&scan->items, &scan->cap, scan->count + 1, SCAN_MAX);
	if (r < 0)
		return r;
	f = &scan->items[scan->count++];
	*f = (struct found){ .parts = part };
	memcpy(f->id, id.p, id.len);
	if (part != PART_LEFTOVER)
		f->bytes = (uint64_t)st.st_size;
	if (part == PART_CUBE || part == PART_TABLE)
		f->used = st.st_mtim;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct found *x = a;
	const struct found *y = b;

	return memcmp(x->id, y->id, ID_LEN);
}

static int by_use(const void *a, const void *b)
{
	const struct found *x = a;
	const struct found *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
	return by_id(a, b);
}

/* One item a file becomes one item a delivery. */
static void merge(struct scan *scan)
{
	size_t kept = 0;

	if (scan->count > 1)
		qsort(scan->items, scan->count, sizeof(*scan->items), by_id);
	for (size_t i = 0; i < scan->count; i++) {
		const struct found *f = &scan->items[i];
		struct found *last = kept > 0 ? &scan->items[kept - 1] : NULL;

		if (!last || by_id(last, f) != 0) {
			scan->items[kept++] = *f;
			continue;
		}
		last->parts |= f->parts;
		last->bytes += f->bytes;
		if (f->parts & (PART_CUBE | PART_TABLE))
			last->used = f->used;
	}
	scan->count = kept;
}

static int scan_stream(int dir_fd, DIR *stream, struct scan *scan)
{
	const struct dirent *d;
	int r = 0;

	errno = 0;
	while (r == 0 && (d = readdir(stream))) {
		r = scan_name(dir_fd, d->d_name, scan);
		errno = 0;
	}
	return r < 0 ? r : -errno;
}

static int scan_dir(int dir_fd, struct scan *scan)
{
	DIR *stream;
	int r;
	/* Opened anew: the position of a duplicate would be shared by all threads. */
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	stream = fdopendir(fd);
	if (!stream) {
		r = -errno;
		close(fd);
		return r;
	}
	r = scan_stream(dir_fd, stream, scan);
	closedir(stream);
	if (r == 0)
		merge(scan);
	return r;
}

static bool is_month(const struct found *f)
{
	return (f->parts & PART_CUBE) && (f->parts & PART_DATA);
}

/* What can be evicted. */
static bool is_whole(const struct found *f)
{
	return is_month(f) || (f->parts & PART_TABLE);
}

/* Of what was found half, the other half may have come meanwhile: looked at again under
 * the lock. */
static int tidy(int dir_fd, const char *id)
{
	int lock_fd;
	int r = cache_lock(dir_fd, id, &lock_fd);

	if (r == -EAGAIN)
		return 0;
	if (r < 0)
		return r;
	cache_remove_temporary(dir_fd, id);
	if (cache_has(dir_fd, id, ".cube") != cache_has(dir_fd, id, ".data"))
		r = cache_remove(dir_fd, id);
	cache_unlock(dir_fd, id, lock_fd);
	return r;
}

/* A descriptor with the only lock on the data file, or on the table; -EBUSY; -ENOENT;
 * -EBADMSG that is not ours. */
static int lock_data(int dir_fd, const struct found *f)
{
	char name[CACHE_NAME_TEXT];
	struct stat st;
	int fd;

	cache_name("", f->id, is_month(f) ? ".data" : ".table", name);
	int opened = cache_open_file(dir_fd, name, &st, &fd);
	if (opened < 0)
		return opened;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int r = errno == EWOULDBLOCK ? -EBUSY : -errno;

		close(fd);
		return r;
	}
	return fd;
}

static int evict(int dir_fd, const struct found *f)
{
	int r;
	int fd = lock_data(dir_fd, f);

	/* Nobody of us has that open. */
	if (fd == -EBADMSG)
		return cache_remove(dir_fd, f->id);
	if (fd < 0)
		return fd;
	r = cache_remove(dir_fd, f->id);
	close(fd);
	return r;
}

static uint64_t total_bytes(const struct scan *scan)
{
	uint64_t total = 0;

	for (size_t i = 0; i < scan->count; i++)
		if (is_whole(&scan->items[i]))
			total += scan->items[i].bytes;
	return total;
}

static int evict_oldest(
	int dir_fd, struct scan *scan, uint64_t keep_bytes, uint64_t *freed)
{
	uint64_t total = total_bytes(scan);
	int first = 0;

	if (scan->count > 1)
		qsort(scan->items, scan->count, sizeof(*scan->items), by_use);
	for (size_t i = 0; i < scan->count && total > keep_bytes; i++) {
		const struct found *f = &scan->items[i];
		int r = is_whole(f) ? evict(dir_fd, f) : -EBUSY;

		/* Gone already: somebody else trims, too. */
		if (r == 0 || r == -ENOENT) {
			total -= f->bytes;
			*freed += f->bytes;
		} else if (r != -EBUSY && first == 0) {
			first = r;
		}
	}
	return first;
}

static int tidy_all(int dir_fd, struct scan *scan)
{
	int first = 0;

	for (size_t i = 0; i < scan->count; i++) {
		struct found *f = &scan->items[i];
		bool half = !is_month(f) && (f->parts & (PART_CUBE | PART_DATA));
		int r = half || (f->parts & PART_LEFTOVER) ? tidy(dir_fd, f->id) : 0;

		if (r < 0 && first == 0)
			first = r;
	}
	return first;
}

int trim_dir(int dir_fd, uint64_t keep_bytes, uint64_t *ret_freed)
{
	struct scan scan = { 0 };
	uint64_t freed = 0;
	int r = scan_dir(dir_fd, &scan);

	if (r == 0) {
		int tidied = tidy_all(dir_fd, &scan);

		r = evict_oldest(dir_fd, &scan, keep_bytes, &freed);
		if (r == 0)
			r = tidied;
	}
	free(scan.items);
	if (ret_freed)
		*ret_freed = freed;
	return r;
}

static bool is_in_use(int dir_fd, const struct found *f)
{
	int fd = lock_data(dir_fd, f);

	if (fd >= 0)
		close(fd);
	return fd == -EBUSY;
}

int trim_usage(int dir_fd, bool with_use, struct store_usage *ret)
{
	struct scan scan = { 0 };
	struct store_usage usage = { .limit_bytes = ret->limit_bytes };
	int r = scan_dir(dir_fd, &scan);

	for (size_t i = 0; r == 0 && i < scan.count; i++) {
		const struct found *f = &scan.items[i];

		usage.bytes += f->bytes;
		if (!is_month(f))
			continue;
		usage.months++;
		usage.in_use += with_use && is_in_use(dir_fd, f);
	}
	free(scan.items);
	if (r == 0)
		*ret = usage;
	return r;
}
