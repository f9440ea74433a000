#include "fs/store/text_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

static void number(struct text_order *o, uint32_t text)
{
	if (o->ranks[text] != TEXT_UNUSED)
		return;
	o->ranks[text] = o->count;
	o->order[o->count++] = text;
}

static void number_latest(struct text_order *o, const struct latest *l)
{
	if (l->is_set)
		number(o, l->text);
}

static void number_names(
	struct text_order *o, const struct catalog *c, const struct ranks *ranks)
{
	for (size_t i = 0; i < c->accounts.count; i++) {
		uint32_t account = ranks->account_order[i];

		number(o, c->accounts.items[account].a);
		number_latest(o, &c->account_names[account]);
	}
	for (size_t i = 0; i < c->services.count; i++) {
		uint32_t service = ranks->service_order[i];

		number(o, c->services.items[service].a);
		number_latest(o, &c->service_facts[service].name);
		number(o, ranks->service_dirs[service]);
	}
	for (size_t i = 0; i < c->resources.count; i++) {
		uint32_t resource = ranks->resource_order[i];

		number(o, c->resources.items[resource].b);
		number(o, ranks->resource_dirs[resource]);
		number_latest(o, &c->resource_facts[resource].name);
		number_latest(o, &c->resource_facts[resource].region);
	}
}

static void number_keys(struct text_order *o, const struct catalog *c)
{
	for (size_t i = 0; i < tally_count(c->tally); i++) {
		const struct tally_key *k = tally_key_at(c->tally, i);
		unsigned texts = dim_texts((enum dim)k->dim);

		number(o, k->currency);
		for (unsigned part = 0; part < 2; part++)
			if (texts & 1U << part)
				number(o, k->key[part]);
	}
}

static int compare(const void *a, const void *b, void *context)
{
	const struct catalog *c = context;

	return span_cmp(intern_text(c->texts, *(const uint32_t *)a),
		intern_text(c->texts, *(const uint32_t *)b));
}

int text_order_init(struct text_order *o, const struct builder *b,
	const struct ranks *ranks, const uint32_t *first, size_t first_count)
{
	const struct catalog *c = &b->catalog;
	size_t texts = intern_count(c->texts);
	uint32_t sorted;

	o->count = 0;
	o->ranks = vec_alloc(texts + 1, sizeof(*o->ranks));
	o->order = vec_alloc(texts + 1, sizeof(*o->order));
	if (!o->ranks || !o->order)
		return -ENOMEM;
	memset(o->ranks, 0xFF, (texts + 1) * sizeof(*o->ranks));
	for (size_t i = 0; i < first_count; i++)
		number(o, first[i]);
	number_names(o, c, ranks);
	sorted = o->count;
	number_keys(o, c);
	qsort_r(o->order + sorted, o->count - sorted, sizeof(*o->order), compare,
		(void *)(uintptr_t)c);
	for (uint32_t i = sorted; i < o->count; i++)
		o->ranks[o->order[i]] = i;
	return 0;
}

void text_order_finish(struct text_order *o)
{
	free(o->ranks);
	free(o->order);
}
