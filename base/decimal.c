#include "base/decimal.h"

#include <errno.h>

#include "base/digits.h"

enum { EXPONENT_MAX = 100000 };

/* Where the parts of a number stand. */
struct parts {
	struct span whole, places;
	long exponent;
	bool is_negative;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct span take_digits(struct span *rest)
{
	size_t len = 0;
	struct span digits;

	while (len < rest->len && is_digit(rest->p[len]))
		len++;
	digits = span_first(*rest, len);
	*rest = span_from(*rest, len);
	return digits;
}

static bool take_one(struct span *rest, char a, char b)
{
	if (rest->len == 0 || (rest->p[0] != a && rest->p[0] != b))
		return false;
	*rest = span_from(*rest, 1);
	return true;
}

/* Behind the 'e'. More than EXPONENT_MAX is as good as EXPONENT_MAX: it fits nowhere. */
static int take_exponent(struct span *rest, long *ret)
{
	bool is_negative = rest->len > 0 && rest->p[0] == '-';
	struct span digits;
	long exponent = 0;

	(void)take_one(rest, '+', '-');
	digits = take_digits(rest);
	if (digits.len == 0)
		return -EINVAL;
	for (size_t i = 0; i < digits.len && exponent < EXPONENT_MAX; i++)
		exponent = exponent * 10 + (digits.p[i] - '0');
	*ret = is_negative ? -exponent : exponent;
	return 0;
}

static int split(struct span text, struct parts *ret)
{
	struct parts p = { .is_negative = text.len > 0 && text.p[0] == '-' };

	(void)take_one(&text, '+', '-');
	p.whole = take_digits(&text);
	if (take_one(&text, '.', '.'))
		p.places = take_digits(&text);
	if (p.whole.len + p.places.len == 0)
		return -EINVAL;
	if (take_one(&text, 'e', 'E') && take_exponent(&text, &p.exponent) < 0)
		return -EINVAL;
	if (text.len > 0)
		return -EINVAL;
	*ret = p;
	return 0;
}

/* All digits are one row, numbered from 0; '0' outside of it. */
static char digit_at(const struct parts *p, long i)
{
	if (i < 0)
		return '0';
	if ((size_t)i < p->whole.len)
		return p->whole.p[i];
	i -= (long)p->whole.len;
	return (size_t)i < p->places.len ? p->places.p[i] : '0';
}

ssize_t decimal_plain(struct span text, char *ret, size_t room)
{
	struct parts p = { .exponent = 0 };
	long first = 0, end, point, last;
	size_t len = 0;
	int r = split(text, &p);

	if (r < 0)
		return r;
	end = (long)(p.whole.len + p.places.len);
	while (first < end && digit_at(&p, first) == '0')
		first++;
	while (end > first && digit_at(&p, end - 1) == '0')
		end--;
	if (first == end) { /* zero, whatever its sign and exponent */
		p = (struct parts){ .exponent = 0 };
		first = end = 0;
	}
	/* The digit behind the point: one stands before it, two behind it at least. */
	point = (long)p.whole.len + p.exponent;
	first = first < point && first < end ? first : point - 1;
	last = end > point + 2 ? end : point + 2;
	if ((size_t)(last - first) + 1 + p.is_negative > room)
		return -EFBIG;
	if (p.is_negative)
		ret[len++] = '-';
	for (long i = first; i < last; i++) {
		if (i == point)
			ret[len++] = '.';
		ret[len++] = digit_at(&p, i);
	}
	return (ssize_t)len;
}

size_t decimal_short(struct span text, char *ret)
{
	size_t sign = text.len > 0 && text.p[0] == '-', point, end;
	struct digits d;

	if (!digits_read(span_from(text, sign), &d))
		return 0;
	point = d.point;
	end = digits_end(&d);
	/* Zeros stand before the point alone, and have no sign. */
	if (point == 0 || ((d.low & 0xFF) == 0 && (point > 1 || (sign && end <= 2))))
		return 0;
	ret[0] = '-';
	ret += sign;
	word_store(ret, d.low ^ WORD_ALL('0'));
	word_store(ret + WORD, d.high ^ WORD_ALL('0'));
	word_store(ret + (size_t)2 * WORD, WORD_ALL('0'));
	ret[point] = '.';
	return sign + (end > point + 3 ? end : point + 3);
}
