#include "fs/finding/use.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

int uses_init(struct uses *u, const struct look *l)
{
	*u = (struct uses){ .look = l, .ids = intern_new(), .usage_types = intern_new() };
	return u->ids && u->usage_types ? 0 : -ENOMEM;
}

void uses_finish(struct uses *u)
{
	intern_free(u->ids);
	intern_free(u->usage_types);
	free(u->items);
}

static int add_resource(
	void *context, const struct month *m, const struct month_resource *resource)
{
	struct uses *u = context;
	struct span id = bill_id(month_text(m, resource->id));
	uint32_t count = intern_count(u->ids), n;
	int e;

	if (id.len == 0 || !span_starts(id, u->prefix))
		return 0;
	e = intern_add(u->ids, id, &n);
	if (e < 0 || n < count)
		return e;
	e = VEC_RESERVE(&u->items, &u->cap, (size_t)n + 1, (size_t)FINDING_ROWS_MAX);
	if (e == 0)
		u->items[n] = (struct use){ .region = month_text(m, resource->region),
			.first = { INSTANT_NONE },
			.last = { INSTANT_NONE } };
	return e;
}

static int mark_old(
	void *context, const struct month *m, const struct month_resource *resource)
{
	struct uses *u = context;
	uint32_t n;

	if (intern_find(u->ids, bill_id(month_text(m, resource->id)), &n) == 0)
		u->items[n].is_old = true;
	return 0;
}

/* Those of the months that are read; of a month that is not, whether they were in it. */
int uses_add(
	struct uses *u, const struct bill_scan *scan, const struct bill_service *service)
{
	const struct bill *b = &u->look->bill;
	int e = bill_resources(b, BILL_NEWEST, service, add_resource, u);

	if (e < 0 || !b->months[BILL_BEFORE])
		return e;
	return bill_resources(b, BILL_BEFORE, service,
		bill_passes(b, scan, BILL_BEFORE) ? mark_old : add_resource, u);
}

int uses_found(struct look *l, const struct uses *u, uint32_t id, const char *why)
{
	struct report_item row = { .status = REPORT_FINDING,
		.region = u->items[id].region,
		.id = intern_text(u->ids, id),
		.why = span_of(why),
		.evidence = buf_span(&l->note) };
	int e = report_add(l->report, &row);

	return e < 0 ? e : report_cost(l->report, row.id);
}

/* Without the places that money has and a number need not. */
int uses_note(struct look *l, const char *before, struct money amount, const char *behind)
{
	char text[MONEY_TEXT_MAX + 1];
	size_t len = money_format(amount, text);

	if (amount.units % USE_ONE == 0)
		len -= 3;
	text[len] = '\0';
	return look_note(l, "%s%s%s", before, text, behind);
}
