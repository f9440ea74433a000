/* The cache directory: who may use it, eviction, leftovers. */
#include "fs/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_case.h"

#define ID_MORE "dddddddddddddddddddddddddddddddd"

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

static time_t last_use(const struct store_case *c, const char *name)
{
	struct stat st;

	assert_int_equal(stat(file_path(c, name), &st), 0);
	return st.st_mtime;
}

static void only_use_is_noted_not_a_look_at_what_is_there(void **state)
{
	struct store_case *c = *state;
	struct delivery d = delivery_of(ID_A);
	struct month *m = NULL;

	build_and_close(c, ID_A);
	set_used(c, ID_A ".cube", 1000);
	assert_int_equal(find_month(c, ID_A), 0);
	assert_int_equal(last_use(c, ID_A ".cube"), 1000);
	assert_int_equal(store_find(c->store, &d, &m), 0);
	month_use(m);
	month_unref(m);
	assert_true(last_use(c, ID_A ".cube") > 1000);
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

static void set_both_used(const struct store_case *c, const char *id, time_t seconds)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.cube", id);
	set_used(c, name, seconds);
	snprintf(name, sizeof(name), "%s.data", id);
	set_used(c, name, seconds);
}

static void build_three(struct store_case *c)
{
	build_and_close(c, ID_A);
	build_and_close(c, ID_B);
	build_and_close(c, ID_C);
	set_both_used(c, ID_A, 2000);
	set_both_used(c, ID_B, 1000);
	set_both_used(c, ID_C, 3000);
}

/* What is there, as "AbC": months with their rows, and without. */
static const char *letters(const struct store_case *c)
{
	static const char *const ids[] = { ID_A, ID_B, ID_C };
	static char text[4];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s.cube", ids[i]);
		if (!has_file(c, name))
			continue;
		snprintf(name, sizeof(name), "%s.data", ids[i]);
		text[n++] = (char)((has_file(c, name) ? 'A' : 'a') + (int)i);
	}
	text[n] = '\0';
	return text;
}

static void trim_removes_rows_then_months_by_their_last_use(void **state)
{
	struct store_case *c = *state;
	uint64_t one = bytes_of_one(c);
	const struct {
		uint64_t keep;
		const char *want;
	} rows[] = {
		{ 4 * one, "ABC" },
		{ 3 * one, "ABC" },
		{ 3 * one - 1, "AbC" },
		{ 3 * one - DATA_BYTES, "AbC" },
		{ 3 * one - DATA_BYTES - 1, "abC" },
		{ 3 * (one - DATA_BYTES), "abc" },
		{ 3 * (one - DATA_BYTES) - 1, "ac" },
		{ one - DATA_BYTES, "c" },
		{ one - DATA_BYTES - 1, "" },
		{ 0, "" },
	};

	assert_true(one > DATA_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("keep %llu\n", (unsigned long long)rows[i].keep);
		build_three(c);
		assert_int_equal(store_trim(c->store, rows[i].keep), 0);
		assert_string_equal(letters(c), rows[i].want);
	}
}

static void what_is_in_use_is_not_evicted(void **state)
{
	struct store_case *c = *state;
	struct delivery d = delivery_of(ID_B);
	struct month *m = NULL;
	struct store_usage usage;

	build_three(c);
	assert_int_equal(store_find(c->store, &d, &m), 0);
	assert_int_equal(month_pin(m), 0);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_int_equal(usage.months, 3);
	assert_int_equal(usage.with_rows, 3);
	assert_int_equal(usage.in_use, 1);
	assert_int_equal(usage.limit_bytes, UINT64_C(20) << 30);
	assert_int_equal(store_trim(c->store, 0), 0);
	assert_string_equal(letters(c), "B");
	month_unpin(m);
	assert_int_equal(store_trim(c->store, 0), 0);
	assert_string_equal(letters(c), "b");
	assert_int_equal(month_pin(m), -ENODATA);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_int_equal(usage.with_rows, 0);
	month_unref(m);
	assert_int_equal(store_trim(c->store, 0), 0);
	assert_int_equal(file_count(c), 0);
}

struct counting {
	struct store *store;
	atomic_bool is_over;
};

/* NULL, or what it was given where that failed. */
static void *count_on(void *context)
{
	struct counting *c = context;
	struct store_usage usage;

	while (!atomic_load(&c->is_over))
		if (store_usage(c->store, &usage) < 0)
			return context;
	return NULL;
}

static void who_counts_locks_nothing(void **state)
{
	struct store_case *c = *state;
	struct counting counting = { .store = c->store };
	struct store_usage usage;
	pthread_t thread;
	void *failed;
	int fd;

	build_and_close(c, ID_A);
	fd = open(file_path(c, ID_A ".cube"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	/* Who evicts it does not use it. */
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_int_equal(usage.in_use, 0);
	assert_int_equal(pthread_create(&thread, NULL, count_on, &counting), 0);
	for (int i = 0; i < 20000; i++) {
		assert_int_equal(flock(fd, LOCK_UN), 0);
		assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	}
	atomic_store(&counting.is_over, true);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	close(fd);
}

static void evicted_rows_are_built_again_for_the_month_that_is_open(void **state)
{
	struct store_case *c = *state;
	struct delivery d = delivery_of(ID_A);
	struct month *m = NULL, *again = NULL;
	struct stat before, after;

	build_and_close(c, ID_A);
	assert_int_equal(store_find(c->store, &d, &m), 0);
	assert_int_equal(store_trim(c->store, 0), 0);
	assert_int_equal(stat(file_path(c, ID_A ".cube"), &before), 0);
	assert_int_equal(build_month(c, ID_A, &again, NULL), 0);
	assert_int_equal(fake_ingest_calls(), 2);
	assert_int_equal(month_pin(m), 0);
	month_unpin(m);
	/* The file that is mapped is still the one in the cache. */
	assert_int_equal(stat(file_path(c, ID_A ".cube"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(file_count(c), 2);
	month_unref(again);
	/* Nothing is built where they are there. */
	assert_int_equal(build_month(c, ID_A, &again, NULL), 0);
	assert_int_equal(fake_ingest_calls(), 2);
	month_unref(again);
	month_unref(m);
}

static void listings_and_tables_count_and_go_by_their_last_use(void **state)
{
	struct store_case *c = *state;
	struct store_usage usage;
	uint64_t one = bytes_of_one(c);

	assert_int_equal(mkdir(file_path(c, "live"), 0700), 0);
	write_file(c, "live/" ID_A ".inventory", "0123456789");
	write_file(c, "live/" ID_B ".inventory", "0123456789");
	write_file(c, "live/notes", "none of ours");
	write_file(c, ID_B ".table", "0123456789");
	build_and_close(c, ID_C);
	set_used(c, "live/" ID_A ".inventory", 3000);
	set_used(c, "live/" ID_B ".inventory", 1000);
	set_used(c, ID_B ".table", 2000);
	set_both_used(c, ID_C, 500);
	assert_int_equal(store_usage(c->store, &usage), 0);
	assert_int_equal(usage.bytes, one + 30);
	assert_int_equal(usage.tables, 1);
	assert_int_equal(usage.listings, 2);
	assert_int_equal(usage.months, 1);
	assert_int_equal(store_trim(c->store, one - DATA_BYTES + 20), 0);
	assert_string_equal(letters(c), "c");
	assert_false(has_file(c, "live/" ID_B ".inventory"));
	assert_true(has_file(c, ID_B ".table"));
	assert_int_equal(store_trim(c->store, one - DATA_BYTES + 10), 0);
	assert_false(has_file(c, ID_B ".table"));
	assert_true(has_file(c, "live/" ID_A ".inventory"));
	assert_int_equal(store_trim(c->store, 0), 0);
	assert_int_equal(file_count(c), 1);
}

/* Two at once exceed the limit by no more than one. */
static void what_others_are_building_counts(void **state)
{
	struct store_case *c = *state;
	uint64_t one = bytes_of_one(c);
	int fd;

	build_three(c);
	write_file(c, "tmp-" ID_MORE ".data", "0123456789");
	fd = open(file_path(c, ID_MORE ".lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(store_trim(c->store, 3 * one + 10), 0);
	assert_string_equal(letters(c), "ABC");
	assert_int_equal(store_trim(c->store, 3 * one + 9), 0);
	assert_string_equal(letters(c), "AbC");
	close(fd);
	/* Of a dead one nothing is left. */
	build_three(c);
	assert_int_equal(store_trim(c->store, 3 * one), 0);
	assert_string_equal(letters(c), "ABC");
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
	assert_string_equal(letters(c), "abC");
	open_store(c, 1);
	assert_int_equal(build_month(c, ID_A, &m, NULL), 0);
	assert_string_equal(letters(c), "A");
	assert_int_equal(file_count(c), 2);
	month_unref(m);
}

static void leftovers_are_removed_unless_their_builder_lives(void **state)
{
	struct store_case *c = *state;
	int fd;

	write_file(c, "tmp-" ID_A ".data", "x");
	write_file(c, "tmp-" ID_A ".cube", "x");
	write_file(c, "tmp-" ID_A ".spill", "x");
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
	if (store_open(
		    &(struct store_options){ .path = c->path, .memory_bytes = 1 << 20 },
		    &mine.store, &why) < 0)
		return 7;
	if (build_month(&mine, ID_B, &m, &why) != 0 || !month_is_in_memory(m))
		return 8;
	month_unref(m);
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
		TEST(only_use_is_noted_not_a_look_at_what_is_there),
		TEST(trim_removes_rows_then_months_by_their_last_use),
		TEST(what_is_in_use_is_not_evicted),
		TEST(who_counts_locks_nothing),
		TEST(evicted_rows_are_built_again_for_the_month_that_is_open),
		TEST(listings_and_tables_count_and_go_by_their_last_use),
		TEST(what_others_are_building_counts),
		TEST(build_keeps_the_limit_and_the_month_it_was_for),
		TEST(leftovers_are_removed_unless_their_builder_lives),
		TEST(month_in_an_unwritable_cache_is_found),
		TEST(nothing_is_closed_without_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
