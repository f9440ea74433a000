#include "aws/export/parquet/text.h"

#include <errno.h>

#include "aws/export/little.h"
#include "aws/export/parquet/digits.h"
#include "aws/export/parquet/shortest.h"

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

enum {
	TEXT_MAX = 96, /* of one value; 38 places behind "-0." are the longest */
	DECIMAL_BYTES = 16,
	DAY_SECONDS = 86400,
	JULIAN_EPOCH = 2440588, /* 1970-01-01 */
};

static const char truths[2][6] = { "false", "true" };

static char *put_digits(char *p, uint64_t n)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits);
	char *first = digits_before(end, n);

	memcpy(p, first, (size_t)(end - first));
	return p + (end - first);
}

static char *put_signed(char *p, int64_t n)
{
	uint64_t size = (uint64_t)n;

	if (n < 0) {
		*p++ = '-';
		size = 0 - size;
	}
	return put_digits(p, size);
}

/* All digits of a decimal, then the point among them. */
static char *put_decimal(char *p, int128 n, unsigned scale)
{
	const uint64_t billions = 1000000000000000000u; /* 10^18 */
	char digits[64], *end = digits + sizeof(digits), *first = end;
	uint128 size = n < 0 ? 0 - (uint128)n : (uint128)n;
	size_t len;

	while (size >= billions) {
		first -= 18;
		(void)digits_padded(first, (uint64_t)(size % billions), 18);
		size /= billions;
	}
	first = digits_before(first, (uint64_t)size);
	while ((size_t)(end - first) <= scale)
		*--first = '0';
	if (n < 0)
		*p++ = '-';
	len = (size_t)(end - first) - scale;
	memcpy(p, first, len);
	p += len;
	if (scale > 0) {
		*p++ = '.';
		memcpy(p, first + len, scale);
		p += scale;
	}
	return p;
}

struct date {
	int64_t year;
	unsigned month, day;
};

/* Days since 1970; years of 400 years' cycles that begin in March, so that the leap day
 * is the last. |days| is far from overflow. */
static struct date date_of(int64_t days)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	unsigned of_era = (unsigned)(shifted - era * 146097);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153;
	struct date d = { .day = of_year - (153 * month + 2) / 5 + 1,
		.month = month < 10 ? month + 3 : month - 9 };

	d.year = (int64_t)year + era * 400 + (d.month <= 2);
	return d;
}

static char *put_date(char *p, int64_t days)
{
	struct date d = date_of(days);

	if (d.year >= 0 && d.year <= 9999) {
		p = digits_padded(p, (uint64_t)d.year, 4);
	} else {
		*p++ = d.year < 0 ? '-' : '+';
		d.year = d.year < 0 ? -d.year : d.year;
		p = d.year < 1000 ? digits_padded(p, (uint64_t)d.year, 4)
				  : put_digits(p, (uint64_t)d.year);
	}
	*p++ = '-';
	p = digits_padded(p, d.month, 2);
	*p++ = '-';
	return digits_padded(p, d.day, 2);
}

/* Of a day. The fraction has as many places as it needs, by threes. */
static char *put_clock(char *p, uint64_t second, uint64_t fraction, unsigned places)
{
	p = digits_padded(p, second / 3600, 2);
	*p++ = ':';
	p = digits_padded(p, second / 60 % 60, 2);
	*p++ = ':';
	p = digits_padded(p, second % 60, 2);
	if (fraction == 0)
		return p;
	while (fraction % 1000 == 0) {
		fraction /= 1000;
		places -= 3;
	}
	*p++ = '.';
	return digits_padded(p, fraction, places);
}

static int64_t units_of(unsigned places)
{
	return places == 3 ? 1000 : places == 6 ? 1000000 : 1000000000;
}

static char *put_moment(char *p, int64_t seconds, uint64_t fraction, unsigned places)
{
	int64_t day = seconds / DAY_SECONDS, second = seconds % DAY_SECONDS;

	if (second < 0) {
		second += DAY_SECONDS;
		day--;
	}
	p = put_date(p, day);
	*p++ = 'T';
	p = put_clock(p, (uint64_t)second, fraction, places);
	*p++ = 'Z';
	return p;
}

static char *put_timestamp(char *p, int64_t n, unsigned places)
{
	int64_t units = units_of(places), seconds = n / units, fraction = n % units;

	if (fraction < 0) {
		fraction += units;
		seconds--;
	}
	return put_moment(p, seconds, (uint64_t)fraction, places);
}

/* Times of day that are none stay numbers. */
static char *put_time(char *p, int64_t n, unsigned places)
{
	int64_t units = units_of(places);

	if (n < 0 || n / units > DAY_SECONDS)
		return put_signed(p, n);
	return put_clock(p, (uint64_t)(n / units), (uint64_t)(n % units), places);
}

static char *put_plain(const struct value_type *t, char *p, int64_t n)
{
	if (t->physical == PHYSICAL_DOUBLE)
		return p + shortest_double((uint64_t)n, p);
	if (t->physical == PHYSICAL_FLOAT)
		return p + shortest_float((uint32_t)n, p);
	return put_signed(p, n);
}

static char *put_number(const struct value_type *t, char *p, int64_t n)
{
	switch (t->meaning) {
	case MEANING_UNSIGNED:
		return put_digits(
			p, t->physical == PHYSICAL_INT32 ? (uint32_t)n : (uint64_t)n);
	case MEANING_DECIMAL:
		return put_decimal(p, n, t->scale);
	case MEANING_DATE:
		return put_date(p, n);
	case MEANING_TIME:
		return put_time(p, n, t->second_digits);
	case MEANING_TIMESTAMP:
		return put_timestamp(p, n, t->second_digits);
	case MEANING_PLAIN:
	case MEANING_FLOAT16:
	case MEANING_UUID:
		break;
	}
	return put_plain(t, p, n);
}

int text_of_numbers(const struct value_type *t, const int64_t *numbers, size_t count,
	struct arena *a, struct span *ret)
{
	for (size_t i = 0; i < count; i++) {
		char *p;
		int r;

		if (t->physical == PHYSICAL_BOOLEAN) {
			const char *truth = truths[numbers[i] != 0];

			ret[i] = (struct span){ truth, strlen(truth) };
			continue;
		}
		/* Runs of one number are common, of 0 most of all. */
		if (i > 0 && numbers[i] == numbers[i - 1]) {
			ret[i] = ret[i - 1];
			continue;
		}
		r = arena_take(a, TEXT_MAX, &p);
		if (r < 0)
			return r;
		ret[i].p = p;
		p = put_number(t, p, numbers[i]);
		ret[i].len = (size_t)(p - ret[i].p);
		arena_trim(a, p);
	}
	return 0;
}

/* Two's complement, the highest byte first. */
static int decimal_of(struct span bytes, int128 *ret)
{
	uint128 n = bytes.len && (bytes.p[0] & 0x80) ? ~(uint128)0 : 0;

	for (size_t i = 0; i < bytes.len; i++) {
		/* What is shifted out may only repeat the sign. */
		if (i + DECIMAL_BYTES < bytes.len &&
			(unsigned char)bytes.p[i] != (unsigned char)n)
			return -EBADMSG;
		n = n << 8 | (unsigned char)bytes.p[i];
	}
	if (bytes.len > DECIMAL_BYTES &&
		((int128)n < 0) != ((unsigned char)bytes.p[0] >> 7))
		return -EBADMSG;
	*ret = (int128)n;
	return 0;
}

/* Nanoseconds of the day, then the Julian day; some writers have more than a day. */
static char *put_int96(char *p, const unsigned char *bytes)
{
	uint64_t nanos = little_u64(bytes);
	int64_t day = (int32_t)little_u32(bytes + 8);
	int64_t seconds = (int64_t)nanos / 1000000000, fraction;

	fraction = (int64_t)nanos % 1000000000;
	if (fraction < 0) {
		fraction += 1000000000;
		seconds--;
	}
	return put_moment(
		p, (day - JULIAN_EPOCH) * DAY_SECONDS + seconds, (uint64_t)fraction, 9);
}

/* Half precision has fewer bits than single, so nothing is lost. */
static char *put_float16(char *p, const unsigned char *bytes)
{
	unsigned half = little_u16(bytes), exponent = half >> 10 & 31;
	uint32_t fraction = half & 1023, sign = (uint32_t)half >> 15 << 31;
	uint32_t single = exponent + 112;

	if (exponent == 31) {
		single = 255;
	} else if (exponent == 0) {
		if (fraction == 0)
			return p + shortest_float(sign, p);
		for (single = 113; !(fraction & 1024); single--)
			fraction <<= 1;
		fraction &= 1023;
	}
	return p + shortest_float(sign | single << 23 | fraction << 13, p);
}

static char *put_uuid(char *p, const unsigned char *bytes)
{
	static const char hex[] = "0123456789abcdef";

	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[bytes[i] >> 4];
		*p++ = hex[bytes[i] & 15];
	}
	return p;
}

static int put_bytes(const struct value_type *t, char **p, struct span bytes)
{
	const unsigned char *b = (const unsigned char *)bytes.p;
	int128 n;
	int r;

	switch (t->meaning) {
	case MEANING_DECIMAL:
		r = decimal_of(bytes, &n);
		if (r < 0)
			return r;
		*p = put_decimal(*p, n, t->scale);
		return 0;
	case MEANING_TIMESTAMP:
		*p = put_int96(*p, b);
		return 0;
	case MEANING_FLOAT16:
		*p = put_float16(*p, b);
		return 0;
	case MEANING_UUID:
		*p = put_uuid(*p, b);
		return 0;
	case MEANING_PLAIN:
	case MEANING_UNSIGNED:
	case MEANING_DATE:
	case MEANING_TIME:
		break;
	}
	return -EBADMSG;
}

int text_of_spans(
	const struct value_type *t, struct span *spans, size_t count, struct arena *a)
{
	if (t->meaning == MEANING_PLAIN)
		return 0;
	for (size_t i = 0; i < count; i++) {
		char *p, *start;
		int r = arena_take(a, TEXT_MAX, &p);

		if (r < 0)
			return r;
		start = p;
		r = put_bytes(t, &p, spans[i]);
		if (r < 0)
			return r;
		spans[i] = (struct span){ start, (size_t)(p - start) };
		arena_trim(a, p);
	}
	return 0;
}
