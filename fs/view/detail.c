/* One pass over the rows of a slice. */
#include "fs/view/detail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/vec.h"
#include "fs/store/render.h"
#include "fs/view/kit.h"
#include "fs/view/lead.h"
#include "fs/view/scope.h"

enum {
	PIECE_BYTES_MAX = 1 << 30,
	SCRATCH_BYTES_MAX = 1 << 26,
};
static const size_t TEXT_BYTES_MAX = (size_t)1 << 32;
static const size_t STRETCHES_MAX = (size_t)1 << 32;

struct detail {
	struct held held;
	uint32_t first, count; /* resources */
	struct buf text;
	/* Of resource i: summary from [2 * i], daily from [2 * i + 1] to [2 * i + 2]. */
	size_t *text_at;
	struct stretch *stretches; /* by resource, then piece */
	size_t *stretch_at; /* of resource i: from [i] to [i + 1] */
};

/* A stretch before it is put in order. */
struct mark {
	uint32_t resource;
	struct stretch stretch;
};
struct scan {
	const struct month *month;
	uint32_t slice;
	const atomic_bool *stop;
	struct detail *detail;
	struct intern *ids; /* as rendered */
	uint32_t *resource_of_id;
	struct intern *texts; /* usage types, operations, currencies */
	struct groups by_usage; /* resource, usage type, operation */
	struct groups by_day; /* resource, day */
	struct mark *marks;
	size_t mark_count, mark_cap;
	size_t *last_mark; /* of each resource, + 1 */
	struct buf piece, scratch;
};

static void free_detail(struct held *h)
{
	struct detail *d = (struct detail *)h;

	buf_finish(&d->text);
	free(d->text_at);
	free(d->stretches);
	free(d->stretch_at);
	free(d);
}

struct held *detail_held(struct detail *d)
{
	return &d->held;
}

const struct detail *detail_of_held(const struct held *h)
{
	return (const struct detail *)h;
}

static int add_id(struct scan *s, struct span id, uint32_t index)
{
	uint32_t known;
	int r;

	buf_clear(&s->scratch);
	r = render_cell(id, &s->scratch);
	if (r == 0)
		r = intern_add(s->ids, buf_span(&s->scratch), &known);
	/* Of two that read the same the first has the rows of both. */
	if (r == 0 && !s->resource_of_id[known])
		s->resource_of_id[known] = index + 1;
	return r;
}

static int start_scan(const struct scope *scope, struct scan *s)
{
	const struct month_resource *resources = month_resources(s->month, s->slice);
	struct detail *d = s->detail;
	uint32_t all = month_slice(s->month, s->slice)->resource_count;
	int r = 0;

	d->first = scope->resource / DETAIL_RESOURCES * DETAIL_RESOURCES;
	d->count = all - d->first < DETAIL_RESOURCES ? all - d->first : DETAIL_RESOURCES;
	d->text = BUF_INIT(TEXT_BYTES_MAX);
	d->text_at = vec_alloc((size_t)d->count * 2 + 1, sizeof(*d->text_at));
	d->stretch_at = vec_alloc((size_t)d->count + 1, sizeof(*d->stretch_at));
	s->piece = BUF_INIT(PIECE_BYTES_MAX);
	s->scratch = BUF_INIT(SCRATCH_BYTES_MAX);
	s->ids = intern_new();
	s->texts = intern_new();
	s->resource_of_id = vec_alloc(d->count, sizeof(*s->resource_of_id));
	s->last_mark = vec_alloc(d->count, sizeof(*s->last_mark));
	if (!d->text_at || !d->stretch_at || !s->ids || !s->texts || !s->resource_of_id ||
		!s->last_mark)
		return -ENOMEM;
	for (uint32_t i = 0; r == 0 && i < d->count; i++)
		r = add_id(s, month_text(s->month, resources[d->first + i].id), i);
	return r;
}

static void finish_scan(struct scan *s)
{
	intern_free(s->ids);
	intern_free(s->texts);
	free(s->resource_of_id);
	groups_finish(&s->by_usage);
	groups_finish(&s->by_day);
	free(s->marks);
	free(s->last_mark);
	buf_finish(&s->piece);
	buf_finish(&s->scratch);
}

/* The costs of a row are its text: what it lacks can only be guessed from what it has. */
static int read_costs(const struct lead_row *row, struct entry *ret)
{
	*ret = (struct entry){ .lines = 1 };
	for (unsigned c = 0; c < COST_COUNT; c++) {
		struct span text = row->cell[LEAD_UNBLENDED + c];
		int r;

		if (text.len == 0)
			continue;
		r = money_parse(text, &ret->cost[c], NULL);
		if (r < 0)
			return r == -ERANGE ? r : -EBADMSG;
		ret->filled[c] = 1;
	}
	ret->lacking[0] = ret->filled[COST_UNBLENDED] && !ret->filled[COST_AMORTIZED];
	ret->lacking[1] =
		ret->filled[COST_NET_UNBLENDED] && !ret->filled[COST_NET_AMORTIZED];
	return 0;
}

static int read_day(const struct lead_row *row, uint32_t *ret)
{
	struct instant start;
	int r;

	if (row->cell[LEAD_USAGE_START].len == 0) {
		*ret = (uint32_t)DAY_NONE;
		return 0;
	}
	r = instant_parse(row->cell[LEAD_USAGE_START], &start);
	if (r < 0)
		return -EBADMSG;
	*ret = (uint32_t)instant_day(start).number;
	return 0;
}

static int intern_cell(
	struct scan *s, const struct lead_row *row, enum lead cell, uint32_t *ret)
{
	struct span text;
	int r = lead_text(row, cell, &s->scratch, &text);

	return r < 0 ? r : intern_add(s->texts, text, ret);
}

static int add_sums(struct scan *s, const struct lead_row *row, uint32_t resource)
{
	uint32_t usage_key[GROUP_KEYS] = { resource }, day_key[GROUP_KEYS] = { resource };
	struct group *group;
	struct entry e;
	int r = read_costs(row, &e);

	if (r == 0)
		r = intern_cell(s, row, LEAD_CURRENCY, &e.currency);
	if (r == 0)
		r = intern_cell(s, row, LEAD_USAGE_TYPE, &usage_key[1]);
	if (r == 0)
		r = intern_cell(s, row, LEAD_OPERATION, &usage_key[2]);
	if (r == 0)
		r = read_day(row, &day_key[1]);
	if (r == 0)
		r = groups_add(&s->by_usage, usage_key, &e, &group);
	return r < 0 ? r : groups_add(&s->by_day, day_key, &e, &group);
}

static int add_mark(struct scan *s, uint32_t resource, uint32_t piece, size_t bytes)
{
	size_t last = s->last_mark[resource];
	int r;

	if (last && s->marks[last - 1].stretch.piece == piece) {
		s->marks[last - 1].stretch.bytes += (uint32_t)bytes;
		return 0;
	}
	r = VEC_RESERVE(&s->marks, &s->mark_cap, s->mark_count + 1, STRETCHES_MAX);
	if (r < 0)
		return -ENOMEM;
	s->marks[s->mark_count++] = (struct mark){ resource, { piece, (uint32_t)bytes } };
	s->last_mark[resource] = s->mark_count;
	s->detail->stretch_at[resource + 1]++;
	return 0;
}

static int scan_row(struct scan *s, const struct lead_row *row, uint32_t piece)
{
	uint32_t known, resource;
	int r;

	if (intern_find(s->ids, row->cell[LEAD_RESOURCE_ID], &known) < 0)
		return 0; /* a resource of another detail */
	resource = s->resource_of_id[known] - 1;
	r = add_sums(s, row, resource);
	return r < 0 ? r : add_mark(s, resource, piece, row->line.len);
}

static int scan_piece(struct scan *s, uint32_t piece, struct fault *why)
{
	struct span rest;
	struct lead_row row;
	int r = atomic_load(s->stop)
		? -ECANCELED
		: month_piece(s->month, s->slice, piece, &s->piece, why);

	if (r < 0)
		return r;
	rest = buf_span(&s->piece);
	while ((r = lead_next(&rest, LEAD_COUNT - 1, &row)) > 0) {
		r = scan_row(s, &row, piece);
		if (r < 0)
			break;
	}
	if (r == -ERANGE)
		return fault(why, r, "adding up a resource: a sum is too large");
	if (r == -EBADMSG)
		return fault(why, r, "reading cached rows: piece %" PRIu32 " is damaged",
			piece);
	return r == -EFBIG ? -ENOMEM : r;
}

static int order_stretches(struct scan *s)
{
	struct detail *d = s->detail;
	size_t *next = s->last_mark; /* of no more use */

	d->stretches = vec_alloc(s->mark_count + 1, sizeof(*d->stretches));
	if (!d->stretches)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->count; i++) {
		next[i] = d->stretch_at[i];
		d->stretch_at[i + 1] += d->stretch_at[i];
	}
	for (size_t i = 0; i < s->mark_count; i++)
		d->stretches[next[s->marks[i].resource]++] = s->marks[i].stretch;
	return 0;
}

/* Groups by their first key, as lists through next: index + 1, 0 = end. */
struct by_resource {
	uint32_t *first, *next;
};

static int list_groups(const struct groups *g, uint32_t count, struct by_resource *ret)
{
	ret->first = vec_alloc((size_t)count + 1, sizeof(*ret->first));
	ret->next = vec_alloc(g->count + 1, sizeof(*ret->next));
	if (!ret->first || !ret->next)
		return -ENOMEM;
	for (size_t i = 0; i < g->count; i++) {
		uint32_t *first = &ret->first[g->items[i].key[0]];

		ret->next[i] = *first;
		*first = (uint32_t)i + 1;
	}
	return 0;
}

static void free_list(struct by_resource *l)
{
	free(l->first);
	free(l->next);
}

/* Replaces rows by the resource's groups, keyed by what follows the resource. */
static int pick_groups(const struct groups *g, const struct by_resource *l,
	uint32_t resource, struct groups *rows)
{
	groups_clear(rows);
	for (uint32_t i = l->first[resource]; i; i = l->next[i - 1]) {
		const struct group *from = &g->items[i - 1];
		const uint32_t key[GROUP_KEYS] = { from->key[1], from->key[2] };
		struct group *to;
		int r = groups_put(rows, key, from->sum.currency, &to);

		if (r < 0)
			return r;
		to->sum = from->sum;
	}
	return 0;
}

static int render_resource(struct scan *s, const struct by_resource *usage,
	const struct by_resource *days, uint32_t resource, struct groups *rows)
{
	const struct table_source from = {
		.month = s->month, .texts = s->texts, .stop = s->stop
	};
	struct detail *d = s->detail;
	int r = pick_groups(&s->by_usage, usage, resource, rows);

	if (r == 0)
		r = table_render(kit_resource_summary(), &from, rows, &d->text);
	d->text_at[2 * resource + 1] = d->text.len;
	if (r == 0)
		r = pick_groups(&s->by_day, days, resource, rows);
	if (r == 0)
		r = table_fill_days(s->month, rows);
	if (r == 0)
		r = table_render(kit_resource_daily(), &from, rows, &d->text);
	d->text_at[2 * resource + 2] = d->text.len;
	return r;
}

static int render_all(struct scan *s)
{
	struct by_resource usage = { 0 }, days = { 0 };
	struct groups rows = { 0 };
	uint32_t count = s->detail->count;
	int r = list_groups(&s->by_usage, count, &usage);

	if (r == 0)
		r = list_groups(&s->by_day, count, &days);
	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = render_resource(s, &usage, &days, i, &rows);
	free_list(&usage);
	free_list(&days);
	groups_finish(&rows);
	return r == -EFBIG ? -ENOMEM : r;
}

static int scan_slice(struct scan *s, struct fault *why)
{
	uint64_t pieces = month_slice(s->month, s->slice)->extent_count;
	int r = pieces > UINT32_MAX ? fault(why, -EBADMSG, "too many pieces") : 0;

	for (uint64_t piece = 0; r == 0 && piece < pieces; piece++)
		r = scan_piece(s, (uint32_t)piece, why);
	if (r == 0)
		r = order_stretches(s);
	if (r == 0)
		r = render_all(s);
	return r;
}

int detail_build(const struct scope *scope, const atomic_bool *stop, struct detail **ret,
	struct fault *why)
{
	struct scan s = { .month = scope->month, .stop = stop };
	struct detail *d;
	int r = scope_slice(scope, &s.slice);

	if (r < 0)
		return r;
	d = vec_alloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	atomic_init(&d->held.refs, 1);
	d->held.free = free_detail;
	s.detail = d;
	r = start_scan(scope, &s);
	if (r == 0)
		r = scan_slice(&s, why);
	if (r == 0) {
		d->held.bytes = sizeof(*d) + d->text.cap +
			(size_t)d->count * 3 * sizeof(size_t) +
			s.mark_count * sizeof(struct stretch);
		*ret = d;
	} else {
		held_unref(&d->held);
	}
	finish_scan(&s);
	return r;
}

struct detail_resource detail_resource(const struct detail *d, uint32_t resource)
{
	size_t i = resource - d->first;
	const size_t *at = &d->text_at[2 * i];
	struct span text = buf_span(&d->text);
	struct detail_resource ret = {
		.summary = span_from(span_first(text, at[1]), at[0]),
		.daily = span_from(span_first(text, at[2]), at[1]),
		.stretches = &d->stretches[d->stretch_at[i]],
		.stretch_count = d->stretch_at[i + 1] - d->stretch_at[i],
	};

	for (size_t k = 0; k < ret.stretch_count; k++)
		ret.bytes += ret.stretches[k].bytes;
	return ret;
}

uint32_t detail_range(const struct detail *d, uint32_t *ret_first)
{
	*ret_first = d->first;
	return d->count;
}
