/* Rows of sums as CSV: which cells a file has, in which order, and its rows' order. */
#ifndef FS_VIEW_TABLE_H
#define FS_VIEW_TABLE_H

#include <stdatomic.h>

#include "base/intern.h"
#include "fs/view/groups.h"

enum {
	TABLE_CELLS = 8,
	/* Key of the row of what has no tag; no text has this id. */
	TABLE_UNTAGGED = -1,
};

#define TABLE_MONEY                                                                      \
	"unblended_cost,net_unblended_cost,amortized_cost,net_amortized_cost,list_cost," \
	"currency,lines"

enum cell_kind {
	CELL_END,
	CELL_TEXT,
	/* Text, "_no-region" for none; "_untagged" for TABLE_UNTAGGED. A text that is
	 * spelled so begins with "%5F". */
	CELL_REGION,
	CELL_VALUE,
	CELL_DATE,
	CELL_LABEL,
	CELL_MONTH,
	CELL_STATUS,
	CELL_AS_OF,
	CELL_INVOICE_STATUS,
	CELL_INVOICE_AMOUNT,
	/* several columns each */
	CELL_MONEY,
	CELL_SPLIT,
	CELL_COVERAGE,
};
struct table_cell {
	enum cell_kind kind;
	unsigned key; /* index of the group's key */
};
struct table {
	const char *header; /* with its newline */
	unsigned key_count;
	bool by_date; /* by the keys, of which the first is a day; else dearest first */
	struct table_cell cells[TABLE_CELLS]; /* up to CELL_END */
};

/* What cells need beside their group. Plain, all borrowed. */
struct table_source {
	const struct month *month;
	const struct intern *texts; /* keys, labels and currencies; NULL: the month's */
	const struct groups *totals; /* by currency alone, for CELL_COVERAGE */
	const char *status; /* for CELL_STATUS */
	const atomic_bool *stop;
	/* 0: all rows. Else at most so many of each currency, in their order, leaving out
	 * those where the text of this key is empty. */
	size_t rows_max;
	unsigned id_key;
};

/* Appends header and rows. 0; -ENOMEM; -EFBIG; -EBADMSG a key that cannot be;
 * -ECANCELED. */
MUST_USE int table_render(const struct table *t, const struct table_source *from,
	const struct groups *rows, struct buf *ret);

/* What is left of a total behind a part of it. 0; -EBADMSG the part is no part;
 * -ERANGE. */
MUST_USE int table_rest(
	const struct entry *total, const struct entry *part, struct entry *ret);

/* Adds zero rows, so that every day of the month up to the last known one has a row, for
 * each second key and currency there is. The first key is the day. 0; -ENOMEM. */
MUST_USE int table_fill_days(const struct month *m, struct groups *rows);

#endif
