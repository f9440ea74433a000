/* Costs of resources, from the months' sums. */
#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/finding/bill.h"

enum { NOT_IN_LIST = 0 };

struct adder {
	const struct intern *ids;
	struct bill_costs *costs;
	enum bill_month which;
};

/* For each of the slice's resources its id in the list, + 1. */
static int list_resources(
	const struct adder *a, const struct month *m, uint32_t slice, uint32_t **ret)
{
	const struct month_resource *resources = month_resources(m, slice);
	uint32_t count = month_slice(m, slice)->resource_count, id;
	uint32_t *list = vec_alloc((size_t)count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		if (intern_find(a->ids, bill_id(month_text(m, resources[i].id)), &id) ==
			0)
			list[i] = id + 1;
	*ret = list;
	return 0;
}

static int add_entry(struct adder *a, const struct month *m, const struct entry *from,
	const uint32_t *list)
{
	struct entry e = *from;
	struct group *group;
	int r = intern_add(
		a->costs->currencies, month_text(m, from->currency), &e.currency);

	if (r == 0 && list[from->key[0]] != NOT_IN_LIST) {
		const uint32_t key[GROUP_KEYS] = { list[from->key[0]] - 1, a->which };

		r = groups_add(&a->costs->groups, key, &e, &group);
	}
	return r == -EFBIG ? -ENOMEM : r;
}

static int add_slice(struct adder *a, const struct month *m, uint32_t slice)
{
	uint32_t *list = NULL;
	size_t count;
	const struct entry *entries = month_entries(m, slice, DIM_RESOURCE, &count);
	int r = list_resources(a, m, slice, &list);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_entry(a, m, &entries[i], list);
	free(list);
	return r;
}

static int add_month(struct adder *a, const struct bill *b)
{
	const struct month *m = b->months[a->which];
	uint32_t first, count;
	int r = 0;

	if (!m || !b->has_account[a->which])
		return 0;
	count = month_account_slices(m, b->account[a->which], &first);
	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = add_slice(a, m, first + i);
	return r;
}

static int list_groups(struct bill_costs *c, uint32_t id_count)
{
	c->first = vec_alloc((size_t)id_count + 1, sizeof(*c->first));
	c->next = vec_alloc(c->groups.count + 1, sizeof(*c->next));
	if (!c->first || !c->next)
		return -ENOMEM;
	for (size_t i = c->groups.count; i > 0; i--) {
		uint32_t *first = &c->first[c->groups.items[i - 1].key[0]];

		c->next[i - 1] = *first;
		*first = (uint32_t)i;
	}
	return 0;
}

int bill_costs_of(const struct bill *b, const struct intern *ids, struct bill_costs *ret)
{
	struct bill_costs c = { .currencies = intern_new() };
	struct adder a = { .ids = ids, .costs = &c };
	int r = c.currencies ? 0 : -ENOMEM;

	for (int m = 0; r == 0 && !b->lack && m < BILL_MONTHS; m++) {
		a.which = (enum bill_month)m;
		r = add_month(&a, b);
	}
	if (r == 0)
		r = list_groups(&c, intern_count(ids));
	if (r < 0)
		bill_costs_finish(&c);
	else
		*ret = c;
	return r;
}

void bill_costs_finish(struct bill_costs *c)
{
	intern_free(c->currencies);
	groups_finish(&c->groups);
	free(c->first);
	free(c->next);
	*c = (struct bill_costs){ 0 };
}
