#include "fs/tree/figures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/resource/metrics.h"
#include "fs/tree/inside.h"

/* Prices of us-east-1 in 10^-9 USD, as of 2026. Requests that were tried again count as
 * the dearest kind, and bytes as if all left AWS: it never costs more. */
enum {
	NANO_OF_LIST = 5000,
	NANO_OF_GET = 400,
	NANO_OF_100_BYTES = 9,
	NANO_OF_METRICS_CALL = METRICS_CENTS_OF_1000 * 10000,
	NANO_OF_MS = 1000000,
};

const char *served_name(enum served_op op)
{
	static const char *const names[SERVED_COUNT] = { "lookup", "getattr", "open",
		"read", "opendir", "readdir", "readlink", "getxattr", "statfs", "write" };

	return names[op];
}

/* The walk: the first failure ends it. */
struct walk {
	figure_fn *fn;
	void *context;
	int r;
};

static void put(struct walk *w, struct figure f)
{
	if (w->r == 0)
		w->r = w->fn(w->context, &f);
}

static void put_gauge(
	struct walk *w, const char *family, const char *help, uint64_t value)
{
	put(w, (struct figure){ .family = family, .help = help, .value = value });
}

static void put_counter(
	struct walk *w, const char *family, const char *help, uint64_t value)
{
	put(w,
		(struct figure){ .family = family,
			.help = help,
			.is_counter = true,
			.value = value });
}

static void put_time(
	struct walk *w, const char *family, const char *help, struct instant t)
{
	if (t.seconds != INSTANT_NONE && t.seconds >= 0)
		put_gauge(w, family, help, (uint64_t)t.seconds);
}

static void put_operations(struct walk *w, const struct serving *s)
{
	struct figure f = { .family = "fuse_requests_total",
		.help = "Requests of the kernel, by operation.",
		.is_counter = true,
		.label = "operation" };

	for (int i = 0; i < SERVED_COUNT; i++) {
		f.label_value = served_name((enum served_op)i);
		f.value = s->requests[i];
		put(w, f);
	}
	f.family = "fuse_errors_total";
	f.help = "Requests that were answered with an error; no such name is none.";
	for (int i = 0; i < SERVED_COUNT; i++) {
		f.label_value = served_name((enum served_op)i);
		f.value = s->errors[i];
		put(w, f);
	}
}

static void put_serving(struct walk *w, const struct serving *s)
{
	put_operations(w, s);
	put_counter(
		w, "fuse_read_bytes_total", "Bytes answered to reads.", s->read_bytes);
	put_counter(w, "fuse_interrupted_total",
		"Requests whose caller left while they waited.", s->interrupted);
	put_counter(w, "fuse_set_aside_total",
		"Requests that could not be answered at once.", s->set_aside);
	put_counter(w, "crawlers_refused_total",
		"Requests of crawlers that would have fetched something.",
		s->crawlers_refused);
	put_gauge(w, "waiting_requests",
		"Requests that wait for a month, a table or AWS.", s->waiting);
	put_gauge(w, "queued_requests", "Requests that wait for a worker.", s->queued);
	put(w,
		(struct figure){ .family = "oldest_wait_seconds",
			.help = "Age of the oldest request set aside.",
			.is_nano = true,
			.value = s->oldest_wait_ms * NANO_OF_MS });
	put_gauge(w, "open_files", "Files that programs have open.", s->open_files);
	put_gauge(w, "open_directories", "Directories that programs have open.",
		s->open_directories);
}

static void put_costs(struct walk *w, const struct object_traffic *t, uint64_t calls)
{
	struct figure f = { .family = "estimated_cost_usd_total",
		.help = "What AWS asks for that, at most, in US dollars.",
		.is_counter = true,
		.is_nano = true,
		.label = "of",
		.label_value = "s3_requests",
		.value = (t->list + t->retries) * NANO_OF_LIST +
			(t->head + t->get) * NANO_OF_GET };

	put(w, f);
	f.label_value = "s3_transfer";
	f.value = t->bytes / 100 * NANO_OF_100_BYTES;
	put(w, f);
	f.label_value = "cloudwatch_calls";
	f.value = calls * NANO_OF_METRICS_CALL;
	put(w, f);
}

static void put_traffic(struct walk *w, const struct object_traffic *t)
{
	struct figure f = { .family = "s3_requests_total",
		.help = "Requests to S3, without those tried again.",
		.is_counter = true,
		.label = "operation",
		.label_value = "list",
		.value = t->list };

	put(w, f);
	f.label_value = "head";
	f.value = t->head;
	put(w, f);
	f.label_value = "get";
	f.value = t->get;
	put(w, f);
	put_counter(w, "s3_received_bytes_total", "Bytes of objects.", t->bytes);
	put_counter(w, "s3_retries_total", "Requests to S3 that were tried again.",
		t->retries);
	put_counter(
		w, "s3_connections_total", "Connections opened to S3.", t->connections);
}

static void put_library(struct walk *w, const struct library_activity *now)
{
	put_counter(w, "refreshes_total", "Looks for new deliveries that have ended.",
		now->refreshes);
	put_gauge(w, "refresh_failed", "Whether the last look failed.",
		now->refresh_fault.error != 0);
	put_time(w, "last_refresh_timestamp_seconds",
		"When a look for deliveries ended last.", now->last_refresh);
	put_time(w, "last_answer_timestamp_seconds",
		"When the source was last asked and answered.", now->looked);
	put_gauge(w, "loading_months", "Months that are queued or being read.",
		now->loading);
	if (now->has_traffic)
		put_traffic(w, &now->traffic);
}

static int put_months(struct walk *w, struct library *l)
{
	static const char *const names[] = { "unread", "reading", "ready", "failed" };
	uint64_t counts[ARRAY_LEN(names)] = { 0 }, stale = 0;
	struct instant newest = { INSTANT_NONE };
	struct month_status *months;
	ssize_t n = library_months(l, &months);
	struct figure f = { .family = "months",
		.help = "Months of the export, by state.",
		.label = "state" };

	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n; i++) {
		counts[months[i].state]++;
		stale += months[i].stale;
		if (months[i].as_of.seconds > newest.seconds)
			newest = months[i].as_of;
	}
	free(months);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		f.label_value = names[i];
		f.value = counts[i];
		put(w, f);
	}
	put_gauge(w, "stale_months",
		"Months that show an older delivery than the newest.", stale);
	put_time(w, "newest_delivery_timestamp_seconds", "Time of the newest delivery.",
		newest);
	return 0;
}

static void put_cache(struct walk *w, struct library *l)
{
	struct store_usage u;

	if (library_usage(l, &u) < 0)
		return;
	put_gauge(w, "cache_bytes", "Bytes of the cache directory.", u.bytes);
	put_gauge(w, "cache_limit_bytes", "What it may have.", u.limit_bytes);
	put_gauge(w, "cache_months", "Months in the cache.", u.months);
}

/* Answers the calls that cost in *ret. */
static int put_live(struct walk *w, struct tree *t, uint64_t *ret)
{
	uint64_t items = 0, loading = 0, failed = 0, calls = 0;
	struct live_status *s;
	ssize_t n;

	if (!t->o.discovery)
		return 0;
	n = live_states(t->o.discovery->live, NULL, &s);
	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(s[i].account, s[i - 1].account) != 0)
			calls += live_metrics_calls(t->o.discovery->live, s[i].account);
		if (s[i].kind != LIVE_REGIONS && s[i].kind != LIVE_METRICS)
			items += s[i].items;
		loading += s[i].is_loading;
		failed += s[i].fault.error != 0;
	}
	free(s);
	put_gauge(w, "resource_listings", "Lists of resources that were asked for.",
		(uint64_t)n);
	put_gauge(w, "resource_listings_loading", "Those being asked for now.", loading);
	put_gauge(w, "resource_listings_failed", "Those that failed last.", failed);
	put_gauge(w, "resources", "Resources that are known.", items);
	put_counter(w, "cloudwatch_calls_total",
		"Calls of CloudWatch, each of which costs.", calls);
	*ret = calls;
	return 0;
}

int figures_each(struct tree *t, figure_fn *fn, void *context)
{
	struct walk w = { .fn = fn, .context = context };
	struct library_activity now;
	struct serving serving = { .waiting = 0 };
	uint64_t calls = 0;
	size_t connected, all;
	int r;

	library_activity(t->o.library, &now);
	if (t->service.measure) {
		t->service.measure(t->service.context, &serving);
		put_time(&w, "start_time_seconds", "When the mount began.",
			t->service.began);
		put_serving(&w, &serving);
	}
	put_library(&w, &now);
	r = put_months(&w, t->o.library);
	if (r < 0)
		return r;
	put_cache(&w, t->o.library);
	accounts_count(t->accounts, &connected, &all);
	put_gauge(&w, "accounts", "Accounts that are shown.", connected);
	put_gauge(&w, "nodes", "Names that the kernel remembers.", nodes_count(t->nodes));
	r = put_live(&w, t, &calls);
	if (r < 0)
		return r;
	if (now.has_traffic)
		put_costs(&w, &now.traffic, calls);
	return w.r;
}

int figure_append_value(const struct figure *f, struct buf *ret)
{
	unsigned long long value = f->value, nano = 1000000000;

	if (!f->is_nano)
		return buf_appendf(ret, "%llu", value);
	return buf_appendf(ret, "%llu.%09llu", value / nano, value % nano);
}
