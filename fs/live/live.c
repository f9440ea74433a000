/* The live inventory, for those who use it. */
#include "fs/live/live.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/condition.h"
#include "fs/live/live_private.h"

static struct live *new_live(const struct live_options *options)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->ops = options->ops;
	l->context = options->context;
	l->clock = options->clock;
	l->refresh_seconds = options->refresh_seconds;
	l->fresh_seconds = options->fresh_seconds;
	l->memory_max = options->memory_bytes ? options->memory_bytes : LIVE_MEMORY_MAX;
	l->listener = options->listener;
	l->listener_context = options->listener_context;
	l->dir_fd = -1;
	l->turn_ms = UINT64_MAX;
	l->identity = strdup(options->identity);
	/* glibc's never fail with these attributes; others may, and then nothing is left
	 * to undo. */
	if (!l->identity || condition_init(&l->work) < 0 ||
		pthread_mutex_init(&l->lock, NULL) != 0) {
		free(l->identity);
		free(l);
		return NULL;
	}
	return l;
}

static int start_threads(struct live *l, unsigned count)
{
	sigset_t all, before;
	int r = 0;

	l->region_calls = (count + 1) / 2;
	/* Signals are the business of who called main(). */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (r == 0 && l->thread_count < count) {
		r = pthread_create(&l->threads[l->thread_count], NULL, live_ask_run, l);
		if (r == 0)
			l->thread_count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

int live_open(const struct live_options *options, struct live **ret, struct fault *why)
{
	unsigned threads = options->threads ? options->threads : LIVE_THREADS;
	struct live *l = new_live(options);
	int r = 0;

	if (!l)
		return fault(why, -ENOMEM, "the live inventory: out of memory");
	if (options->cache_dir)
		r = live_cache_open(options->cache_dir, &l->dir_fd, why);
	if (r == -ENOMEM) {
		live_close(l);
		return r;
	}
	r = start_threads(l, threads < LIVE_THREADS_MAX ? threads : LIVE_THREADS_MAX);
	if (r < 0) {
		fault(why, r, "cannot start a thread: %s", fault_errno_text(r));
		live_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	atomic_store(&l->stop, true);
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
	for (unsigned i = 0; i < l->thread_count; i++)
		pthread_join(l->threads[i], NULL);
	for (size_t i = 0; i < l->count; i++)
		listing_free(l->items[i]);
	free(l->items);
	if (l->dir_fd >= 0)
		close(l->dir_fd);
	pthread_cond_destroy(&l->work);
	pthread_mutex_destroy(&l->lock);
	free(l->identity);
	free(l);
}

/* With the lock: whether what a file says may take the place of what is not in memory any
 * more. What another process has asked for since may differ; nobody would be told of
 * that, so that it is asked for here as well. */
static bool may_show(const struct listing *x, const struct inventory *v, uint64_t content)
{
	return x->success.seconds == INSTANT_NONE ||
		(content == x->content &&
			inventory_time(v).seconds >= x->success.seconds);
}

/* With the lock, which is given up for the file. What cannot be read is as if it was not
 * there. */
static void look_into_cache(struct live *l, struct listing *x)
{
	struct inventory *v = NULL;
	uint64_t content = 0;
	int r;

	if (x->shown || x->is_looked || l->dir_fd < 0)
		return;
	pthread_mutex_unlock(&l->lock);
	r = listing_load(l, x, &v);
	if (r == 0)
		content = live_content(v);
	pthread_mutex_lock(&l->lock);
	/* Somebody may have been faster. */
	if (r == 0 && !x->shown && may_show(x, v, content)) {
		x->content = content;
		(void)listing_show(l, x, v, true);
		listing_plan(l, x);
		return;
	}
	if (r == 0)
		inventory_unref(v);
	if (r == 0 || r == -ENOENT || r == -EBADMSG)
		x->is_looked = true;
}

/* With the lock. */
static int answer_missing(struct live *l, struct listing *x, bool load, struct fault *why)
{
	if (x->job == LISTING_IDLE) {
		if (x->error < 0 && !(load && listing_may_ask(l, x)))
			return listing_failure(x, why);
		if (!load)
			return -EAGAIN;
	}
	/* Before it is queued: the thread that takes it looks at that. One that is queued
	 * already may run now. */
	x->is_awaited = true;
	listing_queue(l, x);
	pthread_cond_signal(&l->work);
	return -EAGAIN;
}

/* Its age is too much for those who cannot wait for the next one. */
static bool is_too_old(const struct live *l, const struct listing *x)
{
	unsigned seconds = l->fresh_seconds;

	if (x->name.kind == LIVE_METRICS && seconds < LIVE_METRICS_SECONDS)
		seconds = LIVE_METRICS_SECONDS;
	return l->fresh_seconds > 0 && !x->is_tried && listing_is_older(l, x, seconds);
}

/* With the lock. */
static int answer(struct live *l, struct listing *x, bool load, struct inventory **ret,
	struct fault *why)
{
	look_into_cache(l, x);
	if (load)
		listing_use(l, x);
	if (!x->shown || is_too_old(l, x))
		return answer_missing(l, x, load, why);
	if (load && l->refresh_seconds > 0 && listing_may_ask(l, x) &&
		listing_is_older(l, x, listing_period(l, x)))
		listing_queue(l, x);
	x->used = ++l->uses;
	*ret = inventory_ref(x->shown);
	return 0;
}

static int unable(int error, const struct listing_name *name, struct fault *why)
{
	return error == -EINVAL
		? fault(why, error, "account %.40s, region %.40s: no such names",
			  name->account, name->region)
		: fault(why, error, "account %s: out of memory", name->account);
}

static int get(struct live *l, const struct listing_name *name, bool load,
	struct inventory **ret, struct fault *why)
{
	struct listing *x;
	int r;

	pthread_mutex_lock(&l->lock);
	r = listing_reach(l, name, &x);
	if (r < 0)
		r = unable(r, name, why);
	else
		r = answer(l, x, load, ret, why);
	pthread_mutex_unlock(&l->lock);
	return r;
}

/* NOLINTNEXTLINE(readability-function-size): which listing it is takes four. */
int live_list(struct live *l, const char *account, size_t kind, const char *region,
	bool load, struct inventory **ret, struct fault *why)
{
	const struct listing_name name = { account, kind, region, "" };

	return get(l, &name, load, ret, why);
}

/* NOLINTNEXTLINE(readability-function-size): likewise */
int live_metrics(struct live *l, const char *account, const char *region,
	const char *instance, bool load, struct inventory **ret, struct fault *why)
{
	const struct listing_name name = { account, LIVE_METRICS, region, instance };

	if (!l->ops->metrics)
		return fault(why, -EOPNOTSUPP, "nobody is asked for metrics");
	return get(l, &name, load, ret, why);
}

uint64_t live_metrics_calls(struct live *l, const char *account)
{
	return l->ops->metrics_calls ? l->ops->metrics_calls(l->context, account) : 0;
}

int live_regions(struct live *l, const char *account, bool load, struct buf *ret,
	struct fault *why)
{
	struct inventory *v = NULL;
	size_t before = ret->len;
	int r = live_list(l, account, LIVE_REGIONS, "", load, &v, why);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < inventory_count(v); i++) {
		r = buf_append_span(ret, inventory_text(v, i, INVENTORY_ID));
		if (r == 0)
			r = buf_append_byte(ret, '\0');
	}
	if (r < 0)
		buf_truncate(ret, before);
	inventory_unref(v);
	return r;
}

static int know(struct live *l, const struct listing_name *name, struct inventory **ret)
{
	struct listing *x;
	int r;

	pthread_mutex_lock(&l->lock);
	r = listing_reach(l, name, &x);
	if (r == 0) {
		look_into_cache(l, x);
		r = x->shown ? 0 : -ENOENT;
	}
	if (r == 0) {
		x->used = ++l->uses;
		*ret = inventory_ref(x->shown);
	}
	pthread_mutex_unlock(&l->lock);
	return r < 0 ? -ENOENT : 0;
}

int live_known(struct live *l, const char *account, size_t kind, const char *region,
	struct inventory **ret)
{
	const struct listing_name name = { account, kind, region, "" };

	return know(l, &name, ret);
}

int live_metrics_known(struct live *l, const char *account, const char *region,
	const char *instance, struct inventory **ret)
{
	const struct listing_name name = { account, LIVE_METRICS, region, instance };

	return know(l, &name, ret);
}

void live_refresh(struct live *l)
{
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->count; i++) {
		struct listing *x = l->items[i];

		if (x->is_active &&
			(x->name.kind != LIVE_METRICS ||
				listing_is_older(l, x, LIVE_METRICS_SECONDS)))
			listing_queue(l, x);
	}
	pthread_mutex_unlock(&l->lock);
}
