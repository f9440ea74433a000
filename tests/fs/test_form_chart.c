/* Scales and amounts of charts. */
#include "fs/form/chart.h"

#include <errno.h>
#include <string.h>

#include "tests/cmocka.h"

static struct money money(const char *text)
{
	struct money m;

	assert_int_equal(money_parse(span_of(text), &m, NULL), 0);
	return m;
}

static void expect_number(struct number n, const char *want)
{
	assert_int_equal(n.len, strlen(want));
	assert_memory_equal(n.text, want, n.len);
}

static void expect_ticks(const char *low, const char *high, const char *want)
{
	struct scale s;
	struct money tick;
	struct buf got = BUF_INIT(512);

	assert_int_equal(scale_make(money(low), money(high), 5, true, &s), 0);
	tick = scale_first(&s);
	do {
		struct number n = number_of_tick(&s, tick);

		assert_int_equal(buf_append_span(&got, number_span(&n)), 0);
		assert_int_equal(buf_append_byte(&got, ' '), 0);
	} while (scale_next(&s, &tick));
	assert_string_equal(buf_text(&got), want);
	buf_finish(&got);
}

static void ticks_are_one_two_or_five_times_a_power_of_ten_apart(void **state)
{
	(void)state;
	expect_ticks("0", "5", "0 1 2 3 4 5 ");
	expect_ticks("0", "736", "0 200 400 600 800 ");
	expect_ticks("-24", "59.97", "−40 −20 0 20 40 60 ");
	expect_ticks(
		"0", "0.000001", "0 0.0000002 0.0000004 0.0000006 0.0000008 0.0000010 ");
	expect_ticks("-3", "0", "−3 −2 −1 0 ");
	expect_ticks("0", "0", "0 0.2 0.4 0.6 0.8 1.0 ");
	expect_ticks("0", "9999", "0 2k 4k 6k 8k 10k ");
}

static void large_ticks_have_a_unit(void **state)
{
	(void)state;
	expect_ticks("0", "12345", "0 5k 10k 15k ");
	expect_ticks("0", "2500000", "0 0.5M 1.0M 1.5M 2.0M 2.5M ");
	expect_ticks("0", "1000000000000", "0 0.2T 0.4T 0.6T 0.8T 1.0T ");
	expect_ticks("-4000000000", "0", "−4bn −3bn −2bn −1bn 0 ");
}

static void a_place_is_in_proportion(void **state)
{
	struct scale s;

	(void)state;
	assert_int_equal(scale_make(money("-50"), money("150"), 5, false, &s), 0);
	assert_int_equal(scale_at(&s, money("-50"), 1000), 0);
	assert_int_equal(scale_at(&s, money("0"), 1000), 250);
	assert_int_equal(scale_at(&s, money("75"), 1000), 625);
	assert_int_equal(scale_at(&s, money("150"), 1000), 1000);
	/* The product of these with a length is over 128 bits. */
	assert_int_equal(scale_make(money("-250000000000000000"),
				 money("750000000000000000"), 5, false, &s),
		0);
	assert_int_equal(scale_at(&s, money("0"), 8000), 2000);
	assert_int_equal(scale_at(&s, money("750000000000000000"), 8000), 8000);
	assert_int_equal(
		scale_make(money("0"), money("9000000000000000000"), 5, true, &s),
		-ERANGE);
}

static void amounts_have_two_decimals_and_commas(void **state)
{
	(void)state;
	expect_number(number_of(money("1234567.005")), "1,234,567.00");
	expect_number(number_of(money("-999.995")), "−1,000.00");
	expect_number(number_of(money("0")), "0.00");
	expect_number(number_of(money("0.004")), "<0.01");
	expect_number(number_of(money("-0.000001")), ">−0.01");
	assert_int_equal(number_of(money("-1")).columns, 5);
}

static void shares_have_one_decimal(void **state)
{
	(void)state;
	expect_number(number_of_share(money("1"), money("3")), "33.3%");
	expect_number(number_of_share(money("2"), money("3")), "66.7%");
	expect_number(number_of_share(money("5"), money("5")), "100.0%");
	expect_number(number_of_share(money("5"), money("0")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_are_one_two_or_five_times_a_power_of_ten_apart),
		cmocka_unit_test(large_ticks_have_a_unit),
		cmocka_unit_test(a_place_is_in_proportion),
		cmocka_unit_test(amounts_have_two_decimals_and_commas),
		cmocka_unit_test(shares_have_one_decimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
