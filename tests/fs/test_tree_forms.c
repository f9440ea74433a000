/* Files under another ending. Sums by hand from the rows in tree_case.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/fs/tree_case.h"

#define NOVEMBER "2026-11, mixed, as of 2026-11-23T14:00:00Z\n"

static void a_file_has_other_forms_under_other_endings(void **state)
{
	expect_text(*state, "months/2026-11/by-service.txt",
		"Costs by service\nall accounts, " NOVEMBER "\n"
		"service        unblended_cost       %  amortized_cost  curre"
		"ncy  lines  name\n"
		"-------------  --------------  ------  --------------  -----"
		"---  -----  ----------\n"
		"AmazonEC2               10.88   75.65            1.58  USD  "
		"         4  Amazon EC2\n"
		"AWSLambda                3.00   20.87                  USD  "
		"         1  AWS Lambda\n"
		"MongoDB Atlas            0.50    3.48                  USD           1\n"
		"-------------  --------------  ------  --------------  -----"
		"---  -----  ----------\n"
		"total                   14.38  100.00            1.58  USD           "
		"6\n");
	expect_text(*state, "accounts/prod-eu/2026-11/by-tag/team.tsv",
		"value\tunblended_cost\tnet_unblended_cost\tamortized_cost\t"
		"net_amortized_cost\tlist_cost\tcurrency\tlines\n"
		"_untagged\t3.625\t\t0.125\t\t\tUSD\t3\n"
		"web\t1.75\t\t1.45\t\t\tUSD\t2\n");
	expect_text(*state, "months/2026-11/by-cost-category/Unit.json",
		"[\n{\"value\":\"_untagged\",\"unblended_cost\":11.375,"
		"\"net_unblended_cost\":null,\"amortized_cost\":1.575,"
		"\"net_amortized_cost\":null,\"list_cost\":null,\"currency\":\"USD\","
		"\"lines\":5},\n{\"value\":\"Retail\",\"unblended_cost\":3.00,"
		"\"net_unblended_cost\":null,\"amortized_cost\":null,"
		"\"net_amortized_cost\":null,\"list_cost\":null,\"currency\":\"USD\","
		"\"lines\":1}\n]\n");
}

static void what_it_is_about_stands_above(void **state)
{
	expect_has(*state, "accounts/prod-eu/2026-11/daily.txt",
		"Costs by day\nProd EU (111111111111), 2026-11, estimated, as of "
		"2026-11-23T14:00:00Z\n\n");
	expect_has(*state, "accounts/prod-eu/2026-11/services/ec2/total.md",
		"### Total costs\n\nProd EU (111111111111), AmazonEC2, 2026-11, ");
	expect_has(*state,
		"accounts/prod-eu/2026-11/services/ec2/resources/i-1/daily.txt",
		"Costs by day\nProd EU (111111111111), AmazonEC2, i-1, 2026-11, ");
	expect_has(*state, "accounts/222222222222/2026-10/total.md",
		"### Total costs\n\nno rows, 2026-10, ");
	expect_has(*state, "months/2026-11/by-tag/team.txt",
		"Costs by tag team\nall accounts, " NOVEMBER "\n");
	expect_has(*state, "accounts.txt", "Accounts\n" NOVEMBER "\naccount_id ");
}

static void every_file_of_the_kit_has_every_form(void **state)
{
	static const char *const files[] = { "accounts", "services", "months",
		"months/2026-11/total", "months/2026-11/by-account",
		"months/2026-11/by-resource", "months/2026-11/tag-coverage",
		"months/2026-11/unconnected", "months/2026-11/invoices",
		"months/2026-11/lines", "months/2026-11/by-tag/a%2Fb",
		"accounts/prod-eu/2026-11/services/ec2/costs",
		"accounts/prod-eu/2026-11/services/ec2/resources/index",
		"accounts/prod-eu/2026-11/services/ec2/resources/i-1/summary",
		"accounts/prod-eu/2026-11/services/ec2/resources/i-1/lines" };
	uint64_t inos[ARRAY_LEN(files) * FORM_COUNT];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const char *slash = strrchr(files[i], '/');
		const char *name = slash ? slash + 1 : files[i];

		for (int form = 0; form < FORM_COUNT; form++) {
			struct buf text = BUF_INIT(1 << 20), path = BUF_INIT(1000);
			struct tree_entry e;

			if (!form_is_of((enum form)form, span_of(name)))
				continue;
			assert_int_equal(buf_appendf(&path, "%s%s", files[i],
						 form_ending((enum form)form)),
				0);
			e = expect_path(*state, buf_text(&path));
			read_node(*state, e.node, 100, &text);
			assert_int_equal(text.len, e.attr.st_size);
			for (size_t k = 0; k < count; k++)
				assert_int_not_equal(inos[k], e.attr.st_ino);
			inos[count++] = e.attr.st_ino;
			buf_clear(&text);
			assert_int_equal(tree_path(((struct tree_case *)*state)->tree,
						 e.node, &text),
				0);
			assert_string_equal(strrchr(buf_text(&text), '.'),
				form_ending((enum form)form));
			buf_finish(&text);
			buf_finish(&path);
		}
	}
}

static void no_listing_names_them(void **state)
{
	struct tree_case *c = *state;

	expect_names(c, "months/2026-11/by-tag", "a%2Fb.csv\nteam.csv\n");
	expect_no_path(c, "months/2026-11/by-service", -ENOENT);
	expect_no_path(c, "months/2026-11/by-service.txt.csv", -ENOENT);
	expect_no_path(c, "months/2026-11/by-service.csv.txt", -ENOENT);
	expect_no_path(c, "months/2026-11/by-service.TXT", -ENOENT);
	expect_no_path(c, "months/2026-11/by-tag/none.txt", -ENOENT);
	expect_no_path(c, "months/2026-11/.txt", -ENOENT);
	expect_no_path(c, "README.json", -ENOENT);
}

static void line_items_come_in_parts_that_are_not_listed(void **state)
{
	static const struct {
		const char *whole, *parts;
	} files[] = {
		{ "accounts/prod-eu/2026-11/services/ec2/costs.csv", "costs.d" },
		{ "accounts/prod-eu/2026-11/lines.csv", "lines.d" },
		{ "accounts/222222222222/2026-10/lines.csv", "lines.d" },
		{ "months/2026-11/lines.csv", "lines.d" },
		{ "months/2026-11/services/ec2/lines.csv", "lines.d" },
	};
	static const char *const names[] = { "part-0000.csv", "part-0002.csv",
		"part-1.csv", "part-00001.csv", "part-0001.txt", "part-0001",
		"part-0001.csv.csv", "part-", ".csv", "part-4294967297.csv",
		"part-99999999999999999999.csv", "part-000\xC1.csv" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct buf whole = BUF_INIT(1 << 20), path = BUF_INIT(1000);
		size_t directory;

		read_node(*state, expect_path(*state, files[i].whole).node, 999, &whole);
		assert_int_equal(buf_append_text(&path, files[i].whole), 0);
		buf_truncate(&path,
			(size_t)(strrchr(files[i].whole, '/') + 1 - files[i].whole));
		assert_int_equal(buf_append_text(&path, files[i].parts), 0);
		assert_true(S_ISDIR(expect_path(*state, buf_text(&path)).attr.st_mode));
		expect_names(*state, buf_text(&path), "part-0001.csv\n");
		directory = path.len;
		for (size_t n = 0; n < ARRAY_LEN(names); n++) {
			buf_truncate(&path, directory);
			assert_int_equal(buf_appendf(&path, "/%s", names[n]), 0);
			expect_no_path(*state, buf_text(&path), -ENOENT);
		}
		buf_truncate(&path, directory);
		assert_int_equal(buf_append_text(&path, "/part-0001.csv"), 0);
		expect_text(*state, buf_text(&path), buf_text(&whole));
		buf_finish(&whole);
		buf_finish(&path);
	}
	expect_same_path(*state,
		"accounts/prod-eu/2026-11/services/ec2/costs.d/part-0001.csv",
		"accounts/prod-eu_111111111111/2026-11/services/AmazonEC2/costs.d/"
		"part-0001.csv");
	expect_no_path(*state, "accounts/prod-eu/2026-11/services/ec2/lines.d", -ENOENT);
	expect_no_path(*state, "months/2026-11/costs.d", -ENOENT);
	expect_no_path(*state, "months/2026-11/total.d", -ENOENT);
	expect_no_path(*state,
		"accounts/prod-eu/2026-11/services/ec2/resources/i-1/lines.d", -ENOENT);
}

static void what_is_listed_is_meant_before_a_form(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "111111111111",
			.service = "AmazonS3",
			.resource = "index.txt",
			.date = "2026-12-01",
			.cost = { "1.00" },
			.tags = "x=1;x.txt=2" },
		{ .account = "111111111111",
			.service = "AmazonS3",
			.date = "2026-12-01",
			.cost = { "2.00" },
			.tags = "x=1" },
	};
	const char *s3 = "accounts/111111111111/2026-12/services/s3/resources";
	struct tree_case *c = *state;
	struct buf path = BUF_INIT(1000);
	struct tree_entry e;

	fake_library_ready(c->library,
		fake_month_new(&(struct fake_options){ .month = "2026-12", .id = "d" },
			rows, ARRAY_LEN(rows)));
	assert_int_equal(buf_appendf(&path, "%s/index.txt", s3), 0);
	e = expect_path(c, buf_text(&path));
	assert_true(S_ISDIR(e.attr.st_mode));
	buf_clear(&path);
	assert_int_equal(buf_appendf(&path, "%s/index.json", s3), 0);
	e = expect_path(c, buf_text(&path));
	assert_true(S_ISREG(e.attr.st_mode));
	buf_finish(&path);
	expect_names(c, "months/2026-12/by-tag", "x.csv\nx.txt.csv\n");
	expect_has(c, "months/2026-12/by-tag/x.txt", "Costs by tag x\n");
	expect_has(c, "months/2026-12/by-tag/x.txt.txt", "Costs by tag x.txt\n");
	expect_has(c, "months/2026-12/by-tag/x.txt.csv", "\n2,1.00,");
}

static void forms_of_sums_need_no_more_than_sums(void **state)
{
	struct buf sums = BUF_INIT(1 << 16), whole = BUF_INIT(1 << 16);
	struct tree_need need = { .caller = 0 };
	struct tree_entry e, again;
	struct tree_case c;

	(void)state;
	tree_case_init(&c, NULL);
	fake_library_know(c.library, "2026-11", "");
	assert_int_equal(tree_walk(c.tree, SPAN("months/2026-11/by-region.json"), true,
				 &e, &need, NULL),
		-EAGAIN);
	assert_int_equal(need.sums.dims, view_dims(VIEW_BY_REGION));
	fake_library_sums(c.library, tree_case_november_sums(3));
	e = expect_path(&c, "months/2026-11/by-region.json");
	read_node(&c, e.node, 4096, &sums);
	fake_library_ready(c.library, tree_case_november(3));
	again = expect_path(&c, "months/2026-11/by-region.json");
	assert_int_equal(again.node, e.node);
	read_node(&c, again.node, 4096, &whole);
	assert_true(span_eq(buf_span(&sums), buf_span(&whole)));
	buf_finish(&sums);
	buf_finish(&whole);
	tree_case_finish(&c);
}

static void note(void *context, uint64_t parent, const char *name)
{
	(void)parent;
	if (name && buf_appendf(context, "%s\n", name) < 0)
		fail();
}

static void forms_of_the_roots_tables_are_told_with_them(void **state)
{
	struct tree_case *c = *state;
	struct buf told = BUF_INIT(1 << 16);
	struct month_no m;

	assert_int_equal(month_parse(SPAN("2026-11"), &m), 0);
	expect_path(c, "accounts.txt");
	expect_path(c, "months.md");
	tree_changes(c->tree, LIBRARY_MONTH_READY, m, note, &told);
	assert_non_null(strstr(buf_text(&told), "accounts.txt\n"));
	assert_non_null(strstr(buf_text(&told), "months.md\n"));
	assert_null(strstr(buf_text(&told), "services.txt\n"));
	buf_finish(&told);
}

#define CASE(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, tree_case_setup_filled, tree_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_file_has_other_forms_under_other_endings),
		CASE(what_it_is_about_stands_above),
		CASE(every_file_of_the_kit_has_every_form),
		CASE(no_listing_names_them),
		CASE(line_items_come_in_parts_that_are_not_listed),
		CASE(what_is_listed_is_meant_before_a_form),
		CASE(forms_of_sums_need_no_more_than_sums),
		CASE(forms_of_the_roots_tables_are_told_with_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
