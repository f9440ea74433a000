#include "fs/store/entry.h"

#include <errno.h>

int entry_add(struct entry *into, const struct entry *from)
{
	struct money sums[COST_COUNT];

	for (int i = 0; i < COST_COUNT; i++) {
		sums[i] = into->cost[i];
		int r = money_add(&sums[i], from->cost[i]);
		if (r < 0)
			return r;
	}
	for (int i = 0; i < COST_COUNT; i++) {
		into->cost[i] = sums[i];
		into->filled[i] += from->filled[i];
	}
	into->lacking[0] += from->lacking[0];
	into->lacking[1] += from->lacking[1];
	into->lines += from->lines;
	return 0;
}

int entry_sub(struct entry *into, const struct entry *from)
{
	struct money sums[COST_COUNT];

	for (int i = 0; i < COST_COUNT; i++) {
		sums[i] = into->cost[i];
		int r = money_sub(&sums[i], from->cost[i]);
		if (r < 0)
			return r;
	}
	for (int i = 0; i < COST_COUNT; i++) {
		into->cost[i] = sums[i];
		into->filled[i] -= from->filled[i];
	}
	into->lacking[0] -= from->lacking[0];
	into->lacking[1] -= from->lacking[1];
	into->lines -= from->lines;
	return 0;
}

bool entry_has(const struct entry *e, enum cost cost)
{
	if (cost == COST_AMORTIZED && e->lacking[0] > 0)
		return false;
	if (cost == COST_NET_AMORTIZED && e->lacking[1] > 0)
		return false;
	return e->filled[cost] > 0;
}

unsigned dim_texts(enum dim dim)
{
	static const uint8_t texts[DIM_COUNT] = {
		[DIM_CHARGE_TYPE] = 1,
		[DIM_REGION] = 1,
		[DIM_USAGE_TYPE] = 1,
		[DIM_OPERATION] = 1,
		[DIM_RESOURCE] = 2,
		[DIM_INVOICE] = 3,
		[DIM_TAG] = 3,
		[DIM_CATEGORY] = 3,
		[DIM_UNTAGGED] = 2,
		[DIM_CHARGE] = 2,
		[DIM_SPLIT] = 3,
	};

	return texts[dim];
}
