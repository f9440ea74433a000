#include "base/buf.h"
#include "tests/aws/rows_fixture.h"

enum { HEADER_MAX = 128 };

/* Fields of a comma-separated text without quotes. */
static size_t split(const char *text, struct span *ret)
{
	struct span rest = span_of(text);
	size_t count = 0;

	while (count < HEADER_MAX && span_split(&rest, ',', &ret[count]))
		count++;
	return count;
}

static int add(struct layout *l, const char *header, struct fault *why)
{
	struct span fields[HEADER_MAX];

	return layout_add_header(l, fields, split(header, fields), "f.csv", why);
}

static void assert_columns(const struct layout *l, const char *want)
{
	struct buf got = BUF_INIT(1 << 20);

	for (size_t i = 0; i < l->count; i++)
		assert_int_equal(
			buf_appendf(&got, "%s%s%s", i ? "," : "", l->columns[i].name,
				l->columns[i].tail ? "!" : ""),
			0);
	assert_string_equal(got.len ? buf_text(&got) : "", want);
	buf_finish(&got);
}

/* AWS CUR user guide, "Running Amazon Athena queries", and names in its real files. */
static const struct {
	const char *header, *want;
} athena_names[] = {
	{ "lineItem/UsageType", "line_item_usage_type" },
	{ "identity/LineItemId", "identity_line_item_id" },
	{ "reservation/ReservationARN", "reservation_reservation_a_r_n" },
	{ "savingsPlan/SavingsPlanARN", "savings_plan_savings_plan_a_r_n" },
	{ "product/ProductName", "product_product_name" },
	{ "resourceTags/user:Cost Center", "resource_tags_user_cost_center" },
	{ "pricing/publicOnDemandCost", "pricing_public_on_demand_cost" },
	{ "ExampleColumnName", "example_column_name" },
	{ "__Example  Column-", "example_column" },
	{ "a1B2", "a1_b2" },
	{ "caf\xc3\xa9/x", "caf_x" },
	{ "///", "" },
	{ "", "" },
};

static void athena_names_are_those_of_aws(void **state)
{
	struct buf got = BUF_INIT(256);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(athena_names); i++) {
		buf_clear(&got);
		assert_int_equal(buf_append_byte(&got, '_'), 0);
		assert_int_equal(athena_name(span_of(athena_names[i].header), &got), 0);
		assert_span(span_from(buf_span(&got), 1), athena_names[i].want);
	}
	buf_finish(&got);
}

static void an_athena_name_past_the_limit_leaves_the_buffer_alone(void **state)
{
	struct buf got = BUF_INIT(4);

	(void)state;
	assert_int_equal(athena_name(SPAN("aB"), &got), 0);
	assert_int_equal(athena_name(SPAN("cD"), &got), -EFBIG);
	assert_span(buf_span(&got), "a_b");
	buf_finish(&got);
}

static const struct {
	const char *header;
	enum export_table want;
} tables[] = {
	{ "identity/LineItemId,lineItem/UsageAccountId", TABLE_LEGACY },
	{ "LINEITEM/USAGEACCOUNTID", TABLE_LEGACY },
	{ "line_item_usage_account_id,product_region", TABLE_LEGACY },
	{ "line_item_usage_account_id,bill_payer_account_name", TABLE_CUR2 },
	{ "Line_Item_Usage_Account_Id,Bill_Payer_Account_Name", TABLE_CUR2 },
	{ "resource_tags", TABLE_CUR2 },
	{ "line_item_usage_account_id,product", TABLE_CUR2 },
	{ "line_item_unblended_cost,tags", TABLE_CUR2 },
	{ "BilledCost,ChargePeriodStart,Tags", TABLE_FOCUS },
	{ "billedcost,chargeperiodstart", TABLE_FOCUS },
	{ "BilledCost", TABLE_UNKNOWN },
	{ "BilledCost,ChargeCategory", TABLE_FOCUS },
	{ "BilledCost,BillingAccountId", TABLE_FOCUS },
	{ "ChargePeriodStart,ChargeCategory", TABLE_UNKNOWN },
	{ "account_id,recommendation_id,tags", TABLE_RECOMMENDATIONS },
	{ "model_version,usage_period_start", TABLE_CARBON },
	{ "model_version", TABLE_UNKNOWN },
	{ "a,b", TABLE_UNKNOWN },
	{ "", TABLE_UNKNOWN },
};

static void tables_are_told_by_their_header(void **state)
{
	struct span fields[HEADER_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		print_message("%s\n", tables[i].header);
		assert_int_equal(table_of_header(fields, split(tables[i].header, fields)),
			tables[i].want);
	}
	assert_int_equal(table_of_header(NULL, 0), TABLE_UNKNOWN);
}

#define LEGACY "lineItem/UsageAccountId,lineItem/UnblendedCost"
#define SNAKE "line_item_usage_account_id,line_item_unblended_cost"

static const struct {
	const char *header, *want; /* '!': tail */
} names[] = {
	{ LEGACY, "" },
	/* The leading block is not repeated. */
	{ "bill/InvoiceId,lineItem/UsageStartDate,lineItem/UsageEndDate,"
	  "lineItem/ProductCode,product/regionCode,lineItem/AvailabilityZone,"
	  "lineItem/UsageType,lineItem/Operation,lineItem/LineItemType,"
	  "lineItem/ResourceId,lineItem/UsageAmount,pricing/unit,"
	  "lineItem/NetUnblendedCost,pricing/publicOnDemandCost,"
	  "lineItem/CurrencyCode," LEGACY,
		"" },
	{ "LINEITEM/USAGEACCOUNTID,lineitem/unblendedcost,PRICING/UNIT", "" },
	{ "LINE_ITEM_USAGE_ACCOUNT_ID,Line_Item_Unblended_Cost", "" },
	/* Everything else is kept, what the formula takes too. */
	{ LEGACY ",bill/PayerAccountId,reservation/EffectiveCost,product/ProductName,"
		 "pricing/currency",
		"bill_payer_account_id,reservation_effective_cost,product_product_name,"
		"pricing_currency" },
	/* One region column is the leading one. */
	{ LEGACY ",product/region", "" },
	{ LEGACY ",product/region,product/regionCode", "product_region" },
	{ SNAKE ",product_region_code,product_region", "product_region" },
	/* Tags and categories. */
	{ LEGACY ",resourceTags/user:Cost Center,resourceTags/aws:createdBy,"
		 "costCategory/My Team",
		"tag_Cost Center,tag_aws:createdBy,cost_category_My Team" },
	{ LEGACY ",resourceTags/user:Owner,resourceTags/user:owner",
		"tag_Owner,tag_owner" },
	{ LEGACY ",resourceTags/user:Owner,resourceTags/user:Owner",
		"tag_Owner,tag_Owner_2" },
	{ LEGACY ",resourceTags/user:description,costCategory/legal_entity",
		"tag_description,cost_category_legal_entity" },
	{ SNAKE ",resource_tags_user_owner,resource_tags_aws_created_by,cost_category_"
		"team",
		"tag_owner,tag_aws_created_by,cost_category_team" },
	/* Names that are not names. */
	{ LEGACY ",,x/y,", "column_3,x_y,column_5" },
	{ LEGACY ",///", "column_3" },
	{ LEGACY ",a,a,a,a_2,b", "a,a_2,a_3,a_2_2,b" },
	{ LEGACY ",a_2,a,a", "a_2,a,a_3" },
	{ LEGACY ",column_4,", "column_4,column_4_2" },
	/* Aliases that look like the leading block. */
	{ SNAKE ",service,currency,product", "service_2,currency_2" },
	/* Maps are no columns here. */
	{ SNAKE ",product,cost_category,discount,tags,resource_tags,Owner", "Owner" },
	{ SNAKE ",bill_payer_account_name,discount_total_discount",
		"bill_payer_account_name,discount_total_discount" },
	/* Long texts go last, in their order. */
	{ LEGACY ",lineItem/LineItemDescription,lineItem/LegalEntity,a,"
		 "product/groupDescription,bill/InvoicingEntity,b",
		"a,b,line_item_line_item_description!,line_item_legal_entity!,"
		"product_group_description!,bill_invoicing_entity!" },
};

static void output_names_follow_the_rules(void **state)
{
	struct fault why = { .error = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct layout l = { .table = TABLE_UNKNOWN };

		print_message("%s\n", names[i].header);
		assert_done(add(&l, names[i].header, &why), &why);
		assert_int_equal(layout_seal(&l), 0);
		assert_columns(&l, names[i].want);
		layout_finish(&l);
	}
}

/* Names: AWS's CUR 2.0 table dictionary; kinds: their meaning there. */
static const char numbers[] =
	"discount_bundled_discount,discount_total_discount,line_item_blended_cost,"
	"line_item_blended_rate,line_item_net_unblended_rate,line_item_normalization_"
	"factor,"
	"line_item_normalized_usage_amount,line_item_unblended_rate,"
	"pricing_public_on_demand_rate,reservation_amortized_upfront_cost_for_usage,"
	"reservation_amortized_upfront_fee_for_billing_period,reservation_effective_cost,"
	"reservation_net_amortized_upfront_cost_for_usage,"
	"reservation_net_amortized_upfront_fee_for_billing_period,"
	"reservation_net_effective_cost,reservation_net_recurring_fee_for_usage,"
	"reservation_net_unused_amortized_upfront_fee_for_billing_period,"
	"reservation_net_unused_recurring_fee,reservation_net_upfront_value,"
	"reservation_normalized_units_per_reservation,reservation_number_of_reservations,"
	"reservation_recurring_fee_for_usage,reservation_total_reserved_normalized_units,"
	"reservation_total_reserved_units,reservation_units_per_reservation,"
	"reservation_unused_amortized_upfront_fee_for_billing_period,"
	"reservation_unused_normalized_unit_quantity,reservation_unused_quantity,"
	"reservation_unused_recurring_fee,reservation_upfront_value,"
	"savings_plan_amortized_upfront_commitment_for_billing_period,"
	"savings_plan_net_amortized_upfront_commitment_for_billing_period,"
	"savings_plan_net_recurring_commitment_for_billing_period,"
	"savings_plan_net_savings_plan_effective_cost,"
	"savings_plan_recurring_commitment_for_billing_period,"
	"savings_plan_savings_plan_effective_cost,savings_plan_savings_plan_rate,"
	"savings_plan_total_commitment_to_date,savings_plan_used_commitment,"
	"split_line_item_actual_usage,split_line_item_net_split_cost,"
	"split_line_item_net_unused_cost,split_line_item_public_on_demand_split_cost,"
	"split_line_item_public_on_demand_unused_cost,split_line_item_reserved_usage,"
	"split_line_item_split_cost,split_line_item_split_usage,"
	"split_line_item_split_usage_ratio,split_line_item_unused_cost";
static const char times[] =
	"bill_billing_period_end_date,bill_billing_period_start_date,reservation_end_"
	"time,"
	"reservation_start_time,savings_plan_end_time,savings_plan_start_time";
static const char texts[] =
	"bill_bill_type,bill_billing_entity,bill_payer_account_id,bill_payer_account_"
	"name,"
	"identity_line_item_id,identity_time_interval,line_item_legal_entity,"
	"line_item_line_item_description,line_item_tax_type,line_item_usage_account_name,"
	"line_item_user_identifier,pricing_currency,pricing_lease_contract_length,"
	"pricing_offering_class,pricing_purchase_option,pricing_rate_code,pricing_rate_"
	"id,"
	"pricing_term,product_comment,product_fee_code,product_fee_description,"
	"product_from_location,product_instance_family,product_instance_type,"
	"product_instancesku,product_operation,product_pricing_unit,product_servicecode,"
	"product_sku,product_usagetype,reservation_availability_zone,"
	"reservation_modification_status,reservation_reservation_a_r_n,"
	"reservation_subscription_id,savings_plan_instance_type_family,"
	"savings_plan_offering_type,savings_plan_payment_option,savings_plan_purchase_"
	"term,"
	"savings_plan_region,savings_plan_savings_plan_a_r_n,"
	"split_line_item_parent_resource_id,cost_category_cost,resource_tags_user_cost,"
	"resource_tags_user_end_date,discount_id";

static void assert_kind(const char *header, enum column_kind want)
{
	struct layout l = { .table = TABLE_UNKNOWN };
	struct fault why = { .error = 0 };
	struct span fields[HEADER_MAX + 2];
	size_t count = split(header, fields);

	count += split(SNAKE ",bill_payer_account_name", fields + count);
	assert_done(layout_add_header(&l, fields, count, "f.csv", &why), &why);
	assert_true(l.count >= count - 3);
	/* bill_payer_account_name is the last one, or known already. */
	for (size_t i = 0; i < l.count - 1; i++) {
		if (l.columns[i].kind != want)
			fail_msg(
				"%s is of kind %d", l.columns[i].name, l.columns[i].kind);
	}
	layout_finish(&l);
}

static void kinds_follow_the_names(void **state)
{
	(void)state;
	assert_kind(numbers, COLUMN_NUMBER);
	assert_kind(times, COLUMN_TIME);
	assert_kind(texts, COLUMN_TEXT);
}

static void a_numbered_column_keeps_its_kind(void **state)
{
	struct layout l = { .table = TABLE_UNKNOWN };

	(void)state;
	assert_int_equal(add(&l, LEGACY ",x_cost,x_cost", NULL), 0);
	assert_string_equal(l.columns[1].name, "x_cost_2");
	assert_int_equal(l.columns[1].kind, COLUMN_NUMBER);
	layout_finish(&l);
}

static void chunks_are_united_by_name_in_order_of_appearance(void **state)
{
	struct layout l = { .table = TABLE_UNKNOWN };

	(void)state;
	assert_int_equal(add(&l, LEGACY ",a,lineItem/LegalEntity,b", NULL), 0);
	assert_false(
		l.has_net || l.has_list || l.has_resources || l.has_tags || l.has_maps);
	assert_int_equal(add(&l, "c,b," LEGACY ",lineItem/NetUnblendedCost", NULL), 0);
	assert_true(l.has_net);
	assert_int_equal(add(&l, LEGACY ",pricing/publicOnDemandCost", NULL), 0);
	assert_true(l.has_list);
	assert_int_equal(add(&l, LEGACY ",lineItem/ResourceId", NULL), 0);
	assert_true(l.has_resources);
	assert_int_equal(add(&l, LEGACY ",resourceTags/user:x", NULL), 0);
	assert_false(l.has_invoices);
	assert_int_equal(add(&l, LEGACY ",bill/InvoiceId", NULL), 0);
	assert_true(l.has_tags && l.has_net && l.has_list && l.has_resources);
	assert_true(l.has_invoices);
	assert_false(l.has_maps);
	assert_int_equal(layout_seal(&l), 0);
	assert_columns(&l, "a,b,c,tag_x,line_item_legal_entity!");
	layout_finish(&l);
}

static void maps_are_noted(void **state)
{
	struct layout l = { .table = TABLE_UNKNOWN };

	(void)state;
	assert_int_equal(add(&l, SNAKE ",bill_payer_account_name", NULL), 0);
	assert_int_equal(l.table, TABLE_CUR2);
	assert_int_equal(add(&l, SNAKE ",product", NULL), 0);
	assert_true(l.has_maps);
	assert_false(l.has_tags);
	assert_int_equal(add(&l, SNAKE ",tags", NULL), 0);
	assert_true(l.has_tags);
	layout_finish(&l);
}

static const struct {
	const char *header;
	int error;
	const char *text, *cure; /* parts of */
} refused[] = {
	{ "BilledCost,ChargePeriodStart", -EBADMSG, "SubAccountId", "add SubAccountId" },
	{ "SubAccountId,BilledCost,BillingCurrency,ChargeCategory,BilledCost", -EBADMSG,
		"BilledCost stands twice", "" },
	{ "SubAccountId,BilledCost,ChargeCategory,Tags,tags", -EBADMSG,
		"tags stands twice", "" },
	{ "SubAccountId,BilledCost,ChargeCategory", -EBADMSG, "another kind of export",
		"" },
	{ "recommendation_id", -ENOTSUP, "recommendations", "" },
	{ "model_version,usage_period_start", -ENOTSUP, "carbon", "" },
	{ "a,b", -ENOTSUP, "no cost export", "" },
	{ "lineItem/UsageAccountId", -EBADMSG, "lineItem/UnblendedCost",
		"as AWS delivered it" },
	{ "lineItem/UnblendedCost", -EBADMSG, "lineItem/UsageAccountId",
		"as AWS delivered it" },
	{ "line_item_usage_account_id,product", -EBADMSG, "line_item_unblended_cost",
		"add line_item_unblended_cost" },
	{ "line_item_unblended_cost,product", -EBADMSG, "line_item_usage_account_id",
		"add line_item_usage_account_id" },
	{ LEGACY ",lineItem/UnblendedCost", -EBADMSG,
		"lineItem/UnblendedCost stands twice", "" },
	{ LEGACY ",LINEITEM/unblendedcost", -EBADMSG, "LINEITEM/unblendedcost", "" },
	{ LEGACY ",lineItem/UsageAccountId", -EBADMSG, "stands twice", "" },
	{ LEGACY ",pricing/unit,pricing/unit", -EBADMSG, "stands twice", "" },
	{ SNAKE ",product,product", -EBADMSG, "stands twice", "" },
	{ SNAKE ",bill_payer_account_name", -EBADMSG, "another kind of export", "" },
};

static void refusals_name_file_and_cause_and_leave_the_layout_alone(void **state)
{
	struct layout l = { .table = TABLE_UNKNOWN };

	(void)state;
	assert_int_equal(add(&l, LEGACY ",a", NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct fault why = { .error = 0 };

		print_message("%s\n", refused[i].header);
		assert_int_equal(add(&l, refused[i].header, &why), refused[i].error);
		assert_int_equal(add(&l, refused[i].header, NULL), refused[i].error);
		assert_ptr_equal(strstr(why.text, "f.csv: "), why.text);
		assert_non_null(strstr(why.text, refused[i].text));
		assert_non_null(strstr(why.cure, refused[i].cure));
		assert_int_equal(l.table, TABLE_LEGACY);
		assert_columns(&l, "a");
	}
	layout_finish(&l);
}

static void names_are_limited(void **state)
{
	static char name[1025];
	struct span header[] = { SPAN("lineItem/UsageAccountId"),
		SPAN("lineItem/UnblendedCost"), { name, 1024 } };
	struct layout l = { .table = TABLE_UNKNOWN };
	struct fault why = { .error = 0 };

	(void)state;
	memset(name, 'n', sizeof(name));
	assert_int_equal(layout_add_header(&l, header, 3, "f.csv", &why), 0);
	assert_int_equal(strlen(l.columns[0].name), 1024);
	header[2].len = 1025;
	assert_int_equal(layout_add_header(&l, header, 3, "f.csv", &why), -E2BIG);
	assert_int_equal(l.count, 1);
	layout_finish(&l);
}

static struct span *many_columns(size_t count, char prefix, struct buf *bytes)
{
	struct span *header = calloc(count, sizeof(*header));
	size_t start;

	assert_non_null(header);
	assert_int_equal(buf_reserve(bytes, count * 8), 0);
	header[0] = SPAN("lineItem/UsageAccountId");
	header[1] = SPAN("lineItem/UnblendedCost");
	for (size_t i = 2; i < count; i++) {
		start = bytes->len;
		assert_int_equal(buf_appendf(bytes, "%c%zu", prefix, i), 0);
		header[i] = span_from(buf_span(bytes), start);
	}
	return header;
}

static void columns_are_limited(void **state)
{
	struct buf bytes = BUF_INIT(1 << 20), more = BUF_INIT(1 << 20);
	struct span *header = many_columns(LAYOUT_COLUMNS_MAX + 1, 'a', &bytes);
	struct span *others = many_columns(5, 'b', &more);
	struct layout l = { .table = TABLE_UNKNOWN };

	(void)state;
	assert_int_equal(
		layout_add_header(&l, header, LAYOUT_COLUMNS_MAX + 1, "f.csv", NULL),
		-E2BIG);
	assert_int_equal(
		layout_add_header(&l, header, LAYOUT_COLUMNS_MAX, "f.csv", NULL), 0);
	assert_int_equal(l.count, LAYOUT_COLUMNS_MAX - 2);
	/* Three more columns do not fit, two do. */
	assert_int_equal(layout_add_header(&l, others, 5, "f.csv", NULL), -E2BIG);
	assert_int_equal(l.count, LAYOUT_COLUMNS_MAX - 2);
	assert_int_equal(layout_add_header(&l, others, 4, "f.csv", NULL), 0);
	assert_int_equal(l.count, LAYOUT_COLUMNS_MAX);
	layout_finish(&l);
	free(header);
	free(others);
	buf_finish(&bytes);
	buf_finish(&more);
}

static void one_name_four_thousand_times_is_numbered(void **state)
{
	struct span *header = calloc(LAYOUT_COLUMNS_MAX, sizeof(*header));
	struct layout l = { .table = TABLE_UNKNOWN };

	(void)state;
	assert_non_null(header);
	for (size_t i = 0; i < LAYOUT_COLUMNS_MAX; i++)
		header[i] = SPAN("x");
	header[0] = SPAN("lineItem/UsageAccountId");
	header[1] = SPAN("lineItem/UnblendedCost");
	assert_int_equal(
		layout_add_header(&l, header, LAYOUT_COLUMNS_MAX, "f.csv", NULL), 0);
	assert_string_equal(l.columns[LAYOUT_COLUMNS_MAX - 3].name, "x_4094");
	layout_finish(&l);
	free(header);
}

static void an_empty_layout_can_be_sealed_and_finished(void **state)
{
	struct layout l = { .table = TABLE_UNKNOWN };

	(void)state;
	assert_int_equal(layout_seal(&l), 0);
	layout_finish(&l);
	layout_finish(&l);
	layout_finish(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(athena_names_are_those_of_aws),
		cmocka_unit_test(an_athena_name_past_the_limit_leaves_the_buffer_alone),
		cmocka_unit_test(tables_are_told_by_their_header),
		cmocka_unit_test(output_names_follow_the_rules),
		cmocka_unit_test(kinds_follow_the_names),
		cmocka_unit_test(a_numbered_column_keeps_its_kind),
		cmocka_unit_test(chunks_are_united_by_name_in_order_of_appearance),
		cmocka_unit_test(maps_are_noted),
		cmocka_unit_test(refusals_name_file_and_cause_and_leave_the_layout_alone),
		cmocka_unit_test(names_are_limited),
		cmocka_unit_test(columns_are_limited),
		cmocka_unit_test(one_name_four_thousand_times_is_numbered),
		cmocka_unit_test(an_empty_layout_can_be_sealed_and_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
