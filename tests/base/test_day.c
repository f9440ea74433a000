#include "base/day.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"

#define T(literal) literal, sizeof(literal) - 1

struct time_case {
	const char *text;
	size_t len;
	int error;
	int64_t seconds; /* by Python: (datetime(...) - datetime(1970, 1, 1)) */
};

static const struct time_case times[] = {
	{ T("2026-11-23T14:00:00Z"), 0, 1795442400 },
	{ T("2026-11-23 14:00:00"), 0, 1795442400 },
	{ T("2026-11-23T14:00:00"), 0, 1795442400 },
	{ T("2026-11-23T14:00:00+00:00"), 0, 1795442400 },
	{ T("2026-11-23 14:00:00+00"), 0, 1795442400 },
	{ T("2026-11-23T14:00:00.9Z"), 0, 1795442400 },
	{ T("2026-11-23T14:00:00.999999999999999999999"), 0, 1795442400 },
	{ T("2025-08-01T00:00:00.000Z"), 0, 1754006400 },
	{ T("2025-08-01"), 0, 1754006400 },
	{ T("1970-01-01T00:00:00Z"), 0, 0 },
	{ T("1969-12-31T23:59:59Z"), 0, -1 },
	{ T("1900-01-01"), 0, -2208988800 },
	{ T("9999-12-31T23:59:59Z"), 0, 253402300799 },
	{ T("2024-02-29"), 0, 1709164800 },
	{ T("2000-02-29"), 0, 951782400 },
	{ T(""), -EINVAL, 0 },
	{ T("2026"), -EINVAL, 0 },
	{ T("2026-11"), -EINVAL, 0 },
	{ T("2026-11-2"), -EINVAL, 0 },
	{ T("2026-11-23T"), -EINVAL, 0 },
	{ T("2026-11-23T14:00"), -EINVAL, 0 },
	{ T("2026-11-23T14:00:0"), -EINVAL, 0 },
	{ T("2026-11-23t14:00:00Z"), -EINVAL, 0 },
	{ T("2026-11-23T14:00:00z"), -EINVAL, 0 },
	{ T("2026-11-23T14:00:00ZZ"), -EINVAL, 0 },
	{ T("2026-11-23T14:00:00.Z"), -EINVAL, 0 },
	{ T("2026-11-23T14:00:00."), -EINVAL, 0 },
	{ T("2026-11-23T14:00:00+01:00"), -EINVAL, 0 },
	{ T("2026-11-23T14:00:00+0"), -EINVAL, 0 },
	{ T("2026-11-23T14:00:00 Z"), -EINVAL, 0 },
	{ T("2026/11/23"), -EINVAL, 0 },
	{ T("2026-1a-23"), -EINVAL, 0 },
	{ T("2026-11-23T14-00-00Z"), -EINVAL, 0 },
	{ T("-026-11-23"), -EINVAL, 0 },
	{ T(" 2026-11-23"), -EINVAL, 0 },
	{ T("2026-11-23\0"), -EINVAL, 0 },
	{ T("2026-11-23\0"
	    "14:00:00"),
		-EINVAL, 0 },
	{ T("\262026-11-23"), -EINVAL, 0 },
	{ T("1899-12-31"), -ERANGE, 0 },
	{ T("0000-01-01"), -ERANGE, 0 },
	{ T("2026-00-23"), -ERANGE, 0 },
	{ T("2026-13-23"), -ERANGE, 0 },
	{ T("2026-11-00"), -ERANGE, 0 },
	{ T("2026-11-31"), -ERANGE, 0 },
	{ T("2023-02-29"), -ERANGE, 0 },
	{ T("2100-02-29"), -ERANGE, 0 },
	{ T("2026-11-23T24:00:00Z"), -ERANGE, 0 },
	{ T("2026-11-23T23:60:00Z"), -ERANGE, 0 },
	{ T("2026-11-23T23:59:60Z"), -ERANGE, 0 },
};

static const struct time_case stamps[] = {
	{ T("20230903T040211Z"), 0, 1693713731 },
	{ T("20230903T040211Z-and-more"), 0, 1693713731 },
	{ T("2026-06-01T23:48:02.356Z"), 0, 1780357682 },
	{ T("2026-06-01T23:48:02.356Z-9b6b32ef-0000-4000-8000-000000000000"), 0,
		1780357682 },
	{ T("2026-06-01T23_48_02.356Z-9b6b32ef"), 0, 1780357682 },
	{ T("2026-06-01T23:48:02Z"), 0, 1780357682 },
	{ T(""), -EINVAL, 0 },
	{ T("20230903T040211"), -EINVAL, 0 },
	{ T("20230903T04021Z"), -EINVAL, 0 },
	{ T("20231303T040211Z"), -EINVAL, 0 },
	{ T("20230903T240211Z"), -EINVAL, 0 },
	{ T("2023090 T040211Z"), -EINVAL, 0 },
	{ T("2026-06-01T23:48:02"), -EINVAL, 0 },
	{ T("2026-06-01T23:48:02.Z"), -EINVAL, 0 },
	{ T("2026-06-01T23:48:02.356"), -EINVAL, 0 },
	{ T("2026-06-01 23:48:02.356Z"), -EINVAL, 0 },
	{ T("2026-06-31T23:48:02.356Z"), -EINVAL, 0 },
	{ T("2026-06-01T23-48-02.356Z"), -EINVAL, 0 },
	{ T("9b6b32ef-0000-4000-8000-000000000000"), -EINVAL, 0 },
};

typedef int (*parse_fn)(struct span text, struct instant *ret);

static void check_times(parse_fn parse, const struct time_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct time_case *c = &cases[i];
		/* Of just its size, so that sanitizers see a read behind it. */
		char *copy = malloc(c->len ? c->len : 1);
		struct instant t = { 42 };

		print_message("%s\n", c->text);
		assert_non_null(copy);
		memcpy(copy, c->text, c->len);
		assert_int_equal(parse((struct span){ copy, c->len }, &t), c->error);
		assert_int_equal(t.seconds, c->error ? 42 : c->seconds);
		free(copy);
	}
}

static void times_are_parsed_in_every_form_and_no_other(void **state)
{
	(void)state;
	check_times(instant_parse, times, ARRAY_LEN(times));
}

static void stamps_are_parsed_in_every_form_and_no_other(void **state)
{
	(void)state;
	check_times(instant_parse_stamp, stamps, ARRAY_LEN(stamps));
}

static void assert_instant(int64_t seconds, const char *want)
{
	char text[INSTANT_TEXT + 1] = "";

	instant_format((struct instant){ seconds }, text);
	assert_string_equal(text, want);
}

static void instants_are_printed_and_cut_to_four_digit_years(void **state)
{
	(void)state;
	assert_instant(1795442400, "2026-11-23T14:00:00Z");
	assert_instant(0, "1970-01-01T00:00:00Z");
	assert_instant(-1, "1969-12-31T23:59:59Z");
	assert_instant(-2208988800, "1900-01-01T00:00:00Z");
	assert_instant(253402300799, "9999-12-31T23:59:59Z");
	assert_instant(253402300800, "9999-12-31T23:59:59Z");
	assert_instant(INT64_MAX, "9999-12-31T23:59:59Z");
	assert_instant(-62167219200, "0000-01-01T00:00:00Z");
	assert_instant(-62167219201, "0000-01-01T00:00:00Z");
	assert_instant(INT64_MIN + 1, "0000-01-01T00:00:00Z");
}

/* A calendar that knows only "30 days hath September". */
struct walker {
	int year, month, day;
};

static int length_of(const struct walker *w)
{
	switch (w->month) {
	case 2:
		return w->year % 400 == 0 || (w->year % 4 == 0 && w->year % 100 != 0)
			? 29
			: 28;
	case 4:
	case 6:
	case 9:
	case 11:
		return 30;
	default:
		return 31;
	}
}

static void step(struct walker *w)
{
	if (w->day++ < length_of(w))
		return;
	w->day = 1;
	if (w->month++ < 12)
		return;
	w->month = 1;
	w->year++;
}

static void every_day_of_600_years_agrees_with_walking(void **state)
{
	struct walker w = { 1900, 1, 1 };

	(void)state;
	for (int32_t number = -25567; w.year < 2500; number++, step(&w)) {
		char want[DAY_TEXT + 1];
		char got[DAY_TEXT + 1] = "";
		struct instant t = { 0 };
		struct month_no m = month_of((struct day){ number });

		want[0] = (char)('0' + w.year / 1000);
		want[1] = (char)('0' + w.year / 100 % 10);
		want[2] = (char)('0' + w.year / 10 % 10);
		want[3] = (char)('0' + w.year % 10);
		want[4] = want[7] = '-';
		want[5] = (char)('0' + w.month / 10);
		want[6] = (char)('0' + w.month % 10);
		want[8] = (char)('0' + w.day / 10);
		want[9] = (char)('0' + w.day % 10);
		want[10] = '\0';
		day_format((struct day){ number }, got);
		assert_string_equal(got, want);
		assert_int_equal(instant_parse(span_of(want), &t), 0);
		assert_int_equal(t.seconds, (int64_t)number * 86400);
		assert_int_equal(m.number, w.year * 12 + w.month - 1);
		assert_int_equal(month_first_day(m).number, number - w.day + 1);
		assert_int_equal(month_days(m), length_of(&w));
	}
}

static void an_instant_falls_on_its_day(void **state)
{
	static const struct {
		int64_t seconds;
		int32_t day;
	} cases[] = {
		{ 0, 0 },
		{ 86399, 0 },
		{ 86400, 1 },
		{ -1, -1 },
		{ -86400, -1 },
		{ -86401, -2 },
		{ 1795442400, 20780 },
		{ INSTANT_NONE, DAY_NONE },
		{ INT64_MAX, DAY_NONE },
		{ (int64_t)INT32_MAX * 86400 + 86399, INT32_MAX },
		{ ((int64_t)INT32_MAX + 1) * 86400, DAY_NONE },
		{ ((int64_t)INT32_MIN + 1) * 86400, INT32_MIN + 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(instant_day((struct instant){ cases[i].seconds }).number,
			cases[i].day);
}

static void days_and_months_outside_are_printed_as_the_nearest_end(void **state)
{
	char day[DAY_TEXT + 1] = "";
	char month[MONTH_TEXT + 1] = "";

	(void)state;
	day_format((struct day){ INT32_MAX }, day);
	assert_string_equal(day, "9999-12-31");
	day_format((struct day){ 2932896 }, day);
	assert_string_equal(day, "9999-12-31");
	day_format((struct day){ DAY_NONE }, day);
	assert_string_equal(day, "0000-01-01");
	month_format((struct month_no){ INT32_MAX }, month);
	assert_string_equal(month, "9999-12");
	month_format((struct month_no){ -5 }, month);
	assert_string_equal(month, "0000-01");
}

static void months_are_parsed_in_one_form_only(void **state)
{
	static const struct {
		const char *text;
		int32_t number; /* 0 = refused */
	} cases[] = {
		{ "2026-11", 2026 * 12 + 10 },
		{ "1900-01", 1900 * 12 },
		{ "9999-12", 9999 * 12 + 11 },
		{ "1899-12", 0 },
		{ "0000-01", 0 },
		{ "2026-00", 0 },
		{ "2026-13", 0 },
		{ "2026-1", 0 },
		{ "2026-011", 0 },
		{ "2026/11", 0 },
		{ "202x-11", 0 },
		{ "2026-1:", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct month_no m = { 42 };
		char text[MONTH_TEXT + 1] = "";
		int r = month_parse(span_of(cases[i].text), &m);

		print_message("%s\n", cases[i].text);
		assert_int_equal(r, cases[i].number ? 0 : -EINVAL);
		assert_int_equal(m.number, cases[i].number ? cases[i].number : 42);
		if (r < 0)
			continue;
		month_format(m, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void none_stays_none(void **state)
{
	(void)state;
	assert_int_equal(month_of((struct day){ DAY_NONE }).number, 0);
	assert_int_equal(month_first_day((struct month_no){ 0 }).number, DAY_NONE);
	assert_int_equal(
		month_first_day((struct month_no){ INT32_MAX }).number, DAY_NONE);
	assert_int_equal(month_days((struct month_no){ 0 }), 0);
	assert_int_equal(month_days((struct month_no){ -1 }), 0);
}

/* Twenty bytes that end in Z are read eight at once, others one after another. */
static void a_spoilt_byte_is_seen_whichever_way_a_time_is_read(void **state)
{
	static const char whole[] = "2028-02-29T23:59:58";
	unsigned read = 0;

	(void)state;
	for (size_t at = 0; at < strlen(whole); at++) {
		for (unsigned c = 0; c < 256; c++) {
			char ours[24], other[24];
			struct instant a = { 1 }, b = { 1 };
			int r;

			snprintf(ours, sizeof(ours), "%sZ", whole);
			snprintf(other, sizeof(other), "%s+00", whole);
			ours[at] = other[at] = (char)c;
			r = instant_parse((struct span){ other, 22 }, &b);
			assert_int_equal(instant_parse((struct span){ ours, 20 }, &a), r);
			assert_int_equal(a.seconds, b.seconds);
			read += r == 0;
		}
	}
	assert_in_range(read, 60, 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spoilt_byte_is_seen_whichever_way_a_time_is_read),
		cmocka_unit_test(times_are_parsed_in_every_form_and_no_other),
		cmocka_unit_test(stamps_are_parsed_in_every_form_and_no_other),
		cmocka_unit_test(instants_are_printed_and_cut_to_four_digit_years),
		cmocka_unit_test(every_day_of_600_years_agrees_with_walking),
		cmocka_unit_test(an_instant_falls_on_its_day),
		cmocka_unit_test(days_and_months_outside_are_printed_as_the_nearest_end),
		cmocka_unit_test(months_are_parsed_in_one_form_only),
		cmocka_unit_test(none_stays_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
