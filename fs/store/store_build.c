/* Months by delivery, built once by one of all who want them.
 *
 * Builders of one delivery are lined up by the lock of its id: who gets it looks again,
 * and builds only what is still not there. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "fs/store/cache_dir.h"
#include "fs/store/ingest.h"
#include "fs/store/store_impl.h"

enum { MIB = 1024 * 1024 };

/* What store_build() was asked for. */
struct build {
	const struct build_order *order;
	struct sums sums; /* zeroed: the month */
	struct month *bare; /* as it is in the cache, without its rows; NULL: it is not */
	char id[DELIVERY_ID_TEXT]; /* of the files */
};

/* What may be there beside the build, so that it ends within the limit: a month takes
 * about as much as its compressed objects. */
static uint64_t room_beside(const struct store *s, const struct delivery *d)
{
	uint64_t need = d ? delivery_bytes(d) : 0;

	return need < s->limit_bytes ? s->limit_bytes - need : 0;
}

bool store_make_room_for(struct store *s, const struct delivery *d)
{
	struct store_usage usage;
	uint64_t room = room_beside(s, d);

	store_trim_quietly(s, room);
	return store_usage(s, &usage) == 0 && usage.bytes <= room;
}

/* Keeps the month from eviction between its publishing and its opening. */
static int hold_temporary(const struct store *s, const char *id)
{
	char name[CACHE_NAME_TEXT];
	struct stat st;
	int fd = -1;
	int opened;

	cache_name(CACHE_TEMPORARY, id, ".cube", name);
	opened = cache_open_file(s->dir_fd, name, &st, &fd);
	if (opened < 0)
		return opened;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static int cannot_rename(const struct store *s, const char *id, int r, struct fault *why)
{
	cache_remove_temporary(s->dir_fd, id);
	return fault(why, r, "cache %s: cannot rename: %s", s->path, fault_errno_text(r));
}

static int publish(struct store *s, const char *id, struct month **ret, struct fault *why)
{
	int r;
	int hold_fd = hold_temporary(s, id);

	if (hold_fd < 0) {
		cache_remove_temporary(s->dir_fd, id);
		return fault(why, hold_fd,
			"cache %s: cannot open what was just written: %s", s->path,
			fault_errno_text(hold_fd));
	}
	r = cache_publish(s->dir_fd, id);
	r = r < 0 ? cannot_rename(s, id, r, why) : store_open_month(s, id, ret, why);
	close(hold_fd);
	return r;
}

/* Whether what was just written has the same index, so that its rows are those of bare.
 */
static bool is_same_index(struct store *s, const struct build *b)
{
	char name[CACHE_NAME_TEXT];
	struct month *made;
	bool is_same;

	cache_name(CACHE_TEMPORARY, b->id, "", name);
	if (month_open(s->dir_fd, name, s->blocks, &made, NULL) < 0)
		return false;
	is_same = month_facts(made)->index == month_facts(b->bare)->index;
	month_unref(made);
	return is_same;
}

/* The index stays the one that others have mapped: of another file with the same bytes
 * the old one would take its room until they are done. */
static int publish_rows(
	struct store *s, const struct build *b, struct month **ret, struct fault *why)
{
	int r = cache_publish_rows(s->dir_fd, b->id);

	if (r < 0)
		return cannot_rename(s, b->id, r, why);
	*ret = month_ref(b->bare);
	return 0;
}

static void reset(struct build_progress *p)
{
	if (!p)
		return;
	atomic_store(&p->bytes_total, 0);
	atomic_store(&p->bytes_done, 0);
	atomic_store(&p->rows, 0);
}

static struct ingest_options ingest_options_of(
	const struct store *s, const struct build *b)
{
	return (struct ingest_options){ .source = b->order->source,
		.delivery = b->order->delivery,
		.sums = b->sums,
		.threads = s->threads,
		.niceness = s->niceness,
		.progress = b->order->progress,
		.stop = b->order->stop };
}

static int confirm(const struct build *b, struct fault *why)
{
	return b->order->confirm ? b->order->confirm(b->order->context, why) : 0;
}

/* With the lock. */
static int ingest(
	struct store *s, const struct build *b, struct month **ret, struct fault *why)
{
	char name[CACHE_NAME_TEXT];
	const char *id = b->id;
	int r;

	cache_remove_temporary(s->dir_fd, id);
	reset(b->order->progress);
	cache_name(CACHE_TEMPORARY, id, "", name);
	const struct ingest_options options = ingest_options_of(s, b);
	r = ingest_month(&options, s->dir_fd, name, why);
	if (r == 0)
		r = confirm(b, why);
	if (r < 0) {
		cache_remove_temporary(s->dir_fd, id);
		return r;
	}
	if (b->bare && is_same_index(s, b))
		return publish_rows(s, b, ret, why);
	return publish(s, id, ret, why);
}

static int cannot_write(const struct store *s, int error, struct fault *why)
{
	int r = fault(why, error, "cache %s: cannot write: %s", s->path,
		fault_errno_text(error));

	fault_cure(why, "make it writable, or name another directory with --cache");
	return r;
}

static bool lacks_sums(const struct build *b, const struct month *m)
{
	return b->sums.dims != 0 && !sums_cover(&month_facts(m)->sums, &b->sums);
}

/* Rows of sums there are none. 0; -ENODATA; -errno. */
static int look_for_rows(const struct build *b, struct month *m)
{
	int r = b->sums.dims != 0 ? 0 : month_pin(m);

	if (r == 0 && b->sums.dims == 0)
		month_unpin(m);
	return r;
}

/* Where nothing can be written. */
static int open_whole(struct store *s, const struct build *b, struct month **ret)
{
	struct month *m;
	int r = store_open_month(s, b->id, &m, NULL);

	if (r == 0)
		r = look_for_rows(b, m);
	else
		m = NULL;
	if (r < 0)
		month_unref(m);
	else
		*ret = m;
	return r;
}

/* 0: there it is; -ENOENT: it has to be read, for its rows at least. */
static int look_first(
	struct store *s, struct build *b, struct month **ret, struct fault *why)
{
	struct month *m;
	int r = store_open_or_remove(s, b->id, &m, why);

	if (r < 0)
		return r;
	if (lacks_sums(b, m)) {
		month_unref(m);
		b->sums = sums_all();
		return -ENOENT;
	}
	r = look_for_rows(b, m);
	if (r == 0) {
		*ret = m;
		return 0;
	}
	if (r == -ENODATA)
		b->bare = m;
	else
		month_unref(m);
	return -ENOENT;
}

/* *ret_unwritable: the directory is, so that nothing was read. */
static int build_once(struct store *s, const struct build *b, struct month **ret,
	bool *ret_unwritable, struct fault *why)
{
	struct build mine = *b;
	int lock_fd;
	int r = store_lock(s, b->id, b->order->stop, &lock_fd);

	if (r == -ECANCELED)
		return r;
	if (r < 0) {
		*ret_unwritable = true;
		return open_whole(s, b, ret) == 0 ? 0 : cannot_write(s, r, why);
	}
	r = look_first(s, &mine, ret, why);
	if (r == -ENOENT) {
		store_trim_quietly(s, room_beside(s, b->order->delivery));
		r = ingest(s, &mine, ret, why);
	}
	cache_unlock(s->dir_fd, b->id, lock_fd);
	month_unref(mine.bare);
	return r;
}

/* A month takes about as much as its compressed objects; twice that is on the safe side.
 */
static uint64_t missing_mib(const struct store *s, const struct delivery *d)
{
	struct statvfs fs;
	uint64_t need = 0;
	uint64_t have = 0;

	for (size_t i = 0; i < d->count; i++)
		need += 2 * (d->files[i].size_bytes & (UINT64_MAX >> 20));
	if (fstatvfs(s->dir_fd, &fs) == 0)
		have = (uint64_t)fs.f_bavail * fs.f_frsize;
	need = need > have ? (need - have) / MIB + 1 : 0;
	return need > 64 ? need : 64;
}

static int disk_is_full(const struct store *s, const struct build *b, struct fault *why)
{
	char month[MONTH_TEXT];
	int r;

	month_format(b->order->delivery->month, month);
	r = fault(why, -ENOSPC, "cache %s: no space left for %.*s", s->path, MONTH_TEXT,
		month);
	fault_cure(why,
		"free %" PRIu64 " MiB on the file system of %s, or set another cache "
		"directory with --cache; what other programs keep open in the cache "
		"cannot be removed",
		missing_mib(s, b->order->delivery), s->path);
	return r;
}

static bool is_full(int r)
{
	return r == -ENOSPC || r == -EDQUOT;
}

/* What was read for somebody is there when that one comes for it. */
static void trim_beside(struct store *s, struct month *m)
{
	bool is_pinned = month_pin(m) == 0;

	store_trim_to_limit(s);
	if (is_pinned)
		month_unpin(m);
}

/* Where the cache cannot take it; why says so, and stays if there is no way around that.
 */
static int build_in_memory(
	struct store *s, const struct build *b, struct month **ret, struct fault *why)
{
	const struct ingest_options options = ingest_options_of(s, b);
	struct fault seen = { 0 };
	struct month *made = NULL;
	int r;

	reset(b->order->progress);
	r = in_memory_build(&s->memory, &options, s->blocks, &made, &seen);
	if (r == -ENOSPC)
		return why->error;
	if (r == 0)
		r = confirm(b, &seen);
	if (r < 0) {
		month_unref(made);
		*why = seen;
		return r;
	}
	*ret = made;
	if (in_memory_may_warn(&s->memory))
		log_line(LOG_LEVEL_WARNING,
			"%s: months are kept in memory, at most %" PRIu64
			" MiB of them; to mend it: %s",
			why->text, s->memory.limit / MIB, why->cure);
	return 0;
}

static int build(
	struct store *s, const struct build *b, struct month **ret, struct fault *why)
{
	struct fault seen = { 0 };
	bool is_unwritable = false;
	int r = build_once(s, b, ret, &is_unwritable, &seen);

	if (is_full(r) && store_make_room(s))
		r = build_once(s, b, ret, &is_unwritable, &seen);
	if (is_full(r))
		r = disk_is_full(s, b, &seen);
	if (r == 0)
		trim_beside(s, *ret);
	else if (r == -ENOSPC || (is_unwritable && r != -ECANCELED))
		r = build_in_memory(s, b, ret, &seen);
	if (r < 0 && why)
		*why = seen;
	return r;
}

/* What the month itself says, too. Others who have them open keep them. */
static void remove_sums(struct store *s, const char *id)
{
	char sums[DELIVERY_ID_TEXT];
	int lock_fd;

	store_id_of_sums(id, sums);
	if (!cache_has(s->dir_fd, sums, ".cube") ||
		cache_lock(s->dir_fd, sums, &lock_fd) < 0)
		return;
	if (cache_remove(s->dir_fd, sums) < 0)
		log_line(
			LOG_LEVEL_DEBUG, "cache %s: sums of %s not removed", s->path, id);
	cache_unlock(s->dir_fd, sums, lock_fd);
}

int store_build(struct store *s, const struct build_order *order, struct month **ret,
	struct fault *why)
{
	struct build b = { .order = order, .sums = order->sums };
	const bool is_sums = b.sums.dims != 0;
	int r;

	if (is_sums) {
		b.sums.dims |= DIMS_BASE;
		store_id_of_sums(order->delivery->id, b.id);
	} else {
		memcpy(b.id, order->delivery->id, sizeof(b.id));
	}
	r = build(s, &b, ret, why);
	if (r == 0 && !is_sums)
		remove_sums(s, order->delivery->id);
	return r;
}
