#include <inttypes.h>

#include "base/buf.h"
#include "tests/aws/rows_fixture.h"

#define LEGACY "lineItem/UsageAccountId,lineItem/UnblendedCost"
#define SNAKE "line_item_usage_account_id,line_item_unblended_cost"

static const char legacy_text[] =
	"identity/LineItemId,bill/InvoiceId,bill/InvoicingEntity,bill/BillingEntity,"
	"lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,"
	"lineItem/UsageEndDate,lineItem/ProductCode,lineItem/UsageType,lineItem/"
	"Operation,"
	"lineItem/AvailabilityZone,lineItem/ResourceId,lineItem/UsageAmount,"
	"lineItem/CurrencyCode,lineItem/UnblendedCost,lineItem/NetUnblendedCost,"
	"lineItem/LineItemDescription,product/ProductName,product/region,"
	"product/regionCode,pricing/publicOnDemandCost,pricing/unit,resourceTags/"
	"user:Name,"
	"resourceTags/user:Cost Center,resourceTags/aws:createdBy,costCategory/Team\n"
	"abc,INV-1,\"Amazon Web Services, Inc.\",AWS,012345678901,Usage,"
	"2023-11-01T00:00:00Z,2023-11-01T01:00:00.000Z,AmazonEC2,BoxUsage:t3.medium,"
	"RunInstances,eu-west-1a,i-0123,1.0,USD,1.81E-8,0.0000000100,"
	"\"$0.04 per \"\"hour\"\"\",Amazon Elastic Compute Cloud,EU (Ireland),eu-west-1,"
	"0.0416000000,Hrs,web,42,,Platform\n"
	"def,,,,000000000001,Tax,,,AWSKMS,,,,,,EUR,,,,,eu-central-1,,,,,,root,\n";

static void assert_legacy_first(const struct fixture *f, const struct row *row)
{
	/* 2023-11-01: date -u -d @1698796800 */
	assert_int_equal(row->usage_start.seconds, 1698796800);
	assert_int_equal(row->usage_end.seconds, 1698796800 + 3600);
	assert_span(row->account_id, "012345678901");
	assert_span(row->account_name, "");
	assert_span(row->service, "AmazonEC2");
	assert_span(row->region, "eu-west-1");
	assert_span(row->availability_zone, "eu-west-1a");
	assert_span(row->usage_type, "BoxUsage:t3.medium");
	assert_span(row->operation, "RunInstances");
	assert_span(row->charge_type, "Usage");
	assert_span(row->resource_id, "i-0123");
	assert_span(row->usage_unit, "Hrs");
	assert_span(row->currency, "USD");
	assert_span(row->invoice_id, "INV-1");
	assert_span(row->invoicing_entity, "Amazon Web Services, Inc.");
	assert_span(row->billing_entity, "AWS");
	assert_span(row->product_name, "Amazon Elastic Compute Cloud");
	assert_span(row->description, "$0.04 per \"hour\"");
	assert_true(row->has_usage_amount);
	assert_money(row->usage_amount, "1.00");
	assert_cost(row, COST_UNBLENDED, "0.0000000181");
	assert_cost(row, COST_NET_UNBLENDED, "0.00000001");
	assert_cost(row, COST_AMORTIZED, "0.0000000181");
	assert_cost(row, COST_NET_AMORTIZED, "0.00000001");
	assert_cost(row, COST_LIST, "0.0416");
	assert_false(row->is_split);
	assert_span(row->name_tag, "web");
	assert_int_equal(row->tag_count, 2);
	assert_span(tag_value(f, row, "Name"), "web");
	assert_span(tag_value(f, row, "Cost Center"), "42");
	assert_int_equal(row->category_count, 1);
	assert_span(category_value(f, row, "Team"), "Platform");
	assert_int_equal(row->map_cell_count, 0);
	assert_span(fixture_cell(f, row, "identity_line_item_id").text, "abc");
	assert_false(fixture_cell(f, row, "identity_line_item_id").quoted);
	assert_span(fixture_cell(f, row, "bill_invoicing_entity").text,
		"Amazon Web Services, Inc.");
	assert_true(fixture_cell(f, row, "bill_invoicing_entity").quoted);
	assert_span(fixture_cell(f, row, "product_region").text, "EU (Ireland)");
	assert_span(fixture_cell(f, row, "tag_Cost Center").text, "42");
	assert_span(fixture_cell(f, row, "tag_aws:createdBy").text, "");
	assert_span(fixture_cell(f, row, "cost_category_Team").text, "Platform");
}

static void assert_legacy_second(const struct fixture *f, const struct row *row)
{
	assert_true(row->usage_start.seconds == INSTANT_NONE);
	assert_true(row->usage_end.seconds == INSTANT_NONE);
	assert_span(row->account_id, "000000000001");
	assert_span(row->region, "eu-central-1");
	assert_false(row->has_usage_amount);
	assert_int_equal(row->cost_filled, 0);
	assert_int_equal(row->cost_lacking, 0);
	assert_span(row->name_tag, "");
	assert_int_equal(row->tag_count, 1);
	assert_span(tag_value(f, row, "aws:createdBy"), "root");
	assert_int_equal(row->category_count, 0);
	assert_span(fixture_cell(f, row, "identity_line_item_id").text, "def");
	assert_span(fixture_cell(f, row, "bill_invoicing_entity").text, "");
}

static void a_legacy_row_has_all_its_fields(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, span_of(legacy_text));
	row = fixture_row(&f);
	assert_legacy_first(&f, &row);
	row = fixture_row(&f);
	assert_legacy_second(&f, &row);
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), 0);
	assert_int_equal(row_reader_bytes_in(f.reader), sizeof(legacy_text) - 1);
	assert_int_equal(row_reader_rounded(f.reader), 0);
	fixture_close(&f);
}

static void rows_are_the_same_however_bytes_arrive(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t step = 1; step < 40; step++) {
		f = (struct fixture){ .reader = NULL };
		fixture_put(&f, 0, span_of(legacy_text));
		f.read_max = step;
		assert_done(fixture_peek(&f, 0), &f.why);
		assert_int_equal(layout_seal(&f.layout), 0);
		assert_done(row_reader_open(&f.source, &f.objects[0], &f.layout,
				    &f.reader, &f.why),
			&f.why);
		row = fixture_row(&f);
		assert_legacy_first(&f, &row);
		row = fixture_row(&f);
		assert_legacy_second(&f, &row);
		assert_int_equal(row_reader_next(f.reader, &row, &f.why), 0);
		fixture_close(&f);
	}
}

static void an_athena_named_copy_reads_the_same(void **state)
{
	static const char text[] =
		"LINE_ITEM_USAGE_ACCOUNT_ID,line_item_unblended_cost,product_region_code,"
		"resource_tags_user_name,resource_tags_user_cost_center,cost_category_"
		"team,"
		"product_product_name\n"
		"1,2.5,us-east-1,web,42,Platform,EC2\n";
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, span_of(text));
	assert_int_equal(f.layout.table, TABLE_LEGACY);
	row = fixture_row(&f);
	assert_span(row.account_id, "1");
	assert_cost(&row, COST_UNBLENDED, "2.50");
	assert_cost(&row, COST_NET_UNBLENDED, NULL);
	assert_cost(&row, COST_LIST, NULL);
	assert_span(row.region, "us-east-1");
	assert_span(row.product_name, "EC2");
	assert_span(row.name_tag, "web");
	assert_span(tag_value(&f, &row, "name"), "web");
	assert_span(tag_value(&f, &row, "cost_center"), "42");
	assert_span(category_value(&f, &row, "team"), "Platform");
	fixture_close(&f);
}

static const char split_text[] =
	"lineItem/UsageAccountId,lineItem/UnblendedCost,lineItem/NetUnblendedCost,"
	"lineItem/Operation,lineItem/LineItemType,pricing/publicOnDemandCost,"
	"splitLineItem/SplitCost,splitLineItem/NetSplitCost,splitLineItem/UnusedCost,"
	"splitLineItem/NetUnusedCost,splitLineItem/PublicOnDemandSplitCost,"
	"splitLineItem/ParentResourceId\n"
	"1,5,4,EKSPod-EC2,Usage,3,0.1,0.2,0.3,0.4,0.5,i-1\n"
	"1,,,ECSTask-EC2,DiscountedUsage,,0.1,,0,,,i-2\n"
	"1,5,4,RunInstances,Usage,3,0.1,0.2,0.3,0.4,0.5,i-1\n";

static void split_rows_have_shares_and_no_costs(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, span_of(split_text));
	row = fixture_row(&f);
	assert_true(row.is_split);
	assert_int_equal(row.cost_filled, 0);
	assert_int_equal(row.split_filled, 31);
	assert_money(row.split[SPLIT_COST], "0.10");
	assert_money(row.split[SPLIT_NET_COST], "0.20");
	assert_money(row.split[SPLIT_UNUSED_COST], "0.30");
	assert_money(row.split[SPLIT_NET_UNUSED_COST], "0.40");
	assert_money(row.split[SPLIT_ON_DEMAND_COST], "0.50");
	assert_span(fixture_cell(&f, &row, "split_line_item_split_cost").text, "0.1");
	row = fixture_row(&f);
	assert_true(row.is_split);
	assert_int_equal(row.cost_filled, 0);
	assert_int_equal(row.cost_lacking, 0);
	assert_int_equal(row.split_filled, 1 << SPLIT_COST | 1 << SPLIT_UNUSED_COST);
	row = fixture_row(&f);
	assert_false(row.is_split);
	assert_int_equal(row.split_filled, 0);
	assert_cost(&row, COST_UNBLENDED, "5.00");
	fixture_close(&f);
}

static const struct {
	const char *header, *fields;
	const char *region;
} regions[] = {
	{ "", "", "" },
	{ ",product/region", ",a", "a" },
	{ ",product/region,product/regionCode", ",a,b", "b" },
	{ ",product/region,product/regionCode", ",a,", "a" },
	{ ",product/regionCode", ",b", "b" },
	{ ",lineItem/UsageType", ",EUC1-BoxUsage", "" },
};

static void the_region_is_told_by_its_columns_alone(void **state)
{
	char text[512];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
		snprintf(text, sizeof(text), LEGACY "%s\n1,1%s\n", regions[i].header,
			regions[i].fields);
		fixture_open(&f, span_of(text));
		row = fixture_row(&f);
		assert_span(row.region, regions[i].region);
		fixture_close(&f);
	}
}

static const struct {
	const char *header, *fields;
	int error;
	const char *text; /* part of the message */
} refused[] = {
	{ "", "1,abc", -EBADMSG, "line_item_unblended_cost \"abc\" is not a number" },
	{ "", "1,NaN", -EBADMSG, "\"NaN\" is not a number" },
	{ "", "1,Inf", -EBADMSG, "\"Inf\" is not a number" },
	{ "", "1,-Infinity", -EBADMSG, "is not a number" },
	{ "", "1,None", -EBADMSG, "\"None\" is not a number" },
	{ "", "1,NULL", -EBADMSG, "\"NULL\" is not a number" },
	{ "", "1, 1", -EBADMSG, "\" 1\" is not a number" },
	{ "", "1,\"1,5\"", -EBADMSG, "\"1,5\" is not a number" },
	{ "", "1,0x10", -EBADMSG, "is not a number" },
	{ "", "1,1e30", -ERANGE, "\"1e30\" does not fit" },
	{ "", "1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", -EBADMSG,
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"... is not" },
	{ "", "1,\"a\nb\"", -EBADMSG, "\"a?b\" is not a number" },
	{ ",lineItem/NetUnblendedCost", "1,1,x", -EBADMSG,
		"line_item_net_unblended_cost" },
	{ ",pricing/publicOnDemandCost", "1,1,x", -EBADMSG,
		"pricing_public_on_demand_cost" },
	{ ",lineItem/UsageAmount", "1,1,x", -EBADMSG, "line_item_usage_amount" },
	{ ",lineItem/LineItemType,reservation/EffectiveCost", "1,1,DiscountedUsage,x",
		-EBADMSG, "reservation_effective_cost" },
	{ ",lineItem/Operation,splitLineItem/SplitCost", "1,1,EKSPod-EC2,x", -EBADMSG,
		"split_line_item_split_cost" },
	{ ",lineItem/UsageStartDate", "1,1,yesterday", -EBADMSG,
		"line_item_usage_start_date \"yesterday\" is not a date" },
	{ ",lineItem/UsageEndDate", "1,1,2023-02-29", -EBADMSG,
		"line_item_usage_end_date \"2023-02-29\" is not a date" },
	{ "", ",1", -EBADMSG, "line_item_usage_account_id \"\" is not an account id" },
	{ "", "../etc,1", -EBADMSG, "\"../etc\" is not an account id" },
	{ "", "a b,1", -EBADMSG, "is not an account id" },
	{ "", "caf\xc3\xa9,1", -EBADMSG, "is not an account id" },
	{ "", "12345678901234567890123456789012345678901234567890123456789012345,1",
		-EBADMSG, "is not an account id" },
	{ "", "1", -EBADMSG, "has 1 fields, the header has 2" },
	{ "", "1,1,", -EBADMSG, "has 3 fields, the header has 2" },
	{ "", "1,\"1", -EBADMSG, "0.csv" },
};

static void refusals_name_object_row_column_and_text(void **state)
{
	char text[512];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		print_message("%s: %s\n", refused[i].header, refused[i].fields);
		memset(&row, 0x5a, sizeof(row));
		snprintf(text, sizeof(text), LEGACY "%s\n%s\n", refused[i].header,
			refused[i].fields);
		fixture_open(&f, span_of(text));
		assert_int_equal(
			row_reader_next(f.reader, &row, &f.why), refused[i].error);
		assert_int_equal(f.why.error, refused[i].error);
		assert_non_null(strstr(f.why.text, "0.csv"));
		if (!strstr(f.why.text, refused[i].text))
			fail_msg("%s", f.why.text);
		assert_int_equal(row.tag_count, (size_t)0x5a5a5a5a5a5a5a5a);
		/* Sticky, and without a place for the text. */
		assert_int_equal(
			row_reader_next(f.reader, &row, &f.why), refused[i].error);
		assert_int_equal(row_reader_next(f.reader, &row, NULL), refused[i].error);
		fixture_close(&f);
	}
}

static void the_row_of_a_refusal_counts_the_header_as_one(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, SPAN(LEGACY "\n1,1\n1,2\n1,x\n"));
	(void)fixture_row(&f);
	(void)fixture_row(&f);
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), -EBADMSG);
	assert_string_equal(f.why.text,
		"0.csv: row 4: line_item_unblended_cost \"x\" is not a number");
	fixture_close(&f);
}

static void account_ids_may_be_letters_digits_and_dashes(void **state)
{
	static const char *const ids[] = { "1", "012345678901", "aZ09-_",
		"1234567890123456789012345678901234567890123456789012345678901234" };
	char text[256];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		snprintf(text, sizeof(text), LEGACY "\n%s,1\n", ids[i]);
		fixture_open(&f, span_of(text));
		row = fixture_row(&f);
		assert_span(row.account_id, ids[i]);
		fixture_close(&f);
	}
}

static void rounded_values_are_counted(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, SPAN(LEGACY "\n1,0.1234567890123456789\n1,0.1\n1,1e-19\n"));
	row = fixture_row(&f);
	assert_cost(&row, COST_UNBLENDED, "0.123456789012345679");
	(void)fixture_row(&f);
	(void)fixture_row(&f);
	assert_int_equal(row_reader_rounded(f.reader), 2);
	fixture_close(&f);
}

static void chunks_with_other_columns_share_one_layout(void **state)
{
	struct fixture f = { .reader = NULL };
	struct row_reader *second = NULL;
	struct row row;

	(void)state;
	fixture_put(&f, 0, SPAN(LEGACY ",a,product/region\n1,1,x,r1\n1,1,y,r1\n"));
	fixture_put(&f, 1,
		SPAN("b,product/regionCode,product/region," LEGACY
		     ",resourceTags/user:T\n"
		     "z,r2,r3,2,2,t\n"));
	assert_done(fixture_peek(&f, 0), &f.why);
	assert_done(fixture_peek(&f, 1), &f.why);
	assert_int_equal(layout_seal(&f.layout), 0);
	assert_done(
		row_reader_open(&f.source, &f.objects[0], &f.layout, &f.reader, &f.why),
		&f.why);
	assert_done(row_reader_open(&f.source, &f.objects[1], &f.layout, &second, &f.why),
		&f.why);
	row = fixture_row(&f);
	assert_span(fixture_cell(&f, &row, "a").text, "x");
	assert_span(fixture_cell(&f, &row, "b").text, "");
	assert_span(fixture_cell(&f, &row, "tag_T").text, "");
	/* Another chunk made it a column. */
	assert_span(fixture_cell(&f, &row, "product_region").text, "r1");
	assert_span(row.region, "r1");
	assert_int_equal(row_reader_next(second, &row, &f.why), 1);
	assert_span(fixture_cell(&f, &row, "a").text, "");
	assert_span(fixture_cell(&f, &row, "b").text, "z");
	assert_span(fixture_cell(&f, &row, "product_region").text, "r3");
	assert_span(row.region, "r2");
	assert_int_equal(row.tag_count, 1);
	row = fixture_row(&f);
	assert_span(fixture_cell(&f, &row, "a").text, "y");
	row_reader_free(second);
	fixture_close(&f);
}

static const char *const others[] = {
	"\n\n",
	LEGACY ",b\n1,1,1\n",
	"lineItem/UsageAccountId\n1\n",
	LEGACY ",lineItem/UnblendedCost\n1,1,1\n",
	LEGACY ",lineItem/NetUnblendedCost\n1,1,1\n",
	LEGACY ",pricing/publicOnDemandCost\n1,1,1\n",
	LEGACY ",lineItem/ResourceId\n1,1,1\n",
	LEGACY ",resourceTags/user:a\n1,1,1\n",
	SNAKE ",bill_payer_account_name\n1,1,1\n",
	SNAKE ",product\n1,1,{}\n",
	"BilledCost,ChargePeriodStart\n1,1\n",
};

static void another_header_than_the_one_seen_is_stale(void **state)
{
	struct fixture f = { .reader = NULL };

	(void)state;
	fixture_put(&f, 0, SPAN(LEGACY ",a\n1,1,1\n"));
	assert_done(fixture_peek(&f, 0), &f.why);
	assert_int_equal(layout_seal(&f.layout), 0);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct row_reader *reader = NULL;

		print_message("%s\n", others[i]);
		fixture_put(&f, 1, span_of(others[i]));
		assert_int_equal(row_reader_open(&f.source, &f.objects[1], &f.layout,
					 &reader, &f.why),
			-ESTALE);
		assert_null(reader);
		assert_non_null(strstr(f.why.text, "1.csv"));
	}
	fixture_close(&f);
}

static void peek_says_that_an_object_has_no_line(void **state)
{
	static const char *const texts[] = { "", "\n", "\r\n\n" };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		f = (struct fixture){ .reader = NULL };
		fixture_put(&f, 0, span_of(texts[i]));
		/* Of no bytes at all nobody knows whether they have come. */
		assert_int_equal(fixture_peek(&f, 0), i == 0 ? -EBADMSG : -ENODATA);
		assert_non_null(strstr(f.why.text, "0.csv"));
		assert_int_equal(f.layout.table, TABLE_UNKNOWN);
		fixture_close(&f);
	}
}

static void an_object_of_a_header_has_no_rows(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f, SPAN(LEGACY ",a"));
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), 0);
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), 0);
	fixture_close(&f);
}

static void errors_of_the_source_come_through(void **state)
{
	enum { ROWS = 1 << 20 };
	struct buf text = BUF_INIT(1 << 24);
	struct fixture f = { .reader = NULL };
	struct row_reader *reader = NULL;
	struct row row;
	int r;

	(void)state;
	assert_int_equal(buf_append_text(&text, LEGACY "\n"), 0);
	for (unsigned i = 0; i < ROWS; i++)
		assert_int_equal(buf_append_text(&text, "1,1\n"), 0);
	fixture_put(&f, 0, buf_span(&text));
	f.fail_error = -EIO;
	assert_int_equal(fixture_peek(&f, 0), -EIO);
	f.fail_error = 0;
	assert_done(fixture_peek(&f, 0), &f.why);
	assert_int_equal(layout_seal(&f.layout), 0);
	f.fail_error = -EIO;
	r = row_reader_open(&f.source, &f.objects[0], &f.layout, &reader, &f.why);
	assert_int_equal(r, -EIO);
	assert_null(reader);
	f.fail_at = text.len - 1;
	f.read_max = 65536;
	assert_done(
		row_reader_open(&f.source, &f.objects[0], &f.layout, &f.reader, &f.why),
		&f.why);
	(void)fixture_row(&f);
	f.fail_at = text.len / 2;
	while ((r = row_reader_next(f.reader, &row, &f.why)) > 0)
		;
	assert_int_equal(r, -EIO);
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), -EIO);
	fixture_close(&f);
	buf_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_legacy_row_has_all_its_fields),
		cmocka_unit_test(rows_are_the_same_however_bytes_arrive),
		cmocka_unit_test(an_athena_named_copy_reads_the_same),
		cmocka_unit_test(split_rows_have_shares_and_no_costs),
		cmocka_unit_test(the_region_is_told_by_its_columns_alone),
		cmocka_unit_test(refusals_name_object_row_column_and_text),
		cmocka_unit_test(the_row_of_a_refusal_counts_the_header_as_one),
		cmocka_unit_test(account_ids_may_be_letters_digits_and_dashes),
		cmocka_unit_test(rounded_values_are_counted),
		cmocka_unit_test(chunks_with_other_columns_share_one_layout),
		cmocka_unit_test(another_header_than_the_one_seen_is_stale),
		cmocka_unit_test(peek_says_that_an_object_has_no_line),
		cmocka_unit_test(an_object_of_a_header_has_no_rows),
		cmocka_unit_test(errors_of_the_source_come_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
