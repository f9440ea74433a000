/* Which columns hold numbers and times, told by their names. */
#include "aws/export/columns.h"

/* The types that AWS gives its own Parquet files, but for two things: rates and units are
 * strings there and numbers here, and the columns of product_ are attributes ("8 GiB",
 * "1 Fee") even where they sound like amounts. */
static const char *const never_number_starts[] = {
	"product_",
	"bill_",
	"identity_",
};
static const char *const number_ends[] = {
	"_cost",
	"_rate",
	"_fee",
	"_amount",
	"_quantity",
	"_commitment",
	"_factor",
	"_units",
	"_ratio",
	"_discount",
	"_upfront_value",
	"_cost_for_usage",
	"_fee_for_usage",
	"_cost_for_billing_period",
	"_fee_for_billing_period",
	"_commitment_for_billing_period",
	"_commitment_to_date",
	"_units_per_reservation",
	"_number_of_reservations",
};

static bool any_starts(struct span name, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_starts(name, span_of(texts[i])))
			return true;
	return false;
}

static bool any_ends(struct span name, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_ends(name, span_of(texts[i])))
			return true;
	return false;
}

static bool is_number(struct span name)
{
	if (any_starts(name, never_number_starts, ARRAY_LEN(never_number_starts)))
		return false;
	if (any_ends(name, number_ends, ARRAY_LEN(number_ends)))
		return true;
	if (span_starts(name, SPAN("split_line_item_")) &&
		span_ends(name, SPAN("_usage")))
		return true;
	return span_starts(name, SPAN("discount_")) && !span_ends(name, SPAN("_id"));
}

/* In the specification's words, "Numeric Format" and "Date/Time Format". */
static enum column_kind focus_kind(struct span name)
{
	static const char *const numbers[] = { "cost", "quantity", "unitprice" };
	static const char *const times[] = { "BillingPeriodStart", "BillingPeriodEnd" };

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct span end = span_of(numbers[i]);

		if (name.len >= end.len &&
			span_eq_nocase(span_from(name, name.len - end.len), end))
			return COLUMN_NUMBER;
	}
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (span_eq_nocase(name, span_of(times[i])))
			return COLUMN_TIME;
	return COLUMN_TEXT;
}

enum column_kind column_kind_of(enum export_table table, struct span name)
{
	if (table == TABLE_FOCUS)
		return focus_kind(name);
	/* First: total_commitment_to_date is no date. */
	if (is_number(name))
		return COLUMN_NUMBER;
	if (span_ends(name, SPAN("_date")) || span_ends(name, SPAN("_time")))
		return COLUMN_TIME;
	return COLUMN_TEXT;
}
