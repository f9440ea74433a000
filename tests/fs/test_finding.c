/* What all files of findings have in common: their rows, costs, order, and what they say
 * where there is no data. Rules are in test_finding_rules.c and test_finding_bill.c. */
#include "tests/fs/finding_case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER                                                                           \
	"checked,as_of,status,region,resource_id,name,why,evidence,threshold,"           \
	"month_to_date_cost,last_month_cost,currency\n"
#define OPEN                                                                             \
	"{\"IpPermissions\": [{\"IpProtocol\": \"-1\", \"IpRanges\": "                   \
	"[{\"CidrIp\": \"0.0.0.0/0\"}]}]}"
#define CLOSED "{\"IpPermissions\": []}"
#define EVIDENCE "all protocols from 0.0.0.0/0; nobody knows what uses it"

static const enum finding_file groups = FINDING_INSECURE_SECURITY_GROUPS;

static void expect_text(struct finding_case *c, const char *want)
{
	char *got = case_render(c);

	assert_string_equal(got, want);
	free(got);
}

static void every_file_is_found_by_its_name_and_has_kinds(void **state)
{
	static const char *const names[] = { "abandoned-buckets.csv",
		"abandoned-instances.csv", "inactive-users.csv",
		"insecure-security-groups.csv", "obsolete-images.csv",
		"obsolete-snapshots.csv", "public-buckets.csv",
		"short-lived-instances.csv", "unattached-volumes.csv",
		"unused-addresses.csv", "unused-console-access.csv" };
	enum finding_file file = FINDING_COUNT;

	(void)state;
	assert_int_equal(ARRAY_LEN(names), FINDING_COUNT);
	for (size_t i = 0; i < FINDING_COUNT; i++) {
		const struct finding_info *info = finding_info((enum finding_file)i);

		assert_string_equal(info->name, names[i]);
		assert_int_equal(finding_find(span_of(names[i]), &file), 0);
		assert_int_equal(file, i);
		for (size_t k = 0; k < info->kind_count; k++) {
			const struct resource_kind *kind = resource_kind_at(
				finding_kind_number((enum finding_file)i, k));

			assert_string_equal(kind->service, info->kinds[k].service);
			assert_string_equal(kind->type, info->kinds[k].type);
		}
		assert_true(info->kind_count || info->needs_bill);
	}
	assert_int_equal(finding_find(SPAN("volumes.csv"), &file), -ENOENT);
	assert_int_equal(finding_find(SPAN(""), &file), -ENOENT);
	assert_int_equal(file, FINDING_COUNT - 1);
}

static void a_file_begins_with_what_was_looked_at(void **state)
{
	static const struct case_item items[] = {
		{ "sg-1", .name = "web", .json = OPEN },
		{ "sg-2", .name = "db", .json = CLOSED },
	};
	struct finding_case c = case_of(groups);

	(void)state;
	case_put(&c, 0, "eu-west-1", items, 2);
	case_put(&c, 0, "us-east-1", &items[1], 1);
	expect_text(&c,
		HEADER "3 security groups in 2 of 2 regions; "
		       "no bill," ASKED ",finding,eu-west-1,sg-1,web,"
		       "open to everybody," EVIDENCE ",tcp 22 3389,,,\n");
	case_finish(&c);
}

static void the_oldest_listing_is_what_it_is_as_of(void **state)
{
	static const struct case_item closed = { "sg-2", .json = CLOSED };
	struct finding_case c = case_of(groups);

	(void)state;
	case_put(&c, 0, "eu-west-1", &closed, 1);
	c.asked = at("2026-11-23T09:00:00Z");
	case_put(&c, 0, "eu-west-2", &closed, 1);
	c.asked = at("2026-11-23T10:00:00Z");
	case_put(&c, 0, "eu-west-3", &closed, 1);
	case_expect(&c, "as_of", "2026-11-23T09:00:00Z\n");
	case_finish(&c);
}

static void nothing_found_is_a_row(void **state)
{
	static const struct case_item closed = { "sg-2", .json = CLOSED };
	static const struct fake_row row = { .account = "222222222222",
		.service = "AmazonEC2",
		.date = "2026-11-20",
		.cost = { "1.00" } };
	struct finding_case c = case_of(groups);

	(void)state;
	case_put(&c, 0, "eu-west-1", &closed, 1);
	case_bill(&c, fake_month_new(NULL, &row, 1), NULL);
	expect_text(&c,
		HEADER "1 security groups in 1 of 1 regions; "
		       "bill of 2026-11-20 to 2026-11-20," ASKED
		       ",none,,,,nothing was found,,tcp 22 3389,,,\n");
	case_finish(&c);
}

static void a_region_that_failed_is_a_row_with_the_reason(void **state)
{
	static const struct case_item open = { "sg-1", .json = OPEN };
	static const struct fault denied = { .error = -EACCES,
		.text = "DescribeSecurityGroups, no!",
		.cure = "allow it" };
	static const struct fault quiet = { .error = -EIO, .text = "", .cure = "" };
	struct finding_case c = case_of(groups);

	(void)state;
	case_fail(&c, 0, "us-west-2", &quiet);
	case_fail(&c, 0, "us-west-1", NULL);
	case_fail(&c, 0, "us-east-1", &denied);
	case_put(&c, 0, "eu-west-1", &open, 1);
	case_expect(&c, "status,region,resource_id,why,evidence",
		"finding|eu-west-1|sg-1|open to everybody|" EVIDENCE "\n"
		"no data|us-east-1||DescribeSecurityGroups, no!|allow it\n"
		"no data|us-west-1||ec2 security-groups have not been listed|\n"
		"no data|us-west-2||ec2 security-groups have not been listed|\n");
	case_expect(&c, "checked",
		"1 security groups in 1 of 4 regions; no bill\n"
		"1 security groups in 1 of 4 regions; no bill\n"
		"1 security groups in 1 of 4 regions; no bill\n"
		"1 security groups in 1 of 4 regions; no bill\n");
	case_finish(&c);
}

static void what_has_no_region_is_not_counted_by_regions(void **state)
{
	static const struct fault denied = {
		.error = -EACCES, .text = "denied", .cure = ""
	};
	struct finding_case c = case_of(FINDING_INACTIVE_USERS);

	(void)state;
	case_fail(&c, 0, "", &denied);
	case_expect(&c, "checked,status,region,why",
		"0 users; no bill|no data|global|denied\n");
	case_finish(&c);
}

/* Of two kinds one is enough to know nothing; of an extra one it is not. */
static void a_region_needs_every_kind_but_the_extra(void **state)
{
	static const struct case_item open = { "sg-1", .json = OPEN };
	static const struct case_item image = { "ami-1",
		.created = "2020-01-01T00:00:00Z" };
	static const struct fault denied = {
		.error = -EACCES, .text = "denied", .cure = ""
	};
	struct finding_case c = case_of(FINDING_OBSOLETE_IMAGES);

	(void)state;
	case_put(&c, 0, "eu-west-1", &image, 1);
	case_fail(&c, 1, "eu-west-1", &denied);
	case_put(&c, 0, "us-east-1", &image, 1);
	case_expect(&c, "status,region,resource_id,why",
		"no data|eu-west-1||denied\n"
		"no data|us-east-1||ec2 instances have not been listed\n");
	case_finish(&c);
	c = case_of(groups);
	case_put(&c, 0, "eu-west-1", &open, 1);
	case_fail(&c, 1, "eu-west-1", &denied);
	case_expect(&c, "status,resource_id,evidence", "finding|sg-1|" EVIDENCE "\n");
	case_finish(&c);
}

static void nothing_asked_is_a_row_with_the_reason(void **state)
{
	static const struct fault why = {
		.error = -ENOKEY, .text = "no credentials", .cure = "name a role"
	};
	struct finding_case c = case_of(groups);
	struct finding_inventory other = {
		.kind = finding_kind_number(FINDING_PUBLIC_BUCKETS, 0), .region = ""
	};

	(void)state;
	case_expect(&c, "checked,as_of,status,why",
		"0 security groups in 0 of 0 regions; no bill||"
		"no data|the account's resources have not been listed\n");
	c.in.inventory_why = &why;
	/* Of other kinds are passed over. */
	c.inventories[c.in.inventory_count++] = other;
	case_expect(&c, "status,why,evidence", "no data|no credentials|name a role\n");
}

static void a_file_of_the_bill_says_when_there_is_none(void **state)
{
	static const struct fault why = {
		.error = -EIO, .text = "2026-11 is damaged", .cure = "refresh"
	};
	static const struct fake_row row = {
		.account = ACCOUNT, .service = "AmazonS3", .date = "2026-11-22"
	};
	const struct fake_options none = { .lacks_resources = true },
				  sums = { .sums = sums_all() };
	struct finding_case c = case_of(FINDING_ABANDONED_BUCKETS);

	(void)state;
	case_expect(&c, "checked,as_of,status,why,threshold",
		"0 buckets; no bill||no data|the bill has not been read|7d; "
		"transfer 1G; tier1-requests 100; get-requests 2000\n");
	c.in.bill_why = &why;
	case_expect(&c, "status,why,evidence", "no data|2026-11 is damaged|refresh\n");
	case_bill(&c, fake_month_new(&none, &row, 1), NULL);
	case_expect(
		&c, "status,why,evidence", "no data|the export has no resource ids|\n");
	case_finish(&c);
	c = case_of(FINDING_ABANDONED_BUCKETS);
	case_bill(&c, fake_month_new(&sums, &row, 1), NULL);
	case_expect(&c, "status,why", "no data|the bill has not been read\n");
	case_finish(&c);
	c = case_of(FINDING_ABANDONED_BUCKETS);
	case_bill(&c, fake_month_new(NULL, NULL, 0), NULL);
	case_expect(&c, "status,why", "no data|the bill has no lines yet\n");
	case_finish(&c);
	c = case_of(FINDING_ABANDONED_BUCKETS);
	case_bill(&c, fake_month_new(NULL, &row, 1), NULL);
	case_expect(&c, "checked,as_of,status,why",
		"0 buckets; bill of 2026-11-22 to 2026-11-22|2026-11-23T14:00:00Z|"
		"no data|too few days in the bill: 1, from 2026-11-22 to 2026-11-22; 7 "
		"are "
		"needed\n");
	case_finish(&c);
}

#define EC2 .account = ACCOUNT, .service = "AmazonEC2", .date = "2026-11-20"
#define VPC .account = ACCOUNT, .service = "AmazonVPC", .date = "2026-11-20"
#define OTHER .account = "222222222222", .service = "AmazonEC2", .date = "2026-11-20"
#define OLD .account = ACCOUNT, .service = "AmazonEC2", .date = "2026-10-20"

static const struct fake_row newest_rows[] = {
	{ EC2, .resource = "sg-2", .cost = { "1.50" } },
	{ EC2, .resource = "arn:aws:ec2:eu-west-1:1:security-group/sg-2",
		.region = "eu-west-1", .cost = { "0.000000000000000001" } },
	{ VPC, .resource = "arn:aws:ec2:eu-west-1:1:security-group/sg-2",
		.cost = { "0.50" } },
	{ VPC, .resource = "sg-3", .cost = { "-7.00" } },
	{ VPC, .resource = "sg-4", .cost = { NULL } },
	{ OTHER, .resource = "sg-1", .cost = { "99.00" } },
};
static const struct fake_row old_rows[] = {
	{ OLD, .resource = "sg-1", .cost = { "3.25" } },
	{ OLD, .resource = "sg-3", .cost = { "4.00" } },
};
static const struct case_item five[] = {
	{ "sg-1", .json = OPEN },
	{ "sg-2", .json = OPEN },
	{ "sg-3", .json = OPEN },
	{ "sg-4", .json = OPEN },
	{ "sg-5", .json = OPEN },
};

static void costs_are_those_of_the_account_and_dearest_first(void **state)
{
	const struct fake_options october = { .month = "2026-10" };
	struct finding_case c = case_of(groups);

	(void)state;
	case_put(&c, 0, "eu-west-1", five, ARRAY_LEN(five));
	case_bill(&c, fake_month_new(NULL, newest_rows, ARRAY_LEN(newest_rows)),
		fake_month_new(&october, old_rows, ARRAY_LEN(old_rows)));
	case_expect(&c, "resource_id,month_to_date_cost,last_month_cost,currency",
		"sg-2|2.000000000000000001|0.00|USD\n"
		"sg-1|0.00|3.25|USD\n"
		"sg-5|0.00|0.00|USD\n"
		"sg-3|-7.00|4.00|USD\n"
		"sg-4||0.00|USD\n");
	case_finish(&c);
	/* Without the month before, or with one that is not: nothing is known of it. */
	c = case_of(groups);
	case_put(&c, 0, "eu-west-1", five, 1);
	case_bill(&c, fake_month_new(NULL, newest_rows, ARRAY_LEN(newest_rows)),
		fake_month_new(&(struct fake_options){ .month = "2026-09" }, old_rows,
			ARRAY_LEN(old_rows)));
	case_expect(&c, "resource_id,month_to_date_cost,last_month_cost,currency",
		"sg-1|0.00||USD\n");
	case_finish(&c);
}

static void a_row_stands_once_for_each_currency(void **state)
{
	static const struct fake_row rows[] = {
		{ EC2, .resource = "sg-1", .cost = { "1.00" }, .currency = "CNY" },
		{ EC2, .resource = "sg-1", .cost = { "2.00" } },
	};
	struct finding_case c = case_of(groups);

	(void)state;
	case_put(&c, 0, "eu-west-1", five, 2);
	case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)), NULL);
	case_expect(&c, "resource_id,month_to_date_cost,currency",
		"sg-1|2.00|USD\nsg-1|1.00|CNY\nsg-2|0.00|\n");
	case_finish(&c);
}

static void an_account_without_lines_has_no_costs(void **state)
{
	struct finding_case c = case_of(groups);

	(void)state;
	c.in.account = "333333333333";
	case_put(&c, 0, "eu-west-1", five, 1);
	case_bill(&c, fake_month_new(NULL, newest_rows, ARRAY_LEN(newest_rows)), NULL);
	case_expect(&c, "resource_id,month_to_date_cost,currency", "sg-1|0.00|\n");
	case_finish(&c);
}

/* Of a month, and of what has been. */
static void the_bill_ends_with_its_month_and_with_today(void **state)
{
	static const struct {
		const char *first, *last, *now, *want;
	} cases[] = {
		{ "2026-11-03", "2026-11-22", NOW, "2026-11-03 to 2026-11-22" },
		{ "2026-11-03", "2026-11-25", NOW, "2026-11-03 to 2026-11-23" },
		{ "2026-10-31", "2026-12-05", "2026-12-24", "2026-11-01 to 2026-11-30" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake_row rows[] = { { EC2 }, { EC2 } };
		struct finding_case c = case_of(groups);
		char want[128];

		rows[0].date = cases[i].first;
		rows[1].date = cases[i].last;
		(void)snprintf(want, sizeof(want),
			"0 security groups in 1 of 1 regions; bill of %s\n",
			cases[i].want);
		c.in.now = at(cases[i].now);
		case_put(&c, 0, "eu-west-1", NULL, 0);
		case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)), NULL);
		case_expect(&c, "checked", want);
		case_finish(&c);
	}
}

static void names_cannot_break_a_row(void **state)
{
	static const struct case_item items[] = {
		{ "sg-1", .name = "a,\"b\"\nc\r\xC3\xA4 \xF0\x9F\x98\x80", .json = OPEN },
	};
	struct finding_case c = case_of(groups);
	char *got;

	(void)state;
	case_put(&c, 0, "eu-west-1", items, 1);
	case_expect(&c, "resource_id,name", "sg-1|a,\"b\" c \xC3\xA4 \xF0\x9F\x98\x80\n");
	got = case_render(&c);
	assert_non_null(strstr(got, ",\"a,\"\"b\"\" c \xC3\xA4"));
	free(got);
	case_finish(&c);
}

static void what_cannot_be_read_is_a_row_each(void **state)
{
	static char deep[256], huge[70 * 1024];
	const struct case_item items[] = {
		{ "sg-1", .json = "{" },
		{ "sg-2", .json = "[]" },
		{ "sg-3", .json = "null" },
		{ "sg-4", .json = deep },
		{ "sg-5", .json = "{\"IpPermissions\": {}}" },
		{ "sg-6", .json = "{}" },
		{ "sg-7", .json = huge },
	};
	struct finding_case c = case_of(groups);

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	memset(huge, 'x', sizeof(huge) - 1);
	huge[0] = huge[sizeof(huge) - 2] = '"';
	case_put(&c, 0, "eu-west-1", items, ARRAY_LEN(items));
	case_expect(&c, "status,resource_id,why",
		"no data|sg-1|its JSON cannot be read\n"
		"no data|sg-2|its JSON cannot be read\n"
		"no data|sg-3|its JSON cannot be read\n"
		"no data|sg-4|its JSON cannot be read\n"
		"no data|sg-5|it says nothing of what it lets in\n"
		"no data|sg-6|it says nothing of what it lets in\n"
		"no data|sg-7|its JSON cannot be read\n");
	case_finish(&c);
}

static void on_failure_the_output_is_as_before(void **state)
{
	static const struct case_item open = { "sg-1", .json = OPEN };
	struct finding_case c = case_of(groups);
	struct fault why = { 0 };
	char *whole;

	(void)state;
	case_put(&c, 0, "eu-west-1", &open, 1);
	whole = case_render(&c);
	for (size_t limit = 3; limit < strlen(whole) + 3; limit++) {
		struct buf b = BUF_INIT(limit);

		assert_int_equal(buf_append_text(&b, "abc"), 0);
		assert_int_equal(finding_render(c.file, &c.in, &b, &why), -EFBIG);
		assert_string_equal(why.text,
			"insecure-security-groups.csv: more rows than can be shown");
		assert_string_equal(buf_text(&b), "abc");
		buf_finish(&b);
	}
	free(whole);
	case_finish(&c);
}

/* Two of the largest amounts there are. */
static void a_sum_that_does_not_fit_is_an_error(void **state)
{
	static const struct fake_row rows[] = {
		{ EC2, .resource = "sg-1",
			.cost = { "170141183460469231731.687303715884105727" } },
		{ VPC, .resource = "sg-1", .cost = { "1.00" } },
	};
	struct finding_case c = case_of(groups);
	struct buf b = BUF_INIT(1000);

	(void)state;
	case_put(&c, 0, "eu-west-1", five, 1);
	case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)), NULL);
	c.in.inventories = c.inventories;
	assert_int_equal(finding_render(c.file, &c.in, &b, &c.why), -ERANGE);
	assert_string_equal(
		c.why.text, "insecure-security-groups.csv: a sum is too large");
	assert_int_equal(b.len, 0);
	buf_finish(&b);
	case_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_found_by_its_name_and_has_kinds),
		cmocka_unit_test(a_file_begins_with_what_was_looked_at),
		cmocka_unit_test(the_oldest_listing_is_what_it_is_as_of),
		cmocka_unit_test(nothing_found_is_a_row),
		cmocka_unit_test(a_region_that_failed_is_a_row_with_the_reason),
		cmocka_unit_test(what_has_no_region_is_not_counted_by_regions),
		cmocka_unit_test(a_region_needs_every_kind_but_the_extra),
		cmocka_unit_test(nothing_asked_is_a_row_with_the_reason),
		cmocka_unit_test(a_file_of_the_bill_says_when_there_is_none),
		cmocka_unit_test(costs_are_those_of_the_account_and_dearest_first),
		cmocka_unit_test(a_row_stands_once_for_each_currency),
		cmocka_unit_test(an_account_without_lines_has_no_costs),
		cmocka_unit_test(the_bill_ends_with_its_month_and_with_today),
		cmocka_unit_test(names_cannot_break_a_row),
		cmocka_unit_test(what_cannot_be_read_is_a_row_each),
		cmocka_unit_test(on_failure_the_output_is_as_before),
		cmocka_unit_test(a_sum_that_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
