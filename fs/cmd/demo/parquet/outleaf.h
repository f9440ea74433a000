/* The values of one column of a row group until they are written: distinct ones once,
 * and runs of rows that have them. */
#ifndef FS_CMD_DEMO_PARQUET_OUTLEAF_H
#define FS_CMD_DEMO_PARQUET_OUTLEAF_H

#include "base/buf.h"

enum outleaf_type { OUTLEAF_INT64, OUTLEAF_INT96, OUTLEAF_DOUBLE, OUTLEAF_TEXT };

/* What a row holds when it is no value. */
#define OUTLEAF_NULL UINT32_MAX

/* Rows with the same: a value, or in a map a list of them. */
struct outleaf_run {
	uint32_t what; /* value or list; OUTLEAF_NULL */
	uint32_t rows;
};
struct outleaf_list {
	uint32_t start, count; /* in items */
};
/* Fields are for reading only. Zeroed = empty, of INT64, without levels. */
struct outleaf {
	enum outleaf_type type;
	bool optional; /* rows may be null */
	bool repeated; /* in a map: each row has a list */
	bool optional_items; /* in a map: the value, not the key */

	struct buf bytes; /* distinct values, in the order in which they came */
	uint32_t *ends; /* in bytes */
	size_t count, ends_cap;
	uint32_t *slots; /* 1 + value, by hash; 0: free */
	size_t slot_count; /* a power of two, or 0 */

	struct outleaf_list *lists;
	size_t list_count, lists_cap;
	uint32_t *items; /* values */
	size_t item_count, items_cap;

	struct outleaf_run *runs;
	size_t run_count, runs_cap;
};

/* The value's number, which it gets if it is new. 0; -ENOMEM; -EFBIG. */
MUST_USE int outleaf_value(struct outleaf *l, struct span value, uint32_t *ret);
/* Rows with that value, list or null are added. 0; -ENOMEM; -EFBIG. */
MUST_USE int outleaf_rows(struct outleaf *l, uint32_t what, uint32_t rows);
/* A list begins; the items that follow are its. 0; -ENOMEM; -EFBIG. */
MUST_USE int outleaf_list(struct outleaf *l, uint32_t *ret);
MUST_USE int outleaf_item(struct outleaf *l, uint32_t value);
/* As given to outleaf_value(); valid until the next. */
struct span outleaf_bytes(const struct outleaf *l, uint32_t value);
/* <0, 0, >0 in the order of statistics; signed_bytes: texts as older writers did. */
int outleaf_compare(const struct outleaf *l, uint32_t a, uint32_t b, bool signed_bytes);
/* Of the value in PLAIN encoding. */
size_t outleaf_plain_size(const struct outleaf *l, uint32_t value);
/* Appends it. 0; -ENOMEM; -EFBIG. */
MUST_USE int outleaf_plain(const struct outleaf *l, uint32_t value, struct buf *ret);
/* Forgets values and rows, keeps memory. */
void outleaf_clear(struct outleaf *l);
void outleaf_finish(struct outleaf *l);

#endif
