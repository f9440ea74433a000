#include "aws/export/parquet/statistics.h"

#include <errno.h>

#include "aws/export/little.h"
#include "aws/export/parquet/text.h"

static bool is_ascii(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] & 0x80)
			return false;
	return true;
}

static bool is_text(const struct leaf *leaf)
{
	return leaf->type.physical == PHYSICAL_BYTE_ARRAY &&
		leaf->type.meaning == MEANING_PLAIN;
}

/* The older bounds are ordered as signed numbers, and texts as signed bytes: the same
 * order only as long as all is ASCII. */
static bool is_old_order_right(const struct leaf *leaf, struct span min, struct span max)
{
	if (leaf->type.meaning == MEANING_UNSIGNED)
		return false;
	if (value_type_is_number(&leaf->type))
		return true;
	return is_text(leaf) && is_ascii(min) && is_ascii(max);
}

static bool is_new_order_known(const struct leaf *leaf)
{
	return leaf->type.physical != PHYSICAL_INT96 &&
		leaf->type.meaning != MEANING_FLOAT16;
}

static bool bounds_of(const struct chunk *chunk, const struct leaf *leaf,
	bool *ret_is_old, struct span *ret_min, struct span *ret_max)
{
	const struct chunk_statistics *s = &chunk->statistics;

	*ret_is_old = false;
	if (s->min.p && s->max.p && is_new_order_known(leaf)) {
		*ret_min = s->min;
		*ret_max = s->max;
		return true;
	}
	*ret_is_old = true;
	*ret_min = s->old_min;
	*ret_max = s->old_max;
	return s->old_min.p && s->old_max.p &&
		is_old_order_right(leaf, s->old_min, s->old_max);
}

static bool number_of(const struct value_type *t, struct span bytes, int64_t *ret)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t len = t->physical == PHYSICAL_BOOLEAN ? 1 : value_type_bytes(t);

	if (bytes.len != len)
		return false;
	*ret = len == 1	   ? p[0] & 1
		: len == 4 ? (int32_t)little_u32(p)
			   : (int64_t)little_u64(p);
	return true;
}

/* Bounds that are no number bound nothing. */
static bool is_nan(const struct value_type *t, int64_t n)
{
	uint64_t bits = (uint64_t)n;

	if (t->physical == PHYSICAL_DOUBLE)
		return bits << 1 > (uint64_t)0x7ff << 53;
	return t->physical == PHYSICAL_FLOAT &&
		(uint32_t)bits << 1 > (uint32_t)0xff << 24;
}

/* 1; 0 it is no value of that type. */
static int text_of(
	const struct value_type *t, struct span bytes, struct arena *a, struct span *ret)
{
	int64_t number;
	int r;

	if (value_type_is_number(t)) {
		if (!number_of(t, bytes, &number) || is_nan(t, number))
			return 0;
		r = text_of_numbers(t, &number, 1, a, ret);
		return r < 0 ? r : 1;
	}
	/* A bound of text may be cut short; of other things it may not. */
	if (t->meaning != MEANING_PLAIN && value_type_bytes(t) > 0 &&
		bytes.len != value_type_bytes(t))
		return 0;
	*ret = bytes;
	r = text_of_spans(t, ret, 1, a);
	if (r == -EBADMSG)
		return 0;
	return r < 0 ? r : 1;
}

int statistics_read(const struct chunk *chunk, const struct leaf *leaf, struct arena *a,
	struct parquet_statistics *ret)
{
	struct parquet_statistics s = { .has_nulls = chunk->statistics.has_nulls,
		.nulls = chunk->statistics.nulls };
	struct span min, max;
	bool is_old;
	int r = 0;

	if (bounds_of(chunk, leaf, &is_old, &min, &max)) {
		r = text_of(&leaf->type, min, a, &s.min);
		if (r > 0)
			r = text_of(&leaf->type, max, a, &s.max);
	}
	if (r < 0)
		return r;
	s.has_range = r > 0;
	*ret = s;
	return 0;
}

bool statistics_exclude(
	const struct chunk *chunk, const struct leaf *leaf, struct span text)
{
	struct span min, max;
	bool is_old;

	if (!is_text(leaf) || !bounds_of(chunk, leaf, &is_old, &min, &max))
		return false;
	if (is_old && !is_ascii(text))
		return false;
	return span_cmp(text, min) < 0 || span_cmp(text, max) > 0;
}
