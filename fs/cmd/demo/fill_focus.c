/* FOCUS of the same rows. Costs keep the meaning they have in CUR, so that both add up
 * to the same: BilledCost is the unblended cost, also of what a savings plan covers and
 * of its negation, which AWS nets. */
#include "fs/cmd/demo/fill.h"

#include <string.h>

#include "base/compiler.h"

struct service_kind {
	const char *code, *category, *subcategory;
};
static const struct service_kind service_kinds[] = {
	{ "AmazonEC2", "Compute", "Virtual Machines" },
	{ "AmazonRDS", "Databases", "Relational Databases" },
	{ "AmazonS3", "Storage", "Object Storage" },
	{ "AWSLambda", "Compute", "Serverless Compute" },
	{ "AmazonDynamoDB", "Databases", "NoSQL Databases" },
	{ "AmazonCloudFront", "Networking", "Content Delivery" },
	{ "AmazonCloudWatch", "Management and Governance", "Observability" },
	{ "awskms", "Security", "Secrets Management" },
	{ "AWSQueueService", "Integration", "Messaging" },
	{ "AmazonSNS", "Integration", "Messaging" },
	{ "AmazonEKS", "Compute", "Containers" },
	{ "AmazonECS", "Compute", "Containers" },
	{ "AWSELB", "Networking", "Network Infrastructure" },
	{ "AmazonRoute53", "Networking", "Network Routing" },
	{ "AmazonRedshift", "Analytics", "Data Warehouses" },
	{ "AmazonElastiCache", "Databases", "Caching" },
	{ "AmazonES", "Analytics", "Search" },
	{ "AmazonAthena", "Analytics", "Analytics Platforms" },
	{ "AWSGlue", "Analytics", "Data Processing" },
	{ "AWSConfig", "Management and Governance", "Compliance" },
	{ "AmazonGuardDuty", "Security", "Threat Detection and Response" },
	{ "AWSCloudTrail", "Management and Governance", "Compliance" },
	{ "AWSBackup", "Storage", "Backup Storage" },
	{ "AmazonEFS", "Storage", "File Storage" },
	{ "AmazonBedrock", "AI and Machine Learning", "Generative AI" },
	{ "AmazonSageMaker", "AI and Machine Learning", "AI Platforms" },
	{ "AmazonVPC", "Networking", "Network Infrastructure" },
	{ "AWSSupportBusiness", "Management and Governance", "Support" },
};

static void fill_service(struct cells *r)
{
	const struct service_kind *kind = NULL;
	const char *code = r->text[FIELD_LINE_PRODUCT_CODE];

	for (size_t i = 0; i < ARRAY_LEN(service_kinds) && !kind; i++) {
		if (strcmp(service_kinds[i].code, code) == 0)
			kind = &service_kinds[i];
	}
	cells_copy(r, FIELD_FOCUS_SERVICE_CODE, FIELD_LINE_PRODUCT_CODE);
	cells_copy(r, FIELD_FOCUS_SERVICE_NAME, FIELD_PRODUCT_NAME);
	cells_set(r, FIELD_FOCUS_SERVICE_CATEGORY, kind ? kind->category : "Other");
	cells_set(r, FIELD_FOCUS_SERVICE_SUBCATEGORY,
		kind ? kind->subcategory : "Other (Other)");
}

static void fill_copies(struct cells *r)
{
	static const enum field pairs[][2] = {
		{ FIELD_FOCUS_AVAILABILITY_ZONE, FIELD_LINE_AVAILABILITY_ZONE },
		{ FIELD_FOCUS_BILLING_ACCOUNT_ID, FIELD_BILL_PAYER_ACCOUNT_ID },
		{ FIELD_FOCUS_BILLING_ACCOUNT_NAME, FIELD_BILL_PAYER_ACCOUNT_NAME },
		{ FIELD_FOCUS_BILLING_CURRENCY, FIELD_LINE_CURRENCY_CODE },
		{ FIELD_FOCUS_BILLING_PERIOD_END, FIELD_BILLING_PERIOD_END_DATE },
		{ FIELD_FOCUS_BILLING_PERIOD_START, FIELD_BILLING_PERIOD_START_DATE },
		{ FIELD_FOCUS_CHARGE_DESCRIPTION, FIELD_LINE_DESCRIPTION },
		{ FIELD_FOCUS_CHARGE_PERIOD_END, FIELD_LINE_USAGE_END_DATE },
		{ FIELD_FOCUS_CHARGE_PERIOD_START, FIELD_LINE_USAGE_START_DATE },
		{ FIELD_FOCUS_INVOICE_ID, FIELD_BILL_INVOICE_ID },
		{ FIELD_FOCUS_INVOICE_ISSUER_NAME, FIELD_BILL_INVOICING_ENTITY },
		{ FIELD_FOCUS_OPERATION, FIELD_LINE_OPERATION },
		{ FIELD_FOCUS_PRICING_CURRENCY, FIELD_PRICING_CURRENCY },
		{ FIELD_FOCUS_RESOURCE_ID, FIELD_LINE_RESOURCE_ID },
		{ FIELD_FOCUS_RESOURCE_NAME, FIELD_TAG_NAME },
		{ FIELD_FOCUS_SKU_ID, FIELD_PRODUCT_SKU },
		{ FIELD_FOCUS_SKU_METER, FIELD_LINE_USAGE_TYPE },
		{ FIELD_FOCUS_SKU_PRICE_ID, FIELD_PRICING_RATE_CODE },
		{ FIELD_FOCUS_SUB_ACCOUNT_ID, FIELD_LINE_USAGE_ACCOUNT_ID },
		{ FIELD_FOCUS_SUB_ACCOUNT_NAME, FIELD_LINE_USAGE_ACCOUNT_NAME },
		{ FIELD_FOCUS_USAGE_TYPE, FIELD_LINE_USAGE_TYPE },
		{ FIELD_FOCUS_DISCOUNTS, FIELD_DISCOUNT_MAP },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		cells_copy(r, pairs[i][0], pairs[i][1]);
}

/* Columns that AWS's files never leave null: they hold an empty text instead. */
static void fill_required(struct cells *r)
{
	static const enum field required[] = { FIELD_FOCUS_CHARGE_CATEGORY,
		FIELD_FOCUS_CHARGE_FREQUENCY, FIELD_FOCUS_REGION_ID,
		FIELD_FOCUS_REGION_NAME, FIELD_FOCUS_SERVICE_CATEGORY };

	for (size_t i = 0; i < ARRAY_LEN(required); i++) {
		if (!r->text[required[i]])
			r->text[required[i]] = "";
	}
}

static void fill_place(const struct series *s, struct cells *r)
{
	const char *code = r->text[FIELD_PRODUCT_REGION_CODE];

	if (!code)
		return;
	cells_set(r, FIELD_FOCUS_REGION_ID, code);
	cells_set(r, FIELD_FOCUS_REGION_NAME, world_regions[s->region].location);
}

static void fill_parties(const struct series *s, struct cells *r)
{
	bool marketplace = strcmp(r->text[FIELD_BILLING_ENTITY], "AWS") != 0;

	cells_set(r, FIELD_FOCUS_BILLING_ACCOUNT_TYPE, "Management Account");
	cells_set(r, FIELD_FOCUS_SUB_ACCOUNT_TYPE,
		s->account == 0 ? "Management Account" : "Member Account");
	cells_set(r, FIELD_FOCUS_PROVIDER_NAME, "AWS");
	cells_set(r, FIELD_FOCUS_PUBLISHER_NAME,
		marketplace ? r->text[FIELD_LINE_LEGAL_ENTITY] : "AWS");
}

/* By lineItem/LineItemType. */
struct charge_kind {
	const char *type, *category, *class, *frequency, *pricing;
};
static const struct charge_kind charge_kinds[] = {
	{ "Usage", "Usage", NULL, "Usage-Based", "Standard" },
	{ "DiscountedUsage", "Usage", NULL, "Usage-Based", "Committed" },
	{ "SavingsPlanCoveredUsage", "Usage", NULL, "Usage-Based", "Committed" },
	{ "SavingsPlanNegation", "Adjustment", NULL, "Usage-Based", NULL },
	{ "RIFee", "Purchase", NULL, "Recurring", "Standard" },
	{ "SavingsPlanRecurringFee", "Purchase", NULL, "Recurring", "Standard" },
	{ "SavingsPlanUpfrontFee", "Purchase", NULL, "One-Time", "Standard" },
	{ "Fee", "Purchase", NULL, "One-Time", "Standard" },
	{ "FlatRateSubscription", "Purchase", NULL, "Recurring", "Standard" },
	{ "Tax", "Tax", NULL, "One-Time", NULL },
	{ "Refund", "Credit", "Correction", "One-Time", NULL },
	/* Credits and discounts of all sorts. */
	{ NULL, "Credit", NULL, "One-Time", NULL },
};

static void fill_charge_kind(struct cells *r)
{
	const struct charge_kind *kind = charge_kinds;
	const char *type = r->text[FIELD_LINE_TYPE];

	while (kind->type && strcmp(kind->type, type) != 0)
		kind++;
	cells_set(r, FIELD_FOCUS_CHARGE_CATEGORY, kind->category);
	cells_set(r, FIELD_FOCUS_CHARGE_CLASS, kind->class);
	cells_set(r, FIELD_FOCUS_CHARGE_FREQUENCY, kind->frequency);
	cells_set(r, FIELD_FOCUS_PRICING_CATEGORY, kind->pricing);
	if (!kind->pricing)
		return;
	cells_copy(r, FIELD_FOCUS_PRICING_QUANTITY, FIELD_LINE_USAGE_AMOUNT);
	cells_copy(r, FIELD_FOCUS_PRICING_UNIT, FIELD_PRICING_UNIT);
	if (strcmp(kind->category, "Usage") != 0)
		return;
	cells_copy(r, FIELD_FOCUS_CONSUMED_QUANTITY, FIELD_LINE_USAGE_AMOUNT);
	cells_copy(r, FIELD_FOCUS_CONSUMED_UNIT, FIELD_PRICING_UNIT);
}

static void fill_commitment(const struct series *s, struct cells *r)
{
	bool is_plan = r->text[FIELD_SP_ARN] != NULL;
	bool is_usage = s->kind == SERIES_RI_USAGE || s->kind == SERIES_SP_USAGE;
	bool is_fee = s->kind == SERIES_RI_FEE || s->kind == SERIES_SP_FEE;

	if (!is_plan && !r->text[FIELD_RI_ARN])
		return;
	cells_set(
		r, FIELD_FOCUS_COMMITMENT_DISCOUNT_CATEGORY, is_plan ? "Spend" : "Usage");
	cells_copy(r, FIELD_FOCUS_COMMITMENT_DISCOUNT_ID,
		is_plan ? FIELD_SP_ARN : FIELD_RI_ARN);
	cells_set(r, FIELD_FOCUS_COMMITMENT_DISCOUNT_TYPE,
		is_plan ? "Savings Plan" : "Reserved Instance");
	cells_set(r, FIELD_FOCUS_COMMITMENT_DISCOUNT_STATUS,
		is_usage	 ? "Used"
			: is_fee ? "Unused"
				 : NULL);
	if (!is_usage)
		return;
	cells_copy(r, FIELD_FOCUS_COMMITMENT_DISCOUNT_QUANTITY,
		is_plan ? FIELD_SP_EFFECTIVE_COST : FIELD_LINE_USAGE_AMOUNT);
	cells_set(r, FIELD_FOCUS_COMMITMENT_DISCOUNT_UNIT,
		is_plan ? r->text[FIELD_LINE_CURRENCY_CODE]
			: r->text[FIELD_PRICING_UNIT]);
}

/* The amortized cost of CUR. */
static void fill_effective(const struct series *s, struct cells *r)
{
	enum field upfront = FIELD_RI_UNUSED_AMORTIZED_UPFRONT_FEE_FOR_BILLING_PERIOD;
	enum field recurring = FIELD_RI_UNUSED_RECURRING_FEE;
	enum field f = FIELD_FOCUS_EFFECTIVE_COST;
	const char *description = r->text[FIELD_LINE_DESCRIPTION];

	cells_copy(r, f, FIELD_LINE_UNBLENDED_COST);
	switch (s->kind) {
	case SERIES_RI_USAGE:
	case SERIES_SP_USAGE:
	case SERIES_SP_FEE:
		cells_hole(r, f, HOLE_EFFECTIVE, NUMBER_JAVA);
		return;
	case SERIES_RI_FEE:
		r->hole[f] = HOLE_NONE;
		cells_number(r, f, r->value[upfront] + r->value[recurring], NUMBER_JAVA);
		return;
	case SERIES_RI_UPFRONT:
	case SERIES_SP_UPFRONT:
	case SERIES_SP_NEGATION:
		r->hole[f] = HOLE_NONE;
		cells_number(r, f, 0, NUMBER_JAVA);
		return;
	case SERIES_USAGE:
	case SERIES_EDP:
	case SERIES_SPLIT:
	case SERIES_TAX:
		return;
	case SERIES_CHARGE:
		/* Spread over the plan's time like the fee that comes back. */
		if (strncmp(description, "Refund for one-time fee for Savings Plan ID",
			    43) == 0) {
			r->hole[f] = HOLE_NONE;
			cells_number(r, f, 0, NUMBER_JAVA);
		}
		return;
	}
}

/* What it would have cost without commitments: with the price agreed on, and without. */
static void fill_alternatives(const struct series *s, struct cells *r)
{
	enum field list = FIELD_FOCUS_LIST_COST, contracted = FIELD_FOCUS_CONTRACTED_COST;
	bool has_list = r->hole[FIELD_PRICING_PUBLIC_ON_DEMAND_COST] != HOLE_NONE;

	if (s->kind == SERIES_SP_NEGATION || s->kind == SERIES_EDP) {
		cells_number(r, list, 0, NUMBER_JAVA);
		cells_number(r, contracted, 0, NUMBER_JAVA);
		return;
	}
	cells_copy(r, list,
		has_list ? FIELD_PRICING_PUBLIC_ON_DEMAND_COST
			 : FIELD_LINE_UNBLENDED_COST);
	cells_copy(r, contracted,
		s->kind == SERIES_USAGE ? FIELD_LINE_NET_UNBLENDED_COST
			: has_list	? FIELD_PRICING_PUBLIC_ON_DEMAND_COST
					: FIELD_LINE_UNBLENDED_COST);
}

static void fill_prices(const struct filler *f, const struct series *s, struct cells *r)
{
	int64_t rate;

	cells_copy(r, FIELD_FOCUS_PRICING_CURRENCY_EFFECTIVE_COST,
		FIELD_FOCUS_EFFECTIVE_COST);
	if (!r->text[FIELD_PRICING_PUBLIC_ON_DEMAND_RATE])
		return;
	rate = series_rate(s);
	cells_number(r, FIELD_FOCUS_LIST_UNIT_PRICE, rate, NUMBER_JAVA);
	if (s->kind == SERIES_USAGE && f->w->accounts[s->account].edp)
		rate = e10_share(rate, 100 - WORLD_EDP_PERCENT, 100);
	cells_number(r, FIELD_FOCUS_CONTRACTED_UNIT_PRICE, rate, NUMBER_JAVA);
	cells_copy(r, FIELD_FOCUS_PRICING_CURRENCY_LIST_UNIT_PRICE,
		FIELD_FOCUS_LIST_UNIT_PRICE);
	cells_copy(r, FIELD_FOCUS_PRICING_CURRENCY_CONTRACTED_UNIT_PRICE,
		FIELD_FOCUS_CONTRACTED_UNIT_PRICE);
}

static void fill_resource_type(const struct series *s, struct cells *r)
{
	static const char *const types[] = { [RESOURCE_NONE] = NULL,
		[RESOURCE_INSTANCE] = "Instance",
		[RESOURCE_VOLUME] = "Volume",
		[RESOURCE_BUCKET] = "Bucket",
		[RESOURCE_ARN] = NULL,
		[RESOURCE_GLOBAL_ARN] = NULL,
		[RESOURCE_S3_ARN] = NULL };

	/* Charges and taxes have no meter of theirs. */
	if (r->text[FIELD_LINE_RESOURCE_ID] && s->kind != SERIES_SPLIT)
		cells_set(r, FIELD_FOCUS_RESOURCE_TYPE,
			types[catalog_meters[s->meter].resource]);
}

void fill_focus(const struct filler *f, const struct series *s, struct cells *ret)
{
	fill_copies(ret);
	fill_service(ret);
	fill_parties(s, ret);
	fill_place(s, ret);
	fill_charge_kind(ret);
	fill_commitment(s, ret);
	fill_resource_type(s, ret);
	cells_copy(ret, FIELD_FOCUS_BILLED_COST, FIELD_LINE_UNBLENDED_COST);
	fill_effective(s, ret);
	fill_alternatives(s, ret);
	fill_prices(f, s, ret);
	fill_required(ret);
}
