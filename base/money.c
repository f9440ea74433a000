#include "base/money.h"

#include <errno.h>
#include <string.h>

#include "base/digits.h"
#include "base/money_scale.h"

enum { MONEY_SHORT = 24, MONEY_DIGITS_MAX = 39 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Eight bytes at once, when all are digits. */
static bool parse_eight(const char *p, uint64_t *ret)
{
	uint64_t v = word_load(p) ^ WORD_ALL('0');

	if (digits_others(v))
		return false;
	*ret = digits_eight(v);
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

/* What nearly every field is. */
static bool parse_digits(struct span text, struct money *ret)
{
	bool negative = text.len > 0 && text.p[0] == '-';
	struct digits d;
	money_int units;

	if (!digits_read(span_from(text, negative), &d) ||
		(d.point == 0 && text.len == 1U + negative))
		return false;
	/* Sixteen digits, of which d.point are whole: below 10^16 * 10^18, so it fits. */
	units = (money_int)digits_value(&d) *
		(money_int)pow10[MONEY_SCALE - 16 + d.point];
	ret->units = negative ? -units : units;
	return true;
}

/* What others are: at most 19 digits, and a result that is exact. False if it
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
	if (parse_digits(text, ret) || parse_short(text, ret))
		return 0;
	return parse_long(text, ret, ret_rounded);
}
