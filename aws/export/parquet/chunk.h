/* One leaf of a row group: its pages as texts, row by row. Private to
 * aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_CHUNK_H
#define AWS_EXPORT_PARQUET_CHUNK_H

#include "aws/export/parquet/codec.h"
#include "aws/export/parquet/fetch.h"
#include "aws/export/parquet/meta.h"

struct chunk_reader;

/* What all readers of a file have in common. Plain. */
struct chunk_shared {
	struct fetch fetch;
	struct memory memory;
	struct codec codec;
	uint64_t dictionaries; /* named so far */
};

/* leaf, chunk and shared are borrowed. 0; -EFBIG; -ENOMEM. */
MUST_USE int chunk_reader_new(
	struct chunk_shared *shared, const struct leaf *leaf, struct chunk_reader **ret);
void chunk_reader_free(struct chunk_reader *c);
/* Starts a chunk; ends another one. range->p: all of its bytes, or NULL: then it is
 * fetched by pieces of window_bytes. */
void chunk_reader_begin(struct chunk_reader *c, const struct chunk *chunk,
	const struct fetch_range *range, size_t window_bytes);
/* The next rows, all of them; what was answered before is gone. ret is valid until the
 * next call on c. keys is left alone. 0; as parquet_next(). */
MUST_USE int chunk_reader_next(struct chunk_reader *c, uint32_t rows,
	struct parquet_batch_column *ret, struct fault *why);
/* Nothing is left of the chunk. 0; -EBADMSG; as parquet_next(). */
MUST_USE int chunk_reader_end(struct chunk_reader *c, struct fault *why);

/* Whether the dictionary of a chunk that was just begun has the text. -ENODATA: it does
 * not tell, as not all pages are written by it. 0; as parquet_next(). */
MUST_USE int chunk_reader_probe(
	struct chunk_reader *c, struct span text, bool *ret, struct fault *why);

#endif
