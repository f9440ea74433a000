/* Thrift's compact protocol, as much of it as Parquet's headers and footers need. */
#ifndef FS_CMD_DEMO_PARQUET_COMPACT_H
#define FS_CMD_DEMO_PARQUET_COMPACT_H

#include "base/buf.h"

enum { COMPACT_DEPTH = 8 };
enum compact_type {
	COMPACT_TRUE = 1,
	COMPACT_FALSE = 2,
	COMPACT_I32 = 5,
	COMPACT_I64 = 6,
	COMPACT_BYTES = 8,
	COMPACT_LIST = 9,
	COMPACT_STRUCT = 12,
};

/* Borrows out. Fields of a struct are written in rising order. */
struct compact {
	struct buf *out;
	int failed; /* sticky: the first -ENOMEM or -EFBIG; nothing is written after it */
	unsigned depth;
	int last[COMPACT_DEPTH]; /* field of each open struct */
};

/* Begins the outermost struct. */
void compact_init(struct compact *c, struct buf *out);
void compact_i32(struct compact *c, int field, int32_t value);
void compact_i64(struct compact *c, int field, int64_t value);
void compact_bool(struct compact *c, int field, bool value);
void compact_bytes(struct compact *c, int field, struct span value);
/* Begins a struct in a field, or the next one of a list. */
void compact_struct(struct compact *c, int field);
void compact_item(struct compact *c);
/* A struct that is there already, with its end. */
void compact_ready(struct compact *c, int field, struct span value);
/* Ends the innermost struct. */
void compact_end(struct compact *c);
/* So many items follow, of that type. */
void compact_list(struct compact *c, int field, enum compact_type type, size_t count);
void compact_item_int(struct compact *c, int64_t value);
void compact_item_bool(struct compact *c, bool value);
void compact_item_bytes(struct compact *c, struct span value);

/* Little-endian base 128. */
MUST_USE int varint_append(struct buf *b, uint64_t value);
uint64_t zigzag(int64_t value);

#endif
