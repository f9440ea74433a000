/* Months by delivery: found in the cache, or built once by one of all who want them.
 *
 * Builders of one delivery are lined up by the lock of its id: who gets it looks again,
 * and builds only what is still not there. */
#include "fs/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "fs/store/cache_dir.h"
#include "fs/store/ingest.h"
#include "fs/store/store_impl.h"
#include "fs/store/trim.h"

enum { THREADS_MAX = 8, POLL_MS = 50, OPEN_TRIES = 20, MIB = 1024 * 1024 };
static const uint64_t LIMIT_BYTES = UINT64_C(20) << 30;
static const size_t BLOCK_MEMORY = (size_t)48 << 20;

/* Immutable but for what has a lock of its own; thread-safe. */
struct store {
	char *path;
	int dir_fd; /* of PATH/v1 */
	uint64_t limit_bytes;
	unsigned threads;
	struct block_cache *blocks;
};

/* What store_build() was asked for. */
struct build {
	struct object_source *source;
	const struct delivery *delivery;
	struct build_progress *progress;
	const atomic_bool *stop;
	struct sums sums; /* zeroed: the month */
	struct month *bare; /* as it is in the cache, without its rows; NULL: it is not */
	char id[DELIVERY_ID_TEXT]; /* of the files */
};

static unsigned default_threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n < 1)
		return 1;
	return n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

int store_open(const struct store_options *options, struct store **ret, struct fault *why)
{
	int r;
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return fault(
			why, -ENOMEM, "cache directory %s: out of memory", options->path);
	s->dir_fd = -1;
	s->limit_bytes = options->limit_bytes ? options->limit_bytes : LIMIT_BYTES;
	s->threads = options->threads ? options->threads : default_threads();
	s->path = strdup(options->path);
	s->blocks = block_cache_new(
		options->block_memory ? options->block_memory : BLOCK_MEMORY);
	if (s->path && s->blocks)
		r = cache_dir_open(s->path, &s->dir_fd, why);
	else
		r = fault(
			why, -ENOMEM, "cache directory %s: out of memory", options->path);
	if (r < 0) {
		store_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	block_cache_free(s->blocks);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free(s->path);
	free(s);
}

static void pause_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

static int open_month(
	struct store *s, const char *id, struct month **ret, struct fault *why)
{
	int r = month_open(s->dir_fd, id, s->blocks, ret, why);

	/* Who counts or evicts has it locked for a moment, and then it is not there. */
	for (int i = 0; i < OPEN_TRIES && r == -ENOENT; i++) {
		if (!cache_has(s->dir_fd, id, ".cube"))
			break;
		pause_ms(1);
		r = month_open(s->dir_fd, id, s->blocks, ret, why);
	}
	return r;
}

/* With the lock of the id. A damaged month is removed and not there. */
static int open_or_remove(
	struct store *s, const char *id, struct month **ret, struct fault *why)
{
	struct fault seen = { 0 };
	int r = open_month(s, id, ret, &seen);

	if (r == -EBADMSG) {
		log_line(LOG_LEVEL_WARNING, "cache %s: removing damaged month: %s",
			s->path, seen.text);
		r = cache_remove(s->dir_fd, id);
		return r < 0 ? fault(why, r, "cache %s: cannot remove %s: %s", s->path,
				       id, fault_errno_text(r))
			     : -ENOENT;
	}
	if (r < 0 && r != -ENOENT && why)
		*why = seen;
	return r;
}

static int find(struct store *s, const char *id, struct month **ret)
{
	int lock_fd;
	int r = open_month(s, id, ret, NULL);

	if (r != -EBADMSG)
		return r;
	/* Who has the lock is about to replace it. */
	if (cache_lock(s->dir_fd, id, &lock_fd) < 0)
		return -ENOENT;
	r = open_or_remove(s, id, ret, NULL);
	cache_unlock(s->dir_fd, id, lock_fd);
	return r < 0 ? -ENOENT : 0;
}

int store_find(struct store *s, const struct delivery *d, struct month **ret)
{
	return find(s, d->id, ret);
}

/* Sums alone are files like a month's, and are locked, used and evicted like them: under
 * an id that is as good as random, and of one delivery, too. */
static void id_of_sums(const char *id, char ret[DELIVERY_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t i = 0;

	for (; id[i] != '\0' && i + 1 < DELIVERY_ID_TEXT; i++) {
		const char *at = strchr(digits, id[i]);

		ret[i] = at ? digits[15 - (at - digits)] : id[i];
	}
	ret[i] = '\0';
}

int store_find_sums(struct store *s, const struct delivery *d, struct month **ret)
{
	char id[DELIVERY_ID_TEXT];

	id_of_sums(d->id, id);
	return find(s, id, ret);
}

int store_discard(struct store *s, const char *id)
{
	int lock_fd;
	int r = cache_lock(s->dir_fd, id, &lock_fd);

	if (r < 0)
		return r;
	log_line(LOG_LEVEL_WARNING, "cache %s: %s is damaged; it is built anew", s->path,
		id);
	r = cache_remove(s->dir_fd, id);
	cache_unlock(s->dir_fd, id, lock_fd);
	return r;
}

int store_dir_fd(const struct store *s)
{
	return s->dir_fd;
}

const char *store_path(const struct store *s)
{
	return s->path;
}

uint64_t store_limit(const struct store *s)
{
	return s->limit_bytes;
}

int store_lock(struct store *s, const char *id, const atomic_bool *stop, int *ret_fd)
{
	for (;;) {
		int r;

		if (stop && atomic_load(stop))
			return -ECANCELED;
		r = cache_lock(s->dir_fd, id, ret_fd);
		if (r != -EAGAIN)
			return r;
		pause_ms(POLL_MS);
	}
}

static void trim(struct store *s, uint64_t keep_bytes)
{
	int r = trim_dir(s->dir_fd, keep_bytes, NULL);

	if (r < 0)
		log_line(LOG_LEVEL_DEBUG, "cache %s: not trimmed: %s", s->path,
			fault_errno_text(r));
}

void store_trim_to_limit(struct store *s)
{
	trim(s, s->limit_bytes);
}

/* A month takes about as much as its compressed objects. */
static uint64_t bytes_of(const struct delivery *d)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < d->count; i++)
		if (__builtin_add_overflow(bytes, d->files[i].size_bytes, &bytes))
			return UINT64_MAX;
	return bytes;
}

/* What may be there beside the build, so that it ends within the limit. */
static uint64_t room_beside(const struct store *s, const struct delivery *d)
{
	uint64_t need = d ? bytes_of(d) : 0;

	return need < s->limit_bytes ? s->limit_bytes - need : 0;
}

bool store_make_room_for(struct store *s, const struct delivery *d)
{
	struct store_usage usage;
	uint64_t room = room_beside(s, d);

	trim(s, room);
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
	r = r < 0 ? cannot_rename(s, id, r, why) : open_month(s, id, ret, why);
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
	is_same = month_facts(made)->content == month_facts(b->bare)->content;
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

/* With the lock. */
static int ingest(
	struct store *s, const struct build *b, struct month **ret, struct fault *why)
{
	char name[CACHE_NAME_TEXT];
	const char *id = b->id;
	int r;

	cache_remove_temporary(s->dir_fd, id);
	reset(b->progress);
	cache_name(CACHE_TEMPORARY, id, "", name);
	r = ingest_month(
		&(struct ingest_options){
			.source = b->source,
			.delivery = b->delivery,
			.sums = b->sums,
			.threads = s->threads,
			.progress = b->progress,
			.stop = b->stop,
		},
		s->dir_fd, name, why);
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
	int r = open_month(s, b->id, &m, NULL);

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
	int r = open_or_remove(s, b->id, &m, why);

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

static int build_once(
	struct store *s, const struct build *b, struct month **ret, struct fault *why)
{
	struct build mine = *b;
	int lock_fd;
	int r = store_lock(s, b->id, b->stop, &lock_fd);

	if (r == -ECANCELED)
		return r;
	if (r < 0)
		return open_whole(s, b, ret) == 0 ? 0 : cannot_write(s, r, why);
	r = look_first(s, &mine, ret, why);
	if (r == -ENOENT) {
		trim(s, room_beside(s, b->delivery));
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

	month_format(b->delivery->month, month);
	r = fault(why, -ENOSPC, "cache %s: no space left for %.*s", s->path, MONTH_TEXT,
		month);
	fault_cure(why,
		"free %" PRIu64 " MiB on the file system of %s, or set another cache "
		"directory with --cache; what other programs keep open in the cache "
		"cannot be removed",
		missing_mib(s, b->delivery), s->path);
	return r;
}

static bool is_full(int r)
{
	return r == -ENOSPC || r == -EDQUOT;
}

/* A second attempt is only worth its time if something could be removed. */
bool store_make_room(struct store *s)
{
	uint64_t freed = 0;
	int r = trim_dir(s->dir_fd, 0, &freed);

	if (r < 0)
		log_line(LOG_LEVEL_DEBUG, "cache %s: not trimmed: %s", s->path,
			fault_errno_text(r));
	return freed > 0;
}

/* What was read for somebody is there when that one comes for it. */
static void trim_beside(struct store *s, struct month *m)
{
	bool is_pinned = month_pin(m) == 0;

	store_trim_to_limit(s);
	if (is_pinned)
		month_unpin(m);
}

static int build(
	struct store *s, const struct build *b, struct month **ret, struct fault *why)
{
	int r = build_once(s, b, ret, why);

	if (is_full(r) && store_make_room(s))
		r = build_once(s, b, ret, why);
	if (is_full(r))
		return disk_is_full(s, b, why);
	if (r == 0)
		trim_beside(s, *ret);
	return r;
}

/* What the month itself says, too. Others who have them open keep them. */
static void remove_sums(struct store *s, const char *id)
{
	char sums[DELIVERY_ID_TEXT];
	int lock_fd;

	id_of_sums(id, sums);
	if (!cache_has(s->dir_fd, sums, ".cube") ||
		cache_lock(s->dir_fd, sums, &lock_fd) < 0)
		return;
	if (cache_remove(s->dir_fd, sums) < 0)
		log_line(
			LOG_LEVEL_DEBUG, "cache %s: sums of %s not removed", s->path, id);
	cache_unlock(s->dir_fd, sums, lock_fd);
}

/* NOLINTNEXTLINE(readability-function-size): seven things, as its header says. */
int store_build(struct store *s, struct object_source *source, const struct delivery *d,
	struct build_progress *progress, const atomic_bool *stop, struct month **ret,
	struct fault *why)
{
	struct build b = {
		.source = source, .delivery = d, .progress = progress, .stop = stop
	};
	int r;

	memcpy(b.id, d->id, sizeof(b.id));
	r = build(s, &b, ret, why);
	if (r == 0)
		remove_sums(s, d->id);
	return r;
}

/* NOLINTNEXTLINE(readability-function-size): likewise */
int store_build_sums(struct store *s, struct object_source *source,
	const struct delivery *d, const struct sums *want,
	struct build_progress *progress, const atomic_bool *stop, struct month **ret,
	struct fault *why)
{
	struct build b = { .source = source,
		.delivery = d,
		.progress = progress,
		.stop = stop,
		.sums = *want };

	b.sums.dims |= DIMS_BASE;

	id_of_sums(d->id, b.id);
	return build(s, &b, ret, why);
}

int store_trim(struct store *s, uint64_t keep_bytes)
{
	return trim_dir(s->dir_fd, keep_bytes, NULL);
}

int store_usage(struct store *s, struct store_usage *ret)
{
	struct store_usage usage = { .limit_bytes = s->limit_bytes };
	int r = trim_usage(s->dir_fd, true, &usage);

	if (r == 0)
		*ret = usage;
	return r;
}

int store_size(struct store *s, struct store_usage *ret)
{
	struct store_usage usage = { .limit_bytes = s->limit_bytes };
	int r = trim_usage(s->dir_fd, false, &usage);

	if (r == 0)
		*ret = usage;
	return r;
}

int store_recall(struct store *s, const char *identity, struct remembered *ret)
{
	int r = remembered_load(s->dir_fd, identity, ret);

	if (r == 0 || r == -ENOMEM)
		return r;
	if (r != -ENOENT)
		log_line(LOG_LEVEL_DEBUG,
			"cache %s: what was remembered is of no use: %s", s->path,
			fault_errno_text(r));
	return -ENOENT;
}

int store_remember(struct store *s, const char *identity, const struct remembered *m)
{
	int r = remembered_save(s->dir_fd, identity, m);

	if (r < 0)
		log_line(LOG_LEVEL_DEBUG, "cache %s: cannot remember the months: %s",
			s->path, fault_errno_text(r));
	return r;
}

int store_forget(struct store *s)
{
	return remembered_remove_all(s->dir_fd);
}
