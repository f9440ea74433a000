/* Tables beside an export, as files of a cache: out of a real folder, far or near. */
#include "fs/store/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "aws/object/folder.h"
#include "base/buf.h"
#include "base/io.h"
#include "tests/aws/sandbox.h"

enum { TEXT_MAX = 1024 * 1024, FRESH = 3600 };

/* A folder that says that it is far, counts what it is asked, and can fail. */
struct far_source {
	struct object_source base;
	struct object_source *inner;
	atomic_uint asked;
	atomic_int error;
};

static struct far_source *far_of(struct object_source *s)
{
	return (struct far_source *)(void *)s;
}

static int far_error(struct object_source *s, struct fault *why)
{
	int error = atomic_load(&far_of(s)->error);

	atomic_fetch_add(&far_of(s)->asked, 1);
	return error < 0 ? fault(why, error, "as told") : 0;
}

static int far_list(struct object_source *s, const char *prefix, struct object_list *ret,
	struct fault *why)
{
	int r = far_error(s, why);

	return r < 0 ? r : object_list(far_of(s)->inner, prefix, ret, why);
}

static int far_stat(struct object_source *s, const char *key, struct object_info *ret,
	struct fault *why)
{
	int r = far_error(s, why);

	return r < 0 ? r : object_stat(far_of(s)->inner, key, ret, why);
}

static ssize_t far_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	int r = far_error(s, why);

	return r < 0 ? r : object_read(far_of(s)->inner, object, offset, bytes, len, why);
}

static const struct object_ops far_ops = {
	.list = far_list, .stat = far_stat, .read = far_read
};

/* Time goes on when a test says so. */
struct still_clock {
	struct clock base;
	atomic_llong seconds;
};

static struct instant still_now(const struct clock *c)
{
	const struct still_clock *s = (const struct still_clock *)(const void *)c;

	return (struct instant){ SANDBOX_EPOCH + atomic_load(&s->seconds) };
}

static uint64_t still_ms(const struct clock *c)
{
	const struct still_clock *s = (const struct still_clock *)(const void *)c;

	return (uint64_t)atomic_load(&s->seconds) * 1000;
}

static const struct clock_ops still_ops = { still_now, still_ms };

struct world {
	char root[SANDBOX_PATH], cache[SANDBOX_PATH];
	struct far_source source;
	struct still_clock clock;
	struct store *store;
	struct tables *tables;
	bool is_away;
};

static bool world_is_away(void *context)
{
	return ((struct world *)context)->is_away;
}

static void open_tables(struct world *w, bool is_mount)
{
	const struct tables_options o = { .source = &w->source.base,
		.home = "e/cur2/",
		.store = w->store,
		.clock = &w->clock.base,
		.identity = "us",
		.fresh_seconds = FRESH,
		.is_mount = is_mount,
		.is_away = world_is_away,
		.context = w };

	assert_int_equal(tables_open(&o, &w->tables), 0);
}

static void open_store(struct world *w, uint64_t limit)
{
	const struct store_options o = {
		.path = w->cache, .limit_bytes = limit, .threads = 1
	};
	struct fault why = { 0 };

	assert_int_equal(store_open(&o, &w->store, &why), 0);
}

static void reopen(struct world *w)
{
	tables_close(w->tables);
	open_tables(w, false);
}

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct fault why = { 0 };

	assert_non_null(w);
	sandbox_make(w->root);
	sandbox_make(w->cache);
	w->source.base = (struct object_source){ .ops = &far_ops, .name = "far" };
	w->clock.base.ops = &still_ops;
	assert_int_equal(folder_open(w->root, &w->source.inner, &why), 0);
	open_store(w, 0);
	open_tables(w, false);
	*state = w;
	return 0;
}

static int end_world(void **state)
{
	struct world *w = *state;

	tables_close(w->tables);
	store_close(w->store);
	object_source_free(w->source.inner);
	sandbox_remove(w->root);
	sandbox_remove(w->cache);
	free(w);
	return 0;
}

static void put(const struct world *w, const char *path, const char *text)
{
	const struct sandbox_file file = { path, text, 0 };

	sandbox_write(w->root, &file);
}

static void wait_for(struct world *w, const struct tables_ask *a)
{
	assert_int_equal(tables_wait(w->tables, a->version, NULL), 0);
}

static uint32_t find_table(struct world *w, const char *name)
{
	struct tables_ask a = { .load = true };
	uint32_t table = 0;
	int r;

	while ((r = tables_find(w->tables, &a, span_of(name), &table)) == -EAGAIN)
		wait_for(w, &a);
	assert_int_equal(r, 0);
	return table;
}

static int get_file(struct world *w, const char *name, struct table_file **ret)
{
	struct fault why = { 0 };
	struct tables_ask a = { .load = true, .why = &why };
	uint32_t table = find_table(w, "coh"), part = 0;
	int r;

	while ((r = table_find(w->tables, &a, table, span_of(name), &part)) == -EAGAIN)
		wait_for(w, &a);
	while (r == 0 && (r = table_get(w->tables, &a, table, part, ret)) == -EAGAIN) {
		wait_for(w, &a);
		r = 0;
	}
	if (r < 0 && r != -ENOENT)
		assert_string_not_equal(why.text, "");
	return r;
}

/* By pieces of some odd size. */
static void expect_text(struct table_file *f, const char *want)
{
	struct buf out = BUF_INIT(TEXT_MAX);
	struct table_reader *r = NULL;
	struct fault why = { 0 };
	char piece[7];
	ssize_t n;

	assert_int_equal(table_file_open(f, &r), 0);
	while ((n = table_reader_read(r, out.len, piece, sizeof(piece), &why)) > 0)
		assert_int_equal(buf_append(&out, piece, (size_t)n), 0);
	assert_int_equal(n, 0);
	table_reader_close(r);
	assert_int_equal(out.len, table_file_size(f));
	assert_string_equal(out.len ? buf_text(&out) : "", want);
	buf_finish(&out);
}

static void expect_file(struct world *w, const char *name, const char *want)
{
	struct table_file *f = NULL;

	assert_int_equal(get_file(w, name, &f), 0);
	expect_text(f, want);
	table_file_unref(f);
}

static unsigned asked(struct world *w)
{
	return atomic_exchange(&w->source.asked, 0);
}

static void rows_are_shown_as_they_are_in_one_dialect(void **state)
{
	static const struct {
		const char *says, *first, *second, *want;
		uint64_t rows;
	} cases[] = {
		{ "a header and no rows", "a,b\n", NULL, "a,b\n", 0 },
		{ "as it is", "account_id,x\n000012345678,1.50\n", NULL,
			"account_id,x\n000012345678,1.50\n", 1 },
		{ "quotes where they are needed, a space for a newline",
			"\"a\",b\r\n\"1\",\"x\ny\"\r\n\"p,q\",\"say \"\"hi\"\"\"\r\n",
			NULL, "a,b\n1,x y\n\"p,q\",\"say \"\"hi\"\"\"\n", 2 },
		{ "columns of all files by name, in the order in which they come",
			"a,b\n1,2\n", "c,B,a\n3,4,5\n", "a,b,c\n1,2,\n5,4,3\n", 2 },
		{ "a name that stands twice, and none at all", "a,a,\n1,2,3\n",
			"a,,a\n4,5,6\n", "a,a,\n1,2,3\n4,6,5\n", 2 },
		{ "a lone empty cell is no empty line", "a\n\"\"\nx\n", NULL,
			"a\n\"\"\nx\n", 2 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct table_file *f = NULL;
		char path[64], name[16];

		print_message("%s\n", cases[i].says);
		snprintf(path, sizeof(path), "e/coh/data/date=%zu/coh-1.csv", i);
		put(w, path, cases[i].first);
		snprintf(path, sizeof(path), "e/coh/data/date=%zu/coh-2.csv", i);
		if (cases[i].second)
			put(w, path, cases[i].second);
		tables_refresh(w->tables);
		snprintf(name, sizeof(name), "%zu.csv", i);
		assert_int_equal(get_file(w, name, &f), 0);
		expect_text(f, cases[i].want);
		assert_int_equal(table_file_rows(f), cases[i].rows);
		assert_int_equal(table_file_as_of(f).seconds, SANDBOX_EPOCH);
		table_file_unref(f);
	}
}

static void a_file_of_many_blocks_reads_the_same_wherever_it_is_begun(void **state)
{
	enum { LINES = 40000 };
	struct world *w = *state;
	struct buf text = BUF_INIT(TEXT_MAX);
	struct table_reader *r = NULL;
	struct table_file *f = NULL;
	struct fault why = { 0 };
	char *got = malloc(TEXT_MAX);

	assert_non_null(got);
	for (int i = 0; i < LINES; i++)
		assert_int_equal(buf_appendf(&text, "%d,%x\n", i, i * 7919), 0);
	put(w, "e/coh/data/date=1/coh-1.csv", buf_text(&text));
	assert_int_equal(get_file(w, "1.csv", &f), 0);
	assert_int_equal(table_file_size(f), text.len);
	assert_int_equal(table_file_open(f, &r), 0);
	for (size_t at = 0; at <= text.len; at += 60000) {
		ssize_t n = table_reader_read(r, at, got, 150000, &why);

		assert_int_equal(n, text.len - at < 150000 ? text.len - at : 150000);
		assert_memory_equal(got, text.p + at, (size_t)n);
	}
	table_reader_close(r);
	table_file_unref(f);
	buf_finish(&text);
	free(got);
}

static void nothing_is_asked_before_somebody_looks_and_once_for_a_time(void **state)
{
	struct world *w = *state;
	struct tables_ask a = { .load = false };
	uint32_t *items = NULL;

	put(w, "e/coh/data/date=1/coh-1.csv", "a\n1\n");
	put(w, "e/coh/data/date=2/coh-1.csv", "a\n2\n");
	assert_int_equal(tables_list(w->tables, &a, &items), -EAGAIN);
	assert_int_equal(asked(w), 0);
	find_table(w, "coh");
	/* Beside, and coh/metadata, coh/data, a day of it. */
	assert_int_equal(asked(w), 4);
	expect_file(w, "1.csv", "a\n1\n");
	assert_in_range(asked(w), 4, 10);
	expect_file(w, "1.csv", "a\n1\n");
	assert_int_equal(asked(w), 0);
	/* What has been looked at is remembered, and so is what was read. */
	reopen(w);
	expect_file(w, "1.csv", "a\n1\n");
	assert_int_equal(asked(w), 0);
	atomic_store(&w->clock.seconds, FRESH + 1);
	expect_file(w, "1.csv", "a\n1\n");
	assert_in_range(asked(w), 1, 6);
}

static void what_was_read_stays_without_a_network(void **state)
{
	struct world *w = *state;
	struct table_file *f = NULL;

	put(w, "e/coh/data/date=1/coh-1.csv", "a\n1\n");
	put(w, "e/coh/data/date=2/coh-1.csv", "a\n2\n");
	expect_file(w, "1.csv", "a\n1\n");
	atomic_store(&w->clock.seconds, INT64_C(30) * 24 * 3600);
	atomic_store(&w->source.error, -ENETUNREACH);
	reopen(w);
	asked(w);
	/* Whether it is known beforehand or found out. */
	expect_file(w, "1.csv", "a\n1\n");
	assert_in_range(asked(w), 1, 6);
	w->is_away = true;
	reopen(w);
	expect_file(w, "1.csv", "a\n1\n");
	assert_int_equal(asked(w), 0);
	assert_int_equal(get_file(w, "2.csv", &f), -ENETUNREACH);
	assert_int_equal(get_file(w, "3.csv", &f), -ENOENT);
}

static void a_newer_delivery_is_seen_and_who_has_the_old_one_keeps_it(void **state)
{
	struct world *w = *state;
	struct table_file *old = NULL;

	put(w, "e/coh/data/date=1/coh-1.csv", "a\n1\n");
	assert_int_equal(get_file(w, "1.csv", &old), 0);
	put(w, "e/coh/data/date=1/coh-1.csv", "a\nnew\n");
	put(w, "e/coh/data/date=2/coh-1.csv", "a\n2\n");
	expect_file(w, "1.csv", "a\n1\n");
	tables_refresh(w->tables);
	expect_file(w, "1.csv", "a\nnew\n");
	expect_file(w, "2.csv", "a\n2\n");
	expect_text(old, "a\n1\n");
	table_file_unref(old);
}

static void of_carbon_the_newest_model_has_the_plain_name(void **state)
{
	static const char *const want[] = { "2026-09.csv", "2026-10.csv",
		"2026-10_v9.csv" };
	struct world *w = *state;
	struct tables_ask a = { .load = true };
	uint32_t *items = NULL, table;

	put(w, "e/coh/data/carbon_model_version=v9/usage_period=2026-09/coh-1.csv",
		"v\n9\n");
	put(w, "e/coh/data/carbon_model_version=v9/usage_period=2026-10/coh-1.csv",
		"v\n9\n");
	expect_file(w, "2026-10.csv", "v\n9\n");
	put(w, "e/coh/data/carbon_model_version=v10/usage_period=2026-10/coh-1.csv",
		"v\n10\n");
	tables_refresh(w->tables);
	expect_file(w, "2026-10_v9.csv", "v\n9\n");
	expect_file(w, "2026-10.csv", "v\n10\n");
	table = find_table(w, "coh");
	assert_int_equal(table_list(w->tables, &a, table, &items), ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_string_equal(table_name(w->tables, table, items[i]), want[i]);
	free(items);
}

static void failures_are_told_and_tried_again(void **state)
{
	static const struct {
		const char *manifest, *text;
		int error;
	} cases[] = {
		{ NULL, "a,b\n1\n", -EBADMSG },
		{ NULL, "a\n\"1\n", -EBADMSG },
		{ "{", "a\n1\n", -EBADMSG },
		{ "{\"executionId\":\"x\",\"dataFiles\":[\"e/coh/data/date=1/"
		  "none-1.csv\"]}",
			"a\n1\n", -ENODATA },
	};
	struct world *w = *state;
	struct table_file *f = NULL;

	put(w, "e/coh/data/date=0/coh-1.csv", "a\n1\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (cases[i].manifest)
			put(w, "e/coh/metadata/date=1/coh-Manifest.json",
				cases[i].manifest);
		put(w, "e/coh/data/date=1/coh-1.csv", cases[i].text);
		tables_refresh(w->tables);
		assert_int_equal(get_file(w, "1.csv", &f), cases[i].error);
		assert_null(f);
	}
	asked(w);
	assert_int_equal(get_file(w, "1.csv", &f), -ENODATA);
	assert_int_equal(asked(w), 0);
	put(w, "e/coh/data/date=1/none-1.csv", "a\nbetter\n");
	atomic_store(&w->clock.seconds, TABLES_RETRY_SECONDS + 1);
	expect_file(w, "1.csv", "a\nbetter\n");
	/* A failure of what is shown hides nothing. */
	put(w, "e/coh/data/date=1/none-1.csv", "a,b\n1\n");
	tables_refresh(w->tables);
	expect_file(w, "1.csv", "a\nbetter\n");
}

/* The name of the one file of the cache that ends so. */
static void cached_path(const struct world *w, const char *ending, char ret[SANDBOX_PATH])
{
	const struct dirent *d;
	char dir[SANDBOX_PATH];
	DIR *stream;

	sandbox_path(w->cache, "v1", dir);
	stream = opendir(dir);
	assert_non_null(stream);
	ret[0] = '\0';
	while ((d = readdir(stream)))
		if (span_ends(span_of(d->d_name), span_of(ending)))
			sandbox_path(dir, d->d_name, ret);
	closedir(stream);
	assert_string_not_equal(ret, "");
}

static void spoil(const char *path, long at)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
	assert_int_equal(fputc(0x7F, f), 0x7F);
	assert_int_equal(fclose(f), 0);
}

static void damage_is_found_and_the_file_is_made_anew(void **state)
{
	/* The text, a block's hash, the version and the hash of the end. */
	static const long places[] = { 2, 4, -80, -4 };
	struct world *w = *state;
	struct fault why = { 0 };
	char path[SANDBOX_PATH], byte;
	struct table_reader *r = NULL;
	struct table_file *f = NULL;

	put(w, "e/coh/data/date=1/coh-1.csv", "a\n1\n");
	expect_file(w, "1.csv", "a\n1\n");
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		cached_path(w, ".table", path);
		spoil(path, places[i]);
		reopen(w);
		assert_int_equal(get_file(w, "1.csv", &f), 0);
		if (i == 0) {
			assert_int_equal(table_file_open(f, &r), 0);
			assert_int_equal(
				table_reader_read(r, 3, &byte, 1, &why), -EBADMSG);
			table_reader_close(r);
			assert_true(table_file_is_lost(f));
			assert_string_not_equal(why.text, "");
		}
		table_file_unref(f);
		expect_file(w, "1.csv", "a\n1\n");
	}
}

static void memory_that_is_damaged_is_none(void **state)
{
	struct world *w = *state;
	struct buf whole = BUF_INIT(TEXT_MAX);
	char path[SANDBOX_PATH];

	put(w, "e/coh/data/date=1/coh-1.csv", "a\n1\n");
	expect_file(w, "1.csv", "a\n1\n");
	/* The thread writes it after it has answered. */
	tables_close(w->tables);
	w->tables = NULL;
	cached_path(w, ".tables", path);
	assert_int_equal(io_read_file(AT_FDCWD, path, &whole), 0);
	for (size_t len = 0; len <= whole.len; len++) {
		struct tables_ask a = { .load = false };
		uint32_t *items = NULL;
		ssize_t n;

		assert_int_equal(io_replace_file(AT_FDCWD, path,
					 span_first(buf_span(&whole), len), 0600),
			0);
		open_tables(w, false);
		n = tables_list(w->tables, &a, &items);
		assert_int_equal(n, len == whole.len ? 1 : -EAGAIN);
		free(items);
		tables_close(w->tables);
		w->tables = NULL;
	}
	buf_finish(&whole);
}

static void the_cache_counts_and_evicts_what_nobody_reads(void **state)
{
	struct world *w = *state;
	struct store_usage usage;
	struct table_file *f = NULL, *again = NULL;
	struct table_reader *r = NULL;
	char path[SANDBOX_PATH];

	put(w, "e/coh/data/date=1/coh-1.csv", "a\n1\n");
	assert_int_equal(get_file(w, "1.csv", &f), 0);
	assert_int_equal(store_usage(w->store, &usage), 0);
	assert_in_range(usage.bytes, 4 + 8 + 1, 1000);
	assert_int_equal(usage.months, 0);
	assert_int_equal(table_file_open(f, &r), 0);
	assert_int_equal(store_trim(w->store, 0), 0);
	cached_path(w, ".table", path);
	table_reader_close(r);
	assert_int_equal(store_trim(w->store, 0), 0);
	assert_int_equal(access(path, F_OK), -1);
	/* What is known of it stays, and brings it back. */
	assert_int_equal(table_file_size(f), 4);
	assert_int_equal(table_file_open(f, &r), -ENOENT);
	assert_true(table_file_is_lost(f));
	assert_int_equal(get_file(w, "1.csv", &again), 0);
	expect_text(again, "a\n1\n");
	expect_text(f, "a\n1\n");
	table_file_unref(again);
	table_file_unref(f);
}

static void what_does_not_fit_the_cache_is_refused_and_leaves_nothing(void **state)
{
	struct world *w = *state;
	struct table_file *f = NULL;
	char path[SANDBOX_PATH];
	unsigned files = 0;
	DIR *stream;

	tables_close(w->tables);
	store_close(w->store);
	open_store(w, 10);
	open_tables(w, false);
	put(w, "e/coh/data/date=1/coh-1.csv", "a\n1234567890\n");
	assert_int_equal(get_file(w, "1.csv", &f), -EFBIG);
	sandbox_path(w->cache, "v1", path);
	stream = opendir(path);
	assert_non_null(stream);
	for (const struct dirent *d; (d = readdir(stream));)
		files += strstr(d->d_name, ".table") && !strstr(d->d_name, ".tables");
	closedir(stream);
	assert_int_equal(files, 0);
}

static void a_mount_waits_for_no_names_and_where_nothing_may_be_listed_are_none(
	void **state)
{
	struct world *w = *state;
	struct tables_ask a = { .load = true };
	uint32_t *items = NULL, table;

	tables_close(w->tables);
	atomic_store(&w->source.error, -EACCES);
	open_tables(w, true);
	assert_int_equal(tables_list(w->tables, &a, &items), 0);
	free(items);
	while (tables_find(w->tables, &a, SPAN("coh"), &table) == -EAGAIN)
		wait_for(w, &a);
	assert_int_equal(asked(w), 1);
	reopen(w);
	assert_int_equal(tables_list(w->tables, &a, &items), 0);
	free(items);
}

static void who_waits_can_be_stopped(void **state)
{
	struct world *w = *state;
	struct tables_ask a = { .load = false };
	uint32_t *items = NULL;
	atomic_bool stop = true;

	assert_int_equal(tables_list(w->tables, &a, &items), -EAGAIN);
	assert_false(tables_has_news(w->tables, a.version));
	assert_int_equal(tables_wait(w->tables, a.version, &stop), -ECANCELED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, end_world)
		TEST(rows_are_shown_as_they_are_in_one_dialect),
		TEST(a_file_of_many_blocks_reads_the_same_wherever_it_is_begun),
		TEST(nothing_is_asked_before_somebody_looks_and_once_for_a_time),
		TEST(what_was_read_stays_without_a_network),
		TEST(a_newer_delivery_is_seen_and_who_has_the_old_one_keeps_it),
		TEST(of_carbon_the_newest_model_has_the_plain_name),
		TEST(failures_are_told_and_tried_again),
		TEST(damage_is_found_and_the_file_is_made_anew),
		TEST(memory_that_is_damaged_is_none),
		TEST(the_cache_counts_and_evicts_what_nobody_reads),
		TEST(what_does_not_fit_the_cache_is_refused_and_leaves_nothing),
		TEST(a_mount_waits_for_no_names_and_where_nothing_may_be_listed_are_none),
		TEST(who_waits_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
