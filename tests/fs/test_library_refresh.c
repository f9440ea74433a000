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
		replace_month(1, (struct fake_month){ "2026-10", "oct1", bare[i], 0 });
		open_library(c, false);
		assert_int_equal(load_month(c, "2026-10", NULL), -EBADMSG);
		replace_month(1, (struct fake_month){ "2026-10", "oct2", bare[i], 0 });
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
		replace_month(1, (struct fake_month){ "2026-10", "oct1", bare[i], 0 });
		open_library(c, false);
		assert_int_equal(library_wait(c->library, m, NULL, &old, NULL), 0);
		assert_int_equal(status_of(c, "2026-10").verified, !bare[i]);
		refresh_library(c);
		assert_shows(c, "2026-10", "oct1");
		assert_int_equal(fake_ingest_calls(), 1 + 2 * i);
		replace_month(1, (struct fake_month){ "2026-10", "oct2", bare[i], 0 });
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
	replace_month(1, (struct fake_month){ "2026-10", "oct2", false, 0 });
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

static void delivery_that_changes_during_its_build_is_built_again(void **state)
{
	struct library_case *c = *state;
	uint64_t number;

	open_library(c, false);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	behave_as(c, 0, (struct behaviour){ .version = "oct2", .gated = true });
	replace_month(1, (struct fake_month){ "2026-10", "oct2", false, 0 });
	library_refresh(c->library);
	await_at_gate(c, 1);
	replace_month(1, (struct fake_month){ "2026-10", "oct3", false, 0 });
	number = library_refresh(c->library);
	open_gate(c);
	await_refreshes(c, number);
	assert_shows(c, "2026-10", "oct3");
}

static void refresh_with_a_bad_manifest_keeps_the_old_delivery(void **state)
{
	const bool bare[] = { false, true };
	struct library_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
		struct month_status s;

		print_message("bare %d\n", bare[i]);
		replace_month(1, (struct fake_month){ "2026-10", "oct1", bare[i], 0 });
		open_library(c, false);
		assert_int_equal(load_month(c, "2026-10", NULL), 0);
		replace_month(
			1, (struct fake_month){ "2026-10", "oct2", bare[i], -EBADMSG });
		refresh_library(c);
		assert_shows(c, "2026-10", "oct1");
		s = status_of(c, "2026-10");
		assert_int_equal(s.state, MONTH_READY);
		assert_int_equal(s.fault.error, -EBADMSG);
		assert_string_equal(s.fault.text, "2026-10: manifest.json: as told");
		replace_month(1, (struct fake_month){ "2026-10", "oct3", bare[i], 0 });
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
	replace_month(1, (struct fake_month){ "2026-10", "oct2", false, 0 });
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

#define TEST(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, library_case_setup, library_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(failed_month_is_tried_again_when_its_delivery_changed),
		TEST(asking_for_a_refresh_forgives_failures),
		TEST(refresh_swaps_in_the_new_delivery_and_readers_keep_theirs),
		TEST(old_delivery_is_served_while_the_new_one_is_built),
		TEST(delivery_that_changes_during_its_build_is_built_again),
		TEST(refresh_with_a_bad_manifest_keeps_the_old_delivery),
		TEST(failed_rebuild_keeps_the_old_delivery_and_is_not_repeated_at_once),
		TEST(months_come_and_go),
		TEST(refresh_that_fails_says_so_and_changes_nothing),
		TEST(time_for_a_refresh_rebuilds_the_newest_and_marks_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
