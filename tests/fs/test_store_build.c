/* Builds: how they fail, end, and wait for each other. */
#include "fs/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_case.h"

static void month_that_was_built_is_found_and_built_once(void **state)
{
	struct store_case *c = *state;

	build_and_close(c, ID_A);
	build_and_close(c, ID_A);
	assert_int_equal(fake_ingest_calls(), 1);
	assert_int_equal(find_month(c, ID_A), 0);
	assert_int_equal(find_month(c, ID_B), -ENOENT);
	assert_int_equal(file_count(c), 2);
}

static void damaged_month_is_removed_and_built_anew(void **state)
{
	struct store_case *c = *state;

	build_and_close(c, ID_A);
	write_file(c, ID_A ".cube", "garbage");
	assert_int_equal(find_month(c, ID_A), -ENOENT);
	assert_int_equal(file_count(c), 0);
	build_and_close(c, ID_A);
	write_file(c, ID_A ".cube", "");
	build_and_close(c, ID_A);
	assert_int_equal(fake_ingest_calls(), 3);
	assert_int_equal(find_month(c, ID_A), 0);
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
	struct store_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct month *m = NULL;
		struct fault why = { 0 };
		int error = errors[i];

		print_message("%s\n", strerror(-error));
		fake_ingest_reset(fail_with, &error, DATA_BYTES);
		assert_int_equal(build_month(c, ID_A, &m, &why), error);
		assert_string_equal(why.text, "as told");
		assert_null(m);
		assert_int_equal(file_count(c), 0);
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
	struct store_case *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct full full = { .times = 1, .error = errors[i] };

		fake_ingest_reset(NULL, NULL, DATA_BYTES);
		build_and_close(c, ID_A);
		fake_ingest_reset(be_full, &full, DATA_BYTES);
		build_and_close(c, ID_B);
		assert_int_equal(fake_ingest_calls(), 2);
		assert_false(has_file(c, ID_A ".cube"));
		assert_int_equal(store_trim(c->store, 0), 0);
	}
}

static void disk_that_stays_full_is_said_with_the_cure(void **state)
{
	struct store_case *c = *state;
	struct full full = { .times = 9, .error = -EDQUOT };
	struct fault why = { 0 };
	struct month *m = NULL;
	struct month *in_use = NULL;

	assert_int_equal(build_month(c, ID_A, &in_use, NULL), 0);
	assert_int_equal(month_pin(in_use), 0);
	build_and_close(c, ID_C);
	fake_ingest_reset(be_full, &full, DATA_BYTES);
	assert_int_equal(build_month(c, ID_B, &m, &why), -ENOSPC);
	assert_int_equal(fake_ingest_calls(), 2);
	assert_int_equal(why.error, -ENOSPC);
	assert_non_null(strstr(why.text, c->path));
	assert_non_null(strstr(why.text, "2026-11"));
	assert_non_null(strstr(why.cure, "free 64 MiB"));
	assert_non_null(strstr(why.cure, "--cache"));
	assert_int_equal(file_count(c), 2);
	month_unpin(in_use);
	month_unref(in_use);
}

static void full_disk_without_anything_to_drop_is_not_tried_again(void **state)
{
	struct store_case *c = *state;
	struct full full = { .times = 1, .error = -ENOSPC };
	struct month *m = NULL;

	fake_ingest_reset(be_full, &full, DATA_BYTES);
	assert_int_equal(build_month(c, ID_B, &m, NULL), -ENOSPC);
	assert_int_equal(fake_ingest_calls(), 1);
	assert_int_equal(file_count(c), 0);
}

static void what_a_full_disk_cannot_take_is_kept_in_memory_within_a_limit(void **state)
{
	struct store_case *c = *state;
	struct full full = { .times = 1, .error = -ENOSPC };
	struct fault why = { 0 };
	struct month *first = NULL, *second = NULL;

	/* With its index a month is larger than its rows, and two do not fit. */
	open_store_with_memory(c, 2 * DATA_BYTES);
	fake_ingest_reset(be_full, &full, DATA_BYTES);
	assert_int_equal(build_month(c, ID_A, &first, &why), 0);
	assert_true(month_is_in_memory(first));
	assert_string_equal(month_facts(first)->id, ID_A);
	assert_int_equal(month_pin(first), 0);
	month_unpin(first);
	assert_int_equal(file_count(c), 0);
	full.times = 1;
	assert_int_equal(build_month(c, ID_B, &second, &why), -ENOSPC);
	assert_null(second);
	assert_non_null(strstr(why.cure, "free 64 MiB"));
	assert_int_equal(file_count(c), 0);
	/* Its room goes with it. */
	month_unref(first);
	full.times = 1;
	assert_int_equal(build_month(c, ID_B, &second, &why), 0);
	assert_true(month_is_in_memory(second));
	/* And the disk is tried first each time. */
	assert_int_equal(build_month(c, ID_A, &first, &why), 0);
	assert_false(month_is_in_memory(first));
	assert_true(has_file(c, ID_A ".data"));
	month_unref(first);
	month_unref(second);
}

static void other_failures_are_not_tried_in_memory(void **state)
{
	static const int errors[] = { -EACCES, -EROFS, -EBADMSG, -ESTALE };
	struct store_case *c = *state;

	open_store_with_memory(c, 100 * DATA_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct full full = { .times = 1, .error = errors[i] };
		struct month *m = NULL;

		fake_ingest_reset(be_full, &full, DATA_BYTES);
		assert_int_equal(build_month(c, ID_A, &m, NULL), errors[i]);
		assert_int_equal(fake_ingest_calls(), 1);
	}
}

static void build_starts_over_where_a_killed_one_left_off(void **state)
{
	struct store_case *c = *state;

	write_file(c, "tmp-" ID_A ".data", "half");
	write_file(c, ID_A ".lock", "");
	build_and_close(c, ID_A);
	assert_int_equal(file_count(c), 2);
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
static int wait_in_child(struct store_case *c)
{
	struct month *m = NULL;
	int r;

	fake_ingest_reset(refuse_to_ingest, NULL, DATA_BYTES);
	r = build_month(c, ID_A, &m, NULL);
	month_unref(m);
	return r == 0 ? 0 : 1;
}

struct builder {
	struct store_case *test;
	int result;
};

static void *build_in_thread(void *context)
{
	struct builder *b = context;
	struct month *m = NULL;

	b->result = build_month(b->test, ID_A, &m, NULL);
	month_unref(m);
	return NULL;
}

static void second_process_waits_for_the_first_and_takes_its_month(void **state)
{
	struct store_case *c = *state;
	struct meeting meeting;
	struct builder b = { .test = c };
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
		_exit(read(start[0], &byte, 1) == 1 ? wait_in_child(c) : 2);
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
	struct store_case *c = *state;
	struct delivery d = delivery_of(ID_A);
	struct month *m = NULL;
	atomic_bool stop = true;
	int fd = open(file_path(c, ID_A ".lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(
		store_build(c->store,
			&(struct build_order){
				.source = &c->source, .delivery = &d, .stop = &stop },
			&m, NULL),
		-ECANCELED);
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
	struct store_case *c = *state;
	struct delivery d = delivery_of(ID_A);
	struct month *m = NULL;
	atomic_bool stop = false;

	fake_ingest_reset(see_stop, &stop, DATA_BYTES);
	assert_int_equal(
		store_build(c->store,
			&(struct build_order){
				.source = &c->source, .delivery = &d, .stop = &stop },
			&m, NULL),
		-ECANCELED);
	assert_int_equal(file_count(c), 0);
}

static int say_no(void *context, struct fault *why)
{
	++*(unsigned *)context;
	return fault(why, -ESTALE, "not any more");
}

static void what_is_not_confirmed_is_seen_by_nobody(void **state)
{
	struct store_case *c = *state;
	struct delivery d = delivery_of(ID_A);
	struct month *m = NULL;
	struct fault why = { 0 };
	unsigned asked = 0;
	const struct build_order order = {
		.source = &c->source, .delivery = &d, .confirm = say_no, .context = &asked
	};

	assert_int_equal(store_build(c->store, &order, &m, &why), -ESTALE);
	assert_string_equal(why.text, "not any more");
	assert_null(m);
	assert_int_equal(asked, 1);
	assert_int_equal(fake_months_open(), 0);
	assert_int_equal(file_count(c), 0);
}

static void progress_is_that_of_the_build(void **state)
{
	struct store_case *c = *state;
	struct delivery d = delivery_of(ID_A);
	struct month *m = NULL;
	struct build_progress progress = { .bytes_done = 9999 };

	assert_int_equal(store_build(c->store,
				 &(struct build_order){ .source = &c->source,
					 .delivery = &d,
					 .progress = &progress },
				 &m, NULL),
		0);
	assert_int_equal(atomic_load(&progress.bytes_total), 100);
	assert_int_equal(atomic_load(&progress.rows), 7);
	month_unref(m);
}

#define TEST(name)                                                                       \
	cmocka_unit_test_setup_teardown(name, store_case_setup, store_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(month_that_was_built_is_found_and_built_once),
		TEST(damaged_month_is_removed_and_built_anew),
		TEST(failure_is_answered_and_leaves_nothing_behind),
		TEST(full_disk_drops_other_months_and_tries_once_more),
		TEST(disk_that_stays_full_is_said_with_the_cure),
		TEST(full_disk_without_anything_to_drop_is_not_tried_again),
		TEST(what_a_full_disk_cannot_take_is_kept_in_memory_within_a_limit),
		TEST(other_failures_are_not_tried_in_memory),
		TEST(build_starts_over_where_a_killed_one_left_off),
		TEST(second_process_waits_for_the_first_and_takes_its_month),
		TEST(stop_ends_waiting_for_another_builder),
		TEST(stop_reaches_the_ingest_and_leaves_nothing_behind),
		TEST(progress_is_that_of_the_build),
		TEST(what_is_not_confirmed_is_seen_by_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
