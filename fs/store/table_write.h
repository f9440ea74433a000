/* Writes the file of a partition: its text, then what checks it. Private to table_file.
 *
 *   text | XXH3 of each TABLE_BLOCK bytes of it | struct table_end */
#ifndef FS_STORE_TABLE_WRITE_H
#define FS_STORE_TABLE_WRITE_H

#include <stdatomic.h>

#include "aws/export/delivery.h"

enum { TABLE_BLOCK = 64 * 1024, TABLE_VERSION = 1 };
#define TABLE_MAGIC "costfsT\n"

/* The end of the file, as it stands on disk. */
struct table_end {
	char magic[8];
	uint32_t version, byte_order;
	uint64_t text_bytes, rows;
	int64_t as_of;
	char id[DELIVERY_ID_TEXT];
	char zero[7];
	uint64_t hash; /* XXH3 of the blocks' hashes, and of this with the hash 0 */
};
_Static_assert(sizeof(struct table_end) == 88, "no gaps");
enum { TABLE_BYTE_ORDER = 0x01020304 };
/* hashes: of all blocks. */
uint64_t table_end_hash(const struct table_end *end, struct span hashes);

struct table_build {
	struct object_source *source;
	const struct delivery *delivery;
	uint64_t limit_bytes; /* of the text */
	const atomic_bool *stop;
};
/* All rows, into fd. As table_file_build(). */
MUST_USE int table_write(const struct table_build *b, int fd, struct fault *why);

#endif
