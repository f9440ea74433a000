/* Credentials in memory, refreshed ahead of their end by one thread at a time. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "aws/auth/source.h"
#include "base/condition.h"

enum {
	FAILURE_KEPT_MS = 2000,
	/* What came new and yet ends soon is not asked for again at each get. */
	REFRESH_PAUSE_MS = 60 * 1000,
	WAIT_SLICE_MS = 50, /* waiters look at their own stop so often */
};

struct cache {
	struct credential_provider base;
	struct credential_provider *inner;
	const struct clock *clock;
	pthread_mutex_t lock;
	pthread_cond_t done;
	/* All below is guarded by lock, which is not held while inner is asked. */
	bool is_refreshing;
	bool has_current;
	struct credentials current;
	uint64_t refreshed_ms; /* when current came */
	struct fault failure; /* of the last refresh; error 0: it succeeded */
	uint64_t failed_ms;
};

enum state { FRESH, USABLE, NEEDED };

static enum state state_of(const struct cache *x)
{
	uint64_t age = clock_monotonic_ms(x->clock) - x->refreshed_ms;
	int64_t left;

	if (!x->has_current)
		return NEEDED;
	if (x->current.expires.seconds == INSTANT_NONE)
		return FRESH;
	left = x->current.expires.seconds - clock_now(x->clock).seconds;
	if (left <= 0)
		return NEEDED;
	if (left >= CREDENTIAL_ADVISORY_S || age < REFRESH_PAUSE_MS)
		return FRESH;
	return left >= CREDENTIAL_MANDATORY_S ? USABLE : NEEDED;
}

static bool has_failed_lately(const struct cache *x)
{
	return x->failure.error &&
		clock_monotonic_ms(x->clock) - x->failed_ms < FAILURE_KEPT_MS;
}

/* Under lock. A short while, or until a refresh is done. */
static void wait_for_refresh(struct cache *x)
{
	struct timespec until;

	if (clock_gettime(CLOCK_MONOTONIC, &until) < 0)
		return;
	until.tv_nsec += WAIT_SLICE_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(&x->done, &x->lock, &until);
}

/* Under lock; takes c. */
static void keep(struct cache *x, struct credentials *c)
{
	credentials_finish(&x->current);
	x->current = *c;
	x->has_current = true;
	x->refreshed_ms = clock_monotonic_ms(x->clock);
	x->failure = (struct fault){ 0 };
}

/* Under lock. What does not come from the source is not told to others. */
static void note_failure(struct cache *x, int error, const struct fault *why)
{
	if (error == -ECANCELED || error == -ENOMEM)
		return;
	x->failure = *why;
	x->failure.error = error;
	x->failed_ms = clock_monotonic_ms(x->clock);
}

/* Called and left with the lock held; is_refreshing is ours meanwhile. */
static int refresh(struct cache *x, const atomic_bool *stop, struct fault *why)
{
	struct credentials c = { 0 };
	int r;

	x->is_refreshing = true;
	(void)pthread_mutex_unlock(&x->lock);
	r = credential_get(x->inner, stop, &c, why);
	if (r == 0 && c.expires.seconds != INSTANT_NONE &&
		c.expires.seconds <= clock_now(x->clock).seconds) {
		r = fault(why, -EKEYEXPIRED, "%s: what was given has ended already",
			c.source ? c.source : "credentials");
		credentials_finish(&c);
	}
	(void)pthread_mutex_lock(&x->lock);
	if (r == 0)
		keep(x, &c);
	else
		note_failure(x, r, why);
	x->is_refreshing = false;
	(void)pthread_cond_broadcast(&x->done);
	return r;
}

/* Under lock: until current may be copied. */
static int make_ready(struct cache *x, const atomic_bool *stop, struct fault *why)
{
	for (;;) {
		enum state state = state_of(x);
		int r;

		if (state == FRESH)
			return 0;
		if (state == USABLE && (x->is_refreshing || has_failed_lately(x)))
			return 0;
		if (stop && atomic_load(stop))
			return -ECANCELED;
		if (x->is_refreshing) {
			wait_for_refresh(x);
			continue;
		}
		if (has_failed_lately(x)) {
			*why = x->failure;
			return x->failure.error;
		}
		r = refresh(x, stop, why);
		if (r < 0 && state_of(x) == NEEDED)
			return r;
		if (r < 0)
			return r == -ECANCELED ? r : 0;
	}
}

static int cache_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct cache *x = (struct cache *)p;
	struct fault trouble = { 0 };
	int r;

	(void)pthread_mutex_lock(&x->lock);
	r = make_ready(x, stop, &trouble);
	if (r == 0)
		r = credentials_copy(&x->current, ret);
	(void)pthread_mutex_unlock(&x->lock);
	if (r < 0 && why)
		*why = trouble;
	return r;
}

static void cache_drop(struct credential_provider *p, const struct credentials *refused)
{
	struct cache *x = (struct cache *)p;

	(void)pthread_mutex_lock(&x->lock);
	/* Others may have been refreshed by now. */
	if (x->has_current && refused->access_key_id &&
		strcmp(x->current.access_key_id, refused->access_key_id) == 0) {
		credentials_finish(&x->current);
		x->has_current = false;
	}
	(void)pthread_mutex_unlock(&x->lock);
	credential_cache_drop(x->inner, refused);
}

void credential_cache_look(
	struct credential_provider *cache, struct credential_facts *ret)
{
	struct cache *x = (struct cache *)cache;
	struct credential_facts facts = { .expires = { .seconds = INSTANT_NONE } };

	assert(cache->ops->get == cache_get);
	(void)pthread_mutex_lock(&x->lock);
	facts.failure = x->failure;
	if (x->has_current) {
		snprintf(facts.source, sizeof(facts.source), "%s",
			x->current.source ? x->current.source : "");
		snprintf(facts.account_id, sizeof(facts.account_id), "%s",
			x->current.account_id ? x->current.account_id : "");
		facts.expires = x->current.expires;
	}
	(void)pthread_mutex_unlock(&x->lock);
	*ret = facts;
}

static void cache_free(struct credential_provider *p)
{
	struct cache *x = (struct cache *)p;

	credential_provider_free(x->inner);
	credentials_finish(&x->current);
	(void)pthread_cond_destroy(&x->done);
	(void)pthread_mutex_destroy(&x->lock);
	free(x);
}

int credential_cache_new(const struct clock *clock, struct credential_provider *inner,
	struct credential_provider **ret)
{
	static const struct credential_ops ops = {
		.get = cache_get,
		.free = cache_free,
		.drop = cache_drop,
	};
	struct cache *x = calloc(1, sizeof(*x));

	if (!x || condition_init(&x->done) < 0) {
		free(x);
		credential_provider_free(inner);
		return -ENOMEM;
	}
	/* With default attributes it cannot fail. */
	(void)pthread_mutex_init(&x->lock, NULL);
	x->base.ops = &ops;
	x->inner = inner;
	x->clock = clock;
	*ret = &x->base;
	return 0;
}
