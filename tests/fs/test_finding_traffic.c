/* The rules that have nothing but the lines of the bill. Now is 2026-11-23T12:00:00Z, the
 * bill's last day 2026-11-22 unless said otherwise. */
#include "tests/fs/finding_case.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE "none|\n"
#define EC2 .account = ACCOUNT, .service = "AmazonEC2", .region = "eu-west-1"
#define S3 .account = ACCOUNT, .service = "AmazonS3", .region = "eu-west-1"
#define USAGE .charge_type = "Usage"
/* What makes the bill one up to that day, from the first of the month. */
#define ENDS(day)                                                                        \
	{                                                                                \
		.account = "222222222222", .service = "AmazonS3", .date = (day)          \
	}
#define WHOLE ENDS("2026-11-01"), ENDS("2026-11-22")

static const struct fake_options october = { .month = "2026-10" };

#define BUCKET S3, USAGE, .resource = "b"
#define STORED(day)                                                                      \
	{                                                                                \
		BUCKET, .usage_type = "TimedStorage-ByteHrs", .date = (day),             \
			.amount = "5", .cost = {                                         \
				"0.50"                                                   \
			}                                                                \
	}
#define LINE(type, does, day, much)                                                      \
	{                                                                                \
		BUCKET, .usage_type = (type), .operation = (does), .date = (day),        \
			.amount = (much), .cost = {                                      \
				"0.01"                                                   \
			}                                                                \
	}
/* Seven days to the 22nd begin with the 16th. */
#define IN "2026-11-16"
#define OUT "2026-11-15"

static void a_bucket_is_abandoned_below_three_limits(void **state)
{
	static const struct {
		struct fake_row rows[4];
		const char *want;
	} cases[] = {
		{ { STORED(IN) }, "finding|b\n" },
		{ { STORED(OUT), STORED("2026-11-20") }, "finding|b\n" },
		/* Not there for so long, or not any more. */
		{ { STORED("2026-11-17") }, NONE },
		{ { STORED(OUT) }, NONE },
		/* A gigabyte a day is the limit. */
		{ { STORED(IN),
			  LINE("EUW1-DataTransfer-Out-Bytes", "GetObject", IN, "7") },
			"finding|b\n" },
		{ { STORED(IN),
			  LINE("EUW1-DataTransfer-Out-Bytes", "GetObject", IN,
				  "7.000000000000000001") },
			NONE },
		{ { STORED(IN), LINE("DataTransfer-In-Bytes", "PutObject", IN, "4"),
			  LINE("EUW1-USE1-AWS-Out-Bytes", "GetObject", "2026-11-22",
				  "4") },
			NONE },
		{ { STORED(OUT), STORED(IN),
			  LINE("DataTransfer-Out-Bytes", "GetObject", OUT, "100") },
			"finding|b\n" },
		/* A hundred requests of tier 1. */
		{ { STORED(IN), LINE("EUW1-Requests-Tier1", "PutObject", IN, "100") },
			"finding|b\n" },
		{ { STORED(IN), LINE("EUW1-Requests-Tier1", "PutObject", IN, "100"),
			  LINE("Requests-SIA-Tier1", "ListBucket", IN, "1") },
			NONE },
		/* Two thousand GetObject. */
		{ { STORED(IN), LINE("EUW1-Requests-Tier2", "GetObject", IN, "2000") },
			"finding|b\n" },
		{ { STORED(IN), LINE("EUW1-Requests-Tier2", "GetObject", IN, "2001") },
			NONE },
		{ { STORED(IN), LINE("EUW1-Requests-Tier2", "HeadObject", IN, "9999") },
			"finding|b\n" },
		/* What cannot be multiplied is more than any limit. */
		{ { STORED(IN),
			  LINE("DataTransfer-Out-Bytes", "GetObject", IN,
				  "100000000000000000000") },
			NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake_row rows[6] = { WHOLE };
		size_t count = 2;

		for (size_t k = 0; k < 4 && cases[i].rows[k].account; k++)
			rows[count++] = cases[i].rows[k];
		struct finding_case c = case_of(FINDING_ABANDONED_BUCKETS);

		case_bill(&c, fake_month_new(NULL, rows, count), NULL);
		case_expect(&c, "status,resource_id", cases[i].want);
		case_finish(&c);
	}
}

static void a_bucket_comes_with_its_traffic(void **state)
{
	static const struct fake_row rows[] = {
		WHOLE,
		STORED(IN),
		LINE("DataTransfer-Out-Bytes", "GetObject", IN, "0.25"),
		LINE("Requests-Tier1", "PutObject", IN, "3"),
		LINE("Requests-Tier2", "GetObject", IN, "17"),
		/* What is billed by another service counts as well; a line of no
		 * resource does not. */
		{ .account = ACCOUNT,
			.service = "AWSDataTransfer",
			USAGE,
			.resource = "arn:aws:s3:::b",
			.date = IN,
			.usage_type = "DataTransfer-Out-Bytes",
			.amount = "0.5",
			.cost = { "0.04" } },
		{ .account = ACCOUNT,
			.service = "AmazonS3",
			USAGE,
			.date = IN,
			.usage_type = "DataTransfer-Out-Bytes",
			.amount = "99" },
		{ .account = ACCOUNT,
			.service = "AmazonECR",
			USAGE,
			.resource = "repository",
			.date = IN,
			.usage_type = "TimedStorage-ByteHrs",
			.amount = "1" },
	};
	struct finding_case c = case_of(FINDING_ABANDONED_BUCKETS);

	(void)state;
	case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)), NULL);
	case_expect(&c,
		"checked,as_of,region,resource_id,why,evidence,month_to_date_cost",
		"1 buckets; bill of 2026-11-01 to 2026-11-22|2026-11-23T14:00:00Z|"
		"eu-west-1|b|hardly anybody asks for it|"
		"transfer 0.75 GB; tier 1 requests 3; GetObject requests 17; "
		"from 2026-11-16 to 2026-11-22|0.57\n");
	case_finish(&c);
}

static void buckets_of_last_month_count_where_its_days_do(void **state)
{
	static const struct fake_row newest[] = {
		ENDS("2026-11-03"),
		STORED("2026-11-01"),
	};
	static const struct fake_row before[] = {
		ENDS("2026-10-01"),
		STORED("2026-10-28"),
		{ S3, USAGE, .usage_type = "TimedStorage-ByteHrs", .resource = "gone",
			.date = "2026-10-27" },
		{ S3, USAGE, .usage_type = "TimedStorage-ByteHrs", .resource = "late",
			.date = "2026-10-28" },
	};
	struct finding_case c = case_of(FINDING_ABANDONED_BUCKETS);

	(void)state;
	case_bill(&c, fake_month_new(NULL, newest, ARRAY_LEN(newest)),
		fake_month_new(&october, before, ARRAY_LEN(before)));
	/* From October 28 on. */
	case_expect(&c, "checked,status,resource_id,month_to_date_cost,last_month_cost",
		"3 buckets; bill of 2026-10-01 to 2026-11-03|finding|b|0.50|0.50\n"
		"3 buckets; bill of 2026-10-01 to 2026-11-03|finding|late|0.00|\n");
	case_finish(&c);
}

/* The bill ends at 2026-11-23T00:00:00Z; three days before it is the 20th. */
#define BOX(from, to, much)                                                              \
	{                                                                                \
		EC2, USAGE, .resource = "i-1", .usage_type = "EUW1-BoxUsage:m5.large",   \
			    .date = (from), .end = (to), .amount = (much), .cost = {     \
				    "0.10"                                               \
			    }                                                            \
	}
#define SHORT BOX("2026-11-20T00:00:00Z", "2026-11-20T03:00:00Z", "2.5")

static void an_instance_is_short_lived_on_demand(void **state)
{
	static const struct {
		struct fake_row rows[3];
		const char *want;
	} cases[] = {
		{ { SHORT }, "finding|i-1\n" },
		/* First seen before. */
		{ { BOX("2026-11-19T23:59:59Z", "2026-11-20T03:00:00Z", "3") }, NONE },
		{ { SHORT, BOX("2026-11-02", "2026-11-02T01:00:00Z", "1") }, NONE },
		/* Six hours are not short. */
		{ { BOX("2026-11-20", "2026-11-20T06:00:00Z", "5.9999") },
			"finding|i-1\n" },
		{ { BOX("2026-11-20", "2026-11-20T06:00:00Z", "6") }, NONE },
		{ { SHORT, BOX("2026-11-21", "2026-11-21T04:00:00Z", "3.5") }, NONE },
		{ { SHORT, BOX("2026-11-21", "2026-11-21T04:00:00Z", "3.4") },
			"finding|i-1\n" },
		/* It may go on. */
		{ { BOX("2026-11-21T22:00:00Z", "2026-11-22T00:00:00Z", "2") },
			"finding|i-1\n" },
		{ { BOX("2026-11-21T22:00:00Z", "2026-11-22T00:00:01Z", "2") }, NONE },
		/* Without an amount by its times. */
		{ { BOX("2026-11-20", "2026-11-20T05:59:59Z", NULL) }, "finding|i-1\n" },
		{ { BOX("2026-11-20", "2026-11-20T06:00:00Z", NULL) }, NONE },
		/* Not the full price. */
		{ { { EC2, USAGE, .resource = "i-1", .usage_type = "SpotUsage:m5.large",
			  .date = "2026-11-20T00:00:00Z", .amount = "1",
			  .cost = { "0.10" } } },
			NONE },
		{ { SHORT,
			  { EC2, .charge_type = "DiscountedUsage", .resource = "i-1",
				  .usage_type = "BoxUsage:m5.large",
				  .date = "2026-11-20T03:00:00Z", .amount = "1",
				  .cost = { "0.00" } } },
			NONE },
		{ { { EC2, USAGE, .resource = "i-1", .usage_type = "BoxUsage:t3.micro",
			  .date = "2026-11-20T00:00:00Z", .amount = "1",
			  .cost = { "0.00" } } },
			NONE },
		/* No instance, or no time of one. */
		{ { { EC2, USAGE, .resource = "vol-1", .usage_type = "BoxUsage:m5.large",
			  .date = "2026-11-20T00:00:00Z", .amount = "1",
			  .cost = { "0.10" } } },
			NONE },
		{ { { EC2, USAGE, .resource = "i-1", .usage_type = "BoxUsage",
			  .amount = "1", .cost = { "0.10" } } },
			NONE },
		{ { { EC2, USAGE, .resource = "i-1", .usage_type = "CPUCredits:t3",
			  .date = "2026-11-20T00:00:00Z", .cost = { "0.10" } } },
			NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake_row rows[5] = { WHOLE };
		size_t count = 2;

		for (size_t k = 0; k < 3 && cases[i].rows[k].account; k++)
			rows[count++] = cases[i].rows[k];
		struct finding_case c = case_of(FINDING_SHORT_LIVED_INSTANCES);

		case_bill(&c, fake_month_new(NULL, rows, count), NULL);
		case_expect(&c, "status,resource_id", cases[i].want);
		case_finish(&c);
	}
}

static void a_short_life_comes_with_its_evidence(void **state)
{
	static const struct fake_row rows[] = { WHOLE,
		BOX("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z", "0.75"),
		BOX("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z", "0.25") };
	static const struct fake_row before[] = {
		{ EC2, USAGE, .resource = "i-1", .date = "2026-10-28",
			.usage_type = "BoxUsage", .cost = { "0.10" } },
	};
	struct finding_case c = case_of(FINDING_SHORT_LIVED_INSTANCES);

	(void)state;
	case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)), NULL);
	case_expect(&c,
		"checked,region,resource_id,why,evidence,threshold,month_to_date_cost",
		"1 instances; bill of 2026-11-01 to 2026-11-22|eu-west-1|i-1|"
		"short-lived and not a spot instance|EUW1-BoxUsage:m5.large; 1 hours on "
		"demand; from 2026-11-20T10:00:00Z to 2026-11-20T12:00:00Z|3d; life "
		"6h|0.20\n");
	case_finish(&c);
	/* It was there last month, which is not read for that. */
	c = case_of(FINDING_SHORT_LIVED_INSTANCES);
	case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)),
		fake_month_new(&october, before, 1));
	case_expect(&c, "status,resource_id", NONE);
	assert_int_equal(fake_month_piece_reads(c.in.before), 0);
	case_finish(&c);
}

static void a_bill_that_was_made_early_ends_then(void **state)
{
	static const struct fake_row rows[] = { WHOLE,
		BOX("2026-11-21T08:00:00Z", "2026-11-21T09:00:00Z", "1") };
	struct finding_case c = case_of(FINDING_SHORT_LIVED_INSTANCES);

	(void)state;
	case_bill(&c,
		fake_month_new(&(struct fake_options){ .as_of = "2026-11-22T09:00:00Z" },
			rows, ARRAY_LEN(rows)),
		NULL);
	case_expect(&c, "status,resource_id", "finding|i-1\n");
	case_finish(&c);
	c = case_of(FINDING_SHORT_LIVED_INSTANCES);
	case_bill(&c,
		fake_month_new(&(struct fake_options){ .as_of = "2026-11-22T08:59:59Z" },
			rows, ARRAY_LEN(rows)),
		NULL);
	case_expect(&c, "status,resource_id", NONE);
	case_finish(&c);
}

static int render_fails(struct finding_case *c)
{
	struct buf b = BUF_INIT(4096);
	int r;

	c->in.inventories = c->inventories;
	r = finding_render(c->file, &c->in, &b, &c->why);
	assert_int_equal(b.len, 0);
	buf_finish(&b);
	return r;
}

static void rows_that_cannot_be_read_are_an_error(void **state)
{
	static const enum finding_file files[] = { FINDING_UNATTACHED_VOLUMES,
		FINDING_SHORT_LIVED_INSTANCES, FINDING_ABANDONED_BUCKETS };
	static const struct fake_row rows[] = { WHOLE, SHORT, STORED(IN),
		{ EC2, .resource = "vol-1" } };
	static const struct case_item item = { "vol-1", .state = "available" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct finding_case c = case_of(files[i]);
		struct month *m = fake_month_new(NULL, rows, ARRAY_LEN(rows));

		if (finding_info(files[i])->kind_count)
			case_put(&c, 0, "eu-west-1", &item, 1);
		case_bill(&c, m, NULL);
		fake_month_fail(m, -EIO);
		assert_int_equal(render_fails(&c), -EIO);
		assert_string_equal(c.why.text, "as told");
		fake_month_fail(m, 0);
		atomic_bool stop = true;
		c.in.stop = &stop;
		assert_int_equal(render_fails(&c), -ECANCELED);
		c.in.stop = NULL;
		free(case_render(&c));
		case_finish(&c);
	}
}

static void amounts_that_do_not_fit_together_are_an_error(void **state)
{
#define MOST "170141183460469231731"
	static const struct fake_row rows[] = { WHOLE, STORED(IN),
		LINE("DataTransfer-Out-Bytes", "GetObject", IN, MOST),
		LINE("DataTransfer-Out-Bytes", "GetObject", IN, MOST) };
	struct finding_case c = case_of(FINDING_ABANDONED_BUCKETS);

	(void)state;
	case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)), NULL);
	assert_int_equal(render_fails(&c), -ERANGE);
	case_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_is_abandoned_below_three_limits),
		cmocka_unit_test(a_bucket_comes_with_its_traffic),
		cmocka_unit_test(buckets_of_last_month_count_where_its_days_do),
		cmocka_unit_test(an_instance_is_short_lived_on_demand),
		cmocka_unit_test(a_short_life_comes_with_its_evidence),
		cmocka_unit_test(a_bill_that_was_made_early_ends_then),
		cmocka_unit_test(rows_that_cannot_be_read_are_an_error),
		cmocka_unit_test(amounts_that_do_not_fit_together_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
