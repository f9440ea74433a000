/* Months that are replaced under their readers. */
#include "fs/store/library.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "library_case.h"

static void failed_month_is_tried_again_when_its_delivery_changed(void **state)
{
	const bool bare[] = { false, true };
	struct library_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
		print_message("bare %d\n", bare[i]);
		behave_as(
			c, 0, (struct behaviour){ .version = "oct1", .error = -EBADMSG });
		replace_month(1,
			(struct fake_month){
				.month = "2026-10", .version = "oct1", .bare = bare[i] });
		open_library(c, false);
		assert_int_equal(load_month(c, "2026-10", NULL), -EBADMSG);
		replace_month(1,
			(struct fake_month){
				.month = "2026-10", .version = "oct2", .bare = bare[i] });
		refresh_library(c);
		assert_int_equal(load_month(c, "2026-10", NULL), 0);
		assert_shows(c, "2026-10", "oct2");
		library_close(c->library);
		c->library = NULL;
		assert_int_equal(store_trim(c->store, 0), 0);
	}
}

static void asking_for_a_refresh_forgives_failures(void **state)
{
	struct library_case *c = *state;

	behave_as(c, 0,
		(struct behaviour){ .version = "oct1", .error = -ENOSPC, .times = 1 });
	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), -ENOSPC);
	refresh_library(c);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_FAILED);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
}

static void refresh_swaps_in_the_new_delivery_and_readers_keep_theirs(void **state)
{
	const bool bare[] = { false, true };
	struct library_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
		struct month *old = NULL;
		struct month_no m = fake_month_no("2026-10");

		print_message("bare %d\n", bare[i]);
		replace_month(1,
			(struct fake_month){
				.month = "2026-10", .version = "oct1", .bare = bare[i] });
		open_library(c, false);
		assert_int_equal(library_wait(c->library, m, NULL, &old, NULL), 0);
		assert_int_equal(status_of(c, "2026-10").verified, !bare[i]);
		refresh_library(c);
		assert_shows(c, "2026-10", "oct1");
		assert_int_equal(fake_ingest_calls(), 1 + 2 * i);
		replace_month(1,
			(struct fake_month){
				.month = "2026-10", .version = "oct2", .bare = bare[i] });
		refresh_library(c);
		assert_shows(c, "2026-10", "oct2");
		assert_false(status_of(c, "2026-10").stale);
		assert_int_equal(events_of(c, LIBRARY_MONTH_READY), 2 * (i + 1));
		assert_string_equal(month_facts(old)->assembly, "oct1");
		assert_int_equal(fake_ingest_calls(), 2 + 2 * i);
		month_unref(old);
		library_close(c->library);
		c->library = NULL;
		assert_int_equal(store_trim(c->store, 0), 0);
	}
}

static void old_delivery_is_served_while_the_new_one_is_built(void **state)
{
	struct library_case *c = *state;
	uint64_t number;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	behave_as(c, 0, (struct behaviour){ .version = "oct2", .gated = true });
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	number = library_refresh(c->library);
	await_at_gate(c, 1);
	assert_shows(c, "2026-10", "oct1");
	assert_true(status_of(c, "2026-10").stale);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_READY);
	assert_int_equal(status_of(c, "2026-10").bytes_total, 100);
	/* Asked for while one is under way: that is another one. */
	assert_int_equal(library_refresh(c->library), number + 1);
	assert_int_equal(library_refresh(c->library), number + 1);
	open_gate(c);
	await_refreshes(c, number);
	assert_shows(c, "2026-10", "oct2");
	await_refreshes(c, number + 1);
}

/* Who hears of it may tell others that they have all of it. */
static void the_end_of_a_refresh_is_told_behind_all_that_it_brought(void **state)
{
	static const char *const versions[] = { "oct2", "oct3", "oct4" };
	struct library_case *c = *state;
	unsigned ready;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	ready = events_of(c, LIBRARY_MONTH_READY);
	for (unsigned i = 0; i < ARRAY_LEN(versions); i++) {
		replace_month(1,
			(struct fake_month){
				.month = "2026-10", .version = versions[i] });
		(void)library_refresh(c->library);
		await_events(c, LIBRARY_REFRESHED, i + 1);
		pthread_mutex_lock(&c->lock);
		assert_true(c->ready_before_end > ready + i);
		pthread_mutex_unlock(&c->lock);
		assert_shows(c, "2026-10", versions[i]);
	}
}

static void delivery_that_changes_during_its_build_is_built_again(void **state)
{
	struct library_case *c = *state;
	uint64_t number;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	behave_as(c, 0, (struct behaviour){ .version = "oct2", .gated = true });
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	library_refresh(c->library);
	await_at_gate(c, 1);
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct3" });
	number = library_refresh(c->library);
	open_gate(c);
	await_refreshes(c, number);
	assert_shows(c, "2026-10", "oct3");
}

static void month_that_is_read_when_a_refresh_comes_is_refreshed(void **state)
{
	struct library_case *c = *state;
	struct library_activity a = { 0 };
	uint64_t number;

	behave_as(c, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(c, false);
	assert_int_equal(get_month(c, "2026-10", true, NULL), -EAGAIN);
	await_at_gate(c, 1);
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	pass_seconds(c, 5);
	number = library_refresh(c->library);
	for (int i = 0; i < PATIENCE_MS && a.looked.seconds != c->clock.now; i++) {
		nap();
		library_activity(c->library, &a);
	}
	open_gate(c);
	await_refreshes(c, number);
	assert_shows(c, "2026-10", "oct2");
}

static void refresh_with_a_bad_manifest_keeps_the_old_delivery(void **state)
{
	const bool bare[] = { false, true };
	struct library_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
		struct month_status s;

		print_message("bare %d\n", bare[i]);
		replace_month(1,
			(struct fake_month){
				.month = "2026-10", .version = "oct1", .bare = bare[i] });
		open_library(c, false);
		assert_int_equal(load_month(c, "2026-10", NULL), 0);
		replace_month(1,
			(struct fake_month){ .month = "2026-10",
				.version = "oct2",
				.bare = bare[i],
				.read_error = -EBADMSG });
		refresh_library(c);
		assert_shows(c, "2026-10", "oct1");
		s = status_of(c, "2026-10");
		assert_int_equal(s.state, MONTH_READY);
		assert_int_equal(s.fault.error, -EBADMSG);
		assert_string_equal(s.fault.text, "2026-10: manifest.json: as told");
		replace_month(1,
			(struct fake_month){
				.month = "2026-10", .version = "oct3", .bare = bare[i] });
		refresh_library(c);
		assert_shows(c, "2026-10", "oct3");
		assert_int_equal(status_of(c, "2026-10").fault.error, 0);
		library_close(c->library);
		c->library = NULL;
		assert_int_equal(store_trim(c->store, 0), 0);
	}
}

static void failed_rebuild_keeps_the_old_delivery_and_is_not_repeated_at_once(
	void **state)
{
	struct library_case *c = *state;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	behave_as(c, 0, (struct behaviour){ .version = "oct2", .error = -EBADMSG });
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	refresh_library(c);
	assert_true(status_of(c, "2026-10").stale);
	assert_int_equal(events_of(c, LIBRARY_MONTH_FAILED), 1);
	assert_int_equal(get_month(c, "2026-10", true, NULL), 0);
	assert_int_equal(fake_ingest_calls(), 2);
	pass_seconds(c, LIBRARY_RETRY_SECONDS);
	assert_int_equal(get_month(c, "2026-10", true, NULL), 0);
	await_events(c, LIBRARY_MONTH_FAILED, 2);
	assert_shows(c, "2026-10", "oct1");
}

static void months_come_and_go(void **state)
{
	static const struct fake_month other[] = {
		{ .month = "2026-08", .version = "aug1" },
		{ .month = "2026-10", .version = "oct1" },
		{ .month = "2026-12", .version = "dec1" },
	};
	struct library_case *c = *state;
	struct month_status s;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	fake_export_set(other, ARRAY_LEN(other));
	refresh_library(c);
	assert_int_equal(events_of(c, LIBRARY_MONTHS_CHANGED), 1);
	assert_int_equal(
		library_status(c->library, fake_month_no("2026-09"), &s), -ENOENT);
	assert_int_equal(status_of(c, "2026-08").state, MONTH_KNOWN);
	assert_int_equal(status_of(c, "2026-12").state, MONTH_KNOWN);
	/* Vanished, and still readable. */
	assert_shows(c, "2026-11", "nov1");
	assert_false(status_of(c, "2026-11").stale);
	refresh_library(c);
	assert_int_equal(events_of(c, LIBRARY_MONTHS_CHANGED), 1);
}

static void refresh_that_fails_says_so_and_changes_nothing(void **state)
{
	struct library_case *c = *state;
	struct library_activity a;
	struct month_status *all = NULL;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	fake_export_fail(-ENETUNREACH);
	refresh_library(c);
	library_activity(c->library, &a);
	assert_int_equal(a.refresh_fault.error, -ENETUNREACH);
	assert_int_equal(a.last_refresh.seconds, 7777);
	fake_export_fail(0);
	fake_export_set(NULL, 0);
	refresh_library(c);
	library_activity(c->library, &a);
	assert_int_equal(a.refresh_fault.error, -ENODATA);
	assert_int_equal(library_months(c->library, &all), 3);
	free(all);
	assert_shows(c, "2026-11", "nov1");
	fake_export_set(three_months, ARRAY_LEN(three_months));
	refresh_library(c);
	library_activity(c->library, &a);
	assert_int_equal(a.refresh_fault.error, 0);
	assert_int_equal(a.refreshes, 3);
}

static void time_for_a_refresh_rebuilds_the_newest_and_marks_the_others(void **state)
{
	static const struct fake_month later[] = {
		{ .month = "2026-09", .version = "sep1" },
		{ .month = "2026-10", .version = "oct2" },
		{ .month = "2026-11", .version = "nov2" },
	};
	struct library_case *c = *state;

	/* The shortest there is: how long it waits is the system's clock, not ours. */
	assert_int_equal(try_open_library(c, false, 1, NULL), 0);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	fake_export_set(later, ARRAY_LEN(later));
	pass_seconds(c, 1);
	await_events(c, LIBRARY_MONTH_READY, 3);
	assert_shows(c, "2026-11", "nov2");
	assert_true(status_of(c, "2026-10").stale);
	assert_shows(c, "2026-10", "oct1");
	/* The next use has it rebuilt. */
	assert_int_equal(get_month(c, "2026-10", true, NULL), 0);
	await_events(c, LIBRARY_MONTH_READY, 4);
	assert_shows(c, "2026-10", "oct2");
}

static struct fake_month october(const char *version, bool torn)
{
	return (struct fake_month){
		.month = "2026-10", .version = version, .torn = torn
	};
}

static void month_that_is_being_delivered_is_ebusy_and_no_half_of_it_is_read(void **state)
{
	struct library_case *c = *state;
	struct fault why = { 0 };

	replace_month(1, october("oct1", true));
	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", &why), -EBUSY);
	assert_string_equal(why.text, "2026-10: fake: is torn");
	assert_int_equal(fake_ingest_calls(), 0);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_FAILED);
	/* The others are fine. */
	assert_int_equal(load_month(c, "2026-09", NULL), 0);
	/* It is not asked for all the time, and then it is. */
	replace_month(1, october("oct1", false));
	assert_int_equal(load_month(c, "2026-10", NULL), -EBUSY);
	pass_seconds(c, LIBRARY_RETRY_TORN_SECONDS);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct1");
}

static void month_that_was_being_delivered_comes_by_itself_soon(void **state)
{
	struct library_case *c = *state;
	struct library_activity a, later;

	/* Each look at the clock finds that a minute has passed, but not an hour. */
	atomic_store(&c->clock.step_ms, (LIBRARY_RETRY_SECONDS + 1) * 1000);
	replace_month(1, october("oct1", true));
	assert_int_equal(try_open_library(c, false, 24 * 3600, NULL), 0);
	assert_int_equal(load_month(c, "2026-10", NULL), -EBUSY);
	await_refreshes(c, 3);
	assert_int_equal(status_of(c, "2026-10").fault.error, -EBUSY);
	replace_month(1, october("oct2", false));
	for (int i = 0; i < PATIENCE_MS && status_of(c, "2026-10").state != MONTH_READY;
		i++)
		nap();
	assert_shows(c, "2026-10", "oct2");
	assert_int_equal(status_of(c, "2026-10").fault.error, 0);
	/* And then there is no hurry any more; one may be under way. */
	library_activity(c->library, &a);
	for (int i = 0; i < 100; i++)
		nap();
	library_activity(c->library, &later);
	assert_in_range(later.refreshes, a.refreshes, a.refreshes + 1);
}

static void what_is_shown_stays_and_says_so_while_the_next_is_delivered(void **state)
{
	struct library_case *c = *state;
	struct month_status s;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	replace_month(1, october("oct2", true));
	refresh_library(c);
	assert_shows(c, "2026-10", "oct1");
	s = status_of(c, "2026-10");
	assert_true(s.stale);
	assert_int_equal(s.fault.error, -EBUSY);
	replace_month(1, october("oct2", false));
	refresh_library(c);
	assert_shows(c, "2026-10", "oct2");
	assert_false(status_of(c, "2026-10").stale);
}

static void files_replaced_while_they_were_read_are_not_shown(void **state)
{
	struct library_case *c = *state;
	char id[DELIVERY_ID_TEXT];
	struct delivery mixed = { .count = 0 };
	struct month *m;

	atomic_store(&c->clock.step_ms, 1000);
	replace_month(1,
		(struct fake_month){
			.month = "2026-10", .version = "oct1", .files = "half" });
	behave_as(c, 0, (struct behaviour){ .version = "oct1", .gated = true });
	open_library(c, false);
	assert_int_equal(get_month(c, "2026-10", true, NULL), -EAGAIN);
	await_at_gate(c, 1);
	replace_month(1,
		(struct fake_month){
			.month = "2026-10", .version = "oct1", .files = "whole" });
	open_gate(c);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_int_equal(fake_ingest_calls(), 2);
	/* Nor do others find them. */
	fake_delivery_id("2026-10", "half", id);
	memcpy(mixed.id, id, sizeof(mixed.id));
	assert_int_equal(store_find(c->store, &mixed, &m), -ENOENT);
	fake_delivery_id("2026-10", "whole", id);
	memcpy(mixed.id, id, sizeof(mixed.id));
	assert_int_equal(store_find(c->store, &mixed, &m), 0);
	month_unref(m);
}

#define TEST(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, library_case_setup, library_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(month_that_is_being_delivered_is_ebusy_and_no_half_of_it_is_read),
		TEST(month_that_was_being_delivered_comes_by_itself_soon),
		TEST(what_is_shown_stays_and_says_so_while_the_next_is_delivered),
		TEST(files_replaced_while_they_were_read_are_not_shown),
		TEST(failed_month_is_tried_again_when_its_delivery_changed),
		TEST(asking_for_a_refresh_forgives_failures),
		TEST(refresh_swaps_in_the_new_delivery_and_readers_keep_theirs),
		TEST(old_delivery_is_served_while_the_new_one_is_built),
		TEST(the_end_of_a_refresh_is_told_behind_all_that_it_brought),
		TEST(delivery_that_changes_during_its_build_is_built_again),
		TEST(month_that_is_read_when_a_refresh_comes_is_refreshed),
		TEST(refresh_with_a_bad_manifest_keeps_the_old_delivery),
		TEST(failed_rebuild_keeps_the_old_delivery_and_is_not_repeated_at_once),
		TEST(months_come_and_go),
		TEST(refresh_that_fails_says_so_and_changes_nothing),
		TEST(time_for_a_refresh_rebuilds_the_newest_and_marks_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
