#include "aws/resource/compose.h"

#include <errno.h>

#include "tests/cmocka.h"

enum { TEXT_MAX = 4096 };

static void members_and_lists_are_indented_as_python_does(void **state)
{
	/* json.dumps(..., indent=4) of {"a": 1, "b": {"c": []}, "d": ["e", {"f": null}],
	 * "g": [], "h": "x\n"} */
	static const char want[] = "{\n"
				   "    \"a\": 1,\n"
				   "    \"b\": {\n"
				   "        \"c\": []\n"
				   "    },\n"
				   "    \"d\": [\n"
				   "        \"e\",\n"
				   "        {\n"
				   "            \"f\": null\n"
				   "        }\n"
				   "    ],\n"
				   "    \"g\": [],\n"
				   "    \"h\": \"x\\n\"\n"
				   "}";
	struct buf b = BUF_INIT(TEXT_MAX);
	struct compose_list list, none;

	(void)state;
	compose_list_init(&list);
	compose_list_init(&none);
	assert_int_equal(compose_begin(&b, SPAN("{\n    \"a\": 1\n}")), 0);
	assert_int_equal(compose_member(&b, "b", SPAN("{\n    \"c\": []\n}")), 0);
	assert_int_equal(compose_item(&list, SPAN("\"e\"")), 0);
	assert_int_equal(compose_item(&list, SPAN("{\n    \"f\": null\n}")), 0);
	assert_int_equal(compose_list_member(&b, "d", &list), 0);
	assert_int_equal(compose_list_member(&b, "g", &none), 0);
	assert_int_equal(compose_text_member(&b, "h", SPAN("x\n")), 0);
	assert_int_equal(compose_end(&b), 0);
	assert_string_equal(buf_text(&b), want);
	compose_list_finish(&list);
	compose_list_finish(&none);
	buf_finish(&b);
}

static void an_object_may_begin_with_a_text(void **state)
{
	struct buf b = BUF_INIT(TEXT_MAX);

	(void)state;
	assert_int_equal(compose_first_text(&b, "a", SPAN("\"")), 0);
	assert_int_equal(compose_end(&b), 0);
	assert_string_equal(buf_text(&b), "{\n    \"a\": \"\\\"\"\n}");
	buf_finish(&b);
}

static void nothing_begins_with_what_has_no_members(void **state)
{
	static const char *const elements[] = { "", "{}", "[]", "{\n", "\n}",
		"{\n    \"a\"", "\"{\n    \n}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(elements); i++) {
		struct buf b = BUF_INIT(TEXT_MAX);

		print_message("%s\n", elements[i]);
		assert_int_equal(compose_begin(&b, span_of(elements[i])), -EBADMSG);
		assert_int_equal(b.len, 0);
		buf_finish(&b);
	}
}

static void what_is_over_the_limit_is_refused(void **state)
{
	struct buf b = BUF_INIT(20);

	(void)state;
	assert_int_equal(compose_begin(&b, SPAN("{\n    \"a\": 1\n}")), 0);
	assert_int_equal(compose_member(&b, "b", SPAN("12345678")), -EFBIG);
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_lists_are_indented_as_python_does),
		cmocka_unit_test(an_object_may_begin_with_a_text),
		cmocka_unit_test(nothing_begins_with_what_has_no_members),
		cmocka_unit_test(what_is_over_the_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
