/* The tables without costs beside a demo export: NAME-recommendations, of the last three
 * days, and NAME-carbon, of up to three months; as Data Exports deliver them. */
#ifndef FS_CMD_DEMO_SIDE_H
#define FS_CMD_DEMO_SIDE_H

#include "base/buf.h"
#include "fs/cmd/demo/format.h"
#include "fs/cmd/demo/parquet/outstyle.h"
#include "fs/cmd/demo/world.h"

enum { SIDE_COLUMNS = 25, SIDE_TEXT = 512 };

/* Plain; borrows texts. NULL: null. */
struct side_value {
	const char *text; /* of a number or a time: not NULL is enough */
	int64_t number; /* 10^-10; of a time seconds */
};
/* One row, with room for texts that are made for it. */
struct side_row {
	struct side_value values[SIDE_COLUMNS];
	char text[4][SIDE_TEXT];
};
struct side_table {
	const char *suffix; /* of the export's name */
	struct outcolumn columns[SIDE_COLUMNS]; /* a map is of texts, and JSON in CSV */
	size_t count;
	/* What stands behind "date=" or both parts of a carbon partition, and when it was
	 * delivered; false at the end. */
	bool (*partition)(const struct world *w, unsigned index, char ret[64],
		int64_t *ret_delivered);
	unsigned (*rows)(const struct world *w);
	void (*fill)(const struct world *w, unsigned partition, unsigned row,
		struct side_row *ret);
};
enum { SIDE_TABLES = 2 };
extern const struct side_table side_tables[SIDE_TABLES];

/* Writes all of it below directory. 0; -ENOMEM; -errno of the file system. */
MUST_USE int side_write(
	const char *directory, const struct demo_options *o, const struct world *w);

#endif
