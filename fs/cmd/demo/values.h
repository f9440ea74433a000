/* The cells of a row that change from hour to hour. */
#ifndef FS_CMD_DEMO_VALUES_H
#define FS_CMD_DEMO_VALUES_H

#include "fs/cmd/demo/plan.h"

/* A place in a row that is filled anew for each; those from HOLE_NUMBERS on are
 * numbers. */
enum hole {
	HOLE_NONE,
	HOLE_INTERVAL,
	HOLE_START,
	HOLE_END,
	HOLE_DISCOUNT_MAP, /* JSON of HOLE_DISCOUNT */
	HOLE_NUMBERS,
	HOLE_AMOUNT = HOLE_NUMBERS,
	HOLE_NORMALIZED,
	HOLE_UNBLENDED,
	HOLE_BLENDED,
	HOLE_NET,
	HOLE_PUBLIC, /* on demand */
	HOLE_DISCOUNT,
	HOLE_EFFECTIVE, /* of a reservation or savings plan; what a plan's fee bought in
			   vain */
	HOLE_USED, /* of a plan's commitment */
	HOLE_SPLIT_USAGE,
	HOLE_SPLIT_RATIO,
	HOLE_SPLIT_COST,
	HOLE_SPLIT_UNUSED,
	HOLE_COUNT
};
struct values {
	int64_t start, end; /* seconds */
	int64_t n[HOLE_COUNT]; /* 10^-10 */
};

/* On demand, in the series' region. */
int64_t series_rate(const struct series *s);
/* row < s->count. Depends on nothing but its arguments. */
void demo_values_of(const struct world *w, const struct period *p, const struct series *s,
	uint32_t row, struct values *ret);

#endif
