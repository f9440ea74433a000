/* What is kept, for how long, and who waits. */
#include "tests/fs/view_case.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fs/view/cache.h"
#include "fs/view/detail.h"

static void expect_start(struct view_cache *c, const struct scope *scope,
	enum view_file file, uint32_t key, const char *row)
{
	char got[512];
	struct view *v;
	struct span text;
	ssize_t n;

	assert_int_equal(view_open(c, scope, VIEW_CSV(file, key), true, &v, NULL), 0);
	n = view_read(v, 0, got, sizeof(got), NULL);
	assert_true(n > 0);
	text = (struct span){ got, (size_t)n };
	text = span_from(text, span_find(text, '\n') + 1);
	if (!span_starts(text, span_of(row)))
		fail_msg("got %.*s, want %s", SPAN_ARG(text), row);
	view_unref(v);
}

/* Sums of a real month never change; here they do, to see who looks at them. */
static void change(struct month *m, int64_t units)
{
	fake_month_entry(m, 0, DIM_REGION, 0)->cost[0].units = units;
	fake_month_entry(m, 0, DIM_CHARGE_TYPE, 0)->cost[0].units = units;
}

static const struct fake_row one_row[] = {
	{ .account = "1",
		.service = "A",
		.region = "r",
		.cost = { "1" },
		.charge_type = "c",
		.tags = "a=1;b=2",
		.categories = "a=3" },
};

static void files_are_kept_until_the_month_is_dropped(void **state)
{
	struct month *m = fake_month_new(NULL, one_row, 1);
	struct month *other = fake_month_new(NULL, one_row, 1);
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	struct view_cache *c = view_cache_new(1 << 20);
	uint64_t size, before;

	(void)state;
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,1.00,");
	assert_int_equal(
		view_stat(c, &all, VIEW_CSV(VIEW_BY_REGION, 0), true, &before, NULL), 0);
	change(m, 1);
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,1.00,");
	/* A key means nothing to this file. */
	expect_start(c, &all, VIEW_BY_REGION, 77, "r,1.00,");
	view_cache_drop(c, other);
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,1.00,");
	view_cache_drop(c, m);
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,0.000000000000000001,");
	assert_int_equal(
		view_stat(c, &all, VIEW_CSV(VIEW_BY_REGION, 0), true, &size, NULL), 0);
	assert_int_equal(size, before + 16);
	view_cache_free(c);
	month_unref(m);
	month_unref(other);
}

static void files_of_other_keys_scopes_and_months_are_others(void **state)
{
	static char one[] = "1", two[] = "2";
	static char *only_one[] = { one }, *only_two[] = { two };
	static const struct selection first = { only_one, 1 }, second = { only_two, 1 };
	struct month *m = fake_month_new(NULL, one_row, 1);
	struct month *n = fake_month_new(NULL, one_row, 1);
	const struct scope all = { m, &first, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct scope none = { m, &second, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct scope other = { n, &first, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	struct view_cache *c = view_cache_new(1 << 20);
	uint64_t size;

	(void)state;
	change(n, 0);
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,1.00,");
	expect_start(c, &other, VIEW_BY_REGION, 0, "r,0.00,");
	expect_start(c, &none, VIEW_BY_REGION, 0, "");
	assert_int_equal(
		view_stat(c, &none, VIEW_CSV(VIEW_BY_REGION, 0), true, &size, NULL), 0);
	assert_int_equal(size, strlen("region," MONEY "\n"));
	expect_start(c, &all, VIEW_BY_CHARGE_TYPE, 0, "c,1.00,");
	expect_start(c, &all, VIEW_BY_TAG, fake_month_text(m, "a"), "1,1.00,");
	expect_start(c, &all, VIEW_BY_TAG, fake_month_text(m, "b"), "2,1.00,");
	expect_start(c, &all, VIEW_BY_CATEGORY, fake_month_text(m, "a"), "3,1.00,");
	view_cache_free(c);
	month_unref(m);
	month_unref(n);
}

/* Where the next month is made at the address of the last one, which only its content
 * tells from it. */
static void a_delivery_that_was_built_anew_is_another_month(void **state)
{
	struct month *m = fake_month_new(
		&(struct fake_options){ .id = "i", .content = 1 }, one_row, 1);
	struct month *n = fake_month_new(
		&(struct fake_options){ .id = "i", .content = 2 }, one_row, 1);
	struct month *same = fake_month_new(
		&(struct fake_options){ .id = "i", .content = 1 }, one_row, 1);
	struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	uint64_t before = view_key_of(&all, VIEW_BY_TAG, 1).content;

	(void)state;
	all.month = n;
	assert_int_not_equal(view_key_of(&all, VIEW_BY_TAG, 1).content, before);
	all.month = same;
	assert_int_equal(view_key_of(&all, VIEW_BY_TAG, 1).content, before);
	month_unref(m);
	month_unref(n);
	month_unref(same);
}

static void what_was_used_longest_ago_goes_first_but_its_size_is_known(void **state)
{
	struct month *m = fake_month_new(NULL, one_row, 1);
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	/* Room for two files of less than 400 bytes with what they need, not for
	 * three. */
	struct view_cache *c = view_cache_new(870);
	uint64_t before, size;

	(void)state;
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,1.00,");
	assert_int_equal(
		view_stat(c, &all, VIEW_CSV(VIEW_BY_REGION, 0), true, &before, NULL), 0);
	expect_start(c, &all, VIEW_BY_CHARGE_TYPE, 0, "c,1.00,");
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,1.00,");
	expect_start(c, &all, VIEW_BY_OPERATION, 0, ",1.00,");
	change(m, 1);
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,1.00,");
	expect_start(c, &all, VIEW_BY_CHARGE_TYPE, 0, "c,0.000000000000000001,");
	expect_start(c, &all, VIEW_BY_OPERATION, 0, ",1.00,");
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,0.000000000000000001,");
	/* The size says what it said. */
	assert_int_equal(
		view_stat(c, &all, VIEW_CSV(VIEW_BY_REGION, 0), false, &size, NULL), 0);
	assert_int_equal(size, before + 16);
	view_cache_free(c);
	month_unref(m);
}

static void who_asks_for_a_size_alone_has_no_bytes_kept(void **state)
{
	struct month *m = fake_month_new(NULL, one_row, 1);
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	struct view_cache *c = view_cache_new(1 << 20);
	uint64_t size, again;

	(void)state;
	assert_int_equal(
		view_stat(c, &all, VIEW_CSV(VIEW_BY_REGION, 0), true, &size, NULL), 0);
	change(m, 1);
	assert_int_equal(
		view_stat(c, &all, VIEW_CSV(VIEW_BY_REGION, 0), true, &again, NULL), 0);
	assert_int_equal(again, size);
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,0.000000000000000001,");
	view_cache_free(c);
	month_unref(m);
}

static void a_file_over_the_limit_is_open_until_it_is_closed(void **state)
{
	struct month *m = view_case_month();
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	struct view_cache *c = view_cache_new(0);
	struct view *v[3];
	char got[64];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(view_open(c, &all, VIEW_CSV((enum view_file)i, 0), true,
					 &v[i], NULL),
			0);
	view_cache_drop(c, m);
	view_cache_free(c);
	month_unref(m);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(view_read(v[i], 0, got, sizeof(got), NULL), sizeof(got));
		view_unref(v[i]);
	}
}

enum { WORK_SLICES = 100 };

/* Resources in 100 slices. */
static struct month *month_of_work(size_t sums)
{
	static char accounts[WORK_SLICES][8];
	char(*ids)[24] = calloc(sums, sizeof(*ids));
	struct fake_row *rows = calloc(sums, sizeof(*rows));
	struct month *m;

	assert_non_null(ids);
	assert_non_null(rows);
	for (size_t i = 0; i < sums; i++) {
		snprintf(accounts[i % WORK_SLICES], sizeof(accounts[0]), "%03zu",
			i % WORK_SLICES);
		snprintf(ids[i], sizeof(ids[0]), "r%06zu", i);
		rows[i] = (struct fake_row){ .account = accounts[i % WORK_SLICES],
			.service = "A",
			.region = ids[i],
			.cost = { "1" } };
	}
	m = fake_month_new(&(struct fake_options){ .rows_a_piece = 1000 }, rows, sums);
	free(rows);
	free(ids);
	return m;
}

static void long_work_is_for_the_patient(void **state)
{
	/* A slice counts as a sum, a row of its own as ten. */
	static const struct {
		size_t sums;
		int want;
	} cases[] = { { (40000 - WORK_SLICES) / 10, 0 },
		{ (40000 - WORK_SLICES) / 10 + 1, -EAGAIN } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct month *m = month_of_work(cases[i].sums);
		const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
		struct view_cache *c = view_cache_new(1 << 24);
		struct view *v = NULL;
		uint64_t size = 5;

		assert_int_equal(view_stat(c, &all, VIEW_CSV(VIEW_BY_RESOURCE, 0), false,
					 &size, NULL),
			cases[i].want);
		if (cases[i].want < 0) {
			assert_int_equal(size, 5);
			assert_int_equal(view_open(c, &all, VIEW_CSV(VIEW_BY_RESOURCE, 0),
						 false, &v, NULL),
				-EAGAIN);
			assert_null(v);
		}
		/* Few sums, or none at all to make. */
		assert_int_equal(view_stat(c, &all, VIEW_CSV(VIEW_BY_REGION, 0), false,
					 &size, NULL),
			0);
		assert_int_equal(
			view_stat(c, &all, VIEW_CSV(VIEW_LINES, 0), false, &size, NULL),
			0);
		assert_int_equal(view_stat(c, &all, VIEW_CSV(VIEW_BY_RESOURCE, 0), true,
					 &size, NULL),
			0);
		assert_int_equal(view_open(c, &all, VIEW_CSV(VIEW_BY_RESOURCE, 0), false,
					 &v, NULL),
			0);
		assert_int_equal(view_size(v), size);
		view_unref(v);
		view_cache_free(c);
		month_unref(m);
	}
}

static struct month *month_of_resources(size_t count, size_t rows_a_piece)
{
	char(*ids)[24] = calloc(count, sizeof(*ids));
	struct fake_row *rows = calloc(count, sizeof(*rows));
	struct month *m;

	assert_non_null(ids);
	assert_non_null(rows);
	for (size_t i = 0; i < count; i++) {
		snprintf(ids[i], sizeof(ids[0]), "i-%08zu", i);
		rows[i] = (struct fake_row){ .account = "1",
			.service = "A",
			.resource = ids[i],
			.usage_type = ids[i],
			.cost = { "1" },
			.date = "2026-11-01" };
	}
	m = fake_month_new(
		&(struct fake_options){ .rows_a_piece = rows_a_piece }, rows, count);
	free(rows);
	free(ids);
	return m;
}

static void one_pass_is_enough_for_all_resources(void **state)
{
	static const enum view_file files[] = { VIEW_RESOURCE_SUMMARY,
		VIEW_RESOURCE_DAILY, VIEW_LINES };
	enum { RESOURCES = 300, PIECES = 3 };
	uint64_t sizes[RESOURCES * ARRAY_LEN(files)];
	struct month *m = month_of_resources(RESOURCES, RESOURCES / PIECES);
	struct scope at = { m, NULL, 0, 0, 0 };
	struct view_cache *c = view_cache_new(0);
	struct view *v = NULL;
	uint64_t size = 5;

	(void)state;
	assert_int_equal(
		view_open(c, &at, VIEW_CSV(VIEW_LINES, 0), false, &v, NULL), -EAGAIN);
	assert_int_equal(
		view_stat(c, &at, VIEW_CSV(VIEW_LINES, 0), false, &size, NULL), -EAGAIN);
	assert_int_equal(size, 5);
	assert_null(v);
	assert_int_equal(fake_month_piece_reads(m), 0);
	assert_int_equal(
		view_stat(c, &at, VIEW_CSV(VIEW_LINES, 0), true, &size, NULL), 0);
	assert_int_equal(fake_month_piece_reads(m), PIECES);
	for (size_t i = 0; i < RESOURCES * ARRAY_LEN(files); i++) {
		at.resource = (uint32_t)(i % RESOURCES);
		assert_int_equal(view_open(c, &at, VIEW_CSV(files[i / RESOURCES], 0),
					 false, &v, NULL),
			0);
		sizes[i] = view_size(v);
		view_unref(v);
	}
	/* Another file takes the place of the bytes; the sizes stay. */
	expect_start(c, &(struct scope){ m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL },
		VIEW_TOTAL, 0, "2026-11,");
	for (size_t i = 0; i < RESOURCES * ARRAY_LEN(files); i++) {
		at.resource = (uint32_t)(i % RESOURCES);
		assert_int_equal(view_stat(c, &at, VIEW_CSV(files[i / RESOURCES], 0),
					 false, &size, NULL),
			0);
		assert_int_equal(size, sizes[i]);
	}
	assert_int_equal(fake_month_piece_reads(m), PIECES);
	assert_int_equal(
		view_open(c, &at, VIEW_CSV(VIEW_LINES, 0), false, &v, NULL), -EAGAIN);
	view_cache_free(c);
	month_unref(m);
}

static void more_resources_than_a_pass_holds_are_seen_by_the_next(void **state)
{
	struct month *m = month_of_resources(DETAIL_RESOURCES + 1, 4096);
	static const uint32_t some[] = { 0, DETAIL_RESOURCES - 1, DETAIL_RESOURCES };
	struct view_cache *c = view_cache_new(1 << 26);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(some); i++) {
		char want[64];

		snprintf(want, sizeof(want), "i-%08u,,1.00,,,,,USD,1\n", some[i]);
		expect_start(c, &(struct scope){ m, NULL, 0, 0, some[i] },
			VIEW_RESOURCE_SUMMARY, 0, want);
	}
	/* Five pieces, twice. */
	assert_int_equal(fake_month_piece_reads(m), 10);
	view_cache_free(c);
	month_unref(m);
}

/* Months come and go at the same addresses; none is taken for another. */
static void a_month_that_was_dropped_is_not_taken_for_the_next(void **state)
{
	char tags[32];
	struct view_cache *c = view_cache_new(1 << 16);
	struct fake_row row = { .account = "1", .service = "A", .tags = tags };

	(void)state;
	for (int len = 0; len < 20; len++) {
		struct scope all = { NULL, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
		uint64_t size;

		snprintf(tags, sizeof(tags), "k=%.*s", len, "xxxxxxxxxxxxxxxxxxxxx");
		all.month = fake_month_new(NULL, &row, 1);
		assert_int_equal(
			view_stat(c, &all,
				VIEW_CSV(VIEW_BY_TAG, fake_month_text(all.month, "k")),
				false, &size, NULL),
			0);
		assert_int_equal(
			size, strlen("value," MONEY "\n,,,,,,USD,1\n") + (size_t)len);
		view_cache_drop(c, all.month);
		month_unref(all.month);
	}
	view_cache_free(c);
}

struct worker {
	struct view_cache *cache;
	struct month *month;
	unsigned seed;
	bool failed;
};

static void *look_at_everything(void *context)
{
	struct worker *w = context;

	for (unsigned i = 0; i < 400; i++) {
		unsigned pick = (i * 7 + w->seed) % (VIEW_INVOICES + 1);
		struct scope at = { w->month, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
		enum view_file file = (enum view_file)pick;
		struct view *v;
		char got[256];

		if (i % 3 == 0) {
			at = (struct scope){ w->month, NULL, 0, 0, i % 2 };
			file = VIEW_LINES;
		}
		if (i % 50 == 49)
			view_cache_drop(w->cache, w->month);
		if (view_open(w->cache, &at, VIEW_CSV(file, 0), true, &v, NULL) < 0) {
			w->failed = true;
			continue;
		}
		if (view_read(v, 0, got, sizeof(got), NULL) <= 0)
			w->failed = true;
		view_unref(v);
	}
	return NULL;
}

static void threads_share_a_cache(void **state)
{
	enum { THREADS = 4 };
	struct month *m = view_case_month();
	struct view_cache *c = view_cache_new(4000);
	struct worker workers[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ c, m, i, false };
		assert_int_equal(pthread_create(&threads[i], NULL, look_at_everything,
					 &workers[i]),
			0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_false(workers[i].failed);
	}
	view_cache_free(c);
	assert_int_equal(fake_month_refs(m), 1);
	month_unref(m);
}

static void what_takes_long_gives_up_when_it_is_told_to(void **state)
{
	static const struct fake_row rows[] = { {
		.account = "1",
		.service = "A",
		.region = "r",
		.resource = "i-1",
		.cost = { "1" },
		.charge_type = "c",
	} };
	struct month *m = fake_month_new(NULL, rows, 1);
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct scope resource = { m, NULL, 0, 0, 0 };
	struct view_cache *c = view_cache_new(1 << 20);
	struct view *v = NULL;
	uint64_t size = 77;

	(void)state;
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,1.00,");
	view_cache_stop(c);
	assert_int_equal(view_open(c, &all, VIEW_CSV(VIEW_BY_SERVICE, 0), true, &v, NULL),
		-ECANCELED);
	assert_int_equal(
		view_open(c, &resource, VIEW_CSV(VIEW_RESOURCE_DAILY, 0), true, &v, NULL),
		-ECANCELED);
	assert_int_equal(view_stat(c, &resource, VIEW_CSV(VIEW_RESOURCE_SUMMARY, 0), true,
				 &size, NULL),
		-ECANCELED);
	assert_null(v);
	assert_int_equal(size, 77);
	/* What is made already is there. */
	expect_start(c, &all, VIEW_BY_REGION, 0, "r,1.00,");
	view_cache_free(c);
	month_unref(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_kept_until_the_month_is_dropped),
		cmocka_unit_test(who_asks_for_a_size_alone_has_no_bytes_kept),
		cmocka_unit_test(files_of_other_keys_scopes_and_months_are_others),
		cmocka_unit_test(a_delivery_that_was_built_anew_is_another_month),
		cmocka_unit_test(
			what_was_used_longest_ago_goes_first_but_its_size_is_known),
		cmocka_unit_test(a_file_over_the_limit_is_open_until_it_is_closed),
		cmocka_unit_test(long_work_is_for_the_patient),
		cmocka_unit_test(one_pass_is_enough_for_all_resources),
		cmocka_unit_test(more_resources_than_a_pass_holds_are_seen_by_the_next),
		cmocka_unit_test(a_month_that_was_dropped_is_not_taken_for_the_next),
		cmocka_unit_test(threads_share_a_cache),
		cmocka_unit_test(what_takes_long_gives_up_when_it_is_told_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
