#include "aws/export/parquet/page.h"

#include <errno.h>

#include "aws/export/parquet/thrift.h"

enum { TYPE_DATA = 0, TYPE_DICTIONARY = 2, TYPE_DATA_V2 = 3 };

struct head {
	int64_t type, bytes, stored_bytes, crc;
	struct span data, dictionary, data_v2;
};
static const struct thrift_rule head_rules[] = {
	{ 1, THRIFT_IS_INT, offsetof(struct head, type) },
	{ 2, THRIFT_IS_INT, offsetof(struct head, bytes) },
	{ 3, THRIFT_IS_INT, offsetof(struct head, stored_bytes) },
	{ 4, THRIFT_IS_INT, offsetof(struct head, crc) },
	{ 5, THRIFT_IS_STRUCT, offsetof(struct head, data) },
	{ 7, THRIFT_IS_STRUCT, offsetof(struct head, dictionary) },
	{ 8, THRIFT_IS_STRUCT, offsetof(struct head, data_v2) },
};
enum { HEAD_NEEDED = 7, HEAD_CRC = 8 };

/* Of all three kinds; each has its own rules. */
struct detail {
	int64_t values, encoding, def_encoding, rep_encoding, def_bytes, rep_bytes;
	bool is_compressed;
};
static const struct thrift_rule data_rules[] = {
	{ 1, THRIFT_IS_INT, offsetof(struct detail, values) },
	{ 2, THRIFT_IS_INT, offsetof(struct detail, encoding) },
	{ 3, THRIFT_IS_INT, offsetof(struct detail, def_encoding) },
	{ 4, THRIFT_IS_INT, offsetof(struct detail, rep_encoding) },
};
static const struct thrift_rule dictionary_rules[] = {
	{ 1, THRIFT_IS_INT, offsetof(struct detail, values) },
	{ 2, THRIFT_IS_INT, offsetof(struct detail, encoding) },
};
static const struct thrift_rule data_v2_rules[] = {
	{ 1, THRIFT_IS_INT, offsetof(struct detail, values) },
	{ 4, THRIFT_IS_INT, offsetof(struct detail, encoding) },
	{ 5, THRIFT_IS_INT, offsetof(struct detail, def_bytes) },
	{ 6, THRIFT_IS_INT, offsetof(struct detail, rep_bytes) },
	{ 7, THRIFT_IS_BOOL, offsetof(struct detail, is_compressed) },
};

static const struct {
	int64_t type;
	enum page_kind kind;
	size_t offset; /* of the detail in struct head */
	const struct thrift_rule *rules;
	size_t count;
	uint32_t needed; /* of the rules */
} kinds[] = {
	{ TYPE_DATA, PAGE_DATA, offsetof(struct head, data), data_rules,
		ARRAY_LEN(data_rules), 15 },
	{ TYPE_DICTIONARY, PAGE_DICTIONARY, offsetof(struct head, dictionary),
		dictionary_rules, ARRAY_LEN(dictionary_rules), 3 },
	{ TYPE_DATA_V2, PAGE_DATA_V2, offsetof(struct head, data_v2), data_v2_rules,
		ARRAY_LEN(data_v2_rules), 15 },
};

static bool is_size(int64_t n)
{
	return n >= 0 && n <= INT32_MAX;
}

static int fill(const struct head *head, size_t kind, struct page *page)
{
	struct detail d = { .is_compressed = true };
	struct span bytes = *(const struct span *)(const void *)((const char *)head +
		kinds[kind].offset);
	uint32_t seen;
	int r;

	if (!bytes.p)
		return -EBADMSG;
	r = thrift_struct(&bytes, kinds[kind].rules, kinds[kind].count, &d, &seen);
	if (r < 0 || (seen & kinds[kind].needed) != kinds[kind].needed)
		return -EBADMSG;
	if (!is_size(d.values) || !is_size(d.def_bytes) || !is_size(d.rep_bytes))
		return -EBADMSG;
	/* Levels stand in front, as they are, and count in both sizes. */
	if (d.def_bytes + d.rep_bytes > head->bytes ||
		d.def_bytes + d.rep_bytes > head->stored_bytes)
		return -EBADMSG;
	page->kind = kinds[kind].kind;
	page->values = (uint32_t)d.values;
	page->encoding = d.encoding;
	page->def_encoding = d.def_encoding;
	page->rep_encoding = d.rep_encoding;
	page->def_bytes = (uint32_t)d.def_bytes;
	page->rep_bytes = (uint32_t)d.rep_bytes;
	page->is_compressed = d.is_compressed;
	return 0;
}

int page_read(struct span bytes, struct page *ret)
{
	struct page page = { .kind = PAGE_OTHER };
	struct head head = { .data = { .len = 0 } };
	struct span rest = bytes;
	uint32_t seen;
	int r = thrift_struct(&rest, head_rules, ARRAY_LEN(head_rules), &head, &seen);

	if (r < 0)
		return r;
	if ((seen & HEAD_NEEDED) != HEAD_NEEDED || !is_size(head.bytes) ||
		!is_size(head.stored_bytes))
		return -EBADMSG;
	page.head_bytes = (uint32_t)(bytes.len - rest.len);
	page.bytes = (uint32_t)head.bytes;
	page.stored_bytes = (uint32_t)head.stored_bytes;
	page.has_crc = seen & HEAD_CRC;
	page.crc = (uint32_t)head.crc;
	for (size_t i = 0; i < ARRAY_LEN(kinds) && r == 0; i++)
		if (kinds[i].type == head.type)
			r = fill(&head, i, &page);
	if (r == 0)
		*ret = page;
	return r;
}
