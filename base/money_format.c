/* The printing half of money.h. */
#include "base/money.h"

#include <endian.h>
#include <string.h>

#include "base/money_scale.h"

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

/* Eight digits, one a byte, the first one lowest: the reverse of digits_eight(). */
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
