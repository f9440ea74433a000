/* What a month of the demo holds: series of rows, and the order in which they are
 * delivered. */
#ifndef FS_CMD_DEMO_PLAN_H
#define FS_CMD_DEMO_PLAN_H

#include "fs/cmd/demo/catalog.h"
#include "fs/cmd/demo/world.h"

enum series_kind {
	SERIES_USAGE,
	/* The enterprise discount on a usage series, 24 of its rows at once. */
	SERIES_EDP,
	SERIES_RI_USAGE,
	SERIES_RI_FEE,
	SERIES_RI_UPFRONT,
	SERIES_SP_USAGE,
	SERIES_SP_NEGATION,
	SERIES_SP_FEE,
	SERIES_SP_UPFRONT,
	SERIES_SPLIT,
	SERIES_CHARGE,
	SERIES_TAX,
};
enum { EDP_ROWS = 24, PLAN_SPLITS = 4 };

/* Rows of one resource, or of one charge, that differ in their hour and amounts only. */
struct series {
	enum series_kind kind;
	unsigned meter; /* in catalog_meters */
	unsigned region, account;
	/* Which reservation (and member), plan, member, group, split, charge or taxed
	 * service; of usage: 1 + the index of its resource's name, 0 for any. */
	unsigned which, member;
	unsigned tags; /* 1 + which; 0 for any */
	uint32_t first; /* hour of the month */
	uint32_t count; /* rows */
	uint32_t base_count; /* of SERIES_EDP: rows of the usage */
	uint64_t id;
	int64_t amount_e10; /* of SERIES_TAX: the cost; of SERIES_RI_FEE: hours used */
};
/* Some of a series' rows, delivered together. */
struct run {
	uint64_t start; /* row of the month */
	uint32_t series, from, count;
	uint32_t group;
};
/* Immutable once made. */
struct plan {
	struct period period;
	struct series *series;
	size_t series_count, series_cap;
	struct run *runs;
	size_t run_count;
	uint64_t rows;
	uint32_t window; /* hours of commitments, at the end of the month */
};

/* Exactly so many rows. 0; -ENOMEM. */
MUST_USE int demo_plan_make(
	const struct world *w, unsigned period, uint64_t rows, struct plan *ret);
void demo_plan_finish(struct plan *p);
/* The run that holds the row; row < p->rows. */
size_t demo_plan_find(const struct plan *p, uint64_t row);

#endif
