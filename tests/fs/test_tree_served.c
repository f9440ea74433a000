/* A tree that is served: its figures, and for whom nothing is fetched. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/fs/tree_case.h"

#define PROD "accounts/prod-eu_111111111111"
#define BUCKETS "111111111111 s3 - buckets"
#define HOSTILE "s3://a\"b\\c\nd"

enum { PERSON = 7, CRAWLER = 8 };

static bool may_fetch(void *context, int64_t caller)
{
	(void)context;
	return caller != CRAWLER;
}

static void measure(void *context, struct serving *ret)
{
	*ret = *(const struct serving *)context;
}

static void metrics_are_prometheus_text_whatever_the_names(void **state)
{
	static const struct object_traffic traffic = { .list = 3,
		.head = 4,
		.get = 500,
		.bytes = 12345678900,
		.retries = 2,
		.connections = 1 };
	static struct serving serving = { .requests = { [SERVED_OPEN] = 12 },
		.errors = { [SERVED_OPEN] = 5 },
		.oldest_wait_ms = 1234,
		.waiting = 6 };
	const struct tree_service service = {
		.began = { 1795528800 }, .measure = measure, .context = &serving
	};
	static const struct selection all;
	struct tree_case c = { .library = fake_library_new(),
		.views = view_cache_new(1 << 20) };
	struct tree_options o = { .library = c.library,
		.views = c.views,
		.selection = &all,
		.clock = clock_system(),
		.source = HOSTILE };

	(void)state;
	assert_non_null(c.views);
	assert_int_equal(tree_new(&o, &c.tree), 0);
	tree_case_fill(&c);
	fake_library_traffic(c.library, &traffic);
	expect_has(&c, ".costfs/metrics.prom",
		"# HELP costfs_info What is mounted.\n# TYPE costfs_info gauge\n"
		"costfs_info{version=\"" COSTFS_VERSION
		"\",source=\"s3://a\\\"b\\\\c\\nd\",export=\"costs\"} 1\n");
	/* Without anybody who serves it there are no requests of a kernel. */
	expect_has(&c, ".costfs/metrics.prom",
		"} 1\n# HELP costfs_refreshes_total Looks for new deliveries that have "
		"ended.\n# TYPE costfs_refreshes_total counter\n"
		"costfs_refreshes_total 3\n");
	tree_serve(c.tree, &service);
	expect_has(&c, ".costfs/metrics.prom",
		"\ncostfs_fuse_requests_total{operation=\"open\"} 12\n");
	expect_has(&c, ".costfs/metrics.prom",
		"\ncostfs_fuse_errors_total{operation=\"open\"} 5\n");
	expect_has(
		&c, ".costfs/metrics.prom", "\ncostfs_oldest_wait_seconds 1.234000000\n");
	expect_has(&c, ".costfs/metrics.prom", "\ncostfs_cache_bytes 7000\n");
	expect_has(&c, ".costfs/metrics.prom",
		"\ncostfs_months{state=\"unread\"} 1\n"
		"costfs_months{state=\"reading\"} 0\n"
		"costfs_months{state=\"ready\"} 2\n"
		"costfs_months{state=\"failed\"} 0\n");
	/* 5 * 0.005 / 1000 + 504 * 0.0004 / 1000; 12.3456789 GB * 0.09. */
	expect_has(&c, ".costfs/metrics.prom",
		"\ncostfs_estimated_cost_usd_total{of=\"s3_requests\"} 0.000226600\n"
		"costfs_estimated_cost_usd_total{of=\"s3_transfer\"} 1.111111101\n");
	expect_has(&c, ".costfs/status.json",
		"    \"months\": { \"unread\": 1, \"reading\": 0, \"ready\": 2, "
		"\"failed\": 0 },\n    \"stale_months\": 0,\n");
	tree_case_finish(&c);
}

/* Walks and lists. */
static int look(
	struct tree_case *c, const char *path, int64_t caller, bool *ret_is_refused)
{
	struct tree_need need = { .caller = caller };
	struct tree_listing *l;
	struct tree_entry e;
	int r = tree_walk(c->tree, span_of(path), true, &e, &need, NULL);

	if (r == 0 && S_ISDIR(e.attr.st_mode)) {
		r = tree_list(c->tree, e.node, true, &l, &need, NULL);
		if (r == 0)
			tree_listing_free(l);
	}
	*ret_is_refused = need.is_refused;
	return r;
}

static void expect_refused(struct tree_case *c, const char *path)
{
	bool is_refused = false;
	int r = look(c, path, CRAWLER, &is_refused);

	if (r != -EACCES || !is_refused)
		fail_msg("%s: %d", path, r);
	r = look(c, path, PERSON, &is_refused);
	if (r != -EAGAIN || is_refused)
		fail_msg("%s for a person: %d", path, r);
}

static void nothing_is_fetched_for_crawlers(void **state)
{
	static const char *const free_for_all[] = { "", "months", "accounts", ".costfs",
		PROD, PROD "/2026-11", "months/2026-10/total.csv", PROD "/resources",
		PROD "/resources/s3/global" };
	static const struct tree_service service = { .may_fetch = may_fetch };
	struct tree_case c;
	bool is_refused;

	(void)state;
	tree_case_init_live(&c);
	tree_serve(c.tree, &service);
	fake_library_know(c.library, "2026-09", "2026-09-30T01:02:03Z");
	assert_int_equal(look(&c, "accounts", CRAWLER, &is_refused), -EACCES);
	assert_true(is_refused);
	tree_case_fill(&c);
	for (size_t i = 0; i < ARRAY_LEN(free_for_all); i++)
		assert_int_equal(look(&c, free_for_all[i], CRAWLER, &is_refused), 0);
	assert_int_equal(fake_library_loads(c.library, NULL), 0);
	assert_int_equal(fake_live_asked(c.live, NULL), 0);
	expect_refused(&c, "months/2026-09/total.csv");
	assert_int_equal(fake_library_loads(c.library, "2026-09"), 1);
	/* It is being read for somebody: then it is waited for. */
	assert_int_equal(look(&c, PROD "/2026-09", CRAWLER, &is_refused), -EAGAIN);
	expect_refused(&c, PROD "/resources/ec2");
	expect_refused(&c, PROD "/resources/s3/global/buckets");
	/* What is there is shown, and stays as old as it is. */
	fake_live_put(c.live, BUCKETS, fake_inventory("2026-11-30T01:00:00Z", NULL, 0));
	assert_int_equal(
		look(&c, PROD "/resources/s3/global/buckets", CRAWLER, &is_refused), 0);
	assert_int_equal(fake_live_used(c.live, BUCKETS), 0);
	assert_int_equal(
		look(&c, PROD "/resources/s3/global/buckets", PERSON, &is_refused), 0);
	assert_int_equal(fake_live_used(c.live, BUCKETS), 1);
	expect_refused(&c, PROD "/findings/insecure-security-groups.csv");
	tree_case_finish(&c);
}

static void what_takes_long_ends_with_the_tree(void **state)
{
	struct tree_need need = { .caller = 0 };
	struct tree_entry file = { .node = 77 };
	struct tree_case c;

	(void)state;
	tree_case_init(&c, NULL);
	tree_case_fill(&c);
	uint64_t month = expect_path(&c, "months/2026-11").node;
	tree_stop(c.tree);
	assert_int_equal(tree_lookup(c.tree, month, SPAN("by-region.csv"), true, &file,
				 &need, NULL),
		-ECANCELED);
	assert_int_equal(file.node, 77);
	expect_path(&c, "months/2026-11");
	tree_case_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_are_prometheus_text_whatever_the_names),
		cmocka_unit_test(nothing_is_fetched_for_crawlers),
		cmocka_unit_test(what_takes_long_ends_with_the_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
