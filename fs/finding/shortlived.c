/* Instances that live for hours only and pay the full price. */
#include <errno.h>

#include "fs/finding/use.h"

enum { DAY_SECONDS = 86400 };

static int add_hours(struct use *use, const struct bill_line *line)
{
	struct money hours = line->amount;

	if (!line->has_amount && line->end.seconds > line->start.seconds)
		hours.units = (money_int)(line->end.seconds - line->start.seconds) *
			USE_ONE / 3600;
	return money_add(&use->hours, hours);
}

static int add_instance_line(void *context, uint32_t id, const struct bill_line *line)
{
	struct uses *u = context;
	struct use *use = &u->items[id];
	bool is_box = look_has(line->usage_type, SPAN("BoxUsage"));

	if ((!is_box && !look_has(line->usage_type, SPAN("SpotUsage"))) ||
		line->start.seconds == INSTANT_NONE)
		return 0;
	if (use->first.seconds == INSTANT_NONE ||
		line->start.seconds < use->first.seconds)
		use->first = line->start;
	if (line->end.seconds > use->last.seconds)
		use->last = line->end;
	if (!is_box || !span_eq(line->charge_type, SPAN("Usage")) ||
		line->unblended.units <= 0)
		use->is_cheaper = true;
	if (intern_add(u->usage_types, line->usage_type, &use->usage_type) < 0)
		return -ENOMEM;
	return add_hours(use, line);
}

/* Up to when there are lines: not later than when the bill was made. */
static struct instant bill_end(const struct look *l)
{
	struct instant as_of = month_facts(l->bill.months[BILL_NEWEST])->as_of;
	struct instant end = { ((int64_t)l->bill.last.number + 1) * DAY_SECONDS };

	return as_of.seconds != INSTANT_NONE && as_of.seconds < end.seconds ? as_of : end;
}

/* Lines of the bill's last day may still be missing: what was there then may go on. */
static bool is_short(const struct look *l, const struct use *use)
{
	int64_t end = bill_end(l).seconds;
	int64_t since = end - (int64_t)l->thresholds.value[THRESHOLD_SHORT_LIVED];
	money_int seconds;

	if (use->is_old || use->is_cheaper || use->first.seconds == INSTANT_NONE ||
		use->first.seconds < since || use->last.seconds > end - DAY_SECONDS)
		return false;
	return !__builtin_mul_overflow(use->hours.units, (money_int)3600, &seconds) &&
		seconds < (money_int)l->thresholds.value[THRESHOLD_SHORT_LIFE] * USE_ONE;
}

static int note_instance(struct look *l, const struct uses *u, const struct use *use)
{
	char from[INSTANT_TEXT], to[INSTANT_TEXT];
	int e;

	instant_format(use->first, from);
	instant_format(use->last, to);
	look_forget(l);
	e = look_note(l, "%.*s",
		SPAN_ARG(look_cut(intern_text(u->usage_types, use->usage_type))));
	if (e == 0)
		e = uses_note(l, "", use->hours, " hours on demand");
	return e < 0
		? e
		: look_note(l, "from %.*s to %.*s", INSTANT_TEXT, from, INSTANT_TEXT, to);
}

static int judge_instances(struct look *l, const struct uses *u)
{
	int e = 0;

	for (uint32_t i = 0; e == 0 && i < intern_count(u->ids); i++) {
		if (!is_short(l, &u->items[i]))
			continue;
		e = note_instance(l, u, &u->items[i]);
		if (e == 0)
			e = uses_found(l, u, i, "short-lived and not a spot instance");
	}
	return e;
}

int short_look(struct look *l, const struct look_region *regions, size_t count,
	struct fault *why)
{
	static const struct bill_service ec2 = { { "AmazonEC2", 9 },
		{ "Amazon Elastic Compute Cloud", 28 } };
	unsigned days = threshold_days(&l->thresholds, THRESHOLD_SHORT_LIVED);
	struct uses u;
	struct bill_scan scan;
	int e = look_bill(l, days);

	(void)regions;
	(void)count;
	l->counted_as = "instances";
	if (e != 1)
		return e;
	e = uses_init(&u, l);
	u.prefix = SPAN("i-");
	/* The time begins within that day. */
	scan = (struct bill_scan){ .ids = u.ids,
		.since = { l->bill.last.number - (int32_t)days },
		.line = add_instance_line,
		.context = &u };
	if (e == 0)
		e = uses_add(&u, &scan, &ec2);
	if (e == 0)
		e = bill_read(&l->bill, &scan, why);
	if (e == 0) {
		l->counted = intern_count(u.ids);
		e = judge_instances(l, &u);
	}
	uses_finish(&u);
	return e;
}
