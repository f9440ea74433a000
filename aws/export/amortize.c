#include "aws/export/amortize.h"

static const struct {
	const char *charge_type;
	struct amortize_rule rule;
} rules[] = {
	{ "SavingsPlanCoveredUsage", { .how = AMORTIZE_ONE, .a = ROLE_PLAN_EFFECTIVE } },
	{ "SavingsPlanNegation", { .how = AMORTIZE_ZERO } },
	{ "DiscountedUsage", { .how = AMORTIZE_ONE, .a = ROLE_RESERVATION_EFFECTIVE } },
	{ "SavingsPlanRecurringFee",
		{ .how = AMORTIZE_DIFFERENCE,
			.a = ROLE_PLAN_COMMITMENT,
			.b = ROLE_PLAN_USED } },
	{ "SavingsPlanUpfrontFee", { .how = AMORTIZE_ZERO } },
	{ "RIFee",
		{ .how = AMORTIZE_SUM,
			.a = ROLE_RESERVATION_UNUSED_UPFRONT,
			.b = ROLE_RESERVATION_UNUSED_RECURRING } },
};

static const char plan_refund[] = "Refund for one-time fee for Savings Plan ID";

struct span amortize_description(struct span description)
{
	return span_starts(description, span_of(plan_refund)) ? span_of(plan_refund)
							      : (struct span){ .len = 0 };
}

struct amortize_rule amortize_rule_of(struct span charge_type, struct span service,
	struct span reservation_arn, struct span description)
{
	const struct amortize_rule itself = { .how = AMORTIZE_ITSELF };
	const struct amortize_rule zero = { .how = AMORTIZE_ZERO };

	/* Most rows by far. */
	if (span_eq(charge_type, SPAN("Usage")))
		return itself;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (span_eq(charge_type, span_of(rules[i].charge_type)))
			return rules[i].rule;
	/* The upfront payment of a reservation is spread over DiscountedUsage and
	 * RIFee. */
	if (span_eq(charge_type, SPAN("Fee")) && reservation_arn.len > 0)
		return zero;
	/* Gives back a SavingsPlanUpfrontFee, which counted as zero. */
	if (span_eq(charge_type, SPAN("Refund")) &&
		span_eq(service, SPAN("ComputeSavingsPlans")) &&
		span_starts(description, span_of(plan_refund)))
		return zero;
	return itself;
}

enum role amortize_net_role(enum role role)
{
	switch ((int)role) {
	case ROLE_RESERVATION_EFFECTIVE:
		return ROLE_NET_RESERVATION_EFFECTIVE;
	case ROLE_RESERVATION_UNUSED_UPFRONT:
		return ROLE_NET_RESERVATION_UNUSED_UPFRONT;
	case ROLE_RESERVATION_UNUSED_RECURRING:
		return ROLE_NET_RESERVATION_UNUSED_RECURRING;
	case ROLE_PLAN_EFFECTIVE:
		return ROLE_NET_PLAN_EFFECTIVE;
	default:
		/* TotalCommitmentToDate and UsedCommitment: AWS delivers no net of
		 * them, so the unused commitment counts the same in both costs. */
		return role;
	}
}
