#include "aws/resource/convert.h"

#include <errno.h>
#include <stdlib.h>

#include "aws/resource/print.h"
#include "base/vec.h"

/* One member of a path. */
struct step {
	uint16_t xml; /* name of its element */
	uint16_t shape;
	bool is_each; /* of its items */
};

struct path {
	struct step steps[CONVERT_STEPS_MAX];
	size_t count;
	uint16_t shape; /* of what it leads to */
};

struct conversion {
	struct printer printer;
	const struct path *path;
	struct convert_page *page;
};

static const struct shape_member *find_member(const struct shape *s, struct span name)
{
	for (uint16_t i = 0; i < s->count && s->kind == SHAPE_STRUCTURE; i++)
		if (span_eq(span_of(shape_name(s->members[i].name)), name))
			return &s->members[i];
	return NULL;
}

static bool is_list(const struct shape *s)
{
	return s->kind == SHAPE_LIST || s->kind == SHAPE_FLAT_LIST;
}

static int add_step(struct path *p, struct span text)
{
	bool is_each = span_ends(text, SPAN("[]"));
	const struct shape_member *m;

	if (is_each)
		text = span_first(text, text.len - 2);
	m = find_member(shape_of(p->shape), text);
	/* What AWS CLI does not print either is nothing to look for. */
	if (!m || shape_of(m->shape)->kind == SHAPE_NOTHING ||
		p->count == CONVERT_STEPS_MAX)
		return -EINVAL;
	if (is_each && !is_list(shape_of(m->shape)))
		return -EINVAL;
	p->steps[p->count++] = (struct step){ m->xml, m->shape, is_each };
	p->shape = is_each ? shape_of(m->shape)->item : m->shape;
	return 0;
}

static int read_path(const struct shape_operation *op, const char *text, struct path *ret)
{
	struct span rest = span_of(text), part;
	int r = 0;

	*ret = (struct path){ .shape = op->output };
	while (r == 0 && text[0] && span_split(&rest, '.', &part))
		r = add_step(ret, part);
	return r;
}

static int add_element(struct conversion *c, uint32_t element)
{
	struct convert_page *page = c->page;
	int r = VEC_RESERVE(&page->ends, &page->cap, page->count + 1, ELEMENT_COUNT_MAX);

	if (r == 0)
		r = print_element(&c->printer, element, c->path->shape, &page->text);
	if (r == 0)
		page->ends[page->count++] = page->text.len;
	return r;
}

/* The first child of that name, attributes aside. */
static uint32_t find_child(const struct elements *e, uint32_t element, uint16_t known)
{
	uint32_t i = element_first(e, element);

	while (i && element_known(e, i) != known)
		i = element_next(e, i);
	return i;
}

/* The rest of the path from an element on; as deep as the path is long. */
static int walk(struct conversion *c, uint32_t element, size_t at)
{
	const struct elements *e = c->printer.elements;
	const struct step *step = &c->path->steps[at];
	bool is_flat;
	uint32_t found;
	int r = 0;

	if (at == c->path->count)
		return add_element(c, element);
	found = find_child(e, element, step->xml);
	if (!found)
		return 0;
	if (!step->is_each)
		return walk(c, found, at + 1);
	is_flat = shape_of(step->shape)->kind == SHAPE_FLAT_LIST;
	for (uint32_t i = is_flat ? found : element_first(e, found); i && r == 0;
		i = element_next(e, i))
		if (!is_flat || element_known(e, i) == step->xml)
			r = walk(c, i, at + 1);
	return r;
}

/* The element that is the output. */
static int find_start(const struct elements *e, const struct shape_operation *op,
	uint32_t *ret, struct fault *why)
{
	uint32_t root = element_first(e, 0), i;
	struct span name = element_name(e, root);

	if (!span_eq(name, span_of(op->root)))
		return fault(why, -EBADMSG, "the answer is a %.*s, not a %s",
			(int)span_first(name, 64).len, name.p, op->root);
	*ret = op->start == START_ROOT ? root : 0;
	if (op->start != START_WRAPPER)
		return 0;
	for (i = element_first(e, root); i; i = element_next(e, i))
		if (span_eq(element_name(e, i), span_of(op->wrapper)))
			break;
	if (!i)
		return fault(why, -EBADMSG, "the answer has no %s", op->wrapper);
	*ret = i;
	return 0;
}

static struct span output_text(
	const struct elements *e, uint32_t start, const struct shape *s, uint16_t name)
{
	const struct shape_member *m = NULL;
	uint32_t found = 0;

	if (name != shape_no_name())
		m = find_member(s, span_of(shape_name(name)));
	if (m)
		found = find_child(e, start, m->xml);
	return found ? element_text(e, found) : (struct span){ 0 };
}

static int take_token(const struct elements *e, uint32_t start,
	const struct shape_operation *op, char **ret)
{
	const struct shape *s = shape_of(op->output);
	struct span token = output_text(e, start, s, op->token);
	struct span more = output_text(e, start, s, op->more);

	if (token.len == 0)
		return 0;
	if (op->more != shape_no_name() && !span_eq(more, SPAN("true")))
		return 0;
	*ret = strndup(token.p, token.len);
	return *ret ? 0 : -ENOMEM;
}

static int convert(const struct elements *e, const struct shape_operation *op,
	const struct path *path, struct convert_page *page, struct fault *why)
{
	struct conversion c = { .printer = { e, strcmp(op->service, "ec2") == 0 },
		.path = path,
		.page = page };
	uint32_t start = 0;
	int r = find_start(e, op, &start, why);

	if (r == 0)
		r = walk(&c, start, 0);
	if (r == -EFBIG)
		r = fault(why, r, "the answer is too long, or too much of it is unknown");
	if (r == 0)
		r = take_token(e, start, op, &page->next_token);
	return r;
}

int convert_page(struct span xml, const struct convert_call *call,
	struct convert_page *ret, struct fault *why)
{
	const struct shape_operation *op =
		shape_find_operation(call->service, call->operation);
	struct convert_page page = { .text = BUF_INIT(CONVERT_TEXT_MAX) };
	struct elements e = { 0 };
	struct path path;
	int r;

	if (!op)
		return fault(why, -EINVAL, "no shapes of %s %s are known", call->service,
			call->operation);
	r = read_path(op, call->path, &path);
	if (r < 0)
		return fault(why, r, "%s %s: no \"%s\" in the answer is known",
			call->service, call->operation, call->path);
	r = elements_read(xml, &e, why);
	if (r == 0)
		r = convert(&e, op, &path, &page, why);
	if (r < 0) {
		fault_prefix(why, "%s %s", call->service, call->operation);
		convert_page_finish(&page);
	} else {
		*ret = page;
	}
	elements_finish(&e);
	return r;
}

void convert_page_finish(struct convert_page *page)
{
	if (!page)
		return;
	buf_finish(&page->text);
	free(page->ends);
	free(page->next_token);
	*page = (struct convert_page){ 0 };
}
