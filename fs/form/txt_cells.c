/* Texts and numbers as they stand on a terminal. */
#include "fs/form/txt_cells.h"

#include "base/vec.h"

struct range {
	uint32_t first, last;
};
/* The large blocks of East Asian scripts and of emoji. */
static const struct range wide[] = {
	{ 0x1100, 0x115F },
	{ 0x2E80, 0x303E },
	{ 0x3041, 0x33FF },
	{ 0x3400, 0x4DBF },
	{ 0x4E00, 0x9FFF },
	{ 0xA000, 0xA4CF },
	{ 0xAC00, 0xD7A3 },
	{ 0xF900, 0xFAFF },
	{ 0xFE30, 0xFE6F },
	{ 0xFF00, 0xFF60 },
	{ 0xFFE0, 0xFFE6 },
	{ 0x1F300, 0x1F64F },
	{ 0x1F680, 0x1F6FF },
	{ 0x1F900, 0x1F9FF },
	{ 0x20000, 0x3FFFD },
};
/* Marks that stand over the character before, and what is not seen. */
static const struct range combining[] = {
	{ 0x0300, 0x036F },
	{ 0x0483, 0x0489 },
	{ 0x0591, 0x05BD },
	{ 0x0610, 0x061A },
	{ 0x064B, 0x065F },
	{ 0x200B, 0x200F },
	{ 0x202A, 0x202E },
	{ 0x2060, 0x2064 },
	{ 0x20D0, 0x20F0 },
	{ 0xFE00, 0xFE0F },
	{ 0xFE20, 0xFE2F },
	{ 0xFEFF, 0xFEFF },
};

static bool is_in(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count && c >= ranges[i].first; i++)
		if (c <= ranges[i].last)
			return true;
	return false;
}

static size_t length_of(unsigned char first)
{
	return first < 0x80    ? 1
		: first < 0xC2 ? 0
		: first < 0xE0 ? 2
		: first < 0xF0 ? 3
		: first < 0xF5 ? 4
			       : 0;
}

bool txt_take(struct span *text, uint32_t *ret, struct span *ret_bytes)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const size_t len = length_of((unsigned char)text->p[0]);
	uint32_t c = (unsigned char)text->p[0];
	bool is_good = len > 0 && len <= text->len;

	if (is_good && len > 1)
		c &= 0x7FU >> len;
	for (size_t i = 1; is_good && i < len; i++) {
		const unsigned char byte = (unsigned char)text->p[i];

		is_good = (byte & 0xC0U) == 0x80;
		c = c << 6 | (byte & 0x3FU);
	}
	is_good = is_good && c >= least[len] && c <= 0x10FFFF &&
		!(c >= 0xD800 && c <= 0xDFFF);
	*ret = c;
	*ret_bytes = span_first(*text, is_good ? len : 1);
	*text = span_from(*text, ret_bytes->len);
	return is_good && c >= 0x20 && !(c >= 0x7F && c < 0xA0);
}

static size_t width_of(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (is_in(c, combining, ARRAY_LEN(combining)))
		return 0;
	return is_in(c, wide, ARRAY_LEN(wide)) ? 2 : 1;
}

size_t txt_width(struct span text)
{
	size_t width = 0;

	while (text.len) {
		struct span bytes;
		uint32_t c;

		width += txt_take(&text, &c, &bytes) ? width_of(c) : 1;
	}
	return width;
}

int txt_append(struct span text, size_t width, struct buf *ret)
{
	/* One byte a column at least, so that most are not measured. */
	bool is_cut = text.len > width && txt_width(text) > width;
	size_t used = 0;
	int r = 0;

	while (text.len && r == 0) {
		struct span bytes;
		uint32_t c;
		bool is_shown = txt_take(&text, &c, &bytes);
		size_t more = is_shown ? width_of(c) : 1;

		if (is_cut && used + more + 1 > width)
			return buf_append_text(ret, "…");
		used += more;
		r = is_shown ? buf_append_span(ret, bytes) : buf_append_byte(ret, '?');
	}
	return r;
}

int txt_append_grouped(struct span number, struct buf *ret)
{
	size_t whole = span_find(number, '.');
	size_t sign = number.len && number.p[0] == '-';
	int r = 0;

	for (size_t i = 0; i < whole && r == 0; i++) {
		if (i > sign && (whole - i) % 3 == 0)
			r = buf_append_byte(ret, ',');
		if (r == 0)
			r = buf_append_byte(ret, number.p[i]);
	}
	return r < 0 ? r : buf_append_span(ret, span_from(number, whole));
}
