#include "tests/fs/view_case.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SMALL_FILE = 700 }; /* bytes; all offsets and lengths are tried */

#define PROD .account = "111111111111", .account_name = "Prod"
#define BARE .account = "222222222222"
#define EC2 .service = "AmazonEC2", .service_name = "Amazon EC2"
#define S3 .service = "AmazonS3", .service_name = "Amazon S3"
#define BOX .usage_type = "BoxUsage", .operation = "RunInstances"
#define PUT .usage_type = "Storage", .operation = "Put"
#define USAGE .charge_type = "Usage"
#define BILLED .invoice = "INV-9", .entity = "AWS, Inc."

static const struct fake_row rows[] = {
	{ PROD, EC2, BOX, USAGE, .region = "eu-west-1", .resource = "i-1",
		.resource_name = "web, 1", .date = "2026-11-01",
		.cost = { "1.50", NULL, "1.20", NULL, "2.00" }, .tags = "team=web" },
	{ PROD, EC2, BOX, USAGE, .region = "eu-west-1", .resource = "i-1",
		.resource_name = "web, 1", .date = "2026-11-02",
		.cost = { "0.25", NULL, "0.25", NULL, "0.50" }, .tags = "team=web" },
	{ PROD, EC2, USAGE, .usage_type = "DataTransfer", .operation = "Out",
		.date = "2026-11-02",
		.cost = { "0.000000000000000001", NULL, "0.000000000000000001" } },
	{ PROD, EC2, .region = "eu-west-1", .charge_type = "Credit", .date = "2026-11-01",
		.cost = { "-3.00", NULL, "-3.00" }, .classes = 1U << CHARGE_CREDIT,
		.description = "Promo, \"gift\"\nnext" },
	{ PROD, S3, PUT, USAGE, .region = "us-east-1", .resource = "b",
		.date = "2026-11-03", .cost = { "0.75", "0.70", "0.75", "0.70", "0.80" },
		.currency = "CNY", .tags = "team=data" },
	{ BARE, EC2, BOX, BILLED, .charge_type = "DiscountedUsage", .region = "us-east-1",
		.resource = "i-2", .date = "2026-11-01",
		.cost = { "0.00", NULL, "?", NULL, "1.00" } },
	{ BARE, S3, PUT, USAGE, BILLED, .region = "us-east-1", .resource = "b",
		.date = "2026-11-03", .cost = { "0.75", NULL, "0.75" },
		.tags = "env=prod" },
	{ BARE, EC2, USAGE, BILLED, .usage_type = "EKS:pod", .operation = "EKSPod-EC2",
		.region = "us-east-1", .resource = "pod/x", .date = "2026-11-02",
		.is_split = true, .split = { "0.10", NULL, "0.02", NULL, "0.20" } },
};

struct month *view_case_month(void)
{
	return fake_month_new(
		&(struct fake_options){ .rows_a_piece = 2 }, rows, ARRAY_LEN(rows));
}

static void expect_part(struct view *v, struct span want, size_t from, size_t len)
{
	char got[SMALL_FILE + 2];
	struct span part = span_first(span_from(want, from), len);
	ssize_t n;

	memset(got, '#', sizeof(got));
	n = view_read(v, from, got, len, NULL);
	if (n != (ssize_t)part.len || memcmp(got, part.p, part.len) != 0 ||
		got[part.len] != '#')
		fail_msg("%zu bytes at %zu: got %zd \"%.*s\"", len, from, n,
			n > 0 ? (int)n : 0, got);
}

static void expect_bytes(struct view *v, struct span want)
{
	char *got = malloc(want.len + 2);
	ssize_t n;

	assert_non_null(got);
	n = view_read(v, 0, got, want.len + 1, NULL);
	if (n < 0 || !span_eq((struct span){ got, (size_t)n }, want))
		fail_msg("got %zd:\n%.*swant:\n%.*s", n, n > 0 ? (int)n : 0, got,
			SPAN_ARG(want));
	free(got);
	assert_int_equal(view_size(v), want.len);
	assert_int_equal(view_read(v, want.len, NULL, 10, NULL), 0);
	assert_int_equal(view_read(v, UINT64_MAX, NULL, 10, NULL), 0);
	assert_int_equal(view_read(v, 0, NULL, 0, NULL), 0);
	if (want.len > SMALL_FILE)
		return;
	for (size_t from = 0; from <= want.len; from++)
		for (size_t len = 1; len <= want.len + 1 - from; len++)
			expect_part(v, want, from, len);
}

void expect_file(
	const struct scope *scope, enum view_file file, uint32_t key, const char *want)
{
	struct view_cache *c = view_cache_new(1 << 20);
	struct fault why = { 0 };
	struct view *v = NULL;
	uint64_t size = 0;
	int r;

	assert_non_null(c);
	print_message("file %d of %d/%d/%d\n", (int)file, (int)scope->account,
		(int)scope->service, (int)scope->resource);
	r = view_stat(c, scope, VIEW_CSV(file, key), true, &size, &why);
	if (r < 0)
		fail_msg("stat: %d %s", r, why.text);
	assert_int_equal(size, strlen(want));
	r = view_open(c, scope, VIEW_CSV(file, key), true, &v, &why);
	if (r < 0)
		fail_msg("open: %d %s", r, why.text);
	/* Bytes stay while the view does, whatever becomes of the cache. */
	view_cache_drop(c, scope->month);
	view_cache_free(c);
	expect_bytes(v, span_of(want));
	view_unref(v);
}

void expect_open_fails(const struct scope *scope, enum view_file file, int want)
{
	struct view_cache *c = view_cache_new(1 << 20);
	struct view *v = NULL;
	uint64_t size = 77;
	int r = view_open(c, scope, VIEW_CSV(file, 0), true, &v, NULL);

	if (r != want || v)
		fail_msg("file %d: open answers %d, want %d", (int)file, r, want);
	r = view_stat(c, scope, VIEW_CSV(file, 0), true, &size, NULL);
	if (r != want || size != 77)
		fail_msg("file %d: stat answers %d, want %d", (int)file, r, want);
	view_cache_free(c);
}
