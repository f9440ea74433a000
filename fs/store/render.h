/* Rows as text: the CSV dialect of every line item (docs/formats.md). */
#ifndef FS_STORE_RENDER_H
#define FS_STORE_RENDER_H

#include "aws/export/row.h"
#include "base/buf.h"

/* Appends one line with its newline. marked: the map cells stand between the leading and
 * the tail columns as CUBE_MAP_MARK says; without maps there is none. *ret_fixed: bytes
 * of the text that readers see, but for one comma a map column. 0; -ENOMEM; -EFBIG. */
MUST_USE int render_row(const struct layout *layout, const struct row *row, bool marked,
	struct buf *ret, uint32_t *ret_fixed);
/* The header line, with the names of the map columns in their order. 0; -ENOMEM;
 * -EFBIG. */
MUST_USE int render_header(const struct layout *layout, const struct span *map_columns,
	size_t map_column_count, struct buf *ret);
/* Appends a cell, in quotes where it must be; newlines become spaces. 0; -ENOMEM;
 * -EFBIG. */
MUST_USE int render_cell(struct span text, struct buf *ret);

#endif
