#include "aws/resource/agents.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "aws/api/json.h"
#include "aws/auth/sigv4.h"
#include "aws/resource/account_private.h"
#include "base/vec.h"

enum { SET_BYTES_MAX = 32 * 1024 /* encoded; a request has 64 KiB */ };
static const char INSTANCE[] = "InstanceId";

/* One set of dimensions; in texts of its region. */
struct set {
	size_t instance, parameters; /* NUL-terminated */
	size_t dimensions;
};

/* What a region answered, or that it is denied. */
struct report {
	struct report *next;
	char region[ACCOUNT_REGION_MAX];
	uint64_t until_ms; /* of the clock */
	int error; /* -EACCES: it is denied, as why says */
	struct fault why;
	struct set *sets; /* by instance, then dimensions, then parameters */
	size_t count, cap;
	struct buf texts;
};

struct agents {
	pthread_mutex_t lock; /* a leaf */
	struct report *reports; /* guarded by lock; one a region */
};

struct agents *agents_new(void)
{
	struct agents *g = calloc(1, sizeof(*g));

	/* With default attributes it cannot fail. */
	if (g)
		(void)pthread_mutex_init(&g->lock, NULL);
	return g;
}

static void free_report(struct report *r)
{
	if (!r)
		return;
	buf_finish(&r->texts);
	free(r->sets);
	free(r);
}

void agents_free(struct agents *g)
{
	if (!g)
		return;
	for (struct report *r = g->reports, *next; r; r = next) {
		next = r->next;
		free_report(r);
	}
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}

void agent_sets_finish(struct agent_sets *sets)
{
	for (size_t i = 0; i < sets->count; i++)
		free(sets->parameters[i]);
	*sets = (struct agent_sets){ 0 };
}

/* "&Dimensions.member.N.Name=...&Dimensions.member.N.Value=..." */
static int append_dimension(
	struct buf *b, size_t number, const char *name, const char *value)
{
	int r = buf_appendf(b, "&Dimensions.member.%zu.Name=", number);

	if (r == 0)
		r = sigv4_encode(span_of(name), false, b);
	if (r == 0)
		r = buf_appendf(b, "&Dimensions.member.%zu.Value=", number);
	return r < 0 ? r : sigv4_encode(span_of(value), false, b);
}

/* The parameters of a metric, and of which instance it is: NULL where it names none. */
static int read_dimensions(const struct json *metric, struct buf *parameters,
	const char **ret_instance, size_t *ret_count)
{
	const struct json *d = json_first(json_member(metric, "Dimensions"));
	const char *instance = NULL;
	size_t count = 0;
	int r = 0;

	for (; d && r == 0; d = json_next(d)) {
		const char *name = json_member_text(d, "Name");
		const char *value = json_member_text(d, "Value");

		if (!name || !value || ++count > AGENT_DIMENSIONS_MAX)
			return -EBADMSG;
		if (strcmp(name, INSTANCE) == 0)
			instance = value;
		r = append_dimension(parameters, count, name, value);
	}
	*ret_instance = instance;
	*ret_count = count;
	return r;
}

static int append_text(struct buf *texts, struct span text, size_t *ret)
{
	size_t at = texts->len;
	int r = buf_append_span(texts, text);

	if (r == 0)
		r = buf_append_byte(texts, '\0');
	if (r == 0)
		*ret = at;
	return r;
}

static int add_set(struct report *x, const char *instance, size_t dimensions,
	const struct buf *parameters)
{
	struct set set = { .dimensions = dimensions };
	int r = VEC_RESERVE(&x->sets, &x->cap, x->count + 1, AGENT_COUNT_MAX);

	if (r == 0)
		r = append_text(&x->texts, span_of(instance), &set.instance);
	if (r == 0)
		r = append_text(&x->texts, buf_span(parameters), &set.parameters);
	if (r == 0)
		x->sets[x->count++] = set;
	return r;
}

static int add_metric(struct report *x, struct span element)
{
	struct buf parameters = BUF_INIT(SET_BYTES_MAX);
	const char *instance = NULL;
	struct json *metric = NULL;
	size_t dimensions = 0;
	int r = json_parse(element, &metric);

	if (r == 0)
		r = read_dimensions(metric, &parameters, &instance, &dimensions);
	/* An agent of a machine that is no instance is of no interest. */
	if (r == 0 && instance)
		r = add_set(x, instance, dimensions, &parameters);
	json_free(metric);
	buf_finish(&parameters);
	return r;
}

static int add_page(void *context, const struct convert_page *page, struct fault *why)
{
	struct report *x = context;
	int r = 0;

	for (size_t i = 0; i < page->count && r == 0; i++)
		r = add_metric(x, account_element(page, i));
	if (r == -EBADMSG)
		return fault(why, r, "ListMetrics: a metric without good dimensions");
	if (r == -EFBIG)
		return fault(why, r, "ListMetrics: more metrics than a region may have");
	return r;
}

/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters): of qsort_r() */
static int compare_sets(const void *a, const void *b, void *context)
{
	const char *texts = context;
	const struct set *x = a, *y = b;
	int order = strcmp(texts + x->instance, texts + y->instance);

	if (order == 0)
		order = (x->dimensions > y->dimensions) - (x->dimensions < y->dimensions);
	return order ? order : strcmp(texts + x->parameters, texts + y->parameters);
}

/* What was denied is an answer, too: it would be denied for each instance. */
static int ask(struct resource_account *a, struct report *x, const atomic_bool *stop,
	struct fault *why)
{
	const struct account_call call = { .service = AWS_CLOUDWATCH,
		.region = x->region,
		.operation = "ListMetrics",
		.parameters = "&Namespace=CWAgent&MetricName=mem_used_percent",
		.path = "Metrics[]" };
	const struct account_pages pages = { &call, add_page, x };
	int r = account_ask_pages(a, &pages, stop, NULL, &x->why);

	if (r < 0 && r != -EACCES) {
		if (why)
			*why = x->why;
		return r;
	}
	x->error = r;
	if (x->count)
		qsort_r(x->sets, x->count, sizeof(x->sets[0]), compare_sets, x->texts.p);
	x->until_ms = clock_monotonic_ms(account_context(a)->clock) +
		AGENT_SECONDS * UINT64_C(1000);
	return 0;
}

/* Under lock. The place that points to it; to NULL where there is none. */
static struct report **find_report(struct agents *g, const char *region)
{
	struct report **at = &g->reports;

	while (*at && strcmp((*at)->region, region) != 0)
		at = &(*at)->next;
	return at;
}

/* In place of an older one. */
static void keep(struct agents *g, struct report *x)
{
	struct report **at, *before;

	(void)pthread_mutex_lock(&g->lock);
	at = find_report(g, x->region);
	before = *at;
	x->next = before ? before->next : NULL;
	*at = x;
	(void)pthread_mutex_unlock(&g->lock);
	free_report(before);
}

/* The first that is not before the instance. */
static size_t first_of(const struct report *x, const char *instance)
{
	size_t low = 0, high = x->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(x->texts.p + x->sets[middle].instance, instance) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int copy_sets(const struct report *x, const char *instance, struct agent_sets *ret)
{
	for (size_t i = first_of(x, instance);
		i < x->count && ret->count < AGENT_SETS_MAX &&
		strcmp(x->texts.p + x->sets[i].instance, instance) == 0;
		i++) {
		char *copy = strdup(x->texts.p + x->sets[i].parameters);

		if (!copy)
			return -ENOMEM;
		ret->parameters[ret->count++] = copy;
	}
	return 0;
}

/* -EAGAIN where it is not known; else as agents_find(). */
static int look(struct resource_account *a, const char *region, const char *instance,
	struct agent_sets *ret, struct fault *why)
{
	struct agents *g = account_agents(a);
	uint64_t now_ms = clock_monotonic_ms(account_context(a)->clock);
	const struct report *x;
	int r = -EAGAIN;

	(void)pthread_mutex_lock(&g->lock);
	x = *find_report(g, region);
	if (x && now_ms < x->until_ms) {
		r = x->error < 0 ? x->error : copy_sets(x, instance, ret);
		if (x->error < 0 && why)
			*why = x->why;
	}
	(void)pthread_mutex_unlock(&g->lock);
	return r;
}

static int learn(struct resource_account *a, const char *region, const atomic_bool *stop,
	struct fault *why)
{
	struct report *x = calloc(1, sizeof(*x));
	size_t len = strlen(region);
	int r;

	if (!x)
		return -ENOMEM;
	if (len >= sizeof(x->region)) {
		free(x);
		return fault(why, -EIO, "\"%.64s\" is no region", region);
	}
	memcpy(x->region, region, len + 1);
	x->texts = BUF_INIT(AGENT_BYTES_MAX);
	r = ask(a, x, stop, why);
	if (r < 0)
		free_report(x);
	else
		keep(account_agents(a), x);
	return r;
}

int agents_find(struct resource_account *a, const char *region, const char *instance,
	const atomic_bool *stop, struct agent_sets *ret, struct fault *why)
{
	int r = look(a, region, instance, ret, why);

	if (r != -EAGAIN)
		return r;
	/* Two that come at once may both ask: no lock is held over a call. */
	r = learn(a, region, stop, why);
	if (r == 0)
		r = look(a, region, instance, ret, why);
	return r == -EAGAIN ? fault(why, -ETIMEDOUT, "ListMetrics: it took an hour") : r;
}
