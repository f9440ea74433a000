/* An open-addressing table of sums. */
#include "fs/view/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"

enum { SLOTS_FIRST = 64 };

static uint64_t hash_key(const uint32_t key[GROUP_KEYS], uint32_t currency)
{
	uint32_t all[GROUP_KEYS + 1];

	memcpy(all, key, GROUP_KEYS * sizeof(*key));
	all[GROUP_KEYS] = currency;
	return hash64(all, sizeof(all), 0);
}

static bool is_group(
	const struct group *g, const uint32_t key[GROUP_KEYS], uint32_t currency)
{
	return g->sum.currency == currency && memcmp(g->key, key, sizeof(g->key)) == 0;
}

/* The slot of the key, or the free one where it belongs. */
static size_t find_slot(
	const struct groups *g, const uint32_t key[GROUP_KEYS], uint32_t currency)
{
	size_t mask = g->slot_count - 1;
	size_t at = (size_t)hash_key(key, currency) & mask;

	while (g->slots[at] && !is_group(&g->items[g->slots[at] - 1], key, currency))
		at = (at + 1) & mask;
	return at;
}

static int grow_slots(struct groups *g)
{
	size_t old_count = g->slot_count;
	uint32_t *old = g->slots;

	g->slot_count = old_count ? old_count * 2 : SLOTS_FIRST;
	g->slots = vec_alloc(g->slot_count, sizeof(*g->slots));
	if (!g->slots) {
		g->slots = old;
		g->slot_count = old_count;
		return -ENOMEM;
	}
	free(old);
	for (size_t i = 0; i < g->count; i++) {
		const struct group *item = &g->items[i];

		g->slots[find_slot(g, item->key, item->sum.currency)] = (uint32_t)i + 1;
	}
	return 0;
}

int groups_put(struct groups *g, const uint32_t key[GROUP_KEYS], uint32_t currency,
	struct group **ret)
{
	struct group *made;
	size_t at;
	int r;

	if (g->count * 2 >= g->slot_count) {
		r = grow_slots(g);
		if (r < 0)
			return r;
	}
	at = find_slot(g, key, currency);
	if (g->slots[at]) {
		*ret = &g->items[g->slots[at] - 1];
		return 0;
	}
	r = VEC_RESERVE(&g->items, &g->cap, g->count + 1, GROUPS_MAX);
	if (r < 0)
		return -ENOMEM;
	made = &g->items[g->count++];
	memset(made, 0, sizeof(*made));
	memcpy(made->key, key, sizeof(made->key));
	made->sum.currency = currency;
	made->label = GROUP_NO_LABEL;
	g->slots[at] = (uint32_t)g->count;
	*ret = made;
	return 0;
}

int groups_add(struct groups *g, const uint32_t key[GROUP_KEYS], const struct entry *e,
	struct group **ret)
{
	int r = groups_put(g, key, e->currency, ret);

	return r < 0 ? r : entry_add(&(*ret)->sum, e);
}

const struct group *groups_find(
	const struct groups *g, const uint32_t key[GROUP_KEYS], uint32_t currency)
{
	size_t at;

	if (g->count == 0)
		return NULL;
	at = find_slot(g, key, currency);
	return g->slots[at] ? &g->items[g->slots[at] - 1] : NULL;
}

void groups_clear(struct groups *g)
{
	if (g->count)
		memset(g->slots, 0, g->slot_count * sizeof(*g->slots));
	g->count = 0;
}

void groups_finish(struct groups *g)
{
	free(g->items);
	free(g->slots);
	memset(g, 0, sizeof(*g));
}

int group_cmp_sum(const struct group *a, const struct group *b)
{
	bool a_has = entry_has(&a->sum, COST_UNBLENDED);
	bool b_has = entry_has(&b->sum, COST_UNBLENDED);

	if (a_has != b_has)
		return a_has ? -1 : 1;
	return a_has ? money_cmp(b->sum.cost[COST_UNBLENDED], a->sum.cost[COST_UNBLENDED])
		     : 0;
}

int group_cmp_cost(
	const struct group *a, const struct group *b, const struct month *texts)
{
	int order = group_cmp_sum(a, b);

	if (order)
		return order;
	return span_cmp(
		month_text(texts, a->sum.currency), month_text(texts, b->sum.currency));
}
