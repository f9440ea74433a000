/* Names of the columns that mean something to us. */
#include "aws/export/columns.h"

/* As CUR 2.0 and Athena spell them; the legacy spelling is the same but for case, '/' and
 * '_' ("savingsPlan/SavingsPlanARN", "savings_plan_savings_plan_a_r_n"). */
static const char *const cur_names[ROLE_COUNT] = {
	[ROLE_USAGE_START] = "line_item_usage_start_date",
	[ROLE_USAGE_END] = "line_item_usage_end_date",
	[ROLE_ACCOUNT_ID] = "line_item_usage_account_id",
	[ROLE_SERVICE] = "line_item_product_code",
	[ROLE_AVAILABILITY_ZONE] = "line_item_availability_zone",
	[ROLE_USAGE_TYPE] = "line_item_usage_type",
	[ROLE_OPERATION] = "line_item_operation",
	[ROLE_CHARGE_TYPE] = "line_item_line_item_type",
	[ROLE_RESOURCE_ID] = "line_item_resource_id",
	[ROLE_USAGE_AMOUNT] = "line_item_usage_amount",
	[ROLE_USAGE_UNIT] = "pricing_unit",
	[ROLE_UNBLENDED] = "line_item_unblended_cost",
	[ROLE_NET_UNBLENDED] = "line_item_net_unblended_cost",
	[ROLE_LIST] = "pricing_public_on_demand_cost",
	[ROLE_CURRENCY] = "line_item_currency_code",
	[ROLE_INVOICE_ID] = "bill_invoice_id",
	[ROLE_REGION_CODE] = "product_region_code",
	[ROLE_REGION] = "product_region",
	[ROLE_ACCOUNT_NAME] = "line_item_usage_account_name",
	[ROLE_PRODUCT_NAME] = "product_product_name",
	[ROLE_DESCRIPTION] = "line_item_line_item_description",
	[ROLE_INVOICING_ENTITY] = "bill_invoicing_entity",
	[ROLE_BILLING_ENTITY] = "bill_billing_entity",
	[ROLE_RESERVATION_ARN] = "reservation_reservation_a_r_n",
	[ROLE_RESERVATION_EFFECTIVE] = "reservation_effective_cost",
	[ROLE_RESERVATION_UNUSED_UPFRONT] =
		"reservation_unused_amortized_upfront_fee_for_billing_period",
	[ROLE_RESERVATION_UNUSED_RECURRING] = "reservation_unused_recurring_fee",
	[ROLE_PLAN_EFFECTIVE] = "savings_plan_savings_plan_effective_cost",
	[ROLE_PLAN_COMMITMENT] = "savings_plan_total_commitment_to_date",
	[ROLE_PLAN_USED] = "savings_plan_used_commitment",
	[ROLE_NET_RESERVATION_EFFECTIVE] = "reservation_net_effective_cost",
	[ROLE_NET_RESERVATION_UNUSED_UPFRONT] =
		"reservation_net_unused_amortized_upfront_fee_for_billing_period",
	[ROLE_NET_RESERVATION_UNUSED_RECURRING] = "reservation_net_unused_recurring_fee",
	[ROLE_NET_PLAN_EFFECTIVE] = "savings_plan_net_savings_plan_effective_cost",
	[ROLE_SPLIT_COST] = "split_line_item_split_cost",
	[ROLE_SPLIT_NET_COST] = "split_line_item_net_split_cost",
	[ROLE_SPLIT_UNUSED_COST] = "split_line_item_unused_cost",
	[ROLE_SPLIT_NET_UNUSED_COST] = "split_line_item_net_unused_cost",
	[ROLE_SPLIT_ON_DEMAND_COST] = "split_line_item_public_on_demand_split_cost",
};

/* FOCUS 1.0 and 1.2, and the columns that AWS adds (x_). ContractedCost is no net cost:
 * it leaves out what a commitment saves, so it stays a column like any other. */
static const char *const focus_names[ROLE_COUNT] = {
	[ROLE_USAGE_START] = "ChargePeriodStart",
	[ROLE_USAGE_END] = "ChargePeriodEnd",
	[ROLE_ACCOUNT_ID] = "SubAccountId",
	[ROLE_SERVICE] = "x_ServiceCode",
	[ROLE_AVAILABILITY_ZONE] = "AvailabilityZone",
	[ROLE_USAGE_TYPE] = "x_UsageType",
	[ROLE_OPERATION] = "x_Operation",
	[ROLE_CHARGE_TYPE] = "ChargeCategory",
	[ROLE_RESOURCE_ID] = "ResourceId",
	[ROLE_USAGE_AMOUNT] = "ConsumedQuantity",
	[ROLE_USAGE_UNIT] = "ConsumedUnit",
	[ROLE_UNBLENDED] = "BilledCost",
	[ROLE_AMORTIZED] = "EffectiveCost",
	[ROLE_LIST] = "ListCost",
	[ROLE_CURRENCY] = "BillingCurrency",
	[ROLE_INVOICE_ID] = "InvoiceId",
	[ROLE_REGION_CODE] = "RegionId",
	[ROLE_ACCOUNT_NAME] = "SubAccountName",
	[ROLE_PRODUCT_NAME] = "ServiceName",
	[ROLE_DESCRIPTION] = "ChargeDescription",
	[ROLE_INVOICING_ENTITY] = "InvoiceIssuerName",
	[ROLE_CHARGE_CLASS] = "ChargeClass",
	[ROLE_PUBLISHER] = "PublisherName",
	[ROLE_RESOURCE_NAME] = "ResourceName",
	[ROLE_SKU_METER] = "SkuMeter",
	[ROLE_PAYER_ID] = "BillingAccountId",
	[ROLE_PAYER_NAME] = "BillingAccountName",
};

static const struct {
	const char *name, *prefix;
	enum export_table table;
	bool has_numbers;
} maps[MAP_COUNT] = {
	[MAP_RESOURCE_TAGS] = { "resource_tags", "tag_", TABLE_CUR2, false },
	[MAP_TAGS] = { "tags", "tags_", TABLE_CUR2, false },
	[MAP_COST_CATEGORY] = { "cost_category", "cost_category_", TABLE_CUR2, false },
	[MAP_PRODUCT] = { "product", "product_", TABLE_CUR2, false },
	[MAP_DISCOUNT] = { "discount", "discount_", TABLE_CUR2, true },
	[MAP_FOCUS_TAGS] = { "Tags", "tag_", TABLE_FOCUS, false },
	[MAP_FOCUS_CATEGORIES] = { "x_CostCategories", "cost_category_", TABLE_FOCUS,
		false },
	[MAP_FOCUS_DISCOUNTS] = { "x_Discounts", "x_Discounts_", TABLE_FOCUS, true },
	[MAP_SKU_PRICE_DETAILS] = { "SkuPriceDetails", "SkuPriceDetails_", TABLE_FOCUS,
		true },
};

const char *role_name(enum export_table table, enum role role)
{
	return table == TABLE_FOCUS ? focus_names[role] : cur_names[role];
}

struct span map_name(enum column_map map)
{
	return span_of(maps[map].name);
}

struct span map_prefix(enum column_map map)
{
	return span_of(maps[map].prefix);
}

bool map_has_numbers(enum column_map map)
{
	return maps[map].has_numbers;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_cur_name(struct span header, const char *snake)
{
	for (size_t i = 0; i < header.len; i++) {
		if (header.p[i] == '/' || header.p[i] == '_')
			continue;
		while (*snake == '_')
			snake++;
		if (*snake == '\0' || lower(header.p[i]) != *snake)
			return false;
		snake++;
	}
	return *snake == '\0';
}

enum role role_of_header(enum export_table table, struct span header)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		const char *name = role_name(table, (enum role)role);

		if (name &&
			(table == TABLE_FOCUS ? span_eq_nocase(header, span_of(name))
					      : is_cur_name(header, name)))
			return (enum role)role;
	}
	return ROLE_COUNT;
}

enum column_map map_of_header(enum export_table table, struct span header)
{
	for (unsigned map = 0; map < MAP_COUNT; map++)
		if (maps[map].table == table &&
			span_eq_nocase(header, span_of(maps[map].name)))
			return (enum column_map)map;
	return MAP_COUNT;
}
