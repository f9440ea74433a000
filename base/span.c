#include "base/span.h"

#include <errno.h>
#include <string.h>

struct span span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

static unsigned char lower(char byte)
{
	unsigned char c = (unsigned char)byte;

	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

bool span_eq_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int span_cmp(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int r = len ? memcmp(a.p, b.p, len) : 0;

	return r ? r : (a.len > b.len) - (a.len < b.len);
}

size_t span_rfind(struct span s, char byte)
{
	const char *at = s.len ? memrchr(s.p, byte, s.len) : NULL;

	return at ? (size_t)(at - s.p) : s.len;
}

bool span_split(struct span *rest, char separator, struct span *ret_part)
{
	size_t at;

	if (!rest->p)
		return false;
	at = span_find(*rest, separator);
	*ret_part = span_first(*rest, at);
	if (at == rest->len)
		*rest = (struct span){ 0 };
	else
		*rest = span_from(*rest, at + 1);
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_trim(struct span s)
{
	while (s.len && is_space(s.p[0]))
		s = span_from(s, 1);
	while (s.len && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool span_is_digits(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.len > 0;
}

int span_parse_u64(struct span s, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!span_is_digits(s))
		return -EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit = (uint64_t)(s.p[i] - '0');

		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, digit, &value))
			return -ERANGE;
	}
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}
