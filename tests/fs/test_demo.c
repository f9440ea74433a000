/* Demo exports: the same for the same options, exact in rows, whole or not there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/cmocka.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/io.h"
#include "fs/cmd/demo/demo.h"
#include "fs/cmd/demo/number.h"

enum { FILE_MAX = 64 * 1024 * 1024, TREE_FILES_MAX = 200 };

struct tree {
	char root[64];
};

static void tree_make(struct tree *t)
{
	(void)snprintf(t->root, sizeof(t->root), "/tmp/costfs-demo-XXXXXX");
	assert_non_null(mkdtemp(t->root));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void tree_remove(struct tree *t)
{
	assert_int_equal(nftw(t->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Adds the hashes of names, bytes and times of all files: the order does not matter. */
static void sum_files(int dir_fd, struct span path, unsigned *files, uint64_t *sum)
{
	DIR *d = fdopendir(dir_fd);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d))) {
		struct buf name = BUF_INIT(4096), bytes = BUF_INIT(FILE_MAX);
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		assert_int_equal(buf_append_span(&name, path), 0);
		assert_int_equal(buf_appendf(&name, "/%s", e->d_name), 0);
		assert_int_equal(fstatat(dirfd(d), e->d_name, &st, 0), 0);
		if (S_ISDIR(st.st_mode)) {
			sum_files(openat(dirfd(d), e->d_name,
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				buf_span(&name), files, sum);
		} else {
			assert_int_equal(io_read_file(dirfd(d), e->d_name, &bytes), 0);
			*sum += hash64(bytes.p, bytes.len,
				hash64(name.p, name.len, (uint64_t)st.st_mtime));
			*files += 1;
		}
		buf_finish(&bytes);
		buf_finish(&name);
	}
	(void)closedir(d);
}

static uint64_t tree_sum(const struct tree *t, unsigned *ret_files)
{
	uint64_t sum = 0;

	*ret_files = 0;
	sum_files(open(t->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), SPAN(""), ret_files,
		&sum);
	return sum;
}

static uint64_t export_sum(const struct demo_options *o, unsigned *ret_files)
{
	struct fault why = { 0 };
	struct tree t;
	uint64_t sum;

	tree_make(&t);
	assert_int_equal(demo_export_write(t.root, o, NULL, NULL, &why), 0);
	assert_int_equal(why.error, 0);
	sum = tree_sum(&t, ret_files);
	tree_remove(&t);
	return sum;
}

static void same_options_give_the_same_bytes(void **state)
{
	const struct demo_options cases[] = {
		{ .rows = 3000 },
		{ .rows = 3000, .format = DEMO_CUR2_CSV, .layout = DEMO_CREATE_NEW },
		{ .rows = 3000, .compression = DEMO_ZIP, .layout = DEMO_CREATE_NEW },
		{ .rows = 3000, .compression = DEMO_PLAIN, .months = 1, .accounts = 1 },
		{ .rows = 3000, .format = DEMO_LEGACY_PARQUET },
		{ .rows = 3000, .format = DEMO_CUR2_PARQUET, .codec = DEMO_ZSTD },
		{ .rows = 3000, .format = DEMO_FOCUS_10_PARQUET, .rows_per_group = 100 },
		{ .rows = 3000, .format = DEMO_FOCUS_CSV, .layout = DEMO_CREATE_NEW },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned files, again;
		uint64_t sum = export_sum(&cases[i], &files);

		print_message("case %zu: %u files\n", i, files);
		assert_true(export_sum(&cases[i], &again) == sum);
		assert_int_equal(files, again);
	}
}

static void bytes_do_not_depend_on_the_number_of_threads(void **state)
{
	static const enum demo_format formats[] = { DEMO_LEGACY_CSV, DEMO_CUR2_PARQUET };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct demo_options o = { .rows = 6000,
			.rows_per_chunk = 300,
			.threads = 1,
			.format = formats[i] };
		unsigned files, again;
		uint64_t sum = export_sum(&o, &files);

		for (o.threads = 2; o.threads <= DEMO_THREADS_MAX; o.threads += 7) {
			assert_true(export_sum(&o, &again) == sum);
			assert_int_equal(files, again);
		}
	}
}

static void every_option_changes_the_bytes(void **state)
{
	const struct demo_options cases[] = {
		{ .rows = 2000 },
		{ .rows = 2001 },
		{ .rows = 2000, .accounts = 3 },
		{ .rows = 2000, .months = 2 },
		{ .rows = 2000, .seed = 1 },
		{ .rows = 2000, .format = DEMO_CUR2_CSV },
		{ .rows = 2000, .format = DEMO_LEGACY_PARQUET },
		{ .rows = 2000,
			.format = DEMO_LEGACY_PARQUET,
			.layout = DEMO_CREATE_NEW },
		{ .rows = 2000, .format = DEMO_LEGACY_PARQUET, .page_version = 1 },
		{ .rows = 2000, .format = DEMO_CUR2_PARQUET },
		{ .rows = 2000, .format = DEMO_CUR2_PARQUET, .page_version = 2 },
		{ .rows = 2000, .format = DEMO_CUR2_PARQUET, .codec = DEMO_ZSTD },
		{ .rows = 2000, .format = DEMO_CUR2_PARQUET, .codec = DEMO_GZIP_PAGES },
		{ .rows = 2000, .format = DEMO_CUR2_PARQUET, .codec = DEMO_PLAIN_PAGES },
		{ .rows = 2000, .format = DEMO_CUR2_PARQUET, .rows_per_group = 100 },
		{ .rows = 2000, .format = DEMO_CUR2_PARQUET, .rows_per_page = 100 },
		{ .rows = 2000, .format = DEMO_FOCUS_CSV },
		{ .rows = 2000, .format = DEMO_FOCUS_PARQUET },
		{ .rows = 2000, .format = DEMO_FOCUS_10_CSV },
		{ .rows = 2000, .format = DEMO_FOCUS_10_PARQUET },
		{ .rows = 2000, .layout = DEMO_CREATE_NEW },
		{ .rows = 2000, .compression = DEMO_ZIP },
		{ .rows = 2000, .last_month = { 2026 * 12 + 9 } },
		{ .rows = 2000, .prefix = "" },
		{ .rows = 2000, .name = "other" },
		{ .rows = 2000, .rows_per_chunk = 100 },
		{ .rows = 2000, .second_currency = true },
	};
	uint64_t sums[ARRAY_LEN(cases)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned files;

		sums[i] = export_sum(&cases[i], &files);
		for (size_t k = 0; k < i; k++) {
			print_message("cases %zu and %zu\n", k, i);
			assert_true(sums[i] != sums[k]);
		}
	}
}

/* Lines of all plain files but the manifests, less a header for each. */
static uint64_t count_rows(const struct demo_options *options, unsigned *ret_files)
{
	struct demo_options o = *options;
	struct tree t;
	char command[256], line[64] = "";
	uint64_t lines = 0;
	FILE *p;

	tree_make(&t);
	o.compression = DEMO_PLAIN;
	assert_int_equal(demo_export_write(t.root, &o, NULL, NULL, NULL), 0);
	(void)snprintf(command, sizeof(command),
		"find %s -name '*.csv' -exec grep -HcE "
		"'^(identity/|[a-z2-7]{52},)' {} + | cut -d: -f2",
		t.root);
	p = popen(command, "r"); /* another program counts */
	assert_non_null(p);
	*ret_files = 0;
	while (fgets(line, sizeof(line), p)) {
		struct span text = span_trim(span_of(line));
		uint64_t n = 0;

		assert_int_equal(span_parse_u64(text, UINT32_MAX, &n), 0);
		lines += n - 1;
		*ret_files += 1;
	}
	assert_int_equal(pclose(p), 0);
	tree_remove(&t);
	return lines;
}

static void rows_are_exact_in_at_least_two_chunks_a_month(void **state)
{
	static const struct {
		uint64_t rows, per_chunk;
		unsigned months, files;
	} cases[] = { { 1, 0, 1, 1 }, { 2, 0, 1, 2 }, { 3, 0, 1, 2 }, { 1, 0, 3, 3 },
		{ 399, 0, 1, 2 }, { 400, 0, 1, 2 }, { 401, 0, 1, 2 },
		{ 1000, 100, 1, 10 }, { 1001, 100, 1, 11 }, { 1000, 1, 1, 1000 },
		{ 9999, 0, 12, 24 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct demo_options o = { .rows = cases[i].rows,
			.months = cases[i].months,
			.rows_per_chunk = cases[i].per_chunk };
		unsigned files;

		print_message("case %zu\n", i);
		assert_true(count_rows(&o, &files) == cases[i].rows);
		assert_int_equal(files, cases[i].files);
	}
}

static void refuses_options_out_of_range(void **state)
{
	static char long_name[DEMO_NAME_MAX + 2];
	const struct demo_options cases[] = {
		{ .rows = DEMO_ROWS_MAX + 1 },
		{ .accounts = DEMO_ACCOUNTS_MAX + 1 },
		{ .months = DEMO_MONTHS_MAX + 1 },
		{ .threads = DEMO_THREADS_MAX + 1 },
		{ .rows_per_chunk = DEMO_CHUNK_ROWS_MAX + 1 },
		{ .last_month = { 1979 * 12 } },
		{ .last_month = { -1 } },
		{ .name = "" },
		{ .name = ".." },
		{ .name = "a/b" },
		{ .name = "a b" },
		{ .name = long_name },
		{ .name = "a.b", .format = DEMO_CUR2_CSV },
		{ .prefix = "/" },
		{ .prefix = "a/" },
		{ .prefix = "/a" },
		{ .prefix = "a//b" },
		{ .prefix = "a/../b" },
		{ .prefix = "\xc3\xbc" },
		{ .format = DEMO_CUR2_CSV, .compression = DEMO_ZIP },
		{ .format = DEMO_FOCUS_CSV, .compression = DEMO_PLAIN },
		{ .format = DEMO_LEGACY_PARQUET, .compression = DEMO_ZIP },
		{ .name = "a.b", .format = DEMO_FOCUS_PARQUET },
		{ .format = DEMO_CUR2_PARQUET, .page_version = 3 },
		{ .format = DEMO_CUR2_PARQUET,
			.rows_per_group = DEMO_GROUP_ROWS_MAX + 1 },
	};
	struct tree t;
	unsigned files;

	(void)state;
	memset(long_name, 'n', sizeof(long_name) - 1);
	tree_make(&t);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault why = { 0 };

		print_message("case %zu\n", i);
		assert_int_equal(
			demo_export_write(t.root, &cases[i], NULL, NULL, &why), -EINVAL);
		assert_int_equal(why.error, -EINVAL);
		assert_true(why.text[0] != '\0');
	}
	(void)tree_sum(&t, &files);
	assert_int_equal(files, 0);
	tree_remove(&t);
}

static int stop_at_half(void *ctx, const struct demo_progress *p)
{
	unsigned *calls = ctx;

	*calls += 1;
	assert_true(p->rows_done <= p->rows_total);
	return p->rows_done * 2 >= p->rows_total ? -ECANCELED : 0;
}

static int count_calls(void *ctx, const struct demo_progress *p)
{
	struct demo_progress *last = ctx;

	assert_true(p->rows_done > last->rows_done);
	*last = *p;
	return 0;
}

static void progress_ends_at_all_rows(void **state)
{
	const struct demo_options o = { .rows = 2000 };
	struct demo_progress last = { 0 };
	struct tree t;

	(void)state;
	tree_make(&t);
	assert_int_equal(demo_export_write(t.root, &o, count_calls, &last, NULL), 0);
	assert_true(last.rows_done == 2000 && last.rows_total == 2000);
	tree_remove(&t);
}

static void find_no(const char *root, const char *pattern)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "test -z \"$(find %s -name '%s')\"",
		root, pattern);
	assert_int_equal(system(command), 0);
}

static void stopped_export_has_no_manifest_and_no_part(void **state)
{
	const struct demo_options o = { .rows = 2000, .rows_per_chunk = 100 };
	struct fault why = { 0 };
	unsigned calls = 0;
	struct tree t;

	(void)state;
	tree_make(&t);
	assert_int_equal(
		demo_export_write(t.root, &o, stop_at_half, &calls, &why), -ECANCELED);
	assert_true(calls > 1);
	assert_int_equal(why.error, -ECANCELED);
	find_no(t.root, "*-Manifest.json");
	find_no(t.root, "*.part");
	tree_remove(&t);
}

static void failing_to_write_names_the_file(void **state)
{
	const struct demo_options o = { .rows = 100 };
	struct fault why = { 0 };
	struct tree t;
	char path[128];

	(void)state;
	tree_make(&t);
	(void)snprintf(path, sizeof(path), "%s/exports", t.root);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	assert_int_equal(demo_export_write(t.root, &o, NULL, NULL, &why), -ENOTDIR);
	assert_non_null(strstr(why.text, "exports/demo/20260901-20261001/demo-0000"));
	tree_remove(&t);
}

static void existing_export_is_replaced(void **state)
{
	const struct demo_options o = { .rows = 500 };
	struct tree t;
	unsigned files, again;
	uint64_t sum;

	(void)state;
	tree_make(&t);
	assert_int_equal(demo_export_write(t.root, &o, NULL, NULL, NULL), 0);
	sum = tree_sum(&t, &files);
	assert_int_equal(demo_export_write(t.root, &o, NULL, NULL, NULL), 0);
	assert_true(tree_sum(&t, &again) == sum);
	assert_int_equal(files, again);
	tree_remove(&t);
}

/* Java's Double.toString() and BigDecimal.setScale(10).toPlainString() of the same. */
static void numbers_are_spelled_as_java_does(void **state)
{
	static const struct {
		int64_t e10;
		const char *java, *fixed;
	} cases[] = {
		{ 0, "0.0", "0.0000000000" },
		{ 1, "1.0E-10", "0.0000000001" },
		{ -1, "-1.0E-10", "-0.0000000001" },
		{ 181, "1.81E-8", "0.0000000181" },
		{ 9984, "9.984E-7", "0.0000009984" },
		{ 9999999, "9.999999E-4", "0.0009999999" },
		{ 10000000, "0.001", "0.0010000000" },
		{ 200000000, "0.02", "0.0200000000" },
		{ 10000000000, "1.0", "1.0000000000" },
		{ 290000000000, "29.0", "29.0000000000" },
		{ 263888891, "0.0263888891", "0.0263888891" },
		{ INT64_C(99999999999999999), "9999999.9999999999",
			"9999999.9999999999" },
		{ INT64_C(100000000000000000), "1.0E7", "10000000.0000000000" },
		{ INT64_C(-123456780000000000), "-1.2345678E7", "-12345678.0000000000" },
		{ INT64_MAX, "9.223372036854775807E8", "922337203.6854775807" },
		{ INT64_MIN, "-9.223372036854775808E8", "-922337203.6854775808" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[NUMBER_TEXT + 1];

		text[number_print(cases[i].e10, NUMBER_JAVA, text)] = '\0';
		assert_string_equal(text, cases[i].java);
		text[number_print(cases[i].e10, NUMBER_FIXED, text)] = '\0';
		assert_string_equal(text, cases[i].fixed);
	}
}

static void shares_are_rounded_half_to_even(void **state)
{
	static const struct {
		int64_t a, part, whole, share;
	} cases[] = { { 1, 1, 2, 0 }, { 3, 1, 2, 2 }, { 5, 1, 2, 2 }, { -1, 1, 2, 0 },
		{ -3, 1, 2, -2 }, { 2, 1, 3, 1 }, { 1, 1, 3, 0 }, { -2, 1, 3, -1 },
		{ 10, 9, 100, 1 }, { 0, 5, 7, 0 }, { INT64_MAX, 3, 3, INT64_MAX },
		{ 100000000000, 1, 744, 134408602 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_true(e10_share(cases[i].a, cases[i].part, cases[i].whole) ==
			cases[i].share);
	/* 0.0000166667 * 1.5 = 0.00002500005, to even */
	assert_true(e10_mul(166667, 15000000000) == 250000);
}

static void formats_are_parsed_by_name(void **state)
{
	static const struct {
		const char *name;
		enum demo_format format;
	} cases[] = { { "legacy-csv", DEMO_LEGACY_CSV }, { "cur2-csv", DEMO_CUR2_CSV },
		{ "legacy-parquet", DEMO_LEGACY_PARQUET },
		{ "cur2-parquet", DEMO_CUR2_PARQUET }, { "focus-csv", DEMO_FOCUS_CSV },
		{ "focus-parquet", DEMO_FOCUS_PARQUET },
		{ "focus-1.0-csv", DEMO_FOCUS_10_CSV },
		{ "focus-1.0-parquet", DEMO_FOCUS_10_PARQUET } };
	static const char *const wrong[] = { "", "cur2", "cur2-csv ", "Focus-csv" };
	enum demo_format format = DEMO_CUR2_CSV;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(demo_format_parse(span_of(wrong[i]), &format), -EINVAL);
	assert_int_equal(format, DEMO_CUR2_CSV);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(demo_format_parse(span_of(cases[i].name), &format), 0);
		assert_int_equal(format, cases[i].format);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_are_parsed_by_name),
		cmocka_unit_test(same_options_give_the_same_bytes),
		cmocka_unit_test(bytes_do_not_depend_on_the_number_of_threads),
		cmocka_unit_test(every_option_changes_the_bytes),
		cmocka_unit_test(rows_are_exact_in_at_least_two_chunks_a_month),
		cmocka_unit_test(refuses_options_out_of_range),
		cmocka_unit_test(progress_ends_at_all_rows),
		cmocka_unit_test(stopped_export_has_no_manifest_and_no_part),
		cmocka_unit_test(failing_to_write_names_the_file),
		cmocka_unit_test(existing_export_is_replaced),
		cmocka_unit_test(numbers_are_spelled_as_java_does),
		cmocka_unit_test(shares_are_rounded_half_to_even),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
