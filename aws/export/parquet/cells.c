#include "aws/export/parquet/cells.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "aws/export/parquet/text.h"
#include "base/vec.h"

static int grow(void **items, size_t *cap, size_t need, size_t size, struct memory *m)
{
	size_t before = *cap, want = need > PARQUET_BATCH_ROWS ? need * 2 : need;
	void *more;
	int r;

	if (need > PARQUET_ENTRIES_MAX)
		return -EFBIG;
	if (need <= before)
		return 0;
	if (want < PARQUET_BATCH_ROWS)
		want = PARQUET_BATCH_ROWS;
	if (want > PARQUET_ENTRIES_MAX)
		want = PARQUET_ENTRIES_MAX;
	r = memory_take(m, (want - before) * size);
	if (r < 0)
		return r;
	memcpy(&more, items, sizeof(more));
	r = vec_reserve(&more, cap, want, size, 2 * (size_t)PARQUET_ENTRIES_MAX);
	if (r < 0) {
		memory_give(m, (want - before) * size);
		return r;
	}
	memcpy(items, &more, sizeof(more));
	/* It may have doubled; only what was asked for is used and counted. */
	*cap = want;
	return 0;
}

static int grow_indexes(struct cells *c, size_t need, struct memory *m)
{
	return grow((void **)&c->indexes, &c->index_cap, need, sizeof(*c->indexes), m);
}

static int grow_texts(struct cells *c, size_t need, struct memory *m)
{
	return grow((void **)&c->texts, &c->text_cap, need, sizeof(*c->texts), m);
}

void cells_forget(struct cells *c)
{
	c->form = CELLS_NONE;
	c->count = 0;
}

/* What was gathered by numbers so far becomes texts. */
static int turn_to_texts(
	struct cells *c, const struct dictionary *d, size_t need, struct memory *m)
{
	int r = grow_texts(c, need, m);

	if (r < 0)
		return r;
	if (c->form == CELLS_INDEXES)
		for (size_t i = 0; i < c->count; i++)
			c->texts[i] = d->texts[c->indexes[i]];
	c->form = CELLS_TEXTS;
	return 0;
}

/* Values stand at the front; each goes where it is present, from the last one on. */
static void spread_indexes(uint32_t *indexes, const uint8_t *present, size_t count,
	size_t values, uint32_t null)
{
	/* Without a branch: nulls come in no order. The first value may be looked at
	 * when there is none left, but is not taken. */
	for (size_t i = count; i-- > 0;) {
		uint32_t mask = 0 - (uint32_t)present[i];

		values -= present[i];
		indexes[i] = (indexes[values] & mask) | (null & ~mask);
	}
}

static void spread_texts(
	struct span *texts, const uint8_t *present, size_t count, size_t values)
{
	for (size_t i = count; i-- > 0;)
		texts[i] = present[i] ? texts[--values] : (struct span){ .len = 0 };
}

/* limit < 2^31: a highest bit anywhere tells of one that is not below it. */
static bool is_within(const uint32_t *indexes, size_t count, uint32_t limit)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < count; i++)
		bits |= indexes[i] | (limit - 1 - indexes[i]);
	return count == 0 || (limit > 0 && bits >> 31 == 0);
}

static int read_indexes(struct pages *p, uint32_t *ret, const uint8_t *present,
	size_t count, size_t values)
{
	const struct dictionary *d = &p->dictionary;
	int r = values_indexes(&p->values, ret, values);

	if (r < 0)
		return r;
	if (!is_within(ret, values, d->count))
		return -EBADMSG;
	if (values < count)
		spread_indexes(ret, present, count, values, d->count);
	return 0;
}

static int append_indexes(struct cells *c, struct pages *p, const uint8_t *present,
	size_t count, size_t values)
{
	struct memory *m = &p->shared->memory;
	uint32_t few[CELLS_STEP];
	int r;

	if (!p->dictionary.name)
		return -EBADMSG;
	if (c->form != CELLS_TEXTS) {
		r = grow_indexes(c, c->count + count, m);
		if (r == 0)
			r = read_indexes(
				p, c->indexes + c->count, present, count, values);
		if (r == 0)
			c->form = CELLS_INDEXES;
		return r;
	}
	r = grow_texts(c, c->count + count, m);
	if (r == 0)
		r = read_indexes(p, few, present, count, values);
	for (size_t i = 0; i < count && r == 0; i++)
		c->texts[c->count + i] = p->dictionary.texts[few[i]];
	return r;
}

static int read_texts(struct pages *p, struct span *ret, size_t values)
{
	const struct value_type *type = &p->leaf->type;
	int64_t numbers[CELLS_STEP];
	int r;

	if (value_type_is_number(type)) {
		r = values_numbers(&p->values, numbers, values);
		return r < 0 ? r : text_of_numbers(type, numbers, values, &p->arena, ret);
	}
	r = values_spans(&p->values, ret, values);
	return r < 0 ? r : text_of_spans(type, ret, values, &p->arena);
}

static int append_texts(struct cells *c, struct pages *p, const uint8_t *present,
	size_t count, size_t values)
{
	int r = turn_to_texts(c, &p->dictionary, c->count + count, &p->shared->memory);

	if (r == 0)
		r = read_texts(p, c->texts + c->count, values);
	if (r == 0 && values < count)
		spread_texts(c->texts + c->count, present, count, values);
	return r;
}

/* A page of nulls may have no values at all, and be of any encoding. */
static int append_nulls(struct cells *c, struct pages *p, size_t count)
{
	const struct dictionary *d = &p->dictionary;
	struct memory *m = &p->shared->memory;
	int r;

	if (d->name && c->form != CELLS_TEXTS) {
		r = grow_indexes(c, c->count + count, m);
		if (r < 0)
			return r;
		c->form = CELLS_INDEXES;
		for (size_t i = 0; i < count; i++)
			c->indexes[c->count + i] = d->count;
		return 0;
	}
	r = turn_to_texts(c, d, c->count + count, m);
	if (r == 0)
		memset(c->texts + c->count, 0, count * sizeof(*c->texts));
	return r;
}

int cells_append(struct cells *c, struct pages *p, const uint8_t *present, size_t count)
{
	size_t values = count;
	int r;

	assert(count <= CELLS_STEP);
	if (present) {
		values = 0;
		for (size_t i = 0; i < count; i++)
			values += present[i];
	}
	if (count == 0)
		return 0;
	if (values == 0)
		r = append_nulls(c, p, count);
	else if (p->values.form == VALUES_INDEXES)
		r = append_indexes(c, p, present, count, values);
	else
		r = append_texts(c, p, present, count, values);
	if (r == 0)
		c->count += count;
	return r;
}

struct parquet_cells cells_shown(const struct cells *c, const struct pages *p)
{
	const struct dictionary *d = &p->dictionary;

	if (c->form != CELLS_INDEXES)
		return (struct parquet_cells){ .texts = c->texts };
	return (struct parquet_cells){ .texts = d->texts,
		.indexes = c->indexes,
		.dictionary_count = d->count,
		.dictionary = d->name };
}

void cells_finish(struct cells *c, struct memory *m)
{
	free(c->indexes);
	free(c->texts);
	memory_give(m, c->index_cap * sizeof(*c->indexes));
	memory_give(m, c->text_cap * sizeof(*c->texts));
	*c = (struct cells){ .form = CELLS_NONE };
}
