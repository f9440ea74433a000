#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/export/jsonmap.h"
#include "base/buf.h"

/* "key=value|" for each pair, or "bad". The text and its scratch stand in blocks of their
 * very size, so that memory checkers see a byte too far. */
static void show(struct span text, struct span hint, struct buf *out)
{
	char *bytes = malloc(text.len ? text.len : 1);
	char *scratch = malloc(text.len ? text.len : 1);
	struct jsonmap_pair pair;
	struct jsonmap m;
	int r;

	assert_true(bytes && scratch);
	if (text.len > 0)
		memcpy(bytes, text.p, text.len);
	buf_clear(out);
	jsonmap_init(&m, (struct span){ bytes, text.len }, scratch);
	while ((r = jsonmap_next(&m, hint, &pair)) > 0) {
		static const char types[] = "snb0x";

		assert_int_equal(buf_appendf(out, "%.*s=%.*s:%c|", SPAN_ARG(pair.key),
					 SPAN_ARG(pair.value), types[pair.type]),
			0);
	}
	assert_true(r == 0 || r == -EBADMSG);
	if (r < 0) {
		buf_clear(out);
		assert_int_equal(buf_append_text(out, "bad"), 0);
	}
	free(bytes);
	free(scratch);
}

static const struct {
	const char *text, *want;
} cases[] = {
	{ "{}", "" },
	{ " { } ", "" },
	{ "{\"a\":\"1\"}", "a=1:s|" },
	{ "{\"a\":\"1\",\"b\":\"2\"}", "a=1:s|b=2:s|" },
	{ " {\t\"a\" :\n\"1\" ,\r\"b\": \"2\" } ", "a=1:s|b=2:s|" },
	{ "{\"\":\"\"}", "=:s|" },
	{ "{\"a\":1,\"b\":-0.5,\"c\":1.5e-9,\"d\":0,\"e\":-1E+2}",
		"a=1:n|b=-0.5:n|c=1.5e-9:n|d=0:n|e=-1E+2:n|" },
	{ "{\"a\":true,\"b\":false,\"c\":null}", "a=true:b|b=false:b|c=:0|" },
	{ "{\"a\":{\"x\":[1,{}]},\"b\":[],\"c\":[ \"]\" , null ]}",
		"a={\"x\":[1,{}]}:x|b=[]:x|c=[ \"]\" , null ]:x|" },
	{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a=\"\\/\b\f\n\r\t:s|" },
	{ "{\"\\u0061\":\"x\\u00e9\\u20AC\\ud83d\\ude00y\"}",
		"a=x\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80y:s|" },
	{ "{\"long enough for words\":\"0123456789abcdef\\n0123456789\"}",
		"long enough for words=0123456789abcdef\n0123456789:s|" },
	{ "{\"a\":\"caf\xc3\xa9 \xf0\x9f\x98\x80 and more\"}",
		"a=caf\xc3\xa9 \xf0\x9f\x98\x80 and more:s|" },
	/* No tag may make a month unreadable. */
	{ "{\"a\":\"\\u0000\"}", "a=\xef\xbf\xbd:s|" },
	{ "{\"a\":\"\\ud800\"}", "a=\xef\xbf\xbd:s|" },
	{ "{\"a\":\"\\ud800x\"}", "a=\xef\xbf\xbdx:s|" },
	{ "{\"a\":\"\\ud800\\n\"}", "a=\xef\xbf\xbd\n:s|" },
	{ "{\"a\":\"\\ud800\\u0041\"}", "a=\xef\xbf\xbd\x41:s|" },
	{ "{\"a\":\"\\ud800\\ud83d\\ude00\"}", "a=\xef\xbf\xbd\xf0\x9f\x98\x80:s|" },
	{ "{\"a\":\"\\ude00\"}", "a=\xef\xbf\xbd:s|" },
	/* Not JSON, or no object. */
	{ "", "bad" },
	{ " ", "bad" },
	{ "null", "bad" },
	{ "[]", "bad" },
	{ "\"a\"", "bad" },
	{ "{", "bad" },
	{ "}", "bad" },
	{ "{}x", "bad" },
	{ "{}{}", "bad" },
	{ "{\"a\"}", "bad" },
	{ "{\"a\":}", "bad" },
	{ "{\"a\":1,}", "bad" },
	{ "{,\"a\":1}", "bad" },
	{ "{\"a\":1 \"b\":2}", "bad" },
	{ "{a:1}", "bad" },
	{ "{'a':1}", "bad" },
	{ "{\"a\":'1'}", "bad" },
	{ "{1:1}", "bad" },
	{ "{\"a\":01}", "bad" },
	{ "{\"a\":+1}", "bad" },
	{ "{\"a\":.5}", "bad" },
	{ "{\"a\":5.}", "bad" },
	{ "{\"a\":1e}", "bad" },
	{ "{\"a\":1e+}", "bad" },
	{ "{\"a\":-}", "bad" },
	{ "{\"a\":NaN}", "bad" },
	{ "{\"a\":Infinity}", "bad" },
	{ "{\"a\":True}", "bad" },
	{ "{\"a\":tru}", "bad" },
	{ "{\"a\":truex}", "bad" },
	{ "{\"a\":nul}", "bad" },
	{ "{\"a\":\"\\x\"}", "bad" },
	{ "{\"a\":\"\\u12g4\"}", "bad" },
	{ "{\"a\":\"\\u123\"}", "bad" },
	{ "{\"a\":\"tab\there\"}", "bad" },
	{ "{\"a\":\"newline far behind\nhere\"}", "bad" },
	{ "{\"a\":[1,]}", "bad" },
	{ "{\"a\":[1}", "bad" },
	{ "{\"a\":{\"b\"}}", "bad" },
	{ "{\"a\":{\"b\":1]}", "bad" },
	{ "{\"a\":{1:1}}", "bad" },
};

static void reads_what_rfc_8259_says(void **state)
{
	struct buf got = BUF_INIT(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].text);
		show(span_of(cases[i].text), (struct span){ .len = 0 }, &got);
		assert_string_equal(buf_text(&got), cases[i].want);
	}
	buf_finish(&got);
}

static void hints_change_nothing(void **state)
{
	static const char *const hints[] = { "a", "b", "", "aa", "long enough for words",
		"long enough", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz" };
	struct buf got = BUF_INIT(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t k = 0; k < sizeof(hints) / sizeof(hints[0]); k++) {
			show(span_of(cases[i].text), span_of(hints[k]), &got);
			assert_string_equal(buf_text(&got), cases[i].want);
		}
	buf_finish(&got);
}

static void a_hint_that_comes_is_the_key(void **state)
{
	static const char text[] = "{\"region\":\"x\"}";
	struct span hint = SPAN("region");
	struct jsonmap_pair pair;
	char scratch[sizeof(text)];
	struct jsonmap m;

	(void)state;
	jsonmap_init(&m, span_of(text), scratch);
	assert_int_equal(jsonmap_next(&m, hint, &pair), 1);
	assert_ptr_equal(pair.key.p, hint.p);
	assert_int_equal(pair.key.len, hint.len);
	assert_true(pair.key_plain);
}

static void keys_with_escapes_are_no_hints(void **state)
{
	static const char text[] = "{\"a\\\"b\":1,\"c\":2}";
	struct jsonmap_pair pair;
	char scratch[sizeof(text)];
	struct jsonmap m;

	(void)state;
	jsonmap_init(&m, span_of(text), scratch);
	assert_int_equal(jsonmap_next(&m, (struct span){ .len = 0 }, &pair), 1);
	assert_false(pair.key_plain);
	assert_int_equal(jsonmap_next(&m, (struct span){ .len = 0 }, &pair), 1);
	assert_true(pair.key_plain);
}

static void every_cut_is_bad(void **state)
{
	static const char whole[] =
		"{\"key\": \"a \\u00e9\\ud83d\\ude00\\n\", \"n\": -1.5e-7, "
		"\"t\": true, \"o\": {\"x\": [null, \"\\\\\"]}}";
	struct buf got = BUF_INIT(1 << 16);

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		show((struct span){ whole, len }, (struct span){ .len = 0 }, &got);
		assert_string_equal(buf_text(&got), "bad");
	}
	show(span_of(whole), (struct span){ .len = 0 }, &got);
	assert_string_not_equal(buf_text(&got), "bad");
	buf_finish(&got);
}

static void nesting_is_limited(void **state)
{
	static const struct {
		int depth;
		bool good;
	} depths[] = { { 1, true }, { JSONMAP_DEPTH_MAX, true },
		{ JSONMAP_DEPTH_MAX + 1, false }, { 10000, false } };
	struct buf text = BUF_INIT(1 << 16), got = BUF_INIT(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		buf_clear(&text);
		assert_int_equal(buf_append_text(&text, "{\"a\":"), 0);
		for (int d = 0; d < depths[i].depth; d++)
			assert_int_equal(buf_append_byte(&text, '['), 0);
		for (int d = 0; d < depths[i].depth; d++)
			assert_int_equal(buf_append_byte(&text, ']'), 0);
		assert_int_equal(buf_append_byte(&text, '}'), 0);
		show(buf_span(&text), (struct span){ .len = 0 }, &got);
		assert_int_equal(strcmp(buf_text(&got), "bad") != 0, depths[i].good);
	}
	buf_finish(&text);
	buf_finish(&got);
}

static void failure_leaves_the_pair_alone(void **state)
{
	struct jsonmap_pair pair = { .key = SPAN("before"), .value = SPAN("x") };
	char scratch[16];
	struct jsonmap m;

	(void)state;
	jsonmap_init(&m, SPAN("{\"a\":?}"), scratch);
	assert_int_equal(jsonmap_next(&m, (struct span){ .len = 0 }, &pair), -EBADMSG);
	assert_true(span_eq(pair.key, SPAN("before")));
	assert_int_equal(jsonmap_offset(&m), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_rfc_8259_says),
		cmocka_unit_test(hints_change_nothing),
		cmocka_unit_test(a_hint_that_comes_is_the_key),
		cmocka_unit_test(keys_with_escapes_are_no_hints),
		cmocka_unit_test(every_cut_is_bad),
		cmocka_unit_test(nesting_is_limited),
		cmocka_unit_test(failure_leaves_the_pair_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
