/* Tables beside an export, their partitions and deliveries, as a listing:
 * "NAME: VALUE[@VERSION]=FILE+FILE…", '!' where no manifest named them. */
#include "aws/export/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/object/folder.h"
#include "base/buf.h"
#include "tests/aws/sandbox.h"

/* The user "nobody", for whom root gives up its rights. */
enum { NOBODY = 65534, LISTING_MAX = 64 * 1024 };

#define MANIFEST(files) "{\"executionId\":\"x\",\"dataFiles\":[" files "]}"
#define KEY(key) "\"s3://b/p/" key "\""

struct row {
	const char *says;
	struct sandbox_file tree[14];
	const char *want;
};

static const struct row rows[] = {
	{ "nothing beside it", { { "e/cur2/data/BILLING_PERIOD=2026-11/a.csv", "x" } },
		"" },
	{ "other exports of costs, and folders of other people",
		{ { "e/focus/metadata/billing_period=2026-11/focus-Manifest.json", "{}" },
			{ "e/old/20261101-20261201/old-Manifest.json", "{}" },
			{ "e/logs/data/date=2026-11-01/part-0.csv", "x" },
			{ "e/logs/data/model_version=3/logs-1.csv", "x" },
			{ "e/more/date=2026-11-01/more-1.csv", "x" } },
		"" },
	{ "days, by the manifest of each",
		{ { "e/coh/data/date=2026-11-02/coh-1.csv.gz", "x" },
			{ "e/coh/data/date=2026-11-02/coh-2.csv.gz", "x" },
			{ "e/coh/data/date=2026-11-02/coh-3.csv.gz", "x" },
			{ "e/coh/data/date=2026-11-01/coh-1.csv.gz", "x" },
			{ "e/coh/metadata/date=2026-11-01/coh-Manifest.json",
				MANIFEST(KEY("e/coh/data/date=2026-11-01/"
					     "coh-1.csv.gz")) },
			{ "e/coh/metadata/date=2026-11-02/coh-Manifest.json",
				MANIFEST(KEY("e/coh/data/date=2026-11-02/"
					     "coh-2.csv.gz") "," KEY("e/coh/data/"
								     "date=2026-11-02/"
								     "coh-1.csv.gz")) } },
		"coh: 2026-11-01=coh-1.csv.gz "
		"2026-11-02=coh-2.csv.gz+coh-1.csv.gz\n" },
	{ "the newest execution, by its manifest",
		{ { "e/coh/data/date=D/20261101T010101Z-a/coh-1.csv.gz", "x" },
			{ "e/coh/data/date=D/20261102T010101Z-b/coh-1.csv.gz", "xx" },
			{ "e/coh/metadata/date=D/20261101T010101Z-a/"
			  "coh-Manifest.json",
				MANIFEST(KEY("e/coh/data/date=D/20261101T010101Z-a/"
					     "coh-1.csv.gz")) },
			{ "e/coh/metadata/date=D/20261102T010101Z-b/"
			  "coh-Manifest.json",
				MANIFEST(KEY("e/coh/data/date=D/20261102T010101Z-b/"
					     "coh-1.csv.gz")) } },
		"coh: D=20261102T010101Z-b/coh-1.csv.gz\n" },
	{ "copies of data alone: the newest execution, or all files that are not "
	  "empty",
		{ { "e/coh/data/date=1/20261101T010101Z-a/coh-1.csv.gz", "x" },
			{ "e/coh/data/date=1/20261102T010101Z-b/coh-1.csv.gz", "x" },
			{ "e/coh/data/date=2/coh-1.csv.gz", "x" },
			{ "e/coh/data/date=2/coh-2.csv.gz", "x" },
			{ "e/coh/data/date=2/coh-3.csv.gz", "" } },
		"coh: 1=!20261102T010101Z-b/coh-1.csv.gz "
		"2=!coh-1.csv.gz+coh-2.csv.gz\n" },
	{ "a copy that begins elsewhere: the same place in the table's folder",
		{ { "e/coh/data/date=1/coh-1.csv.gz", "x" },
			{ "e/coh/metadata/date=1/coh-Manifest.json",
				MANIFEST(KEY("far/away/coh/data/date=1/"
					     "coh-1.csv.gz")) } },
		"coh: 1=coh-1.csv.gz\n" },
	{ "models and periods, by the numbers in their versions",
		{ { "e/air/data/carbon_model_version=v10.0.0/"
		    "usage_period=2026-10/"
		    "air-1.csv.gz",
			  "x" },
			{ "e/air/data/carbon_model_version=v9.2.0/"
			  "usage_period=2026-10/"
			  "air-1.csv.gz",
				"x" },
			{ "e/air/data/carbon_model_version=v9.10.0/"
			  "usage_period=2026-10/"
			  "air-1.csv.gz",
				"x" },
			{ "e/air/data/carbon_model_version=v9.2.0/"
			  "usage_period=2026-09/"
			  "air-1.csv.gz",
				"x" },
			{ "e/air/data/carbon_model_version=v9.2.0/notes.txt", "x" } },
		"air: 2026-09@v9.2.0=!air-1.csv.gz 2026-10@v9.2.0=!air-1.csv.gz "
		"2026-10@v9.10.0=!air-1.csv.gz 2026-10@v10.0.0=!air-1.csv.gz\n" },
	{ "models as the manual spells them, and in any case",
		{ { "e/air/data/MODEL_VERSION=2/Usage_Period=2026-10/"
		    "air-1.csv.gz",
			  "x" },
			{ "e/air/metadata/model_version=2/usage_period=2026-10/"
			  "air-Manifest.json",
				MANIFEST(KEY("e/air/data/MODEL_VERSION=2/"
					     "Usage_Period=2026-10/air-1.csv.gz")) } },
		"air: 2026-10@2=air-1.csv.gz\n" },
	{ "a day of whose files nothing is there, one without a value, one "
	  "spelled twice",
		{ { "e/coh/metadata/date=1/coh-Manifest.json",
			  MANIFEST(KEY("e/coh/data/date=1/coh-1.csv.gz")) },
			{ "e/coh/metadata/date=/coh-Manifest.json", "{}" },
			{ "e/coh/data/DATE=2/coh-1.csv.gz", "x" },
			{ "e/coh/data/date=2/coh-2.csv.gz", "x" } },
		"coh: 1=No data available 2=!coh-1.csv.gz\n" },
	{ "several, by their folders",
		{ { "e/b/metadata/date=1/b-Manifest.json", "{}" },
			{ "e/a/metadata/date=1/a-Manifest.json", "no manifest" },
			{ "e/c/d/metadata/date=1/d-Manifest.json", "{}" } },
		"a: 1=Bad message\nb: 1=Bad message\n" },
};

static void append_files(
	const struct table_partition *p, const struct delivery *d, struct buf *out)
{
	if (!d->verified)
		assert_int_equal(buf_append_byte(out, '!'), 0);
	for (size_t i = 0; i < d->count; i++) {
		const char *key = d->files[i].key;

		assert_true(p->data && strncmp(key, p->data, strlen(p->data)) == 0);
		assert_int_equal(
			buf_appendf(out, "%s%s", i ? "+" : "", key + strlen(p->data)), 0);
	}
}

static void append_table(
	struct object_source *s, const struct export_ref *e, struct buf *out)
{
	struct table_partition_list list = { 0 };
	struct fault why = { 0 };

	assert_int_equal(e->layout, EXPORT_TABLE);
	assert_int_equal(table_partitions(s, e, &list, &why), 0);
	assert_int_equal(buf_appendf(out, "%s:", e->name), 0);
	for (size_t i = 0; i < list.count; i++) {
		const struct table_partition *p = &list.items[i];
		struct delivery d = { 0 };
		int r = table_delivery(s, e, p, &d, &why);

		assert_int_equal(buf_appendf(out, " %s%s%s=", p->value,
					 p->version[0] ? "@" : "", p->version),
			0);
		if (r == 0)
			append_files(p, &d, out);
		else
			assert_int_equal(buf_append_text(out, fault_errno_text(r)), 0);
		delivery_finish(&d);
	}
	assert_int_equal(buf_append_byte(out, '\n'), 0);
	table_partition_list_finish(&list);
}

static void tables_partitions_and_files_are_as_they_stand(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out = BUF_INIT(LISTING_MAX);
		struct export_list list = { 0 };
		struct object_source *s;
		struct fault why = { 0 };
		char root[SANDBOX_PATH];

		print_message("%s\n", rows[i].says);
		sandbox_make(root);
		sandbox_fill(root, rows[i].tree);
		assert_int_equal(folder_open(root, &s, &why), 0);
		assert_int_equal(tables_beside(s, "e/cur2/", &list, &why), 0);
		for (size_t k = 0; k < list.count; k++)
			append_table(s, &list.items[k], &out);
		assert_string_equal(out.len ? buf_text(&out) : "", rows[i].want);
		buf_finish(&out);
		export_list_finish(&list);
		object_source_free(s);
		sandbox_remove(root);
	}
}

static void a_folder_that_may_not_be_listed_hides_no_other(void **state)
{
	static const struct sandbox_file tree[] = {
		{ "a/metadata/date=1/a-Manifest.json", "{}", 0 },
		{ "b/metadata/date=1/b-Manifest.json", "{}", 0 },
		{ 0 },
	};
	struct export_list list = { 0 };
	struct object_source *s;
	struct fault why = { 0 };
	char root[SANDBOX_PATH], shut[SANDBOX_PATH];

	(void)state;
	if (geteuid() != 0)
		skip();
	sandbox_make(root);
	sandbox_fill(root, tree);
	assert_int_equal(chmod(root, 0755), 0);
	sandbox_path(root, "a/metadata", shut);
	assert_int_equal(chmod(shut, 0), 0);
	assert_int_equal(folder_open(root, &s, &why), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	assert_int_equal(tables_beside(s, "cur2/", &list, &why), 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].folder, "b/");
	export_list_finish(&list);
	assert_int_equal(chmod(root, 0), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	assert_int_equal(tables_beside(s, "cur2/", &list, &why), -EACCES);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(root, 0700), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(chmod(shut, 0700), 0);
	object_source_free(s);
	sandbox_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_partitions_and_files_are_as_they_stand),
		cmocka_unit_test(a_folder_that_may_not_be_listed_hides_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
