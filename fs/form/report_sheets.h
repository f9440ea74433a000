/* Parts of a report as tables of their own, with all that they have: for forms that have
 * room for it. */
#ifndef FS_FORM_REPORT_SHEETS_H
#define FS_FORM_REPORT_SHEETS_H

#include "fs/form/report_rows.h"

/* Each makes a sheet whose spans are in those of the report, and which the caller
 * finishes before it. 0; -EFBIG over SHEET_CELLS_MAX; -ENOMEM; -ECANCELED. */

/* The part, with two columns behind it: unblended_cost_before, what the other part has
 * under the same key and currency, and change, the difference. What only the other part
 * has stands below as rows that have no other costs, so that both add up. key: the
 * column of what is compared; empty: the currency alone is. Also -EBADMSG, -ERANGE. */
MUST_USE int report_sheet_compared(const struct report *r, enum report_part part,
	enum report_part before, struct span key, struct sheet *ret);
/* At most REPORT_RESOURCES rows of each currency. */
MUST_USE int report_sheet_resources(const struct report *r, struct sheet *ret);
/* Credits, refunds, tax, fees and Marketplace; which of them is the first column. */
MUST_USE int report_sheet_charges(const struct report *r, struct sheet *ret);

#endif
