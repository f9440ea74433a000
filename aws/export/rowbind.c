#include "aws/export/rowreader.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

static int stale(const struct row_reader *r, struct fault *why)
{
	return fault(why, -ESTALE,
		"%s: its header is no longer the one that was read first; it is being "
		"replaced",
		r->name);
}

/* Everything that the header has stands in the layout. */
static bool is_in_layout(const struct header_plan *p, const struct layout *l)
{
	bool maps = false;

	for (size_t i = 0; i < MAP_COUNT; i++)
		maps |= p->map_field[i] != COLUMNS_NONE;
	return p->table == l->table && (l->has_maps || !maps) &&
		(l->has_tags || !p->has_tags) &&
		(l->has_invoices || p->role_field[ROLE_INVOICE_ID] == COLUMNS_NONE) &&
		(l->has_net || p->role_field[ROLE_NET_UNBLENDED] == COLUMNS_NONE) &&
		(l->has_list || p->role_field[ROLE_LIST] == COLUMNS_NONE) &&
		(l->has_resources || p->role_field[ROLE_RESOURCE_ID] == COLUMNS_NONE);
}

static int bind_group(struct group_list *l, struct intern *keys, struct span name,
	struct span prefix, uint32_t field)
{
	int r = VEC_RESERVE(&l->items, &l->cap, l->count + 1, LAYOUT_COLUMNS_MAX);

	if (r == 0)
		r = row_keys_new(
			keys, span_from(name, prefix.len), &l->items[l->count].key);
	if (r == 0)
		l->items[l->count++].field = field;
	return r;
}

static int bind_field(struct row_reader *r, uint32_t index, struct fault *why)
{
	const struct plan_field *f = &r->plan.fields[index];
	struct span name;
	uint32_t column;

	if (!f->is_column && !f->is_column_if_listed)
		return 0;
	name = header_plan_name(&r->plan, f);
	if (intern_find(r->keys.columns, name, &column) < 0)
		return f->is_column ? stale(r, why) : 0;
	r->runs[r->run_count++] =
		(struct row_run){ .column = column, .field = index, .count = 1 };
	if (f->is_name_tag && r->name_tag_field == COLUMNS_NONE)
		r->name_tag_field = index;
	if (f->family == FAMILY_TAG)
		return bind_group(&r->tags, r->keys.tags, name,
			map_prefix(MAP_RESOURCE_TAGS), index);
	if (f->family == FAMILY_CATEGORY)
		return bind_group(&r->categories, r->keys.categories, name,
			map_prefix(MAP_COST_CATEGORY), index);
	return 0;
}

static int by_column(const void *a, const void *b)
{
	uint32_t x = ((const struct row_run *)a)->column;
	uint32_t y = ((const struct row_run *)b)->column;

	return (x > y) - (x < y);
}

static bool is_of_run(
	const struct row_reader *r, const struct row_run *run, const struct row_run *next)
{
	const struct layout_column *columns = r->layout->columns;

	return next->column == run->column + run->count &&
		next->field == run->field + run->count &&
		columns[next->column].tail == columns[run->column].tail;
}

/* Behind those that the run has; *values is what is free. */
static void add_value(struct row_run *run, uint32_t field, struct row_values **values)
{
	struct row_values *last = *values - 1;

	if (run->value_count > 0 && last->field + last->count == field) {
		last->count++;
		return;
	}
	if (run->value_count++ == 0)
		run->values = *values;
	*(*values)++ = (struct row_values){ field, 1 };
}

/* Single fields, in their order, to runs in that of the layout. */
static void join_runs(struct row_reader *r)
{
	struct row_run *to = r->runs;
	struct row_values *values = r->values;

	qsort(r->runs, r->run_count, sizeof(*r->runs), by_column);
	for (size_t i = 0; i < r->run_count; i++) {
		const struct row_run next = r->runs[i];

		if (i > 0 && is_of_run(r, to, &next))
			to->count++;
		else if (i > 0)
			*++to = next;
		if (r->layout->columns[next.column].kind != COLUMN_TEXT)
			add_value(to, next.field, &values);
	}
	if (r->run_count > 0)
		r->run_count = (size_t)(to - r->runs) + 1;
	while (r->head_run_count < r->run_count &&
		!r->layout->columns[r->runs[r->head_run_count].column].tail)
		r->head_run_count++;
}

static bool is_tag_source(const struct header_plan *p, enum column_map map)
{
	return map == MAP_RESOURCE_TAGS || map == MAP_FOCUS_TAGS ||
		(map == MAP_TAGS && p->map_field[MAP_RESOURCE_TAGS] == COLUMNS_NONE);
}

static int bind_maps(struct row_reader *r)
{
	for (unsigned map = 0; map < MAP_COUNT; map++) {
		int e;

		if (r->plan.map_field[map] == COLUMNS_NONE)
			continue;
		e = row_map_new((enum column_map)map,
			is_tag_source(&r->plan, (enum column_map)map), &r->maps[map]);
		if (e < 0)
			return e;
		r->has_maps = true;
	}
	return 0;
}

static int bind(struct row_reader *r, struct fault *why)
{
	int e = 0;

	if (!is_in_layout(&r->plan, r->layout))
		return stale(r, why);
	r->runs = vec_alloc(r->plan.count + 1, sizeof(*r->runs));
	r->values = vec_alloc(r->plan.count + 1, sizeof(*r->values));
	if (!r->runs || !r->values)
		return -ENOMEM;
	for (size_t i = 0; i < r->layout->count && e == 0; i++) {
		uint32_t id;

		e = intern_add(r->keys.columns, span_of(r->layout->columns[i].name), &id);
	}
	for (uint32_t i = 0; i < r->plan.count && e == 0; i++)
		e = bind_field(r, i, why);
	join_runs(r);
	if (e == 0)
		e = bind_maps(r);
	r->costs.table = r->plan.table;
	r->costs.role_field = r->plan.role_field;
	r->costs.has_net = r->layout->has_net;
	return e;
}

int row_reader_bind(struct row_reader *r, struct fault *why)
{
	int e = header_plan_make(
		r->source->names, r->source->count, r->name, &r->plan, why);

	/* A header that cannot be planned cannot have been added to the layout either. */
	if (e == -EBADMSG || e == -ENOTSUP || e == -E2BIG)
		return stale(r, why);
	return e < 0 ? e : bind(r, why);
}
