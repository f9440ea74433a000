/* The records of a zip archive (PKWARE APPNOTE 4.3), parsed. */
#include "aws/export/zip_record.h"

#include <errno.h>

#include "aws/export/little.h"

enum { ZIP_EXTRA_ZIP64 = 1 };

struct zip_entry zip_parse_local(const unsigned char *p)
{
	return (struct zip_entry){
		.flags = little_u16(p + 6),
		.method = little_u16(p + 8),
		.crc = little_u32(p + 14),
		.packed_bytes = little_u32(p + 18),
		.size_bytes = little_u32(p + 22),
		.name_len = little_u16(p + 26),
		.extra_len = little_u16(p + 28),
	};
}

struct zip_entry zip_parse_central(const unsigned char *p)
{
	return (struct zip_entry){
		.flags = little_u16(p + 8),
		.method = little_u16(p + 10),
		.crc = little_u32(p + 16),
		.packed_bytes = little_u32(p + 20),
		.size_bytes = little_u32(p + 24),
		.name_len = little_u16(p + 28),
		.extra_len = little_u16(p + 30),
		.comment_len = little_u16(p + 32),
		.disk = little_u16(p + 34),
		.offset = little_u32(p + 42),
	};
}

struct zip_end zip_parse_end(const unsigned char *p)
{
	return (struct zip_end){
		.disk = little_u16(p + 4),
		.directory_disk = little_u16(p + 6),
		.entries_here = little_u16(p + 8),
		.entries = little_u16(p + 10),
		.directory_bytes = little_u32(p + 12),
		.directory_offset = little_u32(p + 16),
		.comment_len = little_u16(p + 20),
	};
}

struct zip_end zip_parse_end64(const unsigned char *p)
{
	return (struct zip_end){
		.disk = little_u32(p + 16),
		.directory_disk = little_u32(p + 20),
		.entries_here = little_u64(p + 24),
		.entries = little_u64(p + 32),
		.directory_bytes = little_u64(p + 40),
		.directory_offset = little_u64(p + 48),
	};
}

/* Only what is all ones in the fixed part stands in the extra field, in this order. */
static int apply_zip64(struct zip_entry *e, const unsigned char *p, size_t len)
{
	uint64_t *const fields[] = { &e->size_bytes, &e->packed_bytes, &e->offset };
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (*fields[i] != UINT32_MAX)
			continue;
		if (len - at < 8)
			return -EBADMSG;
		*fields[i] = little_u64(p + at);
		at += 8;
	}
	if (e->disk == UINT16_MAX) {
		if (len - at < 4)
			return -EBADMSG;
		e->disk = little_u32(p + at);
	}
	return 0;
}

int zip_apply_extra(struct zip_entry *e, const unsigned char *extra, size_t len)
{
	struct zip_entry whole = *e;
	int r;

	if (e->size_bytes != UINT32_MAX && e->packed_bytes != UINT32_MAX &&
		e->offset != UINT32_MAX && e->disk != UINT16_MAX)
		return 0;
	while (len >= 4) {
		size_t id = little_u16(extra), part = little_u16(extra + 2);

		extra += 4;
		len -= 4;
		if (part > len)
			break;
		if (id == ZIP_EXTRA_ZIP64) {
			r = apply_zip64(&whole, extra, part);
			if (r == 0)
				*e = whole;
			return r;
		}
		extra += part;
		len -= part;
	}
	return -EBADMSG;
}

size_t zip_match_descriptor(
	const unsigned char *p, size_t len, uint32_t crc, uint64_t packed, uint64_t size)
{
	/* The wide form first: where both fit, the narrow one is a beginning of it. */
	static const struct {
		size_t signature, number;
	} forms[] = { { 4, 8 }, { 0, 8 }, { 4, 4 }, { 0, 4 } };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const unsigned char *at = p + forms[i].signature;
		size_t width = forms[i].number,
		       whole = forms[i].signature + 4 + 2 * width;

		if (len < whole || (at != p && little_u32(p) != ZIP_DESCRIPTOR) ||
			little_u32(at) != crc)
			continue;
		at += 4;
		if (width == 8 && little_u64(at) == packed && little_u64(at + 8) == size)
			return whole;
		if (width == 4 && little_u32(at) == packed && little_u32(at + 4) == size)
			return whole;
	}
	return 0;
}

const char *zip_method_name(unsigned method)
{
	static const struct {
		unsigned method;
		const char *name;
	} names[] = { { ZIP_STORED, "stored" }, { 1, "shrunk" }, { 6, "imploded" },
		{ ZIP_DEFLATED, "deflate" }, { 9, "deflate64" }, { 12, "bzip2" },
		{ 14, "LZMA" }, { 93, "zstd" }, { 95, "xz" }, { 98, "PPMd" } };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].method == method)
			return names[i].name;
	return NULL;
}
