/* Each allocation failing in turn: an error and nothing said, or the whole file. */
#include "tests/fs/finding_case.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/oom.h"

#define OLD "2020-01-01T00:00:00Z"
#define EC2 .account = ACCOUNT, .service = "AmazonEC2", .charge_type = "Usage"
#define S3 .account = ACCOUNT, .service = "AmazonS3", .charge_type = "Usage"

static const struct fake_row newest_rows[] = {
	{ EC2, .resource = "vol-1", .date = "2026-11-01", .usage_type = "a,\"b",
		.operation = "c,\"d", .end = "2026-11-23T00:00:00Z", .cost = { "1.00" } },
	{ EC2, .resource = "arn:aws:ec2:eu-west-1:1:elastic-ip/eipalloc-1",
		.date = "2026-11-01", .usage_type = "IdleAddress",
		.end = "2026-11-23T00:00:00Z", .cost = { "2.00" }, .currency = "CNY" },
	{ EC2, .resource = "i-1", .date = "2026-11-21T00:00:00Z",
		.usage_type = "BoxUsage", .end = "2026-11-21T01:00:00Z", .amount = "1",
		.cost = { "3.00" } },
	{ S3, .resource = "b", .date = "2026-11-01", .usage_type = "TimedStorage",
		.end = "2026-11-23T00:00:00Z", .cost = { "4.00" } },
	{ .account = "222222222222", .service = "AmazonEC2", .date = "2026-11-22" },
};
static const struct fake_row old_rows[] = {
	{ EC2, .resource = "snap-1", .date = "2026-10-01", .cost = { "5.00" } },
};
/* Of every kind there is one that is a finding where any is. */
static const struct {
	const char *service, *type;
	struct case_item item;
} resources[] = {
	{ "s3", "buckets",
		{ "b", .json = "{\"PublicByAcl\": true, \"Reasons\": [\"r\"]}" } },
	{ "s3", "buckets", { "b2", .json = "{\"Errors\": [{\"Code\": \"c\"}]}" } },
	{ "iam", "users",
		{ "u",
			.json = "{\"CreateDate\": \"" OLD "\", \"LoginProfile\": {}, "
				"\"AccessKeys\": []}" } },
	{ "iam", "users",
		{ "v",
			.json = "{\"CreateDate\": \"" OLD "\", \"LoginProfile\": {}, "
				"\"AccessKeys\": [{\"Status\": \"Active\", "
				"\"AccessKeyLastUsed\": {\"LastUsedDate\": \"" NOW
				"\"}}]}" } },
	{ "ec2", "security-groups",
		{ "sg-1",
			.json = "{\"IpPermissions\": [{\"IpProtocol\": \"-1\", "
				"\"IpRanges\": [{\"CidrIp\": \"0.0.0.0/0\"}]}]}" } },
	{ "ec2", "network-interfaces",
		{ "eni-1", .json = "{\"Groups\": [{\"GroupId\": \"sg-1\"}]}" } },
	{ "ec2", "images",
		{ "ami-1", .created = OLD,
			.json = "{\"BlockDeviceMappings\": [{\"Ebs\": "
				"{\"SnapshotId\": \"snap-1\"}}]}" } },
	{ "ec2", "instances",
		{ "i-1", .state = "running", .created = OLD,
			.json = "{\"ImageId\": \"ami-0\"}" } },
	{ "ec2", "snapshots", { "snap-2", .created = OLD } },
	{ "ec2", "volumes",
		{ "vol-1", .state = "available", .json = "{\"SnapshotId\": \"s\"}" } },
	{ "ec2", "addresses", { "eipalloc-1", .name = "203.0.113.7" } },
};

static void put_all(struct finding_case *c)
{
	const struct finding_info *info = finding_info(c->file);

	for (size_t k = 0; k < info->kind_count; k++)
		for (size_t i = 0; i < ARRAY_LEN(resources); i++)
			if (strcmp(resources[i].type, info->kinds[k].type) == 0)
				case_put(c, k,
					strcmp(resources[i].service, "ec2") == 0
						? "eu-west-1"
						: resources[i].item.id,
					&resources[i].item, 1);
}

static const struct finding_metric metric = { .instance = { "i-1", 3 },
	.to = { 1795435200 },
	.has_cpu = true,
	.has_network_in = true,
	.has_network_out = true };

static struct finding_case full_case(enum finding_file file)
{
	struct finding_case c = case_of(file);

	put_all(&c);
	case_bill(&c, fake_month_new(NULL, newest_rows, ARRAY_LEN(newest_rows)),
		fake_month_new(&(struct fake_options){ .month = "2026-10" }, old_rows,
			ARRAY_LEN(old_rows)));
	c.in.has_metrics = true;
	c.in.metrics = &metric;
	c.in.metric_count = 1;
	return c;
}

/* Answers whether there were as many allocations. */
static bool render_with_failure(
	struct finding_case *c, unsigned succeed, const char *whole)
{
	struct buf b = BUF_INIT(1 << 20);
	struct fault why = { 0 };
	bool was_refused;
	int r;

	assert_int_equal(buf_append_text(&b, "abc"), 0);
	oom_after(succeed);
	r = finding_render(c->file, &c->in, &b, &why);
	was_refused = oom_stop();
	if (r != (was_refused ? -ENOMEM : 0)) {
		print_error("%s: allocation %u: %d\n", finding_info(c->file)->name,
			succeed, r);
		fail();
	}
	assert_int_equal(b.len, r < 0 ? 3 : 3 + strlen(whole));
	if (r == 0)
		assert_string_equal(buf_text(&b) + 3, whole);
	buf_finish(&b);
	return was_refused;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	for (size_t i = 0; i < FINDING_COUNT; i++) {
		struct finding_case c = full_case((enum finding_file)i);
		char *whole = case_render(&c);
		unsigned n = 0;

		/* The case is one that has something to say. */
		if (!strstr(whole, ",finding,")) {
			print_error("%s", whole);
			fail();
		}
		while (render_with_failure(&c, n, whole))
			n++;
		assert_true(n > 10);
		free(whole);
		case_finish(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
