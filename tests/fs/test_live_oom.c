/* The live inventory with every allocation failing in turn: nothing leaks, nobody waits
 * in vain, and nothing is there that is not whole. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "live_case.h"
#include "tests/oom.h"

static void no_memory_to_open_is_said(void **state)
{
	struct live_case *c = *state;

	for (unsigned after = 0;; after++) {
		struct fault why = { 0 };
		int r;

		oom_after(after);
		r = live_open(&c->options, &c->live, &why);
		live_case_close(c);
		if (!oom_stop())
			break;
		assert_true(r == 0 || r == -ENOMEM);
		assert_true(after < 1000);
	}
}

/* Without the events of others: the first listing is there, and its file written, before
 * memory ends. One thread, so that allocations come in one order. */
enum what { LISTING, REGIONS, METRICS };

static int get(struct live_case *c, enum what what, bool load, struct buf *names,
	struct inventory **v)
{
	switch (what) {
	case REGIONS:
		return live_regions(c->live, ACCOUNT, load, names, NULL);
	case METRICS:
		return live_metrics(c->live, ACCOUNT, "eu-1", "i-1", load, v, NULL);
	case LISTING:
		break;
	}
	return live_list(c->live, ACCOUNT, c->instances, "eu-1", load, v, NULL);
}

static int load_after(struct live_case *c, unsigned after, enum what what, bool *ret_more)
{
	struct buf names = BUF_INIT(1000);
	struct inventory *v = NULL;
	unsigned before;
	int r;

	live_case_open(c);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-0"), 0);
	live_case_await_rest(c);
	before = live_case_listed(c);
	oom_after(after);
	r = get(c, what, true, &names, &v);
	if (r == -EAGAIN) {
		live_case_await_listed(c, before + 1);
		r = get(c, what, false, &names, &v);
	}
	/* Joins the thread, which may be writing the file. */
	live_case_close(c);
	*ret_more = oom_stop();
	if (r < 0)
		assert_int_equal(names.len, 0);
	else if (what == REGIONS)
		assert_int_equal(names.len, sizeof("eu-west-1") + sizeof("us-east-1"));
	else
		assert_int_equal(inventory_count(v), what == METRICS ? 1 : 2);
	inventory_unref(v);
	buf_finish(&names);
	return r;
}

static void fail_in_turn(struct live_case *c, enum what what)
{
	unsigned refused = 0;
	bool more = true;

	c->options.threads = 1;
	for (unsigned after = 0; more; after++) {
		int r = load_after(c, after, what, &more);

		if (!more)
			assert_int_equal(r, 0);
		else
			assert_true(r == 0 || r == -ENOMEM);
		refused += r == -ENOMEM;
		assert_int_equal(live_forget(c->root, NULL), 0);
	}
	assert_true(refused > 5);
}

static void no_memory_for_a_listing_is_said(void **state)
{
	fail_in_turn(*state, LISTING);
}

static void no_memory_for_regions_is_said(void **state)
{
	fail_in_turn(*state, REGIONS);
}

static void no_memory_for_metrics_is_said(void **state)
{
	fail_in_turn(*state, METRICS);
}

static void no_memory_to_read_the_cache_is_as_if_there_were_none(void **state)
{
	struct live_case *c = *state;
	bool more = true;

	c->options.threads = 1;
	live_case_open(c);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-0"), 0);
	live_case_close(c);
	for (unsigned after = 0; more; after++) {
		struct inventory *v = NULL;
		int r;

		live_case_open(c);
		/* The thread is past old files. */
		assert_int_equal(live_case_load(c, OTHER, "eu-0"), 0);
		live_case_await_rest(c);
		oom_after(after);
		r = live_known(c->live, ACCOUNT, c->instances, "eu-0", &v);
		more = oom_stop();
		assert_int_equal(r, more ? -ENOENT : 0);
		inventory_unref(v);
		/* It was not forgotten. */
		assert_int_equal(live_case_known(c, ACCOUNT, "eu-0"), 0);
		live_case_close(c);
	}
}

static void no_memory_for_states_is_said(void **state)
{
	struct live_case *c = *state;
	struct live_status *all = NULL;
	ssize_t count;

	c->options.threads = 1;
	live_case_open(c);
	assert_int_equal(live_case_load(c, ACCOUNT, "eu-0"), 0);
	live_case_await_rest(c);
	oom_after(0);
	count = live_states(c->live, NULL, &all);
	assert_true(oom_stop());
	assert_int_equal(count, -ENOMEM);
	assert_null(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_CASE(no_memory_to_open_is_said),
		LIVE_CASE(no_memory_for_a_listing_is_said),
		LIVE_CASE(no_memory_for_regions_is_said),
		LIVE_CASE(no_memory_for_metrics_is_said),
		LIVE_CASE(no_memory_to_read_the_cache_is_as_if_there_were_none),
		LIVE_CASE(no_memory_for_states_is_said),
	};

	/* It would say so each time. */
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
