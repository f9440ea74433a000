#include "base/vec.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/cmocka.h"
#include "tests/oom.h"

struct holder {
	uint32_t *items;
	size_t cap;
};

static void items_survive_growth_up_to_the_maximum(void **state)
{
	struct holder h = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(VEC_RESERVE(&h.items, &h.cap, i + 1, 1000), 0);
		h.items[i] = i;
	}
	assert_int_equal(h.cap, 1000);
	assert_int_equal(VEC_RESERVE(&h.items, &h.cap, 1001, 1000), -EFBIG);
	assert_int_equal(h.cap, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(h.items[i], i);
	free(h.items);
}

static void capacity_at_least_doubles(void **state)
{
	struct holder h = { 0 };

	(void)state;
	assert_int_equal(VEC_RESERVE(&h.items, &h.cap, 0, 100), 0);
	assert_null(h.items);
	assert_int_equal(VEC_RESERVE(&h.items, &h.cap, 10, 100), 0);
	assert_true(h.cap >= 10);
	assert_int_equal(VEC_RESERVE(&h.items, &h.cap, 11, 100), 0);
	assert_true(h.cap >= 20);
	assert_int_equal(VEC_RESERVE(&h.items, &h.cap, 99, 100), 0);
	assert_true(h.cap >= 99 && h.cap <= 100);
	free(h.items);
}

static void sizes_that_overflow_are_no_memory(void **state)
{
	struct holder h = { 0 };

	(void)state;
	assert_int_equal(VEC_RESERVE(&h.items, &h.cap, SIZE_MAX / 2, SIZE_MAX), -ENOMEM);
	assert_int_equal(VEC_RESERVE(&h.items, &h.cap, SIZE_MAX, SIZE_MAX), -ENOMEM);
	assert_null(h.items);
	assert_int_equal(h.cap, 0);
	assert_null(vec_alloc(SIZE_MAX, 2));
	assert_null(vec_alloc(SIZE_MAX / 2 + 2, 2));
}

static void nothing_changes_without_memory(void **state)
{
	struct holder h = { 0 };
	uint32_t *before;

	(void)state;
	assert_int_equal(VEC_RESERVE(&h.items, &h.cap, 4, 100), 0);
	before = h.items;
	before[3] = 7;
	oom_after(0);
	assert_int_equal(VEC_RESERVE(&h.items, &h.cap, 50, 100), -ENOMEM);
	assert_null(vec_alloc(1, 1));
	assert_true(oom_stop());
	assert_ptr_equal(h.items, before);
	assert_int_equal(h.items[3], 7);
	assert_true(h.cap < 50);
	free(h.items);
}

static void allocated_memory_is_zero_and_nothing_is_a_pointer(void **state)
{
	unsigned char *p = vec_alloc(100, 3);
	void *none = vec_alloc(0, 8);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	assert_non_null(none);
	free(p);
	free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_survive_growth_up_to_the_maximum),
		cmocka_unit_test(capacity_at_least_doubles),
		cmocka_unit_test(sizes_that_overflow_are_no_memory),
		cmocka_unit_test(nothing_changes_without_memory),
		cmocka_unit_test(allocated_memory_is_zero_and_nothing_is_a_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
