/* Reserved instances, savings plans, and the split cost of containers. */
#include "fs/cmd/demo/fill.h"

#include <string.h>

#include "fs/cmd/demo/commitment.h"

enum { DAY_SECONDS = 86400 };

static int64_t month_seconds(int32_t number)
{
	return (int64_t)month_first_day((struct month_no){ number }).number * DAY_SECONDS;
}

static void fill_reservation_fields(
	const struct filler *f, const struct series *s, struct cells *r)
{
	const struct reservation *ri = &reservations[s->which];
	const struct meter *m = &catalog_meters[s->meter];
	int64_t start = month_seconds(reservation_month(f->w, s->which));
	int64_t hours = (int64_t)f->p->period.month_hours;
	bool is_rds = strncmp(ri->usage, "Box", 3) != 0;
	char uuid[WORLD_UUID];

	world_uuid(demo_mix(f->w->seed, 9000 + s->which), uuid);
	cells_printf(r, FIELD_RI_ARN, "arn:aws:%s:%s:%s:%s%s", is_rds ? "rds" : "ec2",
		world_regions[s->region].code, f->w->accounts[s->account].id,
		is_rds ? "ri:ri-" : "reserved-instances/", uuid);
	cells_printf(r, FIELD_RI_SUBSCRIPTION_ID, "%u", 730000000 + s->which * 1117);
	cells_time(r, FIELD_RI_START_TIME, start, true);
	cells_time(r, FIELD_RI_END_TIME, start + YEAR_HOURS * INT64_C(3600) - 1, true);
	cells_set(r, FIELD_RI_MODIFICATION_STATUS, "Original");
	cells_printf(r, FIELD_RI_NUMBER_OF_RESERVATIONS, "%u", ri->units);
	cells_number(r, FIELD_RI_UNITS_PER_RESERVATION, hours * E10, NUMBER_JAVA);
	cells_number(
		r, FIELD_RI_TOTAL_RESERVED_UNITS, hours * ri->units * E10, NUMBER_JAVA);
	cells_number(r, FIELD_RI_NORMALIZED_UNITS_PER_RESERVATION,
		hours * catalog_instances[m->instance].factor_e10, NUMBER_JAVA);
	cells_number(r, FIELD_RI_TOTAL_RESERVED_NORMALIZED_UNITS,
		hours * ri->units * catalog_instances[m->instance].factor_e10,
		NUMBER_JAVA);
	cells_set(r, FIELD_PRICING_TERM, "Reserved");
	cells_set(r, FIELD_PRICING_LEASE_CONTRACT_LENGTH, "1yr");
	cells_set(r, FIELD_PRICING_OFFERING_CLASS, "standard");
	cells_set(r, FIELD_PRICING_PURCHASE_OPTION, ri->option);
}

static void clear_normalization(struct cells *r)
{
	r->text[FIELD_LINE_NORMALIZATION_FACTOR] = NULL;
	r->hole[FIELD_LINE_NORMALIZED_USAGE_AMOUNT] = HOLE_NONE;
}

static void number_pair(struct cells *r, enum field plain, enum field net, int64_t value)
{
	cells_number(r, plain, value, NUMBER_JAVA);
	cells_number(r, net, value, NUMBER_JAVA);
}

static void fill_reserved_usage(
	const struct filler *f, const struct series *s, struct cells *r)
{
	const struct reservation *ri = &reservations[s->which];

	cells_set(r, FIELD_LINE_TYPE, "DiscountedUsage");
	cells_printf(r, FIELD_LINE_DESCRIPTION, "%s reserved instance applied",
		catalog_instances[catalog_meters[s->meter].instance].type);
	r->text[FIELD_LINE_UNBLENDED_RATE] = "0.0000000000";
	r->text[FIELD_LINE_NET_UNBLENDED_RATE] = "0.0000000000";
	number_pair(r, FIELD_RI_AMORTIZED_UPFRONT_COST_FOR_USAGE,
		FIELD_RI_NET_AMORTIZED_UPFRONT_COST_FOR_USAGE,
		e10_share(ri->upfront_e10, 1, YEAR_HOURS));
	number_pair(r, FIELD_RI_RECURRING_FEE_FOR_USAGE,
		FIELD_RI_NET_RECURRING_FEE_FOR_USAGE, ri->hourly_e10);
	cells_hole(r, FIELD_RI_EFFECTIVE_COST, HOLE_EFFECTIVE, NUMBER_JAVA);
	cells_hole(r, FIELD_RI_NET_EFFECTIVE_COST, HOLE_EFFECTIVE, NUMBER_JAVA);
	fill_resource(f, s, r);
	fill_tags(f, s, r);
}

static void fill_reserved_fee(
	const struct filler *f, const struct series *s, struct cells *r)
{
	const struct reservation *ri = &reservations[s->which];
	const struct period *p = &f->p->period;
	int64_t unused = (int64_t)p->hours * ri->units - s->amount_e10;
	int64_t hourly = e10_share(ri->upfront_e10, 1, YEAR_HOURS);

	cells_set(r, FIELD_LINE_TYPE, "RIFee");
	cells_printf(r, FIELD_LINE_DESCRIPTION, "%s, %s reserved instance, recurring fee",
		ri->option, catalog_instances[catalog_meters[s->meter].instance].type);
	cells_number(r, FIELD_LINE_UNBLENDED_RATE, ri->hourly_e10, NUMBER_FIXED);
	number_pair(r, FIELD_RI_AMORTIZED_UPFRONT_FEE_FOR_BILLING_PERIOD,
		FIELD_RI_NET_AMORTIZED_UPFRONT_FEE_FOR_BILLING_PERIOD,
		hourly * ri->units * (int64_t)p->month_hours);
	number_pair(r, FIELD_RI_UNUSED_AMORTIZED_UPFRONT_FEE_FOR_BILLING_PERIOD,
		FIELD_RI_NET_UNUSED_AMORTIZED_UPFRONT_FEE_FOR_BILLING_PERIOD,
		hourly * unused);
	number_pair(r, FIELD_RI_UNUSED_RECURRING_FEE, FIELD_RI_NET_UNUSED_RECURRING_FEE,
		ri->hourly_e10 * unused);
	number_pair(r, FIELD_RI_UPFRONT_VALUE, FIELD_RI_NET_UPFRONT_VALUE,
		ri->upfront_e10 * ri->units);
	cells_number(r, FIELD_RI_UNUSED_QUANTITY, unused * E10, NUMBER_JAVA);
	cells_number(r, FIELD_RI_UNUSED_NORMALIZED_UNIT_QUANTITY,
		unused * catalog_instances[catalog_meters[s->meter].instance].factor_e10,
		NUMBER_JAVA);
}

void fill_reservation(const struct filler *f, const struct series *s, struct cells *ret)
{
	const struct reservation *ri = &reservations[s->which];

	fill_meter(f, s, ret);
	fill_reservation_fields(f, s, ret);
	if (s->kind == SERIES_RI_USAGE) {
		fill_reserved_usage(f, s, ret);
		return;
	}
	/* Fees have no zone and no price list. */
	ret->text[FIELD_LINE_AVAILABILITY_ZONE] = NULL;
	ret->text[FIELD_PRICING_PUBLIC_ON_DEMAND_RATE] = NULL;
	clear_normalization(ret);
	ret->hole[FIELD_PRICING_PUBLIC_ON_DEMAND_COST] = HOLE_NONE;
	cells_printf(ret, FIELD_LINE_USAGE_TYPE, "%sHeavyUsage:%s",
		world_regions[s->region].prefix,
		catalog_instances[catalog_meters[s->meter].instance].type);
	if (s->kind == SERIES_RI_FEE) {
		fill_reserved_fee(f, s, ret);
		return;
	}
	cells_set(ret, FIELD_LINE_TYPE, "Fee");
	cells_printf(ret, FIELD_LINE_DESCRIPTION,
		"Sign up charge for subscription: %u, planId: %u",
		730000000 + s->which * 1117, 2100000 + s->which);
	cells_number(ret, FIELD_LINE_UNBLENDED_RATE, ri->upfront_e10, NUMBER_FIXED);
}

static void fill_plan_fields(const struct filler *f, unsigned plan, struct cells *r)
{
	const struct savings_plan *sp = &savings_plans[plan];
	const struct period *p = &f->p->period;
	int32_t bought =
		f->w->last_month.number - (int32_t)f->w->months + 1 + (f->w->months > 1);
	/* Plans whose fees begin within this month, in small exports, begin there. */
	int64_t start = month_seconds(bought);
	char uuid[WORLD_UUID];

	if (bought == p->month.number)
		start += (int64_t)(p->hours - f->p->window) * 3600;
	world_uuid(demo_mix(f->w->seed, 9100 + plan), uuid);
	cells_printf(r, FIELD_SP_ARN, "arn:aws:savingsplans::%s:savingsplan/%s",
		f->w->accounts[0].id, uuid);
	cells_time(r, FIELD_SP_START_TIME, start, true);
	cells_time(r, FIELD_SP_END_TIME, start + YEAR_HOURS * INT64_C(3600) - 1, true);
	cells_set(r, FIELD_SP_OFFERING_TYPE, sp->offering);
	cells_set(r, FIELD_SP_PAYMENT_OPTION, sp->option);
	cells_set(r, FIELD_SP_PURCHASE_TERM, "1yr");
	cells_set(r, FIELD_SP_REGION, sp->region);
	cells_set(r, FIELD_SP_INSTANCE_TYPE_FAMILY, sp->family);
}

static void fill_plan_fee(const struct filler *f, const struct series *s, struct cells *r)
{
	const struct savings_plan *sp = &savings_plans[s->which];
	int64_t commitment = plan_commitment(s->which),
		recurring = plan_recurring(s->which);

	fill_plan_fields(f, s->which, r);
	cells_set(r, FIELD_LINE_PRODUCT_CODE, "ComputeSavingsPlans");
	cells_set(r, FIELD_PRODUCT_NAME, "Savings Plans for AWS Compute usage");
	cells_set(r, FIELD_PRODUCT_SERVICECODE, "ComputeSavingsPlans");
	cells_set(r, FIELD_PRODUCT_FAMILY, sp->offering);
	cells_printf(r, FIELD_LINE_USAGE_TYPE, "%s:1yr%s",
		*sp->family ? "EC2SP:c6i" : "ComputeSP",
		sp->upfront_percent ? "PartialUpfront" : "NoUpfront");
	cells_printf(r, FIELD_LINE_DESCRIPTION, "1 year %s %s", sp->option, sp->offering);
	if (s->kind == SERIES_SP_UPFRONT) {
		cells_set(r, FIELD_LINE_TYPE, "SavingsPlanUpfrontFee");
		return;
	}
	cells_set(r, FIELD_LINE_TYPE, "SavingsPlanRecurringFee");
	cells_number(r, FIELD_LINE_UNBLENDED_RATE, recurring, NUMBER_FIXED);
	cells_number(r, FIELD_SP_TOTAL_COMMITMENT_TO_DATE, commitment, NUMBER_JAVA);
	cells_hole(r, FIELD_SP_USED_COMMITMENT, HOLE_USED, NUMBER_JAVA);
	number_pair(r, FIELD_SP_RECURRING_COMMITMENT_FOR_BILLING_PERIOD,
		FIELD_SP_NET_RECURRING_COMMITMENT_FOR_BILLING_PERIOD, recurring);
	number_pair(r, FIELD_SP_AMORTIZED_UPFRONT_COMMITMENT_FOR_BILLING_PERIOD,
		FIELD_SP_NET_AMORTIZED_UPFRONT_COMMITMENT_FOR_BILLING_PERIOD,
		commitment - recurring);
}

void fill_plan(const struct filler *f, const struct series *s, struct cells *ret)
{
	const struct meter *m = &catalog_meters[s->meter];
	unsigned member;

	if (s->kind == SERIES_SP_FEE || s->kind == SERIES_SP_UPFRONT) {
		fill_plan_fee(f, s, ret);
		return;
	}
	member = s->kind == SERIES_SP_USAGE ? s->which : group_first(s->which);
	fill_plan_fields(f, plan_members[member].plan, ret);
	fill_meter(f, s, ret);
	/* A group's resources stand in one zone. */
	if (m->resource == RESOURCE_INSTANCE)
		cells_printf(ret, FIELD_LINE_AVAILABILITY_ZONE, "%sa",
			world_regions[s->region].code);
	cells_number(ret, FIELD_SP_RATE, member_plan_rate(member), NUMBER_JAVA);
	if (s->kind == SERIES_SP_NEGATION) {
		cells_set(ret, FIELD_LINE_TYPE, "SavingsPlanNegation");
		cells_printf(ret, FIELD_LINE_DESCRIPTION,
			"SavingsPlanNegation used by AccountId : %s and UsageSku : %s",
			f->w->accounts[s->account].id, ret->text[FIELD_PRODUCT_SKU]);
		ret->hole[FIELD_PRICING_PUBLIC_ON_DEMAND_COST] = HOLE_NONE;
		ret->hole[FIELD_LINE_BLENDED_COST] = HOLE_UNBLENDED;
		return;
	}
	cells_set(ret, FIELD_LINE_TYPE, "SavingsPlanCoveredUsage");
	cells_hole(ret, FIELD_SP_EFFECTIVE_COST, HOLE_EFFECTIVE, NUMBER_JAVA);
	cells_hole(ret, FIELD_SP_NET_EFFECTIVE_COST, HOLE_EFFECTIVE, NUMBER_JAVA);
	fill_resource(f, s, ret);
	fill_tags(f, s, ret);
}

void fill_split(const struct filler *f, const struct series *s, struct cells *ret)
{
	static const char *const usages[PLAN_SPLITS] = { "EUC1-EKS-EC2-vCPU-Hours",
		"EUC1-EKS-EC2-GB-Hours", "EUC1-ECS-EC2-vCPU-Hours",
		"EUC1-ECS-EC2-GB-Hours" };
	/* Billed under their own service, whatever instances they run on. */
	static const struct service pods = { "AmazonEKS",
		"Amazon Elastic Container Service for Kubernetes" };
	static const struct service tasks = { "AmazonECS",
		"Amazon Elastic Container Service" };
	bool is_pod = s->which < 2;
	const struct service *service = is_pod ? &pods : &tasks;
	const char *account = f->w->accounts[s->account].id;
	char hex[WORLD_HEX];

	/* Both of a pod's rows have its id. */
	world_hex(demo_mix(f->w->seed, 9200 + s->which / 2), 32, hex);
	fill_meter(f, s, ret);
	clear_normalization(ret);
	cells_set(ret, FIELD_LINE_TYPE, "Usage");
	cells_set(ret, FIELD_LINE_PRODUCT_CODE, service->code);
	cells_set(ret, FIELD_PRODUCT_SERVICECODE, service->code);
	cells_set(ret, FIELD_PRODUCT_NAME, service->name);
	cells_set(ret, FIELD_PRODUCT_SERVICENAME, service->name);
	cells_set(ret, FIELD_LINE_USAGE_TYPE, usages[s->which]);
	cells_set(ret, FIELD_LINE_OPERATION, is_pod ? "EKSPod-EC2" : "ECSTask-EC2");
	cells_printf(ret, FIELD_LINE_RESOURCE_ID,
		is_pod ? "arn:aws:eks:eu-central-1:%s:pod/main/shop/checkout-7d9f/%s"
		       : "arn:aws:ecs:eu-central-1:%s:task/batch/%s",
		account, hex);
	fill_tags(f, s, ret);
	cells_printf(ret, FIELD_SPLIT_PARENT_RESOURCE_ID,
		"arn:aws:ec2:eu-central-1:%s:instance/i-0%.16s", account, hex + 16);
	cells_hole(ret, FIELD_SPLIT_SPLIT_USAGE, HOLE_SPLIT_USAGE, NUMBER_JAVA);
	cells_hole(ret, FIELD_SPLIT_ACTUAL_USAGE, HOLE_SPLIT_USAGE, NUMBER_JAVA);
	cells_hole(ret, FIELD_SPLIT_RESERVED_USAGE, HOLE_SPLIT_USAGE, NUMBER_JAVA);
	cells_hole(ret, FIELD_SPLIT_SPLIT_USAGE_RATIO, HOLE_SPLIT_RATIO, NUMBER_JAVA);
	cells_hole(ret, FIELD_SPLIT_SPLIT_COST, HOLE_SPLIT_COST, NUMBER_JAVA);
	cells_hole(ret, FIELD_SPLIT_NET_SPLIT_COST, HOLE_SPLIT_COST, NUMBER_JAVA);
	cells_hole(ret, FIELD_SPLIT_PUBLIC_ON_DEMAND_SPLIT_COST, HOLE_SPLIT_COST,
		NUMBER_JAVA);
	cells_hole(ret, FIELD_SPLIT_UNUSED_COST, HOLE_SPLIT_UNUSED, NUMBER_JAVA);
	cells_hole(ret, FIELD_SPLIT_NET_UNUSED_COST, HOLE_SPLIT_UNUSED, NUMBER_JAVA);
	cells_hole(ret, FIELD_SPLIT_PUBLIC_ON_DEMAND_UNUSED_COST, HOLE_SPLIT_UNUSED,
		NUMBER_JAVA);
}
