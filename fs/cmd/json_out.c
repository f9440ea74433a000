#include "fs/cmd/json_out.h"

#include <inttypes.h>
#include <stdio.h>

static void keep(struct json_out *j, int r)
{
	if (r < 0 && j->failed == 0)
		j->failed = r;
}

static void put(struct json_out *j, struct span text)
{
	if (j->failed == 0)
		keep(j, buf_append_span(j->to, text));
}

static void put_string(struct json_out *j, const char *text)
{
	if (j->failed == 0)
		keep(j, buf_append_json(j->to, span_of(text)));
}

static void begin_line(struct json_out *j)
{
	put(j, SPAN("\n"));
	for (unsigned i = 0; i < j->indent + j->depth; i++)
		put(j, SPAN("  "));
}

static void begin_item(struct json_out *j, const char *name)
{
	if (j->has_item)
		put(j, SPAN(","));
	if (j->depth > 0)
		begin_line(j);
	j->has_item = true;
	if (!name)
		return;
	put_string(j, name);
	put(j, SPAN(": "));
}

void json_out_open(struct json_out *j, const char *name, char bracket)
{
	begin_item(j, name);
	put(j, (struct span){ &bracket, 1 });
	j->depth++;
	j->has_item = false;
}

void json_out_close(struct json_out *j, char bracket)
{
	j->depth--;
	if (j->has_item)
		begin_line(j);
	put(j, (struct span){ &bracket, 1 });
	j->has_item = true;
}

void json_out_text(struct json_out *j, const char *name, const char *text)
{
	begin_item(j, name);
	put_string(j, text);
}

void json_out_optional(struct json_out *j, const char *name, const char *text)
{
	if (text != NULL)
		json_out_text(j, name, text);
	else
		json_out_word(j, name, "null");
}

void json_out_number(struct json_out *j, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	json_out_word(j, name, text);
}

void json_out_word(struct json_out *j, const char *name, const char *word)
{
	begin_item(j, name);
	put(j, span_of(word));
}

void json_out_value(struct json_out *j, const char *name, struct span json)
{
	struct span line;

	json = span_trim(json);
	begin_item(j, name);
	/* No string of JSON goes over the end of a line. */
	for (bool is_first = true; span_split(&json, '\n', &line); is_first = false) {
		if (!is_first)
			begin_line(j);
		put(j, line);
	}
}
