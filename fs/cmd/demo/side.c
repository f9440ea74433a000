/* What stands in the tables: AWS's columns, in the order of its manual. */
#include "fs/cmd/demo/side.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fs/cmd/demo/number.h"

enum {
	DAY_SECONDS = 86400,
	ADVICE_DAYS = 3,
	ADVICE_ROWS_MAX = 200,
	CARBON_MONTHS_MAX = 3,
	CARBON_PRODUCTS = 3,
};

static void set_text(struct side_value *v, const char *text)
{
	*v = (struct side_value){ .text = text };
}

static void set_number(struct side_value *v, int64_t number)
{
	*v = (struct side_value){ .text = "", .number = number };
}

/* The newest month, of whose days there are so many. */
static void newest_period(const struct world *w, struct period *ret)
{
	world_period(w, w->months - 1, ret);
}

static bool advice_partition(
	const struct world *w, unsigned index, char ret[64], int64_t *ret_delivered)
{
	char day[DAY_TEXT];
	struct period p;

	if (index == ADVICE_DAYS)
		return false;
	newest_period(w, &p);
	*ret_delivered = p.start +
		(WORLD_OPEN_DAYS - ADVICE_DAYS + (int64_t)index) * DAY_SECONDS + 21600;
	day_format((struct day){ (int32_t)(*ret_delivered / DAY_SECONDS) }, day);
	snprintf(ret, 64, "date=%.*s", DAY_TEXT, day);
	return true;
}

static unsigned advice_rows(const struct world *w)
{
	unsigned rows = 2 * w->account_count;

	return rows < ADVICE_ROWS_MAX ? rows : ADVICE_ROWS_MAX;
}

/* A kind of recommendation. */
struct advice {
	const char *action, *now_type, *now, *then_type, *then, *effort;
	/* What an ARN has before the id, and the member of the details; NULL: it is about
	 * no resource. */
	const char *resource, *member;
};
static const struct advice advices[] = {
	{ "Rightsize", "Ec2Instance", "m5.2xlarge", "Ec2Instance", "m5.xlarge", "Medium",
		"instance/i-", "ec2Instance" },
	{ "Stop", "Ec2Instance", "t3.large", NULL, NULL, "VeryLow", "instance/i-",
		"ec2Instance" },
	{ "Upgrade", "EbsVolume", "gp2, 500 GB", "EbsVolume", "gp3, 500 GB", "Low",
		"volume/vol-", "ebsVolume" },
	{ "PurchaseSavingsPlans", NULL, NULL, "ComputeSavingsPlans",
		"1 year, \"No Upfront\", 2.5 USD an hour", "VeryLow", NULL, NULL },
};

enum advice_column {
	ADVICE_ACCOUNT,
	ADVICE_ACTION,
	ADVICE_CURRENCY,
	ADVICE_NOW_DETAILS,
	ADVICE_NOW,
	ADVICE_NOW_TYPE,
	ADVICE_COST_AFTER,
	ADVICE_COST_BEFORE,
	ADVICE_SAVINGS_AFTER,
	ADVICE_SAVINGS_BEFORE,
	ADVICE_PERCENT_AFTER,
	ADVICE_PERCENT_BEFORE,
	ADVICE_EFFORT,
	ADVICE_REFRESHED,
	ADVICE_ID,
	ADVICE_LOOKBACK,
	ADVICE_SOURCE,
	ADVICE_THEN_DETAILS,
	ADVICE_THEN,
	ADVICE_THEN_TYPE,
	ADVICE_REGION,
	ADVICE_ARN,
	ADVICE_RESTART,
	ADVICE_ROLLBACK,
	ADVICE_TAGS,
	ADVICE_COLUMNS,
};
_Static_assert(ADVICE_COLUMNS == 25 && (int)ADVICE_COLUMNS <= (int)SIDE_COLUMNS,
	"AWS has so many");

static void set_details(const struct advice *a, const char *type, char ret[SIDE_TEXT])
{
	snprintf(ret, SIDE_TEXT,
		"{\"%s\":{\"configuration\":{\"type\":\"%s\"},\"costCalculation\":{}}}",
		a->member, type);
}

static void fill_resource(const struct advice *a, const char *account, uint64_t chance,
	struct side_row *ret)
{
	const char *region = world_regions[world_pick_region(chance)].code;
	char hex[WORLD_HEX];

	set_text(&ret->values[ADVICE_REGION], region);
	set_text(&ret->values[ADVICE_NOW_TYPE], a->now_type);
	set_text(&ret->values[ADVICE_NOW], a->now);
	set_text(&ret->values[ADVICE_THEN_TYPE], a->then_type);
	set_text(&ret->values[ADVICE_THEN], a->then);
	if (!a->resource)
		return;
	world_hex(demo_mix(chance, 7), 17, hex);
	snprintf(ret->text[0], SIDE_TEXT, "arn:aws:ec2:%s:%s:%s%s", region, account,
		a->resource, hex);
	set_details(a, a->now, ret->text[1]);
	set_details(a, a->then ? a->then : "", ret->text[2]);
	set_text(&ret->values[ADVICE_ARN], ret->text[0]);
	set_text(&ret->values[ADVICE_NOW_DETAILS], ret->text[1]);
	if (a->then)
		set_text(&ret->values[ADVICE_THEN_DETAILS], ret->text[2]);
	set_text(&ret->values[ADVICE_TAGS],
		chance % 3 ? "{\"Team\":\"web\",\"Env\":\"prod, \\\"blue\\\"\"}" : "{}");
}

/* Costs of some digits, so that none is a whole number. */
static void fill_money(uint64_t chance, struct side_row *ret)
{
	int64_t cost = (int64_t)(chance % 90000 + 1001) * (E10 / 1000) + E10 / 10000;
	int64_t part = (int64_t)(demo_mix(chance, 3) % 60 + 5);
	int64_t savings = e10_share(cost, part, 100);

	set_number(&ret->values[ADVICE_COST_BEFORE], cost);
	set_number(&ret->values[ADVICE_COST_AFTER],
		e10_share(cost, 100 - WORLD_EDP_PERCENT, 100));
	set_number(&ret->values[ADVICE_SAVINGS_BEFORE], savings);
	set_number(&ret->values[ADVICE_SAVINGS_AFTER],
		e10_share(savings, 100 - WORLD_EDP_PERCENT, 100));
	set_number(&ret->values[ADVICE_PERCENT_BEFORE], part * E10 + E10 / 4);
	set_number(&ret->values[ADVICE_PERCENT_AFTER], part * E10 + E10 / 4);
}

static void advice_fill(
	const struct world *w, unsigned partition, unsigned row, struct side_row *ret)
{
	uint64_t chance = demo_mix(w->seed, 1000 + row);
	const struct demo_account *account = &w->accounts[row / 2 % w->account_count];
	const struct advice *a = &advices[row % ARRAY_LEN(advices)];
	char part[64];
	int64_t delivered = 0;

	(void)advice_partition(w, partition, part, &delivered);
	set_text(&ret->values[ADVICE_ACCOUNT], account->id);
	set_text(&ret->values[ADVICE_ACTION], a->action);
	set_text(&ret->values[ADVICE_CURRENCY], "USD");
	set_text(&ret->values[ADVICE_EFFORT], a->effort);
	set_number(&ret->values[ADVICE_REFRESHED], delivered - 3600);
	world_uuid(demo_mix(chance, partition), ret->text[3]);
	set_text(&ret->values[ADVICE_ID], ret->text[3]);
	set_text(&ret->values[ADVICE_LOOKBACK], a->resource ? "14" : "30");
	set_text(&ret->values[ADVICE_SOURCE],
		a->resource ? "ComputeOptimizer" : "CostExplorer");
	set_text(&ret->values[ADVICE_RESTART], a->then && a->resource ? "true" : "false");
	set_text(&ret->values[ADVICE_ROLLBACK], a->resource ? "true" : "false");
	fill_money(demo_mix(chance, partition + 11), ret);
	fill_resource(a, account->id, chance, ret);
}

static unsigned carbon_months(const struct world *w)
{
	return w->months < CARBON_MONTHS_MAX ? w->months : CARBON_MONTHS_MAX;
}

/* The months before the newest one; the last of them by the model before as well. */
static bool carbon_partition(
	const struct world *w, unsigned index, char ret[64], int64_t *ret_delivered)
{
	unsigned months = carbon_months(w);
	bool is_older = index == months;
	unsigned back = is_older ? 1 : months - index;
	struct month_no month;
	char text[MONTH_TEXT];
	struct period p;

	if (index > months)
		return false;
	newest_period(w, &p);
	month.number = p.month.number - (int32_t)back;
	month_format(month, text);
	*ret_delivered = p.start - (int64_t)(back - 1) * 30 * DAY_SECONDS +
		14 * (int64_t)DAY_SECONDS;
	snprintf(ret, 64, "carbon_model_version=%s/usage_period=%.*s",
		is_older ? "v2.0.0" : "v3.0.0", MONTH_TEXT, text);
	return true;
}

static unsigned carbon_rows(const struct world *w)
{
	return CARBON_PRODUCTS * w->account_count;
}

enum carbon_column {
	CARBON_REFRESHED,
	CARBON_LOCATION,
	CARBON_MODEL,
	CARBON_PAYER,
	CARBON_PRODUCT,
	CARBON_REGION,
	CARBON_VALUES, /* seven pairs of a unit and a value */
	CARBON_ACCOUNT = CARBON_VALUES + 14,
	CARBON_END,
	CARBON_START,
	CARBON_COLUMNS,
};
_Static_assert(
	CARBON_COLUMNS == 23 && (int)CARBON_COLUMNS <= (int)SIDE_COLUMNS, "likewise");

static void fill_emissions(uint64_t chance, struct side_row *ret)
{
	/* Scope 1, both of scope 2, both of scope 3; the totals before them. */
	int64_t one = (int64_t)(chance % 800 + 1) * (E10 / 1000000);
	int64_t two = (int64_t)(demo_mix(chance, 2) % 90000 + 1) * (E10 / 1000000);
	int64_t three = (int64_t)(demo_mix(chance, 3) % 50000 + 1) * (E10 / 1000000);
	int64_t market = e10_share(two, (int64_t)(chance % 40), 100);
	const int64_t values[7] = { one + two + three, one + market + three, one, two,
		market, three, three };

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		set_text(&ret->values[CARBON_VALUES + 2 * i], "MTCO2e");
		set_number(&ret->values[CARBON_VALUES + 2 * i + 1], values[i]);
	}
}

static void carbon_fill(
	const struct world *w, unsigned partition, unsigned row, struct side_row *ret)
{
	static const char *const products[CARBON_PRODUCTS] = { "AmazonEC2", "AmazonS3",
		"Other" };
	uint64_t chance = demo_mix(demo_mix(w->seed, 2000 + row), partition);
	const struct region *region = &world_regions[world_pick_region(chance)];
	bool is_older = partition == carbon_months(w);
	unsigned back = is_older ? 1 : carbon_months(w) - partition;
	struct month_no month;
	char part[64];
	int64_t delivered = 0;
	struct period p;

	newest_period(w, &p);
	month.number = p.month.number - (int32_t)back;
	(void)carbon_partition(w, partition, part, &delivered);
	set_number(&ret->values[CARBON_REFRESHED], delivered - 7200);
	set_text(&ret->values[CARBON_LOCATION], region->location);
	set_text(&ret->values[CARBON_MODEL], is_older ? "v2.0.0" : "v3.0.0");
	set_text(&ret->values[CARBON_PAYER], w->accounts[0].id);
	set_text(&ret->values[CARBON_PRODUCT], products[row % CARBON_PRODUCTS]);
	set_text(&ret->values[CARBON_REGION], region->code);
	fill_emissions(chance, ret);
	set_text(&ret->values[CARBON_ACCOUNT], w->accounts[row / CARBON_PRODUCTS].id);
	set_number(&ret->values[CARBON_START],
		(int64_t)month_first_day(month).number * DAY_SECONDS);
	month.number++;
	set_number(&ret->values[CARBON_END],
		(int64_t)month_first_day(month).number * DAY_SECONDS);
}

#define TEXT(name)                                                                       \
	{                                                                                \
		name, OUTKIND_TEXT, false                                                \
	}
#define NUMBER(name)                                                                     \
	{                                                                                \
		name, OUTKIND_NUMBER, false                                              \
	}
#define TIME(name)                                                                       \
	{                                                                                \
		name, OUTKIND_MILLIS, false                                              \
	}
#define MAP(name)                                                                        \
	{                                                                                \
		name, OUTKIND_TEXT_MAP, false                                            \
	}
#define EMISSIONS(kind)                                                                  \
	TEXT("total_" kind "_emissions_unit"), NUMBER("total_" kind "_emissions_value")

const struct side_table side_tables[SIDE_TABLES] = {
	{ .suffix = "-recommendations",
		.columns = { TEXT("account_id"), TEXT("action_type"),
			TEXT("currency_code"), TEXT("current_resource_details"),
			TEXT("current_resource_summary"), TEXT("current_resource_type"),
			NUMBER("estimated_monthly_cost_after_discount"),
			NUMBER("estimated_monthly_cost_before_discount"),
			NUMBER("estimated_monthly_savings_after_discount"),
			NUMBER("estimated_monthly_savings_before_discount"),
			NUMBER("estimated_savings_percentage_after_discount"),
			NUMBER("estimated_savings_percentage_before_discount"),
			TEXT("implementation_effort"), TIME("last_refresh_timestamp"),
			TEXT("recommendation_id"),
			TEXT("recommendation_lookback_period_in_days"),
			TEXT("recommendation_source"),
			TEXT("recommended_resource_details"),
			TEXT("recommended_resource_summary"),
			TEXT("recommended_resource_type"), TEXT("region"),
			TEXT("resource_arn"), TEXT("restart_needed"),
			TEXT("rollback_possible"), MAP("tags") },
		.count = ADVICE_COLUMNS,
		.partition = advice_partition,
		.rows = advice_rows,
		.fill = advice_fill },
	{ .suffix = "-carbon",
		.columns = { TIME("last_refresh_timestamp"), TEXT("location"),
			TEXT("model_version"), TEXT("payer_account_id"),
			TEXT("product_code"), TEXT("region_code"), EMISSIONS("lbm"),
			EMISSIONS("mbm"), EMISSIONS("scope_1"), EMISSIONS("scope_2_lbm"),
			EMISSIONS("scope_2_mbm"), EMISSIONS("scope_3_lbm"),
			EMISSIONS("scope_3_mbm"), TEXT("usage_account_id"),
			TIME("usage_period_end"), TIME("usage_period_start") },
		.count = CARBON_COLUMNS,
		.partition = carbon_partition,
		.rows = carbon_rows,
		.fill = carbon_fill },
};
