/* Rows from a form: the cells of a series that never change, and holes for those that
 * do. */
#ifndef FS_CMD_DEMO_CELLS_H
#define FS_CMD_DEMO_CELLS_H

#include "base/buf.h"
#include "fs/cmd/demo/field.h"
#include "fs/cmd/demo/number.h"
#include "fs/cmd/demo/values.h"

enum {
	CELLS_BYTES = 16 * 1024, /* of cells made for one series */
	CELLS_ROW_MAX = 16 * 1024, /* bytes of a row */
	CELLS_HOLES = 64,
	CELLS_PAIRS = 64, /* of a map */
	CELLS_INTERVAL = 48,
};

/* The cells of a series, by field. Plain; zeroed = all empty. */
struct cells {
	const char *text[FIELD_COUNT]; /* NULL: null; "": an empty text */
	unsigned char hole[FIELD_COUNT];
	unsigned char style[FIELD_COUNT]; /* enum number_style of holes */
	/* What the text of cells_number() and cells_time() says: 10^-10, or seconds. */
	int64_t value[FIELD_COUNT];
	char bytes[CELLS_BYTES];
	size_t used;
};
/* An entry of a map. */
struct cell_pair {
	const char *key, *text;
};
struct form_part {
	size_t until; /* what stands before the hole ends here */
	unsigned char hole, style;
};
/* Plain. */
struct form {
	char bytes[CELLS_ROW_MAX];
	struct form_part parts[CELLS_HOLES];
	size_t len, part_count;
	bool milliseconds; /* of dates */
};

void cells_empty(struct cells *r);
/* Borrows text, as long as the record is used. Does not touch a cell for an empty
 * text. */
void cells_set(struct cells *r, enum field f, const char *text);
void cells_printf(struct cells *r, enum field f, const char *format, ...)
	PRINTF_LIKE(3, 4);
void cells_number(struct cells *r, enum field f, int64_t e10, enum number_style style);
void cells_time(struct cells *r, enum field f, int64_t seconds, bool milliseconds);
void cells_hole(struct cells *r, enum field f, enum hole hole, enum number_style style);
/* All of another cell; nothing when that is empty. */
void cells_copy(struct cells *r, enum field to, enum field from);
/* The entries of a map field, which are made of other cells; at most CELLS_PAIRS. */
size_t cells_pairs(const struct cells *r, enum field map, struct cell_pair *ret);
/* The text of all map fields: JSON. */
void cells_maps(struct cells *r);

/* "START/END", at most CELLS_INTERVAL bytes; answers the length. */
size_t interval_print(const struct values *v, char *ret);

/* Everything that is not in a hole, quoted where CSV needs it. */
void form_make(const struct cells *r, const struct columns *c, bool milliseconds,
	struct form *ret);
/* One line with its end: at most CELLS_ROW_MAX bytes; answers the length. */
size_t form_print(const struct form *f, const struct values *v, char *ret);

#endif
