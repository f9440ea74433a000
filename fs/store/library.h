/* The months of one export: what is known of each, loading them in the background,
 * looking for new deliveries. All calls are thread-safe and, but for those named "wait",
 * never block. */
#ifndef FS_STORE_LIBRARY_H
#define FS_STORE_LIBRARY_H

#include "base/clock.h"
#include "fs/store/store.h"

struct library;

enum month_state {
	MONTH_KNOWN, /* not looked at yet */
	MONTH_LOADING, /* being opened from the cache or built */
	MONTH_READY,
	MONTH_FAILED, /* tried again when the delivery changes, on library_refresh(), or
		       * after a minute; always at the next use. What passes by
		       * itself, or by a login (no network, no credentials, time
		       * out) is tried again after a second, and a month that is
		       * just being delivered (-EBUSY) after ten, or by itself
		       * within a minute */
};
enum {
	LIBRARY_RETRY_SECONDS = 60,
	LIBRARY_RETRY_TORN_SECONDS = 10,
	LIBRARY_RETRY_PASSING_SECONDS = 1,
	/* A delivery in a source that is near and that has as many bytes, or more, is
	 * read for its sums first, then for its rows. Packed, they take a second. */
	LIBRARY_SUMS_FIRST_BYTES = 16 * 1024 * 1024,
};

/* What is known of a month. Plain; a copy. */
struct month_status {
	struct month_no month;
	enum month_state state;
	bool stale; /* READY, and a newer delivery is known or under way, and not built */
	bool is_looked; /* what follows is known, as far as it can be without reading */
	bool verified;
	struct instant
		as_of; /* of the delivery that is shown, else of the newest known */
	uint64_t lines; /* 0 unless READY */
	struct sums sums; /* what library_get_sums() has an answer for */
	bool is_working; /* LOADING, being rebuilt, or its rows being read again */
	uint64_t bytes_done, bytes_total, rows_done; /* while is_working */
	uint64_t working_ms; /* likewise: for how long it has been read */
	struct fault fault; /* of the last failure, error 0 for none */
};
/* For people: "unread", "reading", "ready", "stale", "failed". */
const char *month_state_word(const struct month_status *s);

enum library_event {
	LIBRARY_MONTH_READY, /* a month became READY, or another delivery of it did */
	LIBRARY_MONTH_FAILED,
	LIBRARY_MONTHS_CHANGED, /* months came or went */
	LIBRARY_MONTH_SUMS, /* sums of a month are there, or newer ones */
	/* Of what stands beside the months (tables.h), in the name of the library by who
	 * has both; month number 0. */
	LIBRARY_TABLES_CHANGED, /* tables came or went, or all are to be looked at */
	LIBRARY_TABLES_LOOKED, /* one was looked at; only who waits for it cares */
	/* The cache has no room for this month: who keeps references to months only to
	 * have them at hand gives them back before the call returns. */
	LIBRARY_ROOM_WANTED,
	/* A refresh has ended (activity.refreshes), and all that it brought was told
	 * before; month number 0. */
	LIBRARY_REFRESHED,
};
/* Called from a thread of the library, without its lock; must not call library_close().
 */
typedef void library_listener_fn(
	void *context, enum library_event event, struct month_no month);

struct library_options {
	struct object_source *source; /* borrowed until library_close() */
	struct store *store; /* likewise */
	const struct export_ref *export; /* copied */
	const struct clock *clock;
	unsigned refresh_seconds; /* 0 = never by itself */
	bool load_newest; /* start loading the newest month at once */
	/* Under which the store remembers what is known from now on; NULL: it does not.
	 * Copied. */
	const char *identity;
	/* What it remembers already; copied. With it nothing is asked for by
	 * library_open(), and the months are those that were there; NULL: they are listed
	 * first. */
	const struct remembered *remembered;
	bool list_first; /* all the same, for a source that is near */
	bool look_at_once; /* the first refresh begins with library_open() */
	/* Why the source cannot be asked, if that is known; NULL: nothing is known. */
	const struct fault *away;
	/* A month whose last look is older is looked at before it is used for the first
	 * time; 0: as it is remembered, and what was shown last is shown again, stale,
	 * where a newer delivery cannot be read. */
	unsigned fresh_seconds;
	/* Of a far source: a month whose newer delivery was found before it was used for
	 * the first time is shown as it is in the cache, stale, until that one is read.
	 */
	bool shows_old;
	library_listener_fn *listener; /* may be NULL */
	void *context;
};
/* Lists the months once (this blocks) unless they are remembered, then starts the
 * threads. Of a source that is far only the months' names are listed; what each holds is
 * looked for when it is used, or by a refresh. 0; -ENODATA the export has no month;
 * -errno of the source; -ENOMEM. */
MUST_USE int library_open(
	const struct library_options *options, struct library **ret, struct fault *why);
/* Stops what is under way and joins; library_wait() in other threads answers -ECANCELED,
 * and nothing else may be called any more. References to months stay good. NULL is
 * allowed. */
void library_close(struct library *l);

const struct export_ref *library_export(const struct library *l);
/* Oldest first; the caller frees *ret. Answers the count; -ENOMEM. */
MUST_USE ssize_t library_months(struct library *l, struct month_status **ret);
/* 0; -ENOENT no such month. */
MUST_USE int library_status(
	struct library *l, struct month_no m, struct month_status *ret);
/* The newest month; number 0 when there is none. */
struct month_no library_newest(struct library *l);
/* A reference to a READY month. -EAGAIN: not ready, and loading has been started if load
 * is true; -ENOENT no such month; else the errno of its failure (why says it). A stale
 * month is answered, and its rebuild started if load is true. */
MUST_USE int library_get(struct library *l, struct month_no m, bool load,
	struct month **ret, struct fault *why);
/* As library_get(), but these sums are enough: of a month that is not READY, where its
 * delivery has a manifest and columns, no more than these is read, and it does not become
 * READY. Where it has a manifest and no columns, is near and long
 * (LIBRARY_SUMS_FIRST_BYTES), all sums are there first and the month follows. Sums of a
 * delivery that is known to be superseded are not answered. Zeroed: as library_get(). */
MUST_USE int library_get_sums(struct library *l, struct month_no m,
	const struct sums *want, bool load, struct month **ret, struct fault *why);
/* Of a READY month whose rows were evicted: has them read again. m is what lacks them. 0
 * they are there: a reference to one that has them, m itself or another with the same
 * content; -EAGAIN they are not yet, and the listener is told of the end;
 * -ESTALE another delivery is shown meanwhile; else the errno of the failure. */
MUST_USE int library_get_rows(
	struct library *l, const struct month *m, struct month **ret, struct fault *why);
/* Likewise of the month that is shown, waiting while it is read. Also -ENOENT;
 * -ECANCELED. */
MUST_USE int library_wait_rows(
	struct library *l, struct month_no m, const atomic_bool *stop, struct fault *why);
/* As library_get(), waiting while it loads. -ECANCELED when stop becomes true (polled
 * every 50 ms; may be NULL), or the library is closed. */
MUST_USE int library_wait(struct library *l, struct month_no m, const atomic_bool *stop,
	struct month **ret, struct fault *why);
/* Likewise, as library_get_sums(). */
MUST_USE int library_wait_sums(struct library *l, struct month_no m,
	const struct sums *want, const atomic_bool *stop, struct month **ret,
	struct fault *why);
/* Looks for new months and deliveries now, in the background, at all months; changed ones
 * that are READY are rebuilt. Answers its number: it is finished when activity.refreshes
 * has come so far. One that is under way may have looked already, so it does not count
 * for this one. */
uint64_t library_refresh(struct library *l);

/* Has every month that stands in the cache opened, in the background; nothing is built,
 * and a source that is far is not asked for it. */
void library_open_cached(struct library *l);
/* Waits until these were looked at. */
void library_wait_cached(struct library *l);

struct library_activity {
	/* Finished ones. A refresh is finished when the rebuilds that it started have
	 * ended and the listener was told, so that who waits for its number sees the new
	 * data. */
	uint64_t refreshes;
	/* The number of the first one that begins from now on. */
	uint64_t next_refresh;
	struct instant last_refresh; /* INSTANT_NONE before the first */
	struct fault refresh_fault; /* of the last one, error 0 for none */
	/* The last time that the source was asked and answered, perhaps by an earlier
	 * library. */
	struct instant looked;
	bool is_refreshing;
	unsigned loading; /* months */
	bool has_traffic; /* the source counts requests */
	struct object_traffic traffic;
};
void library_activity(struct library *l, struct library_activity *ret);
/* Of its store. Lists the cache directory. As store_usage(). */
MUST_USE int library_usage(struct library *l, struct store_usage *ret);
/* Waits for the end of a refresh by its number, at most so long. */
void library_wait_refresh(struct library *l, uint64_t number, unsigned wait_s);

#endif
