/* What kind of file some first bytes are the beginning of. */
#include "aws/export/magic.h"

enum { MAGIC_SHORT = 4 }; /* of the shortest file that can be told by its magic */

struct magic {
	struct span bytes;
	enum magic_kind kind;
	const char *name;
};

/* Of text-like beginnings only those that no header line has. */
static const struct magic magics[] = {
	{ { "\x1f\x8b", 2 }, MAGIC_GZIP, "a gzip file" },
	{ { "PK\3\4", 4 }, MAGIC_ZIP, "a zip file" },
	{ { "PAR1", 4 }, MAGIC_PARQUET, "a Parquet file" },
	{ { "PK\5\6", 4 }, MAGIC_OTHER, "an empty zip file" },
	{ { "PK\7\10", 4 }, MAGIC_OTHER, "a part of a split zip file" },
	{ { "\x28\xb5\x2f\xfd", 4 }, MAGIC_OTHER, "a zstd file" },
	{ { "BZh91AY&SY", 10 }, MAGIC_OTHER, "a bzip2 file" },
	{ { "\xfd\x37zXZ\0", 6 }, MAGIC_OTHER, "an xz file" },
	{ { "7z\xbc\xaf\x27\x1c", 6 }, MAGIC_OTHER, "a 7z archive" },
	{ { "\x04\x22\x4d\x18", 4 }, MAGIC_OTHER, "an LZ4 file" },
	{ { "\xff\6\0\0sNaPpY", 10 }, MAGIC_OTHER, "a Snappy file" },
	{ { "Rar!\x1a\7", 6 }, MAGIC_OTHER, "a RAR archive" },
	{ { "%PDF-", 5 }, MAGIC_OTHER, "a PDF document" },
	{ { "\177ELF", 4 }, MAGIC_OTHER, "a program (ELF)" },
	{ { "Obj\1", 4 }, MAGIC_OTHER, "an Avro file" },
	{ { "SQLite format 3\0", 16 }, MAGIC_OTHER, "an SQLite database" },
	{ { "\x89PNG", 4 }, MAGIC_OTHER, "a PNG image" },
	{ { "\xff\xfe", 2 }, MAGIC_OTHER, "UTF-16 text" },
	{ { "\xfe\xff", 2 }, MAGIC_OTHER, "UTF-16 text" },
};

static bool is_text(struct span head)
{
	size_t begin = head.len < MAGIC_SHORT ? head.len : MAGIC_SHORT;

	for (size_t i = 0; i < begin; i++) {
		unsigned char c = (unsigned char)head.p[i];

		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			return false;
	}
	return span_find(head, '\0') == head.len;
}

enum magic_kind magic_of(struct span head, const char **ret_name)
{
	for (size_t i = 0; i < ARRAY_LEN(magics); i++) {
		const struct magic *m = &magics[i];

		if (span_starts(head, m->bytes)) {
			*ret_name = m->name;
			return m->kind;
		}
	}
	/* A zip that was cut behind its second byte is no text of two letters. */
	for (size_t i = 0; head.len < MAGIC_SHORT && i < ARRAY_LEN(magics); i++) {
		if (span_starts(magics[i].bytes, head)) {
			*ret_name = "too short to tell what it is";
			return MAGIC_OTHER;
		}
	}
	if (!is_text(head)) {
		*ret_name = "a binary file";
		return MAGIC_OTHER;
	}
	*ret_name = "text";
	return MAGIC_TEXT;
}
