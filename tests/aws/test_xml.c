#include "aws/api/xml.h"

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "tests/cmocka.h"

/* Writes "<path" and "path=text>" for each event. */
struct seen {
	struct buf text;
	struct span fail_at; /* path whose end fails */
};

static int on_begin(void *context, struct span path)
{
	struct seen *s = context;

	return buf_appendf(&s->text, "<%.*s ", SPAN_ARG(path));
}

static int on_end(void *context, struct span path, struct span text)
{
	struct seen *s = context;

	if (s->fail_at.p && span_eq(path, s->fail_at))
		return -ENOTBLK;
	return buf_appendf(&s->text, "%.*s=%.*s> ", SPAN_ARG(path), SPAN_ARG(text));
}

static const struct xml_events both = { .begin = on_begin, .end = on_end };

static int read_text(struct span document, struct seen *s, struct fault *why)
{
	s->text = BUF_INIT(1 << 20);
	return xml_read(document, &both, s, why);
}

static const struct {
	const char *what, *document;
	int want;
	const char *events; /* NULL: not looked at */
} documents[] = {
	{ "one element", "<a/>", 0, "<a a=> " },
	{ "text", "<a>t</a>", 0, "<a a=t> " },
	{ "text as it is", "<a> t\n u </a>", 0, "<a a= t\n u > " },
	{ "children", "<a><b>1</b><b>2</b></a>", 0, "<a <a/b a/b=1> <a/b a/b=2> a=> " },
	{ "no text of parents", "<a> x <b/> y </a>", 0, "<a <a/b a/b=> a=> " },
	{ "prefixes", "<s:a xmlns:s='urn:x' k='v'><s:b>1</s:b></s:a>", 0,
		"<a <a/b a/b=1> a=> " },
	{ "default namespace", "<?xml version=\"1.0\"?>\n<a xmlns='urn:x'><b/></a>\n", 0,
		"<a <a/b a/b=> a=> " },
	{ "references", "<a>&amp;&lt;&gt;&quot;&apos;&#65;&#x20AC;</a>", 0,
		"<a a=&<>\"'A\xe2\x82\xac> " },
	{ "CDATA and comments", "<a>x<![CDATA[<&]]>y<!-- <b> -->z<?p q?></a>", 0,
		"<a a=x<&yz> " },
	{ "byte order mark", "\xef\xbb\xbf<a/>", 0, "<a a=> " },
	{ "Latin 1", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", 0,
		"<a a=\xc3\xa9> " },

	{ "nothing", "", -EBADMSG, "" },
	{ "blanks", " \n", -EBADMSG, "" },
	{ "no XML", "{}", -EBADMSG, "" },
	{ "cut", "<a><b>1</b>", -EBADMSG, "<a <a/b a/b=1> " },
	{ "cut in a tag", "<a><b", -EBADMSG, "<a " },
	{ "wrong end", "<a></b>", -EBADMSG, "<a " },
	{ "two roots", "<a/><b/>", -EBADMSG, "<a a=> " },
	{ "text behind", "<a/>x", -EBADMSG, "<a a=> " },
	{ "no UTF-8", "<a>\xff</a>", -EBADMSG, NULL },
	{ "control character", "<a>\x01</a>", -EBADMSG, NULL },
	{ "NUL by reference", "<a>&#0;</a>", -EBADMSG, NULL },
	{ "unknown entity", "<a>&x;</a>", -EBADMSG, NULL },
	{ "unknown encoding", "<?xml version='1.0' encoding='x-none'?><a/>", -EBADMSG,
		"" },
	{ "document type", "<!DOCTYPE a><a/>", -EBADMSG, "" },
	{ "entities of its own", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", -EBADMSG,
		"" },
	{ "entities of a file",
		"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
		-EBADMSG, "" },
};

static void documents_become_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		struct seen s = { 0 };
		struct fault why = { 0 };

		print_message("%s\n", documents[i].what);
		assert_int_equal(read_text(span_of(documents[i].document), &s, &why),
			documents[i].want);
		assert_int_equal(why.error, documents[i].want);
		if (documents[i].events)
			assert_string_equal(
				s.text.len ? buf_text(&s.text) : "", documents[i].events);
		buf_finish(&s.text);
	}
}

static void every_cut_is_noticed(void **state)
{
	struct span whole = SPAN("<?xml version=\"1.0\"?><a b='c'><d>e&amp;f</d></a>");

	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		struct seen s = { 0 };

		assert_int_equal(read_text(span_first(whole, len), &s, NULL), -EBADMSG);
		buf_finish(&s.text);
	}
}

/* depth elements within each other. */
static int read_deep(size_t depth)
{
	struct buf b = BUF_INIT(1 << 20);
	struct seen s = { 0 };
	int r = 0;

	for (size_t i = 0; i < depth; i++)
		r |= buf_append_text(&b, "<a>");
	for (size_t i = 0; i < depth; i++)
		r |= buf_append_text(&b, "</a>");
	assert_int_equal(r, 0);
	r = read_text(buf_span(&b), &s, NULL);
	buf_finish(&s.text);
	buf_finish(&b);
	return r;
}

static void depth_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(read_deep(1), 0);
	assert_int_equal(read_deep(XML_DEPTH_MAX), 0);
	assert_int_equal(read_deep(XML_DEPTH_MAX + 1), -EFBIG);
	assert_int_equal(read_deep(10000), -EFBIG);
}

/* len bytes between before and after. */
static int read_long(const char *before, size_t len, const char *after)
{
	struct buf b = BUF_INIT(1 << 20);
	static const struct xml_events none = { 0 };
	int r = buf_append_text(&b, before);

	for (size_t i = 0; i < len; i++)
		r |= buf_append_byte(&b, 'x');
	r |= buf_append_text(&b, after);
	assert_int_equal(r, 0);
	r = xml_read(buf_span(&b), &none, NULL, NULL);
	buf_finish(&b);
	return r;
}

static void texts_and_names_have_limits(void **state)
{
	(void)state;
	assert_int_equal(read_long("<a>", XML_TEXT_MAX, "</a>"), 0);
	assert_int_equal(read_long("<a>", XML_TEXT_MAX + 1, "</a>"), -EFBIG);
	assert_int_equal(read_long("<", XML_PATH_MAX, "/>"), 0);
	assert_int_equal(read_long("<", XML_PATH_MAX + 1, "/>"), -EFBIG);
}

static void an_event_can_end_the_reading(void **state)
{
	struct seen s = { .fail_at = SPAN("a/b") };
	struct fault why = { 0 };

	(void)state;
	assert_int_equal(read_text(SPAN("<a><c/><b/><d/></a>"), &s, &why), -ENOTBLK);
	assert_string_equal(buf_text(&s.text), "<a <a/c a/c=> <a/b ");
	assert_int_equal(why.error, 0);
	buf_finish(&s.text);
}

static int on_attribute(
	void *context, struct span path, struct span name, struct span value)
{
	struct seen *s = context;

	if (s->fail_at.p && span_eq(name, s->fail_at))
		return -ENOTBLK;
	return buf_appendf(&s->text, "%.*s@%.*s=%.*s ", SPAN_ARG(path), SPAN_ARG(name),
		SPAN_ARG(value));
}

static void attributes_are_told_where_they_are_asked_for(void **state)
{
	static const struct xml_events events = { on_begin, NULL, on_attribute };
	struct span document =
		SPAN("<a xmlns='u:x' k='1'><b x:t='&amp;&#10;' c=''/><d/></a>");
	struct seen s = { .text = BUF_INIT(1 << 20) };

	(void)state;
	assert_int_equal(xml_read(document, &events, &s, NULL), 0);
	assert_string_equal(
		buf_text(&s.text), "<a a@xmlns=u:x a@k=1 <a/b a/b@x:t=&\n a/b@c= <a/d ");
	buf_clear(&s.text);
	s.fail_at = SPAN("k");
	assert_int_equal(xml_read(document, &events, &s, NULL), -ENOTBLK);
	assert_string_equal(buf_text(&s.text), "<a a@xmlns=u:x ");
	buf_finish(&s.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_become_events),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(texts_and_names_have_limits),
		cmocka_unit_test(an_event_can_end_the_reading),
		cmocka_unit_test(attributes_are_told_where_they_are_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
