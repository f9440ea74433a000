#include "fs/cmd/demo/parquet/outfooter.h"

enum {
	FOOTER_MAX = 1 << 28,
	LIST_MAX = 4,
	/* Numbers of the format. */
	REQUIRED = 0,
	OPTIONAL = 1,
	REPEATED = 2,
	CONVERTED_UTF8 = 0,
	CONVERTED_MAP = 1,
	CONVERTED_MILLIS = 9,
	LOGICAL_STRING = 1,
	LOGICAL_MAP = 2,
	LOGICAL_TIMESTAMP = 8,
};

static int physical_type(enum outleaf_type type)
{
	static const int types[] = { [OUTLEAF_INT64] = 2,
		[OUTLEAF_INT96] = 3,
		[OUTLEAF_DOUBLE] = 5,
		[OUTLEAF_TEXT] = 6 };

	return types[type];
}

/* A union with one empty struct in it. */
static void put_union(struct compact *c, int field, int member)
{
	compact_struct(c, field);
	compact_struct(c, member);
	compact_end(c);
	compact_end(c);
}

static void put_timestamp(struct compact *c)
{
	compact_struct(c, 10);
	compact_struct(c, LOGICAL_TIMESTAMP);
	compact_bool(c, 1, true); /* UTC */
	put_union(c, 2, 1); /* milliseconds */
	compact_end(c);
	compact_end(c);
}

static void put_leaf(const struct outfooter *f, struct compact *c, size_t leaf)
{
	const struct outpath *path = &f->paths[leaf];
	enum outleaf_type type = f->leaves[leaf].type;
	bool logical = !f->style->origami;
	/* A map's key is there whenever the entry is. */
	bool required =
		path->item ? !f->leaves[leaf].optional_items : path->column->required;

	compact_item(c);
	compact_i32(c, 1, physical_type(type));
	compact_i32(c, 3, required ? REQUIRED : OPTIONAL);
	compact_bytes(c, 4, span_of(path->item ? path->item : path->column->name));
	if (type == OUTLEAF_TEXT)
		compact_i32(c, 6, CONVERTED_UTF8);
	if (type == OUTLEAF_INT64)
		compact_i32(c, 6, CONVERTED_MILLIS);
	if (logical && type == OUTLEAF_TEXT)
		put_union(c, 10, LOGICAL_STRING);
	if (logical && type == OUTLEAF_INT64)
		put_timestamp(c);
	compact_end(c);
}

static void put_map(const struct outfooter *f, struct compact *c, size_t leaf)
{
	compact_item(c);
	compact_i32(c, 3, OPTIONAL);
	compact_bytes(c, 4, span_of(f->paths[leaf].column->name));
	compact_i32(c, 5, 1);
	compact_i32(c, 6, CONVERTED_MAP);
	if (!f->style->origami)
		put_union(c, 10, LOGICAL_MAP);
	compact_end(c);
	compact_item(c);
	compact_i32(c, 3, REPEATED);
	compact_bytes(c, 4, SPAN("key_value"));
	compact_i32(c, 5, 2);
	compact_end(c);
	put_leaf(f, c, leaf);
	put_leaf(f, c, leaf + 1);
}

static void put_schema(const struct outfooter *f, struct compact *c)
{
	size_t maps = f->leaf_count - f->column_count;

	/* A map has two groups around its two leaves. */
	compact_list(c, 2, COMPACT_STRUCT, 1 + f->column_count + 3 * maps);
	compact_item(c);
	compact_bytes(c, 4, span_of(f->style->root));
	compact_i32(c, 5, (int32_t)f->column_count);
	compact_end(c);
	for (size_t i = 0; i < f->leaf_count; i++) {
		if (f->paths[i].item)
			put_map(f, c, i++);
		else
			put_leaf(f, c, i);
	}
}

/* The encodings of a chunk's pages, as its writer lists them. */
static size_t list_encodings(
	const struct outfooter *f, const struct outchunk *c, int *ret)
{
	size_t count = 0;

	if (c->coded_pages > 0 && f->style->second_pages)
		ret[count++] = OUTENCODING_PLAIN; /* of the dictionary */
	if (c->coded_pages > 0)
		ret[count++] = (int)c->coded;
	if (c->other_pages > 0 && !(count > 0 && ret[0] == (int)c->other))
		ret[count++] = (int)c->other;
	ret[count++] = OUTENCODING_RLE;
	return count;
}

static void put_page_count(
	struct compact *c, enum outpage_type type, int encoding, unsigned pages)
{
	compact_item(c);
	compact_i32(c, 1, (int32_t)type);
	compact_i32(c, 2, encoding);
	compact_i32(c, 3, (int32_t)pages);
	compact_end(c);
}

static void put_page_counts(
	const struct outfooter *f, struct compact *c, const struct outchunk *chunk)
{
	bool coded = chunk->coded_pages > 0, other = chunk->other_pages > 0;
	enum outpage_type data = f->style->second_pages ? OUTPAGE_DATA_V2 : OUTPAGE_DATA;
	int dictionary =
		f->style->second_pages ? OUTENCODING_PLAIN : OUTENCODING_PLAIN_DICTIONARY;

	compact_list(c, 13, COMPACT_STRUCT, (coded ? 2U : 0U) + (other ? 1U : 0U));
	if (coded) {
		put_page_count(c, OUTPAGE_DICTIONARY, dictionary, 1);
		put_page_count(c, data, (int)chunk->coded, chunk->coded_pages);
	}
	if (other)
		put_page_count(c, data, (int)chunk->other, chunk->other_pages);
}

static void put_path(struct compact *c, const struct outpath *path)
{
	compact_list(c, 3, COMPACT_BYTES, path->item ? 3 : 1);
	compact_item_bytes(c, span_of(path->column->name));
	if (path->item) {
		compact_item_bytes(c, SPAN("key_value"));
		compact_item_bytes(c, span_of(path->item));
	}
}

static void put_metadata(const struct outfooter *f, struct compact *c, size_t leaf,
	const struct outchunk *chunk)
{
	int encodings[LIST_MAX];
	size_t count = list_encodings(f, chunk, encodings);
	bool has_dictionary = chunk->coded_pages > 0;
	bool origami = f->style->origami;

	compact_struct(c, 3);
	compact_i32(c, 1, physical_type(f->leaves[leaf].type));
	compact_list(c, 2, COMPACT_I32, count);
	for (size_t i = 0; i < count; i++)
		compact_item_int(c, encodings[i]);
	put_path(c, &f->paths[leaf]);
	compact_i32(c, 4, squeeze_number(f->style->codec));
	compact_i64(c, 5, (int64_t)chunk->levels);
	compact_i64(c, 6, (int64_t)chunk->plain_size);
	compact_i64(c, 7, (int64_t)chunk->packed_size);
	/* Origami's data begins with the dictionary, which it does not mention. */
	compact_i64(c, 9, (int64_t)(origami ? chunk->start : chunk->data_start));
	if (has_dictionary && !origami)
		compact_i64(c, 11, (int64_t)chunk->start);
	compact_ready(c, 12, buf_span(&chunk->statistics));
	if (!origami)
		put_page_counts(f, c, chunk);
	compact_end(c);
}

/* Where the indexes stand: in front of the footer, those of columns first. */
struct index_place {
	uint64_t column, offset;
};

static void put_index(
	struct compact *c, int field, uint64_t *offset, const struct buf *index)
{
	if (index->len == 0)
		return;
	compact_i64(c, field, (int64_t)*offset);
	compact_i32(c, field + 1, (int32_t)index->len);
	*offset += index->len;
}

static void put_group(const struct outfooter *f, struct compact *c, size_t group,
	struct index_place *at)
{
	const struct outgroup *g = &f->groups[group];
	uint64_t plain = 0, packed = 0;

	compact_item(c);
	compact_list(c, 1, COMPACT_STRUCT, f->leaf_count);
	for (size_t i = 0; i < f->leaf_count; i++) {
		const struct outchunk *chunk = &g->chunks[i];

		plain += chunk->plain_size;
		packed += chunk->packed_size;
		compact_item(c);
		compact_i64(c, 2, (int64_t)chunk->start);
		put_metadata(f, c, i, chunk);
		put_index(c, 4, &at->offset, &chunk->offset_index);
		put_index(c, 6, &at->column, &chunk->column_index);
		compact_end(c);
	}
	compact_i64(c, 2, (int64_t)plain);
	compact_i64(c, 3, (int64_t)g->rows);
	if (!f->style->origami) {
		compact_i64(c, 5, (int64_t)g->chunks[0].start);
		compact_i64(c, 6, (int64_t)packed);
	}
	compact_end(c);
}

static void put_file(const struct outfooter *f, struct compact *c, struct index_place at)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < f->group_count; i++)
		rows += f->groups[i].rows;
	compact_i32(c, 1, 1);
	put_schema(f, c);
	compact_i64(c, 3, (int64_t)rows);
	compact_list(c, 4, COMPACT_STRUCT, f->group_count);
	for (size_t i = 0; i < f->group_count; i++)
		put_group(f, c, i, &at);
	compact_bytes(c, 6, span_of(f->style->creator));
	if (!f->style->origami) {
		/* The statistics are in the order of the type. */
		compact_list(c, 7, COMPACT_STRUCT, f->leaf_count);
		for (size_t i = 0; i < f->leaf_count; i++) {
			compact_item(c);
			compact_struct(c, 1);
			compact_end(c);
			compact_end(c);
		}
	}
	compact_end(c);
}

static int write_indexes(
	const struct outfooter *f, struct outsink *s, struct index_place *ret)
{
	int r = 0;

	ret->column = s->offset;
	for (size_t g = 0; g < f->group_count; g++)
		for (size_t i = 0; i < f->leaf_count && r == 0; i++)
			r = outsink_write(
				s, buf_span(&f->groups[g].chunks[i].column_index));
	ret->offset = s->offset;
	for (size_t g = 0; g < f->group_count; g++)
		for (size_t i = 0; i < f->leaf_count && r == 0; i++)
			r = outsink_write(
				s, buf_span(&f->groups[g].chunks[i].offset_index));
	return r;
}

int outfooter_write(const struct outfooter *f, struct outsink *s)
{
	struct buf b = BUF_INIT(FOOTER_MAX);
	struct index_place at;
	struct compact c;
	char tail[8] = { 0, 0, 0, 0, 'P', 'A', 'R', '1' };
	int r = write_indexes(f, s, &at);

	if (r < 0)
		return r;
	compact_init(&c, &b);
	put_file(f, &c, at);
	r = c.failed;
	for (size_t i = 0; i < 4; i++)
		tail[i] = (char)(b.len >> 8 * i);
	if (r == 0)
		r = outsink_write(s, buf_span(&b));
	if (r == 0)
		r = outsink_write(s, (struct span){ tail, sizeof(tail) });
	buf_finish(&b);
	return r;
}
