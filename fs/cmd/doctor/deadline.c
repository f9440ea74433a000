#include "fs/cmd/doctor/deadline.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/condition.h"

struct deadline {
	struct deadline_options options;
	uint64_t begun_ms;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Guarded by lock. */
	uint64_t check_end_ms; /* UINT64_MAX: it has been told */
	bool is_over;
};

static uint64_t now_ms(void)
{
	return clock_monotonic_ms(clock_system());
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Wants the lock. */
static void wait_until(struct deadline *d, uint64_t end_ms)
{
	struct timespec t = { .tv_sec = (time_t)(end_ms / 1000),
		.tv_nsec = (long)(end_ms % 1000) * 1000000 };

	(void)pthread_cond_timedwait(&d->changed, &d->lock, &t);
}

static void *watch(void *context)
{
	struct deadline *d = context;
	uint64_t end_ms = d->begun_ms + d->options.end_ms;
	bool is_end = false;

	pthread_mutex_lock(&d->lock);
	while (!d->is_over && !is_end) {
		wait_until(d, sooner(d->check_end_ms, end_ms));
		is_end = now_ms() >= end_ms;
		if (now_ms() < d->check_end_ms)
			continue;
		atomic_store(d->options.stop, true);
		d->check_end_ms = UINT64_MAX;
	}
	is_end = is_end && !d->is_over;
	pthread_mutex_unlock(&d->lock);
	if (is_end)
		d->options.end(d->options.context);
	return NULL;
}

int deadline_start(const struct deadline_options *options, struct deadline **ret)
{
	struct deadline *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->options = *options;
	d->begun_ms = now_ms();
	d->check_end_ms = d->begun_ms + options->check_ms;
	pthread_mutex_init(&d->lock, NULL);
	r = condition_init(&d->changed);
	if (r < 0) {
		pthread_mutex_destroy(&d->lock);
		free(d);
		return r;
	}
	r = -pthread_create(&d->thread, NULL, watch, d);
	if (r < 0) {
		pthread_cond_destroy(&d->changed);
		pthread_mutex_destroy(&d->lock);
		free(d);
		return r;
	}
	*ret = d;
	return 0;
}

bool deadline_next(struct deadline *d)
{
	uint64_t now = now_ms(), last = d->begun_ms + d->options.wait_ms;
	bool is_time = now < last;

	pthread_mutex_lock(&d->lock);
	d->check_end_ms = is_time ? sooner(now + d->options.check_ms, last) : now;
	atomic_store(d->options.stop, !is_time);
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
	return is_time;
}

void deadline_free(struct deadline *d)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->is_over = true;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
	free(d);
}
