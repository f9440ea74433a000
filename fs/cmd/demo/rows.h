/* Writes the rows of a file. */
#ifndef FS_CMD_DEMO_ROWS_H
#define FS_CMD_DEMO_ROWS_H

#include "fs/cmd/demo/outfile.h"
#include "fs/cmd/demo/sheet.h"
#include "fs/cmd/demo/shipment.h"

enum { ROWS_BUFFER = 128 * 1024 };

/* What one thread writes with. Zeroed = idle. */
struct rows_writer {
	struct outfile file;
	struct cells cells;
	struct form form;
	struct sheet *sheet; /* while it writes Parquet */
	size_t len;
	char rows[ROWS_BUFFER];
};
/* So many rows more are done. Answers 0, or what stops the writing. */
typedef int rows_report_fn(void *ctx, uint64_t rows);

/* Writes the chunk to file, which is open and stays so. 0; -ENOMEM; -errno; what report
 * answered. */
MUST_USE int rows_write(struct rows_writer *t, const struct shipment *d, unsigned chunk,
	rows_report_fn *report, void *ctx);

#endif
