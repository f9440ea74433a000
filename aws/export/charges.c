#include "aws/export/charges.h"

static unsigned bit(enum charge_class class)
{
	return 1U << class;
}

static unsigned of_type(struct span type)
{
	/* Most by far. */
	if (span_eq(type, SPAN("Usage")))
		return 0;
	if (span_eq(type, SPAN("Credit")))
		return bit(CHARGE_CREDIT);
	if (span_eq(type, SPAN("Refund")))
		return bit(CHARGE_REFUND);
	if (span_eq(type, SPAN("Tax")))
		return bit(CHARGE_TAX);
	if (span_ends(type, SPAN("Fee")) || span_eq(type, SPAN("FlatRateSubscription")))
		return bit(CHARGE_FEE);
	return 0;
}

unsigned row_charges(const struct row *row)
{
	bool is_marketplace =
		span_eq_nocase(row->billing_entity, SPAN("AWS Marketplace"));

	return of_type(row->charge_type) | (is_marketplace ? bit(CHARGE_MARKETPLACE) : 0);
}

/* The specification's report on refunds asks for corrections, of whatever category. An
 * Adjustment is no refund by itself: AWS has its negations of savings plans there. */
static unsigned of_category(const struct focus_charge *c)
{
	bool is_correction = span_eq_nocase(c->class, SPAN("Correction"));
	unsigned charges = is_correction ? bit(CHARGE_REFUND) : 0;

	if (span_eq_nocase(c->category, SPAN("Tax")))
		return charges | bit(CHARGE_TAX);
	if (span_eq_nocase(c->category, SPAN("Credit")))
		return charges | bit(CHARGE_CREDIT);
	if (span_eq_nocase(c->category, SPAN("Purchase")) && !is_correction)
		return bit(CHARGE_FEE);
	return charges;
}

/* FOCUS has no billing entity. What AWS publishes itself is of "AWS", or of one of its
 * companies: "Amazon Web Services EMEA SARL". */
static bool is_of_seller(struct span publisher)
{
	return publisher.len > 0 && !span_eq_nocase(publisher, SPAN("AWS")) &&
		!span_starts(publisher, SPAN("Amazon"));
}

unsigned focus_charges(const struct focus_charge *c)
{
	return of_category(c) |
		(is_of_seller(c->publisher) ? bit(CHARGE_MARKETPLACE) : 0);
}
