/* The index file of a month, NAME.cube, as it stands on disk (docs/formats.md). Written
 * once, mapped by readers. Little-endian; a reader of another order or version builds
 * anew. */
#ifndef FS_STORE_CUBE_H
#define FS_STORE_CUBE_H

#include "base/span.h"
#include "fs/store/month.h"

#define CUBE_MAGIC "costfsM\n"
enum { CUBE_VERSION = 2, CUBE_BYTE_ORDER = 0x01020304, CUBE_ALIGN = 64 };
enum { CUBE_BLOCK_MAX = 64 * 1024 * 1024 /* bytes of a decoded block */ };

enum cube_section {
	CUBE_TEXT_OFFSETS, /* uint64_t: count + 1 of them, into CUBE_TEXT_BYTES */
	CUBE_TEXT_BYTES,
	CUBE_ACCOUNTS, /* struct month_account, by id */
	CUBE_SERVICES, /* struct month_service, by code */
	CUBE_SLICES, /* struct month_slice, by account, service */
	CUBE_RESOURCES, /* struct month_resource, by slice, dir */
	CUBE_ENTRIES, /* struct entry, by slice, dim */
	CUBE_EXTENTS, /* struct cube_extent, by slice, place in the export */
	CUBE_BLOCKS, /* struct cube_block */
	CUBE_MAP_FIRST, /* uint64_t: a share's first in CUBE_MAP_COLUMNS, and one more */
	CUBE_MAP_COLUMNS, /* uint32_t: column of a share's map key, below map_columns */
	CUBE_HEADER_LINE, /* bytes */
	CUBE_SECTION_COUNT,
};

/* Whole rows of one slice inside one block. */
struct cube_extent {
	uint64_t row_start; /* rows of the slice before it */
	uint64_t fixed_start; /* sum of fixed_bytes before it */
	uint32_t block, offset, len; /* in the decoded block */
	uint32_t rows;
	/* Of the text that readers see, but for one comma a map column and row. */
	uint32_t fixed_bytes;
	uint32_t chunk; /* what a thread has read of a file, its share: whose map keys */
};

/* Compressed by LZ4 unless stored_bytes == raw_bytes. */
struct cube_block {
	uint64_t offset; /* in NAME.data */
	uint32_t stored_bytes, raw_bytes;
	uint64_t hash; /* hash64 of the stored bytes, seed 0 */
};

struct cube_header {
	char magic[8];
	uint32_t version, byte_order;
	uint64_t file_bytes, data_bytes;
	uint64_t hash; /* of the file with this field 0 */
	int64_t as_of;
	uint64_t lines, rounded;
	int32_t month, first_day, last_day;
	uint32_t map_columns;
	uint32_t assembly; /* text */
	uint8_t verified, has_net, has_list, has_resources, has_tags;
	char id[DELIVERY_ID_TEXT];
	uint8_t marked; /* rows hold CUBE_MAP_MARK and CUBE_MAP_END */
	uint8_t lacks_invoices;
	/* struct sums: dims 0 is the whole month. */
	char account[SUMS_ACCOUNT_TEXT];
	uint16_t dims;
	uint8_t padding[2];
	struct {
		uint64_t offset; /* bytes from the start of the file, CUBE_ALIGN'ed */
		uint64_t count; /* of items */
	} sections[CUBE_SECTION_COUNT];
};

/* Size of one item. */
size_t cube_item_bytes(enum cube_section section);
/* Everything but the hash: sections inside the file and apart, every index below its
 * count, texts and sizes consistent, so that readers need no further check. is_mapped:
 * the file is a mapping that nobody else looks at yet; pages are let go on the way. 0;
 * -EBADMSG. */
MUST_USE int cube_check(struct span file, uint64_t data_bytes, bool is_mapped);
/* What header.hash has to be, of the file, which is read piece by piece. 0; -ENOMEM;
 * -EBADMSG it ends before; -errno. */
MUST_USE int cube_hash_file(int fd, const struct cube_header *header, uint64_t *ret);
/* What was looked at of a mapping is memory of the kernel alone afterwards. */
void cube_let_go(struct span mapping);

/* In rows of months with map columns (CUR 2.0), between the leading and the tail columns:
 * MARK, two bytes of the share's key number, the rendered value, and so on; CUBE_MAP_END
 * before the tail. Neither byte occurs in other text. */
enum { CUBE_MAP_MARK = 0x1F, CUBE_MAP_END = 0x1E };

#endif
