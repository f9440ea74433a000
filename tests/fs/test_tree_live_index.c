/* index.csv of a type of resources: what there is, and what it costs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/fs/tree_case.h"

#define LIVE "accounts/prod-eu/resources"
#define HEADER                                                                           \
	"id,name,type,state,zone,size,created,unblended_cost,amortized_cost,currency,"   \
	"tags\n"
#define ASKED "2026-11-30T01:00:00Z"

#define PROD .account = "111111111111", .account_name = "Prod EU"
#define OTHER .account = "222222222222"
#define EC2 .service = "AmazonEC2"
#define VPC .service = "AmazonVPC"
#define S3 .service = "AmazonS3"
#define WEST .region = "eu-west-1"
#define ARN "arn:aws:ec2:eu-west-1:111111111111:"

static const struct fake_row november[] = {
	{ PROD, EC2, WEST, .resource = "i-1", .cost = { "1.50", NULL, "1.20" } },
	{ PROD, EC2, WEST, .resource = "i-1", .cost = { "0.25", NULL, "0.25" } },
	{ PROD, EC2, WEST, .resource = "i-7", .cost = { "5.00", NULL, "5.00" } },
	{ PROD, EC2, WEST, .resource = "i-8", .cost = { "0.01", NULL, NULL } },
	{ PROD, EC2, .region = "us-east-1", .resource = "i-9",
		.cost = { "100.00", NULL, "100.00" } },
	{ PROD, EC2, WEST, .resource = "vol-1", .cost = { "3.00", NULL, "3.00" } },
	{ PROD, EC2, WEST, .resource = ARN "snapshot/snap-1",
		.cost = { "0.50", NULL, "0.50" } },
	{ PROD, EC2, .resource = ARN "snapshot/snap-2",
		.cost = { "0.75", NULL, "0.75" } },
	{ PROD, EC2, WEST, .resource = ARN "natgateway/nat-1",
		.cost = { "32.00", NULL, "32.00" } },
	{ PROD, VPC, WEST, .resource = ARN "vpc-endpoint/vpce-1",
		.cost = { "7.00", NULL, "7.00" } },
	{ PROD, VPC, WEST, .resource = ARN "transit-gateway-attachment/tgw-attach-1",
		.cost = { "36.00", NULL, "36.00" } },
	{ PROD, VPC, WEST, .resource = ARN "vpn-connection/vpn-1",
		.cost = { "35.00", NULL, "35.00" } },
	{ PROD, VPC, WEST, .resource = ARN "client-vpn-endpoint/cvpn-endpoint-1",
		.cost = { "72.00", NULL, "72.00" } },
	{ PROD, VPC, WEST, .resource = ARN "ipam-pool/ipam-pool-1",
		.cost = { "0.10", NULL, "0.10" } },
	{ PROD, S3, WEST, .resource = "logs", .cost = { "2.00", NULL, "2.00" } },
	{ PROD, S3, .region = "us-east-1", .resource = "old-bucket",
		.cost = { "0.02", NULL, "0.02" } },
	{ PROD, .service = "AWSLambda", WEST,
		.resource = "arn:aws:lambda:eu-west-1:111111111111:function:i-1",
		.cost = { "40.00", NULL, "40.00" } },
	{ PROD, S3, WEST,
		.resource = "arn:aws:s3:eu-west-1:111111111111:storage-lens/board",
		.cost = { "0.30", NULL, "0.30" } },
	{ PROD, EC2, WEST, .resource = ARN "reserved-instances/0a1b",
		.cost = { "4.00", NULL, "4.00" } },
	{ PROD, EC2, WEST, .cost = { "9.00", NULL, "9.00" } },
	{ OTHER, EC2, WEST, .resource = "i-2", .cost = { "9.00", NULL, "9.00" } },
};
static const struct fake_resource instances[] = {
	{ .text = { "i-1", "web, \"old\"", "m5.large", "running", "eu-west-1a", "",
		  "2026-01-02T03:04:05Z", "{\"Team\":\"web\"}" } },
	{ .text = { "i-2", NULL, "t3.micro", "stopped", "eu-west-1b" } },
};

static int setup(void **state)
{
	struct tree_case *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	tree_case_init_live(c);
	fake_live_regions(c->live, "111111111111", "eu-west-1");
	fake_live_put(c->live, "111111111111 ec2 eu-west-1 instances",
		fake_inventory(ASKED, instances, ARRAY_LEN(instances)));
	*state = c;
	return 0;
}

static void fill(struct tree_case *c)
{
	const struct fake_options o = {
		.month = "2026-11", .id = "one", .as_of = "2026-11-23T14:00:00Z"
	};

	fake_library_ready(c->library, fake_month_new(&o, november, ARRAY_LEN(november)));
}

static void put(struct tree_case *c, const char *where, const char *id)
{
	const struct fake_resource one = { .text = { id } };

	fake_live_put(c->live, where, fake_inventory(ASKED, &one, 1));
}

static void an_index_has_other_forms(void **state)
{
	struct tree_case *c = *state;
	struct tree_entry csv, e;

	fill(c);
	expect_text(c, LIVE "/ec2/eu-west-1/instances/index.txt",
		"ec2 instances\n"
		"111111111111, eu-west-1, asked at " ASKED ", costs of 2026-11\n\n"
		"id     name        type      state    zone        create"
		"d               unblended_cost  amortized_cost  currency  tags\n"
		"-----  ----------  --------  -------  ----------  ------"
		"--------------  --------------  --------------  --------  "
		"--------------\n"
		"i-7                          gone                       "
		"                          5.00            5.00  USD\n"
		"i-1    web, \"old\"  m5.large  running  eu-west-1a  2026"
		"-01-02T03:04:05Z            1.75            1.45  USD       "
		"{\"Team\":\"web\"}\n"
		"i-8                          gone                       "
		"                          0.01                  USD\n"
		"i-2                t3.micro  stopped  eu-west-1b        "
		"                          0.00            0.00  USD\n"
		"-----  ----------  --------  -------  ----------  ------"
		"--------------  --------------  --------------  --------  "
		"--------------\n"
		"total                                                   "
		"                          6.76            6.45  USD\n");
	expect_has(c, LIVE "/ec2/eu-west-1/instances/index.json",
		"{\"id\":\"i-8\",\"name\":null,\"type\":null,\"state\":\"gone\",\"zone\":"
		"null,\"size\":null,\"created\":null,\"unblended_cost\":0.01,"
		"\"amortized_cost\":null,\"currency\":\"USD\",\"tags\":null}");
	csv = expect_path(c, LIVE "/ec2/eu-west-1/instances/index.csv");
	e = expect_path(c, LIVE "/ec2/eu-west-1/instances/index.txt");
	assert_int_not_equal(csv.attr.st_ino, e.attr.st_ino);
	assert_int_not_equal(csv.node, e.node);
	expect_no_path(c, LIVE "/ec2/eu-west-1/instances/other.txt", -ENOENT);
}

static void a_resource_of_that_name_is_meant_before_a_form(void **state)
{
	struct tree_case *c = *state;

	fill(c);
	put(c, "111111111111 s3 - buckets", "index.txt");
	assert_true(S_ISDIR(
		expect_path(c, LIVE "/s3/global/buckets/index.txt").attr.st_mode));
	assert_true(
		S_ISREG(expect_path(c, LIVE "/s3/global/buckets/index.md").attr.st_mode));
}

/* i-7 and i-8 are gone, i-9 is another region's, i-2 another account's. */
static void resources_have_their_costs_dearest_first(void **state)
{
	struct tree_case *c = *state;

	fill(c);
	expect_text(c, LIVE "/ec2/eu-west-1/instances/index.csv",
		HEADER
		"i-7,,,gone,,,,5.00,5.00,USD,\n"
		"i-1,\"web, \"\"old\"\"\",m5.large,running,eu-west-1a,,"
		"2026-01-02T03:04:05Z,1.75,1.45,USD,\"{\"\"Team\"\":\"\"web\"\"}\"\n"
		"i-8,,,gone,,,,0.01,,USD,\n"
		"i-2,,t3.micro,stopped,eu-west-1b,,,0.00,0.00,USD,\n");
}

static void ids_are_matched_however_the_bill_writes_them(void **state)
{
	struct tree_case *c = *state;

	fill(c);
	put(c, "111111111111 ec2 eu-west-1 snapshots", "snap-1");
	put(c, "111111111111 ec2 eu-west-1 nat-gateways", "nat-1");
	put(c, "111111111111 ec2 eu-west-1 vpc-endpoints", "vpce-1");
	put(c, "111111111111 ec2 eu-west-1 key-pairs", "key-1");
	put(c, "111111111111 s3 - buckets", "logs");
	put(c, "111111111111 iam - users", "i-1");
	put(c, "111111111111 ec2 eu-west-1 instance-status", "i-1");
	put(c, "111111111111 ec2 eu-west-1 reserved-instances", "0a1b");
	expect_text(c, LIVE "/ec2/eu-west-1/snapshots/index.csv",
		HEADER "snap-2,,,gone,,,,0.75,0.75,USD,\n"
		       "snap-1,,,,,,,0.50,0.50,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/nat-gateways/index.csv",
		HEADER "nat-1,,,,,,,32.00,32.00,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/vpc-endpoints/index.csv",
		HEADER "vpce-1,,,,,,,7.00,7.00,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/key-pairs/index.csv",
		HEADER "key-1,,,,,,,0.00,0.00,USD,\n");
	expect_text(c, LIVE "/s3/global/buckets/index.csv",
		HEADER "logs,,,,,,,2.00,2.00,USD,\n"
		       "old-bucket,,,gone,,,,0.02,0.02,USD,\n");
	expect_text(c, LIVE "/iam/global/users/index.csv",
		HEADER "i-1,,,,,,,0.00,0.00,USD,\n");
	/* Costs of i-1 are its own, once. */
	expect_text(c, LIVE "/ec2/eu-west-1/instance-status/index.csv",
		HEADER "i-1,,,,,,,0.00,0.00,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/reserved-instances/index.csv",
		HEADER "0a1b,,,,,,,4.00,4.00,USD,\n");
}

/* One of each is listed, one is gone; and none is where a shorter beginning would lead.
 */
static void ids_that_begin_alike_are_told_apart(void **state)
{
	struct tree_case *c = *state;

	fill(c);
	put(c, "111111111111 ec2 eu-west-1 transit-gateways", "tgw-1");
	put(c, "111111111111 ec2 eu-west-1 transit-gateway-attachments", "tgw-attach-2");
	put(c, "111111111111 ec2 eu-west-1 transit-gateway-vpc-attachments",
		"tgw-attach-1");
	put(c, "111111111111 ec2 eu-west-1 ipams", "ipam-1");
	put(c, "111111111111 ec2 eu-west-1 ipam-pools", "ipam-pool-1");
	put(c, "111111111111 ec2 eu-west-1 vpn-connections", "vpn-1");
	put(c, "111111111111 ec2 eu-west-1 client-vpn-endpoints", "cvpn-endpoint-1");
	expect_text(c, LIVE "/ec2/eu-west-1/transit-gateways/index.csv",
		HEADER "tgw-1,,,,,,,0.00,0.00,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/transit-gateway-attachments/index.csv",
		HEADER "tgw-attach-1,,,gone,,,,36.00,36.00,USD,\n"
		       "tgw-attach-2,,,,,,,0.00,0.00,USD,\n");
	/* The same one, seen otherwise. */
	expect_text(c, LIVE "/ec2/eu-west-1/transit-gateway-vpc-attachments/index.csv",
		HEADER "tgw-attach-1,,,,,,,0.00,0.00,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/ipams/index.csv",
		HEADER "ipam-1,,,,,,,0.00,0.00,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/ipam-pools/index.csv",
		HEADER "ipam-pool-1,,,,,,,0.10,0.10,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/vpn-connections/index.csv",
		HEADER "vpn-1,,,,,,,35.00,35.00,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/client-vpn-endpoints/index.csv",
		HEADER "cvpn-endpoint-1,,,,,,,72.00,72.00,USD,\n");
}

static void beside_the_costs_it_is_the_same_text(void **state)
{
	struct tree_case *c = *state;

	fill(c);
	put(c, "111111111111 ec2 eu-west-1 snapshots", "snap-1");
	put(c, "111111111111 s3 - buckets", "logs");
	expect_text(c,
		"accounts/prod-eu/2026-11/services/ec2/resources/snapshot%2Fsnap-1/"
		"resource.json",
		"{\n    \"Id\": \"snap-1\"\n}\n");
	expect_text(c,
		"accounts/prod-eu/2026-11/services/s3/resources/logs/resource.json",
		"{\n    \"Id\": \"logs\"\n}\n");
	expect_no_path(c,
		"accounts/prod-eu/2026-11/services/s3/resources/old-bucket/resource.json",
		-ENOENT);
	/* Of the other account nothing is known. */
	expect_no_path(c,
		"accounts/222222222222/2026-11/services/ec2/resources/i-2/resource.json",
		-ENOENT);
}

static void it_waits_for_the_newest_month(void **state)
{
	struct tree_case *c = *state;
	struct tree_need need = { 0 };
	struct tree_entry e;

	fake_library_ready(c->library, tree_case_october(1));
	fake_library_know(c->library, "2026-11", "2026-11-23T14:00:00Z");
	assert_int_equal(
		tree_walk(c->tree, SPAN(LIVE "/ec2/eu-west-1/instances/index.csv"), true,
			&e, &need, NULL),
		-EAGAIN);
	assert_false(need.is_live);
	/* 2026 * 12 + 10 */
	assert_int_equal(need.month.number, 24322);
	expect_names(c, LIVE "/ec2/eu-west-1/instances", "index.csv\ni-1\ni-2\n");
}

static void without_a_month_that_can_be_read_costs_are_empty(void **state)
{
	struct tree_case *c = *state;

	fake_library_ready(c->library, tree_case_october(1));
	fake_library_know(c->library, "2026-11", "2026-11-23T14:00:00Z");
	fake_library_fail(c->library, "2026-11", -EACCES, "denied", "");
	expect_text(c, LIVE "/ec2/eu-west-1/instances/index.csv",
		HEADER "i-1,\"web, \"\"old\"\"\",m5.large,running,eu-west-1a,,"
		       "2026-01-02T03:04:05Z,,,,\"{\"\"Team\"\":\"\"web\"\"}\"\n"
		       "i-2,,t3.micro,stopped,eu-west-1b,,,,,,\n");
}

static void an_account_without_costs_has_zeros(void **state)
{
	struct tree_case *c = *state;

	fake_library_ready(c->library, tree_case_october(1));
	fake_library_ready(c->library, tree_case_november(3));
	fake_live_regions(c->live, "333333333333", "eu-west-1");
	put(c, "333333333333 ec2 eu-west-1 vpcs", "vpc-1");
	expect_text(c, "accounts/dev-old/resources/ec2/eu-west-1/vpcs/index.csv",
		HEADER "vpc-1,,,,,,,0.00,0.00,,\n");
}

static void heard_index(void *context, uint64_t parent, const char *name)
{
	uint64_t *type = context;

	if (name && strcmp(name, "index.csv") == 0)
		*type = parent;
}

static void another_delivery_of_the_month_is_another_file(void **state)
{
	static const struct fake_row later[] = {
		{ PROD, EC2, WEST, .resource = "i-1", .cost = { "2.00", NULL, "2.00" } },
	};
	const struct fake_options o = {
		.month = "2026-11", .id = "two", .as_of = "2026-12-02T00:00:00Z"
	};
	struct tree_case *c = *state;
	struct tree_entry before, after, type;
	uint64_t told = 0;
	struct month_no november_no;

	fill(c);
	type = expect_path(c, LIVE "/ec2/eu-west-1/instances");
	before = expect_path(c, LIVE "/ec2/eu-west-1/instances/index.csv");
	assert_int_equal(before.attr.st_mtim.tv_sec, 1796000400);
	fake_library_ready(c->library, fake_month_new(&o, later, ARRAY_LEN(later)));
	assert_int_equal(month_parse(SPAN("2026-11"), &november_no), 0);
	tree_changes(c->tree, LIBRARY_MONTH_READY, november_no, heard_index, &told);
	assert_int_equal(told, type.node);
	after = expect_path(c, LIVE "/ec2/eu-west-1/instances/index.csv");
	assert_int_not_equal(after.node, before.node);
	assert_int_equal(after.attr.st_ino, before.attr.st_ino);
	/* 2026-12-02T00:00:00Z */
	assert_int_equal(after.attr.st_mtim.tv_sec, 1796169600);
	expect_has(c, LIVE "/ec2/eu-west-1/instances/index.csv", ",2.00,2.00,USD,");
}

static void several_currencies_are_several_rows(void **state)
{
	static const struct fake_row rows[] = {
		{ PROD, EC2, WEST, .resource = "i-1", .cost = { "2.00", NULL, "2.00" } },
		{ PROD, EC2, WEST, .resource = "i-1", .cost = { "3.00", NULL, "3.00" },
			.currency = "CNY" },
	};
	const struct fake_options o = { .month = "2026-11" };
	struct tree_case *c = *state;

	fake_library_ready(c->library, fake_month_new(&o, rows, ARRAY_LEN(rows)));
	put(c, "111111111111 ec2 eu-west-1 instances", "i-1");
	put(c, "111111111111 ec2 eu-west-1 vpcs", "vpc-1");
	expect_text(c, LIVE "/ec2/eu-west-1/instances/index.csv",
		HEADER "i-1,,,,,,,3.00,3.00,CNY,\ni-1,,,,,,,2.00,2.00,USD,\n");
	expect_text(c, LIVE "/ec2/eu-west-1/vpcs/index.csv",
		HEADER "vpc-1,,,,,,,0.00,0.00,,\n");
}

static void a_long_one_is_made_by_who_has_time(void **state)
{
	enum { MANY = 6000 };
	struct tree_case *c = *state;
	struct fake_resource *items = calloc(MANY, sizeof(*items));
	char(*ids)[16] = calloc(MANY, sizeof(*ids));
	struct tree_need need = { .month = { -1 } };
	struct tree_entry e;

	assert_non_null(items);
	assert_non_null(ids);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "vol-%d", i);
		items[i].text[INVENTORY_ID] = ids[i];
	}
	fill(c);
	fake_live_put(c->live, "111111111111 ec2 eu-west-1 volumes",
		fake_inventory(ASKED, items, MANY));
	assert_int_equal(tree_walk(c->tree, SPAN(LIVE "/ec2/eu-west-1/volumes/index.csv"),
				 false, &e, &need, NULL),
		-EAGAIN);
	assert_int_equal(need.month.number, 0);
	assert_false(need.is_live);
	expect_has(c, LIVE "/ec2/eu-west-1/volumes/index.csv", "\nvol-5999,");
	/* Its size is known from now on. */
	assert_int_equal(tree_walk(c->tree, SPAN(LIVE "/ec2/eu-west-1/volumes/index.csv"),
				 false, &e, &need, NULL),
		0);
	free(items);
	free(ids);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, tree_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_index_has_other_forms),
		CASE(a_resource_of_that_name_is_meant_before_a_form),
		CASE(resources_have_their_costs_dearest_first),
		CASE(ids_are_matched_however_the_bill_writes_them),
		CASE(ids_that_begin_alike_are_told_apart),
		CASE(beside_the_costs_it_is_the_same_text),
		CASE(it_waits_for_the_newest_month),
		CASE(without_a_month_that_can_be_read_costs_are_empty),
		CASE(an_account_without_costs_has_zeros),
		CASE(another_delivery_of_the_month_is_another_file),
		CASE(several_currencies_are_several_rows),
		CASE(a_long_one_is_made_by_who_has_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
