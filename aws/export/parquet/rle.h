/* Small unsigned numbers in runs: repeated ones, and groups of eight packed by bits. Also
 * the older form without runs, for levels. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_RLE_H
#define AWS_EXPORT_PARQUET_RLE_H

#include "base/span.h"

enum { RLE_WIDTH_MAX = 32 };

/* Plain; borrows its bytes. */
struct rle {
	const unsigned char *p, *end;
	unsigned width; /* bits of a number */
	bool is_msb_first; /* the older form */
	/* The run at hand. */
	uint32_t left; /* numbers */
	bool is_packed;
	uint32_t value; /* of repeated ones */
	const unsigned char *packed; /* where packed ones begin */
	uint64_t bit; /* the next one, from there */
};

/* width <= RLE_WIDTH_MAX; 0: all numbers are 0, and there are no bytes. */
void rle_init(struct rle *r, struct span bytes, unsigned width);
/* count numbers without runs, the highest bit first; there are bytes enough. */
void rle_init_msb(struct rle *r, struct span bytes, unsigned width, uint32_t count);
/* The next count numbers. 0; -EBADMSG fewer are left. */
MUST_USE int rle_read(struct rle *r, uint32_t *ret, size_t count);
/* As levels: width <= 8. */
MUST_USE int rle_read_bytes(struct rle *r, uint8_t *ret, size_t count);

#endif
