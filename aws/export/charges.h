/* Which of credits.csv, refunds.csv and so on a line stands in. Private to aws/export. */
#ifndef AWS_EXPORT_CHARGES_H
#define AWS_EXPORT_CHARGES_H

#include "aws/export/row.h"

/* Bits 1 << enum charge_class of a line of a Cost and Usage Report, by its texts. */
unsigned row_charges(const struct row *row);
/* Of FOCUS. */
struct focus_charge {
	struct span category, class, publisher;
};
unsigned focus_charges(const struct focus_charge *c);

#endif
