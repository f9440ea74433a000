/* What the resources are, in the cache directory. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "fs/live/live_cache.h"
#include "live_case.h"

enum { DAY = 24 * 3600, NOBODY = 65534 };
#define HERE ACCOUNT, "eu-west-1"
#define THERE ACCOUNT, "us-east-1"

static const struct live_key key = {
	.identity = "me",
	.account = ACCOUNT,
	.service = "ec2",
	.type = "instances",
	.region = "eu-west-1",
};
static const struct instant now = { LIVE_CASE_NOW };

static void load_here(struct live_case *c)
{
	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_close(c);
}

static void path_of(const struct live_case *c, const char *name, char ret[512])
{
	snprintf(ret, 512, "%s/%s", c->root, name);
}

static void a_second_mount_answers_without_a_call(void **state)
{
	struct live_case *c = *state;
	struct buf names = BUF_INIT(100);
	struct live_status s;

	live_case_open(c);
	assert_int_equal(live_case_load(c, HERE), 0);
	assert_int_equal(live_regions(c->live, ACCOUNT, true, &names, NULL), -EAGAIN);
	live_case_await_listed(c, 2);
	live_case_close(c);
	live_case_answer(c, 0, (struct live_answer){ .error = -ENETUNREACH });
	live_case_pass(c, 10 * DAY);
	live_case_open(c);
	assert_int_equal(live_case_list(c, HERE, false), 0);
	assert_int_equal(live_regions(c->live, ACCOUNT, false, &names, NULL), 0);
	assert_int_equal(names.len, sizeof("eu-west-1") + sizeof("us-east-1"));
	assert_int_equal(live_case_known(c, HERE), 0);
	assert_int_equal(live_case_known(c, THERE), -ENOENT);
	live_case_assert_state(c, HERE, "running");
	s = live_case_status(c, ACCOUNT, c->instances, "eu-west-1");
	assert_int_equal(s.items, 2);
	assert_int_equal(s.success.seconds, LIVE_CASE_NOW);
	assert_int_equal(live_case_calls(c), 2);
	/* Offline for good. */
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(live_case_list(c, HERE, true), 0);
		live_case_await_calls(c, 3 + i);
		live_case_await_rest(c);
		live_case_pass(c, 1);
	}
	s = live_case_status(c, ACCOUNT, c->instances, "eu-west-1");
	assert_int_equal(s.fault.error, -ENETUNREACH);
	assert_int_equal(s.success.seconds, LIVE_CASE_NOW);
	buf_finish(&names);
}

static void it_belongs_to_who_asked(void **state)
{
	struct live_case *c = *state;

	load_here(c);
	c->options.identity = "profile other";
	live_case_open(c);
	assert_int_equal(live_case_known(c, HERE), -ENOENT);
	assert_int_equal(live_case_list(c, HERE, true), -EAGAIN);
	live_case_await_listed(c, 2);
	live_case_close(c);
	assert_int_equal(live_case_files(c), 2);
}

static void files_are_ours_alone_and_say_when_they_were_asked_for(void **state)
{
	struct live_case *c = *state;
	char path[512], folder[512];
	struct stat st;

	umask(0);
	live_case_pass(c, DAY);
	load_here(c);
	live_case_only_file(c, path, sizeof(path));
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_mtime, LIVE_CASE_NOW + DAY);
	path_of(c, "v1/live", folder);
	assert_int_equal(lstat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* Its use is noted, once a day. */
	live_case_pass(c, 3 * DAY);
	live_case_open(c);
	assert_int_equal(live_case_known(c, HERE), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_atime, LIVE_CASE_NOW + 4 * DAY);
	assert_int_equal(st.st_mtime, LIVE_CASE_NOW + DAY);
}

static struct inventory *two_items(void)
{
	struct inventory_builder *b = inventory_builder_new(now);
	const struct inventory_item items[] = {
		{ .text = { [INVENTORY_ID] = SPAN("i-1"),
			  [INVENTORY_TAGS] = SPAN("{\"a\":\"b\"}") },
			.json = SPAN("{\n    \"InstanceId\": \"i-1\"\n}") },
		{ .text = { [INVENTORY_ID] = SPAN("i-2") }, .json = SPAN("{}") },
	};
	struct inventory *v = NULL;

	assert_non_null(b);
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		assert_int_equal(inventory_builder_add(b, &items[i]), 0);
	assert_int_equal(inventory_builder_finish(b, &v), 0);
	return v;
}

/* With one file, whose bytes and name are answered. */
static int open_saved(struct live_case *c, struct buf *ret_bytes, char path[512])
{
	struct inventory *v = two_items();
	int fd = -1;

	assert_int_equal(live_cache_open(c->root, &fd, NULL), 0);
	assert_int_equal(live_cache_save(fd, &key, now, v), 0);
	inventory_unref(v);
	live_case_only_file(c, path, 512);
	assert_int_equal(io_read_file(AT_FDCWD, path, ret_bytes), 0);
	return fd;
}

static void put(const char *path, struct span bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, bytes.p, bytes.len), 0);
	close(fd);
}

static void a_file_is_as_described(void **state)
{
	static const char head[] =
		"costfsR1\x28\0\0\0me\0" ACCOUNT "\0ec2\0instances\0eu-west-1";
	struct live_case *c = *state;
	struct buf bytes = BUF_INIT(10000);
	struct inventory *v = NULL;
	char path[512];
	int fd = open_saved(c, &bytes, path);

	/* printf 'me\000111122223333\000ec2\000instances\000eu-west-1\000' | sha256sum */
	assert_string_equal(
		strrchr(path, '/') + 1, "14a3281c50188b2866961b4c864348f7.inventory");
	assert_true(bytes.len > sizeof(head));
	assert_memory_equal(bytes.p, head, sizeof(head));
	assert_int_equal(
		inventory_load(span_from(buf_span(&bytes), sizeof(head)), &v), 0);
	assert_int_equal(inventory_count(v), 2);
	inventory_unref(v);
	close(fd);
	buf_finish(&bytes);
}

static void a_damaged_file_is_none(void **state)
{
	struct live_case *c = *state;
	struct buf bytes = BUF_INIT(10000);
	struct inventory *v = NULL;
	char path[512];
	int fd = open_saved(c, &bytes, path);

	assert_int_equal(live_cache_load(fd, &key, now, &v), 0);
	inventory_unref(v);
	v = NULL;
	for (size_t len = 0; len < bytes.len; len++) {
		put(path, span_first(buf_span(&bytes), len));
		assert_int_equal(live_cache_load(fd, &key, now, &v), -EBADMSG);
	}
	for (size_t at = 0; at < bytes.len; at++) {
		bytes.p[at] ^= 0x10;
		put(path, buf_span(&bytes));
		bytes.p[at] ^= 0x10;
		assert_int_equal(live_cache_load(fd, &key, now, &v), -EBADMSG);
	}
	assert_int_equal(buf_append(&bytes, "x", 1), 0);
	put(path, buf_span(&bytes));
	assert_int_equal(live_cache_load(fd, &key, now, &v), -EBADMSG);
	assert_null(v);
	close(fd);
	buf_finish(&bytes);
}

static void a_foreign_file_is_none(void **state)
{
	struct live_case *c = *state;
	struct buf bytes = BUF_INIT(10000);
	struct live_key other = key;
	struct inventory *v = NULL;
	char path[512], elsewhere[512];
	int fd = open_saved(c, &bytes, path);

	other.region = "us-east-1";
	assert_int_equal(live_cache_load(fd, &other, now, &v), -ENOENT);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
		assert_int_equal(live_cache_load(fd, &key, now, &v), -EBADMSG);
	}
	/* Of another listing, under this one's name. */
	v = two_items();
	assert_int_equal(unlink(path), 0);
	assert_int_equal(live_cache_save(fd, &other, now, v), 0);
	inventory_unref(v);
	v = NULL;
	live_case_only_file(c, elsewhere, sizeof(elsewhere));
	assert_int_equal(rename(elsewhere, path), 0);
	assert_int_equal(live_cache_load(fd, &key, now, &v), -EBADMSG);
	/* A link, a directory, a pipe. */
	path_of(c, "elsewhere", elsewhere);
	put(elsewhere, buf_span(&bytes));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_int_equal(live_cache_load(fd, &key, now, &v), -EBADMSG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(live_cache_load(fd, &key, now, &v), -EBADMSG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(live_cache_load(fd, &key, now, &v), -EBADMSG);
	assert_null(v);
	close(fd);
	buf_finish(&bytes);
}

static void a_damaged_file_is_replaced(void **state)
{
	struct live_case *c = *state;
	char path[512];

	load_here(c);
	live_case_only_file(c, path, sizeof(path));
	assert_int_equal(truncate(path, 100), 0);
	live_case_open(c);
	assert_int_equal(live_case_known(c, HERE), -ENOENT);
	assert_int_equal(live_case_list(c, HERE, true), -EAGAIN);
	live_case_await_listed(c, 2);
	live_case_close(c);
	live_case_open(c);
	assert_int_equal(live_case_known(c, HERE), 0);
	assert_int_equal(live_case_files(c), 1);
	assert_int_equal(live_case_calls(c), 2);
}

static void regions_that_are_none_are_not_taken_from_a_file(void **state)
{
	struct live_case *c = *state;
	struct live_key regions = {
		.identity = "profile payer",
		.account = ACCOUNT,
		.service = "",
		.type = "regions",
		.region = "",
	};
	struct inventory_builder *b = inventory_builder_new(now);
	const struct inventory_item item = { .text = { [INVENTORY_ID] = SPAN("../x") },
		.json = SPAN("{}") };
	struct buf names = BUF_INIT(100);
	struct inventory *v = NULL;
	int fd = -1;

	assert_int_equal(inventory_builder_add(b, &item), 0);
	assert_int_equal(inventory_builder_finish(b, &v), 0);
	assert_int_equal(live_cache_open(c->root, &fd, NULL), 0);
	assert_int_equal(live_cache_save(fd, &regions, now, v), 0);
	inventory_unref(v);
	close(fd);
	live_case_open(c);
	assert_int_equal(live_regions(c->live, ACCOUNT, false, &names, NULL), -EAGAIN);
	buf_finish(&names);
}

/* It works without, and says why. */
static void assert_works_without(struct live_case *c)
{
	struct fault why = { 0 };
	unsigned before = live_case_calls(c);

	assert_int_equal(live_open(&c->options, &c->live, &why), 0);
	assert_string_not_equal(why.text, "");
	assert_int_equal(why.error, -EACCES);
	assert_int_equal(live_case_load(c, HERE), 0);
	assert_int_equal(live_case_calls(c), before + 1);
	live_case_close(c);
}

static void a_directory_of_others_is_not_used(void **state)
{
	struct live_case *c = *state;
	char path[512], moved[512];

	load_here(c);
	path_of(c, "v1/live", path);
	path_of(c, "moved", moved);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(symlink(moved, path), 0);
	assert_works_without(c);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(moved, path), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
		assert_works_without(c);
		assert_int_equal(chown(path, 0, 0), 0);
	}
	/* One that is open to others is closed to them. */
	assert_int_equal(chmod(path, 0777), 0);
	live_case_open(c);
	assert_int_equal(live_case_known(c, HERE), 0);
}

/* What is said on standard error goes to a file. */
struct ear {
	char path[512];
	int before;
};

static void ear_open(struct ear *e, const struct live_case *c)
{
	int fd;

	path_of(c, "said", e->path);
	fd = open(e->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	e->before = dup(STDERR_FILENO);
	assert_true(fd >= 0 && e->before >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
}

static unsigned ear_close(struct ear *e)
{
	struct buf said = BUF_INIT(100000);
	unsigned lines = 0;

	assert_int_equal(dup2(e->before, STDERR_FILENO), STDERR_FILENO);
	close(e->before);
	assert_int_equal(io_read_file(AT_FDCWD, e->path, &said), 0);
	for (size_t i = 0; i < said.len; i++)
		lines += said.p[i] == '\n';
	buf_finish(&said);
	return lines;
}

/* Each is asked for, and shown. */
static void assert_works(struct live_case *c)
{
	static const char *const regions[] = { "eu-0", "eu-1", "eu-2" };

	for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
		assert_int_equal(live_case_load(c, ACCOUNT, regions[i]), 0);
		assert_int_equal(live_case_list(c, ACCOUNT, regions[i], true), 0);
		live_case_await_rest(c);
	}
}

static void a_full_disk_is_said_once_and_done_without(void **state)
{
	struct live_case *c = *state;
	struct rlimit before, none;
	struct ear ear;
	unsigned lines;

	live_case_open(c);
	ear_open(&ear, c);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 150;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_works(c);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	lines = ear_close(&ear);
	assert_int_equal(lines, 1);
	assert_int_equal(live_case_files(c), 0);
	/* There is room again. */
	assert_int_equal(live_case_load(c, HERE), 0);
	live_case_close(c);
	assert_int_equal(live_case_files(c), 1);
}

static void a_cache_for_reading_works(void **state)
{
	struct live_case *c = *state;
	char path[512];
	struct ear ear;

	if (geteuid() == 0) {
		assert_int_equal(chown(c->root, NOBODY, NOBODY), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	load_here(c);
	path_of(c, "v1/live", path);
	assert_int_equal(chmod(path, 0500), 0);
	ear_open(&ear, c);
	live_case_open(c);
	assert_int_equal(live_case_list(c, HERE, true), 0);
	assert_int_equal(live_case_calls(c), 1);
	assert_works(c);
	live_case_close(c);
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(ear_close(&ear), 1);
	assert_int_equal(live_case_files(c), 1);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void make(const struct live_case *c, const char *name, int64_t used, int64_t asked)
{
	const struct timespec times[2] = { { .tv_sec = used }, { .tv_sec = asked } };
	char path[512];

	snprintf(path, sizeof(path), "%s/v1/live/%s", c->root, name);
	put(path, SPAN("x"));
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(const struct live_case *c, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/v1/live/%s", c->root, name);
	return access(path, F_OK) == 0;
}

#define HASH "0123456789abcdef0123456789abcde"

static void old_files_are_removed(void **state)
{
	enum { MONTH = 30 * DAY };
	static const struct {
		const char *name;
		int used, asked; /* seconds ago */
		bool stays;
	} rows[] = {
		{ HASH "0.inventory", MONTH + 1, MONTH + 1, false },
		{ HASH "1.inventory", MONTH, MONTH + 1, true },
		{ HASH "2.inventory", MONTH + 1, MONTH, true },
		{ HASH "3.inventory", -DAY, -DAY, true },
		{ HASH "4.inventory.12-0.tmp", 3601, 3601, false },
		{ HASH "5.inventory.12-0.tmp", 3600, 3600, true },
		/* None of ours. */
		{ HASH "6.inventory.bak", 2 * MONTH, 2 * MONTH, true },
		{ HASH "A.inventory", 2 * MONTH, 2 * MONTH, true },
		{ HASH ".inventory", 2 * MONTH, 2 * MONTH, true },
		{ "notes.txt", 2 * MONTH, 2 * MONTH, true },
		{ "notes.tmp", 2 * MONTH, 2 * MONTH, true },
	};
	struct live_case *c = *state;

	live_case_open(c);
	live_case_close(c);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		make(c, rows[i].name, LIVE_CASE_NOW - rows[i].used,
			LIVE_CASE_NOW - rows[i].asked);
	/* Its end waits for the thread that does it. */
	live_case_open(c);
	live_case_close(c);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].name);
		assert_int_equal(is_there(c, rows[i].name), rows[i].stays);
	}
	assert_int_equal(live_forget(c->root, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(is_there(c, rows[i].name), i > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_CASE(a_second_mount_answers_without_a_call),
		LIVE_CASE(it_belongs_to_who_asked),
		LIVE_CASE(files_are_ours_alone_and_say_when_they_were_asked_for),
		LIVE_CASE(a_file_is_as_described),
		LIVE_CASE(a_damaged_file_is_none),
		LIVE_CASE(a_foreign_file_is_none),
		LIVE_CASE(a_damaged_file_is_replaced),
		LIVE_CASE(regions_that_are_none_are_not_taken_from_a_file),
		LIVE_CASE(a_directory_of_others_is_not_used),
		LIVE_CASE(a_full_disk_is_said_once_and_done_without),
		LIVE_CASE(a_cache_for_reading_works),
		LIVE_CASE(old_files_are_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
