#include "aws/export/rowcost.h"

#include <errno.h>

#include "aws/export/amortize.h"

static bool has(const struct cost_inputs *in, enum role role)
{
	return in->role_field[role] != COLUMNS_NONE;
}

static struct span text_of(const struct cost_inputs *in, enum role role)
{
	return has(in, role) ? in->cells[in->role_field[role]].text
			     : (struct span){ .len = 0 };
}

/* 1 a value; 0 none, and then ret is left alone. */
static int parse(struct cost_inputs *in, enum role role, struct money *ret)
{
	struct span text = text_of(in, role);
	bool rounded = false;
	int r;

	if (text.len == 0)
		return 0;
	r = money_parse(text, ret, &rounded);
	if (r < 0) {
		in->failed = role;
		return r == -ERANGE ? r : -EBADMSG;
	}
	in->rounded += rounded;
	return 1;
}

/* An empty input counts as zero. */
static int parse_input(struct cost_inputs *in, enum role role, struct money *ret)
{
	int r;

	*ret = (struct money){ 0 };
	r = parse(in, role, ret);
	return r < 0 ? r : 0;
}

static int fill(struct cost_inputs *in, struct row *row, enum cost cost, enum role role)
{
	int r = parse(in, role, &row->cost[cost]);

	if (r > 0)
		row->cost_filled |= 1U << cost;
	return r < 0 ? r : 0;
}

static int combine(
	struct cost_inputs *in, const struct amortize_rule *rule, struct money *ret)
{
	struct money a, b = { 0 };
	int r = parse_input(in, rule->a, &a);

	if (r == 0 && rule->how != AMORTIZE_ONE)
		r = parse_input(in, rule->b, &b);
	if (r < 0)
		return r;
	r = rule->how == AMORTIZE_DIFFERENCE ? money_sub(&a, b) : money_add(&a, b);
	if (r < 0) {
		in->failed = rule->a;
		return r;
	}
	*ret = a;
	return 0;
}

/* by_itself is the cost that is taken as it stands for most types. */
static int amortize(struct cost_inputs *in, struct row *row, struct amortize_rule rule,
	enum cost cost, enum cost by_itself)
{
	int r = 0;

	switch (rule.how) {
	case AMORTIZE_ITSELF:
		if (!(row->cost_filled & 1U << by_itself))
			return 0;
		row->cost[cost] = row->cost[by_itself];
		break;
	case AMORTIZE_ZERO:
		row->cost[cost] = (struct money){ 0 };
		break;
	case AMORTIZE_ONE:
	case AMORTIZE_SUM:
	case AMORTIZE_DIFFERENCE:
		if (!has(in, rule.a) || (rule.how != AMORTIZE_ONE && !has(in, rule.b))) {
			/* Sums pass over a row without a cost of this kind. */
			if (row->cost_filled & 1U << by_itself)
				row->cost_lacking |= 1U << cost;
			return 0;
		}
		r = combine(in, &rule, &row->cost[cost]);
		break;
	}
	if (r == 0)
		row->cost_filled |= 1U << cost;
	return r;
}

/* Each column on its own falls back to the one before discounts where AWS gave none. */
static void choose_net(const struct cost_inputs *in, struct amortize_rule *rule)
{
	if (has(in, amortize_net_role(rule->a)))
		rule->a = amortize_net_role(rule->a);
	if (has(in, amortize_net_role(rule->b)))
		rule->b = amortize_net_role(rule->b);
}

static int fill_amortized(struct cost_inputs *in, struct row *row)
{
	struct amortize_rule rule = amortize_rule_of(row->charge_type, row->service,
		text_of(in, ROLE_RESERVATION_ARN), row->description);
	int r = amortize(in, row, rule, COST_AMORTIZED, COST_UNBLENDED);

	if (r < 0 || !in->has_net)
		return r;
	choose_net(in, &rule);
	return amortize(in, row, rule, COST_NET_AMORTIZED, COST_NET_UNBLENDED);
}

static int fill_list(struct cost_inputs *in, struct row *row)
{
	/* The covered usage stands in its own row, with its list price. */
	if (has(in, ROLE_LIST) &&
		span_eq(row->charge_type, SPAN("SavingsPlanNegation"))) {
		row->cost[COST_LIST] = (struct money){ 0 };
		row->cost_filled |= 1U << COST_LIST;
		return 0;
	}
	return fill(in, row, COST_LIST, ROLE_LIST);
}

static int fill_split(struct cost_inputs *in, struct row *row)
{
	for (unsigned i = 0; i < SPLIT_COUNT; i++) {
		int r = parse(in, (enum role)(ROLE_SPLIT_COST + i), &row->split[i]);

		if (r < 0)
			return r;
		if (r > 0)
			row->split_filled |= 1U << i;
	}
	return 0;
}

static int fill_focus(struct cost_inputs *in, struct row *row)
{
	int r = fill(in, row, COST_UNBLENDED, ROLE_UNBLENDED);

	if (r == 0)
		r = fill(in, row, COST_AMORTIZED, ROLE_AMORTIZED);
	return r == 0 ? fill(in, row, COST_LIST, ROLE_LIST) : r;
}

int row_costs_fill(struct cost_inputs *in, struct row *row)
{
	int r = parse(in, ROLE_USAGE_AMOUNT, &row->usage_amount);

	if (r < 0)
		return r;
	row->has_usage_amount = r > 0;
	if (in->table == TABLE_FOCUS)
		return fill_focus(in, row);
	/* Shares of money that stands in the rows of the instances. */
	row->is_split = span_eq(row->operation, SPAN("EKSPod-EC2")) ||
		span_eq(row->operation, SPAN("ECSTask-EC2"));
	if (row->is_split)
		return fill_split(in, row);
	r = fill(in, row, COST_UNBLENDED, ROLE_UNBLENDED);
	if (r == 0)
		r = fill(in, row, COST_NET_UNBLENDED, ROLE_NET_UNBLENDED);
	if (r == 0)
		r = fill_list(in, row);
	return r == 0 ? fill_amortized(in, row) : r;
}
