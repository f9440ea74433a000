/* Months that are read for their sums alone. */
#include "fs/store/library.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "library_case.h"

static const struct fake_month columns[] = {
	{ .month = "2026-09", .version = "columns 9", .bare = true },
	{ .month = "2026-10", .version = "columns 10" },
	{ .month = "2026-11", .version = "nov1" },
};

static const struct fake_month large[] = {
	{ .month = "2026-09", .version = "large 9", .bare = true },
	{ .month = "2026-10", .version = "large 10" },
	{ .month = "2026-11", .version = "columns, large" },
};

static void open_columns(struct library_case *c)
{
	fake_export_set(columns, ARRAY_LEN(columns));
	open_library(c, false);
}

/* What comes: 's' sums, 'm' the month; else the errno. */
static int load_sums_by(struct library_case *c, const char *month, unsigned dims)
{
	struct month *m = NULL;
	struct fault why = { 0 };
	const struct sums want = { .dims = dims };
	int r = library_wait_sums(
		c->library, fake_month_no(month), &want, NULL, &m, &why);

	if (r == 0)
		r = month_facts(m)->sums.dims != 0 ? 's' : 'm';
	month_unref(m);
	return r;
}

static int load_sums(struct library_case *c, const char *month)
{
	return load_sums_by(c, month, DIMS_BASE);
}

static int get_sums_by(
	struct library_case *c, const char *month, unsigned dims, bool load)
{
	struct month *m = NULL;
	struct fault why = { 0 };
	const struct sums want = { .dims = dims };
	int r = library_get_sums(c->library, fake_month_no(month), &want, load, &m, &why);

	if (r == 0)
		r = month_facts(m)->sums.dims != 0 ? 's' : 'm';
	month_unref(m);
	return r;
}

static int get_sums(struct library_case *c, const char *month, bool load)
{
	return get_sums_by(c, month, DIMS_BASE, load);
}

static void sums_are_read_once_and_do_not_make_the_month_ready(void **state)
{
	struct library_case *c = *state;
	struct month_status s;

	open_columns(c);
	assert_int_equal(get_sums(c, "2026-10", false), -EAGAIN);
	assert_int_equal(fake_ingest_calls(), 0);
	assert_int_equal(load_sums(c, "2026-10"), 's');
	await_events(c, LIBRARY_MONTH_SUMS, 1);
	assert_int_equal(load_sums(c, "2026-10"), 's');
	assert_int_equal(get_sums(c, "2026-10", true), 's');
	assert_int_equal(fake_ingest_calls(), 1);
	assert_int_equal(events_of(c, LIBRARY_MONTH_READY), 0);
	s = status_of(c, "2026-10");
	assert_int_equal(s.state, MONTH_KNOWN);
	assert_int_equal(s.sums.dims, DIMS_BASE);
	assert_int_equal(s.lines, 0);
	assert_int_equal(get_month(c, "2026-10", false, NULL), -EAGAIN);
}

static void the_month_takes_the_place_of_its_sums(void **state)
{
	struct library_case *c = *state;
	struct store_usage usage;

	open_columns(c);
	assert_int_equal(load_sums(c, "2026-10"), 's');
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_int_equal(fake_ingest_calls(), 2);
	assert_int_equal(load_sums(c, "2026-10"), 'm');
	assert_int_equal(status_of(c, "2026-10").sums.dims, DIMS_OF_SUMS);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_int_equal(usage.months, 1);
}

static void only_what_has_columns_and_a_manifest_has_sums(void **state)
{
	struct library_case *c = *state;

	open_columns(c);
	assert_int_equal(load_sums(c, "2026-09"), 'm');
	assert_int_equal(load_sums(c, "2026-11"), 'm');
	assert_int_equal(events_of(c, LIBRARY_MONTH_SUMS), 0);
	assert_int_equal(get_sums(c, "2025-01", true), -ENOENT);
}

static void who_wants_the_month_meanwhile_gets_it_next(void **state)
{
	struct library_case *c = *state;

	behave_as(c, 0, (struct behaviour){ .version = "columns 10", .gated = true });
	open_columns(c);
	assert_int_equal(get_sums(c, "2026-10", true), -EAGAIN);
	await_at_gate(c, 1);
	assert_int_equal(get_month(c, "2026-10", true, NULL), -EAGAIN);
	assert_int_equal(get_sums(c, "2026-10", true), -EAGAIN);
	open_gate(c);
	await_events(c, LIBRARY_MONTH_READY, 1);
	assert_int_equal(events_of(c, LIBRARY_MONTH_SUMS), 1);
	assert_int_equal(get_sums(c, "2026-10", true), 'm');
	assert_int_equal(fake_ingest_calls(), 2);
}

static void a_month_under_way_is_not_read_twice(void **state)
{
	struct library_case *c = *state;

	behave_as(c, 0, (struct behaviour){ .version = "columns 10", .gated = true });
	open_columns(c);
	assert_int_equal(get_month(c, "2026-10", true, NULL), -EAGAIN);
	assert_int_equal(get_sums(c, "2026-10", true), -EAGAIN);
	await_at_gate(c, 1);
	assert_int_equal(get_sums(c, "2026-10", true), -EAGAIN);
	open_gate(c);
	assert_int_equal(load_sums(c, "2026-10"), 'm');
	assert_int_equal(fake_ingest_calls(), 1);
}

static void the_second_kind_of_sums_brings_all(void **state)
{
	const unsigned by_day = 1 << DIM_DAY, by_region = 1 << DIM_REGION;
	struct library_case *c = *state;
	struct store_usage usage;

	open_columns(c);
	assert_int_equal(load_sums_by(c, "2026-10", by_day), 's');
	assert_int_equal(status_of(c, "2026-10").sums.dims, DIMS_BASE | by_day);
	assert_int_equal(get_sums(c, "2026-10", false), 's');
	assert_int_equal(get_sums_by(c, "2026-10", by_region, false), -EAGAIN);
	assert_int_equal(load_sums_by(c, "2026-10", by_region), 's');
	assert_int_equal(status_of(c, "2026-10").sums.dims, DIMS_OF_SUMS);
	assert_int_equal(load_sums_by(c, "2026-10", 1 << DIM_CHARGE), 's');
	assert_int_equal(fake_ingest_calls(), 2);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_int_equal(usage.months, 1);
}

static int load_sums_of(struct library_case *c, const char *account, struct sums *ret)
{
	const struct sums want = sums_of(DIMS_BASE, span_of(account));
	struct month *m = NULL;
	struct fault why = { 0 };
	int r = library_wait_sums(
		c->library, fake_month_no("2026-10"), &want, NULL, &m, &why);

	if (r == 0)
		*ret = month_facts(m)->sums;
	month_unref(m);
	return r;
}

static const struct fake_month december = { .month = "2026-12", .version = "large 12" };

static void of_a_large_month_all_sums_come_first_and_the_rest_follows(void **state)
{
	struct library_case *c = *state;

	fake_export_set(large, ARRAY_LEN(large));
	open_library(c, false);
	assert_int_equal(load_sums(c, "2026-09"), 'm'); /* without a manifest */
	assert_int_equal(events_of(c, LIBRARY_MONTH_SUMS), 0);
	behave_as(c, 1, (struct behaviour){ .version = "large 10", .gated = true });
	assert_int_equal(get_sums(c, "2026-10", true), -EAGAIN);
	await_at_gate(c, 1);
	open_gate(c);
	await_events(c, LIBRARY_MONTH_SUMS, 1);
	await_events(c, LIBRARY_MONTH_READY, 2);
	assert_int_equal(fake_ingest_calls(), 3);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_READY);
	/* Of columns it is no more than what is asked for. */
	assert_int_equal(load_sums(c, "2026-11"), 's');
	assert_int_equal(fake_ingest_calls(), 4);
	/* Who wants rows does not wait for sums. */
	fake_export_set(&december, 1);
	refresh_library(c);
	assert_int_equal(load_month(c, "2026-12", NULL), 0);
	assert_int_equal(fake_ingest_calls(), 5);
}

static void of_the_newest_month_large_sums_come_first(void **state)
{
	struct library_case *c = *state;

	fake_export_set(large, ARRAY_LEN(large));
	open_library(c, true);
	await_events(c, LIBRARY_MONTH_SUMS, 1);
	await_events(c, LIBRARY_MONTH_READY, 1);
	assert_int_equal(fake_ingest_calls(), 2);
	assert_int_equal(status_of(c, "2026-11").state, MONTH_READY);
}

static void from_afar_nothing_is_read_twice(void **state)
{
	struct library_case *c = *state;

	fake_export_set(large, ARRAY_LEN(large));
	c->source.is_near = false;
	open_library(c, true);
	await_events(c, LIBRARY_MONTH_READY, 1);
	assert_int_equal(load_sums(c, "2026-10"), 'm');
	assert_int_equal(events_of(c, LIBRARY_MONTH_SUMS), 0);
	assert_int_equal(fake_ingest_calls(), 2);
}

static void sums_of_one_account_are_no_sums_of_another(void **state)
{
	struct library_case *c = *state;
	struct sums got;

	open_columns(c);
	assert_int_equal(load_sums_of(c, "111122223333", &got), 0);
	assert_string_equal(got.account, "111122223333");
	assert_int_equal(got.dims, DIMS_BASE);
	assert_int_equal(load_sums_of(c, "111122223333", &got), 0);
	assert_int_equal(fake_ingest_calls(), 1);
	assert_int_equal(get_sums(c, "2026-10", false), -EAGAIN);
	assert_int_equal(load_sums_of(c, "444455556666", &got), 0);
	assert_string_equal(got.account, "");
	assert_int_equal(got.dims, DIMS_OF_SUMS);
	assert_int_equal(load_sums_of(c, "111122223333", &got), 0);
	assert_int_equal(get_sums(c, "2026-10", false), 's');
	assert_int_equal(fake_ingest_calls(), 2);
}

static void who_wants_other_sums_meanwhile_gets_them_next(void **state)
{
	struct library_case *c = *state;

	behave_as(c, 0, (struct behaviour){ .version = "columns 10", .gated = true });
	open_columns(c);
	assert_int_equal(get_sums(c, "2026-10", true), -EAGAIN);
	await_at_gate(c, 1);
	assert_int_equal(get_sums_by(c, "2026-10", 1 << DIM_DAY, true), -EAGAIN);
	assert_int_equal(get_sums(c, "2026-10", true), -EAGAIN);
	open_gate(c);
	await_events(c, LIBRARY_MONTH_SUMS, 2);
	assert_int_equal(get_sums_by(c, "2026-10", 1 << DIM_DAY, false), 's');
	assert_int_equal(fake_ingest_calls(), 2);
}

static void superseded_sums_are_not_answered(void **state)
{
	struct library_case *c = *state;

	open_columns(c);
	assert_int_equal(load_sums(c, "2026-10"), 's');
	replace_month(
		1, (struct fake_month){ .month = "2026-10", .version = "columns 11" });
	refresh_library(c);
	assert_int_equal(fake_ingest_calls(), 1);
	assert_int_equal(status_of(c, "2026-10").sums.dims, 0);
	assert_int_equal(get_sums(c, "2026-10", false), -EAGAIN);
	assert_int_equal(load_sums(c, "2026-10"), 's');
	assert_int_equal(fake_ingest_calls(), 2);
}

static void sums_in_the_cache_are_not_read_again(void **state)
{
	struct library_case *c = *state;

	open_columns(c);
	assert_int_equal(load_sums(c, "2026-10"), 's');
	library_close(c->library);
	c->library = NULL;
	open_library(c, false);
	assert_int_equal(load_sums(c, "2026-10"), 's');
	assert_int_equal(fake_ingest_calls(), 1);
	/* A look for months is not content with sums. */
	library_open_cached(c->library);
	library_wait_cached(c->library);
	assert_int_equal(get_month(c, "2026-10", false, NULL), -EAGAIN);
}

static void failure_is_that_of_the_month(void **state)
{
	struct library_case *c = *state;

	behave_as(c, 0, (struct behaviour){ .version = "columns 10", .error = -EBADMSG });
	open_columns(c);
	assert_int_equal(load_sums(c, "2026-10"), -EBADMSG);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_FAILED);
	assert_int_equal(get_sums(c, "2026-10", true), -EBADMSG);
	assert_int_equal(fake_ingest_calls(), 1);
}

#define TEST(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, library_case_setup, library_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sums_are_read_once_and_do_not_make_the_month_ready),
		TEST(the_month_takes_the_place_of_its_sums),
		TEST(only_what_has_columns_and_a_manifest_has_sums),
		TEST(who_wants_the_month_meanwhile_gets_it_next),
		TEST(a_month_under_way_is_not_read_twice),
		TEST(the_second_kind_of_sums_brings_all),
		TEST(of_a_large_month_all_sums_come_first_and_the_rest_follows),
		TEST(of_the_newest_month_large_sums_come_first),
		TEST(from_afar_nothing_is_read_twice),
		TEST(sums_of_one_account_are_no_sums_of_another),
		TEST(who_wants_other_sums_meanwhile_gets_them_next),
		TEST(superseded_sums_are_not_answered),
		TEST(sums_in_the_cache_are_not_read_again),
		TEST(failure_is_that_of_the_month),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
