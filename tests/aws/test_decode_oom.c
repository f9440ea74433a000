/* Every allocation on the way from an object to its last record fails in turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"

#include "aws/export/csv.h"
#include "aws/export/decoder.h"
#include "tests/aws/decoder_fixtures.h"
#include "tests/aws/memory_source.h"
#include "tests/oom.h"

enum { OOM_STEPS_MAX = 100, LONG_RECORD = 3 * 1024 * 1024 };

static ssize_t give(void *context, void *bytes, size_t len, struct fault *why)
{
	return decoder_read(context, bytes, len, why);
}

/* The whole way; counts records. */
static int go(struct memory_source *m, const struct object_info *info, size_t *ret_count)
{
	struct decoder *d = NULL;
	struct csv_reader *reader = NULL;
	struct csv_record record;
	size_t count = 0;
	int r = decoder_new(&m->base, info, NULL, &d);

	if (r == 0)
		r = csv_reader_new(give, d, "costs.csv", &reader);
	if (r == 0)
		while ((r = csv_reader_next(reader, &record, NULL)) == 1)
			count++;
	if (r == 0)
		*ret_count = count;
	csv_reader_free(reader);
	decoder_free(d);
	return r;
}

static void every_allocation_may_fail(void **state)
{
	char *text = malloc(LONG_RECORD);
	struct memory_object objects[3] = {
		{ "gzip", gzip_members, sizeof(gzip_members) },
		{ "long", text, LONG_RECORD },
		{ "zip", zip_java, sizeof(zip_java) },
	};
	static const size_t records[] = { 6, 1, 6 };

	(void)state;
	assert_non_null(text);
	memset(text, 'x', LONG_RECORD);
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		struct memory_source m;
		struct object_info info;
		char *key = strdup(objects[i].key);
		bool refused = true;
		unsigned n;

		memory_source_init(&m, objects, ARRAY_LEN(objects));
		info = memory_info_of(&m, &objects[i], key);
		for (n = 0; refused && n < OOM_STEPS_MAX; n++) {
			size_t count = 77;
			int r;

			oom_after(n);
			r = go(&m, &info, &count);
			refused = oom_stop();
			assert_int_equal(r, refused ? -ENOMEM : 0);
			assert_int_equal(count, refused ? 77 : records[i]);
		}
		print_message("  %s: %u allocations\n", objects[i].key, n - 1);
		assert_false(refused);
		assert_true(n > 4);
		free(key);
	}
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
