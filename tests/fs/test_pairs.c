#include "fs/store/pairs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/oom.h"

enum { MANY = 1000 };

static struct pair pair_at(uint32_t i)
{
	return (struct pair){ i * 0x10001u, ~i };
}

static void pairs_are_numbered_as_they_come(void **state)
{
	struct pairs p = { 0 };
	uint32_t n;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < MANY; i++) {
			assert_int_equal(pairs_add(&p, pair_at(i), &n), 0);
			assert_int_equal(n, i);
			assert_int_equal(pairs_add(&p, pair_at(i / 2), &n), 0);
			assert_int_equal(n, i / 2);
		}
		assert_int_equal(p.count, MANY);
		pairs_clear(&p);
		assert_int_equal(p.count, 0);
	}
	pairs_finish(&p);
}

static void halves_are_told_apart(void **state)
{
	static const struct pair cases[] = { { 0, 0 }, { 0, 1 }, { 1, 0 },
		{ UINT32_MAX, 0 }, { 0, UINT32_MAX }, { UINT32_MAX, UINT32_MAX } };
	struct pairs p = { 0 };
	uint32_t n;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(pairs_add(&p, cases[i], &n), 0);
		assert_int_equal(n, i);
		assert_int_equal(p.items[i].a, cases[i].a);
		assert_int_equal(p.items[i].b, cases[i].b);
	}
	pairs_finish(&p);
}

static void empty_pairs_can_be_cleared_and_finished(void **state)
{
	struct pairs p = { 0 };

	(void)state;
	pairs_clear(&p);
	pairs_finish(&p);
	pairs_finish(&p);
}

/* Whatever allocation fails, what was there stays and the same pair can be added
 * afterwards. */
static void no_memory_changes_nothing(void **state)
{
	(void)state;
	for (unsigned after = 0;; after++) {
		struct pairs p = { 0 };
		uint32_t n = 12345, i = 0;
		bool refused;
		int r = 0;

		oom_after(after);
		for (; i < MANY && r == 0; i++)
			r = pairs_add(&p, pair_at(i), &n);
		refused = oom_stop();
		if (refused) {
			assert_int_equal(r, -ENOMEM);
			assert_int_equal(p.count, i - 1);
			assert_int_equal(n, i == 1 ? 12345 : i - 2);
			assert_int_equal(pairs_add(&p, pair_at(i - 1), &n), 0);
			assert_int_equal(n, i - 1);
		}
		pairs_finish(&p);
		if (!refused)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_numbered_as_they_come),
		cmocka_unit_test(halves_are_told_apart),
		cmocka_unit_test(empty_pairs_can_be_cleared_and_finished),
		cmocka_unit_test(no_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
