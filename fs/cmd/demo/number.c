/* Decimal arithmetic and the two spellings of numbers that AWS's files mix. */
#include "fs/cmd/demo/number.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/money.h"

enum { PLACES = 10, DIGITS_MAX = 20 };

int64_t e10_share(int64_t a, int64_t part, int64_t whole)
{
	money_int product = (money_int)a * part;
	money_int quotient, rest;

	assert(whole > 0);
	quotient = product / whole;
	rest = (product % whole) * 2;
	if (rest < 0)
		rest = -rest;
	if (rest > whole || (rest == whole && quotient % 2 != 0))
		quotient += product < 0 ? -1 : 1;
	assert(quotient <= INT64_MAX && quotient >= -INT64_MAX);
	return (int64_t)quotient;
}

int64_t e10_mul(int64_t a, int64_t b)
{
	return e10_share(a, b, E10);
}

/* At least min_digits, zeros in front. */
static size_t digits_print(uint64_t value, size_t min_digits, char *ret)
{
	char reversed[DIGITS_MAX];
	size_t len = 0;

	while (value != 0 || len < min_digits) {
		reversed[len++] = (char)('0' + value % 10);
		value /= 10;
	}
	for (size_t i = 0; i < len; i++)
		ret[i] = reversed[len - 1 - i];
	return len;
}

/* Java's Double.toString() for 10^-3 <= value < 10^7 and zero. */
static size_t plain_print(uint64_t value, bool fixed, char *ret)
{
	uint64_t fraction = value % (uint64_t)E10;
	size_t len = digits_print(value / (uint64_t)E10, 1, ret);
	size_t places = PLACES;

	ret[len++] = '.';
	(void)digits_print(fraction, PLACES, ret + len);
	while (!fixed && places > 1 && ret[len + places - 1] == '0')
		places--;
	return len + places;
}

/* Java's spelling of all other values: one digit before the point. */
static size_t exponent_print(uint64_t value, char *ret)
{
	char digits[DIGITS_MAX];
	size_t count = digits_print(value, 1, digits);
	int exponent = (int)count - 1 - PLACES;
	size_t len = 0;

	while (count > 2 && digits[count - 1] == '0')
		count--;
	ret[len++] = digits[0];
	ret[len++] = '.';
	if (count == 1)
		ret[len++] = '0';
	memcpy(ret + len, digits + 1, count - 1);
	len += count - 1;
	ret[len++] = 'E';
	if (exponent < 0)
		ret[len++] = '-';
	len += digits_print(
		(uint64_t)(exponent < 0 ? -exponent : exponent), 1, ret + len);
	return len;
}

size_t number_print(int64_t e10, enum number_style style, char *ret)
{
	uint64_t value = e10 < 0 ? -(uint64_t)e10 : (uint64_t)e10;
	size_t len = 0;

	if (e10 < 0)
		ret[len++] = '-';
	if (style == NUMBER_FIXED)
		return len + plain_print(value, true, ret + len);
	if (value == 0 ||
		(value >= (uint64_t)E10 / 1000 && value < (uint64_t)E10 * 10000000))
		return len + plain_print(value, false, ret + len);
	return len + exponent_print(value, ret + len);
}

double number_double(int64_t e10)
{
	int64_t scale = E10;

	while (scale > 1 && e10 % 10 == 0) {
		e10 /= 10;
		scale /= 10;
	}
	/* Both are exact, so that the quotient is the nearest double; and of 15 digits
	 * each has a double of its own. */
	assert(e10 < INT64_C(1000000000000000) && e10 > -INT64_C(1000000000000000));
	return (double)e10 / (double)scale;
}
