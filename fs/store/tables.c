#include "fs/store/tables.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/condition.h"
#include "base/vec.h"
#include "fs/store/tables_private.h"

enum { INDEXES_MAX = 1 << 20 };

static struct tables *new_tables(const struct tables_options *o)
{
	struct tables *t = vec_alloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (condition_init(&t->work) < 0 || condition_init(&t->changed) < 0) {
		free(t);
		return NULL;
	}
	t->source = o->source;
	t->store = o->store;
	t->clock = o->clock;
	t->fresh_seconds = o->fresh_seconds;
	t->round_seconds = TABLES_ROUND_SECONDS;
	if (o->source->is_near) {
		t->round_seconds = TABLES_NEAR_SECONDS;
		if (t->fresh_seconds > TABLES_NEAR_SECONDS)
			t->fresh_seconds = TABLES_NEAR_SECONDS;
	}
	t->is_mount = o->is_mount;
	t->is_away = o->is_away;
	t->listener = o->listener;
	t->context = o->context;
	t->version = 1;
	t->look.looked = (struct instant){ INSTANT_NONE };
	pthread_mutex_init(&t->lock, NULL);
	pthread_mutex_init(&t->memory_lock, NULL);
	t->home = strdup(o->home);
	t->identity = o->identity ? strdup(o->identity) : NULL;
	if (!t->home || (o->identity && !t->identity)) {
		tables_close(t);
		return NULL;
	}
	return t;
}

static bool is_old(const struct tables *t, const struct look *l)
{
	unsigned fresh = l == &t->look ? t->round_seconds : t->fresh_seconds;
	int64_t now = clock_now(t->clock).seconds;

	return l->looked.seconds == INSTANT_NONE || l->looked.seconds > now ||
		now - l->looked.seconds > (int64_t)fresh;
}

int tables_open(const struct tables_options *options, struct tables **ret)
{
	struct tables *t = new_tables(options);
	int r = t ? tables_recall(t) : -ENOMEM;

	if (r < 0) {
		tables_close(t);
		return r;
	}
	pthread_mutex_lock(&t->lock);
	if (t->is_mount && !t->source->is_near && is_old(t, &t->look))
		look_request(t, &t->look);
	pthread_mutex_unlock(&t->lock);
	*ret = t;
	return 0;
}

void tables_close(struct tables *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	atomic_store(&t->stop, true);
	pthread_cond_broadcast(&t->work);
	pthread_cond_broadcast(&t->changed);
	while (t->waiters > 0)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
	for (unsigned i = 0; i < t->thread_count; i++)
		pthread_join(t->threads[i], NULL);
	for (size_t i = 0; i < t->count; i++)
		table_free(t->items[i]);
	free(t->items);
	free(t->home);
	free(t->identity);
	pthread_cond_destroy(&t->work);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->memory_lock);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static int start_thread(struct tables *t)
{
	sigset_t all, before;
	int r;

	/* Signals are the business of who called main(). */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&t->threads[t->thread_count], NULL, tables_run, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		t->thread_count++;
	return -r;
}

void look_request(struct tables *t, struct look *l)
{
	l->request = ++t->requests;
	if (l->state != LOOK_IDLE || atomic_load(&t->stop))
		return;
	while (t->thread_count < TABLES_THREADS && start_thread(t) == 0)
		;
	if (t->thread_count == 0) {
		l->failed_ms = clock_monotonic_ms(t->clock);
		fault(&l->fault, -EAGAIN, "cannot start a thread");
		l->fault.error = -ENOMEM; /* -EAGAIN would be waited for */
		return;
	}
	l->state = LOOK_QUEUED;
	pthread_cond_signal(&t->work);
}

static bool has_failed(const struct tables *t, const struct look *l)
{
	unsigned pause = fault_is_passing(l->fault.error) ? TABLES_RETRY_PASSING_SECONDS
							  : TABLES_RETRY_SECONDS;

	return l->fault.error < 0 && l->state == LOOK_IDLE &&
		clock_monotonic_ms(t->clock) - l->failed_ms < pause * UINT64_C(1000);
}

/* With the lock. 0 what is there may be shown; -EAGAIN; the errno of the failure. is_away
 * was asked for without the lock. */
static int use(struct tables *t, struct tables_ask *a, struct look *l, bool is_away)
{
	if (l->has && (is_away || !is_old(t, l)))
		return 0;
	if (!has_failed(t, l)) {
		if (a->load)
			look_request(t, l);
		a->version = t->version;
		if (!has_failed(t, l))
			return -EAGAIN;
	}
	if (l->has)
		return 0;
	if (a->why)
		*a->why = l->fault;
	return l->fault.error;
}

static bool is_away(const struct tables *t)
{
	return t->is_away && t->is_away(t->context);
}

/* With the lock: which tables there are. Nobody waits who can go on without. */
static int use_names(struct tables *t, struct tables_ask *a, bool away, bool may_wait)
{
	const bool waits = may_wait || t->source->is_near || !t->is_mount;
	struct tables_ask x = { .load = a->load || !waits };
	int r = away ? 0 : use(t, &x, &t->look, away);

	a->version = x.version;
	return r == -EAGAIN && waits ? r : 0;
}

struct named {
	const char *name;
	uint32_t index;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;

	return strcmp(x->name, y->name);
}

/* With the lock. */
static ssize_t list_names(const struct tables *t, uint32_t **ret)
{
	struct named *all = vec_alloc(t->count + 1, sizeof(*all));
	uint32_t *made = vec_alloc(t->count + 1, sizeof(*made));
	size_t n = 0;

	if (!all || !made) {
		free(all);
		free(made);
		return -ENOMEM;
	}
	for (size_t i = 0; i < t->count; i++)
		if (!t->items[i]->gone)
			all[n++] = (struct named){ t->items[i]->name, (uint32_t)i };
	qsort(all, n, sizeof(*all), by_name);
	for (size_t i = 0; i < n; i++)
		made[i] = all[i].index;
	free(all);
	*ret = made;
	return (ssize_t)n;
}

ssize_t tables_list(struct tables *t, struct tables_ask *a, uint32_t **ret)
{
	bool away = is_away(t);
	ssize_t r;

	pthread_mutex_lock(&t->lock);
	r = use_names(t, a, away, false);
	if (r == 0)
		r = list_names(t, ret);
	pthread_mutex_unlock(&t->lock);
	return r;
}

static int find_name(const struct tables *t, struct span name, uint32_t *ret)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->items[i]->gone && span_eq(span_of(t->items[i]->name), name)) {
			*ret = (uint32_t)i;
			return 0;
		}
	return -ENOENT;
}

int tables_find(struct tables *t, struct tables_ask *a, struct span name, uint32_t *ret)
{
	bool away = is_away(t);
	int r;

	pthread_mutex_lock(&t->lock);
	r = find_name(t, name, ret);
	if (r == -ENOENT && use_names(t, a, away, true) == -EAGAIN)
		r = -EAGAIN;
	pthread_mutex_unlock(&t->lock);
	return r;
}

bool tables_has_any(struct tables *t)
{
	bool has = false;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->count; i++)
		has |= !t->items[i]->gone;
	pthread_mutex_unlock(&t->lock);
	return has;
}

static struct table *at(struct tables *t, uint32_t table)
{
	struct table *found;

	pthread_mutex_lock(&t->lock);
	found = t->items[table];
	pthread_mutex_unlock(&t->lock);
	return found;
}

const char *tables_name(struct tables *t, uint32_t table)
{
	return at(t, table)->name;
}

const char *tables_export(struct tables *t, uint32_t table)
{
	return at(t, table)->export.name;
}

/* With the lock. */
static ssize_t list_parts(const struct table *table, uint32_t **ret)
{
	uint32_t *made = vec_alloc(table->count + 1, sizeof(*made));
	size_t n = 0;

	if (!made)
		return -ENOMEM;
	for (size_t i = 0; i < table->count; i++) {
		const struct partition *p = table->parts[table->order[i]];

		if (!p->gone &&
			(n == 0 || strcmp(table->parts[made[n - 1]]->name, p->name) != 0))
			made[n++] = table->order[i];
	}
	*ret = made;
	return (ssize_t)n;
}

ssize_t table_list(struct tables *t, struct tables_ask *a, uint32_t table, uint32_t **ret)
{
	bool away = is_away(t);
	ssize_t r;

	pthread_mutex_lock(&t->lock);
	r = use(t, a, &t->items[table]->look, away);
	if (r == 0)
		r = list_parts(t->items[table], ret);
	pthread_mutex_unlock(&t->lock);
	return r;
}

static int find_part(const struct table *table, struct span name, uint32_t *ret)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t index = table->order[middle];
		const struct partition *p = table->parts[index];
		int order = span_cmp(span_of(p->name), name);

		if (order == 0 && p->gone)
			return -ENOENT;
		if (order == 0) {
			*ret = index;
			return 0;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -ENOENT;
}

int table_find(struct tables *t, struct tables_ask *a, uint32_t table, struct span name,
	uint32_t *ret)
{
	bool away = is_away(t);
	int r;

	pthread_mutex_lock(&t->lock);
	/* An old list may not know yet what a partition stands in. */
	r = use(t, a, &t->items[table]->look, away);
	if (r == 0)
		r = find_part(t->items[table], name, ret);
	pthread_mutex_unlock(&t->lock);
	return r;
}

const char *table_name(struct tables *t, uint32_t table, uint32_t partition)
{
	const char *name;

	pthread_mutex_lock(&t->lock);
	name = t->items[table]->parts[partition]->name;
	pthread_mutex_unlock(&t->lock);
	return name;
}

/* With the lock. What is not in the cache any more is read anew. */
static struct table_file *drop_lost(struct partition *p)
{
	struct table_file *lost = NULL;

	if (p->file && table_file_is_lost(p->file)) {
		lost = p->file;
		p->file = NULL;
		p->look.has = false;
	}
	return lost;
}

int table_get(struct tables *t, struct tables_ask *a, uint32_t table, uint32_t partition,
	struct table_file **ret)
{
	bool away = is_away(t);
	struct table_file *lost;
	struct partition *p;
	int r;

	pthread_mutex_lock(&t->lock);
	p = t->items[table]->parts[partition];
	lost = drop_lost(p);
	r = p->gone && !p->file ? -ENOENT : use(t, a, &p->look, away || p->gone);
	a->is_unread = !p->file;
	if (r == 0)
		*ret = table_file_ref(p->file);
	pthread_mutex_unlock(&t->lock);
	table_file_unref(lost);
	return r;
}

static void note_failure(const struct look *l, struct table_failure failure,
	struct table_failure *ret, size_t *count)
{
	if (l->fault.error == 0 || *count == TABLE_FAILURES_MAX)
		return;
	failure.fault = l->fault;
	ret[(*count)++] = failure;
}

ssize_t tables_failures(struct tables *t, struct table_failure **ret)
{
	struct table_failure *made = vec_alloc(TABLE_FAILURES_MAX, sizeof(*made));
	size_t count = 0;

	if (!made)
		return -ENOMEM;
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->count; i++) {
		const struct table *table = t->items[i];

		note_failure(&table->look, (struct table_failure){ .table = table->name },
			made, &count);
		for (size_t k = 0; k < table->count; k++)
			note_failure(&table->parts[k]->look,
				(struct table_failure){ .table = table->name,
					.file = table->parts[k]->name },
				made, &count);
	}
	pthread_mutex_unlock(&t->lock);
	*ret = made;
	return (ssize_t)count;
}

static void forget_look(struct look *l)
{
	l->looked = (struct instant){ INSTANT_NONE };
	l->fault = (struct fault){ 0 };
}

void tables_refresh(struct tables *t)
{
	pthread_mutex_lock(&t->lock);
	forget_look(&t->look);
	for (size_t i = 0; i < t->count; i++) {
		struct table *table = t->items[i];

		forget_look(&table->look);
		for (size_t k = 0; k < table->count; k++)
			forget_look(&table->parts[k]->look);
	}
	if (t->is_mount)
		look_request(t, &t->look);
	pthread_mutex_unlock(&t->lock);
}

bool tables_has_news(struct tables *t, uint64_t version)
{
	bool has;

	pthread_mutex_lock(&t->lock);
	has = t->version != version;
	pthread_mutex_unlock(&t->lock);
	return has;
}

static void wait_ms(struct tables *t, long ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&t->changed, &t->lock, &until);
}

int tables_wait(struct tables *t, uint64_t version, const atomic_bool *stop)
{
	int r = 0;

	pthread_mutex_lock(&t->lock);
	t->waiters++;
	while (r == 0 && t->version == version) {
		if ((stop && atomic_load(stop)) || atomic_load(&t->stop))
			r = -ECANCELED;
		else
			wait_ms(t, TABLES_POLL_MS);
	}
	t->waiters--;
	if (atomic_load(&t->stop))
		pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	return r;
}
