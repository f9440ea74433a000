/* The cache directory: who may use it, eviction, leftovers. */
#include "fs/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_case.h"

static void set_used(const struct store_case *c, const char *name, time_t seconds)
{
	const struct timespec t[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(AT_FDCWD, file_path(c, name), t, 0), 0);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static int try_open(const char *path, struct fault *why)
{
	struct store *s = NULL;
	int r = store_open(&(struct store_options){ .path = path }, &s, why);

	if (r < 0)
		assert_null(s);
	store_close(s);
	return r;
}

static void directory_is_made_with_its_parents_for_its_owner_only(void **state)
{
	struct store_case *c = *state;
	char parent[96];

	snprintf(parent, sizeof(parent), "%s/some", c->root);
	assert_int_equal(mode_of(parent), 0700);
	assert_int_equal(mode_of(c->path), 0700);
	assert_int_equal(mode_of(file_path(c, "")), 0700);
}

static void directory_open_to_others_is_closed_to_them(void **state)
{
	struct store_case *c = *state;

	assert_int_equal(chmod(file_path(c, ""), 0755), 0);
	assert_int_equal(try_open(c->path, NULL), 0);
	assert_int_equal(mode_of(file_path(c, "")), 0700);
}

static void directory_that_holds_more_than_the_cache_keeps_its_mode(void **state)
{
	struct store_case *c = *state;

	assert_int_equal(chmod(c->path, 0755), 0);
	assert_int_equal(try_open(c->path, NULL), 0);
	assert_int_equal(mode_of(c->path), 0755);
}

static void directory_that_others_write_to_is_refused_and_left_alone(void **state)
{
	static const mode_t modes[] = { 0770, 0702, 01777 };
	struct store_case *c = *state;
	struct fault why = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		assert_int_equal(chmod(c->path, modes[i]), 0);
		assert_int_equal(try_open(c->path, &why), -EACCES);
		assert_non_null(strstr(why.cure, "chmod"));
		assert_int_equal(mode_of(c->path), modes[i]);
	}
	assert_int_equal(chmod(c->path, 0700), 0);
}

static void symbolic_link_is_refused_with_and_without_slash(void **state)
{
	struct store_case *c = *state;
	struct fault why = { 0 };
	char link[96];

	snprintf(link, sizeof(link), "%s/link", c->root);
	assert_int_equal(symlink(c->path, link), 0);
	assert_int_equal(try_open(link, &why), -EACCES);
	assert_non_null(strstr(why.text, "symbolic link"));
	assert_non_null(strstr(why.cure, "--cache"));
	snprintf(link, sizeof(link), "%s/link/", c->root);
	assert_int_equal(try_open(link, NULL), -EACCES);
}

static void file_in_its_place_is_refused(void **state)
{
	struct store_case *c = *state;

	write_file(c, "file", "");
	assert_int_equal(try_open(file_path(c, "file"), NULL), -EACCES);
}

static void directory_of_another_user_is_refused(void **state)
{
	struct store_case *c = *state;
	struct fault why = { 0 };

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(c->path, 12345, (gid_t)-1), 0);
	assert_int_equal(try_open(c->path, &why), -EACCES);
	assert_non_null(strstr(why.text, "another user"));
	assert_int_equal(chown(c->path, 0, (gid_t)-1), 0);
}

static void month_is_not_found_before_it_was_built(void **state)
{
	assert_int_equal(find_month(*state, ID_A), -ENOENT);
}

static void finding_a_month_marks_its_last_use(void **state)
{
	struct store_case *c = *state;
	struct stat st;

	build_and_close(c, ID_A);
	set_used(c, ID_A ".cube", 1000);
	assert_int_equal(find_month(c, ID_A), 0);
	assert_int_equal(stat(file_path(c, ID_A ".cube"), &st), 0);
	assert_true(st.st_mtime > 1000);
}

static uint64_t bytes_of_one(struct store_case *c)
{
	struct store_usage usage;

	build_and_close(c, ID_A);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_int_equal(usage.months, 1);
	assert_int_equal(store_trim(c->store, 0), 0);
	return usage.bytes;
}

static void build_three(struct store_case *c)
{
	build_and_close(c, ID_A);
	build_and_close(c, ID_B);
	build_and_close(c, ID_C);
	set_used(c, ID_A ".cube", 2000);
	set_used(c, ID_B ".cube", 1000);
	set_used(c, ID_C ".cube", 3000);
}

static void trim_removes_the_least_recently_used_until_it_fits(void **state)
{
	struct store_case *c = *state;
	uint64_t one = bytes_of_one(c);
	const struct {
		uint64_t keep;
		bool a, b, c;
	} rows[] = {
		{ 4 * one, true, true, true },
		{ 3 * one, true, true, true },
		{ 3 * one - 1, true, false, true },
		{ 2 * one, true, false, true },
		{ 2 * one - 1, false, false, true },
		{ one, false, false, true },
		{ one - 1, false, false, false },
		{ 0, false, false, false },
	};

	assert_true(one > DATA_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("keep %llu\n", (unsigned long long)rows[i].keep);
		build_three(c);
		assert_int_equal(store_trim(c->store, rows[i].keep), 0);
		assert_int_equal(has_file(c, ID_A ".cube"), rows[i].a);
		assert_int_equal(has_file(c, ID_A ".data"), rows[i].a);
		assert_int_equal(has_file(c, ID_B ".cube"), rows[i].b);
		assert_int_equal(has_file(c, ID_C ".cube"), rows[i].c);
	}
}

static void month_in_use_is_not_evicted(void **state)
{
	struct store_case *c = *state;
	struct delivery d = delivery_of(ID_B);
	struct month *m = NULL;
	struct store_usage usage, size;

	build_three(c);
	assert_int_equal(store_find(c->store, &d, &m), 0);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_int_equal(usage.months, 3);
	assert_int_equal(usage.in_use, 1);
	assert_int_equal(usage.limit_bytes, UINT64_C(20) << 30);
	assert_int_equal(store_size(c->store, &size), 0);
	assert_int_equal(size.bytes, usage.bytes);
	assert_int_equal(size.months, 3);
	assert_int_equal(size.in_use, 0);
	assert_int_equal(size.limit_bytes, usage.limit_bytes);
	assert_int_equal(store_trim(c->store, 0), 0);
	assert_true(has_file(c, ID_B ".cube"));
	assert_int_equal(file_count(c), 2);
	month_unref(m);
	assert_int_equal(store_trim(c->store, 0), 0);
	assert_int_equal(file_count(c), 0);
}

static void build_keeps_the_limit_and_the_month_it_was_for(void **state)
{
	struct store_case *c = *state;
	uint64_t one = bytes_of_one(c);
	struct month *m = NULL;

	open_store(c, 2 * one);
	build_and_close(c, ID_A);
	build_and_close(c, ID_B);
	build_and_close(c, ID_C);
	assert_false(has_file(c, ID_A ".cube"));
	assert_int_equal(file_count(c), 4);
	open_store(c, 1);
	assert_int_equal(build_month(c, ID_A, &m, NULL), 0);
	assert_true(has_file(c, ID_A ".cube"));
	assert_int_equal(file_count(c), 2);
	month_unref(m);
}

static void leftovers_are_removed_unless_their_builder_lives(void **state)
{
	struct store_case *c = *state;
	int fd;

	write_file(c, "tmp-" ID_A ".data", "x");
	write_file(c, "tmp-" ID_A ".cube", "x");
	write_file(c, ID_B ".data", "no cube");
	write_file(c, ID_C ".lock", "");
	write_file(c, "notes.txt", "none of ours");
	write_file(c, "tmp-short.data", "none of ours");
	fd = open(file_path(c, ID_A ".lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(store_trim(c->store, UINT64_MAX), 0);
	assert_true(has_file(c, "tmp-" ID_A ".data"));
	assert_false(has_file(c, ID_B ".data"));
	assert_false(has_file(c, ID_C ".lock"));
	close(fd);
	assert_int_equal(store_trim(c->store, UINT64_MAX), 0);
	assert_int_equal(file_count(c), 2);
}

/* Runs as nobody, for whom an unwritable directory is unwritable. */
static int read_unwritable(const struct store_case *c)
{
	struct store_case mine = *c;
	struct fault why = { 0 };
	struct month *m = NULL;

	mine.store = NULL;
	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 2;
	if (store_open(&(struct store_options){ .path = c->path }, &mine.store, &why) < 0)
		return 3;
	if (find_month(&mine, ID_A) != 0)
		return 4;
	if (build_month(&mine, ID_A, &m, &why) != 0)
		return 5;
	month_unref(m);
	m = NULL;
	if (build_month(&mine, ID_B, &m, &why) != -EACCES || m || why.cure[0] == '\0')
		return 6;
	store_close(mine.store);
	return 0;
}

static void month_in_an_unwritable_cache_is_found(void **state)
{
	struct store_case *c = *state;
	char parent[96];
	pid_t child;
	int status;

	if (geteuid() != 0)
		skip();
	build_and_close(c, ID_A);
	assert_int_equal(chmod(c->root, 0755), 0);
	snprintf(parent, sizeof(parent), "%s/some", c->root);
	assert_int_equal(chmod(parent, 0755), 0);
	assert_int_equal(chown(file_path(c, ID_A ".cube"), 65534, 65534), 0);
	assert_int_equal(chown(file_path(c, ID_A ".data"), 65534, 65534), 0);
	assert_int_equal(chown(file_path(c, ""), 65534, 65534), 0);
	assert_int_equal(chown(c->path, 65534, 65534), 0);
	assert_int_equal(chmod(file_path(c, ""), 0500), 0);
	assert_int_equal(chmod(c->path, 0500), 0);
	child = fork();
	if (child == 0)
		_exit(read_unwritable(c));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void nothing_is_closed_without_complaint(void **state)
{
	(void)state;
	store_close(NULL);
}

#define TEST(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, store_case_setup, store_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(directory_is_made_with_its_parents_for_its_owner_only),
		TEST(directory_open_to_others_is_closed_to_them),
		TEST(directory_that_holds_more_than_the_cache_keeps_its_mode),
		TEST(directory_that_others_write_to_is_refused_and_left_alone),
		TEST(symbolic_link_is_refused_with_and_without_slash),
		TEST(file_in_its_place_is_refused),
		TEST(directory_of_another_user_is_refused),
		TEST(month_is_not_found_before_it_was_built),
		TEST(finding_a_month_marks_its_last_use),
		TEST(trim_removes_the_least_recently_used_until_it_fits),
		TEST(month_in_use_is_not_evicted),
		TEST(build_keeps_the_limit_and_the_month_it_was_for),
		TEST(leftovers_are_removed_unless_their_builder_lives),
		TEST(month_in_an_unwritable_cache_is_found),
		TEST(nothing_is_closed_without_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
