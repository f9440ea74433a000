#include "aws/resource/account.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "aws/auth/client.h"
#include "aws/resource/account_private.h"
#include "aws/resource/agents.h"
#include "aws/resource/buckets.h"
#include "aws/resource/fields.h"
#include "aws/resource/metrics.h"
#include "aws/resource/owner.h"
#include "aws/resource/users.h"

enum { SITES_MAX = 512, REGIONS_BYTES_MAX = 64 * 1024, REGIONS_MAX = 1000 };

/* Where a service is asked. Stays where it is until the account goes. */
struct site {
	struct site *next;
	enum aws_service service;
	char region[ACCOUNT_REGION_MAX];
	struct client *client;
};

struct resource_account {
	const struct auth_context *context;
	struct credential_provider *credentials; /* a cache of an owner's */
	char *id;
	unsigned deadline_ms;
	void (*pause)(unsigned wait_ms, const atomic_bool *stop);
	_Atomic uint64_t calls; /* without retries */
	_Atomic uint64_t metrics_calls; /* those of CloudWatch */
	struct agents *agents;
	pthread_mutex_t lock; /* for who adds a site; a leaf */
	size_t count; /* of sites; guarded by lock */
	_Atomic(struct site *) sites; /* read without it */
};

int resource_account_new(const struct resource_account_options *options,
	struct resource_account **ret, struct fault *why)
{
	struct resource_account *a = calloc(1, sizeof(*a));
	struct credential_provider *owner = NULL;
	int r = -ENOMEM;

	if (!a)
		return -ENOMEM;
	a->context = options->context;
	a->deadline_ms = options->deadline_ms ? options->deadline_ms : CLIENT_DEADLINE_MS;
	a->pause = options->pause;
	/* With default attributes it cannot fail. */
	(void)pthread_mutex_init(&a->lock, NULL);
	a->id = strdup(options->account_id);
	a->agents = agents_new();
	if (a->id && a->agents)
		r = owner_new(options, &a->calls, &owner, why);
	if (r == 0)
		r = credential_cache_new(a->context->clock, owner, &a->credentials);
	if (r < 0) {
		resource_account_free(a);
		return r;
	}
	*ret = a;
	return 0;
}

void resource_account_free(struct resource_account *a)
{
	if (!a)
		return;
	for (struct site *s = atomic_load(&a->sites), *next; s; s = next) {
		next = s->next;
		client_free(s->client);
		free(s);
	}
	if (a->credentials)
		credential_provider_free(a->credentials);
	(void)pthread_mutex_destroy(&a->lock);
	agents_free(a->agents);
	free(a->id);
	free(a);
}

uint64_t resource_account_calls(const struct resource_account *a)
{
	uint64_t calls = atomic_load(&a->calls);

	for (const struct site *s = atomic_load(&a->sites); s; s = s->next)
		calls += client_retries(s->client);
	return calls;
}

uint64_t resource_account_metrics_calls(const struct resource_account *a)
{
	uint64_t calls = atomic_load(&a->metrics_calls);

	for (const struct site *s = atomic_load(&a->sites); s; s = s->next)
		if (s->service == AWS_CLOUDWATCH)
			calls += client_retries(s->client);
	return calls;
}

struct agents *account_agents(struct resource_account *a)
{
	return a->agents;
}

const struct auth_context *account_context(const struct resource_account *a)
{
	return a->context;
}

const char *account_home_region(const struct resource_account *a)
{
	return a->context->region ? a->context->region : "us-east-1";
}

const char *account_id_of(const struct resource_account *a)
{
	return a->id;
}

unsigned account_deadline_ms(const struct resource_account *a)
{
	return a->deadline_ms;
}

void account_count_call(struct resource_account *a, enum aws_service service)
{
	atomic_fetch_add(&a->calls, 1);
	if (service == AWS_CLOUDWATCH)
		atomic_fetch_add(&a->metrics_calls, 1);
}

static struct client *find_client(
	const struct resource_account *a, enum aws_service service, const char *region)
{
	for (const struct site *s = atomic_load(&a->sites); s; s = s->next)
		if (s->service == service && strcmp(s->region, region) == 0)
			return s->client;
	return NULL;
}

/* Under lock. */
static int add_client(struct resource_account *a, enum aws_service service,
	const char *region, struct client **ret, struct fault *why)
{
	const struct client_options options = { .context = a->context,
		.credentials = a->credentials,
		.service = service,
		.region = region,
		.deadline_ms = a->deadline_ms,
		.pause = a->pause };
	size_t len = strlen(region);
	struct site *site;
	int r;

	if (len >= ACCOUNT_REGION_MAX)
		return fault(why, -EINVAL, "\"%.64s\" is no region", region);
	if (a->count == SITES_MAX)
		return fault(why, -EFBIG, "more than %d regions are asked", SITES_MAX);
	site = calloc(1, sizeof(*site));
	if (!site)
		return -ENOMEM;
	*site = (struct site){ .next = atomic_load(&a->sites), .service = service };
	memcpy(site->region, region, len + 1);
	r = client_new(&options, &site->client, why);
	if (r < 0) {
		free(site);
		return r;
	}
	a->count++;
	atomic_store(&a->sites, site);
	*ret = site->client;
	return 0;
}

int account_client(struct resource_account *a, enum aws_service service,
	const char *region, struct client **ret, struct fault *why)
{
	struct client *client;
	int r = 0;

	(void)pthread_mutex_lock(&a->lock);
	client = find_client(a, service, region);
	if (!client)
		r = add_client(a, service, region, &client, why);
	(void)pthread_mutex_unlock(&a->lock);
	if (r == 0)
		*ret = client;
	return r;
}

/* One listing. */
struct listing {
	struct resource_account *account;
	struct inventory_builder *builder;
	const struct resource_call *how;
	struct account_call call;
};

static int add_page(void *context, const struct convert_page *page, struct fault *why)
{
	struct listing *l = context;
	int r = 0;

	for (size_t i = 0; i < page->count && r == 0; i++)
		r = fields_add(l->builder, l->how, l->call.region,
			account_element(page, i), why);
	if (r < 0)
		account_explain(l->account, &l->call, why);
	return r;
}

static int list_pages(struct listing *l, const atomic_bool *stop, struct fault *why)
{
	const struct account_pages pages = { &l->call, add_page, l };

	return account_ask_pages(l->account, &pages, stop, NULL, why);
}

static int list(struct listing *l, const atomic_bool *stop, struct fault *why)
{
	switch (l->how->way) {
	case RESOURCE_PAGES:
		return list_pages(l, stop, why);
	case RESOURCE_BUCKETS:
		return buckets_list(l->account, l->how, stop, l->builder, why);
	case RESOURCE_USERS:
		return users_list(l->account, l->how, stop, l->builder, why);
	}
	return -EINVAL;
}

int resource_account_list(struct resource_account *a, size_t kind, const char *region,
	const atomic_bool *stop, struct inventory **ret, struct fault *why)
{
	const struct resource_call *how = resource_kind_call(kind);
	struct listing l = { .account = a,
		.builder = inventory_builder_new(clock_now(a->context->clock)),
		.how = how,
		.call = { .service = how->service,
			.region = region,
			.operation = how->operation,
			.parameters = how->parameters,
			.path = how->path } };
	int r = l.builder ? list(&l, stop, why) : -ENOMEM;

	if (r == 0)
		r = inventory_builder_finish(l.builder, ret);
	if (r < 0)
		inventory_builder_free(l.builder);
	return r;
}

/* Names of regions, as they come. */
struct regions {
	char names[REGIONS_MAX][ACCOUNT_REGION_MAX];
	size_t count;
};

static bool is_region(struct span name)
{
	bool is_good = name.len > 0 && name.len < ACCOUNT_REGION_MAX;

	for (size_t i = 0; i < name.len && is_good; i++)
		is_good = (name.p[i] >= 'a' && name.p[i] <= 'z') ||
			(name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '-';
	return is_good;
}

static int add_regions(void *context, const struct convert_page *page, struct fault *why)
{
	struct regions *regions = context;

	for (size_t i = 0; i < page->count; i++) {
		struct span name = account_plain_text(account_element(page, i));

		if (!is_region(name))
			return fault(why, -EBADMSG, "DescribeRegions: no region: %.*s",
				SPAN_ARG(span_first(account_element(page, i), 64)));
		if (regions->count == REGIONS_MAX)
			return fault(why, -EFBIG, "DescribeRegions: more than %d",
				REGIONS_MAX);
		memcpy(regions->names[regions->count], name.p, name.len);
		regions->names[regions->count++][name.len] = '\0';
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int sort_regions(struct regions *regions, struct buf *ret)
{
	struct buf b = BUF_INIT(REGIONS_BYTES_MAX);
	int r = 0;

	qsort(regions->names, regions->count, sizeof(regions->names[0]), compare_names);
	for (size_t i = 0; i < regions->count && r == 0; i++)
		if (i == 0 || strcmp(regions->names[i], regions->names[i - 1]) != 0)
			r = buf_append(
				&b, regions->names[i], strlen(regions->names[i]) + 1);
	if (r < 0) {
		buf_finish(&b);
		return r;
	}
	buf_finish(ret);
	*ret = b;
	return 0;
}

static int ask_regions(struct resource_account *a, const char *region,
	const atomic_bool *stop, struct buf *ret, struct fault *why)
{
	const struct account_call call = { .service = AWS_EC2,
		.region = region,
		.operation = "DescribeRegions",
		.path = "Regions[].RegionName" };
	struct regions *regions = calloc(1, sizeof(*regions));
	const struct account_pages pages = { &call, add_regions, regions };
	int r = regions ? account_ask_pages(a, &pages, stop, NULL, why) : -ENOMEM;

	if (r == 0)
		r = sort_regions(regions, ret);
	free(regions);
	return r;
}

/* The partition's first region, which every account has: IAM is signed for it. */
static bool find_first_region(
	const struct resource_account *a, char ret[static ACCOUNT_REGION_MAX])
{
	struct aws_endpoint iam;
	size_t len;

	if (aws_endpoint_of(a->context, AWS_IAM, a->context->region, &iam, NULL) < 0)
		return false;
	len = strlen(iam.signing_region);
	if (len == 0 || len >= ACCOUNT_REGION_MAX ||
		strcmp(iam.signing_region, account_home_region(a)) == 0)
		return false;
	memcpy(ret, iam.signing_region, len + 1);
	return true;
}

int resource_account_regions(struct resource_account *a, const atomic_bool *stop,
	struct buf *ret, struct fault *why)
{
	char first[ACCOUNT_REGION_MAX];
	int r = ask_regions(a, "", stop, ret, why);

	/* The region of who asks need not be enabled in this account. */
	if (r != -EACCES || !find_first_region(a, first) ||
		ask_regions(a, first, stop, ret, NULL) < 0)
		return r;
	if (why)
		*why = (struct fault){ 0 };
	return 0;
}
