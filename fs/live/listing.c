/* Listings: the table of them, the queue, and which are due. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/live/live_private.h"

static const char *service_of(size_t kind)
{
	return kind == LIVE_REGIONS ? "" : resource_kind_at(kind)->service;
}

static int compare(
	const struct listing *x, const char *account, size_t kind, const char *region)
{
	int order = strcmp(x->account, account);

	if (order == 0)
		order = strcmp(service_of(x->kind), service_of(kind));
	if (order == 0)
		order = strcmp(x->region, region);
	if (order == 0)
		order = (x->kind > kind) - (x->kind < kind);
	return order;
}

static struct listing *new_listing(const char *account, size_t kind, const char *region)
{
	size_t account_bytes = strlen(account) + 1, region_bytes = strlen(region) + 1;
	struct listing *x = calloc(1, sizeof(*x) + account_bytes + region_bytes);

	if (!x)
		return NULL;
	memcpy(x->text, account, account_bytes);
	memcpy(x->text + account_bytes, region, region_bytes);
	x->account = x->text;
	x->region = x->text + account_bytes;
	x->kind = kind;
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
static bool find(const struct live *l, const char *account, size_t kind,
	const char *region, size_t *ret_at)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(l->items[middle], account, kind, region);

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

int listing_reach(struct live *l, const char *account, size_t kind, const char *region,
	struct listing **ret)
{
	struct listing *x;
	size_t at;
	int r;

	assert(kind == LIVE_REGIONS || kind < resource_kind_count());
	if (strlen(account) >= LIVE_ACCOUNT_TEXT ||
		(region[0] != '\0' && !live_is_region(span_of(region))))
		return -EINVAL;
	if (find(l, account, kind, region, &at)) {
		*ret = l->items[at];
		return 0;
	}
	r = vec_reserve((void **)&l->items, &l->cap, l->count + 1,
		sizeof(struct listing *), LIVE_LISTINGS_MAX);
	if (r < 0)
		return -ENOMEM;
	x = new_listing(account, kind, region);
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
		.account = x->account,
		.service = service_of(x->kind),
		.type = x->kind == LIVE_REGIONS ? "regions"
						: resource_kind_at(x->kind)->type,
		.region = x->region,
	};
}

int listing_load(const struct live *l, const struct listing *x, struct inventory **ret)
{
	const struct live_key key = listing_key(l, x);
	struct inventory *v;
	int r = l->dir_fd < 0 ? -ENOENT
			      : live_cache_load(l->dir_fd, &key, clock_now(l->clock), &v);

	if (r < 0)
		return r;
	if (x->kind == LIVE_REGIONS && !live_are_regions(v)) {
		inventory_unref(v);
		return -EBADMSG;
	}
	*ret = v;
	return 0;
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
				l->refresh_seconds * UINT64_C(1000));
}

/* Its turn is when it is old, if it is not yet. */
static void plan_when_old(struct live *l, struct listing *x)
{
	int64_t age = clock_now(l->clock).seconds - x->success.seconds;
	uint64_t turn_ms;

	if (l->refresh_seconds == 0 || listing_is_older(l, x, l->refresh_seconds))
		return;
	turn_ms = clock_monotonic_ms(l->clock) +
		((uint64_t)l->refresh_seconds - (uint64_t)age) * 1000;
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

/* It passes by itself, or by a login. */
static bool is_passing(int error)
{
	switch (error) {
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -ETIMEDOUT:
	case -ENOKEY:
	case -EKEYEXPIRED:
	case -EKEYREJECTED:
		return true;
	default:
		return false;
	}
}

/* After a success it keeps a listing whose time is to come, by a clock that is wrong,
 * from being asked for over and over. */
static uint64_t pause_ms(const struct live *l, const struct listing *x)
{
	unsigned seconds = LIVE_RETRY_SECONDS;

	if (x->error < 0)
		seconds = is_passing(x->error) ? LIVE_RETRY_PASSING_SECONDS
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
		bool is_mine = strcmp(x->account, y->account) == 0;
		bool is_here = strcmp(x->region, y->region) == 0;

		if (strcmp(service_of(x->kind), service_of(y->kind)) != 0)
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
	x->turn_ms = now + l->refresh_seconds * UINT64_C(1000);
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
