/* resources/ of an account: what it asks for, waits for, and shows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/fs/tree_case.h"

#define PROD "accounts/prod-eu_111111111111"
#define LIVE PROD "/resources"
#define REGION LIVE "/ec2/eu-west-1"
#define FINDINGS PROD "/findings"
#define INSTANCES REGION "/instances"
#define REGIONS_TOLD "111111111111 regions"
#define INSTANCES_TOLD "111111111111 ec2 eu-west-1 instances"
#define BUCKETS_TOLD "111111111111 s3 - buckets"
#define ONE_O_CLOCK "2026-11-30T01:00:00Z"
#define TWO_O_CLOCK "2026-11-30T02:00:00Z"

static const struct fake_resource two[] = {
	{ .text = { "i-1", "web", "m5.large" }, .json = "{\n    \"A\": 1\n}" },
	{ .text = { "i-2" }, .json = "{\n    \"A\": 2\n}" },
};
/* Another before them, and the second has changed. */
static const struct fake_resource three[] = {
	{ .text = { "i-0" }, .json = "{\n    \"A\": 0\n}" },
	{ .text = { "i-1", "web", "m5.large" }, .json = "{\n    \"A\": 1\n}" },
	{ .text = { "i-2" }, .json = "{\n    \"A\": 22\n}" },
};

static int setup(void **state)
{
	struct tree_case *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	tree_case_init_live(c);
	tree_case_fill(c);
	*state = c;
	return 0;
}

static void put_two(struct tree_case *c)
{
	fake_live_regions(c->live, "111111111111", "eu-west-1 us-east-1");
	fake_live_put(c->live, INSTANCES_TOLD,
		fake_inventory(ONE_O_CLOCK, two, ARRAY_LEN(two)));
}

/* Ends the test unless the path waits for that. */
static void expect_live_wait(
	struct tree_case *c, const char *path, const char *type, const char *region)
{
	struct tree_need need = { 0 };
	struct tree_listing *l;
	struct tree_entry e;
	int r = tree_walk(c->tree, span_of(path), true, &e, &need, NULL);

	if (r == 0) {
		r = tree_list(c->tree, e.node, true, &l, &need, NULL);
		tree_forget(c->tree, e.node, 1);
	}
	if (r != -EAGAIN || !need.is_live)
		fail_msg("%s: %d", path, r);
	assert_string_equal(need.account, "111111111111");
	assert_string_equal(need.region, region);
	if (*type)
		assert_string_equal(resource_kind_at(need.kind)->type, type);
	else
		assert_true(need.kind == LIVE_REGIONS);
	assert_false(tree_has_news(c->tree, &need));
}

/* Of several that are needed any may be named. */
static void expect_wait_for_some(struct tree_case *c, const char *path)
{
	struct tree_need need = { 0 };
	struct tree_entry e;

	assert_int_equal(
		tree_walk(c->tree, span_of(path), true, &e, &need, NULL), -EAGAIN);
	assert_true(need.is_live);
	assert_false(tree_has_news(c->tree, &need));
}

static void what_the_account_has_stands_beside_its_months(void **state)
{
	expect_names(*state, PROD,
		"account.json\nresources\nfindings\n2026-09\n2026-10\n2026-11\n");
	expect_names(*state, LIVE, "STATUS.txt\nec2\niam\ns3\n");
	expect_same_path(*state, LIVE "/STATUS.txt", LIVE "/STATUS.txt");
	expect_no_path(*state, LIVE "/rds", -ENOENT);
	expect_no_path(*state, "months/resources", -ENOENT);
	expect_no_path(*state, "resources", -ENOENT);
}

static void findings_are_but_names_until_somebody_looks(void **state)
{
	struct tree_case *c = *state;

	expect_names(c, FINDINGS,
		"abandoned-buckets.csv\nabandoned-instances.csv\ninactive-users.csv\n"
		"insecure-security-groups.csv\nobsolete-images.csv\n"
		"obsolete-snapshots.csv\npublic-buckets.csv\nshort-lived-instances.csv\n"
		"unattached-volumes.csv\nunused-addresses.csv\n"
		"unused-console-access.csv\n");
	expect_no_path(c, FINDINGS "/nothing.csv", -ENOENT);
	expect_no_path(c, "months/findings", -ENOENT);
	/* Who walks through all of the tree does not come to it. */
	c->is_listed = false;
	expect_names(c, PROD, "account.json\nresources\n2026-09\n2026-10\n2026-11\n");
	expect_path(c, FINDINGS);
	assert_int_equal(fake_live_asked(c->live, NULL), 0);
}

static void fail_groups(struct tree_case *c, const char *region)
{
	static const char *const types[] = { "security-groups", "network-interfaces" };
	char where[128];

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		(void)snprintf(
			where, sizeof(where), "111111111111 ec2 %s %s", region, types[i]);
		fake_live_fail(c->live, where, -EACCES, "denied there", "allow it");
	}
}

static void a_finding_needs_all_at_once_and_tells_what_failed(void **state)
{
	static const struct fake_resource open = { .text = { "sg-1", "web" },
		.json = "{\"GroupId\": \"sg-1\", \"IpPermissions\": [{\"IpProtocol\": "
			"\"-1\", \"IpRanges\": [{\"CidrIp\": \"0.0.0.0/0\"}]}]}" };
	struct tree_case *c = *state;
	const char *path = FINDINGS "/insecure-security-groups.csv";

	expect_live_wait(c, path, "", "");
	fake_live_regions(c->live, "111111111111", "eu-west-1 us-east-1");
	expect_wait_for_some(c, path);
	assert_true(fake_live_asked(
			    c->live, "111111111111 ec2 eu-west-1 security-groups") > 0);
	assert_true(fake_live_asked(
			    c->live, "111111111111 ec2 us-east-1 security-groups") > 0);
	fail_groups(c, "us-east-1");
	expect_wait_for_some(c, path);
	fail_groups(c, "eu-west-1");
	fake_live_put(c->live, "111111111111 ec2 eu-west-1 security-groups",
		fake_inventory(ONE_O_CLOCK, &open, 1));
	expect_has(c, path, ",finding,eu-west-1,sg-1,");
	expect_has(c, path, ",no data,us-east-1,");
	expect_has(c, path, "denied there");
	expect_same_path(c, path, path);
}

static void without_discovery_there_is_no_such_directory(void **state)
{
	struct tree_case c = { 0 };

	(void)state;
	tree_case_init(&c, NULL);
	tree_case_fill(&c);
	expect_names(&c, PROD, "account.json\n2026-09\n2026-10\n2026-11\n");
	expect_no_path(&c, LIVE, -ENOENT);
	expect_no_path(
		&c, PROD "/2026-11/services/ec2/resources/i-1/resource.json", -ENOENT);
	expect_has(&c, ".costfs/status.json", "\"resources\": null\n}\n");
	tree_case_finish(&c);
}

static void nothing_is_asked_for_above_a_type(void **state)
{
	struct tree_case *c = *state;

	expect_names(c, LIVE, "STATUS.txt\nec2\niam\ns3\n");
	expect_names(c, LIVE "/s3", "global\n");
	expect_names(c, LIVE "/s3/global", "buckets\n");
	expect_path(c, LIVE "/s3/global/buckets");
	expect_path(c, LIVE "/ec2");
	expect_has(c, LIVE "/STATUS.txt", "asked     as nobody of 111111111111\n");
	expect_has(c, LIVE "/STATUS.txt", "Nothing was asked yet.");
	assert_int_equal(fake_live_asked(c->live, NULL), 0);
	fake_live_regions(c->live, "111111111111", "eu-west-1");
	expect_path(c, INSTANCES);
	expect_has(c, "STATUS.txt", "MONTH");
	assert_int_equal(fake_live_asked(c->live, NULL), 0);
}

static void services_that_are_not_listed_are_there_for_who_names_them(void **state)
{
	struct tree_case *c = *state;

	c->is_listed = false;
	expect_names(c, LIVE, "STATUS.txt\n");
	expect_live_wait(c, LIVE "/ec2", "", "");
	put_two(c);
	/* Somebody has looked. */
	expect_names(c, LIVE, "STATUS.txt\nec2\niam\ns3\n");
	expect_names(c, LIVE "/ec2", "eu-west-1\nus-east-1\n");
	expect_names(c, INSTANCES, "index.csv\ni-1\ni-2\n");
}

static void a_look_waits_for_what_it_needs_and_no_more(void **state)
{
	struct tree_case *c = *state;

	expect_live_wait(c, LIVE "/ec2", "", "");
	expect_live_wait(c, REGION, "", "");
	expect_live_wait(c, INSTANCES "/i-1/resource.json", "", "");
	expect_live_wait(c, LIVE "/s3/global/buckets", "buckets", "");
	fake_live_regions(c->live, "111111111111", "eu-west-1 us-east-1");
	expect_live_wait(c, INSTANCES, "instances", "eu-west-1");
	expect_live_wait(c, INSTANCES "/index.csv", "instances", "eu-west-1");
	expect_live_wait(c, INSTANCES "/i-1", "instances", "eu-west-1");
	expect_no_path(c, LIVE "/ec2/global", -ENOENT);
	expect_no_path(c, LIVE "/ec2/eu-west-2", -ENOENT);
}

static void a_need_is_met_when_the_answer_came_or_failed(void **state)
{
	struct tree_case *c = *state;
	struct tree_need need = {
		.is_live = true, .account = "111111111111", .region = "eu-west-1"
	};
	struct tree_need regions = {
		.is_live = true, .account = "111111111111", .kind = LIVE_REGIONS
	};

	assert_int_equal(
		resource_kind_find(SPAN("ec2"), SPAN("instances"), &need.kind), 0);
	assert_false(tree_has_news(c->tree, &need));
	assert_false(tree_has_news(c->tree, &regions));
	put_two(c);
	assert_true(tree_has_news(c->tree, &need));
	assert_true(tree_has_news(c->tree, &regions));
	fake_live_fail(
		c->live, "111111111111 ec2 us-east-1 instances", -EACCES, "no", "");
	memcpy(need.region, "us-east-1", sizeof("us-east-1"));
	assert_true(tree_has_news(c->tree, &need));
}

static void a_type_shows_what_it_has(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry e;

	put_two(c);
	expect_names(c, LIVE "/ec2", "eu-west-1\nus-east-1\n");
	expect_names(c, INSTANCES, "index.csv\ni-1\ni-2\n");
	expect_names(c, INSTANCES "/i-1", "resource.json\n");
	expect_text(c, INSTANCES "/i-1/resource.json", "{\n    \"A\": 1\n}\n");
	expect_no_path(c, INSTANCES "/i-3", -ENOENT);
	expect_no_path(c, INSTANCES "/i-1/other.json", -ENOENT);
	e = expect_path(c, INSTANCES "/i-1/resource.json");
	assert_int_equal(e.attr.st_mode, S_IFREG | 0444);
	/* 2026-11-30T01:00:00Z */
	assert_int_equal(e.attr.st_mtim.tv_sec, 1796000400);
	assert_true(e.ttl_seconds > 3599);
	assert_int_equal(expect_path(c, INSTANCES).attr.st_mtim.tv_sec, 1796000400);
	assert_int_equal(
		expect_path(c, INSTANCES "/i-1").attr.st_mtim.tv_sec, 1796000400);
}

static void a_failure_is_its_directory_s_alone(void **state)
{
	struct tree_case *c = *state;
	struct tree_need need;
	struct tree_listing *l;
	struct fault why = { 0 };
	struct tree_entry e;

	put_two(c);
	fake_live_fail(c->live, "111111111111 ec2 us-east-1 instances", -EACCES,
		"ec2:DescribeInstances in us-east-1: UnauthorizedOperation",
		"allow ec2:DescribeInstances");
	e = expect_path(c, LIVE "/ec2/us-east-1/instances");
	assert_int_equal(tree_list(c->tree, e.node, true, &l, &need, &why), -EACCES);
	assert_string_equal(why.cure, "allow ec2:DescribeInstances");
	expect_no_path(c, LIVE "/ec2/us-east-1/instances/index.csv", -EACCES);
	expect_names(c, INSTANCES, "index.csv\ni-1\ni-2\n");
	expect_has(c, LIVE "/STATUS.txt",
		"ec2      eu-west-1       instances                        2  "
		"2026-11-30T01:00:00Z\n");
	expect_has(c, LIVE "/STATUS.txt",
		"ec2      us-east-1       instances                        -  never");
	expect_has(c, LIVE "/STATUS.txt",
		"EACCES: ec2:DescribeInstances in us-east-1: UnauthorizedOperation\n"
		"         allow ec2:DescribeInstances\n");
	expect_has(c, "STATUS.txt",
		"RESOURCES\n2 known, of 1 accounts; 1 of 3 lists failed");
	expect_has(c, "STATUS.txt", "111111111111 ec2 us-east-1 instances\n");
	expect_has(c, ".costfs/status.json",
		"{ \"account_id\": \"111111111111\", \"service\": \"ec2\", \"region\": "
		"\"us-east-1\", \"type\": \"instances\", \"loading\": false, \"items\": "
		"0, "
		"\"last_success\": null, \"last_failure\": \"2026-11-30T00:53:20Z\", "
		"\"last_error\": { \"errno\": 13, \"name\": \"EACCES\", ");
	fake_live_fail(c->live, "222222222222 regions", -ENOKEY, "none", "");
	expect_no_path(c, "accounts/222222222222/resources/ec2/eu-west-1", -ENOKEY);
}

static void names_are_encoded_and_found_again(void **state)
{
	static const char cut_name[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"a";
	static const struct fake_resource items[] = {
		{ .text = { "a b/c\xc3\xa9" } },
		{ .text = { "a b" } },
		{ .text = { "index.csv" } },
		{ .text = { ".." } },
		{ .text = { cut_name } },
	};
	struct tree_case *c = *state;
	struct tree_listing *l;
	struct tree_need need;
	struct tree_entry e;

	fake_live_put(c->live, BUCKETS_TOLD,
		fake_inventory(ONE_O_CLOCK, items, ARRAY_LEN(items)));
	e = expect_path(c, LIVE "/s3/global/buckets");
	assert_int_equal(tree_list(c->tree, e.node, true, &l, &need, NULL), 0);
	assert_int_equal(tree_listing_count(l), 1 + ARRAY_LEN(items));
	for (size_t i = 0; i < tree_listing_count(l); i++) {
		const char *name = tree_listing_at(l, i).name;
		struct tree_entry child = { 0 };

		assert_int_equal(tree_lookup(c->tree, e.node, span_of(name), true, &child,
					 &need, NULL),
			0);
		assert_int_equal(child.attr.st_ino, tree_listing_at(l, i).ino);
		assert_true(strlen(name) <= 255);
		tree_forget(c->tree, child.node, 1);
	}
	tree_listing_free(l);
	expect_text(c, LIVE "/s3/global/buckets/a%20b%2Fc%C3%A9/resource.json",
		"{\n    \"Id\": \"a b/c\xc3\xa9\"\n}\n");
	expect_text(c, LIVE "/s3/global/buckets/%69ndex.csv/resource.json",
		"{\n    \"Id\": \"index.csv\"\n}\n");
	expect_path(c, LIVE "/s3/global/buckets/%2E%2E");
	expect_same_path(
		c, LIVE "/s3/global/buckets/a b", LIVE "/s3/global/buckets/a%20b");
	expect_has(c, LIVE "/s3/global/buckets/index.csv", "id,name,");
}

/* What the kernel is told. */
struct heard {
	uint64_t parent;
	char name[64];
	size_t count;
};

static void hear(void *context, uint64_t parent, const char *name)
{
	struct heard *h = context;

	h->parent = parent;
	h->count++;
	if (name)
		memcpy(h->name, name, strlen(name) + 1);
}

static void another_inventory_is_another_node_and_open_files_keep_theirs(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry type, region, changed, same, again;
	struct tree_live_change change = { LIVE_CHANGED, "111111111111", 0, "eu-west-1" };
	struct heard h = { 0 };
	struct tree_need need;
	struct tree_file *f;
	char bytes[64];

	put_two(c);
	region = expect_path(c, REGION);
	type = expect_path(c, INSTANCES);
	expect_path(c, LIVE "/ec2/us-east-1");
	same = expect_path(c, INSTANCES "/i-1/resource.json");
	changed = expect_path(c, INSTANCES "/i-2/resource.json");
	assert_int_equal(tree_open(c->tree, changed.node, true, &f, &need, NULL), 0);

	fake_live_put(c->live, INSTANCES_TOLD,
		fake_inventory(TWO_O_CLOCK, three, ARRAY_LEN(three)));
	assert_int_equal(
		resource_kind_find(SPAN("ec2"), SPAN("instances"), &change.kind), 0);
	tree_live_changes(c->tree, &change, hear, &h);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.parent, region.node);
	assert_string_equal(h.name, "instances");

	/* Who is in the old directory stays there. */
	assert_int_equal(
		tree_lookup(c->tree, type.node, SPAN("i-0"), true, &again, &need, NULL),
		-ENOENT);
	expect_names(c, INSTANCES, "index.csv\ni-0\ni-1\ni-2\n");
	again = expect_path(c, INSTANCES);
	assert_int_not_equal(again.node, type.node);
	assert_int_equal(again.attr.st_ino, type.attr.st_ino);
	again = expect_path(c, INSTANCES "/i-2/resource.json");
	assert_int_not_equal(again.node, changed.node);
	assert_int_equal(again.attr.st_ino, changed.attr.st_ino);
	again = expect_path(c, INSTANCES "/i-1/resource.json");
	assert_int_equal(again.node, same.node);
	expect_text(c, INSTANCES "/i-1/resource.json", "{\n    \"A\": 1\n}\n");
	expect_text(c, INSTANCES "/i-2/resource.json", "{\n    \"A\": 22\n}\n");
	assert_int_equal(tree_read(f, 0, bytes, sizeof(bytes), NULL), 15);
	assert_memory_equal(bytes, "{\n    \"A\": 2\n}\n", 15);
	tree_close(f);
}

static void what_was_entered_unknown_keeps_its_node(void **state)
{
	struct tree_case *c = *state;
	struct tree_live_change listed = { LIVE_LISTED, "111111111111", 0, "eu-west-1" };
	struct heard h = { 0 };
	struct tree_entry before, after, above, live;

	fake_live_regions(c->live, "111111111111", "eu-west-1");
	expect_path(c, LIVE "/s3/global/buckets");
	above = expect_path(c, "accounts");
	before = expect_path(c, INSTANCES);
	assert_int_equal(before.attr.st_mtim.tv_sec, above.attr.st_mtim.tv_sec);
	assert_true(before.ttl_seconds < 2);
	put_two(c);
	assert_int_equal(
		resource_kind_find(SPAN("ec2"), SPAN("instances"), &listed.kind), 0);
	tree_live_changes(c->tree, &listed, hear, &h);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.parent, before.node);
	assert_string_equal(h.name, "");
	live = expect_path(c, LIVE);
	h = (struct heard){ 0 };
	listed.kind = LIVE_REGIONS;
	tree_live_changes(c->tree, &listed, hear, &h);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.parent, live.node);
	assert_string_equal(h.name, "STATUS.txt");
	expect_names(c, INSTANCES, "index.csv\ni-1\ni-2\n");
	after = expect_path(c, INSTANCES);
	assert_int_equal(after.node, before.node);
	assert_int_equal(after.attr.st_mtim.tv_sec, 1796000400);
}

static void who_lists_what_is_known_uses_it(void **state)
{
	struct tree_case *c = *state;
	unsigned used;

	put_two(c);
	expect_names(c, INSTANCES, "index.csv\ni-1\ni-2\n");
	used = fake_live_used(c->live, INSTANCES_TOLD);
	expect_names(c, INSTANCES, "index.csv\ni-1\ni-2\n");
	assert_true(fake_live_used(c->live, INSTANCES_TOLD) > used);
}

static void what_is_known_stands_beside_the_costs(void **state)
{
	static const char beside[] = PROD "/2026-11/services/AmazonEC2/resources/i-1";
	struct tree_case *c = *state;

	expect_names(c, beside, "lines.csv\nsummary.csv\ndaily.csv\n");
	expect_no_path(c, PROD "/2026-11/services/AmazonEC2/resources/i-1/resource.json",
		-ENOENT);
	expect_no_path(
		c, PROD "/2026-11/services/AWSLambda/resources/x/resource.json", -ENOENT);
	assert_int_equal(fake_live_asked(c->live, NULL), 0);
	put_two(c);
	expect_names(c, beside, "lines.csv\nsummary.csv\ndaily.csv\nresource.json\n");
	expect_text(c, PROD "/2026-11/services/AmazonEC2/resources/i-1/resource.json",
		"{\n    \"A\": 1\n}\n");
	expect_same_path(c, PROD "/2026-11/services/ec2/resources/i-1/resource.json",
		PROD "/2026-11/services/AmazonEC2/resources/i-1/resource.json");
	assert_true(
		expect_path(c, PROD "/2026-11/services/ec2/resources/i-1/resource.json")
			.ttl_seconds < 61);
	expect_no_path(c,
		PROD "/2026-11/services/ec2/resources/_no-resource/resource.json",
		-ENOENT);
	expect_no_path(c, PROD "/2026-11/services/ec2/resource.json", -ENOENT);
	assert_int_equal(fake_live_asked(c->live, NULL), 0);
}

static void attributes_say_the_id_and_no_costs(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry e;
	struct buf got = BUF_INIT(4096);

	put_two(c);
	e = expect_path(c, INSTANCES "/i-1");
	assert_int_equal(tree_getxattr(c->tree, e.node, SPAN("user.costfs.id"), &got), 0);
	assert_true(span_eq(buf_span(&got), SPAN("i-1")));
	assert_int_equal(
		tree_getxattr(c->tree, e.node, SPAN("user.costfs.name"), &got), 0);
	assert_true(span_eq(buf_span(&got), SPAN("web")));
	assert_int_equal(
		tree_getxattr(c->tree, e.node, SPAN("user.costfs.as_of"), &got), 0);
	assert_true(span_eq(buf_span(&got), SPAN(ONE_O_CLOCK)));
	e = expect_path(c, INSTANCES "/index.csv");
	assert_int_equal(
		tree_getxattr(c->tree, e.node, SPAN("user.costfs.unblended_cost"), &got),
		-ENODATA);
	assert_int_equal(tree_listxattr(c->tree, e.node, &got), 0);
	assert_int_equal(tree_getxattr(c->tree, e.node, SPAN("user.costfs.id"), &got), 0);
	assert_true(span_eq(buf_span(&got), SPAN("111111111111")));
	buf_finish(&got);
}

static void names_of_regions_are_taken_if_they_can_be_names(void **state)
{
	struct tree_case *c = *state;

	fake_live_regions(c->live, "111111111111",
		"../x -a EU-WEST-1 eu-west-1 "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	expect_names(c, LIVE "/ec2", "eu-west-1\n");
	expect_no_path(c, LIVE "/ec2/EU-WEST-1", -ENOENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, tree_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_the_account_has_stands_beside_its_months),
		CASE(findings_are_but_names_until_somebody_looks),
		CASE(a_finding_needs_all_at_once_and_tells_what_failed),
		cmocka_unit_test(without_discovery_there_is_no_such_directory),
		CASE(nothing_is_asked_for_above_a_type),
		CASE(services_that_are_not_listed_are_there_for_who_names_them),
		CASE(a_look_waits_for_what_it_needs_and_no_more),
		CASE(a_need_is_met_when_the_answer_came_or_failed),
		CASE(a_type_shows_what_it_has),
		CASE(a_failure_is_its_directory_s_alone),
		CASE(names_are_encoded_and_found_again),
		CASE(another_inventory_is_another_node_and_open_files_keep_theirs),
		CASE(what_was_entered_unknown_keeps_its_node),
		CASE(who_lists_what_is_known_uses_it),
		CASE(what_is_known_stands_beside_the_costs),
		CASE(attributes_say_the_id_and_no_costs),
		CASE(names_of_regions_are_taken_if_they_can_be_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
