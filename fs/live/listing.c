/* Listings: the table of them, the queue, and which are due. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/live/live_private.h"

static const char *service_of(size_t kind)
{
	if (kind == LIVE_REGIONS)
		return "";
	return kind == LIVE_METRICS ? "cloudwatch" : resource_kind_at(kind)->service;
}

static const char *type_of(size_t kind)
{
	if (kind == LIVE_REGIONS)
		return "regions";
	return kind == LIVE_METRICS ? "metrics" : resource_kind_at(kind)->type;
}

static int compare(const struct listing_name *x, const struct listing_name *y)
{
	int order = strcmp(x->account, y->account);

	if (order == 0)
		order = strcmp(service_of(x->kind), service_of(y->kind));
	if (order == 0)
		order = strcmp(x->region, y->region);
	if (order == 0)
		order = (x->kind > y->kind) - (x->kind < y->kind);
	return order ? order : strcmp(x->instance, y->instance);
}

static const char *put_text(char **at, const char *text)
{
	size_t bytes = strlen(text) + 1;
	const char *begin = memcpy(*at, text, bytes);

	*at += bytes;
	return begin;
}

static struct listing *new_listing(const struct listing_name *name)
{
	struct listing *x = calloc(1,
		sizeof(*x) + strlen(name->account) + strlen(name->region) +
			strlen(name->instance) + 3);
	char *at;

	if (!x)
		return NULL;
	at = x->text;
	x->name.account = put_text(&at, name->account);
	x->name.region = put_text(&at, name->region);
	x->name.instance = put_text(&at, name->instance);
	x->name.kind = name->kind;
	x->success.seconds = x->failure.seconds = INSTANT_NONE;
	x->turn_ms = UINT64_MAX;
	return x;
}

void listing_free(struct listing *x)
{
	if (!x)
		return;
	inventory_unref(x->shown);
	free(x->fault);
	free(x);
}

/* Answers whether it is there; *ret_at: where it is, or belongs. */
static bool find(const struct live *l, const struct listing_name *name, size_t *ret_at)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(&l->items[middle]->name, name);

		if (order == 0) {
			*ret_at = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_at = low;
	return false;
}

static bool can_be(const struct listing_name *name)
{
	return strlen(name->account) < LIVE_ACCOUNT_TEXT &&
		strlen(name->instance) < LIVE_INSTANCE_TEXT &&
		(name->kind == LIVE_METRICS) == (name->instance[0] != '\0') &&
		(name->region[0] == '\0' || live_is_region(span_of(name->region)));
}

int listing_reach(struct live *l, const struct listing_name *name, struct listing **ret)
{
	struct listing *x;
	size_t at;
	int r;

	assert(name->kind == LIVE_REGIONS || name->kind == LIVE_METRICS ||
		name->kind < resource_kind_count());
	if (!can_be(name))
		return -EINVAL;
	if (find(l, name, &at)) {
		*ret = l->items[at];
		return 0;
	}
	r = vec_reserve((void **)&l->items, &l->cap, l->count + 1,
		sizeof(struct listing *), LIVE_LISTINGS_MAX);
	if (r < 0)
		return -ENOMEM;
	x = new_listing(name);
	if (!x)
		return -ENOMEM;
	memmove(&l->items[at + 1], &l->items[at],
		(l->count - at) * sizeof(struct listing *));
	l->items[at] = x;
	l->count++;
	*ret = x;
	return 0;
}

struct live_key listing_key(const struct live *l, const struct listing *x)
{
	return (struct live_key){
		.identity = l->identity,
		.account = x->name.account,
		.service = service_of(x->name.kind),
		.type = type_of(x->name.kind),
		.region = x->name.region,
		.instance = x->name.instance,
	};
}

/* What a file says, and who writes files may be wrong about. */
static bool is_of(const struct listing *x, const struct inventory *v)
{
	if (x->name.kind == LIVE_REGIONS)
		return live_are_regions(v);
	return x->name.kind != LIVE_METRICS || live_are_metrics(v, x->name.instance);
}

int listing_load(const struct live *l, const struct listing *x, struct inventory **ret)
{
	const struct live_key key = listing_key(l, x);
	struct inventory *v;
	int r = l->dir_fd < 0 ? -ENOENT
			      : live_cache_load(l->dir_fd, &key, clock_now(l->clock), &v);

	if (r < 0)
		return r;
	if (!is_of(x, v)) {
		inventory_unref(v);
		return -EBADMSG;
	}
	*ret = v;
	return 0;
}

unsigned listing_period(const struct live *l, const struct listing *x)
{
	return l->refresh_seconds > 0 && l->refresh_seconds < LIVE_METRICS_SECONDS &&
			x->name.kind == LIVE_METRICS
		? LIVE_METRICS_SECONDS
		: l->refresh_seconds;
}

bool listing_is_older(const struct live *l, const struct listing *x, unsigned seconds)
{
	int64_t now = clock_now(l->clock).seconds;

	return x->success.seconds == INSTANT_NONE || x->success.seconds > now ||
		now - x->success.seconds > (int64_t)seconds;
}

static void plan(struct live *l, struct listing *x, uint64_t turn_ms)
{
	x->turn_ms = turn_ms;
	if (turn_ms < l->turn_ms) {
		l->turn_ms = turn_ms;
		pthread_cond_signal(&l->work);
	}
}

void listing_plan(struct live *l, struct listing *x)
{
	if (l->refresh_seconds > 0)
		plan(l, x,
			clock_monotonic_ms(l->clock) +
				listing_period(l, x) * UINT64_C(1000));
}

/* Its turn is when it is old, if it is not yet. */
static void plan_when_old(struct live *l, struct listing *x)
{
	unsigned period = listing_period(l, x);
	int64_t age = clock_now(l->clock).seconds - x->success.seconds;
	uint64_t turn_ms;

	if (period == 0 || listing_is_older(l, x, period))
		return;
	turn_ms =
		clock_monotonic_ms(l->clock) + ((uint64_t)period - (uint64_t)age) * 1000;
	if (turn_ms < x->turn_ms)
		plan(l, x, turn_ms);
}

void listing_use(struct live *l, struct listing *x)
{
	x->is_used = true;
	x->is_active = true;
	x->used = ++l->uses;
	plan_when_old(l, x);
}

/* After a success it keeps a listing whose time is to come, by a clock that is wrong,
 * from being asked for over and over. */
static uint64_t pause_ms(const struct live *l, const struct listing *x)
{
	unsigned seconds = LIVE_RETRY_SECONDS;

	if (x->error < 0)
		seconds = fault_is_passing(x->error) ? LIVE_RETRY_PASSING_SECONDS
						     : LIVE_RETRY_SECONDS;
	else if (!x->shown)
		seconds = 0;
	else if (l->refresh_seconds < seconds)
		seconds = l->refresh_seconds;
	return seconds * UINT64_C(1000);
}

bool listing_may_ask(const struct live *l, const struct listing *x)
{
	return !x->is_tried ||
		clock_monotonic_ms(l->clock) - x->tried_ms >= pause_ms(l, x);
}

void listing_queue(struct live *l, struct listing *x)
{
	struct listing **end = &l->queue;

	if (x->job != LISTING_IDLE)
		return;
	while (*end)
		end = &(*end)->next;
	*end = x;
	x->next = NULL;
	x->job = LISTING_QUEUED;
	pthread_cond_signal(&l->work);
}

/* Whether x would be one too many of its account, service or region. */
static bool may_run(const struct live *l, const struct listing *x)
{
	unsigned of_service = 0, of_region = 0, of_all = 0;

	for (const struct listing *y = l->running; y; y = y->next) {
		bool is_mine = strcmp(x->name.account, y->name.account) == 0;
		bool is_here = strcmp(x->name.region, y->name.region) == 0;

		if (strcmp(service_of(x->name.kind), service_of(y->name.kind)) != 0)
			continue;
		of_service += is_mine;
		of_region += is_mine && is_here;
		of_all += is_here;
	}
	return of_service < LIVE_SERVICE_CALLS && of_all < l->region_calls &&
		of_region < (x->is_awaited ? LIVE_REGION_CALLS : LIVE_TURN_CALLS);
}

struct listing *listing_pick(struct live *l)
{
	struct listing **best = NULL;
	struct listing *x;

	/* What somebody waits for is first, then what was queued first. */
	for (struct listing **at = &l->queue; *at; at = &(*at)->next) {
		if ((best && !(*at)->is_awaited) || !may_run(l, *at))
			continue;
		best = at;
		if ((*at)->is_awaited)
			break;
	}
	if (!best)
		return NULL;
	x = *best;
	*best = x->next;
	x->next = l->running;
	l->running = x;
	x->job = LISTING_RUNNING;
	x->is_used = false;
	return x;
}

void listing_rest(struct live *l, struct listing *x)
{
	struct listing **at = &l->running;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	x->next = NULL;
	x->job = LISTING_IDLE;
	/* Another may have waited for its place. */
	if (l->queue)
		pthread_cond_signal(&l->work);
}

static struct inventory *take_shown(struct live *l, struct listing *x)
{
	struct inventory *v = x->shown;

	if (v) {
		l->memory_bytes -= inventory_memory(v);
		x->shown = NULL;
		x->is_looked = !x->is_saved;
	}
	return v;
}

/* The one that was used least recently of those in memory, but that; of what is in the
 * cache first. */
static struct listing *least_used(
	const struct live *l, const struct listing *but, bool is_saved)
{
	struct listing *least = NULL;

	for (size_t i = 0; i < l->count; i++) {
		struct listing *x = l->items[i];

		if (x->shown && x != but && x->is_saved == is_saved &&
			(!least || x->used < least->used))
			least = x;
	}
	return least;
}

static void shrink(struct live *l, const struct listing *but)
{
	while (l->memory_bytes > l->memory_max) {
		struct listing *x = least_used(l, but, true);

		if (!x)
			x = least_used(l, but, false);
		if (!x)
			break;
		inventory_unref(take_shown(l, x));
	}
}

struct inventory *listing_show(
	struct live *l, struct listing *x, struct inventory *v, bool is_saved)
{
	struct inventory *before = take_shown(l, x);

	x->shown = v;
	x->is_looked = true;
	x->is_saved = is_saved;
	x->items = inventory_count(v);
	x->success = inventory_time(v);
	x->used = ++l->uses;
	l->memory_bytes += inventory_memory(v);
	shrink(l, x);
	return before;
}

/* What is not in the cache stays in memory: it would have to be asked for anew. */
static void take_turn(struct live *l, struct listing *x, uint64_t now)
{
	x->turn_ms = now + listing_period(l, x) * UINT64_C(1000);
	if (x->job != LISTING_IDLE)
		return;
	if (x->is_used) {
		listing_queue(l, x);
		return;
	}
	x->turn_ms = UINT64_MAX;
	x->is_active = false;
	if (x->is_saved)
		inventory_unref(take_shown(l, x));
}

void listing_take_turns(struct live *l)
{
	uint64_t now = clock_monotonic_ms(l->clock), first = UINT64_MAX;

	if (now < l->turn_ms)
		return;
	for (size_t i = 0; i < l->count; i++) {
		struct listing *x = l->items[i];

		if (x->turn_ms <= now)
			take_turn(l, x, now);
		if (x->turn_ms < first)
			first = x->turn_ms;
	}
	l->turn_ms = first;
}
