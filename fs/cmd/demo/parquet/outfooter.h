/* What stands at a Parquet file's end: page indexes, the schema, and where all is. */
#ifndef FS_CMD_DEMO_PARQUET_OUTFOOTER_H
#define FS_CMD_DEMO_PARQUET_OUTFOOTER_H

#include "fs/cmd/demo/parquet/outchunk.h"

/* A column of values below a column of the table. Plain; borrows. */
struct outpath {
	const struct outcolumn *column;
	const char *item; /* "key" or "value" of a map; NULL */
};
/* Chunks are in the order of leaves. Plain; borrows. */
struct outgroup {
	uint64_t rows;
	struct outchunk *chunks;
};
struct outfooter {
	const struct outstyle *style;
	const struct outcolumn *columns;
	size_t column_count;
	const struct outleaf *leaves; /* types only */
	const struct outpath *paths; /* one a leaf */
	size_t leaf_count;
	const struct outgroup *groups;
	size_t group_count;
};

/* 0; -ENOMEM; -EFBIG; what the sink answers. */
MUST_USE int outfooter_write(const struct outfooter *f, struct outsink *s);

#endif
