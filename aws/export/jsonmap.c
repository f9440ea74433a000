#include "aws/export/jsonmap.h"

#include <errno.h>
#include <string.h>

void jsonmap_init(struct jsonmap *m, struct span text, char *scratch)
{
	*m = (struct jsonmap){
		.start = text.p,
		.p = text.p,
		.end = text.len ? text.p + text.len : text.p,
		.scratch = scratch,
	};
}

size_t jsonmap_offset(const struct jsonmap *m)
{
	return (size_t)(m->p - m->start);
}

static bool at(const struct jsonmap *m, char c)
{
	return m->p < m->end && *m->p == c;
}

static bool take(struct jsonmap *m, char c)
{
	if (!at(m, c))
		return false;
	m->p++;
	return true;
}

static void pass_space(struct jsonmap *m)
{
	while (m->p < m->end &&
		(*m->p == ' ' || *m->p == '\t' || *m->p == '\n' || *m->p == '\r'))
		m->p++;
}

static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;

/* Is any of eight bytes a quote, a backslash or a control character? */
static bool any_special(uint64_t eight)
{
	uint64_t quote = eight ^ (ones * '"');
	uint64_t backslash = eight ^ (ones * '\\');

	return ((((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
			((eight - ones * 0x20) & ~eight)) &
		       tops) != 0;
}

/* Moves over what stands for itself in a string. */
static void pass_plain(struct jsonmap *m)
{
	uint64_t eight;

	for (; m->end - m->p >= 8; m->p += 8) {
		memcpy(&eight, m->p, sizeof(eight));
		if (any_special(eight))
			break;
	}
	while (m->p < m->end && *m->p != '"' && *m->p != '\\' &&
		(unsigned char)*m->p >= 0x20)
		m->p++;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Four hex digits. */
static int read_unit(struct jsonmap *m, uint32_t *ret)
{
	uint32_t unit = 0;

	for (int i = 0; i < 4; i++, m->p++) {
		int digit = m->p < m->end ? hex_digit(*m->p) : -1;

		if (digit < 0)
			return -EBADMSG;
		unit = unit * 16 + (uint32_t)digit;
	}
	*ret = unit;
	return 0;
}

static char *write_utf8(char *to, uint32_t code)
{
	if (code < 0x80) {
		*to++ = (char)code;
	} else if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
		*to++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*to++ = (char)(0xe0 | code >> 12);
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	} else {
		*to++ = (char)(0xf0 | code >> 18);
		*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	}
	return to;
}

/* Behind "\u". Never writes more than the escape has bytes. */
static int read_unicode(struct jsonmap *m, char **to)
{
	const uint32_t unknown = 0xfffd;
	uint32_t code, low;
	const char *behind;
	int r = read_unit(m, &code);

	if (r < 0)
		return r;
	if (code >= 0xd800 && code < 0xdc00) {
		behind = m->p;
		if (!take(m, '\\') || !take(m, 'u') || read_unit(m, &low) < 0 ||
			low < 0xdc00 || low > 0xdfff) {
			m->p = behind;
			code = unknown;
		} else {
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		}
	} else if (code == 0 || (code >= 0xdc00 && code <= 0xdfff)) {
		code = unknown;
	}
	*to = write_utf8(*to, code);
	return 0;
}

/* Behind the backslash. */
static int read_escape(struct jsonmap *m, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (m->p == m->end)
		return -EBADMSG;
	if (take(m, 'u'))
		return read_unicode(m, to);
	found = *m->p != '\0' ? strchr(from, *m->p) : NULL;
	if (!found)
		return -EBADMSG;
	m->p++;
	*(*to)++ = into[found - from];
	return 0;
}

/* From the first backslash on: the string goes to the scratch. */
static int read_escaped(struct jsonmap *m, const char *start, struct span *ret)
{
	char *to = m->scratch;
	const char *plain = start;
	int r;

	while (!at(m, '"')) {
		memcpy(to, plain, (size_t)(m->p - plain));
		to += m->p - plain;
		if (!take(m, '\\'))
			return -EBADMSG;
		r = read_escape(m, &to);
		if (r < 0)
			return r;
		plain = m->p;
		pass_plain(m);
	}
	memcpy(to, plain, (size_t)(m->p - plain));
	to += m->p - plain;
	m->p++;
	*ret = (struct span){ m->scratch, (size_t)(to - m->scratch) };
	m->scratch = to;
	return 0;
}

static int read_string(struct jsonmap *m, struct span *ret, bool *ret_plain)
{
	const char *start;

	if (!take(m, '"'))
		return -EBADMSG;
	start = m->p;
	pass_plain(m);
	*ret_plain = at(m, '"');
	if (!*ret_plain)
		return read_escaped(m, start, ret);
	*ret = (struct span){ start, (size_t)(m->p - start) };
	m->p++;
	return 0;
}

static bool take_digits(struct jsonmap *m)
{
	const char *start = m->p;

	while (m->p < m->end && *m->p >= '0' && *m->p <= '9')
		m->p++;
	return m->p > start;
}

static int read_number(struct jsonmap *m)
{
	(void)take(m, '-');
	if (!take(m, '0') && !take_digits(m))
		return -EBADMSG;
	if (take(m, '.') && !take_digits(m))
		return -EBADMSG;
	if (take(m, 'e') || take(m, 'E')) {
		if (!take(m, '+'))
			(void)take(m, '-');
		if (!take_digits(m))
			return -EBADMSG;
	}
	return 0;
}

static int read_word(struct jsonmap *m, struct span word)
{
	struct span rest = { m->p, (size_t)(m->end - m->p) };

	if (!span_starts(rest, word))
		return -EBADMSG;
	m->p += word.len;
	return 0;
}

static int pass_value(struct jsonmap *m, int depth);

static int pass_member(struct jsonmap *m, bool object, int depth)
{
	struct span ignored;
	bool plain;
	int r = 0;

	pass_space(m);
	if (object) {
		r = read_string(m, &ignored, &plain);
		pass_space(m);
		if (r == 0 && !take(m, ':'))
			r = -EBADMSG;
		pass_space(m);
	}
	if (r == 0)
		r = pass_value(m, depth + 1);
	pass_space(m);
	return r;
}

/* At '{' or '['. */
static int pass_nested(struct jsonmap *m, int depth)
{
	bool object = at(m, '{');
	char close = object ? '}' : ']';
	int r;

	if (depth >= JSONMAP_DEPTH_MAX)
		return -EBADMSG;
	m->p++;
	pass_space(m);
	if (take(m, close))
		return 0;
	do {
		r = pass_member(m, object, depth);
	} while (r == 0 && take(m, ','));
	return r == 0 && take(m, close) ? 0 : -EBADMSG;
}

static int pass_value(struct jsonmap *m, int depth)
{
	struct span ignored;
	bool plain;

	if (m->p == m->end)
		return -EBADMSG;
	switch (*m->p) {
	case '"':
		return read_string(m, &ignored, &plain);
	case '{':
	case '[':
		return pass_nested(m, depth);
	case 't':
		return read_word(m, SPAN("true"));
	case 'f':
		return read_word(m, SPAN("false"));
	case 'n':
		return read_word(m, SPAN("null"));
	default:
		return read_number(m);
	}
}

static enum jsonmap_type type_at(char c)
{
	switch (c) {
	case '{':
	case '[':
		return JSONMAP_NESTED;
	case 't':
	case 'f':
		return JSONMAP_BOOL;
	case 'n':
		return JSONMAP_NULL;
	default:
		return JSONMAP_NUMBER;
	}
}

static int read_value(struct jsonmap *m, struct jsonmap_pair *pair)
{
	const char *start = m->p;
	bool plain;
	int r;

	if (at(m, '"')) {
		pair->type = JSONMAP_STRING;
		return read_string(m, &pair->value, &plain);
	}
	if (m->p == m->end)
		return -EBADMSG;
	pair->type = type_at(*start);
	r = pass_value(m, 0);
	if (r < 0)
		return r;
	pair->value = (struct span){ start, (size_t)(m->p - start) };
	if (pair->type == JSONMAP_NULL)
		pair->value.len = 0;
	return 0;
}

/* A hint holds no quote and no backslash, so a quote behind it ends the key. */
static bool take_hint(struct jsonmap *m, struct span hint)
{
	size_t left = (size_t)(m->end - m->p);

	if (hint.len == 0 || left < hint.len + 2 || m->p[0] != '"' ||
		m->p[hint.len + 1] != '"' || memcmp(m->p + 1, hint.p, hint.len) != 0)
		return false;
	m->p += hint.len + 2;
	return true;
}

static int read_pair(struct jsonmap *m, struct span hint, struct jsonmap_pair *pair)
{
	int r;

	if (take_hint(m, hint)) {
		pair->key = hint;
		pair->key_plain = true;
	} else {
		r = read_string(m, &pair->key, &pair->key_plain);
		if (r < 0)
			return r;
	}
	pass_space(m);
	if (!take(m, ':'))
		return -EBADMSG;
	pass_space(m);
	return read_value(m, pair);
}

static int finish_object(struct jsonmap *m)
{
	pass_space(m);
	return m->p == m->end ? 0 : -EBADMSG;
}

/* In front of a pair, or at the end. 1, 0, -EBADMSG. */
static int begin_pair(struct jsonmap *m)
{
	pass_space(m);
	if (!m->begun) {
		m->begun = true;
		if (!take(m, '{'))
			return -EBADMSG;
		pass_space(m);
		return take(m, '}') ? finish_object(m) : 1;
	}
	if (take(m, '}'))
		return finish_object(m);
	if (!take(m, ','))
		return -EBADMSG;
	pass_space(m);
	return 1;
}

int jsonmap_next(struct jsonmap *m, struct span hint, struct jsonmap_pair *ret)
{
	struct jsonmap_pair pair = { .type = JSONMAP_NULL };
	int r = begin_pair(m);

	if (r <= 0)
		return r;
	r = read_pair(m, hint, &pair);
	if (r < 0)
		return r;
	*ret = pair;
	return 1;
}
