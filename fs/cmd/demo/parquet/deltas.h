/* Parquet's delta encodings, which AWS's legacy writer falls back to. */
#ifndef FS_CMD_DEMO_PARQUET_DELTAS_H
#define FS_CMD_DEMO_PARQUET_DELTAS_H

#include "base/buf.h"

/* Append DELTA_BINARY_PACKED (blocks of 128 in 4 parts), and DELTA_BYTE_ARRAY. 0;
 * -ENOMEM; -EFBIG. */
MUST_USE int deltas_append(struct buf *b, const int64_t *values, size_t count);
MUST_USE int deltas_append_texts(struct buf *b, const struct span *values, size_t count);

#endif
