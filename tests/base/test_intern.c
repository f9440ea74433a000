#include "base/intern.h"

#include <errno.h>
#include <stdio.h>

#include "tests/cmocka.h"
#include "tests/oom.h"

enum { MANY = 20000 };

static struct span name_of(uint32_t i, char text[32])
{
	int len = snprintf(text, 32, "i-%x-%.*s", i, (int)(i % 15), "abcdefghijklmno");

	return (struct span){ text, (size_t)len };
}

static void ids_count_in_order_of_arrival(void **state)
{
	struct intern *in = intern_new();
	char text[32];
	uint32_t id = 0;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < MANY; i++) {
			assert_int_equal(intern_add(in, name_of(i, text), &id), 0);
			assert_int_equal(id, i);
		}
	assert_int_equal(intern_count(in), MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		assert_int_equal(intern_find(in, name_of(i, text), &id), 0);
		assert_int_equal(id, i);
		assert_true(span_eq(intern_text(in, i), name_of(i, text)));
	}
	intern_free(in);
	intern_free(NULL);
}

static void unknown_text_is_not_found_and_leaves_the_id_alone(void **state)
{
	struct intern *in = intern_new();
	uint32_t id = 42;

	(void)state;
	assert_int_equal(intern_find(in, SPAN("a"), &id), -ENOENT);
	assert_int_equal(intern_find(in, (struct span){ 0 }, &id), -ENOENT);
	assert_int_equal(id, 42);
	assert_int_equal(intern_add(in, SPAN("a"), &id), 0);
	id = 42;
	assert_int_equal(intern_find(in, SPAN("A"), &id), -ENOENT);
	assert_int_equal(intern_find(in, SPAN("a\0"), &id), -ENOENT);
	assert_int_equal(id, 42);
	intern_free(in);
}

static void empty_text_and_any_byte_are_strings_like_others(void **state)
{
	struct intern *in = intern_new();
	uint32_t id = 42;

	(void)state;
	assert_int_equal(intern_add(in, (struct span){ 0 }, &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(intern_add(in, SPAN(""), &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(intern_add(in, SPAN("\0"), &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(intern_add(in, SPAN("\0\0"), &id), 0);
	assert_int_equal(id, 2);
	assert_int_equal(intern_text(in, 0).len, 0);
	assert_int_equal(intern_text(in, 2).len, 2);
	intern_free(in);
}

static void text_is_copied_and_stays_where_it_is(void **state)
{
	struct intern *in = intern_new();
	char text[32] = "first";
	struct span first;
	uint32_t id;

	(void)state;
	assert_int_equal(intern_add(in, (struct span){ text, 5 }, &id), 0);
	first = intern_text(in, id);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(intern_add(in, name_of(i, text), &id), 0);
	assert_ptr_equal(intern_text(in, 0).p, first.p);
	assert_true(span_eq(first, SPAN("first")));
	intern_free(in);
}

static void strings_larger_than_a_block_are_kept(void **state)
{
	static char big[3 * 1024 * 1024];
	struct intern *in = intern_new();
	uint32_t id;

	(void)state;
	memset(big, 'b', sizeof(big));
	assert_int_equal(intern_add(in, SPAN("a"), &id), 0);
	assert_int_equal(intern_add(in, (struct span){ big, sizeof(big) }, &id), 0);
	assert_int_equal(intern_add(in, SPAN("c"), &id), 0);
	assert_true(span_eq(intern_text(in, 1), (struct span){ big, sizeof(big) }));
	assert_true(span_eq(intern_text(in, 2), SPAN("c")));
	assert_true(intern_memory(in) > sizeof(big));
	intern_free(in);
}

static void cleared_strings_are_forgotten_and_ids_begin_again(void **state)
{
	struct intern *in = intern_new();
	char text[32];
	uint32_t id = 42;
	size_t full;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(intern_add(in, name_of(i, text), &id), 0);
	full = intern_memory(in);
	intern_clear(in);
	assert_int_equal(intern_count(in), 0);
	assert_true(intern_memory(in) < full);
	assert_int_equal(intern_find(in, name_of(0, text), &id), -ENOENT);
	assert_int_equal(intern_add(in, name_of(7, text), &id), 0);
	assert_int_equal(id, 0);
	intern_free(in);
}

/* Adds up to the first failure; what was there before must still be right after it. */
static void no_memory_loses_nothing(void **state)
{
	char text[32];
	bool refused = true;

	(void)state;
	for (unsigned n = 0; refused; n++) {
		struct intern *in;
		uint32_t added = 0;
		uint32_t id = 0;
		int r = 0;

		oom_after(n);
		in = intern_new();
		for (; in && r == 0 && added < 500; added += r == 0)
			r = intern_add(in, name_of(added, text), &id);
		refused = oom_stop();
		assert_int_equal(refused, !in || r < 0);
		if (!in)
			continue;
		assert_int_equal(r, refused ? -ENOMEM : 0);
		assert_int_equal(intern_count(in), added);
		for (uint32_t i = 0; i < 500; i++) {
			assert_int_equal(intern_add(in, name_of(i, text), &id), 0);
			assert_int_equal(id, i);
		}
		intern_free(in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_count_in_order_of_arrival),
		cmocka_unit_test(unknown_text_is_not_found_and_leaves_the_id_alone),
		cmocka_unit_test(empty_text_and_any_byte_are_strings_like_others),
		cmocka_unit_test(text_is_copied_and_stays_where_it_is),
		cmocka_unit_test(strings_larger_than_a_block_are_kept),
		cmocka_unit_test(cleared_strings_are_forgotten_and_ids_begin_again),
		cmocka_unit_test(no_memory_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
