/* Other forms of a table: every expected byte is made by hand. */
#include "fs/form/form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/form/sheet.h"
#include "fs/form/txt_cells.h"
#include "tests/cmocka.h"
#include "tests/oom.h"

#define HEADER "service,unblended_cost,list_cost,currency,lines,name\n"
/* Two currencies, an empty cell, quotes, a negative amount, a third of a cent. */
#define TABLE                                                                            \
	HEADER "AmazonEC2,1234567.005,,USD,1200,\"Elastic, \"\"EC2\"\"\"\n"              \
	       "AmazonS3,-0.0033333,,USD,3,Zürich 東京\n"                             \
	       "AmazonS3,10.00,,EUR,1,a|b\\c\n"

static const struct form_about about = { .file = { "by-service", 10 },
	.title = { "Costs by service", 16 },
	.subtitle = { "all accounts, 2026-11", 21 } };

/* What is made of bytes in order, without a drawing; a workbook where it is built. */
static bool is_table(enum form form)
{
	return (form >= FORM_TXT && form <= FORM_MD) ||
		(form == FORM_XLSX && form_is_built(form));
}

static void expect_of(
	const struct form_about *of, enum form form, const char *csv, const char *want)
{
	struct buf got = BUF_INIT(1 << 20);
	struct fault why = { 0 };
	int r = form_render(form, span_of(csv), of, &got, &why);

	if (r != 0 || strcmp(buf_text(&got), want) != 0)
		fail_msg("%d %s, got:\n%s\nwant:\n%s", r, why.text, buf_text(&got), want);
	buf_finish(&got);
}

static void expect(enum form form, const char *csv, const char *want)
{
	expect_of(&about, form, csv, want);
}

static void a_name_says_the_form_and_what_stands_before_it(void **state)
{
	struct span stem = { 0 };

	(void)state;
	assert_int_equal(form_of_name(SPAN("by-service.txt"), &stem), FORM_TXT);
	assert_true(span_eq(stem, SPAN("by-service")));
	assert_int_equal(form_of_name(SPAN("x.txt.csv"), &stem), FORM_CSV);
	assert_true(span_eq(stem, SPAN("x.txt")));
	assert_int_equal(form_of_name(SPAN(".txt"), &stem), FORM_COUNT);
	assert_int_equal(form_of_name(SPAN("by-service"), &stem), FORM_COUNT);
	assert_int_equal(form_of_name(SPAN("by-service.TXT"), &stem), FORM_COUNT);
	for (int i = 0; i < FORM_COUNT; i++)
		assert_int_equal(form_of_name(span_of(form_ending((enum form)i)), &stem),
			FORM_COUNT);
}

static void csv_is_the_file_itself(void **state)
{
	(void)state;
	expect(FORM_CSV, TABLE, TABLE);
}

static void txt_has_aligned_columns_shares_and_a_total_for_each_currency(void **state)
{
	(void)state;
	expect(FORM_TXT, TABLE,
		"Costs by service\n"
		"all accounts, 2026-11\n"
		"\n"
		"service    unblended_cost       %  currency  lines  name\n"
		"---------  --------------  ------  --------  -----  --------------\n"
		"AmazonEC2    1,234,567.00  100.00  USD       1,200  Elastic, \"EC2\"\n"
		"AmazonS3             0.00    0.00  USD           3  Zürich 東京\n"
		"AmazonS3            10.00  100.00  EUR           1  a|b\\c\n"
		"---------  --------------  ------  --------  -----  --------------\n"
		"total        1,234,567.00  100.00  USD       1,203\n"
		"total               10.00  100.00  EUR           1\n");
}

static void txt_adds_up_exactly_and_rounds_half_to_even(void **state)
{
	const struct form_about daily = { .file = SPAN("daily") };

	(void)state;
	/* Three rows of 0.00 are a cent together; .125 is even at .12. */
	expect_of(&daily, FORM_TXT,
		"date,unblended_cost,currency,lines\n"
		"2026-11-01,0.0033334,USD,1\n"
		"2026-11-02,0.0033334,USD,1\n"
		"2026-11-03,0.0033334,USD,1\n"
		"2026-11-04,0.125,EUR,1\n"
		"2026-11-05,-1000.135,EUR,1\n",
		"date        unblended_cost  currency  lines\n"
		"----------  --------------  --------  -----\n"
		"2026-11-01            0.00  USD           1\n"
		"2026-11-02            0.00  USD           1\n"
		"2026-11-03            0.00  USD           1\n"
		"2026-11-04            0.12  EUR           1\n"
		"2026-11-05       -1,000.14  EUR           1\n"
		"----------  --------------  --------  -----\n"
		"total                 0.01  USD           3\n"
		"total            -1,000.01  EUR           2\n");
}

static void txt_of_no_rows_has_a_header(void **state)
{
	(void)state;
	expect(FORM_TXT, "service,unblended_cost,currency,lines\n",
		"Costs by service\nall accounts, 2026-11\n\n"
		"service  unblended_cost  %  currency  lines\n"
		"-------  --------------  -  --------  -----\n");
}

static void txt_has_no_total_where_that_says_nothing(void **state)
{
	const struct form_about none = { .file = { 0 } };

	(void)state;
	/* One row a currency; lines that count for several tags; no costs. */
	expect_of(&none, FORM_TXT,
		"month,unblended_cost,currency,lines\n2026-11,1.00,USD,1\n",
		"month    unblended_cost  currency  lines\n"
		"-------  --------------  --------  -----\n"
		"2026-11            1.00  USD           1\n");
	expect_of(&none, FORM_TXT,
		"tag_key,tagged_cost,currency\na,1.00,USD\nb,1.00,USD\n",
		"tag_key  tagged_cost  currency\n"
		"-------  -----------  --------\n"
		"a               1.00  USD\n"
		"b               1.00  USD\n");
	expect_of(&none, FORM_TXT, "id\na\nb\n", "id\n--\na\nb\n");
	expect_of(&none, FORM_TXT,
		"month,status,unblended_cost,currency\n"
		"2026-10,unread,,\n2026-11,unread,,\n",
		"month    status\n-------  ------\n"
		"2026-10  unread\n2026-11  unread\n");
}

static void txt_of_line_items_keeps_all_digits(void **state)
{
	const struct form_about lines = { .file = SPAN("costs") };

	(void)state;
	expect_of(&lines, FORM_TXT,
		"usage_start,usage_amount,unblended_cost,currency\n"
		"2026-11-01T00:00:00Z,0.0000004,1234.0000000021,USD\n"
		"2026-11-01T01:00:00Z,12.00,0.00,USD\n",
		"usage_start           usage_amount    unblended_cost  currency\n"
		"--------------------  ------------  ----------------  --------\n"
		"2026-11-01T00:00:00Z     0.0000004  1,234.0000000021  USD\n"
		"2026-11-01T01:00:00Z         12.00              0.00  USD\n"
		"--------------------  ------------  ----------------  --------\n"
		"total                                       1,234.00  USD\n");
}

static void who_ends_waits_for_no_form(void **state)
{
	static atomic_bool stop = true;
	const struct form_about ending = { .file = SPAN("by-service"), .stop = &stop };

	(void)state;
	for (int i = FORM_CSV + 1; i < FORM_COUNT; i++) {
		struct buf made = BUF_INIT(1 << 20);

		if (form_is_built((enum form)i))
			assert_int_equal(form_render((enum form)i, SPAN(TABLE), &ending,
						 &made, NULL),
				-ECANCELED);
		buf_finish(&made);
	}
}

static void txt_cuts_long_texts(void **state)
{
	const struct form_about none = { .file = { 0 } };

	(void)state;
	expect_of(&none, FORM_TXT,
		"id\n"
		"123456789012345678901234567890123456789012345678\n"
		"1234567890123456789012345678901234567890123456789\n",
		"id\n"
		"------------------------------------------------\n"
		"123456789012345678901234567890123456789012345678\n"
		"12345678901234567890123456789012345678901234567…\n");
}

static void width_is_that_of_a_terminal(void **state)
{
	static const struct {
		const char *text, *in_four;
		size_t width;
	} cases[] = {
		{ "", "", 0 },
		{ "abc", "abc", 3 },
		{ "Zürich", "Zür…", 6 },
		{ "東京", "東京", 4 },
		{ "東京都", "東…", 6 },
		{ "e\xCC\x81t\xC3\xA9s", "e\xCC\x81t\xC3\xA9s", 4 },
		{ "\xF0\x9F\x9A\x80!", "\xF0\x9F\x9A\x80!", 3 },
		{ "a\x1B[2J", "a?[…", 5 },
		{ "\xFF\xC3", "??", 2 },
		{ "\xC0\xAF\xED\xA0\x80", "???…", 5 },
		{ "\xC2\x9B", "?", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf got = BUF_INIT(100);

		assert_int_equal(txt_width(span_of(cases[i].text)), cases[i].width);
		assert_int_equal(txt_append(span_of(cases[i].text), 4, &got), 0);
		assert_string_equal(buf_text(&got), cases[i].in_four);
		buf_finish(&got);
	}
}

static void json_has_numbers_to_the_last_digit_and_null(void **state)
{
	(void)state;
	expect(FORM_JSON, TABLE,
		"[\n"
		"{\"service\":\"AmazonEC2\",\"unblended_cost\":1234567.005,\"list_cost\":"
		"null,\"currency\":\"USD\",\"lines\":1200,\"name\":\"Elastic, "
		"\\\"EC2\\\"\"},\n"
		"{\"service\":\"AmazonS3\",\"unblended_cost\":-0.0033333,\"list_cost\":"
		"null,\"currency\":\"USD\",\"lines\":3,\"name\":\"Zürich 東京\"},\n"
		"{\"service\":\"AmazonS3\",\"unblended_cost\":10.00,\"list_cost\":null,"
		"\"currency\":\"EUR\",\"lines\":1,\"name\":\"a|b\\\\c\"}\n"
		"]\n");
	expect(FORM_JSON, HEADER, "[]\n");
}

static void json_has_ids_and_what_is_no_number_as_strings(void **state)
{
	(void)state;
	expect(FORM_JSON,
		"account_id,tag_cost,a_cost,b_cost,c_cost,d_cost,e_cost,lines\n"
		"000123456789,12,007,.5,1.,1e5,-0.1,1\n",
		"[\n{\"account_id\":\"000123456789\",\"tag_cost\":\"12\",\"a_cost\":"
		"\"007\",\"b_cost\":\".5\",\"c_cost\":\"1.\",\"d_cost\":1e5,\"e_cost\":"
		"-0.1,\"lines\":1}\n]\n");
}

static void tsv_escapes_what_would_end_a_cell(void **state)
{
	(void)state;
	expect(FORM_TSV, "a,b\n\"x,\"\"y\"\"\",p\tq\\r\n,1.00\n",
		"a\tb\nx,\"y\"\tp\\tq\\\\r\n\t1.00\n");
	expect(FORM_TSV, "a\n", "a\n");
}

static void md_is_a_table_with_its_markup_escaped(void **state)
{
	(void)state;
	expect(FORM_MD,
		"region,unblended_cost,name\n_none,-1.50,a|b*c_d <e>\n,,\"`x, [y]\"\n",
		"### Costs by service\n\nall accounts, 2026-11\n\n"
		"| region | unblended_cost | name |\n"
		"| --- | --: | --- |\n"
		"| \\_none | -1.50 | a\\|b\\*c_d \\<e\\> |\n"
		"| | | \\`x, \\[y\\] |\n");
}

static void what_is_no_table_of_ours_is_refused(void **state)
{
	static const char *const bad[] = { "", "a,b", "a,b\n1\n", "a,b\n1,2,3\n",
		"a\n\"x\n", "a\n\"x\"y\n", "a,b\n1,2" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buf got = BUF_INIT(1000);
		struct fault why = { 0 };

		assert_int_equal(
			form_render(FORM_JSON, span_of(bad[i]), &about, &got, &why),
			-EBADMSG);
		assert_int_not_equal(why.text[0], '\0');
		buf_finish(&got);
	}
}

static void a_workbook_is_the_same_again(void **state)
{
	struct buf first = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);

	(void)state;
	if (!form_is_built(FORM_XLSX)) {
		struct span stem;

		assert_int_equal(form_of_name(SPAN("total.xlsx"), &stem), FORM_XLSX);
		assert_false(form_is_of(FORM_XLSX, stem));
		assert_int_equal(
			form_render(FORM_XLSX, SPAN(TABLE), &about, &first, NULL),
			-ENOTSUP);
		return;
	}
	assert_int_equal(form_render(FORM_XLSX, SPAN(TABLE), &about, &first, NULL), 0);
	assert_int_equal(form_render(FORM_XLSX, SPAN(TABLE), &about, &again, NULL), 0);
	assert_true(span_starts(buf_span(&first), SPAN("PK\3\4")));
	assert_true(span_eq(buf_span(&first), buf_span(&again)));
	buf_finish(&first);
	buf_finish(&again);
}

static void what_is_too_large_is_refused(void **state)
{
	struct buf csv = BUF_INIT(1 << 20), small = BUF_INIT(40);
	struct sheet s = { 0 };

	(void)state;
	for (int i = 0; i < SHEET_COLUMNS_MAX; i++)
		assert_int_equal(buf_append_text(&csv, "x,"), 0);
	assert_int_equal(buf_append_text(&csv, "x\n"), 0);
	assert_int_equal(sheet_read(buf_span(&csv), &s, NULL), -EFBIG);
	assert_null(s.cells);
	for (int i = 0; i < FORM_COUNT; i++) {
		if (!is_table((enum form)i))
			continue;
		small.len = 0;
		assert_int_equal(
			form_render((enum form)i, SPAN(TABLE), &about, &small, NULL),
			-EFBIG);
	}
	buf_finish(&small);
	buf_finish(&csv);
}

static void a_total_that_does_not_fit_is_an_error(void **state)
{
	struct buf got = BUF_INIT(1000);

	(void)state;
	assert_int_equal(form_render(FORM_TXT,
				 SPAN("a,b_cost,currency\n"
				      "x,170000000000000000000.00,USD\n"
				      "x,170000000000000000000.00,USD\n"),
				 &about, &got, NULL),
		-ERANGE);
	buf_finish(&got);
}

static void without_memory_nothing_is_left(void **state)
{
	(void)state;
	for (int i = 0; i < FORM_COUNT; i++) {
		bool refused = is_table((enum form)i);

		for (unsigned n = 0; refused; n++) {
			struct buf got = BUF_INIT(1 << 20);
			int r;

			oom_after(n);
			r = form_render((enum form)i, SPAN(TABLE), &about, &got, NULL);
			refused = oom_stop();
			assert_int_equal(r, refused ? -ENOMEM : 0);
			assert_true(n < 100);
			buf_finish(&got);
		}
	}
}

/* xorshift, so that each run is the same. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void bytes_of_any_kind_are_a_table_or_refused(void **state)
{
	static const char letters[] = ",,,\n\n\"\"ab1.-e\\\t|\xC3\xA9\xFF";
	uint64_t random = 88172645463325252U;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		/* One takes a hundred times as long as the others. */
		bool is_book = i % 100 == 0 && is_table(FORM_XLSX);
		struct buf csv = BUF_INIT(200);
		struct buf got = BUF_INIT(1 << 16);
		size_t len = next_random(&random) % 40;
		int r = buf_append_text(&csv, i % 2 ? "a_cost,currency\n" : "");

		while (len-- > 0 && r == 0)
			r = buf_append_byte(&csv,
				letters[next_random(&random) % (sizeof(letters) - 1)]);
		assert_int_equal(r, 0);
		r = form_render(is_book ? FORM_XLSX : (enum form)(FORM_TXT + i / 2 % 4),
			buf_span(&csv), &about, &got, NULL);
		assert_true(r == 0 || r == -EBADMSG);
		buf_finish(&got);
		buf_finish(&csv);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_says_the_form_and_what_stands_before_it),
		cmocka_unit_test(csv_is_the_file_itself),
		cmocka_unit_test(
			txt_has_aligned_columns_shares_and_a_total_for_each_currency),
		cmocka_unit_test(txt_adds_up_exactly_and_rounds_half_to_even),
		cmocka_unit_test(txt_of_no_rows_has_a_header),
		cmocka_unit_test(txt_has_no_total_where_that_says_nothing),
		cmocka_unit_test(txt_of_line_items_keeps_all_digits),
		cmocka_unit_test(txt_cuts_long_texts),
		cmocka_unit_test(who_ends_waits_for_no_form),
		cmocka_unit_test(width_is_that_of_a_terminal),
		cmocka_unit_test(json_has_numbers_to_the_last_digit_and_null),
		cmocka_unit_test(json_has_ids_and_what_is_no_number_as_strings),
		cmocka_unit_test(tsv_escapes_what_would_end_a_cell),
		cmocka_unit_test(md_is_a_table_with_its_markup_escaped),
		cmocka_unit_test(a_workbook_is_the_same_again),
		cmocka_unit_test(what_is_no_table_of_ours_is_refused),
		cmocka_unit_test(what_is_too_large_is_refused),
		cmocka_unit_test(a_total_that_does_not_fit_is_an_error),
		cmocka_unit_test(without_memory_nothing_is_left),
		cmocka_unit_test(bytes_of_any_kind_are_a_table_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
