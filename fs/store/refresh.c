/* The refresher: lists the months again, and has rebuilt what changed.
 *
 * A refresh counts as finished when the rebuilds that it started have ended, one way or
 * the other, and the listener knows. */
#include <errno.h>
#include <string.h>

#include "fs/store/library_private.h"

/* Without a manifest whose etag says it: is it still the same delivery? Records stay as
 * long as this thread does not remove them. */
static void look_at(struct library *l, struct record *r, const struct month_ref *listed)
{
	struct delivery d = { 0 };
	struct fault why = { 0 };
	int error = delivery_read(l->source, &l->export, listed, &d, &why);

	pthread_mutex_lock(&l->lock);
	if (error == 0) {
		memcpy(r->known_id, d.id, sizeof(r->known_id));
		r->known_as_of = d.as_of;
		r->known_verified = d.verified;
		if (r->shown && strcmp(d.id, r->shown_id) == 0)
			r->fault = (struct fault){ 0 };
	} else {
		fault_of_month(&why, error, r->month);
		record_fail(l, r, &why, listed->manifest.etag, d.id);
	}
	pthread_mutex_unlock(&l->lock);
	delivery_finish(&d);
}

/* With the lock. Of months that nobody has looked at nothing needs to be compared. */
static bool wants_look(const struct record *r)
{
	return r->is_listed && !r->listed.manifest.key && r->job == JOB_IDLE &&
		(r->shown || r->failed_id[0] != '\0');
}

static void look_at_unverified(struct library *l)
{
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->count && !atomic_load(&l->stop); i++) {
		struct record *r = l->records[i];
		struct month_ref listed;

		if (!wants_look(r) || month_ref_copy(&r->listed, &listed) < 0)
			continue;
		pthread_mutex_unlock(&l->lock);
		look_at(l, r, &listed);
		month_ref_finish(&listed);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
}

static int list_months(struct library *l, struct fault *why)
{
	struct month_list months = { 0 };
	struct month_no newest = { 0 };
	bool changed = false;
	int r = export_months(l->source, &l->export, &months, why);

	/* An export that lost all its months has more likely been cut off. */
	if (r == 0 && months.count == 0)
		r = fault(why, -ENODATA, "%s: the export has no month any more",
			l->source->name);
	if (r == 0) {
		pthread_mutex_lock(&l->lock);
		r = records_merge(l, &months, &changed);
		if (l->count > 0)
			newest = l->records[l->count - 1]->month;
		pthread_mutex_unlock(&l->lock);
		if (r < 0)
			fault(why, r, "%s: out of memory", l->source->name);
	}
	month_list_finish(&months);
	if (changed)
		library_tell(l, LIBRARY_MONTHS_CHANGED, newest);
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

		/* Who asks for a refresh has perhaps just mended what failed. */
		if (all)
			r->forgiven = true;
		if (!wants_load(l, r, r->month.number == newest.number, all))
			continue;
		record_request(l, r);
		r->awaited = true;
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

static void refresh(struct library *l, bool all)
{
	struct fault why = { 0 };
	int r = list_months(l, &why);

	if (r == 0) {
		look_at_unverified(l);
		request_loads(l, all);
	} else if (why.text[0] == '\0') {
		fault(&why, r, "%s: %s", l->source->name, fault_errno_text(r));
	}
	why.error = r;
	pthread_mutex_lock(&l->lock);
	while (is_awaiting(l) && !atomic_load(&l->stop))
		pthread_cond_wait(&l->changed, &l->lock);
	l->refreshes++;
	l->refreshing = 0;
	l->last_refresh = clock_now(l->clock);
	l->refresh_fault = why;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

/* With the lock. Answers whether the time has come: asked for, or by the clock. */
static bool wait_for_turn(struct library *l)
{
	while (!atomic_load(&l->stop) && !l->refresh_wanted) {
		uint64_t now = clock_monotonic_ms(l->clock);

		if (l->refresh_seconds == 0)
			pthread_cond_wait(&l->wake, &l->lock);
		else if (now < l->refresh_due_ms)
			library_wait_ms(l, &l->wake, l->refresh_due_ms - now);
		else
			break;
	}
	return !atomic_load(&l->stop);
}

void refresh_plan(struct library *l)
{
	l->refresh_due_ms =
		clock_monotonic_ms(l->clock) + l->refresh_seconds * UINT64_C(1000);
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
