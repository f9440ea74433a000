/* Findings of months that were read from an export, legacy and with maps. The bill is
 * made at 2026-11-18T11:06:40Z and ends with November 17. */
#include "tests/fs/finding_case.h"
#include "tests/fs/month_case.h"

#define LEGACY                                                                           \
	"lineItem/UsageAccountId,lineItem/ProductCode,lineItem/UsageStartDate,"          \
	"lineItem/UsageEndDate,lineItem/LineItemType,lineItem/ResourceId,"               \
	"lineItem/UsageType,lineItem/Operation,lineItem/UsageAmount,"                    \
	"product/region,lineItem/CurrencyCode,lineItem/UnblendedCost,"                   \
	"resourceTags/user:a\n"
#define MAPS                                                                             \
	"line_item_usage_account_id,line_item_product_code,"                             \
	"line_item_usage_start_date,line_item_usage_end_date,"                           \
	"line_item_line_item_type,line_item_resource_id,line_item_usage_type,"           \
	"line_item_operation,line_item_usage_amount,product_region_code,"                \
	"line_item_currency_code,line_item_unblended_cost,resource_tags\n"
enum { DAYS = 17 };

/* What is billed each day, and its tag's column. */
static void put_days(struct buf *b, const char *service, const char *resource,
	const char *usage_type, const char *tag)
{
	for (int day = 1; day <= DAYS; day++)
		assert_int_equal(
			buf_appendf(b,
				ACCOUNT ",%s,2026-11-%02dT00:00:00Z,"
					"2026-11-%02dT00:00:00Z,Usage,%s,%s,,1,eu-west-1,"
					"USD,0.1000000001,%s\n",
				service, day, day + 1, resource, usage_type, tag),
			0);
}

static struct month *month_with(struct month_case *c, const char *header, const char *tag)
{
	struct buf b = BUF_INIT(1 << 20);
	struct month *m;

	assert_int_equal(buf_append_text(&b, header), 0);
	put_days(&b, "AmazonEC2", "vol-1", "EBS:VolumeUsage.gp3", tag);
	put_days(&b, "AmazonVPC", "arn:aws:ec2:eu-west-1:1:elastic-ip/eipalloc-1",
		"PublicIPv4:IdleAddress", tag);
	put_days(&b, "AmazonS3", "bucket-1", "TimedStorage-ByteHrs", tag);
	assert_int_equal(
		buf_appendf(&b,
			ACCOUNT ",AmazonEC2,2026-11-16T10:00:00Z,2026-11-16T11:00:00Z,"
				"Usage,i-1,\"BoxUsage:\"\"odd\"\", and long\","
				"RunInstances,0.5,eu-west-1,USD,0.02,%s\n",
			tag),
		0);
	month_case_set(c, (const char *const[]){ buf_text(&b) }, 1);
	m = month_case_month(c);
	buf_finish(&b);
	return m;
}

static void expect(struct month *m, enum finding_file file, const struct case_item *item,
	const char *want)
{
	struct finding_case c = case_of(file);

	if (item)
		case_put(&c, 0, "eu-west-1", item, 1);
	case_bill(&c, month_ref(m), NULL);
	case_expect(&c, "status,region,resource_id,evidence,month_to_date_cost", want);
	case_finish(&c);
}

static void findings_are_those_of_the_export(void **state)
{
	static const struct {
		const char *header, *tag;
	} cases[] = {
		{ LEGACY, "x" },
		{ MAPS, "\"{\"\"user_a\"\":\"\"x\"\",\"\"user_b\"\":\"\"y\"\"}\"" },
	};
	static const struct case_item volume = { .id = "vol-1", .state = "available" };
	static const struct case_item address = { .id = "eipalloc-1" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct month *m = month_with(*state, cases[i].header, cases[i].tag);

		expect(m, FINDING_UNATTACHED_VOLUMES, &volume,
			"finding|eu-west-1|vol-1|created nobody knows when; available "
			"now; billed on each of the 17 days up to 2026-11-17|"
			"1.7000000017\n");
		expect(m, FINDING_UNUSED_ADDRESSES, &address,
			"finding|eu-west-1|eipalloc-1|associated with nothing now; "
			"billed as idle on each of the 17 days up to 2026-11-17|"
			"1.7000000017\n");
		expect(m, FINDING_ABANDONED_BUCKETS, NULL,
			"finding|eu-west-1|bucket-1|transfer 0 GB; tier 1 requests 0; "
			"GetObject requests 0; from 2026-11-11 to 2026-11-17|"
			"1.7000000017\n");
		expect(m, FINDING_SHORT_LIVED_INSTANCES, NULL,
			"finding|eu-west-1|i-1|BoxUsage:\"odd\", and long; 0.50 hours "
			"on demand; from 2026-11-16T10:00:00Z to 2026-11-16T11:00:00Z|"
			"0.02\n");
		month_unref(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(findings_are_those_of_the_export,
			month_case_setup, month_case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
