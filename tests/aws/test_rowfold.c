/* Rows added up: what comes of batches that are made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/export/rowfold.h"

#include <errno.h>
#include <string.h>

enum { FIELDS = 7, BATCHES = 3, ROWS = 8 };
enum { ACCOUNT, SERVICE, START, OPERATION, COST, LIST, PRODUCT };

static const char *const names[FIELDS] = { "line_item_usage_account_id",
	"line_item_product_code", "line_item_usage_start_date", "line_item_operation",
	"line_item_unblended_cost", "pricing_public_on_demand_cost", "product" };

/* Texts of one batch; NULL is null. */
struct table {
	uint32_t rows;
	const char *cells[ROWS][FIELDS - 1];
	const char *product_names[ROWS];
	bool has_dictionary;
};

struct fixture {
	struct cell_source source;
	const struct table *tables;
	size_t count, next;
	uint64_t number;
	struct span names[FIELDS];
	struct span texts[FIELDS][2 * ROWS + 1], keys[2 * ROWS + 1];
	uint32_t indexes[FIELDS][2 * ROWS], key_indexes[2 * ROWS], starts[ROWS + 1];
	uint8_t nulls[ROWS];
	struct cell_column columns[FIELDS];
	struct header_plan plan;
	struct row_fold *fold;
	struct folded row;
	struct fault why;
};

static struct span text(const char *s)
{
	return s ? span_of(s) : (struct span){ .len = 0 };
}

/* Each text is in the dictionary as often as it is in the column, backwards. */
static struct cell_texts as_dictionary(
	struct span *texts, uint32_t *indexes, uint32_t count, uint64_t name)
{
	for (uint32_t i = 0; i < count / 2; i++) {
		struct span other = texts[i];

		texts[i] = texts[count - 1 - i];
		texts[count - 1 - i] = other;
	}
	texts[count] = (struct span){ .len = 0 };
	for (uint32_t i = 0; i < count; i++)
		indexes[i] = texts[count - 1 - i].p ? count - 1 - i : count;
	return (struct cell_texts){ texts, indexes, count, name };
}

static struct cell_texts as_is(const struct span *texts)
{
	return (struct cell_texts){ .texts = texts };
}

static void fill_maps(struct fixture *f, const struct table *t, uint64_t name)
{
	struct cell_column *c = &f->columns[PRODUCT];
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->rows; i++) {
		f->starts[i] = n;
		f->nulls[i] = !t->product_names[i];
		if (!t->product_names[i])
			continue;
		f->keys[n] = SPAN("sku");
		f->texts[PRODUCT][n++] = SPAN("other");
		f->keys[n] = SPAN("product_name");
		f->texts[PRODUCT][n++] = span_of(t->product_names[i]);
	}
	f->starts[t->rows] = n;
	*c = (struct cell_column){ .starts = f->starts, .nulls = f->nulls };
	c->values = t->has_dictionary
		? as_dictionary(f->texts[PRODUCT], f->indexes[PRODUCT], n, name)
		: as_is(f->texts[PRODUCT]);
	c->keys = t->has_dictionary ? as_dictionary(f->keys, f->key_indexes, n, name + 1)
				    : as_is(f->keys);
}

static int next_batch(struct cell_source *s, struct cell_batch *ret, struct fault *why)
{
	struct fixture *f = (struct fixture *)(void *)s;
	const struct table *t = &f->tables[f->next];
	uint64_t name = 100 * (f->next + 1);

	if (f->next == f->count)
		return 0;
	f->next++;
	if (t->rows == 0)
		return fault(why, -EBADMSG, "damaged");
	for (uint32_t i = 0; i < FIELDS - 1; i++) {
		for (uint32_t k = 0; k < t->rows; k++)
			f->texts[i][k] = text(t->cells[k][i]);
		f->columns[i] = (struct cell_column){ .values = t->has_dictionary
				? as_dictionary(f->texts[i], f->indexes[i], t->rows,
					  name + 2 + i)
				: as_is(f->texts[i]) };
	}
	fill_maps(f, t, name);
	*ret = (struct cell_batch){
		.rows = t->rows, .columns = f->columns, .number = f->number
	};
	f->number += t->rows;
	return 1;
}

static void begin(
	struct fixture *f, const struct table *tables, size_t count, unsigned parts)
{
	static const struct cell_source_ops ops = { .next_batch = next_batch };

	memset(f, 0, sizeof(*f));
	f->source =
		(struct cell_source){ .ops = &ops, .names = f->names, .count = FIELDS };
	for (size_t i = 0; i < FIELDS; i++)
		f->names[i] = span_of(names[i]);
	f->tables = tables;
	f->count = count;
	f->number = 1;
	assert_int_equal(
		header_plan_make(f->names, FIELDS, "a.parquet", &f->plan, &f->why), 0);
	assert_int_equal(row_fold_new(&(struct row_fold_options){ .source = &f->source,
					      .plan = &f->plan,
					      .parts = parts,
					      .has_product_map = true },
				 &f->fold),
		0);
}

static void end(struct fixture *f)
{
	row_fold_free(f->fold);
	header_plan_finish(&f->plan);
}

static void expect_sum(
	const struct fixture *f, enum role role, const char *sum, uint32_t lines)
{
	char got[MONEY_TEXT_MAX];
	size_t len = money_format(f->row.costs[role].sum, got);

	assert_true(span_eq((struct span){ got, len }, span_of(sum)));
	assert_int_equal(f->row.costs[role].lines, lines);
}

static void expect_cell(const struct fixture *f, int field, const char *want)
{
	assert_true(span_eq(f->row.cells.items[field].text, span_of(want)));
}

static void expect_product(const struct fixture *f, const char *want)
{
	const struct cell_map *m = &f->row.cells.maps[PRODUCT];

	assert_false(m->is_text);
	assert_int_equal(m->count, want[0] ? 1 : 0);
	if (!want[0])
		return;
	assert_true(span_eq(m->pairs[0].key, SPAN("product_name")));
	assert_true(span_eq(m->pairs[0].value, span_of(want)));
}

static int next(struct fixture *f)
{
	return row_fold_next(f->fold, &f->row, &f->why);
}

#define FIRST "2026-11-01T00:00:00Z"
#define SECOND "2026-11-01T01:00:00Z"
#define THIRD "2026-11-02T00:00:00Z"
/* date -u -d 2026-11-01 +%s */
enum { SECONDS = 1793491200 };

#define TWO_KINDS                                                                        \
	{ { "1", "EC2", SECOND, "Run", "0.1", NULL },                                    \
		{ "1", "S3", FIRST, "Get", "5", "6" },                                   \
		{ "1", "EC2", FIRST, "Stop", "0.2", "1e-3" },                            \
		{ "1", "EC2", THIRD, "", "", "" } },                                     \
	{                                                                                \
		"Compute", NULL, "Compute", "Compute"                                    \
	}
static const struct table two_kinds[2][BATCHES] = {
	{ { 4, TWO_KINDS, false }, { 4, TWO_KINDS, false }, { 1, TWO_KINDS, false } },
	{ { 4, TWO_KINDS, true }, { 4, TWO_KINDS, true }, { 1, TWO_KINDS, true } },
};

static void rows_of_a_kind_come_as_one(void **state)
{
	(void)state;
	for (int dictionary = 0; dictionary < 2; dictionary++) {
		struct fixture f;

		begin(&f, two_kinds[dictionary], BATCHES, 0);
		assert_int_equal(next(&f), 1);
		expect_cell(&f, SERVICE, "EC2");
		expect_cell(&f, OPERATION, "");
		expect_product(&f, "Compute");
		assert_int_equal(f.row.lines, 7);
		assert_int_equal(f.row.cells.number, 1);
		expect_sum(&f, ROLE_UNBLENDED, "0.70", 5);
		expect_sum(&f, ROLE_LIST, "0.002", 2);
		assert_int_equal(f.row.first.seconds, SECONDS);
		assert_int_equal(f.row.last.seconds, SECONDS + 86400);
		assert_int_equal(next(&f), 1);
		expect_cell(&f, SERVICE, "S3");
		expect_product(&f, "");
		assert_int_equal(f.row.lines, 2);
		assert_int_equal(f.row.cells.number, 2);
		expect_sum(&f, ROLE_UNBLENDED, "10.00", 2);
		assert_int_equal(next(&f), 0);
		assert_int_equal(next(&f), 0);
		end(&f);
	}
}

static unsigned count(struct fixture *f, uint64_t *ret_lines)
{
	unsigned n = 0;

	for (*ret_lines = 0; next(f) == 1; n++)
		*ret_lines += f->row.lines;
	return n;
}

static void parts_are_told_apart_only_where_they_are_wanted(void **state)
{
	static const struct {
		unsigned parts, kinds;
	} cases[] = {
		{ 0, 2 },
		{ ROW_OPERATION, 4 },
		{ ROW_DAY, 3 },
		{ ROW_OPERATION | ROW_DAY, 4 },
		{ ROW_REGION, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture f;
		uint64_t lines;

		print_message("%u\n", cases[i].parts);
		begin(&f, two_kinds[i % 2], BATCHES, cases[i].parts);
		assert_int_equal(count(&f, &lines), cases[i].kinds);
		assert_int_equal(lines, 9);
		end(&f);
	}
}

static void shares_are_never_mixed_with_other_rows(void **state)
{
	static const struct table split = { 3,
		{ { "1", "EC2", FIRST, "EKSPod-EC2", "1", "1" },
			{ "1", "EC2", FIRST, "Run", "1", "1" },
			{ "1", "EC2", FIRST, "Stop", "1", "1" } },
		{ NULL }, true };
	struct fixture f;

	(void)state;
	begin(&f, &split, 1, 0);
	assert_int_equal(next(&f), 1);
	expect_cell(&f, OPERATION, "EKSPod-EC2");
	assert_int_equal(f.row.lines, 1);
	assert_int_equal(next(&f), 1);
	assert_int_equal(f.row.lines, 2);
	assert_int_equal(next(&f), 0);
	end(&f);
}

static void roundings_are_counted_by_rows(void **state)
{
	static const struct table tiny = { 3,
		{ { "1", "A", FIRST, "", "0.1234567890123456789", "1" },
			{ "1", "A", FIRST, "", "0.1234567890123456789", "1" },
			{ "1", "A", NULL, "", "0", NULL } },
		{ NULL }, true };
	struct fixture f;

	(void)state;
	begin(&f, &tiny, 1, 0);
	assert_int_equal(next(&f), 1);
	assert_int_equal(f.row.rounded, 2);
	expect_sum(&f, ROLE_UNBLENDED, "0.246913578024691358", 3);
	assert_int_equal(next(&f), 0);
	end(&f);
}

static void what_cannot_be_read_is_named(void **state)
{
	static const struct {
		const char *start, *cost, *want;
		int error, field;
		enum role role;
	} cases[] = {
		{ FIRST, "1,5", "1,5", -EBADMSG, COST, ROLE_UNBLENDED },
		{ FIRST, "1e30", "1e30", -ERANGE, COST, ROLE_UNBLENDED },
		{ "tomorrow", "1", "tomorrow", -EBADMSG, START, ROLE_USAGE_START },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		const struct table bad = { 2,
			{ { "1", "A", FIRST, "", "1", "1" },
				{ "1", "A", cases[i / 2].start, "", cases[i / 2].cost,
					"1" } },
			{ NULL }, i % 2 };
		struct fixture f;

		print_message("%s\n", cases[i / 2].want);
		begin(&f, &bad, 1, 0);
		assert_int_equal(next(&f), cases[i / 2].error);
		assert_int_equal(f.row.failed, cases[i / 2].role);
		assert_int_equal(f.row.cells.number, 2);
		expect_cell(&f, cases[i / 2].field, cases[i / 2].want);
		end(&f);
	}
}

static void failures_of_the_source_come_through(void **state)
{
	static const struct table tables[2] = {
		{ 1, { { "1", "A", FIRST, "", "1", "1" } }, { NULL }, false },
		{ .rows = 0 }
	};
	struct fixture f;

	(void)state;
	begin(&f, tables, 2, 0);
	f.row.failed = ROLE_COUNT;
	assert_int_equal(next(&f), -EBADMSG);
	assert_int_equal(f.row.failed, ROLE_COUNT);
	assert_string_equal(f.why.text, "damaged");
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_a_kind_come_as_one),
		cmocka_unit_test(parts_are_told_apart_only_where_they_are_wanted),
		cmocka_unit_test(shares_are_never_mixed_with_other_rows),
		cmocka_unit_test(roundings_are_counted_by_rows),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test(failures_of_the_source_come_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
