/* Line items where they stand, and the files of a resource made from them. */
#include "tests/fs/view_case.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fs/view/formed.h"
#include "fs/view/lines.h"

#define HEADER                                                                           \
	"usage_start,usage_end,account_id,service,region,availability_zone,usage_type,"  \
	"operation,charge_type,resource_id,usage_amount,usage_unit,unblended_cost,"      \
	"net_unblended_cost,amortized_cost,net_amortized_cost,list_cost,currency,"       \
	"invoice_id,description\n"

/* Of each slice, as the rows of view_case.c are written. */
#define PROD_I1                                                                          \
	"2026-11-01T00:00:00Z,,111111111111,AmazonEC2,eu-west-1,,BoxUsage,RunInstances," \
	"Usage,i-1,,,1.50,,1.20,,2.00,USD,,\n"                                           \
	"2026-11-02T00:00:00Z,,111111111111,AmazonEC2,eu-west-1,,BoxUsage,RunInstances," \
	"Usage,i-1,,,0.25,,0.25,,0.50,USD,,\n"
#define PROD_NONE                                                                        \
	"2026-11-02T00:00:00Z,,111111111111,AmazonEC2,,,DataTransfer,Out,Usage,,,,"      \
	"0.000000000000000001,,0.000000000000000001,,,USD,,\n"                           \
	"2026-11-01T00:00:00Z,,111111111111,AmazonEC2,eu-west-1,,,,Credit,,,,-3.00,,"    \
	"-3.00,,,USD,,\"Promo, \"\"gift\"\" next\"\n"
#define PROD_EC2 PROD_I1 PROD_NONE
#define PROD_S3                                                                          \
	"2026-11-03T00:00:00Z,,111111111111,AmazonS3,us-east-1,,Storage,Put,Usage,b,,,"  \
	"0.75,0.70,0.75,0.70,0.80,CNY,,\n"
#define BARE_EC2                                                                         \
	"2026-11-01T00:00:00Z,,222222222222,AmazonEC2,us-east-1,,BoxUsage,RunInstances," \
	"DiscountedUsage,i-2,,,0.00,,,,1.00,USD,INV-9,\n"                                \
	"2026-11-02T00:00:00Z,,222222222222,AmazonEC2,us-east-1,,EKS:pod,EKSPod-EC2,"    \
	"Usage,pod/x,,,,,,,,USD,INV-9,\n"
#define BARE_S3                                                                          \
	"2026-11-03T00:00:00Z,,222222222222,AmazonS3,us-east-1,,Storage,Put,Usage,b,,,"  \
	"0.75,,0.75,,,USD,INV-9,\n"

static char bare_id[] = "222222222222";
static char *bare_ids[] = { bare_id };
static const struct selection only_bare = { bare_ids, 1 };

static void lines_are_by_account_then_service(void **state)
{
	struct month *m = view_case_month();

	(void)state;
	expect_file(&(struct scope){ m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL }, VIEW_LINES,
		0, HEADER PROD_EC2 PROD_S3 BARE_EC2 BARE_S3);
	expect_file(&(struct scope){ m, NULL, 0, VIEW_ALL, VIEW_ALL }, VIEW_LINES, 0,
		HEADER PROD_EC2 PROD_S3);
	expect_file(&(struct scope){ m, NULL, VIEW_ALL, 1, VIEW_ALL }, VIEW_LINES, 0,
		HEADER PROD_S3 BARE_S3);
	expect_file(&(struct scope){ m, &only_bare, VIEW_ALL, 1, VIEW_ALL }, VIEW_LINES,
		0, HEADER BARE_S3);
	expect_file(&(struct scope){ m, NULL, 0, 0, VIEW_ALL }, VIEW_COSTS, 0,
		HEADER PROD_EC2);
	expect_file(
		&(struct scope){ m, &only_bare, 0, 0, VIEW_ALL }, VIEW_COSTS, 0, HEADER);
	assert_int_equal(fake_month_refs(m), 1);
	month_unref(m);
}

/* Small enough that each offset and length is tried. */
static void lines_are_the_same_at_every_offset(void **state)
{
	struct month *m = view_case_month();

	(void)state;
	expect_file(&(struct scope){ m, NULL, 0, 1, VIEW_ALL }, VIEW_COSTS, 0,
		HEADER PROD_S3);
	expect_file(&(struct scope){ m, NULL, VIEW_ALL, 1, VIEW_ALL }, VIEW_LINES, 0,
		HEADER PROD_S3 BARE_S3);
	expect_file(&(struct scope){ m, NULL, 0, 0, 1 }, VIEW_LINES, 0, HEADER PROD_I1);
	month_unref(m);
}

/* From all sides. */
static void expect_lines(const struct lines *l, struct span want)
{
	char got[4096];

	assert_int_equal(lines_size(l), want.len);
	for (size_t at = 0; at <= want.len + 1; at += 7) {
		const struct span left =
			span_first(span_from(want, at < want.len ? at : want.len), 100);

		assert_int_equal(lines_read(l, at, got, 100, NULL), left.len);
		assert_memory_equal(got, left.p, left.len);
	}
	assert_int_equal(lines_read(l, 0, got, sizeof(got), NULL), want.len);
	assert_memory_equal(got, want.p, want.len);
}

/* Of two slices; more than there are, too. */
static void rows_from_one_on_are_the_same_rows(void **state)
{
	struct month *m = view_case_month();
	const struct scope prod = { m, NULL, 0, VIEW_ALL, VIEW_ALL };
	const struct span rows = SPAN(PROD_EC2 PROD_S3);
	size_t ends[8] = { 0 }, count = 0;

	(void)state;
	for (size_t i = 0; i < rows.len; i++)
		if (rows.p[i] == '\n')
			ends[++count] = i + 1;
	assert_int_equal(count, 5);
	for (size_t i = 0; i < 49; i++) {
		const size_t first = i / 7, n = i % 7;
		const size_t from = ends[first < count ? first : count];
		const size_t to = ends[first + n < count ? first + n : count];
		char want[4096] = HEADER;
		struct lines *l;

		memcpy(want + strlen(HEADER), rows.p + from, to - from);
		assert_int_equal(lines_open_rows(&prod, first, n, &l, NULL), 0);
		expect_lines(l, (struct span){ want, strlen(HEADER) + to - from });
		lines_close(l);
	}
	assert_int_equal(fake_month_refs(m), 1);
	month_unref(m);
}

static void parts_are_counted_from_one(void **state)
{
	struct month *m = view_case_month();
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	const struct scope none = { m, &only_bare, 0, 0, VIEW_ALL };
	const struct scope i1 = { m, NULL, 0, 0, 1 };
	const struct view_name second = { VIEW_LINES, 2, FORM_CSV };
	const struct view_name formed = { VIEW_LINES, 1, FORM_JSON };
	struct view_cache *c = view_cache_new(1 << 20);
	struct view *v;

	(void)state;
	assert_int_equal(view_part_count(&all), 1);
	assert_int_equal(view_part_count(&none), 1);
	assert_int_equal(view_part_count(&i1), 0);
	expect_file(&all, VIEW_LINES, 1, HEADER PROD_EC2 PROD_S3 BARE_EC2 BARE_S3);
	expect_file(&none, VIEW_COSTS, 1, HEADER);
	assert_int_equal(view_open(c, &all, &second, true, &v, NULL), -ENOENT);
	assert_int_equal(view_open(c, &all, &formed, true, &v, NULL), -ENOENT);
	assert_int_equal(
		view_open(c, &i1, VIEW_CSV(VIEW_LINES, 1), true, &v, NULL), -ENOENT);
	view_cache_free(c);
	month_unref(m);
}

static void a_resource_has_its_own_files(void **state)
{
	struct month *m = view_case_month();
	const struct scope i1 = { m, NULL, 0, 0, 1 };
	const struct scope none = { m, NULL, 0, 0, 0 };
	const struct scope i2 = { m, NULL, 1, 0, 0 };
	const struct scope pod = { m, NULL, 1, 0, 1 };

	(void)state;
	expect_file(&i1, VIEW_RESOURCE_SUMMARY, 0,
		"usage_type,operation," MONEY "\n"
		"BoxUsage,RunInstances,1.75,,1.45,,2.50,USD,2\n");
	expect_file(&i1, VIEW_RESOURCE_DAILY, 0,
		"date," MONEY "\n"
		"2026-11-01,1.50,,1.20,,2.00,USD,1\n"
		"2026-11-02,0.25,,0.25,,0.50,USD,1\n"
		"2026-11-03,0.00,,0.00,,0.00,USD,0\n");
	expect_file(&none, VIEW_RESOURCE_SUMMARY, 0,
		"usage_type,operation," MONEY "\n"
		"DataTransfer,Out,0.000000000000000001,,0.000000000000000001,,,USD,1\n"
		",,-3.00,,-3.00,,,USD,1\n");
	expect_file(&none, VIEW_LINES, 0, HEADER PROD_NONE);
	/* Cost without amortized cost: lacking. */
	expect_file(&i2, VIEW_RESOURCE_SUMMARY, 0,
		"usage_type,operation," MONEY "\n"
		"BoxUsage,RunInstances,0.00,,,,1.00,USD,1\n");
	expect_file(&pod, VIEW_RESOURCE_DAILY, 0,
		"date," MONEY "\n"
		"2026-11-01,0.00,,,,,USD,0\n"
		"2026-11-02,,,,,,USD,1\n"
		"2026-11-03,0.00,,,,,USD,0\n");
	assert_int_equal(fake_month_refs(m), 1);
	month_unref(m);
}

static void odd_resource_ids_are_found_in_the_text(void **state)
{
	static const char *const ids[] = { "a,b", "say \"x\"", "\"", "two\nlines",
		"caf\xc3\xa9", ",", "\"\"" };
	struct fake_row rows[ARRAY_LEN(ids) * 2];
	struct month *m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		rows[i] = (struct fake_row){ .account = "1",
			.service = "A",
			.resource = ids[i % ARRAY_LEN(ids)],
			.usage_type = "u,\"v\"",
			.date = "2026-11-01",
			.cost = { "1.5" } };
	for (size_t a_piece = 1; a_piece <= ARRAY_LEN(rows); a_piece++) {
		m = fake_month_new(&(struct fake_options){ .rows_a_piece = a_piece },
			rows, ARRAY_LEN(rows));
		for (uint32_t i = 0; i < ARRAY_LEN(ids); i++)
			expect_file(&(struct scope){ m, NULL, 0, 0, i },
				VIEW_RESOURCE_SUMMARY, 0,
				"usage_type,operation," MONEY "\n"
				"\"u,\"\"v\"\"\",,3.00,,,,,USD,2\n");
		month_unref(m);
	}
}

/* All rows of all resources together are the slice, each once. */
static void lines_of_resources_add_up_to_the_slice(void **state)
{
	enum { ROWS = 60, RESOURCES = 7 };
	char ids[RESOURCES][8], costs[ROWS][16];
	struct fake_row rows[ROWS];
	uint64_t header = sizeof(HEADER) - 1;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(ids[i % RESOURCES], sizeof(ids[0]), "r%zu", i % RESOURCES);
		snprintf(costs[i], sizeof(costs[0]), "%zu.01", i);
		rows[i] = (struct fake_row){ .account = "1",
			.service = "A",
			.resource = ids[i % RESOURCES],
			.cost = { costs[i] } };
	}
	for (size_t a_piece = 1; a_piece <= ROWS + 1; a_piece += 5) {
		struct month *m = fake_month_new(
			&(struct fake_options){ .rows_a_piece = a_piece }, rows, ROWS);
		struct view_cache *c = view_cache_new(1 << 20);
		uint64_t sum = 0, size;

		for (uint32_t i = 0; i < RESOURCES; i++) {
			const struct scope at = { m, NULL, 0, 0, i };

			assert_int_equal(view_stat(c, &at, VIEW_CSV(VIEW_LINES, 0), true,
						 &size, NULL),
				0);
			sum += size - header;
		}
		assert_int_equal(sum, month_slice(m, 0)->bytes);
		view_cache_free(c);
		month_unref(m);
	}
}

static void thousands_of_slices_are_read_at_any_offset(void **state)
{
	enum { SLICES = 1500 };
	static char ids[SLICES][8];
	static struct fake_row rows[SLICES];
	struct month *m;
	struct view_cache *c = view_cache_new(1 << 20);
	struct view *v;
	char got[64];
	size_t row_bytes;

	(void)state;
	for (size_t i = 0; i < SLICES; i++) {
		snprintf(ids[i], sizeof(ids[0]), "%06zu", i);
		rows[i] = (struct fake_row){ .account = ids[i], .service = "A" };
	}
	m = fake_month_new(NULL, rows, SLICES);
	row_bytes = fake_month_rows(m, 0).len;
	assert_int_equal(
		view_open(c, &(struct scope){ m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL },
			VIEW_CSV(VIEW_LINES, 0), false, &v, NULL),
		0);
	assert_int_equal(view_size(v), sizeof(HEADER) - 1 + SLICES * row_bytes);
	/* The account id is the third cell. */
	for (size_t i = 0; i < SLICES; i++) {
		assert_int_equal(view_read(v, sizeof(HEADER) - 1 + i * row_bytes + 2, got,
					 6, NULL),
			6);
		assert_memory_equal(got, ids[i], 6);
	}
	view_unref(v);
	view_cache_free(c);
	month_unref(m);
}

static void failures_of_the_store_are_passed_on(void **state)
{
	static const int errors[] = { -EBADMSG, -EIO, -ENOMEM };
	struct month *m = view_case_month();
	const struct scope slice = { m, NULL, 0, 0, VIEW_ALL };
	const struct scope i1 = { m, NULL, 0, 0, 1 };
	struct view_cache *c = view_cache_new(1 << 20);
	struct view *costs, *lines, *none = NULL;
	struct fault why = { 0 };
	char got[2000];

	(void)state;
	assert_int_equal(
		view_open(c, &slice, VIEW_CSV(VIEW_COSTS, 0), true, &costs, NULL), 0);
	assert_int_equal(
		view_open(c, &i1, VIEW_CSV(VIEW_LINES, 0), true, &lines, NULL), 0);
	view_cache_drop(c, m);
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		fake_month_fail(m, errors[i]);
		assert_int_equal(view_read(costs, 0, got, sizeof(got), &why), errors[i]);
		assert_string_equal(why.text, "as told");
		assert_int_equal(view_read(lines, 0, got, sizeof(got), NULL), errors[i]);
		assert_int_equal(
			view_open(c, &i1, VIEW_CSV(VIEW_LINES, 0), true, &none, NULL),
			errors[i]);
		assert_null(none);
	}
	fake_month_fail(m, 0);
	assert_true(view_read(costs, 0, got, sizeof(got), NULL) > 0);
	view_unref(costs);
	view_unref(lines);
	view_cache_free(c);
	month_unref(m);
}

static void other_forms_of_line_items_need_the_rows(void **state)
{
	const struct view_name json = { VIEW_COSTS, 0, FORM_JSON };
	struct month *m = view_case_month();
	const struct scope slice = { m, NULL, 0, 0, VIEW_ALL };
	struct view_cache *c = view_cache_new(1 << 20);
	struct view *v = NULL;
	uint64_t size = 0, kept = 0;
	char got[20] = "";

	(void)state;
	fake_month_evict(m, true);
	assert_int_equal(view_stat(c, &slice, &json, true, &size, NULL), -ENODATA);
	assert_int_equal(view_open(c, &slice, &json, true, &v, NULL), -ENODATA);
	fake_month_evict(m, false);
	assert_int_equal(view_stat(c, &slice, &json, false, &size, NULL), -EAGAIN);
	assert_int_equal(view_stat(c, &slice, &json, true, &size, NULL), 0);
	assert_true(size > 0);
	/* What was made stays, and holds no rows. */
	assert_int_equal(fake_month_pins(m), 0);
	fake_month_evict(m, true);
	assert_int_equal(view_stat(c, &slice, &json, false, &kept, NULL), 0);
	assert_int_equal(kept, size);
	assert_int_equal(view_open(c, &slice, &json, false, &v, NULL), 0);
	assert_int_equal(view_size(v), size);
	assert_int_equal(view_read(v, 0, got, 4, NULL), 4);
	assert_string_equal(got, "[\n{\"");
	view_unref(v);
	view_cache_free(c);
	month_unref(m);
}

static void a_form_that_is_too_large_says_so(void **state)
{
	struct buf csv = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);
	struct month *m = view_case_month();
	const struct scope all = { m, NULL, VIEW_ALL, VIEW_ALL, VIEW_ALL };
	struct view_key key = view_key_of(&all, VIEW_LINES, 0);
	struct fault why = { 0 };

	(void)state;
	key.form = FORM_JSON;
	for (int i = 0; i < 5000; i++)
		assert_int_equal(buf_append_text(&csv, "x,"), 0);
	assert_int_equal(buf_append_text(&csv, "x\n"), 0);
	const struct formed_source from = { buf_span(&csv), NULL };
	assert_int_equal(formed_render(&all, &key, &from, &got, &why), -EMSGSIZE);
	assert_non_null(strstr(why.text, "\"Line items\" is too large for .json"));
	assert_non_null(strstr(why.cure, ".csv"));
	buf_finish(&csv);
	buf_finish(&got);
	month_unref(m);
}

/* Replaces a byte of the slice's first row. */
static void damaged_rows_are_refused(void **state)
{
	static const struct {
		size_t at;
		char byte;
	} damages[] = {
		{ 0, 'x' }, /* the date */
		{ 20, '"' }, /* a quote that does not end */
		{ 22, '\n' }, /* a row that is too short */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		struct month *m = view_case_month();
		struct span text = fake_month_rows(m, 0);
		char *rows = malloc(text.len);

		assert_non_null(rows);
		memcpy(rows, text.p, text.len);
		rows[damages[i].at + (i == 1)] = damages[i].byte;
		fake_month_replace_rows(m, 0, rows);
		expect_open_fails(&(struct scope){ m, NULL, 0, 0, 1 },
			VIEW_RESOURCE_DAILY, -EBADMSG);
		free(rows);
		month_unref(m);
	}
}

static void rows_that_are_missing_are_noticed(void **state)
{
	struct month *m = view_case_month();
	struct view_cache *c = view_cache_new(1 << 20);
	struct fault why = { 0 };
	struct view *v;
	static char got[4000];
	uint64_t last;

	(void)state;
	assert_int_equal(view_open(c, &(struct scope){ m, NULL, VIEW_ALL, 1, VIEW_ALL },
				 VIEW_CSV(VIEW_LINES, 0), true, &v, NULL),
		0);
	last = view_size(v) - 1;
	fake_month_cut_rows(m, 3, 1);
	assert_int_equal(view_read(v, 0, got, last, NULL), last);
	assert_int_equal(view_read(v, 0, got, last + 1, &why), -EBADMSG);
	assert_int_equal(why.error, -EBADMSG);
	assert_int_equal(view_read(v, last, got, 1, NULL), -EBADMSG);
	view_unref(v);
	view_cache_free(c);
	month_unref(m);
}

/* The day and usage type of one row that lacks its amortized cost have none, whatever the
 * others have. */
static void what_one_row_lacks_its_sum_lacks(void **state)
{
	static const struct fake_row rows[] = {
		{ .account = "1",
			.service = "A",
			.resource = "r",
			.date = "2026-11-01",
			.usage_type = "u",
			.cost = { "1", "1", "1", "1" } },
		{ .account = "1",
			.service = "A",
			.resource = "r",
			.date = "2026-11-01",
			.usage_type = "u",
			.cost = { "2", "2", "?", "2" } },
		{ .account = "1",
			.service = "A",
			.resource = "r",
			.date = "2026-11-02",
			.usage_type = "v",
			.cost = { "4", "4", "4", "4" } },
		{ .account = "1",
			.service = "A",
			.resource = "r",
			.date = "2026-11-02",
			.usage_type = "v",
			.cost = { "8", "8", "8", "?" } },
	};
	struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));
	const struct scope r = { m, NULL, 0, 0, 0 };

	(void)state;
	expect_file(&r, VIEW_RESOURCE_SUMMARY, 0,
		"usage_type,operation," MONEY "\n"
		"v,,12.00,12.00,12.00,,,USD,2\n"
		"u,,3.00,3.00,,3.00,,USD,2\n");
	expect_file(&r, VIEW_RESOURCE_DAILY, 0,
		"date," MONEY "\n"
		"2026-11-01,3.00,3.00,,3.00,,USD,2\n"
		"2026-11-02,12.00,12.00,12.00,,,USD,2\n");
	month_unref(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_by_account_then_service),
		cmocka_unit_test(lines_are_the_same_at_every_offset),
		cmocka_unit_test(rows_from_one_on_are_the_same_rows),
		cmocka_unit_test(parts_are_counted_from_one),
		cmocka_unit_test(a_resource_has_its_own_files),
		cmocka_unit_test(odd_resource_ids_are_found_in_the_text),
		cmocka_unit_test(lines_of_resources_add_up_to_the_slice),
		cmocka_unit_test(thousands_of_slices_are_read_at_any_offset),
		cmocka_unit_test(failures_of_the_store_are_passed_on),
		cmocka_unit_test(other_forms_of_line_items_need_the_rows),
		cmocka_unit_test(a_form_that_is_too_large_says_so),
		cmocka_unit_test(damaged_rows_are_refused),
		cmocka_unit_test(rows_that_are_missing_are_noticed),
		cmocka_unit_test(what_one_row_lacks_its_sum_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
