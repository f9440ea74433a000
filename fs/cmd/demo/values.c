/* Amounts and costs of each row, from the seed, the series and the hour alone: any row
 * can be made by any thread, and the sums of one row (negations, discounts) repeat
 * those of others. */
#include "fs/cmd/demo/values.h"

#include <string.h>

#include "fs/cmd/demo/charge.h"
#include "fs/cmd/demo/commitment.h"
#include "fs/cmd/demo/number.h"

enum { HOUR = 3600, OFFICE_HOURS = 10, OFFICE_OPENS = 8, SPARSE_STRIDES = 11 };

int64_t series_rate(const struct series *s)
{
	const struct meter *m = &catalog_meters[s->meter];

	if (m->global)
		return m->price_e10;
	return e10_share(m->price_e10, world_regions[s->region].price_percent, 100);
}

/* The hour of the month in which the row begins, and how long it lasts. */
static uint32_t hour_of(
	const struct series *s, const struct period *p, uint32_t row, uint32_t *ret_hours)
{
	*ret_hours = 1;
	switch (catalog_meters[s->meter].cadence) {
	case CADENCE_ALWAYS:
		return s->first + row;
	case CADENCE_OFFICE:
		return s->first / 24 * 24 + row / OFFICE_HOURS * 24 + OFFICE_OPENS +
			row % OFFICE_HOURS;
	case CADENCE_SPARSE:
		return s->first + row * (1 + (uint32_t)(s->id % SPARSE_STRIDES));
	case CADENCE_DAILY:
		*ret_hours = 24;
		return s->first / 24 * 24 + row * 24;
	case CADENCE_MONTH:
		*ret_hours = p->month_hours;
		return 0;
	}
	return 0;
}

static int64_t usage_amount(
	const struct series *s, const struct period *p, uint32_t hour, uint32_t hours)
{
	const struct meter *m = &catalog_meters[s->meter];
	uint64_t chance = demo_mix(s->id, (uint64_t)(p->start / HOUR + hour));
	uint64_t most = (uint64_t)m->scale;

	switch (m->amount) {
	case AMOUNT_HOUR:
		return E10;
	case AMOUNT_SIZE:
		most = 1 + demo_mix(s->id, 1) % most;
		return e10_share((int64_t)most * E10, hours, p->month_hours);
	case AMOUNT_COUNT:
		/* Nights are quiet. */
		if (hour % 24 < 7 || hour % 24 > 20)
			most = most / 4 + 1;
		return (int64_t)(1 + chance % most) * E10;
	case AMOUNT_VOLUME:
		if (chance % 8 == 0)
			return (int64_t)(1 + (chance >> 8) % 20000);
		most = most * (uint64_t)E10 / (1 + s->id % 16);
		return (int64_t)(1 + (chance >> 8) % most);
	}
	return 0;
}

static void set_time(
	const struct period *p, uint32_t hour, uint32_t hours, struct values *v)
{
	v->start = p->start + (int64_t)hour * HOUR;
	v->end = v->start + (int64_t)hours * HOUR;
}

static void set_cost(struct values *v, int64_t cost)
{
	v->n[HOLE_UNBLENDED] = cost;
	v->n[HOLE_BLENDED] = cost;
	v->n[HOLE_NET] = cost;
	v->n[HOLE_PUBLIC] = cost;
}

static void set_normalized(const struct series *s, struct values *v)
{
	const struct meter *m = &catalog_meters[s->meter];

	if (m->instance != METER_NO_INSTANCE)
		v->n[HOLE_NORMALIZED] = e10_mul(
			v->n[HOLE_AMOUNT], catalog_instances[m->instance].factor_e10);
}

static void usage_values(const struct world *w, const struct period *p,
	const struct series *s, uint32_t row, struct values *v)
{
	uint32_t hours;
	uint32_t hour = hour_of(s, p, row, &hours);

	set_time(p, hour, hours, v);
	v->n[HOLE_AMOUNT] = usage_amount(s, p, hour, hours);
	set_normalized(s, v);
	set_cost(v, e10_mul(v->n[HOLE_AMOUNT], series_rate(s)));
	if (!w->accounts[s->account].edp)
		return;
	v->n[HOLE_DISCOUNT] = -e10_share(v->n[HOLE_UNBLENDED], WORLD_EDP_PERCENT, 100);
	v->n[HOLE_NET] += v->n[HOLE_DISCOUNT];
}

static void edp_values(const struct world *w, const struct period *p,
	const struct series *s, uint32_t row, struct values *v)
{
	uint32_t from = row * EDP_ROWS;
	struct values usage;

	for (uint32_t i = from; i < from + EDP_ROWS && i < s->base_count; i++) {
		memset(&usage, 0, sizeof(usage));
		usage_values(w, p, s, i, &usage);
		if (i == from)
			v->start = usage.start;
		v->end = usage.end;
		v->n[HOLE_UNBLENDED] += usage.n[HOLE_DISCOUNT];
	}
	v->n[HOLE_AMOUNT] = E10;
}

static void reserved_values(
	const struct period *p, const struct series *s, uint32_t row, struct values *v)
{
	const struct reservation *r = &reservations[s->which];

	set_time(p, s->first + row, 1, v);
	v->n[HOLE_AMOUNT] = E10;
	set_normalized(s, v);
	v->n[HOLE_EFFECTIVE] = r->hourly_e10 + e10_share(r->upfront_e10, 1, YEAR_HOURS);
	v->n[HOLE_BLENDED] = v->n[HOLE_EFFECTIVE];
	v->n[HOLE_PUBLIC] = series_rate(s);
}

static void plan_values(const struct world *w, const struct period *p,
	const struct series *s, uint32_t row, struct values *v)
{
	int64_t hour = p->start / HOUR + s->first + row;

	set_time(p, s->first + row, 1, v);
	if (s->kind == SERIES_SP_FEE) {
		v->n[HOLE_AMOUNT] = E10;
		set_cost(v, plan_recurring(s->which));
		v->n[HOLE_USED] = plan_used(w, s->which, hour);
		v->n[HOLE_EFFECTIVE] = plan_commitment(s->which) - v->n[HOLE_USED];
		return;
	}
	for (unsigned i = 0; i < PLAN_MEMBERS; i++) {
		bool is_ours = s->kind == SERIES_SP_USAGE
			? i == s->which
			: plan_members[i].group == s->which;
		int64_t amount = is_ours ? member_amount(w, i, hour) : 0;

		v->n[HOLE_AMOUNT] += amount;
		v->n[HOLE_UNBLENDED] += e10_mul(amount, member_rate(i));
		v->n[HOLE_EFFECTIVE] += e10_mul(amount, member_plan_rate(i));
	}
	set_normalized(s, v);
	set_cost(v,
		s->kind == SERIES_SP_USAGE ? v->n[HOLE_UNBLENDED]
					   : -v->n[HOLE_UNBLENDED]);
}

/* A pod or task has some of its instance, and a share of what nobody used. */
static void split_values(
	const struct period *p, const struct series *s, uint32_t row, struct values *v)
{
	uint64_t chance = demo_mix(s->id, (uint64_t)(p->start / HOUR + s->first + row));
	int64_t usage = E10 / 4 + (int64_t)(chance % (uint64_t)(E10 / 2));

	set_time(p, s->first + row, 1, v);
	v->n[HOLE_AMOUNT] = usage;
	v->n[HOLE_SPLIT_USAGE] = usage;
	v->n[HOLE_SPLIT_RATIO] = usage / 4;
	v->n[HOLE_SPLIT_COST] = e10_mul(series_rate(s), usage / 4);
	v->n[HOLE_SPLIT_UNUSED] = e10_share(v->n[HOLE_SPLIT_COST], 1, 3);
}

static void charge_values(
	const struct period *p, const struct series *s, uint32_t row, struct values *v)
{
	const struct charge *c = &demo_charges[s->which];
	int64_t cost = e10_mul(c->amount_e10, c->rate_e10);

	if (c->cadence == CADENCE_DAILY)
		set_time(p, row * 24, 24, v);
	else if (c->cadence == CADENCE_ALWAYS)
		set_time(p, s->first + row, 1, v);
	else
		set_time(p, 0, p->month_hours, v);
	v->n[HOLE_AMOUNT] = c->amount_e10;
	set_cost(v, cost);
}

/* Whole-period fees end a second early, unlike all other rows. */
static void fee_values(const struct period *p, const struct series *s, struct values *v)
{
	const struct reservation *r = &reservations[s->which];

	set_time(p, 0, p->month_hours, v);
	v->end -= 1;
	if (s->kind == SERIES_RI_FEE) {
		v->n[HOLE_AMOUNT] = (int64_t)p->month_hours * r->units * E10;
		set_cost(v, (int64_t)p->month_hours * r->units * r->hourly_e10);
	} else if (s->kind == SERIES_RI_UPFRONT) {
		v->n[HOLE_AMOUNT] = r->units * E10;
		v->end = v->start + (int64_t)YEAR_HOURS * HOUR - 1;
		set_cost(v, r->units * r->upfront_e10);
	} else {
		v->n[HOLE_AMOUNT] = E10;
		v->start += (int64_t)s->first * HOUR;
		v->end = v->start + (int64_t)YEAR_HOURS * HOUR - 1;
		set_cost(v,
			YEAR_HOURS *
				(plan_commitment(s->which) - plan_recurring(s->which)));
	}
	v->n[HOLE_PUBLIC] = 0;
}

static void tax_values(const struct period *p, const struct series *s, struct values *v)
{
	set_time(p, 0, p->month_hours, v);
	v->n[HOLE_AMOUNT] = E10;
	set_cost(v, s->amount_e10);
	v->n[HOLE_PUBLIC] = 0;
}

void demo_values_of(const struct world *w, const struct period *p, const struct series *s,
	uint32_t row, struct values *ret)
{
	memset(ret, 0, sizeof(*ret));
	switch (s->kind) {
	case SERIES_USAGE:
		usage_values(w, p, s, row, ret);
		break;
	case SERIES_EDP:
		edp_values(w, p, s, row, ret);
		break;
	case SERIES_RI_USAGE:
		reserved_values(p, s, row, ret);
		break;
	case SERIES_SP_USAGE:
	case SERIES_SP_NEGATION:
	case SERIES_SP_FEE:
		plan_values(w, p, s, row, ret);
		break;
	case SERIES_SPLIT:
		split_values(p, s, row, ret);
		break;
	case SERIES_CHARGE:
		charge_values(p, s, row, ret);
		break;
	case SERIES_TAX:
		tax_values(p, s, ret);
		break;
	case SERIES_RI_FEE:
	case SERIES_RI_UPFRONT:
	case SERIES_SP_UPFRONT:
		fee_values(p, s, ret);
		break;
	}
}
