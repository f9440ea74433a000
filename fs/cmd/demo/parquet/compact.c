#include "fs/cmd/demo/parquet/compact.h"

#include <assert.h>

enum { SHORT_LIST_MAX = 14, DELTA_MAX = 15 };

uint64_t zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

int varint_append(struct buf *b, uint64_t value)
{
	char bytes[10];
	size_t len = 0;

	while (value >= 0x80) {
		bytes[len++] = (char)(value | 0x80);
		value >>= 7;
	}
	bytes[len++] = (char)value;
	return buf_append(b, bytes, len);
}

static void put_byte(struct compact *c, unsigned value)
{
	if (c->failed == 0)
		c->failed = buf_append_byte(c->out, (char)value);
}

static void put_varint(struct compact *c, uint64_t value)
{
	if (c->failed == 0)
		c->failed = varint_append(c->out, value);
}

static void put_field(struct compact *c, int field, enum compact_type type)
{
	int *last = &c->last[c->depth];
	int delta = field - *last;

	assert(delta > 0 && delta <= DELTA_MAX);
	*last = field;
	put_byte(c, (unsigned)delta << 4 | type);
}

void compact_init(struct compact *c, struct buf *out)
{
	*c = (struct compact){ .out = out };
}

void compact_i32(struct compact *c, int field, int32_t value)
{
	put_field(c, field, COMPACT_I32);
	put_varint(c, zigzag(value));
}

void compact_i64(struct compact *c, int field, int64_t value)
{
	put_field(c, field, COMPACT_I64);
	put_varint(c, zigzag(value));
}

void compact_bool(struct compact *c, int field, bool value)
{
	put_field(c, field, value ? COMPACT_TRUE : COMPACT_FALSE);
}

void compact_bytes(struct compact *c, int field, struct span value)
{
	put_field(c, field, COMPACT_BYTES);
	compact_item_bytes(c, value);
}

void compact_item(struct compact *c)
{
	assert(c->depth + 1 < COMPACT_DEPTH);
	c->last[++c->depth] = 0;
}

void compact_struct(struct compact *c, int field)
{
	put_field(c, field, COMPACT_STRUCT);
	compact_item(c);
}

void compact_ready(struct compact *c, int field, struct span value)
{
	put_field(c, field, COMPACT_STRUCT);
	if (c->failed == 0)
		c->failed = buf_append_span(c->out, value);
}

void compact_end(struct compact *c)
{
	put_byte(c, 0);
	if (c->depth > 0)
		c->depth--;
}

void compact_list(struct compact *c, int field, enum compact_type type, size_t count)
{
	put_field(c, field, COMPACT_LIST);
	if (count <= SHORT_LIST_MAX) {
		put_byte(c, (unsigned)count << 4 | type);
		return;
	}
	put_byte(c, 0xf0U | type);
	put_varint(c, count);
}

void compact_item_int(struct compact *c, int64_t value)
{
	put_varint(c, zigzag(value));
}

void compact_item_bool(struct compact *c, bool value)
{
	put_byte(c, value ? COMPACT_TRUE : COMPACT_FALSE);
}

void compact_item_bytes(struct compact *c, struct span value)
{
	put_varint(c, value.len);
	if (c->failed == 0)
		c->failed = buf_append_span(c->out, value);
}
