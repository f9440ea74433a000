/* The records of a zip archive (PKWARE APPNOTE 4.3), parsed. Private to the decoder. */
#ifndef AWS_EXPORT_ZIP_RECORD_H
#define AWS_EXPORT_ZIP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum {
	ZIP_LOCAL = 0x04034b50, /* signatures */
	ZIP_DESCRIPTOR = 0x08074b50,
	ZIP_CENTRAL = 0x02014b50,
	ZIP_END64 = 0x06064b50,
	ZIP_LOCATOR64 = 0x07064b50,
	ZIP_END = 0x06054b50,

	ZIP_LOCAL_BYTES = 30, /* of the fixed part, with the signature */
	ZIP_CENTRAL_BYTES = 46,
	ZIP_END64_BYTES = 56,
	ZIP_LOCATOR64_BYTES = 20,
	ZIP_END_BYTES = 22,
	ZIP_DESCRIPTOR_BYTES = 24, /* of the longest form */

	ZIP_FLAG_DESCRIPTOR = 1 << 3, /* sizes and checksum stand behind the data */
	ZIP_FLAGS_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13,
	ZIP_FLAG_PATCH = 1 << 5,

	ZIP_STORED = 0, /* methods */
	ZIP_DEFLATED = 8,
	ZIP_ENCRYPTED = 99,
};

/* Of a local header or of an entry of the directory. */
struct zip_entry {
	unsigned flags, method, disk;
	uint32_t crc;
	uint64_t packed_bytes, size_bytes;
	uint64_t offset; /* of the local header; 0 in itself */
	size_t name_len, extra_len, comment_len;
};
/* What the end of an archive says of the directory. */
struct zip_end {
	uint64_t disk, directory_disk, entries_here, entries;
	uint64_t directory_bytes, directory_offset;
	size_t comment_len;
};

/* p: the fixed part. */
struct zip_entry zip_parse_local(const unsigned char *p);
struct zip_entry zip_parse_central(const unsigned char *p);
struct zip_end zip_parse_end(const unsigned char *p);
struct zip_end zip_parse_end64(const unsigned char *p);
/* Takes the numbers that do not fit the fixed part from the extra field. 0; -EBADMSG
 * they are not there, and then e is left alone. */
MUST_USE int zip_apply_extra(struct zip_entry *e, const unsigned char *extra, size_t len);
/* Length of a data descriptor at p that says just this, in any of its four forms; 0
 * none does. */
size_t zip_match_descriptor(
	const unsigned char *p, size_t len, uint32_t crc, uint64_t packed, uint64_t size);
/* NULL for a number that has none. */
const char *zip_method_name(unsigned method);

#endif
