/* What the rows of a table come to, by currency, where they may be added up. */
#ifndef FS_FORM_TOTALS_H
#define FS_FORM_TOTALS_H

#include "fs/form/sheet.h"

enum { TOTALS_MAX = 64 /* more currencies than anybody has */ };

/* Of a currency, in the order of the rows. */
struct total {
	struct span currency;
	struct money whole; /* of which the shares are */
	bool has_whole; /* some row has an amount */
	size_t rows;
};

/* Plain. The spans are the sheet's. */
struct totals {
	size_t currency; /* column; column_count: there is none */
	size_t cost; /* the first column of money, or column_count */
	bool is_exact; /* line items, which are often less than a cent */
	bool has_shares; /* rows are parts of a whole */
	bool has_totals; /* some currency has several rows, which count once each */
	struct total items[TOTALS_MAX];
	size_t count; /* 0 where there are more than TOTALS_MAX */
};

/* file: as of form_about. 0; -ERANGE a sum does not fit. */
MUST_USE int totals_find(const struct sheet *s, struct span file, struct totals *ret);
/* That of the row's currency, or NULL. */
const struct total *totals_of_row(
	const struct totals *t, const struct sheet *s, size_t row);

#endif
