/* Rows that differ in nothing but their costs and their time, added up as they are read:
 * what sums are made of, without a look at each row's cells. Private to aws/export. */
#ifndef AWS_EXPORT_ROWFOLD_H
#define AWS_EXPORT_ROWFOLD_H

#include "aws/export/rowcost.h"

struct row_fold;

struct row_fold_options {
	struct cell_source *source; /* borrowed; cell_source_has_batches() */
	const struct header_plan *plan; /* borrowed; narrowed already */
	unsigned parts; /* bits of enum row_part */
	bool has_product_map; /* name and region of a product may stand there alone */
};

/* Plain; valid until the next call. */
struct folded {
	/* As if one row had them; dates and costs are empty. */
	struct cell_row cells;
	uint64_t lines;
	struct instant first, last; /* of their usage_start */
	const struct cost_input *costs; /* by enum role */
	uint64_t rounded; /* values, of all rows since the last answer */
	enum role failed; /* whose text cannot be read; it stands in cells */
};

/* 0; -ENOMEM. */
MUST_USE int row_fold_new(const struct row_fold_options *options, struct row_fold **ret);
void row_fold_free(struct row_fold *f);
/* 1, in no order; 0 at the end; -EBADMSG -ERANGE a cost or a date that cannot be read: if
 * ret->failed is not ROLE_COUNT why is left alone; else what cell_source_next_batch()
 * answers. */
MUST_USE int row_fold_next(struct row_fold *f, struct folded *ret, struct fault *why);

#endif
