/* Averages out of metrics.csv, by hand. */
#include "tests/cmocka.h"

#include <errno.h>
#include <string.h>

#include "fs/finding/measured.h"

#define HEADER "time,cpu_average,cpu_maximum,network_in_bytes,network_out_bytes,disk\n"

static void averages_are_of_the_last_hours_with_a_value(void **state)
{
	static const char csv[] = HEADER "2026-11-01T00:00:00Z,90,99,9999999,9999999,1\n"
					 "2026-11-01T01:00:00Z,1.5,9,3600,7200,\n"
					 "2026-11-01T02:00:00Z,,,,,\n"
					 "2026-11-01T03:00:00Z,2.5,9,7200,,\n";
	struct finding_metric m = { .cpu_ppm = 7 };

	(void)state;
	assert_int_equal(measured_read(span_of(csv), 3 * 3600, &m), 0);
	assert_true(m.has_cpu && m.has_network_in && m.has_network_out);
	/* 2 %; 5400 and 7200 bytes an hour. */
	assert_int_equal(m.cpu_ppm, 20000);
	assert_int_equal(m.network_in, 1);
	assert_int_equal(m.network_out, 2);
	/* date -u -d '2026-11-01 01:00' +%s */
	assert_int_equal(m.from.seconds, 1793494800);
	assert_int_equal(m.to.seconds, 1793494800 + 3 * 3600);
}

static void what_has_no_value_is_not_known(void **state)
{
	static const char csv[] = HEADER "2026-11-01T00:00:00Z,,,,5,\n";
	struct finding_metric m = { .cpu_ppm = 7 };

	(void)state;
	assert_int_equal(measured_read(span_of(csv), 86400, &m), 0);
	assert_false(m.has_cpu || m.has_network_in);
	assert_true(m.has_network_out);
	assert_true(m.from.seconds == INSTANT_NONE);
}

static void huge_values_are_huge(void **state)
{
	static const char csv[] =
		HEADER "2026-11-01T00:00:00Z,100,100,90000000000000000000,0,\n";
	struct finding_metric m = { .cpu_ppm = 0 };

	(void)state;
	assert_int_equal(measured_read(span_of(csv), 86400, &m), 0);
	assert_int_equal(m.cpu_ppm, 1000000);
	assert_true(m.network_in > (uint64_t)1 << 40);
	assert_int_equal(m.network_out, 0);
}

static void what_is_no_such_table_is_refused(void **state)
{
	static const char *const cases[] = { "", "time\n", HEADER,
		HEADER "yesterday,1,1,1,1,\n", HEADER "2026-11-01T00:00:00Z,x,1,1,1,\n",
		HEADER "2026-11-01T00:00:00Z,-1,1,1,1,\n",
		HEADER "2026-11-01T00:00:00Z,1\n",
		"cpu_average,network_in_bytes,network_out_bytes\n1,1,1\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct finding_metric m = { .cpu_ppm = 7 };

		print_message("%s\n", cases[i]);
		assert_int_equal(measured_read(span_of(cases[i]), 86400, &m), -EBADMSG);
		assert_int_equal(m.cpu_ppm, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(averages_are_of_the_last_hours_with_a_value),
		cmocka_unit_test(what_has_no_value_is_not_known),
		cmocka_unit_test(huge_values_are_huge),
		cmocka_unit_test(what_is_no_such_table_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
