/* The codecs of Parquet pages. */
#ifndef FS_CMD_DEMO_PARQUET_SQUEEZE_H
#define FS_CMD_DEMO_PARQUET_SQUEEZE_H

#include "base/buf.h"

/* AWS writes the first; the others are for tests of readers. */
enum squeeze_codec { SQUEEZE_SNAPPY, SQUEEZE_ZSTD, SQUEEZE_GZIP, SQUEEZE_NONE };

/* Parquet's number. */
int squeeze_number(enum squeeze_codec codec);
/* Appends the plain bytes, compressed. 0; -ENOMEM; -EFBIG past the buffer's limit. */
MUST_USE int squeeze_append(enum squeeze_codec codec, struct span plain, struct buf *ret);

#endif
