/* What the resources are, in the background: states, failures, what hangs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "live_case.h"

static void nothing_is_asked_for_before_it_is_wanted(void **state)
{
	struct live_case *c = *state;
	struct live_status *all = NULL;
	struct buf names = BUF_INIT(100);
	struct inventory *v = NULL;
	struct fault why = { 0 };

	live_case_open(c);
	assert_int_equal(
		live_list(c->live, ACCOUNT, c->instances, "eu-west-1", false, &v, &why),
		-EAGAIN);
	assert_int_equal(live_regions(c->live, ACCOUNT, false, &names, &why), -EAGAIN);
	assert_int_equal(
		live_known(c->live, ACCOUNT, c->instances, "eu-west-1", &v), -ENOENT);
	live_refresh(c->live);
	assert_int_equal(live_states(c->live, NULL, &all), 0);
	assert_int_equal(live_case_calls(c), 0);
	assert_null(v);
	free(all);
	buf_finish(&names);
}

static void a_listing_comes_when_it_is_wanted(void **state)
{
	struct live_case *c = *state;
	struct inventory *v = NULL;
	struct live_status s;
	size_t at;

	live_case_answer(c, 0, (struct live_answer){ .hangs = true });
	live_case_open(c);
	assert_int_equal(live_case_list(c, ACCOUNT, "eu-west-1", true), -EAGAIN);
	live_case_await_calling(c, 1);
	s = live_case_status(c, ACCOUNT, c->instances, "eu-west-1");
	assert_true(s.is_loading);
	assert_true(s.success.seconds == INSTANT_NONE);
	/* Who comes meanwhile waits for the same call. */
	assert_int_equal(live_case_list(c, ACCOUNT, "eu-west-1", true), -EAGAIN);
	assert_int_equal(live_case_list(c, ACCOUNT, "eu-west-1", false), -EAGAIN);
	live_case_answer(c, 0, (struct live_answer){ .state = "running" });
	live_case_await_listed(c, 1);
	assert_string_equal(c->last_region, "eu-west-1");
	assert_int_equal(
		live_list(c->live, ACCOUNT, c->instances, "eu-west-1", false, &v, NULL),
		0);
	assert_int_equal(inventory_find(v, SPAN("i-2"), &at), 0);
	live_case_await_rest(c);
	s = live_case_status(c, ACCOUNT, c->instances, "eu-west-1");
	assert_int_equal(s.items, 2);
	assert_int_equal(s.success.seconds, LIVE_CASE_NOW);
	assert_true(s.failure.seconds == INSTANT_NONE);
	assert_int_equal(s.fault.error, 0);
	assert_int_equal(live_case_calls(c), 1);
	assert_int_equal(live_case_listed(c), 1);
	assert_int_equal(live_case_changes(c), 0);
	/* It stays good without the live inventory. */
	live_case_close(c);
	assert_int_equal(inventory_count(v), 2);
	inventory_unref(v);
}

static void regions_come_in_their_order(void **state)
{
	static const char want[] = "now\0ap-1\0eu-west-1\0us-east-1";
	struct live_case *c = *state;
	struct buf names = BUF_INIT(100), small = BUF_INIT(12);

	live_case_answer(
		c, 0, (struct live_answer){ .regions = "us-east-1\nap-1\neu-west-1\n" });
	live_case_open(c);
	assert_int_equal(live_regions(c->live, ACCOUNT, true, &names, NULL), -EAGAIN);
	live_case_await_listed(c, 1);
	assert_int_equal(buf_append(&names, "now", 4), 0);
	assert_int_equal(live_regions(c->live, ACCOUNT, true, &names, NULL), 0);
	assert_int_equal(names.len, sizeof(want));
	assert_memory_equal(names.p, want, sizeof(want));
	/* All of them or none. */
	assert_int_equal(live_regions(c->live, ACCOUNT, true, &small, NULL), -EFBIG);
	assert_int_equal(small.len, 0);
	buf_finish(&names);
	buf_finish(&small);
}

static void what_can_be_no_regions_is_refused(void **state)
{
	struct live_case *c = *state;
	char many[1001 * 6 + 1], long_name[LIVE_REGION_TEXT + 2];
	const char *rows[] = { "", "eu-west-1", "eu west\n", "EU-WEST-1\n", "\n",
		"a\n\nb\n", "../x\n", "-a\n", "eu-west-1\n\xc3\xa4\n", long_name, many };

	for (unsigned i = 0; i < 1001; i++)
		snprintf(many + (size_t)i * 6, 7, "r%04u\n", i);
	memset(long_name, 'a', LIVE_REGION_TEXT);
	memcpy(long_name + LIVE_REGION_TEXT, "\n", 2);
	live_case_open(c);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		char account[16];
		struct buf names = BUF_INIT(SIZE_MAX / 2);
		struct fault why = { 0 };

		print_message("%.20s\n", rows[i]);
		snprintf(account, sizeof(account), "%012u", i);
		live_case_answer(c, 0, (struct live_answer){ .regions = rows[i] });
		assert_int_equal(
			live_regions(c->live, account, true, &names, &why), -EAGAIN);
		live_case_await_listed(c, i + 1);
		assert_int_equal(
			live_regions(c->live, account, true, &names, &why), -EBADMSG);
		assert_non_null(strstr(why.text, account));
		assert_int_equal(names.len, 0);
		buf_finish(&names);
	}
}

static void names_that_cannot_be_are_refused(void **state)
{
	char long_account[LIVE_ACCOUNT_TEXT + 1], long_region[LIVE_REGION_TEXT + 1];
	const char *rows[][2] = { { long_account, "eu-west-1" }, { ACCOUNT, long_region },
		{ ACCOUNT, "EU" }, { ACCOUNT, "a.b" }, { ACCOUNT, "a/b" },
		{ ACCOUNT, "-a" } };
	struct live_case *c = *state;

	memset(long_account, '1', LIVE_ACCOUNT_TEXT);
	long_account[LIVE_ACCOUNT_TEXT] = '\0';
	memset(long_region, 'a', LIVE_REGION_TEXT);
	long_region[LIVE_REGION_TEXT] = '\0';
	live_case_open(c);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct inventory *v = NULL;
		struct fault why = { 0 };

		print_message("%s\n", rows[i][1]);
		assert_int_equal(live_list(c->live, rows[i][0], c->instances, rows[i][1],
					 true, &v, &why),
			-EINVAL);
		assert_string_not_equal(why.text, "");
		assert_int_equal(
			live_known(c->live, rows[i][0], c->instances, rows[i][1], &v),
			-ENOENT);
	}
	long_account[LIVE_ACCOUNT_TEXT - 1] = '\0';
	long_region[LIVE_REGION_TEXT - 1] = '\0';
	assert_int_equal(live_case_load(c, long_account, long_region), 0);
	assert_int_equal(live_case_calls(c), 1);
}

static void failures_are_remembered_for_a_while(void **state)
{
	static const struct {
		int error, answer;
		unsigned seconds;
	} rows[] = {
		{ -EACCES, -EACCES, 60 },
		{ -EBADMSG, -EBADMSG, 60 },
		{ -EFBIG, -EFBIG, 60 },
		{ -ENOTSUP, -ENOTSUP, 60 },
		{ -ECANCELED, -ECANCELED, 60 },
		{ -EAGAIN, -EIO, 60 },
		{ -ENOKEY, -ENOKEY, 1 },
		{ -EKEYEXPIRED, -EKEYEXPIRED, 1 },
		{ -EKEYREJECTED, -EKEYREJECTED, 1 },
		{ -ENETUNREACH, -ENETUNREACH, 1 },
		{ -EHOSTUNREACH, -EHOSTUNREACH, 1 },
		{ -ETIMEDOUT, -ETIMEDOUT, 1 },
	};
	struct live_case *c = *state;

	live_case_open(c);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		char region[16];
		struct live_status s;
		struct fault why = { 0 };
		struct inventory *v = NULL;
		unsigned before = live_case_calls(c);

		print_message("%d\n", rows[i].error);
		snprintf(region, sizeof(region), "eu-%u", i);
		live_case_answer(c, 0, (struct live_answer){ .error = rows[i].error });
		assert_int_equal(live_case_load(c, ACCOUNT, region), rows[i].answer);
		assert_int_equal(
			live_list(c->live, ACCOUNT, c->instances, region, true, &v, &why),
			rows[i].answer);
		assert_int_equal(why.error, rows[i].answer);
		assert_string_equal(why.text,
			rows[i].error == -ENOTSUP ? fault_errno_text(ENOTSUP)
						  : "as told");
		s = live_case_status(c, ACCOUNT, c->instances, region);
		assert_int_equal(s.fault.error, rows[i].answer);
		assert_string_equal(s.fault.text, why.text);
		assert_int_equal(s.failure.seconds, atomic_load(&c->clock.now));
		assert_true(s.success.seconds == INSTANT_NONE);
		atomic_fetch_add(&c->clock.ms, rows[i].seconds * 1000 - 1);
		assert_int_equal(
			live_case_list(c, ACCOUNT, region, true), rows[i].answer);
		assert_int_equal(live_case_calls(c), before + 1);
		live_case_answer(c, 0, (struct live_answer){ 0 });
		atomic_fetch_add(&c->clock.ms, 1);
		assert_int_equal(
			live_case_list(c, ACCOUNT, region, false), rows[i].answer);
		assert_int_equal(live_case_load(c, ACCOUNT, region), 0);
		assert_int_equal(live_case_calls(c), before + 2);
		s = live_case_status(c, ACCOUNT, c->instances, region);
		assert_int_equal(s.fault.error, 0);
		assert_true(s.failure.seconds != INSTANT_NONE);
	}
}

static void one_region_hangs_one_is_denied_and_others_come(void **state)
{
	struct live_case *c = *state;
	struct live_status *all = NULL;

	live_case_answer(
		c, 0, (struct live_answer){ .region = "ap-south-1", .hangs = true });
	live_case_answer(
		c, 1, (struct live_answer){ .region = "eu-west-1", .error = -EACCES });
	live_case_open(c);
	assert_int_equal(live_case_list(c, ACCOUNT, "ap-south-1", true), -EAGAIN);
	live_case_await_calling(c, 1);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-west-1"), -EACCES);
	assert_int_equal(live_case_load(c, ACCOUNT, "us-east-1"), 0);
	assert_int_equal(live_case_load(c, ACCOUNT, "us-west-2"), 0);
	assert_int_equal(live_case_load(c, OTHER, "us-west-2"), 0);
	for (;;) {
		ssize_t count = live_states(c->live, ACCOUNT, &all);

		assert_int_equal(count, 4);
		if (!all[2].is_loading && !all[3].is_loading)
			break;
		free(all); /* they are being saved */
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	assert_string_equal(all[0].region, "ap-south-1");
	assert_true(all[0].is_loading);
	assert_int_equal(all[0].fault.error, 0);
	assert_string_equal(all[1].region, "eu-west-1");
	assert_false(all[1].is_loading);
	assert_int_equal(all[1].fault.error, -EACCES);
	assert_string_equal(all[2].region, "us-east-1");
	assert_int_equal(all[2].items, 2);
	assert_string_equal(all[3].region, "us-west-2");
	free(all);
}

static void a_hanging_region_keeps_others_waiting_by_two_calls_at_most(void **state)
{
	struct live_case *c = *state;
	struct inventory *v = NULL;

	live_case_answer(
		c, 0, (struct live_answer){ .region = "ap-south-1", .hangs = true });
	live_case_open(c);
	for (size_t kind = 0; kind < resource_kind_count(); kind++)
		if (!resource_kind_at(kind)->is_global)
			assert_int_equal(live_list(c->live, ACCOUNT, kind, "ap-south-1",
						 true, &v, NULL),
				-EAGAIN);
	live_case_await_calling(c, 2);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-west-1"), 0);
	assert_int_equal(live_case_load(c, ACCOUNT, "us-east-1"), 0);
	assert_int_equal(live_case_calls(c), 4);
	assert_int_equal(live_case_calling(c), 2);
}

static void an_account_has_four_calls_of_a_service_at_once(void **state)
{
	struct live_case *c = *state;
	struct inventory *v = NULL;
	char region[16];

	live_case_answer(c, 0, (struct live_answer){ .account = ACCOUNT, .hangs = true });
	live_case_answer(c, 1, (struct live_answer){ .account = OTHER, .state = "on" });
	live_case_open(c);
	for (unsigned i = 0; i < 6; i++) {
		snprintf(region, sizeof(region), "eu-%u", i);
		assert_int_equal(live_case_list(c, ACCOUNT, region, true), -EAGAIN);
	}
	live_case_await_calling(c, 4);
	assert_int_equal(live_case_load(c, OTHER, "eu-0"), 0);
	assert_int_equal(live_case_calls(c), 5);
	/* Another service has places of its own. */
	assert_int_equal(
		live_list(c->live, ACCOUNT, c->users, "", true, &v, NULL), -EAGAIN);
	live_case_await_calling(c, 5);
	live_case_answer(c, 0, (struct live_answer){ .state = "on" });
	live_case_await_listed(c, 8);
	assert_int_equal(live_case_calls(c), 8);
}

static void a_region_that_hangs_for_all_accounts_keeps_half_of_the_threads(void **state)
{
	struct live_case *c = *state;
	char account[16];

	live_case_answer(
		c, 0, (struct live_answer){ .region = "me-south-1", .hangs = true });
	live_case_open(c);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(account, sizeof(account), "%012u", i);
		assert_int_equal(live_case_list(c, account, "me-south-1", true), -EAGAIN);
	}
	live_case_await_calling(c, 4);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(account, sizeof(account), "%012u", i);
		assert_int_equal(live_case_load(c, account, "eu-west-1"), 0);
	}
	assert_int_equal(live_case_calling(c), 4);
	assert_int_equal(live_case_calls(c), 14);
}

static void no_more_calls_than_threads(void **state)
{
	struct live_case *c = *state;
	char region[16];

	live_case_answer(c, 0, (struct live_answer){ .hangs = true });
	c->options.threads = 2;
	live_case_open(c);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(region, sizeof(region), "eu-%u", i);
		assert_int_equal(live_case_list(c, ACCOUNT, region, true), -EAGAIN);
	}
	live_case_await_calling(c, 2);
	live_case_answer(c, 0, (struct live_answer){ .state = "on" });
	live_case_await_listed(c, 5);
	assert_int_equal(live_case_calling_most(c), 2);
}

static void who_waits_comes_before_a_refresh(void **state)
{
	struct live_case *c = *state;

	c->options.threads = 1;
	live_case_open(c);
	for (unsigned i = 0; i < 3; i++) {
		const char *const regions[] = { "eu-0", "eu-1", "eu-2" };

		assert_int_equal(live_case_load(c, ACCOUNT, regions[i]), 0);
	}
	live_case_await_rest(c);
	live_case_answer(c, 0, (struct live_answer){ .hangs = true });
	live_refresh(c->live);
	live_case_await_calling(c, 1);
	assert_int_equal(live_case_list(c, ACCOUNT, "eu-3", true), -EAGAIN);
	live_case_answer(c, 0, (struct live_answer){ .region = "eu-2", .hangs = true });
	live_case_answer(c, 1, (struct live_answer){ .region = "eu-1", .hangs = true });
	live_case_await_listed(c, 4);
	assert_int_equal(live_case_list(c, ACCOUNT, "eu-3", false), 0);
}

static void it_closes_while_calls_hang(void **state)
{
	struct live_case *c = *state;
	char region[16];

	live_case_answer(c, 0, (struct live_answer){ .hangs = true });
	live_case_open(c);
	for (unsigned i = 0; i < 6; i++) {
		snprintf(region, sizeof(region), "eu-%u", i);
		assert_int_equal(live_case_list(c, ACCOUNT, region, true), -EAGAIN);
	}
	live_case_await_calling(c, 4);
	live_case_close(c);
	assert_int_equal(live_case_calls(c), 4);
	assert_int_equal(live_case_calling(c), 0);
	assert_int_equal(live_case_listed(c), 0);
}

static void states_are_in_order(void **state)
{
	struct live_case *c = *state;
	const struct {
		const char *account;
		size_t kind;
		const char *region;
	} rows[] = {
		{ ACCOUNT, LIVE_REGIONS, "" },
		{ ACCOUNT, c->instances, "eu-0" },
		{ ACCOUNT, c->volumes, "eu-0" },
		{ ACCOUNT, c->instances, "eu-1" },
		{ ACCOUNT, c->users, "" },
		{ OTHER, c->instances, "eu-0" },
	};
	struct live_status *all = NULL;
	struct inventory *v = NULL;

	live_case_open(c);
	for (size_t i = ARRAY_LEN(rows); i-- > 0;)
		assert_int_equal(live_list(c->live, rows[i].account, rows[i].kind,
					 rows[i].region, true, &v, NULL),
			-EAGAIN);
	/* Looked for, and not there. */
	assert_int_equal(live_case_known(c, ACCOUNT, "eu-9"), -ENOENT);
	assert_int_equal(live_case_list(c, ACCOUNT, "eu-8", false), -EAGAIN);
	live_case_await_listed(c, ARRAY_LEN(rows));
	assert_int_equal(live_states(c->live, NULL, &all), ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(all[i].account, rows[i].account);
		assert_int_equal(all[i].kind, rows[i].kind);
		assert_string_equal(all[i].region, rows[i].region);
	}
	free(all);
	assert_int_equal(live_states(c->live, OTHER, &all), 1);
	free(all);
	assert_int_equal(live_states(c->live, "nobody", &all), 0);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_CASE(nothing_is_asked_for_before_it_is_wanted),
		LIVE_CASE(a_listing_comes_when_it_is_wanted),
		LIVE_CASE(regions_come_in_their_order),
		LIVE_CASE(what_can_be_no_regions_is_refused),
		LIVE_CASE(names_that_cannot_be_are_refused),
		LIVE_CASE(failures_are_remembered_for_a_while),
		LIVE_CASE(one_region_hangs_one_is_denied_and_others_come),
		LIVE_CASE(a_hanging_region_keeps_others_waiting_by_two_calls_at_most),
		LIVE_CASE(an_account_has_four_calls_of_a_service_at_once),
		LIVE_CASE(a_region_that_hangs_for_all_accounts_keeps_half_of_the_threads),
		LIVE_CASE(no_more_calls_than_threads),
		LIVE_CASE(who_waits_comes_before_a_refresh),
		LIVE_CASE(it_closes_while_calls_hang),
		LIVE_CASE(states_are_in_order),
	};

	live_close(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
