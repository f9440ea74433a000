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

/* Of a row, or of all that were added up; lines is 0 where none has a value. */
static int take(struct cost_inputs *in, enum role role, struct cost_input *ret)
{
	struct span text;
	bool rounded = false;
	int r;

	*ret = (struct cost_input){ .lines = 0 };
	if (in->sums && has(in, role))
		*ret = in->sums[role];
	if (in->sums)
		return 0;
	text = text_of(in, role);
	if (text.len == 0)
		return 0;
	r = money_parse(text, &ret->sum, &rounded);
	if (r < 0) {
		in->failed = role;
		return r == -ERANGE ? r : -EBADMSG;
	}
	in->rounded += rounded;
	ret->lines = 1;
	ret->text = text;
	return 0;
}

static void set(struct row *row, enum cost cost, struct money value, uint64_t lines)
{
	row->cost[cost] = value;
	row->cost_filled |= 1U << cost;
	row->cost_lines[cost] = (uint32_t)lines;
}

static int fill(struct cost_inputs *in, struct row *row, enum cost cost, enum role role)
{
	struct cost_input input;
	int r = take(in, role, &input);

	if (r < 0 || input.lines == 0)
		return r;
	set(row, cost, input.sum, input.lines);
	row->cost_text[cost] = input.text;
	return 0;
}

/* An empty input counts as zero. */
static int combine(
	struct cost_inputs *in, const struct amortize_rule *rule, struct money *ret)
{
	struct cost_input a, b = { .lines = 0 };
	int r = take(in, rule->a, &a);

	if (r == 0 && rule->how != AMORTIZE_ONE)
		r = take(in, rule->b, &b);
	if (r < 0)
		return r;
	r = rule->how == AMORTIZE_DIFFERENCE ? money_sub(&a.sum, b.sum)
					     : money_add(&a.sum, b.sum);
	if (r < 0) {
		in->failed = rule->a;
		return r;
	}
	*ret = a.sum;
	return 0;
}

/* Sums pass over rows without a cost of this kind. */
static void lack(struct row *row, enum cost cost, enum cost by_itself)
{
	if (!(row->cost_filled & 1U << by_itself))
		return;
	row->cost_lacking |= 1U << cost;
	row->lacking_lines[cost - COST_AMORTIZED] = row->cost_lines[by_itself];
}

/* by_itself is the cost that is taken as it stands for most types. */
static int amortize(struct cost_inputs *in, struct row *row, struct amortize_rule rule,
	enum cost cost, enum cost by_itself)
{
	struct money sum = { 0 };
	int r;

	switch (rule.how) {
	case AMORTIZE_ITSELF:
		if (!(row->cost_filled & 1U << by_itself))
			return 0;
		set(row, cost, row->cost[by_itself], row->cost_lines[by_itself]);
		row->cost_text[cost] = row->cost_text[by_itself];
		return 0;
	case AMORTIZE_ZERO:
		break;
	case AMORTIZE_ONE:
	case AMORTIZE_SUM:
	case AMORTIZE_DIFFERENCE:
		if (!has(in, rule.a) || (rule.how != AMORTIZE_ONE && !has(in, rule.b))) {
			lack(row, cost, by_itself);
			return 0;
		}
		r = combine(in, &rule, &sum);
		if (r < 0)
			return r;
		break;
	}
	set(row, cost, sum, row->lines);
	return 0;
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
		set(row, COST_LIST, (struct money){ 0 }, row->lines);
		return 0;
	}
	return fill(in, row, COST_LIST, ROLE_LIST);
}

static int fill_split(struct cost_inputs *in, struct row *row)
{
	for (unsigned i = 0; i < SPLIT_COUNT; i++) {
		struct cost_input input;
		int r = take(in, (enum role)(ROLE_SPLIT_COST + i), &input);

		if (r < 0)
			return r;
		if (input.lines == 0)
			continue;
		row->split[i] = input.sum;
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

bool role_is_cost(enum role role)
{
	return role == ROLE_UNBLENDED || role == ROLE_NET_UNBLENDED ||
		role == ROLE_LIST || role == ROLE_AMORTIZED ||
		(role >= ROLE_RESERVATION_EFFECTIVE && role <= ROLE_NET_PLAN_EFFECTIVE);
}

bool is_split_operation(struct span operation)
{
	return span_eq(operation, SPAN("EKSPod-EC2")) ||
		span_eq(operation, SPAN("ECSTask-EC2"));
}

int row_costs_fill(struct cost_inputs *in, struct row *row)
{
	struct cost_input amount;
	int r = take(in, ROLE_USAGE_AMOUNT, &amount);

	if (r < 0)
		return r;
	row->has_usage_amount = amount.lines > 0;
	row->usage_amount = amount.sum;
	row->amount_text = amount.text;
	if (in->table == TABLE_FOCUS)
		return fill_focus(in, row);
	row->is_split = is_split_operation(row->operation);
	if (row->is_split)
		return fill_split(in, row);
	r = fill(in, row, COST_UNBLENDED, ROLE_UNBLENDED);
	if (r == 0)
		r = fill(in, row, COST_NET_UNBLENDED, ROLE_NET_UNBLENDED);
	if (r == 0)
		r = fill_list(in, row);
	return r == 0 ? fill_amortized(in, row) : r;
}
