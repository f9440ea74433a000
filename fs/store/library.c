/* The months of one export, for those who use them. */
#include "fs/store/library.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/condition.h"
#include "base/vec.h"
#include "fs/store/library_private.h"

void library_wait_ms(struct library *l, pthread_cond_t *condition, uint64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(condition, &l->lock, &until);
}

void library_tell(struct library *l, enum library_event event, struct month_no m)
{
	if (l->listener)
		l->listener(l->context, event, m);
}

/* glibc's never fail with these attributes; others may, and then nothing is left to undo.
 */
static int init_lock(struct library *l)
{
	int r = condition_init(&l->work);

	if (r == 0)
		r = condition_init(&l->wake);
	if (r == 0)
		r = condition_init(&l->changed);
	if (r == 0)
		r = -pthread_mutex_init(&l->lock, NULL);
	if (r == 0)
		r = -pthread_mutex_init(&l->memory_lock, NULL);
	return r;
}

static struct library *new_library(const struct library_options *options)
{
	struct library *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->source = options->source;
	l->store = options->store;
	l->clock = options->clock;
	l->refresh_seconds = options->refresh_seconds;
	l->load_newest = options->load_newest;
	l->listener = options->listener;
	l->context = options->context;
	l->fresh_seconds = options->fresh_seconds;
	l->shows_old = options->shows_old;
	l->last_refresh = l->looked = (struct instant){ INSTANT_NONE };
	if (options->away)
		l->refresh_fault = *options->away;
	if (init_lock(l) < 0) {
		free(l);
		return NULL;
	}
	l->identity = options->identity ? strdup(options->identity) : NULL;
	if ((options->identity && !l->identity) ||
		export_ref_copy(options->export, &l->export) < 0) {
		library_close(l);
		return NULL;
	}
	return l;
}

static int list_at_first(struct library *l, struct fault *why)
{
	struct month_list months = { 0 };
	bool changed;
	int r = l->source->is_near
		? export_months(l->source, &l->export, &months, why)
		: export_month_names(l->source, &l->export, &months, why);

	if (r == 0 && months.count == 0)
		r = fault(why, -ENODATA, "%s: the export has no month yet",
			l->source->name);
	if (r == 0) {
		/* No thread is there yet. */
		r = records_merge(l, &months, &changed);
		if (r < 0)
			fault(why, r, "%s: out of memory", l->source->name);
		l->looked = clock_now(l->clock);
	}
	month_list_finish(&months);
	return r;
}

static int know_months(
	struct library *l, const struct library_options *options, struct fault *why)
{
	int r = 0;

	if (options->remembered)
		r = library_recall(l, options->remembered);
	if (r < 0)
		return fault(why, r, "%s: out of memory", l->source->name);
	if (!options->remembered || options->list_first || l->count == 0)
		r = list_at_first(l, why);
	return r;
}

static int start_threads(struct library *l)
{
	sigset_t all;
	sigset_t before;
	int r = 0;

	/* Signals are the business of who called main(). */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (r == 0 && l->loader_count < LIBRARY_LOADERS) {
		r = pthread_create(&l->loaders[l->loader_count], NULL, loader_run, l);
		if (r == 0)
			l->loader_count++;
	}
	if (r == 0) {
		r = pthread_create(&l->refresher, NULL, refresher_run, l);
		l->has_refresher = r == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

int library_open(
	const struct library_options *options, struct library **ret, struct fault *why)
{
	int r;
	struct library *l = new_library(options);

	if (!l)
		return fault(why, -ENOMEM, "%s: out of memory", options->source->name);
	r = know_months(l, options, why);
	if (r < 0)
		goto out;
	library_remember(l);
	if (l->load_newest)
		record_request_ahead(l, l->records[l->count - 1]);
	/* Not by the thread, which may come to it late. */
	refresh_plan(l);
	if (options->look_at_once)
		l->refresh_due_ms = clock_monotonic_ms(l->clock);
	r = start_threads(l);
	if (r < 0) {
		fault(why, r, "cannot start a thread: %s", fault_errno_text(r));
		goto out;
	}
	*ret = l;
	return 0;
out:
	library_close(l);
	return r;
}

void library_close(struct library *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	atomic_store(&l->stop, true);
	pthread_cond_broadcast(&l->work);
	pthread_cond_broadcast(&l->wake);
	pthread_cond_broadcast(&l->changed);
	while (l->waiters > 0)
		pthread_cond_wait(&l->changed, &l->lock);
	pthread_mutex_unlock(&l->lock);
	for (unsigned i = 0; i < l->loader_count; i++)
		pthread_join(l->loaders[i], NULL);
	if (l->has_refresher)
		pthread_join(l->refresher, NULL);
	records_finish(l);
	export_ref_finish(&l->export);
	free(l->identity);
	pthread_mutex_destroy(&l->memory_lock);
	pthread_cond_destroy(&l->work);
	pthread_cond_destroy(&l->wake);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

const struct export_ref *library_export(const struct library *l)
{
	return &l->export;
}

static void describe_shown(const struct record *r, struct month_status *ret)
{
	const struct month_facts *facts = month_facts(r->shown);

	ret->as_of = facts->as_of;
	ret->verified = facts->verified;
	ret->lines = facts->lines;
}

static void describe_known(const struct record *r, struct month_status *ret)
{
	const struct object_info *manifest = &r->listed.manifest;

	if (r->known_id[0] != '\0' && strcmp(r->known_etag, manifest->etag) == 0) {
		ret->as_of = r->known_as_of;
		ret->verified = r->known_verified;
	} else {
		ret->as_of = manifest->key ? manifest->modified
					   : (struct instant){ INSTANT_NONE };
		ret->verified = manifest->key != NULL;
	}
}

/* With the lock. */
static void describe(const struct library *l, struct record *r, struct month_status *ret)
{
	*ret = (struct month_status){
		.month = r->month,
		.state = record_state(r),
		.stale = record_is_stale(r),
		.is_looked = r->listed.is_looked || r->shown,
		.sums = r->shown ? sums_all() : record_sums(r),
		.fault = r->fault,
	};
	if (r->shown)
		describe_shown(r, ret);
	else
		describe_known(r, ret);
	if (r->job == JOB_IDLE)
		return;
	ret->is_working = !r->only_cached || r->again;
	ret->bytes_done = atomic_load(&r->progress.bytes_done);
	ret->bytes_total = atomic_load(&r->progress.bytes_total);
	ret->rows_done = atomic_load(&r->progress.rows);
	uint64_t began_ms = atomic_load(&r->began_ms);
	if (began_ms != 0)
		ret->working_ms = clock_monotonic_ms(l->clock) - began_ms;
}

ssize_t library_months(struct library *l, struct month_status **ret)
{
	struct month_status *all;
	size_t count;

	pthread_mutex_lock(&l->lock);
	count = l->count;
	all = vec_alloc(count > 0 ? count : 1, sizeof(*all));
	for (size_t i = 0; all && i < count; i++)
		describe(l, l->records[i], &all[i]);
	pthread_mutex_unlock(&l->lock);
	if (!all)
		return -ENOMEM;
	*ret = all;
	return (ssize_t)count;
}

int library_status(struct library *l, struct month_no m, struct month_status *ret)
{
	struct record *r;

	pthread_mutex_lock(&l->lock);
	r = record_find(l, m);
	if (r)
		describe(l, r, ret);
	pthread_mutex_unlock(&l->lock);
	return r ? 0 : -ENOENT;
}

struct month_no library_newest(struct library *l)
{
	struct month_no m = { 0 };

	pthread_mutex_lock(&l->lock);
	if (l->count > 0)
		m = l->records[l->count - 1]->month;
	pthread_mutex_unlock(&l->lock);
	return m;
}

static int no_such_month(struct month_no m, struct fault *why)
{
	char month[MONTH_TEXT];

	month_format(m, month);
	return fault(why, -ENOENT, "the export has no month %.*s", MONTH_TEXT, month);
}

/* With the lock. */
static int get(struct library *l, struct month_no m, bool load, struct month **ret,
	struct fault *why)
{
	struct record *r = record_find(l, m);
	enum month_state state;

	if (!r)
		return no_such_month(m, why);
	state = record_state(r);
	if (load && record_may_try(l, r) &&
		(state == MONTH_READY ? record_is_stale(r) : true))
		record_request(l, r);
	switch (record_state(r)) {
	case MONTH_READY:
		*ret = month_ref(r->shown);
		if (load)
			month_use(r->shown);
		return 0;
	case MONTH_KNOWN:
	case MONTH_LOADING:
		return -EAGAIN;
	case MONTH_FAILED:
		break;
	}
	if (why)
		*why = r->fault;
	return r->fault.error;
}

/* With the lock. */
static int get_sums(struct library *l, struct month_no m, const struct sums *want,
	bool load, struct month **ret, struct fault *why)
{
	struct record *r = record_find(l, m);
	struct sums has;

	if (!r || r->shown)
		return get(l, m, load, ret, why);
	has = record_sums(r);
	if (sums_cover(&has, want)) {
		*ret = month_ref(r->sums);
		if (load)
			month_use(r->sums);
		return 0;
	}
	if (load && record_may_try(l, r))
		record_request_sums(l, r, want);
	return get(l, m, false, ret, why);
}

/* With the lock. */
static int get_either(struct library *l, struct month_no m, const struct sums *want,
	bool load, struct month **ret, struct fault *why)
{
	return want->dims != 0 ? get_sums(l, m, want, load, ret, why)
			       : get(l, m, load, ret, why);
}

int library_get(struct library *l, struct month_no m, bool load, struct month **ret,
	struct fault *why)
{
	static const struct sums none = { .dims = 0 };

	return library_get_sums(l, m, &none, load, ret, why);
}

int library_get_sums(struct library *l, struct month_no m, const struct sums *want,
	bool load, struct month **ret, struct fault *why)
{
	int r;

	pthread_mutex_lock(&l->lock);
	r = get_either(l, m, want, load, ret, why);
	pthread_mutex_unlock(&l->lock);
	return r;
}

/* With the lock. A failure met while waiting is the answer, however old it is by then. */
static int wait_while_loading(struct library *l, struct month_no m,
	const struct sums *want, const atomic_bool *stop, struct month **ret,
	struct fault *why)
{
	int r = get_either(l, m, want, true, ret, why);

	while (r == -EAGAIN) {
		const struct record *record;

		if (stop && atomic_load(stop))
			return -ECANCELED;
		if (atomic_load(&l->stop))
			return -ECANCELED;
		if (stop)
			library_wait_ms(l, &l->changed, LIBRARY_POLL_MS);
		else
			pthread_cond_wait(&l->changed, &l->lock);
		record = record_find(l, m);
		r = get_either(l, m, want, record && record_state(record) == MONTH_KNOWN,
			ret, why);
	}
	return r;
}

int library_wait_sums(struct library *l, struct month_no m, const struct sums *want,
	const atomic_bool *stop, struct month **ret, struct fault *why)
{
	int r;

	pthread_mutex_lock(&l->lock);
	l->waiters++;
	r = wait_while_loading(l, m, want, stop, ret, why);
	if (r == 0)
		month_use(*ret);
	l->waiters--;
	if (atomic_load(&l->stop))
		pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	return r;
}

int library_wait(struct library *l, struct month_no m, const atomic_bool *stop,
	struct month **ret, struct fault *why)
{
	static const struct sums none = { .dims = 0 };

	return library_wait_sums(l, m, &none, stop, ret, why);
}

/* With the lock. */
static int ask_for_rows(struct library *l, struct record *r, struct fault *why)
{
	if (r->job == JOB_IDLE && record_may_try(l, r))
		record_request(l, r);
	if (r->job != JOB_IDLE)
		return -EAGAIN;
	if (why)
		*why = r->fault;
	return r->fault.error;
}

/* A reference to what is shown, if it is that. What was let go is opened again. 0;
 * -EAGAIN; -ESTALE; as library_get(). */
static int get_shown(struct library *l, const struct month_facts *f, struct month **ret,
	struct fault *why)
{
	struct month *shown;
	int r = library_get(l, f->month, true, &shown, why);

	if (r < 0)
		return r;
	if (month_facts(shown)->content != f->content) {
		month_unref(shown);
		return -ESTALE;
	}
	*ret = shown;
	return 0;
}

int library_get_rows(
	struct library *l, const struct month *m, struct month **ret, struct fault *why)
{
	const struct month_facts *f = month_facts(m);
	struct month *shown;
	struct record *record;
	int r = get_shown(l, f, &shown, why);

	if (r < 0)
		return r;
	/* It may be another one, which does not know yet; or they have come. */
	r = month_pin(shown);
	if (r == 0) {
		month_unpin(shown);
		*ret = shown;
		return 0;
	}
	if (r == -ENODATA) {
		pthread_mutex_lock(&l->lock);
		record = record_find(l, f->month);
		r = record && record->shown == shown ? ask_for_rows(l, record, why)
						     : -ESTALE;
		pthread_mutex_unlock(&l->lock);
	}
	month_unref(shown);
	return r;
}

/* Until no job of the month is under way. 0; -ECANCELED. */
static int wait_for_job(struct library *l, struct month_no m, const atomic_bool *stop)
{
	const struct record *r;
	int error = 0;

	pthread_mutex_lock(&l->lock);
	l->waiters++;
	while ((r = record_find(l, m)) && r->job != JOB_IDLE && error == 0) {
		if (atomic_load(&l->stop) || (stop && atomic_load(stop)))
			error = -ECANCELED;
		else
			library_wait_ms(l, &l->changed, LIBRARY_POLL_MS);
	}
	l->waiters--;
	if (atomic_load(&l->stop))
		pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	return error;
}

int library_wait_rows(
	struct library *l, struct month_no m, const atomic_bool *stop, struct fault *why)
{
	for (;;) {
		struct month *shown, *now = NULL;
		int r = library_wait(l, m, stop, &shown, why);

		if (r < 0)
			return r;
		r = library_get_rows(l, shown, &now, why);
		month_unref(shown);
		month_unref(now);
		if (r == -EAGAIN)
			r = wait_for_job(l, m, stop);
		else if (r != -ESTALE)
			return r;
		if (r == -ECANCELED)
			return r;
	}
}

void library_open_cached(struct library *l)
{
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->count; i++)
		record_look(l, l->records[i]);
	pthread_mutex_unlock(&l->lock);
}

static bool has_looks(const struct library *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->records[i]->job != JOB_IDLE && l->records[i]->only_cached)
			return true;
	return false;
}

void library_wait_cached(struct library *l)
{
	pthread_mutex_lock(&l->lock);
	l->waiters++;
	while (!atomic_load(&l->stop) && has_looks(l))
		pthread_cond_wait(&l->changed, &l->lock);
	l->waiters--;
	if (atomic_load(&l->stop))
		pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

/* With the lock. */
static uint64_t next_refresh(const struct library *l)
{
	return l->refreshes + l->refreshing + 1;
}

uint64_t library_refresh(struct library *l)
{
	uint64_t number;

	pthread_mutex_lock(&l->lock);
	l->refresh_wanted = true;
	number = next_refresh(l);
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	return number;
}

void library_activity(struct library *l, struct library_activity *ret)
{
	pthread_mutex_lock(&l->lock);
	*ret = (struct library_activity){
		.refreshes = l->refreshes,
		.next_refresh = next_refresh(l),
		.last_refresh = l->last_refresh,
		.refresh_fault = l->refresh_fault,
		.looked = l->looked,
		.is_refreshing = l->refreshing > 0,
	};
	for (size_t i = 0; i < l->count; i++)
		ret->loading += l->records[i]->job != JOB_IDLE;
	pthread_mutex_unlock(&l->lock);
	ret->has_traffic = object_traffic(l->source, &ret->traffic);
}

int library_usage(struct library *l, struct store_usage *ret)
{
	return store_usage(l->store, ret);
}

void library_wait_refresh(struct library *l, uint64_t number, unsigned wait_s)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)wait_s;
	pthread_mutex_lock(&l->lock);
	l->waiters++;
	while (!atomic_load(&l->stop) && l->refreshes < number)
		if (pthread_cond_timedwait(&l->changed, &l->lock, &end) != 0)
			break;
	l->waiters--;
	if (atomic_load(&l->stop))
		pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}
