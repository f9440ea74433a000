/* The costs of one row. Private to aws/export. */
#ifndef AWS_EXPORT_ROWCOST_H
#define AWS_EXPORT_ROWCOST_H

#include "aws/export/columns.h"
#include "aws/export/cell_source.h"
#include "aws/export/row.h"

/* A column of costs: the sum of a row, or of several, and how many of them have a
 * value. */
struct cost_input {
	struct money sum;
	uint32_t lines;
	struct span text; /* of a row, where it has a value */
};
/* What costs are made from. */
struct cost_inputs {
	enum export_table table;
	const struct cell *cells;
	const struct cost_input *sums; /* by enum role; NULL: cells have them */
	const uint32_t *role_field; /* by role; COLUMNS_NONE: the export lacks it */
	bool has_net;
	uint64_t rounded; /* counts on */
	enum role failed; /* whose text was refused */
};

/* Whether a column is added up in costs. */
bool role_is_cost(enum role role);
/* Rows of this operation are shares of money that stands in other rows. */
bool is_split_operation(struct span operation);

/* Sets usage amount, costs and split costs; the texts and the lines of row are there
 * already. 0;
 * -EBADMSG and in->failed a text that is no number; -ERANGE and in->failed one that
 * does not fit. */
MUST_USE int row_costs_fill(struct cost_inputs *in, struct row *row);

#endif
