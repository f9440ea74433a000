/* Volumes and addresses that nothing uses now, and that have been billed for days. */
#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/finding/look.h"

enum { RESOURCES };
/* Of the newest days lines may still be missing. */
enum { LAG_DAYS = 2 };

/* What may be a finding, until the bill has been read. */
struct candidate {
	const struct look_region *region;
	size_t item;
	uint32_t id; /* in the list */
};
struct candidates {
	struct candidate *items;
	size_t count, cap;
	struct intern *ids;
	uint64_t *days; /* of each id: bits of the bill */
	uint64_t *used; /* likewise, of days of use */
	size_t day_cap, used_cap;
};

static int add_candidate(struct candidates *c, const struct look_region *r, size_t item)
{
	struct candidate next = { .region = r, .item = item };
	int e = VEC_RESERVE(&c->items, &c->cap, c->count + 1, (size_t)FINDING_ROWS_MAX);

	if (e == 0)
		e = intern_add(c->ids,
			inventory_text(r->inventories[RESOURCES], item, INVENTORY_ID),
			&next.id);
	if (e == 0)
		e = look_reserve(&c->days, &c->day_cap, next.id);
	if (e == 0)
		e = look_reserve(&c->used, &c->used_cap, next.id);
	if (e == 0)
		c->items[c->count++] = next;
	return e;
}

static void finish_candidates(struct candidates *c)
{
	free(c->items);
	free(c->days);
	free(c->used);
	intern_free(c->ids);
}

static int add_volume_line(void *context, uint32_t id, const struct bill_line *line)
{
	struct candidates *c = context;

	c->days[id] |= line->days;
	return 0;
}

static int add_address_line(void *context, uint32_t id, const struct bill_line *line)
{
	struct candidates *c = context;

	if (look_has(line->usage_type, SPAN("IdleAddress")))
		c->days[id] |= line->days;
	else if (look_has(line->usage_type, SPAN("InUseAddress")))
		c->used[id] |= line->days;
	return 0;
}

/* Whether the last days with lines, of which the newest may lack, are in a row. */
static bool is_billed(const struct look *l, uint64_t days, unsigned need)
{
	struct day last = bill_last_day(&l->bill, days);

	return last.number != DAY_NONE && last.number >= l->bill.last.number - LAG_DAYS &&
		bill_run(days) >= need;
}

/* "billed on each of the 12 days up to 2026-11-23" */
static int note_days(struct look *l, const char *what, uint64_t days)
{
	char text[DAY_TEXT];

	day_format(bill_last_day(&l->bill, days), text);
	return look_note(l, "%s on each of the %u days up to %.*s", what, bill_run(days),
		DAY_TEXT, text);
}

/* What differs between the two. */
struct unused {
	enum threshold threshold;
	bill_line_fn *line;
	/* What its evidence begins with. */
	int (*note)(struct look *l, const struct candidate *c);
	const char *billed, *why;
};

static int add_found(
	struct look *l, const struct unused *u, const struct candidates *c, unsigned need)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < c->count; i++) {
		const struct candidate *at = &c->items[i];
		uint64_t days = c->days[at->id] & ~c->used[at->id];

		if (!is_billed(l, days, need))
			continue;
		look_forget(l);
		e = u->note(l, at);
		if (e == 0)
			e = note_days(l, u->billed, days);
		if (e == 0)
			e = look_found(l, at->region, RESOURCES, at->item, u->why);
	}
	return e;
}

static int judge(
	struct look *l, const struct unused *u, struct candidates *c, struct fault *why)
{
	unsigned need = threshold_days(&l->thresholds, u->threshold);
	const struct bill_scan scan = { .ids = c->ids,
		.since = { l->bill.last.number - LAG_DAYS - (int32_t)need + 1 },
		.line = u->line,
		.context = c };
	int e = look_bill(l, need);

	if (e != 1)
		return e;
	e = bill_read(&l->bill, &scan, why);
	return e < 0 ? e : add_found(l, u, c, need);
}

/* Of an available volume its state says it; what was made of late may wait. */
static int find_volumes(struct look *l, const struct look_region *r, struct candidates *c)
{
	const struct inventory *v = r->inventories[RESOURCES];
	int e = 0;

	for (size_t i = 0; e == 0 && i < inventory_count(v); i++) {
		struct instant created = look_created(v, i);

		if (!span_eq(inventory_text(v, i, INVENTORY_STATE), SPAN("available")))
			continue;
		if (created.seconds == INSTANT_NONE ||
			look_is_older(l, created,
				l->thresholds.value[THRESHOLD_UNATTACHED_VOLUMES]))
			e = add_candidate(c, r, i);
	}
	return e;
}

static int note_volume(struct look *l, const struct candidate *c)
{
	const struct inventory *v = c->region->inventories[RESOURCES];
	struct span size = inventory_text(v, c->item, INVENTORY_SIZE);
	int e = 0;

	if (size.len)
		e = look_note(l, "%.*s GiB of %.*s", SPAN_ARG(look_cut(size)),
			SPAN_ARG(look_cut(inventory_text(v, c->item, INVENTORY_TYPE))));
	if (e == 0)
		e = look_note_day(
			l, "created", look_created(v, c->item), "nobody knows when");
	return e < 0 ? e : look_note(l, "available now");
}

int volumes_look(struct look *l, const struct look_region *regions, size_t count,
	struct fault *why)
{
	static const struct unused volumes = { THRESHOLD_UNATTACHED_VOLUMES,
		add_volume_line, note_volume, "billed", "attached to no instance" };
	struct candidates c = { .ids = intern_new() };
	int e = c.ids ? 0 : -ENOMEM;

	for (size_t i = 0; e == 0 && i < count; i++)
		e = find_volumes(l, &regions[i], &c);
	if (e == 0)
		e = judge(l, &volumes, &c, why);
	finish_candidates(&c);
	return e;
}

static bool has_member(const struct json *object, const char *name)
{
	const char *text = json_member_text(object, name);

	return text && text[0];
}

static int find_addresses(
	struct look *l, const struct look_region *r, struct candidates *c)
{
	const struct inventory *v = r->inventories[RESOURCES];
	int e = 0;

	for (size_t i = 0; e == 0 && i < inventory_count(v); i++) {
		struct json *address = NULL;
		int has = look_json(l, r, RESOURCES, i, &address);

		if (has < 0)
			e = has;
		else if (has == 1 && !has_member(address, "AssociationId") &&
			!has_member(address, "InstanceId") &&
			!has_member(address, "NetworkInterfaceId"))
			e = add_candidate(c, r, i);
		json_free(address);
	}
	return e;
}

static int note_address(struct look *l, const struct candidate *c)
{
	(void)c;
	return look_note(l, "associated with nothing now");
}

int addresses_look(struct look *l, const struct look_region *regions, size_t count,
	struct fault *why)
{
	static const struct unused addresses = { THRESHOLD_UNUSED_ADDRESSES,
		add_address_line, note_address, "billed as idle",
		"associated with nothing" };
	struct candidates c = { .ids = intern_new() };
	int e = c.ids ? 0 : -ENOMEM;

	for (size_t i = 0; e == 0 && i < count; i++)
		e = find_addresses(l, &regions[i], &c);
	if (e == 0)
		e = judge(l, &addresses, &c, why);
	finish_candidates(&c);
	return e;
}
