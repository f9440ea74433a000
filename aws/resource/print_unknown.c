/* Elements that the table of shapes does not know: newer than it. */
#include <errno.h>

#include "aws/resource/print_private.h"

/* Children of one name. */
struct group {
	uint32_t name, first;
	uint32_t count;
};

struct groups {
	struct group at[PRINT_UNKNOWN_MAX];
	size_t count;
};

static bool has_element(const struct shape *s, uint16_t known)
{
	for (uint16_t i = 0; s && i < s->count; i++)
		if (s->members[i].xml == known)
			return true;
	return false;
}

static int gather(const struct elements *e, uint32_t element, const struct shape *s,
	struct groups *ret)
{
	ret->count = 0;
	for (uint32_t i = element_first(e, element); i; i = element_next(e, i)) {
		uint32_t name = e->at[i].name;
		size_t g = 0;

		if (has_element(s, element_known(e, i)))
			continue;
		while (g < ret->count && ret->at[g].name != name)
			g++;
		if (g == PRINT_UNKNOWN_MAX)
			return -EFBIG;
		if (g == ret->count)
			ret->at[ret->count++] = (struct group){ name, i, 0 };
		ret->at[g].count++;
	}
	return 0;
}

/* A name whose first letter may have become a capital. */
struct key {
	char first; /* NUL: the name is empty, as that of <prefix:/> */
	struct span rest;
};

static struct key key_of(struct span name, bool is_capital)
{
	char first = name.len ? name.p[0] : '\0';

	if (is_capital && first >= 'a' && first <= 'z')
		first = (char)(first - 'a' + 'A');
	return (struct key){ first, span_from(name, 1) };
}

static bool is_key(struct key k, struct span name)
{
	return name.len > 0 && name.p[0] == k.first &&
		span_eq(span_from(name, 1), k.rest);
}

static bool is_member(struct key k, const struct shape *s)
{
	for (uint16_t i = 0; s && i < s->count; i++)
		if (is_key(k, span_of(shape_name(s->members[i].name))))
			return true;
	return false;
}

static bool is_group(struct key k, const struct elements *e, const struct groups *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (is_key(k, element_name(e, g->at[i].first)))
			return true;
	return false;
}

/* False where no name is left that nothing else has. */
static bool choose_key(const struct place *at, const struct group *it,
	const struct groups *all, const struct shape *s, struct key *ret)
{
	const struct elements *e = at->p->elements;
	struct span name = element_name(e, it->first);
	struct key plain = key_of(name, false), key = key_of(name, at->p->is_capital);

	if (key.first != plain.first && (is_member(key, s) || is_group(key, e, all)))
		key = plain;
	*ret = key;
	return !is_member(key, s);
}

static int print_unknown(const struct place *at, uint32_t element);

static int print_group(const struct place *at, const struct group *it)
{
	const struct elements *e = at->p->elements;
	struct frame f;
	int r = print_begin(at, '[', &f);
	struct place inside = print_inside(&f);

	for (uint32_t i = it->first; i && r == 0; i = element_next(e, i)) {
		if (e->at[i].name != it->name)
			continue;
		r = print_item(&f);
		if (r == 0)
			r = print_unknown(&inside, i);
	}
	return r < 0 ? r : print_end(&f);
}

/* What the model calls a list has such children, also where there is one. */
static bool is_list(const struct elements *e, const struct groups *g)
{
	struct span name;

	if (g->count != 1)
		return false;
	name = element_name(e, g->at[0].first);
	return g->at[0].count > 1 || span_eq(name, SPAN("item")) ||
		span_eq(name, SPAN("member"));
}

static int print_key(struct frame *f, struct key key)
{
	struct buf *b = f->at.b;
	struct buf name = BUF_INIT(SIZE_MAX);
	int r = print_item(f);

	if (r == 0 && key.first)
		r = buf_append_byte(&name, key.first);
	if (r == 0)
		r = buf_append_span(&name, key.rest);
	if (r == 0)
		r = buf_append_json(b, buf_span(&name));
	if (r == 0)
		r = buf_append_text(b, ": ");
	buf_finish(&name);
	return r;
}

static int print_groups(struct frame *f, const struct groups *g, const struct shape *s)
{
	struct place inside = print_inside(f);
	int r = 0;

	for (size_t i = 0; i < g->count && r == 0; i++) {
		const struct group *it = &g->at[i];
		struct key key;

		if (!choose_key(&inside, it, g, s, &key))
			continue;
		r = print_key(f, key);
		if (r == 0)
			r = it->count > 1 ? print_group(&inside, it)
					  : print_unknown(&inside, it->first);
	}
	return r;
}

static int print_unknown(const struct place *at, uint32_t element)
{
	const struct elements *e = at->p->elements;
	struct groups g;
	struct frame f;
	int r;

	if (!element_first(e, element))
		return buf_append_json(at->b, element_text(e, element));
	r = gather(e, element, NULL, &g);
	if (r < 0)
		return r;
	if (is_list(e, &g))
		return print_group(at, &g.at[0]);
	r = print_begin(at, '{', &f);
	if (r == 0)
		r = print_groups(&f, &g, NULL);
	return r < 0 ? r : print_end(&f);
}

int print_unknown_members(struct frame *f, uint32_t element, const struct shape *s)
{
	struct groups g;
	int r = gather(f->at.p->elements, element, s, &g);

	return r < 0 ? r : print_groups(f, &g, s);
}
