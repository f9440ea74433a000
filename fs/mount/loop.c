#include "fs/mount/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "fs/mount/buffers.h"

enum {
	THREADS = BUFFERS_MAX,
	/* For so long the next request is looked for before the reader sleeps, where the
	 * one before came within SOON_US: a walk asks again some 10 us after an answer,
	 * and to wake a sleeping thread costs both sides more than that. */
	SPIN_US = 50,
	SOON_US = 100,
	/* Who looked in vain does not look again for a while, twice as long each time:
	 * who asks may be waiting for this very processor. */
	PAUSE_FIRST_US = 2000,
	PAUSE_LAST_US = 256 * 1000,
};

struct server {
	struct loop *loop;
	pthread_t thread;
	struct fuse_buf buf; /* the thread's own */
};
struct loop {
	struct fuse_session *session;
	struct server servers[THREADS];
	unsigned count; /* that run */
	pthread_mutex_t lock;
	pthread_cond_t turn; /* nobody reads, or it is ending */
	pthread_cond_t end;
	bool may_spin; /* on one processor it would keep who asks from it */
	/* The reader's. */
	bool is_busy;
	uint64_t pause_us, pause_end_us;
	/* Guarded by lock. */
	const struct server *reader; /* NULL: nobody */
	bool is_ending;
	int error;
};

/* The server that this thread is. */
static _Thread_local const struct server *own;

static bool has_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

struct loop *loop_new(struct fuse_session *session)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->session = session;
	l->may_spin = has_processors();
	l->pause_us = PAUSE_FIRST_US;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->turn, NULL);
	pthread_cond_init(&l->end, NULL);
	return l;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	for (unsigned i = 0; i < THREADS; i++)
		free(l->servers[i].buf.mem);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->turn);
	pthread_cond_destroy(&l->end);
	free(l);
}

/* With the lock held. */
static void end(struct loop *l, int error)
{
	if (!l->is_ending)
		l->error = error;
	l->is_ending = true;
	pthread_cond_broadcast(&l->turn);
	pthread_cond_signal(&l->end);
}

/* Whether it is the server's turn to read; false: the end. With the lock held. */
static bool take_turn(struct loop *l, const struct server *s)
{
	while (!l->is_ending && l->reader != NULL && l->reader != s)
		pthread_cond_wait(&l->turn, &l->lock);
	l->reader = s;
	return !l->is_ending;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* After a look in vain, or not. */
static void learn(struct loop *l, bool has_come, uint64_t now)
{
	if (has_come) {
		l->pause_us = PAUSE_FIRST_US;
		return;
	}
	l->is_busy = false;
	l->pause_end_us = now + l->pause_us;
	if (l->pause_us < PAUSE_LAST_US)
		l->pause_us *= 2;
}

/* As fuse_session_receive_buf(), which answers -EAGAIN where nothing has come. */
static int spin(struct server *s, uint64_t began)
{
	uint64_t now = began;
	int r = -EAGAIN;

	while (r == -EAGAIN && now - began < SPIN_US) {
		r = fuse_session_receive_buf(s->loop->session, &s->buf);
		now = now_us();
	}
	learn(s->loop, r != -EAGAIN, now);
	return r;
}

/* As fuse_session_receive_buf(), but that it waits. */
static int receive(struct server *s)
{
	struct loop *l = s->loop;
	struct pollfd device = { .fd = fuse_session_fd(l->session), .events = POLLIN };
	uint64_t began = now_us(), now;
	int r = l->is_busy ? spin(s, began) : -EAGAIN;

	if (r != -EAGAIN)
		return r;
	r = fuse_session_receive_buf(l->session, &s->buf);
	while (r == -EAGAIN) {
		if (poll(&device, 1, -1) < 0 && errno != EINTR)
			return -errno;
		r = fuse_session_receive_buf(l->session, &s->buf);
	}
	now = now_us();
	l->is_busy = l->may_spin && now - began < SOON_US && now >= l->pause_end_us;
	return r;
}

/* Only here a thread is cancelled. */
static int receive_or_end(struct server *s)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
	int r = receive(s);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return r;
}

static void *serve(void *context)
{
	struct server *s = context;
	struct loop *l = s->loop;
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	own = s;
	pthread_mutex_lock(&l->lock);
	while (take_turn(l, s)) {
		pthread_mutex_unlock(&l->lock);
		int r = receive_or_end(s);
		if (r > 0)
			fuse_session_process_buf(l->session, &s->buf);
		pthread_mutex_lock(&l->lock);
		if (r <= 0 && r != -EINTR)
			end(l, r);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

void loop_pass(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	if (own != NULL && l->reader == own) {
		l->reader = NULL;
		pthread_cond_signal(&l->turn);
	}
	pthread_mutex_unlock(&l->lock);
}

void loop_stop(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	end(l, 0);
	pthread_mutex_unlock(&l->lock);
}

/* Signals are for others. */
static void start(struct loop *l)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (r == 0 && l->count < THREADS) {
		struct server *s = &l->servers[l->count];

		s->loop = l;
		r = pthread_create(&s->thread, NULL, serve, s);
		l->count += r == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int loop_run(struct loop *l)
{
	int fd = fuse_session_fd(l->session), flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	start(l);
	if (l->count == 0)
		return -EAGAIN;
	pthread_mutex_lock(&l->lock);
	while (!l->is_ending)
		pthread_cond_wait(&l->end, &l->lock);
	pthread_mutex_unlock(&l->lock);
	for (; l->count > 0; l->count--) {
		pthread_cancel(l->servers[l->count - 1].thread);
		pthread_join(l->servers[l->count - 1].thread, NULL);
	}
	return l->error;
}
