/* Rows with map columns, from how they are stored to what readers see (docs/formats.md).
 */
#ifndef FS_STORE_EXPAND_H
#define FS_STORE_EXPAND_H

#include "base/span.h"

struct expansion {
	const uint32_t *columns; /* of the keys that the rows are marked with */
	uint64_t column_count;
	uint32_t map_columns; /* each of columns is below */
};

/* Whole rows to exactly that many bytes at to, which has room for them. 0; -ENOMEM;
 * -EBADMSG not as we write them, or of another length. */
MUST_USE int expand_rows(
	const struct expansion *x, struct span rows, char *to, uint64_t bytes);

#endif
