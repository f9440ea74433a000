/* A column of a row group: its dictionary and pages, and what is later said of them. */
#ifndef FS_CMD_DEMO_PARQUET_OUTCHUNK_H
#define FS_CMD_DEMO_PARQUET_OUTCHUNK_H

#include "fs/cmd/demo/parquet/outpage.h"

/* Answers 0 or a negative errno. */
typedef int outsink_fn(void *ctx, const void *bytes, size_t len);
/* Where the file's bytes go. */
struct outsink {
	outsink_fn *write;
	void *ctx;
	uint64_t offset; /* bytes so far */
};
/* Plain; finish with outchunk_finish(). */
struct outchunk {
	uint64_t start, data_start; /* in the file; the same without a dictionary */
	uint64_t plain_size, packed_size; /* with headers */
	uint64_t levels;
	unsigned coded_pages, other_pages; /* with a dictionary's indexes, or without */
	enum outencoding coded, other;
	struct buf statistics, column_index, offset_index; /* Thrift; may be empty */
};

/* 0; -ENOMEM; -EFBIG; what the sink answers. */
MUST_USE int outchunk_write(struct outsink *s, struct outpage *p, const struct outleaf *l,
	const struct outstyle *style, struct outchunk *ret);
void outchunk_finish(struct outchunk *c);
MUST_USE int outsink_write(struct outsink *s, struct span bytes);

#endif
