/* Text from outside in XML, SVG and HTML. */
#include "fs/form/markup.h"

#include "base/vec.h"
#include "fs/form/txt_cells.h"

enum { TEXT_MAX = 64 * 1024 * 1024 };

void markup_put(struct markup *m, const char *format, ...)
{
	va_list args;

	if (m->failed)
		return;
	va_start(args, format);
	m->failed = buf_vappendf(m->out, format, args);
	va_end(args);
}

static void put_bytes(struct markup *m, struct span bytes)
{
	if (!m->failed)
		m->failed = buf_append_span(m->out, bytes);
}

void markup_raw(struct markup *m, const char *text)
{
	put_bytes(m, span_of(text));
}

/* U+202A to U+202E and U+2066 to U+2069 make what follows stand elsewhere; U+FFFE and
 * U+FFFF are in no XML. All are three bytes long. */
static bool is_unwelcome(struct span at)
{
	const unsigned char *p = (const unsigned char *)at.p;

	if (at.len < 3)
		return false;
	if (p[0] == 0xEF && p[1] == 0xBF)
		return p[2] >= 0xBE;
	return p[0] == 0xE2 &&
		((p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE) ||
			(p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9));
}

static const char *reference_of(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

/* Of clean UTF-8. */
static void put_escaped(struct markup *m, struct span text)
{
	size_t done = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char *reference = reference_of(text.p[i]);
		size_t len = 1;

		if (!reference && is_unwelcome(span_from(text, i))) {
			reference = "?";
			len = 3;
		}
		if (!reference)
			continue;
		put_bytes(m, span_first(span_from(text, done), i - done));
		markup_raw(m, reference);
		i += len - 1;
		done = i + 1;
	}
	put_bytes(m, span_from(text, done));
}

static bool is_plain(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] < 0x20 || text.p[i] > 0x7E)
			return false;
	return true;
}

void markup_text(struct markup *m, struct span text, size_t width)
{
	struct buf clean = BUF_INIT(TEXT_MAX);

	if (text.len <= width && is_plain(text)) {
		put_escaped(m, text);
		return;
	}
	if (!m->failed)
		m->failed = txt_append(text, width, &clean);
	put_escaped(m, buf_span(&clean));
	buf_finish(&clean);
}

void markup_tenths(struct markup *m, const char *name, int tenths)
{
	const char *sign = tenths < 0 ? "-" : "";
	unsigned value = tenths < 0 ? 0U - (unsigned)tenths : (unsigned)tenths;

	if (value % 10)
		markup_put(m, " %s=\"%s%u.%u\"", name, sign, value / 10, value % 10);
	else
		markup_put(m, " %s=\"%s%u\"", name, sign, value / 10);
}
