/* The values of a page, without its nulls, by whatever encoding. Private to
 * aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_VALUES_H
#define AWS_EXPORT_PARQUET_VALUES_H

#include "aws/export/parquet/delta.h"
#include "aws/export/parquet/memory.h"
#include "aws/export/parquet/rle.h"
#include "aws/export/parquet/type.h"

enum values_form {
	VALUES_PLAIN,
	VALUES_BITS, /* booleans, a bit each */
	VALUES_INDEXES, /* of a dictionary */
	VALUES_RUNS, /* booleans */
	VALUES_DELTA, /* numbers */
	VALUES_LENGTHS, /* spans: their lengths, then their bytes */
	VALUES_PREFIXES, /* spans: what is shared with the one before, then as above */
	VALUES_SPLIT, /* byte by byte */
};

/* Plain; borrows its bytes. */
struct values {
	enum values_form form;
	struct value_type type;
	struct span rest; /* what is not read yet */
	struct rle runs;
	uint64_t at; /* VALUES_BITS: bits read; VALUES_SPLIT: values read */
	uint64_t count; /* VALUES_SPLIT: all of them */
	struct delta lengths, prefixes; /* VALUES_DELTA has the first only */
	struct span last; /* VALUES_PREFIXES: the one before */
	struct arena *arena; /* of those that stand nowhere as they are */
};

/* Borrows bytes and arena. arena: texts of spans that have to be put together; they
 * last until it is cleared. 0; -EBADMSG; -ENOTSUP an
 * encoding that is not read, or not of this type. */
MUST_USE int values_init(struct values *v, const struct value_type *type,
	int64_t encoding, struct span bytes, struct arena *arena);
/* "DELTA_BYTE_ARRAY"; "unknown". */
const char *values_encoding_name(int64_t encoding);
/* Before the arena is cleared: keeps what the next values need of it in keep, which is of
 * the arena's memory. 0; -EFBIG; -ENOMEM. */
MUST_USE int values_keep(struct values *v, struct block *keep);
/* All below: the next count values. 0; -EBADMSG fewer are left; -EFBIG; -ENOMEM. */
/* VALUES_INDEXES. */
MUST_USE int values_indexes(struct values *v, uint32_t *ret, size_t count);
/* Not VALUES_INDEXES, and value_type_is_number(); bits of floats and doubles. */
MUST_USE int values_numbers(struct values *v, int64_t *ret, size_t count);
/* Of other types. */
MUST_USE int values_spans(struct values *v, struct span *ret, size_t count);

#endif
