/* Rows of a file, until their costs are known and they can be put in order. For
 * fs/finding alone. */
#ifndef FS_FINDING_REPORT_H
#define FS_FINDING_REPORT_H

#include "fs/finding/bill.h"

enum report_status { REPORT_FINDING, REPORT_NO_DATA, REPORT_NONE };

/* Plain, borrowed; empty spans are empty cells. */
struct report_item {
	enum report_status status;
	struct span region, id, name, why, evidence;
};
/* What all rows begin and end with. */
struct report_frame {
	struct span checked;
	struct instant as_of; /* or INSTANT_NONE */
	struct span threshold;
};

struct report;
/* NULL on no memory. */
struct report *report_new(void);
void report_free(struct report *r);
/* Copies. 0; -ENOMEM; -EFBIG over FINDING_ROWS_MAX. */
MUST_USE int report_add(struct report *r, const struct report_item *item);
/* The row that was added last costs what this resource costs, and those that were named
 * for it before. 0; -ENOMEM. */
MUST_USE int report_cost(struct report *r, struct span resource);
size_t report_count(const struct report *r);

/* Appends header and rows: findings, dearest first, then what there is no data of. A row
 * stands once for each currency that it has costs in. 0; -ENOMEM; -EFBIG; -ERANGE. */
MUST_USE int report_print(const struct report *r, const struct report_frame *frame,
	const struct bill *bill, struct buf *ret);

#endif
