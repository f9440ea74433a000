/* The cache directory: who may use it, builds that wait for each other, eviction,
 * leftovers. */
#include "fs/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "fake_cached_month.h"

enum { DATA_BYTES = 1000 };

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ID_C "cccccccccccccccccccccccccccccccc"

struct world {
	char root[64];
	char path[96]; /* of the cache */
	struct store *store;
	struct object_source source;
};

static char *file_path(const struct world *w, const char *name)
{
	static char path[256];
	struct buf b = BUF_INIT(sizeof(path));

	assert_int_equal(buf_appendf(&b, "%s/v1/%s", w->path, name), 0);
	memcpy(path, buf_text(&b), b.len + 1);
	buf_finish(&b);
	return path;
}

static struct delivery delivery_of(const char *id)
{
	struct delivery d = { .month = { 2026 * 12 + 10 } };

	snprintf(d.id, sizeof(d.id), "%s", id);
	return d;
}

static void open_store(struct world *w, uint64_t limit_bytes)
{
	struct fault why = { 0 };

	store_close(w->store);
	w->store = NULL;
	assert_int_equal(store_open(&(struct store_options){ .path = w->path,
					    .limit_bytes = limit_bytes },
				 &w->store, &why),
		0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->root, sizeof(w->root), "/tmp/test_store-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	snprintf(w->path, sizeof(w->path), "%s/some/cache", w->root);
	w->source.name = "fake";
	fake_ingest_reset(NULL, NULL, DATA_BYTES);
	log_set_level(LOG_LEVEL_ERROR);
	open_store(w, 0);
	*state = w;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;

	assert_int_equal(fake_months_open(), 0);
	store_close(w->store);
	assert_int_equal(nftw(w->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(w);
	return 0;
}

static int build(struct world *w, const char *id, struct month **ret, struct fault *why)
{
	struct delivery d = delivery_of(id);

	return store_build(w->store, &w->source, &d, NULL, NULL, ret, why);
}

static void build_and_close(struct world *w, const char *id)
{
	struct month *m = NULL;

	assert_int_equal(build(w, id, &m, NULL), 0);
	month_unref(m);
}

static int find(struct world *w, const char *id)
{
	struct delivery d = delivery_of(id);
	struct month *m = NULL;
	int r = store_find(w->store, &d, &m);

	if (r == 0)
		assert_string_equal(month_facts(m)->id, id);
	month_unref(m);
	return r;
}

static bool exists(const struct world *w, const char *name)
{
	return access(file_path(w, name), F_OK) == 0;
}

/* All names in the cache, sorted by nftw's order of no meaning: counted. */
static unsigned counted;
static int count_one(const char *path, const struct stat *st, int type)
{
	(void)path;
	(void)st;
	counted += type == FTW_F;
	return 0;
}

static unsigned file_count(const struct world *w)
{
	counted = 0;
	assert_int_equal(ftw(w->path, count_one, 16), 0);
	return counted;
}

static void write_text(const struct world *w, const char *name, const char *text)
{
	int fd = open(file_path(w, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
	close(fd);
}

static void set_used(const struct world *w, const char *name, time_t seconds)
{
	const struct timespec t[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(AT_FDCWD, file_path(w, name), t, 0), 0);
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
	struct world *w = *state;
	char parent[96];

	snprintf(parent, sizeof(parent), "%s/some", w->root);
	assert_int_equal(mode_of(parent), 0700);
	assert_int_equal(mode_of(w->path), 0700);
	assert_int_equal(mode_of(file_path(w, "")), 0700);
}

static void directory_open_to_others_is_closed_to_them(void **state)
{
	struct world *w = *state;

	assert_int_equal(chmod(file_path(w, ""), 0755), 0);
	assert_int_equal(try_open(w->path, NULL), 0);
	assert_int_equal(mode_of(file_path(w, "")), 0700);
}

static void directory_that_holds_more_than_the_cache_keeps_its_mode(void **state)
{
	struct world *w = *state;

	assert_int_equal(chmod(w->path, 0755), 0);
	assert_int_equal(try_open(w->path, NULL), 0);
	assert_int_equal(mode_of(w->path), 0755);
}

static void directory_that_others_write_to_is_refused_and_left_alone(void **state)
{
	static const mode_t modes[] = { 0770, 0702, 01777 };
	struct world *w = *state;
	struct fault why = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		assert_int_equal(chmod(w->path, modes[i]), 0);
		assert_int_equal(try_open(w->path, &why), -EACCES);
		assert_non_null(strstr(why.cure, "chmod"));
		assert_int_equal(mode_of(w->path), modes[i]);
	}
	assert_int_equal(chmod(w->path, 0700), 0);
}

static void symbolic_link_is_refused_with_and_without_slash(void **state)
{
	struct world *w = *state;
	struct fault why = { 0 };
	char link[96];

	snprintf(link, sizeof(link), "%s/link", w->root);
	assert_int_equal(symlink(w->path, link), 0);
	assert_int_equal(try_open(link, &why), -EACCES);
	assert_non_null(strstr(why.text, "symbolic link"));
	assert_non_null(strstr(why.cure, "--cache"));
	snprintf(link, sizeof(link), "%s/link/", w->root);
	assert_int_equal(try_open(link, NULL), -EACCES);
}

static void file_in_its_place_is_refused(void **state)
{
	struct world *w = *state;

	write_text(w, "file", "");
	assert_int_equal(try_open(file_path(w, "file"), NULL), -EACCES);
}

static void directory_of_another_user_is_refused(void **state)
{
	struct world *w = *state;
	struct fault why = { 0 };

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(w->path, 12345, (gid_t)-1), 0);
	assert_int_equal(try_open(w->path, &why), -EACCES);
	assert_non_null(strstr(why.text, "another user"));
	assert_int_equal(chown(w->path, 0, (gid_t)-1), 0);
}

static void month_is_not_found_before_it_was_built(void **state)
{
	assert_int_equal(find(*state, ID_A), -ENOENT);
}

static void month_that_was_built_is_found_and_built_once(void **state)
{
	struct world *w = *state;

	build_and_close(w, ID_A);
	build_and_close(w, ID_A);
	assert_int_equal(fake_ingest_calls(), 1);
	assert_int_equal(find(w, ID_A), 0);
	assert_int_equal(find(w, ID_B), -ENOENT);
	assert_int_equal(file_count(w), 2);
}

static void finding_a_month_marks_its_last_use(void **state)
{
	struct world *w = *state;
	struct stat st;

	build_and_close(w, ID_A);
	set_used(w, ID_A ".cube", 1000);
	assert_int_equal(find(w, ID_A), 0);
	assert_int_equal(stat(file_path(w, ID_A ".cube"), &st), 0);
	assert_true(st.st_mtime > 1000);
}

static void damaged_month_is_removed_and_built_anew(void **state)
{
	struct world *w = *state;

	build_and_close(w, ID_A);
	write_text(w, ID_A ".cube", "garbage");
	assert_int_equal(find(w, ID_A), -ENOENT);
	assert_int_equal(file_count(w), 0);
	build_and_close(w, ID_A);
	write_text(w, ID_A ".cube", "");
	build_and_close(w, ID_A);
	assert_int_equal(fake_ingest_calls(), 3);
	assert_int_equal(find(w, ID_A), 0);
}

static int fail_with(
	void *context, const struct ingest_options *options, struct fault *why)
{
	(void)options;
	return fault(why, *(const int *)context, "as told");
}

static void failure_is_answered_and_leaves_nothing_behind(void **state)
{
	static const int errors[] = { -EBADMSG, -ERANGE, -EFBIG, -E2BIG, -ENODATA,
		-ESTALE, -EIO, -ENOMEM, -EACCES, -ENOKEY };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct month *m = NULL;
		struct fault why = { 0 };
		int error = errors[i];

		print_message("%s\n", strerror(-error));
		fake_ingest_reset(fail_with, &error, DATA_BYTES);
		assert_int_equal(build(w, ID_A, &m, &why), error);
		assert_string_equal(why.text, "as told");
		assert_null(m);
		assert_int_equal(file_count(w), 0);
	}
}

struct full {
	unsigned times; /* that the disk is full yet */
	int error;
};

static int be_full(void *context, const struct ingest_options *options, struct fault *why)
{
	struct full *full = context;

	(void)options;
	if (full->times == 0)
		return 0;
	full->times--;
	return fault(why, full->error, "write: no space");
}

static void full_disk_drops_other_months_and_tries_once_more(void **state)
{
	static const int errors[] = { -ENOSPC, -EDQUOT };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct full full = { .times = 1, .error = errors[i] };

		fake_ingest_reset(NULL, NULL, DATA_BYTES);
		build_and_close(w, ID_A);
		fake_ingest_reset(be_full, &full, DATA_BYTES);
		build_and_close(w, ID_B);
		assert_int_equal(fake_ingest_calls(), 2);
		assert_false(exists(w, ID_A ".cube"));
		assert_int_equal(store_trim(w->store, 0), 0);
	}
}

static void disk_that_stays_full_is_said_with_the_cure(void **state)
{
	struct world *w = *state;
	struct full full = { .times = 9, .error = -EDQUOT };
	struct fault why = { 0 };
	struct month *m = NULL;
	struct month *in_use = NULL;

	assert_int_equal(build(w, ID_A, &in_use, NULL), 0);
	build_and_close(w, ID_C);
	fake_ingest_reset(be_full, &full, DATA_BYTES);
	assert_int_equal(build(w, ID_B, &m, &why), -ENOSPC);
	assert_int_equal(fake_ingest_calls(), 2);
	assert_int_equal(why.error, -ENOSPC);
	assert_non_null(strstr(why.text, w->path));
	assert_non_null(strstr(why.text, "2026-11"));
	assert_non_null(strstr(why.cure, "free 64 MiB"));
	assert_non_null(strstr(why.cure, "--cache"));
	assert_int_equal(file_count(w), 2);
	month_unref(in_use);
}

static void full_disk_without_anything_to_drop_is_not_tried_again(void **state)
{
	struct world *w = *state;
	struct full full = { .times = 1, .error = -ENOSPC };
	struct month *m = NULL;

	fake_ingest_reset(be_full, &full, DATA_BYTES);
	assert_int_equal(build(w, ID_B, &m, NULL), -ENOSPC);
	assert_int_equal(fake_ingest_calls(), 1);
	assert_int_equal(file_count(w), 0);
}

static uint64_t bytes_of_one(struct world *w)
{
	struct store_usage usage;

	build_and_close(w, ID_A);
	assert_int_equal(store_usage(w->store, &usage), 0);
	assert_int_equal(usage.months, 1);
	assert_int_equal(store_trim(w->store, 0), 0);
	return usage.bytes;
}

static void build_three(struct world *w)
{
	build_and_close(w, ID_A);
	build_and_close(w, ID_B);
	build_and_close(w, ID_C);
	set_used(w, ID_A ".cube", 2000);
	set_used(w, ID_B ".cube", 1000);
	set_used(w, ID_C ".cube", 3000);
}

static void trim_removes_the_least_recently_used_until_it_fits(void **state)
{
	struct world *w = *state;
	uint64_t one = bytes_of_one(w);
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
		build_three(w);
		assert_int_equal(store_trim(w->store, rows[i].keep), 0);
		assert_int_equal(exists(w, ID_A ".cube"), rows[i].a);
		assert_int_equal(exists(w, ID_A ".data"), rows[i].a);
		assert_int_equal(exists(w, ID_B ".cube"), rows[i].b);
		assert_int_equal(exists(w, ID_C ".cube"), rows[i].c);
	}
}

static void month_in_use_is_not_evicted(void **state)
{
	struct world *w = *state;
	struct delivery d = delivery_of(ID_B);
	struct month *m = NULL;
	struct store_usage usage;

	build_three(w);
	assert_int_equal(store_find(w->store, &d, &m), 0);
	assert_int_equal(store_usage(w->store, &usage), 0);
	assert_int_equal(usage.months, 3);
	assert_int_equal(usage.in_use, 1);
	assert_int_equal(usage.limit_bytes, UINT64_C(20) << 30);
	assert_int_equal(store_trim(w->store, 0), 0);
	assert_true(exists(w, ID_B ".cube"));
	assert_int_equal(file_count(w), 2);
	month_unref(m);
	assert_int_equal(store_trim(w->store, 0), 0);
	assert_int_equal(file_count(w), 0);
}

static void build_keeps_the_limit_and_the_month_it_was_for(void **state)
{
	struct world *w = *state;
	uint64_t one = bytes_of_one(w);
	struct month *m = NULL;

	open_store(w, 2 * one);
	build_and_close(w, ID_A);
	build_and_close(w, ID_B);
	build_and_close(w, ID_C);
	assert_false(exists(w, ID_A ".cube"));
	assert_int_equal(file_count(w), 4);
	open_store(w, 1);
	assert_int_equal(build(w, ID_A, &m, NULL), 0);
	assert_true(exists(w, ID_A ".cube"));
	assert_int_equal(file_count(w), 2);
	month_unref(m);
}

static void leftovers_are_removed_unless_their_builder_lives(void **state)
{
	struct world *w = *state;
	int fd;

	write_text(w, "tmp-" ID_A ".data", "x");
	write_text(w, "tmp-" ID_A ".cube", "x");
	write_text(w, ID_B ".data", "no cube");
	write_text(w, ID_C ".lock", "");
	write_text(w, "notes.txt", "none of ours");
	write_text(w, "tmp-short.data", "none of ours");
	fd = open(file_path(w, ID_A ".lock"), O_RDWR | O_CREAT, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(store_trim(w->store, UINT64_MAX), 0);
	assert_true(exists(w, "tmp-" ID_A ".data"));
	assert_false(exists(w, ID_B ".data"));
	assert_false(exists(w, ID_C ".lock"));
	close(fd);
	assert_int_equal(store_trim(w->store, UINT64_MAX), 0);
	assert_int_equal(file_count(w), 2);
}

static void build_starts_over_where_a_killed_one_left_off(void **state)
{
	struct world *w = *state;

	write_text(w, "tmp-" ID_A ".data", "half");
	write_text(w, ID_A ".lock", "");
	build_and_close(w, ID_A);
	assert_int_equal(file_count(w), 2);
}

struct meeting {
	int entered[2]; /* pipes */
	int go[2];
};

static int tell_and_wait(
	void *context, const struct ingest_options *options, struct fault *why)
{
	struct meeting *m = context;
	char byte = 'x';

	(void)options;
	(void)why;
	if (write(m->entered[1], &byte, 1) != 1 || read(m->go[0], &byte, 1) != 1)
		return -EIO;
	return 0;
}

static int refuse_to_ingest(
	void *context, const struct ingest_options *options, struct fault *why)
{
	(void)context;
	(void)options;
	return fault(why, -EDOM, "the other one builds");
}

/* In the child: the ingest must never be entered. */
static int wait_in_child(struct world *w)
{
	struct month *m = NULL;
	int r;

	fake_ingest_reset(refuse_to_ingest, NULL, DATA_BYTES);
	r = build(w, ID_A, &m, NULL);
	month_unref(m);
	return r == 0 ? 0 : 1;
}

struct builder {
	struct world *world;
	int result;
};

static void *build_in_thread(void *context)
{
	struct builder *b = context;
	struct month *m = NULL;

	b->result = build(b->world, ID_A, &m, NULL);
	month_unref(m);
	return NULL;
}

static void second_process_waits_for_the_first_and_takes_its_month(void **state)
{
	struct world *w = *state;
	struct meeting meeting;
	struct builder b = { .world = w };
	pthread_t thread;
	pid_t child;
	int status;
	char byte = 'x';
	int start[2];

	assert_int_equal(pipe(meeting.entered), 0);
	assert_int_equal(pipe(meeting.go), 0);
	assert_int_equal(pipe(start), 0);
	/* Forked first: a child of a process with threads should not do much. */
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(start[1]);
		_exit(read(start[0], &byte, 1) == 1 ? wait_in_child(w) : 2);
	}
	fake_ingest_reset(tell_and_wait, &meeting, DATA_BYTES);
	assert_int_equal(pthread_create(&thread, NULL, build_in_thread, &b), 0);
	assert_int_equal(read(meeting.entered[0], &byte, 1), 1);
	assert_int_equal(write(start[1], &byte, 1), 1);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	assert_int_equal(write(meeting.go[1], &byte, 1), 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(b.result, 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(fake_ingest_calls(), 1);
	for (int i = 0; i < 2; i++) {
		close(meeting.entered[i]);
		close(meeting.go[i]);
		close(start[i]);
	}
}

static void stop_ends_waiting_for_another_builder(void **state)
{
	struct world *w = *state;
	struct delivery d = delivery_of(ID_A);
	struct month *m = NULL;
	atomic_bool stop = true;
	int fd = open(file_path(w, ID_A ".lock"), O_RDWR | O_CREAT, 0600);

	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(
		store_build(w->store, &w->source, &d, NULL, &stop, &m, NULL), -ECANCELED);
	assert_null(m);
	close(fd);
}

static int see_stop(
	void *context, const struct ingest_options *options, struct fault *why)
{
	(void)why;
	atomic_store((atomic_bool *)context, true);
	return atomic_load(options->stop) ? -ECANCELED : 0;
}

static void stop_reaches_the_ingest_and_leaves_nothing_behind(void **state)
{
	struct world *w = *state;
	struct delivery d = delivery_of(ID_A);
	struct month *m = NULL;
	atomic_bool stop = false;

	fake_ingest_reset(see_stop, &stop, DATA_BYTES);
	assert_int_equal(
		store_build(w->store, &w->source, &d, NULL, &stop, &m, NULL), -ECANCELED);
	assert_int_equal(file_count(w), 0);
}

static void progress_is_that_of_the_build(void **state)
{
	struct world *w = *state;
	struct delivery d = delivery_of(ID_A);
	struct month *m = NULL;
	struct build_progress progress = { .bytes_done = 9999 };

	assert_int_equal(
		store_build(w->store, &w->source, &d, &progress, NULL, &m, NULL), 0);
	assert_int_equal(atomic_load(&progress.bytes_total), 100);
	assert_int_equal(atomic_load(&progress.rows), 7);
	month_unref(m);
}

/* Runs as nobody, for whom an unwritable directory is unwritable. */
static int read_unwritable(const struct world *w)
{
	struct world mine = *w;
	struct fault why = { 0 };
	struct month *m = NULL;

	mine.store = NULL;
	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 2;
	if (store_open(&(struct store_options){ .path = w->path }, &mine.store, &why) < 0)
		return 3;
	if (find(&mine, ID_A) != 0)
		return 4;
	if (build(&mine, ID_A, &m, &why) != 0)
		return 5;
	month_unref(m);
	m = NULL;
	if (build(&mine, ID_B, &m, &why) != -EACCES || m || why.cure[0] == '\0')
		return 6;
	store_close(mine.store);
	return 0;
}

static void month_in_an_unwritable_cache_is_found(void **state)
{
	struct world *w = *state;
	char parent[96];
	pid_t child;
	int status;

	if (geteuid() != 0)
		skip();
	build_and_close(w, ID_A);
	assert_int_equal(chmod(w->root, 0755), 0);
	snprintf(parent, sizeof(parent), "%s/some", w->root);
	assert_int_equal(chmod(parent, 0755), 0);
	assert_int_equal(chown(file_path(w, ID_A ".cube"), 65534, 65534), 0);
	assert_int_equal(chown(file_path(w, ID_A ".data"), 65534, 65534), 0);
	assert_int_equal(chown(file_path(w, ""), 65534, 65534), 0);
	assert_int_equal(chown(w->path, 65534, 65534), 0);
	assert_int_equal(chmod(file_path(w, ""), 0500), 0);
	assert_int_equal(chmod(w->path, 0500), 0);
	child = fork();
	if (child == 0)
		_exit(read_unwritable(w));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void nothing_is_closed_without_complaint(void **state)
{
	(void)state;
	store_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(month_that_was_built_is_found_and_built_once),
		TEST(finding_a_month_marks_its_last_use),
		TEST(damaged_month_is_removed_and_built_anew),
		TEST(failure_is_answered_and_leaves_nothing_behind),
		TEST(full_disk_drops_other_months_and_tries_once_more),
		TEST(disk_that_stays_full_is_said_with_the_cure),
		TEST(full_disk_without_anything_to_drop_is_not_tried_again),
		TEST(trim_removes_the_least_recently_used_until_it_fits),
		TEST(month_in_use_is_not_evicted),
		TEST(build_keeps_the_limit_and_the_month_it_was_for),
		TEST(leftovers_are_removed_unless_their_builder_lives),
		TEST(build_starts_over_where_a_killed_one_left_off),
		TEST(second_process_waits_for_the_first_and_takes_its_month),
		TEST(stop_ends_waiting_for_another_builder),
		TEST(stop_reaches_the_ingest_and_leaves_nothing_behind),
		TEST(progress_is_that_of_the_build),
		TEST(month_in_an_unwritable_cache_is_found),
		TEST(nothing_is_closed_without_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
