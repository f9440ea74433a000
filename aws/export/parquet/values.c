#include "aws/export/parquet/values.h"

#include <errno.h>

#include "aws/export/little.h"
#include "aws/export/parquet/meta.h"

enum { VALUES_STEP = 128 /* lengths at a time */ };

const char *values_encoding_name(int64_t encoding)
{
	static const char *const names[] = { "PLAIN", "1", "PLAIN_DICTIONARY", "RLE",
		"BIT_PACKED", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY",
		"DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT" };

	return encoding >= 0 && (size_t)encoding < ARRAY_LEN(names) ? names[encoding]
								    : "unknown";
}

static const unsigned char *bytes_of(struct span s)
{
	return (const unsigned char *)s.p;
}

static int init_indexes(struct values *v)
{
	unsigned width;

	v->form = VALUES_INDEXES;
	/* A page of nulls only may have nothing at all. */
	if (v->rest.len == 0) {
		rle_init(&v->runs, v->rest, 1);
		return 0;
	}
	width = bytes_of(v->rest)[0];
	if (width > RLE_WIDTH_MAX)
		return -EBADMSG;
	rle_init(&v->runs, span_from(v->rest, 1), width);
	return 0;
}

static int init_runs(struct values *v)
{
	uint32_t len;

	v->form = VALUES_RUNS;
	if (v->rest.len == 0) {
		rle_init(&v->runs, v->rest, 1);
		return 0;
	}
	if (v->rest.len < 4)
		return -EBADMSG;
	len = little_u32(bytes_of(v->rest));
	if (len > v->rest.len - 4)
		return -EBADMSG;
	rle_init(&v->runs, span_first(span_from(v->rest, 4), len), 1);
	return 0;
}

/* Nothing, as in a page of nulls only, is no values. */
static int init_delta(struct delta *d, struct span *bytes)
{
	int r;

	if (bytes->len == 0) {
		*d = (struct delta){ .left = 0 };
		return 0;
	}
	r = delta_init(d, *bytes);
	return r < 0 ? r : delta_rest(*d, bytes);
}

static int init_prefixes(struct values *v)
{
	int r = init_delta(&v->prefixes, &v->rest);

	v->form = VALUES_PREFIXES;
	return r < 0 ? r : init_delta(&v->lengths, &v->rest);
}

static int init_split(struct values *v)
{
	size_t bytes = value_type_bytes(&v->type);

	if (bytes == 0)
		return -ENOTSUP;
	if (v->rest.len % bytes != 0)
		return -EBADMSG;
	v->form = VALUES_SPLIT;
	v->count = v->rest.len / bytes;
	return 0;
}

int values_init(struct values *v, const struct value_type *type, int64_t encoding,
	struct span bytes, struct arena *arena)
{
	enum physical p = type->physical;

	*v = (struct values){ .type = *type, .rest = bytes, .arena = arena };
	if (encoding == ENCODING_PLAIN) {
		v->form = p == PHYSICAL_BOOLEAN ? VALUES_BITS : VALUES_PLAIN;
		return 0;
	}
	if (encoding == ENCODING_PLAIN_DICTIONARY || encoding == ENCODING_RLE_DICTIONARY)
		return init_indexes(v);
	if (encoding == ENCODING_RLE && p == PHYSICAL_BOOLEAN)
		return init_runs(v);
	if (encoding == ENCODING_DELTA_BINARY_PACKED &&
		(p == PHYSICAL_INT32 || p == PHYSICAL_INT64)) {
		v->form = VALUES_DELTA;
		return init_delta(&v->lengths, &v->rest);
	}
	if (encoding == ENCODING_DELTA_LENGTH_BYTE_ARRAY && p == PHYSICAL_BYTE_ARRAY) {
		v->form = VALUES_LENGTHS;
		return init_delta(&v->lengths, &v->rest);
	}
	if (encoding == ENCODING_DELTA_BYTE_ARRAY &&
		(p == PHYSICAL_BYTE_ARRAY || p == PHYSICAL_FIXED))
		return init_prefixes(v);
	if (encoding == ENCODING_BYTE_STREAM_SPLIT)
		return init_split(v);
	return -ENOTSUP;
}

int values_keep(struct values *v, struct block *keep)
{
	int r;

	if (v->form != VALUES_PREFIXES || v->last.len == 0 ||
		v->last.p == (const char *)keep->p)
		return 0;
	r = block_renew(keep, v->arena->memory, v->last.len);
	if (r < 0)
		return r;
	memcpy(keep->p, v->last.p, v->last.len);
	v->last.p = (const char *)keep->p;
	return 0;
}

int values_indexes(struct values *v, uint32_t *ret, size_t count)
{
	return rle_read(&v->runs, ret, count);
}

static int plain_numbers(struct values *v, int64_t *ret, size_t count)
{
	const unsigned char *p = bytes_of(v->rest);
	size_t bytes = value_type_bytes(&v->type);

	if (v->rest.len / bytes < count)
		return -EBADMSG;
	if (bytes == 4)
		for (size_t i = 0; i < count; i++)
			ret[i] = (int32_t)little_u32(p + 4 * i);
	else
		for (size_t i = 0; i < count; i++)
			ret[i] = (int64_t)little_u64(p + 8 * i);
	v->rest = span_from(v->rest, count * bytes);
	return 0;
}

static int bits(struct values *v, int64_t *ret, size_t count)
{
	const unsigned char *p = bytes_of(v->rest);

	if ((uint64_t)v->rest.len * 8 - v->at < count)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++, v->at++)
		ret[i] = p[v->at / 8] >> (v->at % 8) & 1;
	return 0;
}

static int runs(struct values *v, int64_t *ret, size_t count)
{
	uint32_t few[VALUES_STEP];

	while (count > 0) {
		size_t n = count < VALUES_STEP ? count : VALUES_STEP;
		int r = rle_read(&v->runs, few, n);

		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++)
			*ret++ = few[i];
		count -= n;
	}
	return 0;
}

static int split_numbers(struct values *v, int64_t *ret, size_t count)
{
	const unsigned char *p = bytes_of(v->rest);
	size_t bytes = value_type_bytes(&v->type);

	if (v->count - v->at < count)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++, v->at++) {
		uint64_t n = 0;

		for (size_t k = 0; k < bytes; k++)
			n |= (uint64_t)p[k * v->count + v->at] << (8 * k);
		ret[i] = bytes == 4 ? (int32_t)(uint32_t)n : (int64_t)n;
	}
	return 0;
}

static int delta_numbers(struct values *v, int64_t *ret, size_t count)
{
	int r = delta_read(&v->lengths, ret, count);

	/* Sums of 32-bit numbers wrap at 32 bits. */
	if (r == 0 && v->type.physical == PHYSICAL_INT32)
		for (size_t i = 0; i < count; i++)
			ret[i] = (int32_t)(uint32_t)(uint64_t)ret[i];
	return r;
}

int values_numbers(struct values *v, int64_t *ret, size_t count)
{
	switch (v->form) {
	case VALUES_PLAIN:
		return plain_numbers(v, ret, count);
	case VALUES_BITS:
		return bits(v, ret, count);
	case VALUES_RUNS:
		return runs(v, ret, count);
	case VALUES_DELTA:
		return delta_numbers(v, ret, count);
	case VALUES_SPLIT:
		return split_numbers(v, ret, count);
	case VALUES_INDEXES:
	case VALUES_LENGTHS:
	case VALUES_PREFIXES:
		break;
	}
	return -EBADMSG;
}

static int plain_spans(struct values *v, struct span *ret, size_t count)
{
	const char *p = v->rest.p, *end = p + v->rest.len;
	size_t fixed = value_type_bytes(&v->type);

	for (size_t i = 0; i < count; i++) {
		size_t len = fixed;

		if (fixed == 0) {
			if (end - p < 4)
				return -EBADMSG;
			len = little_u32((const unsigned char *)p);
			p += 4;
		}
		if ((size_t)(end - p) < len)
			return -EBADMSG;
		ret[i] = (struct span){ p, len };
		p += len;
	}
	v->rest = (struct span){ p, (size_t)(end - p) };
	return 0;
}

static int take_text(struct span *rest, int64_t len, struct span *ret)
{
	if (len < 0 || (uint64_t)len > rest->len)
		return -EBADMSG;
	*ret = span_first(*rest, (size_t)len);
	*rest = span_from(*rest, (size_t)len);
	return 0;
}

static int texts_by_length(struct values *v, struct span *ret, size_t count)
{
	int64_t lengths[VALUES_STEP];

	while (count > 0) {
		size_t n = count < VALUES_STEP ? count : VALUES_STEP;
		int r = delta_read(&v->lengths, lengths, n);

		for (size_t i = 0; i < n && r == 0; i++)
			r = take_text(&v->rest, lengths[i], ret++);
		if (r < 0)
			return r;
		count -= n;
	}
	return 0;
}

static int join(struct values *v, int64_t prefix, int64_t length, struct span *ret)
{
	struct span suffix;
	char *p;
	int r = take_text(&v->rest, length, &suffix);

	if (r < 0)
		return r;
	if (prefix < 0 || (uint64_t)prefix > v->last.len)
		return -EBADMSG;
	if (prefix == 0) {
		v->last = *ret = suffix;
		return 0;
	}
	r = arena_take(v->arena, (size_t)prefix + suffix.len, &p);
	if (r < 0)
		return r;
	memcpy(p, v->last.p, (size_t)prefix);
	if (suffix.len > 0)
		memcpy(p + prefix, suffix.p, suffix.len);
	v->last = *ret = (struct span){ p, (size_t)prefix + suffix.len };
	return 0;
}

static int texts_by_prefix(struct values *v, struct span *ret, size_t count)
{
	int64_t prefixes[VALUES_STEP], lengths[VALUES_STEP];

	while (count > 0) {
		size_t n = count < VALUES_STEP ? count : VALUES_STEP;
		int r = delta_read(&v->prefixes, prefixes, n);

		if (r == 0)
			r = delta_read(&v->lengths, lengths, n);
		for (size_t i = 0; i < n && r == 0; i++)
			r = join(v, prefixes[i], lengths[i], ret++);
		if (r < 0)
			return r;
		count -= n;
	}
	return 0;
}

static int split_spans(struct values *v, struct span *ret, size_t count)
{
	size_t bytes = value_type_bytes(&v->type);

	if (v->count - v->at < count)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++, v->at++) {
		char *p;
		int r = arena_take(v->arena, bytes, &p);

		if (r < 0)
			return r;
		for (size_t k = 0; k < bytes; k++)
			p[k] = v->rest.p[k * v->count + v->at];
		ret[i] = (struct span){ p, bytes };
	}
	return 0;
}

static int spans(struct values *v, struct span *ret, size_t count)
{
	switch (v->form) {
	case VALUES_PLAIN:
		return plain_spans(v, ret, count);
	case VALUES_LENGTHS:
		return texts_by_length(v, ret, count);
	case VALUES_PREFIXES:
		return texts_by_prefix(v, ret, count);
	case VALUES_SPLIT:
		return split_spans(v, ret, count);
	case VALUES_BITS:
	case VALUES_INDEXES:
	case VALUES_RUNS:
	case VALUES_DELTA:
		break;
	}
	return -EBADMSG;
}

int values_spans(struct values *v, struct span *ret, size_t count)
{
	int r = spans(v, ret, count);

	/* Texts of a fixed length have it, whatever the encoding. */
	if (r == 0 && v->form == VALUES_PREFIXES && v->type.physical == PHYSICAL_FIXED)
		for (size_t i = 0; i < count; i++)
			if (ret[i].len != v->type.fixed_bytes)
				return -EBADMSG;
	return r;
}
