/* Data Exports, as bcm-data-exports:ListExports and GetExport tell them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth/pages.h"
#include "aws/export/candidate_read.h"
#include "base/vec.h"

#define TARGET "AWSBillingAndCostManagementDataExports."

enum { ARN_MAX = 2048, TABLE_MAX = 128, HEALTH_MAX = 256 };

struct arns {
	char **items;
	size_t count, cap;
};

static int take_arns(void *context, const struct json *answer, struct fault *why)
{
	struct arns *arns = context;
	const struct json *exports = json_member(answer, "Exports");

	(void)why;
	for (const struct json *e = json_first(exports); e; e = json_next(e)) {
		const char *arn = json_member_text(e, "ExportArn");
		int r = VEC_RESERVE(&arns->items, &arns->cap, arns->count + 1,
			(size_t)CANDIDATES_MAX);

		if (r < 0)
			return r;
		if (!arn || strlen(arn) > ARN_MAX)
			continue;
		arns->items[arns->count] = strdup(arn);
		if (!arns->items[arns->count])
			return -ENOMEM;
		arns->count++;
	}
	return 0;
}

/* Between blanks and line ends; false: there is none any more. */
static bool next_word(struct span *rest, struct span *ret)
{
	struct span s = span_trim(*rest);
	size_t len = 0;

	while (len < s.len && span_trim(span_first(span_from(s, len), 1)).len)
		len++;
	*ret = span_first(s, len);
	*rest = span_from(s, len);
	return len > 0;
}

static struct span without_quotes(struct span word)
{
	while (span_ends(word, SPAN(";")) || span_ends(word, SPAN("`")) ||
		span_ends(word, SPAN("\"")))
		word.len--;
	while (span_starts(word, SPAN("`")) || span_starts(word, SPAN("\"")))
		word = span_from(word, 1);
	return word;
}

/* The name behind FROM of the query; "" where there is none. */
static void table_of_query(const char *query, char ret[TABLE_MAX])
{
	struct span rest = span_of(query), word;
	bool is_next = false;

	ret[0] = '\0';
	while (next_word(&rest, &word)) {
		if (is_next) {
			word = without_quotes(word);
			(void)snprintf(ret, TABLE_MAX, "%.*s", SPAN_ARG(word));
			return;
		}
		is_next = span_eq_nocase(word, SPAN("FROM"));
	}
}

/* The settings of the table that the query reads; NULL where they are not told. */
static const struct json *read_table(const struct json *query, char ret[TABLE_MAX])
{
	const struct json *tables = json_member(query, "TableConfigurations");
	const struct json *first = json_first(tables);

	table_of_query(json_member_text(query, "QueryStatement"), ret);
	if (!ret[0] && first)
		(void)snprintf(ret, TABLE_MAX, "%s", json_name(first));
	return ret[0] ? json_member(tables, ret) : NULL;
}

static enum candidate_kind kind_of_table(const char *table)
{
	struct span s = span_of(table);

	if (span_eq_nocase(s, SPAN("COST_AND_USAGE_REPORT")))
		return CANDIDATE_CUR2;
	return span_eq_nocase(span_first(s, 6), SPAN("FOCUS_")) ? CANDIDATE_FOCUS
								: CANDIDATE_OTHER;
}

/* What is not set is off. */
static enum candidate_answer answer_of(const struct json *settings, const char *name)
{
	const char *text = json_member_text(settings, name);

	if (!json_is_object(settings))
		return ANSWER_UNKNOWN;
	return text && span_eq_nocase(span_of(text), SPAN("TRUE")) ? ANSWER_YES
								   : ANSWER_NO;
}

static const char *format_of(const struct json *output)
{
	struct span format = span_of(json_member_text(output, "Format"));

	if (span_eq(format, SPAN("PARQUET")))
		return "parquet";
	return span_eq(format, SPAN("TEXT_OR_CSV")) ? "csv.gz" : "";
}

/* Times are text here, numbers elsewhere in JSON 1.1. */
static struct instant instant_of(const struct json *status, const char *name)
{
	const struct json *value = json_member(status, name);
	struct instant t = { INSTANT_NONE };
	int64_t seconds;

	if (json_text(value)) {
		if (instant_parse(span_of(json_text(value)), &t) < 0)
			t.seconds = INSTANT_NONE;
	} else if (json_integer(value, &seconds) == 0) {
		t.seconds = seconds;
	}
	return t;
}

static enum candidate_answer read_health(const struct json *status, char ret[HEALTH_MAX])
{
	const char *code = json_member_text(status, "StatusCode");
	const char *reason = json_member_text(status, "StatusReason");

	ret[0] = '\0';
	if (!code)
		return ANSWER_UNKNOWN;
	(void)snprintf(ret, HEALTH_MAX, "%.64s%s%.128s", code, reason ? ": " : "",
		reason ? reason : "");
	return strcmp(code, "HEALTHY") == 0 ? ANSWER_YES : ANSWER_NO;
}

static bool is_pro_forma(const struct json *settings)
{
	const char *view = json_member_text(settings, "BILLING_VIEW_ARN");

	return view && view[0] && !span_ends(span_of(view), SPAN("/primary"));
}

/* FOCUS has resource ids always. */
static enum candidate_answer has_resources(
	const struct candidate *c, const struct json *settings)
{
	return c->kind == CANDIDATE_FOCUS ? ANSWER_YES
					  : answer_of(settings, "INCLUDE_RESOURCES");
}

static int take_export(void *context, const struct json *answer, struct fault *why)
{
	const struct json *export = json_member(answer, "Export");
	const struct json *status = json_member(answer, "ExportStatus");
	const struct json *where = json_member(
		json_member(export, "DestinationConfigurations"), "S3Destination");
	const struct json *output = json_member(where, "S3OutputConfigurations");
	const char *overwrite = json_member_text(output, "Overwrite");
	char table[TABLE_MAX], health[HEALTH_MAX];
	const struct json *settings = read_table(json_member(export, "DataQuery"), table);
	struct candidate c = { .origin = CANDIDATE_OF_DATA_EXPORTS,
		.kind = kind_of_table(table),
		.is_healthy = read_health(status, health),
		.is_pro_forma = is_pro_forma(settings),
		.has_split_costs =
			answer_of(settings, "INCLUDE_SPLIT_COST_ALLOCATION_DATA"),
		.delivered = instant_of(status, "LastRefreshedAt") };
	const struct candidate_texts texts = {
		.name = json_member_text(export, "Name"),
		.bucket = json_member_text(where, "S3Bucket"),
		.prefix = json_member_text(where, "S3Prefix"),
		.region = json_member_text(where, "S3Region"),
		.table = table,
		.format = format_of(output),
		.granularity = candidate_granularity(
			json_member_text(settings, "TIME_GRANULARITY")),
		.health = health,
	};

	(void)why;
	c.has_resources = has_resources(&c, settings);
	if (overwrite)
		c.is_overwritten = strcmp(overwrite, "OVERWRITE_REPORT") == 0 ? ANSWER_YES
									      : ANSWER_NO;
	return candidate_add(context, &c, &texts);
}

static int get_export(struct client *c, const char *arn, const atomic_bool *stop,
	struct candidate_list *ret, struct fault *why)
{
	struct buf arguments = BUF_INIT(8 * (size_t)ARN_MAX);
	struct pages_call call = { .target = TARGET "GetExport",
		.needs = "bcm-data-exports:GetExport on *",
		.page = take_export,
		.context = ret };
	int r = buf_append_text(&arguments, "\"ExportArn\":");

	if (r == 0)
		r = buf_append_json(&arguments, span_of(arn));
	call.arguments = r == 0 ? buf_text(&arguments) : NULL;
	if (r == 0)
		r = call.arguments ? client_pages(c, &call, stop, why) : -ENOMEM;
	buf_finish(&arguments);
	return r;
}

int candidates_of_data_exports(struct client *c, const atomic_bool *stop,
	struct candidate_list *ret, struct fault *why)
{
	struct arns arns = { 0 };
	const struct pages_call call = {
		.target = TARGET "ListExports",
		.arguments = "",
		.needs = "bcm-data-exports:ListExports on *",
		.page = take_arns,
		.context = &arns,
	};
	int r = client_pages(c, &call, stop, why);

	for (size_t i = 0; i < arns.count; i++) {
		/* One that was deleted meanwhile is none. */
		if (r == 0)
			r = get_export(c, arns.items[i], stop, ret, why);
		if (r == -ENOENT)
			r = 0;
		free(arns.items[i]);
	}
	free(arns.items);
	return r;
}
