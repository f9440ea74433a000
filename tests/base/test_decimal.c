/* The expected values are those of Python 3.11: f"{Decimal(text):f}", zeros cut and
 * filled. */
#include "base/decimal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"

static const struct {
	const char *text, *plain;
} cases[] = {
	{ "0", "0.00" },
	{ "-0", "0.00" },
	{ "+0", "0.00" },
	{ "00", "0.00" },
	{ "0.0", "0.00" },
	{ "-0.0", "0.00" },
	{ "0.000", "0.00" },
	{ "-0E5", "0.00" },
	{ "0E-400", "0.00" },
	{ "1", "1.00" },
	{ "-1", "-1.00" },
	{ "+1", "1.00" },
	{ "01", "1.00" },
	{ "007.50", "7.50" },
	{ "10", "10.00" },
	{ "100", "100.00" },
	{ "1.", "1.00" },
	{ ".5", "0.50" },
	{ "-.5", "-0.50" },
	{ "+.5", "0.50" },
	{ "1.0", "1.00" },
	{ "1.10", "1.10" },
	{ "1.100", "1.10" },
	{ "1.234000", "1.234" },
	{ "1E0", "1.00" },
	{ "1e1", "10.00" },
	{ "1E+1", "10.00" },
	{ "1E10", "10000000000.00" },
	{ "1E-1", "0.10" },
	{ "1E-2", "0.01" },
	{ "1E-3", "0.001" },
	{ "1.81E-8", "0.0000000181" },
	{ "9.984E-7", "0.0000009984" },
	{ "12345.678E-3", "12.345678" },
	{ "12345.678e3", "12345678.00" },
	{ "12345.678E2", "1234567.80" },
	{ "12345.678E1", "123456.78" },
	{ "5E-19", "0.0000000000000000005" },
	{ "25E-19", "0.0000000000000000025" },
	{ "1.2345678901234567E-8", "0.000000012345678901234567" },
	{ "-1.2345678901234567E-300",
		"-0."
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"0000000000012345678901234567" },
	{ "4.9E-324",
		"0."
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000049" },
	{ "1.7976931348623157E308",
		"179769313486231570000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000.00" },
	{ "0.000E3", "0.00" },
	{ "00012E-1", "1.20" },
	{ "100E-2", "1.00" },
	{ "123456789012345678901234567890.123456789012345678901234567890",
		"123456789012345678901234567890.12345678901234567890123456789" },
	{ "1E000000000000000000001", "10.00" },
	{ "1E-0", "1.00" },
};

static void test_numbers_become_plain_and_keep_every_digit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[DECIMAL_TEXT_MAX] = { 0 };
		ssize_t len =
			decimal_plain(span_of(cases[i].text), text, sizeof(text) - 1);

		assert_true(len > 0);
		text[len] = '\0';
		assert_string_equal(text, cases[i].plain);
	}
}

/* What is short has the same form, and what is not that simple is left to the other one.
 */
static void test_short_numbers_are_the_same(void **state)
{
	static const char *const other[] = { "", "-", "+1", "00", "01", "01.5", "-01",
		".5", "-.5", "-0", "-0.0", "-0.00000", "1E5", "1e-5", "1..2", "1.2.3",
		".", "1,5", "1.234567 1", "12345678.123456x", "1234567x.12345", "1\xb9",
		"\xae\x35", "12345678901234567", "--1", "1-", "1/2", "1:2" };
	char text[DECIMAL_SHORT_ROOM];
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = decimal_short(span_of(cases[i].text), text);

		count += len > 0;
		if (len > 0 &&
			!span_eq(span_of(cases[i].plain), (struct span){ text, len }))
			fail_msg("%s: %.*s", cases[i].text, (int)len, text);
	}
	assert_true(count >= 10);
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		if (decimal_short(span_of(other[i]), text) > 0)
			fail_msg("%s", other[i]);
}

/* Of every length, the point and the last digit that is not 0 at every place. Each stands
 * at the end of its memory, so that a byte behind it would be found. */
static void test_short_numbers_of_every_length(void **state)
{
	char got[DECIMAL_SHORT_ROOM], want[DECIMAL_SHORT_ROOM];

	(void)state;
	for (size_t len = 1; len <= 16; len++) {
		for (size_t point = 1; point <= len; point++) {
			for (size_t last = 0; last < len; last++) {
				char *text = malloc(len);
				size_t places = point < len ? len - point - 1 : 0,
				       n = len;

				assert_non_null(text);
				memset(text, '0', len);
				memset(text, '7', last + 1);
				if (point < len)
					text[point] = '.';
				memcpy(want, text, len);
				if (point == len)
					want[n++] = '.';
				for (; places > 2 && want[n - 1] == '0'; places--)
					n--;
				for (; places < 2; places++)
					want[n++] = '0';
				assert_int_equal(
					decimal_short((struct span){ text, len }, got),
					n);
				assert_memory_equal(got, want, n);
				free(text);
			}
		}
	}
}

static void test_room_is_never_exceeded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t need = strlen(cases[i].plain);
		/* Of just that size, so that a byte more would be found. */
		char *text = malloc(need);

		assert_non_null(text);
		assert_int_equal(decimal_plain(span_of(cases[i].text), text, need), need);
		assert_memory_equal(text, cases[i].plain, need);
		assert_int_equal(
			decimal_plain(span_of(cases[i].text), text, need - 1), -EFBIG);
		free(text);
	}
}

static void test_what_has_too_large_an_exponent_does_not_fit(void **state)
{
	static const char *const texts[] = { "1E400", "1E-400", "1E99999999999999999999",
		"-1E-99999999999999999999" };
	char text[DECIMAL_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(
			decimal_plain(span_of(texts[i]), text, sizeof(text)), -EFBIG);
}

static void test_what_is_no_number_is_refused(void **state)
{
	static const char *const texts[] = { "", "+", "-", ".", "-.", "E5", "1E", "1E+",
		"1E-", "1E5.0", "1..2", "1.2.3", "--1", "+-1", "1-", "1,5", " 1", "1 ",
		"0x10", "inf", "NaN", "1f", "null" };
	char text[DECIMAL_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(
			decimal_plain(span_of(texts[i]), text, sizeof(text)), -EINVAL);
	assert_int_equal(decimal_plain((struct span){ 0 }, text, sizeof(text)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_become_plain_and_keep_every_digit),
		cmocka_unit_test(test_short_numbers_are_the_same),
		cmocka_unit_test(test_short_numbers_of_every_length),
		cmocka_unit_test(test_room_is_never_exceeded),
		cmocka_unit_test(test_what_has_too_large_an_exponent_does_not_fit),
		cmocka_unit_test(test_what_is_no_number_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
