/* Sums: what all roll-ups are made of. */
#ifndef FS_STORE_ENTRY_H
#define FS_STORE_ENTRY_H

#include "aws/export/row.h"

/* By what the rows of a slice (one account, one service) are summed. Every row is in
 * exactly one entry of a dimension marked 1, in any number of those marked n. */
enum dim {
	DIM_CHARGE_TYPE, /* 1: key0 = text */
	DIM_REGION, /* 1: key0 = text, may be empty */
	DIM_USAGE_TYPE, /* 1: key0 = text */
	DIM_OPERATION, /* 1: key0 = text */
	DIM_DAY, /* 1: key0 = struct day number as uint32_t, of usage_start */
	DIM_RESOURCE, /* 1: key0 = index in the slice's resources, key1 = region text */
	DIM_INVOICE, /* 1: key0 = invoice id text, may be empty, key1 = invoicing entity
			text */
	DIM_TAG, /* n: key0 = tag key text, key1 = value text; rows without the tag in
		    none */
	DIM_CATEGORY, /* n: as DIM_TAG */
	DIM_UNTAGGED, /* n: as DIM_RESOURCE; rows with a resource and no user tag */
	DIM_CHARGE, /* n: key0 = enum charge_class, key1 = description text */
	DIM_SPLIT, /* n: key0 = operation text, key1 = resource id text; cost[] by enum
		      split_cost */
	DIM_COUNT,
};
/* Sets of dimensions: bit 1 << enum dim. Sums without rows have some of those of
 * DIMS_OF_SUMS, and always DIMS_BASE. */
enum {
	DIMS_BASE = 1 << DIM_CHARGE_TYPE | 1 << DIM_INVOICE,
	DIMS_OF_SUMS = DIMS_BASE | 1 << DIM_REGION | 1 << DIM_USAGE_TYPE |
		1 << DIM_OPERATION | 1 << DIM_DAY | 1 << DIM_CHARGE,
};
/* Which parts of its keys are texts: bit 0 for key0, bit 1 for key1. */
unsigned dim_texts(enum dim dim);

/* Plain; zeroed = the sum of nothing. Stands on disk as it is. */
struct entry {
	struct money cost[COST_COUNT];
	uint64_t lines;
	uint32_t filled[COST_COUNT]; /* rows that have the value; none: the sum is null */
	uint32_t lacking[2]; /* rows whose (net) amortized cost cannot be computed: it is
				null */
	uint32_t key[2];
	uint32_t currency; /* text */
};
_Static_assert(sizeof(struct entry) == 128, "entry is stored as it is");

/* 0; -ERANGE a sum does not fit, and then into is unchanged. Keys are left alone. */
MUST_USE int entry_add(struct entry *into, const struct entry *from);
/* For what is left of a total: lines and filled of from are not over those of into. */
MUST_USE int entry_sub(struct entry *into, const struct entry *from);
/* Null, or the sum. */
bool entry_has(const struct entry *e, enum cost cost);

#endif
