/* Fills a month: first the charges and commitments that make a bill real, then usage
 * until the rows asked for are there. */
#include "fs/cmd/demo/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/cmd/demo/charge.h"
#include "fs/cmd/demo/commitment.h"
#include "fs/cmd/demo/number.h"
#include "fs/cmd/demo/values.h"

enum {
	SPECIALS_ROWS_MIN = 400, /* smaller months have usage only */
	WINDOW_PART = 120, /* an hour of commitments takes about 25 rows */
	LIFE_PART = 100,
	LIFE_MIN = 24,
	RUN_ROWS = 24, /* of one series, before others of its kind have a turn */
	TAG_VARIANTS = 20,
	SERIES_MAX = 1 << 30,
};

struct maker {
	const struct world *w;
	struct plan *p;
	uint64_t left; /* rows */
	uint32_t life; /* most rows of a resource */
	int64_t *taxed; /* cost, by account and taxed service */
};

/* Cuts the series where the month is full. */
static int add_series(struct maker *m, struct series s)
{
	struct plan *p = m->p;
	int ret;

	if (s.count > m->left)
		s.count = (uint32_t)m->left;
	if (s.count == 0)
		return 0;
	ret = VEC_RESERVE(&p->series, &p->series_cap, p->series_count + 1, SERIES_MAX);
	if (ret < 0)
		return ret;
	p->series[p->series_count++] = s;
	m->left -= s.count;
	return 0;
}

static uint64_t series_id(
	const struct maker *m, enum series_kind kind, unsigned which, unsigned member)
{
	return demo_mix(
		demo_mix(m->w->seed, 100 + kind), which * UINT64_C(1000) + member);
}

static unsigned meter_index(const char *usage)
{
	return (unsigned)(demo_meter_find(usage) - catalog_meters);
}

static int add_reservation(struct maker *m, unsigned which)
{
	const struct reservation *r = &reservations[which];
	const struct period *period = &m->p->period;
	int32_t bought = reservation_month(m->w, which);
	uint32_t window = m->p->window;
	struct series s = { .which = which,
		.meter = meter_index(r->usage),
		.region = r->region,
		.account = slot_account(m->w, which % 2) };
	int ret = 0;

	if (bought > period->month.number)
		return 0;
	for (unsigned unit = 0; unit < r->units && ret == 0; unit++) {
		s.kind = SERIES_RI_USAGE;
		s.member = unit;
		s.id = series_id(m, s.kind, which, unit);
		/* The last unit stands idle for a third of the time. */
		s.count = unit + 1 == r->units ? window - window / 3 : window;
		s.first = period->hours - window;
		s.amount_e10 += s.count;
		ret = add_series(m, s);
	}
	s.count = 1;
	s.kind = SERIES_RI_FEE;
	s.id = series_id(m, s.kind, which, 0);
	if (ret == 0)
		ret = add_series(m, s);
	s.kind = SERIES_RI_UPFRONT;
	s.id = series_id(m, s.kind, which, 0);
	if (ret == 0 && bought == period->month.number)
		ret = add_series(m, s);
	return ret;
}

/* The oldest of several months is before that. */
static bool plans_begin(const struct maker *m)
{
	return m->w->months == 1 || m->p->period.index == 1;
}

static int add_plan(struct maker *m, unsigned which)
{
	const struct period *period = &m->p->period;
	struct series s = { .kind = SERIES_SP_FEE,
		.which = which,
		.id = series_id(m, SERIES_SP_FEE, which, 0),
		.count = m->p->window,
		.first = period->hours - m->p->window };
	int ret = add_series(m, s);

	if (ret < 0 || !plans_begin(m) || savings_plans[which].upfront_percent == 0)
		return ret;
	s.kind = SERIES_SP_UPFRONT;
	s.id = series_id(m, s.kind, which, 0);
	s.count = 1;
	return add_series(m, s);
}

static int add_plan_usage(struct maker *m, enum series_kind kind, unsigned which)
{
	unsigned member = kind == SERIES_SP_USAGE ? which : group_first(which);
	const struct plan_member *pm = &plan_members[member];

	return add_series(m,
		(struct series){ .kind = kind,
			.which = which,
			.member = pm->plan,
			.meter = meter_index(pm->usage),
			.region = pm->region,
			.account = slot_account(m->w, pm->account_slot),
			.id = series_id(m, kind, which, 0),
			.count = m->p->window,
			.first = m->p->period.hours - m->p->window });
}

static int add_commitments(struct maker *m)
{
	int ret = 0;

	for (unsigned i = 0; i < RESERVATIONS && ret == 0; i++)
		ret = add_reservation(m, i);
	if (!m->p->period.has_plans)
		return ret;
	for (unsigned i = 0; i < PLANS && ret == 0; i++)
		ret = add_plan(m, i);
	for (unsigned i = 0; i < PLAN_MEMBERS && ret == 0; i++)
		ret = add_plan_usage(m, SERIES_SP_USAGE, i);
	for (unsigned i = 0; i < PLAN_GROUPS && ret == 0; i++)
		ret = add_plan_usage(m, SERIES_SP_NEGATION, i);
	return ret;
}

static int add_charge(struct maker *m, unsigned which)
{
	const struct charge *c = &demo_charges[which];
	const struct period *period = &m->p->period;
	struct series s = { .kind = SERIES_CHARGE,
		.which = which,
		.account = slot_account(m->w, c->account_slot),
		.id = series_id(m, SERIES_CHARGE, which, 0),
		.count = 1 };

	if ((c->closed_only && period->open) || (c->plans_begin && !plans_begin(m)))
		return 0;
	if (c->cadence == CADENCE_ALWAYS) {
		s.count = m->p->window;
		s.first = period->hours - m->p->window;
	} else if (c->cadence == CADENCE_DAILY) {
		s.count = 1 + m->p->window / 25;
	}
	return add_series(m, s);
}

static int add_splits(struct maker *m)
{
	int ret = 0;

	for (unsigned i = 0; i < PLAN_SPLITS && ret == 0; i++)
		ret = add_series(m,
			(struct series){ .kind = SERIES_SPLIT,
				.which = i,
				.meter = meter_index("BoxUsage:m5.2xlarge"),
				.region = 1,
				.account = slot_account(m->w, 0),
				.id = series_id(m, SERIES_SPLIT, i, 0),
				.count = m->p->window,
				.first = m->p->period.hours - m->p->window });
	return ret;
}

/* Their costs are known when the usage is; see settle_tax(). */
static int add_tax(struct maker *m)
{
	unsigned count = m->w->account_count * CHARGE_TAXED;
	int ret = 0;

	if (count > m->p->rows / 50)
		count = (unsigned)(m->p->rows / 50);
	for (unsigned i = 0; i < count && ret == 0; i++)
		ret = add_series(m,
			(struct series){ .kind = SERIES_TAX,
				.which = i % CHARGE_TAXED,
				.account = i / CHARGE_TAXED,
				.id = series_id(m, SERIES_TAX, i, 0),
				.count = 1 });
	return ret;
}

static uint32_t rows_possible(const struct series *s, const struct period *p)
{
	switch (catalog_meters[s->meter].cadence) {
	case CADENCE_ALWAYS:
		return p->hours - s->first;
	case CADENCE_OFFICE:
		return (p->hours / 24 - s->first / 24) * 10;
	case CADENCE_SPARSE:
		return (p->hours - s->first) / (1 + (uint32_t)(s->id % 11));
	case CADENCE_DAILY:
		return p->hours / 24 - s->first / 24;
	case CADENCE_MONTH:
		return 1;
	}
	return 0;
}

/* The same for every month, but for the hours that it has. */
static void make_usage(const struct maker *m, unsigned index, struct series *ret)
{
	const struct period *period = &m->p->period;
	uint64_t id = series_id(m, SERIES_USAGE, index, 0);
	struct series s = { .kind = SERIES_USAGE, .id = id };
	uint64_t life = demo_mix(id, 13);
	uint32_t possible;

	s.meter = index < catalog_meter_count ? index : demo_meter_pick(demo_mix(id, 11));
	s.account = world_pick_account(m->w, demo_mix(id, 10));
	s.region =
		catalog_meters[s.meter].global ? 0 : world_pick_region(demo_mix(id, 12));
	s.tags = index < TAG_VARIANTS ? 1 + index : 0;
	if (life % 10 < 3)
		s.first = (uint32_t)((life >> 8) % (period->hours / 2));
	possible = rows_possible(&s, period);
	s.count = possible < m->life ? possible : m->life;
	if (life % 10 == 0 && s.count > 1)
		s.count = 1 + (uint32_t)((life >> 32) % s.count);
	*ret = s;
}

/* One function's name in two regions of one account. */
static int add_twins(struct maker *m)
{
	int ret = 0;

	for (unsigned region = 0; region < 2 && ret == 0; region++) {
		struct series s = { .kind = SERIES_USAGE,
			.meter = meter_index("Lambda-GB-Second"),
			.region = region,
			.account = slot_account(m->w, 0),
			.which = 1,
			.id = series_id(m, SERIES_USAGE, 999999, region) };

		s.count = m->p->period.hours < m->life ? m->p->period.hours : m->life;
		ret = add_series(m, s);
	}
	return ret;
}

static void note_tax(const struct maker *m, const struct series *s)
{
	struct values v;

	demo_values_of(m->w, &m->p->period, s, s->count / 2, &v);
	for (unsigned i = 0; i < CHARGE_TAXED; i++) {
		if (charge_taxed[i] == catalog_meters[s->meter].service)
			m->taxed[s->account * CHARGE_TAXED + i] +=
				v.n[HOLE_UNBLENDED] * s->count;
	}
}

static int add_usage(struct maker *m, unsigned index)
{
	struct series s, discount;
	int ret;

	make_usage(m, index, &s);
	/* With the same id: its amounts are made from those of the usage. */
	discount = s;
	discount.kind = SERIES_EDP;
	discount.base_count = s.count;
	discount.count = (s.count + EDP_ROWS - 1) / EDP_ROWS;
	/* A series that would lose its discount moves to an account without one. */
	if (m->w->accounts[s.account].edp && s.count + discount.count > m->left)
		s.account = discount.account = 0;
	note_tax(m, &s);
	ret = add_series(m, s);
	if (ret == 0 && m->w->accounts[s.account].edp)
		ret = add_series(m, discount);
	return ret;
}

static void settle_tax(struct maker *m)
{
	for (size_t i = 0; i < m->p->series_count; i++) {
		struct series *s = &m->p->series[i];
		int64_t cost;

		if (s->kind != SERIES_TAX)
			continue;
		cost = m->taxed[s->account * CHARGE_TAXED + s->which];
		cost = e10_share(cost, m->w->accounts[s->account].europe ? 19 : 8, 100);
		/* Tax is in whole cents. */
		s->amount_e10 = cost / (E10 / 100) * (E10 / 100);
	}
}

static int fill(struct maker *m)
{
	struct plan *p = m->p;
	int ret = 0;

	if (p->rows >= SPECIALS_ROWS_MIN) {
		ret = add_commitments(m);
		for (unsigned i = 0; i < demo_charge_count && ret == 0; i++)
			ret = add_charge(m, i);
		if (ret == 0)
			ret = add_splits(m);
		if (ret == 0)
			ret = add_tax(m);
		if (ret == 0)
			ret = add_twins(m);
	}
	for (unsigned i = 0; m->left > 0 && ret == 0; i++)
		ret = add_usage(m, i);
	settle_tax(m);
	return ret;
}

static uint32_t group_of(const struct world *w, const struct series *s)
{
	uint64_t kind = s->kind == SERIES_USAGE || s->kind == SERIES_EDP
		? s->meter
		: 1000 + (uint64_t)s->kind * 100 + s->which;

	return (uint32_t)demo_mix(demo_mix(w->seed, kind), s->account);
}

static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->series < y->series ? -1 : x->series > y->series;
}

static int make_runs(const struct world *w, struct plan *p)
{
	size_t count = 0, at = 0;
	uint64_t start = 0;

	for (size_t i = 0; i < p->series_count; i++)
		count += (p->series[i].count + RUN_ROWS - 1) / RUN_ROWS;
	p->runs = calloc(count ? count : 1, sizeof(*p->runs));
	if (!p->runs)
		return -ENOMEM;
	p->run_count = count;
	for (size_t i = 0; i < p->series_count; i++) {
		const struct series *s = &p->series[i];

		for (uint32_t from = 0; from < s->count; from += RUN_ROWS)
			p->runs[at++] = (struct run){ .series = (uint32_t)i,
				.from = from,
				.count = s->count - from < RUN_ROWS ? s->count - from
								    : RUN_ROWS,
				.group = group_of(w, s) };
	}
	qsort(p->runs, count, sizeof(*p->runs), compare_runs);
	for (size_t i = 0; i < count; i++) {
		p->runs[i].start = start;
		start += p->runs[i].count;
	}
	return 0;
}

static uint32_t between(uint64_t value, uint32_t least, uint32_t most)
{
	return value < least ? least : value > most ? most : (uint32_t)value;
}

int demo_plan_make(
	const struct world *w, unsigned period, uint64_t rows, struct plan *ret)
{
	struct plan p = { .rows = rows };
	struct maker m = { .w = w, .p = &p, .left = rows };
	int r = -ENOMEM;

	world_period(w, period, &p.period);
	p.window = between(rows / WINDOW_PART, 1, p.period.hours);
	m.life = between(rows / LIFE_PART, LIFE_MIN, p.period.month_hours);
	m.taxed = calloc((size_t)w->account_count * CHARGE_TAXED, sizeof(*m.taxed));
	if (m.taxed)
		r = fill(&m);
	if (r == 0)
		r = make_runs(w, &p);
	free(m.taxed);
	if (r < 0) {
		demo_plan_finish(&p);
		return r;
	}
	*ret = p;
	return 0;
}

void demo_plan_finish(struct plan *p)
{
	free(p->series);
	free(p->runs);
	memset(p, 0, sizeof(*p));
}

size_t demo_plan_find(const struct plan *p, uint64_t row)
{
	size_t low = 0, high = p->run_count;

	/* The last run that starts at the row or before it. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (p->runs[middle].start <= row)
			low = middle;
		else
			high = middle;
	}
	return low;
}
