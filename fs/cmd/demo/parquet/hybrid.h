/* Parquet's run-length and bit-packing hybrid: levels, and indexes of dictionaries. */
#ifndef FS_CMD_DEMO_PARQUET_HYBRID_H
#define FS_CMD_DEMO_PARQUET_HYBRID_H

#include "base/buf.h"

/* Bits that hold max; 0 for 0. */
unsigned bit_width(uint64_t max);
/* Appends the low bits of each value, the first lowest, in whole bytes. 0; -ENOMEM;
 * -EFBIG. */
MUST_USE int bits_append(
	struct buf *b, const uint64_t *values, size_t count, unsigned width);
/* Appends the values; each fits in width bits, width <= 32. 0; -ENOMEM; -EFBIG. */
MUST_USE int hybrid_append(
	struct buf *b, const uint32_t *values, size_t count, unsigned width);

#endif
