/* metrics.csv of instances: there when it is wanted, asked for when it is opened or
 * looked at, and what that has cost. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/fs/tree_case.h"

#define LIVE "accounts/prod-eu_111111111111/resources"
#define REGION LIVE "/ec2/eu-west-1"
#define ONE REGION "/instances/i-1"
#define BESIDE "accounts/prod-eu_111111111111/2026-11/services/AmazonEC2/resources/i-1"
#define TOLD "111111111111 metrics eu-west-1 i-1"
#define ONE_O_CLOCK "2026-11-30T01:00:00Z"
#define TWO_O_CLOCK "2026-11-30T02:00:00Z"

static int setup(void **state)
{
	static const struct fake_resource two[] = { { .text = { "i-1" } },
		{ .text = { "i-2" } } };
	static const struct fake_resource volume[] = { { .text = { "vol-1" } } };
	struct tree_case *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	tree_case_init_live(c);
	tree_case_fill(c);
	fake_live_regions(c->live, "111111111111", "eu-west-1");
	fake_live_put(c->live, "111111111111 ec2 eu-west-1 instances",
		fake_inventory(ONE_O_CLOCK, two, ARRAY_LEN(two)));
	fake_live_put(c->live, "111111111111 ec2 eu-west-1 volumes",
		fake_inventory(ONE_O_CLOCK, volume, ARRAY_LEN(volume)));
	c->discovery.has_metrics = true;
	*state = c;
	return 0;
}

static void put(struct tree_case *c, const char *time, const char *csv)
{
	const struct fake_resource one = { .text = { "i-1" }, .json = csv };

	fake_live_put(c->live, TOLD, fake_inventory(time, &one, 1));
}

static int attr_of(struct tree_case *c, uint64_t node, struct stat *ret, double *ret_ttl,
	struct tree_need *need)
{
	return tree_attr(c->tree, node, true, ret, ret_ttl, need, NULL);
}

static void only_instances_have_metrics_and_only_where_they_are_wanted(void **state)
{
	struct tree_case *c = *state;

	expect_names(c, ONE, "resource.json\nmetrics.csv\n");
	expect_names(c, REGION "/volumes/vol-1", "resource.json\n");
	expect_no_path(c, REGION "/volumes/vol-1/metrics.csv", -ENOENT);
	expect_no_path(c, ONE "/metrics", -ENOENT);
	c->discovery.has_metrics = false;
	expect_names(c, ONE, "resource.json\n");
	expect_no_path(c, ONE "/metrics.csv", -ENOENT);
	expect_no_path(c, BESIDE "/metrics.csv", -ENOENT);
}

static void its_name_costs_nothing_its_size_and_bytes_do(void **state)
{
	static const char *const paths[] = { ONE "/metrics.csv", BESIDE "/metrics.csv" };
	struct tree_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct tree_need need = { 0 };
		struct tree_file *f = NULL;
		struct tree_entry e;
		struct stat s;
		double ttl;

		print_message("%s\n", paths[i]);
		e = expect_path(c, paths[i]);
		assert_int_equal(e.attr.st_mode, S_IFREG | 0444);
		assert_true(e.ttl_seconds <= 0);
		assert_int_equal(fake_live_asked(c->live, TOLD), 2 * i);
		assert_int_equal(attr_of(c, e.node, &s, &ttl, &need), -EAGAIN);
		assert_true(need.is_live && need.kind == LIVE_METRICS);
		assert_string_equal(need.account, "111111111111");
		assert_string_equal(need.region, "eu-west-1");
		assert_string_equal(need.instance, "i-1");
		assert_int_equal(
			tree_open(c->tree, e.node, true, &f, &need, NULL), -EAGAIN);
		assert_int_equal(fake_live_asked(c->live, TOLD), 2 * (i + 1));
	}
	assert_int_equal(fake_live_asked(c->live, NULL), fake_live_asked(c->live, TOLD));
}

static void its_size_is_exact_before_it_is_read(void **state)
{
	struct tree_case *c = *state;
	struct buf text = BUF_INIT(1000);
	struct tree_need need = { .is_live = true,
		.kind = LIVE_METRICS,
		.account = "111111111111",
		.region = "eu-west-1",
		.instance = "i-1" };
	struct tree_entry e = expect_path(c, ONE "/metrics.csv"), later;
	struct stat s;
	double ttl;

	assert_false(tree_has_news(c->tree, &need));
	put(c, ONE_O_CLOCK, "time\n1");
	assert_true(tree_has_news(c->tree, &need));
	assert_int_equal(attr_of(c, e.node, &s, &ttl, &need), 0);
	assert_int_equal(s.st_size, 7);
	/* 2026-11-30T01:00:00Z */
	assert_int_equal(s.st_mtim.tv_sec, 1796000400);
	assert_true(ttl > 59 && ttl < 61);
	read_node(c, e.node, 3, &text);
	assert_true(span_eq(buf_span(&text), SPAN("time\n1\n")));
	/* Now its name says it all. */
	later = expect_path(c, ONE "/metrics.csv");
	assert_int_equal(later.attr.st_ino, e.attr.st_ino);
	assert_int_equal(later.attr.st_size, 7);
	assert_int_equal(expect_path(c, ONE "/metrics.csv").node, later.node);
	expect_text(c, BESIDE "/metrics.csv", "time\n1\n");
	buf_finish(&text);
}

/* The kernel keeps the last answer of two: that of a lookup, which has a size of 0, would
 * undo what the first one was told. */
static void two_who_ask_for_it_have_a_node_each(void **state)
{
	static const char *const paths[] = { ONE "/metrics.csv", BESIDE "/metrics.csv" };
	struct tree_entry first[2], second[2];
	struct tree_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		first[i] = expect_path(c, paths[i]);
		second[i] = expect_path(c, paths[i]);
		assert_int_not_equal(first[i].node, second[i].node);
		assert_int_equal(first[i].attr.st_ino, second[i].attr.st_ino);
	}
	put(c, ONE_O_CLOCK, "time\n1");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct tree_need need = { 0 };
		struct stat s;
		double ttl;

		assert_int_equal(attr_of(c, first[i].node, &s, &ttl, &need), 0);
		assert_int_equal(s.st_size, 7);
		assert_int_not_equal(expect_path(c, paths[i]).node, first[i].node);
		assert_int_equal(attr_of(c, second[i].node, &s, &ttl, &need), 0);
		assert_int_equal(s.st_size, 7);
	}
}

static void who_opened_it_goes_on_and_who_looks_again_sees_the_new_one(void **state)
{
	static const char *const paths[] = { ONE "/metrics.csv", BESIDE "/metrics.csv" };
	struct tree_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct tree_need need = { 0 };
		struct tree_file *f = NULL;
		struct tree_entry before, after;
		struct stat s;
		char bytes[16];
		double ttl;

		put(c, ONE_O_CLOCK, "old");
		before = expect_path(c, paths[i]);
		assert_int_equal(
			tree_open(c->tree, before.node, true, &f, &need, NULL), 0);
		put(c, TWO_O_CLOCK, "newer");
		after = expect_path(c, paths[i]);
		assert_int_not_equal(after.node, before.node);
		assert_int_equal(after.attr.st_ino, before.attr.st_ino);
		assert_int_equal(after.attr.st_size, 6);
		assert_int_equal(attr_of(c, before.node, &s, &ttl, &need), 0);
		assert_int_equal(s.st_size, 4);
		assert_int_equal(tree_read(f, 0, bytes, sizeof(bytes), NULL), 4);
		assert_memory_equal(bytes, "old\n", 4);
		tree_close(f);
		expect_text(c, paths[i], "newer\n");
	}
}

static void who_opens_it_uses_it(void **state)
{
	struct tree_case *c = *state;
	struct tree_need need = { 0 };
	struct tree_file *f = NULL;
	struct tree_entry e;
	struct stat s;
	double ttl;

	put(c, ONE_O_CLOCK, "old");
	e = expect_path(c, ONE "/metrics.csv");
	assert_int_equal(attr_of(c, e.node, &s, &ttl, &need), 0);
	expect_names(c, ONE, "resource.json\nmetrics.csv\n");
	assert_int_equal(fake_live_used(c->live, TOLD), 0);
	assert_int_equal(tree_open(c->tree, e.node, true, &f, &need, NULL), 0);
	tree_close(f);
	assert_int_equal(fake_live_used(c->live, TOLD), 1);
}

static void a_failure_is_that_file_s_alone(void **state)
{
	struct tree_case *c = *state;
	struct tree_need need = { 0 };
	struct tree_file *f = NULL;
	struct tree_entry e;
	struct stat s;
	double ttl;

	fake_live_fail(c->live, TOLD, -EACCES, "denied", "allow it");
	e = expect_path(c, ONE "/metrics.csv");
	assert_int_equal(attr_of(c, e.node, &s, &ttl, &need), -EACCES);
	assert_int_equal(tree_open(c->tree, e.node, true, &f, &need, NULL), -EACCES);
	expect_names(c, ONE, "resource.json\nmetrics.csv\n");
	expect_path(c, ONE "/resource.json");
	expect_has(c, LIVE "/STATUS.txt",
		"ec2      eu-west-1       metrics                          -  never");
	expect_has(c, LIVE "/STATUS.txt", "EACCES: denied\n         allow it\n");
	expect_has(c, ".costfs/status.json", "\"type\": \"metrics\"");
}

static void what_they_cost_is_told(void **state)
{
	struct tree_case *c = *state;
	struct tree_need need = { 0 };
	struct tree_entry e = expect_path(c, ONE "/metrics.csv");
	struct stat s;
	double ttl;

	expect_has(c, LIVE "/STATUS.txt",
		"metrics   0 calls of CloudWatch since the mount began, which cost "
		"0.00000 USD at most\n"
		"          (0.01 USD for 1,000 beyond the first million of a month)\n");
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(attr_of(c, e.node, &s, &ttl, &need), -EAGAIN);
	/* The fake counts eight each. */
	expect_has(c, LIVE "/STATUS.txt", "metrics   1600 calls");
	expect_has(c, LIVE "/STATUS.txt", "which cost 0.01600 USD at most\n");
	expect_has(c, ".costfs/status.json", "\"metrics_calls\": 1600,\n");
	/* They are no resources. */
	expect_has(c, "STATUS.txt", "RESOURCES\n3 known, of 1 accounts; 0 of 4 lists");
}

static void count_change(void *context, uint64_t parent, const char *name)
{
	(void)parent;
	if (name && strcmp(name, "STATUS.txt") != 0)
		++*(unsigned *)context;
}

static void the_kernel_keeps_it_a_minute_and_is_told_nothing(void **state)
{
	struct tree_case *c = *state;
	const struct tree_live_change change = { LIVE_CHANGED, "111111111111",
		LIVE_METRICS, "eu-west-1" };
	unsigned told = 0;

	put(c, ONE_O_CLOCK, "old");
	expect_path(c, ONE "/metrics.csv");
	tree_live_changes(c->tree, &change, count_change, &told);
	assert_int_equal(told, 0);
}

static void it_knows_its_path_and_its_instance(void **state)
{
	static const char *const paths[] = { ONE "/metrics.csv", BESIDE "/metrics.csv" };
	struct tree_case *c = *state;

	for (size_t i = 0; i < 2 * ARRAY_LEN(paths); i++) {
		const char *path = paths[i % ARRAY_LEN(paths)];
		struct tree_entry e = expect_path(c, path);
		struct buf text = BUF_INIT(1000);

		assert_int_equal(tree_path(c->tree, e.node, &text), 0);
		assert_true(span_eq(buf_span(&text), span_of(path)));
		assert_int_equal(
			tree_getxattr(c->tree, e.node, SPAN("user.costfs.id"), &text), 0);
		assert_true(span_eq(buf_span(&text), SPAN("i-1")));
		buf_finish(&text);
		/* Also when it is read. */
		put(c, ONE_O_CLOCK, "old");
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, tree_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(only_instances_have_metrics_and_only_where_they_are_wanted),
		CASE(its_name_costs_nothing_its_size_and_bytes_do),
		CASE(its_size_is_exact_before_it_is_read),
		CASE(two_who_ask_for_it_have_a_node_each),
		CASE(who_opened_it_goes_on_and_who_looks_again_sees_the_new_one),
		CASE(who_opens_it_uses_it),
		CASE(a_failure_is_that_file_s_alone),
		CASE(what_they_cost_is_told),
		CASE(the_kernel_keeps_it_a_minute_and_is_told_nothing),
		CASE(it_knows_its_path_and_its_instance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
