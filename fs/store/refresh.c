/* The refresher: lists the months again, and has rebuilt what changed.
 *
 * A refresh counts as finished when the rebuilds that it started have ended, one way or
 * the other, and the listener knows. */
#include <errno.h>
#include <string.h>

#include "fs/store/library_private.h"

enum { LOOKS_MAX = 3 };

/* With the lock. Of the months of long ago, as many as the time since the last refresh is
 * worth, so that each has its turn within a round. */
static size_t old_ones_due(struct library *l, size_t old_count)
{
	uint64_t now = clock_monotonic_ms(l->clock);
	uint64_t pause_ms;
	size_t n = 0;

	if (old_count == 0)
		return 0;
	pause_ms = LIBRARY_ROUND_S * UINT64_C(1000) / old_count;
	if (l->old_due_ms == 0)
		l->old_due_ms = now + pause_ms;
	for (; l->old_due_ms <= now && n < old_count; n++)
		l->old_due_ms += pause_ms;
	if (l->old_due_ms <= now)
		l->old_due_ms = now + pause_ms;
	return n;
}

/* With the lock. The one that nobody has looked at for longest, the newest of them. */
static struct record *stalest(const struct library *l)
{
	struct record *best = NULL;

	for (size_t i = l->count; i > 0; i--) {
		struct record *r = l->records[i - 1];

		if (r->is_listed && !r->wants_look &&
			(!best || r->looked.seconds < best->looked.seconds))
			best = r;
	}
	return best;
}

void refresh_mark(struct library *l, bool all)
{
	size_t recent = 0, old_count = 0;

	for (size_t i = l->count; i > 0; i--) {
		struct record *r = l->records[i - 1];
		bool is_recent = r->is_listed && recent < LIBRARY_RECENT_MONTHS;

		recent += is_recent;
		old_count += r->is_listed && !is_recent;
		/* Of those that people see, none goes a day without a look, also if
		 * nothing ran meanwhile. */
		r->wants_look = r->is_listed &&
			(all || is_recent ||
				(r->known_id[0] != '\0' &&
					record_is_older(l, r, LIBRARY_OLD_S)));
	}
	for (size_t n = all ? 0 : old_ones_due(l, old_count); n > 0; n--) {
		struct record *r = stalest(l);

		if (r)
			r->wants_look = true;
	}
}

/* With the lock. *ret_news: what is known of the month is another thing now. false: a
 * loader has seen another one meanwhile, and only a further look tells which is newer. */
static bool take_look(struct library *l, struct record *r, const char *etag_before,
	struct month_ref *now, bool *ret_news)
{
	bool is_other = strcmp(now->manifest.etag, etag_before) != 0;

	if (strcmp(r->listed.manifest.etag, etag_before) != 0)
		return strcmp(r->listed.manifest.etag, now->manifest.etag) == 0;
	if ((is_other || !r->listed.is_looked) && !r->shown)
		*ret_news = true;
	record_looked(l, r, now);
	return true;
}

/* With the lock, which is given up for the work. 1: it was not taken. */
static int look_once(struct library *l, struct record *r, bool quick, bool *ret_news,
	struct fault *why)
{
	char etag_before[OBJECT_ETAG_MAX];
	struct month_ref now;
	int error = month_ref_copy(&r->listed, &now);

	if (error < 0)
		return error;
	memcpy(etag_before, now.manifest.etag, sizeof(etag_before));
	pthread_mutex_unlock(&l->lock);
	error = month_look(l->source, &l->export, quick, &now, why);
	pthread_mutex_lock(&l->lock);
	if (error == 0)
		error = take_look(l, r, etag_before, &now, ret_news) ? 0 : 1;
	month_ref_finish(&now);
	return error;
}

/* The same. Deliveries do not come so often that loaders are always between. */
static int look(struct library *l, struct record *r, bool quick, bool *ret_news,
	struct fault *why)
{
	int error = 1;

	for (unsigned i = 0; i < LOOKS_MAX && error > 0; i++)
		error = look_once(l, r, quick, ret_news, why);
	return error > 0 ? 0 : error;
}

/* The newest first. Where the source cannot be reached, the others are not tried; any
 * other trouble is one month's. Records stay as long as this thread does not remove
 * them. */
static int look_at_months(struct library *l, bool all, bool *ret_news, struct fault *why)
{
	int first = 0;

	pthread_mutex_lock(&l->lock);
	refresh_mark(l, all);
	for (size_t i = l->count; i > 0 && !atomic_load(&l->stop); i--) {
		struct record *r = l->records[i - 1];
		struct fault seen = { 0 };
		int error;

		if (!r->wants_look)
			continue;
		error = look(l, r, !all, ret_news, &seen);
		if (error < 0 && first == 0) {
			first = error;
			*why = seen;
		}
		if (fault_is_passing(error))
			break;
	}
	pthread_mutex_unlock(&l->lock);
	return first;
}

/* Without a manifest whose etag says it: is it still the same delivery? */
static int look_at_files(struct library *l, struct record *r,
	const struct month_ref *listed, struct fault *why)
{
	struct delivery d = { 0 };
	int error = delivery_read(l->source, &l->export, listed, &d, why);

	pthread_mutex_lock(&l->lock);
	if (error == 0) {
		record_know(l, r, &d, listed->manifest.etag);
		if (r->shown && strcmp(d.id, r->shown_id) == 0)
			r->fault = (struct fault){ 0 };
	} else {
		fault_of_month(why, error, r->month);
		record_fail(l, r, why, listed->manifest.etag, d.id);
	}
	pthread_mutex_unlock(&l->lock);
	delivery_finish(&d);
	return error;
}

/* With the lock. Of months that nobody has looked at nothing needs to be compared. */
static bool wants_files(const struct library *l, const struct record *r)
{
	return r->is_listed && !r->listed.manifest.key && r->job == JOB_IDLE &&
		(l->source->is_near || r->wants_look) &&
		(r->shown || r->failed_id[0] != '\0');
}

static int look_at_unverified(struct library *l, struct fault *why)
{
	int r = 0;

	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->count && !fault_is_passing(r) && !atomic_load(&l->stop);
		i++) {
		struct fault seen = { 0 };
		struct month_ref listed;

		if (!wants_files(l, l->records[i]) ||
			month_ref_copy(&l->records[i]->listed, &listed) < 0)
			continue;
		pthread_mutex_unlock(&l->lock);
		r = look_at_files(l, l->records[i], &listed, &seen);
		if (fault_is_passing(r))
			*why = seen;
		month_ref_finish(&listed);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return fault_is_passing(r) ? r : 0;
}

static int list_months(struct library *l, bool *ret_changed, struct fault *why)
{
	struct month_list months = { 0 };
	int r = l->source->is_near
		? export_months(l->source, &l->export, &months, why)
		: export_month_names(l->source, &l->export, &months, why);

	/* An export that lost all its months has more likely been cut off. */
	if (r == 0 && months.count == 0) {
		r = fault(why, -ENODATA, "%s: the export has no month any more",
			l->source->name);
		fault_cure(why,
			"see whether it still stands there; if it was set up anew, "
			"mount it again");
	}
	pthread_mutex_lock(&l->lock);
	if (l->is_doubtful != (r == -ENODATA)) {
		l->is_doubtful = !l->is_doubtful;
		l->is_news = true;
	}
	if (r == 0) {
		r = records_merge(l, &months, ret_changed);
		if (r < 0)
			fault(why, r, "%s: out of memory", l->source->name);
	}
	pthread_mutex_unlock(&l->lock);
	month_list_finish(&months);
	return r;
}

/* With the lock. What vanished and is still shown may be newer. */
static struct month_no newest_listed(const struct library *l)
{
	for (size_t i = l->count; i > 0; i--)
		if (l->records[i - 1]->is_listed)
			return l->records[i - 1]->month;
	return (struct month_no){ 0 };
}

/* With the lock. */
static bool wants_load(
	const struct library *l, const struct record *r, bool is_newest, bool all)
{
	if (!record_may_try(l, r))
		return false;
	/* Somebody wanted it. */
	if (record_is_torn(r))
		return true;
	if (r->shown)
		return record_is_stale(r) && (all || is_newest);
	return is_newest && l->load_newest;
}

static void request_loads(struct library *l, bool all)
{
	struct month_no newest;

	pthread_mutex_lock(&l->lock);
	newest = newest_listed(l);
	for (size_t i = 0; i < l->count; i++) {
		struct record *r = l->records[i];
		bool is_newest = r->month.number == newest.number;

		/* Who asks for a refresh has perhaps just mended what failed. */
		if (all)
			r->forgiven = true;
		if (wants_load(l, r, is_newest, all)) {
			record_request(l, r);
			r->awaited = true;
		} else if (r->job == JOB_RUNNING && (all || is_newest)) {
			/* What is being read may be the delivery before. */
			r->awaited = true;
		}
	}
	pthread_mutex_unlock(&l->lock);
}

/* With the lock. */
static bool is_awaiting(const struct library *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->records[i]->awaited)
			return true;
	return false;
}

/* Everything that is asked of the source. */
static int look_at_all(struct library *l, bool all, struct fault *why)
{
	bool is_news = false;
	int r = list_months(l, &is_news, why);
	bool is_listed = r == 0;

	if (r == 0 && !l->source->is_near)
		r = look_at_months(l, all, &is_news, why);
	if (r == 0)
		r = look_at_unverified(l, why);
	pthread_mutex_lock(&l->lock);
	if (r == 0) {
		l->looked = clock_now(l->clock);
		l->is_news = true;
	}
	pthread_mutex_unlock(&l->lock);
	library_remember(l);
	if (is_news)
		library_tell(l, LIBRARY_MONTHS_CHANGED, library_newest(l));
	if (is_listed)
		request_loads(l, all);
	return r;
}

/* With the lock. The source answers again: what failed because it did not may be tried at
 * the next use, however short ago that was. */
static void forgive_passing(struct library *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (fault_is_passing(l->records[i]->fault.error))
			l->records[i]->forgiven = true;
}

static void refresh(struct library *l, bool all)
{
	struct fault why = { 0 };
	int r;

	/* What was open at the last build may have been closed since, and listings of
	 * resources have come. */
	(void)store_make_room_for(l->store, NULL);
	r = look_at_all(l, all, &why);
	if (r < 0 && why.text[0] == '\0')
		fault(&why, r, "%s: %s", l->source->name, fault_errno_text(r));
	why.error = r;
	pthread_mutex_lock(&l->lock);
	/* Builds may take long, and what is wrong is wrong already. */
	l->refresh_fault = why;
	l->last_refresh = clock_now(l->clock);
	if (r == 0)
		forgive_passing(l);
	while (is_awaiting(l) && !atomic_load(&l->stop))
		pthread_cond_wait(&l->changed, &l->lock);
	l->refreshes++;
	l->refreshing = 0;
	l->failures = r < 0 ? l->failures + 1 : 0;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	library_tell(l, LIBRARY_REFRESHED, (struct month_no){ 0 });
}

/* With the lock. Answers whether the time has come: asked for, or by the clock. */
static bool wait_for_turn(struct library *l)
{
	while (!atomic_load(&l->stop) && !l->refresh_wanted) {
		uint64_t now = clock_monotonic_ms(l->clock);

		if (l->refresh_due_ms == UINT64_MAX)
			pthread_cond_wait(&l->wake, &l->lock);
		else if (now < l->refresh_due_ms)
			library_wait_ms(l, &l->wake, l->refresh_due_ms - now);
		else
			break;
	}
	return !atomic_load(&l->stop);
}

/* 1 s, 2 s, 4 s … */
static uint64_t retry_seconds(const struct library *l)
{
	unsigned most = fault_is_passing(l->refresh_fault.error)
		? LIBRARY_RETRY_PASSING_MAX_S
		: LIBRARY_RETRY_MAX_S;
	uint64_t wait_s = l->failures > 10 ? most : UINT64_C(1) << (l->failures - 1);

	return wait_s < most ? wait_s : most;
}

void refresh_soon(struct library *l, unsigned seconds)
{
	uint64_t due_ms = clock_monotonic_ms(l->clock) + seconds * UINT64_C(1000);

	if (l->refreshing || due_ms >= l->refresh_due_ms)
		return;
	l->refresh_due_ms = due_ms;
	pthread_cond_signal(&l->wake);
}

/* With the lock. */
static bool has_torn(const struct library *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (record_is_torn(l->records[i]))
			return true;
	return false;
}

void refresh_plan(struct library *l)
{
	uint64_t wait_s = l->refresh_seconds ? l->refresh_seconds : UINT64_MAX;

	if (l->failures > 0 && retry_seconds(l) < wait_s)
		wait_s = retry_seconds(l);
	if (l->refresh_seconds && wait_s > LIBRARY_TORN_LOOK_S && has_torn(l))
		wait_s = LIBRARY_TORN_LOOK_S;
	l->refresh_due_ms = wait_s == UINT64_MAX
		? UINT64_MAX
		: clock_monotonic_ms(l->clock) + wait_s * 1000;
}

void *refresher_run(void *context)
{
	struct library *l = context;

	pthread_mutex_lock(&l->lock);
	while (wait_for_turn(l)) {
		bool all = l->refresh_wanted;

		l->refresh_wanted = false;
		l->refreshing = 1;
		pthread_mutex_unlock(&l->lock);
		refresh(l, all);
		pthread_mutex_lock(&l->lock);
		refresh_plan(l);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}
