/* The demo's rows as a Parquet table, in the form AWS gives it. */
#ifndef FS_CMD_DEMO_SHEET_H
#define FS_CMD_DEMO_SHEET_H

#include "fs/cmd/demo/cells.h"
#include "fs/cmd/demo/format.h"
#include "fs/cmd/demo/parquet/outtable.h"

enum { SHEET_NAME = 96 };

struct sheet_column {
	char name[SHEET_NAME];
	enum field field;
	enum field other; /* whose name became the same; FIELD_COUNT: none */
};
/* The columns under the names they have in Parquet. Plain. */
struct sheet_columns {
	struct sheet_column items[FIELD_COUNT];
	size_t count;
};
struct sheet;

void sheet_columns(
	enum demo_format format, const struct columns *c, struct sheet_columns *ret);
enum outkind sheet_kind(enum demo_format format, enum field f);
/* NULL: no memory. */
struct sheet *sheet_new(const struct demo_options *o, const struct columns *c);
void sheet_free(struct sheet *s);
/* 0; what the sink answers. */
MUST_USE int sheet_open(struct sheet *s, outsink_fn *write, void *ctx);
/* How many rows may be given at once, 1 or more. */
uint32_t sheet_room(const struct sheet *s);
/* What rows of the cells share, then of each what differs, then their end: 0; -ENOMEM;
 * -EFBIG; what the sink answers. */
void sheet_cells(struct sheet *s, const struct cells *r, uint32_t rows);
void sheet_values(struct sheet *s, const struct cells *r, const struct values *v);
MUST_USE int sheet_rows(struct sheet *s, uint32_t rows);
/* The file's end. 0; as above. */
MUST_USE int sheet_close(struct sheet *s);
/* The status file of an export for Athena: one text, "READY". As above. */
MUST_USE int sheet_write_status(outsink_fn *write, void *ctx);

#endif
