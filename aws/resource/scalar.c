#include "aws/resource/scalar.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/day.h"

enum {
	FLOAT_DIGITS_MAX = 800, /* what is between two doubles has no more than 768 */
	FLOAT_CERTAIN = 15, /* so many digits come back from a double, always, */
	FLOAT_CERTAIN_POINT = 300, /* where its exponent is not near the ends */
	FLOAT_MOST = 17, /* so many tell each double from all others */
	FLOAT_TEXT = 32, /* holds FLOAT_MOST digits, and what %e puts around them */
	FLOAT_POINT_MIN = -3, /* repr() writes an exponent outside of these */
	FLOAT_POINT_MAX = 16,
	TIMESTAMP_FRONT = 19, /* 2026-11-01T12:00:00 */
	TIMESTAMP_MICROS = 6,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t count_digits(struct span text)
{
	size_t n = 0;

	while (n < text.len && is_digit(text.p[n]))
		n++;
	return n;
}

static bool take_byte(struct span *text, char byte)
{
	if (text->len == 0 || text->p[0] != byte)
		return false;
	*text = span_from(*text, 1);
	return true;
}

/* Whether there was a minus. */
static bool take_sign(struct span *text)
{
	if (take_byte(text, '-'))
		return true;
	(void)take_byte(text, '+');
	return false;
}

static struct span skip_zeros(struct span text)
{
	while (take_byte(&text, '0'))
		;
	return text;
}

int scalar_boolean(struct buf *b, struct span text)
{
	return buf_append_text(b, span_eq(text, SPAN("true")) ? "true" : "false");
}

int scalar_integer(struct buf *b, struct span text)
{
	struct span digits = span_trim(text);
	bool is_negative = take_sign(&digits);
	int r;

	if (!span_is_digits(digits))
		return buf_append_json(b, text);
	digits = skip_zeros(digits);
	if (digits.len == 0)
		return buf_append_byte(b, '0');
	r = buf_reserve(b, digits.len + 1);
	if (r == 0 && is_negative)
		r = buf_append_byte(b, '-');
	return r < 0 ? r : buf_append_span(b, digits);
}

/* 0.DIGITS * 10^point, without its sign. Zero has no digits. */
struct number {
	char digits[FLOAT_DIGITS_MAX];
	size_t count;
	int point;
	bool is_cut; /* there were more digits */
};

static void take_digit(struct number *n, char digit, bool is_fraction)
{
	bool counts = n->count > 0 || digit != '0';

	if (counts && n->count < sizeof(n->digits))
		n->digits[n->count++] = digit;
	else if (digit != '0')
		n->is_cut = true;
	/* At most the length of a text, which an int holds. */
	if (is_fraction)
		n->point -= !counts;
	else
		n->point += counts;
}

static size_t take_digits(struct number *n, struct span *text, bool is_fraction)
{
	size_t count = count_digits(*text);

	for (size_t i = 0; i < count; i++)
		take_digit(n, text->p[i], is_fraction);
	*text = span_from(*text, count);
	return count;
}

static bool take_exponent(struct number *n, struct span text)
{
	bool is_negative = take_sign(&text);
	uint64_t exponent;

	if (span_parse_u64(text, 100000, &exponent) < 0)
		return false;
	n->point += is_negative ? -(int)exponent : (int)exponent;
	return true;
}

static void cut_zeros(struct number *n)
{
	while (n->count > 0 && n->digits[n->count - 1] == '0')
		n->count--;
}

/* Digits, with a point and an exponent where there are such. */
static bool read_number(struct span text, struct number *ret)
{
	size_t count = take_digits(ret, &text, false);

	if (take_byte(&text, '.'))
		count += take_digits(ret, &text, true);
	if (count == 0)
		return false;
	if (!ret->is_cut)
		cut_zeros(ret);
	if (take_byte(&text, 'e') || take_byte(&text, 'E'))
		return take_exponent(ret, text);
	return text.len == 0;
}

static double value_of(const struct number *n, locale_t plain)
{
	char text[FLOAT_DIGITS_MAX + FLOAT_TEXT];

	(void)snprintf(text, sizeof(text), "%.*s%se%d", (int)n->count, n->digits,
		n->is_cut ? "1" : "", n->point - (int)n->count - n->is_cut);
	return strtod_l(text, NULL, plain);
}

/* "1.2345e+06" of printf(); false for its "inf". Whatever the locale's point is, it has
 * no digits. */
static bool read_printed(const char *printed, struct number *ret)
{
	struct span text = span_of(printed);
	size_t e = span_find(text, 'e');

	for (size_t i = 0; i < e; i++)
		if (is_digit(text.p[i]))
			ret->digits[ret->count++] = text.p[i];
	cut_zeros(ret);
	ret->point = 1;
	return take_exponent(ret, span_from(text, e + 1));
}

/* Into the fewest digits that read back as the same double. False for what none holds. */
static bool shorten(struct number *n, locale_t plain)
{
	double value = value_of(n, plain);

	for (int digits = 1; digits <= FLOAT_MOST; digits++) {
		struct number shorter = { .count = 0 };
		char printed[FLOAT_TEXT];
		double back;

		(void)snprintf(printed, sizeof(printed), "%.*e", digits - 1, value);
		if (!read_printed(printed, &shorter))
			return false;
		back = value_of(&shorter, plain);
		if (back >= value && back <= value) {
			*n = shorter;
			return true;
		}
	}
	return false;
}

/* Zeros count as digits before and behind those that there are. */
static int append_digits(struct buf *b, const struct number *n, int from, int to)
{
	int r = 0;

	for (int i = from; i < to && r == 0; i++)
		r = buf_append_byte(b, i >= 0 && i < (int)n->count ? n->digits[i] : '0');
	return r;
}

/* repr() of Python */
static int append_number(struct buf *b, const struct number *n)
{
	int count = (int)n->count, point = count ? n->point : 1, r;

	if (point >= FLOAT_POINT_MIN && point <= FLOAT_POINT_MAX) {
		r = append_digits(b, n, point > 0 ? 0 : point - 1, point);
		if (r == 0)
			r = buf_append_byte(b, '.');
		if (r == 0)
			r = append_digits(b, n, point, count > point ? count : point + 1);
		return r;
	}
	r = append_digits(b, n, 0, 1);
	if (r == 0 && count > 1)
		r = buf_append_byte(b, '.');
	if (r == 0)
		r = append_digits(b, n, 1, count);
	if (r == 0)
		r = buf_appendf(b, "e%+03d", point - 1);
	return r;
}

int scalar_float(struct buf *b, struct span text)
{
	struct span rest = span_trim(text);
	bool is_negative = take_sign(&rest), is_known;
	struct number n = { .count = 0 };
	size_t before = b->len;
	int r = 0;

	is_known = read_number(rest, &n);
	if (is_known && n.count > 0 &&
		(n.count > FLOAT_CERTAIN || abs(n.point) > FLOAT_CERTAIN_POINT)) {
		locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);

		if (plain == (locale_t)0)
			return -ENOMEM;
		is_known = shorten(&n, plain);
		freelocale(plain);
	}
	if (!is_known)
		return buf_append_json(b, text);
	if (is_negative)
		r = buf_append_byte(b, '-');
	if (r == 0)
		r = append_number(b, &n);
	if (r < 0)
		buf_truncate(b, before);
	return r;
}

/* ".123" into 6 digits; none where all are zeros. */
static bool take_micros(struct span *text, char ret[TIMESTAMP_MICROS + 1])
{
	size_t count;

	memset(ret, 0, TIMESTAMP_MICROS + 1);
	if (!take_byte(text, '.'))
		return true;
	count = count_digits(*text);
	if (count == 0)
		return false;
	for (size_t i = 0; i < TIMESTAMP_MICROS; i++)
		ret[i] = i < count ? text->p[i] : '0';
	if (strspn(ret, "0") == TIMESTAMP_MICROS)
		ret[0] = '\0';
	*text = span_from(*text, count);
	return true;
}

static unsigned two_digits(const char *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* "", "Z", "+hh:mm" or "+hhmm" into "" or "+hh:mm". */
static bool take_offset(struct span text, char ret[8])
{
	char sign = text.len ? text.p[0] : '\0', digits[4];
	size_t count = 0;

	ret[0] = '\0';
	if (text.len == 0)
		return true;
	if (span_eq(text, SPAN("Z"))) {
		memcpy(ret, "+00:00", sizeof("+00:00"));
		return true;
	}
	if (sign != '+' && sign != '-')
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (is_digit(text.p[i]) && count < sizeof(digits))
			digits[count++] = text.p[i];
		else if (text.p[i] != ':' || i != 3)
			return false;
	}
	if (count < sizeof(digits) || two_digits(digits) > 23 ||
		two_digits(digits + 2) > 59)
		return false;
	if (memcmp(digits, "0000", sizeof(digits)) == 0)
		sign = '+';
	(void)snprintf(ret, 8, "%c%.2s:%.2s", sign, digits, digits + 2);
	return true;
}

int scalar_timestamp(struct buf *b, struct span text)
{
	struct span front = span_first(text, TIMESTAMP_FRONT);
	struct span rest = span_from(text, TIMESTAMP_FRONT);
	char micros[TIMESTAMP_MICROS + 1], offset[8];
	struct instant t;

	if (front.len < TIMESTAMP_FRONT || instant_parse(front, &t) < 0 ||
		!take_micros(&rest, micros) || !take_offset(rest, offset))
		return buf_append_json(b, text);
	return buf_appendf(b, "\"%.*sT%.*s%s%s%s\"", DAY_TEXT, front.p,
		TIMESTAMP_FRONT - DAY_TEXT - 1, front.p + DAY_TEXT + 1,
		micros[0] ? "." : "", micros, offset);
}
