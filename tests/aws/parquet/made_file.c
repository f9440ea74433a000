#include "tests/aws/parquet/made_file.h"

#include <assert.h>
#include <zlib.h>

enum { T_TRUE = 1, T_FALSE = 2, T_I64 = 6, T_BINARY = 8, T_LIST = 9, T_STRUCT = 12 };
enum { MADE_LIMIT = 64 * 1024 * 1024 };

static void put(struct buf *b, const void *bytes, size_t len)
{
	int r = buf_append(b, bytes, len);

	assert(r == 0);
	(void)r;
}

static void put_byte(struct buf *b, unsigned byte)
{
	unsigned char c = (unsigned char)byte;

	put(b, &c, 1);
}

void made_varint(struct buf *b, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		put_byte(b, (unsigned)(n & 0x7f) | 0x80);
	put_byte(b, (unsigned)n);
}

void made_u32(struct buf *b, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		put_byte(b, n >> (8 * i) & 255);
}

void made_u64(struct buf *b, uint64_t n)
{
	made_u32(b, (uint32_t)n);
	made_u32(b, (uint32_t)(n >> 32));
}

void made_text(struct buf *b, const char *text)
{
	made_u32(b, (uint32_t)strlen(text));
	put(b, text, strlen(text));
}

static void zigzag(struct buf *b, int64_t n)
{
	made_varint(b, ((uint64_t)n << 1) ^ (n < 0 ? UINT64_MAX : 0));
}

static void head(struct made_struct *s, int id, unsigned type)
{
	int step = id - s->last;

	if (step > 0 && step < 16) {
		put_byte(s->to, (unsigned)step << 4 | type);
	} else {
		put_byte(s->to, type);
		zigzag(s->to, id);
	}
	s->last = id;
}

void made_int(struct made_struct *s, int id, int64_t value)
{
	head(s, id, T_I64);
	zigzag(s->to, value);
}

void made_bool(struct made_struct *s, int id, bool value)
{
	head(s, id, value ? T_TRUE : T_FALSE);
}

void made_bytes(struct made_struct *s, int id, struct span value)
{
	head(s, id, T_BINARY);
	made_varint(s->to, value.len);
	put(s->to, value.p, value.len);
}

struct made_struct made_inner(struct made_struct *s, int id)
{
	head(s, id, T_STRUCT);
	return (struct made_struct){ .to = s->to };
}

void made_list(struct made_struct *s, int id, unsigned type, size_t count)
{
	head(s, id, T_LIST);
	if (count < 15) {
		put_byte(s->to, (unsigned)count << 4 | type);
	} else {
		put_byte(s->to, 0xf0 | type);
		made_varint(s->to, count);
	}
}

void made_end(struct made_struct *s)
{
	put_byte(s->to, 0);
}

void made_begin(struct made_file *m)
{
	*m = (struct made_file){ .bytes = BUF_INIT(MADE_LIMIT),
		.schema = BUF_INIT(MADE_LIMIT),
		.chunks = BUF_INIT(MADE_LIMIT),
		.groups = BUF_INIT(MADE_LIMIT),
		.created_by = SPAN("made by hand") };
	put(&m->bytes, "PAR1", 4);
	m->chunk_start = 4;
}

void made_finish(struct made_file *m)
{
	buf_finish(&m->bytes);
	buf_finish(&m->schema);
	buf_finish(&m->chunks);
	buf_finish(&m->groups);
}

void made_element(struct made_file *m, const struct made_element *e)
{
	struct made_struct s = { .to = &m->schema };

	if (e->type >= 0)
		made_int(&s, 1, e->type);
	if (e->type_length)
		made_int(&s, 2, e->type_length);
	made_int(&s, 3, e->repetition);
	made_bytes(&s, 4, span_of(e->name));
	if (e->children)
		made_int(&s, 5, e->children);
	if (e->converted >= 0)
		made_int(&s, 6, e->converted);
	if (e->scale)
		made_int(&s, 7, e->scale);
	if (e->logical) {
		struct made_struct logical = made_inner(&s, 10);
		struct made_struct one = made_inner(&logical, e->logical);

		made_end(&one);
		made_end(&logical);
	}
	made_end(&s);
	m->elements++;
}

void made_root(struct made_file *m, int children)
{
	made_element(m,
		&(struct made_element){ .name = "root",
			.type = -1,
			.children = children,
			.converted = -1 });
}

void made_text_column(struct made_file *m, const char *name, int repetition)
{
	made_element(m,
		&(struct made_element){ .name = name,
			.type = 6,
			.repetition = repetition,
			.converted = 0 });
}

static void put_detail(struct made_struct *s, const struct made_page *p)
{
	static const int fields[] = { 5, 6, 7, 8 };
	struct made_struct d = made_inner(s, fields[p->type & 3]);

	if (p->type != 1)
		made_int(&d, 1, p->values);
	if (p->type == 3) {
		made_int(&d, 2, 0);
		made_int(&d, 3, p->values);
		made_int(&d, 4, p->encoding);
		made_int(&d, 5, p->def_bytes);
		made_int(&d, 6, p->rep_bytes);
		if (p->says_raw)
			made_bool(&d, 7, false);
	} else if (p->type != 1) {
		made_int(&d, 2, p->encoding);
		if (p->type == 0) {
			made_int(&d, 3, p->def_encoding ? p->def_encoding : 3);
			made_int(&d, 4, 3);
		}
	}
	made_end(&d);
}

void made_page(struct made_file *m, const struct made_page *p)
{
	struct made_struct s = { .to = &m->bytes };
	uint32_t crc =
		(uint32_t)crc32_z(0, (const unsigned char *)p->body.p, p->body.len);

	made_int(&s, 1, p->type);
	made_int(&s, 2, p->bytes ? p->bytes : (int64_t)p->body.len);
	made_int(&s, 3, p->stored ? p->stored : (int64_t)p->body.len);
	if (p->crc != MADE_CRC_NONE)
		made_int(&s, 4, (int32_t)(crc ^ (p->crc == MADE_CRC_WRONG)));
	put_detail(&s, p);
	made_end(&s);
	put(&m->bytes, p->body.p, p->body.len);
}

static void put_statistics(struct made_struct *s, const struct made_chunk *c)
{
	struct made_struct t = made_inner(s, 12);

	if (c->old_max.p) {
		made_bytes(&t, 1, c->old_max);
		made_bytes(&t, 2, c->old_min);
	}
	if (c->max.p) {
		made_bytes(&t, 5, c->max);
		made_bytes(&t, 6, c->min);
	}
	made_end(&t);
}

static void put_encoding_stats(struct made_struct *s)
{
	struct made_struct one = { .to = s->to };

	made_list(s, 13, T_STRUCT, 1);
	made_int(&one, 1, 0);
	made_int(&one, 2, 8);
	made_int(&one, 3, 1);
	made_end(&one);
}

void made_chunk(struct made_file *m, const struct made_chunk *c)
{
	int64_t offset = c->offset ? c->offset : (int64_t)m->chunk_start;
	int64_t len = (int64_t)(m->bytes.len - m->chunk_start);
	struct made_struct s = { .to = &m->chunks }, meta;

	made_int(&s, 2, offset);
	meta = made_inner(&s, 3);
	made_int(&meta, 1, c->type);
	made_list(&meta, 2, 5, 0);
	made_list(&meta, 3, T_BINARY, 0);
	made_int(&meta, 4, c->codec);
	made_int(&meta, 5, c->values);
	made_int(&meta, 6, len);
	made_int(&meta, 7, c->len ? c->len : len);
	/* A dictionary that is told of comes first, data behind it. */
	made_int(&meta, 9, c->has_dictionary_offset ? offset + 1 : offset);
	if (c->has_dictionary_offset)
		made_int(&meta, 11, offset);
	if (c->max.p || c->old_max.p)
		put_statistics(&meta, c);
	if (c->is_dictionary_only)
		put_encoding_stats(&meta);
	made_end(&meta);
	made_end(&s);
	m->chunk_count++;
	m->chunk_start = m->bytes.len;
}

void made_group(struct made_file *m, int64_t rows)
{
	struct made_struct s = { .to = &m->groups };

	made_list(&s, 1, T_STRUCT, m->chunk_count);
	put(s.to, m->chunks.p, m->chunks.len);
	made_int(&s, 2, 1);
	made_int(&s, 3, rows);
	made_end(&s);
	buf_clear(&m->chunks);
	m->chunk_count = 0;
	m->group_count++;
	m->rows += rows;
}

void made_end_file(struct made_file *m)
{
	size_t start = m->bytes.len;
	struct made_struct s = { .to = &m->bytes };

	made_int(&s, 1, 1);
	made_list(&s, 2, T_STRUCT, m->elements);
	put(s.to, m->schema.p, m->schema.len);
	made_int(&s, 3, m->rows);
	made_list(&s, 4, T_STRUCT, m->group_count);
	put(s.to, m->groups.p, m->groups.len);
	made_bytes(&s, 6, m->created_by);
	made_end(&s);
	made_u32(&m->bytes, (uint32_t)(m->bytes.len - start));
	put(&m->bytes, "PAR1", 4);
}
