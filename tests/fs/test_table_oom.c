/* Every allocation on the way to the file of a table fails in turn: -ENOMEM, no file, no
 * leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "aws/export/table.h"
#include "aws/object/folder.h"
#include "fs/store/table_file.h"
#include "tests/aws/sandbox.h"
#include "tests/oom.h"

enum { OOM_STEPS_MAX = 10000 };

static const struct sandbox_file tree[] = {
	{ "c/data/date=1/c-1.csv", "a,b\n1,\"2,\"\n", 0 },
	{ "c/data/date=1/c-2.csv", "b,c\n3,4\n", 0 },
	{ 0 },
};
static const char want[] = "a,b,c\n1,\"2,\",\n,3,4\n";

static int read_back(struct table_file *f, char *ret)
{
	struct table_reader *r = NULL;
	struct fault why = { 0 };
	int error = table_file_open(f, &r);
	ssize_t n = 0;

	if (error == 0)
		n = table_reader_read(r, 0, ret, sizeof(want), &why);
	table_reader_close(r);
	return error < 0 ? error : n < 0 ? (int)n : 0;
}

/* ret has as many bytes as want. */
static int go(struct store *s, struct object_source *source, const struct delivery *d,
	char *ret)
{
	struct table_file *f = NULL, *found = NULL;
	struct fault why = { 0 };
	char got[sizeof(want)] = "";
	int r = table_file_build(s, source, d, NULL, &f, &why);

	if (r == 0)
		r = table_file_find(s, d->id, &found);
	if (r == 0)
		r = read_back(found, got);
	if (r == 0)
		memcpy(ret, got, sizeof(got));
	table_file_unref(found);
	table_file_unref(f);
	return r;
}

static void every_allocation_may_fail(void **state)
{
	const struct export_ref e = { EXPORT_TABLE, (char[]){ "c" }, (char[]){ "c/" } };
	struct table_partition p = { .version = (char[]){ "" },
		.value = (char[]){ "1" },
		.data = (char[]){ "c/data/date=1/" } };
	char root[SANDBOX_PATH], cache[SANDBOX_PATH];
	struct object_source *source;
	struct delivery d = { 0 };
	struct store *s;
	bool refused = true;
	unsigned n;

	(void)state;
	sandbox_make(root);
	sandbox_make(cache);
	sandbox_fill(root, tree);
	assert_int_equal(folder_open(root, &source, NULL), 0);
	assert_int_equal(table_delivery(source, &e, &p, &d, NULL), 0);
	assert_int_equal(
		store_open(
			&(struct store_options){ .path = cache, .threads = 1 }, &s, NULL),
		0);
	for (n = 0; refused && n < OOM_STEPS_MAX; n++) {
		char got[sizeof(want)] = "untouched";
		int r;

		assert_int_equal(store_trim(s, 0), 0);
		oom_after(n);
		r = go(s, source, &d, got);
		refused = oom_stop();
		/* What is only tried, as to evict, may be left. */
		if (r < 0)
			assert_int_equal(r, -ENOMEM);
		else
			assert_string_equal(got, want);
		assert_true(r == 0 || refused);
		if (r < 0)
			assert_string_equal(got, "untouched");
	}
	print_message("%u allocations\n", n);
	assert_false(refused);
	delivery_finish(&d);
	store_close(s);
	object_source_free(source);
	sandbox_remove(cache);
	sandbox_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
