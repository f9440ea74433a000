/* Scopes and selections: which slices, and what they come to. */
#include "fs/view/scope.h"

#include <errno.h>

#include "fs/view/groups.h"

bool selection_has(const struct selection *s, struct span account_id)
{
	size_t low = 0, high;

	if (!s || s->count == 0)
		return true;
	high = s->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = span_cmp(span_of(s->ids[mid]), account_id);

		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

struct slice_walk slice_walk_start(const struct scope *s, bool unconnected)
{
	struct slice_walk w = { .scope = s, .unconnected = unconnected };

	if (s->account == VIEW_ALL) {
		w.account_end = month_account_count(s->month);
	} else {
		w.account = s->account;
		w.account_end = s->account + 1;
	}
	return w;
}

static bool is_connected(const struct scope *s, uint32_t account)
{
	uint32_t id = month_account(s->month, account)->id;

	return selection_has(s->selection, month_text(s->month, id));
}

bool slice_walk_next(struct slice_walk *w, uint32_t *ret_slice)
{
	const struct scope *s = w->scope;

	while (w->slice == w->slice_end) {
		uint32_t account = w->account, first;

		if (account == w->account_end)
			return false;
		w->account++;
		if (is_connected(s, account) == w->unconnected)
			continue;
		if (s->service == VIEW_ALL) {
			uint32_t n = month_account_slices(s->month, account, &first);

			w->slice = n ? first : 0;
			w->slice_end = w->slice + n;
		} else if (month_find_slice(s->month, account, s->service, &first) == 0) {
			w->slice = first;
			w->slice_end = first + 1;
		}
	}
	*ret_slice = w->slice++;
	return true;
}

int scope_slice(const struct scope *s, uint32_t *ret_slice)
{
	if (s->account == VIEW_ALL || s->service == VIEW_ALL ||
		!is_connected(s, s->account))
		return -ENOENT;
	return month_find_slice(s->month, s->account, s->service, ret_slice);
}

int scope_check(const struct scope *s)
{
	uint32_t slice;
	int r;

	if (s->account != VIEW_ALL && s->account >= month_account_count(s->month))
		return -ENOENT;
	if (s->service != VIEW_ALL && s->service >= month_service_count(s->month))
		return -ENOENT;
	if (s->resource == VIEW_ALL)
		return 0;
	r = scope_slice(s, &slice);
	if (r < 0)
		return r;
	return s->resource < month_slice(s->month, slice)->resource_count ? 0 : -ENOENT;
}

/* A resource's money stands in the entries of its slice, one for each of its regions. */
static int sum_slice(const struct scope *s, uint32_t slice, struct groups *sums)
{
	static const uint32_t none[GROUP_KEYS];
	enum dim dim = s->resource == VIEW_ALL ? DIM_CHARGE_TYPE : DIM_RESOURCE;
	struct group *group;
	size_t count;
	const struct entry *e = month_entries(s->month, slice, dim, &count);

	for (size_t i = 0; i < count; i++) {
		int r;

		if (s->resource != VIEW_ALL && e[i].key[0] != s->resource)
			continue;
		r = groups_add(sums, none, &e[i], &group);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Dearest first, as in every file. */
static void sort_totals(const struct month *m, struct groups *sums)
{
	for (size_t i = 1; i < sums->count; i++) {
		struct group moved = sums->items[i];
		size_t at = i;

		while (at > 0 && group_cmp_cost(&sums->items[at - 1], &moved, m) > 0) {
			sums->items[at] = sums->items[at - 1];
			at--;
		}
		sums->items[at] = moved;
	}
}

ssize_t view_totals(const struct scope *scope, struct entry *ret, size_t max)
{
	struct groups sums = { 0 };
	struct slice_walk walk;
	uint32_t slice;
	ssize_t r = scope_check(scope);

	if (r < 0)
		return r;
	walk = slice_walk_start(scope, false);
	while (r == 0 && slice_walk_next(&walk, &slice))
		r = sum_slice(scope, slice, &sums);
	if (r == 0) {
		sort_totals(scope->month, &sums);
		for (size_t i = 0; i < sums.count && i < max; i++)
			ret[i] = sums.items[i].sum;
		r = (ssize_t)sums.count;
	}
	groups_finish(&sums);
	return r;
}

const char *view_status(const struct scope *scope)
{
	bool has_final = false, has_estimated = false;
	struct slice_walk walk;
	uint32_t slice;

	if (!month_facts(scope->month)->has_invoices)
		return "";
	if (scope_check(scope) < 0)
		return "estimated";
	walk = slice_walk_start(scope, false);
	while (slice_walk_next(&walk, &slice)) {
		size_t count;
		const struct entry *e =
			month_entries(scope->month, slice, DIM_INVOICE, &count);

		for (size_t i = 0; i < count; i++) {
			if (month_text(scope->month, e[i].key[0]).len)
				has_final = true;
			else
				has_estimated = true;
		}
	}
	if (!has_final)
		return "estimated";
	if (!has_estimated)
		return "final";
	/* Which lines of the service are billed is known, not which resource's. */
	return scope->resource == VIEW_ALL ? "mixed" : "";
}
