#include "base/buf.h"
#include "tests/aws/rows_fixture.h"

/* The columns of FOCUS_1_2_AWS, in AWS's order (AWS table dictionary). */
static const char columns_1_2[] =
	"AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,"
	"BillingAccountType,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,"
	"CapacityReservationId,CapacityReservationStatus,ChargeCategory,ChargeClass,"
	"ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,"
	"CommitmentDiscountCategory,CommitmentDiscountId,CommitmentDiscountName,"
	"CommitmentDiscountQuantity,CommitmentDiscountStatus,CommitmentDiscountType,"
	"CommitmentDiscountUnit,ConsumedQuantity,ConsumedUnit,ContractedCost,"
	"ContractedUnitPrice,EffectiveCost,InvoiceId,InvoiceIssuerName,ListCost,"
	"ListUnitPrice,PricingCategory,PricingCurrency,"
	"PricingCurrencyContractedUnitPrice,PricingCurrencyEffectiveCost,"
	"PricingCurrencyListUnitPrice,PricingQuantity,PricingUnit,ProviderName,"
	"PublisherName,RegionId,RegionName,ResourceId,ResourceName,ResourceType,"
	"ServiceCategory,ServiceName,ServiceSubcategory,SkuId,SkuMeter,SkuPriceId,"
	"SkuPriceDetails,SubAccountId,SubAccountName,SubAccountType,Tags,x_Discounts,"
	"x_Operation,x_ServiceCode\n";
static const char row_1_2[] =
	"eu-west-1a,2.0E-7,999988887777,payer,Management,USD,2026-06-01T00:00:00.000Z,"
	"2026-05-01T00:00:00.000Z,,,Usage,,\"$0.10, per hour\",Usage-Based,"
	"2026-05-02T01:00:00.000Z,2026-05-02T00:00:00.000Z,Spend,arn:sp,plan,1.5,Used,"
	"Savings Plan,Hrs,24,Hrs,2.25,0.1008,1.5,INV-7,\"Amazon Web Services, Inc.\","
	"3.0E0,0.1008,Committed,USD,0.1008,1.5,0.1008,24,Hrs,AWS,AWS,eu-west-1,"
	"Europe (Ireland),arn:aws:ec2:eu-west-1:1:instance/i-1,web-1,Instance,Compute,"
	"Amazon Elastic Compute Cloud,Virtual Machines,SKU1,BoxUsage:t3.large,SKU1.P,"
	"\"{\"\"CoreCount\"\": 2, \"\"x_Ratio\"\": 1.5E-1, \"\"OperatingSystem\"\": "
	"\"\"Linux\"\"}\",111122223333,prod,Member,"
	"\"{\"\"user:env\"\": \"\"prod\"\", \"\"user_id\"\": \"\"u1\"\", "
	"\"\"aws:createdBy\"\": \"\"root\"\"}\","
	"\"{\"\"EdpDiscount\"\": -2.5E-3}\",RunInstances,AmazonEC2\n";

static void open_two(
	struct fixture *f, const char *header, const char *row, char *text, size_t size)
{
	snprintf(text, size, "%s%s", header, row);
	fixture_open(f, span_of(text));
}

static void assert_lead(const struct row *row)
{
	/* date -u -d 2026-05-02 +%s */
	assert_int_equal(row->usage_start.seconds, 1777680000);
	assert_int_equal(row->usage_end.seconds, 1777680000 + 3600);
	assert_span(row->account_id, "111122223333");
	assert_span(row->account_name, "prod");
	assert_span(row->service, "AmazonEC2");
	assert_span(row->product_name, "Amazon Elastic Compute Cloud");
	assert_span(row->region, "eu-west-1");
	assert_span(row->availability_zone, "eu-west-1a");
	assert_span(row->usage_type, "BoxUsage:t3.large");
	assert_span(row->operation, "RunInstances");
	assert_span(row->charge_type, "Usage");
	assert_span(row->resource_id, "arn:aws:ec2:eu-west-1:1:instance/i-1");
	assert_span(row->usage_unit, "Hrs");
	assert_money(row->usage_amount, "24.00");
	assert_cost(row, COST_UNBLENDED, "0.0000002");
	assert_cost(row, COST_NET_UNBLENDED, NULL);
	assert_cost(row, COST_AMORTIZED, "1.50");
	assert_cost(row, COST_NET_AMORTIZED, NULL);
	assert_cost(row, COST_LIST, "3.00");
	assert_int_equal(row->cost_lacking, 0);
	assert_span(row->currency, "USD");
	assert_span(row->invoice_id, "INV-7");
	assert_span(row->invoicing_entity, "Amazon Web Services, Inc.");
	assert_span(row->description, "$0.10, per hour");
	assert_int_equal(row->charges, 0);
}

static void a_row_of_focus_1_2_has_the_leading_columns(void **state)
{
	char text[8192];
	struct fixture f;
	struct row row;

	(void)state;
	open_two(&f, columns_1_2, row_1_2, text, sizeof(text));
	assert_int_equal(f.layout.table, TABLE_FOCUS);
	assert_true(f.layout.has_list && f.layout.has_resources && f.layout.has_tags);
	assert_true(f.layout.has_invoices && f.layout.has_maps);
	assert_false(f.layout.has_net);
	row = fixture_row(&f);
	assert_lead(&row);
	assert_int_equal(row_reader_next(f.reader, &row, &f.why), 0);
	fixture_close(&f);
}

static void other_columns_keep_their_focus_names(void **state)
{
	static const char want[] =
		"BillingAccountId,BillingAccountName,BillingAccountType,BillingPeriodEnd,"
		"BillingPeriodStart,CapacityReservationId,CapacityReservationStatus,"
		"ChargeClass,ChargeFrequency,CommitmentDiscountCategory,"
		"CommitmentDiscountId,CommitmentDiscountName,CommitmentDiscountQuantity,"
		"CommitmentDiscountStatus,CommitmentDiscountType,CommitmentDiscountUnit,"
		"ContractedCost,ContractedUnitPrice,InvoiceIssuerName,ListUnitPrice,"
		"PricingCategory,PricingCurrency,PricingCurrencyContractedUnitPrice,"
		"PricingCurrencyEffectiveCost,PricingCurrencyListUnitPrice,"
		"PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionName,"
		"ResourceName,ResourceType,ServiceCategory,ServiceName,"
		"ServiceSubcategory,SkuId,SkuMeter,SkuPriceId,SubAccountName,"
		"SubAccountType,ChargeDescription,";
	static const char numbers[] =
		",CommitmentDiscountQuantity,ContractedCost,ContractedUnitPrice,"
		"ListUnitPrice,PricingCurrencyContractedUnitPrice,"
		"PricingCurrencyEffectiveCost,PricingCurrencyListUnitPrice,"
		"PricingQuantity,";
	struct buf got = BUF_INIT(1 << 16);
	char text[8192], name[64];
	struct fixture f;

	(void)state;
	open_two(&f, columns_1_2, row_1_2, text, sizeof(text));
	for (size_t i = 0; i < f.layout.count; i++) {
		const struct layout_column *c = &f.layout.columns[i];
		enum column_kind kind = COLUMN_TEXT;

		assert_int_equal(buf_appendf(&got, "%s,", c->name), 0);
		snprintf(name, sizeof(name), ",%s,", c->name);
		if (strstr(numbers, name))
			kind = COLUMN_NUMBER;
		if (strstr(",BillingPeriodEnd,BillingPeriodStart,", name))
			kind = COLUMN_TIME;
		print_message("%s\n", c->name);
		assert_int_equal(c->kind, kind);
		assert_int_equal(c->tail, strcmp(c->name, "ChargeDescription") == 0);
	}
	assert_string_equal(buf_text(&got), want);
	buf_finish(&got);
	fixture_close(&f);
}

static void maps_of_focus_become_columns(void **state)
{
	char text[8192];
	struct fixture f;
	struct row row;

	(void)state;
	open_two(&f, columns_1_2, row_1_2, text, sizeof(text));
	row = fixture_row(&f);
	assert_int_equal(row.map_cell_count, 7);
	assert_span(map_value(&f, &row, "tag_env"), "prod");
	/* Only "user:" is AWS's; this is the user's own. */
	assert_span(map_value(&f, &row, "tag_user_id"), "u1");
	assert_span(map_value(&f, &row, "tag_aws:createdBy"), "root");
	assert_span(map_value(&f, &row, "SkuPriceDetails_CoreCount"), "2");
	assert_span(map_value(&f, &row, "SkuPriceDetails_x_Ratio"), "0.15");
	assert_span(map_value(&f, &row, "SkuPriceDetails_OperatingSystem"), "Linux");
	assert_span(map_value(&f, &row, "x_Discounts_EdpDiscount"), "-0.0025");
	assert_int_equal(row.tag_count, 3);
	assert_span(tag_value(&f, &row, "env"), "prod");
	assert_span(tag_value(&f, &row, "user_id"), "u1");
	assert_int_equal(row.category_count, 0);
	fixture_close(&f);
}

#define SMALL "SubAccountId,BilledCost,ChargeCategory"

static void focus_1_0_has_usage_types_and_cost_categories(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f,
		SPAN(SMALL ",x_UsageType,x_CostCategories,SkuMeter\n"
			   "1,1,Usage,EUC1-Box,\"{\"\"Team\"\":\"\"a\"\"}\",meter\n"
			   "1,1,Usage,,,meter\n"));
	assert_false(f.layout.has_invoices || f.layout.has_tags);
	row = fixture_row(&f);
	assert_span(row.usage_type, "EUC1-Box");
	assert_int_equal(row.tag_count, 0);
	assert_int_equal(row.category_count, 1);
	assert_span(category_value(&f, &row, "Team"), "a");
	assert_span(map_value(&f, &row, "cost_category_Team"), "a");
	row = fixture_row(&f);
	assert_span(row.usage_type, "meter");
	assert_span(row.invoice_id, "");
	fixture_close(&f);
}

/* Name in Tags, else ResourceName. */
static void a_resource_is_called_as_its_tag_says(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f,
		SPAN(SMALL ",ResourceName,Tags\n"
			   "1,1,Usage,res,\"{\"\"Name\"\":\"\"tag\"\"}\"\n"
			   "1,1,Usage,res,\"{\"\"user:Name\"\":\"\"tag2\"\"}\"\n"
			   "1,1,Usage,res,{}\n"
			   "1,1,Usage,,\n"));
	row = fixture_row(&f);
	assert_span(row.name_tag, "tag");
	row = fixture_row(&f);
	assert_span(row.name_tag, "tag2");
	row = fixture_row(&f);
	assert_span(row.name_tag, "res");
	row = fixture_row(&f);
	assert_span(row.name_tag, "");
	fixture_close(&f);
}

static const struct {
	const char *header, *fields;
	const char *account, *name, *service;
} fallbacks[] = {
	{ SMALL ",BillingAccountId,BillingAccountName,SubAccountName",
		",1,Usage,999,payer,", "999", "payer", "" },
	{ SMALL ",BillingAccountId,BillingAccountName,SubAccountName",
		"1,1,Usage,999,payer,one", "1", "one", "" },
	{ "BilledCost,BillingAccountId", "1,999", "999", "", "" },
	{ SMALL ",ServiceName", "1,1,Usage,Amazon EC2", "1", "", "Amazon EC2" },
	{ SMALL ",ServiceName,x_ServiceCode", "1,1,Usage,Amazon EC2,", "1", "",
		"Amazon EC2" },
	{ SMALL ",ServiceName,x_ServiceCode", "1,1,Usage,Amazon EC2,AmazonEC2", "1", "",
		"AmazonEC2" },
	{ "subaccountid,billedcost,chargecategory,x_servicecode", "1,1,Usage,AmazonS3",
		"1", "", "AmazonS3" },
	/* Other clouds' ids. */
	{ SMALL, "/subscriptions/73c0021f,1,Usage", "/subscriptions/73c0021f", "", "" },
	{ SMALL, "ocid1.tenancy.oc1..a,1,Usage", "ocid1.tenancy.oc1..a", "", "" },
};

static void what_focus_leaves_out_is_told_by_another_column(void **state)
{
	char text[512];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fallbacks); i++) {
		print_message("%s: %s\n", fallbacks[i].header, fallbacks[i].fields);
		snprintf(text, sizeof(text), "%s\n%s\n", fallbacks[i].header,
			fallbacks[i].fields);
		fixture_open(&f, span_of(text));
		row = fixture_row(&f);
		assert_span(row.account_id, fallbacks[i].account);
		assert_span(row.account_name, fallbacks[i].name);
		assert_span(row.service, fallbacks[i].service);
		fixture_close(&f);
	}
}

static const struct {
	const char *category, *class, *want;
} charge_types[] = {
	{ "Usage", "", "Usage" },
	{ "Usage", "Correction", "Usage Correction" },
	{ "Tax", "Correction", "Tax Correction" },
	{ "", "Correction", "Correction" },
	{ "", "", "" },
};

static void the_class_stands_behind_the_category(void **state)
{
	char text[512];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(charge_types); i++) {
		snprintf(text, sizeof(text), SMALL ",ChargeClass\n1,1,%s,%s\n",
			charge_types[i].category, charge_types[i].class);
		fixture_open(&f, span_of(text));
		row = fixture_row(&f);
		assert_span(row.charge_type, charge_types[i].want);
		assert_span(fixture_cell(&f, &row, "ChargeClass").text,
			charge_types[i].class);
		fixture_close(&f);
	}
}

static void costs_that_are_not_there_are_not_zero(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f,
		SPAN("SubAccountId,BilledCost,EffectiveCost,ListCost,ChargeCategory,"
		     "ContractedCost,x_Operation\n"
		     "1,,,,Usage,,\n"
		     "1,NULL,\\N,None,Usage,NULL,NULL\n"
		     "1,0,0.0,-0,Usage,0,EKSPod-EC2\n"));
	for (int i = 0; i < 2; i++) {
		row = fixture_row(&f);
		assert_int_equal(row.cost_filled, 0);
		assert_int_equal(row.cost_lacking, 0);
		assert_span(row.operation, "");
		assert_span(fixture_cell(&f, &row, "ContractedCost").text, "");
	}
	row = fixture_row(&f);
	assert_cost(&row, COST_UNBLENDED, "0.00");
	assert_cost(&row, COST_AMORTIZED, "0.00");
	assert_cost(&row, COST_LIST, "0.00");
	/* A share of other rows' money only in a Cost and Usage Report. */
	assert_false(row.is_split);
	fixture_close(&f);
}

static void words_for_null_are_null_unless_quoted_with_reason(void **state)
{
	struct fixture f;
	struct row row;

	(void)state;
	fixture_open(&f,
		SPAN(SMALL ",Tags,ResourceId,RegionId,ServiceName,a\n"
			   "1,1,Usage,NULL,NULL,\\N,None,NULLS\n"));
	row = fixture_row(&f);
	assert_span(row.resource_id, "");
	assert_span(row.region, "");
	assert_span(row.service, "");
	assert_int_equal(row.map_cell_count, 0);
	assert_span(fixture_cell(&f, &row, "a").text, "NULLS");
	fixture_close(&f);
	/* In a report of AWS's own a value may be that word. */
	fixture_open(&f,
		SPAN("lineItem/UsageAccountId,lineItem/UnblendedCost,lineItem/"
		     "ResourceId\n1,1,NULL\n"));
	row = fixture_row(&f);
	assert_span(row.resource_id, "NULL");
	fixture_close(&f);
}

static const struct {
	const char *header, *fields, *text;
} refused[] = {
	{ SMALL, "1,x,Usage", "BilledCost \"x\" is not a number" },
	{ SMALL ",EffectiveCost", "1,1,Usage,x", "EffectiveCost \"x\" is not" },
	{ SMALL ",ListCost", "1,1,Usage,x", "ListCost \"x\" is not a number" },
	{ SMALL ",ConsumedQuantity", "1,1,Usage,x", "ConsumedQuantity \"x\" is not" },
	{ SMALL ",ChargePeriodStart", "1,1,Usage,x", "ChargePeriodStart \"x\" is not" },
	{ SMALL, ",1,Usage", "SubAccountId \"\" is not an account id" },
	{ SMALL ",BillingAccountId", ",1,Usage,NULL", "SubAccountId \"\" is not" },
	{ SMALL ",Tags", "1,1,Usage,a=b", "column Tags: is no flat JSON object" },
	{ SMALL, "1,1", "has 2 fields, the header has 3" },
};

static void refusals_speak_in_focus_names(void **state)
{
	char text[512];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		print_message("%s: %s\n", refused[i].header, refused[i].fields);
		snprintf(text, sizeof(text), "%s\n%s\n", refused[i].header,
			refused[i].fields);
		fixture_open(&f, span_of(text));
		assert_int_equal(row_reader_next(f.reader, &row, &f.why), -EBADMSG);
		if (!strstr(f.why.text, refused[i].text))
			fail_msg("%s", f.why.text);
		fixture_close(&f);
	}
}

static void an_account_id_of_focus_has_at_most_128_bytes(void **state)
{
	char text[512], id[130];
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t len = 128; len <= 129; len++) {
		memset(id, 'a', len);
		id[len] = '\0';
		snprintf(text, sizeof(text), SMALL "\n%s,1,Usage\n", id);
		fixture_open(&f, span_of(text));
		assert_int_equal(row_reader_next(f.reader, &row, &f.why),
			len == 128 ? 1 : -EBADMSG);
		fixture_close(&f);
	}
}

static void rows_are_the_same_however_bytes_arrive(void **state)
{
	char text[8192];
	struct fixture f;
	struct row row;

	(void)state;
	snprintf(text, sizeof(text), "%s%s", columns_1_2, row_1_2);
	for (size_t step = 1; step < 20; step++) {
		f = (struct fixture){ .reader = NULL };
		fixture_put(&f, 0, span_of(text));
		f.read_max = step;
		assert_done(fixture_peek(&f, 0), &f.why);
		assert_int_equal(layout_seal(&f.layout), 0);
		assert_done(row_reader_open(&f.source, &f.objects[0], &f.layout,
				    &f.reader, &f.why),
			&f.why);
		row = fixture_row(&f);
		assert_lead(&row);
		assert_int_equal(row_reader_next(f.reader, &row, &f.why), 0);
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_of_focus_1_2_has_the_leading_columns),
		cmocka_unit_test(other_columns_keep_their_focus_names),
		cmocka_unit_test(maps_of_focus_become_columns),
		cmocka_unit_test(focus_1_0_has_usage_types_and_cost_categories),
		cmocka_unit_test(a_resource_is_called_as_its_tag_says),
		cmocka_unit_test(what_focus_leaves_out_is_told_by_another_column),
		cmocka_unit_test(the_class_stands_behind_the_category),
		cmocka_unit_test(costs_that_are_not_there_are_not_zero),
		cmocka_unit_test(words_for_null_are_null_unless_quoted_with_reason),
		cmocka_unit_test(refusals_speak_in_focus_names),
		cmocka_unit_test(an_account_id_of_focus_has_at_most_128_bytes),
		cmocka_unit_test(rows_are_the_same_however_bytes_arrive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
