/* What a chunk's statistics are worth. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_STATISTICS_H
#define AWS_EXPORT_PARQUET_STATISTICS_H

#include "aws/export/parquet/memory.h"
#include "aws/export/parquet/meta.h"

/* ret's texts are in the arena or the footer. Bounds that cannot be relied on are left
 * out. 0; -EFBIG; -ENOMEM. */
MUST_USE int statistics_read(const struct chunk *chunk, const struct leaf *leaf,
	struct arena *a, struct parquet_statistics *ret);
/* Whether that text is beyond the bounds; of columns that are text. */
bool statistics_exclude(
	const struct chunk *chunk, const struct leaf *leaf, struct span text);

#endif
