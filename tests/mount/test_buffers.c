/* Memory for answers: where it begins, and that it comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/compiler.h"
#include "fs/mount/buffers.h"

enum { PAGE = 4096 };

static void each_begins_with_a_page_and_has_what_was_asked_for(void **state)
{
	static const size_t sizes[] = { 0, 1, PAGE, BUFFER_BYTES, BUFFER_BYTES + 1,
		16 * BUFFER_BYTES };
	struct buffers b;

	(void)state;
	buffers_init(&b);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char *buffer = buffers_take(&b, sizes[i]);

		assert_non_null(buffer);
		assert_int_equal((uintptr_t)buffer % PAGE, 0);
		memset(buffer, 'x', sizes[i]);
		buffers_give(&b, buffer, sizes[i]);
	}
	buffers_finish(&b);
}

static void who_holds_one_has_it_alone(void **state)
{
	char *taken[2 * BUFFERS_MAX];
	struct buffers b;

	(void)state;
	buffers_init(&b);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
			taken[i] = buffers_take(&b, PAGE);
			for (size_t k = 0; k < i; k++)
				assert_ptr_not_equal(taken[i], taken[k]);
		}
		for (size_t i = 0; i < ARRAY_LEN(taken); i++)
			buffers_give(&b, taken[i], PAGE);
	}
	buffers_finish(&b);
}

static void the_last_that_came_back_is_the_next(void **state)
{
	struct buffers b;
	char *first, *second;

	(void)state;
	buffers_init(&b);
	first = buffers_take(&b, PAGE);
	second = buffers_take(&b, PAGE);
	buffers_give(&b, second, PAGE);
	buffers_give(&b, first, PAGE);
	assert_ptr_equal(buffers_take(&b, BUFFER_BYTES), first);
	assert_ptr_equal(buffers_take(&b, 1), second);
	buffers_give(&b, first, BUFFER_BYTES);
	buffers_give(&b, second, 1);
	buffers_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_begins_with_a_page_and_has_what_was_asked_for),
		cmocka_unit_test(who_holds_one_has_it_alone),
		cmocka_unit_test(the_last_that_came_back_is_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
