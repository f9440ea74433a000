/* What the resources are, as time passes: what is asked for again, what is let go. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/live/live_cache.h"
#include "live_case.h"

enum { HOUR = 3600 };
#define HERE ACCOUNT, "eu-west-1"
#define THERE ACCOUNT, "us-east-1"

/* Threads look at the clock when there is work: here it is, of an account that nobody
 * looks at. */
static void wake(struct live_case *c)
{
	static unsigned number;
	char region[16];

	snprintf(region, sizeof(region), "wake-%u", ++number);
	assert_int_equal(live_case_load(c, OTHER, region), 0);
	live_case_await_rest(c);
}

/* What is in memory alone can be told from what is in the cache. */
static void empty_cache(struct live_case *c)
{
	live_case_await_rest(c);
	assert_int_equal(live_forget(c->root, NULL), 0);
}

static void what_is_old_is_shown_and_asked_for_again(void **state)
{
	struct live_case *c = *state;
	struct live_status s;

	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_await_rest(c);
	live_case_answer(c, 0, (struct live_answer){ .hangs = true });
	live_case_pass(c, HOUR);
	assert_int_equal(live_case_list(c, HERE, false), 0);
	assert_int_equal(live_case_calls(c), 1);
	live_case_pass(c, 1);
	assert_int_equal(live_case_list(c, HERE, false), 0);
	assert_int_equal(live_case_known(c, HERE), 0);
	assert_int_equal(live_case_calls(c), 1);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	live_case_await_calling(c, 1);
	s = live_case_status(c, ACCOUNT, c->instances, "eu-west-1");
	assert_true(s.is_loading);
	assert_int_equal(s.success.seconds, LIVE_CASE_NOW);
	live_case_assert_state(c, HERE, "running");
	live_case_answer(c, 0, (struct live_answer){ .state = "stopped" });
	live_case_await_changes(c, 1);
	live_case_assert_state(c, HERE, "stopped");
	live_case_await_rest(c);
	s = live_case_status(c, ACCOUNT, c->instances, "eu-west-1");
	assert_int_equal(s.success.seconds, LIVE_CASE_NOW + HOUR + 1);
	assert_int_equal(live_case_calls(c), 2);
	assert_int_equal(live_case_listed(c), 1);
}

static void a_change_is_told_only_where_there_is_one(void **state)
{
	struct live_case *c = *state;

	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_await_rest(c);
	for (unsigned i = 0; i < 3; i++) {
		live_case_pass(c, HOUR + 1);
		assert_int_equal(live_case_list(c, HERE, true), 0);
		live_case_await_calls(c, 2 + i);
		live_case_await_rest(c);
	}
	assert_int_equal(live_case_changes(c), 0);
	/* Nor where it is read from the cache meanwhile. */
	live_case_close(c);
	live_case_open(c);
	live_case_pass(c, HOUR + 1);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	live_case_await_calls(c, 5);
	live_case_await_rest(c);
	assert_int_equal(live_case_changes(c), 0);
	live_case_close(c);
	live_case_open(c);
	live_case_answer(c, 0, (struct live_answer){ .state = "stopped" });
	live_case_pass(c, HOUR + 1);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	live_case_await_changes(c, 1);
	live_case_assert_state(c, HERE, "stopped");
	assert_int_equal(live_case_listed(c), 1);
}

static void what_is_in_use_has_its_turn(void **state)
{
	struct live_case *c = *state;

	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	assert_int_equal(live_case_load(c, THERE), 0);
	live_case_await_rest(c);
	live_case_pass(c, HOUR);
	wake(c);
	live_case_await_calls(c, 5);
	live_case_await_rest(c);
	/* Only one of them is used in the next hour. */
	assert_int_equal(live_case_list(c, HERE, true), 0);
	assert_int_equal(live_case_known(c, THERE), 0);
	assert_int_equal(live_case_list(c, THERE, false), 0);
	live_case_pass(c, HOUR);
	wake(c);
	/* The account that wakes was used, too. */
	live_case_await_calls(c, 8);
	live_case_await_rest(c);
	assert_int_equal(live_case_calls(c), 8);
	empty_cache(c);
	assert_int_equal(live_case_known(c, HERE), 0);
	assert_int_equal(live_case_known(c, THERE), -ENOENT);
}

static void what_was_let_go_comes_from_the_cache(void **state)
{
	struct live_case *c = *state;

	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_await_rest(c);
	for (unsigned i = 0; i < 3; i++) {
		live_case_pass(c, HOUR);
		wake(c);
	}
	live_case_await_rest(c);
	assert_int_equal(live_case_known(c, HERE), 0);
	live_case_assert_state(c, HERE, "running");
	/* Where there is no cache it stays. */
	live_case_close(c);
	c->options.cache_dir = NULL;
	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	for (unsigned i = 0; i < 3; i++) {
		live_case_pass(c, HOUR);
		wake(c);
	}
	assert_int_equal(live_case_known(c, HERE), 0);
}

/* By another mount, that shares the cache. */
static void save_other(struct live_case *c)
{
	const struct live_key key = {
		.identity = c->options.identity,
		.account = ACCOUNT,
		.service = "ec2",
		.type = "instances",
		.region = "eu-west-1",
	};
	const struct instant now = clock_now(&c->clock.clock);
	struct inventory_builder *b = inventory_builder_new(now);
	struct inventory *v = NULL;
	int fd = -1;

	assert_int_equal(inventory_builder_finish(b, &v), 0);
	assert_int_equal(live_cache_open(c->root, &fd, NULL), 0);
	assert_int_equal(live_cache_save(fd, &key, now, v), 0);
	inventory_unref(v);
	close(fd);
}

static void what_another_mount_has_found_is_asked_for_and_told(void **state)
{
	struct live_case *c = *state;

	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_await_rest(c);
	for (unsigned i = 0; i < 2; i++) {
		live_case_pass(c, HOUR);
		wake(c);
	}
	live_case_await_rest(c);
	save_other(c);
	assert_int_equal(live_case_known(c, HERE), -ENOENT);
	live_case_answer(c, 0, (struct live_answer){ .state = "stopped" });
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_assert_state(c, HERE, "stopped");
	assert_int_equal(live_case_changes(c), 1);
	/* Who has not seen the other takes it as it is. */
	live_case_close(c);
	save_other(c);
	live_case_open(c);
	assert_int_equal(live_case_known(c, HERE), 0);
}

static void a_failure_keeps_what_was_there(void **state)
{
	struct live_case *c = *state;
	struct live_status s;

	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_await_rest(c);
	live_case_answer(c, 0, (struct live_answer){ .error = -EACCES });
	live_case_pass(c, HOUR + 1);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	live_case_await_calls(c, 2);
	live_case_await_rest(c);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	live_case_assert_state(c, HERE, "running");
	s = live_case_status(c, ACCOUNT, c->instances, "eu-west-1");
	assert_int_equal(s.fault.error, -EACCES);
	assert_string_equal(s.fault.text, "as told");
	assert_int_equal(s.success.seconds, LIVE_CASE_NOW);
	assert_int_equal(s.failure.seconds, LIVE_CASE_NOW + HOUR + 1);
	assert_int_equal(s.items, 2);
	live_case_pass(c, 59);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	assert_int_equal(live_case_calls(c), 2);
	live_case_answer(c, 0, (struct live_answer){ .state = "stopped" });
	live_case_pass(c, 1);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	live_case_await_changes(c, 1);
	live_case_await_rest(c);
	s = live_case_status(c, ACCOUNT, c->instances, "eu-west-1");
	assert_int_equal(s.fault.error, 0);
	assert_int_equal(live_case_listed(c), 1);
}

static void a_refresh_asks_for_all_in_use(void **state)
{
	struct live_case *c = *state;
	struct buf names = BUF_INIT(100);

	live_case_open(c);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-central-1"), 0);
	live_case_close(c);
	live_case_open(c);
	live_case_answer(
		c, 0, (struct live_answer){ .region = "us-east-1", .error = -EACCES });
	assert_int_equal(live_case_load(c, HERE), 0);
	assert_int_equal(live_case_load(c, THERE), -EACCES);
	assert_int_equal(live_regions(c->live, ACCOUNT, true, &names, NULL), -EAGAIN);
	live_case_await_listed(c, 4);
	/* In the cache, and not in use. */
	assert_int_equal(live_case_known(c, ACCOUNT, "eu-central-1"), 0);
	live_case_await_rest(c);
	assert_int_equal(live_case_calls(c), 4);
	live_case_answer(c, 0, (struct live_answer){ .state = "stopped" });
	live_refresh(c->live);
	live_case_await_calls(c, 7);
	live_case_await_rest(c);
	assert_int_equal(live_case_calls(c), 7);
	live_case_assert_state(c, HERE, "stopped");
	live_case_assert_state(c, THERE, "stopped");
	live_case_assert_state(c, ACCOUNT, "eu-central-1", "running");
	assert_int_equal(live_case_changes(c), 1);
	buf_finish(&names);
}

static void a_refresh_has_one_call_in_a_region_unless_somebody_waits(void **state)
{
	struct live_case *c = *state;
	struct inventory *v = NULL;

	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_answer(c, 0, (struct live_answer){ .error = -EACCES });
	assert_int_equal(
		live_list(c->live, ACCOUNT, c->volumes, "eu-west-1", true, &v, NULL),
		-EAGAIN);
	live_case_await_listed(c, 2);
	live_case_await_rest(c);
	live_case_answer(c, 0, (struct live_answer){ .hangs = true });
	live_refresh(c->live);
	live_case_await_calling(c, 1);
	/* Other places are free. */
	assert_int_equal(live_case_list(c, THERE, true), -EAGAIN);
	live_case_await_calling(c, 2);
	assert_int_equal(live_case_calls(c), 4);
	assert_int_equal(
		live_list(c->live, ACCOUNT, c->volumes, "eu-west-1", true, &v, NULL),
		-EAGAIN);
	live_case_await_calling(c, 3);
	assert_null(v);
}

static void without_a_period_nothing_is_asked_for_again(void **state)
{
	struct live_case *c = *state;

	c->options.refresh_seconds = 0;
	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_pass(c, 1000 * HOUR);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	wake(c);
	assert_int_equal(live_case_calls(c), 2);
	live_refresh(c->live);
	live_case_await_calls(c, 4);
}

static void a_time_to_come_is_not_asked_for_over_and_over(void **state)
{
	struct live_case *c = *state;

	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_await_rest(c);
	/* The clock was wrong, and is set. */
	atomic_fetch_sub(&c->clock.now, 24 * HOUR);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	atomic_fetch_add(&c->clock.ms, 59999);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	live_case_await_rest(c);
	assert_int_equal(live_case_calls(c), 1);
	atomic_fetch_add(&c->clock.ms, 1);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	live_case_await_calls(c, 2);
}

static void commands_wait_for_what_is_fresh(void **state)
{
	struct live_case *c = *state;

	c->options.fresh_seconds = HOUR;
	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_close(c);
	live_case_pass(c, HOUR - 1);
	live_case_open(c);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	live_case_close(c);
	assert_int_equal(live_case_calls(c), 1);

	live_case_pass(c, 2);
	live_case_answer(c, 0, (struct live_answer){ .state = "stopped" });
	live_case_open(c);
	assert_int_equal(live_case_list(c, HERE, false), -EAGAIN);
	live_case_assert_state(c, HERE, "running");
	assert_int_equal(live_case_calls(c), 1);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_assert_state(c, HERE, "stopped");
	live_case_close(c);
	assert_int_equal(live_case_calls(c), 2);

	/* Old is better than nothing. */
	live_case_pass(c, HOUR + 1);
	live_case_answer(c, 0, (struct live_answer){ .error = -ENETUNREACH });
	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_assert_state(c, HERE, "stopped");
	assert_int_equal(live_case_calls(c), 3);
}

static void memory_holds_what_was_used_last(void **state)
{
	struct live_case *c = *state;

	live_case_answer(c, 0, (struct live_answer){ .state = "on", .is_big = true });
	/* Two of them, of two items each. */
	c->options.memory_bytes = 5 * LIVE_CASE_BIG;
	live_case_open(c);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-0"), 0);
	live_case_await_rest(c);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-1"), 0);
	live_case_await_rest(c);
	assert_int_equal(live_case_known(c, ACCOUNT, "eu-0"), 0);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-2"), 0);
	empty_cache(c);
	assert_int_equal(live_case_known(c, ACCOUNT, "eu-0"), 0);
	assert_int_equal(live_case_known(c, ACCOUNT, "eu-1"), -ENOENT);
	assert_int_equal(live_case_known(c, ACCOUNT, "eu-2"), 0);
	assert_int_equal(live_case_calls(c), 3);
}

static void one_that_is_too_large_is_held_alone(void **state)
{
	struct live_case *c = *state;

	live_case_answer(c, 0, (struct live_answer){ .state = "on", .is_big = true });
	c->options.memory_bytes = 1;
	c->options.cache_dir = NULL;
	live_case_open(c);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-0"), 0);
	assert_int_equal(live_case_list(c, ACCOUNT, "eu-0", true), 0);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-1"), 0);
	live_case_await_rest(c);
	/* Without a cache it has to be asked for anew. */
	assert_int_equal(live_case_known(c, ACCOUNT, "eu-0"), -ENOENT);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-0"), 0);
	assert_int_equal(live_case_calls(c), 3);
	assert_int_equal(live_case_changes(c), 0);
}

struct user {
	struct live_case *c;
	unsigned number;
};

static void *use(void *context)
{
	static const char *const regions[] = { "eu-0", "eu-1", "eu-2", "eu-3", "eu-4" };
	const struct user *u = context;
	struct live_case *c = u->c;

	for (unsigned i = 0; i < 200; i++) {
		const char *region = regions[(i + u->number) % ARRAY_LEN(regions)];
		struct buf names = BUF_INIT(1000);
		struct live_status *all = NULL;
		struct inventory *v = NULL;

		if (live_list(c->live, ACCOUNT, c->instances, region, i % 3 > 0, &v,
			    NULL) == 0)
			inventory_unref(v);
		if (live_known(c->live, ACCOUNT, c->instances, region, &v) == 0)
			inventory_unref(v);
		if (live_regions(c->live, ACCOUNT, true, &names, NULL) < 0)
			live_case_pass(c, 1);
		if (i % 20 == 0 && live_states(c->live, NULL, &all) >= 0)
			free(all);
		if (i % 50 == u->number)
			live_refresh(c->live);
		if (i % 40 == u->number)
			live_case_pass(c, HOUR);
		buf_finish(&names);
	}
	return NULL;
}

static void many_use_it_at_once(void **state)
{
	enum { USERS = 4 };
	struct live_case *c = *state;
	struct user users[USERS];
	pthread_t threads[USERS];

	live_case_answer(
		c, 0, (struct live_answer){ .region = "eu-1", .error = -EACCES });
	live_case_answer(c, 1,
		(struct live_answer){ .region = "eu-2", .state = "on", .is_big = true });
	live_case_answer(c, 2,
		(struct live_answer){ .region = "eu-3", .state = "on", .is_big = true });
	c->options.memory_bytes = 3 * LIVE_CASE_BIG;
	live_case_open(c);
	for (unsigned i = 0; i < USERS; i++) {
		users[i] = (struct user){ c, i };
		assert_int_equal(pthread_create(&threads[i], NULL, use, &users[i]), 0);
	}
	for (unsigned i = 0; i < USERS; i++)
		pthread_join(threads[i], NULL);
	live_case_await_rest(c);
	live_case_pass(c, 60);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-1"), -EACCES);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-2"), 0);
	assert_int_equal(live_case_changes(c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_CASE(what_is_old_is_shown_and_asked_for_again),
		LIVE_CASE(a_change_is_told_only_where_there_is_one),
		LIVE_CASE(what_is_in_use_has_its_turn),
		LIVE_CASE(what_was_let_go_comes_from_the_cache),
		LIVE_CASE(what_another_mount_has_found_is_asked_for_and_told),
		LIVE_CASE(a_failure_keeps_what_was_there),
		LIVE_CASE(a_refresh_asks_for_all_in_use),
		LIVE_CASE(a_refresh_has_one_call_in_a_region_unless_somebody_waits),
		LIVE_CASE(without_a_period_nothing_is_asked_for_again),
		LIVE_CASE(a_time_to_come_is_not_asked_for_over_and_over),
		LIVE_CASE(commands_wait_for_what_is_fresh),
		LIVE_CASE(memory_holds_what_was_used_last),
		LIVE_CASE(one_that_is_too_large_is_held_alone),
		LIVE_CASE(many_use_it_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
