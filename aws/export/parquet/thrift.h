/* Thrift's compact protocol, as far as Parquet uses it: structs by a table of their
 * fields, lists of anything. What is nested is given as its bytes, to be read in turn;
 * fields that no table names are passed over. Private to aws/export/parquet. */
#ifndef AWS_EXPORT_PARQUET_THRIFT_H
#define AWS_EXPORT_PARQUET_THRIFT_H

#include "base/span.h"

enum { THRIFT_DEPTH_MAX = 32 /* of structs and lists in each other */ };

/* The types that are looked at by name; numbers are those of the protocol. */
enum thrift_type {
	THRIFT_TRUE = 1,
	THRIFT_FALSE = 2,
	THRIFT_BYTE = 3,
	THRIFT_I16 = 4,
	THRIFT_I32 = 5,
	THRIFT_I64 = 6,
	THRIFT_DOUBLE = 7,
	THRIFT_BINARY = 8,
	THRIFT_LIST = 9,
	THRIFT_SET = 10,
	THRIFT_MAP = 11,
	THRIFT_STRUCT = 12,
};

enum thrift_kind {
	THRIFT_IS_BOOL, /* a bool */
	THRIFT_IS_INT, /* an int64_t, whatever its width in the file */
	THRIFT_IS_BYTES, /* a struct span */
	THRIFT_IS_STRUCT, /* a struct span: all of the struct */
	THRIFT_IS_LIST, /* a struct span: the list with its head */
};
/* Where a field goes. */
struct thrift_rule {
	int id;
	enum thrift_kind kind;
	size_t offset;
};

/* All below take what they read off *bytes, and answer 0; -ENODATA when the bytes end
 * too early (longer ones may do); -EBADMSG. *bytes is untouched on failure. */

/* Fields go into ret, which may be partly filled on failure. Bit i of *ret_seen: rule i
 * was there; at most 32 rules. */
MUST_USE int thrift_struct(struct span *bytes, const struct thrift_rule *rules,
	size_t count, void *ret, uint32_t *ret_seen);
/* The head of a list; there are no more items than bytes. An empty list has any type. */
MUST_USE int thrift_list(struct span *bytes, enum thrift_type type, size_t *ret_count);
/* An item of a list of i32 or i64. */
MUST_USE int thrift_int(struct span *bytes, int64_t *ret);
/* An item of a list of binaries. */
MUST_USE int thrift_bytes(struct span *bytes, struct span *ret);
/* An item of a list of structs, unread. */
MUST_USE int thrift_struct_bytes(struct span *bytes, struct span *ret);

#endif
