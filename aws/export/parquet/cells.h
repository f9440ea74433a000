/* The texts of a batch, gathered from page to page: by a dictionary's numbers as long as
 * all are of it. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_CELLS_H
#define AWS_EXPORT_PARQUET_CELLS_H

#include "aws/export/parquet/pages.h"

enum { CELLS_STEP = 1024 /* at once, at most */ };

enum cells_form { CELLS_NONE, CELLS_INDEXES, CELLS_TEXTS };
/* Plain; zeroed = empty. */
struct cells {
	enum cells_form form;
	size_t count;
	uint32_t *indexes;
	struct span *texts;
	size_t index_cap, text_cap;
};

/* Forgets all, keeps the memory. */
void cells_forget(struct cells *c);
/* Appends count cells of the page at hand, <= CELLS_STEP. present: one byte each, 1 =
 * has a value, 0 = null; NULL: all have. 0; -EBADMSG; -EFBIG over PARQUET_ENTRIES_MAX or
 * the memory; -ENOMEM. */
MUST_USE int cells_append(
	struct cells *c, struct pages *p, const uint8_t *present, size_t count);
struct parquet_cells cells_shown(const struct cells *c, const struct pages *p);
void cells_finish(struct cells *c, struct memory *m);

#endif
