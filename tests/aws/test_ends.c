/* Ends of objects: what was read of them is not asked for again. */
#include <errno.h>
#include <string.h>

#include "aws/object/ends.h"
#include "tests/aws/memory_source.h"
#include "tests/cmocka.h"

enum { SIZE = 100 };

struct fixture {
	unsigned char bytes[SIZE];
	struct memory_object objects[2];
	struct memory_source memory;
	struct object_info info[2];
	char keys[2][2];
	struct object_source *ends;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .keys = { "a", "b" } };
	for (size_t i = 0; i < SIZE; i++)
		f->bytes[i] = (unsigned char)(i * 7 + 1);
	f->objects[0] = (struct memory_object){ f->keys[0], f->bytes, SIZE };
	f->objects[1] = (struct memory_object){ f->keys[1], f->bytes, SIZE };
	memory_source_init(&f->memory, f->objects, 2);
	for (size_t i = 0; i < 2; i++)
		f->info[i] = memory_info_of(&f->memory, &f->objects[i], f->keys[i]);
	assert_int_equal(ends_new(&f->memory.base, &f->ends), 0);
}

/* Reads and compares; asked: requests that it takes. */
static void check(
	struct fixture *f, unsigned object, uint64_t offset, size_t len, unsigned asked)
{
	uint64_t before = f->memory.reads;
	unsigned char bytes[2 * SIZE];
	size_t want = offset < SIZE ? SIZE - (size_t)offset : 0;

	if (want > len)
		want = len;
	print_message("  [%zu, +%zu) of %u\n", (size_t)offset, len, object);
	assert_int_equal(
		object_read(f->ends, &f->info[object], offset, bytes, len, NULL), want);
	if (want > 0)
		assert_memory_equal(bytes, f->bytes + offset, want);
	assert_int_equal(f->memory.reads - before, asked);
}

static void a_read_that_reaches_the_end_is_kept(void **state)
{
	static const struct {
		uint64_t offset;
		size_t len;
		unsigned asked;
	} later[] = {
		{ 90, 10, 0 }, /* the same */
		{ 99, 1, 0 },
		{ 92, 3, 0 },
		{ 92, 100, 0 }, /* more than there is */
		{ 90, 1, 0 },
		{ 89, 1, 1 }, /* before it */
		{ 80, 10, 1 },
		{ 85, 15, 1 }, /* both */
		{ 0, 100, 1 },
		{ 100, 1, 1 }, /* past the end: the source's matter */
		{ 92, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(later); i++) {
		struct fixture f;

		begin(&f);
		check(&f, 0, 90, 10, 1);
		ends_seal(f.ends);
		check(&f, 0, later[i].offset, later[i].len, later[i].asked);
		/* Not of another one. */
		check(&f, 1, 90, 10, 1);
		object_source_free(f.ends);
	}
}

static void only_what_was_not_kept_is_asked_for(void **state)
{
	struct fixture f;
	unsigned char bytes[SIZE];

	(void)state;
	begin(&f);
	check(&f, 0, 90, 10, 1);
	f.memory.fail_at = 90;
	f.memory.fail_error = -EIO;
	check(&f, 0, 40, 60, 1);
	/* What is missing fails as it would without us. */
	f.memory.fail_at = 50;
	assert_int_equal(object_read(f.ends, &f.info[0], 60, bytes, 40, NULL), -EIO);
	check(&f, 0, 95, 5, 0);
	/* A source that answers less than it was asked for is not covered up. */
	f.memory.fail_error = 0;
	f.memory.read_max = 7;
	assert_int_equal(object_read(f.ends, &f.info[0], 40, bytes, 60, NULL), 7);
	object_source_free(f.ends);
}

static void what_stands_before_a_kept_end_joins_it(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	check(&f, 0, 90, 10, 1);
	check(&f, 0, 70, 20, 1);
	check(&f, 0, 50, 10, 1); /* apart */
	check(&f, 0, 70, 30, 0);
	check(&f, 0, 50, 10, 1);
	object_source_free(f.ends);
}

static void an_object_of_one_read_is_kept_whole(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	check(&f, 0, 0, SIZE + 1, 1);
	check(&f, 0, 0, SIZE, 0);
	check(&f, 0, 4, 8, 0);
	object_source_free(f.ends);
}

static void nothing_is_kept_that_is_no_end_or_comes_after_the_seal(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	check(&f, 0, 0, 99, 1);
	check(&f, 0, 0, 99, 1);
	check(&f, 1, 90, 10, 1);
	ends_seal(f.ends);
	check(&f, 0, 90, 10, 1);
	check(&f, 0, 90, 10, 1);
	check(&f, 1, 80, 10, 1);
	check(&f, 1, 80, 20, 1);
	object_source_free(f.ends);
}

static void another_content_is_another_object(void **state)
{
	struct fixture f;
	unsigned char byte;

	(void)state;
	begin(&f);
	check(&f, 0, 90, 10, 1);
	(void)snprintf(f.info[0].etag, sizeof(f.info[0].etag), "other");
	assert_int_equal(object_read(f.ends, &f.info[0], 99, &byte, 1, NULL), -ESTALE);
	object_source_free(f.ends);
}

static void what_is_forgotten_is_given_back(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	check(&f, 0, 90, 10, 1);
	check(&f, 1, 90, 10, 1);
	object_forget(f.ends, &f.info[0], 1);
	object_forget(f.ends, &f.info[0], 1);
	check(&f, 1, 90, 10, 0);
	ends_seal(f.ends);
	check(&f, 0, 90, 10, 1);
	check(&f, 0, 90, 10, 1);
	object_source_free(f.ends);
}

/* Bytes of no matter, counted. */
struct endless {
	struct object_source base;
	unsigned reads;
};

static ssize_t endless_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	(void)object, (void)offset, (void)why;
	memset(bytes, 0, len);
	((struct endless *)(void *)s)->reads++;
	return (ssize_t)len;
}

static void no_more_is_kept_than_the_limits(void **state)
{
	static const struct object_ops ops = { .read = endless_read };
	static unsigned char bytes[ENDS_BYTES];
	static const struct {
		size_t len, objects;
		unsigned kept;
	} cases[] = {
		{ ENDS_BYTES, 2, 1 },
		{ ENDS_BYTES / 2, 3, 2 },
		{ ENDS_BYTES / 2 + 1, 2, 1 },
		{ 1, ENDS_MAX + 1, ENDS_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct endless e = { .base = { .ops = &ops } };
		struct object_source *ends;
		char key[24];
		struct object_info o = { .key = key, .size_bytes = cases[i].len };

		assert_int_equal(ends_new(&e.base, &ends), 0);
		for (unsigned pass = 0; pass < 2; pass++)
			for (size_t n = 0; n < cases[i].objects; n++) {
				(void)snprintf(key, sizeof(key), "%zu", n);
				assert_int_equal(object_read(ends, &o, 0, bytes,
							 o.size_bytes, NULL),
					o.size_bytes);
			}
		assert_int_equal(e.reads, 2 * cases[i].objects - cases[i].kept);
		object_source_free(ends);
	}
}

static void all_other_calls_are_the_sources(void **state)
{
	struct object_list list = { 0 };
	struct object_info info;
	struct fixture f;

	(void)state;
	begin(&f);
	assert_string_equal(f.ends->name, "memory:");
	assert_int_equal(object_list(f.ends, "", &list, NULL), 0);
	assert_int_equal(list.count, 2);
	object_list_finish(&list);
	assert_int_equal(object_stat(f.ends, "b", &info, NULL), 0);
	assert_int_equal(info.size_bytes, SIZE);
	free(info.key);
	assert_int_equal(object_stat(f.ends, "c", &info, NULL), -ENOENT);
	object_expect(f.ends, f.info, 2);
	object_source_free(f.ends);
	object_source_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_that_reaches_the_end_is_kept),
		cmocka_unit_test(only_what_was_not_kept_is_asked_for),
		cmocka_unit_test(what_stands_before_a_kept_end_joins_it),
		cmocka_unit_test(an_object_of_one_read_is_kept_whole),
		cmocka_unit_test(nothing_is_kept_that_is_no_end_or_comes_after_the_seal),
		cmocka_unit_test(another_content_is_another_object),
		cmocka_unit_test(what_is_forgotten_is_given_back),
		cmocka_unit_test(no_more_is_kept_than_the_limits),
		cmocka_unit_test(all_other_calls_are_the_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
