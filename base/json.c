/* The JSON string of buf.h. */
#include "base/buf.h"

/* What may follow a lead byte (Unicode 15, table 3-7). */
struct utf8_lead {
	unsigned char first, last; /* lead bytes */
	unsigned char low, high; /* limits of the second byte; the others are 80..BF */
	unsigned char len;
};

static const struct utf8_lead utf8_leads[] = {
	{ 0x00, 0x7F, 0, 0, 1 },
	{ 0xC2, 0xDF, 0x80, 0xBF, 2 },
	{ 0xE0, 0xE0, 0xA0, 0xBF, 3 },
	{ 0xE1, 0xEC, 0x80, 0xBF, 3 },
	{ 0xED, 0xED, 0x80, 0x9F, 3 },
	{ 0xEE, 0xEF, 0x80, 0xBF, 3 },
	{ 0xF0, 0xF0, 0x90, 0xBF, 4 },
	{ 0xF1, 0xF3, 0x80, 0xBF, 4 },
	{ 0xF4, 0xF4, 0x80, 0x8F, 4 },
};

static const struct utf8_lead *find_lead(unsigned char c)
{
	for (size_t i = 0; i < ARRAY_LEN(utf8_leads); i++)
		if (c >= utf8_leads[i].first && c <= utf8_leads[i].last)
			return &utf8_leads[i];
	return NULL;
}

/* Length of the character that text begins with; *ret_ok is false if it is none, and the
 * length then is that of the bytes to be replaced by one U+FFFD ("maximal subpart"). */
static size_t measure(struct span text, bool *ret_ok)
{
	const struct utf8_lead *lead = find_lead((unsigned char)text.p[0]);
	size_t i = 1;

	*ret_ok = false;
	if (!lead)
		return 1;
	for (; i < lead->len; i++) {
		unsigned char low = i == 1 ? lead->low : 0x80;
		unsigned char high = i == 1 ? lead->high : 0xBF;

		if (i == text.len || (unsigned char)text.p[i] < low ||
			(unsigned char)text.p[i] > high)
			return i;
	}
	*ret_ok = true;
	return i;
}

static bool is_plain(char byte)
{
	unsigned char c = (unsigned char)byte;

	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static int append_ascii(struct buf *b, char c)
{
	static const char names[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	size_t at = span_find((struct span){ names, sizeof(names) - 1 }, c);

	if (is_plain(c))
		return buf_append_byte(b, c);
	if (at < sizeof(names) - 1)
		return buf_append(b, (char[]){ '\\', letters[at] }, 2);
	return buf_appendf(b, "\\u%04x", (unsigned)(unsigned char)c);
}

/* The first character of text, or the longest run of bytes that stand for themselves. */
static int append_piece(struct buf *b, struct span text, size_t *ret_len)
{
	bool ok = true;
	size_t len = 0;

	while (len < text.len && is_plain(text.p[len]))
		len++;
	if (len == 0)
		len = measure(text, &ok);
	*ret_len = len;
	if (!ok)
		return buf_append_span(b, SPAN("\xEF\xBF\xBD"));
	if (len == 1)
		return append_ascii(b, text.p[0]);
	return buf_append(b, text.p, len);
}

int buf_append_json(struct buf *b, struct span text)
{
	size_t before = b->len;
	int r = buf_append_byte(b, '"');

	while (r == 0 && text.len) {
		size_t len = 0;

		r = append_piece(b, text, &len);
		text = span_from(text, len);
	}
	if (r == 0)
		r = buf_append_byte(b, '"');
	if (r < 0)
		buf_truncate(b, before);
	return r;
}
