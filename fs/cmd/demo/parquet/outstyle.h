/* How a Parquet file is laid out: the habits of the writers that AWS uses. */
#ifndef FS_CMD_DEMO_PARQUET_OUTSTYLE_H
#define FS_CMD_DEMO_PARQUET_OUTSTYLE_H

#include "fs/cmd/demo/parquet/squeeze.h"

enum outkind {
	OUTKIND_TEXT,
	OUTKIND_NUMBER, /* a double */
	OUTKIND_MILLIS, /* since 1970, UTC */
	OUTKIND_INT96, /* nanoseconds of the day, and the Julian day */
	OUTKIND_TEXT_MAP, /* of texts */
	OUTKIND_NUMBER_MAP, /* of doubles */
};
/* Plain; borrows name. Maps are never required. */
struct outcolumn {
	const char *name;
	enum outkind kind;
	bool required; /* never null */
};
/* Plain; borrows texts. */
struct outstyle {
	const char *root; /* of the schema */
	const char *creator;
	enum squeeze_codec codec;
	bool second_pages; /* DATA_PAGE_V2, with delta encodings for what repeats little
			    */
	/* The writer of legacy reports: no checksums, no page indexes, no logical types,
	 * statistics of the first generation, no word of dictionary pages. */
	bool origami;
	uint32_t page_rows, group_rows;
};

enum { OUTSTYLE_PAGE_ROWS = 20000, OUTSTYLE_DICTIONARY_MAX = 1024 * 1024 };

#endif
