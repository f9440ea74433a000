/* Cells between tabs, nothing quoted: what would end a cell is escaped. */
#include "fs/form/renderers.h"

static const char *escape_of(char c)
{
	switch (c) {
	case '\t':
		return "\\t";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\\':
		return "\\\\";
	default:
		return NULL;
	}
}

static int append_cell(struct span cell, struct buf *ret)
{
	size_t from = 0;
	int r = 0;

	for (size_t i = 0; i < cell.len && r == 0; i++) {
		const char *escape = escape_of(cell.p[i]);

		if (!escape)
			continue;
		r = buf_append(ret, cell.p + from, i - from);
		if (r == 0)
			r = buf_append_text(ret, escape);
		from = i + 1;
	}
	return r < 0 ? r : buf_append_span(ret, span_from(cell, from));
}

int form_tsv(const struct sheet *s, const struct form_about *about, struct buf *ret)
{
	int r = 0;

	(void)about;
	for (size_t i = 0; i < s->column_count && r == 0; i++) {
		r = append_cell(s->columns[i].name, ret);
		if (r == 0)
			r = buf_append_byte(ret, i + 1 < s->column_count ? '\t' : '\n');
	}
	for (size_t i = 0; i < s->row_count * s->column_count && r == 0; i++) {
		r = append_cell(s->cells[i], ret);
		if (r == 0)
			r = buf_append_byte(ret, (i + 1) % s->column_count ? '\t' : '\n');
	}
	return r;
}
