/* DELTA_BINARY_PACKED: integers as differences, in blocks of bit-packed miniblocks.
 * Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_DELTA_H
#define AWS_EXPORT_PARQUET_DELTA_H

#include "base/span.h"

enum {
	DELTA_MINIBLOCKS_MAX = 512,
	DELTA_BLOCK_MAX = 1024 * 1024, /* values */
};

/* Plain; borrows its bytes. */
struct delta {
	const unsigned char *p, *end;
	uint32_t miniblock_values, miniblocks;
	uint32_t left; /* values that were not read */
	bool has_first; /* the next one stands in the head */
	uint64_t last;
	/* The block at hand. */
	uint64_t min_delta;
	const unsigned char *widths; /* of its miniblocks */
	uint32_t miniblock; /* those begun */
	uint32_t miniblock_left;
	unsigned width;
	const unsigned char *packed;
	uint64_t bit;
};

/* 0; -EBADMSG. */
MUST_USE int delta_init(struct delta *d, struct span bytes);
/* The next count numbers, those of 32 bits too with their sign in 64 (cut them). 0;
 * -EBADMSG fewer are left. */
MUST_USE int delta_read(struct delta *d, int64_t *ret, size_t count);
/* What stands behind all of d's values; d is one that nothing was read from. 0;
 * -EBADMSG. */
MUST_USE int delta_rest(struct delta d, struct span *ret);

#endif
