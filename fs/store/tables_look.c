/* The threads that look at the tables: the source is asked without the lock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/store/tables_private.h"

/* What a thread has in hand. */
struct work {
	struct look *look;
	struct table *table; /* NULL: the tables themselves */
	struct partition *part; /* NULL: the table's partitions */
};
/* A partition while it is read, without the lock. */
struct load {
	struct tables *t;
	struct table *table;
	struct table_partition at; /* a copy */
	char id[DELIVERY_ID_TEXT]; /* of what is shown, or remembered */
	bool has_file; /* it is shown */
	bool trusts; /* what is remembered may be shown without a look */
	bool has_looked;
	struct table_file *file; /* the new one */
};

static void take_if_later(struct work *best, struct work w)
{
	if (w.look->state == LOOK_QUEUED &&
		(!best->look || w.look->request > best->look->request))
		*best = w;
}

/* With the lock. Names before lists before files, which take long. */
static bool find_work(struct tables *t, struct work *ret)
{
	struct work best = { 0 };

	take_if_later(&best, (struct work){ .look = &t->look });
	for (size_t i = 0; i < t->count && !best.look; i++)
		take_if_later(&best,
			(struct work){
				.look = &t->items[i]->look, .table = t->items[i] });
	for (size_t i = 0;
		i < t->count && t->loading < TABLES_LOADS && (!best.look || best.part);
		i++)
		for (size_t k = 0; k < t->items[i]->count; k++) {
			struct partition *p = t->items[i]->parts[k];

			take_if_later(&best,
				(struct work){ .look = &p->look,
					.table = t->items[i],
					.part = p });
		}
	*ret = best;
	return best.look != NULL;
}

/* Where nobody knew better. */
static void add_cure(struct fault *f)
{
	if (f->cure[0] == '\0' &&
		(f->error == -EBADMSG || f->error == -ENODATA || f->error == -ERANGE))
		fault_cure(f,
			"copy it again; in a bucket the next delivery has to mend it. It "
			"is "
			"tried again at its next use");
}

/* With the lock: the end of a look that answered r. */
static void finish_look(struct tables *t, struct look *l, int r, const struct fault *why)
{
	l->state = LOOK_IDLE;
	if (r < 0) {
		l->fault = *why;
		l->fault.error = r;
		if (l->fault.text[0] == '\0')
			fault(&l->fault, r, "%s: %s", t->source->name,
				fault_errno_text(r));
		add_cure(&l->fault);
		l->failed_ms = clock_monotonic_ms(t->clock);
		return;
	}
	l->has = true;
	l->fault = (struct fault){ 0 };
	t->is_news = true;
}

/* With the lock, which is given up meanwhile. Answers whether tables came or went. Where
 * nothing may be listed there are none. */
static bool look_for_tables(struct tables *t)
{
	struct export_list found = { 0 };
	struct fault why = { 0 };
	bool changed = false;
	int r;

	pthread_mutex_unlock(&t->lock);
	r = tables_beside(t->source, t->home, &found, &why);
	pthread_mutex_lock(&t->lock);
	if (r == -EACCES)
		r = 0;
	else if (r == 0)
		r = tables_merge(t, &found, &changed);
	finish_look(t, &t->look, r, &why);
	if (r == 0)
		t->look.looked = clock_now(t->clock);
	export_list_finish(&found);
	return changed;
}

/* Likewise. */
static void look_into_table(struct tables *t, struct table *table)
{
	struct table_partition_list found = { 0 };
	struct fault why = { 0 };
	int r;

	pthread_mutex_unlock(&t->lock);
	r = table_partitions(t->source, &table->export, &found, &why);
	pthread_mutex_lock(&t->lock);
	if (r == 0)
		r = table_merge(table, &found);
	finish_look(t, &table->look, r, &why);
	if (r == 0)
		table->look.looked = clock_now(t->clock);
	table_partition_list_finish(&found);
}

static char *copy_text(const char *text, int *error)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		*error = -ENOMEM;
	return copy;
}

static int copy_partition(const struct table_partition *p, struct table_partition *ret)
{
	int r = 0;

	ret->version = copy_text(p->version, &r);
	ret->value = copy_text(p->value, &r);
	ret->data = copy_text(p->data, &r);
	ret->metadata = copy_text(p->metadata, &r);
	return r;
}

/* The delivery as it is now. */
static int read_once(struct load *l, struct fault *why)
{
	struct tables *t = l->t;
	struct delivery d = { 0 };
	int r = table_delivery(t->source, &l->table->export, &l->at, &d, why);

	if (r == 0 && !(l->has_file && strcmp(d.id, l->id) == 0)) {
		r = table_file_find(t->store, d.id, &l->file);
		if (r == -ENOENT)
			r = table_file_build(
				t->store, t->source, &d, &t->stop, &l->file, why);
	}
	if (r == 0)
		l->has_looked = true;
	delivery_finish(&d);
	return r;
}

/* 250 ms, 1 s, 4 s; less when all is to end. */
static void pause_after(const struct tables *t, unsigned tries)
{
	const struct timespec step = { .tv_nsec = TABLES_POLL_MS * 1000000L };
	unsigned ms = 250u << (2 * (tries - 1));

	for (unsigned done = 0; done < ms && !atomic_load(&t->stop);
		done += TABLES_POLL_MS)
		nanosleep(&step, NULL);
}

static int read_partition(struct load *l, struct fault *why)
{
	unsigned tries = 0;
	int r;

	if (!l->has_file && l->trusts && l->id[0] != '\0' &&
		table_file_find(l->t->store, l->id, &l->file) == 0)
		return 0;
	do {
		if (tries > 0)
			pause_after(l->t, tries);
		*why = (struct fault){ 0 };
		r = read_once(l, why);
	} while (r == -ESTALE && ++tries < TABLES_REPLACED_TRIES &&
		!atomic_load(&l->t->stop));
	/* What was read before is better than nothing. */
	if (r < 0 && !l->has_file && l->id[0] != '\0' &&
		table_file_find(l->t->store, l->id, &l->file) == 0)
		return r;
	return r == -ENOENT ? fault(why, -ENODATA, "%s: its objects are not there",
				      l->table->export.name)
			    : r;
}

/* With the lock: shows what was read. Answers the old one. */
static struct table_file *show(struct partition *p, struct load *l)
{
	struct table_file *old = p->file;

	if (!l->file)
		return NULL;
	p->file = l->file;
	memcpy(p->id, table_file_id(l->file), sizeof(p->id));
	p->look.has = true;
	return old;
}

/* With the lock, which is given up meanwhile. */
static void look_into_partition(
	struct tables *t, struct table *table, struct partition *p)
{
	struct load l = { .t = t, .table = table, .has_file = p->file != NULL };
	struct table_file *old = NULL;
	struct fault why = { 0 };
	int64_t age = clock_now(t->clock).seconds - p->look.looked.seconds;
	int r = copy_partition(&p->at, &l.at);

	memcpy(l.id, p->id, sizeof(l.id));
	l.trusts = p->look.looked.seconds != INSTANT_NONE && age >= 0 &&
		age <= (int64_t)t->fresh_seconds;
	t->loading++;
	pthread_mutex_unlock(&t->lock);
	if (!l.trusts && t->is_away)
		l.trusts = t->is_away(t->context);
	if (r == 0)
		r = read_partition(&l, &why);
	pthread_mutex_lock(&t->lock);
	t->loading--;
	pthread_cond_signal(&t->work); /* who had to leave a file waits again */
	old = show(p, &l);
	finish_look(t, &p->look, r, &why);
	if (l.has_looked)
		p->look.looked = clock_now(t->clock);
	table_partition_finish(&l.at);
	pthread_mutex_unlock(&t->lock);
	table_file_unref(old);
	pthread_mutex_lock(&t->lock);
}

void *tables_run(void *context)
{
	struct tables *t = context;
	struct work w;

	pthread_mutex_lock(&t->lock);
	while (!atomic_load(&t->stop)) {
		bool has_names = false;

		if (!find_work(t, &w)) {
			pthread_cond_wait(&t->work, &t->lock);
			continue;
		}
		w.look->state = LOOK_RUNNING;
		if (w.part)
			look_into_partition(t, w.table, w.part);
		else if (w.table)
			look_into_table(t, w.table);
		else
			has_names = look_for_tables(t);
		t->version++;
		pthread_cond_broadcast(&t->changed);
		pthread_mutex_unlock(&t->lock);
		if (t->listener)
			t->listener(t->context, has_names);
		tables_remember(t);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}
