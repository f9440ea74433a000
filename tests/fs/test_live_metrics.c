/* What was measured of instances: asked for one by one, seldom, and counted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live_case.h"

enum { HOUR = 3600 };
#define EU "eu-west-1"
#define US "us-east-1"

static void assert_text(struct live_case *c, const char *instance, const char *want)
{
	char text[LIVE_CASE_TEXT];

	assert_int_equal(live_case_metrics(c, EU, instance, false, text), 0);
	assert_string_equal(text, want);
}

static int known(struct live_case *c, const char *region, const char *instance)
{
	struct inventory *v = NULL;
	int r = live_metrics_known(c->live, ACCOUNT, region, instance, &v);

	inventory_unref(v);
	return r;
}

/* NOLINTNEXTLINE(readability-function-size): as in fs/live/live.h */
static int cut_metrics(void *context, const char *account, const char *region,
	const char *instance, const atomic_bool *stop, struct buf *ret, struct fault *why)
{
	(void)context;
	(void)account;
	(void)region;
	(void)instance;
	(void)stop;
	(void)why;
	return buf_append_text(ret, "time");
}

static void only_who_asks_for_metrics_costs_calls(void **state)
{
	struct live_case *c = *state;

	live_case_open(c);
	assert_int_equal(live_case_metrics(c, EU, "i-1", false, NULL), -EAGAIN);
	assert_int_equal(known(c, EU, "i-1"), -ENOENT);
	assert_int_equal(live_case_load(c, ACCOUNT, EU), 0);
	live_case_await_rest(c);
	live_refresh(c->live);
	live_case_await_calls(c, 2);
	live_case_await_rest(c);
	assert_int_equal(live_case_calls(c), 2);
	live_case_answer(c, 0, (struct live_answer){ .region = "i-2", .state = "two" });
	assert_int_equal(live_case_measure(c, EU, "i-1"), 0);
	assert_int_equal(live_case_measure(c, EU, "i-2"), 0);
	assert_text(c, "i-1", "running\n");
	assert_text(c, "i-2", "two\n");
	assert_int_equal(known(c, EU, "i-2"), 0);
	assert_int_equal(known(c, US, "i-2"), -ENOENT);
	assert_int_equal(live_case_metrics(c, EU, "i-3", false, NULL), -EAGAIN);
	assert_int_equal(live_case_calls(c), 4);
	assert_int_equal(live_metrics_calls(c->live, ACCOUNT), 4);
	assert_int_equal(live_metrics_calls(c->live, OTHER), 0);
}

static void metrics_are_asked_for_hourly_at_most(void **state)
{
	struct live_case *c = *state;

	c->options.refresh_seconds = 60;
	live_case_open(c);
	assert_int_equal(live_case_measure(c, EU, "i-1"), 0);
	live_case_await_rest(c);
	live_case_answer(c, 0, (struct live_answer){ .state = "later" });
	for (unsigned i = 0; i < 2; i++) {
		live_case_pass(c, HOUR / 2);
		live_refresh(c->live);
		assert_int_equal(live_case_metrics(c, EU, "i-1", true, NULL), 0);
		live_case_await_rest(c);
		if (i == 0)
			assert_int_equal(live_case_calls(c), 1);
	}
	/* Its turn has come, since it is in use; nobody needs to be there for that. */
	assert_int_equal(live_case_load(c, OTHER, EU), 0);
	live_case_await_changes(c, 1);
	assert_text(c, "i-1", "later\n");
	live_case_await_rest(c);
	assert_int_equal(live_case_calls(c), 3);
	/* Now it is not used. */
	live_case_pass(c, HOUR + 1);
	assert_int_equal(live_case_load(c, OTHER, US), 0);
	live_case_await_rest(c);
	assert_text(c, "i-1", "later\n");
	assert_int_equal(live_case_changes(c), 1);
	assert_int_equal(live_metrics_calls(c->live, ACCOUNT), live_case_calls(c));
	live_case_answer(c, 0, (struct live_answer){ .state = "last" });
	assert_int_equal(live_case_metrics(c, EU, "i-1", true, NULL), 0);
	live_case_await_changes(c, 2);
	assert_text(c, "i-1", "last\n");
}

static void metrics_are_kept_on_disk_one_file_an_instance(void **state)
{
	struct live_case *c = *state;

	live_case_open(c);
	assert_int_equal(live_case_measure(c, EU, "i-1"), 0);
	assert_int_equal(live_case_measure(c, EU, "i-2"), 0);
	live_case_await_rest(c);
	assert_int_equal(live_case_files(c), 2);
	live_case_close(c);
	/* Commands end early, and cost nothing either within the hour. */
	c->options.fresh_seconds = 60;
	live_case_open(c);
	live_case_pass(c, HOUR - 1);
	assert_int_equal(live_case_metrics(c, EU, "i-1", true, NULL), 0);
	assert_text(c, "i-2", "running\n");
	assert_int_equal(known(c, EU, "i-3"), -ENOENT);
	assert_int_equal(live_case_calls(c), 2);
	live_case_close(c);
	live_case_open(c);
	live_case_pass(c, 2);
	assert_int_equal(live_case_measure(c, EU, "i-1"), 0);
	assert_int_equal(live_case_calls(c), 3);
}

static void a_file_of_another_instance_is_none_of_this(void **state)
{
	struct live_case *c = *state;
	char one[512], two[512];

	live_case_open(c);
	assert_int_equal(live_case_measure(c, EU, "i-1"), 0);
	live_case_await_rest(c);
	live_case_only_file(c, one, sizeof(one));
	assert_int_equal(live_forget(c->root, NULL), 0);
	assert_int_equal(live_case_measure(c, EU, "i-2"), 0);
	live_case_await_rest(c);
	live_case_only_file(c, two, sizeof(two));
	assert_string_not_equal(one, two);
	live_case_close(c);
	assert_int_equal(rename(two, one), 0);
	live_case_open(c);
	assert_int_equal(known(c, EU, "i-1"), -ENOENT);
	assert_int_equal(known(c, EU, "i-2"), -ENOENT);
}

static void a_failure_is_of_that_instance_alone(void **state)
{
	struct live_case *c = *state;

	live_case_answer(c, 0, (struct live_answer){ .region = "i-2", .error = -EACCES });
	live_case_open(c);
	assert_int_equal(live_case_measure(c, EU, "i-1"), 0);
	assert_int_equal(live_case_measure(c, EU, "i-2"), -EACCES);
	assert_int_equal(live_case_metrics(c, EU, "i-2", true, NULL), -EACCES);
	assert_int_equal(live_case_load(c, ACCOUNT, EU), 0);
	assert_text(c, "i-1", "running\n");
	assert_int_equal(live_case_calls(c), 3);
}

static void a_row_of_states_is_of_all_instances_of_a_region(void **state)
{
	struct live_case *c = *state;
	struct live_status *all = NULL, s;
	char name[16];

	live_case_answer(c, 0, (struct live_answer){ .region = "i-2", .error = -EACCES });
	live_case_open(c);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "i-%u", i);
		live_case_pass(c, 1);
		assert_int_equal(live_case_measure(c, EU, name), i == 2 ? -EACCES : 0);
	}
	assert_int_equal(live_case_measure(c, US, "i-9"), 0);
	assert_int_equal(live_case_load(c, ACCOUNT, EU), 0);
	live_case_await_rest(c);
	assert_int_equal(live_states(c->live, ACCOUNT, &all), 3);
	assert_string_equal(all[0].region, EU);
	assert_true(all[0].kind == LIVE_METRICS && all[1].kind == LIVE_METRICS);
	assert_string_equal(all[1].region, US);
	assert_int_equal(all[1].items, 1);
	assert_int_equal(all[1].fault.error, 0);
	assert_true(all[2].kind == c->instances);
	free(all);
	s = live_case_status(c, ACCOUNT, LIVE_METRICS, EU);
	assert_int_equal(s.items, 4);
	assert_int_equal(s.success.seconds, LIVE_CASE_NOW + 5);
	assert_int_equal(s.failure.seconds, LIVE_CASE_NOW + 3);
	assert_int_equal(s.fault.error, -EACCES);
	assert_string_equal(s.fault.text, "i-2 as told");
	assert_false(s.is_loading);
	live_case_answer(c, 0, (struct live_answer){ .region = "i-7", .hangs = true });
	assert_int_equal(live_case_metrics(c, EU, "i-7", true, NULL), -EAGAIN);
	assert_true(live_case_status(c, ACCOUNT, LIVE_METRICS, EU).is_loading);
}

static void what_a_table_lacks_is_told_until_it_does_not(void **state)
{
	struct live_case *c = *state;
	struct live_status s;

	live_case_answer(
		c, 0, (struct live_answer){ .state = "half", .lacks = "no memory" });
	live_case_open(c);
	assert_int_equal(live_case_measure(c, EU, "i-1"), 0);
	assert_text(c, "i-1", "half\n");
	s = live_case_status(c, ACCOUNT, LIVE_METRICS, EU);
	assert_int_equal(s.items, 1);
	assert_int_equal(s.fault.error, -EACCES);
	assert_string_equal(s.fault.text, "no memory");
	assert_int_equal(s.failure.seconds, LIVE_CASE_NOW);
	live_case_await_rest(c);
	live_case_answer(c, 0, (struct live_answer){ .state = "whole" });
	live_case_pass(c, HOUR + 1);
	assert_int_equal(live_case_metrics(c, EU, "i-1", true, NULL), 0);
	live_case_await_changes(c, 1);
	s = live_case_status(c, ACCOUNT, LIVE_METRICS, EU);
	assert_int_equal(s.fault.error, 0);
	assert_string_equal(s.fault.text, "");
}

static void metrics_that_hang_keep_no_listing_waiting(void **state)
{
	struct live_case *c = *state;
	char name[16];

	c->options.threads = 4;
	live_case_answer(c, 0, (struct live_answer){ .region = "i-0", .hangs = true });
	live_case_answer(c, 1, (struct live_answer){ .region = "i-1", .hangs = true });
	live_case_open(c);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "i-%u", i);
		assert_int_equal(live_case_metrics(c, EU, name, true, NULL), -EAGAIN);
	}
	live_case_await_calling(c, 2);
	assert_int_equal(live_case_load(c, ACCOUNT, EU), 0);
	assert_int_equal(live_case_calls(c), 3);
	live_case_answer(c, 0, (struct live_answer){ 0 });
	live_case_answer(c, 1, (struct live_answer){ 0 });
	live_case_await_listed(c, 5);
	assert_text(c, "i-3", "running\n");
}

static void names_that_cannot_be_are_refused(void **state)
{
	static char longest[LIVE_INSTANCE_TEXT + 1];
	static const struct {
		const char *region, *instance;
	} rows[] = { { EU, "" }, { "../..", "i-1" }, { EU, longest } };
	struct live_case *c = *state;

	memset(longest, 'i', LIVE_INSTANCE_TEXT);
	live_case_open(c);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *region = rows[i].region, *instance = rows[i].instance;

		print_message("%s %s\n", region, instance);
		assert_int_equal(
			live_case_metrics(c, region, instance, true, NULL), -EINVAL);
		assert_int_equal(known(c, region, instance), -ENOENT);
	}
	assert_int_equal(live_case_calls(c), 0);
	longest[LIVE_INSTANCE_TEXT - 1] = '\0';
	assert_int_equal(live_case_measure(c, EU, longest), 0);
}

static void what_is_no_table_is_a_failure(void **state)
{
	struct live_case *c = *state;
	struct live_ops ops = *c->options.ops;

	/* Without the newline that it ends in. */
	ops.metrics = cut_metrics;
	c->options.ops = &ops;
	live_case_open(c);
	assert_int_equal(live_case_measure(c, EU, "i-1"), -EBADMSG);
	live_case_close(c);
	ops.metrics = NULL;
	ops.metrics_calls = NULL;
	live_case_open(c);
	assert_int_equal(live_case_metrics(c, EU, "i-1", true, NULL), -EOPNOTSUPP);
	assert_int_equal(live_metrics_calls(c->live, ACCOUNT), 0);
	live_case_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_CASE(only_who_asks_for_metrics_costs_calls),
		LIVE_CASE(metrics_are_asked_for_hourly_at_most),
		LIVE_CASE(metrics_are_kept_on_disk_one_file_an_instance),
		LIVE_CASE(a_file_of_another_instance_is_none_of_this),
		LIVE_CASE(a_failure_is_of_that_instance_alone),
		LIVE_CASE(a_row_of_states_is_of_all_instances_of_a_region),
		LIVE_CASE(what_a_table_lacks_is_told_until_it_does_not),
		LIVE_CASE(metrics_that_hang_keep_no_listing_waiting),
		LIVE_CASE(names_that_cannot_be_are_refused),
		LIVE_CASE(what_is_no_table_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
