#include "fs/store/block_cache.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/oom.h"

static void put(struct block_cache *c, uint32_t user, uint32_t number, size_t len)
{
	struct block *b = block_new(len);

	assert_non_null(b);
	memset(block_bytes(b), (int)(number & 0x7F), len);
	block_cache_put(c, user, number, b);
	block_unref(b);
}

static bool has(struct block_cache *c, uint32_t user, uint32_t number)
{
	struct block *b = block_cache_get(c, user, number);

	if (b == NULL)
		return false;
	for (size_t i = 0; i < block_len(b); i++)
		assert_int_equal(block_bytes(b)[i], number & 0x7F);
	block_unref(b);
	return true;
}

static void what_was_put_is_there(void **state)
{
	struct block_cache *c = block_cache_new(100);

	(void)state;
	assert_non_null(c);
	assert_false(has(c, 1, 5));
	put(c, 1, 5, 10);
	assert_true(has(c, 1, 5));
	assert_false(has(c, 1, 6));
	assert_false(has(c, 2, 5));
	put(c, 2, 5, 0);
	assert_true(has(c, 2, 5));
	block_cache_free(c);
}

/* Not what came first: what was used last stays. */
static void the_least_recently_used_goes_when_the_limit_is_met(void **state)
{
	struct block_cache *c = block_cache_new(30);

	(void)state;
	put(c, 0, 1, 10);
	put(c, 0, 2, 10);
	put(c, 0, 3, 10);
	assert_true(has(c, 0, 1));
	put(c, 0, 4, 10);
	assert_false(has(c, 0, 2));
	assert_true(has(c, 0, 1));
	assert_true(has(c, 0, 3));
	assert_true(has(c, 0, 4));
	put(c, 0, 5, 11);
	assert_false(has(c, 0, 1));
	assert_false(has(c, 0, 3));
	assert_true(has(c, 0, 4));
	assert_true(has(c, 0, 5));
	block_cache_free(c);
}

static void a_block_over_the_limit_is_not_kept_and_drives_nothing_out(void **state)
{
	struct block_cache *c = block_cache_new(30);

	(void)state;
	put(c, 0, 1, 10);
	put(c, 0, 2, 31);
	assert_true(has(c, 0, 1));
	assert_false(has(c, 0, 2));
	put(c, 0, 3, 30);
	assert_false(has(c, 0, 1));
	assert_true(has(c, 0, 3));
	block_cache_free(c);
}

static void a_limit_of_nothing_keeps_nothing(void **state)
{
	struct block_cache *c = block_cache_new(0);

	(void)state;
	put(c, 0, 1, 1);
	assert_false(has(c, 0, 1));
	block_cache_free(c);
	block_cache_free(NULL);
}

static void a_number_put_twice_stays_the_first(void **state)
{
	struct block_cache *c = block_cache_new(100);
	struct block *first = block_new(1), *second = block_new(1), *got;

	(void)state;
	block_cache_put(c, 0, 1, first);
	block_cache_put(c, 0, 1, second);
	got = block_cache_get(c, 0, 1);
	assert_ptr_equal(got, first);
	block_unref(got);
	block_unref(first);
	block_unref(second);
	block_cache_free(c);
}

static void dropping_a_user_leaves_the_others(void **state)
{
	struct block_cache *c = block_cache_new(100000);
	uint32_t a = block_cache_user(c), b = block_cache_user(c);

	(void)state;
	assert_int_not_equal(a, b);
	/* Long chains: more than there are buckets. */
	for (uint32_t i = 0; i < 3000; i++) {
		put(c, a, i, 8);
		put(c, b, i, 8);
	}
	block_cache_drop(c, a);
	for (uint32_t i = 0; i < 3000; i++) {
		assert_false(has(c, a, i));
		assert_true(has(c, b, i));
	}
	/* What a freed is free: as much fits again. */
	for (uint32_t i = 0; i < 3000; i++)
		put(c, a, i, 8);
	for (uint32_t i = 0; i < 3000; i++)
		assert_true(has(c, b, i));
	block_cache_free(c);
}

static void a_reference_outlives_its_place(void **state)
{
	struct block_cache *c = block_cache_new(10);
	struct block *b;

	(void)state;
	put(c, 0, 7, 10);
	b = block_cache_get(c, 0, 7);
	assert_non_null(b);
	put(c, 0, 8, 10);
	assert_false(has(c, 0, 7));
	block_cache_free(c);
	assert_int_equal(block_len(b), 10);
	for (int i = 0; i < 10; i++)
		assert_int_equal(block_bytes(b)[i], 7);
	block_unref(b);
	block_unref(NULL);
}

static void a_block_of_impossible_size_is_no_memory(void **state)
{
	(void)state;
	assert_null(block_new(SIZE_MAX));
	assert_null(block_new(SIZE_MAX - sizeof(size_t)));
}

static void without_memory_nothing_is_kept_and_nothing_breaks(void **state)
{
	struct block_cache *c = block_cache_new(100);
	struct block *b = block_new(10);

	(void)state;
	oom_after(0);
	block_cache_put(c, 0, 1, b);
	assert_null(block_new(1));
	assert_null(block_cache_new(1));
	assert_true(oom_stop());
	assert_false(has(c, 0, 1));
	memset(block_bytes(b), 1, 10);
	block_cache_put(c, 0, 1, b);
	assert_true(has(c, 0, 1));
	block_unref(b);
	block_cache_free(c);
}

static void *use(void *context)
{
	struct block_cache *c = context;
	uint32_t user = block_cache_user(c);
	uintptr_t bad = 0;

	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t number = i * 7 % 50, whose = i % 2 ? user : 0;
		struct block *b = block_cache_get(c, whose, number);

		if (b == NULL) {
			b = block_new(16);
			if (b == NULL)
				return (void *)1;
			memset(block_bytes(b), (int)number, 16);
			block_cache_put(c, whose, number, b);
		}
		bad |= block_bytes(b)[15] != (char)number;
		block_unref(b);
		if (i % 500 == 0)
			block_cache_drop(c, user);
	}
	return (void *)bad;
}

static void threads_share_it(void **state)
{
	struct block_cache *c = block_cache_new(16 * 60);
	pthread_t threads[4];
	void *bad;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use, c), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
	block_cache_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_there),
		cmocka_unit_test(the_least_recently_used_goes_when_the_limit_is_met),
		cmocka_unit_test(
			a_block_over_the_limit_is_not_kept_and_drives_nothing_out),
		cmocka_unit_test(a_limit_of_nothing_keeps_nothing),
		cmocka_unit_test(a_number_put_twice_stays_the_first),
		cmocka_unit_test(dropping_a_user_leaves_the_others),
		cmocka_unit_test(a_reference_outlives_its_place),
		cmocka_unit_test(a_block_of_impossible_size_is_no_memory),
		cmocka_unit_test(without_memory_nothing_is_kept_and_nothing_breaks),
		cmocka_unit_test(threads_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
