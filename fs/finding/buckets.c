/* Buckets that hardly anybody asks for anything. */
#include <errno.h>

#include "fs/finding/use.h"

static int add_bucket_line(void *context, uint32_t id, const struct bill_line *line)
{
	struct uses *u = context;
	struct use *use = &u->items[id];
	struct span type = line->usage_type;

	use->days |= line->days;
	if (!(line->days & u->window))
		return 0;
	if (look_has(type, SPAN("DataTransfer")) || span_ends(type, SPAN("-In-Bytes")) ||
		span_ends(type, SPAN("-Out-Bytes")))
		return money_add(&use->transfer, line->amount);
	if (!look_has(type, SPAN("Requests")))
		return 0;
	if (span_ends(type, SPAN("Tier1")))
		return money_add(&use->tier1, line->amount);
	if (span_ends(type, SPAN("Tier2")) && span_eq(line->operation, SPAN("GetObject")))
		return money_add(&use->gets, line->amount);
	return 0;
}

static bool is_at_most(struct money amount, uint64_t most)
{
	return amount.units <= (money_int)most * USE_ONE;
}

/* GB are of 2^30 bytes. */
static bool is_transfer_low(const struct look *l, struct money transfer, unsigned days)
{
	money_int bytes;
	money_int most = (money_int)l->thresholds.value[THRESHOLD_BUCKET_TRANSFER] *
		days * USE_ONE;

	return !__builtin_mul_overflow(transfer.units, (money_int)1 << 30, &bytes) &&
		bytes <= most;
}

/* It was there on the first of the days, or before. */
static bool is_abandoned(
	const struct look *l, const struct use *use, uint64_t window, unsigned days)
{
	uint64_t first = window & (~window + 1);

	return (use->days & window) &&
		(use->is_old || (use->days & (first | (first - 1)))) &&
		is_transfer_low(l, use->transfer, days) &&
		is_at_most(use->tier1, l->thresholds.value[THRESHOLD_BUCKET_TIER1]) &&
		is_at_most(use->gets, l->thresholds.value[THRESHOLD_BUCKET_GETS]);
}

static int note_bucket(struct look *l, const struct use *use, struct day first)
{
	char from[DAY_TEXT], to[DAY_TEXT];
	int e;

	day_format(first, from);
	day_format(l->bill.last, to);
	look_forget(l);
	e = uses_note(l, "transfer ", use->transfer, " GB");
	if (e == 0)
		e = uses_note(l, "tier 1 requests ", use->tier1, "");
	if (e == 0)
		e = uses_note(l, "GetObject requests ", use->gets, "");
	return e < 0 ? e
		     : look_note(l, "from %.*s to %.*s", DAY_TEXT, from, DAY_TEXT, to);
}

static int judge_buckets(struct look *l, const struct uses *u, unsigned days)
{
	struct day first = { l->bill.last.number - (int32_t)days + 1 };
	int e = 0;

	for (uint32_t i = 0; e == 0 && i < intern_count(u->ids); i++) {
		if (!is_abandoned(l, &u->items[i], u->window, days))
			continue;
		e = note_bucket(l, &u->items[i], first);
		if (e == 0)
			e = uses_found(l, u, i, "hardly anybody asks for it");
	}
	return e;
}

static uint64_t window_of(const struct bill *b, unsigned days)
{
	unsigned last = (unsigned)(b->last.number - b->origin.number);
	uint64_t up_to_last = ~(uint64_t)0 >> (63 - last);

	return up_to_last & (~(uint64_t)0 << (last + 1 - days));
}

int buckets_look(struct look *l, const struct look_region *regions, size_t count,
	struct fault *why)
{
	static const struct bill_service s3 = { { "AmazonS3", 8 },
		{ "Amazon Simple Storage Service", 29 } };
	unsigned days = threshold_days(&l->thresholds, THRESHOLD_ABANDONED_BUCKETS);
	struct uses u;
	struct bill_scan scan;
	int e = look_bill(l, days);

	(void)regions;
	(void)count;
	l->counted_as = "buckets";
	if (e != 1)
		return e;
	e = uses_init(&u, l);
	u.window = window_of(&l->bill, days);
	scan = (struct bill_scan){ .ids = u.ids,
		.since = { l->bill.last.number - (int32_t)days + 1 },
		.line = add_bucket_line,
		.context = &u };
	if (e == 0)
		e = uses_add(&u, &scan, &s3);
	if (e == 0)
		e = bill_read(&l->bill, &scan, why);
	if (e == 0) {
		l->counted = intern_count(u.ids);
		e = judge_buckets(l, &u, days);
	}
	uses_finish(&u);
	return e;
}
