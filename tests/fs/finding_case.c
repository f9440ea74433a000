#include "tests/fs/finding_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 22, COLUMNS_MAX = 32 };

struct instant at(const char *text)
{
	struct instant t;

	assert_int_equal(instant_parse(span_of(text), &t), 0);
	return t;
}

struct inventory *case_inventory(
	struct instant asked, const struct case_item *items, size_t count)
{
	struct inventory_builder *b = inventory_builder_new(asked);
	struct inventory *v = NULL;

	assert_non_null(b);
	for (size_t i = 0; i < count; i++) {
		const struct case_item *from = &items[i];
		struct inventory_item item = {
			.text = { [INVENTORY_ID] = span_of(from->id),
				[INVENTORY_NAME] = span_of(from->name),
				[INVENTORY_TYPE] = span_of(from->type),
				[INVENTORY_STATE] = span_of(from->state),
				[INVENTORY_ZONE] = span_of(from->zone),
				[INVENTORY_SIZE] = span_of(from->size),
				[INVENTORY_CREATED] = span_of(from->created) },
			.json = span_of(from->json ? from->json : "{}"),
		};

		assert_int_equal(inventory_builder_add(b, &item), 0);
	}
	assert_int_equal(inventory_builder_finish(b, &v), 0);
	return v;
}

struct finding_case case_of(enum finding_file file)
{
	return (struct finding_case){ .file = file,
		.in = { .account = ACCOUNT, .now = at(NOW) },
		.asked = at(ASKED) };
}

static struct finding_inventory *next_inventory(
	struct finding_case *c, size_t i, const char *region)
{
	struct finding_inventory *next = &c->inventories[c->in.inventory_count++];

	assert_true(c->in.inventory_count <= CASE_INVENTORIES);
	*next = (struct finding_inventory){ .kind = finding_kind_number(c->file, i),
		.region = region };
	return next;
}

void case_put(struct finding_case *c, size_t i, const char *region,
	const struct case_item *items, size_t count)
{
	struct finding_inventory *next = next_inventory(c, i, region);

	next->inventory = c->owned[next - c->inventories] =
		case_inventory(c->asked, items, count);
}

void case_fail(
	struct finding_case *c, size_t i, const char *region, const struct fault *why)
{
	next_inventory(c, i, region)->why = why;
}

void case_bill(struct finding_case *c, struct month *newest, struct month *before)
{
	c->in.newest = c->months[0] = newest;
	c->in.before = c->months[1] = before;
}

void case_finish(struct finding_case *c)
{
	for (size_t i = 0; i < CASE_INVENTORIES; i++)
		inventory_unref(c->owned[i]);
	for (size_t i = 0; i < ARRAY_LEN(c->months); i++)
		month_unref(c->months[i]);
	*c = (struct finding_case){ 0 };
}

char *case_render(struct finding_case *c)
{
	struct buf b = BUF_INIT(FILE_MAX);
	char *text;
	int r;

	c->in.inventories = c->inventories;
	r = finding_render(c->file, &c->in, &b, &c->why);
	if (r < 0) {
		print_error("finding_render: %d: %s\n", r, c->why.text);
		fail();
	}
	text = buf_take(&b);
	assert_non_null(text);
	assert_int_equal(text[strlen(text) - 1], '\n');
	return text;
}

/* Cuts a line into cells, in place; RFC 4180. */
static size_t split(char *line, char *cells[COLUMNS_MAX])
{
	size_t count = 0;

	for (char *p = line, *to;; p++) {
		bool quoted = *p == '"';

		assert_true(count < COLUMNS_MAX);
		cells[count++] = to = p;
		p += quoted;
		while (*p && (quoted || *p != ',')) {
			if (quoted && *p == '"' && *++p != '"')
				quoted = false;
			else
				*to++ = *p++;
		}
		if (!*p) {
			*to = '\0';
			return count;
		}
		*to = '\0';
	}
}

static size_t column(char *const *names, size_t count, struct span name)
{
	for (size_t i = 0; i < count; i++)
		if (span_eq(span_of(names[i]), name))
			return i;
	print_error("no column %.*s\n", SPAN_ARG(name));
	fail();
	return 0;
}

static void put_row(struct buf *b, const char *columns, char *const *names, size_t count,
	char *const *cells)
{
	struct span rest = span_of(columns), name;

	for (bool is_first = true; span_split(&rest, ',', &name); is_first = false) {
		if (!is_first)
			assert_int_equal(buf_append_byte(b, '|'), 0);
		assert_int_equal(
			buf_append_text(b, cells[column(names, count, name)]), 0);
	}
	assert_int_equal(buf_append_byte(b, '\n'), 0);
}

/* Cuts the next line off, in place; NULL: there is none. */
static char *next_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return line;
}

void case_expect(struct finding_case *c, const char *columns, const char *want)
{
	struct buf got = BUF_INIT(FILE_MAX);
	char *names[COLUMNS_MAX], *cells[COLUMNS_MAX], *text = case_render(c),
						       *rest = text;
	char *line = next_line(&rest);
	size_t count = split(line, names);

	while ((line = next_line(&rest))) {
		assert_int_equal(split(line, cells), count);
		put_row(&got, columns, names, count, cells);
	}
	if (!span_eq(buf_span(&got), span_of(want))) {
		print_error("%s: got\n%.*swant\n%s", finding_info(c->file)->name,
			SPAN_ARG(buf_span(&got)), want);
		fail();
	}
	buf_finish(&got);
	free(text);
}
