/* The head of a page. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_PAGE_H
#define AWS_EXPORT_PARQUET_PAGE_H

#include "base/span.h"

enum page_kind {
	PAGE_DATA,
	PAGE_DATA_V2,
	PAGE_DICTIONARY,
	PAGE_OTHER, /* to be passed over */
};
struct page {
	enum page_kind kind;
	uint32_t head_bytes;
	uint32_t stored_bytes, bytes; /* behind the head; when inflated */
	bool has_crc, is_compressed;
	uint32_t crc; /* of what is stored */
	uint32_t values; /* with nulls */
	int64_t encoding; /* as in the file, may be unknown */
	int64_t def_encoding, rep_encoding; /* PAGE_DATA */
	uint32_t def_bytes, rep_bytes; /* PAGE_DATA_V2 */
};

/* Bytes that begin with a page. 0; -ENODATA too few of them; -EBADMSG. */
MUST_USE int page_read(struct span bytes, struct page *ret);

#endif
