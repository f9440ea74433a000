#include "aws/resource/element.h"

#include <errno.h>
#include <stdlib.h>

#include "aws/api/xml.h"
#include "aws/resource/shape.h"
#include "base/vec.h"

struct reader {
	struct elements *e;
	uint32_t open[XML_DEPTH_MAX + 1]; /* elements around the next */
	uint32_t last[XML_DEPTH_MAX + 1]; /* their last children; 0: none yet */
	size_t depth;
};

static struct span last_part(struct span text, char separator)
{
	size_t at = span_rfind(text, separator);

	return at < text.len ? span_from(text, at + 1) : text;
}

/* Looks a name up in the table when it is met first. */
static int add_name(struct elements *e, struct span name, uint32_t *ret)
{
	uint32_t before = intern_count(e->names), id = before;
	int r = VEC_RESERVE(&e->known, &e->known_cap, (size_t)before + 1, SIZE_MAX);

	if (r == 0)
		r = intern_add(e->names, name, &id);
	if (r < 0)
		return r;
	if (id == before)
		e->known[id] = shape_find_name(name);
	*ret = id;
	return 0;
}

/* Below the innermost one that is open. */
static int add(struct reader *r, struct span name, struct span text, bool is_attribute)
{
	struct elements *e = r->e;
	uint32_t number = (uint32_t)e->count, *last = &r->last[r->depth];
	struct element new = { .text = (uint32_t)e->texts.len,
		.text_len = (uint32_t)text.len,
		.is_attribute = is_attribute };
	int error = VEC_RESERVE(&e->at, &e->cap, e->count + 1, ELEMENT_COUNT_MAX);

	if (error == 0)
		error = add_name(e, name, &new.name);
	if (error == 0)
		error = buf_append_span(&e->texts, text);
	if (error < 0)
		return error;
	e->at[e->count++] = new;
	if (*last)
		e->at[*last].next = number;
	else
		e->at[r->open[r->depth]].first = number;
	*last = number;
	return 0;
}

static int on_begin(void *context, struct span path)
{
	struct reader *r = context;
	int error = add(r, last_part(path, '/'), (struct span){ 0 }, false);

	if (error < 0)
		return error;
	r->depth++; /* the reader of XML has a limit */
	r->open[r->depth] = r->last[r->depth - 1];
	r->last[r->depth] = 0;
	return 0;
}

static int on_end(void *context, struct span path, struct span text)
{
	struct reader *r = context;
	struct element *ended = &r->e->at[r->open[r->depth--]];

	(void)path;
	ended->text = (uint32_t)r->e->texts.len;
	ended->text_len = (uint32_t)text.len;
	return buf_append_span(&r->e->texts, text);
}

/* The one attribute that is content, by any prefix. */
static int on_attribute(
	void *context, struct span path, struct span name, struct span value)
{
	(void)path;
	if (!span_ends(name, SPAN(":type")) || span_starts(name, SPAN("xmlns:")))
		return 0;
	return add(context, SPAN("xsi:type"), value, true);
}

int elements_read(struct span xml, struct elements *ret, struct fault *why)
{
	static const struct xml_events events = { on_begin, on_end, on_attribute };
	struct elements e = { .texts = BUF_INIT(ELEMENT_TEXT_MAX),
		.names = intern_new() };
	struct reader reader = { .e = &e };
	int r = e.names ? 0 : -ENOMEM;

	if (r == 0 && xml.len > ELEMENT_TEXT_MAX)
		r = fault(why, -EFBIG, "%zu bytes are too many", xml.len);
	if (r == 0)
		r = VEC_RESERVE(&e.at, &e.cap, 1, ELEMENT_COUNT_MAX);
	if (r == 0) {
		e.at[e.count++] = (struct element){ 0 };
		r = xml_read(xml, &events, &reader, why);
	}
	if (r < 0)
		elements_finish(&e);
	else
		*ret = e;
	return r;
}

void elements_finish(struct elements *e)
{
	free(e->at);
	free(e->known);
	buf_finish(&e->texts);
	intern_free(e->names);
	*e = (struct elements){ 0 };
}

struct span element_text(const struct elements *e, uint32_t number)
{
	const struct element *it = &e->at[number];

	return span_first(span_from(buf_span(&e->texts), it->text), it->text_len);
}

struct span element_name(const struct elements *e, uint32_t number)
{
	return intern_text(e->names, e->at[number].name);
}

uint16_t element_known(const struct elements *e, uint32_t number)
{
	return e->known[e->at[number].name];
}

static uint32_t skip_attributes(const struct elements *e, uint32_t number)
{
	while (number && e->at[number].is_attribute)
		number = e->at[number].next;
	return number;
}

uint32_t element_first(const struct elements *e, uint32_t number)
{
	return skip_attributes(e, e->at[number].first);
}

uint32_t element_next(const struct elements *e, uint32_t number)
{
	return skip_attributes(e, e->at[number].next);
}
