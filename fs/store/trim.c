#include "fs/store/trim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "fs/store/cache_dir.h"
#include "fs/store/cache_scan.h"

/* What can go at once. */
struct candidate {
	const struct found *found;
	bool is_rows; /* its data alone, not its cube */
	struct timespec used;
};
struct round {
	struct candidate *items;
	size_t count;
	uint64_t total, keep; /* bytes of the cache */
	uint64_t freed;
	int first; /* errno of the first that failed */
};

/* Of what was found half, the other half may have come meanwhile: looked at again under
 * the lock. Bytes of leftovers that somebody still works at stay in the count. */
static int tidy(int dir_fd, struct found *f)
{
	int lock_fd;
	int r = cache_lock(dir_fd, f->id, &lock_fd);

	if (r == -EAGAIN)
		return 0;
	if (r < 0)
		return r;
	cache_remove_temporary(dir_fd, f->id);
	f->leftover_bytes = 0;
	if (cache_has(dir_fd, f->id, ".data") && !cache_has(dir_fd, f->id, ".cube")) {
		r = cache_remove(dir_fd, f->id);
		f->data_bytes = 0;
		f->parts &= ~(unsigned)FOUND_DATA;
	}
	cache_unlock(dir_fd, f->id, lock_fd);
	return r;
}

static int tidy_all(int dir_fd, struct found_list *found)
{
	int first = 0;

	for (size_t i = 0; i < found->count; i++) {
		struct found *f = &found->items[i];
		bool is_half = (f->parts & FOUND_DATA) && !(f->parts & FOUND_CUBE);
		int r = is_half || (f->parts & FOUND_LEFTOVER) ? tidy(dir_fd, f) : 0;

		if (r < 0 && first == 0)
			first = r;
	}
	return first;
}

/* A descriptor with the only lock on the file; -EBUSY; -ENOENT; -EBADMSG that is
 * not ours. */
static int lock_file(int dir_fd, const char *id, const char *suffix)
{
	char name[CACHE_NAME_TEXT];
	struct stat st;
	int fd;

	int opened;

	cache_name("", id, suffix, name);
	opened = cache_open_file(dir_fd, name, &st, &fd);
	if (opened < 0)
		return opened;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int r = errno == EWOULDBLOCK ? -EBUSY : -errno;

		close(fd);
		return r;
	}
	return fd;
}

static int evict_rows(int dir_fd, const char *id)
{
	int fd = lock_file(dir_fd, id, ".data");
	int r;

	/* Nobody of us has that open. */
	if (fd == -EBADMSG)
		return cache_remove_rows(dir_fd, id);
	if (fd < 0)
		return fd;
	r = cache_remove_rows(dir_fd, id);
	close(fd);
	return r;
}

/* Rows that are in use keep their month. */
static int evict_whole(int dir_fd, const struct found *f)
{
	const char *suffix = f->parts & FOUND_TABLE ? ".table" : ".cube";
	int data_fd = lock_file(dir_fd, f->id, ".data");
	int fd, r;

	if (data_fd < 0 && data_fd != -ENOENT && data_fd != -EBADMSG)
		return data_fd;
	fd = lock_file(dir_fd, f->id, suffix);
	r = fd < 0 && fd != -EBADMSG ? fd : cache_remove(dir_fd, f->id);
	if (data_fd >= 0)
		close(data_fd);
	if (fd >= 0)
		close(fd);
	return r;
}

/* Who reads one has all of it in memory. */
static int evict_listing(int dir_fd, const char *id)
{
	char name[CACHE_NAME_TEXT];
	int fd;
	int r = cache_open_listings(dir_fd, &fd);

	if (r < 0)
		return r;
	cache_name("", id, CACHE_LISTING, name);
	r = unlinkat(fd, name, 0) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int evict(int dir_fd, const struct candidate *c)
{
	if (c->found->parts & FOUND_LISTING)
		return evict_listing(dir_fd, c->found->id);
	return c->is_rows ? evict_rows(dir_fd, c->found->id)
			  : evict_whole(dir_fd, c->found);
}

static int by_use(const void *a, const void *b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;
	int r = found_by_time(&x->used, &y->used);

	if (r != 0)
		return r;
	return x->found < y->found ? -1 : x->found > y->found;
}

static void evict_oldest(int dir_fd, struct round *round)
{
	if (round->count > 1)
		qsort(round->items, round->count, sizeof(*round->items), by_use);
	for (size_t i = 0; i < round->count && round->total > round->keep; i++) {
		const struct candidate *c = &round->items[i];
		uint64_t bytes =
			c->is_rows ? c->found->data_bytes : c->found->other_bytes;
		int r = evict(dir_fd, c);

		/* Gone already: somebody else trims, too. */
		if (r == 0 || r == -ENOENT) {
			round->total -= bytes;
			round->freed += bytes;
		} else if (r != -EBUSY && round->first == 0) {
			round->first = r;
		}
	}
}

/* What the whole of a month is besides its rows goes in the second round. */
static bool is_candidate(const struct found *f, bool is_first, struct candidate *ret)
{
	if (f->parts & (FOUND_TABLE | FOUND_LISTING)) {
		*ret = (struct candidate){ f, false, f->used };
		return is_first;
	}
	*ret = is_first ? (struct candidate){ f, true, f->data_used }
			: (struct candidate){ f, false, f->used };
	return is_first ? f->data_bytes > 0 : (f->parts & FOUND_CUBE) != 0;
}

static void run_round(
	int dir_fd, const struct found_list *found, bool is_first, struct round *round)
{
	round->count = 0;
	for (size_t i = 0; i < found->count; i++)
		if (is_candidate(&found->items[i], is_first, &round->items[round->count]))
			round->count++;
	evict_oldest(dir_fd, round);
}

static uint64_t total_bytes(const struct found_list *found)
{
	uint64_t total = 0;

	for (size_t i = 0; i < found->count; i++)
		total += found_bytes(&found->items[i]);
	return total;
}

static int trim_found(int dir_fd, const struct found_list *found, struct round *round)
{
	round->total = total_bytes(found);
	if (round->total <= round->keep)
		return 0;
	round->items = vec_alloc(found->count, sizeof(*round->items));
	if (!round->items)
		return -ENOMEM;
	run_round(dir_fd, found, true, round);
	run_round(dir_fd, found, false, round);
	free(round->items);
	return round->first;
}

int trim_dir(int dir_fd, uint64_t keep_bytes, uint64_t *ret_freed)
{
	struct found_list found = { 0 };
	struct round round = { .keep = keep_bytes };
	int r = cache_scan(dir_fd, &found);

	if (r == 0) {
		int tidied = tidy_all(dir_fd, &found);

		r = trim_found(dir_fd, &found, &round);
		if (r == 0)
			r = tidied;
	}
	found_list_finish(&found);
	if (ret_freed)
		*ret_freed = round.freed;
	return r;
}

/* By its mark: a lock of ours would hide the month for a moment from who opens it. */
static bool is_in_use(int dir_fd, const char *id)
{
	char name[CACHE_NAME_TEXT];
	struct stat st;
	bool is_used;
	int fd;

	cache_name("", id, ".cube", name);
	if (cache_open_file(dir_fd, name, &st, &fd) < 0)
		return false;
	is_used = cache_is_used(fd);
	close(fd);
	return is_used;
}

static void count_use(int dir_fd, const struct found *f, struct store_usage *usage)
{
	usage->bytes += found_bytes(f);
	usage->tables += (f->parts & FOUND_TABLE) != 0;
	usage->listings += (f->parts & FOUND_LISTING) != 0;
	if (!(f->parts & FOUND_CUBE))
		return;
	usage->months++;
	usage->with_rows += (f->parts & FOUND_DATA) != 0;
	usage->in_use += is_in_use(dir_fd, f->id);
}

int trim_usage(int dir_fd, struct store_usage *ret)
{
	struct found_list found = { 0 };
	struct store_usage usage = { .limit_bytes = ret->limit_bytes };
	int r = cache_scan(dir_fd, &found);

	for (size_t i = 0; r == 0 && i < found.count; i++)
		count_use(dir_fd, &found.items[i], &usage);
	found_list_finish(&found);
	if (r == 0)
		*ret = usage;
	return r;
}
