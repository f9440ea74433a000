#include "base/money.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

__extension__ typedef unsigned __int128 money_uint;

enum { MONEY_SHORT = 24, MONEY_DIGITS_MAX = 39 };

static const uint64_t pow10[MONEY_SCALE + 1] = {
	1ULL,
	10ULL,
	100ULL,
	1000ULL,
	10000ULL,
	100000ULL,
	1000000ULL,
	10000000ULL,
	100000000ULL,
	1000000000ULL,
	10000000000ULL,
	100000000000ULL,
	1000000000000ULL,
	10000000000000ULL,
	100000000000000ULL,
	1000000000000000ULL,
	10000000000000000ULL,
	100000000000000000ULL,
	1000000000000000000ULL,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Eight bytes at once, when all are digits: each step joins neighbours into lanes of
 * twice the width (pairs, fours, all eight). */
static bool parse_eight(const char *p, uint64_t *ret)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	v = le64toh(v) ^ 0x3030303030303030ULL;
	if (((v + 0x0606060606060606ULL) | v) & 0xF0F0F0F0F0F0F0F0ULL)
		return false;
	v = (v * 10 + (v >> 8)) & 0x00FF00FF00FF00FFULL;
	v = (v * 100 + (v >> 16)) & 0x0000FFFF0000FFFFULL;
	*ret = (v * 10000 + (v >> 32)) & 0xFFFFFFFFULL;
	return true;
}

/* Digits from p on, appended to *value (which wraps; the caller counts them). */
static const char *take_digits(const char *p, const char *end, uint64_t *value)
{
	uint64_t eight;

	while (end - p >= 8 && parse_eight(p, &eight)) {
		*value = *value * 100000000 + eight;
		p += 8;
	}
	for (; p < end && is_digit(*p); p++)
		*value = *value * 10 + (uint64_t)(*p - '0');
	return p;
}

/* "E-8", to the end, at most two digits. */
static bool parse_short_exponent(const char *p, const char *end, int *ret)
{
	bool negative;
	int value = 0;

	if ((*p | 0x20) != 'e')
		return false;
	p++;
	negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end || end - p > 2)
		return false;
	for (; p < end; p++) {
		if (!is_digit(*p))
			return false;
		value = value * 10 + (*p - '0');
	}
	*ret = negative ? -value : value;
	return true;
}

/* What nearly every field is: at most 19 digits, and a result that is exact. False if it
 * is not that; parse_long() then decides. */
static bool parse_short(struct span text, struct money *ret)
{
	const char *p = text.p;
	const char *end;
	const char *start;
	bool negative;
	uint64_t value = 0;
	ptrdiff_t digits;
	ptrdiff_t places = 0;
	int exponent = 0;
	ptrdiff_t scale;
	money_int units;

	if (text.len == 0 || text.len > MONEY_SHORT)
		return false;
	end = p + text.len;
	negative = *p == '-';
	start = p += negative;
	p = take_digits(p, end, &value);
	digits = p - start;
	if (p < end && *p == '.') {
		start = p + 1;
		p = take_digits(start, end, &value);
		places = p - start;
		digits += places;
	}
	if (digits == 0 || digits > 19)
		return false;
	if (p < end && !parse_short_exponent(p, end, &exponent))
		return false;
	scale = MONEY_SCALE - places + exponent;
	if (scale < 0 || scale > MONEY_SCALE)
		return false;
	/* Below 10^19 * 10^18, so it fits. */
	units = (money_int)value * (money_int)pow10[scale];
	ret->units = negative ? -units : units;
	return true;
}

/* A number of any length, taken apart. */
struct decimal {
	bool negative;
	struct span whole;
	struct span fraction;
	int64_t exponent; /* cut to +-EXPONENT_MAX */
};

/* More than any text has digits, and far from overflow when these are added. */
#define EXPONENT_MAX ((int64_t)1 << 60)

static struct span leading_digits(struct span s)
{
	size_t len = 0;

	while (len < s.len && is_digit(s.p[len]))
		len++;
	return span_first(s, len);
}

static bool take_byte(struct span *s, char a, char b)
{
	if (s->len == 0 || (s->p[0] != a && s->p[0] != b))
		return false;
	*s = span_from(*s, 1);
	return true;
}

static int parse_exponent(struct span text, int64_t *ret)
{
	bool negative = text.len && text.p[0] == '-';
	int64_t value = 0;

	(void)take_byte(&text, '-', '+');
	if (!span_is_digits(text))
		return -EINVAL;
	for (size_t i = 0; i < text.len && value < EXPONENT_MAX / 10; i++)
		value = value * 10 + (text.p[i] - '0');
	*ret = negative ? -value : value;
	return 0;
}

static int parse_decimal(struct span text, struct decimal *ret)
{
	struct decimal d = { .negative = text.len && text.p[0] == '-' };
	int r;

	(void)take_byte(&text, '-', '+');
	d.whole = leading_digits(text);
	text = span_from(text, d.whole.len);
	if (take_byte(&text, '.', '.')) {
		d.fraction = leading_digits(text);
		text = span_from(text, d.fraction.len);
	}
	if (d.whole.len == 0 && d.fraction.len == 0)
		return -EINVAL;
	if (take_byte(&text, 'e', 'E')) {
		r = parse_exponent(text, &d.exponent);
		if (r < 0)
			return r;
	} else if (text.len) {
		return -EINVAL;
	}
	*ret = d;
	return 0;
}

/* The digit at that place counted from the front; zeros follow the last one. */
static unsigned digit_at(const struct decimal *d, size_t at)
{
	if (at < d->whole.len)
		return (unsigned)(d->whole.p[at] - '0');
	at -= d->whole.len;
	return at < d->fraction.len ? (unsigned)(d->fraction.p[at] - '0') : 0;
}

static bool is_zero_from(const struct decimal *d, size_t at)
{
	for (; at < d->whole.len + d->fraction.len; at++)
		if (digit_at(d, at) != 0)
			return false;
	return true;
}

/* The first count digits from `from` on are the number, the others are rounded away. */
static int round_digits(const struct decimal *d, size_t from, int count,
	struct money *ret, bool *ret_rounded)
{
	const money_uint limit = ((money_uint)1 << 127) - !d->negative;
	money_uint value = 0;
	size_t next = from + (size_t)count;
	unsigned lost = digit_at(d, next);
	bool more = !is_zero_from(d, next + 1);
	bool up;

	for (size_t at = from; at < next; at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, digit_at(d, at), &value))
			return -ERANGE;
	up = lost > 5 || (lost == 5 && (more || value % 2 == 1));
	if (value > limit - up)
		return -ERANGE;
	value += up;
	ret->units = (money_int)(d->negative ? -value : value);
	if (ret_rounded && (lost || more))
		*ret_rounded = true;
	return 0;
}

static int parse_long(struct span text, struct money *ret, bool *ret_rounded)
{
	struct decimal d;
	size_t first = 0;
	int64_t count; /* of digits, once it is a number of units */
	int r = parse_decimal(text, &d);

	if (r < 0)
		return r;
	while (first < d.whole.len + d.fraction.len && digit_at(&d, first) == 0)
		first++;
	if (first == d.whole.len + d.fraction.len) {
		*ret = (struct money){ 0 };
		return 0;
	}
	count = (int64_t)d.whole.len - (int64_t)first + d.exponent + MONEY_SCALE;
	if (count > MONEY_DIGITS_MAX)
		return -ERANGE;
	if (count >= 0)
		return round_digits(&d, first, (int)count, ret, ret_rounded);
	*ret = (struct money){ 0 };
	if (ret_rounded)
		*ret_rounded = true;
	return 0;
}

int money_parse(struct span text, struct money *ret, bool *ret_rounded)
{
	if (parse_short(text, ret))
		return 0;
	return parse_long(text, ret, ret_rounded);
}

static money_uint magnitude(struct money m)
{
	return m.units < 0 ? -(money_uint)m.units : (money_uint)m.units;
}

/* Whole part; *ret_fraction is below 10^18. */
static money_uint split_units(money_uint units, uint64_t *ret_fraction)
{
	const uint64_t one = pow10[MONEY_SCALE];
	money_uint whole;

	/* 10^18 is 2^18 * 5^18: below 4.8 million, a shift makes it a division of 64 bits
	 * by a constant, which is a multiplication. */
	if (units >> (64 + MONEY_SCALE) == 0)
		whole = (uint64_t)(units >> MONEY_SCALE) / (one >> MONEY_SCALE);
	else
		whole = units / one;
	*ret_fraction = (uint64_t)units - (uint64_t)whole * one;
	return whole;
}

/* Eight digits, one a byte, the first one lowest: the reverse of parse_eight(). */
static uint64_t spread_eight(uint32_t value)
{
	uint64_t v = value / 10000 | (uint64_t)(value % 10000) << 32;
	uint64_t high = (v * 5243 >> 19) & 0x0000007F0000007FULL; /* v / 100 */

	v = high | (v - high * 100) << 16;
	high = (v * 103 >> 10) & 0x000F000F000F000FULL; /* v / 10 */
	return high | (v - high * 10) << 8;
}

static void put_eight(char *p, uint64_t digits)
{
	digits = htole64(digits | 0x3030303030303030ULL);
	memcpy(p, &digits, sizeof(digits));
}

/* Digits up to the last one that is not zero. */
static size_t count_significant(uint64_t digits)
{
	return digits ? 8 - (size_t)__builtin_clzll(digits) / 8 : 0;
}

/* Up to 18 places, at least two; scribbles on up to 18 bytes. */
static char *put_fraction(char *p, uint64_t fraction)
{
	uint64_t rest = fraction % pow10[10];
	uint64_t digits = spread_eight((uint32_t)(fraction / pow10[10]));
	size_t len = count_significant(digits);

	put_eight(p, digits);
	if (rest == 0)
		return p + (len < 2 ? 2 : len);
	digits = spread_eight((uint32_t)(rest / 100));
	put_eight(p + 8, digits);
	rest %= 100;
	if (rest == 0)
		return p + 8 + count_significant(digits);
	p[16] = (char)('0' + rest / 10);
	p[17] = (char)('0' + rest % 10);
	return p + (rest % 10 ? 18 : 17);
}

static char *put_u64(char *p, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	if (value < 10) {
		*p = (char)('0' + value);
		return p + 1;
	}
	for (; value; value /= 10)
		digits[--at] = (char)('0' + value % 10);
	memcpy(p, digits + at, sizeof(digits) - at);
	return p + sizeof(digits) - at;
}

static char *put_two(char *p, unsigned value)
{
	p[0] = (char)('0' + value / 10);
	p[1] = (char)('0' + value % 10);
	return p + 2;
}

static char *put_uint(char *p, money_uint value)
{
	uint64_t low;
	char *end;

	if (value <= UINT64_MAX)
		return put_u64(p, (uint64_t)value);
	low = (uint64_t)(value % pow10[18]);
	p = put_uint(p, value / pow10[18]);
	end = p + 18;
	for (char *at = end; at > p; low /= 10)
		*--at = (char)('0' + low % 10);
	return end;
}

size_t money_format(struct money m, char ret[MONEY_TEXT_MAX])
{
	char *p = ret;
	uint64_t fraction;
	money_uint whole = split_units(magnitude(m), &fraction);

	if (m.units < 0)
		*p++ = '-';
	p = put_uint(p, whole);
	*p++ = '.';
	p = put_fraction(p, fraction);
	return (size_t)(p - ret);
}

size_t money_format_cents(struct money m, char ret[MONEY_TEXT_MAX])
{
	const uint64_t cent = pow10[MONEY_SCALE - 2];
	char *p = ret;
	uint64_t fraction;
	money_uint whole = split_units(magnitude(m), &fraction);
	unsigned cents = (unsigned)(fraction / cent);
	uint64_t lost = fraction % cent;

	if (lost > cent / 2 || (lost == cent / 2 && cents % 2 == 1))
		cents++;
	if (cents == 100) {
		cents = 0;
		whole++;
	}
	if (m.units < 0 && (whole || cents))
		*p++ = '-';
	p = put_uint(p, whole);
	*p++ = '.';
	p = put_two(p, cents);
	return (size_t)(p - ret);
}

/* One step of long division: the next decimal digit of *rest / whole. By addition,
 * because 10 * *rest may not fit; *rest < whole <= 2^127, so the sum of two does. */
static unsigned next_digit(money_uint *rest, money_uint whole)
{
	money_uint sum = 0;
	unsigned digit = 0;

	for (int i = 0; i < 10; i++) {
		sum += *rest;
		if (sum >= whole) {
			sum -= whole;
			digit++;
		}
	}
	*rest = sum;
	return digit;
}

size_t money_format_percent(
	struct money part, struct money whole, char ret[MONEY_TEXT_MAX])
{
	char *p = ret;
	money_uint by = magnitude(whole);
	money_uint ratio;
	money_uint rest;
	unsigned parts = 0; /* of the ratio's fraction, 10^-4 */

	if (by == 0)
		return 0;
	ratio = magnitude(part) / by;
	rest = magnitude(part) % by;
	for (int i = 0; i < 4; i++)
		parts = parts * 10 + next_digit(&rest, by);
	if (rest * 2 > by || (rest * 2 == by && parts % 2 == 1))
		parts++;
	if (parts == 10000) {
		parts = 0;
		ratio++;
	}
	if ((part.units < 0) != (whole.units < 0) && (ratio || parts))
		*p++ = '-';
	/* ratio * 100 may not fit, but its digits come first. */
	if (ratio) {
		p = put_uint(p, ratio);
		p = put_two(p, parts / 100);
	} else {
		p = put_u64(p, parts / 100);
	}
	*p++ = '.';
	p = put_two(p, parts % 100);
	return (size_t)(p - ret);
}
