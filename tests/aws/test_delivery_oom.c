/* Every allocation on the way to a delivery fails in turn: -ENOMEM, nothing touched, no
 * leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "aws/export/table.h"
#include "aws/object/folder.h"
#include "tests/aws/sandbox.h"
#include "tests/oom.h"

enum { OOM_STEPS_MAX = 10000 };

static const struct sandbox_file named[] = {
	{ "p/e/metadata/BILLING_PERIOD=2024-01/e-Manifest.json",
		"{\"executionId\":\"x\",\"dataFiles\":["
		"\"s3://b/q/e/data/BILLING_PERIOD=2024-01/2024-01-10T00:00:00Z-x/"
		"e-1.csv\","
		"\"s3://b/q/e/data/BILLING_PERIOD=2024-01/2024-01-10T00:00:00Z-x/"
		"e-2.csv\"]}" },
	{ "p/e/data/BILLING_PERIOD=2024-01/2024-01-10T00_00_00Z-x/e-1.csv", "a" },
	{ "p/e/data/BILLING_PERIOD=2024-01/2024-01-10T00_00_00Z-x/e-2.csv", "b" },
	{ 0 },
};
static const struct sandbox_file assemblies[] = {
	{ "r/20240101-20240201/20240115T000000Z/r-Manifest.json",
		"{\"assemblyId\":\"20240115T000000Z\",\"reportKeys\":["
		"\"r/20240101-20240201/20240115T000000Z/r-1.csv\"]}" },
	{ "r/20240101-20240201/20240115T000000Z/r-1.csv", "a" },
	{ "r/20240101-20240201/20240114T000000Z/r-1.csv", "a" },
	{ 0 },
};
static const struct sandbox_file found[] = {
	{ "p/a/a/year=2024/month=1/a-1.parquet", "a" },
	{ "p/a/a/year=2024/month=1/a-2.parquet", "a" },
	{ "p/a/20240101-20240201/a-create-table.sql", "a" },
	{ "p/a/20240101-20240201/old/a-1.csv", "a" },
	{ 0 },
};
static const struct sandbox_file flat[] = {
	{ "bill-00001.csv.gz", "a" },
	{ "bill-00002.csv.gz", "a" },
	{ 0 },
};

static const struct sandbox_file days[] = {
	{ "p/c/metadata/date=2024-01-01/c-Manifest.json",
		"{\"executionId\":\"x\",\"dataFiles\":["
		"\"s3://b/q/c/data/date=2024-01-01/c-1.csv\"]}" },
	{ "p/c/data/date=2024-01-01/c-1.csv", "a" },
	{ "p/c/data/date=2024-01-02/20240102T000000Z/c-1.csv", "a" },
	{ 0 },
};
static const struct sandbox_file models[] = {
	{ "p/c/data/carbon_model_version=1/usage_period=2024-01/c-1.csv", "a" },
	{ "p/c/data/carbon_model_version=2/usage_period=2024-01/c-1.csv", "a" },
	{ "p/d/data/date=2024-01-01/d-1.csv", "a" },
	{ 0 },
};

static int go_table(struct object_source *s, const struct export_ref *e, size_t *count)
{
	struct table_partition_list list = { 0 };
	struct fault why = { 0 };
	int r = table_partitions(s, e, &list, &why);

	for (size_t i = 0; r == 0 && i < list.count; i++) {
		struct delivery d = { 0 };

		r = table_delivery(s, e, &list.items[i], &d, &why);
		*count += d.count;
		delivery_finish(&d);
	}
	table_partition_list_finish(&list);
	return r;
}

/* The same of tables beside an export. */
static int go_tables(const char *root, size_t *ret_count)
{
	struct object_source *s = NULL;
	struct export_list tables = { 0 };
	struct fault why = { 0 };
	size_t count = 0;
	int r = folder_open(root, &s, &why);

	if (r == 0)
		r = tables_beside(s, "p/e/", &tables, &why);
	for (size_t i = 0; r == 0 && i < tables.count; i++)
		r = go_table(s, &tables.items[i], &count);
	if (r == 0)
		*ret_count = count;
	export_list_finish(&tables);
	object_source_free(s);
	return r;
}

/* The whole way. *ret_count is the number of files. */
static int go(const char *root, size_t *ret_count)
{
	struct object_source *s = NULL;
	struct export_list exports = { 0 };
	struct month_list months = { 0 };
	struct delivery d = { 0 }, copy = { 0 };
	struct export_ref e = { 0 };
	struct fault why = { 0 };
	int r = folder_open(root, &s, &why);

	if (r == 0)
		r = export_detect(s, &exports, &why);
	if (r == 0)
		r = export_ref_copy(&exports.items[0], &e);
	if (r == 0)
		r = export_months(s, &e, &months, &why);
	if (r == 0)
		r = delivery_read(s, &e, &months.items[0], &d, &why);
	if (r == 0)
		r = delivery_copy(&d, &copy);
	if (r == 0)
		*ret_count = copy.count;
	delivery_finish(&copy);
	delivery_finish(&d);
	month_list_finish(&months);
	export_ref_finish(&e);
	export_list_finish(&exports);
	object_source_free(s);
	return r;
}

static void every_allocation_may_fail(void **state)
{
	static const struct {
		const char *says;
		const struct sandbox_file *tree;
		int (*go)(const char *root, size_t *ret_count);
		size_t files;
	} cases[] = { { "named", named, go, 2 }, { "assemblies", assemblies, go, 1 },
		{ "found", found, go, 2 }, { "flat", flat, go, 2 },
		{ "days", days, go_tables, 2 }, { "models", models, go_tables, 3 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char root[SANDBOX_PATH];
		bool refused = true;
		unsigned n;

		sandbox_make(root);
		sandbox_fill(root, cases[i].tree);
		for (n = 0; refused && n < OOM_STEPS_MAX; n++) {
			size_t count = 77;
			int r;

			oom_after(n);
			r = cases[i].go(root, &count);
			refused = oom_stop();
			assert_int_equal(r, refused ? -ENOMEM : 0);
			assert_int_equal(count, refused ? 77 : cases[i].files);
		}
		print_message("  %s: %u allocations\n", cases[i].says, n);
		assert_false(refused);
		sandbox_remove(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
