#include "fs/store/pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

static size_t hash_pair(struct pair pair)
{
	uint64_t x = ((uint64_t)pair.a << 32 | pair.b) * UINT64_C(0x9E3779B97F4A7C15);

	return (size_t)(x ^ x >> 29);
}

static void place(struct pairs *p, uint32_t number)
{
	size_t mask = p->slot_count - 1;
	size_t at = hash_pair(p->items[number]) & mask;

	while (p->slots[at] != 0)
		at = (at + 1) & mask;
	p->slots[at] = number + 1;
}

static int grow(struct pairs *p)
{
	size_t wanted = p->slot_count == 0 ? 64 : p->slot_count * 2;
	uint32_t *slots = vec_alloc(wanted, sizeof(*slots));

	if (slots == NULL)
		return -ENOMEM;
	free(p->slots);
	p->slots = slots;
	p->slot_count = wanted;
	for (size_t i = 0; i < p->count; i++)
		place(p, (uint32_t)i);
	return 0;
}

int pairs_add(struct pairs *p, struct pair pair, uint32_t *ret)
{
	if (p->slot_count > 0) {
		size_t mask = p->slot_count - 1;
		size_t at = hash_pair(pair) & mask;

		for (; p->slots[at] != 0; at = (at + 1) & mask) {
			const struct pair *found = &p->items[p->slots[at] - 1];

			if (found->a == pair.a && found->b == pair.b) {
				*ret = p->slots[at] - 1;
				return 0;
			}
		}
	}
	int r = VEC_RESERVE(&p->items, &p->cap, p->count + 1, (size_t)UINT32_MAX - 1);
	if (r < 0)
		return r;
	if ((p->count + 1) * 2 > p->slot_count) {
		r = grow(p);
		if (r < 0)
			return r;
	}
	p->items[p->count] = pair;
	place(p, (uint32_t)p->count);
	*ret = (uint32_t)p->count++;
	return 0;
}

void pairs_clear(struct pairs *p)
{
	p->count = 0;
	if (p->slots != NULL)
		memset(p->slots, 0, p->slot_count * sizeof(*p->slots));
}

void pairs_finish(struct pairs *p)
{
	free(p->items);
	free(p->slots);
	*p = (struct pairs){ 0 };
}
