/* Doubles and floats as the fewest digits that read back as the same number; of several
 * such the nearest. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_SHORTEST_H
#define AWS_EXPORT_PARQUET_SHORTEST_H

#include <stddef.h>
#include <stdint.h>

enum { SHORTEST_TEXT_MAX = 32 };

/* By their bits. "0.1", "120", "1.5e-9", "-0" is "0"; an exponent where a plain number
 * would have more than 21 digits before the point, or more than 6 zeros behind it;
 * "nan", "inf", "-inf". Writes at most SHORTEST_TEXT_MAX bytes, no NUL; answers the
 * length. */
size_t shortest_double(uint64_t bits, char ret[SHORTEST_TEXT_MAX]);
size_t shortest_float(uint32_t bits, char ret[SHORTEST_TEXT_MAX]);

#endif
