/* A tree that is served: its figures. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/fs/tree_case.h"

#define HOSTILE "s3://a\"b\\c\nd"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_are_prometheus_text_whatever_the_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
