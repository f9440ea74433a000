/* Bytes of the object: ranges that are near each other with one read, or a window that
 * moves along a chunk. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_FETCH_H
#define AWS_EXPORT_PARQUET_FETCH_H

#include "aws/export/parquet/memory.h"
#include "aws/object/object.h"

/* Plain; borrows all. */
struct fetch {
	struct object_source *source;
	const struct object_info *object;
	struct memory *memory;
	uint64_t bytes; /* so far */
};

/* All of it. 0; -EBADMSG the object ends before; what object_read() answers. */
MUST_USE int fetch_at(
	struct fetch *f, uint64_t offset, void *bytes, size_t len, struct fault *why);

struct fetch_range {
	uint64_t offset, len; /* asked for */
	const unsigned char *p; /* answered */
};
struct fetched {
	struct block *blocks;
	size_t count;
};
/* Sorts items; their ranges may overlap. Gaps of up to gap_bytes are read, rather than
 * asking twice, the smallest first, as long as all of them together are no more than
 * spare_bytes, from which they are taken. Each p is valid until fetched_finish(). 0; as
 * fetch_at(); -EFBIG; -ENOMEM. */
struct fetch_item {
	struct fetch_range *range;
};
struct fetch_plan {
	struct fetch_item *items;
	size_t count;
	uint64_t gap_bytes, spare_bytes;
};
MUST_USE int fetch_ranges(
	struct fetch *f, struct fetch_plan *plan, struct fetched *ret, struct fault *why);
void fetched_finish(struct fetched *f, struct memory *m);

/* A chunk, from its beginning to its end. */
struct stream {
	struct fetch *fetch;
	uint64_t at, end; /* in the object, of p and of the chunk */
	const unsigned char *p; /* what is at hand */
	size_t have;
	struct block window; /* unless all of it was there from the beginning */
	size_t window_bytes; /* of one read */
};
/* range->p: all bytes of the chunk, or NULL. Borrows f and these bytes. */
void stream_init(struct stream *s, struct fetch *f, const struct fetch_range *range,
	size_t window_bytes);
/* At least len bytes at p, or all that are left of the chunk; they may move. 0; as
 * fetch_ranges(). */
MUST_USE int stream_need(struct stream *s, size_t len, struct fault *why);
uint64_t stream_left(const struct stream *s);
/* len <= stream_left(). */
void stream_skip(struct stream *s, uint64_t len);
void stream_finish(struct stream *s);

#endif
