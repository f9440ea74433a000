#include "fs/store/tally.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/oom.h"

/* More than two pages of entries, and the table grows twice. */
enum { MANY = 10000 };

static struct tally_key key_at(uint32_t i)
{
	return (struct tally_key){ i % 3, i % DIM_COUNT, { i, i / 7 }, i % 2 };
}

static void entries_stay_where_they_are_while_others_come(void **state)
{
	struct tally *t = tally_new();
	struct entry *first, *e;
	struct tally_key key = key_at(0);

	(void)state;
	assert_non_null(t);
	assert_int_equal(tally_entry(t, &key, &first), 0);
	first->lines = 77;
	for (uint32_t i = 0; i < MANY; i++) {
		key = key_at(i);
		assert_int_equal(tally_entry(t, &key, &e), 0);
		e->lines += i;
	}
	assert_int_equal(tally_count(t), MANY);
	assert_int_equal(first->lines, 77);
	for (uint32_t i = 0; i < MANY; i++) {
		key = key_at(i);
		assert_memory_equal(tally_key_at(t, i), &key, sizeof(key));
		assert_int_equal(tally_entry_at(t, i)->lines, i == 0 ? 77 : i);
		assert_int_equal(tally_entry(t, &key, &e), 0);
		assert_ptr_equal(e, tally_entry_at(t, i));
	}
	tally_free(t);
}

static void each_part_of_a_key_counts(void **state)
{
	static const struct tally_key cases[] = { { 0, 0, { 0, 0 }, 0 },
		{ 1, 0, { 0, 0 }, 0 }, { 0, 1, { 0, 0 }, 0 }, { 0, 0, { 1, 0 }, 0 },
		{ 0, 0, { 0, 1 }, 0 }, { 0, 0, { 0, 0 }, 1 },
		{ UINT32_MAX, DIM_SPLIT, { UINT32_MAX, UINT32_MAX }, UINT32_MAX } };
	struct tally *t = tally_new();
	struct entry *e;

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(tally_entry(t, &cases[i], &e), 0);
		assert_int_equal(tally_count(t), i + 1);
		assert_int_equal(e->lines, 0);
	}
	tally_free(t);
}

static void entries_after_a_clear_are_zeroed(void **state)
{
	struct tally *t = tally_new();
	struct tally_key key = key_at(5);
	struct entry *e;

	(void)state;
	assert_non_null(t);
	tally_clear(t);
	assert_int_equal(tally_entry(t, &key, &e), 0);
	e->lines = 3;
	e->cost[0].units = 4;
	tally_clear(t);
	assert_int_equal(tally_count(t), 0);
	assert_int_equal(tally_entry(t, &key, &e), 0);
	assert_int_equal(e->lines, 0);
	assert_true(e->cost[0].units == 0);
	assert_int_equal(tally_count(t), 1);
	tally_free(t);
	tally_free(NULL);
}

static void no_memory_changes_nothing(void **state)
{
	(void)state;
	for (unsigned after = 0;; after++) {
		struct tally *t = tally_new();
		struct entry *e = NULL, *before;
		struct tally_key key;
		uint32_t i = 0;
		bool refused;
		int r = 0;

		assert_non_null(t);
		oom_after(after);
		for (; i < MANY && r == 0; i++) {
			before = e;
			key = key_at(i);
			r = tally_entry(t, &key, &e);
		}
		refused = oom_stop();
		if (refused) {
			assert_int_equal(r, -ENOMEM);
			assert_ptr_equal(e, before);
			assert_int_equal(tally_count(t), i - 1);
			assert_int_equal(tally_entry(t, &key, &e), 0);
			assert_int_equal(tally_count(t), i);
		}
		tally_free(t);
		if (!refused)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_stay_where_they_are_while_others_come),
		cmocka_unit_test(each_part_of_a_key_counts),
		cmocka_unit_test(entries_after_a_clear_are_zeroed),
		cmocka_unit_test(no_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
