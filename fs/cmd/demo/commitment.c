/* Reserved instances and savings plans: prices, coverage, and what an hour used of
 * them. */
#include "fs/cmd/demo/commitment.h"

#include "fs/cmd/demo/catalog.h"
#include "fs/cmd/demo/number.h"

#define CENTS(n) (INT64_C(n) * 100000000)

const struct reservation reservations[RESERVATIONS] = {
	{ "BoxUsage:m5.large", "Partial Upfront", 1, 3, CENTS(26280), CENTS(3), 6 },
	{ "InstanceUsage:db.r5.large", "Partial Upfront", 0, 1, CENTS(52560), CENTS(6),
		0 },
	{ "BoxUsage:c5.xlarge", "All Upfront", 0, 2, CENTS(87600), 0,
		RESERVATION_OLDEST },
};

const struct savings_plan savings_plans[PLANS] = {
	{ "ComputeSavingsPlans", "Partial Upfront", "", "", 50 },
	{ "EC2InstanceSavingsPlans", "No Upfront", "c6i", "eu-central-1", 0 },
};

/* Members of one group are together. */
const struct plan_member plan_members[PLAN_MEMBERS] = {
	{ 0, 0, 0, 0, "BoxUsage:m6i.large", 28, 1, false },
	{ 0, 0, 0, 0, "BoxUsage:m6i.large", 28, 1, true },
	{ 0, 1, 2, 1, "BoxUsage:m6i.large", 28, 1, true },
	{ 0, 2, 0, 0, "Fargate-vCPU-Hours:perCPU", 20, 4, true },
	{ 1, 3, 1, 1, "BoxUsage:c6i.xlarge", 38, 1, false },
	{ 1, 3, 1, 1, "BoxUsage:c6i.xlarge", 38, 1, true },
};

unsigned slot_account(const struct world *w, unsigned slot)
{
	static const unsigned wanted[] = { 2, 3, 4, 5 };

	if (slot < ARRAY_LEN(wanted) && wanted[slot] < w->account_count)
		return wanted[slot];
	return 0;
}

int32_t reservation_month(const struct world *w, unsigned index)
{
	int bought = reservations[index].bought;

	if (bought == RESERVATION_OLDEST)
		bought = (int)w->months - 1;
	return w->last_month.number - bought;
}

int64_t member_rate(unsigned member)
{
	const struct plan_member *m = &plan_members[member];

	return e10_share(demo_meter_find(m->usage)->price_e10,
		world_regions[m->region].price_percent, 100);
}

int64_t member_plan_rate(unsigned member)
{
	return e10_share(
		member_rate(member), 100 - plan_members[member].discount_percent, 100);
}

int64_t member_amount(const struct world *w, unsigned member, int64_t hour)
{
	const struct plan_member *m = &plan_members[member];
	uint64_t chance = demo_mix(demo_mix(w->seed, 7000 + member), (uint64_t)hour);

	if (!m->varies || chance % 4 != 0)
		return m->most * E10;
	return 1 + (int64_t)((chance >> 8) % (uint64_t)(m->most * E10));
}

int64_t plan_commitment(unsigned plan)
{
	const int64_t mill = E10 / 1000;
	int64_t sum = 0;

	for (unsigned i = 0; i < PLAN_MEMBERS; i++) {
		if (plan_members[i].plan == plan)
			sum += plan_members[i].most * member_plan_rate(i);
	}
	/* A tenth is never used; commitments are bought in whole mills. */
	return (sum + sum / 10) / mill * mill + mill;
}

int64_t plan_recurring(unsigned plan)
{
	return e10_share(
		plan_commitment(plan), 100 - savings_plans[plan].upfront_percent, 100);
}

int64_t plan_used(const struct world *w, unsigned plan, int64_t hour)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < PLAN_MEMBERS; i++) {
		if (plan_members[i].plan == plan)
			sum += e10_mul(member_amount(w, i, hour), member_plan_rate(i));
	}
	return sum;
}

unsigned group_first(unsigned group)
{
	unsigned i = 0;

	while (plan_members[i].group != group)
		i++;
	return i;
}
