/* Months by delivery, as they are found in the cache; what may leave it. */
#include "fs/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "fs/store/cache_dir.h"
#include "fs/store/store_impl.h"
#include "fs/store/trim.h"

enum { THREADS_MAX = 8, POLL_MS = 50, OPEN_TRIES = 20 };
static const uint64_t LIMIT_BYTES = UINT64_C(20) << 30;
static const size_t BLOCK_MEMORY = (size_t)8 << 20;

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
	s->memory.limit = options->memory_bytes;
	s->threads = options->threads ? options->threads : default_threads();
	s->niceness = options->niceness;
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

void store_pause_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

int store_open_month(
	struct store *s, const char *id, struct month **ret, struct fault *why)
{
	int r = month_open(s->dir_fd, id, s->blocks, ret, why);

	/* Who evicts has it locked for a moment, and then it is not there. */
	for (int i = 0; i < OPEN_TRIES && r == -ENOENT; i++) {
		if (!cache_has(s->dir_fd, id, ".cube"))
			break;
		store_pause_ms(1);
		r = month_open(s->dir_fd, id, s->blocks, ret, why);
	}
	return r;
}

int store_open_or_remove(
	struct store *s, const char *id, struct month **ret, struct fault *why)
{
	struct fault seen = { 0 };
	int r = store_open_month(s, id, ret, &seen);

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
	int r = store_open_month(s, id, ret, NULL);

	if (r != -EBADMSG)
		return r;
	/* Who has the lock is about to replace it. */
	if (cache_lock(s->dir_fd, id, &lock_fd) < 0)
		return -ENOENT;
	r = store_open_or_remove(s, id, ret, NULL);
	cache_unlock(s->dir_fd, id, lock_fd);
	return r < 0 ? -ENOENT : 0;
}

int store_find(struct store *s, const struct delivery *d, struct month **ret)
{
	return find(s, d->id, ret);
}

/* Sums alone are files like a month's, and are locked, used and evicted like them: under
 * an id that is as good as random, and of one delivery, too. */
void store_id_of_sums(const char *id, char ret[DELIVERY_ID_TEXT])
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

	store_id_of_sums(d->id, id);
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
		store_pause_ms(POLL_MS);
	}
}

void store_trim_quietly(struct store *s, uint64_t keep_bytes)
{
	int r = trim_dir(s->dir_fd, keep_bytes, NULL);

	if (r < 0)
		log_line(LOG_LEVEL_DEBUG, "cache %s: not trimmed: %s", s->path,
			fault_errno_text(r));
}

void store_trim_to_limit(struct store *s)
{
	store_trim_quietly(s, s->limit_bytes);
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

int store_trim(struct store *s, uint64_t keep_bytes)
{
	return trim_dir(s->dir_fd, keep_bytes, NULL);
}

int store_usage(struct store *s, struct store_usage *ret)
{
	struct store_usage usage = { .limit_bytes = s->limit_bytes };
	int r = trim_usage(s->dir_fd, &usage);

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
