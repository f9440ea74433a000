#include "fs/store/cache_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "fs/store/cache_dir.h"

enum { SCAN_MAX = 1 << 22, ID_LEN = DELIVERY_ID_TEXT - 1 };

/* Of one directory. */
struct scan {
	int dir_fd;
	bool is_listings;
	struct found_list *found;
};

static bool is_id(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789abcdef", s.p[i]) || s.p[i] == '\0')
			return false;
	return s.len == ID_LEN;
}

/* FOUND_NONE for names that are none of ours, too; those are left alone. */
static unsigned parse_name(struct span name, struct span *ret_id)
{
	static const struct {
		struct span suffix;
		enum found_part part;
	} known[] = {
		{ { ".cube", 5 }, FOUND_CUBE }, { { ".data", 5 }, FOUND_DATA },
		{ { ".lock", 5 }, FOUND_LEFTOVER }, { { ".table", 6 }, FOUND_TABLE },
		{ { ".known", 6 }, FOUND_NONE }, /* remembered.h */
		{ { ".tables", 7 }, FOUND_NONE },
		{ { ".spill", 6 }, FOUND_NONE }, /* temporary alone (spill.h) */
	};
	bool temporary = span_starts(name, SPAN(CACHE_TEMPORARY));
	struct span plain =
		temporary ? span_from(name, sizeof(CACHE_TEMPORARY) - 1) : name;

	*ret_id = span_first(plain, ID_LEN);
	if (!is_id(*ret_id))
		return FOUND_NONE;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_eq(span_from(plain, ID_LEN), known[i].suffix))
			return temporary ? FOUND_LEFTOVER : known[i].part;
	return FOUND_NONE;
}

static unsigned parse_listing(struct span name, struct span *ret_id)
{
	*ret_id = span_first(name, ID_LEN);
	return is_id(*ret_id) && span_eq(span_from(name, ID_LEN), SPAN(CACHE_LISTING))
		? FOUND_LISTING
		: FOUND_NONE;
}

static struct found found_of(unsigned part, const struct stat *st)
{
	struct found f = { .parts = part };
	uint64_t bytes = (uint64_t)st->st_size;

	switch (part) {
	case FOUND_DATA:
		f.data_bytes = bytes;
		f.data_used = st->st_mtim;
		break;
	case FOUND_LEFTOVER:
		f.leftover_bytes = bytes;
		break;
	case FOUND_LISTING:
		/* mtime is when AWS was asked. */
		f.other_bytes = bytes;
		f.used = found_by_time(&st->st_atim, &st->st_mtim) > 0 ? st->st_atim
								       : st->st_mtim;
		break;
	default:
		f.other_bytes = bytes;
		f.used = st->st_mtim;
	}
	return f;
}

static int scan_name(const struct scan *scan, const char *text)
{
	struct found_list *l = scan->found;
	struct span id;
	struct stat st;
	unsigned part = scan->is_listings ? parse_listing(span_of(text), &id)
					  : parse_name(span_of(text), &id);
	int r;

	/* A file that has just gone needs no care. */
	if (part == FOUND_NONE ||
		fstatat(scan->dir_fd, text, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, SCAN_MAX);
	if (r < 0)
		return r;
	l->items[l->count] = found_of(part, &st);
	memcpy(l->items[l->count++].id, id.p, id.len);
	return 0;
}

static int scan_stream(const struct scan *scan, DIR *stream)
{
	const struct dirent *d;
	int r = 0;

	errno = 0;
	while (r == 0 && (d = readdir(stream))) {
		r = scan_name(scan, d->d_name);
		errno = 0;
	}
	return r < 0 ? r : -errno;
}

static int scan_dir(const struct scan *scan)
{
	DIR *stream;
	int r;
	/* Opened anew: the position of a duplicate would be shared by all threads. */
	int fd = openat(scan->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	stream = fdopendir(fd);
	if (!stream) {
		r = -errno;
		close(fd);
		return r;
	}
	r = scan_stream(scan, stream);
	closedir(stream);
	return r;
}

int cache_open_listings(int dir_fd, int *ret_fd)
{
	int fd = openat(dir_fd, "live", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int scan_listings(int dir_fd, struct found_list *found)
{
	struct scan scan = { .is_listings = true, .found = found };
	int r = cache_open_listings(dir_fd, &scan.dir_fd);

	/* Whatever else stands under that name is nothing that we have put there. */
	if (r < 0)
		return 0;
	r = scan_dir(&scan);
	close(scan.dir_fd);
	return r;
}

/* Listings are named by another hash, and stay by themselves. */
static int by_id(const void *a, const void *b)
{
	const struct found *x = a;
	const struct found *y = b;
	int r = (x->parts == FOUND_LISTING) - (y->parts == FOUND_LISTING);

	return r != 0 ? r : memcmp(x->id, y->id, ID_LEN);
}

static void join(struct found *to, const struct found *f)
{
	to->parts |= f->parts;
	to->data_bytes += f->data_bytes;
	to->other_bytes += f->other_bytes;
	to->leftover_bytes += f->leftover_bytes;
	if (f->parts & FOUND_DATA)
		to->data_used = f->data_used;
	if (f->parts & (FOUND_CUBE | FOUND_TABLE))
		to->used = f->used;
}

/* One item a file becomes one item an id. */
static void merge(struct found_list *l)
{
	size_t kept = 0;

	if (l->count > 1)
		qsort(l->items, l->count, sizeof(*l->items), by_id);
	for (size_t i = 0; i < l->count; i++) {
		const struct found *f = &l->items[i];
		struct found *last = kept > 0 ? &l->items[kept - 1] : NULL;

		if (last && by_id(last, f) == 0)
			join(last, f);
		else
			l->items[kept++] = *f;
	}
	l->count = kept;
}

int cache_scan(int dir_fd, struct found_list *ret)
{
	struct found_list found = { 0 };
	const struct scan scan = { .dir_fd = dir_fd, .found = &found };
	int r = scan_dir(&scan);

	if (r == 0)
		r = scan_listings(dir_fd, &found);
	if (r < 0) {
		found_list_finish(&found);
		return r;
	}
	merge(&found);
	*ret = found;
	return 0;
}

void found_list_finish(struct found_list *l)
{
	free(l->items);
	*l = (struct found_list){ 0 };
}

int found_by_time(const struct timespec *a, const struct timespec *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	if (a->tv_nsec != b->tv_nsec)
		return a->tv_nsec < b->tv_nsec ? -1 : 1;
	return 0;
}

uint64_t found_bytes(const struct found *f)
{
	return f->data_bytes + f->other_bytes + f->leftover_bytes;
}
