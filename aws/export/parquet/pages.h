/* The pages of a chunk, one after another: inflated, with their levels and values ready
 * to be read. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_PAGES_H
#define AWS_EXPORT_PARQUET_PAGES_H

#include "aws/export/parquet/chunk.h"
#include "aws/export/parquet/page.h"
#include "aws/export/parquet/values.h"

struct dictionary {
	struct span *texts; /* count of them, and null */
	size_t bytes; /* of texts, as taken */
	uint32_t count;
	uint64_t name; /* 0 = there is none */
	struct block page;
	struct arena arena;
};

/* Plain. */
struct pages {
	struct chunk_shared *shared;
	const struct leaf *leaf;
	const struct chunk *chunk;
	struct stream stream;
	struct dictionary dictionary;
	uint64_t seen; /* values of the pages so far */

	/* The page at hand. */
	uint32_t left; /* values that were not read, with nulls */
	struct rle rep, def;
	struct values values;
	struct block page;

	/* Texts that were answered stand in these until pages_release(). */
	struct arena arena;
	struct block *old;
	size_t old_count, old_cap;
	struct block spare, keep;
};

/* Borrows both. */
void pages_init(struct pages *p, struct chunk_shared *shared, const struct leaf *leaf);
/* Starts a chunk; as chunk_reader_begin(). */
void pages_begin(struct pages *p, const struct chunk *chunk,
	const struct fetch_range *range, size_t window_bytes);
/* 1 the next data page that has values; 0 there is none; as parquet_next(). */
MUST_USE int pages_next(struct pages *p, struct fault *why);
/* Texts of the values are not needed any longer. 0; -EFBIG; -ENOMEM. */
MUST_USE int pages_release(struct pages *p);
/* Reads the dictionary, and looks whether all pages are written by it. 0; -ENODATA they
 * are not, or there is none; as parquet_next(). */
MUST_USE int pages_probe(struct pages *p, struct fault *why);
void pages_finish(struct pages *p);

#endif
