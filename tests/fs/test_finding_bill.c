/* The rules that look at the lines of the bill. Now is 2026-11-23T12:00:00Z, the bill's
 * last day 2026-11-22 unless said otherwise. */
#include "tests/fs/finding_case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE "none|\n"
#define EC2 .account = ACCOUNT, .service = "AmazonEC2", .region = "eu-west-1"
#define USAGE .charge_type = "Usage"
/* What makes the bill one up to that day, from the first of the month. */
#define ENDS(day)                                                                        \
	{                                                                                \
		.account = "222222222222", .service = "AmazonS3", .date = (day)          \
	}
#define WHOLE ENDS("2026-11-01"), ENDS("2026-11-22")

static const uint64_t DAY = 86400; /* seconds */
static const struct fake_options october = { .month = "2026-10" };

/* The rows of one day each, from day first to last of November. */
static struct month *days_of(struct fake_row row, int first, int last)
{
	static char dates[32][DAY_TEXT + 1];
	struct fake_row rows[34] = { WHOLE };
	size_t count = 2;

	for (int day = first; day <= last; day++) {
		struct day d = { instant_day(at("2026-11-01")).number + day - 1 };

		day_format(d, dates[day]);
		row.date = dates[day];
		rows[count++] = row;
	}
	return fake_month_new(NULL, rows, count);
}

static const struct fake_row volume_row = { EC2, USAGE, .resource = "vol-1",
	.usage_type = "EUW1-EBS:VolumeUsage.gp3", .cost = { "0.10" } };

/* A day before now, and a second. */
#define DAY_OLD "2026-11-22T11:59:59Z"
#define DAY_EDGE "2026-11-22T12:00:00Z"

static void a_volume_is_unattached_now_and_billed_of_late(void **state)
{
	static const struct {
		const char *state, *created;
		int first, last; /* days of November that are billed */
		const char *threshold, *want;
	} cases[] = {
		{ "available", DAY_OLD, 22, 22, "1d", "finding|vol-1\n" },
		{ "available", DAY_EDGE, 22, 22, "1d", NONE },
		{ "in-use", DAY_OLD, 22, 22, "1d", NONE },
		{ "creating", DAY_OLD, 22, 22, "1d", NONE },
		{ "", DAY_OLD, 22, 22, "1d", NONE },
		{ "available", "", 22, 22, "1d", "finding|vol-1\n" },
		/* Of the last two days lines may be missing. */
		{ "available", DAY_OLD, 20, 20, "1d", "finding|vol-1\n" },
		{ "available", DAY_OLD, 19, 19, "1d", NONE },
		{ "available", DAY_OLD, 1, 0, "1d", NONE },
		/* In a row, and as many. */
		{ "available", "", 20, 22, "3d", "finding|vol-1\n" },
		{ "available", "", 20, 22, "49h", "finding|vol-1\n" },
		{ "available", "", 21, 22, "3d", NONE },
		{ "available", "", 1, 22, "22d", "finding|vol-1\n" },
		{ "available", "", 1, 22, "0d", "finding|vol-1\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct case_item item = { "vol-1", .state = cases[i].state,
			.created = cases[i].created };
		struct finding_case c = case_of(FINDING_UNATTACHED_VOLUMES);
		struct thresholds t = thresholds_default();

		assert_int_equal(thresholds_set(&t, "unattached-volumes",
					 cases[i].threshold, NULL),
			0);
		c.in.thresholds = &t;
		case_put(&c, 0, "eu-west-1", &item, 1);
		case_bill(&c, days_of(volume_row, cases[i].first, cases[i].last), NULL);
		case_expect(&c, "status,resource_id", cases[i].want);
		case_finish(&c);
	}
}

static void a_volume_comes_with_its_evidence_and_cost(void **state)
{
	static const struct case_item items[] = {
		{ "vol-1", .name = "data", .type = "gp3", .state = "available",
			.size = "100", .created = "2026-09-02T00:00:00Z" },
		{ "vol-2", .type = "gp2", .state = "in-use" },
	};
	struct finding_case c = case_of(FINDING_UNATTACHED_VOLUMES);

	(void)state;
	case_put(&c, 0, "eu-west-1", items, 2);
	case_put(&c, 0, "us-east-1", NULL, 0);
	case_bill(&c, days_of(volume_row, 3, 22), NULL);
	case_expect(&c,
		"checked,as_of,status,region,resource_id,name,why,evidence,threshold,"
		"month_to_date_cost,last_month_cost,currency",
		"2 volumes in 2 of 2 regions; bill of 2026-11-01 to 2026-11-22|" ASKED
		"|finding|eu-west-1|vol-1|data|attached to no instance|"
		"100 GiB of gp3; created 2026-09-02; available now; "
		"billed on each of the 20 days up to 2026-11-22|1d|2.00||USD\n");
	case_finish(&c);
}

static void a_run_of_days_goes_over_the_month(void **state)
{
	static const struct fake_row newest[] = {
		ENDS("2026-11-02"),
		{ EC2, USAGE, .resource = "vol-1", .date = "2026-11-01" },
		{ EC2, USAGE, .resource = "vol-1", .date = "2026-11-02" },
	};
	static const struct fake_row before[] = {
		ENDS("2026-10-01"),
		{ EC2, USAGE, .resource = "arn:aws:ec2:eu-west-1:1:volume/vol-1",
			.date = "2026-10-30", .end = "2026-11-01T00:00:00Z" },
		{ EC2, USAGE, .resource = "vol-1", .date = "2026-10-28" },
	};
	static const struct case_item item = { "vol-1", .state = "available" };
	struct finding_case c = case_of(FINDING_UNATTACHED_VOLUMES);
	struct thresholds t = thresholds_default();

	(void)state;
	c.in.thresholds = &t;
	case_put(&c, 0, "eu-west-1", &item, 1);
	case_bill(&c, fake_month_new(NULL, newest, ARRAY_LEN(newest)),
		fake_month_new(&october, before, ARRAY_LEN(before)));
	t.value[THRESHOLD_UNATTACHED_VOLUMES] = 4 * DAY;
	case_expect(&c, "status,evidence",
		"finding|created nobody knows when; available now; "
		"billed on each of the 4 days up to 2026-11-02\n");
	t.value[THRESHOLD_UNATTACHED_VOLUMES] = 5 * DAY;
	case_expect(&c, "status,resource_id", NONE);
	/* 33 days are there: October, and two of November. */
	t.value[THRESHOLD_UNATTACHED_VOLUMES] = 34 * DAY;
	case_expect(&c, "status,why",
		"no data|too few days in the bill: 33, from 2026-10-01 to 2026-11-02; 34 "
		"are needed\n");
	case_finish(&c);
}

static void a_line_is_of_every_day_from_its_start_to_its_end(void **state)
{
	static const struct {
		const char *date, *end, *want;
	} cases[] = {
		{ "2026-11-21", NULL, "1 days up to 2026-11-21" },
		{ "2026-11-21", "2026-11-22T00:00:00Z", "1 days up to 2026-11-21" },
		{ "2026-11-21", "2026-11-22T00:00:01Z", "2 days up to 2026-11-22" },
		{ "2026-11-21T23:00:00Z", "2026-11-21T23:00:00Z",
			"1 days up to 2026-11-21" },
		/* Not beyond the bill, on either side. */
		{ "2026-11-01", "2026-12-01T00:00:00Z", "22 days up to 2026-11-22" },
		{ "1999-01-01", "9999-01-01T00:00:00Z", "22 days up to 2026-11-22" },
		{ "2026-11-22", "2026-11-01T00:00:00Z", "1 days up to 2026-11-22" },
	};
	static const struct case_item item = { "vol-1", .state = "available" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake_row rows[] = { WHOLE, volume_row };
		struct finding_case c = case_of(FINDING_UNATTACHED_VOLUMES);
		char want[128];

		rows[2].date = cases[i].date;
		rows[2].end = cases[i].end;
		(void)snprintf(want, sizeof(want),
			"created nobody knows when; available now; billed on each of "
			"the %s\n",
			cases[i].want);
		case_put(&c, 0, "eu-west-1", &item, 1);
		case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)), NULL);
		case_expect(&c, "evidence", want);
		case_finish(&c);
	}
}

/* What lies before the days that count need not be read. */
static void only_months_that_count_are_read(void **state)
{
	static const struct case_item item = { "vol-1", .state = "available" };
	static const struct case_item other = { "vol-9", .state = "available" };
	static const struct fake_row row = { EC2, USAGE, .resource = "vol-1",
		.date = "2026-10-28" };
	struct finding_case c = case_of(FINDING_UNATTACHED_VOLUMES);
	struct month *newest = days_of(volume_row, 22, 22);
	struct month *before = fake_month_new(&october, &row, 1);

	(void)state;
	case_put(&c, 0, "eu-west-1", &item, 1);
	case_bill(&c, newest, before);
	case_expect(&c, "status,resource_id", "finding|vol-1\n");
	assert_int_equal(fake_month_piece_reads(newest), 1);
	assert_int_equal(fake_month_piece_reads(before), 0);
	month_ref(newest);
	case_finish(&c);
	/* And nothing of a service that has none of the resources. */
	c = case_of(FINDING_UNATTACHED_VOLUMES);
	case_put(&c, 0, "eu-west-1", &other, 1);
	case_bill(&c, newest, NULL);
	case_expect(&c, "status,resource_id", NONE);
	assert_int_equal(fake_month_piece_reads(newest), 1);
	case_finish(&c);
}

/* Two days may lack, and as many as the threshold count: 22 - 2 - 20 + 1 is the first. */
static void the_month_before_is_read_where_its_days_count(void **state)
{
	static const struct case_item item = { "vol-1", .state = "available" };
	static const struct fake_row row = { EC2, USAGE, .resource = "vol-1",
		.date = "2026-10-01", .end = "2026-10-20T00:00:00Z" };
	struct thresholds t = thresholds_default();
	struct finding_case c = case_of(FINDING_UNATTACHED_VOLUMES);
	struct month *before = fake_month_new(&october, &row, 1);

	(void)state;
	c.in.thresholds = &t;
	case_put(&c, 0, "eu-west-1", &item, 1);
	case_bill(&c, days_of(volume_row, 1, 22), before);
	t.value[THRESHOLD_UNATTACHED_VOLUMES] = 20 * DAY;
	case_expect(&c, "status,resource_id", "finding|vol-1\n");
	assert_int_equal(fake_month_piece_reads(before), 0);
	t.value[THRESHOLD_UNATTACHED_VOLUMES] = 21 * DAY;
	case_expect(&c, "status,resource_id", "finding|vol-1\n");
	assert_int_equal(fake_month_piece_reads(before), 1);
	case_finish(&c);
}

static void only_usage_is_billed_time(void **state)
{
	static const struct {
		const char *charge_type, *want;
	} cases[] = {
		{ "Usage", "finding|vol-1\n" },
		{ "DiscountedUsage", "finding|vol-1\n" },
		{ "SavingsPlanCoveredUsage", "finding|vol-1\n" },
		{ "SavingsPlanNegation", NONE },
		{ "Credit", NONE },
		{ "Tax", NONE },
		{ "", NONE },
	};
	static const struct case_item item = { "vol-1", .state = "available" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct finding_case c = case_of(FINDING_UNATTACHED_VOLUMES);
		struct fake_row row = volume_row;

		row.charge_type = cases[i].charge_type;
		case_put(&c, 0, "eu-west-1", &item, 1);
		case_bill(&c, days_of(row, 22, 22), NULL);
		case_expect(&c, "status,resource_id", cases[i].want);
		case_finish(&c);
	}
}

#define FREE "{\"PublicIp\": \"203.0.113.7\"}"
#define BUSY(member) "{\"" member "\": \"x\"}"
#define ELASTIC_IP "arn:aws:ec2:eu-west-1:111111111111:elastic-ip/eipalloc-1"

static void an_address_is_unused_while_it_is_billed_as_idle(void **state)
{
	static const struct {
		const char *json;
		int first, last;
		const char *usage_type, *want;
	} cases[] = {
		{ FREE, 16, 22, "EUW1-PublicIPv4:IdleAddress", "finding|eipalloc-1\n" },
		{ FREE, 16, 22, "ElasticIP:IdleAddress", "finding|eipalloc-1\n" },
		{ FREE, 17, 22, "EUW1-PublicIPv4:IdleAddress", NONE },
		{ FREE, 14, 20, "EUW1-PublicIPv4:IdleAddress", "finding|eipalloc-1\n" },
		{ FREE, 13, 19, "EUW1-PublicIPv4:IdleAddress", NONE },
		{ FREE, 16, 22, "EUW1-PublicIPv4:InUseAddress", NONE },
		{ "{\"AssociationId\": \"\", \"InstanceId\": \"\"}", 16, 22,
			"ElasticIP:IdleAddress", "finding|eipalloc-1\n" },
		{ BUSY("AssociationId"), 1, 22, "ElasticIP:IdleAddress", NONE },
		{ BUSY("InstanceId"), 1, 22, "ElasticIP:IdleAddress", NONE },
		{ BUSY("NetworkInterfaceId"), 1, 22, "ElasticIP:IdleAddress", NONE },
		{ "[", 1, 22, "ElasticIP:IdleAddress", "no data|eipalloc-1\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct case_item item = { "eipalloc-1", .name = "203.0.113.7",
			.json = cases[i].json };
		const struct fake_row row = { EC2, USAGE, .resource = ELASTIC_IP,
			.usage_type = cases[i].usage_type, .cost = { "0.12" } };
		struct finding_case c = case_of(FINDING_UNUSED_ADDRESSES);

		case_put(&c, 0, "eu-west-1", &item, 1);
		case_bill(&c, days_of(row, cases[i].first, cases[i].last), NULL);
		case_expect(&c, "status,resource_id", cases[i].want);
		case_finish(&c);
	}
}

static void a_day_of_use_ends_the_idle_days(void **state)
{
#define ADDRESS(type, from, to)                                                          \
	{                                                                                \
		EC2, USAGE, .resource = ELASTIC_IP, .usage_type = (type),                \
			    .date = (from), .end = (to), .cost = {                       \
				    "0.05"                                               \
			    }                                                            \
	}
	static const struct fake_row rows[] = {
		WHOLE,
		ADDRESS("PublicIPv4:IdleAddress", "2026-11-10", "2026-11-23T00:00:00Z"),
		ADDRESS("PublicIPv4:InUseAddress", "2026-11-15T03:00:00Z",
			"2026-11-15T04:00:00Z"),
		ADDRESS("ElasticIP:Remap", "2026-11-20", NULL),
	};
	static const struct case_item item = { "eipalloc-1", .json = FREE };
	struct finding_case c = case_of(FINDING_UNUSED_ADDRESSES);
	struct thresholds t = thresholds_default();

	(void)state;
	c.in.thresholds = &t;
	case_put(&c, 0, "eu-west-1", &item, 1);
	case_bill(&c, fake_month_new(NULL, rows, ARRAY_LEN(rows)), NULL);
	case_expect(&c, "status,why,evidence,month_to_date_cost",
		"finding|associated with nothing|associated with nothing now; "
		"billed as idle on each of the 7 days up to 2026-11-22|0.15\n");
	t.value[THRESHOLD_UNUSED_ADDRESSES]++;
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

static void damaged_rows_are_an_error(void **state)
{
	static const char *const damage[] = { "?", "\"", "2026-11-99", NULL };
	static const struct case_item item = { "vol-1", .state = "available" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(damage); i++) {
		struct finding_case c = case_of(FINDING_UNATTACHED_VOLUMES);
		struct month *m = days_of(volume_row, 22, 22);
		struct span text = fake_month_rows(m, 0);
		char *bytes = strndup(text.p, text.len);

		assert_non_null(bytes);
		if (damage[i])
			memcpy(bytes, damage[i], strlen(damage[i]));
		else
			memset(bytes, 'x', text.len - 1); /* no cells */
		fake_month_replace_rows(m, 0, bytes);
		case_put(&c, 0, "eu-west-1", &item, 1);
		case_bill(&c, m, NULL);
		assert_int_equal(render_fails(&c), -EBADMSG);
		assert_string_equal(
			c.why.text, "reading cached rows: a piece is damaged");
		free(bytes);
		case_finish(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_volume_is_unattached_now_and_billed_of_late),
		cmocka_unit_test(a_volume_comes_with_its_evidence_and_cost),
		cmocka_unit_test(a_run_of_days_goes_over_the_month),
		cmocka_unit_test(a_line_is_of_every_day_from_its_start_to_its_end),
		cmocka_unit_test(only_months_that_count_are_read),
		cmocka_unit_test(the_month_before_is_read_where_its_days_count),
		cmocka_unit_test(only_usage_is_billed_time),
		cmocka_unit_test(an_address_is_unused_while_it_is_billed_as_idle),
		cmocka_unit_test(a_day_of_use_ends_the_idle_days),
		cmocka_unit_test(damaged_rows_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
