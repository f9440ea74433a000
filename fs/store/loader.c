/* Loaders: take the month that was asked for last, and make it READY or FAILED. */
#include <errno.h>
#include <string.h>

#include "fs/store/library_private.h"

/* A load under way, without the lock. */
struct load {
	struct record *record;
	struct month_no month;
	struct month_ref listed; /* a copy */
	uint64_t run;
	unsigned tries;
	char etag_before[OBJECT_ETAG_MAX]; /* of the manifest, as listed at first */
	bool relist, relisted;
	bool trusts; /* what is known may be opened without a look */
	bool is_old; /* but only after a try to look */
	bool asked; /* the source was */
	char known_id[DELIVERY_ID_TEXT]; /* by the manifest as listed; "" for none */
	/* By another manifest, of what may be shown until the new one is read; "" for
	 * none. */
	char old_id[DELIVERY_ID_TEXT];
	char shown_etag[OBJECT_ETAG_MAX]; /* of the manifest of what was opened so */
	bool damaged; /* what is shown is */
	bool lacks_rows; /* likewise, of the same delivery or not */
	bool is_shown; /* something is */
	char last_id[DELIVERY_ID_TEXT]; /* nothing is shown, but this was; or "" */
	char last_etag[OBJECT_ETAG_MAX]; /* of the manifest it was read by */
	bool only_cached;
	struct sums wanted;
	bool whole_follows; /* what is wanted is only for the time until that is read */
	struct delivery delivery;
	bool has_delivery;
	bool is_stale; /* month_read is the old one */
	struct month *month_read;
	struct fault why;
};

/* The one that was asked for last, of those whose pause is over. *ret_wait_ms: until the
 * first other one is due, UINT64_MAX for none. */
static struct record *next_due(struct library *l, uint64_t *ret_wait_ms)
{
	uint64_t now = clock_monotonic_ms(l->clock);
	struct record *best = NULL;

	*ret_wait_ms = UINT64_MAX;
	for (size_t i = 0; i < l->count; i++) {
		struct record *r = l->records[i];

		if (r->job != JOB_QUEUED)
			continue;
		if (r->not_before_ms > now) {
			if (r->not_before_ms - now < *ret_wait_ms)
				*ret_wait_ms = r->not_before_ms - now;
		} else if (!best || r->request > best->request) {
			best = r;
		}
	}
	return best;
}

static struct record *wait_for_work(struct library *l)
{
	while (!atomic_load(&l->stop)) {
		uint64_t wait_ms;
		struct record *r = next_due(l, &wait_ms);

		if (r)
			return r;
		if (wait_ms == UINT64_MAX)
			pthread_cond_wait(&l->work, &l->lock);
		else
			/* In short steps: the clock of the pause need not be the
			 * system's. */
			library_wait_ms(l, &l->work,
				wait_ms < LIBRARY_POLL_MS ? wait_ms : LIBRARY_POLL_MS);
	}
	return NULL;
}

/* The month as it is now: nobody has looked at it yet, or its manifest is not the one
 * that we knew. */
static int look_again(struct library *l, struct load *load, bool quick)
{
	int r = month_look(l->source, &l->export, quick, &load->listed, &load->why);

	load->asked = true;
	if (r == 0)
		load->relisted = true;
	return r;
}

/* What a confirmation is about. */
struct confirmation {
	struct library *l;
	const struct load *load;
};

/* Whether what was read is what stands there still, by the manifest and by each file. */
static int confirm(void *context, struct fault *why)
{
	const struct confirmation *c = context;
	const struct delivery *was = &c->load->delivery;
	struct delivery now = { .count = 0 };
	int r;

	if (!delivery_is_fresh(was, clock_now(c->l->clock)))
		return 0;
	r = delivery_read(c->l->source, &c->l->export, &c->load->listed, &now, why);
	if (r == 0 && strcmp(now.id, was->id) != 0)
		r = fault(why, -ESTALE,
			"%s/%s: its files were replaced while they were read",
			c->l->source->name, was->manifest_key ? was->manifest_key : "");
	delivery_finish(&now);
	return r;
}

static int try_build(struct library *l, struct load *load, const struct sums *want)
{
	struct confirmation c = { l, load };

	atomic_store(&load->record->began_ms, clock_monotonic_ms(l->clock));
	return store_build(l->store,
		&(struct build_order){ .source = l->source,
			.delivery = &load->delivery,
			.sums = *want,
			.progress = &load->record->progress,
			.stop = &l->stop,
			.confirm = confirm,
			.context = &c },
		&load->month_read, &load->why);
}

/* How large it has become only shows now. Its rows stay for who asked for them, even if
 * the limit is smaller than one month. */
static bool make_room_beside(struct library *l, const struct load *load)
{
	bool is_pinned = month_pin(load->month_read) == 0;
	bool any_gone = library_make_room(l, load->record, NULL);

	if (is_pinned)
		month_unpin(load->month_read);
	return any_gone;
}

static int build_month(struct library *l, struct load *load)
{
	static const struct sums none = { .dims = 0 };
	bool any_gone = library_make_room(l, load->record, &load->delivery);
	int r = try_build(l, load, &none);

	if (r == -ENOSPC && !any_gone && library_let_idle_go(l, load->record)) {
		any_gone = true;
		r = try_build(l, load, &none);
	}
	if (r == 0)
		any_gone |= make_room_beside(l, load);
	if (any_gone) {
		library_open_cached(l);
		library_tell(l, LIBRARY_MONTHS_CHANGED, load->month);
	}
	return r;
}

/* Without a manifest only reading all of a month's folder tells that it is still the
 * same; then sums would not be for long. To read all of it twice is worth while where
 * that costs nothing but time, and the first time saves some that people feel. */
static bool has_sums_first(const struct library *l, const struct load *load)
{
	const struct delivery *d = &load->delivery;

	if (!d->verified)
		return false;
	if (delivery_has_columns(d) && !load->whole_follows)
		return true;
	return l->source->is_near && delivery_bytes(d) >= LIBRARY_SUMS_FIRST_BYTES;
}

static int build_sums(struct library *l, struct load *load)
{
	if (!has_sums_first(l, load)) {
		load->whole_follows = false;
		return build_month(l, load);
	}
	/* Of rows all sums take hardly longer than one. */
	if (!delivery_has_columns(&load->delivery)) {
		load->wanted = sums_all();
		load->whole_follows = true;
	}
	return try_build(l, load, &load->wanted);
}

/* 0; -ENOENT there are none, or not by all that is wanted. */
static int find_sums(struct library *l, struct load *load)
{
	struct month *m;
	int r = store_find_sums(l->store, &load->delivery, &m);

	if (r < 0)
		return r;
	if (!sums_cover(&month_facts(m)->sums, &load->wanted)) {
		month_unref(m);
		return -ENOENT;
	}
	load->month_read = m;
	return 0;
}

/* The delivery that was read before, if the manifest is still the same. 0; -ENOENT. */
static int open_known(struct library *l, struct load *load)
{
	int r = -ENOENT;

	if (!load->trusts || load->lacks_rows || load->known_id[0] == '\0' ||
		strcmp(load->listed.manifest.etag, load->etag_before) != 0)
		return -ENOENT;
	memcpy(load->delivery.id, load->known_id, sizeof(load->delivery.id));
	r = store_find(l->store, &load->delivery, &load->month_read);
	if (r == -ENOENT && load->wanted.dims != 0)
		r = find_sums(l, load);
	if (r == 0 && month_facts(load->month_read)->month.number == load->month.number)
		return 0;
	if (r == 0) {
		month_unref(load->month_read);
		load->month_read = NULL;
	}
	load->delivery.id[0] = '\0';
	return -ENOENT;
}

/* Rather than that everybody waits for a newer one. 0; -ENOENT. */
static int open_old(struct library *l, struct load *load)
{
	struct month *m;
	struct delivery old = { .count = 0 };
	int r;

	if (load->old_id[0] == '\0')
		return -ENOENT;
	memcpy(old.id, load->old_id, sizeof(old.id));
	r = store_find(l->store, &old, &m);
	if (r == 0 && month_facts(m)->month.number != load->month.number) {
		month_unref(m);
		r = -ENOENT;
	}
	if (r < 0)
		return -ENOENT;
	memcpy(load->delivery.id, load->old_id, sizeof(load->delivery.id));
	load->month_read = m;
	load->is_stale = true;
	return 0;
}

/* What an earlier mount has shown is better than nothing. While another delivery is being
 * written, what the manifest stands for until then is what everybody wants. */
static void open_last(struct library *l, struct load *load, int error)
{
	struct delivery last = { 0 };
	struct month *m;

	if (error == -EBUSY && !load->is_shown && load->known_id[0] != '\0' &&
		strcmp(load->listed.manifest.etag, load->etag_before) == 0) {
		memcpy(load->last_id, load->known_id, sizeof(load->last_id));
		memcpy(load->last_etag, load->etag_before, sizeof(load->last_etag));
	}
	memcpy(last.id, load->last_id, sizeof(last.id));
	if (last.id[0] == '\0' || store_find(l->store, &last, &m) < 0)
		return;
	if (month_facts(m)->month.number == load->month.number)
		load->month_read = m;
	else
		month_unref(m);
}

/* The manifest names what is not there: it is wrong, or another one has come since it was
 * read, which is a delivery that is being replaced. -ENODATA; -ESTALE. */
static int tell_missing(struct library *l, struct load *load)
{
	char etag[OBJECT_ETAG_MAX];
	const struct fault seen = load->why;

	memcpy(etag, load->listed.manifest.etag, sizeof(etag));
	if (look_again(l, load, false) == 0 &&
		strcmp(etag, load->listed.manifest.etag) != 0)
		return -ESTALE;
	load->why = seen;
	return -ENODATA;
}

/* The delivery as it stands there. What may be two of them is none. */
static int read_delivery(struct library *l, struct load *load)
{
	int r = delivery_read(
		l->source, &l->export, &load->listed, &load->delivery, &load->why);

	if (r == -ENODATA)
		return tell_missing(l, load);
	if (r < 0)
		return r;
	r = delivery_check_whole(
		&load->delivery, l->source->name, clock_now(l->clock), &load->why);
	if (r < 0)
		delivery_finish(&load->delivery);
	else
		load->has_delivery = true;
	return r;
}

static int read_month(struct library *l, struct load *load)
{
	int r;

	r = load->is_old ? look_again(l, load, true) : 0;
	if (open_known(l, load) == 0 || open_old(l, load) == 0)
		return 0;
	/* Not another deadline on top of the first one. */
	if (fault_is_passing(r))
		return r;
	load->why = (struct fault){ 0 };
	/* Nothing is asked for a look into the cache. */
	if (load->only_cached && !l->source->is_near)
		return -ENOENT;
	r = load->relist ? look_again(l, load, false) : 0;
	if (r < 0)
		return r;
	load->asked = true;
	r = read_delivery(l, load);
	if (r < 0)
		return r;
	/* Unless another builder has it in hand already. */
	if (load->damaged)
		r = store_discard(l->store, load->delivery.id);
	if (r < 0 && r != -EAGAIN)
		return fault(&load->why, r,
			"the damaged month cannot be removed from the cache");
	r = load->lacks_rows ? -ENOENT
			     : store_find(l->store, &load->delivery, &load->month_read);
	if (r == -ENOENT && load->wanted.dims != 0)
		r = build_sums(l, load);
	else if (r == -ENOENT && !load->only_cached)
		r = build_month(l, load);
	return r;
}

/* An object that is gone or another one than the manifest says: a delivery is being
 * written. A manifest that names what is not there is just wrong, unless it is one of
 * those just met. */
static bool is_being_replaced(const struct load *load, int r)
{
	if (r == -ESTALE)
		return true;
	return (r == -ENODATA || r == -ENOENT) && (load->has_delivery || load->tries > 0);
}

/* 250 ms, 1 s, 4 s, 4 s … */
static uint64_t pause_after(unsigned tries)
{
	return UINT64_C(250) << (tries < 3 ? 2 * (tries - 1) : 4);
}

/* Unless the refresher has seen a newer listing. Without memory, the next refresh sees
 * it. */
static void take_listed(struct library *l, struct record *r, const struct load *load)
{
	struct month_ref copy;

	if (!load->relisted || strcmp(r->listed.manifest.etag, load->etag_before) != 0)
		return;
	if (month_ref_copy(&load->listed, &copy) < 0)
		return;
	record_looked(l, r, &copy);
}

static void take_known(struct library *l, struct record *r, const struct load *load)
{
	if (load->has_delivery)
		record_know(l, r, &load->delivery, load->listed.manifest.etag);
}

/* With the lock. Who could be asked just now can be asked for the rest, too. */
static void heal(struct library *l, const struct load *load)
{
	if (!load->asked || !fault_is_passing(l->refresh_fault.error) || l->refreshing)
		return;
	l->failures = 0;
	refresh_soon(l, 0);
}

/* What is no longer of use, without the lock. */
struct old {
	struct month *shown, *sums;
};

static bool has_same_rows(const struct month *shown, const struct month *m)
{
	return !month_is_damaged(shown) && !month_is_in_memory(m) &&
		month_facts(shown)->index == month_facts(m)->index;
}

static void show_month(struct record *r, const struct load *load, struct old *ret_old)
{
	ret_old->shown = r->shown;
	ret_old->sums = r->sums;
	r->sums = NULL;
	/* Of two with the same bytes, as where only the rows had to be read again, the
	 * one that others hold is enough. */
	if (r->shown && has_same_rows(r->shown, load->month_read))
		ret_old->shown = load->month_read;
	else
		r->shown = load->month_read;
	memcpy(r->shown_etag,
		load->is_stale ? load->shown_etag : load->listed.manifest.etag,
		sizeof(r->shown_etag));
	memcpy(r->shown_id, load->delivery.id, sizeof(r->shown_id));
}

static void show_sums(struct record *r, const struct load *load, struct old *ret_old)
{
	ret_old->sums = r->sums;
	r->sums = load->month_read;
	memcpy(r->sums_etag, load->listed.manifest.etag, sizeof(r->sums_etag));
	memcpy(r->sums_id, load->delivery.id, sizeof(r->sums_id));
}

/* Answers what to tell of it. */
static enum library_event show(struct record *r, struct load *load, struct old *ret_old)
{
	const bool is_sums = month_facts(load->month_read)->sums.dims != 0;

	if (is_sums)
		show_sums(r, load, ret_old);
	else
		show_month(r, load, ret_old);
	load->month_read = NULL;
	r->fault = (struct fault){ 0 };
	r->forgiven = false;
	return is_sums ? LIBRARY_MONTH_SUMS : LIBRARY_MONTH_READY;
}

/* Beside the fault of the newer one: as when that comes while this is shown. */
static enum library_event show_last(struct record *r, struct load *load)
{
	r->shown = load->month_read;
	load->month_read = NULL;
	memcpy(r->shown_id, load->last_id, sizeof(r->shown_id));
	memcpy(r->shown_etag, load->last_etag, sizeof(r->shown_etag));
	return LIBRARY_MONTH_READY;
}

/* Where nobody knew better. NULL: the text says it. */
static const char *cure_of(int error)
{
	switch (-error) {
	case EBADMSG:
	case ERANGE:
	case EFBIG:
	case E2BIG:
	case ENODATA:
		return "compare the file with the object in the bucket and copy it "
		       "again; if "
		       "that is as bad, the next delivery or AWS Support has to mend it. "
		       "It is "
		       "read again when it changes";
	case EOPNOTSUPP:
		return "take a Cost and Usage Report or a CUR 2.0 export as the source";
	default:
		return NULL;
	}
}

static void fail(struct library *l, struct record *r, struct load *load, int error)
{
	if (is_being_replaced(load, error))
		fault_cure(&load->why,
			"the export is being written right now, or its objects were "
			"removed; "
			"it is tried again when it is next used");
	else if (cure_of(error) != NULL && load->why.cure[0] == '\0')
		fault_cure(&load->why, "%s", cure_of(error));
	if (error == -ENOENT)
		error = -ENODATA; /* the month is there, its objects are not */
	fault_of_month(&load->why, error, load->month);
	record_fail(l, r, &load->why, load->listed.manifest.etag, load->delivery.id);
	if (record_is_torn(r) && l->refresh_seconds)
		refresh_soon(l, LIBRARY_TORN_LOOK_S);
}

static bool is_to_be_tried_again(const struct load *load, int error)
{
	return error < 0 && is_being_replaced(load, error) &&
		load->tries + 1 < LIBRARY_REPLACED_TRIES;
}

/* With the lock. Answers whether the job goes on. */
static bool queue_again(struct library *l, struct load *load, int error)
{
	struct record *r = load->record;

	if (!is_to_be_tried_again(load, error))
		return false;
	r->tries++;
	r->job = JOB_QUEUED;
	r->not_before_ms = clock_monotonic_ms(l->clock) + pause_after(r->tries);
	return true;
}

static void request_again(struct library *l, struct record *r)
{
	const struct sums want = r->again_sums;

	record_request_sums(l, r, &want);
}

/* Those that were asked for meanwhile. */
static bool lacks_sums(const struct record *r)
{
	const struct sums has = record_sums(r);

	return !r->shown && r->again_sums.dims != 0 && !sums_cover(&has, &r->again_sums);
}

/* With the lock. A look into the cache that found nothing, for whatever reason, has not
 * happened. */
static void finish_look(struct library *l, struct record *r)
{
	r->job = JOB_IDLE;
	if (r->again)
		record_request(l, r);
	else if (r->again_sums.dims != 0)
		request_again(l, r);
	else
		r->awaited = false;
	pthread_cond_broadcast(&l->changed);
}

/* With the lock: whether another job is to follow. */
static bool wants_more(struct library *l, const struct record *r, int error)
{
	bool has_half = r->again && error == 0 && !r->shown;
	bool is_behind = (r->again || r->awaited) && record_is_stale(r);

	return (has_half || is_behind) && record_may_try(l, r);
}

/* With the lock, which is given up for the listener. */
static void finish(struct library *l, struct load *load, int error)
{
	struct record *r = load->record;
	enum library_event event = LIBRARY_MONTH_FAILED;
	struct old old = { NULL, NULL };
	bool again;

	if (error == -ECANCELED && atomic_load(&l->stop)) {
		r->job = JOB_IDLE;
		return;
	}
	take_listed(l, r, load);
	take_known(l, r, load);
	if (load->only_cached && error < 0) {
		finish_look(l, r);
		return;
	}
	if (queue_again(l, load, error)) {
		pthread_cond_signal(&l->work);
		return;
	}
	if (error == 0) {
		event = show(r, load, &old);
		heal(l, load);
	} else {
		fail(l, r, load, error);
		if (load->month_read)
			event = show_last(r, load);
	}
	again = (load->is_stale && !load->only_cached) || wants_more(l, r, error) ||
		(load->whole_follows && error == 0 && !r->shown);
	r->job = JOB_IDLE;
	if (again)
		record_request(l, r);
	else if (error == 0 && lacks_sums(r))
		request_again(l, r);
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	month_unref(old.shown);
	month_unref(old.sums);
	library_tell(l, event, load->month);
	pthread_mutex_lock(&l->lock);
	/* Who awaits it wants the listener to know already. The record may have gone
	 * meanwhile, but not while it is awaited; and another loader may be past it and
	 * still at the listener, then it is that one's to say. */
	r = record_find(l, load->month);
	if (r && r->awaited && r->job == JOB_IDLE && r->run == load->run) {
		r->awaited = false;
		pthread_cond_broadcast(&l->changed);
	}
}

/* With the lock. What is near is asked anyway, as long as it answers. */
static void prepare_known(
	const struct library *l, const struct record *r, struct load *load)
{
	load->trusts = !load->damaged && r->tries == 0 && r->listed.is_looked &&
		(!l->source->is_near || l->refresh_fault.error < 0);
	load->is_old = !r->only_cached && l->fresh_seconds > 0 && r->listed.is_looked &&
		record_is_older(l, r, l->fresh_seconds);
	/* Commands rather fail: nobody would see that what they print is stale. */
	load->is_shown = r->shown != NULL;
	if (!r->shown && !r->only_cached && l->fresh_seconds == 0) {
		memcpy(load->last_id, r->shown_id, sizeof(load->last_id));
		memcpy(load->last_etag, r->shown_etag, sizeof(load->last_etag));
	}
	if (r->known_id[0] == '\0')
		return;
	if (strcmp(r->known_etag, r->listed.manifest.etag) == 0) {
		memcpy(load->known_id, r->known_id, sizeof(load->known_id));
	} else if (l->shows_old && load->trusts && !r->shown && r->wanted.dims == 0) {
		memcpy(load->old_id, r->known_id, sizeof(load->old_id));
		memcpy(load->shown_etag, r->known_etag, sizeof(load->shown_etag));
	}
}

/* With the lock, which is given up for the work. */
static void run(struct library *l, struct record *r)
{
	struct load load = { .record = r, .month = r->month, .tries = r->tries };
	int error;

	r->job = JOB_RUNNING;
	load.run = ++l->runs;
	r->run = load.run;
	r->again = false;
	r->again_sums = (struct sums){ .dims = 0 };
	load.relist = r->tries > 0 || r->fault.error < 0 || !r->listed.is_looked;
	load.only_cached = r->only_cached;
	load.wanted = r->wanted;
	load.whole_follows = r->whole_follows;
	load.damaged = r->shown && month_is_damaged(r->shown);
	load.lacks_rows = r->shown && month_lacks_rows(r->shown);
	prepare_known(l, r, &load);
	memcpy(load.etag_before, r->listed.manifest.etag, sizeof(load.etag_before));
	error = month_ref_copy(&r->listed, &load.listed);
	if (error == 0) {
		pthread_mutex_unlock(&l->lock);
		error = read_month(l, &load);
		if (error < 0 && error != -ECANCELED &&
			!is_to_be_tried_again(&load, error))
			open_last(l, &load, error);
		pthread_mutex_lock(&l->lock);
	}
	finish(l, &load, error);
	month_ref_finish(&load.listed);
	delivery_finish(&load.delivery);
}

void *loader_run(void *context)
{
	struct library *l = context;
	struct record *r;

	pthread_mutex_lock(&l->lock);
	while ((r = wait_for_work(l))) {
		run(l, r);
		pthread_mutex_unlock(&l->lock);
		library_remember(l);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}
