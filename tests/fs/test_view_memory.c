/* Each allocation failing in turn: an error or the right bytes, and nothing is lost. */
#include "tests/fs/view_case.h"

#include <errno.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Allocations until the one that fails; negative: none does. One thread. */
static long countdown = -1;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);

static bool is_failing(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t bytes)
{
	return is_failing() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return is_failing() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
	return is_failing() ? NULL : __real_realloc(old, bytes);
}

static uint64_t size_of(const struct scope *scope, enum view_file file, uint32_t key)
{
	struct view_cache *c = view_cache_new(1 << 20);
	uint64_t size = 0;

	assert_non_null(c);
	assert_int_equal(view_stat(c, scope, VIEW_CSV(file, key), true, &size, NULL), 0);
	view_cache_free(c);
	return size;
}

/* Answers whether there were as many allocations. */
static bool open_with_failure(const struct scope *scope, enum view_file file,
	uint32_t key, long fail_at, uint64_t want)
{
	struct view_cache *c = view_cache_new(1 << 20);
	struct view *v = NULL;
	static char got[8192];
	bool was_reached;
	ssize_t n;
	int r;

	assert_non_null(c);
	countdown = fail_at;
	r = view_open(c, scope, VIEW_CSV(file, key), true, &v, NULL);
	n = r == 0 ? view_read(v, 0, got, sizeof(got), NULL) : 0;
	was_reached = countdown < 0;
	countdown = -1;
	if (r < 0) {
		assert_int_equal(r, -ENOMEM);
		assert_null(v);
	} else if (n < 0) {
		assert_int_equal(n, -ENOMEM);
	} else {
		assert_int_equal(n, want);
		assert_int_equal(view_size(v), want);
	}
	view_unref(v);
	/* And then it works. */
	assert_int_equal(view_open(c, scope, VIEW_CSV(file, key), true, &v, NULL), 0);
	assert_int_equal(view_size(v), want);
	view_unref(v);
	view_cache_free(c);
	return was_reached;
}

static void each_file_survives_each_failure(void **state)
{
	struct month *m = view_case_month();
	const struct scope scopes[] = {
		{ m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL },
		{ m, NULL, 0, 0, VIEW_ALL },
		{ m, NULL, 0, 0, 1 },
	};
	uint32_t team = fake_month_text(m, "team");

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(scopes); k++) {
		for (int f = 0; f <= VIEW_BY_TAG; f++) {
			enum view_file file = (enum view_file)f;
			bool has_key = file == VIEW_BY_TAG && k < 2;
			/* Of line items, the first part. */
			bool has_parts = (file == VIEW_COSTS || file == VIEW_LINES) &&
				view_part_count(&scopes[k]) > 0;
			uint32_t key = has_key ? team : has_parts;
			uint64_t want;
			long i = 0;

			if (!has_key && !view_is_in(&scopes[k], file))
				continue;
			want = size_of(&scopes[k], file, key);
			while (open_with_failure(&scopes[k], file, key, i, want))
				i++;
			print_message("file %d: %ld allocations\n", f, i);
			assert_true(i > 0);
		}
	}
	assert_int_equal(fake_month_refs(m), 1);
	month_unref(m);
}

static void sums_and_keys_survive_each_failure(void **state)
{
	struct month *m = view_case_month();
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	bool was_reached = true;

	(void)state;
	for (long i = 0; was_reached; i++) {
		struct entry e[2] = { { .lines = 77 } };
		uint32_t *keys = NULL;
		ssize_t n;

		countdown = i;
		n = view_totals(&all, e, 2);
		was_reached = countdown < 0;
		countdown = i;
		if (n < 0)
			assert_int_equal(e[0].lines, 77);
		assert_int_equal(n, n < 0 ? -ENOMEM : 2);
		n = view_keys(&all, VIEW_BY_TAG, &keys);
		was_reached = was_reached || countdown < 0;
		countdown = -1;
		assert_int_equal(n, n < 0 ? -ENOMEM : 2);
		assert_true(n < 0 ? keys == NULL : keys != NULL);
		free(keys);
	}
	month_unref(m);
}

static void a_cache_that_has_no_memory_is_none(void **state)
{
	bool was_reached = true;

	(void)state;
	for (long i = 0; was_reached; i++) {
		struct view_cache *c;

		countdown = i;
		c = view_cache_new(1000);
		was_reached = countdown < 0;
		countdown = -1;
		assert_int_equal(c == NULL, was_reached);
		view_cache_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_survives_each_failure),
		cmocka_unit_test(sums_and_keys_survive_each_failure),
		cmocka_unit_test(a_cache_that_has_no_memory_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
