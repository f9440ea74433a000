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
	r->bindings[r->binding_count++] =
		(struct cell_binding){ .field = index, .column = column };
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
	r->bindings = vec_alloc(r->plan.count + 1, sizeof(*r->bindings));
	r->cells = vec_alloc(r->layout->count + 1, sizeof(*r->cells));
	if (!r->bindings || !r->cells)
		return -ENOMEM;
	for (size_t i = 0; i < r->layout->count && e == 0; i++) {
		uint32_t id;

		e = intern_add(r->keys.columns, span_of(r->layout->columns[i].name), &id);
	}
	for (uint32_t i = 0; i < r->plan.count && e == 0; i++)
		e = bind_field(r, i, why);
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
