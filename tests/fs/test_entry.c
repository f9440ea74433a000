#include "fs/store/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* 2^127 - 1, the largest that money holds. */
static const money_int most = ((money_int)1 << 126) - 1 + ((money_int)1 << 126);

static struct entry entry_of(int cost, uint32_t filled, uint64_t lines)
{
	struct entry e = { .lines = lines, .key = { 7, 8 }, .currency = 9 };

	for (int i = 0; i < COST_COUNT; i++) {
		e.cost[i].units = cost * (i + 1);
		e.filled[i] = filled;
	}
	e.lacking[0] = filled;
	e.lacking[1] = 2 * filled;
	return e;
}

static void adding_sums_all_but_the_keys(void **state)
{
	struct entry a = entry_of(5, 2, 10), b = entry_of(-7, 1, 3);

	(void)state;
	b.key[0] = b.key[1] = b.currency = 1;
	assert_int_equal(entry_add(&a, &b), 0);
	for (int i = 0; i < COST_COUNT; i++) {
		assert_true(a.cost[i].units == -2 * (i + 1));
		assert_int_equal(a.filled[i], 3);
	}
	assert_int_equal(a.lacking[0], 3);
	assert_int_equal(a.lacking[1], 6);
	assert_int_equal(a.lines, 13);
	assert_int_equal(a.key[0], 7);
	assert_int_equal(a.key[1], 8);
	assert_int_equal(a.currency, 9);
}

static void what_was_added_can_be_taken_off(void **state)
{
	struct entry a = entry_of(5, 2, 10), before = a, b = entry_of(-7, 1, 3);

	(void)state;
	assert_int_equal(entry_add(&a, &b), 0);
	assert_int_equal(entry_sub(&a, &b), 0);
	assert_memory_equal(&a, &before, sizeof(a));
}

/* In turn, each cost is at its limit. */
static void a_sum_that_does_not_fit_changes_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < COST_COUNT; i++) {
		struct entry a = entry_of(0, 1, 1), b = entry_of(1, 1, 1), before;

		a.cost[i].units = most;
		b.cost[i].units = 1;
		before = a;
		assert_int_equal(entry_add(&a, &b), -ERANGE);
		assert_memory_equal(&a, &before, sizeof(a));
		b.cost[i].units = 0;
		assert_int_equal(entry_add(&a, &b), 0);

		a = entry_of(0, 1, 1);
		a.cost[i].units = -most - 1;
		b = entry_of(1, 1, 1);
		b.cost[i].units = 1;
		before = a;
		assert_int_equal(entry_sub(&a, &b), -ERANGE);
		assert_memory_equal(&a, &before, sizeof(a));
	}
}

static void a_sum_of_nothing_is_null(void **state)
{
	const struct entry zero = { .lines = 0 };

	(void)state;
	for (int i = 0; i < COST_COUNT; i++)
		assert_false(entry_has(&zero, (enum cost)i));
}

static void a_cost_that_some_row_lacks_is_null(void **state)
{
	struct entry e = entry_of(1, 1, 2);

	(void)state;
	e.lacking[0] = e.lacking[1] = 0;
	for (int i = 0; i < COST_COUNT; i++)
		assert_true(entry_has(&e, (enum cost)i));
	e.lacking[0] = 1;
	for (int i = 0; i < COST_COUNT; i++)
		assert_int_equal(entry_has(&e, (enum cost)i), i != COST_AMORTIZED);
	e.lacking[0] = 0;
	e.lacking[1] = 1;
	for (int i = 0; i < COST_COUNT; i++)
		assert_int_equal(entry_has(&e, (enum cost)i), i != COST_NET_AMORTIZED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding_sums_all_but_the_keys),
		cmocka_unit_test(what_was_added_can_be_taken_off),
		cmocka_unit_test(a_sum_that_does_not_fit_changes_nothing),
		cmocka_unit_test(a_sum_of_nothing_is_null),
		cmocka_unit_test(a_cost_that_some_row_lacks_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
