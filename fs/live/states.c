/* What is known of listings and their failures, as rows. */
#include <errno.h>
#include <string.h>

#include "base/vec.h"
#include "fs/live/live_private.h"

int listing_failure(const struct listing *x, struct fault *why)
{
	if (why && x->fault)
		*why = *x->fault;
	else
		fault(why, x->error, "%s", fault_errno_text(x->error));
	return x->error;
}

/* What was only looked for, and is not there, is of no interest. */
static bool has_state(const struct listing *x, const char *account)
{
	return (!account || strcmp(x->name.account, account) == 0) &&
		(x->job != LISTING_IDLE || x->success.seconds != INSTANT_NONE ||
			x->failure.seconds != INSTANT_NONE);
}

static void describe(const struct listing *x, struct live_status *ret)
{
	*ret = (struct live_status){
		.kind = x->name.kind,
		.is_loading = x->job != LISTING_IDLE,
		.items = x->items,
		.success = x->success,
		.failure = x->failure,
	};
	memcpy(ret->account, x->name.account, strlen(x->name.account) + 1);
	memcpy(ret->region, x->name.region, strlen(x->name.region) + 1);
	if (x->error < 0)
		ret->fault.error = listing_failure(x, &ret->fault);
	else if (x->fault)
		ret->fault = *x->fault;
}

/* Metrics of one more instance of the region, into the same row. */
static void add_instance(struct live_status *row, const struct live_status *more)
{
	row->is_loading |= more->is_loading;
	row->items += more->items;
	if (more->success.seconds > row->success.seconds)
		row->success = more->success;
	if (more->fault.error < 0 &&
		(row->fault.error == 0 || more->failure.seconds > row->failure.seconds))
		row->fault = more->fault;
	if (more->failure.seconds > row->failure.seconds)
		row->failure = more->failure;
}

/* Whether both are of one row. */
static bool is_same_row(const struct listing *x, const struct listing *y)
{
	return x->name.kind == LIVE_METRICS && y->name.kind == LIVE_METRICS &&
		strcmp(x->name.account, y->name.account) == 0 &&
		strcmp(x->name.region, y->name.region) == 0;
}

/* With the lock. The rows, where all is NULL only their count. */
static size_t describe_all(
	const struct live *l, const char *account, struct live_status *all)
{
	const struct listing *last = NULL;
	struct live_status more;
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct listing *x = l->items[i];
		bool is_same = last && is_same_row(last, x);

		if (!has_state(x, account))
			continue;
		if (all && is_same) {
			describe(x, &more);
			add_instance(&all[count - 1], &more);
		} else if (all) {
			describe(x, &all[count]);
		}
		count += !is_same;
		last = x;
	}
	return count;
}

ssize_t live_states(struct live *l, const char *account, struct live_status **ret)
{
	struct live_status *all;
	size_t count;

	pthread_mutex_lock(&l->lock);
	count = describe_all(l, account, NULL);
	all = vec_alloc(count > 0 ? count : 1, sizeof(*all));
	if (all)
		(void)describe_all(l, account, all);
	pthread_mutex_unlock(&l->lock);
	if (!all)
		return -ENOMEM;
	*ret = all;
	return (ssize_t)count;
}
