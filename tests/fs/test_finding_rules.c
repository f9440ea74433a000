/* The rules that look at resources: each with what is a finding, what is not, and what
 * nobody can say, at the bounds to the second. Now is 2026-11-23T12:00:00Z. */
#include "tests/fs/finding_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE "none|\n"

/* The columns status and resource_id of a file with one inventory. */
static void expect_one(enum finding_file file, const char *region, struct case_item item,
	const char *want)
{
	struct finding_case c = case_of(file);

	case_put(&c, 0, region, &item, 1);
	case_expect(&c, "status,resource_id", want);
	case_finish(&c);
}

#define BUCKET(acl, policy, more)                                                        \
	"{\"PublicByAcl\": " acl ", \"PublicByPolicy\": " policy more "}"
#define REASONS ", \"Reasons\": [\"the ACL grants READ to AllUsers\", \"more\"]"
#define DENIED                                                                           \
	", \"Errors\": [{\"Operation\": \"GetBucketAcl\", \"Code\": \"AccessDenied\"}]"

static void a_bucket_is_public_by_acl_or_by_policy(void **state)
{
	static const struct case_item items[] = {
		{ "b1", .zone = "eu-west-1", .json = BUCKET("true", "false", REASONS) },
		{ "b2", .zone = "us-east-1", .json = BUCKET("false", "true", "") },
		{ "b3", .json = BUCKET("true", "true", "") },
		{ "b4", .json = BUCKET("false", "false", REASONS) },
		{ "b5", .json = BUCKET("null", "true", "") },
		{ "b6", .json = BUCKET("null", "false", DENIED) },
		{ "b7", .json = BUCKET("false", "null", "") },
		{ "b8", .json = "{}" },
		{ "b9", .json = BUCKET("\"true\"", "1", ", \"Errors\": 7") },
	};
	struct finding_case c = case_of(FINDING_PUBLIC_BUCKETS);

	(void)state;
	case_put(&c, 0, "", items, ARRAY_LEN(items));
	case_expect(&c, "status,region,resource_id,why,evidence",
		"finding|eu-west-1|b1|public by ACL|"
		"the ACL grants READ to AllUsers; more\n"
		"finding|global|b3|public by ACL and by policy|\n"
		"finding|global|b5|public by policy|\n"
		"finding|us-east-1|b2|public by policy|\n"
		"no data|global|b6|whether it is public by ACL is not known|"
		"GetBucketAcl: AccessDenied\n"
		"no data|global|b7|whether it is public by policy is not known|\n"
		"no data|global|b8|whether it is public by ACL or by policy is not "
		"known|\n"
		"no data|global|b9|whether it is public by ACL or by policy is not "
		"known|\n");
	case_expect(&c, "checked,as_of,threshold",
		"9 buckets; no bill|" ASKED "|\n"
		"9 buckets; no bill|" ASKED "|\n"
		"9 buckets; no bill|" ASKED "|\n"
		"9 buckets; no bill|" ASKED "|\n"
		"9 buckets; no bill|" ASKED "|\n"
		"9 buckets; no bill|" ASKED "|\n"
		"9 buckets; no bill|" ASKED "|\n"
		"9 buckets; no bill|" ASKED "|\n");
	case_finish(&c);
}

/* Ninety days before now, and a second. */
#define OLD "2026-08-25T11:59:59+00:00"
#define EDGE "2026-08-25T12:00:00+00:00"
#define HALF_EDGE "2026-10-09T12:00:00+00:00"
#define HALF_OLD "2026-10-09T11:59:59+00:00"
#define CREATED(time) "{\"CreateDate\": \"" time "\""
#define PASSWORD(time) ", \"PasswordLastUsed\": \"" time "\""
#define KEYS(list) ", \"AccessKeys\": [" list "]"
#define KEY(status, last) "{\"Status\": \"" status "\", \"AccessKeyLastUsed\": " last "}"
#define USED(time) "{\"LastUsedDate\": \"" time "\"}"
#define NEVER "{\"ServiceName\": \"N/A\"}"
#define LOGIN ", \"LoginProfile\": {\"UserName\": \"u\"}"
#define NO_LOGIN ", \"LoginProfile\": null"
#define REFUSED(operation)                                                               \
	", \"Errors\": [7, {\"Operation\": \"" operation                                 \
	"\", \"Code\": \"AccessDenied\"}]"

static void a_user_is_inactive_without_password_and_keys(void **state)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
		{ CREATED(OLD) KEYS("") NO_LOGIN "}", "finding|u\n" },
		{ CREATED(EDGE) KEYS("") NO_LOGIN "}", NONE },
		{ CREATED(OLD) PASSWORD(OLD) KEYS("") LOGIN "}", "finding|u\n" },
		{ CREATED(OLD) PASSWORD(EDGE) KEYS("") LOGIN "}", NONE },
		{ CREATED(OLD) KEYS(KEY("Active", USED(OLD))) "}", "finding|u\n" },
		{ CREATED(OLD) KEYS(KEY("Active", USED(EDGE))) "}", NONE },
		{ CREATED(OLD) KEYS(KEY("Active", NEVER)) "}", "finding|u\n" },
		{ CREATED(OLD) KEYS(KEY("Inactive", USED(EDGE))) "}", "finding|u\n" },
		{ CREATED(OLD) KEYS(KEY("Inactive", "null")) "}", "finding|u\n" },
		{ CREATED(OLD) KEYS(
			  KEY("Active", USED(OLD)) ", " KEY("Active", USED(EDGE))) "}",
			NONE },
		{ CREATED(OLD) KEYS(
			  KEY("Active", USED(EDGE)) ", " KEY("Active", USED(OLD))) "}",
			NONE },
		/* What is not known matters only where it would decide. */
		{ CREATED(OLD) KEYS(KEY("Active", "null")) "}", "no data|u\n" },
		{ CREATED(OLD) KEYS(
			  KEY("Active", "null") ", " KEY("Active", USED(EDGE))) "}",
			NONE },
		{ CREATED(OLD) PASSWORD(EDGE) KEYS(KEY("Active", "null")) "}", NONE },
		{ CREATED(EDGE) ", \"AccessKeys\": null}", NONE },
		{ CREATED(OLD) ", \"AccessKeys\": null}", "no data|u\n" },
		{ CREATED(OLD) "}", "no data|u\n" },
		{ CREATED(OLD) KEYS("7") "}", "no data|u\n" },
		{ CREATED(OLD) KEYS(KEY("Active", USED("soon"))) "}", "no data|u\n" },
		{ CREATED(OLD) PASSWORD("") KEYS("") "}", "no data|u\n" },
		{ CREATED(OLD) ", \"PasswordLastUsed\": 7" KEYS("") "}", "no data|u\n" },
		{ CREATED("long ago") KEYS("") "}", "no data|u\n" },
		{ "{\"AccessKeys\": []}", "no data|u\n" },
		{ "{" KEYS("") "}", "no data|u\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_one(FINDING_INACTIVE_USERS, "",
			(struct case_item){ "u", .json = cases[i].json }, cases[i].want);
}

static void a_password_is_unused_while_keys_are_used(void **state)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
#define FRESH KEYS(KEY("Active", USED(HALF_EDGE)))
		{ CREATED(OLD) LOGIN FRESH "}", "finding|u\n" },
		{ CREATED(EDGE) LOGIN FRESH "}", NONE },
		{ CREATED(OLD) LOGIN PASSWORD(OLD) FRESH "}", "finding|u\n" },
		{ CREATED(OLD) LOGIN PASSWORD(EDGE) FRESH "}", NONE },
		{ CREATED(OLD) NO_LOGIN FRESH "}", NONE },
		{ CREATED(OLD) LOGIN KEYS(KEY("Active", USED(HALF_OLD))) "}", NONE },
		{ CREATED(OLD) LOGIN KEYS(KEY("Inactive", USED(HALF_EDGE))) "}", NONE },
		{ CREATED(OLD) LOGIN KEYS("") "}", NONE },
		/* What is not known. */
		{ CREATED(OLD) NO_LOGIN FRESH REFUSED("GetLoginProfile") "}",
			"no data|u\n" },
		{ CREATED(OLD) NO_LOGIN FRESH REFUSED("ListAccessKeys") "}", NONE },
		{ CREATED(OLD) FRESH "}", "no data|u\n" },
		{ CREATED(OLD) NO_LOGIN KEYS("") REFUSED("GetLoginProfile") "}", NONE },
		{ CREATED(OLD) LOGIN ", \"AccessKeys\": null}", "no data|u\n" },
		{ CREATED(OLD) NO_LOGIN ", \"AccessKeys\": null}", NONE },
		{ "{\"Errors\": {}" LOGIN FRESH "}", "no data|u\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_one(FINDING_UNUSED_CONSOLE_ACCESS, "",
			(struct case_item){ "u", .json = cases[i].json }, cases[i].want);
}

static void users_come_with_their_evidence(void **state)
{
	static const struct case_item users[] = {
		{ "a", .name = "a",
			.json = CREATED("2020-01-02T03:04:05Z") NO_LOGIN KEYS(
				KEY("Active", USED("2021-05-06T07:08:09Z"))) "}" },
		{ "b", .name = "b",
			.json = CREATED("2020-01-02T03:04:05Z") LOGIN PASSWORD(
				"2022-01-02T03:04:05Z") KEYS(KEY("Active", "null")) "}" },
	};
	struct finding_case c = case_of(FINDING_INACTIVE_USERS);

	(void)state;
	case_put(&c, 0, "", users, ARRAY_LEN(users));
	case_expect(&c, "status,region,name,why,evidence,threshold",
		"finding|global|a|neither password nor keys are used|"
		"created 2020-01-02; password used never; no login profile; "
		"active keys: 1; keys used 2021-05-06|90d\n"
		"no data|global|b|when its access keys were used is not known|"
		"created 2020-01-02; password used 2022-01-02; "
		"keys used nobody knows when|90d\n");
	case_finish(&c);
}

#define ALLOW(protocol, ports, ranges)                                                   \
	"{\"IpPermissions\": [{\"IpProtocol\": \"" protocol "\"" ports ranges "}]}"
#define PORTS(from, to) ", \"FromPort\": " from ", \"ToPort\": " to
#define V4(cidr) ", \"IpRanges\": [{\"CidrIp\": \"" cidr "\"}]"
#define V6(cidr) ", \"Ipv6Ranges\": [{\"CidrIpv6\": \"" cidr "\"}]"
#define ALL V4("0.0.0.0/0")

static void a_group_is_open_by_source_and_port(void **state)
{
	static const struct {
		const char *json, *what; /* NULL: not open */
	} cases[] = {
		{ ALLOW("-1", "", ALL), "all protocols from 0.0.0.0/0" },
		{ ALLOW("-1", "", V6("::/0")), "all protocols from ::/0" },
		{ ALLOW("-1", "", ALL V6("::/0")),
			"all protocols from 0.0.0.0/0 and ::/0" },
		{ ALLOW("-1", "", V4("10.0.0.0/8")), NULL },
		{ ALLOW("-1", "", ""), NULL },
		{ ALLOW("-1", "", V4("0.0.0.0/1")), NULL },
		{ ALLOW("-1", "", V4("0.0.0.0/00")), NULL },
		{ ALLOW("-1", "", V6("2001:db8::/32")), NULL },
		{ ALLOW("tcp", PORTS("22", "22"), ALL), "tcp 22 from 0.0.0.0/0" },
		{ ALLOW("6", PORTS("22", "22"), ALL), "tcp 22 from 0.0.0.0/0" },
		{ ALLOW("tcp", PORTS("3389", "3389"), V6("::/0")), "tcp 3389 from ::/0" },
		{ ALLOW("tcp", PORTS("21", "22"), ALL), "tcp 21-22 from 0.0.0.0/0" },
		{ ALLOW("tcp", PORTS("22", "25"), ALL), "tcp 22-25 from 0.0.0.0/0" },
		{ ALLOW("tcp", PORTS("23", "3388"), ALL), NULL },
		{ ALLOW("tcp", PORTS("443", "443"), ALL), NULL },
		{ ALLOW("tcp", PORTS("22", "22"), V4("203.0.113.7/32")), NULL },
		{ ALLOW("udp", PORTS("22", "22"), ALL), NULL },
		{ ALLOW("tcp", PORTS("0", "65535"), ALL),
			"all ports of tcp from 0.0.0.0/0" },
		{ ALLOW("tcp", PORTS("1", "65535"), ALL), "tcp 1-65535 from 0.0.0.0/0" },
		{ ALLOW("udp", PORTS("0", "65535"), ALL),
			"all ports of udp from 0.0.0.0/0" },
		{ ALLOW("17", PORTS("0", "65534"), ALL), NULL },
		{ ALLOW("tcp", PORTS("-1", "-1"), ALL),
			"all ports of tcp from 0.0.0.0/0" },
		{ ALLOW("tcp", "", ALL), "all ports of tcp from 0.0.0.0/0" },
		{ ALLOW("tcp", PORTS("\"x\"", "22"), ALL),
			"all ports of tcp from 0.0.0.0/0" },
		{ ALLOW("icmp", PORTS("-1", "-1"), ALL), NULL },
		{ "{\"IpPermissions\": [{\"IpRanges\": [{\"CidrIp\": \"::/0\"}]}]}",
			NULL },
		{ "{\"IpPermissions\": [7, null, {\"IpProtocol\": 6, \"IpRanges\": {}}]}",
			NULL },
		{ ALLOW("-1", "", ", \"IpRanges\": [7, {\"CidrIp\": null}]"), NULL },
		{ "{\"IpPermissions\": [], \"IpPermissionsEgress\": "
		  "[{\"IpProtocol\": \"-1\", \"IpRanges\": [{\"CidrIp\": "
		  "\"0.0.0.0/0\"}]}]}",
			NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct case_item item = { "sg-1", .json = cases[i].json };
		struct finding_case c = case_of(FINDING_INSECURE_SECURITY_GROUPS);
		char want[256];

		if (cases[i].what)
			(void)snprintf(want, sizeof(want),
				"finding|%s; no network interface uses it\n",
				cases[i].what);
		else
			(void)snprintf(want, sizeof(want), "none|\n");
		case_put(&c, 0, "eu-west-1", &item, 1);
		case_put(&c, 1, "eu-west-1", NULL, 0);
		case_expect(&c, "status,evidence", want);
		case_finish(&c);
	}
}

static void ports_that_matter_are_configured(void **state)
{
	static const struct case_item items[] = {
		{ "sg-1", .json = ALLOW("tcp", PORTS("22", "22"), ALL) },
		{ "sg-2", .json = ALLOW("tcp", PORTS("5432", "5433"), ALL) },
	};
	struct thresholds t = thresholds_default();
	struct finding_case c = case_of(FINDING_INSECURE_SECURITY_GROUPS);

	(void)state;
	assert_int_equal(thresholds_set(&t, "insecure-security-groups", "5433", NULL), 0);
	c.in.thresholds = &t;
	case_put(&c, 0, "eu-west-1", items, 2);
	case_expect(&c, "status,resource_id,threshold", "finding|sg-2|tcp 5433\n");
	case_finish(&c);
}

static void a_group_says_how_many_interfaces_use_it(void **state)
{
	static const struct case_item group = { "sg-1", .json = ALLOW("-1", "", ALL) };
	static const struct case_item interfaces[] = {
		{ "eni-1",
			.json = "{\"Groups\": [{\"GroupId\": \"sg-0\"}, "
				"{\"GroupId\": \"sg-1\"}]}" },
		{ "eni-2", .json = "{\"Groups\": [{\"GroupId\": \"sg-1\"}]}" },
		{ "eni-3", .json = "{\"Groups\": [{\"GroupId\": \"sg-2\"}, 7, {}]}" },
		{ "eni-4", .json = "{\"Groups\": 7}" },
		{ "eni-5", .json = "?" },
	};
	struct finding_case c = case_of(FINDING_INSECURE_SECURITY_GROUPS);

	(void)state;
	case_put(&c, 0, "eu-west-1", &group, 1);
	case_put(&c, 1, "eu-west-1", interfaces, ARRAY_LEN(interfaces));
	case_expect(&c, "checked,evidence",
		"1 security groups; 5 network interfaces in 1 of 1 regions; no bill|"
		"all protocols from 0.0.0.0/0; network interfaces that use it: 2\n");
	case_finish(&c);
}

static void evidence_of_many_rules_is_cut(void **state)
{
	struct buf json = BUF_INIT(1 << 20);
	struct finding_case c = case_of(FINDING_INSECURE_SECURITY_GROUPS);
	struct case_item item = { .id = "sg-1" };
	char *got;

	(void)state;
	assert_int_equal(buf_append_text(&json, "{\"IpPermissions\": ["), 0);
	for (int i = 0; i < 12; i++)
		assert_int_equal(buf_appendf(&json,
					 "%s{\"IpProtocol\": \"tcp\", \"FromPort\": %d, "
					 "\"ToPort\": 22" ALL "}",
					 i ? "," : "", i + 1),
			0);
	assert_int_equal(buf_append_text(&json, "]}"), 0);
	item.json = buf_text(&json);
	case_put(&c, 0, "eu-west-1", &item, 1);
	got = case_render(&c);
	assert_non_null(strstr(got, "tcp 1-22 from 0.0.0.0/0; tcp 2-22 from"));
	assert_non_null(strstr(
		got, "tcp 10-22 from 0.0.0.0/0; and 2 more; nobody knows what uses it"));
	assert_null(strstr(got, "tcp 11-22"));
	free(got);
	buf_finish(&json);
	case_finish(&c);
}

/* Seven days before now, and a second. */
#define WEEK_OLD "2026-11-16T11:59:59Z"
#define WEEK_EDGE "2026-11-16T12:00:00Z"
#define DEVICES(ids) "{\"BlockDeviceMappings\": [" ids "]}"
#define EBS(id) "{\"Ebs\": {\"SnapshotId\": \"" id "\"}}"

static void an_image_is_obsolete_when_no_instance_uses_it(void **state)
{
	static const struct case_item images[] = {
		{ "ami-1", .name = "base", .created = WEEK_OLD,
			.json = DEVICES(EBS("snap-1") ", " EBS("snap-2")) },
		{ "ami-2", .created = WEEK_EDGE },
		{ "ami-3", .created = WEEK_OLD },
		{ "ami-4", .created = "" },
		{ "ami-5", .created = WEEK_OLD,
			.json = "{\"LastLaunchedTime\": "
				"\"2026-11-16T12:00:00Z\"}" },
		{ "ami-6", .created = WEEK_OLD,
			.json = "{\"LastLaunchedTime\": "
				"\"2026-11-16T11:59:59Z\"}" },
		{ "ami-7", .created = WEEK_OLD, .json = DEVICES("7, {\"Ebs\": 7}, {}") },
		{ "ami-8", .created = WEEK_OLD, .json = "{\"BlockDeviceMappings\": 7}" },
	};
	static const struct case_item instances[] = {
		{ "i-1", .state = "stopped",
			.json = "{\"ImageId\": \"ami-3\", \"State\": {\"Name\": "
				"\"stopped\"}}" },
		{ "i-2",
			.json = "{\"ImageId\": \"ami-7\", \"State\": {\"Name\": "
				"\"terminated\"}}" },
		{ "i-3", .json = "{\"ImageId\": 7}" },
	};
	struct finding_case c = case_of(FINDING_OBSOLETE_IMAGES);

	(void)state;
	case_put(&c, 0, "eu-west-1", images, ARRAY_LEN(images));
	case_put(&c, 1, "eu-west-1", instances, ARRAY_LEN(instances));
	case_expect(&c, "status,resource_id,evidence,threshold",
		"finding|ami-1|created 2026-11-16; no instance of the region uses it; "
		"snap-1; snap-2|7d\n"
		"finding|ami-6|created 2026-11-16; last launched 2026-11-16; "
		"no instance of the region uses it|7d\n"
		"finding|ami-7|created 2026-11-16; no instance of the region uses it|7d\n"
		"finding|ami-8|created 2026-11-16; no instance of the region uses it|7d\n"
		"no data|ami-4|created nobody knows when; "
		"no instance of the region uses it|7d\n");
	case_finish(&c);
}

#define VPC_ROW .account = ACCOUNT, .service = "AmazonEC2", .date = "2026-11-20"

static void an_image_costs_what_its_snapshots_cost(void **state)
{
	static const struct fake_row rows[] = {
		{ VPC_ROW, .resource = "arn:aws:ec2:eu-west-1:1:snapshot/snap-1",
			.cost = { "1.25" } },
		{ VPC_ROW, .resource = "snap-2", .cost = { "2.00" } },
		{ VPC_ROW, .resource = "snap-3", .cost = { "4.00" } },
	};
	static const struct case_item images[] = {
		{ "ami-1", .created = WEEK_OLD,
			.json = DEVICES(
				EBS("snap-1") ", " EBS("snap-2") ", " EBS("snap-1")) },
		{ "ami-2", .created = WEEK_OLD, .json = DEVICES(EBS("snap-3")) },
	};
	struct finding_case c = case_of(FINDING_OBSOLETE_IMAGES);

	(void)state;
	case_put(&c, 0, "eu-west-1", images, ARRAY_LEN(images));
	case_put(&c, 1, "eu-west-1", NULL, 0);
	case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)), NULL);
	case_expect(&c, "resource_id,month_to_date_cost", "ami-2|4.00\nami-1|3.25\n");
	case_finish(&c);
}

static void images_of_one_region_do_not_judge_another(void **state)
{
	static const struct case_item image = { "ami-1", .created = WEEK_OLD };
	static const struct case_item instance = { "i-1",
		.json = "{\"ImageId\": \"ami-1\"}" };
	static const struct case_item broken = { "i-2", .json = "{" };
	struct finding_case c = case_of(FINDING_OBSOLETE_IMAGES);

	(void)state;
	case_put(&c, 0, "eu-west-1", &image, 1);
	case_put(&c, 1, "eu-west-1", NULL, 0);
	case_put(&c, 0, "eu-west-2", &image, 1);
	case_put(&c, 1, "eu-west-2", &instance, 1);
	/* An instance that cannot be read may use any. */
	case_put(&c, 0, "eu-west-3", &image, 1);
	case_put(&c, 1, "eu-west-3", &broken, 1);
	case_expect(&c, "status,region,resource_id",
		"finding|eu-west-1|ami-1\nno data|eu-west-3|i-2\n");
	case_finish(&c);
}

/* Three days before now, and a second. */
#define THREE_OLD "2026-11-20T11:59:59Z"
#define THREE_EDGE "2026-11-20T12:00:00Z"
#define OF(volume) "{\"VolumeId\": \"" volume "\"}"

static void a_snapshot_is_obsolete_when_nothing_comes_of_it(void **state)
{
	static const struct case_item snapshots[] = {
		{ "snap-1", .created = THREE_OLD, .json = OF("vol-gone") },
		{ "snap-2", .created = THREE_EDGE, .json = OF("vol-gone") },
		{ "snap-3", .created = THREE_OLD, .json = OF("vol-here") },
		{ "snap-4", .created = THREE_OLD, .json = OF("vol-gone") },
		{ "snap-5", .created = THREE_OLD, .json = OF("vol-gone") },
		{ "snap-6", .created = THREE_OLD, .json = "{\"VolumeId\": 7}" },
		{ "snap-7", .created = "?", .json = OF("vol-gone") },
		{ "snap-8", .created = THREE_OLD, .json = OF("vol-ffffffff") },
		{ "snap-9", .created = THREE_OLD, .json = "{" },
	};
	static const struct case_item images[] = {
		{ "ami-1", .json = DEVICES(EBS("snap-4")) },
		{ "ami-2", .json = DEVICES("{\"Ebs\": {\"SnapshotId\": 7}}") },
	};
	static const struct case_item volumes[] = {
		{ "vol-here", .json = "{\"SnapshotId\": \"\"}" },
		{ "vol-new", .json = "{\"SnapshotId\": \"snap-5\"}" },
	};
	struct finding_case c = case_of(FINDING_OBSOLETE_SNAPSHOTS);

	(void)state;
	case_put(&c, 0, "eu-west-1", snapshots, ARRAY_LEN(snapshots));
	case_put(&c, 1, "eu-west-1", images, ARRAY_LEN(images));
	case_put(&c, 2, "eu-west-1", volumes, ARRAY_LEN(volumes));
	case_expect(&c, "status,resource_id,evidence",
		"finding|snap-1|created 2026-11-20; of vol-gone, which is no more; "
		"no own image and no volume is made of it\n"
		"finding|snap-6|created 2026-11-20; of no known volume; "
		"no own image and no volume is made of it\n"
		"finding|snap-8|created 2026-11-20; of no known volume; "
		"no own image and no volume is made of it\n"
		"no data|snap-7|created nobody knows when; of vol-gone, which is no "
		"more; no own image and no volume is made of it\n"
		"no data|snap-9|\n");
	case_finish(&c);
}

static const struct finding_metric week = {
	.from = { 1794830400 }, /* seven days to now */
	.to = { 1795435200 },
	.has_cpu = true,
	.has_network_in = true,
	.has_network_out = true
};

static void an_instance_is_abandoned_by_cpu_and_network(void **state)
{
	static const struct {
		uint64_t cpu_ppm, in, out;
		const char *want;
	} cases[] = {
		{ 0, 0, 0, "finding|i-1\n" },
		{ 50000, 400, 600, "finding|i-1\n" },
		{ 50001, 0, 0, NONE },
		{ 0, 401, 600, NONE },
		{ 0, 1001, 0, NONE },
		{ 0, UINT64_MAX, 1, NONE },
	};
	static const struct case_item item = { "i-1", .type = "m5.large",
		.state = "running", .created = WEEK_OLD };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct finding_case c = case_of(FINDING_ABANDONED_INSTANCES);
		struct finding_metric m = week;

		m.instance = SPAN("i-1");
		m.cpu_ppm = cases[i].cpu_ppm;
		m.network_in = cases[i].in;
		m.network_out = cases[i].out;
		c.in.has_metrics = true;
		c.in.metrics = &m;
		c.in.metric_count = 1;
		case_put(&c, 0, "eu-west-1", &item, 1);
		case_expect(&c, "status,resource_id", cases[i].want);
		case_finish(&c);
	}
}

static void metrics_that_are_missing_flag_nobody(void **state)
{
	static const struct case_item items[] = {
		{ "i-1", .type = "m5.large", .state = "running", .created = WEEK_OLD },
		{ "i-2", .type = "m5.large", .state = "running", .created = WEEK_OLD },
		{ "i-3", .type = "m5.large", .state = "running", .created = WEEK_OLD },
		{ "i-4", .type = "m5.large", .state = "stopped", .created = WEEK_OLD },
		{ "i-5", .type = "m5.large", .state = "running", .created = WEEK_EDGE },
		{ "i-6", .type = "m5.large", .state = "running", .created = WEEK_OLD },
		{ "i-7", .type = "m5.large", .state = "running" },
	};
	struct finding_metric metrics[] = { week, week, week, week, week, week };
	struct finding_case c = case_of(FINDING_ABANDONED_INSTANCES);

	(void)state;
	metrics[0].instance = SPAN("i-7");
	metrics[1].instance = SPAN("i-2");
	metrics[1].has_network_out = false;
	metrics[2].instance = SPAN("i-3");
	metrics[2].from.seconds++;
	metrics[3].instance = SPAN("i-4");
	metrics[4].instance = SPAN("i-5");
	metrics[5].instance = SPAN("i-6");
	metrics[5].cpu_ppm = 12345;
	metrics[5].network_in = 10;
	c.in.has_metrics = true;
	c.in.metrics = metrics;
	c.in.metric_count = ARRAY_LEN(metrics);
	case_put(&c, 0, "eu-west-1", items, ARRAY_LEN(items));
	case_expect(&c, "status,resource_id,why,evidence",
		"finding|i-6|does next to nothing|m5.large; launched 2026-11-16; CPU "
		"1.23%; network in 10 and out 0 bytes a second; measured from "
		"2026-11-16; to 2026-11-23\n"
		"finding|i-7|does next to nothing|m5.large; launched nobody knows when; "
		"CPU 0.00%; network in 0 and out 0 bytes a second; measured from "
		"2026-11-16; to 2026-11-23\n"
		"no data|i-1|there are no metrics of it yet: read its "
		"metrics.csv|m5.large; launched 2026-11-16\n"
		"no data|i-2|metrics of its CPU or its network are missing|"
		"m5.large; launched 2026-11-16\n"
		"no data|i-3|its metrics are of too short a time|"
		"m5.large; launched 2026-11-16\n");
	case_finish(&c);
}

static void without_metrics_a_row_says_how_to_turn_them_on(void **state)
{
	static const struct case_item item = { "i-1", .state = "running",
		.created = WEEK_OLD };
	struct finding_case c = case_of(FINDING_ABANDONED_INSTANCES);

	(void)state;
	case_put(&c, 0, "eu-west-1", &item, 1);
	case_expect(&c, "checked,status,resource_id,why,evidence,threshold",
		"1 instances in 1 of 1 regions; no metrics; no bill|no data||"
		"CloudWatch metrics are not on, since each call costs money|"
		"mount with -o metrics=on|7d; cpu 5%; network 1000\n");
	case_finish(&c);
}

static void long_texts_are_cut_at_a_whole_character(void **state)
{
	struct buf json = BUF_INIT(4096);
	struct finding_case c = case_of(FINDING_PUBLIC_BUCKETS);
	struct case_item item = { .id = "b" };
	char *got, *end;

	(void)state;
	assert_int_equal(buf_append_text(&json,
				 "{\"PublicByAcl\": true, \"Reasons\": "
				 "[\"xxx"),
		0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_append_text(&json, "\xE2\x82\xAC"), 0);
	assert_int_equal(buf_append_text(&json, "\", 7, null]}"), 0);
	item.json = buf_text(&json);
	case_put(&c, 0, "", &item, 1);
	got = case_render(&c);
	/* 3 + 65 * 3 = 198 bytes; one more would be 201. */
	end = strstr(got, "xxx");
	assert_non_null(end);
	assert_int_equal(strcspn(end, ","), 198);
	free(got);
	buf_finish(&json);
	case_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_is_public_by_acl_or_by_policy),
		cmocka_unit_test(a_user_is_inactive_without_password_and_keys),
		cmocka_unit_test(a_password_is_unused_while_keys_are_used),
		cmocka_unit_test(users_come_with_their_evidence),
		cmocka_unit_test(a_group_is_open_by_source_and_port),
		cmocka_unit_test(ports_that_matter_are_configured),
		cmocka_unit_test(a_group_says_how_many_interfaces_use_it),
		cmocka_unit_test(evidence_of_many_rules_is_cut),
		cmocka_unit_test(an_image_is_obsolete_when_no_instance_uses_it),
		cmocka_unit_test(an_image_costs_what_its_snapshots_cost),
		cmocka_unit_test(images_of_one_region_do_not_judge_another),
		cmocka_unit_test(a_snapshot_is_obsolete_when_nothing_comes_of_it),
		cmocka_unit_test(an_instance_is_abandoned_by_cpu_and_network),
		cmocka_unit_test(metrics_that_are_missing_flag_nobody),
		cmocka_unit_test(without_metrics_a_row_says_how_to_turn_them_on),
		cmocka_unit_test(long_texts_are_cut_at_a_whole_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
