#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <wchar.h>

#include "tests/cmocka.h"
#include "tests/oom.h"

static void assert_bytes(const struct buf *b, struct span want)
{
	assert_int_equal(b->len, want.len);
	assert_true(span_eq(buf_span(b), want));
}

static void a_zeroed_buffer_takes_nothing(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_append(&b, NULL, 0), 0);
	assert_int_equal(buf_append_text(&b, ""), 0);
	assert_int_equal(buf_appendf(&b, "%s", ""), 0);
	assert_int_equal(buf_append_byte(&b, 'x'), -EFBIG);
	assert_string_equal(buf_text(&b), "");
	assert_int_equal(b.len, 0);
	buf_finish(&b);
	buf_finish(&b);
	buf_finish(NULL);
}

/* Every append, one byte under, at and over the limit. */
static void appends_reach_the_limit_and_stop_there(void **state)
{
	(void)state;
	for (size_t limit = 1; limit < 300; limit++) {
		struct buf b = BUF_INIT(limit);

		for (size_t i = 0; i < limit; i++)
			assert_int_equal(buf_append_byte(&b, (char)('a' + i % 26)), 0);
		assert_int_equal(buf_append_byte(&b, 'x'), -EFBIG);
		assert_int_equal(buf_append(&b, "x", 1), -EFBIG);
		assert_int_equal(buf_append_text(&b, "x"), -EFBIG);
		assert_int_equal(buf_append_span(&b, SPAN("xy")), -EFBIG);
		assert_int_equal(buf_appendf(&b, "%d", 1), -EFBIG);
		assert_int_equal(buf_append_json(&b, SPAN("")), -EFBIG);
		assert_int_equal(buf_reserve(&b, 1), -EFBIG);
		assert_int_equal(buf_reserve(&b, SIZE_MAX), -EFBIG);
		assert_int_equal(buf_append(&b, NULL, 0), 0);
		assert_int_equal(b.len, limit);
		assert_true(b.cap <= limit);
		assert_int_equal(strlen(buf_text(&b)), limit);
		for (size_t i = 0; i < limit; i++)
			assert_int_equal(b.p[i], 'a' + i % 26);
		buf_finish(&b);
	}
}

static void one_append_may_fill_the_limit(void **state)
{
	struct buf b = BUF_INIT(5);

	(void)state;
	assert_int_equal(buf_append_text(&b, "123456"), -EFBIG);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_appendf(&b, "%s", "123456"), -EFBIG);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_appendf(&b, "%s", "12345"), 0);
	assert_string_equal(buf_text(&b), "12345");
	buf_finish(&b);
}

static void formats_of_every_length_are_printed_whole(void **state)
{
	struct buf b = BUF_INIT(100000);
	char want[400];

	(void)state;
	memset(want, 'z', sizeof(want));
	for (int len = 0; len < 400; len++) {
		size_t before = b.len;

		assert_int_equal(buf_appendf(&b, "%.*s", len, want), 0);
		assert_int_equal(b.len - before, (size_t)len);
		assert_true(span_eq(span_from(buf_span(&b), before),
			(struct span){ want, (size_t)len }));
	}
	buf_finish(&b);
}

static void a_format_that_cannot_be_printed_is_refused(void **state)
{
	struct buf b = BUF_INIT(100);
	/* No character of the C locale. */
	wchar_t wide[] = { 0x20AC, 0 };

	(void)state;
	assert_int_equal(buf_append_text(&b, "kept"), 0);
	assert_int_equal(buf_appendf(&b, "%ls", wide), -EINVAL);
	assert_bytes(&b, SPAN("kept"));
	buf_finish(&b);
}

/* By Python: json.dumps(bytes.decode("utf-8", "replace"), ensure_ascii=False). */
static const struct {
	struct span text;
	struct span json;
} jsons[] = {
	{ { "", 0 }, { "\"\"", 2 } },
	{ { NULL, 0 }, { "\"\"", 2 } },
	{ { "abc", 3 }, { "\"abc\"", 5 } },
	{ { "\"\\/", 3 }, { "\"\\\"\\\\/\"", 7 } },
	{ { "\b\f\n\r\t", 5 }, { "\"\\b\\f\\n\\r\\t\"", 12 } },
	{ { "\0\x1F\x7F", 3 }, { "\"\\u0000\\u001f\x7F\"", 15 } },
	{ { "a\nb", 3 }, { "\"a\\nb\"", 6 } },
	{ { "\xC3\xA4", 2 }, { "\"\xC3\xA4\"", 4 } },
	{ { "\xE2\x82\xAC", 3 }, { "\"\xE2\x82\xAC\"", 5 } },
	{ { "\xF0\x9F\x98\x80", 4 }, { "\"\xF0\x9F\x98\x80\"", 6 } },
	{ { "\xF4\x8F\xBF\xBF", 4 }, { "\"\xF4\x8F\xBF\xBF\"", 6 } },
	{ { "\x80", 1 }, { "\"\xEF\xBF\xBD\"", 5 } },
	{ { "\xC3", 1 }, { "\"\xEF\xBF\xBD\"", 5 } },
	{ { "\xC3(", 2 }, { "\"\xEF\xBF\xBD(\"", 6 } },
	{ { "\xC0\xAF", 2 }, { "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", 8 } },
	{ { "\xE2\x82", 2 }, { "\"\xEF\xBF\xBD\"", 5 } },
	{ { "\xE2\x82\"", 3 }, { "\"\xEF\xBF\xBD\\\"\"", 7 } },
	{ { "\xF0\x9F\x98", 3 }, { "\"\xEF\xBF\xBD\"", 5 } },
	{ { "\xE0\x80", 2 }, { "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", 8 } },
	{ { "\xED\xA0\x80", 3 }, { "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", 11 } },
	{ { "\xF4\x90\x80", 3 }, { "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", 11 } },
	{ { "\xF5\xFF", 2 }, { "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", 8 } },
};

static void json_strings_are_what_python_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(jsons); i++) {
		struct buf b = BUF_INIT(100);

		print_message("%s\n", jsons[i].json.p);
		assert_int_equal(buf_append_json(&b, jsons[i].text), 0);
		assert_bytes(&b, jsons[i].json);
		buf_finish(&b);
	}
}

static void json_past_the_limit_leaves_the_contents_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(jsons); i++)
		for (size_t room = 0; room < jsons[i].json.len; room++) {
			struct buf b = BUF_INIT(4 + room);

			assert_int_equal(buf_append_text(&b, "kept"), 0);
			assert_int_equal(buf_append_json(&b, jsons[i].text), -EFBIG);
			assert_bytes(&b, SPAN("kept"));
			buf_finish(&b);
		}
}

static void a_cleared_buffer_keeps_its_memory_and_takes_again(void **state)
{
	struct buf b = BUF_INIT(1000);
	const char *p;

	(void)state;
	assert_int_equal(buf_append_text(&b, "abcdef"), 0);
	p = b.p;
	buf_truncate(&b, 3);
	assert_bytes(&b, SPAN("abc"));
	assert_string_equal(buf_text(&b), "abc");
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_append_text(&b, "xy"), 0);
	assert_ptr_equal(b.p, p);
	assert_string_equal(buf_text(&b), "xy");
	buf_finish(&b);
}

static void taken_memory_is_the_callers_and_the_buffer_is_empty(void **state)
{
	struct buf b = BUF_INIT(3);
	char *text;

	(void)state;
	text = buf_take(&b);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(buf_append_text(&b, "abc"), 0);
	text = buf_take(&b);
	assert_string_equal(text, "abc");
	free(text);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_append_text(&b, "def"), 0);
	assert_string_equal(buf_text(&b), "def");
	buf_finish(&b);
}

static void no_memory_leaves_the_contents_alone(void **state)
{
	struct buf b = BUF_INIT(100000);
	static const char big[5000] = { 'x' };
	char *text;

	(void)state;
	oom_after(0);
	text = buf_take(&b);
	assert_int_equal(buf_append_text(&b, "x"), -ENOMEM);
	assert_true(oom_stop());
	assert_null(text);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_append_text(&b, "kept"), 0);
	oom_after(0);
	assert_int_equal(buf_append(&b, big, sizeof(big)), -ENOMEM);
	assert_int_equal(buf_appendf(&b, "%5000d", 1), -ENOMEM);
	assert_int_equal(buf_append_json(&b, (struct span){ big, sizeof(big) }), -ENOMEM);
	assert_true(oom_stop());
	assert_string_equal(buf_text(&b), "kept");
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zeroed_buffer_takes_nothing),
		cmocka_unit_test(appends_reach_the_limit_and_stop_there),
		cmocka_unit_test(one_append_may_fill_the_limit),
		cmocka_unit_test(formats_of_every_length_are_printed_whole),
		cmocka_unit_test(a_format_that_cannot_be_printed_is_refused),
		cmocka_unit_test(json_strings_are_what_python_writes),
		cmocka_unit_test(json_past_the_limit_leaves_the_contents_alone),
		cmocka_unit_test(a_cleared_buffer_keeps_its_memory_and_takes_again),
		cmocka_unit_test(taken_memory_is_the_callers_and_the_buffer_is_empty),
		cmocka_unit_test(no_memory_leaves_the_contents_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
