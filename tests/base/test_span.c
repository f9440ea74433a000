#include "base/span.h"

#include <errno.h>

#include "tests/cmocka.h"

static const struct span nothing = { 0 };

static void assert_span(struct span got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_true(span_eq(got, span_of(want)));
}

static void spans_are_equal_by_bytes_not_by_address(void **state)
{
	(void)state;
	assert_true(span_eq(SPAN("abc"), span_of("abc")));
	assert_false(span_eq(SPAN("abc"), SPAN("abd")));
	assert_false(span_eq(SPAN("abc"), SPAN("ab")));
	assert_true(span_eq(nothing, SPAN("")));
	assert_false(span_eq(nothing, SPAN("a")));
	assert_false(span_eq(SPAN("a\0b"), SPAN("a\0c")));
	assert_true(span_eq(span_of(NULL), nothing));
}

static void case_is_ignored_for_ascii_letters_only(void **state)
{
	(void)state;
	assert_true(span_eq_nocase(SPAN("AbZz09"), SPAN("aBzZ09")));
	assert_false(span_eq_nocase(SPAN("["), SPAN("{")));
	assert_false(span_eq_nocase(SPAN("@"), SPAN("`")));
	assert_false(span_eq_nocase(SPAN("\xC4"), SPAN("\xE4")));
	assert_false(span_eq_nocase(SPAN("a"), SPAN("ab")));
	assert_true(span_eq_nocase(nothing, SPAN("")));
}

static void beginnings_and_ends_are_found(void **state)
{
	(void)state;
	assert_true(span_starts(SPAN("abc"), SPAN("ab")));
	assert_true(span_starts(SPAN("abc"), SPAN("abc")));
	assert_false(span_starts(SPAN("abc"), SPAN("abcd")));
	assert_false(span_starts(SPAN("abc"), SPAN("b")));
	assert_true(span_starts(nothing, nothing));
	assert_true(span_ends(SPAN("abc"), SPAN("bc")));
	assert_true(span_ends(SPAN("abc"), SPAN("abc")));
	assert_false(span_ends(SPAN("abc"), SPAN("xabc")));
	assert_false(span_ends(SPAN("abc"), SPAN("ab")));
	assert_true(span_ends(nothing, nothing));
}

static void order_is_that_of_unsigned_bytes_then_length(void **state)
{
	static const struct span rising[] = { { 0 }, { "\0", 1 }, { "a", 1 },
		{ "a\0", 2 }, { "ab", 2 }, { "b", 1 }, { "\x80", 1 }, { "\xFF", 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rising); i++)
		for (size_t k = 0; k < ARRAY_LEN(rising); k++) {
			int r = span_cmp(rising[i], rising[k]);

			assert_int_equal((r > 0) - (r < 0), (i > k) - (i < k));
		}
}

static void a_byte_is_found_from_either_end(void **state)
{
	(void)state;
	assert_int_equal(span_find(SPAN("a,b,c"), ','), 1);
	assert_int_equal(span_rfind(SPAN("a,b,c"), ','), 3);
	assert_int_equal(span_find(SPAN("abc"), ','), 3);
	assert_int_equal(span_rfind(SPAN("abc"), ','), 3);
	assert_int_equal(span_find(nothing, ','), 0);
	assert_int_equal(span_rfind(nothing, ','), 0);
	assert_int_equal(span_find(SPAN("ab\0c"), '\0'), 2);
	assert_int_equal(span_find(SPAN("a\xFF"), (char)0xFF), 1);
}

static void parts_are_cut_to_what_is_there(void **state)
{
	(void)state;
	assert_span(span_from(SPAN("abc"), 0), "abc");
	assert_span(span_from(SPAN("abc"), 2), "c");
	assert_span(span_from(SPAN("abc"), 3), "");
	assert_span(span_from(SPAN("abc"), SIZE_MAX), "");
	assert_span(span_from(nothing, 5), "");
	assert_span(span_first(SPAN("abc"), 0), "");
	assert_span(span_first(SPAN("abc"), 2), "ab");
	assert_span(span_first(SPAN("abc"), SIZE_MAX), "abc");
	assert_span(span_first(nothing, 5), "");
}

static void a_split_gives_one_part_more_than_separators(void **state)
{
	static const struct {
		const char *text;
		const char *parts[4];
	} cases[] = {
		{ "", { "" } },
		{ "a", { "a" } },
		{ ",", { "", "" } },
		{ "a,", { "a", "" } },
		{ ",a", { "", "a" } },
		{ "a,,b", { "a", "", "b" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span rest = span_of(cases[i].text);
		struct span part;

		print_message("\"%s\"\n", cases[i].text);
		for (size_t k = 0; cases[i].parts[k]; k++) {
			assert_true(span_split(&rest, ',', &part));
			assert_span(part, cases[i].parts[k]);
		}
		assert_false(span_split(&rest, ',', &part));
		assert_false(span_split(&rest, ',', &part));
	}
}

static void a_failed_split_leaves_the_part_alone(void **state)
{
	struct span rest = { 0 };
	struct span part = SPAN("kept");

	(void)state;
	assert_false(span_split(&rest, ',', &part));
	assert_span(part, "kept");
}

static void space_is_trimmed_at_both_ends(void **state)
{
	(void)state;
	assert_span(span_trim(SPAN(" \t\r\n\v\fa b\n")), "a b");
	assert_span(span_trim(SPAN("ab")), "ab");
	assert_span(span_trim(SPAN(" \n ")), "");
	assert_span(span_trim(nothing), "");
	assert_int_equal(span_trim(SPAN("\0 ")).len, 1);
	assert_int_equal(span_trim(SPAN("\xA0\x85")).len, 2);
}

static void digits_are_ascii_digits(void **state)
{
	(void)state;
	assert_true(span_is_digits(SPAN("0123456789")));
	assert_false(span_is_digits(SPAN("")));
	assert_false(span_is_digits(nothing));
	assert_false(span_is_digits(SPAN("1/")));
	assert_false(span_is_digits(SPAN("1:")));
	assert_false(span_is_digits(SPAN("-1")));
	assert_false(span_is_digits(SPAN("1\0")));
}

static void numbers_are_parsed_up_to_their_limit(void **state)
{
	static const struct {
		struct span text;
		uint64_t max;
		int error;
		uint64_t value;
	} cases[] = {
		{ { "0", 1 }, 0, 0, 0 },
		{ { "1", 1 }, 0, -ERANGE, 0 },
		{ { "255", 3 }, 255, 0, 255 },
		{ { "256", 3 }, 255, -ERANGE, 0 },
		{ { "000000000000000000000000012", 27 }, 99, 0, 12 },
		{ { "18446744073709551615", 20 }, UINT64_MAX, 0, UINT64_MAX },
		{ { "18446744073709551616", 20 }, UINT64_MAX, -ERANGE, 0 },
		{ { "99999999999999999999", 20 }, UINT64_MAX, -ERANGE, 0 },
		{ { "184467440737095516150", 21 }, UINT64_MAX, -ERANGE, 0 },
		{ { "99999999999999999999x", 21 }, UINT64_MAX, -EINVAL, 0 },
		{ { "", 0 }, 9, -EINVAL, 0 },
		{ { NULL, 0 }, 9, -EINVAL, 0 },
		{ { "+1", 2 }, 9, -EINVAL, 0 },
		{ { "-1", 2 }, 9, -EINVAL, 0 },
		{ { " 1", 2 }, 9, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t value = 42;

		print_message("%.*s\n", SPAN_ARG(cases[i].text));
		assert_int_equal(span_parse_u64(cases[i].text, cases[i].max, &value),
			cases[i].error);
		assert_true(value == (cases[i].error ? 42 : cases[i].value));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_are_equal_by_bytes_not_by_address),
		cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
		cmocka_unit_test(beginnings_and_ends_are_found),
		cmocka_unit_test(order_is_that_of_unsigned_bytes_then_length),
		cmocka_unit_test(a_byte_is_found_from_either_end),
		cmocka_unit_test(parts_are_cut_to_what_is_there),
		cmocka_unit_test(a_split_gives_one_part_more_than_separators),
		cmocka_unit_test(a_failed_split_leaves_the_part_alone),
		cmocka_unit_test(space_is_trimmed_at_both_ends),
		cmocka_unit_test(digits_are_ascii_digits),
		cmocka_unit_test(numbers_are_parsed_up_to_their_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
