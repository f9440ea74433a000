#include "aws/export/parquet/thrift.h"

#include <errno.h>

enum { VARINT_BYTES_MAX = 10, LIST_COUNT_LONG = 15 };

static int take_byte(struct span *s, unsigned *ret)
{
	if (s->len == 0)
		return -ENODATA;
	*ret = (unsigned char)*s->p;
	*s = span_from(*s, 1);
	return 0;
}

static int take_varint(struct span *s, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
		unsigned byte;

		if (i >= s->len)
			return -ENODATA;
		byte = (unsigned char)s->p[i];
		/* The tenth byte holds the last bit of 64. */
		if (i == VARINT_BYTES_MAX - 1 && byte > 1)
			return -EBADMSG;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*s = span_from(*s, i + 1);
			*ret = value;
			return 0;
		}
	}
	return -EBADMSG;
}

static int take_zigzag(struct span *s, int64_t *ret)
{
	uint64_t raw;
	int r = take_varint(s, &raw);

	if (r == 0)
		*ret = (int64_t)((raw >> 1) ^ (0 - (raw & 1)));
	return r;
}

static int take_bytes(struct span *s, struct span *ret)
{
	struct span rest = *s;
	uint64_t len;
	int r = take_varint(&rest, &len);

	if (r < 0)
		return r;
	/* Lengths are signed 32 bits. */
	if (len > INT32_MAX)
		return -EBADMSG;
	if (len > rest.len)
		return -ENODATA;
	*ret = span_first(rest, (size_t)len);
	*s = span_from(rest, (size_t)len);
	return 0;
}

/* *id is that of the field before. *ret_type 0: the struct ends. */
static int take_field(struct span *s, int *id, unsigned *ret_type)
{
	unsigned head;
	int64_t absolute = 0;
	int r = take_byte(s, &head);

	if (r < 0)
		return r;
	if (head == 0) {
		*ret_type = 0;
		return 0;
	}
	*ret_type = head & 15;
	if (head >> 4) {
		*id += (int)(head >> 4);
	} else {
		r = take_zigzag(s, &absolute);
		if (r < 0)
			return r;
		if (absolute < INT16_MIN || absolute > INT16_MAX)
			return -EBADMSG;
		*id = (int)absolute;
	}
	return *ret_type == 0 || *id > INT16_MAX ? -EBADMSG : 0;
}

static int take_list_head(struct span *s, unsigned *ret_type, size_t *ret_count)
{
	unsigned head;
	uint64_t count;
	int r = take_byte(s, &head);

	if (r < 0)
		return r;
	count = head >> 4;
	if (count == LIST_COUNT_LONG) {
		r = take_varint(s, &count);
		if (r < 0)
			return r;
	}
	if (count > INT32_MAX)
		return -EBADMSG;
	/* Every item has a byte at least. */
	if (count > s->len)
		return -ENODATA;
	*ret_type = head & 15;
	*ret_count = (size_t)count;
	return 0;
}

static int skip(struct span *s, unsigned type, bool is_item, unsigned depth);

static int skip_items(struct span *s, unsigned type, size_t count, unsigned depth)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = skip(s, type, true, depth);
	return r;
}

static int skip_list(struct span *s, unsigned depth)
{
	unsigned type = 0;
	size_t count = 0;
	int r = take_list_head(s, &type, &count);

	return r < 0 ? r : skip_items(s, type, count, depth);
}

static int skip_map(struct span *s, unsigned depth)
{
	uint64_t count;
	unsigned types;
	int r = take_varint(s, &count);

	if (r < 0 || count == 0)
		return r;
	if (count > INT32_MAX)
		return -EBADMSG;
	r = take_byte(s, &types);
	for (uint64_t i = 0; i < count && r == 0; i++) {
		r = skip(s, types >> 4, true, depth);
		if (r == 0)
			r = skip(s, types & 15, true, depth);
	}
	return r;
}

static int skip_struct(struct span *s, unsigned depth)
{
	int id = 0;

	for (;;) {
		unsigned type;
		int r = take_field(s, &id, &type);

		if (r < 0 || type == 0)
			return r;
		r = skip(s, type, false, depth);
		if (r < 0)
			return r;
	}
}

static int skip_fixed(struct span *s, size_t len)
{
	if (s->len < len)
		return -ENODATA;
	*s = span_from(*s, len);
	return 0;
}

/* A bool is a byte in a list; as a field its type says all. */
static int skip(struct span *s, unsigned type, bool is_item, unsigned depth)
{
	struct span unused;
	uint64_t number;

	if (depth == 0)
		return -EBADMSG;
	switch (type) {
	case THRIFT_TRUE:
	case THRIFT_FALSE:
		return is_item ? skip_fixed(s, 1) : 0;
	case THRIFT_BYTE:
		return skip_fixed(s, 1);
	case THRIFT_I16:
	case THRIFT_I32:
	case THRIFT_I64:
		return take_varint(s, &number);
	case THRIFT_DOUBLE:
		return skip_fixed(s, 8);
	case THRIFT_BINARY:
		return take_bytes(s, &unused);
	case THRIFT_LIST:
	case THRIFT_SET:
		return skip_list(s, depth - 1);
	case THRIFT_MAP:
		return skip_map(s, depth - 1);
	case THRIFT_STRUCT:
		return skip_struct(s, depth - 1);
	default:
		return -EBADMSG;
	}
}

static int take_nested(struct span *s, unsigned type, struct span *ret)
{
	struct span rest = *s;
	int r = skip(&rest, type, false, THRIFT_DEPTH_MAX);

	if (r < 0)
		return r;
	*ret = span_first(*s, s->len - rest.len);
	*s = rest;
	return 0;
}

static bool is_of_kind(unsigned type, enum thrift_kind kind)
{
	switch (kind) {
	case THRIFT_IS_BOOL:
		return type == THRIFT_TRUE || type == THRIFT_FALSE;
	case THRIFT_IS_INT:
		return type >= THRIFT_BYTE && type <= THRIFT_I64;
	case THRIFT_IS_BYTES:
		return type == THRIFT_BINARY;
	case THRIFT_IS_STRUCT:
		return type == THRIFT_STRUCT;
	case THRIFT_IS_LIST:
		return type == THRIFT_LIST;
	}
	return false;
}

static int take_number(struct span *s, unsigned type, int64_t *ret)
{
	unsigned byte;
	int r;

	if (type != THRIFT_BYTE)
		return take_zigzag(s, ret);
	r = take_byte(s, &byte);
	if (r == 0)
		*ret = (int64_t)byte - (byte & 0x80 ? 256 : 0);
	return r;
}

static int take_value(
	struct span *s, unsigned type, const struct thrift_rule *rule, void *ret)
{
	void *field = (char *)ret + rule->offset;

	if (!is_of_kind(type, rule->kind))
		return -EBADMSG;
	switch (rule->kind) {
	case THRIFT_IS_BOOL:
		*(bool *)field = type == THRIFT_TRUE;
		return 0;
	case THRIFT_IS_INT:
		return take_number(s, type, field);
	case THRIFT_IS_BYTES:
		return take_bytes(s, field);
	case THRIFT_IS_STRUCT:
	case THRIFT_IS_LIST:
		return take_nested(s, type, field);
	}
	return -EBADMSG;
}

static size_t find_rule(const struct thrift_rule *rules, size_t count, int id)
{
	size_t i = 0;

	while (i < count && rules[i].id != id)
		i++;
	return i;
}

int thrift_struct(struct span *bytes, const struct thrift_rule *rules, size_t count,
	void *ret, uint32_t *ret_seen)
{
	struct span rest = *bytes;
	uint32_t seen = 0;
	int id = 0;

	for (;;) {
		unsigned type;
		size_t at;
		int r = take_field(&rest, &id, &type);

		if (r < 0)
			return r;
		if (type == 0)
			break;
		at = find_rule(rules, count, id);
		if (at < count) {
			r = take_value(&rest, type, &rules[at], ret);
			seen |= (uint32_t)1 << at;
		} else {
			r = skip(&rest, type, false, THRIFT_DEPTH_MAX);
		}
		if (r < 0)
			return r;
	}
	*bytes = rest;
	*ret_seen = seen;
	return 0;
}

int thrift_list(struct span *bytes, enum thrift_type type, size_t *ret_count)
{
	struct span rest = *bytes;
	unsigned seen;
	size_t count;
	int r = take_list_head(&rest, &seen, &count);

	if (r < 0)
		return r;
	if (count > 0 && seen != (unsigned)type)
		return -EBADMSG;
	*bytes = rest;
	*ret_count = count;
	return 0;
}

int thrift_int(struct span *bytes, int64_t *ret)
{
	return take_zigzag(bytes, ret);
}

int thrift_bytes(struct span *bytes, struct span *ret)
{
	return take_bytes(bytes, ret);
}

int thrift_struct_bytes(struct span *bytes, struct span *ret)
{
	return take_nested(bytes, THRIFT_STRUCT, ret);
}
