#include "base/line.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUT "\xE2\x80\xA6" /* … */

enum { CUT_LEN = sizeof(CUT) - 1, CUT_SIZE_MIN = 64 };

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

/* What is at fault stands at one end, and why at the other. */
static size_t cut_middle(char *ret, size_t size, const char *text, size_t len)
{
	size_t head = whole_characters(text, (size - CUT_LEN) / 2);
	size_t tail = size - 1 - CUT_LEN - head;

	for (int i = 0; i < 3 && is_continuation(text[len - tail]); i++)
		tail--;
	memcpy(ret, text, head);
	memcpy(ret + head, CUT, CUT_LEN);
	memcpy(ret + head + CUT_LEN, text + len - tail, tail);
	return head + CUT_LEN + tail;
}

/* Answers the length; 0: there is no memory, and what ret holds is to be cut. */
static size_t print_cut(char *ret, size_t size, size_t len, const char *format,
	va_list args) PRINTF_LIKE(4, 0);
static size_t print_cut(
	char *ret, size_t size, size_t len, const char *format, va_list args)
{
	char *text = size >= CUT_SIZE_MIN ? malloc(len + 1) : NULL;
	size_t cut = 0;

	if (text != NULL && vsnprintf(text, len + 1, format, args) == (int)len)
		cut = cut_middle(ret, size, text, len);
	free(text);
	return cut;
}

size_t line_print(char *ret, size_t size, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int r = vsnprintf(ret, size, format, args);
	size_t len = r > 0 ? (size_t)r : 0;

	if (len >= size) {
		len = print_cut(ret, size, len, format, again);
		if (len == 0)
			len = whole_characters(ret, size - 1);
	}
	va_end(again);
	ret[len] = '\0';
	clean(ret, len);
	return len;
}
