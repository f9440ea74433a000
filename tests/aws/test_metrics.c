/* What CloudWatch has measured of an instance, as a table, and what it costs. */
#include "aws/resource/metrics.h"

#include "tests/aws/account_fixture.h"

#define REGION "eu-west-1"
#define STATISTICS(members)                                                              \
	"<GetMetricStatisticsResponse xmlns=\"http://monitoring.amazonaws.com/doc/"      \
	"2010-08-01/\"><GetMetricStatisticsResult><Datapoints>" members                  \
	"</Datapoints><Label>l</Label></GetMetricStatisticsResult><ResponseMetadata>"    \
	"<RequestId>r</RequestId></ResponseMetadata></GetMetricStatisticsResponse>"
#define POINT(time, numbers)                                                             \
	"<member>" numbers "<Unit>None</Unit><Timestamp>" time "</Timestamp></member>"
#define CPU(average, maximum)                                                            \
	"<Average>" average "</Average><Maximum>" maximum "</Maximum>"
#define SUM(number) "<Sum>" number "</Sum>"
#define AVERAGE(number) "<Average>" number "</Average>"
#define METRICS(members, token)                                                          \
	"<ListMetricsResponse "                                                          \
	"xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">"                     \
	"<ListMetricsResult><Metrics>" members "</Metrics>" token                        \
	"</ListMetricsResult></ListMetricsResponse>"
#define METRIC(dimensions)                                                               \
	"<member><Namespace>CWAgent</Namespace><MetricName>mem_used_percent"             \
	"</MetricName><Dimensions>" dimensions "</Dimensions></member>"
#define DIMENSION(name, value)                                                           \
	"<member><Name>" name "</Name><Value>" value "</Value></member>"
#define DENIED ERROR("AccessDenied", "is not authorized to perform")
#define NO_AGENTS                                                                        \
	{                                                                                \
		{ "Action=ListMetrics" }, .body = METRICS("", "")                        \
	}
#define NO_DATA                                                                          \
	{                                                                                \
		{ "Action=GetMetricStatistics" }, .body = STATISTICS("")                 \
	}
#define HEAD                                                                             \
	"time,cpu_average,cpu_maximum,network_in_bytes,network_out_bytes,"               \
	"disk_read_bytes,disk_write_bytes,ebs_read_bytes,ebs_write_bytes,"               \
	"memory_percent_average\n"
#define ROW_MAX 256

static int64_t now_seconds;
static uint64_t now_ms;

static struct instant told_now(const struct clock *c)
{
	(void)c;
	return (struct instant){ now_seconds };
}

static uint64_t told_ms(const struct clock *c)
{
	(void)c;
	return now_ms;
}

static void begin(struct account_fixture *f, const struct rule *rules, size_t count)
{
	static const struct clock_ops told = { told_now, told_ms };

	now_seconds = ACCOUNT_NOW;
	now_ms = 1000;
	fixture_begin(f, rules, count);
	f->clock.ops = &told;
	fixture_open(f, NULL);
}

/* Replaces csv and f->why. */
static int ask(struct account_fixture *f, const char *instance, struct buf *csv)
{
	buf_finish(csv);
	*csv = BUF_INIT(METRICS_BYTES_MAX);
	f->why = (struct fault){ 0 };
	return resource_account_metrics(f->account, REGION, instance, NULL, csv, &f->why);
}

/* The row that begins so, to its end. */
static void assert_row(struct buf *csv, const char *time, const char *want)
{
	char begin[ROW_MAX], row[ROW_MAX];
	const char *text = buf_text(csv), *at;

	(void)snprintf(begin, sizeof(begin), "\n%s,", time);
	at = text ? strstr(text, begin) : NULL;
	if (!at) {
		fail_msg("no row of %s", time);
		return;
	}
	(void)snprintf(row, sizeof(row), "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
	assert_string_equal(row + strlen(time) + 1, want);
}

static size_t count_lines(const struct buf *csv)
{
	size_t count = 0;

	for (size_t i = 0; i < csv->len; i++)
		count += csv->p[i] == '\n';
	return count;
}

static unsigned requests_with(struct account_fixture *f, const char *text)
{
	unsigned count = 0;

	for (unsigned i = 0; i < web_server_requests(f->server); i++)
		count += strstr(web_server_request(f->server, i), text) != NULL;
	return count;
}

static void an_hour_is_a_row_and_the_oldest_is_first(void **state)
{
	static const struct rule rules[] = { SIGNED_IN, NO_AGENTS,
		{ { "MetricName=CPUUtilization&" },
			.body = STATISTICS(POINT("2026-11-30T11:00:00Z",
				CPU("2.0E-3", "1.5")) POINT("2026-11-16T12:00:00Z",
				CPU("7.25", "99.0")) POINT("2026-11-20T00:00:00Z",
				CPU("0.0", "100"))) },
		{ { "MetricName=NetworkIn&" },
			.body = STATISTICS(
				POINT("2026-11-30T10:00:00Z", SUM("1.2345678E7"))) },
		{ { "MetricName=NetworkOut&" },
			.body = STATISTICS(POINT("2026-11-30T10:00:00Z", SUM("2"))) },
		{ { "MetricName=DiskReadBytes&" },
			.body = STATISTICS(POINT("2026-11-30T10:00:00Z", SUM("3"))) },
		{ { "MetricName=DiskWriteBytes&" },
			.body = STATISTICS(POINT("2026-11-30T10:00:00Z", SUM("4"))) },
		{ { "MetricName=EBSReadBytes&" },
			.body = STATISTICS(POINT("2026-11-30T10:00:00Z", SUM("5"))) },
		{ { "MetricName=EBSWriteBytes&" },
			.body = STATISTICS(POINT("2026-11-30T10:00:00Z", SUM("6"))) } };
	struct account_fixture f;
	struct buf csv = { 0 };

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(ask(&f, "i-1", &csv), 0);
	assert_int_equal(count_lines(&csv), 1 + 14 * 24);
	assert_true(span_starts(buf_span(&csv),
		SPAN(HEAD "2026-11-16T12:00:00Z,7.25,99.00,,,,,,,\n"
			  "2026-11-16T13:00:00Z,,,,,,,,,\n")));
	assert_row(&csv, "2026-11-20T00:00:00Z", "0.00,100.00,,,,,,,");
	assert_true(span_ends(buf_span(&csv),
		SPAN("2026-11-30T10:00:00Z,,,12345678.00,2.00,3.00,4.00,5.00,6.00,\n"
		     "2026-11-30T11:00:00Z,0.002,1.50,,,,,,,\n")));
	assert_int_equal(f.unknown, 0);
	buf_finish(&csv);
	fixture_end(&f);
}

static void cloudwatch_is_asked_for_whole_hours_of_two_weeks(void **state)
{
	static const struct rule rules[] = { SIGNED_IN, NO_AGENTS, NO_DATA };
	static const char *const wanted[] = {
		"&MetricName=CPUUtilization&Dimensions.member.1.Name=InstanceId"
		"&Dimensions.member.1.Value=i%2F1%26&StartTime=2026-11-16T12%3A00%3A00Z"
		"&EndTime=2026-11-30T12%3A00%3A00Z&Period=3600"
		"&Statistics.member.1=Average&Statistics.member.2=Maximum",
		"\r\nAction=GetMetricStatistics&Version=2010-08-01&Namespace=AWS%2FEC2"
		"&MetricName=NetworkIn&",
		"&Period=3600&Statistics.member.1=Sum",
		"\r\nAction=ListMetrics&Version=2010-08-01&Namespace=CWAgent"
		"&MetricName=mem_used_percent",
		"/" REGION "/monitoring/aws4_request",
	};
	struct account_fixture f;
	struct buf csv = { 0 };

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	/* The hour that has begun is not over. */
	now_seconds = ACCOUNT_NOW + 3599;
	assert_int_equal(ask(&f, "i/1&", &csv), 0);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (requests_with(&f, wanted[i]) == 0)
			fail_msg("no request with %s", wanted[i]);
	assert_int_equal(requests_with(&f, "Action=GetMetricStatistics"), 7);
	assert_int_equal(resource_account_metrics_calls(f.account), 8);
	assert_int_equal(resource_account_calls(f.account), 9);
	buf_finish(&csv);
	fixture_end(&f);
}

static void hours_without_datapoints_are_rows_all_the_same(void **state)
{
	static const struct rule rules[] = { SIGNED_IN, NO_AGENTS,
		{ { "MetricName=NetworkIn&" },
			.body = STATISTICS(
				/* Before, after, and twice with units of their own. */
				POINT("2026-11-16T11:59:59Z", SUM("1")) POINT(
					"2026-11-30T12:00:00Z", SUM("1"))
					POINT("2026-11-30T09:00:00Z", SUM("8")) POINT(
						"2026-11-30T09:00:00Z", SUM("9"))) },
		NO_DATA };
	struct account_fixture f;
	struct buf csv = { 0 };
	size_t with_numbers = 0;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(ask(&f, "i-1", &csv), 0);
	assert_int_equal(count_lines(&csv), 1 + 14 * 24);
	assert_row(&csv, "2026-11-30T09:00:00Z", ",,8.00,,,,,,");
	for (const char *at = strstr(buf_text(&csv), "Z,"); at; at = strstr(at + 1, "Z,"))
		with_numbers += strspn(at + 1, ",") != 9;
	assert_int_equal(with_numbers, 1);
	buf_finish(&csv);
	fixture_end(&f);
}

#define BY_TYPE(type) DIMENSION("InstanceId", "i-1") DIMENSION("InstanceType", type)

static const struct rule agent_rules[] = { SIGNED_IN,
	{ { "Action=ListMetrics", "NextToken=p2" },
		.body = METRICS(METRIC(BY_TYPE("m5.large"))
					METRIC(DIMENSION("host", "elsewhere")),
			"") },
	{ { "Action=ListMetrics" },
		.body = METRICS(METRIC(BY_TYPE("a &amp; b")) METRIC(DIMENSION("ImageId",
					"ami-2") DIMENSION("InstanceId", "i-2")),
			"<NextToken>p2</NextToken>") },
	{ { "Namespace=CWAgent&MetricName=mem_used_percent&Dimensions.member.1.Name="
	    "InstanceId&Dimensions.member.1.Value=i-1&Dimensions.member.2.Name="
	    "InstanceType&Dimensions.member.2.Value=a%20%26%20b&StartTime=" },
		.body = STATISTICS(POINT("2026-11-30T08:00:00Z", AVERAGE("41.5"))
				POINT("2026-11-30T09:00:00Z", AVERAGE("42.5"))) },
	{ { "Namespace=CWAgent", "Value=m5.large" },
		.body = STATISTICS(POINT("2026-11-30T09:00:00Z", AVERAGE("1"))
				POINT("2026-11-30T10:00:00Z", AVERAGE("43.5"))) },
	{ { "Namespace=CWAgent", "Value=ami-2" }, .body = STATISTICS("") },
	{ { "Namespace=AWS%2FEC2" }, .body = STATISTICS("") } };

static void memory_is_asked_for_as_the_agent_reports_it(void **state)
{
	struct account_fixture f;
	struct buf csv = { 0 };

	(void)state;
	begin(&f, agent_rules, ARRAY_LEN(agent_rules));
	assert_int_equal(ask(&f, "i-1", &csv), 0);
	assert_string_equal(f.why.text, "");
	/* The type was changed at nine. */
	assert_row(&csv, "2026-11-30T08:00:00Z", ",,,,,,,,41.50");
	assert_row(&csv, "2026-11-30T09:00:00Z", ",,,,,,,,42.50");
	assert_row(&csv, "2026-11-30T10:00:00Z", ",,,,,,,,43.50");
	assert_int_equal(f.unknown, 0);
	assert_int_equal(resource_account_metrics_calls(f.account), 2 + 7 + 2);
	buf_finish(&csv);
	fixture_end(&f);
}

static void agents_are_listed_once_an_hour_for_a_region(void **state)
{
	struct account_fixture f;
	struct buf csv = { 0 };

	(void)state;
	begin(&f, agent_rules, ARRAY_LEN(agent_rules));
	assert_int_equal(ask(&f, "i-2", &csv), 0);
	assert_int_equal(resource_account_metrics_calls(f.account), 2 + 7 + 1);
	/* Without an agent there is no call for it. */
	assert_int_equal(ask(&f, "i-3", &csv), 0);
	assert_int_equal(resource_account_metrics_calls(f.account), 2 + 8 + 7);
	now_ms += UINT64_C(3600) * 1000 - 1;
	assert_int_equal(ask(&f, "i-3", &csv), 0);
	assert_int_equal(requests_with(&f, "Action=ListMetrics"), 2);
	now_ms += 1;
	assert_int_equal(ask(&f, "i-3", &csv), 0);
	assert_int_equal(requests_with(&f, "Action=ListMetrics"), 4);
	buf_finish(&csv);
	fixture_end(&f);
}

static void a_denied_list_of_agents_leaves_the_rest_and_is_told(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "Action=ListMetrics" }, "403 Forbidden", DENIED },
		{ { "MetricName=NetworkIn&" },
			.body = STATISTICS(POINT("2026-11-30T09:00:00Z", SUM("8"))) },
		NO_DATA };
	struct account_fixture f;
	struct buf csv = { 0 };

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(&f, "i-1", &csv), 0);
		assert_row(&csv, "2026-11-30T09:00:00Z", ",,8.00,,,,,,");
		assert_int_equal(f.why.error, -EACCES);
		assert_has(f.why.text, "account " ACCOUNT ", " REGION ": ");
		assert_has(f.why.text, "ListMetrics");
		assert_has(f.why.cure, "cloudwatch:ListMetrics in " REGION);
	}
	assert_int_equal(requests_with(&f, "Action=ListMetrics"), 1);
	buf_finish(&csv);
	fixture_end(&f);
}

static void a_metric_that_fails_fails_the_table(void **state)
{
	static const struct {
		const char *status, *body;
		int error;
		const char *text;
	} rows[] = {
		{ "403 Forbidden", DENIED, -EACCES, "GetMetricStatistics" },
		{ "400 Bad Request", ERROR("Throttling", "Rate exceeded"), -ETIMEDOUT,
			"Throttling" },
		{ "400 Bad Request", ERROR("InvalidParameterCombination", "no"), -EIO,
			"InvalidParameterCombination" },
		{ NULL, STATISTICS(POINT("noon", SUM("1"))), -EBADMSG, "EBSReadBytes" },
		{ NULL, STATISTICS(POINT("2026-11-30T09:00:00Z", "")), -EBADMSG,
			"EBSReadBytes" },
		{ NULL, STATISTICS(POINT("2026-11-30T09:00:00Z", SUM("many"))), -EBADMSG,
			"EBSReadBytes" },
		{ NULL, STATISTICS(POINT("2026-11-30T09:00:00Z", SUM("1E9999"))),
			-EBADMSG, "EBSReadBytes" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct rule rules[] = { SIGNED_IN, NO_AGENTS,
			{ { "MetricName=EBSReadBytes&" }, rows[i].status, rows[i].body },
			NO_DATA };
		struct account_fixture f;
		struct buf csv = { 0 };

		print_message("%s\n", rows[i].body);
		begin(&f, rules, ARRAY_LEN(rules));
		assert_int_equal(ask(&f, "i-1", &csv), rows[i].error);
		assert_int_equal(csv.len, 0);
		assert_has(f.why.text, "account " ACCOUNT ", " REGION ": ");
		assert_has(f.why.text, rows[i].text);
		buf_finish(&csv);
		fixture_end(&f);
	}
}

static void calls_are_counted_with_their_retries(void **state)
{
	static const struct rule rules[] = { SIGNED_IN, NO_AGENTS,
		{ { "MetricName=NetworkIn&" }, "400 Bad Request",
			ERROR("Throttling", "Rate exceeded"), .times = 2 },
		NO_DATA };
	struct account_fixture f;
	struct buf csv = { 0 };

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(ask(&f, "i-1", &csv), 0);
	assert_int_equal(resource_account_metrics_calls(f.account), 1 + 7 + 2);
	assert_int_equal(fixture_list(&f, "ec2", "vpcs", REGION), -EIO);
	assert_int_equal(resource_account_metrics_calls(f.account), 1 + 7 + 2);
	buf_finish(&csv);
	fixture_end(&f);
}

static void lists_of_agents_that_are_broken_fail_the_table(void **state)
{
	static const char *const bodies[] = {
		METRICS(METRIC("<member><Name>InstanceId</Name></member>"), ""),
		METRICS(METRIC("<member><Value>i-1</Value></member>"), ""),
		METRICS("", "<NextToken>again</NextToken>"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		const struct rule rules[] = { SIGNED_IN,
			{ { "Action=ListMetrics" }, .body = bodies[i] }, NO_DATA };
		struct account_fixture f;
		struct buf csv = { 0 };

		print_message("%s\n", bodies[i]);
		begin(&f, rules, ARRAY_LEN(rules));
		assert_int_equal(ask(&f, "i-1", &csv), -EBADMSG);
		assert_has(f.why.text, "ListMetrics: ");
		assert_int_equal(requests_with(&f, "GetMetricStatistics"), 0);
		buf_finish(&csv);
		fixture_end(&f);
	}
}

static void what_is_no_instance_is_not_asked_for(void **state)
{
	static const struct rule rules[] = { SIGNED_IN };
	char longest[130];
	struct account_fixture f;
	struct buf csv = { 0 };

	(void)state;
	memset(longest, 'i', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(ask(&f, "", &csv), -EINVAL);
	assert_int_equal(ask(&f, longest, &csv), -EINVAL);
	assert_int_equal(web_server_requests(f.server), 0);
	buf_finish(&csv);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_hour_is_a_row_and_the_oldest_is_first),
		cmocka_unit_test(cloudwatch_is_asked_for_whole_hours_of_two_weeks),
		cmocka_unit_test(hours_without_datapoints_are_rows_all_the_same),
		cmocka_unit_test(memory_is_asked_for_as_the_agent_reports_it),
		cmocka_unit_test(agents_are_listed_once_an_hour_for_a_region),
		cmocka_unit_test(a_denied_list_of_agents_leaves_the_rest_and_is_told),
		cmocka_unit_test(a_metric_that_fails_fails_the_table),
		cmocka_unit_test(calls_are_counted_with_their_retries),
		cmocka_unit_test(lists_of_agents_that_are_broken_fail_the_table),
		cmocka_unit_test(what_is_no_instance_is_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
