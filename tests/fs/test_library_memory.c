/* Libraries that begin with what an earlier one knew, and sources that are far. */
#include "fs/store/library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library_case.h"

static char export_name[] = "cost", export_folder[] = "cur/cost/";

/* What differs between the tests. */
struct beginning {
	bool is_cold; /* nothing is remembered */
	bool load_newest, look_at_once, shows_old;
	unsigned refresh_seconds, fresh_seconds;
};

static int try_open(struct library_case *c, struct beginning b)
{
	const struct export_ref e = {
		.layout = EXPORT_LEGACY, .name = export_name, .folder = export_folder
	};
	struct remembered m = { 0 };
	int r;

	c->source.is_near = false;
	if (!b.is_cold)
		assert_int_equal(store_recall(c->store, "me", &m), 0);
	r = library_open(&(struct library_options){ .source = &c->source,
				 .store = c->store,
				 .export = &e,
				 .clock = &c->clock.clock,
				 .refresh_seconds = b.refresh_seconds,
				 .load_newest = b.load_newest,
				 .identity = "me",
				 .remembered = b.is_cold ? NULL : &m,
				 .look_at_once = b.look_at_once,
				 .fresh_seconds = b.fresh_seconds,
				 .shows_old = b.shows_old,
				 .listener = library_case_listen,
				 .context = c },
		&c->library, NULL);
	remembered_finish(&m);
	return r;
}

static void open_as(struct library_case *c, struct beginning b)
{
	assert_int_equal(try_open(c, b), 0);
}

static void close_library(struct library_case *c)
{
	library_close(c->library);
	c->library = NULL;
}

/* As a day of work leaves it: these months were read. */
static void learn(struct library_case *c, const char *const *months, size_t count)
{
	open_as(c, (struct beginning){ .is_cold = true });
	for (size_t i = 0; i < count; i++)
		assert_int_equal(load_month(c, months[i], NULL), 0);
	close_library(c);
	fake_ingest_reset(behave, c, 10);
}

static void learn_two(struct library_case *c)
{
	static const char *const months[] = { "2026-10", "2026-11" };

	learn(c, months, ARRAY_LEN(months));
}

static unsigned asked(void)
{
	struct fake_asked a = fake_export_asked();

	return a.lists + a.looks + a.checks + a.reads;
}

static void await_state(struct library_case *c, const char *month, enum month_state state)
{
	for (int i = 0; i < PATIENCE_MS && status_of(c, month).state != state; i++)
		nap();
	assert_int_equal(status_of(c, month).state, state);
}

static struct library_activity activity_of(struct library_case *c)
{
	struct library_activity a;

	library_activity(c->library, &a);
	return a;
}

static void far_months_are_names_until_they_are_looked_at(void **state)
{
	struct library_case *c = *state;
	unsigned before = asked();
	struct month_status s;

	open_as(c, (struct beginning){ .is_cold = true });
	assert_int_equal(asked(), before + 1);
	s = status_of(c, "2026-10");
	assert_int_equal(s.state, MONTH_KNOWN);
	assert_false(s.is_looked);
	assert_true(s.as_of.seconds == INSTANT_NONE);
	assert_int_equal(activity_of(c).looked.seconds, 7777);
	refresh_library(c);
	s = status_of(c, "2026-10");
	assert_true(s.is_looked);
	assert_true(s.verified);
	assert_int_equal(s.as_of.seconds, 1000);
	assert_int_equal(events_of(c, LIBRARY_MONTHS_CHANGED), 1);
}

static void far_month_is_looked_at_when_it_is_used(void **state)
{
	struct library_case *c = *state;
	struct fake_asked before;

	open_as(c, (struct beginning){ .is_cold = true });
	before = fake_export_asked();
	assert_int_equal(load_month(c, "2026-09", NULL), 0);
	assert_int_equal(fake_export_asked().lists, before.lists);
	assert_int_equal(fake_export_asked().looks, before.looks + 1);
	assert_int_equal(fake_export_asked().reads, before.reads + 1);
	assert_true(status_of(c, "2026-09").is_looked);
	assert_false(status_of(c, "2026-10").is_looked);
}

static void looking_into_the_cache_asks_nothing_of_a_far_source(void **state)
{
	struct library_case *c = *state;
	unsigned before;

	learn_two(c);
	open_as(c, (struct beginning){ .is_cold = true });
	before = asked();
	library_open_cached(c->library);
	library_wait_cached(c->library);
	assert_int_equal(asked(), before);
	/* Which delivery they are is not known. */
	assert_int_equal(status_of(c, "2026-11").state, MONTH_KNOWN);
}

static void remembered_months_open_without_a_request(void **state)
{
	struct library_case *c = *state;
	unsigned before;

	learn_two(c);
	fake_export_fail(-ENETUNREACH);
	before = asked();
	open_as(c, (struct beginning){ .load_newest = true });
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	library_open_cached(c->library);
	library_wait_cached(c->library);
	assert_shows(c, "2026-10", "oct1");
	assert_shows(c, "2026-11", "nov1");
	assert_false(status_of(c, "2026-11").stale);
	assert_int_equal(status_of(c, "2026-09").state, MONTH_KNOWN);
	assert_int_equal(asked(), before);
	assert_int_equal(fake_ingest_calls(), 0);
}

static void first_refresh_finds_what_has_changed(void **state)
{
	static const struct fake_month later[] = {
		{ .month = "2026-10", .version = "oct1" },
		{ .month = "2026-11", .version = "nov2" },
		{ .month = "2026-12", .version = "dec1" },
	};
	struct library_case *c = *state;

	learn_two(c);
	fake_export_set(later, ARRAY_LEN(later));
	behave_as(c, 0, (struct behaviour){ .version = "nov2", .gated = true });
	/* Not at once: what is new may be found before the old one was opened. */
	open_as(c, (struct beginning){ .load_newest = true });
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	assert_shows(c, "2026-11", "nov1");
	/* It ends with the rebuild, which is held back. */
	(void)library_refresh(c->library);
	for (int i = 0; i < PATIENCE_MS && !status_of(c, "2026-11").stale; i++)
		nap();
	assert_true(status_of(c, "2026-11").stale);
	assert_int_equal(
		library_newest(c->library).number, fake_month_no("2026-12").number);
	await_state(c, "2026-12", MONTH_READY);
	struct month_status s;
	assert_int_equal(
		library_status(c->library, fake_month_no("2026-09"), &s), -ENOENT);
	open_gate(c);
	assert_int_equal(get_month(c, "2026-11", true, NULL), 0);
	for (int i = 0; i < PATIENCE_MS && status_of(c, "2026-11").stale; i++)
		nap();
	assert_shows(c, "2026-11", "nov2");
	await_refreshes(c, 1);
}

static void month_that_is_not_in_the_cache_says_why_and_heals(void **state)
{
	struct library_case *c = *state;

	learn_two(c);
	fake_export_fail(-EKEYEXPIRED);
	open_as(c, (struct beginning){ .look_at_once = true });
	await_refreshes(c, 1);
	assert_int_equal(activity_of(c).refresh_fault.error, -EKEYEXPIRED);
	assert_int_equal(load_month(c, "2026-09", NULL), -EKEYEXPIRED);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	fake_export_fail(0);
	pass_seconds(c, LIBRARY_RETRY_PASSING_SECONDS);
	assert_int_equal(load_month(c, "2026-09", NULL), 0);
	/* Who could be asked for a month is asked for the rest at once. */
	await_refreshes(c, 2);
	for (int i = 0; i < PATIENCE_MS && activity_of(c).refresh_fault.error; i++)
		nap();
	assert_int_equal(activity_of(c).refresh_fault.error, 0);
}

static void failed_refresh_is_tried_again_by_itself(void **state)
{
	struct library_case *c = *state;

	learn_two(c);
	fake_export_fail(-ENETUNREACH);
	open_as(c, (struct beginning){ .refresh_seconds = 3600, .look_at_once = true });
	await_refreshes(c, 1);
	assert_int_equal(activity_of(c).refresh_fault.error, -ENETUNREACH);
	assert_int_equal(activity_of(c).looked.seconds, 7777);
	fake_export_fail(0);
	pass_seconds(c, 1);
	await_refreshes(c, 2);
	assert_int_equal(activity_of(c).refresh_fault.error, 0);
}

static void refresh_that_fails_keeps_what_is_remembered(void **state)
{
	struct library_case *c = *state;

	learn_two(c);
	fake_export_set(NULL, 0);
	open_as(c, (struct beginning){ .look_at_once = true });
	await_refreshes(c, 1);
	assert_int_equal(activity_of(c).refresh_fault.error, -ENODATA);
	assert_true(activity_of(c).refresh_fault.cure[0] != '\0');
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	close_library(c);

	struct remembered m = { 0 };
	assert_int_equal(store_recall(c->store, "me", &m), 0);
	assert_true(m.is_doubtful);
	assert_int_equal(m.count, 3);
	remembered_finish(&m);
}

static void remembered_delivery_that_was_evicted_is_built_again(void **state)
{
	struct library_case *c = *state;

	learn_two(c);
	assert_int_equal(store_trim(c->store, 0), 0);
	open_as(c, (struct beginning){ 0 });
	library_open_cached(c->library);
	library_wait_cached(c->library);
	assert_int_equal(status_of(c, "2026-11").state, MONTH_KNOWN);
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	assert_int_equal(fake_ingest_calls(), 1);
}

static void replaced_delivery_that_was_evicted_is_the_new_one(void **state)
{
	struct library_case *c = *state;

	atomic_store(&c->clock.step_ms, 1000);
	learn_two(c);
	assert_int_equal(store_trim(c->store, 0), 0);
	replace_month(2, (struct fake_month){ .month = "2026-11", .version = "nov2" });
	open_as(c, (struct beginning){ 0 });
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	assert_shows(c, "2026-11", "nov2");
}

/* Of a mount: also where it was looked for in the cache before anybody used it. */
static void what_is_in_the_cache_is_shown_until_a_newer_one_is_read(void **state)
{
	struct library_case *c = *state;

	learn_two(c);
	behave_as(c, 0, (struct behaviour){ .version = "oct2", .gated = true });
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	open_as(c, (struct beginning){ .shows_old = true });
	refresh_library(c);
	assert_int_equal(status_of(c, "2026-10").state, MONTH_KNOWN);
	library_open_cached(c->library);
	library_wait_cached(c->library);
	assert_shows(c, "2026-10", "oct1");
	assert_true(status_of(c, "2026-10").stale);
	assert_int_equal(fake_ingest_calls(), 0);
	close_library(c);
	/* And where the first thing is its use, which has it built. */
	open_as(c, (struct beginning){ .shows_old = true });
	refresh_library(c);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct1");
	assert_true(status_of(c, "2026-10").stale);
	await_at_gate(c, 1);
	open_gate(c);
	for (int i = 0; i < PATIENCE_MS && status_of(c, "2026-10").stale; i++)
		nap();
	assert_shows(c, "2026-10", "oct2");
	assert_int_equal(fake_ingest_calls(), 1);
	assert_int_equal(events_of(c, LIBRARY_MONTH_FAILED), 0);
}

/* Of a command, which shows one thing and ends. */
static void what_is_in_the_cache_is_not_shown_where_the_newest_is_wanted(void **state)
{
	struct library_case *c = *state;

	learn_two(c);
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	open_as(c, (struct beginning){ 0 });
	refresh_library(c);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct2");
}

static void what_has_left_the_cache_is_read_anew(void **state)
{
	struct library_case *c = *state;

	learn_two(c);
	assert_int_equal(store_trim(c->store, 0), 0);
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	open_as(c, (struct beginning){ .shows_old = true });
	refresh_library(c);
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct2");
}

/* A delivery's id that says another month, as only a forged file would. */
static void delivery_of_another_month_is_not_taken(void **state)
{
	struct library_case *c = *state;
	struct remembered m = { 0 };

	learn_two(c);
	assert_int_equal(store_recall(c->store, "me", &m), 0);
	memcpy(m.months[2].id, m.months[1].id, sizeof(m.months[2].id));
	assert_int_equal(store_remember(c->store, "me", &m), 0);
	remembered_finish(&m);
	open_as(c, (struct beginning){ 0 });
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	assert_shows(c, "2026-11", "nov1");
}

static void what_is_old_is_looked_at_before_it_is_used(void **state)
{
	struct library_case *c = *state;
	struct fake_asked before;

	learn_two(c);
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	before = fake_export_asked();
	/* The clock stands at the time of the look. */
	open_as(c, (struct beginning){ .fresh_seconds = 3600 });
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct1");
	assert_int_equal(fake_export_asked().checks, before.checks);
	close_library(c);
	atomic_store(&c->clock.now, 7777 + 3601);
	open_as(c, (struct beginning){ .fresh_seconds = 3600 });
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct2");
	assert_int_equal(fake_export_asked().checks, before.checks + 1);
	close_library(c);
	/* Where that cannot be done, it is what there is. */
	atomic_store(&c->clock.now, 7777 + 2 * 3601 + 1);
	fake_export_fail(-ENETUNREACH);
	open_as(c, (struct beginning){ .fresh_seconds = 3600 });
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct2");
}

static void unverified_month_is_remembered_as_others_are(void **state)
{
	struct library_case *c = *state;
	struct fake_asked before;

	replace_month(2,
		(struct fake_month){
			.month = "2026-11", .version = "nov1", .bare = true });
	learn_two(c);
	before = fake_export_asked();
	open_as(c, (struct beginning){ 0 });
	assert_int_equal(load_month(c, "2026-11", NULL), 0);
	assert_false(status_of(c, "2026-11").verified);
	assert_int_equal(fake_export_asked().reads, before.reads);
	replace_month(2,
		(struct fake_month){
			.month = "2026-11", .version = "nov2", .bare = true });
	refresh_library(c);
	assert_shows(c, "2026-11", "nov2");
}

static void what_was_shown_is_shown_while_the_next_one_fails(void **state)
{
	struct library_case *c = *state;
	struct fault why = { 0 };

	learn_two(c);
	replace_month(1, (struct fake_month){ .month = "2026-10", .version = "oct2" });
	behave_as(c, 0, (struct behaviour){ .version = "oct2", .error = -EBADMSG });
	open_as(c, (struct beginning){ 0 });
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	refresh_library(c);
	close_library(c);
	/* Each one remembers it for the next. */
	for (int i = 0; i < 3; i++) {
		open_as(c, (struct beginning){ 0 });
		assert_int_equal(load_month(c, "2026-10", NULL), 0);
		assert_shows(c, "2026-10", "oct1");
		assert_true(status_of(c, "2026-10").stale);
		assert_int_equal(status_of(c, "2026-10").fault.error, -EBADMSG);
		close_library(c);
	}
	/* Nobody would see that what a command prints is stale. */
	open_as(c, (struct beginning){ .fresh_seconds = 3600 });
	assert_int_equal(load_month(c, "2026-10", &why), -EBADMSG);
	close_library(c);
	behave_as(c, 0, (struct behaviour){ .version = "oct2" });
	open_as(c, (struct beginning){ 0 });
	assert_int_equal(load_month(c, "2026-10", NULL), 0);
	assert_shows(c, "2026-10", "oct2");
	assert_int_equal(status_of(c, "2026-10").fault.error, 0);
}

/* The manifest still stands for it. */
static void what_is_in_the_cache_is_shown_while_the_next_one_is_delivered(void **state)
{
	static const struct fake_month torn = {
		.month = "2026-10", .version = "oct1", .torn = true
	};
	static const struct fake_month later = {
		.month = "2026-10", .version = "oct2", .torn = true
	};
	struct library_case *c = *state;

	learn_two(c);
	/* Also for commands, and of what is near, which is asked each time. */
	replace_month(1, torn);
	for (unsigned i = 0; i < 2; i++) {
		open_as(c, (struct beginning){ .fresh_seconds = i ? 3600 : 0 });
		c->source.is_near = true;
		assert_int_equal(load_month(c, "2026-10", NULL), 0);
		assert_shows(c, "2026-10", "oct1");
		assert_int_equal(status_of(c, "2026-10").fault.error, -EBUSY);
		assert_true(status_of(c, "2026-10").stale);
		close_library(c);
	}
	/* Of another manifest, by mounts only. */
	replace_month(1, later);
	for (unsigned i = 0; i < 2; i++) {
		open_as(c, (struct beginning){ .fresh_seconds = i ? 3600 : 0 });
		c->source.is_near = true;
		refresh_library(c);
		assert_int_equal(load_month(c, "2026-10", NULL), i ? -EBUSY : 0);
		close_library(c);
	}
	assert_int_equal(fake_ingest_calls(), 0);
}

#define TEST(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, library_case_setup, library_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_in_the_cache_is_shown_while_the_next_one_is_delivered),
		TEST(far_months_are_names_until_they_are_looked_at),
		TEST(far_month_is_looked_at_when_it_is_used),
		TEST(looking_into_the_cache_asks_nothing_of_a_far_source),
		TEST(remembered_months_open_without_a_request),
		TEST(first_refresh_finds_what_has_changed),
		TEST(month_that_is_not_in_the_cache_says_why_and_heals),
		TEST(failed_refresh_is_tried_again_by_itself),
		TEST(refresh_that_fails_keeps_what_is_remembered),
		TEST(remembered_delivery_that_was_evicted_is_built_again),
		TEST(replaced_delivery_that_was_evicted_is_the_new_one),
		TEST(what_is_in_the_cache_is_shown_until_a_newer_one_is_read),
		TEST(what_is_in_the_cache_is_not_shown_where_the_newest_is_wanted),
		TEST(what_has_left_the_cache_is_read_anew),
		TEST(delivery_of_another_month_is_not_taken),
		TEST(what_is_old_is_looked_at_before_it_is_used),
		TEST(unverified_month_is_remembered_as_others_are),
		TEST(what_was_shown_is_shown_while_the_next_one_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
