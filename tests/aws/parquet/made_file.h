/* Parquet files for tests, put together field by field, so that each may be wrong.
 * Written after parquet.thrift, not after our reader. Running out of room aborts. */
#ifndef TESTS_AWS_PARQUET_MADE_FILE_H
#define TESTS_AWS_PARQUET_MADE_FILE_H

#include "base/buf.h"

/* A struct of Thrift's compact protocol. */
struct made_struct {
	struct buf *to;
	int last; /* id */
};
void made_int(struct made_struct *s, int id, int64_t value); /* i32 and i64 */
void made_bool(struct made_struct *s, int id, bool value);
void made_bytes(struct made_struct *s, int id, struct span value);
/* What follows is the inner struct's. */
struct made_struct made_inner(struct made_struct *s, int id);
void made_list(struct made_struct *s, int id, unsigned type, size_t count);
void made_end(struct made_struct *s);
void made_varint(struct buf *b, uint64_t n);
void made_u32(struct buf *b, uint32_t n);
void made_u64(struct buf *b, uint64_t n);
/* As PLAIN has them: with their length. */
void made_text(struct buf *b, const char *text);

enum { MADE_CRC_NONE, MADE_CRC_RIGHT, MADE_CRC_WRONG };

/* Zero means: nothing there, PLAIN, uncompressed, of the right size. */
struct made_page {
	int type; /* 0 data, 1 index, 2 dictionary, 3 data v2 */
	int64_t values;
	int encoding;
	int def_encoding; /* v1; 0 = RLE, else the encoding itself */
	struct span body; /* as stored */
	int64_t bytes; /* uncompressed; 0 = as stored */
	int64_t stored; /* what is said of it; 0 = as it is */
	int64_t def_bytes, rep_bytes; /* v2 */
	bool says_raw; /* v2: is_compressed is false */
	int crc;
};
struct made_element {
	const char *name;
	int type; /* -1 = a group */
	int repetition; /* 0 required, 1 optional, 2 repeated */
	int children;
	int converted; /* -1 = none, so that it is never 0 by chance: UTF8 */
	int type_length, scale;
	int logical; /* id in the union LogicalType; 0 = none */
};
struct made_chunk {
	int type, codec;
	int64_t values;
	bool has_dictionary_offset; /* to the first page; data at the same place */
	bool is_dictionary_only; /* says encoding_stats */
	struct span min, max, old_min, old_max;
	int64_t offset; /* said instead of the right one; 0 = right */
	int64_t len; /* likewise */
};

struct made_file {
	struct buf bytes, schema, chunks, groups;
	size_t elements, chunk_count, group_count;
	size_t chunk_start;
	int64_t rows;
	struct span created_by;
};

/* With the magic in front. */
void made_begin(struct made_file *m);
void made_element(struct made_file *m, const struct made_element *e);
void made_root(struct made_file *m, int children);
void made_text_column(struct made_file *m, const char *name, int repetition);
void made_page(struct made_file *m, const struct made_page *p);
/* Ends the pages since the last chunk. */
void made_chunk(struct made_file *m, const struct made_chunk *c);
void made_group(struct made_file *m, int64_t rows);
/* The footer; bytes is the file. */
void made_end_file(struct made_file *m);
void made_finish(struct made_file *m);

#endif
