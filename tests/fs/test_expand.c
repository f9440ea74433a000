/* Rows of map columns: each one's text, and what is none of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "fs/store/cube.h"
#include "fs/store/expand.h"

/* Marks as they are stored: key 0, 1, 2, and the end. */
#define M0 "\x1f\x80\x80"
#define M1 "\x1f\x80\x81"
#define M2 "\x1f\x80\x82"
#define END "\x1e"

/* Key 0 stands in the last column, 1 in the first. */
static const uint32_t columns[] = { 2, 0 };
static const struct expansion three = { columns, ARRAY_LEN(columns), 3 };

static int expand(struct span rows, uint64_t bytes, char ret[64])
{
	int r;

	memset(ret, '~', 64);
	r = expand_rows(&three, rows, ret, bytes);
	for (size_t i = bytes; i < 64; i++)
		assert_int_equal(ret[i], '~');
	return r;
}

static void the_marks_are_those_of_the_format(void **state)
{
	(void)state;
	assert_int_equal(M0[0], CUBE_MAP_MARK);
	assert_int_equal(END[0], CUBE_MAP_END);
}

static void each_row_has_every_column_in_its_place(void **state)
{
	const struct {
		struct span stored;
		const char *text;
	} cases[] = {
		{ SPAN("a,b" END ",z\n"), "a,b,,,,z\n" },
		{ SPAN("a" M0 "k" END "\n"), "a,,,k\n" },
		{ SPAN("a" M1 "l" END "\n"), "a,l,,\n" },
		{ SPAN("a" M0 "k" M1 "l" END ",z\n"), "a,l,,k,z\n" },
		{ SPAN("a" M1 "" M0 "k" END ",z\n"), "a,,,k,z\n" },
		{ SPAN("a" M0 "first" M0 "last" END "\n"), "a,,,last\n" },
		{ SPAN(END "\n" M1 "l" END "\n" END "\n"), ",,,\n,l,,\n,,,\n" },
		{ SPAN(""), "" },
	};
	char got[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].text);

		assert_int_equal(expand(cases[i].stored, len, got), 0);
		assert_memory_equal(got, cases[i].text, len);
	}
}

/* Never a byte past it, whatever the rows would make. */
static void another_length_than_was_said_is_damage(void **state)
{
	char got[64];

	(void)state;
	for (uint64_t bytes = 0; bytes < 40; bytes++)
		assert_int_equal(
			expand(SPAN("a,b" M0 "k" END "\n" M1 "l" END "z\n"), bytes, got),
			bytes == 8 + 6 ? 0 : -EBADMSG);
}

static void rows_that_are_not_as_we_write_them_are_damage(void **state)
{
	const struct span cases[] = {
		SPAN("a,b\n"),
		SPAN("a" M0 "k\n"),
		SPAN("a" M2 "k" END "\n"), /* nobody's key */
		SPAN("a\x1f\x80" END "\n"),
		SPAN("a\x1f" END "\n"),
		SPAN("\n"),
	};
	char got[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (uint64_t bytes = 0; bytes < 20; bytes++)
			assert_int_equal(expand(cases[i], bytes, got), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_marks_are_those_of_the_format),
		cmocka_unit_test(each_row_has_every_column_in_its_place),
		cmocka_unit_test(another_length_than_was_said_is_damage),
		cmocka_unit_test(rows_that_are_not_as_we_write_them_are_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
