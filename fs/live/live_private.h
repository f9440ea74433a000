/* Inside of the live inventory: one listing for each account, kind and region; a queue;
 * threads that ask.
 *
 * The job of a listing:
 *
 *               listing_queue()              listing_pick()
 *        IDLE ------------------> QUEUED ----------------------> RUNNING
 *         ^                                                       |   |
 *         |  it failed, or nobody else is told                    |   | shown
 *         +-------------------------------------------------------+   | and told, then
 *         |  is in the cache                                          | being saved
 *         +-----------------------------------------------------------+
 *
 * and what users see, in this order:
 *
 *        shown != NULL   the inventory, whatever the job does
 *        job != IDLE     -EAGAIN
 *        error < 0       the failure, until its pause is over
 *        else            -EAGAIN
 *
 * The regions of an account are a listing like any other: an inventory whose ids are
 * their names. So are metrics, of which each instance has a listing: an inventory of one
 * item. Inventories themselves are immutable. */
#ifndef FS_LIVE_LIVE_PRIVATE_H
#define FS_LIVE_LIVE_PRIVATE_H

#include <pthread.h>

#include "fs/live/live.h"
#include "fs/live/live_cache.h"

enum {
	LIVE_THREADS = 8,
	LIVE_THREADS_MAX = 64,
	/* Calls at once, so that what hangs does not keep all threads: of one account and
	 * service; of these in one region; and in one region those that nobody waits for.
	 */
	LIVE_SERVICE_CALLS = 4,
	LIVE_REGION_CALLS = 2,
	LIVE_TURN_CALLS = 1,
};

/* Which listing. Borrowed. */
struct listing_name {
	const char *account;
	size_t kind;
	const char *region;
	const char *instance; /* of metrics; else "" */
};

enum listing_job { LISTING_IDLE, LISTING_QUEUED, LISTING_RUNNING };

/* The name is immutable, all else is guarded by the lock. A listing stays where it is
 * until live_close(). */
struct listing {
	struct listing_name name; /* in text */

	enum listing_job job;
	struct listing *next; /* of those queued, or of those running */
	bool is_awaited; /* somebody was told to wait for it */

	struct inventory
		*shown; /* a reference, or NULL: it is in the cache, or nowhere */
	bool is_looked; /* what is not shown is not in the cache either */
	bool is_saved; /* what is shown is in the cache */
	uint64_t content; /* hash of the last success; its time is no part of it */
	uint64_t items;
	struct instant success, failure; /* last ones; INSTANT_NONE: none */
	int error; /* of the last failure; 0: it is mended, or there was none */
	struct fault *fault; /* its words, or those of a success that lacks something; may
				be NULL all the same */

	bool is_tried; /* by this process */
	uint64_t tried_ms; /* then, the end of the last try; of the clock */
	uint64_t used; /* number of its last use: the lowest is let go first */
	bool is_used; /* it was asked for since its last call began */
	bool is_active; /* in use, since it was last let go */
	uint64_t turn_ms; /* of the clock; UINT64_MAX: none */

	char text[];
};

struct live {
	/* Immutable. */
	const struct live_ops *ops;
	void *context;
	const struct clock *clock;
	char *identity;
	unsigned refresh_seconds, fresh_seconds;
	/* Calls at once of one service in one region, whatever the account: a region that
	 * hangs does so for all of them. */
	unsigned region_calls;
	size_t memory_max;
	live_listener_fn *listener;
	void *listener_context;
	int dir_fd; /* of the cache; -1: without one */
	pthread_t threads[LIVE_THREADS_MAX];
	unsigned thread_count;

	atomic_bool stop; /* set once, under the lock; calls look at it without */
	atomic_bool is_tidied; /* a thread has taken care of old files, or is at it */
	atomic_bool is_save_failing; /* and the log says so */

	pthread_mutex_t lock; /* never held over I/O, ops or the listener */
	pthread_cond_t work; /* for threads: something was queued, a turn is near, stop */
	/* Guarded by lock. */
	struct listing **items; /* sorted as live_states() */
	size_t count, cap;
	struct listing *queue, *running; /* the queue in the order of requests */
	uint64_t uses; /* so far */
	uint64_t turn_ms; /* the first of all listings' */
	size_t memory_bytes; /* of what is shown */
};

/* These want the lock. */

/* The listing, made if it is not there. 0; -EINVAL no such names can be; -ENOMEM. */
MUST_USE int listing_reach(
	struct live *l, const struct listing_name *name, struct listing **ret);
/* It was asked for, and is in use. */
void listing_use(struct live *l, struct listing *x);
/* Seconds until it is asked for again: never less than metrics may; 0: never. */
unsigned listing_period(const struct live *l, const struct listing *x);
/* Older than that; also of a time to come. */
bool listing_is_older(const struct live *l, const struct listing *x, unsigned seconds);
/* There was no try, or it is long enough ago. */
bool listing_may_ask(const struct live *l, const struct listing *x);
/* Unless it is queued or running. */
void listing_queue(struct live *l, struct listing *x);
/* The next that may run, which is running then; NULL: none. */
struct listing *listing_pick(struct live *l);
/* It is running no more. */
void listing_rest(struct live *l, struct listing *x);
/* Takes a reference; lets others go beyond the limit of memory. Answers what was shown
 * before, to be let go without the lock; NULL for none. */
struct inventory *listing_show(
	struct live *l, struct listing *x, struct inventory *v, bool is_saved);
/* The errno of the last failure, and its words. */
int listing_failure(const struct listing *x, struct fault *why);
/* Its turn is a refresh period from now. */
void listing_plan(struct live *l, struct listing *x);
/* If it is time: queues what is in use, lets go what is not. */
void listing_take_turns(struct live *l);

/* These want none. */

void listing_free(struct listing *x);
struct live_key listing_key(const struct live *l, const struct listing *x);
/* From the cache. 0; -ENOENT; -EBADMSG; -ENOMEM; -errno. */
MUST_USE int listing_load(
	const struct live *l, const struct listing *x, struct inventory **ret);
/* Hash of all but the time. */
uint64_t live_content(const struct inventory *v);
/* It may be the name of one, for what anybody knows. */
bool live_is_region(struct span name);
/* An inventory of them. 0; -EBADMSG these are no names of regions; -ENOMEM. */
MUST_USE int live_regions_inventory(
	struct span names, struct instant time, struct inventory **ret);
bool live_are_regions(const struct inventory *v);
/* Likewise of what was measured of an instance. 0; -EBADMSG no lines; -ENOMEM. */
MUST_USE int live_metrics_inventory(const char *instance, struct span csv,
	struct instant time, struct inventory **ret);
bool live_are_metrics(const struct inventory *v, const char *instance);
/* Of pthread_create(). context is the live inventory. */
void *live_ask_run(void *context);

#endif
