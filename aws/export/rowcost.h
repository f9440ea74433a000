/* The costs of one row. Private to aws/export. */
#ifndef AWS_EXPORT_ROWCOST_H
#define AWS_EXPORT_ROWCOST_H

#include "aws/export/columns.h"
#include "aws/export/cell_source.h"
#include "aws/export/row.h"

/* What costs are made from. */
struct cost_inputs {
	enum export_table table;
	const struct cell *cells;
	const uint32_t *role_field; /* by role; COLUMNS_NONE: the export lacks it */
	bool has_net;
	uint64_t rounded; /* counts on */
	enum role failed; /* whose text was refused */
};

/* Sets usage amount, costs and split costs; the texts of row are there already. 0;
 * -EBADMSG and in->failed a text that is no number; -ERANGE and in->failed one that
 * does not fit. */
MUST_USE int row_costs_fill(struct cost_inputs *in, struct row *row);

#endif
