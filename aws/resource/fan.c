#include "aws/resource/fan.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct spread {
	const struct fan *fan;
	atomic_size_t next;
	atomic_bool has_failed;
	pthread_mutex_t lock; /* a leaf */
	int error; /* the first one; guarded by lock, as the next */
	struct fault why;
};

static void note_failure(struct spread *s, int error, const struct fault *why)
{
	(void)pthread_mutex_lock(&s->lock);
	if (s->error == 0) {
		s->error = error;
		s->why = *why;
	}
	(void)pthread_mutex_unlock(&s->lock);
	atomic_store(&s->has_failed, true);
}

static void *work(void *context)
{
	struct spread *s = context;

	while (!atomic_load(&s->has_failed)) {
		size_t number = atomic_fetch_add(&s->next, 1);
		struct fault why = { 0 };
		int r;

		if (number >= s->fan->count)
			break;
		r = s->fan->one(s->fan->context, number, &why);
		if (r < 0)
			note_failure(s, r, &why);
	}
	return NULL;
}

/* As many as are worth it, and as can be started. */
static size_t start(struct spread *s, pthread_t threads[static FAN_WIDTH])
{
	sigset_t all, before;
	size_t count = 0;

	/* Signals belong to who called main(). */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (count + 1 < FAN_WIDTH && count + 1 < s->fan->count &&
		pthread_create(&threads[count], NULL, work, s) == 0)
		count++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return count;
}

int fan_out(const struct fan *fan, struct fault *why)
{
	struct spread s = { .fan = fan };
	pthread_t threads[FAN_WIDTH];
	size_t count;

	/* With default attributes it cannot fail. */
	(void)pthread_mutex_init(&s.lock, NULL);
	count = start(&s, threads);
	/* One is this one: without any other it takes longer, that is all. */
	(void)work(&s);
	for (size_t i = 0; i < count; i++)
		(void)pthread_join(threads[i], NULL);
	(void)pthread_mutex_destroy(&s.lock);
	if (s.error < 0 && why)
		*why = s.why;
	return s.error;
}
