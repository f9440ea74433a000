/* Which exports the billing services tell of, and which is preferred. */
#include "aws/auth/pages.h"
#include "aws/export/candidate.h"
#include "tests/aws/fake_http.h"

static const char *const one_key[] = { "AKID" };

struct fixture {
	struct fake_http http;
	struct fake_keys keys;
	struct auth_context context;
	struct client *client;
	struct candidate_list list;
	struct fault why;
};

static void no_pause(unsigned wait_ms, const atomic_bool *stop)
{
	(void)wait_ms;
	(void)stop;
}

static uint32_t none(void)
{
	return 0;
}

static void begin(struct fixture *f, enum aws_service service,
	const struct fake_step *steps, size_t count)
{
	memset(f, 0, sizeof(*f));
	fake_http_init(&f->http, steps, count);
	fake_keys_init(&f->keys, one_key, 1);
	f->context = (struct auth_context){ .http = &f->http.http,
		.clock = &f->http.clock.clock,
		.profile = "default",
		.region = "eu-west-1" };
	const struct client_options options = { .context = &f->context,
		.credentials = &f->keys.base,
		.service = service,
		.region = candidates_region(f->context.region),
		.max_attempts = 2,
		.random = none,
		.pause = no_pause };
	assert_int_equal(client_new(&options, &f->client, NULL), 0);
}

static void end(struct fixture *f)
{
	assert_int_equal(f->http.at, f->http.count);
	candidate_list_finish(&f->list);
	client_free(f->client);
}

#define CUR                                                                              \
	"POST https://cur.us-east-1.amazonaws.com/|"                                     \
	"x-amz-target: AWSOrigamiServiceGatewayService.DescribeReportDefinitions|"       \
	"content-type: application/x-amz-json-1.1|/us-east-1/cur/aws4_request"
#define REPORT(name, more)                                                               \
	"{\"ReportName\":\"" name "\",\"S3Bucket\":\"b\",\"S3Prefix\":\"/p//\","         \
	"\"S3Region\":\"eu-west-1\",\"TimeUnit\":\"HOURLY\",\"Format\":\"textORcsv\","   \
	"\"Compression\":\"GZIP\",\"AdditionalSchemaElements\":[\"RESOURCES\"]" more "}"

static void reports_of_all_pages_are_read(void **state)
{
	const struct fake_step steps[] = {
		{ .wants = CUR,
			.status = 200,
			.body = "{\"ReportDefinitions\":[" REPORT("a",
				",\"ReportVersioning\":\"OVERWRITE_REPORT\","
				"\"ReportStatus\":"
				"{\"lastDelivery\":\"20240105T101112Z\",\"lastStatus\":"
				"\"SUCCESS\"}") "],\"NextToken\":\"one\"}" },
		{ .status = 200,
			.body = "{\"ReportDefinitions\":[],\"NextToken\":\"two\"}" },
		{ .status = 200,
			.body = "{\"ReportDefinitions\":["
				"{\"ReportName\":\"z\",\"TimeUnit\":\"MONTHLY\","
				"\"Format\":"
				"\"Parquet\",\"Compression\":\"Parquet\",\"S3Bucket\":"
				"\"c\","
				"\"S3Prefix\":\"\",\"AdditionalSchemaElements\":[\"SPLIT_"
				"COST_"
				"ALLOCATION_DATA\"],\"BillingViewArn\":\"arn:aws:billing:"
				":"
				"111122223333:billingview/"
				"billing-group-x\",\"ReportStatus\":"
				"{\"lastStatus\":\"ERROR_NO_BUCKET\"}}]}" },
	};
	struct fixture f;

	(void)state;
	begin(&f, AWS_CUR, steps, ARRAY_LEN(steps));
	assert_int_equal(candidates_of_cur(f.client, NULL, &f.list, &f.why), 0);
	assert_int_equal(f.list.count, 2);
	const struct candidate *a = &f.list.items[0], *z = &f.list.items[1];
	assert_string_equal(a->name, "a");
	assert_string_equal(a->bucket, "b");
	assert_string_equal(a->prefix, "p/a");
	assert_string_equal(a->region, "eu-west-1");
	assert_string_equal(a->format, "csv.gz");
	assert_string_equal(a->granularity, "hourly");
	assert_string_equal(a->health, "SUCCESS");
	assert_int_equal(a->kind, CANDIDATE_LEGACY);
	assert_int_equal(a->has_resources, ANSWER_YES);
	assert_int_equal(a->has_split_costs, ANSWER_NO);
	assert_int_equal(a->is_overwritten, ANSWER_YES);
	assert_int_equal(a->is_healthy, ANSWER_YES);
	assert_false(a->is_pro_forma);
	assert_int_equal(a->delivered.seconds, 1704449472);
	assert_string_equal(z->prefix, "z");
	assert_string_equal(z->region, "");
	assert_string_equal(z->format, "parquet");
	assert_string_equal(z->granularity, "monthly");
	assert_int_equal(z->has_resources, ANSWER_NO);
	assert_int_equal(z->has_split_costs, ANSWER_YES);
	assert_int_equal(z->is_overwritten, ANSWER_UNKNOWN);
	assert_int_equal(z->is_healthy, ANSWER_NO);
	assert_true(z->is_pro_forma);
	assert_int_equal(z->delivered.seconds, INSTANT_NONE);
	end(&f);
}

#define DATA_EXPORTS                                                                     \
	"POST https://bcm-data-exports.us-east-1.api.aws/|"                              \
	"x-amz-target: AWSBillingAndCostManagementDataExports."
#define EXPORT(name, query, settings, status)                                            \
	"{\"Export\":{\"ExportArn\":\"arn:" name "\",\"Name\":\"" name "\","             \
	"\"DataQuery\":{\"QueryStatement\":\"" query "\"" settings "},"                  \
	"\"DestinationConfigurations\":{\"S3Destination\":{\"S3Bucket\":\"b\","          \
	"\"S3Prefix\":\"p\",\"S3Region\":\"us-east-1\",\"S3OutputConfigurations\":"      \
	"{\"Format\":\"TEXT_OR_CSV\",\"Compression\":\"GZIP\",\"Overwrite\":"            \
	"\"CREATE_NEW_REPORT\"}}}},\"ExportStatus\":" status "}"

static void data_exports_are_listed_and_then_asked_for(void **state)
{
	const struct fake_step steps[] = {
		{ .wants = DATA_EXPORTS "ListExports",
			.status = 200,
			.body = "{\"Exports\":[{\"ExportArn\":\"arn:a\"},{\"ExportArn\":"
				"\"arn:gone\"}],\"NextToken\":\"+/=\"}" },
		{ .status = 200,
			.body = "{\"Exports\":[{\"ExportArn\":\"arn:f\"},{\"ExportArn\":"
				"\"arn:c\"}]}" },
		{ .wants = DATA_EXPORTS "GetExport",
			.status = 200,
			.body = EXPORT("a", "SELECT x FROM COST_AND_USAGE_REPORT",
				",\"TableConfigurations\":{\"COST_AND_USAGE_REPORT\":{"
				"\"TIME_GRANULARITY\":\"DAILY\",\"INCLUDE_RESOURCES\":"
				"\"TRUE\""
				"}}",
				"{\"StatusCode\":\"HEALTHY\",\"LastRefreshedAt\":"
				"\"2026-11-20T10:00:00.123Z\"}") },
		{ .status = 400,
			.body = "{\"__type\":\"ResourceNotFoundException\",\"message\":"
				"\"\"}" },
		{ .status = 200,
			.body = EXPORT("f", "select x\\nfrom `FOCUS_1_2_AWS`; ", "",
				"{\"StatusCode\":\"UNHEALTHY\",\"StatusReason\":"
				"\"INSUFFICIENT_PERMISSION\",\"LastRefreshedAt\":"
				"1795000000}") },
		{ .status = 200,
			.body = EXPORT("c", "SELECT x FROM CARBON_EMISSIONS", "", "{}") },
	};
	struct fixture f;

	(void)state;
	begin(&f, AWS_DATA_EXPORTS, steps, ARRAY_LEN(steps));
	assert_int_equal(candidates_of_data_exports(f.client, NULL, &f.list, &f.why), 0);
	assert_int_equal(f.list.count, 3);
	const struct candidate *a = &f.list.items[0], *focus = &f.list.items[1];
	assert_int_equal(a->kind, CANDIDATE_CUR2);
	assert_string_equal(a->granularity, "daily");
	assert_int_equal(a->has_resources, ANSWER_YES);
	assert_int_equal(a->has_split_costs, ANSWER_NO);
	assert_int_equal(a->is_overwritten, ANSWER_NO);
	assert_int_equal(a->delivered.seconds, 1795168800);
	assert_string_equal(a->prefix, "p/a");
	assert_int_equal(focus->kind, CANDIDATE_FOCUS);
	assert_string_equal(focus->table, "FOCUS_1_2_AWS");
	assert_string_equal(focus->health, "UNHEALTHY: INSUFFICIENT_PERMISSION");
	assert_int_equal(focus->is_healthy, ANSWER_NO);
	assert_int_equal(focus->has_split_costs, ANSWER_UNKNOWN);
	assert_int_equal(focus->delivered.seconds, 1795000000);
	assert_int_equal(f.list.items[2].kind, CANDIDATE_OTHER);
	end(&f);
}

static void a_token_that_comes_again_ends_it(void **state)
{
	const struct fake_step steps[] = {
		{ .status = 200, .body = "{\"NextToken\":\"one\"}" },
		{ .status = 200, .body = "{\"NextToken\":\"two\"}" },
		{ .status = 200, .body = "{\"NextToken\":\"one\"}" },
	};
	struct fixture f;

	(void)state;
	begin(&f, AWS_CUR, steps, ARRAY_LEN(steps));
	assert_int_equal(candidates_of_cur(f.client, NULL, &f.list, &f.why), -ELOOP);
	assert_non_null(strstr(f.why.text, "DescribeReportDefinitions"));
	end(&f);
}

static void a_refusal_says_what_to_allow(void **state)
{
	const struct fake_step steps[] = {
		{ .status = 400,
			.body = "{\"__type\":\"AccessDeniedException\",\"message\":"
				"\"no\"}" },
	};
	struct fixture f;

	(void)state;
	begin(&f, AWS_CUR, steps, ARRAY_LEN(steps));
	assert_int_equal(candidates_of_cur(f.client, NULL, &f.list, &f.why), -EACCES);
	assert_non_null(strstr(f.why.cure, "cur:DescribeReportDefinitions"));
	end(&f);
}

static void what_is_no_list_is_an_empty_one(void **state)
{
	static const char *const bodies[] = { "{}", "{\"ReportDefinitions\":null}",
		"{\"ReportDefinitions\":7}", "{\"NextToken\":\"\"}",
		"{\"NextToken\":null}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		const struct fake_step step = { .status = 200, .body = bodies[i] };
		struct fixture f;

		begin(&f, AWS_CUR, &step, 1);
		assert_int_equal(candidates_of_cur(f.client, NULL, &f.list, &f.why), 0);
		assert_int_equal(f.list.count, 0);
		end(&f);
	}
}

static void what_is_no_object_is_refused(void **state)
{
	const struct fake_step step = { .status = 200, .body = "[]" };
	struct fixture f;

	(void)state;
	begin(&f, AWS_CUR, &step, 1);
	assert_int_equal(candidates_of_cur(f.client, NULL, &f.list, &f.why), -EBADMSG);
	end(&f);
}

/* Exports for the judge, by what differs from a good one. */
struct contender {
	const char *name;
	enum candidate_kind kind;
	const char *granularity; /* NULL: hourly */
	int64_t later; /* delivered, in seconds */
	bool lacks_resources, is_ill, is_pro_forma, lacks_bucket;
};
struct contest {
	const char *says;
	struct contender contenders[4];
	const char
		*want; /* names in order, '*' behind the preferred, '-' a refused one */
};

static const struct contest contests[] = {
	{ "none", { { 0 } }, "" },
	{ "one alone", { { "a", CANDIDATE_LEGACY } }, "a*" },
	{ "two of a sort", { { "b" }, { "a" } }, "a b" },
	{ "CUR 2.0 before the legacy one", { { "l", CANDIDATE_LEGACY }, { "c" } },
		"c* l" },
	{ "FOCUS where there is no other", { { "f", CANDIDATE_FOCUS } }, "f*" },
	{ "a report before FOCUS",
		{ { "f", CANDIDATE_FOCUS }, { "l", CANDIDATE_LEGACY } }, "l* f" },
	{ "resource ids before the kind",
		{ { "c", .lacks_resources = true }, { "l", CANDIDATE_LEGACY } }, "l* c" },
	{ "hourly before daily before monthly",
		{ { "m", .granularity = "monthly" }, { "d", .granularity = "daily" },
			{ "h" } },
		"h* d m" },
	{ "a healthy one before all",
		{ { "c", .is_ill = true },
			{ "l", CANDIDATE_LEGACY, .granularity = "monthly" } },
		"l* c" },
	{ "recently delivered before long ago",
		{ { "a" }, { "b", .later = INT64_C(3) * 86400 + 1 } }, "b* a" },
	{ "three days are no difference",
		{ { "a" }, { "b", .later = INT64_C(3) * 86400 } }, "b a" },
	{ "one that is delivered no more after all",
		{ { "c" },
			{ "l", CANDIDATE_LEGACY, .granularity = "monthly",
				.later = INT64_C(3) * 86400 + 1 } },
		"l* c" },
	{ "what is refused makes nothing stale",
		{ { "c" }, { "l", CANDIDATE_LEGACY },
			{ "o", CANDIDATE_OTHER, .later = INT64_C(9) * 86400 } },
		"c* l o-" },
	{ "other tables and pro forma costs are refused",
		{ { "o", CANDIDATE_OTHER }, { "p", .is_pro_forma = true },
			{ "l", CANDIDATE_LEGACY } },
		"l* p- o-" },
	{ "without a bucket it cannot be read", { { "n", .lacks_bucket = true } }, "n-" },
};

static char *copy(const char *text)
{
	char *made = strdup(text);

	assert_non_null(made);
	return made;
}

static void enter(struct candidate_list *l, const struct contender *c)
{
	l->items[l->count++] = (struct candidate){ .origin = CANDIDATE_OF_CUR,
		.kind = c->kind,
		.name = copy(c->name),
		.bucket = copy(c->lacks_bucket ? "" : "b"),
		.prefix = copy(c->name),
		.region = copy(""),
		.table = copy(""),
		.format = copy("csv.gz"),
		.granularity = copy(c->granularity ? c->granularity : "hourly"),
		.health = copy(""),
		.has_resources = c->lacks_resources ? ANSWER_NO : ANSWER_YES,
		.is_healthy = c->is_ill ? ANSWER_NO : ANSWER_YES,
		.is_pro_forma = c->is_pro_forma,
		.delivered = { 1000000000 + c->later } };
}

static void the_best_is_preferred(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(contests); i++) {
		const struct contest *x = &contests[i];
		struct candidate_list l = { calloc(4, sizeof(*l.items)), 0, 4 };
		char got[256] = "";

		for (size_t k = 0; k < 4 && x->contenders[k].name; k++)
			enter(&l, &x->contenders[k]);
		candidates_judge(&l);
		for (size_t k = 0; k < l.count; k++) {
			const struct candidate *c = &l.items[k];
			const char *mark = c->verdict == VERDICT_PREFERRED ? "*"
				: c->verdict == VERDICT_REFUSED		   ? "-"
									   : "";

			assert_true(c->why[0] != '\0');
			(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
				"%s%s%s", k ? " " : "", c->name, mark);
		}
		if (strcmp(got, x->want) != 0)
			fail_msg("%s: %s, not %s", x->says, got, x->want);
		assert_true((candidates_preferred(&l) != NULL) ==
			(strchr(x->want, '*') != NULL));
		candidate_list_finish(&l);
	}
}

static void billing_is_in_one_region_of_each_partition(void **state)
{
	(void)state;
	assert_string_equal(candidates_region(NULL), "us-east-1");
	assert_string_equal(candidates_region("eu-west-1"), "us-east-1");
	assert_string_equal(candidates_region("cn-north-1"), "cn-northwest-1");
	assert_string_equal(candidates_region("us-gov-east-1"), "us-gov-west-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_of_all_pages_are_read),
		cmocka_unit_test(data_exports_are_listed_and_then_asked_for),
		cmocka_unit_test(a_token_that_comes_again_ends_it),
		cmocka_unit_test(a_refusal_says_what_to_allow),
		cmocka_unit_test(what_is_no_list_is_an_empty_one),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(the_best_is_preferred),
		cmocka_unit_test(billing_is_in_one_region_of_each_partition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
