/* The roll-ups as data: one row a file, and the few functions that make keys of sums. */
#include "fs/view/kit.h"

#include <errno.h>

#include "fs/view/scope.h"

enum { RESOURCE_ID_KEY = 3 /* of TABLE_RESOURCES */ };

/* What a sum is keyed by. */
struct place {
	const struct month *month;
	uint32_t slice;
	const struct month_account *account;
	const struct month_service *service;
	uint32_t wanted; /* tag key or class */
	enum dim dim;
};
struct kit_key {
	uint32_t key[GROUP_KEYS];
	uint32_t label;
};
/* 1 and a key; 0 not in this file; -EBADMSG. ret is zeroed, without label. */
typedef int kit_key_fn(
	const struct place *at, const struct entry *e, struct kit_key *ret);

enum kit_after {
	AFTER_NOTHING,
	AFTER_DAYS, /* days without cost become rows */
	AFTER_REST, /* what has no tag becomes a row */
	AFTER_COVERAGE, /* each key gets each currency */
};
struct kit_file {
	kit_key_fn *key; /* NULL: no roll-up */
	enum dim dim;
	enum kit_after after;
	struct table table;
	uint32_t wanted; /* charge class */
	bool unconnected;
};

static int key_none(const struct place *at, const struct entry *e, struct kit_key *ret)
{
	(void)at;
	(void)e;
	(void)ret;
	return 1;
}

static int key_first(const struct place *at, const struct entry *e, struct kit_key *ret)
{
	(void)at;
	ret->key[0] = e->key[0];
	return 1;
}

static int key_both(const struct place *at, const struct entry *e, struct kit_key *ret)
{
	(void)at;
	ret->key[0] = e->key[0];
	ret->key[1] = e->key[1];
	return 1;
}

static int key_account(const struct place *at, const struct entry *e, struct kit_key *ret)
{
	(void)e;
	ret->key[0] = at->account->id;
	ret->label = at->account->name;
	return 1;
}

static int key_service(const struct place *at, const struct entry *e, struct kit_key *ret)
{
	(void)e;
	ret->key[0] = at->service->code;
	ret->label = at->service->name;
	return 1;
}

static int key_day_service(
	const struct place *at, const struct entry *e, struct kit_key *ret)
{
	ret->key[0] = e->key[0];
	ret->key[1] = at->service->code;
	return 1;
}

static const struct month_resource *resource_of(
	const struct place *at, const struct entry *e)
{
	if (e->key[0] >= month_slice(at->month, at->slice)->resource_count)
		return NULL;
	return &month_resources(at->month, at->slice)[e->key[0]];
}

static int key_resource(
	const struct place *at, const struct entry *e, struct kit_key *ret)
{
	const struct month_resource *resource = resource_of(at, e);

	if (!resource)
		return -EBADMSG;
	ret->key[0] = at->service->code;
	ret->key[1] = e->key[1];
	ret->key[2] = resource->dir;
	ret->key[3] = resource->id;
	ret->label = resource->name;
	return 1;
}

static int key_index(const struct place *at, const struct entry *e, struct kit_key *ret)
{
	const struct month_resource *resource = resource_of(at, e);

	if (!resource)
		return -EBADMSG;
	ret->key[0] = resource->dir;
	ret->key[1] = e->key[1];
	ret->key[2] = resource->id;
	ret->label = resource->name;
	return 1;
}

static int key_charge(const struct place *at, const struct entry *e, struct kit_key *ret)
{
	if (e->key[0] != at->wanted)
		return 0;
	ret->key[0] = at->service->code;
	ret->key[1] = e->key[1];
	return 1;
}

static int key_value(const struct place *at, const struct entry *e, struct kit_key *ret)
{
	if (e->key[0] != at->wanted)
		return 0;
	ret->key[0] = e->key[1];
	return 1;
}

static int key_split(const struct place *at, const struct entry *e, struct kit_key *ret)
{
	ret->key[0] = at->service->code;
	ret->key[1] = e->key[0];
	ret->key[2] = e->key[1];
	return 1;
}

/* clang-format off */
/* Behind the header of a table. */
#define ONE_KEY(kind) 1, false, { { kind, 0 }, { CELL_MONEY, 0 } }
#define LABELLED 1, false, { { CELL_TEXT, 0 }, { CELL_MONEY, 0 }, { CELL_LABEL, 0 } }
#define TABLE_ACCOUNTS { "account_id," TABLE_MONEY ",name\n", LABELLED }
#define TABLE_RESOURCES                                                                  \
	{ "service,region,resource,resource_id," TABLE_MONEY ",name\n", 4, false,        \
		{ { CELL_TEXT, 0 }, { CELL_TEXT, 1 }, { CELL_TEXT, 2 },                  \
			{ CELL_TEXT, 3 }, { CELL_MONEY, 0 }, { CELL_LABEL, 0 } } }
#define FILE_CHARGES(class)                                                              \
	{ key_charge, DIM_CHARGE, .wanted = (class),                                     \
		.table = { "service," TABLE_MONEY ",description\n", 2, false,            \
			{ { CELL_TEXT, 0 }, { CELL_MONEY, 0 }, { CELL_TEXT, 1 } } } }

static const struct kit_file kit_files[VIEW_FILE_COUNT] = {
	[VIEW_TOTAL] = { key_none, DIM_CHARGE_TYPE,
		.table = { "month,status,as_of," TABLE_MONEY "\n", 0, false,
			{ { CELL_MONTH, 0 }, { CELL_STATUS, 0 }, { CELL_AS_OF, 0 },
				{ CELL_MONEY, 0 } } } },
	[VIEW_BY_ACCOUNT] = { key_account, DIM_CHARGE_TYPE,
		.table = TABLE_ACCOUNTS },
	[VIEW_BY_SERVICE] = { key_service, DIM_CHARGE_TYPE,
		.table = { "service," TABLE_MONEY ",name\n", LABELLED } },
	[VIEW_BY_REGION] = { key_first, DIM_REGION,
		.table = { "region," TABLE_MONEY "\n", ONE_KEY(CELL_REGION) } },
	[VIEW_BY_USAGE_TYPE] = { key_first, DIM_USAGE_TYPE,
		.table = { "usage_type," TABLE_MONEY "\n", ONE_KEY(CELL_TEXT) } },
	[VIEW_BY_OPERATION] = { key_first, DIM_OPERATION,
		.table = { "operation," TABLE_MONEY "\n", ONE_KEY(CELL_TEXT) } },
	[VIEW_BY_CHARGE_TYPE] = { key_first, DIM_CHARGE_TYPE,
		.table = { "charge_type," TABLE_MONEY "\n", ONE_KEY(CELL_TEXT) } },
	[VIEW_BY_RESOURCE] = { key_resource, DIM_RESOURCE, .table = TABLE_RESOURCES },
	[VIEW_DAILY] = { key_first, DIM_DAY, AFTER_DAYS,
		.table = { "date," TABLE_MONEY "\n", 1, true,
			{ { CELL_DATE, 0 }, { CELL_MONEY, 0 } } } },
	[VIEW_DAILY_BY_SERVICE] = { key_day_service, DIM_DAY, AFTER_DAYS,
		.table = { "date,service," TABLE_MONEY "\n", 2, true,
			{ { CELL_DATE, 0 }, { CELL_TEXT, 1 }, { CELL_MONEY, 0 } } } },
	[VIEW_TAG_COVERAGE] = { key_first, DIM_TAG, AFTER_COVERAGE,
		.table = { "tag_key,tagged_cost,untagged_cost,tagged_percent,currency,"
			   "tagged_lines,untagged_lines\n", 1, false,
			{ { CELL_TEXT, 0 }, { CELL_COVERAGE, 0 } } } },
	[VIEW_UNTAGGED] = { key_resource, DIM_UNTAGGED, .table = TABLE_RESOURCES },
	[VIEW_CREDITS] = FILE_CHARGES(CHARGE_CREDIT),
	[VIEW_REFUNDS] = FILE_CHARGES(CHARGE_REFUND),
	[VIEW_TAX] = FILE_CHARGES(CHARGE_TAX),
	[VIEW_FEES] = FILE_CHARGES(CHARGE_FEE),
	[VIEW_MARKETPLACE] = FILE_CHARGES(CHARGE_MARKETPLACE),
	[VIEW_INVOICES] = { key_both, DIM_INVOICE,
		.table = { "invoice_id,status,invoice_amount," TABLE_MONEY
			   ",invoicing_entity\n", 2, false,
			{ { CELL_TEXT, 0 }, { CELL_INVOICE_STATUS, 0 },
				{ CELL_INVOICE_AMOUNT, 0 }, { CELL_MONEY, 0 },
				{ CELL_TEXT, 1 } } } },
	[VIEW_SPLIT_COSTS] = { key_split, DIM_SPLIT,
		.table = { "service,operation,resource_id,split_cost,net_split_cost,"
			   "unused_cost,net_unused_cost,public_on_demand_split_cost,"
			   "currency,lines\n", 3, false,
			{ { CELL_TEXT, 0 }, { CELL_TEXT, 1 }, { CELL_TEXT, 2 },
				{ CELL_SPLIT, 0 } } } },
	[VIEW_UNCONNECTED] = { key_account, DIM_CHARGE_TYPE, .unconnected = true,
		.table = TABLE_ACCOUNTS },
	[VIEW_RESOURCE_INDEX] = { key_index, DIM_RESOURCE,
		.table = { "resource,region,resource_id," TABLE_MONEY ",name\n", 3, false,
			{ { CELL_TEXT, 0 }, { CELL_TEXT, 1 }, { CELL_TEXT, 2 },
				{ CELL_MONEY, 0 }, { CELL_LABEL, 0 } } } },
	[VIEW_RESOURCE_SUMMARY] = {
		.table = { "usage_type,operation," TABLE_MONEY "\n", 2, false,
			{ { CELL_TEXT, 0 }, { CELL_TEXT, 1 }, { CELL_MONEY, 0 } } } },
	[VIEW_BY_TAG] = { key_value, DIM_TAG, AFTER_REST,
		.table = { "value," TABLE_MONEY "\n", ONE_KEY(CELL_VALUE) } },
	[VIEW_BY_CATEGORY] = { key_value, DIM_CATEGORY, AFTER_REST,
		.table = { "value," TABLE_MONEY "\n", ONE_KEY(CELL_VALUE) } },
};
/* clang-format on */

const struct table *kit_resource_summary(void)
{
	return &kit_files[VIEW_RESOURCE_SUMMARY].table;
}

const struct table *kit_resource_daily(void)
{
	return &kit_files[VIEW_DAILY].table;
}

bool kit_has(const struct scope *scope, enum view_file file)
{
	if (!kit_files[file].key || scope->resource != VIEW_ALL)
		return false;
	if (file == VIEW_BY_ACCOUNT)
		return scope->account == VIEW_ALL;
	if (file == VIEW_UNCONNECTED)
		return scope->account == VIEW_ALL && scope->service == VIEW_ALL;
	if (file == VIEW_RESOURCE_INDEX)
		return scope->account != VIEW_ALL && scope->service != VIEW_ALL;
	return true;
}

unsigned view_dims(enum view_file file)
{
	return kit_files[file].key ? DIMS_OF_SUMS & 1U << kit_files[file].dim : 0;
}

bool view_is_of_account(enum view_file file)
{
	const struct kit_file *f = &kit_files[file];

	if (f->after == AFTER_DAYS)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(f->table.cells); i++)
		if (f->table.cells[i].kind == CELL_LABEL)
			return false;
	return true;
}

/* Where nearly each sum becomes a row, sorting and printing cost most: 1.2 us a row,
 * measured, to 0.12 us a sum that is only added. */
static uint64_t weight_of(enum dim dim)
{
	return dim == DIM_RESOURCE || dim == DIM_UNTAGGED || dim == DIM_SPLIT ? 10 : 1;
}

uint64_t kit_work(const struct scope *scope, enum view_file file)
{
	const struct kit_file *f = &kit_files[file];
	struct slice_walk walk = slice_walk_start(scope, f->unconnected);
	bool needs_total = f->after == AFTER_REST || f->after == AFTER_COVERAGE;
	uint64_t work = 0;
	uint32_t slice;

	while (slice_walk_next(&walk, &slice)) {
		size_t count;

		(void)month_entries(scope->month, slice, f->dim, &count);
		work += 1 + count * weight_of(f->dim);
		if (needs_total) {
			(void)month_entries(scope->month, slice, DIM_CHARGE_TYPE, &count);
			work += count;
		}
	}
	return work;
}

static bool is_empty(const struct month *m, uint32_t text)
{
	return text == GROUP_NO_LABEL || month_text(m, text).len == 0;
}

static int gather_slice(const struct place *at, kit_key_fn *key_of, struct groups *rows)
{
	size_t count;
	const struct entry *e = month_entries(at->month, at->slice, at->dim, &count);

	for (size_t i = 0; i < count; i++) {
		struct kit_key key = { .label = GROUP_NO_LABEL };
		struct group *group;
		int r = key_of(at, &e[i], &key);

		if (r == 0)
			continue;
		if (r > 0)
			r = groups_add(rows, key.key, &e[i], &group);
		if (r < 0)
			return r;
		if (is_empty(at->month, group->label))
			group->label = key.label;
	}
	return 0;
}

/* Of a rendering. */
struct work {
	const struct scope *scope;
	const struct kit_file *file;
	uint32_t wanted; /* tag key or class */
	const atomic_bool *stop;
};

static int gather(const struct work *w, struct groups *rows)
{
	struct slice_walk walk = slice_walk_start(w->scope, w->file->unconnected);
	const struct month *m = w->scope->month;
	uint32_t slice;
	int r = 0;

	while (r == 0 && slice_walk_next(&walk, &slice)) {
		const struct month_slice *s = month_slice(m, slice);
		const struct place at = { m, slice, month_account(m, s->account),
			month_service(m, s->service), w->wanted, w->file->dim };

		r = atomic_load(w->stop) ? -ECANCELED
					 : gather_slice(&at, w->file->key, rows);
	}
	return r;
}

/* One total a currency. */
static int gather_totals(const struct work *w, struct groups *totals)
{
	const struct work total = {
		.scope = w->scope, .file = &kit_files[VIEW_TOTAL], .stop = w->stop
	};

	return gather(&total, totals);
}

static int add_rest(struct groups *rows, const struct groups *totals)
{
	static const uint32_t none[GROUP_KEYS];
	static const uint32_t untagged[GROUP_KEYS] = { (uint32_t)TABLE_UNTAGGED };
	struct groups tagged = { 0 };
	struct group *group;
	int r = 0;

	for (size_t i = 0; r == 0 && i < rows->count; i++)
		r = groups_add(&tagged, none, &rows->items[i].sum, &group);
	for (size_t i = 0; r == 0 && i < totals->count; i++) {
		struct entry rest = totals->items[i].sum;
		const struct group *part = groups_find(&tagged, none, rest.currency);

		if (part)
			r = table_rest(&totals->items[i].sum, &part->sum, &rest);
		if (r == 0 && rest.lines > 0)
			r = groups_add(rows, untagged, &rest, &group);
	}
	groups_finish(&tagged);
	return r;
}

/* No rows of a key come to 0 where the currency has a value. */
static int add_currencies(struct groups *rows, const struct groups *totals)
{
	size_t count = rows->count;

	for (size_t i = 0; i < count; i++) {
		const uint32_t key[GROUP_KEYS] = { rows->items[i].key[0] };

		for (size_t k = 0; k < totals->count; k++) {
			const struct entry *total = &totals->items[k].sum;
			struct group *group;
			int r = groups_put(rows, key, total->currency, &group);

			if (r < 0)
				return r;
			if (group->sum.lines == 0)
				group->sum.filled[COST_UNBLENDED] =
					entry_has(total, COST_UNBLENDED);
		}
	}
	return 0;
}

static int finish_rows(const struct work *w, struct groups *rows, struct groups *totals)
{
	int r;

	switch (w->file->after) {
	case AFTER_NOTHING:
		break;
	case AFTER_DAYS:
		return table_fill_days(w->scope->month, rows);
	case AFTER_REST:
		if (rows->count == 0)
			return -ENOENT;
		r = gather_totals(w, totals);
		return r < 0 ? r : add_rest(rows, totals);
	case AFTER_COVERAGE:
		r = gather_totals(w, totals);
		return r < 0 ? r : add_currencies(rows, totals);
	}
	return 0;
}

int kit_render(const struct scope *scope, const struct kit_wanted *wanted,
	struct buf *ret, struct fault *why)
{
	const uint32_t file = wanted->key->file;
	const struct kit_file *f = &kit_files[file];
	const struct work w = { .scope = scope,
		.file = f,
		.wanted = f->after == AFTER_REST ? wanted->key->key : f->wanted,
		.stop = wanted->stop };
	struct groups rows = { 0 }, totals = { 0 };
	struct table_source from = { .month = scope->month,
		.totals = &totals,
		.stop = wanted->stop,
		.rows_max = file == VIEW_BY_RESOURCE ? wanted->resources_max : 0,
		.id_key = RESOURCE_ID_KEY };
	int r = gather(&w, &rows);

	if (r == 0)
		r = finish_rows(&w, &rows, &totals);
	if (r == 0) {
		from.status = file == VIEW_TOTAL ? view_status(scope) : "";
		r = table_render(&f->table, &from, &rows, ret);
	}
	groups_finish(&rows);
	groups_finish(&totals);
	if (r == -ERANGE)
		return fault(why, r, "adding up costs: a sum is too large");
	if (r == -EBADMSG)
		return fault(
			why, r, "adding up costs: the cached sums do not fit together");
	return r;
}
