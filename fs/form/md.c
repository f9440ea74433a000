/* A table of GitHub's Markdown under a heading. */
#include "fs/form/renderers.h"

#include <ctype.h>

/* Whether it would be taken for markup. An underscore inside of a word is none. */
static bool is_markup(struct span text, size_t at)
{
	if (text.p[at] == '_')
		return at == 0 || !isalnum((unsigned char)text.p[at - 1]);
	return text.p[at] != '\0' && strchr("\\`*[]<>|~&$", text.p[at]) != NULL;
}

static int append_text(struct span text, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; i < text.len && r == 0; i++) {
		if ((unsigned char)text.p[i] < ' ') {
			r = buf_append_byte(ret, ' ');
			continue;
		}
		if (is_markup(text, i))
			r = buf_append_byte(ret, '\\');
		if (r == 0)
			r = buf_append_byte(ret, text.p[i]);
	}
	return r;
}

static int append_cell(struct span cell, bool is_last, struct buf *ret)
{
	int r = buf_append_text(ret, "| ");

	if (r == 0)
		r = append_text(cell, ret);
	if (r == 0 && cell.len)
		r = buf_append_byte(ret, ' ');
	return r < 0 || !is_last ? r : buf_append_text(ret, "|\n");
}

static int append_header(const struct sheet *s, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; i < s->column_count && r == 0; i++)
		r = append_cell(s->columns[i].name, i + 1 == s->column_count, ret);
	for (size_t i = 0; i < s->column_count && r == 0; i++)
		r = buf_append_text(
			ret, sheet_is_number(s->columns[i].kind) ? "| --: " : "| --- ");
	return r < 0 ? r : buf_append_text(ret, "|\n");
}

int form_md(const struct sheet *s, const struct form_about *about, struct buf *ret)
{
	int r = buf_append_text(ret, "### ");

	if (r == 0)
		r = append_text(about->title, ret);
	if (r == 0)
		r = buf_append_text(ret, "\n\n");
	if (r == 0)
		r = append_text(about->subtitle, ret);
	if (r == 0)
		r = buf_append_text(ret, about->subtitle.len ? "\n\n" : "");
	if (r == 0)
		r = append_header(s, ret);
	for (size_t i = 0;
		i < s->row_count * s->column_count && r == 0 && !sheet_is_stopped(s); i++)
		r = append_cell(s->cells[i], (i + 1) % s->column_count == 0, ret);
	return r;
}
