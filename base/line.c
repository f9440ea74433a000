#include "base/line.h"

#include <stdbool.h>
#include <stdio.h>

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* len, less the beginning of a character that the cut took the rest of. */
static size_t whole_characters(const char *text, size_t len)
{
	size_t at = len;
	size_t need;
	unsigned char lead;

	while (at > 0 && len - at < 3 && is_continuation(text[at - 1]))
		at--;
	if (at == 0)
		return len;
	lead = (unsigned char)text[at - 1];
	need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
	return len - (at - 1) < need ? at - 1 : len;
}

static void clean(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned char next = (unsigned char)text[i + 1];

		if (c < 0x20 || c == 0x7F)
			text[i] = '?';
		/* U+0080 to U+009F: some terminals obey them as they do ESC. */
		if (c == 0xC2 && next >= 0x80 && next <= 0x9F)
			text[i] = text[i + 1] = '?';
	}
}

size_t line_print(char *ret, size_t size, const char *format, va_list args)
{
	int r = vsnprintf(ret, size, format, args);
	size_t len = r > 0 ? (size_t)r : 0;

	if (len >= size)
		len = whole_characters(ret, size - 1);
	ret[len] = '\0';
	clean(ret, len);
	return len;
}
