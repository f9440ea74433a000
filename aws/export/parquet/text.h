/* Values as text, in the forms of parquet.h. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_TEXT_H
#define AWS_EXPORT_PARQUET_TEXT_H

#include "aws/export/parquet/memory.h"
#include "aws/export/parquet/type.h"

/* Of value_type_is_number(). Texts are in the arena. 0; -EFBIG; -ENOMEM. */
MUST_USE int text_of_numbers(const struct value_type *t, const int64_t *numbers,
	size_t count, struct arena *a, struct span *ret);
/* Of other types, in place; bytes that are text stay where they are. 0; -EBADMSG a
 * decimal of more than 128 bits, a timestamp beyond all years; -EFBIG; -ENOMEM. */
MUST_USE int text_of_spans(
	const struct value_type *t, struct span *spans, size_t count, struct arena *a);

#endif
