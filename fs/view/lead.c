/* Splits rendered rows; they have no newline inside a cell. */
#include "fs/view/lead.h"

#include <errno.h>

/* Of a cell with its quotes; 0 when the quote does not end. */
static size_t quoted_len(struct span line)
{
	size_t at = 1;

	while (at < line.len) {
		size_t quote = at + span_find(span_from(line, at), '"');

		if (quote >= line.len)
			return 0;
		if (quote + 1 >= line.len || line.p[quote + 1] != '"')
			return quote + 1;
		at = quote + 2;
	}
	return 0;
}

/* Takes a cell and the comma behind it off *line. */
static int take_cell(struct span *line, bool is_end_ok, struct span *ret)
{
	bool is_quoted = line->len > 0 && line->p[0] == '"';
	size_t len = is_quoted ? quoted_len(*line) : span_find(*line, ',');

	if (is_quoted && len == 0)
		return -EBADMSG;
	if (len < line->len ? line->p[len] != ',' : !is_end_ok)
		return -EBADMSG;
	*ret = span_first(*line, len);
	*line = span_from(*line, len + 1);
	return 0;
}

int lead_next(struct span *rest, enum lead last, struct lead_row *ret)
{
	size_t len = span_find(*rest, '\n');
	struct span cells = span_first(*rest, len);

	if (rest->len == 0)
		return 0;
	if (len == rest->len)
		return -EBADMSG;
	ret->line = span_first(*rest, len + 1);
	for (enum lead c = 0; c <= last; c++) {
		int r = take_cell(&cells, c == LEAD_COUNT - 1, &ret->cell[c]);

		if (r < 0)
			return r;
	}
	*rest = span_from(*rest, len + 1);
	return 1;
}

int lead_text(
	const struct lead_row *row, enum lead cell, struct buf *scratch, struct span *ret)
{
	struct span text = row->cell[cell];

	if (text.len == 0 || text.p[0] != '"') {
		*ret = text;
		return 0;
	}
	buf_clear(scratch);
	/* Every quote between the outer ones is doubled. */
	for (size_t i = 1; i + 1 < text.len; i++) {
		int r = buf_append_byte(scratch, text.p[i]);

		if (r < 0)
			return r;
		if (text.p[i] == '"')
			i++;
	}
	*ret = buf_span(scratch);
	return 0;
}
