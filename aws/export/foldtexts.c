#include "aws/export/foldtexts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/export/amortize.h"
#include "aws/export/rowcost.h"
#include "base/vec.h"

/* No second that instant_parse() gives. */
#define NO_TIME (INSTANT_NONE + 1)

int fold_texts_init(struct fold_texts *t, enum fold_how how)
{
	*t = (struct fold_texts){ .how = how, .texts = intern_new() };
	return t->texts ? 0 : -ENOMEM;
}

void fold_texts_finish(struct fold_texts *t)
{
	intern_free(t->texts);
	free(t->ids);
}

struct span fold_texts_text(const struct fold_texts *t, uint32_t id)
{
	return intern_text(t->texts, id);
}

uint32_t fold_texts_count(const struct fold_texts *t)
{
	return intern_count(t->texts);
}

int fold_texts_clear(struct fold_texts *t)
{
	struct intern *texts = intern_new();

	if (!texts)
		return -ENOMEM;
	intern_free(t->texts);
	t->texts = texts;
	t->dictionary = 0;
	t->last = (struct span){ .len = 0 };
	return 0;
}

static struct span reduce(enum fold_how how, struct span text)
{
	switch (how) {
	case FOLD_AS_IT_IS:
		break;
	case FOLD_PRESENCE:
		return span_first(text, 1);
	case FOLD_SPLIT:
		return is_split_operation(text) ? text : span_first(text, 0);
	case FOLD_REFUND:
		return amortize_description(text);
	}
	return text;
}

static int id_of(struct fold_texts *t, struct span text, uint32_t *ret)
{
	return intern_add(t->texts, reduce(t->how, text), ret);
}

static int read_dictionary(struct fold_texts *t, const struct cell_texts *cells)
{
	size_t count = (size_t)cells->dictionary_count + 1;
	int r = VEC_RESERVE(&t->ids, &t->cap, count, (size_t)UINT32_MAX);

	t->dictionary = 0;
	for (size_t i = 0; i < count && r == 0; i++)
		r = id_of(t, cells->texts[i], &t->ids[i]);
	if (r == 0)
		t->dictionary = cells->dictionary;
	return r;
}

static int ids_of_texts(
	struct fold_texts *t, const struct span *texts, uint32_t rows, uint32_t *ret)
{
	for (uint32_t i = 0; i < rows; i++) {
		/* Rows come in runs. */
		if (!t->last.p || !span_eq(t->last, texts[i])) {
			int r = id_of(t, texts[i], &t->last_id);

			if (r < 0)
				return r;
			t->last = t->how == FOLD_AS_IT_IS
				? intern_text(t->texts, t->last_id)
				: (struct span){ .len = 0 };
		}
		ret[i] = t->last_id;
	}
	return 0;
}

int fold_texts_ids(struct fold_texts *t, const struct cell_texts *cells, uint32_t rows,
	uint32_t *ret)
{
	int r = 0;

	if (!cells->indexes)
		return ids_of_texts(t, cells->texts, rows, ret);
	if (cells->dictionary == 0 || t->dictionary != cells->dictionary)
		r = read_dictionary(t, cells);
	for (uint32_t i = 0; i < rows && r == 0; i++)
		ret[i] = t->ids[cells->indexes[i]];
	return r;
}

struct span fold_map_key(size_t key)
{
	return key == 0 ? SPAN("product_name") : SPAN("region");
}

int fold_map_init(struct fold_map *m, size_t count)
{
	int r = 0;

	m->count = count;
	for (size_t i = 0; i < count && r == 0; i++)
		r = fold_texts_init(&m->values[i], FOLD_AS_IT_IS);
	return r;
}

void fold_map_finish(struct fold_map *m)
{
	for (size_t i = 0; i < m->count; i++)
		fold_texts_finish(&m->values[i]);
	free(m->marks);
}

static uint8_t mark_of(const struct fold_map *m, struct span key)
{
	for (size_t i = 0; i < m->count; i++)
		if (span_eq(key, fold_map_key(i)))
			return (uint8_t)(i + 1);
	return 0;
}

static int mark_dictionary(struct fold_map *m, const struct cell_texts *keys)
{
	size_t count = (size_t)keys->dictionary_count + 1;
	int r;

	if (keys->dictionary != 0 && m->dictionary == keys->dictionary)
		return 0;
	r = VEC_RESERVE(&m->marks, &m->cap, count, (size_t)UINT32_MAX);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		m->marks[i] = mark_of(m, keys->texts[i]);
	m->dictionary = keys->dictionary;
	return 0;
}

/* The entry of a row that has the key and a value; UINT32_MAX: none. */
static uint32_t entry_of(
	const struct fold_map *m, uint8_t mark, const struct cell_column *c, uint32_t row)
{
	uint32_t end = c->nulls[row] ? 0 : c->starts[row + 1];

	for (uint32_t i = c->starts[row]; i < end; i++) {
		uint8_t found = c->keys.indexes ? m->marks[c->keys.indexes[i]]
						: mark_of(m, c->keys.texts[i]);

		if (found == mark && fold_text(&c->values, i).len > 0)
			return i;
	}
	return UINT32_MAX;
}

/* Most of a dictionary's texts are values of other keys. */
static int ids_of_entries(struct fold_texts *t, const struct cell_texts *values,
	uint32_t rows, uint32_t *entries)
{
	size_t count = (size_t)values->dictionary_count + 1;
	int r = 0;

	if (values->dictionary == 0 || t->dictionary != values->dictionary) {
		r = VEC_RESERVE(&t->ids, &t->cap, count, (size_t)UINT32_MAX);
		if (r < 0)
			return r;
		memset(t->ids, 0xff, count * sizeof(*t->ids));
		t->dictionary = values->dictionary;
	}
	for (uint32_t i = 0; i < rows && r == 0; i++) {
		uint32_t at = entries[i] == UINT32_MAX ? values->dictionary_count
						       : values->indexes[entries[i]];

		if (t->ids[at] == UINT32_MAX)
			r = id_of(t, values->texts[at], &t->ids[at]);
		entries[i] = t->ids[at];
	}
	if (r < 0)
		t->dictionary = 0;
	return r;
}

int fold_map_ids(struct fold_map *m, size_t key, const struct cell_column *cells,
	uint32_t rows, uint32_t *ret)
{
	const struct cell_texts *values = &cells->values;
	struct fold_texts *t = &m->values[key];
	const uint8_t mark = (uint8_t)(key + 1);
	int r = cells->keys.indexes ? mark_dictionary(m, &cells->keys) : 0;

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < rows; i++)
		ret[i] = entry_of(m, mark, cells, i);
	if (values->indexes)
		return ids_of_entries(t, values, rows, ret);
	for (uint32_t i = 0; i < rows; i++)
		m->texts[i] = ret[i] == UINT32_MAX ? (struct span){ .len = 0 }
						   : fold_text(values, ret[i]);
	return ids_of_texts(t, m->texts, rows, ret);
}

void fold_costs_finish(struct fold_costs *c)
{
	free(c->items);
}

static void read_cost(struct span text, struct fold_cost *ret)
{
	bool rounded = false;
	int r;

	ret->state = FOLD_NULL;
	if (text.len == 0)
		return;
	r = money_parse(text, &ret->value, &rounded);
	if (r < 0)
		ret->state = r == -ERANGE ? FOLD_TOO_LARGE : FOLD_NO_NUMBER;
	else
		ret->state = rounded ? FOLD_ROUNDED : FOLD_VALUE;
}

int fold_costs_read(struct fold_costs *c, const struct cell_texts *cells, uint32_t rows)
{
	size_t count = cells->indexes ? (size_t)cells->dictionary_count + 1 : rows;
	int r;

	if (cells->indexes && cells->dictionary != 0 &&
		c->dictionary == cells->dictionary)
		return 0;
	c->dictionary = 0;
	r = VEC_RESERVE(&c->items, &c->cap, count, (size_t)UINT32_MAX);
	for (size_t i = 0; i < count && r == 0; i++)
		read_cost(cells->texts[i], &c->items[i]);
	if (r == 0 && cells->indexes)
		c->dictionary = cells->dictionary;
	return r;
}

void fold_times_finish(struct fold_times *t)
{
	free(t->items);
}

static int64_t read_time(struct span text)
{
	struct instant at;

	if (text.len == 0)
		return INSTANT_NONE;
	return instant_parse(text, &at) < 0 ? NO_TIME : at.seconds;
}

static int read_times(struct fold_times *t, const struct cell_texts *cells)
{
	size_t count = (size_t)cells->dictionary_count + 1;
	int r;

	if (cells->dictionary != 0 && t->dictionary == cells->dictionary)
		return 0;
	r = VEC_RESERVE(&t->items, &t->cap, count, (size_t)UINT32_MAX);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		t->items[i] = read_time(cells->texts[i]);
	t->dictionary = cells->dictionary;
	return 0;
}

int fold_times_read(struct fold_times *t, const struct cell_texts *cells, uint32_t rows,
	int64_t *ret, uint32_t *ret_bad)
{
	int r = cells->indexes ? read_times(t, cells) : 0;

	for (uint32_t i = 0; i < rows && r == 0; i++) {
		ret[i] = cells->indexes ? t->items[cells->indexes[i]]
					: read_time(cells->texts[i]);
		if (ret[i] == NO_TIME) {
			*ret_bad = i;
			r = -EBADMSG;
		}
	}
	return r;
}
