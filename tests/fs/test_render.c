#include "fs/store/render.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fs/store/cube.h"
#include "tests/oom.h"

enum { LIMIT = 64 * 1024 };

static char name_text[] = "a", name_number[] = "n", name_time[] = "t", name_tail[] = "z";

static struct layout_column columns[] = {
	{ .name = name_text, .kind = COLUMN_TEXT },
	{ .name = name_number, .kind = COLUMN_NUMBER },
	{ .name = name_time, .kind = COLUMN_TIME },
	{ .name = name_tail, .kind = COLUMN_TEXT, .tail = true },
};
static const struct layout layout = { .columns = columns, .count = ARRAY_LEN(columns) };
static const struct layout bare;

static struct row empty_row(const struct cell *cells)
{
	static const struct row_values values[] = { { 1, 1 }, { 2, 1 } };
	static const struct row_run all[] = { { 0, 0, 1, 0, NULL },
		{ 1, 1, 1, 1, &values[0] }, { 2, 2, 1, 1, &values[1] },
		{ 3, 3, 1, 0, NULL } };

	return (struct row){ .usage_start = { INSTANT_NONE },
		.usage_end = { INSTANT_NONE },
		.cells = cells,
		.runs = all,
		.run_count = cells != NULL ? ARRAY_LEN(all) : 0,
		.head_run_count = cells != NULL ? ARRAY_LEN(all) - 1 : 0 };
}

static void assert_span(struct span got, struct span want)
{
	if (!span_eq(got, want))
		fail_msg("got \"%.*s\", want \"%.*s\"", SPAN_ARG(got), SPAN_ARG(want));
}

#define LEAD ",,,,,,,,,,,,,,,,,,"

static void assert_row(
	const struct layout *l, const struct row *row, bool marked, struct span want)
{
	struct buf b = BUF_INIT(LIMIT);
	uint32_t fixed = 0, marks = 0;

	assert_int_equal(buf_append_text(&b, "before\n"), 0);
	assert_int_equal(render_row(l, row, marked, &b, &fixed), 0);
	assert_span(span_from(buf_span(&b), 7), want);
	if (marked)
		marks = 3 * (uint32_t)row->map_cell_count + 1;
	assert_int_equal(fixed, want.len - marks);
	buf_finish(&b);
}

/* One cell of a kind; what is quoted in the source is looked at. */
static void assert_cell(size_t column, struct span text, bool quoted, struct span want)
{
	struct cell cells[ARRAY_LEN(columns)] = { 0 };
	struct row row = empty_row(cells);
	struct buf b = BUF_INIT(LIMIT);
	static const char *const before[] = { LEAD ",", LEAD ",,", LEAD ",,,",
		LEAD ",,,," };
	static const char *const behind[] = { ",,,\n", ",,\n", ",\n", "\n" };

	cells[column] = (struct cell){ text, quoted };
	assert_int_equal(buf_append_text(&b, before[column]), 0);
	assert_int_equal(buf_append_span(&b, want), 0);
	assert_int_equal(buf_append_text(&b, behind[column]), 0);
	assert_row(&layout, &row, false, buf_span(&b));
	buf_finish(&b);
}

/* SPAN() is no constant. */
#define TEXT(literal)                                                                    \
	{                                                                                \
		literal, sizeof(literal) - 1                                             \
	}

static const struct text_case {
	struct span text, want;
} text_cases[] = {
	{ TEXT(""), TEXT("") },
	{ TEXT("plain"), TEXT("plain") },
	{ TEXT(" spaces stay "), TEXT(" spaces stay ") },
	{ TEXT("a,b"), TEXT("\"a,b\"") },
	{ TEXT(","), TEXT("\",\"") },
	{ TEXT("say \"hi\""), TEXT("\"say \"\"hi\"\"\"") },
	{ TEXT("\""), TEXT("\"\"\"\"") },
	{ TEXT("two\nlines"), TEXT("two lines") },
	{ TEXT("two\r\nlines"), TEXT("two  lines") },
	{ TEXT("\n"), TEXT(" ") },
	{ TEXT("a,\n\""), TEXT("\"a, \"\"\"") },
	{ TEXT("\x1f\x1e"), TEXT("  ") },
	{ TEXT("tab\tand \xc3\xa9 stay"), TEXT("tab\tand \xc3\xa9 stay") },
	{ TEXT("a'b;c"), TEXT("a'b;c") },
};

static void cells_are_quoted_only_where_they_must(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
		struct buf b = BUF_INIT(LIMIT);

		print_message("%zu\n", i);
		assert_int_equal(render_cell(text_cases[i].text, &b), 0);
		assert_span(buf_span(&b), text_cases[i].want);
		buf_finish(&b);
		assert_cell(0, text_cases[i].text, true, text_cases[i].want);
		assert_cell(3, text_cases[i].text, true, text_cases[i].want);
	}
	assert_cell(0, SPAN("plain"), false, SPAN("plain"));
}

static void numbers_are_plain_decimals_of_two_places_and_more(void **state)
{
	static const struct text_case cases[] = {
		{ TEXT("0"), TEXT("0.00") },
		{ TEXT("7"), TEXT("7.00") },
		{ TEXT("-7"), TEXT("-7.00") },
		{ TEXT("1.5"), TEXT("1.50") },
		{ TEXT("1.25"), TEXT("1.25") },
		{ TEXT("1.2500"), TEXT("1.25") },
		{ TEXT("1.000"), TEXT("1.00") },
		{ TEXT("1.0010"), TEXT("1.001") },
		{ TEXT("5."), TEXT("5.00") },
		{ TEXT(".5"), TEXT("0.50") },
		{ TEXT("+1.5"), TEXT("1.50") },
		{ TEXT("1.81E-8"), TEXT("0.0000000181") },
		{ TEXT("1e3"), TEXT("1000.00") },
		/* No digit is lost, whatever money could hold. */
		{ TEXT("0.12345678901234567890123"), TEXT("0.12345678901234567890123") },
		{ TEXT("123456789012345678901234567890123456789012345"),
			TEXT("123456789012345678901234567890123456789012345.00") },
		/* What is no number is text. */
		{ TEXT("-"), TEXT("-") },
		{ TEXT("1.2.3"), TEXT("1.2.3") },
		{ TEXT("1,5"), TEXT("\"1,5\"") },
		{ TEXT("n/a\n"), TEXT("n/a ") },
		{ TEXT("1 \"x\""), TEXT("\"1 \"\"x\"\"\"") },
		{ TEXT("NaN"), TEXT("NaN") },
		{ TEXT(""), TEXT("") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%.*s\n", SPAN_ARG(cases[i].text));
		assert_cell(1, cases[i].text, true, cases[i].want);
	}
}

/* Python: format(Decimal(text), "f"). */
static void exponents_are_written_out_beyond_what_money_holds(void **state)
{
	static const struct text_case cases[] = {
		{ TEXT("1.2345678901234567E-5"), TEXT("0.000012345678901234567") },
		{ TEXT("-4e-20"), TEXT("-0.00000000000000000004") },
		{ TEXT("12.5E-19"), TEXT("0.00000000000000000125") },
		{ TEXT("1.5E+25"), TEXT("15000000000000000000000000.00") },
		{ TEXT("123456.789e-20"), TEXT("0.00000000000000123456789") },
		{ TEXT("1.234567e3"), TEXT("1234.567") },
		{ TEXT("9.99e22"), TEXT("99900000000000000000000.00") },
		/* Zeros without end are no plain number for anybody. */
		{ TEXT("1e-500"), TEXT("1e-500") },
		{ TEXT("1e999999999999999999999"), TEXT("1e999999999999999999999") },
		{ TEXT("1e"), TEXT("1e") },
		{ TEXT("e5"), TEXT("e5") },
		{ TEXT("1e-"), TEXT("1e-") },
		{ TEXT("1e2x"), TEXT("1e2x") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%.*s\n", SPAN_ARG(cases[i].text));
		assert_cell(1, cases[i].text, false, cases[i].want);
	}
}

static void times_have_one_form(void **state)
{
	static const struct text_case cases[] = {
		{ TEXT("2026-11-23T14:00:00Z"), TEXT("2026-11-23T14:00:00Z") },
		{ TEXT("2026-11-23 14:00:00.000"), TEXT("2026-11-23T14:00:00Z") },
		{ TEXT("2026-11-23"), TEXT("2026-11-23T00:00:00Z") },
		{ TEXT("soon"), TEXT("soon") },
		{ TEXT("2026-13-01"), TEXT("2026-13-01") },
		{ TEXT("a,b"), TEXT("\"a,b\"") },
		{ TEXT(""), TEXT("") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_cell(2, cases[i].text, true, cases[i].want);
}

static void the_leading_block_has_its_order(void **state)
{
	struct row row = empty_row(NULL);

	(void)state;
	assert_row(&bare, &row, false, SPAN(LEAD "\n"));
	row.usage_start.seconds = 0;
	row.usage_end.seconds = 3600;
	row.account_id = SPAN("000000000001");
	row.service = SPAN("AmazonEC2");
	row.region = SPAN("eu-west-1");
	row.availability_zone = SPAN("eu-west-1a");
	row.usage_type = SPAN("Box,Usage");
	row.operation = SPAN("Run\"Instances");
	row.charge_type = SPAN("Usage");
	row.resource_id = SPAN("i-1\n");
	row.has_usage_amount = true;
	row.usage_amount.units = 1500000000000000000;
	row.usage_unit = SPAN("Hrs");
	row.cost_filled = 1u << COST_UNBLENDED | 1u << COST_AMORTIZED | 1u << COST_LIST;
	row.cost[COST_UNBLENDED].units = -1;
	row.cost[COST_NET_UNBLENDED].units = 7;
	row.cost[COST_AMORTIZED].units = 10000000000000000;
	row.currency = SPAN("USD");
	row.invoice_id = SPAN("INV-1");
	assert_row(&bare, &row, false,
		SPAN("1970-01-01T00:00:00Z,1970-01-01T01:00:00Z,000000000001,AmazonEC2,"
		     "eu-west-1,eu-west-1a,\"Box,Usage\",\"Run\"\"Instances\",Usage,i-1 ,"
		     "1.50,Hrs,-0.000000000000000001,,0.01,,0.00,USD,INV-1\n"));
}

/* Map cells stand between the head and the tail; marks inside of cells do not survive. */
static void map_cells_are_marked(void **state)
{
	const struct row_pair map[] = { { 0, SPAN("v") }, { 200, SPAN("a,\x1e\x1f") },
		{ LAYOUT_MAP_COLUMNS_MAX - 1, SPAN("w") } };
	const struct cell cells[] = { { SPAN("x\x1fy"), false }, { SPAN("\x1e"), false },
		{ SPAN("\x1f"), false }, { SPAN("\x1e\x1f."), false } };
	struct row row = empty_row(cells);

	(void)state;
	row.account_id = SPAN("1\x1f");
	assert_row(&layout, &row, true, SPAN(",,1 ,,,,,,,,,,,,,,,,,x y, , \x1e,  .\n"));
	row.map_cells = map;
	row.map_cell_count = ARRAY_LEN(map);
	assert_row(&layout, &row, true,
		SPAN(",,1 ,,,,,,,,,,,,,,,,,x y, , "
		     "\x1f\x80\x80v\x1f\x81\xc8\"a,  \"\x1f\xff\xffw\x1e,  .\n"));
}

/* Cells of a line as CSV has them: where each begins and ends, and which are quoted. */
enum { LINE_CELLS = 12 };
struct line {
	char text[256 + CELL_SLACK];
	struct cell cells[LINE_CELLS];
	uint64_t quoted[1];
};

/* What is in quotes has neither a comma nor a quote in it twice. */
static void split_line(const char *text, struct line *ret)
{
	size_t count = 0;
	char *at = ret->text;

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->text, text, strlen(text));
	for (; count < LINE_CELLS; count++) {
		bool is_quoted = *at == '"';
		char *end = is_quoted ? strchr(at + 1, '"') : at + strcspn(at, ",");

		assert_non_null(end);
		ret->cells[count] =
			(struct cell){ { at + is_quoted, (size_t)(end - at) - is_quoted },
				is_quoted };
		ret->quoted[0] |= (uint64_t)is_quoted << count;
		at = end + is_quoted + 1;
	}
}

/* Columns 0 to 3 are texts, 4 to 6 numbers, 7 a time, 8 a text that only the layout has,
 * 9 and 10 texts whose fields stand elsewhere, 11 of the tail. */
static struct layout_column line_columns[] = {
	{ .name = name_text },
	{ .name = name_text },
	{ .name = name_text },
	{ .name = name_text },
	{ .name = name_number, .kind = COLUMN_NUMBER },
	{ .name = name_number, .kind = COLUMN_NUMBER },
	{ .name = name_number, .kind = COLUMN_NUMBER },
	{ .name = name_time, .kind = COLUMN_TIME },
	{ .name = name_text },
	{ .name = name_text },
	{ .name = name_text },
	{ .name = name_tail, .tail = true },
};
static const struct row_values line_values[] = { { 4, 2 }, { 6, 2 } };
static const struct row_run line_runs[] = { { 0, 0, 8, 2, line_values },
	{ 9, 9, 2, 0, NULL }, { 11, 8, 1, 0, NULL } };

static const struct {
	const char *line, *want;
} line_cases[] = {
	{ ",,,,,,,,,,,", ",,,,,,,,,,,,\n" },
	{ "a,b,c,d,1,2,3,2026-11-23,z,i,j,-",
		",a,b,c,d,1.00,2.00,3.00,2026-11-23T00:00:00Z,,i,j,z\n" },
	{ "a,,,d,,2.500,,,z,,j,-", ",a,,,d,,2.50,,,,,j,z\n" },
	{ "a,\"b,c\",,d,,,,,z,,,-", ",a,\"b,c\",,d,,,,,,,,z\n" },
	{ "\"a\",\"\",\"\",\"d\",\"\",,,,\"y,z\",\"i\",j,-",
		",a,,,d,,,,,,i,j,\"y,z\"\n" },
	{ ",,,\"d,\",\"1\",\"\",\"3,0\",,,,\"j\",-", ",,,,\"d,\",1.00,,\"3,0\",,,,j,\n" },
	{ "a longer text than a word,,,the last one is longer than thirty-two bytes,,,,,"
	  ",,,-",
		",a longer text than a word,,,the last one is longer than thirty-two "
		"bytes,,,,,,,,\n" },
	{ "a,b,c,d,x,0.10,-0,soon,z,i,j,-", ",a,b,c,d,x,0.10,0.00,soon,,i,j,z\n" },
};

static void cells_of_a_line_go_together(void **state)
{
	static const struct layout l = { .columns = line_columns,
		.count = ARRAY_LEN(line_columns) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(line_cases); i++) {
		struct buf want = BUF_INIT(LIMIT);
		struct line line;
		struct row row = empty_row(NULL);

		split_line(line_cases[i].line, &line);
		row.cells = line.cells;
		row.quoted = line.quoted;
		row.runs = line_runs;
		row.run_count = ARRAY_LEN(line_runs);
		row.head_run_count = ARRAY_LEN(line_runs) - 1;
		assert_int_equal(buf_append_text(&want, LEAD), 0);
		assert_int_equal(buf_append_text(&want, line_cases[i].want), 0);
		assert_row(&l, &row, false, buf_span(&want));
		row.line_bytes = strlen(line_cases[i].line);
		assert_row(&l, &row, false, buf_span(&want));
		buf_finish(&want);
	}
}

/* As the source spells them, where that is our way. */
static void times_and_costs_are_written_as_they_are_spelled(void **state)
{
	static const struct {
		const char *time, *cost, *want;
	} cases[] = {
		{ "2026-11-23T01:02:03Z", "1.50", "2026-11-23T01:02:03Z,,,,,,,,,,1.50" },
		{ "2026-11-23 01:02:03Z", "1.5", "2026-11-23T01:02:03Z,,,,,,,,,,1.50" },
		{ "2026-11-23T01:02:03+00:00", "15e-1",
			"2026-11-23T01:02:03Z,,,,,,,,,,1.50" },
		{ "", "01.5000", "2026-11-23T01:02:03Z,,,,,,,,,,1.50" },
		{ "", "", "2026-11-23T01:02:03Z,,,,,,,,,,1.50" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf want = BUF_INIT(LIMIT);
		struct row row = empty_row(NULL);

		row.usage_start.seconds = 1795395723;
		row.start_text = span_of(cases[i].time);
		row.has_usage_amount = true;
		row.usage_amount.units = (money_int)1500000000000000000;
		row.amount_text = span_of(cases[i].cost);
		row.cost_filled = 1u << COST_LIST;
		row.cost[COST_LIST] = row.usage_amount;
		row.cost_text[COST_LIST] = row.amount_text;
		assert_int_equal(buf_append_text(&want, cases[i].want), 0);
		assert_int_equal(buf_append_text(&want, ",,,,,,1.50,,\n"), 0);
		assert_row(&bare, &row, false, buf_span(&want));
		buf_finish(&want);
	}
}

static void the_header_has_map_columns_before_the_tail(void **state)
{
	const struct span maps[] = { SPAN("tag_a"), SPAN("tag_b,c") };
	struct buf b = BUF_INIT(LIMIT);

	(void)state;
	assert_int_equal(render_header(&layout, maps, ARRAY_LEN(maps), &b), 0);
	assert_span(buf_span(&b),
		SPAN("usage_start,usage_end,account_id,service,region,availability_zone,"
		     "usage_type,operation,charge_type,resource_id,usage_amount,usage_"
		     "unit,unblended_cost,net_unblended_cost,amortized_cost,net_"
		     "amortized_cost,list_cost,currency,invoice_id,a,n,t,tag_a,\"tag_b,"
		     "c\",z\n"));
	buf_finish(&b);
}

/* At every limit below what the row needs. */
static void a_row_over_the_limit_is_refused(void **state)
{
	const struct cell cells[ARRAY_LEN(columns)] = { { SPAN("some,text"), true },
		{ SPAN("1.5"), false }, { SPAN("2026-11-23"), false },
		{ SPAN("tail"), false } };
	struct row row = empty_row(cells);
	uint32_t fixed = 7;

	(void)state;
	for (size_t limit = 0; limit < 60; limit++) {
		struct buf b = BUF_INIT(limit);

		assert_int_equal(render_row(&layout, &row, true, &b, &fixed), -EFBIG);
		assert_int_equal(fixed, 7);
		buf_finish(&b);
	}
}

static void no_memory_is_said(void **state)
{
	struct row row = empty_row(NULL);
	struct buf b = BUF_INIT(LIMIT);
	uint32_t fixed = 7;

	(void)state;
	oom_after(0);
	assert_int_equal(render_row(&bare, &row, false, &b, &fixed), -ENOMEM);
	assert_int_equal(render_cell(SPAN("a"), &b), -ENOMEM);
	assert_int_equal(render_header(&bare, NULL, 0, &b), -ENOMEM);
	assert_true(oom_stop());
	assert_int_equal(fixed, 7);
	buf_finish(&b);
}

/* What needs a look at every place of a text of every length, one byte after another. */
static void every_byte_is_seen_wherever_it_stands(void **state)
{
	static const char odd[] = { ',', '"', '\n', '\r', '\x1e', '\x1f', ' ', '\x7f',
		'a', '\x80', '+', '!', '-', '\xac', '\xa2', '\x01' };
	struct buf got = BUF_INIT(LIMIT);

	(void)state;
	for (size_t i = 0; i < 26 * 26 * sizeof(odd); i++) {
		size_t len = i % 26, at = i / 26 % 26, want_len = 0;
		char text[26], want[64], c = odd[i / 26 / 26];
		bool quoted;

		if (at >= len)
			continue;
		memset(text, 'x', sizeof(text));
		text[len - 1] = c;
		text[at] = c;
		quoted = c == ',' || c == '"';
		if (quoted)
			want[want_len++] = '"';
		for (size_t j = 0; j < len; j++) {
			if (text[j] == '"')
				want[want_len++] = '"';
			want[want_len++] =
				memchr("\n\r\x1e\x1f", text[j], 4) ? ' ' : text[j];
		}
		if (quoted)
			want[want_len++] = '"';
		buf_clear(&got);
		assert_int_equal(render_cell((struct span){ text, len }, &got), 0);
		assert_span(buf_span(&got), (struct span){ want, want_len });
	}
	buf_finish(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_seen_wherever_it_stands),
		cmocka_unit_test(cells_are_quoted_only_where_they_must),
		cmocka_unit_test(numbers_are_plain_decimals_of_two_places_and_more),
		cmocka_unit_test(exponents_are_written_out_beyond_what_money_holds),
		cmocka_unit_test(times_have_one_form),
		cmocka_unit_test(the_leading_block_has_its_order),
		cmocka_unit_test(map_cells_are_marked),
		cmocka_unit_test(cells_of_a_line_go_together),
		cmocka_unit_test(times_and_costs_are_written_as_they_are_spelled),
		cmocka_unit_test(the_header_has_map_columns_before_the_tail),
		cmocka_unit_test(a_row_over_the_limit_is_refused),
		cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
