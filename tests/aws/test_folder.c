/* A directory as an object source: what is listed, what is not, and what is never
 * reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/object/folder.h"
#include "tests/aws/sandbox.h"

/* The user "nobody", for whom root gives up its rights in these tests. */
enum { NOBODY = 65534 };

static const struct sandbox_file files[] = {
	{ "b.csv", "0123456789", 2 },
	{ "a/x.csv", "x", 0 },
	{ "a/y/z.csv", "", 0 },
	{ "a-b/c", "", 0 },
	{ ".hidden", "h", 0 },
	{ ".git/config", "h", 0 },
	{ "e/", NULL, 0 },
	{ 0 },
};

struct fixture {
	char root[SANDBOX_PATH];
	struct object_source *source;
};

static int setup(void **state)
{
	struct fixture *x = test_calloc(1, sizeof(*x));

	sandbox_make(x->root);
	sandbox_fill(x->root, files);
	*state = x;
	return folder_open(x->root, &x->source, NULL);
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	object_source_free(x->source);
	sandbox_remove(x->root);
	test_free(x);
	return 0;
}

/* Folders, then objects, each followed by ' '. */
static int list(struct object_source *s, const char *prefix, char *ret, size_t size)
{
	struct object_list l = { 0 };
	size_t len = 0;
	int r = object_list(s, prefix, &l, NULL);

	ret[0] = '\0';
	for (size_t i = 0; i < l.folder_count; i++)
		len += (size_t)snprintf(ret + len, size - len, "%s ", l.folders[i]);
	for (size_t i = 0; i < l.count; i++)
		len += (size_t)snprintf(ret + len, size - len, "%s ", l.items[i].key);
	object_list_finish(&l);
	return r;
}

static void check_list(struct object_source *s, const char *prefix, const char *want)
{
	char got[4096];

	print_message("  \"%s\"\n", prefix);
	assert_int_equal(list(s, prefix, got, sizeof(got)), 0);
	assert_string_equal(got, want);
}

static void one_level_is_listed_in_byte_order(void **state)
{
	struct fixture *x = *state;

	check_list(x->source, "", "a-b/ a/ e/ b.csv ");
	check_list(x->source, "a/", "a/y/ a/x.csv ");
	check_list(x->source, "a/y/", "a/y/z.csv ");
	check_list(x->source, "e/", "");
}

static void an_absent_or_impossible_folder_is_empty(void **state)
{
	struct fixture *x = *state;

	check_list(x->source, "nothing/", "");
	check_list(x->source, "b.csv/", "");
	check_list(x->source, "a/x.csv/", "");
	check_list(x->source, "../", "");
	check_list(x->source, "a/../", "");
	check_list(x->source, "./", "");
	check_list(x->source, "/", "");
	check_list(x->source, "a//y/", "");
	check_list(x->source, ".git/", "");
	check_list(x->source, "a", "");
}

static void a_listing_says_size_and_time_as_stat_does(void **state)
{
	struct fixture *x = *state;
	struct object_list l = { 0 };
	struct object_info o = { 0 };

	assert_int_equal(object_list(x->source, "", &l, NULL), 0);
	assert_int_equal(l.count, 1);
	assert_int_equal(object_stat(x->source, "b.csv", &o, NULL), 0);
	assert_string_equal(o.key, "b.csv");
	assert_int_equal(o.size_bytes, 10);
	assert_int_equal(o.modified.seconds, SANDBOX_EPOCH + INT64_C(2) * 86400);
	assert_int_equal(l.items[0].size_bytes, 10);
	assert_int_equal(l.items[0].modified.seconds, o.modified.seconds);
	assert_string_equal(l.items[0].etag, o.etag);
	free(o.key);
	object_list_finish(&l);
}

static void what_is_no_object_is_absent(void **state)
{
	static const char *const keys[] = { "", "/", "/b.csv", "b.csv/", "a", "a/",
		"a//x.csv", "./b.csv", "../b.csv", "a/../b.csv", "..", ".hidden",
		".git/config", "none", "b.csv/x", "a/none/x" };
	struct fixture *x = *state;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct object_info o = { .size_bytes = 77 };
		struct fault why = { 0 };

		print_message("  \"%s\"\n", keys[i]);
		assert_int_equal(object_stat(x->source, keys[i], &o, &why), -ENOENT);
		assert_int_equal(o.size_bytes, 77);
		assert_null(o.key);
		assert_int_equal(why.error, 0);
	}
}

static void links_are_followed_but_not_in_circles(void **state)
{
	static const struct {
		const char *name, *to;
	} links[] = { { "a/up", ".." }, { "a/self", "." }, { "a/y/top", "../.." },
		{ "a/dead", "nothing" }, { "a/loop", "loop" }, { "a/file", "../b.csv" },
		{ "a/dir", "../a-b" } };
	struct fixture *x = *state;
	struct object_info o = { 0 };
	char path[SANDBOX_PATH], got[8];

	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		sandbox_path(x->root, links[i].name, path);
		assert_int_equal(symlink(links[i].to, path), 0);
	}
	check_list(x->source, "a/", "a/dir/ a/y/ a/file a/x.csv ");
	check_list(x->source, "a/y/", "a/y/z.csv ");
	check_list(x->source, "a/dir/", "a/dir/c ");
	assert_int_equal(object_stat(x->source, "a/dead", &o, NULL), -ENOENT);
	assert_int_equal(object_stat(x->source, "a/loop", &o, NULL), -ENOENT);
	assert_int_equal(object_stat(x->source, "a/file", &o, NULL), 0);
	assert_int_equal(o.size_bytes, 10);
	assert_int_equal(object_read(x->source, &o, 8, got, sizeof(got), NULL), 2);
	free(o.key);
}

static void odd_names_and_things_are_left_out(void **state)
{
	static const char *const names[] = { "e/\377", "e/a\300\257b", "e/\355\240\200",
		"e/\364\220\200\200", "e/\342\202", "e/\360\200\200\200" };
	struct fixture *x = *state;
	char path[SANDBOX_PATH];

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		sandbox_write(x->root, &(struct sandbox_file){ names[i], "", 0 });
	sandbox_path(x->root, "e/fifo", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	sandbox_write(x->root, &(struct sandbox_file){ "e/\303\251", "", 0 });
	sandbox_write(x->root, &(struct sandbox_file){ "e/\342\202\254", "", 0 });
	sandbox_write(x->root, &(struct sandbox_file){ "e/\360\237\230\200", "", 0 });
	check_list(x->source, "e/", "e/\303\251 e/\342\202\254 e/\360\237\230\200 ");
}

static void keys_longer_than_s3_allows_are_left_out(void **state)
{
	struct fixture *x = *state;
	char prefix[OBJECT_KEY_MAX + 1] = "", key[OBJECT_KEY_MAX + 2], want[2048];
	size_t len;

	for (int i = 0; i < 5; i++) {
		len = strlen(prefix);
		memset(prefix + len, 'd', 199);
		prefix[len + 199] = '/';
		prefix[len + 200] = '\0';
	}
	/* 1000 bytes so far: names of 24 and of 25. */
	snprintf(key, sizeof(key), "%.1000s%s", prefix, "ffffffffffffffffffffffff");
	sandbox_write(x->root, &(struct sandbox_file){ key, "", 0 });
	snprintf(want, sizeof(want), "%s ", key);
	snprintf(key, sizeof(key), "%.1000s%s", prefix, "ggggggggggggggggggggggggg");
	sandbox_write(x->root, &(struct sandbox_file){ key, "", 0 });
	check_list(x->source, prefix, want);
}

static void reads_give_what_is_there_and_nothing_past_it(void **state)
{
	static const struct {
		uint64_t offset;
		size_t len;
		const char *want;
	} cases[] = { { 0, 10, "0123456789" }, { 0, 11, "0123456789" }, { 0, 1, "0" },
		{ 9, 1, "9" }, { 9, 9, "9" }, { 10, 1, "" }, { 11, 1, "" }, { 0, 0, "" },
		{ UINT64_MAX, 1, "" } };
	struct fixture *x = *state;
	struct object_info o = { 0 };

	assert_int_equal(object_stat(x->source, "b.csv", &o, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char got[16] = "";

		print_message("  %zu bytes at %llu\n", cases[i].len,
			(unsigned long long)cases[i].offset);
		assert_int_equal(object_read(x->source, &o, cases[i].offset, got,
					 cases[i].len, NULL),
			strlen(cases[i].want));
		assert_string_equal(got, cases[i].want);
	}
	free(o.key);
}

static void a_changed_object_is_stale_and_a_removed_one_absent(void **state)
{
	struct fixture *x = *state;
	struct object_info o = { 0 };
	struct fault why = { 0 };
	char path[SANDBOX_PATH], got[16];

	sandbox_path(x->root, "b.csv", path);
	assert_int_equal(object_stat(x->source, "b.csv", &o, NULL), 0);
	/* The same size; another time. */
	sandbox_write(x->root, &(struct sandbox_file){ "b.csv", "9876543210", 3 });
	assert_int_equal(object_read(x->source, &o, 0, got, 10, &why), -ESTALE);
	assert_non_null(strstr(why.text, "b.csv: has changed"));
	/* Another file with the same time and size. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(object_read(x->source, &o, 0, got, 10, &why), -ENOENT);
	assert_non_null(strstr(why.text, "b.csv"));
	/* A FIFO in its place must not block. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(object_read(x->source, &o, 0, got, 10, &why), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(object_read(x->source, &o, 0, got, 10, &why), -ENOENT);
	free(o.key);
}

static void reads_stay_in_the_folder(void **state)
{
	struct fixture *x = *state;
	char up[] = "../b.csv", absolute[] = "/etc/passwd", got[16];
	struct object_source *inner;
	char path[SANDBOX_PATH];
	struct object_info o = { .size_bytes = 10 };

	sandbox_path(x->root, "a", path);
	assert_int_equal(folder_open(path, &inner, NULL), 0);
	o.key = up;
	assert_int_equal(object_read(inner, &o, 0, got, 1, NULL), -ENOENT);
	o.key = absolute;
	assert_int_equal(object_read(inner, &o, 0, got, 1, NULL), -ENOENT);
	object_source_free(inner);
}

static void denied_is_said_with_a_cure(void **state)
{
	struct fixture *x = *state;
	char dir[SANDBOX_PATH], file[SANDBOX_PATH], got[16];
	struct object_list l = { 0 };
	struct object_info o = { 0 };
	struct object_source *s;
	struct fault why = { 0 };
	uid_t me = geteuid();

	sandbox_path(x->root, "a", dir);
	sandbox_path(x->root, "b.csv", file);
	assert_int_equal(object_stat(x->source, "b.csv", &o, NULL), 0);
	assert_int_equal(chmod(x->root, 0755), 0);
	assert_int_equal(chmod(file, 0), 0);
	assert_int_equal(chmod(dir, 0), 0);
	assert_true(me != 0 || seteuid(NOBODY) == 0);
	assert_int_equal(object_read(x->source, &o, 0, got, 1, &why), -EACCES);
	assert_non_null(strstr(why.text, "b.csv"));
	assert_true(why.cure[0] != '\0');
	free(o.key);
	o.key = NULL;
	assert_int_equal(object_list(x->source, "a/", &l, &why), -EACCES);
	assert_non_null(strstr(why.text, "/a/"));
	assert_int_equal(object_stat(x->source, "a/x.csv", &o, &why), -EACCES);
	assert_int_equal(folder_open(dir, &s, &why), -EACCES);
	assert_true(me != 0 || seteuid(me) == 0);
	assert_int_equal(chmod(dir, 0700), 0);
	object_list_finish(&l);
}

static void opening_says_what_is_wrong(void **state)
{
	struct fixture *x = *state;
	char path[SANDBOX_PATH];
	struct object_source *s = NULL;
	struct fault why = { 0 };

	sandbox_path(x->root, "none", path);
	assert_int_equal(folder_open(path, &s, &why), -ENOENT);
	assert_non_null(strstr(why.text, path));
	assert_true(why.cure[0] != '\0');
	sandbox_path(x->root, "b.csv", path);
	assert_int_equal(folder_open(path, &s, &why), -ENOTDIR);
	assert_null(s);
	object_source_free(NULL);
}

static void directory_may_come_later(void **state)
{
	struct fixture *x = *state;
	char path[SANDBOX_PATH], away[SANDBOX_PATH], bytes[8];
	struct object_info o = { 0 };
	struct object_list l = { 0 };
	struct object_source *s;
	struct fault why = { 0 };

	sandbox_path(x->root, "a", path);
	sandbox_path(x->root, "away", away);
	assert_int_equal(folder_new(path, &s), 0);
	assert_string_equal(s->name, path);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(object_list(s, "", &l, &why), -EIO);
	assert_non_null(strstr(why.text, path));
	assert_int_equal(object_stat(s, "x.csv", &o, &why), -EIO);
	o.key = bytes;
	memcpy(bytes, "x.csv", 6);
	assert_int_equal(object_read(s, &o, 0, bytes, 1, &why), -EIO);
	assert_int_equal(rename(away, path), 0);
	assert_int_equal(object_list(s, "", &l, &why), 0);
	assert_true(l.count + l.folder_count > 0);
	object_list_finish(&l);
	object_source_free(s);
}

static void the_name_is_an_absolute_path_without_a_slash_at_the_end(void **state)
{
	static const struct {
		const char *open, *want;
	} cases[] = { { "", "" }, { "a//", "/a" }, { "a/.", "/a" }, { "a/y/..", "/a" } };
	struct fixture *x = *state;
	char path[SANDBOX_PATH], want[SANDBOX_PATH + 8];
	struct object_source *s;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sandbox_path(x->root, cases[i].open, path);
		snprintf(want, sizeof(want), "%s%s", x->root, cases[i].want);
		assert_int_equal(folder_open(path, &s, NULL), 0);
		assert_string_equal(s->name, want);
		object_source_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			one_level_is_listed_in_byte_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_absent_or_impossible_folder_is_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_listing_says_size_and_time_as_stat_does, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_no_object_is_absent, setup, teardown),
		cmocka_unit_test_setup_teardown(
			links_are_followed_but_not_in_circles, setup, teardown),
		cmocka_unit_test_setup_teardown(
			odd_names_and_things_are_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(
			keys_longer_than_s3_allows_are_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(
			reads_give_what_is_there_and_nothing_past_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_changed_object_is_stale_and_a_removed_one_absent, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			reads_stay_in_the_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(
			denied_is_said_with_a_cure, setup, teardown),
		cmocka_unit_test_setup_teardown(
			opening_says_what_is_wrong, setup, teardown),
		cmocka_unit_test_setup_teardown(
			directory_may_come_later, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_name_is_an_absolute_path_without_a_slash_at_the_end, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
