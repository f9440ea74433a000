#include "fs/form/xlsx_cells.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/day.h"
#include "base/money.h"
#include "fs/form/txt_cells.h"

enum {
	SECONDS_OF_DAY = 86400,
	EPOCH = 25569, /* 1970-01-01, in days since 1899-12-30 */
	/* 1900-03-01. Days before have other numbers in Excel, which knows a 29th. */
	DAYS_LEAST = 61,
	NUMBER_MAX = 64, /* bytes of its text */
};

/* "_x000D_" */
static bool is_notation(struct span text)
{
	if (text.len < 7 || text.p[0] != '_' || text.p[1] != 'x' || text.p[6] != '_')
		return false;
	for (size_t i = 2; i < 6; i++)
		if (!isxdigit((unsigned char)text.p[i]))
			return false;
	return true;
}

/* Appends the text's first character, and takes it off. Answers its UTF-16 units;
 * -ENOMEM; -EFBIG. */
static int append_character(struct span *text, struct buf *ret)
{
	const bool is_escaped = is_notation(*text);
	struct span bytes;
	uint32_t c;
	const bool is_good = txt_take(text, &c, &bytes);
	int r;

	if (!is_good && bytes.len == 1 && (unsigned char)bytes.p[0] >= 0x80) {
		r = buf_append_text(ret, "\xEF\xBF\xBD");
		return r < 0 ? r : 1;
	}
	if (is_escaped || (c < 0x20 && c != '\t') || c == 0xFFFE || c == 0xFFFF) {
		r = buf_appendf(ret, "_x%04X_", (unsigned)c);
		return r < 0 ? r : 7;
	}
	r = buf_append_span(ret, bytes);
	return r < 0 ? r : c > 0xFFFF ? 2 : 1;
}

int xlsx_text(struct span text, struct buf *ret, bool *ret_cut)
{
	size_t units = 0, room = 0; /* what leaves room for "…" */

	buf_clear(ret);
	while (text.len) {
		int n = append_character(&text, ret);

		if (n < 0)
			return n;
		units += (size_t)n;
		if (units < XLSX_TEXT_MAX)
			room = ret->len;
		if (units > XLSX_TEXT_MAX) {
			buf_truncate(ret, room);
			*ret_cut = true;
			return buf_append_text(ret, "…");
		}
	}
	return 0;
}

int xlsx_name(struct span file, struct buf *ret)
{
	size_t units = 0;
	int r = 0;

	buf_clear(ret);
	while (file.len && r == 0) {
		struct span bytes;
		uint32_t c;
		const bool is_good = txt_take(&file, &c, &bytes);

		units += is_good && c > 0xFFFF ? 2 : 1;
		if (units > XLSX_NAME_MAX)
			break;
		if (!is_good || c == 0xFFFE || c == 0xFFFF ||
			(c < 0x80 && strchr("[]:*?/\\'", (int)c)))
			r = buf_append_byte(ret, '-');
		else
			r = buf_append_span(ret, bytes);
	}
	return r == 0 && !ret->len ? buf_append_text(ret, "table") : r;
}

/* How many digits there are between the first and the last that is not 0. */
static size_t count_digits(struct span number)
{
	size_t count = 0, zeros = 0;

	for (size_t i = 0; i < number.len && tolower((unsigned char)number.p[i]) != 'e';
		i++) {
		if (!isdigit((unsigned char)number.p[i]))
			continue;
		zeros = number.p[i] == '0' ? zeros + 1 : 0;
		count += count || number.p[i] != '0';
	}
	return count > zeros ? count - zeros : 0;
}

static bool read_number(
	struct span cell, const char *exponent, locale_t plain, struct xlsx_number *ret)
{
	char text[NUMBER_MAX + 8];
	struct money amount;

	if (cell.len > NUMBER_MAX || money_parse(cell, &amount, NULL) < 0 ||
		span_find(cell, 'e') < cell.len || span_find(cell, 'E') < cell.len)
		return false;
	(void)snprintf(text, sizeof(text), "%.*s%s", SPAN_ARG(cell), exponent);
	ret->value = strtod_l(text, NULL, plain);
	ret->is_exact = count_digits(cell) <= XLSX_DIGITS;
	return true;
}

/* A time of another form than ours would not be the same when it is read again. */
static bool read_time(struct span cell, size_t len, struct xlsx_number *ret)
{
	struct instant t;
	double days;

	if (cell.len != len || instant_parse(cell, &t) < 0 ||
		(len == INSTANT_TEXT && cell.p[len - 1] != 'Z'))
		return false;
	days = (double)t.seconds / SECONDS_OF_DAY + EPOCH;
	if (days < DAYS_LEAST)
		return false;
	*ret = (struct xlsx_number){ days, true };
	return true;
}

static bool read_month(struct span cell, struct xlsx_number *ret)
{
	struct month_no month;
	int days;

	if (cell.len != MONTH_TEXT || month_parse(cell, &month) < 0)
		return false;
	days = month_first_day(month).number + EPOCH;
	*ret = (struct xlsx_number){ days, true };
	return days >= DAYS_LEAST;
}

bool xlsx_number(
	struct span cell, enum sheet_kind kind, locale_t plain, struct xlsx_number *ret)
{
	switch (kind) {
	case SHEET_TEXT:
	case SHEET_KIND_COUNT:
		break;
	case SHEET_MONEY:
	case SHEET_DECIMAL:
	case SHEET_COUNT:
		return read_number(cell, "", plain, ret);
	case SHEET_PERCENT:
		return read_number(cell, "e-2", plain, ret);
	case SHEET_DATE:
		return read_time(cell, DAY_TEXT, ret);
	case SHEET_TIME:
		return read_time(cell, INSTANT_TEXT, ret);
	case SHEET_MONTH:
		return read_month(cell, ret);
	}
	return false;
}
