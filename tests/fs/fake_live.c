#include "tests/fs/fake_live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FAKE_MAX = 64, FAKE_WHERE = 256, FAKE_REGIONS = 1024 };

struct told {
	char where[FAKE_WHERE];
	struct inventory *inventory;
	char regions[FAKE_REGIONS];
	size_t regions_len;
	struct fault fault;
	unsigned asked, used;
};
struct live {
	struct told told[FAKE_MAX];
	size_t count;
};

struct inventory *fake_inventory(
	const char *time, const struct fake_resource *items, size_t count)
{
	struct inventory_builder *b;
	struct inventory *v = NULL;
	struct instant at;

	if (instant_parse(span_of(time), &at) < 0)
		abort();
	b = inventory_builder_new(at);
	if (!b)
		abort();
	for (size_t i = 0; i < count; i++) {
		struct inventory_item item = { 0 };
		char json[512];

		(void)snprintf(json, sizeof(json), "{\n    \"Id\": \"%s\"\n}",
			items[i].text[INVENTORY_ID]);
		for (int k = 0; k < INVENTORY_FIELD_COUNT; k++)
			item.text[k] = span_of(items[i].text[k]);
		item.json = span_of(items[i].json ? items[i].json : json);
		if (inventory_builder_add(b, &item) < 0)
			abort();
	}
	if (inventory_builder_finish(b, &v) < 0)
		abort();
	return v;
}

struct live *fake_live_new(void)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	return l;
}

void live_close(struct live *l)
{
	for (size_t i = 0; l && i < l->count; i++)
		inventory_unref(l->told[i].inventory);
	free(l);
}

static struct told *find(struct live *l, const char *where)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->told[i].where, where) == 0)
			return &l->told[i];
	if (l->count == FAKE_MAX || strlen(where) >= FAKE_WHERE)
		abort();
	memcpy(l->told[l->count].where, where, strlen(where) + 1);
	return &l->told[l->count++];
}

void fake_live_put(struct live *l, const char *where, struct inventory *v)
{
	struct told *t = find(l, where);

	inventory_unref(t->inventory);
	t->inventory = v;
	t->fault = (struct fault){ 0 };
}

void fake_live_regions(struct live *l, const char *account, const char *names)
{
	char where[FAKE_WHERE];
	struct told *t;

	(void)snprintf(where, sizeof(where), "%s regions", account);
	t = find(l, where);
	t->regions_len = strlen(names) + 1;
	if (t->regions_len > FAKE_REGIONS)
		abort();
	memcpy(t->regions, names, t->regions_len);
	for (size_t i = 0; i < t->regions_len; i++)
		if (t->regions[i] == ' ')
			t->regions[i] = '\0';
	t->fault = (struct fault){ 0 };
}

void fake_live_fail(
	struct live *l, const char *where, int error, const char *text, const char *cure)
{
	struct told *t = find(l, where);

	t->fault = (struct fault){ 0 };
	(void)fault(&t->fault, error, "%s", text);
	if (*cure)
		fault_cure(&t->fault, "%s", cure);
}

unsigned fake_live_asked(const struct live *l, const char *where)
{
	unsigned sum = 0;

	for (size_t i = 0; i < l->count; i++)
		if (!where || strcmp(l->told[i].where, where) == 0)
			sum += l->told[i].asked;
	return sum;
}

unsigned fake_live_used(const struct live *l, const char *where)
{
	unsigned sum = 0;

	for (size_t i = 0; i < l->count; i++)
		if (!where || strcmp(l->told[i].where, where) == 0)
			sum += l->told[i].used;
	return sum;
}

static struct told *find_kind(
	struct live *l, const char *account, size_t kind, const char *region)
{
	const struct resource_kind *k = resource_kind_at(kind);
	char where[FAKE_WHERE];

	/* Of a global kind there is no region, and of others there is one. */
	if (k->is_global != (*region == '\0'))
		abort();
	(void)snprintf(where, sizeof(where), "%s %s %s %s", account, k->service,
		*region ? region : "-", k->type);
	return find(l, where);
}

static int answer(struct told *t, bool is_there, bool load, struct fault *why)
{
	if (is_there) {
		t->used += load;
		return 0;
	}
	if (t->fault.error) {
		if (why)
			*why = t->fault;
		return t->fault.error;
	}
	t->asked += load;
	return -EAGAIN;
}

int live_regions(struct live *l, const char *account, bool load, struct buf *ret,
	struct fault *why)
{
	char where[FAKE_WHERE];
	struct told *t;
	int r;

	(void)snprintf(where, sizeof(where), "%s regions", account);
	t = find(l, where);
	r = answer(t, t->regions_len > 0, load, why);
	return r < 0 ? r : buf_append(ret, t->regions, t->regions_len);
}

/* NOLINTNEXTLINE(readability-function-size): as in the header */
int live_list(struct live *l, const char *account, size_t kind, const char *region,
	bool load, struct inventory **ret, struct fault *why)
{
	struct told *t = find_kind(l, account, kind, region);
	int r = answer(t, t->inventory != NULL, load, why);

	if (r == 0)
		*ret = inventory_ref(t->inventory);
	return r;
}

int live_known(struct live *l, const char *account, size_t kind, const char *region,
	struct inventory **ret)
{
	struct told *t = find_kind(l, account, kind, region);

	if (!t->inventory)
		return -ENOENT;
	*ret = inventory_ref(t->inventory);
	return 0;
}

static struct told *find_metrics(
	struct live *l, const char *account, const char *region, const char *instance)
{
	char where[FAKE_WHERE];

	(void)snprintf(
		where, sizeof(where), "%s metrics %s %s", account, region, instance);
	return find(l, where);
}

/* NOLINTNEXTLINE(readability-function-size): as in the header */
int live_metrics(struct live *l, const char *account, const char *region,
	const char *instance, bool load, struct inventory **ret, struct fault *why)
{
	struct told *t = find_metrics(l, account, region, instance);
	int r = answer(t, t->inventory != NULL, load, why);

	if (r == 0)
		*ret = inventory_ref(t->inventory);
	return r;
}

int live_metrics_known(struct live *l, const char *account, const char *region,
	const char *instance, struct inventory **ret)
{
	struct told *t = find_metrics(l, account, region, instance);

	if (!t->inventory)
		return -ENOENT;
	*ret = inventory_ref(t->inventory);
	return 0;
}

/* Eight for each that was asked for. */
uint64_t live_metrics_calls(struct live *l, const char *account)
{
	uint64_t calls = 0;

	for (size_t i = 0; i < l->count; i++)
		if (strstr(l->told[i].where, " metrics ") &&
			strncmp(l->told[i].where, account, strlen(account)) == 0)
			calls += UINT64_C(8) * l->told[i].asked;
	return calls;
}

void live_refresh(struct live *l)
{
	(void)l;
}

static void state_of(const struct told *t, struct live_status *ret)
{
	char service[FAKE_WHERE], region[FAKE_WHERE], type[FAKE_WHERE];
	struct span rest = span_of(t->where), part;
	char *parts[] = { ret->account, service, region, type };

	*ret = (struct live_status){ .kind = LIVE_REGIONS,
		.success = { INSTANT_NONE },
		.failure = { INSTANT_NONE },
		.fault = t->fault };
	service[0] = region[0] = type[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(parts) && span_split(&rest, ' ', &part); i++)
		(void)snprintf(parts[i], i == 0 ? LIVE_ACCOUNT_TEXT : FAKE_WHERE, "%.*s",
			SPAN_ARG(part));
	if (strcmp(service, "metrics") == 0)
		ret->kind = LIVE_METRICS;
	else if (strcmp(service, "regions") != 0 &&
		resource_kind_find(span_of(service), span_of(type), &ret->kind) < 0)
		abort();
	if (region[0] && strcmp(region, "-") != 0)
		memcpy(ret->region, region, LIVE_REGION_TEXT - 1);
	if (t->inventory) {
		ret->success = inventory_time(t->inventory);
		ret->items = inventory_count(t->inventory);
	}
	if (t->fault.error)
		ret->failure = (struct instant){ 1796000000 };
}

ssize_t live_states(struct live *l, const char *account, struct live_status **ret)
{
	struct live_status *made = calloc(l->count + 1, sizeof(*made));
	ssize_t n = 0;

	if (!made)
		return -ENOMEM;
	for (size_t i = 0; i < l->count; i++) {
		state_of(&l->told[i], &made[n]);
		if ((l->told[i].asked || l->told[i].fault.error || l->told[i].inventory ||
			    l->told[i].regions_len) &&
			(!account || strcmp(made[n].account, account) == 0))
			n++;
	}
	*ret = made;
	return n;
}
