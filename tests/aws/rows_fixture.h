/* Rows out of a text: objects in memory, a layout over their headers, a reader. */
#ifndef TESTS_AWS_ROWS_FIXTURE_H
#define TESTS_AWS_ROWS_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/export/row.h"

enum { FIXTURE_TEXTS = 4 };

/* Object "N.csv" is texts[N]. */
struct fixture {
	struct object_source source;
	struct span texts[FIXTURE_TEXTS];
	size_t read_max; /* most bytes of one read; 0 = as many as asked for */
	uint64_t fail_at; /* reads from here on fail, if fail_error is set */
	int fail_error; /* negative errno */
	struct object_info objects[FIXTURE_TEXTS];
	char keys[FIXTURE_TEXTS][16];
	struct layout layout;
	struct row_reader *reader;
	struct fault why;
};

static inline ssize_t fixture_read(struct object_source *s,
	const struct object_info *object, uint64_t offset, void *bytes, size_t len,
	struct fault *why)
{
	const struct fixture *f = (const struct fixture *)(const void *)s;
	struct span text = span_from(f->texts[object->key[0] - '0'], (size_t)offset);

	if (f->fail_error && offset >= f->fail_at)
		return fault(why, f->fail_error, "%s: read fails", object->key);
	text = span_first(text, f->read_max && f->read_max < len ? f->read_max : len);
	if (text.len > 0)
		memcpy(bytes, text.p, text.len);
	return (ssize_t)text.len;
}

static inline void fixture_put(struct fixture *f, unsigned n, struct span text)
{
	static const struct object_ops ops = { .read = fixture_read };

	f->source = (struct object_source){ .ops = &ops, .name = "memory:" };
	snprintf(f->keys[n], sizeof(f->keys[n]), "%u.csv", n);
	f->texts[n] = text;
	f->objects[n] = (struct object_info){ .key = f->keys[n], .size_bytes = text.len };
}

static inline int fixture_peek(struct fixture *f, unsigned n)
{
	return row_reader_peek(&f->source, &f->objects[n], &f->layout, &f->why);
}

static inline void fixture_close(struct fixture *f)
{
	row_reader_free(f->reader);
	f->reader = NULL;
	layout_finish(&f->layout);
}

static inline void assert_done(int r, const struct fault *why)
{
	if (r < 0)
		print_error("%s\n", why->text);
	assert_int_equal(r, 0);
}

/* One object, opened. */
static inline void fixture_open(struct fixture *f, struct span text)
{
	*f = (struct fixture){ .reader = NULL };
	fixture_put(f, 0, text);
	assert_done(fixture_peek(f, 0), &f->why);
	assert_done(layout_seal(&f->layout), &f->why);
	assert_done(row_reader_open(
			    &f->source, &f->objects[0], &f->layout, &f->reader, &f->why),
		&f->why);
}

static inline struct row fixture_row(struct fixture *f)
{
	struct row row;
	int r = row_reader_next(f->reader, &row, &f->why);

	if (r < 0)
		print_error("%s\n", f->why.text);
	assert_int_equal(r, 1);
	return row;
}

static inline void assert_span(struct span got, const char *want)
{
	if (!span_eq(got, span_of(want)))
		fail_msg("got \"%.*s\", want \"%s\"", SPAN_ARG(got), want);
}

static inline void assert_money(struct money got, const char *want)
{
	char text[MONEY_TEXT_MAX];

	assert_span((struct span){ text, money_format(got, text) }, want);
}

/* want is NULL for a cost that is not filled. */
static inline void assert_cost(const struct row *row, enum cost cost, const char *want)
{
	bool filled = (row->cost_filled & 1U << cost) != 0;

	if (filled != (want != NULL))
		fail_msg("cost %d is %sfilled", (int)cost, filled ? "" : "not ");
	if (want)
		assert_money(row->cost[cost], want);
}

/* The cell of a column by its name; no such column fails. */
static inline struct cell fixture_cell(
	const struct fixture *f, const struct row *row, const char *name)
{
	for (size_t i = 0; i < f->layout.count; i++)
		if (strcmp(f->layout.columns[i].name, name) == 0)
			return row_cell(row, i);
	fail_msg("no column %s", name);
	return (struct cell){ .quoted = false };
}

/* The value of a tag, category or map column; empty where the row has none. */
static inline struct span pair_value(const struct row_pair *pairs, size_t count,
	const struct intern *keys, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (span_eq(intern_text(keys, pairs[i].key), span_of(name)))
			return pairs[i].value;
	return (struct span){ .len = 0 };
}

static inline struct span tag_value(
	const struct fixture *f, const struct row *row, const char *name)
{
	return pair_value(
		row->tags, row->tag_count, row_reader_tag_keys(f->reader), name);
}

static inline struct span category_value(
	const struct fixture *f, const struct row *row, const char *name)
{
	return pair_value(row->categories, row->category_count,
		row_reader_category_keys(f->reader), name);
}

static inline struct span map_value(
	const struct fixture *f, const struct row *row, const char *name)
{
	return pair_value(row->map_cells, row->map_cell_count,
		row_reader_map_columns(f->reader), name);
}

#endif
