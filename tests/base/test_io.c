#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cmocka.h"

struct folder {
	char path[64];
	int fd;
};

static int set_up(void **state)
{
	static struct folder f;

	snprintf(f.path, sizeof(f.path), "/tmp/test_io.XXXXXX");
	if (!mkdtemp(f.path))
		return -1;
	f.fd = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &f;
	return f.fd < 0 ? -1 : 0;
}

static void remove_all(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char name[PATH_MAX];

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (unlink(name) < 0)
			remove_all(name);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static int tear_down(void **state)
{
	struct folder *f = *state;

	close(f->fd);
	remove_all(f->path);
	return 0;
}

static size_t count_entries(const struct folder *f)
{
	DIR *d = opendir(f->path);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void what_was_written_at_an_offset_is_read_back(void **state)
{
	struct folder *f = *state;
	int fd = openat(f->fd, "a", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char text[16] = "";

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, "0123456789", 10), 0);
	assert_int_equal(io_pwrite(fd, "ab", 2, 4), 0);
	assert_int_equal(io_pwrite(fd, NULL, 0, 0), 0);
	assert_int_equal(io_pread(fd, text, 10, 0), 10);
	assert_string_equal(text, "0123ab6789");
	memset(text, 0, sizeof(text));
	assert_int_equal(io_pread(fd, text, sizeof(text), 8), 2);
	assert_string_equal(text, "89");
	assert_int_equal(io_pread(fd, text, sizeof(text), 10), 0);
	assert_int_equal(io_pread(fd, text, sizeof(text), 1000), 0);
	close(fd);
}

static void offsets_past_the_largest_file_are_refused(void **state)
{
	struct folder *f = *state;
	int fd = openat(f->fd, "a", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char c;

	assert_int_equal(io_pread(fd, &c, 1, INT64_MAX), -EINVAL);
	assert_int_equal(io_pread(fd, &c, 1, UINT64_MAX), -EINVAL);
	assert_int_equal(io_pwrite(fd, "x", 1, INT64_MAX), -EINVAL);
	assert_int_equal(io_pwrite(fd, "x", 1, UINT64_MAX), -EINVAL);
	assert_int_equal(io_pread(fd, &c, 1, INT64_MAX - 1), 0);
	close(fd);
}

static void errors_of_the_kernel_are_answered(void **state)
{
	char c;
	int full = open("/dev/full", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_int_equal(io_pread(-1, &c, 1, 0), -EBADF);
	assert_int_equal(io_write(-1, "x", 1), -EBADF);
	assert_int_equal(io_pwrite(-1, "x", 1, 0), -EBADF);
	assert_int_equal(io_write(full, "x", 1), -ENOSPC);
	close(full);
}

static void writing_goes_on_after_a_short_write(void **state)
{
	int ends[2];
	static char big[200000];
	size_t got = 0;
	pid_t child;

	(void)state;
	/* A pipe takes 64 KiB; the rest waits for the reader. */
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		int r = io_write(ends[1], big, sizeof(big));

		_exit(r == 0 ? 0 : 1);
	}
	close(ends[1]);
	for (;;) {
		char part[777];
		ssize_t n = read(ends[0], part, sizeof(part));

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	close(ends[0]);
	assert_int_equal(got, sizeof(big));
}

static void a_file_is_read_whole_up_to_the_limit(void **state)
{
	static const size_t sizes[] = { 0, 1, 16383, 16384, 16385, 100000 };
	struct folder *f = *state;
	char *bytes = malloc(100000);

	assert_non_null(bytes);
	for (size_t i = 0; i < 100000; i++)
		bytes[i] = (char)(i * 7 / 3);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct span want = { bytes, sizes[i] };
		struct buf b = BUF_INIT(sizes[i] + 4);
		struct buf tight = BUF_INIT(sizes[i] + 3);

		assert_int_equal(io_replace_file(f->fd, "a", want, 0600), 0);
		assert_int_equal(buf_append_text(&b, "kept"), 0);
		assert_int_equal(io_read_file(f->fd, "a", &b), 0);
		assert_int_equal(b.len, 4 + sizes[i]);
		assert_true(span_eq(span_from(buf_span(&b), 4), want));
		assert_int_equal(buf_append_text(&tight, "kep"), 0);
		assert_int_equal(buf_append_text(&tight, sizes[i] ? "t" : ""), 0);
		assert_int_equal(io_read_file(f->fd, "a", &tight), sizes[i] ? -EFBIG : 0);
		assert_int_equal(tight.len, sizes[i] ? 4 : 3);
		buf_finish(&tight);
		buf_finish(&b);
	}
	free(bytes);
}

static void what_cannot_be_read_leaves_the_buffer_alone(void **state)
{
	struct folder *f = *state;
	struct buf b = BUF_INIT(100);

	assert_int_equal(buf_append_text(&b, "kept"), 0);
	assert_int_equal(io_read_file(f->fd, "missing", &b), -ENOENT);
	assert_int_equal(io_read_file(f->fd, ".", &b), -EISDIR);
	assert_string_equal(buf_text(&b), "kept");
	buf_finish(&b);
}

static void replacing_changes_contents_and_leaves_no_other_file(void **state)
{
	struct folder *f = *state;
	struct buf b = BUF_INIT(100);
	struct stat st;

	assert_int_equal(io_replace_file(f->fd, "a", SPAN("old"), 0600), 0);
	assert_int_equal(io_replace_file(f->fd, "a", SPAN("new\0!"), 0600), 0);
	assert_int_equal(io_read_file(f->fd, "a", &b), 0);
	assert_true(span_eq(buf_span(&b), SPAN("new\0!")));
	assert_int_equal(fstatat(f->fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(count_entries(f), 1);
	buf_finish(&b);
}

static int write_ab(void *context, int fd)
{
	int r = io_write(fd, "ab", 2);

	return r < 0 ? r : *(const int *)context;
}

static void contents_in_pieces_replace_or_leave_all_as_it_was(void **state)
{
	struct folder *f = *state;
	struct buf b = BUF_INIT(100);
	int fails = 0;

	assert_int_equal(io_replace_file_by(f->fd, "a", 0600, write_ab, &fails), 0);
	fails = -ENOSPC;
	assert_int_equal(io_replace_file_by(f->fd, "a", 0600, write_ab, &fails), -ENOSPC);
	assert_int_equal(io_replace_file_by(f->fd, "b", 0600, write_ab, &fails), -ENOSPC);
	assert_int_equal(io_read_file(f->fd, "a", &b), 0);
	assert_true(span_eq(buf_span(&b), SPAN("ab")));
	assert_int_equal(count_entries(f), 1);
	buf_finish(&b);
}

static void a_failed_replacement_leaves_nothing_behind(void **state)
{
	struct folder *f = *state;
	char name[300];

	assert_int_equal(mkdirat(f->fd, "d", 0700), 0);
	assert_int_equal(io_replace_file(f->fd, "d", SPAN("x"), 0600), -EISDIR);
	assert_int_equal(io_replace_file(f->fd, "e/a", SPAN("x"), 0600), -ENOENT);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(io_replace_file(f->fd, name, SPAN("x"), 0600), -ENAMETOOLONG);
	assert_int_equal(count_entries(f), 1);
}

static int make_dirs(const struct folder *f, const char *path)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s/%s", f->path, path);
	return io_make_dirs(whole, 0700);
}

static void folders_are_made_where_they_are_missing(void **state)
{
	struct folder *f = *state;
	struct stat st;

	assert_int_equal(make_dirs(f, "a/b/c"), 0);
	assert_int_equal(make_dirs(f, "a/b/c"), 0);
	assert_int_equal(make_dirs(f, "a//d/./e/"), 0);
	assert_int_equal(fstatat(f->fd, "a/b/c", &st, 0), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(fstatat(f->fd, "a/d/e", &st, 0), 0);
	assert_int_equal(io_make_dirs("/", 0700), 0);
}

static void folders_are_not_made_below_or_over_a_file(void **state)
{
	struct folder *f = *state;
	char path[PATH_MAX + 1];

	assert_int_equal(io_replace_file(f->fd, "a", SPAN(""), 0600), 0);
	assert_int_equal(make_dirs(f, "a"), -ENOTDIR);
	assert_int_equal(make_dirs(f, "a/b"), -ENOTDIR);
	assert_int_equal(io_make_dirs("", 0700), -ENOENT);
	memset(path, '/', sizeof(path));
	path[PATH_MAX] = '\0';
	assert_int_equal(io_make_dirs(path, 0700), -ENAMETOOLONG);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(what_was_written_at_an_offset_is_read_back),
		IN_FOLDER(offsets_past_the_largest_file_are_refused),
		cmocka_unit_test(errors_of_the_kernel_are_answered),
		cmocka_unit_test(writing_goes_on_after_a_short_write),
		IN_FOLDER(a_file_is_read_whole_up_to_the_limit),
		IN_FOLDER(what_cannot_be_read_leaves_the_buffer_alone),
		IN_FOLDER(replacing_changes_contents_and_leaves_no_other_file),
		IN_FOLDER(contents_in_pieces_replace_or_leave_all_as_it_was),
		IN_FOLDER(a_failed_replacement_leaves_nothing_behind),
		IN_FOLDER(folders_are_made_where_they_are_missing),
		IN_FOLDER(folders_are_not_made_below_or_over_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
