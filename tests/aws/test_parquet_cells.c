/* tests/data/focus-tiny.parquet, written by DuckDB 1.5:
 *
 * COPY (SELECT * FROM (VALUES
 * ('111122223333', 1.81e-8::DOUBLE, 0.1::DOUBLE, 12.5::DECIMAL(20,10), 'Usage',
 *  TIMESTAMP '2026-05-02 01:00:00', MAP{'user:env':'prod','Name':'web'},
 *  MAP{'Edp':-2.5e-7::DOUBLE,'x':1::DOUBLE}, 'plain', [1,2], MAP{'k':3}, [[1]]),
 * (NULL, 2, NULL, NULL, 'Tax', TIMESTAMP '2026-05-03 00:00:00', NULL, NULL, 'a, "b"',
 *  NULL, NULL, NULL),
 * ('012345678901', 0, 1, 0, 'Purchase', NULL, MAP{}, MAP{}, '', [], MAP{}, []))
 * t(SubAccountId, BilledCost, EffectiveCost, ListCost, ChargeCategory,
 * ChargePeriodStart, Tags, x_Discounts, note, list, other, nest),
 * (VALUES ('999988887777')) p(BillingAccountId)) TO 'focus-tiny.parquet' */
#include <fcntl.h>
#include <unistd.h>

#include "tests/aws/memory_source.h"
#include "tests/aws/rows_fixture.h"

static char bytes[16 * 1024];
static size_t size;

static int load(void **state)
{
	int fd = open(TEST_PARQUET, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	(void)state;
	if (fd >= 0)
		close(fd);
	size = n > 0 ? (size_t)n : 0;
	return n > 0 && size < sizeof(bytes) ? 0 : -1;
}

static int open_named(
	struct fixture *f, const char *name, struct span text, size_t read_max)
{
	int r;

	*f = (struct fixture){ .read_max = read_max };
	fixture_put(f, 0, text);
	snprintf(f->keys[0], sizeof(f->keys[0]), "%s", name);
	r = fixture_peek(f, 0);
	if (r == 0)
		r = layout_seal(&f->layout);
	if (r == 0)
		r = row_reader_open(
			&f->source, &f->objects[0], &f->layout, &f->reader, &f->why);
	return r;
}

static int open_file(struct fixture *f, size_t read_max)
{
	return open_named(f, "0.parquet", (struct span){ bytes, size }, read_max);
}

static void assert_first(const struct fixture *f, const struct row *row)
{
	assert_span(row->account_id, "111122223333");
	assert_span(row->charge_type, "Usage");
	/* date -u -d '2026-05-02 01:00' +%s */
	assert_int_equal(row->usage_start.seconds, 1777683600);
	assert_cost(row, COST_UNBLENDED, "0.0000000181");
	assert_cost(row, COST_AMORTIZED, "0.10");
	assert_cost(row, COST_LIST, "12.50");
	assert_span(row->name_tag, "web");
	assert_int_equal(row->tag_count, 2);
	assert_span(tag_value(f, row, "env"), "prod");
	assert_span(map_value(f, row, "tag_Name"), "web");
	assert_span(map_value(f, row, "x_Discounts_Edp"), "-0.00000025");
	assert_span(map_value(f, row, "x_Discounts_x"), "1.00");
	assert_span(fixture_cell(f, row, "note").text, "plain");
	assert_false(fixture_cell(f, row, "note").quoted);
	assert_span(fixture_cell(f, row, "list").text, "[1,2]");
	assert_span(fixture_cell(f, row, "other").text, "{\"k\":3}");
	assert_true(fixture_cell(f, row, "other").quoted);
}

static void assert_second(const struct fixture *f, const struct row *row)
{
	assert_span(row->account_id, "999988887777");
	assert_cost(row, COST_UNBLENDED, "2.00");
	assert_cost(row, COST_AMORTIZED, NULL);
	assert_cost(row, COST_LIST, NULL);
	assert_int_equal(row->tag_count + row->map_cell_count, 0);
	assert_span(fixture_cell(f, row, "note").text, "a, \"b\"");
	assert_true(fixture_cell(f, row, "note").quoted);
	assert_int_equal(fixture_cell(f, row, "list").text.len, 0);
}

static void assert_third(const struct fixture *f, const struct row *row)
{
	assert_span(row->account_id, "012345678901");
	assert_true(row->usage_start.seconds == INSTANT_NONE);
	assert_cost(row, COST_UNBLENDED, "0.00");
	assert_cost(row, COST_LIST, "0.00");
	assert_int_equal(row->tag_count + row->map_cell_count, 0);
	assert_int_equal(row->charges, 1U << CHARGE_FEE);
	/* Not null. */
	assert_non_null(fixture_cell(f, row, "note").text.p);
	assert_span(fixture_cell(f, row, "note").text, "");
	assert_span(fixture_cell(f, row, "list").text, "[]");
	assert_span(fixture_cell(f, row, "other").text, "{}");
}

static void rows_are_those_of_csv_however_bytes_arrive(void **state)
{
	static const size_t steps[] = { 0, 1, 2, 3, 7, 100 };
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		assert_done(open_file(&f, steps[i]), &f.why);
		assert_int_equal(f.layout.table, TABLE_FOCUS);
		assert_true(f.layout.has_maps && f.layout.has_tags);
		row = fixture_row(&f);
		assert_first(&f, &row);
		row = fixture_row(&f);
		assert_second(&f, &row);
		row = fixture_row(&f);
		assert_third(&f, &row);
		assert_int_equal(row_reader_next(f.reader, &row, &f.why), 0);
		assert_true(row_reader_bytes_in(f.reader) > 0);
		fixture_close(&f);
	}
}

static void lists_of_lists_are_passed_over(void **state)
{
	struct fixture f;

	(void)state;
	assert_done(open_file(&f, 0), &f.why);
	for (size_t i = 0; i < f.layout.count; i++)
		assert_string_not_equal(f.layout.columns[i].name, "nest");
	fixture_close(&f);
}

static uint64_t bytes_read(struct fixture *f)
{
	struct row row;

	while (row_reader_next(f->reader, &row, &f->why) > 0)
		;
	return row_reader_bytes_in(f->reader);
}

static void assert_narrow(const struct row *row)
{
	assert_int_equal(row->tag_count + row->category_count + row->map_cell_count, 0);
	assert_int_equal(row->name_tag.len + row->resource_id.len, 0);
	assert_int_equal(row_cell(row, 0).text.len, 0);
}

enum {
	ALL_PARTS =
		ROW_REGION | ROW_USAGE_TYPE | ROW_OPERATION | ROW_DAY | ROW_DESCRIPTION
};

/* What is not asked for is not fetched; what is, is the same. */
static void a_narrowed_reader_fetches_less_and_says_the_same(void **state)
{
	const struct row_narrow all = { .parts = ALL_PARTS };
	struct fixture whole, narrow;
	uint64_t bytes_whole;

	(void)state;
	assert_done(open_file(&whole, 0), &whole.why);
	bytes_whole = bytes_read(&whole);
	fixture_close(&whole);
	assert_done(open_file(&whole, 0), &whole.why);
	assert_done(open_file(&narrow, 0), &narrow.why);
	assert_done(row_reader_narrow(narrow.reader, &all, &narrow.why), &narrow.why);
	for (int i = 0; i < 3; i++) {
		struct row a = fixture_row(&whole), b = fixture_row(&narrow);

		assert_true(span_eq(a.account_id, b.account_id));
		assert_true(span_eq(a.charge_type, b.charge_type));
		assert_true(a.usage_start.seconds == b.usage_start.seconds);
		assert_int_equal(a.cost_filled, b.cost_filled);
		assert_int_equal(a.charges, b.charges);
		for (enum cost c = 0; c < COST_COUNT; c++)
			assert_int_equal(money_cmp(a.cost[c], b.cost[c]), 0);
		assert_narrow(&b);
	}
	/* DuckDB's parquet_metadata(): the chunks stand from byte 4 to 802; those that
	 * sums need from 4 to 297 and from 758 on. The first read is the whole file of
	 * 2721 bytes: it is shorter than what is read for a footer. */
	assert_int_equal(bytes_whole, 2721 + 798);
	assert_int_equal(bytes_read(&narrow), 2721 + 293 + 44);
	fixture_close(&whole);
	fixture_close(&narrow);
}

/* gzip -n of "lineItem/UsageAccountId,lineItem/UnblendedCost\n1,0.5\n" */
#define GZIP                                                                             \
	"\037\213\010\000\000\000\000\000\000\003\313\311\314\113\365\054"               \
	"\111\315\325\017\055\116\114\117\165\114\116\316\057\315\053\361"               \
	"\114\321\311\201\213\347\045\345\244\346\245\244\246\070\347\027"               \
	"\227\160\031\352\030\350\231\162\001\000\034\100\201\043\065\000"               \
	"\000\000"

static void content_says_what_a_file_is(void **state)
{
	static const char *const names[] = { "0.csv", "0.csv.gz", "0.zip", "0",
		"0.PARQUET" };
	static const char gzip[] = GZIP;
	struct fixture f;
	struct row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (size_t step = 0; step < 8; step += 7) {
			print_message("  %s by %zu\n", names[i], step);
			assert_done(open_named(&f, names[i], (struct span){ bytes, size },
					    step),
				&f.why);
			row = fixture_row(&f);
			assert_first(&f, &row);
			fixture_close(&f);
		}
	assert_done(
		open_named(&f, "0.parquet", (struct span){ gzip, sizeof(gzip) - 1 }, 0),
		&f.why);
	row = fixture_row(&f);
	assert_span(row.account_id, "1");
	assert_cost(&row, COST_UNBLENDED, "0.50");
	fixture_close(&f);
}

static void what_is_neither_is_refused_by_its_name(void **state)
{
	static const struct {
		const char *name;
		struct span text;
		const char *said;
	} cases[] = {
		{ "0.parquet", { "a,b\n1,2\n3,4\n", 12 }, "no Parquet file" },
		{ "0.parquet", { "\x1f\x8b\10\0damaged", 11 }, "0.parquet" },
		{ "0.parquet", { "PAR1 and no end", 15 }, "no Parquet file" },
		{ "0.csv.gz", { "PAR1 and no end", 15 }, "no Parquet file" },
		{ "0.csv.gz", { "PAR", 3 }, "too short to tell" },
		{ "0.csv.gz", { "%PDF-1.4", 8 }, "a PDF document" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture f;

		print_message("  %zu\n", i);
		assert_int_equal(
			open_named(&f, cases[i].name, cases[i].text, 0), -EBADMSG);
		assert_non_null(strstr(f.why.text, cases[i].name));
		assert_non_null(strstr(f.why.text, cases[i].said));
		fixture_close(&f);
	}
}

/* Only where name and content differ is more asked for. */
static void usual_names_cost_no_read_more(void **state)
{
	static const struct {
		const char *name;
		unsigned reads;
	} cases[] = { { "0.parquet", 1 }, { "0.csv", 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct memory_object o = { cases[i].name, bytes, size };
		struct layout layout = { .count = 0 };
		struct memory_source m;
		char key[16];
		struct object_info info;

		memory_source_init(&m, &o, 1);
		snprintf(key, sizeof(key), "%s", cases[i].name);
		info = memory_info_of(&m, &o, key);
		assert_int_equal(row_reader_peek(&m.base, &info, &layout, NULL), 0);
		assert_int_equal(m.reads, cases[i].reads);
		layout_finish(&layout);
	}
}

static int read_all(struct fixture *f)
{
	struct row row;
	int r;

	while ((r = row_reader_next(f->reader, &row, &f->why)) > 0)
		;
	return r;
}

static void a_cut_file_is_refused_by_name(void **state)
{
	size_t whole = size;
	struct fixture f;

	(void)state;
	for (size = 0; size < whole; size += size < 64 || size > whole - 64 ? 1 : 37) {
		int r = open_file(&f, 0);

		assert_true(r < 0);
		assert_non_null(strstr(f.why.text, "0.parquet"));
		fixture_close(&f);
	}
	size = whole;
}

/* Whatever is wrong: an answer, or a refusal that says where. */
static void a_damaged_file_is_never_more_than_refused(void **state)
{
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < size; i++) {
		bytes[i] = (char)(bytes[i] ^ 0x55);
		if (open_file(&f, 0) == 0 && read_all(&f) < 0)
			assert_non_null(strstr(f.why.text, "0.parquet"));
		fixture_close(&f);
		bytes[i] = (char)(bytes[i] ^ 0x55);
	}
}

static void failures_of_the_source_come_through(void **state)
{
	struct fixture f;

	(void)state;
	assert_done(open_file(&f, 0), &f.why);
	f.fail_error = -ESTALE;
	assert_int_equal(read_all(&f), -ESTALE);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_those_of_csv_however_bytes_arrive),
		cmocka_unit_test(lists_of_lists_are_passed_over),
		cmocka_unit_test(a_narrowed_reader_fetches_less_and_says_the_same),
		cmocka_unit_test(content_says_what_a_file_is),
		cmocka_unit_test(what_is_neither_is_refused_by_its_name),
		cmocka_unit_test(usual_names_cost_no_read_more),
		cmocka_unit_test(a_cut_file_is_refused_by_name),
		cmocka_unit_test(a_damaged_file_is_never_more_than_refused),
		cmocka_unit_test(failures_of_the_source_come_through),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
