/* Each file of the kit, against sums done by hand from the rows in view_case.c. */
#include "tests/fs/view_case.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define EC2_ALL "-1.249999999999999999,,,,3.50,USD,6"
#define PROD_USD "-1.249999999999999999,,-1.549999999999999999,,2.50,USD,4"
#define S3_CNY "0.75,0.70,0.75,0.70,0.80,CNY,1"
#define S3_USD "0.75,,0.75,,,USD,1"
#define BARE_USD "0.75,,,,1.00,USD,3"
#define CNY_ZERO "0.00,0.00,0.00,0.00,0.00,CNY,0"
#define USD_ZERO "0.00,,0.00,,0.00,USD,0"

struct file_case {
	enum view_file file;
	const char *want;
};

static const struct file_case organization[] = {
	{ VIEW_TOTAL,
		"month,status,as_of," MONEY "\n"
		"2026-11,mixed,2026-11-23T14:00:00Z," S3_CNY "\n"
		"2026-11,mixed,2026-11-23T14:00:00Z,"
		"-0.499999999999999999,,,,3.50,USD,7\n" },
	{ VIEW_BY_ACCOUNT,
		"account_id," MONEY ",name\n"
		"111111111111," S3_CNY ",Prod\n"
		"222222222222," BARE_USD ",\n"
		"111111111111," PROD_USD ",Prod\n" },
	{ VIEW_BY_SERVICE,
		"service," MONEY ",name\n"
		"AmazonS3," S3_CNY ",Amazon S3\n"
		"AmazonS3," S3_USD ",Amazon S3\n"
		"AmazonEC2," EC2_ALL ",Amazon EC2\n" },
	{ VIEW_BY_REGION,
		"region," MONEY "\n"
		"us-east-1," S3_CNY "\n"
		"us-east-1," BARE_USD "\n"
		"_no-region,0.000000000000000001,,0.000000000000000001,,,USD,1\n"
		"eu-west-1,-1.25,,-1.55,,2.50,USD,3\n" },
	{ VIEW_BY_USAGE_TYPE,
		"usage_type," MONEY "\n"
		"BoxUsage,1.75,,,,3.50,USD,3\n"
		"Storage," S3_CNY "\n"
		"Storage," S3_USD "\n"
		"DataTransfer,0.000000000000000001,,0.000000000000000001,,,USD,1\n"
		",-3.00,,-3.00,,,USD,1\n"
		"EKS:pod,,,,,,USD,1\n" },
	{ VIEW_BY_OPERATION,
		"operation," MONEY "\n"
		"RunInstances,1.75,,,,3.50,USD,3\n"
		"Put," S3_CNY "\n"
		"Put," S3_USD "\n"
		"Out,0.000000000000000001,,0.000000000000000001,,,USD,1\n"
		",-3.00,,-3.00,,,USD,1\n"
		"EKSPod-EC2,,,,,,USD,1\n" },
	{ VIEW_BY_CHARGE_TYPE,
		"charge_type," MONEY "\n"
		"Usage,2.500000000000000001,,2.200000000000000001,,2.50,USD,5\n"
		"Usage," S3_CNY "\n"
		"DiscountedUsage,0.00,,,,1.00,USD,1\n"
		"Credit,-3.00,,-3.00,,,USD,1\n" },
	{ VIEW_BY_RESOURCE,
		"service,region,resource,resource_id," MONEY ",name\n"
		"AmazonEC2,eu-west-1,i-1,i-1,1.75,,1.45,,2.50,USD,2,\"web, 1\"\n"
		"AmazonS3,us-east-1,b,b," S3_CNY ",\n"
		"AmazonS3,us-east-1,b,b," S3_USD ",\n"
		"AmazonEC2,,_no-resource,,0.000000000000000001,,"
		"0.000000000000000001,,,USD,1,\n"
		"AmazonEC2,us-east-1,i-2,i-2,0.00,,,,1.00,USD,1,\n"
		"AmazonEC2,eu-west-1,_no-resource,,-3.00,,-3.00,,,USD,1,\n"
		"AmazonEC2,us-east-1,pod%2Fx,pod/x,,,,,,USD,1,\n" },
	{ VIEW_DAILY,
		"date," MONEY "\n"
		"2026-11-01," CNY_ZERO "\n"
		"2026-11-01,-1.50,,,,3.00,USD,3\n"
		"2026-11-02," CNY_ZERO "\n"
		"2026-11-02,0.250000000000000001,,0.250000000000000001,,0.50,USD,3\n"
		"2026-11-03," S3_CNY "\n"
		"2026-11-03," S3_USD "\n" },
	{ VIEW_DAILY_BY_SERVICE,
		"date,service," MONEY "\n"
		"2026-11-01,AmazonEC2,-1.50,,,,3.00,USD,3\n"
		"2026-11-01,AmazonS3," CNY_ZERO "\n"
		"2026-11-01,AmazonS3," USD_ZERO "\n"
		"2026-11-02,AmazonEC2,0.250000000000000001,,0.250000000000000001,,0.50,"
		"USD,3\n"
		"2026-11-02,AmazonS3," CNY_ZERO "\n"
		"2026-11-02,AmazonS3," USD_ZERO "\n"
		"2026-11-03,AmazonEC2," USD_ZERO "\n"
		"2026-11-03,AmazonS3," S3_CNY "\n"
		"2026-11-03,AmazonS3," S3_USD "\n" },
	/* 100 * 1.75 / -0.499999999999999999 = -350.0000000000000007 */
	{ VIEW_TAG_COVERAGE,
		"tag_key,tagged_cost,untagged_cost,tagged_percent,currency,tagged_lines,"
		"untagged_lines\n"
		"team,1.75,-2.249999999999999999,-350.00,USD,2,5\n"
		"env,0.75,-1.249999999999999999,-150.00,USD,1,6\n"
		"team,0.75,0.00,100.00,CNY,1,0\n"
		"env,0.00,0.75,0.00,CNY,0,1\n" },
	{ VIEW_UNTAGGED,
		"service,region,resource,resource_id," MONEY ",name\n"
		"AmazonEC2,us-east-1,i-2,i-2,0.00,,,,1.00,USD,1,\n"
		"AmazonEC2,us-east-1,pod%2Fx,pod/x,,,,,,USD,1,\n" },
	{ VIEW_CREDITS,
		"service," MONEY ",description\n"
		"AmazonEC2,-3.00,,-3.00,,,USD,1,\"Promo, \"\"gift\"\" next\"\n" },
	{ VIEW_REFUNDS, "service," MONEY ",description\n" },
	{ VIEW_TAX, "service," MONEY ",description\n" },
	{ VIEW_FEES, "service," MONEY ",description\n" },
	{ VIEW_MARKETPLACE, "service," MONEY ",description\n" },
	{ VIEW_INVOICES,
		"invoice_id,status,invoice_amount," MONEY ",invoicing_entity\n"
		",estimated,," S3_CNY ",\n"
		"INV-9,final,0.75," BARE_USD ",\"AWS, Inc.\"\n"
		",estimated,," PROD_USD ",\n" },
	{ VIEW_SPLIT_COSTS,
		"service,operation,resource_id,split_cost,net_split_cost,unused_cost,"
		"net_unused_cost,public_on_demand_split_cost,currency,lines\n"
		"AmazonEC2,EKSPod-EC2,pod/x,0.10,,0.02,,0.20,USD,1\n" },
	{ VIEW_UNCONNECTED, "account_id," MONEY ",name\n" },
};

static void each_file_of_an_organization_is_as_by_hand(void **state)
{
	struct month *m = view_case_month();
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(organization); i++)
		expect_file(&all, organization[i].file, 0, organization[i].want);
	assert_int_equal(fake_month_refs(m), 1);
	month_unref(m);
}

static void tag_files_say_what_is_untagged(void **state)
{
	struct month *m = view_case_month();
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct scope s3 = { m, NULL, VIEW_ALL, 1, VIEW_ALL };

	(void)state;
	expect_file(&all, VIEW_BY_TAG, fake_month_text(m, "team"),
		"value," MONEY "\n"
		"web,1.75,,1.45,,2.50,USD,2\n"
		"data," S3_CNY "\n"
		"_untagged,-2.249999999999999999,,,,1.00,USD,5\n");
	/* All of S3 in CNY has a team, nothing in USD has. */
	expect_file(&s3, VIEW_BY_TAG, fake_month_text(m, "team"),
		"value," MONEY "\n"
		"_untagged," S3_USD "\n"
		"data," S3_CNY "\n");
	month_unref(m);
}

static void a_service_over_all_accounts_has_its_own_kit(void **state)
{
	static const struct file_case cases[] = {
		{ VIEW_BY_ACCOUNT,
			"account_id," MONEY ",name\n"
			"222222222222,0.00,,,,1.00,USD,2,\n"
			"111111111111," PROD_USD ",Prod\n" },
		{ VIEW_BY_SERVICE,
			"service," MONEY ",name\nAmazonEC2," EC2_ALL ",Amazon EC2\n" },
		{ VIEW_DAILY,
			"date," MONEY "\n"
			"2026-11-01,-1.50,,,,3.00,USD,3\n"
			"2026-11-02,0.250000000000000001,,0.250000000000000001,,0.50,"
			"USD,3\n"
			"2026-11-03," USD_ZERO "\n" },
	};
	struct month *m = view_case_month();
	const struct scope ec2 = { m, NULL, VIEW_ALL, 0, VIEW_ALL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_file(&ec2, cases[i].file, 0, cases[i].want);
	month_unref(m);
}

static void an_accounts_service_has_an_index_of_resources(void **state)
{
	struct month *m = view_case_month();
	const struct scope slice = { m, NULL, 0, 0, VIEW_ALL };

	(void)state;
	expect_file(&slice, VIEW_RESOURCE_INDEX, 0,
		"resource,region,resource_id," MONEY ",name\n"
		"i-1,eu-west-1,i-1,1.75,,1.45,,2.50,USD,2,\"web, 1\"\n"
		"_no-resource,,,0.000000000000000001,,0.000000000000000001,,,USD,1,\n"
		"_no-resource,eu-west-1,,-3.00,,-3.00,,,USD,1,\n");
	month_unref(m);
}

static void each_class_of_charge_has_its_file(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1",
			.service = "A",
			.classes = 1U << CHARGE_TAX,
			.cost = { "2.00" },
			.description = "VAT" },
		{ .account = "1",
			.service = "A",
			.classes = 1U << CHARGE_REFUND,
			.cost = { "-2.00" },
			.description = "back" },
		{ .account = "2",
			.service = "A",
			.classes = 1U << CHARGE_REFUND,
			.cost = { "-1.00" },
			.description = "back" },
		{ .account = "1",
			.service = "A",
			.classes = 1U << CHARGE_FEE | 1U << CHARGE_MARKETPLACE,
			.cost = { "5.00" },
			.description = "b\xc3\xbc\xc3\xbc" },
		{ .account = "1",
			.service = "A",
			.classes = 1U << CHARGE_FEE,
			.cost = { "5.00" },
			.description = "a" },
	};
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	expect_file(&all, VIEW_TAX, 0,
		"service," MONEY ",description\nA,2.00,,,,,USD,1,VAT\n");
	expect_file(&all, VIEW_REFUNDS, 0,
		"service," MONEY ",description\nA,-3.00,,,,,USD,2,back\n");
	expect_file(&all, VIEW_FEES, 0,
		"service," MONEY ",description\nA,5.00,,,,,USD,1,a\n"
		"A,5.00,,,,,USD,1,b\xc3\xbc\xc3\xbc\n");
	expect_file(&all, VIEW_MARKETPLACE, 0,
		"service," MONEY ",description\nA,5.00,,,,,USD,1,b\xc3\xbc\xc3\xbc\n");
	expect_file(&all, VIEW_CREDITS, 0, "service," MONEY ",description\n");
	month_unref(m);
}

static void ties_are_in_byte_order_and_nulls_are_last(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1", .service = "b", .region = "z", .cost = { "1" } },
		{ .account = "1", .service = "B", .region = "Z", .cost = { "1" } },
		{ .account = "1", .service = "a", .region = "\xc3\xa9", .cost = { "1" } },
		{ .account = "1", .service = "c", .region = "y" },
		{ .account = "1", .service = "c", .cost = { "1" } },
		{ .account = "1", .service = "d", .region = "x", .cost = { "-9" } },
		{ .account = "1",
			.service = "d",
			.region = "w",
			.cost = { "0" },
			.currency = "EUR" },
		{ .account = "1", .service = "d", .region = "w", .cost = { "0" } },
	};
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	expect_file(&all, VIEW_BY_REGION, 0,
		"region," MONEY "\n"
		"Z,1.00,,,,,USD,1\n"
		"_no-region,1.00,,,,,USD,1\n"
		"z,1.00,,,,,USD,1\n"
		"\xc3\xa9,1.00,,,,,USD,1\n"
		"w,0.00,,,,,EUR,1\n"
		"w,0.00,,,,,USD,1\n"
		"x,-9.00,,,,,USD,1\n"
		"y,,,,,,USD,1\n");
	month_unref(m);
}

static void cells_are_quoted_only_where_they_must_be(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1",
			.service = "a,b",
			.service_name = "say \"x\"",
			.cost = { "1" } },
		{ .account = "1",
			.service = "=1+1",
			.service_name = "two\r\nlines",
			.cost = { "2" },
			.currency = "U,D" },
	};
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	expect_file(&all, VIEW_BY_SERVICE, 0,
		"service," MONEY ",name\n"
		"=1+1,2.00,,,,,\"U,D\",1,two  lines\n"
		"\"a,b\",1.00,,,,,USD,1,\"say \"\"x\"\"\"\n");
	month_unref(m);
}

static void a_name_is_the_first_that_is_not_empty(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1", .service = "A", .resource = "r" },
		{ .account = "2", .service = "A", .resource = "r", .resource_name = "n" },
		{ .account = "3", .service = "A", .resource = "r", .resource_name = "o" },
		{ .account = "4", .service = "A", .resource = "r" },
	};
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	expect_file(&all, VIEW_BY_RESOURCE, 0,
		"service,region,resource,resource_id," MONEY ",name\n"
		"A,,r,r,,,,,,USD,4,n\n");
	month_unref(m);
}

/* Twice, so that each must be found again. */
static void many_currencies_of_a_key_stay_apart(void **state)
{
	enum { CURRENCIES = 1000 };
	static char names[CURRENCIES][24], costs[CURRENCIES][24];
	static struct fake_row rows[2 * CURRENCIES];
	struct buf want = BUF_INIT(1 << 20);
	struct month *m;

	(void)state;
	assert_int_equal(buf_append_text(&want, "region," MONEY "\n"), 0);
	for (size_t i = 0; i < CURRENCIES; i++) {
		snprintf(names[i], sizeof(names[0]), "C%zu", i);
		snprintf(costs[i], sizeof(costs[0]), "%zu", i);
		rows[i] = (struct fake_row){ .account = "1",
			.service = "A",
			.region = "r",
			.currency = names[i],
			.cost = { costs[i] } };
		rows[CURRENCIES + i] = rows[i];
		rows[CURRENCIES + i].account = "2";
	}
	for (size_t i = CURRENCIES; i-- > 0;)
		assert_int_equal(
			buf_appendf(&want, "r,%zu.00,,,,,C%zu,2\n", 2 * i, i), 0);
	m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	expect_file(&(struct scope){ m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL },
		VIEW_BY_REGION, 0, buf_text(&want));
	buf_finish(&want);
	month_unref(m);
}

static void days_outside_the_month_have_rows_only_where_there_are_any(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1", .service = "A", .date = "2026-10-30", .cost = { "1" } },
		{ .account = "1", .service = "A", .date = "2026-12-02", .cost = { "2" } },
		{ .account = "1", .service = "A", .cost = { "4", "4" } },
	};
	static const char before[] = "date," MONEY "\n"
				     ",4.00,4.00,,,,USD,1\n"
				     "2026-10-30,1.00,,,,,USD,1\n";
	struct buf want = BUF_INIT(1 << 16);
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	assert_int_equal(buf_append_text(&want, before), 0);
	for (int day = 1; day <= 30; day++)
		assert_int_equal(
			buf_appendf(&want, "2026-11-%02d,0.00,0.00,,,,USD,0\n", day), 0);
	assert_int_equal(buf_append_text(&want, "2026-12-02,2.00,,,,,USD,1\n"), 0);
	expect_file(&all, VIEW_DAILY, 0, buf_text(&want));
	buf_finish(&want);
	month_unref(m);
}

static void a_scope_without_rows_has_headers_only(void **state)
{
	struct month *m = fake_month_new(NULL, NULL, 0);
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(organization); i++) {
		const char *want = organization[i].want;
		char header[256];
		size_t len = span_find(span_of(want), '\n') + 1;

		memcpy(header, want, len);
		header[len] = '\0';
		expect_file(&all, organization[i].file, 0, header);
	}
	month_unref(m);
}

static void a_sum_that_does_not_fit_is_refused(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1", .service = "A", .cost = { "170141183460469231731" } },
		{ .account = "2", .service = "A", .cost = { "170141183460469231731" } },
	};
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	struct entry e;

	(void)state;
	expect_open_fails(&all, VIEW_TOTAL, -ERANGE);
	expect_open_fails(&all, VIEW_BY_REGION, -ERANGE);
	assert_int_equal(view_totals(&all, &e, 1), -ERANGE);
	expect_file(&all, VIEW_BY_ACCOUNT, 0,
		"account_id," MONEY ",name\n"
		"1,170141183460469231731.00,,,,,USD,1,\n"
		"2,170141183460469231731.00,,,,,USD,1,\n");
	month_unref(m);
}

static void damaged_sums_are_refused(void **state)
{
	struct month *m = view_case_month();
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };

	(void)state;
	fake_month_entry(m, 0, DIM_RESOURCE, 0)->key[0] = 99;
	expect_open_fails(&all, VIEW_BY_RESOURCE, -EBADMSG);
	fake_month_entry(m, 0, DIM_DAY, 0)->key[0] = 0x7fffffff;
	expect_open_fails(&all, VIEW_DAILY, -EBADMSG);
	/* More tagged lines than lines. */
	fake_month_entry(m, 0, DIM_TAG, 0)->lines = 99;
	expect_open_fails(&all, VIEW_TAG_COVERAGE, -EBADMSG);
	month_unref(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_of_an_organization_is_as_by_hand),
		cmocka_unit_test(tag_files_say_what_is_untagged),
		cmocka_unit_test(a_service_over_all_accounts_has_its_own_kit),
		cmocka_unit_test(an_accounts_service_has_an_index_of_resources),
		cmocka_unit_test(each_class_of_charge_has_its_file),
		cmocka_unit_test(ties_are_in_byte_order_and_nulls_are_last),
		cmocka_unit_test(cells_are_quoted_only_where_they_must_be),
		cmocka_unit_test(a_name_is_the_first_that_is_not_empty),
		cmocka_unit_test(many_currencies_of_a_key_stay_apart),
		cmocka_unit_test(
			days_outside_the_month_have_rows_only_where_there_are_any),
		cmocka_unit_test(a_scope_without_rows_has_headers_only),
		cmocka_unit_test(a_sum_that_does_not_fit_is_refused),
		cmocka_unit_test(damaged_sums_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
