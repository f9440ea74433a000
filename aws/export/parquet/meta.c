#include "aws/export/parquet/meta.h"

#include <errno.h>
#include <stdlib.h>

#include "aws/export/parquet/thrift.h"
#include "base/vec.h"

enum {
	PAGE_DATA = 0,
	PAGE_DATA_V2 = 3,
	/* What early writers forgot when they added up a chunk: a dictionary's head. */
	CHUNK_SLACK_BYTES = 128,
};

struct file_meta {
	struct span schema, groups, created_by;
	int64_t rows;
};
static const struct thrift_rule file_rules[] = {
	{ 2, THRIFT_IS_LIST, offsetof(struct file_meta, schema) },
	{ 3, THRIFT_IS_INT, offsetof(struct file_meta, rows) },
	{ 4, THRIFT_IS_LIST, offsetof(struct file_meta, groups) },
	{ 6, THRIFT_IS_BYTES, offsetof(struct file_meta, created_by) },
};
enum { FILE_NEEDED = 7 };

struct row_group {
	struct span columns;
	int64_t rows;
};
static const struct thrift_rule group_rules[] = {
	{ 1, THRIFT_IS_LIST, offsetof(struct row_group, columns) },
	{ 3, THRIFT_IS_INT, offsetof(struct row_group, rows) },
};
enum { GROUP_NEEDED = 3 };

struct column_chunk {
	struct span file, meta;
};
static const struct thrift_rule chunk_rules[] = {
	{ 1, THRIFT_IS_BYTES, offsetof(struct column_chunk, file) },
	{ 3, THRIFT_IS_STRUCT, offsetof(struct column_chunk, meta) },
};

struct column_meta {
	int64_t type, codec, values, compressed_bytes, data_offset, dictionary_offset;
	struct span statistics, encoding_stats;
};
static const struct thrift_rule column_rules[] = {
	{ 1, THRIFT_IS_INT, offsetof(struct column_meta, type) },
	{ 4, THRIFT_IS_INT, offsetof(struct column_meta, codec) },
	{ 5, THRIFT_IS_INT, offsetof(struct column_meta, values) },
	{ 7, THRIFT_IS_INT, offsetof(struct column_meta, compressed_bytes) },
	{ 9, THRIFT_IS_INT, offsetof(struct column_meta, data_offset) },
	{ 11, THRIFT_IS_INT, offsetof(struct column_meta, dictionary_offset) },
	{ 12, THRIFT_IS_STRUCT, offsetof(struct column_meta, statistics) },
	{ 13, THRIFT_IS_LIST, offsetof(struct column_meta, encoding_stats) },
};
enum { COLUMN_NEEDED = 31 };

struct statistics {
	struct span old_max, old_min, max, min;
	int64_t nulls;
};
static const struct thrift_rule statistics_rules[] = {
	{ 1, THRIFT_IS_BYTES, offsetof(struct statistics, old_max) },
	{ 2, THRIFT_IS_BYTES, offsetof(struct statistics, old_min) },
	{ 3, THRIFT_IS_INT, offsetof(struct statistics, nulls) },
	{ 5, THRIFT_IS_BYTES, offsetof(struct statistics, max) },
	{ 6, THRIFT_IS_BYTES, offsetof(struct statistics, min) },
};

struct encoding_stat {
	int64_t page, encoding, count;
};
static const struct thrift_rule stat_rules[] = {
	{ 1, THRIFT_IS_INT, offsetof(struct encoding_stat, page) },
	{ 2, THRIFT_IS_INT, offsetof(struct encoding_stat, encoding) },
	{ 3, THRIFT_IS_INT, offsetof(struct encoding_stat, count) },
};

/* All of it is there: bytes that end early are damaged. */
static int read_struct(struct span *bytes, const struct thrift_rule *rules, size_t count,
	void *ret, uint32_t *ret_seen)
{
	int r = thrift_struct(bytes, rules, count, ret, ret_seen);

	return r == -ENODATA ? -EBADMSG : r;
}

static int read_groups(struct span list, struct meta *m)
{
	size_t count;
	int r = thrift_list(&list, THRIFT_STRUCT, &count);

	if (r < 0)
		return -EBADMSG;
	if (count > PARQUET_GROUPS_MAX)
		return -E2BIG;
	m->groups = vec_alloc(count, sizeof(*m->groups));
	if (!m->groups)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct row_group group;
		struct span bytes;
		uint32_t seen;

		if (thrift_struct_bytes(&list, &m->groups[i].bytes) < 0)
			return -EBADMSG;
		bytes = m->groups[i].bytes;
		r = read_struct(
			&bytes, group_rules, ARRAY_LEN(group_rules), &group, &seen);
		if (r < 0 || seen != GROUP_NEEDED || group.rows < 0)
			return -EBADMSG;
		m->groups[i].rows = (uint64_t)group.rows;
	}
	m->group_count = (uint32_t)count;
	return 0;
}

/* parquet-mr before 1.2.9 (PARQUET-816); of others each byte is fetched in vain. */
static bool forgets_heads(struct span created_by)
{
	static const struct span early[] = { { "parquet-mr version 1.0.", 23 },
		{ "parquet-mr version 1.1.", 23 }, { "parquet-mr version 1.2.", 23 } };

	for (size_t i = 0; i < ARRAY_LEN(early); i++)
		if (span_starts(created_by, early[i]))
			return true;
	/* Before versions were told. */
	return created_by.len == 0 ||
		(span_starts(created_by, SPAN("parquet-mr")) &&
			!span_starts(created_by, SPAN("parquet-mr version ")));
}

int meta_read(struct span footer, uint64_t data_end, struct meta *ret, struct fault *why)
{
	struct meta m = { .data_end = data_end };
	struct file_meta file = { .rows = 0 };
	uint32_t seen;
	int r = read_struct(&footer, file_rules, ARRAY_LEN(file_rules), &file, &seen);

	if (r < 0 || (seen & FILE_NEEDED) != FILE_NEEDED || file.rows < 0)
		return fault(why, -EBADMSG, "its footer is damaged");
	m.rows = (uint64_t)file.rows;
	m.created_by = file.created_by;
	if (forgets_heads(m.created_by))
		m.slack_bytes = CHUNK_SLACK_BYTES;
	r = schema_read(file.schema, &m.schema, why);
	if (r == 0)
		r = read_groups(file.groups, &m);
	if (r < 0) {
		meta_finish(&m);
		if (r == -ENOMEM || (why && why->text[0]))
			return r;
		return fault(why, r,
			r == -E2BIG ? "it has too many columns or row groups"
				    : "its footer is damaged");
	}
	*ret = m;
	return 0;
}

void meta_finish(struct meta *m)
{
	schema_finish(&m->schema);
	free(m->groups);
	*m = (struct meta){ .rows = 0 };
}

static bool is_dictionary(int64_t encoding)
{
	return encoding == ENCODING_PLAIN_DICTIONARY ||
		encoding == ENCODING_RLE_DICTIONARY;
}

/* The list of encodings alone does not tell: writers name there that of the dictionary
 * page itself as well. */
static int read_encoding_stats(struct span list, bool *ret_dictionary_only)
{
	bool only = false;
	size_t count;
	int r = thrift_list(&list, THRIFT_STRUCT, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		struct encoding_stat stat = { .page = -1, .encoding = -1, .count = 1 };
		uint32_t seen;

		r = thrift_struct(&list, stat_rules, ARRAY_LEN(stat_rules), &stat, &seen);
		if (r < 0 || (stat.page != PAGE_DATA && stat.page != PAGE_DATA_V2) ||
			stat.count == 0)
			continue;
		only = is_dictionary(stat.encoding);
		if (!only)
			break;
	}
	if (r < 0)
		return -EBADMSG;
	*ret_dictionary_only = only;
	return 0;
}

static int read_statistics(struct span bytes, struct chunk_statistics *ret)
{
	struct statistics s = { .nulls = -1 };
	uint32_t seen;
	int r = read_struct(
		&bytes, statistics_rules, ARRAY_LEN(statistics_rules), &s, &seen);

	if (r < 0)
		return r;
	*ret = (struct chunk_statistics){ .min = s.min,
		.max = s.max,
		.old_min = s.old_min,
		.old_max = s.old_max,
		.has_nulls = s.nulls >= 0,
		.nulls = s.nulls >= 0 ? (uint64_t)s.nulls : 0 };
	return 0;
}

/* A dictionary comes first where its offset is given, and it is not always; 0 stands for
 * none in some files. */
static int place_chunk(
	const struct column_meta *c, const struct meta *m, struct chunk *ret)
{
	uint64_t data_end = m->data_end;
	int64_t offset = c->data_offset;

	if (c->dictionary_offset > 0 && c->dictionary_offset < offset)
		offset = c->dictionary_offset;
	if (offset < 0 || c->compressed_bytes < 0 || c->values < 0)
		return -EBADMSG;
	/* A chunk without values need not be anywhere. */
	if (c->values > 0 &&
		((uint64_t)offset > data_end ||
			(uint64_t)c->compressed_bytes > data_end - (uint64_t)offset))
		return -EBADMSG;
	ret->offset = (uint64_t)offset;
	if (c->values > 0) {
		ret->len = (uint64_t)c->compressed_bytes + m->slack_bytes;
		if (ret->len > data_end - ret->offset)
			ret->len = data_end - ret->offset;
	}
	ret->values = (uint64_t)c->values;
	ret->codec = c->codec;
	return 0;
}

static int read_chunk(struct span *list, const struct meta *m, const struct leaf *leaf,
	struct chunk *ret)
{
	struct column_chunk chunk = { .file = { .len = 0 } };
	struct column_meta column = { .dictionary_offset = -1 };
	uint32_t seen;
	int r = read_struct(list, chunk_rules, ARRAY_LEN(chunk_rules), &chunk, &seen);

	*ret = (struct chunk){ .codec = -1 };
	if (r == 0 && (chunk.file.len > 0 || !chunk.meta.p))
		r = -ENOTSUP;
	if (r == 0)
		r = read_struct(&chunk.meta, column_rules, ARRAY_LEN(column_rules),
			&column, &seen);
	if (r == 0 &&
		((seen & COLUMN_NEEDED) != COLUMN_NEEDED ||
			column.type != (int64_t)leaf->type.physical))
		r = -EBADMSG;
	if (r == 0)
		r = place_chunk(&column, m, ret);
	if (r == 0 && column.statistics.p)
		r = read_statistics(column.statistics, &ret->statistics);
	if (r == 0 && column.encoding_stats.p)
		r = read_encoding_stats(column.encoding_stats, &ret->has_dictionary_only);
	return r;
}

int meta_chunks(
	const struct meta *m, uint32_t group, struct chunk *ret, struct fault *why)
{
	struct span bytes = m->groups[group].bytes;
	struct row_group g;
	size_t count;
	uint32_t seen;
	int r = read_struct(&bytes, group_rules, ARRAY_LEN(group_rules), &g, &seen);

	if (r == 0)
		r = thrift_list(&g.columns, THRIFT_STRUCT, &count);
	if (r == 0 && count != m->schema.leaf_count)
		r = -EBADMSG;
	for (uint32_t i = 0; i < m->schema.leaf_count && r == 0; i++)
		r = read_chunk(&g.columns, m, &m->schema.leaves[i], &ret[i]);
	if (r == -ENOTSUP)
		return fault(why, r, "its columns are encrypted, or in other files");
	return r < 0 ? fault(why, -EBADMSG, "row group %u is damaged", group) : 0;
}
