/* Without memory the tree says so, and is as it was. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/fs/tree_case.h"
#include "tests/oom.h"

enum { TRIES_MAX = 2000 };

#define ARN_PATH                                                                         \
	"accounts/prod-eu/2026-11/services/lambda/resources/"                            \
	"arn:aws:lambda:eu-west-1:111111111111:function:resize"

#define RESOURCES "accounts/prod-eu/resources"
#define INSTANCES RESOURCES "/ec2/eu-west-1/instances"

/* What is asked: everything there is at the path. */
static int ask_all(struct tree *t, const char *path)
{
	struct buf text = BUF_INIT(1 << 16);
	struct tree_need need = { 0 };
	struct tree_listing *l = NULL;
	struct tree_file *f = NULL;
	struct tree_entry e;
	int r = tree_walk(t, span_of(path), true, &e, &need, NULL);

	if (r < 0)
		return r;
	if (S_ISDIR(e.attr.st_mode)) {
		r = tree_list(t, e.node, true, &l, &need, NULL);
		tree_listing_free(l);
	} else {
		r = tree_open(t, e.node, true, &f, &need, NULL);
		tree_close(f);
	}
	if (r == 0)
		r = tree_path(t, e.node, &text);
	if (r == 0)
		r = tree_listxattr(t, e.node, &text);
	tree_forget(t, e.node, 1);
	buf_finish(&text);
	return r;
}

static void init_with_resources(struct tree_case *c)
{
	static const struct fake_resource items[] = { { .text = { "i-1" } },
		{ .text = { "i-2" } } };

	tree_case_init_live(c);
	fake_live_regions(c->live, "111111111111", "eu-west-1");
	fake_live_put(c->live, "111111111111 ec2 eu-west-1 instances",
		fake_inventory("2026-11-30T01:00:00Z", items, ARRAY_LEN(items)));
	fake_live_put(c->live, "111111111111 metrics eu-west-1 i-1",
		fake_inventory("2026-11-30T01:00:00Z", items, 1));
	c->discovery.has_metrics = true;
}

static void expect_no_memory_everywhere(const char *path)
{
	struct tree_case c;
	bool has_failed = true;
	int r = 0;

	for (unsigned n = 0; has_failed; n++) {
		init_with_resources(&c);
		tree_case_fill(&c);
		oom_after(n);
		r = ask_all(c.tree, path);
		has_failed = oom_stop();
		/* What is only kept to be faster may be missing. */
		if (r != 0 && (r != -ENOMEM || !has_failed))
			fail_msg("%s: allocation %u: %d", path, n, r);
		assert_int_equal(ask_all(c.tree, path), 0);
		tree_case_finish(&c);
		assert_true(n < TRIES_MAX);
	}
	assert_int_equal(r, 0);
}

static void each_allocation_may_fail(void **state)
{
	static const char *const paths[] = { "", "README.txt", "STATUS.txt",
		"accounts.csv", "services.csv", "months.csv", "this-month",
		".costfs/status.json", ".costfs/metrics.prom", ".costfs/errors.log",
		".costfs/schema/costs.pandas.json", "accounts",
		"accounts/111111111111/account.json", "accounts/prod-eu/2026-11",
		"months/2026-11/by-tag", "months/2026-11/by-tag/team.csv", "accounts.txt",
		"months/2026-11/by-tag/team.txt",
		"months/2026-11/services/ec2/lines.json", "months/2026-11/services",
		ARN_PATH, RESOURCES "/STATUS.txt", RESOURCES "/ec2",
		RESOURCES "/ec2/eu-west-1", INSTANCES, INSTANCES "/index.csv",
		INSTANCES "/index.md", INSTANCES "/i-2/resource.json",
		INSTANCES "/i-1/metrics.csv",
		"accounts/prod-eu/2026-11/services/ec2/resources/i-1",
		"accounts/prod-eu/2026-11/services/ec2/resources/i-1/metrics.csv",
		"reports", "reports/2026-11.html" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		print_message("%s\n", paths[i]);
		expect_no_memory_everywhere(paths[i]);
	}
}

static void a_pending_name_without_memory_is_asked_for_again(void **state)
{
	bool has_failed = true;

	(void)state;
	for (unsigned n = 0; has_failed; n++) {
		struct tree_need need;
		struct tree_case c;
		struct tree_entry month, e;
		struct stat s;
		double ttl;
		int r;

		init_with_resources(&c);
		fake_library_know(c.library, "2026-11", "");
		month = expect_path(&c, "months/2026-11");
		oom_after(n);
		r = tree_lookup_pending(c.tree, month.node, SPAN("total.csv"), &e);
		has_failed = oom_stop();
		assert_int_equal(r, has_failed ? -ENOMEM : 0);
		assert_int_equal(
			tree_lookup_pending(c.tree, month.node, SPAN("total.csv"), &e),
			0);
		fake_library_ready(c.library, tree_case_november(3));
		oom_after(n);
		r = tree_attr(c.tree, e.node, true, &s, &ttl, &need, NULL);
		has_failed |= oom_stop();
		assert_true(r == 0 || (r == -ENOMEM && has_failed));
		assert_int_equal(
			tree_attr(c.tree, e.node, true, &s, &ttl, &need, NULL), 0);
		assert_true(s.st_size > 0);
		tree_case_finish(&c);
		assert_true(n < TRIES_MAX);
	}
}

static void ignore(void *context, uint64_t parent, const char *name)
{
	(void)context;
	(void)parent;
	(void)name;
}

static void changes_without_memory_end_well(void **state)
{
	static const struct tree_live_change change = { LIVE_CHANGED, "111111111111", 0,
		"eu-west-1" };
	struct month_no m;
	bool has_failed = true;

	(void)state;
	assert_int_equal(month_parse(SPAN("2026-11"), &m), 0);
	for (unsigned n = 0; has_failed; n++) {
		struct tree_case c;

		init_with_resources(&c);
		tree_case_fill(&c);
		(void)expect_path(&c, INSTANCES);
		(void)expect_path(&c, "months");
		(void)expect_path(&c, "months/2026-11");
		(void)expect_path(&c, "accounts/prod-eu");
		(void)expect_path(&c, "accounts.txt");
		oom_after(n);
		tree_changes(c.tree, LIBRARY_MONTH_READY, m, ignore, NULL);
		tree_changes(c.tree, LIBRARY_MONTHS_CHANGED, m, ignore, NULL);
		tree_live_changes(c.tree, &change, ignore, NULL);
		has_failed = oom_stop();
		tree_case_finish(&c);
	}
}

static void a_tree_that_cannot_be_made_leaves_nothing(void **state)
{
	struct tree_options o = { .clock = clock_system() };
	bool has_failed = true;

	(void)state;
	for (unsigned n = 0; has_failed; n++) {
		struct tree *t = NULL;
		int r;

		oom_after(n);
		r = tree_new(&o, &t);
		has_failed = oom_stop();
		assert_int_equal(r, has_failed ? -ENOMEM : 0);
		assert_true((r == 0) == (t != NULL));
		tree_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_may_fail),
		cmocka_unit_test(a_pending_name_without_memory_is_asked_for_again),
		cmocka_unit_test(changes_without_memory_end_well),
		cmocka_unit_test(a_tree_that_cannot_be_made_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
