/* Pages, read back with an XML parser; they are written so that one reads them. */
#include "fs/form/form.h"

#include <errno.h>
#include <expat.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/oom.h"

#define COSTS "unblended_cost,list_cost,currency,lines"
#define HEADER "service," COSTS ",name\n"

struct page {
	struct buf text; /* of cells, with | between, a row a line */
	struct buf script, policy, titles, elements;
	bool in_cell, in_script;
};

static void add(struct buf *b, const char *text, size_t len)
{
	assert_int_equal(buf_append(b, text, len), 0);
}

static void add_text(struct buf *b, const char *text)
{
	add(b, text, strlen(text));
}

static void note_attribute(struct page *p, const char *name, const char *value)
{
	/* Nothing that runs, and nothing that is fetched. */
	assert_int_not_equal(strncmp(name, "on", 2), 0);
	assert_string_not_equal(name, "src");
	assert_string_not_equal(name, "href");
	assert_string_not_equal(name, "style");
	if (strcmp(name, "title") == 0) {
		add_text(&p->titles, value);
		add_text(&p->titles, "\n");
	}
	if (strcmp(name, "content") == 0 && strstr(value, "default-src"))
		add_text(&p->policy, value);
}

static void XMLCALL on_start(
	void *user, const XML_Char *name, const XML_Char **attributes)
{
	struct page *p = user;

	for (; *attributes; attributes += 2)
		note_attribute(p, attributes[0], attributes[1]);
	p->in_cell |= strcmp(name, "td") == 0 || strcmp(name, "th") == 0;
	p->in_script = strcmp(name, "script") == 0;
	add_text(&p->elements, name);
	add_text(&p->elements, " ");
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	struct page *p = user;

	if (p->in_cell)
		add_text(&p->text, "|");
	if (strcmp(name, "tr") == 0)
		add_text(&p->text, "\n");
	p->in_cell = p->in_script = false;
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
	struct page *p = user;

	if (p->in_cell)
		add(&p->text, text, (size_t)len);
	if (p->in_script)
		add(&p->script, text, (size_t)len);
}

static void render(const char *file, const char *csv, struct buf *ret)
{
	const struct form_about about = { span_of(file),
		SPAN("</title><script>1</script>"), SPAN("of \"today\""), NULL };
	struct fault why = { 0 };

	*ret = BUF_INIT(1 << 20);
	assert_int_equal(form_render(FORM_HTML, span_of(csv), &about, ret, &why), 0);
}

/* Ends with done(). */
static struct page read_page(const char *file, const char *csv)
{
	struct page page = { BUF_INIT(1 << 20), BUF_INIT(1 << 20), BUF_INIT(1 << 20),
		BUF_INIT(1 << 20), BUF_INIT(1 << 20), false, false };
	XML_Parser p = XML_ParserCreate("UTF-8");
	struct buf html;

	assert_non_null(p);
	render(file, csv, &html);
	XML_SetUserData(p, &page);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	if (XML_Parse(p, html.p, (int)html.len, 1) != XML_STATUS_OK)
		fail_msg("%s in\n%s", XML_ErrorString(XML_GetErrorCode(p)),
			buf_text(&html));
	XML_ParserFree(p);
	buf_finish(&html);
	return page;
}

static void done(struct page *p)
{
	buf_finish(&p->text);
	buf_finish(&p->script);
	buf_finish(&p->policy);
	buf_finish(&p->titles);
	buf_finish(&p->elements);
}

static size_t count(struct buf *in, const char *what)
{
	size_t n = 0;

	for (const char *at = buf_text(in); (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void a_page_has_the_table_with_shares_and_totals(void **state)
{
	struct page p = read_page("by-service",
		HEADER "AmazonEC2,1234567.005,,USD,1200,\"Elastic, \"\"EC2\"\"\"\n"
		       "AmazonS3,-0.0033333,,USD,3,Zürich\n"
		       "AmazonS3,10.00,,EUR,1,a|b\n");

	(void)state;
	assert_string_equal(buf_text(&p.text),
		"service|unblended cost|%|currency|lines|name|\n"
		"AmazonEC2|1,234,567.00|100.00|USD|1,200|Elastic, \"EC2\"|\n"
		"AmazonS3|0.00|0.00|USD|3|Zürich|\n"
		"AmazonS3|10.00|100.00|EUR|1|a|b|\n"
		"total|1,234,567.00|100.00|USD|1,203||\n"
		"total|10.00|100.00|EUR|1||\n");
	/* What is exact where that is more. */
	assert_string_equal(
		buf_text(&p.titles), "1234567.005\n-0.0033333\n1234567.0016667\n");
	assert_int_equal(count(&p.elements, "svg "), 1);
	done(&p);
}

static void line_items_keep_their_digits_and_have_no_chart(void **state)
{
	struct page p = read_page("costs",
		"usage_start," COSTS ",tag_team\n"
		"2026-11-01T00:00:00Z,0.0000001234,,USD,1,\n"
		"2026-11-01T01:00:00Z,2.00,,USD,1,007\n");

	(void)state;
	assert_string_equal(buf_text(&p.text),
		"usage start|unblended cost|currency|lines|tag team|\n"
		"2026-11-01T00:00:00Z|0.0000001234|USD|1||\n"
		"2026-11-01T01:00:00Z|2.00|USD|1|007|\n"
		"total|2.0000001234|USD|2||\n");
	assert_int_equal(count(&p.elements, "svg "), 0);
	done(&p);
}

static void text_from_outside_stays_text(void **state)
{
	struct page p = read_page("by-service",
		"<th>,\"un\"\"bl_cost\",currency,name\n"
		"<script>alert(1)</script>,5,<b>,\"'\"\"><img src=x onerror=y>\"\n"
		"&lt;,4,<b>,\xE2\x80\xAEltr\xE2\x81\xA6 \x01\x7F\xFF\xC2\x85\n");

	(void)state;
	assert_string_equal(buf_text(&p.text),
		"<th>|un\"bl cost|%|currency|name|\n"
		"<script>alert(1)</script>|5.00|55.56|<b>|'\"><img src=x onerror=y>|\n"
		"&lt;|4.00|44.44|<b>|?ltr? ????|\n"
		"total|9.00|100.00|<b>||\n");
	assert_int_equal(count(&p.elements, "script "), 1);
	assert_int_equal(count(&p.elements, "title "), 3); /* the page's, two bars' */
	assert_int_equal(count(&p.elements, "img "), 0);
	assert_int_equal(count(&p.elements, " b "), 0);
	done(&p);
}

static void the_policy_allows_the_script_that_is_there_alone(void **state)
{
	struct page p = read_page("by-service", HEADER "a,1,,USD,1,\n");
	unsigned char hash[32], text[64];
	unsigned len = 0;
	struct buf want = BUF_INIT(1000);

	(void)state;
	assert_int_equal(
		EVP_Digest(p.script.p, p.script.len, hash, &len, EVP_sha256(), NULL), 1);
	EVP_EncodeBlock(text, hash, (int)len);
	assert_int_equal(buf_appendf(&want,
				 "default-src 'none'; style-src 'unsafe-inline'; "
				 "script-src 'sha256-%s'; base-uri 'none'; form-action "
				 "'none'",
				 (const char *)text),
		0);
	assert_string_equal(buf_text(&p.policy), buf_text(&want));
	buf_finish(&want);
	done(&p);
}

static void whatever_the_rows_are_there_is_a_page(void **state)
{
	static const struct {
		const char *file, *csv;
		size_t lines;
	} cases[] = {
		{ "by-service", HEADER, 1 },
		{ "months", "month,status,as_of," COSTS "\n2026-10,unread,,,,,\n", 2 },
		{ "tag-coverage",
			"tag_key,tagged_cost,untagged_cost,tagged_percent,currency,"
			"tagged_lines,untagged_lines\n"
			"a,1,3,25.00,USD,1,3\nb,4,0,100.00,USD,4,0\n",
			3 },
		/* No chart holds that. */
		{ "by-service", HEADER "a,9000000000000000000,,USD,1,\n", 2 },
		{ "by-service", HEADER "a,x,,USD,1,\n", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct page p = read_page(cases[i].file, cases[i].csv);

		assert_int_equal(count(&p.text, "\n"), cases[i].lines);
		done(&p);
	}
}

static void the_same_rows_give_the_same_bytes(void **state)
{
	struct buf a, b;

	(void)state;
	render("by-service", HEADER "a,1,,USD,1,x\n", &a);
	render("by-service", HEADER "a,1,,USD,1,x\n", &b);
	assert_true(span_eq(buf_span(&a), buf_span(&b)));
	buf_finish(&a);
	buf_finish(&b);
}

static void no_memory_is_said(void **state)
{
	const struct form_about about = { .file = SPAN("by-service") };
	bool was_refused = true;

	(void)state;
	for (unsigned n = 0; was_refused; n++) {
		struct buf b = BUF_INIT(1 << 20);
		int r;

		oom_after(n);
		r = form_render(
			FORM_HTML, SPAN(HEADER "a,5,,USD,1,Zürich\n"), &about, &b, NULL);
		was_refused = oom_stop();
		assert_int_equal(r, was_refused ? -ENOMEM : 0);
		buf_finish(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_has_the_table_with_shares_and_totals),
		cmocka_unit_test(line_items_keep_their_digits_and_have_no_chart),
		cmocka_unit_test(text_from_outside_stays_text),
		cmocka_unit_test(the_policy_allows_the_script_that_is_there_alone),
		cmocka_unit_test(whatever_the_rows_are_there_is_a_page),
		cmocka_unit_test(the_same_rows_give_the_same_bytes),
		cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
