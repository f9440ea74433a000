/* After Raffaele Giulietti, "The Schubfach way to render doubles": the numbers that read
 * back as v are an interval around it; its ends are scaled by a power of ten such that a
 * few integers are all there is to choose from. */
#include "aws/export/parquet/shortest.h"

#include <stdbool.h>
#include <string.h>

#include "aws/export/parquet/digits.h"
#include "aws/export/parquet/shortest_powers.h"

__extension__ typedef unsigned __int128 uint128;

enum { PLAIN_DIGITS_MAX = 21, PLAIN_ZEROS_MAX = 6, SHORT_PLACES = 10 };

/* significand * 2^exponent */
struct binary {
	uint64_t significand;
	int exponent;
	bool is_lower_closer; /* the number below is half as far as the one above */
};
/* digits * 10^exponent */
struct decimal {
	uint64_t digits;
	int exponent;
};

/* floor(log10(2^e)), and that of 3/4 of it. */
static int log10_of_2_to(int e, bool three_quarters)
{
	return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

static int log2_of_10_to(int e)
{
	return (e * 1741647) >> 19;
}

/* The product's high bits; the last tells whether anything was cut off. */
static uint64_t scale(struct power g, uint64_t n)
{
	uint128 low = (uint128)g.low * n, high = (uint128)g.high * n + (low >> 64);

	return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* Of all in between the one with the fewest digits, or the nearest. Scaled by four, so
 * that halves and quarters are integers too. */
static struct decimal choose(uint64_t lower, uint64_t v, uint64_t upper, int exponent)
{
	uint64_t s = v / 4, tens = s / 10, middle = 4 * s + 2;
	bool is_below, is_above;

	if (s >= 10) {
		is_below = lower <= 40 * tens;
		is_above = 40 * tens + 40 <= upper;
		if (is_below != is_above)
			return (struct decimal){ tens + is_above, exponent + 1 };
	}
	is_below = lower <= 4 * s;
	is_above = 4 * s + 4 <= upper;
	if (is_below != is_above)
		return (struct decimal){ s + is_above, exponent };
	return (struct decimal){ s + (v > middle || (v == middle && (s & 1))), exponent };
}

static struct decimal shorten(struct binary b)
{
	bool is_odd = b.significand & 1; /* the ends do not belong to it */
	int k = log10_of_2_to(b.exponent, b.is_lower_closer);
	int shift = b.exponent + log2_of_10_to(-k) + 1;
	struct power g = powers[-k - SHORTEST_POWER_MIN];
	uint64_t middle = 4 * b.significand;
	uint64_t lower = scale(g, (middle - 2 + b.is_lower_closer) << shift);
	uint64_t v = scale(g, middle << shift);
	uint64_t upper = scale(g, (middle + 2) << shift);

	return choose(lower + is_odd, v, upper - is_odd, k);
}

/* Integers are what they are. */
static bool is_integer(struct binary b, uint64_t *ret)
{
	if (b.exponent > 0 || b.exponent <= -64)
		return false;
	*ret = b.significand >> -b.exponent;
	return *ret << -b.exponent == b.significand;
}

static size_t put_exponent(char *p, int exponent)
{
	size_t len = 0;
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *first;

	p[len++] = 'e';
	if (exponent < 0)
		p[len++] = '-';
	first = digits_before(end, (uint64_t)(exponent < 0 ? -exponent : exponent));
	memcpy(p + len, first, (size_t)(end - first));
	return len + (size_t)(end - first);
}

static size_t put_plain(char *p, const char *digits, int count, int point)
{
	int whole = point < count ? point : count;
	char *start = p;

	memcpy(p, digits, (size_t)whole);
	p += whole;
	if (point > count) {
		memset(p, '0', (size_t)(point - count));
		p += point - count;
	} else if (point < count) {
		*p++ = '.';
		memcpy(p, digits + whole, (size_t)(count - whole));
		p += count - whole;
	}
	return (size_t)(p - start);
}

static size_t put(char *p, struct decimal d)
{
	char text[DIGITS_MAX], *end = text + sizeof(text), *digits;
	char *start = p;
	int count, point;

	digits = digits_before(end, d.digits);
	point = (int)(end - digits) + d.exponent;
	while (end - digits > 1 && end[-1] == '0')
		end--;
	count = (int)(end - digits);
	if (point > 0 && point <= PLAIN_DIGITS_MAX)
		return put_plain(p, digits, count, point);
	if (point <= 0 && point >= -PLAIN_ZEROS_MAX) {
		*p++ = '0';
		*p++ = '.';
		memset(p, '0', (size_t)-point);
		p += -point;
		memcpy(p, digits, (size_t)count);
		return (size_t)(p + count - start);
	}
	p += put_plain(p, digits, count, 1);
	return (size_t)(p - start) + put_exponent(p, point - 1);
}

static size_t format(struct binary b, bool is_negative, char *ret)
{
	struct decimal d = { 0, 0 };
	size_t len = 0;

	if (b.significand == 0) {
		ret[0] = '0';
		return 1;
	}
	if (is_negative)
		ret[len++] = '-';
	if (!is_integer(b, &d.digits))
		d = shorten(b);
	return len + put(ret + len, d);
}

static size_t format_special(uint64_t fraction, bool is_negative, char *ret)
{
	static const char texts[][4] = { "inf", "nan" };

	if (is_negative && !fraction)
		*ret++ = '-';
	memcpy(ret, texts[fraction != 0], 3);
	return is_negative && !fraction ? 4 : 3;
}

static struct binary binary_of(uint64_t fraction, unsigned exponent, int width, int bias)
{
	struct binary b = { fraction, 1 - bias - width, false };

	if (exponent > 0) {
		b.significand |= (uint64_t)1 << width;
		b.exponent += (int)exponent - 1;
		b.is_lower_closer = fraction == 0 && exponent > 1;
	}
	return b;
}

/* Amounts of money have ten places, mostly. A decimal of at most 15 digits reads as one
 * double, and no other of at most 15 digits reads as that: if it reads as this one, it is
 * the shortest, but for zeros at its end. Division rounds as reading does. */
static bool is_short(uint64_t bits, uint64_t *ret)
{
	static const double places = 1e10, most = 1e15;
	double value, scaled;
	uint64_t back;

	bits &= UINT64_MAX >> 1;
	memcpy(&value, &bits, sizeof(value));
	scaled = value * places;
	/* Not what is no number, either. */
	if (!(scaled < most))
		return false;
	*ret = (uint64_t)(scaled + 0.5);
	value = (double)*ret / places;
	memcpy(&back, &value, sizeof(back));
	return *ret > 0 && back == bits;
}

size_t shortest_double(uint64_t bits, char ret[SHORTEST_TEXT_MAX])
{
	uint64_t fraction = bits & (((uint64_t)1 << 52) - 1), digits;
	unsigned exponent = (unsigned)(bits >> 52) & 2047;

	if (exponent == 2047)
		return format_special(fraction, bits >> 63, ret);
	if (is_short(bits, &digits)) {
		*ret = '-';
		return (bits >> 63) +
			put(ret + (bits >> 63),
				(struct decimal){ digits, -SHORT_PLACES });
	}
	return format(binary_of(fraction, exponent, 52, 1023), bits >> 63, ret);
}

size_t shortest_float(uint32_t bits, char ret[SHORTEST_TEXT_MAX])
{
	uint32_t fraction = bits & 0x7fffff;
	unsigned exponent = bits >> 23 & 255;

	if (exponent == 255)
		return format_special(fraction, bits >> 31, ret);
	return format(binary_of(fraction, exponent, 23, 127), bits >> 31, ret);
}
