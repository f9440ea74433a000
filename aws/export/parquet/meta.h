/* What the end of the file says: the schema, where each row group's chunks are and how
 * they are written. Row groups are read as they are needed, so that what is held does
 * not grow with what a footer claims. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_META_H
#define AWS_EXPORT_PARQUET_META_H

#include "aws/export/parquet/schema.h"

enum encoding {
	ENCODING_PLAIN = 0,
	ENCODING_PLAIN_DICTIONARY = 2,
	ENCODING_RLE = 3,
	ENCODING_BIT_PACKED = 4,
	ENCODING_DELTA_BINARY_PACKED = 5,
	ENCODING_DELTA_LENGTH_BYTE_ARRAY = 6,
	ENCODING_DELTA_BYTE_ARRAY = 7,
	ENCODING_RLE_DICTIONARY = 8,
	ENCODING_BYTE_STREAM_SPLIT = 9,
};

struct meta_group {
	struct span bytes; /* RowGroup, unread */
	uint64_t rows;
};
struct meta {
	struct schema schema;
	uint64_t rows;
	struct meta_group *groups;
	uint32_t group_count;
	struct span created_by;
	uint64_t data_end; /* where the footer begins: all chunks end before it */
	uint64_t slack_bytes; /* that chunks may be longer than they say */
};

/* Both generations; a span with p NULL is not there. */
struct chunk_statistics {
	struct span min, max, old_min, old_max;
	bool has_nulls;
	uint64_t nulls;
};
struct chunk {
	uint64_t offset, len; /* within the data */
	int64_t codec; /* as in the file, may be unknown */
	uint64_t values; /* with nulls */
	bool has_dictionary_only; /* all its data pages are written by a dictionary */
	struct chunk_statistics statistics;
};

/* Borrows footer, a FileMetaData of a file whose data end at data_end, until
 * meta_finish(). 0; -EBADMSG; -ENOTSUP; -E2BIG; -ENOMEM. */
MUST_USE int meta_read(
	struct span footer, uint64_t data_end, struct meta *ret, struct fault *why);
void meta_finish(struct meta *m);
/* ret has schema.leaf_count chunks, which may be partly filled on failure. 0; -EBADMSG;
 * -ENOTSUP a chunk in another file. */
MUST_USE int meta_chunks(
	const struct meta *m, uint32_t group, struct chunk *ret, struct fault *why);

#endif
