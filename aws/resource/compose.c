#include "aws/resource/compose.h"

#include <errno.h>

/* Lines of a value are those of JSON: its strings have none. */
static int append_indented(struct buf *b, struct span value)
{
	static const char blanks[] = "    ";
	struct span line;
	bool is_first = true;
	int r = 0;

	while (r == 0 && span_split(&value, '\n', &line)) {
		if (!is_first)
			r = buf_appendf(b, "\n%s", blanks);
		if (r == 0)
			r = buf_append_span(b, line);
		is_first = false;
	}
	return r;
}

int compose_begin(struct buf *b, struct span element)
{
	if (element.len < 4 || !span_starts(element, SPAN("{\n")) ||
		!span_ends(element, SPAN("\n}")))
		return -EBADMSG;
	return buf_append_span(b, span_first(element, element.len - 2));
}

int compose_member(struct buf *b, const char *name, struct span value)
{
	int r = buf_appendf(b, ",\n    \"%s\": ", name);

	return r < 0 ? r : append_indented(b, value);
}

int compose_text_member(struct buf *b, const char *name, struct span text)
{
	int r = buf_appendf(b, ",\n    \"%s\": ", name);

	return r < 0 ? r : buf_append_json(b, text);
}

int compose_first_text(struct buf *b, const char *name, struct span text)
{
	int r = buf_appendf(b, "{\n    \"%s\": ", name);

	return r < 0 ? r : buf_append_json(b, text);
}

int compose_end(struct buf *b)
{
	return buf_append_text(b, "\n}");
}

void compose_list_init(struct compose_list *l)
{
	*l = (struct compose_list){ .text = BUF_INIT(COMPOSE_BYTES_MAX) };
}

void compose_list_finish(struct compose_list *l)
{
	buf_finish(&l->text);
	l->count = 0;
}

int compose_item(struct compose_list *l, struct span value)
{
	int r = buf_append_text(&l->text, l->count ? ",\n    " : "[\n    ");

	if (r == 0)
		r = append_indented(&l->text, value);
	if (r == 0)
		l->count++;
	return r;
}

int compose_list_member(struct buf *b, const char *name, struct compose_list *l)
{
	int r = buf_append_text(&l->text, l->count ? "\n]" : "[]");

	return r < 0 ? r : compose_member(b, name, buf_span(&l->text));
}
