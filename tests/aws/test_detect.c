/* Which exports and months a tree holds, as a listing: "layout folder name: months". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/export/candidate.h"
#include "aws/object/folder.h"
#include "tests/aws/sandbox.h"

#define UUID "aa1ddccb-abcd-1234-b849-57a32b6864a9"
/* The user "nobody", for whom root gives up its rights in these tests. */
enum { NOBODY = 65534 };

struct row {
	const char *says;
	const char *root;
	struct sandbox_file tree[14];
	const char *want; /* a line for each export; '+': with a manifest */
};

static const struct row rows[] = {
	{ "nothing", NULL, { { "x/y/notes.txt", "" } }, "" },
	{ "an empty folder", NULL, { { "x/" } }, "" },
	{ "a bucket of all three", NULL,
		{ { "aws-programmatic-access-test-object", "" },
			{ "bills/hourly/20231201-20240101/hourly-Manifest.json", "{}" },
			{ "bills/hourly/20240101-20240201/hourly-Manifest.json", "{}" },
			{ "bills/hourly/20240201-20240301/" UUID "/hourly-1.csv.gz", "" },
			{ "cur2/main/data/BILLING_PERIOD=2024-01/main-00001.csv.gz", "" },
			{ "cur2/main/metadata/BILLING_PERIOD=2024-01/main-Manifest.json",
				"{}" },
			{ "cur2/main/data/BILLING_PERIOD=2024-02/main-00001.csv.gz", "" },
			{ "ath/a/20240101-20240201/a-Manifest.json", "{}" },
			{ "ath/a/a/year=2024/month=1/a-1.parquet", "" },
			{ "ath/a/a/year=2024/month=12/a-1.parquet", "" },
			{ "ath/a/cost_and_usage_data_status/"
			  "cost_and_usage_data_status.parquet",
				"" } },
		"athena ath/a/ a: 2024-01+ 2024-12\n"
		"legacy bills/hourly/ hourly: 2023-12+ 2024-01+ 2024-02\n"
		"data cur2/main/ main: 2024-01+ 2024-02\n" },
	{ "an export's own folder: the name is in the files", "x/hourly",
		{ { "x/hourly/20240101-20240201/report-Manifest.json", "{}" } },
		"legacy  report: 2024-01+\n" },
	{ "a renamed folder of Data Exports, named by a chunk", NULL,
		{ { "mine/data/BILLING_PERIOD=2024-01/main-00001.csv.gz", "" } },
		"data mine/ main: 2024-01\n" },
	{ "data/ itself", "main/data",
		{ { "main/data/BILLING_PERIOD=2024-01/main-00001.csv.gz", "" } },
		"data  main: 2024-01\n" },
	{ "partitions without data/", NULL,
		{ { "p/cur/billing_period=2024-01/x.csv.gz", "" } },
		"data p/cur/ cur: 2024-01\n" },
	{ "a prefix called data", NULL,
		{ { "data/hourly/20240101-20240201/hourly-Manifest.json", "{}" } },
		"legacy data/hourly/ hourly: 2024-01+\n" },
	{ "both spellings of the period are the same export, each month once", NULL,
		{ { "e/data/BILLING_PERIOD=2024-01/e-00001.csv.gz", "" },
			{ "e/metadata/billing_period=2024-01/e-Manifest.json", "{}" },
			{ "e/metadata/BILLING_PERIOD=2024-02/Manifest.json", "{}" },
			{ "e/data/Billing_Period=2024-03/e-00001.csv.gz", "" } },
		"data e/ e: 2024-01+ 2024-02+ 2024-03\n" },
	{ "both ends of a range are one month", NULL,
		{ { "r/20240101-20240131/r-Manifest.json", "{}" },
			{ "r/20240101-20240201/r-1.csv", "" },
			{ "r/20240201-20240229/r-1.csv", "" } },
		"legacy r/ r: 2024-01+ 2024-02\n" },
	{ "no ranges: wrong ends, no dates", NULL,
		{ { "r/20240101-20240301/r-1.csv", "" },
			{ "r/20240101-20240202/r-1.csv", "" },
			{ "r/20230201-20230229/r-1.csv", "" },
			{ "r/20241301-20250101/r-1.csv", "" },
			{ "r/20240101-20240101/r-1.csv", "" },
			{ "r/20240101_20240201/r-1.csv", "" },
			{ "r/2024010a-20240201/r-1.csv", "" } },
		"" },
	{ "December ends in January", NULL, { { "r/20231201-20240101/r-1.csv", "" } },
		"legacy r/ r: 2023-12\n" },
	{ "other tables of Data Exports are none", NULL,
		{ { "coh/c/data/date=2024-01-01/c-00001.parquet", "" },
			{ "carbon/c/data/carbon_model_version=1/usage_period=2024-01/"
			  "c.parquet",
				"" } },
		"" },
	{ "a folder may hold a '=' and be no partition", NULL,
		{ { "a b=c/=/1=x/hourly/20240101-20240201/hourly-1.csv", "" },
			{ "team=x/hourly/20240101-20240201/hourly-1.csv", "" } },
		"legacy a b=c/=/1=x/hourly/ hourly: 2024-01\n" },
	{ "an export below another's prefix", NULL,
		{ { "a/b/20240101-20240201/b-Manifest.json", "{}" },
			{ "a/b/deep/er/metadata/BILLING_PERIOD=2024-01/er-Manifest.json",
				"{}" } },
		"legacy a/b/ b: 2024-01+\ndata a/b/deep/er/ er: 2024-01+\n" },
	{ "Athena partitions alone", NULL,
		{ { "p/a/a/year=2024/month=2/a-1.parquet", "" },
			{ "p/a/a/year=2024/month=13/a-1.parquet", "" } },
		"athena p/a/ a: 2024-02\n" },
	{ "Athena's folder called otherwise", NULL,
		{ { "copy/a/year=2024/month=02/a-1.parquet", "" } },
		"athena copy/a/ a: 2024-02\n" },
	{ "Athena: the export's folder renamed", NULL,
		{ { "mine/20240201-20240301/a-Manifest.json", "{}" },
			{ "mine/a/year=2024/month=2/a-1.parquet", "" } },
		"athena mine/ a: 2024-02+\n" },
	{ "a month's folder, dated by its manifest", "x",
		{ { "x/r-Manifest.json",
			  "{\"reportKeys\":[],\"billingPeriod\":{\"start\":"
			  "\"20240101T000000.000Z\"}}" },
			{ "x/r-00001.csv.gz", "" } },
		"month  r: 2024-01+\n" },
	{ "a month's folder, dated by the keys", "x",
		{ { "x/Manifest.json",
			  "{\"dataFiles\":[\"s3://b/e/data/billing_period=2024-03/"
			  "e-00001.csv.gz\"]}" },
			{ "x/e-00001.csv.gz", "" } },
		"month  e: 2024-03+\n" },
	{ "a month's folder with a broken manifest", "20240101-20240201",
		{ { "20240101-20240201/r-Manifest.json", "{" } },
		"month  r: 2024-01+\n" },
	{ "a month's folder of assemblies alone", "20240101-20240201",
		{ { "20240101-20240201/" UUID "/r-1.csv.gz", "" } },
		"month  r: 2024-01\n" },
	{ "one assembly's folder", "20240101-20240201/20240115T040211Z",
		{ { "20240101-20240201/20240115T040211Z/r-1.csv.gz", "" } },
		"month  r: 2024-01\n" },
	{ "a plain folder", "x", { { "x/bill.csv", "" } }, "month  : ?\n" },
	{ "data files in the root of a bucket that has an export are nothing", NULL,
		{ { "bill.csv", "" }, { "r/20240101-20240201/r-1.csv.gz", "" } },
		"legacy r/ r: 2024-01\n" },
};

static void append(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s", more);
}

static void describe(
	struct object_source *s, const struct export_ref *e, char *ret, size_t size)
{
	static const char *const layouts[] = { "legacy", "athena", "data", "month",
		"table" };
	struct month_list months = { 0 };
	char text[MONTH_TEXT + 1] = "?";
	size_t len = strlen(ret);

	snprintf(ret + len, size - len, "%s %s %s:", layouts[e->layout], e->folder,
		e->name);
	assert_int_equal(export_months(s, e, &months, NULL), 0);
	for (size_t i = 0; i < months.count; i++) {
		if (months.items[i].month.number)
			month_format(months.items[i].month, text);
		append(ret, size, " ");
		append(ret, size, text);
		append(ret, size, months.items[i].manifest.key ? "+" : "");
	}
	append(ret, size, "\n");
	month_list_finish(&months);
}

static void a_source_holds_these_exports_and_months(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char root[SANDBOX_PATH], path[SANDBOX_PATH], text[4096] = "";
		struct object_source *s;
		struct export_list exports = { 0 };

		print_message("  %s\n", rows[i].says);
		sandbox_make(root);
		sandbox_fill(root, rows[i].tree);
		sandbox_path(root, rows[i].root ? rows[i].root : "", path);
		assert_int_equal(folder_open(path, &s, NULL), 0);
		assert_int_equal(export_detect(s, &exports, NULL), 0);
		for (size_t k = 0; k < exports.count; k++)
			describe(s, &exports.items[k], text, sizeof(text));
		assert_string_equal(text, rows[i].want);
		export_list_finish(&exports);
		object_source_free(s);
		sandbox_remove(root);
	}
}

static void the_pointer_is_the_one_called_after_the_export(void **state)
{
	static const struct sandbox_file tree[] = {
		{ "r/20240101-20240201/a-Manifest.json", "{}", 9 },
		{ "r/20240101-20240201/r-Manifest.json", "{}", 1 },
		{ "r/20240101-20240201/r-RedshiftManifest.json", "{}", 12 },
		{ 0 },
	};
	char root[SANDBOX_PATH], name[] = "r", folder[] = "r/";
	const struct export_ref e = { EXPORT_LEGACY, name, folder };
	struct month_list months = { 0 };
	struct object_source *s;

	(void)state;
	sandbox_make(root);
	sandbox_fill(root, tree);
	assert_int_equal(folder_open(root, &s, NULL), 0);
	assert_int_equal(export_months(s, &e, &months, NULL), 0);
	assert_int_equal(months.count, 1);
	assert_string_equal(
		months.items[0].manifest.key, "r/20240101-20240201/r-Manifest.json");
	assert_int_equal(months.items[0].manifest.size_bytes, 2);
	month_list_finish(&months);
	object_source_free(s);
	sandbox_remove(root);
}

/* A source of endless folders, or one that denies. */
struct odd_source {
	struct object_source source;
	size_t listings, width;
	int root_error, error;
};

static int odd_list(struct object_source *s, const char *prefix, struct object_list *ret,
	struct fault *why)
{
	struct odd_source *o = (struct odd_source *)s;
	char folder[OBJECT_KEY_MAX + 32];
	int r = prefix[0] ? o->error : o->root_error;

	o->listings++;
	if (r < 0)
		return fault(why, r, "odd: %s", prefix);
	for (size_t i = 0; r == 0 && i < o->width; i++) {
		int n = snprintf(folder, sizeof(folder), "%s%zu/", prefix, i);

		if (n > 0 && n <= OBJECT_KEY_MAX)
			r = object_list_add_folder(ret, span_of(folder));
	}
	return r;
}

static const struct object_ops odd_ops = { .list = odd_list };

static void endless_folders_end(void **state)
{
	struct odd_source deep = { .source = { &odd_ops, "odd" }, .width = 1 };
	struct odd_source wide = { .source = { &odd_ops, "odd" }, .width = 3 };
	struct export_list exports = { .count = 77 };
	struct fault why = { 0 };

	(void)state;
	assert_int_equal(export_detect(&deep.source, &exports, &why), 0);
	assert_int_equal(exports.count, 0);
	assert_true(deep.listings < 100);
	exports.count = 77;
	assert_int_equal(export_detect(&wide.source, &exports, &why), -E2BIG);
	assert_int_equal(exports.count, 77);
	assert_non_null(strstr(why.text, "10000 folders"));
	assert_non_null(strstr(why.cure, "odd/PREFIX/EXPORT"));
	assert_true(wide.listings <= 10000);
}

static void a_failing_source_is_reported_as_it_says(void **state)
{
	static const struct {
		int root_error, error, want;
	} cases[] = {
		{ -EIO, 0, -EIO },
		{ -EACCES, 0, -EACCES },
		{ 0, -EIO, -EIO },
		{ 0, -EACCES, -EACCES },
		{ -ENOMEM, 0, -ENOMEM },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct odd_source odd = { { &odd_ops, "odd" }, 0, 2, cases[i].root_error,
			cases[i].error };
		struct export_list exports = { .count = 77 };
		char name[] = "r", folder[] = "";
		const struct export_ref e = { EXPORT_LEGACY, name, folder };
		struct month_list months = { .count = 77 };
		struct fault why = { 0 };

		assert_int_equal(
			export_detect(&odd.source, &exports, &why), cases[i].want);
		assert_int_equal(exports.count, 77);
		assert_string_equal(why.text, cases[i].root_error ? "odd: " : "odd: 0/");
		if (cases[i].root_error) {
			assert_int_equal(export_months(&odd.source, &e, &months, &why),
				cases[i].root_error);
			assert_int_equal(months.count, 77);
		}
	}
}

static void a_denied_folder_does_not_hide_the_rest(void **state)
{
	static const struct sandbox_file tree[] = {
		{ "lost+found/", NULL, 0 },
		{ "r/20240101-20240201/r-1.csv", "a", 0 },
		{ 0 },
	};
	char root[SANDBOX_PATH], denied[SANDBOX_PATH];
	struct export_list exports = { 0 };
	struct object_source *s;
	uid_t me = geteuid();

	(void)state;
	sandbox_make(root);
	sandbox_fill(root, tree);
	sandbox_path(root, "lost+found", denied);
	assert_int_equal(chmod(root, 0755), 0);
	assert_int_equal(chmod(denied, 0), 0);
	assert_true(me != 0 || seteuid(NOBODY) == 0);
	assert_int_equal(folder_open(root, &s, NULL), 0);
	assert_int_equal(export_detect(s, &exports, NULL), 0);
	assert_true(me != 0 || seteuid(me) == 0);
	assert_int_equal(exports.count, 1);
	assert_string_equal(exports.items[0].folder, "r/");
	export_list_finish(&exports);
	object_source_free(s);
	assert_int_equal(chmod(denied, 0700), 0);
	sandbox_remove(root);
}

static void a_copied_export_owns_its_texts(void **state)
{
	char name[] = "r", folder[] = "p/r/";
	const struct export_ref e = { EXPORT_LEGACY_ATHENA, name, folder };
	struct export_ref copy = { 0 };

	(void)state;
	assert_int_equal(export_ref_copy(&e, &copy), 0);
	name[0] = folder[0] = 'x';
	assert_string_equal(copy.name, "r");
	assert_string_equal(copy.folder, "p/r/");
	assert_int_equal(copy.layout, EXPORT_LEGACY_ATHENA);
	export_ref_finish(&copy);
	export_ref_finish(&copy);
	export_ref_finish(NULL);
	export_list_finish(NULL);
	month_list_finish(NULL);
}

struct table_row {
	const char *says;
	const char *root;
	struct sandbox_file tree[5];
	const char *want; /* kind, name, prefix, table, format, health of each */
};

#define MANIFEST(columns, file)                                                          \
	"{\"columns\":[{\"name\":\"" columns "\"}],\"dataFiles\":[\"s3://b/" file "\"]}"
#define ADVICE(file) MANIFEST("recommendation_id", file)
#define CARBON(file) MANIFEST("model_version\"},{\"name\":\"usage_period_start", file)
#define FOUND "its newest manifest is there\n"

static const struct table_row table_rows[] = {
	{ "recommendations, by the manifest of the newest day", NULL,
		{ { "coh/c/data/date=2024-01-02/c-00001.csv.gz", "" },
			{ "coh/c/metadata/date=2024-01-01/c-Manifest.json", "{}" },
			{ "coh/c/metadata/date=2024-01-02/c-Manifest.json",
				ADVICE("coh/c/data/date=2024-01-02/c-00001.csv.gz") } },
		"4 c coh/c/ COST_OPTIMIZATION_RECOMMENDATIONS csv.gz: " FOUND },
	{ "carbon, by its model and period", NULL,
		{ { "air/a/data/carbon_model_version=v3/usage_period=2024-01/a.parquet",
			  "" },
			{ "air/a/metadata/carbon_model_version=v3/usage_period=2024-01/"
			  "a-Manifest.json",
				CARBON("air/a/a-1.snappy.parquet") } },
		"4 a air/a/ CARBON_EMISSIONS parquet: " FOUND },
	{ "a folder for each delivery", NULL,
		{ { "e/metadata/date=2024-01-01/20240101T000000Z-" UUID
		    "/e-Manifest.json",
			  "{}" },
			{ "e/metadata/date=2024-01-01/20240102T000000Z-" UUID
			  "/e-Manifest.json",
				ADVICE("e/e-1.csv.gz") } },
		"4 e e/ COST_OPTIMIZATION_RECOMMENDATIONS csv.gz: " FOUND },
	{ "an export's own folder: the name is in the files", "x/c",
		{ { "x/c/metadata/date=2024-01-02/advice-Manifest.json",
			ADVICE("x/c/c-1.csv.gz") } },
		"4 advice  COST_OPTIMIZATION_RECOMMENDATIONS csv.gz: " FOUND },
	{ "a table of which nobody has heard, told by how it stands", NULL,
		{ { "n/metadata/DATE=2024-01-01/n-Manifest.json",
			MANIFEST("colour", "n/n-1.csv.gz") } },
		"4 n n/  csv.gz: " FOUND },
	{ "without a manifest only carbon's partitions tell", NULL,
		{ { "air/data/carbon_model_version=v3/usage_period=2024-01/a.parquet",
			"" } },
		"4 air air/  : no manifest: unverified\n" },
	{ "dates are of anybody's folders", NULL,
		{ { "logs/date=2024-01-01/x.csv.gz", "" },
			{ "logs/data/date=2024-01-01/x.csv.gz", "" },
			{ "logs/date=2024-01-01/metadata/date=1/x-Manifest.json", "" } },
		"" },
	{ "no values, no partitions of these names", NULL,
		{ { "x/metadata/date/x-Manifest.json", "" },
			{ "x/metadata/dates=1/x-Manifest.json", "" },
			{ "x/metadata/carbon_model_version/x-Manifest.json", "" } },
		"" },
};

static void tables_without_costs_are_told_apart_when_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table_rows); i++) {
		char root[SANDBOX_PATH], path[SANDBOX_PATH], text[4096] = "";
		struct candidate_list found = { 0 };
		struct export_list exports = { 0 };
		struct object_source *s;

		print_message("  %s\n", table_rows[i].says);
		sandbox_make(root);
		sandbox_fill(root, table_rows[i].tree);
		sandbox_path(root, table_rows[i].root ? table_rows[i].root : "", path);
		assert_int_equal(folder_open(path, &s, NULL), 0);
		assert_int_equal(export_detect(s, &exports, NULL), 0);
		assert_int_equal(exports.count, 0);
		export_list_finish(&exports);
		assert_int_equal(export_detect_all(s, &exports, NULL), 0);
		for (size_t k = 0; k < exports.count; k++) {
			const struct export_ref *e = &exports.items[k];
			size_t len = strlen(text);
			struct candidate *c;

			assert_int_equal(e->layout, EXPORT_TABLE);
			assert_int_equal(
				candidate_of_walk(s, e, "", "", &found, NULL), 0);
			c = &found.items[k];
			(void)snprintf(text + len, sizeof(text) - len,
				"%d %s %s %s %s: %s\n", c->kind, c->name, e->folder,
				c->table, c->format, c->health);
		}
		assert_string_equal(text, table_rows[i].want);
		candidate_list_finish(&found);
		export_list_finish(&exports);
		object_source_free(s);
		sandbox_remove(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_holds_these_exports_and_months),
		cmocka_unit_test(tables_without_costs_are_told_apart_when_asked_for),
		cmocka_unit_test(the_pointer_is_the_one_called_after_the_export),
		cmocka_unit_test(endless_folders_end),
		cmocka_unit_test(a_failing_source_is_reported_as_it_says),
		cmocka_unit_test(a_denied_folder_does_not_hide_the_rest),
		cmocka_unit_test(a_copied_export_owns_its_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
