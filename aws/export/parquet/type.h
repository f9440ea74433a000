/* What a value of a leaf is: its physical type and how it is to be understood. Numbers
 * are those of parquet.thrift. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_TYPE_H
#define AWS_EXPORT_PARQUET_TYPE_H

#include "base/span.h"

enum physical {
	PHYSICAL_BOOLEAN,
	PHYSICAL_INT32,
	PHYSICAL_INT64,
	PHYSICAL_INT96,
	PHYSICAL_FLOAT,
	PHYSICAL_DOUBLE,
	PHYSICAL_BYTE_ARRAY,
	PHYSICAL_FIXED,
	PHYSICAL_COUNT,
};

enum meaning {
	MEANING_PLAIN, /* as the physical type says: number, text or bytes */
	MEANING_UNSIGNED, /* of INT32 and INT64 */
	MEANING_DECIMAL,
	MEANING_DATE,
	MEANING_TIME,
	MEANING_TIMESTAMP, /* also every INT96 */
	MEANING_FLOAT16,
	MEANING_UUID,
};

/* Plain. */
struct value_type {
	enum physical physical;
	enum meaning meaning;
	uint32_t fixed_bytes; /* of PHYSICAL_FIXED, above 0; INT96: 12 */
	unsigned scale; /* of MEANING_DECIMAL: places */
	unsigned second_digits; /* of times: places of the unit, 3, 6 or 9 */
};

/* Bytes of a plain value; 0 where it varies, and for bits. */
size_t value_type_bytes(const struct value_type *t);
/* Read as numbers (BOOLEAN, INT32, INT64, and the bits of FLOAT and DOUBLE), not as
 * spans. */
bool value_type_is_number(const struct value_type *t);

/* Of a schema element, as far as it is known; -1 = not there. */
struct type_hints {
	int64_t physical, fixed_bytes, converted, scale, precision;
	struct span logical; /* the union LogicalType, unread; empty = none */
};
/* What is not understood is MEANING_PLAIN: it can still be read. 0; -EBADMSG an
 * impossible type; -ENOTSUP. */
MUST_USE int value_type_make(const struct type_hints *h, struct value_type *ret);

#endif
