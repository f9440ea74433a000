#include "aws/api/json.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "tests/cmocka.h"

static struct json *parse(const char *text)
{
	struct json *j = NULL;

	assert_int_equal(json_parse(span_of(text), &j), 0);
	assert_non_null(j);
	return j;
}

static const struct {
	const char *text;
	int want;
} texts[] = {
	{ "{}", 0 },
	{ " {} \r\n", 0 },
	{ "[1,2]", 0 },
	{ "\"}\"", 0 },
	{ "null", 0 },
	{ "{\"a\":\"\\\\\"}", 0 },
	{ "{\"a\":\"\\\\u0000\"}", 0 },
	{ "", -EBADMSG },
	{ " ", -EBADMSG },
	{ "{", -EBADMSG },
	{ "}", -EBADMSG },
	{ "{]", -EBADMSG },
	{ "{\"a\":1", -EBADMSG },
	{ "{\"a\"}", -EBADMSG },
	{ "{\"a\":\"x", -EBADMSG },
	{ "{\"a\":\"x\\", -EBADMSG },
	{ "{} x", -EBADMSG },
	{ "{}{}", -EBADMSG },
	{ "<html>", -EBADMSG },
	{ "{\"a\":\"\\u0000b\"}", -EBADMSG },
};

static void texts_are_json_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct json *j = NULL;

		print_message("%s\n", texts[i].text);
		assert_int_equal(json_parse(span_of(texts[i].text), &j), texts[i].want);
		assert_true((j != NULL) == (texts[i].want == 0));
		json_free(j);
	}
	assert_int_equal(json_parse((struct span){ "{}\0", 3 }, &(struct json *){ NULL }),
		-EBADMSG);
}

static void every_cut_is_noticed(void **state)
{
	struct span whole = SPAN("{\"a\":[1,{\"b\":\"c\\\"\"}],\"d\":null}");

	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		/* On the heap, so that reading on would be noticed. */
		char *copy = malloc(len + 1);
		struct json *j = NULL;

		assert_non_null(copy);
		memcpy(copy, whole.p, len);
		copy = realloc(copy, len ? len : 1);
		assert_int_equal(json_parse((struct span){ copy, len }, &j), -EBADMSG);
		free(copy);
	}
}

static int parse_deep(size_t depth)
{
	struct buf b = BUF_INIT(1 << 20);
	struct json *j = NULL;
	int r = 0;

	for (size_t i = 0; i < depth; i++)
		r |= buf_append_byte(&b, '[');
	for (size_t i = 0; i < depth; i++)
		r |= buf_append_byte(&b, ']');
	assert_int_equal(r, 0);
	r = json_parse(buf_span(&b), &j);
	json_free(j);
	buf_finish(&b);
	return r;
}

static void depth_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(parse_deep(1), 0);
	assert_int_equal(parse_deep(JSON_DEPTH_MAX), 0);
	assert_int_equal(parse_deep(JSON_DEPTH_MAX + 1), -EFBIG);
	assert_int_equal(parse_deep(100000), -EFBIG);
}

static void length_has_a_limit(void **state)
{
	char *text = malloc(JSON_BYTES_MAX + 1);
	struct json *j = NULL;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', JSON_BYTES_MAX + 1);
	text[0] = '1';
	assert_int_equal(json_parse((struct span){ text, JSON_BYTES_MAX }, &j), 0);
	json_free(j);
	assert_int_equal(
		json_parse((struct span){ text, JSON_BYTES_MAX + 1 }, &j), -EFBIG);
	free(text);
}

static void members_are_found_by_their_exact_name(void **state)
{
	struct json *j =
		parse("{\"A\":\"upper\",\"a\":\"lower\",\"a\":\"again\",\"n\":1}");

	(void)state;
	assert_string_equal(json_member_text(j, "A"), "upper");
	assert_string_equal(json_member_text(j, "a"), "lower");
	assert_null(json_member_text(j, "n"));
	assert_null(json_member_text(j, "b"));
	assert_null(json_member(json_member(j, "b"), "c"));
	assert_null(json_member(json_member(j, "n"), "c"));
	json_free(j);
}

static const struct {
	const char *text;
	int want;
	int64_t number;
} numbers[] = {
	{ "0", 0, 0 },
	{ "-1", 0, -1 },
	{ "1767323045000", 0, INT64_C(1767323045000) },
	{ "1.767323045e9", 0, 1767323045 },
	{ "9007199254740992", 0, INT64_C(9007199254740992) },
	{ "9007199254740994", -ERANGE, 0 },
	{ "1e300", -ERANGE, 0 },
	{ "1e999", -ERANGE, 0 },
	{ "0.5", -EINVAL, 0 },
	{ "\"1\"", -EINVAL, 0 },
	{ "null", -EINVAL, 0 },
	{ "true", -EINVAL, 0 },
};

static void integers_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct json *j = parse(numbers[i].text);
		int64_t n = 77;

		print_message("%s\n", numbers[i].text);
		assert_int_equal(json_integer(j, &n), numbers[i].want);
		assert_int_equal(n, numbers[i].want ? 77 : numbers[i].number);
		json_free(j);
	}
	assert_int_equal(json_integer(NULL, &(int64_t){ 0 }), -EINVAL);
}

static void kinds_are_told(void **state)
{
	struct json *j = parse("{\"t\":true,\"f\":false,\"n\":null,\"a\":[],\"o\":{}}");

	(void)state;
	assert_int_equal(json_boolean(json_member(j, "t")), 1);
	assert_int_equal(json_boolean(json_member(j, "f")), 0);
	assert_int_equal(json_boolean(json_member(j, "n")), -1);
	assert_int_equal(json_boolean(NULL), -1);
	assert_true(json_is_array(json_member(j, "a")));
	assert_false(json_is_array(json_member(j, "o")));
	assert_true(json_is_object(json_member(j, "o")));
	assert_false(json_is_object(NULL));
	assert_null(json_text(NULL));
	json_free(j);
	json_free(NULL);
}

static void containers_are_walked_in_order(void **state)
{
	struct json *j = parse("{\"x\":[\"1\",\"2\"],\"y\":\"3\"}");
	const struct json *x = json_first(j), *item = json_first(x);

	(void)state;
	assert_string_equal(json_name(x), "x");
	assert_string_equal(json_text(item), "1");
	item = json_next(item);
	assert_string_equal(json_text(item), "2");
	assert_null(json_next(item));
	assert_string_equal(json_name(json_next(x)), "y");
	assert_null(json_first(json_next(x)));
	assert_null(json_first(NULL));
	assert_null(json_next(NULL));
	assert_null(json_name(NULL));
	json_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_json_or_not),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(length_has_a_limit),
		cmocka_unit_test(members_are_found_by_their_exact_name),
		cmocka_unit_test(integers_are_whole),
		cmocka_unit_test(kinds_are_told),
		cmocka_unit_test(containers_are_walked_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
