/* Reports, read back with an XML parser. Every figure is worked out by hand. */
#include "fs/form/report.h"

#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/oom.h"

#define COSTS "unblended_cost,amortized_cost,currency,lines"
#define TOTAL "month,status,as_of," COSTS "\n"
#define SERVICES "service," COSTS ",name\n"
#define ACCOUNTS "account_id," COSTS ",name\n"
#define RESOURCES "service,region,resource,resource_id," COSTS ",name\n"
#define DAILY "date," COSTS "\n"
#define DAILY_BY_SERVICE "date,service," COSTS "\n"
#define COVERAGE                                                                         \
	"tag_key,tagged_cost,untagged_cost,tagged_percent,currency,tagged_lines,"        \
	"untagged_lines\n"
#define CHARGES "service," COSTS ",description\n"

/* Two currencies; a service of two names; names that would be markup. */
static const char *const texts[REPORT_PART_COUNT] = {
	[REPORT_TOTAL] =
		TOTAL "2026-11,estimated,2026-11-24T03:58:05Z,1234.565,1000.00,USD,9\n"
		      "2026-11,estimated,2026-11-24T03:58:05Z,20.00,,EUR,2\n",
	[REPORT_BY_SERVICE] =
		SERVICES "AmazonEC2,1200.00,970.00,USD,5,Amazon EC2\n"
			 "<b>S3</b>,40.003,35.00,USD,3,\"\"\"><script>x</script>\"\n"
			 "AmazonEC2,20.00,,EUR,2,Amazon EC2\n"
			 "AWSLambda,-5.438,-5.00,USD,1,\n",
	[REPORT_BY_ACCOUNT] = ACCOUNTS "000000000001,1234.565,1000.00,USD,9,Prod & Co\n"
				       "000000000001,20.00,,EUR,2,Prod & Co\n",
	[REPORT_BY_RESOURCE] =
		RESOURCES "AmazonEC2,eu-west-1,i-1,i-1,0.001,0.001,USD,1,web\n",
	[REPORT_DAILY] = DAILY "2026-11-01,1234.565,1000.00,USD,9\n"
			       "2026-11-01,20.00,,EUR,2\n"
			       "2026-11-02,0.00,0.00,USD,0\n",
	[REPORT_DAILY_BY_SERVICE] =
		DAILY_BY_SERVICE "2026-11-01,AmazonEC2,1200.00,970.00,USD,5\n"
				 "2026-11-01,AmazonEC2,20.00,,EUR,2\n",
	[REPORT_TAG_COVERAGE] = COVERAGE "team,617.2825,617.2825,50.00,USD,4,5\n"
					 "team,0.00,20.00,0.00,EUR,0,2\n",
	[REPORT_CREDITS] = CHARGES "AWSLambda,-0.438,-0.40,USD,1,small\n"
				   "AWSLambda,-5.00,-5.00,USD,1,large\n",
	[REPORT_REFUNDS] = CHARGES,
	[REPORT_TAX] = CHARGES "AmazonEC2,3.00,,EUR,1,VAT\n",
	[REPORT_FEES] = CHARGES,
	[REPORT_MARKETPLACE] = CHARGES,
	[REPORT_TOTAL_BEFORE] =
		TOTAL "2026-10,final,2026-11-07T00:00:00Z,1000.00,900.00,USD,7\n",
	[REPORT_BY_SERVICE_BEFORE] = SERVICES "AmazonEC2,600.00,500.00,USD,4,Amazon EC2\n"
					      "AmazonRDS,400.00,400.00,USD,3,\n",
	[REPORT_BY_ACCOUNT_BEFORE] =
		ACCOUNTS "000000000001,1000.00,900.00,USD,7,Prod & Co\n",
	[REPORT_DAILY_BEFORE] = DAILY "2026-09-30,1.00,1.00,USD,1\n"
				      "2026-10-01,99.00,99.00,USD,1\n"
				      "2026-10-02,400.00,400.00,USD,1\n"
				      "2026-10-03,500.00,400.00,USD,4\n",
};

static const struct form_about about = { .title = { "Costs of November 2026", 22 },
	.subtitle = { "</p><script>1</script>", 22 } };

/* 2026-11, beside 2026-10. */
static struct report_input input(void)
{
	struct report_input in = { .before = REPORT_BEFORE_READ };

	assert_int_equal(month_parse(SPAN("2026-11"), &in.month), 0);
	for (int i = 0; i < REPORT_PART_COUNT; i++)
		in.csv[i] = span_of(texts[i]);
	return in;
}

static struct report_input without_before(enum report_before before)
{
	struct report_input in = input();

	in.before = before;
	for (int i = REPORT_TOTAL_BEFORE; i < REPORT_PART_COUNT; i++)
		in.csv[i] = (struct span){ 0 };
	return in;
}

/* What is read back: text, with the exact figure of what has one in braces, a line for
 * each row and block. */
struct page {
	struct buf text;
	bool is_hidden;
	unsigned scripts, tables, captions;
};

static void add(struct page *p, const char *text)
{
	assert_int_equal(buf_append_text(&p->text, text), 0);
}

static void XMLCALL on_start(
	void *user, const XML_Char *name, const XML_Char **attributes)
{
	struct page *p = user;

	p->scripts += strcmp(name, "script") == 0;
	p->tables += strcmp(name, "table") == 0;
	p->captions += strcmp(name, "caption") == 0;
	p->is_hidden |= strcmp(name, "script") == 0 || strcmp(name, "style") == 0 ||
		strcmp(name, "svg") == 0;
	for (; *attributes; attributes += 2) {
		assert_int_not_equal(strncmp(attributes[0], "on", 2), 0);
		assert_string_not_equal(attributes[0], "style");
		assert_string_not_equal(attributes[0], "src");
		assert_string_not_equal(attributes[0], "href");
		if ((strcmp(attributes[0], "data-v") == 0 ||
			    strcmp(attributes[0], "value") == 0) &&
			*attributes[1]) {
			add(p, "{");
			add(p, attributes[1]);
			add(p, "}");
		}
	}
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	static const char *const lines[] = { "tr", "h1", "h2", "h3", "caption", "p", "dd",
		"dt" };
	struct page *p = user;

	if (strcmp(name, "script") == 0 || strcmp(name, "style") == 0 ||
		strcmp(name, "svg") == 0)
		p->is_hidden = false;
	if (strcmp(name, "td") == 0 || strcmp(name, "th") == 0 ||
		strcmp(name, "small") == 0)
		add(p, "|");
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (strcmp(name, lines[i]) == 0)
			add(p, "\n");
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
	struct page *p = user;

	for (int i = 0; i < len && !p->is_hidden; i++)
		if (text[i] != '\n')
			assert_int_equal(buf_append_byte(&p->text, text[i]), 0);
}

static int render(const struct report_input *in, struct buf *ret)
{
	struct fault why = { 0 };

	return report_render(FORM_HTML, in, &about, ret, &why);
}

static void parse(const struct buf *html, struct page *ret)
{
	XML_Parser p = XML_ParserCreate("UTF-8");

	assert_non_null(p);
	*ret = (struct page){ .text = BUF_INIT(1 << 20) };
	XML_SetUserData(p, ret);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	if (XML_Parse(p, html->p, (int)html->len, 1) != XML_STATUS_OK)
		fail_msg("%s", XML_ErrorString(XML_GetErrorCode(p)));
	XML_ParserFree(p);
}

/* Ends with buf_finish(&ret.text). */
static struct page read_page(const struct report_input *in)
{
	struct buf html = BUF_INIT(1 << 20);
	struct page page;

	assert_int_equal(render(in, &html), 0);
	parse(&html, &page);
	buf_finish(&html);
	return page;
}

static void expect(struct page *p, const char *want)
{
	if (!strstr(buf_text(&p->text), want))
		fail_msg("lacks:\n%s\nin:\n%s", want, buf_text(&p->text));
}

static void expect_not(struct page *p, const char *no)
{
	if (strstr(buf_text(&p->text), no))
		fail_msg("has:\n%s\nin:\n%s", no, buf_text(&p->text));
}

static void totals_are_compared_with_the_month_before_and_its_same_days(void **state)
{
	struct report_input in = input();
	struct page p = read_page(&in);

	(void)state;
	expect(&p, "Costs of November 2026\n");
	expect(&p, "estimatedAmounts may change until AWS has invoiced them.\n");
	/* 1234.565 is rounded half to even; up to the second: 1 + 99 + 400. */
	expect(&p,
		"Total in USD\nUnblended cost\n{1234.565}1,234.56\n"
		"▲ +23.5% {234.565}+234.56 against {1000.00}1,000.00 in 2026-10\n"
		"2 of 30 days so far. The same days: "
		"▲ +146.9% {734.565}+734.56 against {500.00}500.00 in 2026-10\n"
		"Amortized cost\n{1000.00}1,000.00\nCredits\n{-5.438}−5.44\n");
	expect(&p,
		"Total in EUR\nUnblended cost\n{20.00}20.00\n"
		"2026-10 has no costs in this currency.\n"
		"2 of 30 days so far.\nTax\n{3.00}3.00\n");
	buf_finish(&p.text);
}

static void tables_have_shares_changes_what_is_gone_and_totals(void **state)
{
	struct report_input in = input();
	struct page p = read_page(&in);

	(void)state;
	expect(&p,
		"By service\nUSD, 3 services\n"
		"Service|Cost|Share|2026-10|Change|%|\n"
		"Amazon EC2 AmazonEC2||{1200.00}1,200.00|{97.20}97.2%|"
		"{600.00}600.00|{600.00}+600.00|{100.00}+100.0%|\n");
	expect(&p,
		"AWSLambda|{-5.438}−5.44|{-0.44}−0.4%||{-5.438}−5.44||\n"
		"Only in the month before|||{400.00}400.00|{-400.00}−400.00|"
		"{-100.00}−100.0%|\n"
		"Total|{1234.565}1,234.56|{100.00}100.0%|{1000.00}1,000.00|"
		"{234.565}+234.56|{23.46}+23.5%|\n"
		"EUR, 1 service\n");
	expect(&p,
		"Amazon EC2 AmazonEC2||{20.00}20.00|{100.00}100.0%||{20.00}+20.00||\n"
		"Total|{20.00}20.00|{100.00}100.0%||{20.00}+20.00||\n");
	expect(&p, "By account\nUSD, 1 account\n");
	expect(&p, "Prod & Co 000000000001||{1234.565}1,234.56|");
	expect(&p,
		"Dearest resources\nUSD, 1 resource\n"
		"Resource|Service|Region|Cost|Share|\n"
		"web i-1||AmazonEC2|eu-west-1|{0.001}<0.01|{0.00}0.0%|\n");
	expect(&p, "team|{617.2825}617.28|{617.2825}617.28|{50.00}50.0%|\n");
	expect(&p, "team|{0.00}0.00|{20.00}20.00|{0.00}0.0%|\n");
	expect(&p, "2026-11-01|{1234.565}1,234.56|{1000.00}1,000.00|\n");
	buf_finish(&p.text);
}

static void the_largest_credits_come_first(void **state)
{
	struct report_input in = input();
	struct page p = read_page(&in);

	(void)state;
	expect(&p,
		"Credits\nUSD, 2 rows\nDescription|Service|Cost|\n"
		"large|AWSLambda|{-5.00}−5.00|\nsmall|AWSLambda|{-0.438}−0.44|\n"
		"Total||{-5.438}−5.44|\nRefunds\nNone.\nTax\nEUR, 1 row\n");
	expect(&p, "Marketplace\nNone.\n");
	buf_finish(&p.text);
}

static void what_is_no_markup_stays_none(void **state)
{
	struct report_input in = input();
	struct page p = read_page(&in);

	(void)state;
	expect(&p, "\n\"><script>x</script> <b>S3</b>||{40.003}40.00|");
	expect(&p, "</p><script>1</script>");
	assert_int_equal(p.scripts, 1);
	assert_int_equal(p.tables, p.captions);
	buf_finish(&p.text);
}

static void without_a_month_before_it_says_so_and_compares_nothing(void **state)
{
	struct report_input unread = without_before(REPORT_BEFORE_UNREAD);
	struct report_input none = without_before(REPORT_BEFORE_NONE);
	struct page p = read_page(&unread);

	(void)state;
	expect(&p, "\n2026-10 is not read yet, so nothing is compared.\n");
	expect(&p, "Service|Cost|Share|\n");
	expect_not(&p, "Change");
	buf_finish(&p.text);
	p = read_page(&none);
	expect(&p, "\n2026-10 is not in the export, so nothing is compared.\n");
	buf_finish(&p.text);
}

static void a_month_that_is_over_has_all_of_its_days(void **state)
{
	struct report_input in = input();
	struct page p;

	(void)state;
	in.csv[REPORT_TOTAL] =
		SPAN(TOTAL "2026-11,final,2026-12-03T00:00:00Z,1234.565,1000.00,USD,9\n");
	p = read_page(&in);
	expect(&p, "finalAWS has invoiced this month.\n");
	expect_not(&p, "days so far");
	buf_finish(&p.text);
}

static void a_month_without_costs_is_a_page(void **state)
{
	struct report_input in = without_before(REPORT_BEFORE_NONE);
	struct page p;

	(void)state;
	in.csv[REPORT_TOTAL] = SPAN(TOTAL);
	in.csv[REPORT_BY_SERVICE] = SPAN(SERVICES);
	in.csv[REPORT_DAILY] = SPAN(DAILY);
	in.csv[REPORT_DAILY_BY_SERVICE] = SPAN(DAILY_BY_SERVICE);
	in.csv[REPORT_TAG_COVERAGE] = SPAN(COVERAGE);
	p = read_page(&in);
	expect(&p, "There are no costs.\n");
	expect(&p, "By service\nNone.\n");
	buf_finish(&p.text);
}

static void more_rows_than_fit_are_one_row(void **state)
{
	struct report_input in = input();
	struct buf csv = BUF_INIT(1 << 16);
	struct page p;

	(void)state;
	assert_int_equal(buf_append_text(&csv, SERVICES), 0);
	for (int i = 0; i < REPORT_ROWS + 3; i++)
		assert_int_equal(buf_appendf(&csv, "S%d,%d.00,,USD,1,\n", i, 100 - i), 0);
	in.csv[REPORT_BY_SERVICE] = buf_span(&csv);
	p = read_page(&in);
	expect(&p, "USD, the 25 largest of 28 services\n");
	/* 75 + 74 + 73; 100 + ... + 73. */
	expect(&p, "S24|{76.00}76.00|");
	expect_not(&p, "S25|");
	expect(&p, "3 others|{222.00}222.00|{17.98}18.0%|{1000.00}1,000.00|");
	expect(&p, "Total|{2422.00}2,422.00|");
	buf_finish(&p.text);
	buf_finish(&csv);
}

static void the_same_gives_the_same_bytes(void **state)
{
	struct report_input in = input();
	struct buf a = BUF_INIT(1 << 20), b = BUF_INIT(1 << 20);

	(void)state;
	assert_int_equal(render(&in, &a), 0);
	assert_int_equal(render(&in, &b), 0);
	assert_true(span_eq(buf_span(&a), buf_span(&b)));
	buf_finish(&a);
	buf_finish(&b);
}

/* What is in it the oracle compares. */
static void a_workbook_is_the_same_bytes_and_needs_its_parts(void **state)
{
	struct report_input in = input();
	struct buf a = BUF_INIT(1 << 20), b = BUF_INIT(1 << 20), tiny = BUF_INIT(1000);

	(void)state;
	if (!form_is_built(FORM_XLSX))
		skip();
	assert_int_equal(report_render(FORM_XLSX, &in, &about, &a, NULL), 0);
	assert_int_equal(report_render(FORM_XLSX, &in, &about, &b, NULL), 0);
	assert_true(span_starts(buf_span(&a), SPAN("PK")));
	assert_true(span_eq(buf_span(&a), buf_span(&b)));
	assert_int_equal(report_render(FORM_XLSX, &in, &about, &tiny, NULL), -EFBIG);
	assert_int_equal(tiny.len, 0);
	in.before = REPORT_BEFORE_UNREAD;
	buf_clear(&b);
	assert_int_equal(report_render(FORM_XLSX, &in, &about, &b, NULL), 0);
	assert_false(span_eq(buf_span(&a), buf_span(&b)));
	in.csv[REPORT_BY_ACCOUNT] = (struct span){ 0 };
	assert_int_equal(report_render(FORM_XLSX, &in, &about, &b, NULL), -EBADMSG);
	in = input();
	in.csv[REPORT_TAX] = SPAN("service,unblended_cost\n");
	assert_int_equal(report_render(FORM_XLSX, &in, &about, &b, NULL), -EBADMSG);
	in = input();
	in.csv[REPORT_BY_SERVICE_BEFORE] = SPAN(SERVICES "AmazonRDS,x,1.00,USD,4,\n");
	assert_int_equal(report_render(FORM_XLSX, &in, &about, &b, NULL), -EBADMSG);
	in.csv[REPORT_BY_SERVICE] =
		SPAN(SERVICES "S,170141183460469231731.00,1.00,USD,4,\n");
	in.csv[REPORT_BY_SERVICE_BEFORE] =
		SPAN(SERVICES "S,-170141183460469231731.00,1.00,USD,4,\n");
	assert_int_equal(report_render(FORM_XLSX, &in, &about, &b, NULL), -ERANGE);
	buf_finish(&a);
	buf_finish(&b);
	buf_finish(&tiny);
}

static void expect_failure(const struct report_input *in, enum form form,
	const struct form_about *of, int want)
{
	struct buf b = BUF_INIT(1 << 20);
	struct fault why = { 0 };

	assert_int_equal(buf_append_text(&b, "before"), 0);
	assert_int_equal(report_render(form, in, of, &b, &why), want);
	assert_string_equal(buf_text(&b), "before");
	buf_finish(&b);
}

static void failures_leave_nothing(void **state)
{
	const atomic_bool stop = true;
	struct form_about stopped = about;
	struct report_input in = input();

	(void)state;
	stopped.stop = &stop;
	for (int form = 0; form < FORM_COUNT; form++) {
		const bool is_built = form == FORM_HTML ||
			(form == FORM_XLSX && form_is_built(FORM_XLSX));

		assert_int_equal(report_is_built((enum form)form), is_built);
		if (is_built)
			expect_failure(&in, (enum form)form, &stopped, -ECANCELED);
		else
			expect_failure(&in, (enum form)form, &about, -ENOTSUP);
	}
	in.csv[REPORT_TOTAL] = SPAN("month,unblended_cost\n2026-11,1.00\n");
	expect_failure(&in, FORM_HTML, &about, -EBADMSG);
	in.csv[REPORT_TOTAL] = SPAN(TOTAL "2026-11,\"");
	expect_failure(&in, FORM_HTML, &about, -EBADMSG);
	in = input();
	in.csv[REPORT_FEES] = SPAN(CHARGES "a,x,,USD,1,b\n");
	expect_failure(&in, FORM_HTML, &about, -EBADMSG);
	/* Twice what 10^-18 of 128 bits hold. */
	in.csv[REPORT_FEES] = SPAN(CHARGES "a,170141183460469231731.00,,USD,1,b\n"
					   "a,170141183460469231731.00,,USD,1,c\n");
	expect_failure(&in, FORM_HTML, &about, -ERANGE);
}

static void no_memory_is_said(void **state)
{
	struct report_input in = input();
	bool was_refused = true;

	(void)state;
	for (unsigned n = 0; was_refused; n++) {
		struct buf b = BUF_INIT(1 << 20);
		int r;

		oom_after(n);
		r = report_render(FORM_HTML, &in, &about, &b, NULL);
		was_refused = oom_stop();
		assert_int_equal(r, was_refused ? -ENOMEM : 0);
		assert_int_equal(b.len > 0, !was_refused);
		buf_finish(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			totals_are_compared_with_the_month_before_and_its_same_days),
		cmocka_unit_test(tables_have_shares_changes_what_is_gone_and_totals),
		cmocka_unit_test(the_largest_credits_come_first),
		cmocka_unit_test(what_is_no_markup_stays_none),
		cmocka_unit_test(without_a_month_before_it_says_so_and_compares_nothing),
		cmocka_unit_test(a_month_that_is_over_has_all_of_its_days),
		cmocka_unit_test(a_month_without_costs_is_a_page),
		cmocka_unit_test(more_rows_than_fit_are_one_row),
		cmocka_unit_test(the_same_gives_the_same_bytes),
		cmocka_unit_test(a_workbook_is_the_same_bytes_and_needs_its_parts),
		cmocka_unit_test(failures_leave_nothing),
		cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
