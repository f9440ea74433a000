/* The threads that ask: each takes a listing that is due, asks, tells who waits, and puts
 * it into the cache. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "fs/live/live_private.h"

/* With the lock. Up to ms, or until it is signalled. */
static void wait_ms(struct live *l, uint64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&l->work, &l->lock, &until);
}

/* With the lock. NULL: the end. */
static struct listing *wait_for_work(struct live *l)
{
	while (!atomic_load(&l->stop)) {
		struct listing *x;
		uint64_t now;

		listing_take_turns(l);
		x = listing_pick(l);
		if (x)
			return x;
		now = clock_monotonic_ms(l->clock);
		if (l->turn_ms == UINT64_MAX)
			pthread_cond_wait(&l->work, &l->lock);
		else if (l->turn_ms > now)
			wait_ms(l, l->turn_ms - now);
	}
	return NULL;
}

static void tell(struct live *l, enum live_event event, const struct listing *x)
{
	if (l->listener)
		l->listener(l->listener_context, event, x->name.account, x->name.kind,
			x->name.region);
}

static int ask_regions(struct live *l, const struct listing *x, struct inventory **ret,
	struct fault *why)
{
	struct buf names = BUF_INIT((size_t)LIVE_REGIONS_MAX * LIVE_REGION_TEXT);
	struct instant time = clock_now(l->clock);
	int r = l->ops->regions(l->context, x->name.account, &l->stop, &names, why);

	if (r == 0) {
		r = live_regions_inventory(buf_span(&names), time, ret);
		if (r == -EBADMSG)
			fault(why, r, "account %s: these are no names of regions",
				x->name.account);
	}
	buf_finish(&names);
	return r;
}

static int ask_metrics(struct live *l, const struct listing *x, struct inventory **ret,
	struct fault *why)
{
	const struct listing_name *name = &x->name;
	struct buf csv = BUF_INIT(LIVE_METRICS_BYTES);
	struct instant time = clock_now(l->clock);
	int r = l->ops->metrics(l->context, name->account, name->region, name->instance,
		&l->stop, &csv, why);

	if (r == 0) {
		r = live_metrics_inventory(name->instance, buf_span(&csv), time, ret);
		if (r == -EBADMSG)
			fault(why, r, "account %s: this is no table of metrics",
				name->account);
	}
	buf_finish(&csv);
	return r;
}

static int ask(struct live *l, const struct listing *x, struct inventory **ret,
	struct fault *why)
{
	int r;

	if (x->name.kind == LIVE_REGIONS)
		r = ask_regions(l, x, ret, why);
	else if (x->name.kind == LIVE_METRICS)
		r = ask_metrics(l, x, ret, why);
	else
		r = l->ops->list(l->context, x->name.account, x->name.kind,
			x->name.region, &l->stop, ret, why);
	/* To those who wait it would mean to go on waiting. */
	return r == -EAGAIN ? -EIO : r;
}

/* With the lock. why is taken if it is not NULL. */
static void note_failure(struct live *l, struct listing *x, int error, struct fault *why)
{
	if (why) {
		why->error = error;
		if (why->text[0] == '\0')
			fault(why, error, "%s", fault_errno_text(error));
	}
	free(x->fault);
	x->fault = why;
	x->error = error;
	x->failure = clock_now(l->clock);
}

/* With the lock. What it lacks, where lacks is not NULL, is taken and told as a failure.
 * Answers whether who has seen what was there before has to be told. */
static bool note_success(
	struct live *l, struct listing *x, uint64_t content, struct fault *lacks)
{
	bool is_another = x->success.seconds != INSTANT_NONE && x->content != content;

	free(x->fault);
	x->fault = lacks;
	x->error = 0;
	x->content = content;
	if (lacks)
		x->failure = clock_now(l->clock);
	return is_another;
}

/* With the lock: nobody has to wait any more. */
static bool take_awaited(struct listing *x)
{
	bool was_awaited = x->is_awaited;

	x->is_awaited = false;
	return was_awaited;
}

/* The listing goes on running, unless it failed: it is still to be saved. lacks as of
 * note_success(). */
static void publish(
	struct live *l, struct listing *x, struct inventory *v, struct fault *lacks)
{
	struct inventory *before;
	uint64_t content = live_content(v);
	bool is_another, was_awaited;

	pthread_mutex_lock(&l->lock);
	is_another = note_success(l, x, content, lacks);
	before = listing_show(l, x, v, false);
	listing_plan(l, x);
	x->is_tried = true;
	x->tried_ms = clock_monotonic_ms(l->clock);
	was_awaited = take_awaited(x);
	pthread_mutex_unlock(&l->lock);
	inventory_unref(before);
	if (is_another)
		tell(l, LIVE_CHANGED, x);
	if (was_awaited)
		tell(l, LIVE_LISTED, x);
}

/* A cache that cannot be written, its disk full or read-only, is done without, and said
 * once. */
static bool save(struct live *l, const struct listing *x, const struct inventory *v)
{
	const struct live_key key = listing_key(l, x);
	int r;

	if (l->dir_fd < 0)
		return false;
	r = live_cache_save(l->dir_fd, &key, clock_now(l->clock), v);
	if (r == 0)
		atomic_store(&l->is_save_failing, false);
	else if (!atomic_exchange(&l->is_save_failing, true))
		log_line(LOG_LEVEL_WARNING,
			"what the resources are cannot be kept in the cache directory: "
			"%s",
			fault_errno_text(r));
	return r == 0;
}

/* The end of its job. Who came while it was being saved, and was told to wait because it
 * had left the memory, can have it now. */
static void finish(struct live *l, struct listing *x, bool is_saved)
{
	bool was_awaited;

	pthread_mutex_lock(&l->lock);
	listing_rest(l, x);
	x->is_saved = is_saved;
	if (!x->shown)
		x->is_looked = !is_saved;
	was_awaited = take_awaited(x);
	pthread_mutex_unlock(&l->lock);
	if (was_awaited)
		tell(l, LIVE_LISTED, x);
}

static void fail(struct live *l, struct listing *x, int error, struct fault *why)
{
	bool was_awaited;

	pthread_mutex_lock(&l->lock);
	listing_rest(l, x);
	note_failure(l, x, error, why);
	listing_plan(l, x);
	x->is_tried = true;
	x->tried_ms = clock_monotonic_ms(l->clock);
	was_awaited = take_awaited(x);
	pthread_mutex_unlock(&l->lock);
	if (was_awaited)
		tell(l, LIVE_LISTED, x);
}

/* It had not the time. */
static void give_up(struct live *l, struct listing *x)
{
	pthread_mutex_lock(&l->lock);
	listing_rest(l, x);
	pthread_mutex_unlock(&l->lock);
}

static void run(struct live *l, struct listing *x)
{
	struct inventory *v = NULL;
	struct fault *why = calloc(1, sizeof(*why));
	int r = ask(l, x, &v, why);

	if (r == -ECANCELED && atomic_load(&l->stop)) {
		give_up(l, x);
	} else if (r < 0) {
		fail(l, x, r, why);
		why = NULL;
	} else {
		bool lacks = x->name.kind == LIVE_METRICS && why && why->error < 0;

		/* One for this thread, one to show. */
		publish(l, x, inventory_ref(v), lacks ? why : NULL);
		if (lacks)
			why = NULL;
		finish(l, x, save(l, x, v));
		inventory_unref(v);
	}
	free(why);
}

static void tidy(const struct live *l)
{
	int r = l->dir_fd < 0
		? 0
		: live_cache_tidy(l->dir_fd, clock_now(l->clock), LIVE_KEEP_DAYS);

	if (r < 0)
		log_line(LOG_LEVEL_DEBUG, "old files of the live inventory: %s",
			fault_errno_text(r));
}

void *live_ask_run(void *context)
{
	struct live *l = context;
	struct listing *x;

	/* By one of them, so that nobody waits for it. */
	if (!atomic_exchange(&l->is_tidied, true))
		tidy(l);
	pthread_mutex_lock(&l->lock);
	while ((x = wait_for_work(l))) {
		pthread_mutex_unlock(&l->lock);
		run(l, x);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}
