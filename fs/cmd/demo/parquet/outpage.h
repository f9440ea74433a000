/* Data pages: rows of a column with their levels, encoded, compressed, and headed. */
#ifndef FS_CMD_DEMO_PARQUET_OUTPAGE_H
#define FS_CMD_DEMO_PARQUET_OUTPAGE_H

#include "fs/cmd/demo/parquet/compact.h"
#include "fs/cmd/demo/parquet/outleaf.h"
#include "fs/cmd/demo/parquet/outstyle.h"

/* Numbers of the format. */
enum outencoding {
	OUTENCODING_PLAIN = 0,
	OUTENCODING_PLAIN_DICTIONARY = 2,
	OUTENCODING_RLE = 3,
	OUTENCODING_DELTA = 5, /* of integers */
	OUTENCODING_DELTA_TEXT = 7,
	OUTENCODING_DICTIONARY = 8,
};
enum outpage_type { OUTPAGE_DATA = 0, OUTPAGE_DICTIONARY = 2, OUTPAGE_DATA_V2 = 3 };

/* A place between rows. */
struct outcursor {
	size_t run;
	uint32_t used; /* rows of it */
};
/* Fields are for reading only; memory is kept from page to page. Zeroed = empty. */
struct outpage {
	uint32_t *values, *definitions, *repetitions;
	size_t value_count, values_cap;
	size_t level_count, definitions_cap, repetitions_cap;
	uint32_t rows;
	bool noted; /* what follows; not without values */
	uint32_t most; /* the greatest of values */
	uint32_t low, high; /* values in the order of statistics */
	struct buf body, plain, packed; /* as written: body, after its header */
	size_t plain_size; /* of the body with header, before compression */
};

/* Takes at most so many rows from *at on, which is moved. 0; -ENOMEM; -EFBIG. */
MUST_USE int outpage_take(struct outpage *p, const struct outleaf *l,
	const struct outstyle *style, struct outcursor *at);
/* Levels that are no value. */
size_t outpage_nulls(const struct outpage *p);
bool outpage_has_order(const struct outpage *p, const struct outleaf *l);
/* Makes the body; width: of a dictionary's indexes. 0; -ENOMEM; -EFBIG. */
MUST_USE int outpage_make(struct outpage *p, const struct outleaf *l,
	const struct outstyle *style, enum outencoding encoding, unsigned width);
/* Makes a dictionary page of the first count values. */
MUST_USE int outpage_make_dictionary(struct outpage *p, const struct outleaf *l,
	const struct outstyle *style, size_t count);
void outpage_finish(struct outpage *p);

/* The fields of a struct of statistics, of both generations; order: the values that are
 * least and greatest, or NULL. */
void outpage_statistics(struct compact *c, const struct outleaf *l,
	const struct outstyle *style, int64_t nulls, const uint32_t *order);

#endif
