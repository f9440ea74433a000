/* Months that load in the background, fail, come again and are replaced under their
 * readers. */
#include "fs/store/library.h"

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "fake_export.h"
#include "fake_cached_month.h"

enum { PATIENCE_MS = 20000 };

struct fake_clock {
	struct clock clock;
	_Atomic uint64_t ms;
	_Atomic uint64_t step_ms; /* that each look at it takes */
};

/* What the ingest of a version does. */
struct behaviour {
	const char *version;
	int error;
	unsigned times; /* 0 = always */
	bool gated; /* waits until the gate is open */
};

struct world {
	char root[64];
	struct store *store;
	struct object_source source;
	struct fake_clock clock;
	struct library *library;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Guarded by lock. */
	struct behaviour behaviours[8];
	unsigned at_gate;
	const char *order[16]; /* versions, as their ingest began */
	unsigned order_count;
	unsigned events[3];
	struct month_no last_event_month;
};

static struct instant fake_now(const struct clock *c)
{
	(void)c;
	return (struct instant){ 7777 };
}

static uint64_t fake_ms(const struct clock *c)
{
	/* The library sees its clock as const; this one ticks when looked at. */
	struct fake_clock *f;

	memcpy(&f, &c, sizeof(f));
	return atomic_fetch_add(&f->ms, atomic_load(&f->step_ms));
}

static const struct clock_ops fake_clock_ops = { fake_now, fake_ms };

static const struct behaviour *behaviour_of(struct world *w, const char *version)
{
	for (size_t i = 0; i < ARRAY_LEN(w->behaviours); i++)
		if (w->behaviours[i].version &&
			strcmp(w->behaviours[i].version, version) == 0)
			return &w->behaviours[i];
	return NULL;
}

static int wait_at_gate(
	struct world *w, const struct behaviour *b, const atomic_bool *stop)
{
	w->at_gate++;
	pthread_cond_broadcast(&w->changed);
	while (b->gated && !atomic_load(stop)) {
		struct timespec t;

		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += 5000000;
		if (t.tv_nsec >= 1000000000) {
			t.tv_nsec -= 1000000000;
			t.tv_sec++;
		}
		pthread_cond_timedwait(&w->changed, &w->lock, &t);
	}
	w->at_gate--;
	return b->gated ? -ECANCELED : 0;
}

static int behave(void *context, const struct ingest_options *options, struct fault *why)
{
	struct world *w = context;
	const struct behaviour *b;
	int r = 0;

	pthread_mutex_lock(&w->lock);
	b = behaviour_of(w, options->delivery->assembly);
	if (w->order_count < ARRAY_LEN(w->order))
		w->order[w->order_count++] = b ? b->version : "other";
	if (b && b->gated)
		r = wait_at_gate(w, b, options->stop);
	if (r == 0 && b && b->error < 0) {
		struct behaviour *own = &w->behaviours[b - w->behaviours];

		r = fault(why, b->error, "as told");
		if (own->times > 0 && --own->times == 0)
			own->error = 0;
	}
	pthread_mutex_unlock(&w->lock);
	return r;
}

static void listen_to(void *context, enum library_event event, struct month_no month)
{
	struct world *w = context;

	pthread_mutex_lock(&w->lock);
	w->events[event]++;
	w->last_event_month = month;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static const struct fake_month three[] = {
	{ .month = "2026-09", .version = "sep1" },
	{ .month = "2026-10", .version = "oct1" },
	{ .month = "2026-11", .version = "nov1" },
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->root, sizeof(w->root), "/tmp/test_library-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	assert_int_equal(
		store_open(&(struct store_options){ .path = w->root }, &w->store, NULL),
		0);
	w->source.name = "fake";
	w->clock.clock.ops = &fake_clock_ops;
	atomic_store(&w->clock.ms, 1000000);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	fake_ingest_reset(behave, w, 10);
	fake_export_set(three, ARRAY_LEN(three));
	fake_export_fail(0);
	log_set_level(LOG_LEVEL_ERROR);
	*state = w;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;

	library_close(w->library);
	assert_int_equal(fake_months_open(), 0);
	store_close(w->store);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
	assert_int_equal(nftw(w->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(w);
	return 0;
}

static char export_name[] = "cost", export_folder[] = "cur/cost/";

static int try_open(
	struct world *w, bool load_newest, unsigned refresh_seconds, struct fault *why)
{
	const struct export_ref e = {
		.layout = EXPORT_LEGACY, .name = export_name, .folder = export_folder
	};

	return library_open(&(struct library_options){ .source = &w->source,
				    .store = w->store,
				    .export = &e,
				    .clock = &w->clock.clock,
				    .refresh_seconds = refresh_seconds,
				    .load_newest = load_newest,
				    .listener = listen_to,
				    .context = w },
		&w->library, why);
}

static void open_library(struct world *w, bool load_newest)
{
	struct fault why = { 0 };

	assert_int_equal(try_open(w, load_newest, 0, &why), 0);
}

static void behave_as(struct world *w, size_t at, struct behaviour b)
{
	pthread_mutex_lock(&w->lock);
	w->behaviours[at] = b;
	pthread_mutex_unlock(&w->lock);
}

static void open_gate_of(struct world *w, size_t at)
{
	pthread_mutex_lock(&w->lock);
	w->behaviours[at].gated = false;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void open_gate(struct world *w)
{
	for (size_t i = 0; i < ARRAY_LEN(w->behaviours); i++)
		open_gate_of(w, i);
}

static void await_at_gate(struct world *w, unsigned count)
{
	pthread_mutex_lock(&w->lock);
	while (w->at_gate < count)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static unsigned events(struct world *w, enum library_event event)
{
	unsigned n;

	pthread_mutex_lock(&w->lock);
	n = w->events[event];
	pthread_mutex_unlock(&w->lock);
	return n;
}

static void await_events(struct world *w, enum library_event event, unsigned count)
{
	pthread_mutex_lock(&w->lock);
	while (w->events[event] < count)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static void pass(struct world *w, uint64_t seconds)
{
	atomic_fetch_add(&w->clock.ms, seconds * 1000);
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void await_refreshes(struct world *w, uint64_t number)
{
	struct library_activity a;

	for (int i = 0; i < PATIENCE_MS; i++) {
		library_activity(w->library, &a);
		if (a.refreshes >= number)
			return;
		nap();
	}
	fail_msg("refresh %llu did not come", (unsigned long long)number);
}

static void refresh(struct world *w)
{
	await_refreshes(w, library_refresh(w->library));
}

static struct month_status status_of(struct world *w, const char *month)
{
	struct month_status s = { 0 };

	assert_int_equal(library_status(w->library, fake_month_no(month), &s), 0);
	return s;
}

/* Waits for it; answers the errno. */
static int load(struct world *w, const char *month, struct fault *why)
{
	struct month *m = NULL;
	int r = library_wait(w->library, fake_month_no(month), NULL, &m, why);

	month_unref(m);
	return r;
}

/* What is shown now, without loading anything. */
static void assert_shows(struct world *w, const char *month, const char *version)
{
	struct month *m = NULL;

	assert_int_equal(
		library_get(w->library, fake_month_no(month), false, &m, NULL), 0);
	assert_string_equal(month_facts(m)->assembly, version);
	month_unref(m);
}

static int get(struct world *w, const char *month, bool do_load, struct fault *why)
{
	struct month *m = NULL;
	int r = library_get(w->library, fake_month_no(month), do_load, &m, why);

	month_unref(m);
	return r;
}

static void replace(size_t at, struct fake_month by)
{
	struct fake_month all[ARRAY_LEN(three)];

	memcpy(all, three, sizeof(all));
	all[at] = by;
	fake_export_set(all, ARRAY_LEN(all));
}

static void opening_lists_the_months_and_loads_none(void **state)
{
	struct world *w = *state;
	struct month_status *all = NULL;

	open_library(w, false);
	assert_int_equal(library_months(w->library, &all), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(
			all[i].month.number, fake_month_no(three[i].month).number);
		assert_int_equal(all[i].state, MONTH_KNOWN);
		assert_int_equal(all[i].as_of.seconds, 1000);
		assert_true(all[i].verified);
		assert_int_equal(all[i].lines, 0);
	}
	free(all);
	assert_int_equal(
		library_newest(w->library).number, fake_month_no("2026-11").number);
	assert_string_equal(library_export(w->library)->folder, "cur/cost/");
	assert_int_equal(fake_ingest_calls(), 0);
}

static void opening_without_months_is_enodata(void **state)
{
	struct world *w = *state;
	struct fault why = { 0 };

	fake_export_set(NULL, 0);
	assert_int_equal(try_open(w, true, 0, &why), -ENODATA);
	assert_null(w->library);
	assert_true(why.text[0] != '\0');
}

static void opening_answers_the_errno_of_the_source(void **state)
{
	struct world *w = *state;
	struct fault why = { 0 };

	fake_export_fail(-ENOKEY);
	assert_int_equal(try_open(w, true, 0, &why), -ENOKEY);
	assert_null(w->library);
	assert_string_equal(why.text, "fake: cannot be listed");
}

static void newest_month_loads_by_itself_when_asked_for(void **state)
{
	struct world *w = *state;
	struct month_status s;

	open_library(w, true);
	await_events(w, LIBRARY_MONTH_READY, 1);
	s = status_of(w, "2026-11");
	assert_int_equal(s.state, MONTH_READY);
	assert_int_equal(s.lines, 12);
	assert_int_equal(s.as_of.seconds, 5000);
	assert_int_equal(w->last_event_month.number, fake_month_no("2026-11").number);
	assert_int_equal(status_of(w, "2026-10").state, MONTH_KNOWN);
	assert_int_equal(fake_ingest_calls(), 1);
}

static void get_without_load_starts_nothing(void **state)
{
	struct world *w = *state;

	open_library(w, false);
	assert_int_equal(get(w, "2026-10", false, NULL), -EAGAIN);
	assert_int_equal(status_of(w, "2026-10").state, MONTH_KNOWN);
}

static void unknown_month_is_enoent(void **state)
{
	struct world *w = *state;
	struct fault why = { 0 };
	struct month_status s;

	open_library(w, false);
	assert_int_equal(get(w, "2025-01", true, &why), -ENOENT);
	assert_non_null(strstr(why.text, "2025-01"));
	assert_int_equal(load(w, "2025-01", NULL), -ENOENT);
	assert_int_equal(
		library_status(w->library, fake_month_no("2025-01"), &s), -ENOENT);
}

static void get_loads_in_the_background_and_shows_progress(void **state)
{
	struct world *w = *state;
	struct month_status s;
	struct library_activity a;

	behave_as(w, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(w, false);
	assert_int_equal(get(w, "2026-10", true, NULL), -EAGAIN);
	await_at_gate(w, 1);
	assert_int_equal(get(w, "2026-10", true, NULL), -EAGAIN);
	s = status_of(w, "2026-10");
	assert_int_equal(s.state, MONTH_LOADING);
	assert_int_equal(s.bytes_total, 100);
	assert_int_equal(s.bytes_done, 40);
	assert_int_equal(s.rows_done, 7);
	library_activity(w->library, &a);
	assert_int_equal(a.loading, 1);
	assert_int_equal(a.refreshes, 0);
	assert_true(a.last_refresh.seconds == INSTANT_NONE);
	open_gate(w);
	assert_int_equal(load(w, "2026-10", NULL), 0);
	assert_int_equal(get(w, "2026-10", true, NULL), 0);
	assert_int_equal(fake_ingest_calls(), 1);
}

static void month_in_the_cache_is_not_ingested(void **state)
{
	struct world *w = *state;

	open_library(w, false);
	assert_int_equal(load(w, "2026-10", NULL), 0);
	library_close(w->library);
	w->library = NULL;
	open_library(w, false);
	assert_int_equal(load(w, "2026-10", NULL), 0);
	assert_int_equal(fake_ingest_calls(), 1);
}

static void cached_months_open_without_an_ingest_and_others_stay_unread(void **state)
{
	struct world *w = *state;

	open_library(w, false);
	assert_int_equal(load(w, "2026-09", NULL), 0);
	library_close(w->library);
	w->library = NULL;
	fake_ingest_reset(behave, w, 10);
	open_library(w, false);
	library_open_cached(w->library);
	library_wait_cached(w->library);
	assert_int_equal(status_of(w, "2026-09").state, MONTH_READY);
	assert_int_equal(status_of(w, "2026-10").state, MONTH_KNOWN);
	assert_int_equal(fake_ingest_calls(), 0);
	assert_int_equal(load(w, "2026-10", NULL), 0);
}

static void idle_months_are_let_go_when_the_cache_is_full(void **state)
{
	struct world *w = *state;
	struct month *held = NULL;

	/* Each month is 10 bytes of data and its cube: two do not fit. */
	store_close(w->store);
	assert_int_equal(
		store_open(&(struct store_options){ .path = w->root, .limit_bytes = 15 },
			&w->store, NULL),
		0);
	open_library(w, false);
	assert_int_equal(load(w, "2026-09", NULL), 0);
	assert_int_equal(load(w, "2026-10", NULL), 0);
	library_wait_cached(w->library);
	assert_int_equal(status_of(w, "2026-09").state, MONTH_KNOWN);
	assert_int_equal(status_of(w, "2026-10").state, MONTH_READY);
	/* One that is in use stays, whatever the limit. */
	struct month_no october;
	assert_int_equal(month_parse(SPAN("2026-10"), &october), 0);
	assert_int_equal(library_get(w->library, october, false, &held, NULL), 0);
	assert_int_equal(load(w, "2026-11", NULL), 0);
	library_wait_cached(w->library);
	assert_int_equal(status_of(w, "2026-10").state, MONTH_READY);
	month_unref(held);
}

static void slow_month_does_not_hold_up_another(void **state)
{
	struct world *w = *state;

	behave_as(w, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(w, false);
	assert_int_equal(get(w, "2026-10", true, NULL), -EAGAIN);
	await_at_gate(w, 1);
	assert_int_equal(load(w, "2026-11", NULL), 0);
	open_gate(w);
}

static void what_was_asked_for_last_is_loaded_first(void **state)
{
	static const struct fake_month five[] = {
		{ .month = "2026-07", .version = "g1" },
		{ .month = "2026-08", .version = "g2" },
		{ .month = "2026-09", .version = "first" },
		{ .month = "2026-10", .version = "second" },
		{ .month = "2026-11", .version = "third" },
	};
	struct world *w = *state;
	const char *const names[] = { "g1", "g2", "first", "second", "third" };

	fake_export_set(five, ARRAY_LEN(five));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		behave_as(
			w, i, (struct behaviour){ .version = names[i], .gated = i < 2 });
	open_library(w, false);
	assert_int_equal(get(w, "2026-07", true, NULL), -EAGAIN);
	assert_int_equal(get(w, "2026-08", true, NULL), -EAGAIN);
	await_at_gate(w, 2);
	assert_int_equal(get(w, "2026-11", true, NULL), -EAGAIN);
	assert_int_equal(get(w, "2026-09", true, NULL), -EAGAIN);
	assert_int_equal(get(w, "2026-10", true, NULL), -EAGAIN);
	/* One loader is enough: two of them have no order between them. */
	open_gate_of(w, 1);
	await_events(w, LIBRARY_MONTH_READY, 4);
	open_gate(w);
	assert_string_equal(w->order[2], "second");
	assert_string_equal(w->order[3], "first");
	assert_string_equal(w->order[4], "third");
}

static void stop_ends_a_wait(void **state)
{
	struct world *w = *state;
	struct month *m = NULL;
	atomic_bool stop = true;

	behave_as(w, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(w, false);
	assert_int_equal(
		library_wait(w->library, fake_month_no("2026-10"), &stop, &m, NULL),
		-ECANCELED);
	assert_null(m);
	open_gate(w);
}

static void *wait_in_thread(void *context)
{
	struct world *w = context;
	static int r;

	r = load(w, "2026-10", NULL);
	return &r;
}

static void close_stops_builds_and_waits(void **state)
{
	struct world *w = *state;
	pthread_t thread;
	void *result;

	behave_as(w, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(w, false);
	assert_int_equal(pthread_create(&thread, NULL, wait_in_thread, w), 0);
	await_at_gate(w, 1);
	library_close(w->library);
	w->library = NULL;
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal(*(int *)result, -ECANCELED);
	assert_int_equal(events(w, LIBRARY_MONTH_FAILED), 0);
}

static void failure_is_kept_for_a_minute_and_then_tried_again(void **state)
{
	struct world *w = *state;
	struct fault why = { 0 };
	struct month_status s;

	behave_as(w, 0,
		(struct behaviour){ .version = "oct1", .error = -EBADMSG, .times = 1 });
	open_library(w, false);
	assert_int_equal(load(w, "2026-10", &why), -EBADMSG);
	assert_string_equal(why.text, "2026-10: as told");
	await_events(w, LIBRARY_MONTH_FAILED, 1);
	s = status_of(w, "2026-10");
	assert_int_equal(s.state, MONTH_FAILED);
	assert_int_equal(s.fault.error, -EBADMSG);
	pass(w, LIBRARY_RETRY_SECONDS - 1);
	assert_int_equal(get(w, "2026-10", true, &why), -EBADMSG);
	assert_int_equal(fake_ingest_calls(), 1);
	pass(w, 1);
	assert_int_equal(get(w, "2026-10", false, &why), -EBADMSG);
	assert_int_equal(get(w, "2026-10", true, &why), -EAGAIN);
	assert_int_equal(load(w, "2026-10", &why), 0);
	assert_int_equal(status_of(w, "2026-10").fault.error, 0);
}

static void failed_month_is_tried_again_when_its_delivery_changed(void **state)
{
	const bool bare[] = { false, true };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
		print_message("bare %d\n", bare[i]);
		behave_as(
			w, 0, (struct behaviour){ .version = "oct1", .error = -EBADMSG });
		replace(1, (struct fake_month){ "2026-10", "oct1", bare[i], 0 });
		open_library(w, false);
		assert_int_equal(load(w, "2026-10", NULL), -EBADMSG);
		replace(1, (struct fake_month){ "2026-10", "oct2", bare[i], 0 });
		refresh(w);
		assert_int_equal(load(w, "2026-10", NULL), 0);
		assert_shows(w, "2026-10", "oct2");
		library_close(w->library);
		w->library = NULL;
		assert_int_equal(store_trim(w->store, 0), 0);
	}
}

static void asking_for_a_refresh_forgives_failures(void **state)
{
	struct world *w = *state;

	behave_as(w, 0,
		(struct behaviour){ .version = "oct1", .error = -ENOSPC, .times = 1 });
	open_library(w, false);
	assert_int_equal(load(w, "2026-10", NULL), -ENOSPC);
	refresh(w);
	assert_int_equal(status_of(w, "2026-10").state, MONTH_FAILED);
	assert_int_equal(load(w, "2026-10", NULL), 0);
}

static void one_bad_month_leaves_the_others_fine(void **state)
{
	struct world *w = *state;
	struct fault why = { 0 };

	replace(1, (struct fake_month){ "2026-10", "oct1", false, -EBADMSG });
	open_library(w, false);
	assert_int_equal(load(w, "2026-10", &why), -EBADMSG);
	assert_string_equal(why.text, "2026-10: manifest.json: as told");
	assert_int_equal(load(w, "2026-09", &why), 0);
	assert_int_equal(load(w, "2026-11", &why), 0);
}

static void refresh_swaps_in_the_new_delivery_and_readers_keep_theirs(void **state)
{
	const bool bare[] = { false, true };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
		struct month *old = NULL;
		struct month_no m = fake_month_no("2026-10");

		print_message("bare %d\n", bare[i]);
		replace(1, (struct fake_month){ "2026-10", "oct1", bare[i], 0 });
		open_library(w, false);
		assert_int_equal(library_wait(w->library, m, NULL, &old, NULL), 0);
		assert_int_equal(status_of(w, "2026-10").verified, !bare[i]);
		refresh(w);
		assert_shows(w, "2026-10", "oct1");
		assert_int_equal(fake_ingest_calls(), 1 + 2 * i);
		replace(1, (struct fake_month){ "2026-10", "oct2", bare[i], 0 });
		refresh(w);
		assert_shows(w, "2026-10", "oct2");
		assert_false(status_of(w, "2026-10").stale);
		assert_int_equal(events(w, LIBRARY_MONTH_READY), 2 * (i + 1));
		assert_string_equal(month_facts(old)->assembly, "oct1");
		assert_int_equal(fake_ingest_calls(), 2 + 2 * i);
		month_unref(old);
		library_close(w->library);
		w->library = NULL;
		assert_int_equal(store_trim(w->store, 0), 0);
	}
}

static void old_delivery_is_served_while_the_new_one_is_built(void **state)
{
	struct world *w = *state;
	uint64_t number;

	open_library(w, false);
	assert_int_equal(load(w, "2026-10", NULL), 0);
	behave_as(w, 0, (struct behaviour){ .version = "oct2", .gated = true });
	replace(1, (struct fake_month){ "2026-10", "oct2", false, 0 });
	number = library_refresh(w->library);
	await_at_gate(w, 1);
	assert_shows(w, "2026-10", "oct1");
	assert_true(status_of(w, "2026-10").stale);
	assert_int_equal(status_of(w, "2026-10").state, MONTH_READY);
	assert_int_equal(status_of(w, "2026-10").bytes_total, 100);
	/* Asked for while one is under way: that is another one. */
	assert_int_equal(library_refresh(w->library), number + 1);
	assert_int_equal(library_refresh(w->library), number + 1);
	open_gate(w);
	await_refreshes(w, number);
	assert_shows(w, "2026-10", "oct2");
	await_refreshes(w, number + 1);
}

static void delivery_that_changes_during_its_build_is_built_again(void **state)
{
	struct world *w = *state;
	uint64_t number;

	open_library(w, false);
	assert_int_equal(load(w, "2026-10", NULL), 0);
	behave_as(w, 0, (struct behaviour){ .version = "oct2", .gated = true });
	replace(1, (struct fake_month){ "2026-10", "oct2", false, 0 });
	library_refresh(w->library);
	await_at_gate(w, 1);
	replace(1, (struct fake_month){ "2026-10", "oct3", false, 0 });
	number = library_refresh(w->library);
	open_gate(w);
	await_refreshes(w, number);
	assert_shows(w, "2026-10", "oct3");
}

static void refresh_with_a_bad_manifest_keeps_the_old_delivery(void **state)
{
	const bool bare[] = { false, true };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
		struct month_status s;

		print_message("bare %d\n", bare[i]);
		replace(1, (struct fake_month){ "2026-10", "oct1", bare[i], 0 });
		open_library(w, false);
		assert_int_equal(load(w, "2026-10", NULL), 0);
		replace(1, (struct fake_month){ "2026-10", "oct2", bare[i], -EBADMSG });
		refresh(w);
		assert_shows(w, "2026-10", "oct1");
		s = status_of(w, "2026-10");
		assert_int_equal(s.state, MONTH_READY);
		assert_int_equal(s.fault.error, -EBADMSG);
		assert_string_equal(s.fault.text, "2026-10: manifest.json: as told");
		replace(1, (struct fake_month){ "2026-10", "oct3", bare[i], 0 });
		refresh(w);
		assert_shows(w, "2026-10", "oct3");
		assert_int_equal(status_of(w, "2026-10").fault.error, 0);
		library_close(w->library);
		w->library = NULL;
		assert_int_equal(store_trim(w->store, 0), 0);
	}
}

static void failed_rebuild_keeps_the_old_delivery_and_is_not_repeated_at_once(
	void **state)
{
	struct world *w = *state;

	open_library(w, false);
	assert_int_equal(load(w, "2026-10", NULL), 0);
	behave_as(w, 0, (struct behaviour){ .version = "oct2", .error = -EBADMSG });
	replace(1, (struct fake_month){ "2026-10", "oct2", false, 0 });
	refresh(w);
	assert_true(status_of(w, "2026-10").stale);
	assert_int_equal(events(w, LIBRARY_MONTH_FAILED), 1);
	assert_int_equal(get(w, "2026-10", true, NULL), 0);
	assert_int_equal(fake_ingest_calls(), 2);
	pass(w, LIBRARY_RETRY_SECONDS);
	assert_int_equal(get(w, "2026-10", true, NULL), 0);
	await_events(w, LIBRARY_MONTH_FAILED, 2);
	assert_shows(w, "2026-10", "oct1");
}

static void months_come_and_go(void **state)
{
	static const struct fake_month other[] = {
		{ .month = "2026-08", .version = "aug1" },
		{ .month = "2026-10", .version = "oct1" },
		{ .month = "2026-12", .version = "dec1" },
	};
	struct world *w = *state;
	struct month_status s;

	open_library(w, false);
	assert_int_equal(load(w, "2026-11", NULL), 0);
	fake_export_set(other, ARRAY_LEN(other));
	refresh(w);
	assert_int_equal(events(w, LIBRARY_MONTHS_CHANGED), 1);
	assert_int_equal(
		library_status(w->library, fake_month_no("2026-09"), &s), -ENOENT);
	assert_int_equal(status_of(w, "2026-08").state, MONTH_KNOWN);
	assert_int_equal(status_of(w, "2026-12").state, MONTH_KNOWN);
	/* Vanished, and still readable. */
	assert_shows(w, "2026-11", "nov1");
	assert_false(status_of(w, "2026-11").stale);
	refresh(w);
	assert_int_equal(events(w, LIBRARY_MONTHS_CHANGED), 1);
}

static void refresh_that_fails_says_so_and_changes_nothing(void **state)
{
	struct world *w = *state;
	struct library_activity a;
	struct month_status *all = NULL;

	open_library(w, false);
	assert_int_equal(load(w, "2026-11", NULL), 0);
	fake_export_fail(-ENETUNREACH);
	refresh(w);
	library_activity(w->library, &a);
	assert_int_equal(a.refresh_fault.error, -ENETUNREACH);
	assert_int_equal(a.last_refresh.seconds, 7777);
	fake_export_fail(0);
	fake_export_set(NULL, 0);
	refresh(w);
	library_activity(w->library, &a);
	assert_int_equal(a.refresh_fault.error, -ENODATA);
	assert_int_equal(library_months(w->library, &all), 3);
	free(all);
	assert_shows(w, "2026-11", "nov1");
	fake_export_set(three, ARRAY_LEN(three));
	refresh(w);
	library_activity(w->library, &a);
	assert_int_equal(a.refresh_fault.error, 0);
	assert_int_equal(a.refreshes, 3);
}

static void delivery_being_replaced_is_tried_three_times_more(void **state)
{
	static const int errors[] = { -ESTALE, -ENODATA, -ENOENT };
	static const int answers[] = { -ESTALE, -ENODATA, -ENODATA };
	struct world *w = *state;

	atomic_store(&w->clock.step_ms, 1000);
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct fault why = { 0 };
		unsigned lists;

		print_message("%s\n", strerror(-errors[i]));
		open_library(w, false);
		lists = fake_export_lists();
		fake_ingest_reset(behave, w, 10);
		behave_as(w, 0,
			(struct behaviour){
				.version = "oct1", .error = errors[i], .times = 3 });
		behave_as(w, 1,
			(struct behaviour){ .version = "nov1", .error = errors[i] });
		assert_int_equal(load(w, "2026-10", &why), 0);
		assert_int_equal(fake_ingest_calls(), 4);
		/* Each time the listing is made anew. */
		assert_int_equal(fake_export_lists(), lists + 3);
		assert_int_equal(load(w, "2026-11", &why), answers[i]);
		assert_int_equal(fake_ingest_calls(), 8);
		assert_true(why.cure[0] != '\0');
		library_close(w->library);
		w->library = NULL;
		assert_int_equal(store_trim(w->store, 0), 0);
	}
}

static void manifest_replaced_since_the_listing_is_read_anew(void **state)
{
	struct world *w = *state;

	atomic_store(&w->clock.step_ms, 1000);
	open_library(w, false);
	replace(1, (struct fake_month){ "2026-10", "oct2", false, 0 });
	assert_int_equal(load(w, "2026-10", NULL), 0);
	assert_shows(w, "2026-10", "oct2");
	assert_false(status_of(w, "2026-10").stale);
}

static void manifest_that_names_what_is_not_there_fails_at_once(void **state)
{
	struct world *w = *state;

	replace(1, (struct fake_month){ "2026-10", "oct1", false, -ENODATA });
	open_library(w, false);
	assert_int_equal(load(w, "2026-10", NULL), -ENODATA);
}

static void close_ends_a_pause(void **state)
{
	struct world *w = *state;

	behave_as(w, 0, (struct behaviour){ .version = "oct1", .error = -ESTALE });
	open_library(w, false);
	assert_int_equal(get(w, "2026-10", true, NULL), -EAGAIN);
	for (int i = 0; i < PATIENCE_MS && fake_ingest_calls() == 0; i++)
		nap();
	library_close(w->library);
	w->library = NULL;
	assert_int_equal(fake_ingest_calls(), 1);
}

static void time_for_a_refresh_rebuilds_the_newest_and_marks_the_others(void **state)
{
	static const struct fake_month later[] = {
		{ .month = "2026-09", .version = "sep1" },
		{ .month = "2026-10", .version = "oct2" },
		{ .month = "2026-11", .version = "nov2" },
	};
	struct world *w = *state;

	/* The shortest there is: how long it waits is the system's clock, not ours. */
	assert_int_equal(try_open(w, false, 1, NULL), 0);
	assert_int_equal(load(w, "2026-10", NULL), 0);
	assert_int_equal(load(w, "2026-11", NULL), 0);
	fake_export_set(later, ARRAY_LEN(later));
	pass(w, 1);
	await_events(w, LIBRARY_MONTH_READY, 3);
	assert_shows(w, "2026-11", "nov2");
	assert_true(status_of(w, "2026-10").stale);
	assert_shows(w, "2026-10", "oct1");
	/* The next use has it rebuilt. */
	assert_int_equal(get(w, "2026-10", true, NULL), 0);
	await_events(w, LIBRARY_MONTH_READY, 4);
	assert_shows(w, "2026-10", "oct2");
}

static void nothing_is_closed_without_complaint(void **state)
{
	(void)state;
	library_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opening_lists_the_months_and_loads_none),
		TEST(opening_without_months_is_enodata),
		TEST(opening_answers_the_errno_of_the_source),
		TEST(newest_month_loads_by_itself_when_asked_for),
		TEST(get_without_load_starts_nothing),
		TEST(unknown_month_is_enoent),
		TEST(get_loads_in_the_background_and_shows_progress),
		TEST(month_in_the_cache_is_not_ingested),
		TEST(cached_months_open_without_an_ingest_and_others_stay_unread),
		TEST(idle_months_are_let_go_when_the_cache_is_full),
		TEST(slow_month_does_not_hold_up_another),
		TEST(what_was_asked_for_last_is_loaded_first),
		TEST(stop_ends_a_wait),
		TEST(close_stops_builds_and_waits),
		TEST(failure_is_kept_for_a_minute_and_then_tried_again),
		TEST(failed_month_is_tried_again_when_its_delivery_changed),
		TEST(asking_for_a_refresh_forgives_failures),
		TEST(one_bad_month_leaves_the_others_fine),
		TEST(refresh_swaps_in_the_new_delivery_and_readers_keep_theirs),
		TEST(old_delivery_is_served_while_the_new_one_is_built),
		TEST(delivery_that_changes_during_its_build_is_built_again),
		TEST(refresh_with_a_bad_manifest_keeps_the_old_delivery),
		TEST(failed_rebuild_keeps_the_old_delivery_and_is_not_repeated_at_once),
		TEST(months_come_and_go),
		TEST(refresh_that_fails_says_so_and_changes_nothing),
		TEST(delivery_being_replaced_is_tried_three_times_more),
		TEST(manifest_replaced_since_the_listing_is_read_anew),
		TEST(manifest_that_names_what_is_not_there_fails_at_once),
		TEST(close_ends_a_pause),
		TEST(time_for_a_refresh_rebuilds_the_newest_and_marks_the_others),
		TEST(nothing_is_closed_without_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
