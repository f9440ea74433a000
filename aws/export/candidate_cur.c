/* Legacy reports, as cur:DescribeReportDefinitions tells them. */
#include <string.h>

#include "aws/auth/pages.h"
#include "aws/export/candidate_read.h"

struct reading {
	struct candidate_list *list;
};

static const char *format_of(const struct json *report)
{
	struct span format = span_of(json_member_text(report, "Format"));
	struct span compression = span_of(json_member_text(report, "Compression"));

	if (span_eq_nocase(format, SPAN("Parquet")))
		return "parquet";
	if (span_eq_nocase(compression, SPAN("GZIP")))
		return "csv.gz";
	return span_eq_nocase(compression, SPAN("ZIP")) ? "csv.zip" : "";
}

static enum candidate_answer has_element(const struct json *report, const char *name)
{
	const struct json *elements = json_member(report, "AdditionalSchemaElements");

	if (!json_is_array(elements))
		return ANSWER_UNKNOWN;
	for (const struct json *e = json_first(elements); e; e = json_next(e))
		if (json_text(e) && strcmp(json_text(e), name) == 0)
			return ANSWER_YES;
	return ANSWER_NO;
}

/* "20240105T101112Z" */
static struct instant delivered_at(const struct json *status)
{
	struct instant t = { INSTANT_NONE };

	if (instant_parse_stamp(span_of(json_member_text(status, "lastDelivery")), &t) <
		0)
		t.seconds = INSTANT_NONE;
	return t;
}

static const char *health_of(const struct json *status, enum candidate_answer *ret)
{
	const char *text = json_member_text(status, "lastStatus");

	*ret = ANSWER_UNKNOWN;
	if (!text)
		return "";
	*ret = ANSWER_NO;
	if (strcmp(text, "ERROR_PERMISSIONS") == 0)
		return "ERROR_PERMISSIONS: the bucket's policy keeps AWS out";
	if (strcmp(text, "ERROR_NO_BUCKET") == 0)
		return "ERROR_NO_BUCKET: there is no such bucket";
	*ret = strcmp(text, "SUCCESS") == 0 ? ANSWER_YES : ANSWER_NO;
	return text;
}

/* arn:aws:billing::111122223333:billingview/primary is what the invoice shows. */
static bool is_pro_forma(const char *view)
{
	return view && view[0] && !span_ends(span_of(view), SPAN("/primary"));
}

static int add_report(struct candidate_list *list, const struct json *report)
{
	const struct json *status = json_member(report, "ReportStatus");
	const char *versioning = json_member_text(report, "ReportVersioning");
	struct candidate c = { .origin = CANDIDATE_OF_CUR, .kind = CANDIDATE_LEGACY };
	const struct candidate_texts texts = {
		.name = json_member_text(report, "ReportName"),
		.bucket = json_member_text(report, "S3Bucket"),
		.prefix = json_member_text(report, "S3Prefix"),
		.region = json_member_text(report, "S3Region"),
		.table = "Cost and Usage Report",
		.format = format_of(report),
		.granularity =
			candidate_granularity(json_member_text(report, "TimeUnit")),
		.health = health_of(status, &c.is_healthy),
	};

	c.has_resources = has_element(report, "RESOURCES");
	c.has_split_costs = has_element(report, "SPLIT_COST_ALLOCATION_DATA");
	if (versioning)
		c.is_overwritten = strcmp(versioning, "OVERWRITE_REPORT") == 0
			? ANSWER_YES
			: ANSWER_NO;
	c.is_pro_forma = is_pro_forma(json_member_text(report, "BillingViewArn"));
	c.delivered = delivered_at(status);
	return candidate_add(list, &c, &texts);
}

static int take_page(void *context, const struct json *answer, struct fault *why)
{
	const struct reading *reading = context;
	const struct json *reports = json_member(answer, "ReportDefinitions");
	int r = 0;

	(void)why;
	for (const struct json *e = json_first(reports); e && r == 0; e = json_next(e))
		r = add_report(reading->list, e);
	return r;
}

int candidates_of_cur(struct client *c, const atomic_bool *stop,
	struct candidate_list *ret, struct fault *why)
{
	struct reading reading = { ret };
	const struct pages_call call = {
		.target = "AWSOrigamiServiceGatewayService.DescribeReportDefinitions",
		.arguments = "\"MaxResults\":5", /* the only number that is allowed */
		.needs = "cur:DescribeReportDefinitions on *",
		.page = take_page,
		.context = &reading,
	};

	return client_pages(c, &call, stop, why);
}
