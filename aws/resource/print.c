#include "aws/resource/print.h"

#include "aws/resource/print_private.h"
#include "aws/resource/scalar.h"

enum { PRINT_INDENT = 4 };

static int print_value(const struct place *at, uint32_t element, uint16_t shape);

int print_begin(const struct place *at, char begin, struct frame *ret)
{
	*ret = (struct frame){ .at = *at, .end = begin == '{' ? '}' : ']' };
	return buf_append_byte(at->b, begin);
}

static int new_line(struct buf *b, unsigned depth)
{
	return buf_appendf(b, "\n%*s", (int)depth * PRINT_INDENT, "");
}

int print_item(struct frame *f)
{
	int r = f->has_items ? buf_append_byte(f->at.b, ',') : 0;

	f->has_items = true;
	return r < 0 ? r : new_line(f->at.b, f->at.depth + 1);
}

int print_end(const struct frame *f)
{
	int r = f->has_items ? new_line(f->at.b, f->at.depth) : 0;

	return r < 0 ? r : buf_append_byte(f->at.b, f->end);
}

struct place print_inside(const struct frame *f)
{
	return (struct place){ f->at.p, f->at.b, f->at.depth + 1 };
}

/* "name": */
static int print_name(struct frame *f, const char *name)
{
	int r = print_item(f);

	return r < 0 ? r : buf_appendf(f->at.b, "\"%s\": ", name);
}

/* Children, or siblings of the same name, from first on. */
static int print_list(
	const struct place *at, uint32_t first, const struct shape *s, bool is_flat)
{
	const struct elements *e = at->p->elements;
	struct frame f;
	int r = print_begin(at, '[', &f);
	struct place inside = print_inside(&f);

	for (uint32_t i = first; i && r == 0; i = element_next(e, i)) {
		if (is_flat && e->at[i].name != e->at[first].name)
			continue;
		r = print_item(&f);
		if (r == 0)
			r = print_value(&inside, i, s->item);
	}
	return r < 0 ? r : print_end(&f);
}

/* The members' first elements; 0 where there is none. Answers whether there are others.
 */
static bool find_members(const struct elements *e, uint32_t element,
	const struct shape *s, uint32_t ret[SHAPE_MEMBERS_MAX])
{
	bool has_others = false;

	memset(ret, 0, s->count * sizeof(*ret));
	for (uint32_t i = e->at[element].first; i; i = e->at[i].next) {
		uint16_t known = element_known(e, i), m = 0;

		while (m < s->count && s->members[m].xml != known)
			m++;
		if (m == s->count)
			has_others |= !e->at[i].is_attribute;
		else if (ret[m] == 0)
			ret[m] = i;
	}
	return has_others;
}

static int print_structure(
	const struct place *at, uint32_t element, const struct shape *s)
{
	uint32_t found[SHAPE_MEMBERS_MAX];
	bool has_others = find_members(at->p->elements, element, s, found);
	struct frame f;
	int r = print_begin(at, '{', &f);
	struct place inside = print_inside(&f);

	for (uint16_t m = 0; m < s->count && r == 0; m++) {
		const struct shape_member *it = &s->members[m];

		if (!found[m] || shape_of(it->shape)->kind == SHAPE_NOTHING)
			continue;
		r = print_name(&f, shape_name(it->name));
		if (r == 0)
			r = print_value(&inside, found[m], it->shape);
	}
	if (r == 0 && has_others)
		r = print_unknown_members(&f, element, s);
	return r < 0 ? r : print_end(&f);
}

/* Keys are those of AWS's answers, which are distinct; if they are not, all are printed.
 */
static int print_map(const struct place *at, uint32_t element, const struct shape *s)
{
	const struct elements *e = at->p->elements;
	struct frame f;
	int r = print_begin(at, '{', &f);
	struct place inside = print_inside(&f);

	for (uint32_t i = element_first(e, element); i && r == 0;
		i = element_next(e, i)) {
		uint32_t found[SHAPE_MEMBERS_MAX];

		(void)find_members(e, i, s, found);
		if (!found[0] || !found[1])
			continue;
		r = print_item(&f);
		if (r == 0)
			r = buf_append_json(at->b, element_text(e, found[0]));
		if (r == 0)
			r = buf_append_text(at->b, ": ");
		if (r == 0)
			r = print_value(&inside, found[1], s->members[1].shape);
	}
	return r < 0 ? r : print_end(&f);
}

static int print_value(const struct place *at, uint32_t element, uint16_t shape)
{
	const struct elements *e = at->p->elements;
	const struct shape *s = shape_of(shape);
	struct span text = element_text(e, element);

	switch (s->kind) {
	case SHAPE_NOTHING:
		return 0;
	case SHAPE_STRING:
		return buf_append_json(at->b, text);
	case SHAPE_STRING_OR_NULL:
		return text.len ? buf_append_json(at->b, text)
				: buf_append_text(at->b, "null");
	case SHAPE_SECRET:
		return buf_append_json(at->b, text.len ? SPAN(PRINT_SECRET) : text);
	case SHAPE_DOCUMENT:
		return print_document(at, text);
	case SHAPE_BOOLEAN:
		return scalar_boolean(at->b, text);
	case SHAPE_INTEGER:
		return scalar_integer(at->b, text);
	case SHAPE_FLOAT:
		return scalar_float(at->b, text);
	case SHAPE_TIMESTAMP:
		return scalar_timestamp(at->b, text);
	case SHAPE_LIST:
		return print_list(at, element_first(e, element), s, false);
	case SHAPE_FLAT_LIST:
		return print_list(at, element, s, true);
	case SHAPE_MAP:
		return print_map(at, element, s);
	case SHAPE_STRUCTURE:
		return print_structure(at, element, s);
	}
	return 0;
}

int print_element(
	const struct printer *p, uint32_t element, uint16_t shape, struct buf *b)
{
	struct place at = { p, b, 0 };
	size_t before = b->len;
	int r = print_value(&at, element, shape);

	if (r < 0)
		buf_truncate(b, before);
	return r;
}
