/* A table written as a Parquet file, row group by row group: values are given in runs of
 * rows that have the same. One thread at a time. */
#ifndef FS_CMD_DEMO_PARQUET_OUTTABLE_H
#define FS_CMD_DEMO_PARQUET_OUTTABLE_H

#include "fs/cmd/demo/parquet/outchunk.h"

struct outtable;
/* A key and its text or number. Plain; borrows. */
struct outpair {
	struct span key, text;
	double number;
};

/* Borrows columns and the style's texts until outtable_free(), ctx until
 * outtable_close(). Gives the sink the first bytes. NULL: no memory. */
struct outtable *outtable_new(
	const struct outstyle *style, const struct outcolumn *columns, size_t count);
void outtable_free(struct outtable *t);
/* Begins a file; may be called again after outtable_close(). 0; what the sink answers. */
MUST_USE int outtable_open(struct outtable *t, outsink_fn *write, void *ctx);

/* Give the next rows of one column their value, which must be of its kind. What fails is
 * told by outtable_rows(). */
void outtable_text(struct outtable *t, size_t column, struct span value, uint32_t rows);
void outtable_number(struct outtable *t, size_t column, double value, uint32_t rows);
/* Since 1970, for OUTKIND_MILLIS and OUTKIND_INT96. */
void outtable_millis(struct outtable *t, size_t column, int64_t value, uint32_t rows);
void outtable_map(struct outtable *t, size_t column, const struct outpair *pairs,
	size_t count, uint32_t rows);
void outtable_null(struct outtable *t, size_t column, uint32_t rows);

/* How many rows still fit in the row group; at least 1. */
uint32_t outtable_room(const struct outtable *t);
/* All columns have been given so many rows more, at most outtable_room(). 0; -ENOMEM;
 * -EFBIG; what the sink answers. */
MUST_USE int outtable_rows(struct outtable *t, uint32_t rows);
/* Writes the rest and the footer. 0; as above. */
MUST_USE int outtable_close(struct outtable *t);

#endif
