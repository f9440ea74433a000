#include "aws/export/parquet/schema.h"

#include <errno.h>
#include <stdlib.h>

#include "aws/export/parquet/thrift.h"
#include "base/buf.h"
#include "base/vec.h"

enum { REPETITION_REQUIRED, REPETITION_OPTIONAL, REPETITION_REPEATED };
enum { CONVERTED_MAP = 1, CONVERTED_MAP_KEY_VALUE = 2, CONVERTED_LIST = 3 };

struct element {
	struct span name;
	struct type_hints hints;
	int64_t repetition, children;
};

static const struct thrift_rule element_rules[] = {
	{ 1, THRIFT_IS_INT, offsetof(struct element, hints.physical) },
	{ 2, THRIFT_IS_INT, offsetof(struct element, hints.fixed_bytes) },
	{ 3, THRIFT_IS_INT, offsetof(struct element, repetition) },
	{ 4, THRIFT_IS_BYTES, offsetof(struct element, name) },
	{ 5, THRIFT_IS_INT, offsetof(struct element, children) },
	{ 6, THRIFT_IS_INT, offsetof(struct element, hints.converted) },
	{ 7, THRIFT_IS_INT, offsetof(struct element, hints.scale) },
	{ 8, THRIFT_IS_INT, offsetof(struct element, hints.precision) },
	{ 10, THRIFT_IS_STRUCT, offsetof(struct element, hints.logical) },
};

struct nesting {
	struct span map, list;
};
static const struct thrift_rule nesting_rules[] = {
	{ 2, THRIFT_IS_STRUCT, offsetof(struct nesting, map) },
	{ 3, THRIFT_IS_STRUCT, offsetof(struct nesting, list) },
};

/* Where the walk stands: what all below have in common. */
struct place {
	unsigned def, rep, depth;
	unsigned entry_def;
};
struct walk {
	const struct element *elements;
	size_t count, next;
	struct schema *schema;
	size_t leaf_cap, column_cap;
	struct buf path, names;
	struct fault *why;
};

static int read_elements(struct span list, struct element **ret, size_t *ret_count)
{
	struct element *elements;
	size_t count;
	int r = thrift_list(&list, THRIFT_STRUCT, &count);

	if (r < 0)
		return -EBADMSG;
	if (count > SCHEMA_ELEMENTS_MAX)
		return -E2BIG;
	elements = vec_alloc(count, sizeof(*elements));
	if (!elements)
		return -ENOMEM;
	for (size_t i = 0; i < count && r == 0; i++) {
		uint32_t seen;

		elements[i] = (struct element){ .hints = { .physical = -1,
							.fixed_bytes = -1,
							.converted = -1,
							.scale = -1,
							.precision = -1 } };
		r = thrift_struct(&list, element_rules, ARRAY_LEN(element_rules),
			&elements[i], &seen);
	}
	if (r < 0) {
		free(elements);
		return -EBADMSG;
	}
	*ret = elements;
	*ret_count = count;
	return 0;
}

/* CONVERTED_MAP, CONVERTED_LIST or neither. */
static int64_t nesting_of(const struct element *e)
{
	struct nesting nesting = { .map = { .len = 0 } };
	struct span logical = e->hints.logical;
	uint32_t seen = 0;

	if (e->hints.converted == CONVERTED_MAP ||
		e->hints.converted == CONVERTED_MAP_KEY_VALUE)
		return CONVERTED_MAP;
	if (e->hints.converted == CONVERTED_LIST)
		return CONVERTED_LIST;
	if (logical.len == 0 ||
		thrift_struct(&logical, nesting_rules, ARRAY_LEN(nesting_rules), &nesting,
			&seen) < 0)
		return -1;
	return seen & 1 ? CONVERTED_MAP : seen & 2 ? CONVERTED_LIST : -1;
}

static bool is_leaf(const struct element *e)
{
	return e->hints.physical >= 0;
}

static int add_leaf(struct walk *w, const struct element *e, const struct place *at)
{
	struct schema *s = w->schema;
	struct leaf leaf = { .def_max = (uint8_t)at->def,
		.rep_max = (uint8_t)at->rep,
		.entry_def = (uint8_t)at->entry_def,
		.list_def = (uint8_t)(at->entry_def ? at->entry_def - 1 : 0) };
	size_t cap = w->leaf_cap;
	int r = value_type_make(&e->hints, &leaf.type);

	if (r < 0)
		return fault(w->why, r, "column \"%.*s\" has a type that cannot be",
			SPAN_ARG(e->name));
	r = VEC_RESERVE(&s->leaves, &cap, s->leaf_count + 1, SCHEMA_ELEMENTS_MAX);
	if (r < 0)
		return r;
	w->leaf_cap = cap;
	s->leaves[s->leaf_count++] = leaf;
	return 0;
}

static enum parquet_form form_of(const struct value_type *t)
{
	switch (t->meaning) {
	case MEANING_PLAIN:
		if (t->physical == PHYSICAL_BOOLEAN)
			return PARQUET_BOOL;
		return value_type_is_number(t) ? PARQUET_NUMBER : PARQUET_TEXT;
	case MEANING_UNSIGNED:
	case MEANING_DECIMAL:
	case MEANING_FLOAT16:
		return PARQUET_NUMBER;
	case MEANING_DATE:
		return PARQUET_DATE;
	case MEANING_TIME:
		return PARQUET_TIME;
	case MEANING_TIMESTAMP:
		return PARQUET_TIMESTAMP;
	case MEANING_UUID:
		return PARQUET_TEXT;
	}
	return PARQUET_TEXT;
}

static int add_column(
	struct walk *w, enum parquet_kind kind, uint32_t value, uint32_t key)
{
	struct schema *s = w->schema;
	const struct leaf *leaf = &s->leaves[value];
	bool has_keys = key != SCHEMA_NO_LEAF;
	struct schema_column c = {
		.shown = { .kind = kind,
			.form = form_of(&leaf->type),
			.key_form = form_of(&s->leaves[has_keys ? key : value].type),
			.has_keys = has_keys,
			.is_required = kind == PARQUET_CELL ? leaf->def_max == 0
							    : leaf->list_def == 0 },
		.value = value,
		.key = key
	};
	size_t cap = w->column_cap;
	int r = VEC_RESERVE(&s->columns, &cap, s->column_count + 1, SCHEMA_ELEMENTS_MAX);

	if (r < 0)
		return r;
	w->column_cap = cap;
	/* Where it stands is known when all names are there. */
	c.shown.name.len = w->path.len;
	r = buf_append_span(&w->names, buf_span(&w->path));
	if (r == 0)
		s->columns[s->column_count++] = c;
	return r == -EFBIG ? -E2BIG : r;
}

static int enter(const struct element *e, struct place *at)
{
	if (e->repetition < REPETITION_REQUIRED || e->repetition > REPETITION_REPEATED)
		return -EBADMSG;
	at->depth++;
	if (at->depth > SCHEMA_DEPTH_MAX)
		return -E2BIG;
	if (e->repetition != REPETITION_REQUIRED)
		at->def++;
	if (e->repetition == REPETITION_REPEATED) {
		at->rep++;
		at->entry_def = at->def;
	}
	return 0;
}

/* Whether the element at hand is a list or a map that is read as one column: its entries
 * are a repeated leaf, or a repeated group of leaves. Answers these leaves: 0 none. */
static unsigned entry_leaves(const struct walk *w, const struct element *e, bool is_map)
{
	size_t left = w->count - w->next;
	const struct element *entry = &w->elements[w->next];
	int64_t most = is_map ? 2 : 1;

	if (e->children != 1 || left == 0 || entry->repetition != REPETITION_REPEATED)
		return 0;
	if (is_leaf(entry))
		return is_map ? 0 : 1;
	if (entry->children < 1 || entry->children > most ||
		left < (size_t)entry->children + 1)
		return 0;
	for (int64_t i = 1; i <= entry->children; i++)
		if (!is_leaf(&entry[i]) || entry[i].repetition == REPETITION_REPEATED)
			return 0;
	return (unsigned)entry->children;
}

static int add_entries(struct walk *w, bool is_map, unsigned leaves, struct place at)
{
	uint32_t first = w->schema->leaf_count;
	const struct element *entry = &w->elements[w->next++];
	int r = enter(entry, &at);

	if (r == 0 && is_leaf(entry))
		r = add_leaf(w, entry, &at);
	for (unsigned i = 0; i < leaves && r == 0 && !is_leaf(entry); i++) {
		const struct element *e = &w->elements[w->next++];
		struct place below = at;

		r = enter(e, &below);
		if (r == 0)
			r = add_leaf(w, e, &below);
	}
	if (r < 0)
		return r;
	return add_column(w, is_map ? PARQUET_MAP : PARQUET_LIST, first + (leaves == 2),
		leaves == 2 ? first : SCHEMA_NO_LEAF);
}

static int walk_children(struct walk *w, const struct element *e, const struct place *at);

static int walk_element(struct walk *w, struct place at)
{
	const struct element *e = &w->elements[w->next++];
	int64_t nesting = nesting_of(e);
	unsigned leaves = 0;
	int r = enter(e, &at);

	if (r < 0)
		return r;
	if (is_leaf(e)) {
		static const enum parquet_kind kinds[] = { PARQUET_CELL, PARQUET_LIST };

		r = add_leaf(w, e, &at);
		return r < 0 ? r
			     : add_column(w, at.rep < 2 ? kinds[at.rep] : PARQUET_NESTED,
				       w->schema->leaf_count - 1, SCHEMA_NO_LEAF);
	}
	if (at.rep == 0 && nesting >= 0)
		leaves = entry_leaves(w, e, nesting == CONVERTED_MAP);
	if (leaves > 0)
		return add_entries(w, nesting == CONVERTED_MAP, leaves, at);
	return walk_children(w, e, &at);
}

static int walk_children(struct walk *w, const struct element *e, const struct place *at)
{
	size_t before = w->path.len;
	int r = 0;

	for (int64_t i = 0; i < e->children && r == 0; i++) {
		if (w->next >= w->count)
			return -EBADMSG;
		if (before > 0)
			r = buf_append_byte(&w->path, '.');
		if (r == 0)
			r = buf_append_span(&w->path, w->elements[w->next].name);
		if (r == 0)
			r = walk_element(w, *at);
		else if (r == -EFBIG)
			r = -E2BIG;
		buf_truncate(&w->path, before);
	}
	return r;
}

static int place_names(struct walk *w)
{
	struct schema *s = w->schema;
	const char *p;

	if (buf_append_byte(&w->names, '\0') < 0)
		return -ENOMEM;
	p = s->names = buf_take(&w->names);
	if (!p)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->column_count; i++) {
		s->columns[i].shown.name.p = p;
		p += s->columns[i].shown.name.len;
	}
	return 0;
}

int schema_read(struct span elements, struct schema *ret, struct fault *why)
{
	struct schema s = { .leaf_count = 0 };
	struct walk w = { .schema = &s,
		.path = BUF_INIT(SCHEMA_NAMES_MAX),
		.names = BUF_INIT(SCHEMA_NAMES_MAX + 1),
		.why = why };
	struct element *all = NULL;
	int r = read_elements(elements, &all, &w.count);

	if (r == 0 && w.count == 0)
		r = -EBADMSG;
	if (r < 0)
		goto out;
	w.elements = all;
	w.next = 1;
	r = walk_children(&w, all, &(struct place){ .def = 0 });
	if (r == 0 && w.next != w.count)
		r = -EBADMSG;
	if (r == 0)
		r = place_names(&w);
out:
	free(all);
	buf_finish(&w.path);
	buf_finish(&w.names);
	if (r < 0) {
		schema_finish(&s);
		return r;
	}
	*ret = s;
	return 0;
}

void schema_finish(struct schema *s)
{
	free(s->leaves);
	free(s->columns);
	free(s->names);
	*s = (struct schema){ .leaf_count = 0 };
}
