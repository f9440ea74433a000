#include "library_case.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static struct instant fake_now(const struct clock *c)
{
	const struct fake_clock *f = (const struct fake_clock *)(const void *)c;

	return (struct instant){ atomic_load(&f->now) };
}

static uint64_t fake_ms(const struct clock *c)
{
	/* The library sees its clock as const; this one ticks when looked at. */
	struct fake_clock *f;

	memcpy(&f, &c, sizeof(f));
	return atomic_fetch_add(&f->ms, atomic_load(&f->step_ms));
}

static const struct clock_ops fake_clock_ops = { fake_now, fake_ms };

static const struct behaviour *behaviour_of(struct library_case *c, const char *version)
{
	for (size_t i = 0; i < ARRAY_LEN(c->behaviours); i++)
		if (c->behaviours[i].version &&
			strcmp(c->behaviours[i].version, version) == 0)
			return &c->behaviours[i];
	return NULL;
}

static struct timespec milliseconds_from_now(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

static int wait_at_gate(
	struct library_case *c, const struct behaviour *b, const atomic_bool *stop)
{
	c->at_gate++;
	pthread_cond_broadcast(&c->changed);
	while (b->gated && !atomic_load(stop)) {
		const struct timespec t = milliseconds_from_now(5);

		pthread_cond_timedwait(&c->changed, &c->lock, &t);
	}
	c->at_gate--;
	return b->gated ? -ECANCELED : 0;
}

int behave(void *context, const struct ingest_options *options, struct fault *why)
{
	struct library_case *c = context;
	const struct behaviour *b;
	int r = 0;

	pthread_mutex_lock(&c->lock);
	b = behaviour_of(c, options->delivery->assembly);
	if (c->order_count < ARRAY_LEN(c->order))
		c->order[c->order_count++] = b ? b->version : "other";
	if (b && b->gated)
		r = wait_at_gate(c, b, options->stop);
	if (r == 0 && b && b->error < 0) {
		struct behaviour *own = &c->behaviours[b - c->behaviours];

		r = fault(why, b->error, "as told");
		if (own->times > 0 && --own->times == 0)
			own->error = 0;
	}
	pthread_mutex_unlock(&c->lock);
	return r;
}

void library_case_listen(void *context, enum library_event event, struct month_no month)
{
	struct library_case *c = context;

	pthread_mutex_lock(&c->lock);
	c->events[event]++;
	if (event == LIBRARY_REFRESHED)
		c->ready_before_end = c->events[LIBRARY_MONTH_READY];
	else
		c->last_event_month = month;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

const struct fake_month three_months[THREE_MONTHS] = {
	{ .month = "2026-09", .version = "sep1" },
	{ .month = "2026-10", .version = "oct1" },
	{ .month = "2026-11", .version = "nov1" },
};

/* Nothing is asked of it but whether it counts. */
static const struct object_ops no_ops;

int library_case_setup(void **state)
{
	struct library_case *c = calloc(1, sizeof(*c));

	snprintf(c->root, sizeof(c->root), "/tmp/test_library-XXXXXX");
	assert_non_null(mkdtemp(c->root));
	assert_int_equal(
		store_open(&(struct store_options){ .path = c->root }, &c->store, NULL),
		0);
	c->source.ops = &no_ops;
	c->source.name = "fake";
	c->source.is_near = true;
	c->clock.clock.ops = &fake_clock_ops;
	atomic_store(&c->clock.ms, 1000000);
	atomic_store(&c->clock.now, 7777);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	fake_ingest_reset(behave, c, 10);
	fake_export_set(three_months, ARRAY_LEN(three_months));
	fake_export_fail(0);
	log_set_level(LOG_LEVEL_ERROR);
	*state = c;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int library_case_teardown(void **state)
{
	struct library_case *c = *state;

	library_close(c->library);
	assert_int_equal(fake_months_open(), 0);
	store_close(c->store);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	assert_int_equal(nftw(c->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(c);
	return 0;
}

static char export_name[] = "cost", export_folder[] = "cur/cost/";

int try_open_library(struct library_case *c, bool load_newest, unsigned refresh_seconds,
	struct fault *why)
{
	const struct export_ref e = {
		.layout = EXPORT_LEGACY, .name = export_name, .folder = export_folder
	};

	return library_open(&(struct library_options){ .source = &c->source,
				    .store = c->store,
				    .export = &e,
				    .clock = &c->clock.clock,
				    .refresh_seconds = refresh_seconds,
				    .load_newest = load_newest,
				    .listener = library_case_listen,
				    .context = c },
		&c->library, why);
}

void open_library(struct library_case *c, bool load_newest)
{
	struct fault why = { 0 };

	assert_int_equal(try_open_library(c, load_newest, 0, &why), 0);
}

void behave_as(struct library_case *c, size_t at, struct behaviour b)
{
	pthread_mutex_lock(&c->lock);
	c->behaviours[at] = b;
	pthread_mutex_unlock(&c->lock);
}

void open_gate_of(struct library_case *c, size_t at)
{
	pthread_mutex_lock(&c->lock);
	c->behaviours[at].gated = false;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

void open_gate(struct library_case *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->behaviours); i++)
		open_gate_of(c, i);
}

/* With the lock. */
static void wait_for_change(struct library_case *c)
{
	const struct timespec t = milliseconds_from_now(PATIENCE_MS);

	if (pthread_cond_timedwait(&c->changed, &c->lock, &t) == 0)
		return;
	pthread_mutex_unlock(&c->lock);
	fail_msg("nothing came for %d ms", PATIENCE_MS);
}

void await_at_gate(struct library_case *c, unsigned count)
{
	pthread_mutex_lock(&c->lock);
	while (c->at_gate < count)
		wait_for_change(c);
	pthread_mutex_unlock(&c->lock);
}

unsigned events_of(struct library_case *c, enum library_event event)
{
	unsigned n;

	pthread_mutex_lock(&c->lock);
	n = c->events[event];
	pthread_mutex_unlock(&c->lock);
	return n;
}

void await_events(struct library_case *c, enum library_event event, unsigned count)
{
	pthread_mutex_lock(&c->lock);
	while (c->events[event] < count)
		wait_for_change(c);
	pthread_mutex_unlock(&c->lock);
}

void pass_seconds(struct library_case *c, uint64_t seconds)
{
	atomic_fetch_add(&c->clock.ms, seconds * 1000);
}

void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

void await_refreshes(struct library_case *c, uint64_t number)
{
	struct library_activity a;

	for (int i = 0; i < PATIENCE_MS; i++) {
		library_activity(c->library, &a);
		if (a.refreshes >= number)
			return;
		nap();
	}
	fail_msg("refresh %llu did not come", (unsigned long long)number);
}

void refresh_library(struct library_case *c)
{
	await_refreshes(c, library_refresh(c->library));
}

struct month_status status_of(struct library_case *c, const char *month)
{
	struct month_status s = { 0 };

	assert_int_equal(library_status(c->library, fake_month_no(month), &s), 0);
	return s;
}

/* Waits for it; answers the errno. */
int load_month(struct library_case *c, const char *month, struct fault *why)
{
	struct month *m = NULL;
	int r = library_wait(c->library, fake_month_no(month), NULL, &m, why);

	month_unref(m);
	return r;
}

/* What is shown now, without loading anything. */
void assert_shows(struct library_case *c, const char *month, const char *version)
{
	struct month *m = NULL;

	assert_int_equal(
		library_get(c->library, fake_month_no(month), false, &m, NULL), 0);
	assert_string_equal(month_facts(m)->assembly, version);
	month_unref(m);
}

int get_month(struct library_case *c, const char *month, bool do_load, struct fault *why)
{
	struct month *m = NULL;
	int r = library_get(c->library, fake_month_no(month), do_load, &m, why);

	month_unref(m);
	return r;
}

void replace_month(size_t at, struct fake_month by)
{
	struct fake_month all[ARRAY_LEN(three_months)];

	memcpy(all, three_months, sizeof(all));
	all[at] = by;
	fake_export_set(all, ARRAY_LEN(all));
}
