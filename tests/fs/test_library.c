/* Months that load in the background, fail and come again. */
#include "fs/store/library.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library_case.h"

static void opening_lists_the_months_and_loads_none(void **state)
{
	struct library_case *c = *state;
	struct month_status *all = NULL;

	open_library(c, false);
	assert_int_equal(library_months(c->library, &all), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(
			all[i].month.number, fake_month_no(three_months[i].month).number);
		assert_int_equal(all[i].state, MONTH_KNOWN);
		assert_int_equal(all[i].as_of.seconds, 1000);
		assert_true(all[i].verified);
		assert_int_equal(all[i].lines, 0);
	}
	free(all);
	assert_int_equal(
		library_newest(c->library).number, fake_month_no("2026-11").number);
	assert_string_equal(library_export(c->library)->folder, "cur/cost/");
	assert_int_equal(fake_ingest_calls(), 0);
}

static void opening_without_months_is_enodata(void **state)
{
	struct library_case *c = *state;
	struct fault why = { 0 };

	fake_export_set(NULL, 0);
	assert_int_equal(try_open_library(c, true, 0, &why), -ENODATA);
	assert_null(c->library);
	assert_true(why.text[0] != '\0');
}

static void opening_answers_the_errno_of_the_source(void **state)
{
	struct library_case *c = *state;
	struct fault why = { 0 };

	fake_export_fail(-ENOKEY);
	assert_int_equal(try_open_library(c, true, 0, &why), -ENOKEY);
	assert_null(c->library);
	assert_string_equal(why.text, "fake: cannot be listed");
}

static void newest_month_loads_by_itself_when_asked_for(void **state)
{
	struct library_case *c = *state;
	struct month_status s;

	open_library(c, true);
	await_events(c, LIBRARY_MONTH_READY, 1);
	s = status_of(c, "2026-11");
	assert_int_equal(s.state, MONTH_READY);
	assert_int_equal(s.lines, 12);
	assert_int_equal(s.as_of.seconds, 5000);
	assert_int_equal(c->last_event_month.number, fake_month_no("2026-11").number);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_KNOWN);
	assert_int_equal(fake_ingest_calls(), 1);
}

static void get_without_load_starts_nothing(void **state)
{
	struct library_case *c = *state;

	open_library(c, false);
	assert_int_equal(get_month(c, "2026-10", false, NULL), -EAGAIN);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_KNOWN);
}

static void unknown_month_is_enoent(void **state)
{
	struct library_case *c = *state;
	struct fault why = { 0 };
	struct month_status s;

	open_library(c, false);
	assert_int_equal(get_month(c, "2025-01", true, &why), -ENOENT);
	assert_non_null(strstr(why.text, "2025-01"));
	assert_int_equal(load_month(c, "2025-01", NULL), -ENOENT);
	assert_int_equal(
		library_status(c->library, fake_month_no("2025-01"), &s), -ENOENT);
}

static void get_loads_in_the_background_and_shows_progress(void **state)
{
	struct library_case *c = *state;
	struct month_status s;
	struct library_activity a;

	behave_as(c, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(c, false);
	assert_int_equal(get_month(c, "2026-10", true, NULL), -EAGAIN);
	await_at_gate(c, 1);
	assert_int_equal(get_month(c, "2026-10", true, NULL), -EAGAIN);
	s = status_of(c, "2026-10");
	assert_int_equal(s.state, MONTH_LOADING);
	assert_int_equal(s.bytes_total, 100);
	assert_int_equal(s.bytes_done, 40);
	assert_int_equal(s.rows_done, 7);
	library_activity(c->library, &a);
	assert_int_equal(a.loading, 1);
	assert_int_equal(a.refreshes, 0);
	assert_true(a.last_refresh.seconds == INSTANT_NONE);
	open_gate(c);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_int_equal(get_month(c, "2026-10", true, NULL), 0);
	assert_int_equal(fake_ingest_calls(), 1);
}

static void month_in_the_cache_is_not_ingested(void **state)
{
	struct library_case *c = *state;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	library_close(c->library);
	c->library = NULL;
	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_int_equal(fake_ingest_calls(), 1);
}

static void cached_months_open_without_an_ingest_and_others_stay_unread(void **state)
{
	struct library_case *c = *state;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-09", NULL), 0);
	library_close(c->library);
	c->library = NULL;
	fake_ingest_reset(behave, c, 10);
	open_library(c, false);
	library_open_cached(c->library);
	library_wait_cached(c->library);
	assert_int_equal(status_of(c, "2026-09").state, MONTH_READY);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_KNOWN);
	assert_int_equal(fake_ingest_calls(), 0);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
}

static struct month *shown(struct library_case *c, const char *month)
{
	struct month *m = NULL;

	assert_int_equal(
		library_get(c->library, fake_month_no(month), false, &m, NULL), 0);
	return m;
}

static int get_rows(struct library_case *c, const struct month *m)
{
	struct month *now = NULL;
	int r = library_get_rows(c->library, m, &now, NULL);

	if (r == 0)
		assert_ptr_equal(now, m);
	month_unref(now);
	return r;
}

static bool has_rows(struct month *m)
{
	bool has = month_pin(m) == 0;

	if (has)
		month_unpin(m);
	return has;
}

static void idle_months_are_let_go_when_the_cache_is_full(void **state)
{
	struct library_case *c = *state;
	struct month *held = NULL;

	/* Each month is 10 bytes of data and its cube: two do not fit. */
	store_close(c->store);
	assert_int_equal(
		store_open(&(struct store_options){ .path = c->root, .limit_bytes = 15 },
			&c->store, NULL),
		0);
	open_library(c, false);
	assert_int_equal(load_month(c, "2026-09", NULL), 0);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	library_wait_cached(c->library);
	assert_int_equal(status_of(c, "2026-09").state, MONTH_KNOWN);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_READY);
	/* Alone it is larger than the limit, and still there for who asked for it. */
	held = shown(c, "2026-10");
	assert_true(has_rows(held));
	month_unref(held);
	/* Who holds it for convenience is told to let go. */
	assert_true(events_of(c, LIBRARY_ROOM_WANTED) > 0);
	/* One that is in use stays, whatever the limit. */
	struct month_no october;
	assert_int_equal(month_parse(SPAN("2026-10"), &october), 0);
	assert_int_equal(library_get(c->library, october, false, &held, NULL), 0);
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	library_wait_cached(c->library);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_READY);
	month_unref(held);
}

static void evicted_rows_are_read_again_for_who_wants_them(void **state)
{
	struct library_case *c = *state;
	struct month *m, *now;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	await_events(c, LIBRARY_MONTH_READY, 1);
	m = shown(c, "2026-10");
	assert_int_equal(get_rows(c, m), 0);
	assert_int_equal(store_trim(c->store, 0), 0);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_READY);
	behave_as(c, 0, (struct behaviour){ .version = "oct1", .gated = true });
	assert_int_equal(get_rows(c, m), -EAGAIN);
	await_at_gate(c, 1);
	/* Meanwhile all else is answered. */
	assert_int_equal(status_of(c, "2026-10").state, MONTH_READY);
	assert_true(status_of(c, "2026-10").is_working);
	assert_false(status_of(c, "2026-10").stale);
	assert_int_equal(get_rows(c, m), -EAGAIN);
	open_gate(c);
	await_events(c, LIBRARY_MONTH_READY, 2);
	assert_false(status_of(c, "2026-10").is_working);
	assert_int_equal(get_rows(c, m), 0);
	assert_true(has_rows(m));
	assert_int_equal(fake_ingest_calls(), 2);
	/* Who has it need not take another. */
	now = shown(c, "2026-10");
	assert_ptr_equal(now, m);
	month_unref(now);
	month_unref(m);
}

static void rows_that_cannot_be_read_again_leave_the_month(void **state)
{
	struct library_case *c = *state;
	struct month_no october = fake_month_no("2026-10");
	struct fault why = { 0 };
	struct month *m;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_int_equal(store_trim(c->store, 0), 0);
	behave_as(c, 0,
		(struct behaviour){ .version = "oct1", .error = -EACCES, .times = 1 });
	assert_int_equal(library_wait_rows(c->library, october, NULL, &why), -EACCES);
	assert_string_equal(why.text, "2026-10: as told");
	assert_int_equal(status_of(c, "2026-10").state, MONTH_READY);
	m = shown(c, "2026-10");
	assert_int_equal(get_rows(c, m), -EACCES);
	pass_seconds(c, LIBRARY_RETRY_SECONDS);
	assert_int_equal(library_wait_rows(c->library, october, NULL, &why), 0);
	assert_true(has_rows(m));
	month_unref(m);
}

static void rows_of_a_delivery_that_was_replaced_are_stale(void **state)
{
	struct library_case *c = *state;
	struct month *m;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	m = shown(c, "2026-10");
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	refresh_library(c);
	assert_int_equal(get_month(c, "2026-10", true, NULL), 0);
	assert_int_equal(
		library_wait_rows(c->library, fake_month_no("2026-10"), NULL, NULL), 0);
	await_events(c, LIBRARY_MONTH_READY, 2);
	assert_shows(c, "2026-10", "oct2");
	assert_int_equal(get_rows(c, m), -ESTALE);
	month_unref(m);
}

static uint64_t usage_of(struct library_case *c)
{
	struct store_usage usage;

	assert_int_equal(store_usage(c->store, &usage), 0);
	return usage.bytes;
}

static void limit_store(struct library_case *c, uint64_t bytes)
{
	library_close(c->library);
	c->library = NULL;
	assert_int_equal(store_trim(c->store, 0), 0);
	store_close(c->store);
	assert_int_equal(store_open(&(struct store_options){ .path = c->root,
					    .limit_bytes = bytes },
				 &c->store, NULL),
		0);
	open_library(c, false);
}

/* And not what was opened last. */
static void what_was_used_last_stays_in_the_cache(void **state)
{
	struct library_case *c = *state;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-09", NULL), 0);
	limit_store(c, 2 * usage_of(c) + 1);
	assert_int_equal(load_month(c, "2026-09", NULL), 0);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	nap();
	assert_int_equal(get_month(c, "2026-09", true, NULL), 0);
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	library_wait_cached(c->library);
	assert_int_equal(status_of(c, "2026-09").state, MONTH_READY);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_KNOWN);
	assert_int_equal(status_of(c, "2026-11").state, MONTH_READY);
}

static void make_old_listing(struct library_case *c)
{
	static const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/v1/live", c->root);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/v1/live/%032d.inventory", c->root, 7);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_int_equal(futimens(fd, old), 0);
	close(fd);
}

static void a_refresh_keeps_the_limit(void **state)
{
	struct library_case *c = *state;
	struct store_usage usage;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-09", NULL), 0);
	limit_store(c, usage_of(c) + 99);
	assert_int_equal(load_month(c, "2026-09", NULL), 0);
	make_old_listing(c);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_true(usage.bytes > usage.limit_bytes);
	refresh_library(c);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_true(usage.bytes <= usage.limit_bytes);
	assert_int_equal(usage.listings, 0);
	assert_int_equal(usage.with_rows, 1);
}

static void slow_month_does_not_hold_up_another(void **state)
{
	struct library_case *c = *state;

	behave_as(c, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(c, false);
	assert_int_equal(get_month(c, "2026-10", true, NULL), -EAGAIN);
	await_at_gate(c, 1);
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	open_gate(c);
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
	struct library_case *c = *state;
	const char *const names[] = { "g1", "g2", "first", "second", "third" };

	fake_export_set(five, ARRAY_LEN(five));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		behave_as(
			c, i, (struct behaviour){ .version = names[i], .gated = i < 2 });
	open_library(c, false);
	assert_int_equal(get_month(c, "2026-07", true, NULL), -EAGAIN);
	assert_int_equal(get_month(c, "2026-08", true, NULL), -EAGAIN);
	await_at_gate(c, 2);
	assert_int_equal(get_month(c, "2026-11", true, NULL), -EAGAIN);
	assert_int_equal(get_month(c, "2026-09", true, NULL), -EAGAIN);
	assert_int_equal(get_month(c, "2026-10", true, NULL), -EAGAIN);
	/* One loader is enough: two of them have no order between them. */
	open_gate_of(c, 1);
	await_events(c, LIBRARY_MONTH_READY, 4);
	open_gate(c);
	assert_string_equal(c->order[2], "second");
	assert_string_equal(c->order[3], "first");
	assert_string_equal(c->order[4], "third");
}

static void stop_ends_a_wait(void **state)
{
	struct library_case *c = *state;
	struct month *m = NULL;
	atomic_bool stop = true;

	behave_as(c, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(c, false);
	assert_int_equal(
		library_wait(c->library, fake_month_no("2026-10"), &stop, &m, NULL),
		-ECANCELED);
	assert_null(m);
	open_gate(c);
}

static void *wait_in_thread(void *context)
{
	struct library_case *c = context;
	static int r;

	r = load_month(c, "2026-10", NULL);
	return &r;
}

static void close_stops_builds_and_waits(void **state)
{
	struct library_case *c = *state;
	pthread_t thread;
	void *result;

	behave_as(c, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(c, false);
	assert_int_equal(pthread_create(&thread, NULL, wait_in_thread, c), 0);
	await_at_gate(c, 1);
	library_close(c->library);
	c->library = NULL;
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal(*(int *)result, -ECANCELED);
	assert_int_equal(events_of(c, LIBRARY_MONTH_FAILED), 0);
}

static void what_passes_by_itself_is_tried_again_after_a_second(void **state)
{
	const int errors[] = { -EHOSTUNREACH, -ENETUNREACH, -ETIMEDOUT, -ENOKEY,
		-EKEYEXPIRED, -EKEYREJECTED };
	struct library_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		print_message("%s\n", fault_errno_text(errors[i]));
		behave_as(c, 0,
			(struct behaviour){
				.version = "oct1", .error = errors[i], .times = 1 });
		open_library(c, false);
		assert_int_equal(load_month(c, "2026-10", NULL), errors[i]);
		assert_int_equal(get_month(c, "2026-10", true, NULL), errors[i]);
		pass_seconds(c, LIBRARY_RETRY_PASSING_SECONDS);
		assert_int_equal(load_month(c, "2026-10", NULL), 0);
		library_close(c->library);
		c->library = NULL;
		assert_int_equal(store_trim(c->store, 0), 0);
	}
}

static void failure_is_kept_for_a_minute_and_then_tried_again(void **state)
{
	struct library_case *c = *state;
	struct fault why = { 0 };
	struct month_status s;

	behave_as(c, 0,
		(struct behaviour){ .version = "oct1", .error = -EBADMSG, .times = 1 });
	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", &why), -EBADMSG);
	assert_string_equal(why.text, "2026-10: as told");
	await_events(c, LIBRARY_MONTH_FAILED, 1);
	s = status_of(c, "2026-10");
	assert_int_equal(s.state, MONTH_FAILED);
	assert_int_equal(s.fault.error, -EBADMSG);
	pass_seconds(c, LIBRARY_RETRY_SECONDS - 1);
	assert_int_equal(get_month(c, "2026-10", true, &why), -EBADMSG);
	assert_int_equal(fake_ingest_calls(), 1);
	pass_seconds(c, 1);
	assert_int_equal(get_month(c, "2026-10", false, &why), -EBADMSG);
	assert_int_equal(get_month(c, "2026-10", true, &why), -EAGAIN);
	assert_int_equal(load_month(c, "2026-10", &why), 0);
	assert_int_equal(status_of(c, "2026-10").fault.error, 0);
}

static void one_bad_month_leaves_the_others_fine(void **state)
{
	struct library_case *c = *state;
	struct fault why = { 0 };

	replace_month(1,
		(struct fake_month){
			.month = "2026-10", .version = "oct1", .read_error = -EBADMSG });
	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", &why), -EBADMSG);
	assert_string_equal(why.text, "2026-10: manifest.json: as told");
	assert_int_equal(load_month(c, "2026-09", &why), 0);
	assert_int_equal(load_month(c, "2026-11", &why), 0);
}

static void delivery_being_replaced_is_tried_five_times_more(void **state)
{
	static const int errors[] = { -ESTALE, -ENODATA, -ENOENT };
	static const int answers[] = { -ESTALE, -ENODATA, -ENODATA };
	struct library_case *c = *state;

	atomic_store(&c->clock.step_ms, 1000);
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct fault why = { 0 };
		unsigned looks;

		print_message("%s\n", strerror(-errors[i]));
		open_library(c, false);
		looks = fake_export_asked().looks;
		fake_ingest_reset(behave, c, 10);
		behave_as(c, 0,
			(struct behaviour){
				.version = "oct1", .error = errors[i], .times = 5 });
		behave_as(c, 1,
			(struct behaviour){ .version = "nov1", .error = errors[i] });
		assert_int_equal(load_month(c, "2026-10", &why), 0);
		assert_int_equal(fake_ingest_calls(), 6);
		/* Each time the manifest is looked for anew. */
		assert_int_equal(fake_export_asked().looks, looks + 5);
		assert_int_equal(load_month(c, "2026-11", &why), answers[i]);
		assert_int_equal(fake_ingest_calls(), 12);
		assert_true(why.cure[0] != '\0');
		library_close(c->library);
		c->library = NULL;
		assert_int_equal(store_trim(c->store, 0), 0);
	}
}

static void manifest_replaced_since_the_listing_is_read_anew(void **state)
{
	struct library_case *c = *state;

	atomic_store(&c->clock.step_ms, 1000);
	open_library(c, false);
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct2");
	assert_false(status_of(c, "2026-10").stale);
}

static void manifest_that_names_what_is_not_there_fails_at_once(void **state)
{
	struct library_case *c = *state;

	replace_month(1,
		(struct fake_month){
			.month = "2026-10", .version = "oct1", .read_error = -ENODATA });
	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), -ENODATA);
}

static void files_that_went_with_the_next_delivery_are_looked_for_in_that_one(
	void **state)
{
	struct library_case *c = *state;

	atomic_store(&c->clock.step_ms, 1000);
	replace_month(1,
		(struct fake_month){ .month = "2026-10",
			.version = "oct1",
			.read_error = -ENODATA,
			.then = "oct2" });
	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct2");
}

static void close_ends_a_pause(void **state)
{
	struct library_case *c = *state;

	behave_as(c, 0, (struct behaviour){ .version = "oct1", .error = -ESTALE });
	open_library(c, false);
	assert_int_equal(get_month(c, "2026-10", true, NULL), -EAGAIN);
	for (int i = 0; i < PATIENCE_MS && fake_ingest_calls() == 0; i++)
		nap();
	library_close(c->library);
	c->library = NULL;
	assert_int_equal(fake_ingest_calls(), 1);
}

static void nothing_is_closed_without_complaint(void **state)
{
	(void)state;
	library_close(NULL);
}

#define TEST(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, library_case_setup, library_case_teardown)

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
		TEST(evicted_rows_are_read_again_for_who_wants_them),
		TEST(rows_that_cannot_be_read_again_leave_the_month),
		TEST(rows_of_a_delivery_that_was_replaced_are_stale),
		TEST(what_was_used_last_stays_in_the_cache),
		TEST(a_refresh_keeps_the_limit),
		TEST(slow_month_does_not_hold_up_another),
		TEST(what_was_asked_for_last_is_loaded_first),
		TEST(stop_ends_a_wait),
		TEST(close_stops_builds_and_waits),
		TEST(failure_is_kept_for_a_minute_and_then_tried_again),
		TEST(what_passes_by_itself_is_tried_again_after_a_second),
		TEST(one_bad_month_leaves_the_others_fine),
		TEST(delivery_being_replaced_is_tried_five_times_more),
		TEST(manifest_replaced_since_the_listing_is_read_anew),
		TEST(manifest_that_names_what_is_not_there_fails_at_once),
		TEST(files_that_went_with_the_next_delivery_are_looked_for_in_that_one),
		TEST(close_ends_a_pause),
		TEST(nothing_is_closed_without_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
