/* Which files a scope has, what a selection leaves of them, and what a scope comes to. */
#include "tests/fs/view_case.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char bare_id[] = "222222222222", unknown_id[] = "999999999999";
static char *bare_ids[] = { bare_id, unknown_id };
static const struct selection only_bare = { bare_ids, 2 };

static void a_selection_without_a_list_has_every_account(void **state)
{
	static const struct selection none;
	static char a[] = "1", b[] = "12", c[] = "3";
	static char *ids[] = { a, b, c };
	static const struct selection three = { ids, 3 };
	static const char *const absent[] = { "", "0", "11", "123", "2", "30", "4" };

	(void)state;
	assert_true(selection_has(NULL, SPAN("1")));
	assert_true(selection_has(&none, SPAN("1")));
	for (size_t i = 0; i < three.count; i++)
		assert_true(selection_has(&three, span_of(ids[i])));
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		assert_false(selection_has(&three, span_of(absent[i])));
}

static void unconnected_accounts_are_in_unconnected_csv_only(void **state)
{
	struct month *m = view_case_month();
	const struct scope all = { m, &only_bare, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct scope prod = { m, &only_bare, 0, VIEW_ALL, VIEW_ALL };
	const struct scope prod_ec2 = { m, &only_bare, 0, 0, VIEW_ALL };
	const struct scope prod_resource = { m, &only_bare, 0, 0, 0 };

	(void)state;
	expect_file(&all, VIEW_TOTAL, 0,
		"month,status,as_of," MONEY "\n"
		"2026-11,final,2026-11-23T14:00:00Z,0.75,,,,1.00,USD,3\n");
	expect_file(&all, VIEW_BY_ACCOUNT, 0,
		"account_id," MONEY ",name\n222222222222,0.75,,,,1.00,USD,3,\n");
	expect_file(&all, VIEW_UNCONNECTED, 0,
		"account_id," MONEY ",name\n"
		"111111111111,0.75,0.70,0.75,0.70,0.80,CNY,1,Prod\n"
		"111111111111,-1.249999999999999999,,-1.549999999999999999,,2.50,USD,4,"
		"Prod\n");
	expect_file(&prod, VIEW_BY_SERVICE, 0, "service," MONEY ",name\n");
	expect_file(&prod_ec2, VIEW_RESOURCE_INDEX, 0,
		"resource,region,resource_id," MONEY ",name\n");
	expect_open_fails(&prod_resource, VIEW_RESOURCE_DAILY, -ENOENT);
	month_unref(m);
}

struct presence {
	enum view_file file;
	/* of organization, account, service, account's service, resource */
	const char *is_in;
	/* the same, in a directory below */
	const char *is_below;
};

static const struct presence presences[] = {
	{ VIEW_TOTAL, "++++-", "-----" },
	{ VIEW_BY_ACCOUNT, "+-+--", "-----" },
	{ VIEW_BY_SERVICE, "++++-", "-----" },
	{ VIEW_BY_REGION, "++++-", "-----" },
	{ VIEW_BY_USAGE_TYPE, "++++-", "-----" },
	{ VIEW_BY_OPERATION, "++++-", "-----" },
	{ VIEW_BY_CHARGE_TYPE, "++++-", "-----" },
	{ VIEW_BY_RESOURCE, "++++-", "-----" },
	{ VIEW_DAILY, "++++-", "-----" },
	{ VIEW_DAILY_BY_SERVICE, "++++-", "-----" },
	{ VIEW_TAG_COVERAGE, "++++-", "-----" },
	{ VIEW_UNTAGGED, "++++-", "-----" },
	{ VIEW_CREDITS, "++++-", "-----" },
	{ VIEW_REFUNDS, "++++-", "-----" },
	{ VIEW_TAX, "++++-", "-----" },
	{ VIEW_FEES, "++++-", "-----" },
	{ VIEW_MARKETPLACE, "++++-", "-----" },
	{ VIEW_INVOICES, "++++-", "-----" },
	{ VIEW_SPLIT_COSTS, "++++-", "-----" },
	{ VIEW_UNCONNECTED, "+----", "-----" },
	{ VIEW_COSTS, "---+-", "-----" },
	{ VIEW_LINES, "+++-+", "-----" },
	{ VIEW_RESOURCE_INDEX, "-----", "---+-" },
	{ VIEW_RESOURCE_SUMMARY, "----+", "-----" },
	{ VIEW_RESOURCE_DAILY, "----+", "-----" },
	/* With key 0, which is no tag key. */
	{ VIEW_BY_TAG, "-----", "-----" },
	{ VIEW_BY_CATEGORY, "-----", "-----" },
};

static void each_scope_has_its_files_and_no_others(void **state)
{
	struct month *m = view_case_month();
	const struct scope scopes[] = {
		{ m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL },
		{ m, NULL, 0, VIEW_ALL, VIEW_ALL },
		{ m, NULL, VIEW_ALL, 0, VIEW_ALL },
		{ m, NULL, 0, 0, VIEW_ALL },
		{ m, NULL, 0, 0, 0 },
	};

	(void)state;
	assert_int_equal(ARRAY_LEN(presences), VIEW_FILE_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(presences); i++) {
		const struct presence *p = &presences[i];

		for (size_t k = 0; k < ARRAY_LEN(scopes); k++) {
			struct view_cache *c = view_cache_new(1 << 20);
			bool is_in = p->is_in[k] == '+';
			bool exists = is_in || p->is_below[k] == '+';
			uint64_t size;

			print_message("file %zu, scope %zu\n", i, k);
			assert_int_equal(view_is_in(&scopes[k], p->file), is_in);
			assert_int_equal(view_stat(c, &scopes[k], VIEW_CSV(p->file, 0),
						 true, &size, NULL),
				exists ? 0 : -ENOENT);
			view_cache_free(c);
		}
	}
	month_unref(m);
}

static void scopes_that_the_month_has_not_are_not_there(void **state)
{
	struct month *m = view_case_month();
	const struct scope absent[] = {
		{ m, NULL, 2, VIEW_ALL, VIEW_ALL },
		{ m, NULL, VIEW_ALL, 2, VIEW_ALL },
		{ m, NULL, 0, 2, VIEW_ALL },
		{ m, NULL, 0, 0, 2 },
		{ m, NULL, VIEW_ALL, VIEW_ALL, 0 },
		{ m, NULL, 0, VIEW_ALL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
		struct entry e;

		expect_open_fails(&absent[i], VIEW_TOTAL, -ENOENT);
		expect_open_fails(&absent[i], VIEW_LINES, -ENOENT);
		assert_int_equal(view_totals(&absent[i], &e, 1), -ENOENT);
	}
	month_unref(m);
}

static void every_file_name_is_its_own_in_a_directory(void **state)
{
	(void)state;
	assert_string_equal(view_file_name(VIEW_BY_SERVICE), "by-service.csv");
	assert_string_equal(view_file_name(VIEW_RESOURCE_INDEX), "index.csv");
	assert_null(view_file_name(VIEW_BY_TAG));
	assert_null(view_file_name(VIEW_BY_CATEGORY));
	for (int a = 0; a < VIEW_RESOURCE_INDEX; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(view_file_name((enum view_file)a),
				view_file_name((enum view_file)b));
}

static void keys_are_those_of_the_scope_by_name(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1", .service = "A", .tags = "team=a;Team=b;aws:by=c" },
		{ .account = "1",
			.service = "B",
			.tags = "team=d",
			.categories = "Unit=x" },
		{ .account = "2", .service = "A", .tags = "env=e" },
	};
	static const char *const wanted[] = { "Team", "aws:by", "env", "team" };
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct scope b = { m, NULL, VIEW_ALL, 1, VIEW_ALL };
	const struct scope unconnected = { m, &only_bare, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct scope resource = { m, NULL, 0, 0, 0 };
	uint32_t *keys = NULL;

	(void)state;
	assert_int_equal(view_keys(&all, VIEW_BY_TAG, &keys), ARRAY_LEN(wanted));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_true(span_eq(month_text(m, keys[i]), span_of(wanted[i])));
	free(keys);
	assert_int_equal(view_keys(&b, VIEW_BY_TAG, &keys), 1);
	assert_int_equal(keys[0], fake_month_text(m, "team"));
	free(keys);
	assert_int_equal(view_keys(&b, VIEW_BY_CATEGORY, &keys), 1);
	assert_int_equal(keys[0], fake_month_text(m, "Unit"));
	free(keys);
	keys = NULL;
	assert_int_equal(view_keys(&unconnected, VIEW_BY_TAG, &keys), 0);
	free(keys);
	keys = NULL;
	assert_int_equal(view_keys(&resource, VIEW_BY_TAG, &keys), 0);
	free(keys);
	keys = NULL;
	assert_int_equal(view_keys(&all, VIEW_TOTAL, &keys), 0);
	free(keys);
	month_unref(m);
}

static void a_cost_category_has_a_file_and_a_rest(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1", .service = "A", .cost = { "1" }, .categories = "U=x" },
		{ .account = "2", .service = "A", .cost = { "2" }, .categories = "U=x" },
		{ .account = "2", .service = "A", .cost = { "4" }, .categories = "V=x" },
	};
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	expect_file(&all, VIEW_BY_CATEGORY, fake_month_text(m, "U"),
		"value," MONEY "\n_untagged,4.00,,,,,USD,1\nx,3.00,,,,,USD,2\n");
	month_unref(m);
}

/* Also by which of two equal sums comes first. */
static void a_text_that_is_spelled_as_a_name_of_ours_is_another_key(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1",
			.service = "A",
			.cost = { "2" },
			.categories = "U=_untagged" },
		{ .account = "1", .service = "A", .cost = { "2" } },
		{ .account = "1",
			.service = "A",
			.cost = { "2" },
			.categories = "U=%5Funtagged" },
		{ .account = "1",
			.service = "A",
			.cost = { "2" },
			.categories = "U=%255Funtagged" },
		{ .account = "1",
			.service = "A",
			.cost = { "2" },
			.categories = "U=_untagged2" },
		{ .account = "1",
			.service = "A",
			.cost = { "2" },
			.categories = "U=%5Fun" },
		{ .account = "1",
			.service = "A",
			.cost = { "2" },
			.region = "_no-region" },
		{ .account = "1",
			.service = "A",
			.cost = { "1" },
			.region = "_untagged" },
	};
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	expect_file(&all, VIEW_BY_CATEGORY, fake_month_text(m, "U"),
		"value," MONEY "\n"
		"_untagged,5.00,,,,,USD,3\n"
		"%25255Funtagged,2.00,,,,,USD,1\n"
		"%255Funtagged,2.00,,,,,USD,1\n"
		"%5Fun,2.00,,,,,USD,1\n"
		"%5Funtagged,2.00,,,,,USD,1\n"
		"_untagged2,2.00,,,,,USD,1\n");
	expect_file(&all, VIEW_BY_REGION, 0,
		"region," MONEY "\n"
		"_no-region,12.00,,,,,USD,6\n"
		"%5Fno-region,2.00,,,,,USD,1\n"
		"_untagged,1.00,,,,,USD,1\n");
	month_unref(m);
}

static void totals_are_one_a_currency_dearest_first(void **state)
{
	struct month *m = view_case_month();
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct scope resource = { m, NULL, 0, 0, 1 };
	struct entry e[2] = { { .lines = 55 }, { .lines = 66 } };
	char text[MONEY_TEXT_MAX];

	(void)state;
	assert_int_equal(view_totals(&all, e, 0), 2);
	assert_int_equal(e[0].lines, 55);
	assert_int_equal(view_totals(&all, e, 1), 2);
	assert_int_equal(e[0].lines, 1);
	assert_int_equal(e[0].currency, fake_month_text(m, "CNY"));
	assert_int_equal(e[1].lines, 66);
	assert_int_equal(view_totals(&all, e, 2), 2);
	assert_int_equal(e[1].lines, 7);
	assert_false(entry_has(&e[1], COST_AMORTIZED));
	/* Resource 1 of the slice is i-1, behind _no-resource. */
	assert_int_equal(view_totals(&resource, e, 2), 1);
	assert_int_equal(e[0].lines, 2);
	assert_true(span_eq(
		(struct span){ text, money_format(e[0].cost[0], text) }, SPAN("1.75")));
	month_unref(m);
}

static void status_says_whether_lines_are_billed(void **state)
{
	struct month *m = view_case_month();
	struct month *empty = fake_month_new(NULL, NULL, 0);
	struct month *untold =
		fake_month_new(&(struct fake_options){ .lacks_invoices = true }, NULL, 0);

	(void)state;
	assert_string_equal(view_status(&(struct scope){
				    untold, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL }),
		"");
	month_unref(untold);
	assert_string_equal(
		view_status(&(struct scope){ m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL }),
		"mixed");
	assert_string_equal(
		view_status(&(struct scope){ m, NULL, 0, VIEW_ALL, VIEW_ALL }),
		"estimated");
	assert_string_equal(
		view_status(&(struct scope){ m, NULL, 1, VIEW_ALL, VIEW_ALL }), "final");
	assert_string_equal(
		view_status(&(struct scope){ m, NULL, VIEW_ALL, 1, VIEW_ALL }), "mixed");
	assert_string_equal(view_status(&(struct scope){ m, NULL, 1, 0, 0 }), "final");
	assert_string_equal(
		view_status(&(struct scope){ empty, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL }),
		"estimated");
	month_unref(m);
	month_unref(empty);
}

static void a_resource_has_no_status_where_its_service_is_mixed(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1", .service = "A", .resource = "i-1", .invoice = "77" },
		{ .account = "1", .service = "A", .resource = "i-2" },
		{ .account = "1", .service = "B", .resource = "i-1", .invoice = "77" },
	};
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));

	(void)state;
	assert_string_equal(
		view_status(&(struct scope){ m, NULL, 0, 0, VIEW_ALL }), "mixed");
	assert_string_equal(view_status(&(struct scope){ m, NULL, 0, 0, 0 }), "");
	assert_string_equal(view_status(&(struct scope){ m, NULL, 0, 0, 1 }), "");
	assert_string_equal(view_status(&(struct scope){ m, NULL, 0, 1, 0 }), "final");
	month_unref(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selection_without_a_list_has_every_account),
		cmocka_unit_test(unconnected_accounts_are_in_unconnected_csv_only),
		cmocka_unit_test(each_scope_has_its_files_and_no_others),
		cmocka_unit_test(scopes_that_the_month_has_not_are_not_there),
		cmocka_unit_test(every_file_name_is_its_own_in_a_directory),
		cmocka_unit_test(keys_are_those_of_the_scope_by_name),
		cmocka_unit_test(a_cost_category_has_a_file_and_a_rest),
		cmocka_unit_test(a_text_that_is_spelled_as_a_name_of_ours_is_another_key),
		cmocka_unit_test(totals_are_one_a_currency_dearest_first),
		cmocka_unit_test(status_says_whether_lines_are_billed),
		cmocka_unit_test(a_resource_has_no_status_where_its_service_is_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
