/* The expected values are those of Python 3.11:
 *   Decimal(text).quantize(Decimal("1e-18"), rounding=ROUND_HALF_EVEN)
 * and the same with "1e-2" of that for cents. */
#include "base/money.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"

#define T(literal) literal, sizeof(literal) - 1

struct parse_case {
	const char *text;
	size_t len;
	int error;
	const char *plain;
	const char *cents;
	bool rounded;
};

static const struct parse_case cases[] = {
	{ T("1\0"), -EINVAL, "", "", false },
	{ T("\0001"), -EINVAL, "", "", false },
	{ T("1\0002"), -EINVAL, "", "", false },
	{ T("1.5\000000000000"), -EINVAL, "", "", false },
	{ T("1e5\000"), -EINVAL, "", "", false },
	{ T("12345678901234567/"), -EINVAL, "", "", false },
	{ T("1234567:"), -EINVAL, "", "", false },
	{ T("0.\260\261\262\263\264\265\266\267"), -EINVAL, "", "", false },
	{ T(""), -EINVAL, "", "", false },
	{ T("+"), -EINVAL, "", "", false },
	{ T("-"), -EINVAL, "", "", false },
	{ T("."), -EINVAL, "", "", false },
	{ T("+."), -EINVAL, "", "", false },
	{ T("-."), -EINVAL, "", "", false },
	{ T("1."), 0, "1.00", "1.00", false },
	{ T(".5"), 0, "0.50", "0.50", false },
	{ T("-.5"), 0, "-0.50", "-0.50", false },
	{ T("+1.5"), 0, "1.50", "1.50", false },
	{ T("1e"), -EINVAL, "", "", false },
	{ T("1e+"), -EINVAL, "", "", false },
	{ T("1e-"), -EINVAL, "", "", false },
	{ T("e5"), -EINVAL, "", "", false },
	{ T(".e5"), -EINVAL, "", "", false },
	{ T("1.e2"), 0, "100.00", "100.00", false },
	{ T(".5E1"), 0, "5.00", "5.00", false },
	{ T("1e5.0"), -EINVAL, "", "", false },
	{ T("1..2"), -EINVAL, "", "", false },
	{ T("1.2.3"), -EINVAL, "", "", false },
	{ T("--1"), -EINVAL, "", "", false },
	{ T("+-1"), -EINVAL, "", "", false },
	{ T("1-"), -EINVAL, "", "", false },
	{ T("1,5"), -EINVAL, "", "", false },
	{ T("1_0"), -EINVAL, "", "", false },
	{ T(" 1"), -EINVAL, "", "", false },
	{ T("1 "), -EINVAL, "", "", false },
	{ T("0x10"), -EINVAL, "", "", false },
	{ T("inf"), -EINVAL, "", "", false },
	{ T("NaN"), -EINVAL, "", "", false },
	{ T("1e1e1"), -EINVAL, "", "", false },
	{ T("\331\241"), -EINVAL, "", "", false },
	{ T("0"), 0, "0.00", "0.00", false },
	{ T("-0"), 0, "0.00", "0.00", false },
	{ T("0.0"), 0, "0.00", "0.00", false },
	{ T("-0.0"), 0, "0.00", "0.00", false },
	{ T("0.0000000000"), 0, "0.00", "0.00", false },
	{ T("00"), 0, "0.00", "0.00", false },
	{ T("007"), 0, "7.00", "7.00", false },
	{ T("-0.00e5"), 0, "0.00", "0.00", false },
	{ T("0e99999999999999999999"), 0, "0.00", "0.00", false },
	{ T("0e-99999999999999999999"), 0, "0.00", "0.00", false },
	{ T("000000000000000000000000000000000000000000000000000000000000"), 0, "0.00",
		"0.00", false },
	{ T("0.0000000000000000000000000000000000000000000000000000000000"
	    "00"),
		0, "0.00", "0.00", false },
	{ T("1"), 0, "1.00", "1.00", false },
	{ T("-1"), 0, "-1.00", "-1.00", false },
	{ T("9"), 0, "9.00", "9.00", false },
	{ T("10"), 0, "10.00", "10.00", false },
	{ T("0.1"), 0, "0.10", "0.10", false },
	{ T("0.01"), 0, "0.01", "0.01", false },
	{ T("0.001"), 0, "0.001", "0.00", false },
	{ T("0.0116"), 0, "0.0116", "0.01", false },
	{ T("12.3456789012"), 0, "12.3456789012", "12.35", false },
	{ T("29.0000000000"), 0, "29.00", "29.00", false },
	{ T("-3.10"), 0, "-3.10", "-3.10", false },
	{ T("1.0"), 0, "1.00", "1.00", false },
	{ T("0.02"), 0, "0.02", "0.02", false },
	{ T("1.81E-8"), 0, "0.0000000181", "0.00", false },
	{ T("9.984E-7"), 0, "0.0000009984", "0.00", false },
	{ T("1e3"), 0, "1000.00", "1000.00", false },
	{ T("1E+3"), 0, "1000.00", "1000.00", false },
	{ T("1e-3"), 0, "0.001", "0.00", false },
	{ T("1.5e2"), 0, "150.00", "150.00", false },
	{ T("1.50e1"), 0, "15.00", "15.00", false },
	{ T("-7.25E-5"), 0, "-0.0000725", "0.00", false },
	{ T("123456789.123456789"), 0, "123456789.123456789", "123456789.12", false },
	{ T("4835703.278458516"), 0, "4835703.278458516", "4835703.28", false },
	{ T("4835703.278458517"), 0, "4835703.278458517", "4835703.28", false },
	{ T("4835703.278458516698824704"), 0, "4835703.278458516698824704", "4835703.28",
		false },
	{ T("4835703.278458516698824703"), 0, "4835703.278458516698824703", "4835703.28",
		false },
	{ T("18446744073709551615"), 0, "18446744073709551615.00",
		"18446744073709551615.00", false },
	{ T("18446744073709551616.5"), 0, "18446744073709551616.50",
		"18446744073709551616.50", false },
	{ T("99999999"), 0, "99999999.00", "99999999.00", false },
	{ T("9999999999999999999"), 0, "9999999999999999999.00", "9999999999999999999.00",
		false },
	{ T("0.999999999999999999"), 0, "0.999999999999999999", "1.00", false },
	{ T("1e18"), 0, "1000000000000000000.00", "1000000000000000000.00", false },
	{ T("1e-18"), 0, "0.000000000000000001", "0.00", false },
	{ T("1e-17"), 0, "0.00000000000000001", "0.00", false },
	{ T("12345678"), 0, "12345678.00", "12345678.00", false },
	{ T("1234567.8"), 0, "1234567.80", "1234567.80", false },
	{ T("0.12345678"), 0, "0.12345678", "0.12", false },
	{ T("0.123456789"), 0, "0.123456789", "0.12", false },
	{ T("0.0000000000000000005"), 0, "0.00", "0.00", true },
	{ T("0.0000000000000000015"), 0, "0.000000000000000002", "0.00", true },
	{ T("0.0000000000000000025"), 0, "0.000000000000000002", "0.00", true },
	{ T("-0.0000000000000000005"), 0, "0.00", "0.00", true },
	{ T("-0.0000000000000000015"), 0, "-0.000000000000000002", "0.00", true },
	{ T("0.00000000000000000050"), 0, "0.00", "0.00", true },
	{ T("0.00000000000000000051"), 0, "0.000000000000000001", "0.00", true },
	{ T("0.0000000000000000005000000000000000000000000000000000001"), 0,
		"0.000000000000000001", "0.00", true },
	{ T("0.00000000000000000049999999999999999999"), 0, "0.00", "0.00", true },
	{ T("0.9999999999999999995"), 0, "1.00", "1.00", true },
	{ T("0.1234567890123456789"), 0, "0.123456789012345679", "0.12", true },
	{ T("1.0000000000000000000"), 0, "1.00", "1.00", false },
	{ T("5e-19"), 0, "0.00", "0.00", true },
	{ T("5.1e-19"), 0, "0.000000000000000001", "0.00", true },
	{ T("15e-19"), 0, "0.000000000000000002", "0.00", true },
	{ T("25e-19"), 0, "0.000000000000000002", "0.00", true },
	{ T("0.5e-18"), 0, "0.00", "0.00", true },
	{ T("4e-19"), 0, "0.00", "0.00", true },
	{ T("9.99e-20"), 0, "0.00", "0.00", true },
	{ T("1e-19"), 0, "0.00", "0.00", true },
	{ T("1e-20"), 0, "0.00", "0.00", true },
	{ T("1e-99999999999"), 0, "0.00", "0.00", true },
	{ T("1e-99999999999999999999"), 0, "0.00", "0.00", true },
	{ T("-1e-99999999999"), 0, "0.00", "0.00", true },
	{ T("0.1000000000000000000000"), 0, "0.10", "0.10", false },
	{ T("100000000000000000000e-38"), 0, "0.000000000000000001", "0.00", false },
	{ T("123e-20"), 0, "0.000000000000000001", "0.00", true },
	{ T("170141183460469231731.687303715884105724"), 0,
		"170141183460469231731.687303715884105724", "170141183460469231731.69",
		false },
	{ T("170141183460469231731.687303715884105725"), 0,
		"170141183460469231731.687303715884105725", "170141183460469231731.69",
		false },
	{ T("170141183460469231731.687303715884105726"), 0,
		"170141183460469231731.687303715884105726", "170141183460469231731.69",
		false },
	{ T("170141183460469231731.687303715884105727"), 0,
		"170141183460469231731.687303715884105727", "170141183460469231731.69",
		false },
	{ T("170141183460469231731.687303715884105728"), -ERANGE, "", "", false },
	{ T("170141183460469231731.687303715884105729"), -ERANGE, "", "", false },
	{ T("170141183460469231731.687303715884105730"), -ERANGE, "", "", false },
	{ T("-170141183460469231731.687303715884105725"), 0,
		"-170141183460469231731.687303715884105725", "-170141183460469231731.69",
		false },
	{ T("-170141183460469231731.687303715884105726"), 0,
		"-170141183460469231731.687303715884105726", "-170141183460469231731.69",
		false },
	{ T("-170141183460469231731.687303715884105727"), 0,
		"-170141183460469231731.687303715884105727", "-170141183460469231731.69",
		false },
	{ T("-170141183460469231731.687303715884105728"), 0,
		"-170141183460469231731.687303715884105728", "-170141183460469231731.69",
		false },
	{ T("-170141183460469231731.687303715884105729"), -ERANGE, "", "", false },
	{ T("-170141183460469231731.687303715884105730"), -ERANGE, "", "", false },
	{ T("-170141183460469231731.687303715884105731"), -ERANGE, "", "", false },
	{ T("170141183460469231731.6873037158841057275"), -ERANGE, "", "", false },
	{ T("170141183460469231731.6873037158841057274999"), 0,
		"170141183460469231731.687303715884105727", "170141183460469231731.69",
		true },
	{ T("-170141183460469231731.6873037158841057285"), 0,
		"-170141183460469231731.687303715884105728", "-170141183460469231731.69",
		true },
	{ T("340282366920938463463.374607431768211455"), -ERANGE, "", "", false },
	{ T("340282366920938463463.374607431768211456"), -ERANGE, "", "", false },
	{ T("999999999999999999999"), -ERANGE, "", "", false },
	{ T("1.5e-18"), 0, "0.000000000000000002", "0.00", true },
	{ T("2.5e-18"), 0, "0.000000000000000002", "0.00", true },
	{ T("0.50000000000000000000000000001e-18"), 0, "0.000000000000000001", "0.00",
		true },
	{ T("4.9999e-19"), 0, "0.00", "0.00", true },
	{ T("-5e-19"), 0, "0.00", "0.00", true },
	{ T("-15e-19"), 0, "-0.000000000000000002", "0.00", true },
	{ T("1e99999999999"), -ERANGE, "", "", false },
	{ T("0e99999999999"), 0, "0.00", "0.00", false },
	{ T("1e-99999999999999999999999999"), 0, "0.00", "0.00", true },
	{ T("0.0000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "00000000000000000000001e500"),
		0, "0.10", "0.10", false },
	{ T("100000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000e-500"),
		0, "1.00", "1.00", false },
	{ T("1e20"), 0, "100000000000000000000.00", "100000000000000000000.00", false },
	{ T("1e21"), -ERANGE, "", "", false },
	{ T("-1e21"), -ERANGE, "", "", false },
	{ T("2e20"), -ERANGE, "", "", false },
	{ T("1e22"), -ERANGE, "", "", false },
	{ T("-1e99999999999"), -ERANGE, "", "", false },
	{ T("1e99999999999999999999"), -ERANGE, "", "", false },
	{ T("170141183460469231731"), 0, "170141183460469231731.00",
		"170141183460469231731.00", false },
	{ T("170141183460469231732"), -ERANGE, "", "", false },
	{ T("-170141183460469231732"), -ERANGE, "", "", false },
	{ T("340282366920938463463.374607431768211457"), -ERANGE, "", "", false },
	{ T("0.000000000000000000000000000001e45"), 0, "1000000000000000.00",
		"1000000000000000.00", false },
	{ T("17014118346046923173168730371588410572700000e-23"), 0,
		"170141183460469231731.687303715884105727", "170141183460469231731.69",
		false },
	{ T("0.005"), 0, "0.005", "0.00", false },
	{ T("0.015"), 0, "0.015", "0.02", false },
	{ T("0.025"), 0, "0.025", "0.02", false },
	{ T("0.995"), 0, "0.995", "1.00", false },
	{ T("0.985"), 0, "0.985", "0.98", false },
	{ T("-0.005"), 0, "-0.005", "0.00", false },
	{ T("-0.015"), 0, "-0.015", "-0.02", false },
	{ T("0.0050000000000000001"), 0, "0.005", "0.00", true },
	{ T("0.994999999999999999"), 0, "0.994999999999999999", "0.99", false },
	{ T("1.005"), 0, "1.005", "1.00", false },
	{ T("2.675"), 0, "2.675", "2.68", false },
	{ T("-0.004"), 0, "-0.004", "0.00", false },
	{ T("-99.995"), 0, "-99.995", "-100.00", false },
	{ T("99.995"), 0, "99.995", "100.00", false },
};

/* The text in memory of just its size, so that sanitizers see a read behind it. */
static int parse(const char *text, size_t len, struct money *ret, bool *ret_rounded)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = money_parse((struct span){ copy, len }, ret, ret_rounded);
	free(copy);
	return r;
}

static struct money money_of(const char *text)
{
	struct money m = { 0 };

	assert_int_equal(parse(text, strlen(text), &m, NULL), 0);
	return m;
}

static void assert_text(const char *got, size_t len, const char *want)
{
	char text[MONEY_TEXT_MAX + 1];

	assert_true(len <= MONEY_TEXT_MAX);
	memcpy(text, got, len);
	text[len] = '\0';
	assert_string_equal(text, want);
}

static void texts_are_parsed_and_printed_as_python_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct parse_case *c = &cases[i];
		struct money m = { 42 };
		bool rounded = false;
		char text[MONEY_TEXT_MAX];

		print_message("%s\n", c->text);
		assert_int_equal(parse(c->text, c->len, &m, &rounded), c->error);
		assert_int_equal(rounded, c->rounded);
		if (c->error) {
			assert_true(m.units == 42);
			continue;
		}
		assert_text(text, money_format(m, text), c->plain);
		assert_text(text, money_format_cents(m, text), c->cents);
	}
}

/* With and without a sign, at every place; what it is, digit by digit. */
static void a_point_may_stand_anywhere(void **state)
{
	static const char digits[] = "918273645546372819";
	char text[24];

	(void)state;
	for (size_t len = 1; len < sizeof(digits); len++) {
		for (size_t point = 0; point <= len; point++) {
			money_int want = 0;
			struct money m;

			text[0] = '-';
			memcpy(text + 1, digits, point);
			text[1 + point] = '.';
			memcpy(text + 2 + point, digits + point, len - point);
			for (size_t i = 0; i < len; i++) {
				money_int one = digits[i] - '0';

				for (size_t j = i + 1; j < point + 18; j++)
					one *= 10;
				want += one;
			}
			assert_int_equal(parse(text, len + 2, &m, NULL), 0);
			assert_true(m.units == -want);
			assert_int_equal(parse(text + 1, len + 1, &m, NULL), 0);
			assert_true(m.units == want);
			if (point < len)
				continue;
			assert_int_equal(parse(text + 1, len, &m, NULL), 0);
			assert_true(m.units == want);
		}
	}
}

static void rounded_is_left_alone_by_an_exact_number(void **state)
{
	struct money m;
	bool rounded = true;

	(void)state;
	assert_int_equal(parse(T("1.5"), &m, &rounded), 0);
	assert_true(rounded);
	assert_int_equal(parse(T("0.10000000000000000000000"), &m, &rounded), 0);
	assert_true(rounded);
	assert_int_equal(parse(T("1e-19"), &m, NULL), 0);
}

static void printed_text_is_parsed_to_the_same_number(void **state)
{
	struct money m = { 1 };
	struct money back;
	char text[MONEY_TEXT_MAX];

	(void)state;
	/* Steps of 7, then of 7 times the last: every length, both signs. */
	for (int i = 0; i < 400; i++) {
		bool rounded = false;
		size_t len = money_format(m, text);

		assert_int_equal(parse(text, len, &back, &rounded), 0);
		assert_true(back.units == m.units);
		assert_false(rounded);
		m.units = i % 2 ? -m.units : m.units;
		if (__builtin_mul_overflow(m.units, 7, &m.units))
			m.units = i;
	}
}

static void text_of_null_is_no_number(void **state)
{
	struct money m = { 7 };

	(void)state;
	assert_int_equal(money_parse((struct span){ 0 }, &m, NULL), -EINVAL);
	assert_true(m.units == 7);
}

static void sums_stop_at_the_limits(void **state)
{
	const struct money max = money_of("170141183460469231731.687303715884105727");
	const struct money min = money_of("-170141183460469231731.687303715884105728");
	const struct money one = { 1 };
	struct money m = max;

	(void)state;
	assert_int_equal(money_add(&m, one), -ERANGE);
	assert_true(m.units == max.units);
	assert_int_equal(money_sub(&m, one), 0);
	assert_int_equal(money_add(&m, one), 0);
	assert_true(m.units == max.units);
	m = min;
	assert_int_equal(money_sub(&m, one), -ERANGE);
	assert_true(m.units == min.units);
	assert_int_equal(money_add(&m, max), 0);
	assert_true(m.units == -1);
	m = (struct money){ 0 };
	assert_int_equal(money_sub(&m, min), -ERANGE);
	assert_true(m.units == 0);
}

static void sum_of_tenths_is_exact(void **state)
{
	struct money sum = { 0 };
	char text[MONEY_TEXT_MAX];

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(money_add(&sum, money_of("0.1")), 0);
	assert_text(text, money_format(sum, text), "100.00");
}

static void comparison_orders_by_value(void **state)
{
	static const char *const rising[] = { "-170141183460469231731.687303715884105728",
		"-18.5", "-1e-18", "0", "1e-18", "0.1", "18.4", "18.5",
		"170141183460469231731.687303715884105727" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rising); i++)
		for (size_t k = 0; k < ARRAY_LEN(rising); k++) {
			int r = money_cmp(money_of(rising[i]), money_of(rising[k]));

			assert_int_equal((r > 0) - (r < 0), (i > k) - (i < k));
		}
}

#define MAX "170141183460469231731.687303715884105727"
#define MIN "-170141183460469231731.687303715884105728"

/* By Python: divmod(10000 * abs(part), abs(whole)), the tie to even. */
static const struct percent_case {
	const char *part, *whole, *text;
} percents[] = {
	{ "1", "0", "" },
	{ "0", "0", "" },
	{ "0", "5", "0.00" },
	{ "1", "3", "33.33" },
	{ "2", "3", "66.67" },
	{ "-1", "3", "-33.33" },
	{ "1", "-3", "-33.33" },
	{ "-1", "-3", "33.33" },
	{ "1", "1", "100.00" },
	{ "1", "800", "0.12" },
	{ "3", "80000", "0.00" },
	{ "1", "20000", "0.00" },
	{ "-1", "20000", "0.00" },
	{ "3", "20000", "0.02" },
	{ "19999", "20000", "100.00" },
	{ "7", "-20001", "-0.03" },
	{ "1e-18", MAX, "0.00" },
	{ MAX, MAX, "100.00" },
	{ MAX, MIN, "-100.00" },
	{ MIN, "1e-18", "-17014118346046923173168730371588410572800.00" },
	{ MAX, "1e-18", "17014118346046923173168730371588410572700.00" },
	{ MIN, "-1e-18", "17014118346046923173168730371588410572800.00" },
	{ "56713727820156410577.229101238628035242", MAX, "33.33" },
	{ MIN, "3e-18", "-5671372782015641057722910123862803524266.67" },
};

static void percent_is_rounded_half_to_even(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(percents); i++) {
		const struct percent_case *c = &percents[i];
		char text[MONEY_TEXT_MAX];
		size_t len;

		print_message("%s of %s\n", c->part, c->whole);
		len = money_format_percent(money_of(c->part), money_of(c->whole), text);
		assert_text(text, len, c->text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_parsed_and_printed_as_python_does),
		cmocka_unit_test(a_point_may_stand_anywhere),
		cmocka_unit_test(rounded_is_left_alone_by_an_exact_number),
		cmocka_unit_test(printed_text_is_parsed_to_the_same_number),
		cmocka_unit_test(text_of_null_is_no_number),
		cmocka_unit_test(sums_stop_at_the_limits),
		cmocka_unit_test(sum_of_tenths_is_exact),
		cmocka_unit_test(comparison_orders_by_value),
		cmocka_unit_test(percent_is_rounded_half_to_even),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
