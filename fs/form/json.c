/* An array of objects, one row a line. */
#include "fs/form/renderers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

enum { NAMES_MAX = 64 * 1024 * 1024 };

static size_t skip_digits(struct span s, size_t from)
{
	while (from < s.len && s.p[from] >= '0' && s.p[from] <= '9')
		from++;
	return from;
}

/* Whether the text is a number of JSON as it stands: 007 and .5 are none. */
static bool is_json_number(struct span s)
{
	size_t at = s.len && s.p[0] == '-', end = skip_digits(s, at);

	if (end == at || (s.p[at] == '0' && end > at + 1))
		return false;
	if (end < s.len && s.p[end] == '.') {
		at = end + 1;
		end = skip_digits(s, at);
		if (end == at)
			return false;
	}
	if (end < s.len && (s.p[end] == 'e' || s.p[end] == 'E')) {
		at = end + 1;
		if (at < s.len && (s.p[at] == '-' || s.p[at] == '+'))
			at++;
		end = skip_digits(s, at);
		if (end == at)
			return false;
	}
	return end == s.len;
}

static int append_value(const struct sheet_column *c, struct span cell, struct buf *ret)
{
	if (!cell.len)
		return buf_append_text(ret, "null");
	if (sheet_is_number(c->kind) && is_json_number(cell))
		return buf_append_span(ret, cell);
	return buf_append_json(ret, cell);
}

static int append_row(
	const struct sheet *s, size_t row, const struct span *names, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; i < s->column_count && r == 0; i++) {
		r = buf_append_span(ret, names[i]);
		if (r == 0)
			r = append_value(&s->columns[i], sheet_cell(s, row, i), ret);
	}
	return r < 0 ? r : buf_append_byte(ret, '}');
}

/* What stands before each value: {"service": and ,"lines": in one text. */
static int append_names(const struct sheet *s, size_t *ends, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; i < s->column_count && r == 0; i++) {
		r = buf_append_byte(ret, i == 0 ? '{' : ',');
		if (r == 0)
			r = buf_append_json(ret, s->columns[i].name);
		if (r == 0)
			r = buf_append_byte(ret, ':');
		ends[i] = ret->len;
	}
	return r;
}

static int append_rows(const struct sheet *s, const struct span *names, struct buf *ret)
{
	int r = buf_append_byte(ret, '[');

	for (size_t row = 0; row < s->row_count && r == 0 && !sheet_is_stopped(s);
		row++) {
		r = buf_append_text(ret, row ? ",\n" : "\n");
		if (r == 0)
			r = append_row(s, row, names, ret);
	}
	if (r == 0 && s->row_count)
		r = buf_append_byte(ret, '\n');
	return r < 0 ? r : buf_append_text(ret, "]\n");
}

int form_json(const struct sheet *s, const struct form_about *about, struct buf *ret)
{
	struct buf text = BUF_INIT(NAMES_MAX);
	struct span *names = vec_alloc(s->column_count + 1, sizeof(*names));
	size_t *ends = vec_alloc(s->column_count + 1, sizeof(*ends));
	int r = names && ends ? append_names(s, ends, &text) : -ENOMEM;

	(void)about;
	for (size_t i = 0; r == 0 && i < s->column_count; i++) {
		size_t begin = i ? ends[i - 1] : 0;

		names[i] = (struct span){ text.p + begin, ends[i] - begin };
	}
	if (r == 0)
		r = append_rows(s, names, ret);
	free(names);
	free(ends);
	buf_finish(&text);
	return r;
}
