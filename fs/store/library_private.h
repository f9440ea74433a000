/* Inside of the library: records of months, and the two kinds of threads.
 *
 * One record a month. Its job:
 *
 *                 record_request()                 loader takes it
 *        IDLE ----------------------> QUEUED --------------------------> RUNNING
 *         ^                              ^                                 | | |
 *         |  READY or FAILED             |  being replaced: after a pause  | | |
 *         |                              +---------------------------------+ | |
 *         |                              |  another delivery was asked for   | |
 *         |                              +-----------------------------------+ |
 *         +--------------------------------------------------------------------+
 *
 * and what users see, in this order:
 *
 *        shown != NULL      MONTH_READY    whatever the job does; stale if it is_stale
 *        job != IDLE        MONTH_LOADING, unless it only looks into the cache
 *        fault.error < 0    MONTH_FAILED
 *        else               MONTH_KNOWN
 *
 * The months themselves are immutable; a swap of `shown` is all that a rebuild changes.
 */
#ifndef FS_STORE_LIBRARY_PRIVATE_H
#define FS_STORE_LIBRARY_PRIVATE_H

#include <pthread.h>

#include "fs/store/library.h"

enum {
	LIBRARY_LOADERS = 2,
	LIBRARY_MONTHS_MAX = 12 * 1000,
	LIBRARY_POLL_MS = 50,
	LIBRARY_REPLACED_TRIES = 6, /* the first and five more, within 13 s */
	LIBRARY_RECENT_MONTHS = 2, /* looked at by every refresh */
	LIBRARY_ROUND_S = 23 * 3600, /* within which all others are, too */
	LIBRARY_OLD_S = 24 * 3600, /* a look that is due at once */
	LIBRARY_RETRY_MAX_S = 300,
	LIBRARY_RETRY_PASSING_MAX_S = 4, /* of what a network or a login mends */
	LIBRARY_TORN_LOOK_S = 60, /* while a delivery is being written */
};

enum job { JOB_IDLE, JOB_QUEUED, JOB_RUNNING };

/* Guarded by the library's lock, but for progress and began_ms. Stays where it is while
 * job is RUNNING: only the refresher removes records, and only idle ones. */
struct record {
	struct month_no month;
	struct month_ref listed; /* newest look at it */
	struct instant looked; /* when that was */
	bool is_listed; /* it still stood there when last looked */
	bool wants_look; /* of the refresher: in this refresh */

	struct month *shown; /* a reference, or NULL */
	/* Also of what was shown last, perhaps by an earlier mount; id "" for never. */
	char shown_etag[OBJECT_ETAG_MAX]; /* of the manifest it was read by */
	char shown_id[DELIVERY_ID_TEXT];
	/* Of a month that is not shown: sums of its newest delivery, or NULL. */
	struct month *sums;
	char sums_etag[OBJECT_ETAG_MAX]; /* likewise */
	char sums_id[DELIVERY_ID_TEXT];

	/* Newest delivery looked at: id is "" before the first. */
	char known_id[DELIVERY_ID_TEXT];
	char known_etag[OBJECT_ETAG_MAX]; /* of the manifest it was read by */
	struct instant known_as_of;
	bool known_verified;

	enum job job;
	uint64_t request; /* the highest is taken first */
	uint64_t not_before_ms; /* of the clock; while QUEUED */
	bool only_cached; /* of this job: open it if it is in the cache, build nothing */
	struct sums wanted; /* of this job: these are enough; zeroed: they are not */
	bool whole_follows; /* likewise: for now, if they are there much sooner */
	unsigned tries; /* of this job, that found the delivery being replaced */
	bool again; /* while RUNNING: look again when done */
	struct sums again_sums; /* likewise: these are wanted, which it does not bring */
	uint64_t run; /* of its newest job: a number that no other has */
	bool awaited; /* by the refresher */
	struct build_progress progress;
	_Atomic uint64_t began_ms; /* when that began; 0: not yet. Not guarded either */

	struct fault fault; /* of the last failure; error 0 for none */
	uint64_t failures; /* so far */
	uint64_t failed_ms; /* of the clock */
	bool forgiven; /* may be tried at once */
	char failed_etag[OBJECT_ETAG_MAX];
	char failed_id[DELIVERY_ID_TEXT]; /* "" if the failure came before it was known */
};

struct library {
	/* Immutable. */
	struct object_source *source;
	struct store *store;
	struct export_ref export;
	const struct clock *clock;
	unsigned refresh_seconds;
	bool load_newest;
	unsigned fresh_seconds;
	bool shows_old;
	char *identity;
	library_listener_fn *listener;
	void *context;
	pthread_t loaders[LIBRARY_LOADERS];
	unsigned loader_count;
	pthread_t refresher;
	bool has_refresher;

	atomic_bool stop; /* set once, under the lock; builds look at it without */

	pthread_mutex_t lock; /* never held over I/O or the listener */
	pthread_cond_t work; /* for loaders: something was queued, or stop */
	pthread_cond_t wake; /* for the refresher: a refresh is wanted, or stop */
	pthread_cond_t changed; /* for all who wait: a job or a refresh ended, or stop */
	/* Guarded by lock. */
	struct record **records; /* by month, oldest first */
	size_t count, cap;
	uint64_t requests, runs; /* so far */
	unsigned waiters; /* in library_wait() */
	bool refresh_wanted;
	uint64_t refreshes; /* finished */
	unsigned refreshing; /* 1 while one is under way */
	uint64_t refresh_due_ms; /* of the clock: the next that nobody asks for */
	unsigned failures; /* refreshes in a row */
	uint64_t old_due_ms; /* of the clock: the next look at a month of long ago */
	struct instant last_refresh;
	struct fault refresh_fault;
	struct instant looked;
	bool is_doubtful; /* then there was no month */
	bool is_news; /* something is known that is not remembered yet */

	/* Before lock; held while what is known is written down, so that the last word
	 * is the newest. */
	pthread_mutex_t memory_lock;
};

/* All of these want the lock. */

/* NULL where there is none. */
struct record *record_find(const struct library *l, struct month_no m);
enum month_state record_state(const struct record *r);
bool record_is_stale(const struct record *r);
/* It cannot be read, or not anew, since a delivery of it is being written. */
bool record_is_torn(const struct record *r);
/* There is no failure, or it is old enough, or of another delivery. */
bool record_may_try(const struct library *l, const struct record *r);
void record_request(struct library *l, struct record *r);
/* The same, where these sums are enough. Nothing if a job is there that brings them. */
void record_request_sums(struct library *l, struct record *r, const struct sums *want);
/* As record_request(), and before the month come its sums, if that is much sooner. */
void record_request_ahead(struct library *l, struct record *r);
/* The sums that it has, if they are of the newest delivery; else zeroed. */
struct sums record_sums(const struct record *r);
/* Queues a job that only looks into the cache, behind all others; nothing if there is
 * one. */
void record_look(struct library *l, struct record *r);
/* Keeps why. etag and id: of the delivery that failed, id "" if not known. */
void record_fail(struct library *l, struct record *r, const struct fault *why,
	const char etag[OBJECT_ETAG_MAX], const char id[DELIVERY_ID_TEXT]);
/* Brings the records in line with a listing; takes the items' keys. *ret_changed: months
 * came or went. 0; -ENOMEM; -EFBIG. */
MUST_USE int records_merge(
	struct library *l, struct month_list *listed, bool *ret_changed);
void records_finish(struct library *l);
/* The next refresh that nobody asks for is a period from now, after a failure sooner. */
void refresh_plan(struct library *l);
/* That one is so soon at the latest. */
void refresh_soon(struct library *l, unsigned seconds);
/* The record of the month, made if it is not there, at or behind *at. 0; -ENOMEM; -EFBIG.
 */
MUST_USE int record_reach(
	struct library *l, struct month_no m, size_t *at, struct record **ret);
/* Takes what now says, at this time. */
void record_looked(struct library *l, struct record *r, struct month_ref *now);
/* A delivery that was read by the manifest of this etag. */
void record_know(struct library *l, struct record *r, const struct delivery *d,
	const char etag[OBJECT_ETAG_MAX]);
/* Whether its last look is older than that; also of one in the future. */
bool record_is_older(const struct library *l, const struct record *r, unsigned seconds);
/* Marks the months that a refresh has to look at. */
void refresh_mark(struct library *l, bool all);

/* Up to ms, or until the condition is signalled. */
void library_wait_ms(struct library *l, pthread_cond_t *condition, uint64_t ms);

/* These take it. */

/* Of thread_create(). context is the library. */
void *loader_run(void *context);
void *refresher_run(void *context);
void library_tell(struct library *l, enum library_event event, struct month_no m);

/* Writes down what is known, if there is news. */
void library_remember(struct library *l);

/* What is open is not evicted: where nothing else is left, months that nobody uses are
 * let go before one is built, but for the record's that is at it. Those that are still
 * there afterwards are opened again. Answers whether any was let go. */
bool library_let_idle_go(struct library *l, const struct record *busy);
/* The same, if it is needed to have room for the delivery; NULL: down to the limit. */
bool library_make_room(
	struct library *l, const struct record *busy, const struct delivery *delivery);

/* No lock is wanted. */

/* Before the threads are there. 0; -ENOMEM; -EFBIG. */
MUST_USE int library_recall(struct library *l, const struct remembered *m);

/* "2026-11: " in front of the text, which is made up where r came without one. */
void fault_of_month(struct fault *why, int r, struct month_no m);

#endif
