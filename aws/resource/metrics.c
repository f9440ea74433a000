#include "aws/resource/metrics.h"

#include <errno.h>
#include <stdlib.h>

#include "aws/auth/sigv4.h"
#include "aws/resource/account_private.h"
#include "aws/resource/agents.h"
#include "aws/resource/fan.h"
#include "base/decimal.h"
#include "base/vec.h"

enum {
	INSTANCE_MAX = 128, /* bytes of an id */
	PARAMETERS_MAX = 48 * 1024,
	STATISTICS_MAX = 2,
	COLUMN_BYTES_MAX = METRICS_ROWS * STATISTICS_MAX * DECIMAL_TEXT_MAX,
};

/* A metric, and its columns. */
static const struct metric {
	const char *namespace, *name;
	struct {
		const char *column, *name;
	} statistics[STATISTICS_MAX];
} metrics[] = {
	/* that of agents is the last */
	{ "AWS/EC2", "CPUUtilization",
		{ { "cpu_average", "Average" }, { "cpu_maximum", "Maximum" } } },
	{ "AWS/EC2", "NetworkIn", { { "network_in_bytes", "Sum" } } },
	{ "AWS/EC2", "NetworkOut", { { "network_out_bytes", "Sum" } } },
	{ "AWS/EC2", "DiskReadBytes", { { "disk_read_bytes", "Sum" } } },
	{ "AWS/EC2", "DiskWriteBytes", { { "disk_write_bytes", "Sum" } } },
	{ "AWS/EC2", "EBSReadBytes", { { "ebs_read_bytes", "Sum" } } },
	{ "AWS/EC2", "EBSWriteBytes", { { "ebs_write_bytes", "Sum" } } },
	{ "CWAgent", "mem_used_percent", { { "memory_percent_average", "Average" } } },
};
enum { AGENT_METRIC = ARRAY_LEN(metrics) - 1 };
_Static_assert(AGENT_METRIC + AGENT_SETS_MAX == METRICS_CALLS_MAX, "as metrics.h says");

/* A number as it is printed. */
struct cell {
	uint32_t at, len; /* in texts; len 0: there is none */
};

/* What came of a metric. */
struct series {
	struct cell cells[METRICS_ROWS][STATISTICS_MAX];
	struct buf texts;
};

/* One instance. */
struct measuring {
	struct resource_account *account;
	const char *region;
	const atomic_bool *stop;
	int64_t begin; /* of the first hour */
	char dimension[4 * INSTANCE_MAX]; /* "&Dimensions.member.1..." */
	struct agent_sets sets;
	struct series *series; /* as metrics */
};

/* The member's text in an element as convert.h prints it: a line of its own. Empty where
 * it is not there. */
static struct span member_of(struct span element, const char *name)
{
	struct span line;

	while (span_split(&element, '\n', &line)) {
		struct span rest = span_trim(line);

		if (!span_starts(line, SPAN("    \"")) ||
			!span_starts(span_from(rest, 1), span_of(name)))
			continue;
		rest = span_from(rest, 1 + strlen(name));
		if (!span_starts(rest, SPAN("\": ")))
			continue;
		rest = span_from(rest, 3);
		return span_ends(rest, SPAN(",")) ? span_first(rest, rest.len - 1) : rest;
	}
	return (struct span){ 0 };
}

/* The hour's row; METRICS_ROWS where it is none of them. */
static int row_of(const struct measuring *m, struct span element, size_t *ret)
{
	struct span text = account_plain_text(member_of(element, "Timestamp"));
	struct instant time;
	int64_t hour;

	if (instant_parse(text, &time) < 0)
		return -EBADMSG;
	hour = (time.seconds - m->begin) / METRICS_PERIOD;
	*ret = time.seconds < m->begin || hour >= METRICS_ROWS ? METRICS_ROWS
							       : (size_t)hour;
	return 0;
}

static int take_number(struct series *s, struct span text, struct cell *ret)
{
	char plain[DECIMAL_TEXT_MAX];
	ssize_t len = decimal_plain(text, plain, sizeof(plain));
	int r;

	if (len < 0)
		return -EBADMSG;
	r = buf_append(&s->texts, plain, (size_t)len);
	if (r == 0)
		*ret = (struct cell){ (uint32_t)(s->texts.len - (size_t)len),
			(uint32_t)len };
	return r;
}

/* Of an hour that came before, as of a unit of its own, the first counts. */
static int take_datapoint(const struct measuring *m, const struct metric *metric,
	struct series *s, struct span element)
{
	size_t row;
	int r = row_of(m, element, &row);

	if (r < 0 || row == METRICS_ROWS)
		return r;
	for (size_t i = 0; i < STATISTICS_MAX && metric->statistics[i].name && r == 0;
		i++) {
		struct span text = member_of(element, metric->statistics[i].name);

		if (text.len == 0)
			r = -EBADMSG;
		else if (s->cells[row][i].len == 0)
			r = take_number(s, text, &s->cells[row][i]);
	}
	return r;
}

static int write_parameters(const struct measuring *m, const struct metric *metric,
	const char *dimensions, struct buf *b)
{
	char begin[INSTANT_TEXT], end[INSTANT_TEXT];
	int r = buf_append_text(b, "&Namespace=");

	instant_format((struct instant){ m->begin }, begin);
	instant_format(
		(struct instant){ m->begin + (int64_t)METRICS_ROWS * METRICS_PERIOD },
		end);
	if (r == 0)
		r = sigv4_encode(span_of(metric->namespace), false, b);
	if (r == 0)
		r = buf_appendf(
			b, "&MetricName=%s%s&StartTime=", metric->name, dimensions);
	if (r == 0)
		r = sigv4_encode((struct span){ begin, sizeof(begin) }, false, b);
	if (r == 0)
		r = buf_append_text(b, "&EndTime=");
	if (r == 0)
		r = sigv4_encode((struct span){ end, sizeof(end) }, false, b);
	if (r == 0)
		r = buf_appendf(b, "&Period=%d", METRICS_PERIOD);
	for (size_t i = 0; i < STATISTICS_MAX && metric->statistics[i].name && r == 0;
		i++)
		r = buf_appendf(b, "&Statistics.member.%zu=%s", i + 1,
			metric->statistics[i].name);
	return r;
}

static int ask_metric(const struct measuring *m, const struct metric *metric,
	const char *dimensions, struct series *s, struct fault *why)
{
	struct buf parameters = BUF_INIT(PARAMETERS_MAX);
	struct convert_page page = { 0 };
	struct account_call call = { .service = AWS_CLOUDWATCH,
		.region = m->region,
		.operation = "GetMetricStatistics",
		.path = "Datapoints[]" };
	int r = write_parameters(m, metric, dimensions, &parameters);

	call.parameters = buf_text(&parameters);
	if (r == 0 && !call.parameters)
		r = -ENOMEM;
	if (r == 0) {
		r = account_ask(m->account, &call, m->stop, &page, NULL, why);
		for (size_t i = 0; i < page.count && r == 0; i++) {
			r = take_datapoint(m, metric, s, account_element(&page, i));
			if (r == -EBADMSG) {
				(void)fault(why, r,
					"GetMetricStatistics: %s: a datapoint without "
					"time or number",
					metric->name);
				account_explain(m->account, &call, why);
			}
		}
	}
	convert_page_finish(&page);
	buf_finish(&parameters);
	return r;
}

static int measure(void *context, size_t number, struct fault *why)
{
	const struct measuring *m = context;
	const struct metric *metric = &metrics[number];
	struct series *s = &m->series[number];
	int r = 0;

	if (number != AGENT_METRIC)
		return ask_metric(m, metric, m->dimension, s, why);
	for (size_t i = 0; i < m->sets.count && r == 0; i++)
		r = ask_metric(m, metric, m->sets.parameters[i], s, why);
	return r;
}

static int write_head(struct buf *b)
{
	int r = buf_append_text(b, "time");

	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		for (size_t j = 0; j < STATISTICS_MAX && r == 0; j++)
			if (metrics[i].statistics[j].column)
				r = buf_appendf(
					b, ",%s", metrics[i].statistics[j].column);
	return r < 0 ? r : buf_append_byte(b, '\n');
}

static int write_cell(struct buf *b, const struct series *s, const struct cell *cell)
{
	int r = buf_append_byte(b, ',');

	return r < 0 || cell->len == 0 ? r
				       : buf_append(b, s->texts.p + cell->at, cell->len);
}

static int write_row(const struct measuring *m, size_t row, struct buf *b)
{
	const struct instant time = { m->begin + (int64_t)row * METRICS_PERIOD };
	char text[INSTANT_TEXT];
	int r;

	instant_format(time, text);
	r = buf_append(b, text, sizeof(text));
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		for (size_t j = 0; j < STATISTICS_MAX && r == 0; j++)
			if (metrics[i].statistics[j].column)
				r = write_cell(
					b, &m->series[i], &m->series[i].cells[row][j]);
	return r < 0 ? r : buf_append_byte(b, '\n');
}

static int write_table(const struct measuring *m, struct buf *ret)
{
	size_t before = ret->len;
	int r = write_head(ret);

	for (size_t row = 0; row < METRICS_ROWS && r == 0; row++)
		r = write_row(m, row, ret);
	if (r < 0)
		buf_truncate(ret, before);
	return r;
}

static int write_dimension(struct measuring *m, const char *instance, struct fault *why)
{
	struct buf b = BUF_INIT(sizeof(m->dimension) - 1);
	size_t len = strlen(instance);
	int r;

	if (len == 0 || len > INSTANCE_MAX)
		return fault(why, -EINVAL, "\"%.64s\" is no id of an instance", instance);
	r = buf_append_text(
		&b, "&Dimensions.member.1.Name=InstanceId&Dimensions.member.1.Value=");
	if (r == 0)
		r = sigv4_encode(span_of(instance), false, &b);
	if (r == 0)
		memcpy(m->dimension, b.p, b.len);
	buf_finish(&b);
	return r == -EFBIG
		? fault(why, -EINVAL, "\"%.64s\" is no id of an instance", instance)
		: r;
}

/* Without what agents report where that alone is denied; why says so then. */
static int find_sets(struct measuring *m, const char *instance, struct fault *why)
{
	int r = agents_find(m->account, m->region, instance, m->stop, &m->sets, why);

	return r == -EACCES ? 0 : r;
}

int resource_account_metrics(struct resource_account *a, const char *region,
	const char *instance, const atomic_bool *stop, struct buf *ret, struct fault *why)
{
	int64_t now = clock_now(account_context(a)->clock).seconds;
	struct measuring m = { .account = a,
		.region = region,
		.stop = stop,
		.begin = now - now % METRICS_PERIOD -
			(int64_t)METRICS_ROWS * METRICS_PERIOD };
	const struct fan fan = { ARRAY_LEN(metrics), measure, &m };
	int r = write_dimension(&m, instance, why);

	if (r == 0)
		r = find_sets(&m, instance, why);
	if (r == 0) {
		m.series = vec_alloc(ARRAY_LEN(metrics), sizeof(*m.series));
		r = m.series ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < ARRAY_LEN(metrics) && r == 0; i++)
		m.series[i].texts = BUF_INIT(COLUMN_BYTES_MAX);
	if (r == 0)
		r = fan_out(&fan, why);
	if (r == 0)
		r = write_table(&m, ret);
	for (size_t i = 0; i < ARRAY_LEN(metrics) && m.series; i++)
		buf_finish(&m.series[i].texts);
	free(m.series);
	agent_sets_finish(&m.sets);
	return r;
}
