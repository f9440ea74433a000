#include "aws/export/parquet/type.h"

#include <errno.h>

#include "aws/export/parquet/thrift.h"

enum {
	FIXED_BYTES_MAX = 1024 * 1024,
	DECIMAL_PLACES_MAX = 38,
	INT96_BYTES = 12,
	UUID_BYTES = 16,
	FLOAT16_BYTES = 2,
};

/* ConvertedType, the older way to say it. */
enum {
	CONVERTED_DECIMAL = 5,
	CONVERTED_DATE = 6,
	CONVERTED_TIME_MILLIS = 7,
	CONVERTED_TIME_MICROS = 8,
	CONVERTED_TIMESTAMP_MILLIS = 9,
	CONVERTED_TIMESTAMP_MICROS = 10,
	CONVERTED_UINT_8 = 11,
	CONVERTED_UINT_64 = 14,
};

size_t value_type_bytes(const struct value_type *t)
{
	switch (t->physical) {
	case PHYSICAL_INT32:
	case PHYSICAL_FLOAT:
		return 4;
	case PHYSICAL_INT64:
	case PHYSICAL_DOUBLE:
		return 8;
	case PHYSICAL_INT96:
	case PHYSICAL_FIXED:
		return t->fixed_bytes;
	case PHYSICAL_BOOLEAN:
	case PHYSICAL_BYTE_ARRAY:
	case PHYSICAL_COUNT:
		return 0;
	}
	return 0;
}

bool value_type_is_number(const struct value_type *t)
{
	return t->physical != PHYSICAL_INT96 && t->physical != PHYSICAL_BYTE_ARRAY &&
		t->physical != PHYSICAL_FIXED;
}

static bool is_integer(enum physical p)
{
	return p == PHYSICAL_INT32 || p == PHYSICAL_INT64;
}

struct logical {
	struct span decimal, date, time, timestamp, integer, uuid, float16;
};

static const struct thrift_rule logical_rules[] = {
	{ 5, THRIFT_IS_STRUCT, offsetof(struct logical, decimal) },
	{ 6, THRIFT_IS_STRUCT, offsetof(struct logical, date) },
	{ 7, THRIFT_IS_STRUCT, offsetof(struct logical, time) },
	{ 8, THRIFT_IS_STRUCT, offsetof(struct logical, timestamp) },
	{ 10, THRIFT_IS_STRUCT, offsetof(struct logical, integer) },
	{ 14, THRIFT_IS_STRUCT, offsetof(struct logical, uuid) },
	{ 15, THRIFT_IS_STRUCT, offsetof(struct logical, float16) },
};

struct logical_integer {
	bool is_signed;
};
static const struct thrift_rule integer_rules[] = {
	{ 2, THRIFT_IS_BOOL, offsetof(struct logical_integer, is_signed) },
};

struct logical_decimal {
	int64_t scale;
};
static const struct thrift_rule decimal_rules[] = {
	{ 1, THRIFT_IS_INT, offsetof(struct logical_decimal, scale) },
};

struct logical_time {
	struct span unit;
};
static const struct thrift_rule time_rules[] = {
	{ 2, THRIFT_IS_STRUCT, offsetof(struct logical_time, unit) },
};

struct time_unit {
	struct span millis, micros, nanos;
};
static const struct thrift_rule unit_rules[] = {
	{ 1, THRIFT_IS_STRUCT, offsetof(struct time_unit, millis) },
	{ 2, THRIFT_IS_STRUCT, offsetof(struct time_unit, micros) },
	{ 3, THRIFT_IS_STRUCT, offsetof(struct time_unit, nanos) },
};

/* The bytes were passed over once, so they end where they should. */
static int read_struct(struct span bytes, const struct thrift_rule *rules, size_t count,
	void *ret, uint32_t *ret_seen)
{
	int r = thrift_struct(&bytes, rules, count, ret, ret_seen);

	return r == -ENODATA ? -EBADMSG : r;
}

static int read_time(struct span bytes, enum meaning meaning, struct value_type *t)
{
	struct logical_time time = { .unit = { .len = 0 } };
	struct time_unit unit;
	uint32_t seen;
	int r = read_struct(bytes, time_rules, ARRAY_LEN(time_rules), &time, &seen);

	if (r == 0 && !seen)
		return -EBADMSG;
	if (r == 0)
		r = read_struct(
			time.unit, unit_rules, ARRAY_LEN(unit_rules), &unit, &seen);
	if (r < 0)
		return r;
	/* A unit of later days: the number as it is. */
	if (!seen)
		return 0;
	t->meaning = meaning;
	t->second_digits = seen & 1 ? 3 : seen & 2 ? 6 : 9;
	return 0;
}

static int set_decimal(struct value_type *t, int64_t scale)
{
	if (scale < 0 || scale > DECIMAL_PLACES_MAX)
		return -EBADMSG;
	if (t->physical == PHYSICAL_INT32 || t->physical == PHYSICAL_INT64 ||
		t->physical == PHYSICAL_BYTE_ARRAY || t->physical == PHYSICAL_FIXED) {
		t->meaning = MEANING_DECIMAL;
		t->scale = (unsigned)scale;
	}
	return 0;
}

static int read_decimal(struct span bytes, struct value_type *t)
{
	struct logical_decimal decimal = { .scale = 0 };
	uint32_t seen;
	int r = read_struct(
		bytes, decimal_rules, ARRAY_LEN(decimal_rules), &decimal, &seen);

	return r < 0 ? r : set_decimal(t, decimal.scale);
}

static int read_integer(struct span bytes, struct value_type *t)
{
	struct logical_integer integer = { .is_signed = true };
	uint32_t seen;
	int r = read_struct(
		bytes, integer_rules, ARRAY_LEN(integer_rules), &integer, &seen);

	if (r == 0 && !integer.is_signed && is_integer(t->physical))
		t->meaning = MEANING_UNSIGNED;
	return r;
}

/* 1 when it says something that the converted type need not say again. */
static int read_logical(struct span bytes, struct value_type *t)
{
	struct logical logical = { .decimal = { .len = 0 } };
	uint32_t seen;
	int r = read_struct(
		bytes, logical_rules, ARRAY_LEN(logical_rules), &logical, &seen);

	if (r < 0 || !seen)
		return r;
	if (logical.decimal.p)
		r = read_decimal(logical.decimal, t);
	else if (logical.date.p && t->physical == PHYSICAL_INT32)
		t->meaning = MEANING_DATE;
	else if (logical.time.p && is_integer(t->physical))
		r = read_time(logical.time, MEANING_TIME, t);
	else if (logical.timestamp.p && t->physical == PHYSICAL_INT64)
		r = read_time(logical.timestamp, MEANING_TIMESTAMP, t);
	else if (logical.integer.p)
		r = read_integer(logical.integer, t);
	else if (logical.uuid.p && t->fixed_bytes == UUID_BYTES)
		t->meaning = MEANING_UUID;
	else if (logical.float16.p && t->fixed_bytes == FLOAT16_BYTES)
		t->meaning = MEANING_FLOAT16;
	return r < 0 ? r : 1;
}

static int read_converted(const struct type_hints *h, struct value_type *t)
{
	int64_t c = h->converted;
	bool is_64 = t->physical == PHYSICAL_INT64, is_32 = t->physical == PHYSICAL_INT32;

	if (c == CONVERTED_DECIMAL)
		return set_decimal(t, h->scale < 0 ? 0 : h->scale);
	if (c == CONVERTED_DATE && is_32) {
		t->meaning = MEANING_DATE;
	} else if ((c == CONVERTED_TIME_MILLIS && is_32) ||
		(c == CONVERTED_TIME_MICROS && is_64)) {
		t->meaning = MEANING_TIME;
		t->second_digits = c == CONVERTED_TIME_MILLIS ? 3 : 6;
	} else if ((c == CONVERTED_TIMESTAMP_MILLIS || c == CONVERTED_TIMESTAMP_MICROS) &&
		is_64) {
		t->meaning = MEANING_TIMESTAMP;
		t->second_digits = c == CONVERTED_TIMESTAMP_MILLIS ? 3 : 6;
	} else if (c >= CONVERTED_UINT_8 && c <= CONVERTED_UINT_64 && (is_32 || is_64)) {
		t->meaning = MEANING_UNSIGNED;
	}
	return 0;
}

int value_type_make(const struct type_hints *h, struct value_type *ret)
{
	struct value_type t = { .meaning = MEANING_PLAIN };
	int r = 0;

	if (h->physical < 0 || h->physical >= PHYSICAL_COUNT)
		return -EBADMSG;
	t.physical = (enum physical)h->physical;
	if (t.physical == PHYSICAL_FIXED) {
		if (h->fixed_bytes <= 0)
			return -EBADMSG;
		if (h->fixed_bytes > FIXED_BYTES_MAX)
			return -ENOTSUP;
		t.fixed_bytes = (uint32_t)h->fixed_bytes;
	} else if (t.physical == PHYSICAL_INT96) {
		t.fixed_bytes = INT96_BYTES;
		t.meaning = MEANING_TIMESTAMP;
		t.second_digits = 9;
	}
	if (h->logical.len > 0)
		r = read_logical(h->logical, &t);
	if (r == 0)
		r = read_converted(h, &t);
	if (r < 0)
		return r;
	*ret = t;
	return 0;
}
