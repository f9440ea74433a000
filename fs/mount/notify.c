#include "fs/mount/notify.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/vec.h"

enum { EVENTS_MAX = 1024 * 1024 };

struct event {
	enum library_event kind;
	struct month_no month;
	bool is_superseded; /* no event of the library, but of notifier_look()
			     */
	/* Of what is live; the region behind the NUL of the account. NULL: of a month. */
	char *live;
	size_t live_kind;
	enum live_event live_event;
	uint64_t refreshes; /* that have ended; 0: it is of something else */
};

struct notifier {
	struct tree *tree;
	struct fuse_session *session;
	pthread_t thread;
	bool is_running;
	atomic_bool is_hushed;
	_Atomic uint64_t refreshes; /* that the kernel knows all of */
	pthread_mutex_t lock;
	pthread_cond_t some;
	/* Guarded by lock. */
	struct event *events;
	size_t count, cap;
	bool is_stopping, has_ended;
	pthread_cond_t ended;
};

static void tell_change(void *context, uint64_t parent, const char *name)
{
	struct notifier *n = context;

	if (atomic_load(&n->is_hushed))
		return;
	/* What the kernel does not know (ENOENT) it need not forget. */
	if (name == NULL)
		fuse_lowlevel_notify_inval_inode(n->session, parent, 0, 0);
	else
		fuse_lowlevel_notify_inval_entry(n->session, parent, name, strlen(name));
}

/* Who counts them may come later than who counts one more. */
static void note_refreshes(struct notifier *n, uint64_t refreshes)
{
	uint64_t known = atomic_load(&n->refreshes);

	while (known < refreshes &&
		!atomic_compare_exchange_weak(&n->refreshes, &known, refreshes))
		;
}

static void tell_event(struct notifier *n, const struct event *e)
{
	struct tree_live_change change = {
		.event = e->live_event, .account = e->live, .kind = e->live_kind
	};

	if (e->refreshes > 0) {
		note_refreshes(n, e->refreshes);
		return;
	}
	if (e->is_superseded) {
		tree_superseded(n->tree, e->month, tell_change, n);
		return;
	}
	if (e->live == NULL) {
		tree_changes(n->tree, e->kind, e->month, tell_change, n);
		return;
	}
	change.region = e->live + strlen(e->live) + 1;
	tree_live_changes(n->tree, &change, tell_change, n);
	free(e->live);
}

static void *tell(void *context)
{
	struct notifier *n = context;

	pthread_mutex_lock(&n->lock);
	while (!n->is_stopping) {
		if (n->count == 0) {
			pthread_cond_wait(&n->some, &n->lock);
			continue;
		}
		struct event e = n->events[0];
		memmove(n->events, n->events + 1, --n->count * sizeof(e));
		pthread_mutex_unlock(&n->lock);
		tell_event(n, &e);
		pthread_mutex_lock(&n->lock);
	}
	n->has_ended = true;
	pthread_cond_broadcast(&n->ended);
	pthread_mutex_unlock(&n->lock);
	return NULL;
}

int notifier_new(struct tree *tree, struct fuse_session *session, uint64_t refreshes,
	struct notifier **ret)
{
	struct notifier *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return -ENOMEM;
	n->tree = tree;
	n->session = session;
	atomic_init(&n->refreshes, refreshes);
	pthread_mutex_init(&n->lock, NULL);
	pthread_cond_init(&n->some, NULL);
	pthread_cond_init(&n->ended, NULL);
	if (pthread_create(&n->thread, NULL, tell, n) != 0) {
		notifier_free(n);
		return -EAGAIN;
	}
	n->is_running = true;
	*ret = n;
	return 0;
}

/* Without memory the kernel learns of it when its time to live is over. */
static void put(struct notifier *n, struct event e)
{
	pthread_mutex_lock(&n->lock);
	if (VEC_RESERVE(&n->events, &n->cap, n->count + 1, (size_t)EVENTS_MAX) == 0) {
		n->events[n->count++] = e;
		pthread_cond_signal(&n->some);
		e.live = NULL;
	} else if (e.refreshes > 0) {
		note_refreshes(n, e.refreshes);
	}
	pthread_mutex_unlock(&n->lock);
	free(e.live);
}

void notifier_put(struct notifier *n, enum library_event event, struct month_no month)
{
	put(n, (struct event){ .kind = event, .month = month });
}

void notifier_put_refreshed(struct notifier *n, uint64_t refreshes)
{
	put(n, (struct event){ .refreshes = refreshes });
}

uint64_t notifier_refreshes(struct notifier *n)
{
	return atomic_load(&n->refreshes);
}

void notifier_look(struct notifier *n, uint64_t node)
{
	const struct event *last;
	struct month_no month;
	bool is_queued;

	if (!tree_is_superseded(n->tree, node, &month))
		return;
	pthread_mutex_lock(&n->lock);
	last = n->count > 0 ? &n->events[n->count - 1] : NULL;
	is_queued = last && last->is_superseded && last->month.number == month.number;
	pthread_mutex_unlock(&n->lock);
	if (!is_queued)
		put(n, (struct event){ .is_superseded = true, .month = month });
}

void notifier_put_live(struct notifier *n, const struct tree_live_change *change)
{
	size_t account = strlen(change->account) + 1, region = strlen(change->region) + 1;
	char *live = malloc(account + region);

	if (live == NULL)
		return;
	memcpy(live, change->account, account);
	memcpy(live + account, change->region, region);
	put(n,
		(struct event){ .live = live,
			.live_kind = change->kind,
			.live_event = change->event });
}

bool notifier_stop(struct notifier *n, unsigned ms)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	atomic_store(&n->is_hushed, true);
	pthread_mutex_lock(&n->lock);
	n->is_stopping = true;
	pthread_cond_signal(&n->some);
	while (n->is_running && !n->has_ended && r == 0)
		r = pthread_cond_timedwait(&n->ended, &n->lock, &until);
	bool ended = !n->is_running || n->has_ended;
	pthread_mutex_unlock(&n->lock);
	return ended;
}

void notifier_free(struct notifier *n)
{
	if (n == NULL)
		return;
	pthread_mutex_lock(&n->lock);
	n->is_stopping = true;
	pthread_cond_signal(&n->some);
	pthread_mutex_unlock(&n->lock);
	if (n->is_running)
		pthread_join(n->thread, NULL);
	pthread_mutex_destroy(&n->lock);
	pthread_cond_destroy(&n->some);
	pthread_cond_destroy(&n->ended);
	for (size_t i = 0; i < n->count; i++)
		free(n->events[i].live);
	free(n->events);
	free(n);
}
