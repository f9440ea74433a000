#include "fs/tree/live_index.h"

#include <errno.h>
#include <stdlib.h>

#include "base/intern.h"
#include "base/vec.h"
#include "fs/store/render.h"
#include "fs/tree/live_match.h"
#include "fs/view/groups.h"

/* First key of a group: whether AWS lists it. The second is the item, or the id. */
enum { KEY_LISTED, KEY_GONE };

static const char header[] = "id,name,type,state,zone,size,created,unblended_cost,"
			     "amortized_cost,currency,tags\n";

struct index_row {
	uint32_t item; /* UINT32_MAX: gone */
	struct span id;
	const struct group *cost; /* NULL: none */
};
struct making {
	const struct live_index *x;
	struct groups costs;
	struct intern *gone; /* ids */
	struct index_row *rows;
	size_t count, cap;
	bool *has_cost; /* of each item */
	/* Of the account; empty if there are several. */
	struct span currency;
};

size_t live_index_work(const struct live_index *x)
{
	size_t work = inventory_count(x->inventory), count;
	uint32_t account, first, slices;

	if (!x->month || month_find_account(x->month, x->account_id, &account) < 0)
		return work;
	slices = month_account_slices(x->month, account, &first);
	for (uint32_t i = first; i < first + slices; i++) {
		(void)month_entries(x->month, i, DIM_RESOURCE, &count);
		work += count;
	}
	return work;
}

/* 1 and the key of a billed resource that belongs here; 0 it does not. */
static int key_of(struct making *m, const struct billed *b, uint32_t key[GROUP_KEYS])
{
	const struct resource_kind *kind = resource_kind_at(m->x->kind);
	size_t number;
	bool is_told = billed_kind(b, &number) == 0;
	int r;

	/* Two types may have one id: instances and their status. Costs are those of one.
	 */
	if (!span_eq(b->service, span_of(kind->service)) ||
		(is_told && number != m->x->kind))
		return 0;
	if (inventory_find(m->x->inventory, b->id, &number) == 0) {
		key[0] = KEY_LISTED;
		key[1] = (uint32_t)number;
		return 1;
	}
	if (!is_told || (!kind->is_global && !span_eq(b->region, span_of(m->x->region))))
		return 0;
	key[0] = KEY_GONE;
	r = intern_add(m->gone, b->id, &key[1]);
	return r < 0 ? r : 1;
}

static void note_currency(struct making *m, uint32_t currency, bool *is_mixed)
{
	struct span text = month_text(m->x->month, currency);

	if (m->currency.len && !span_eq(m->currency, text))
		*is_mixed = true;
	m->currency = text;
}

static int add_slice(struct making *m, uint32_t slice, bool *is_mixed)
{
	const struct month *month = m->x->month;
	const struct month_slice *s = month_slice(month, slice);
	struct span code = month_text(month, month_service(month, s->service)->code);
	size_t count;
	const struct entry *e = month_entries(month, slice, DIM_RESOURCE, &count);

	for (size_t i = 0; i < count; i++) {
		uint32_t key[GROUP_KEYS] = { 0 };
		struct group *group;
		struct billed b;
		int r;

		if (e[i].key[0] >= s->resource_count)
			return -EBADMSG;
		b = billed_of(code,
			month_text(month, month_resources(month, slice)[e[i].key[0]].id),
			month_text(month, e[i].key[1]));
		note_currency(m, e[i].currency, is_mixed);
		r = key_of(m, &b, key);
		if (r > 0)
			r = groups_add(&m->costs, key, &e[i], &group);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_costs(struct making *m)
{
	const struct month *month = m->x->month;
	uint32_t account, first, count;
	bool is_mixed = false;
	int r = 0;

	if (!month || month_find_account(month, m->x->account_id, &account) < 0)
		return 0;
	count = month_account_slices(month, account, &first);
	for (uint32_t i = first; i < first + count && r == 0; i++)
		r = add_slice(m, i, &is_mixed);
	if (is_mixed)
		m->currency = (struct span){ 0 };
	return r;
}

static int add_row(struct making *m, struct index_row row)
{
	int r = VEC_RESERVE(
		&m->rows, &m->cap, m->count + 1, SIZE_MAX / sizeof(struct index_row));

	if (r == 0)
		m->rows[m->count++] = row;
	return r;
}

static int add_rows(struct making *m)
{
	const struct inventory *v = m->x->inventory;
	int r = 0;

	for (size_t i = 0; i < m->costs.count && r == 0; i++) {
		const struct group *g = &m->costs.items[i];
		bool is_gone = g->key[0] == KEY_GONE;

		if (!is_gone)
			m->has_cost[g->key[1]] = true;
		r = add_row(m,
			(struct index_row){ is_gone ? UINT32_MAX : g->key[1],
				is_gone ? intern_text(m->gone, g->key[1])
					: inventory_text(v, g->key[1], INVENTORY_ID),
				g });
	}
	for (size_t i = 0; i < inventory_count(v) && r == 0; i++)
		if (!m->has_cost[i])
			r = add_row(m,
				(struct index_row){ (uint32_t)i,
					inventory_text(v, i, INVENTORY_ID), NULL });
	return r;
}

/* What has no cost counts as 0, and a sum that is null as lowest. */
static int cmp_rows(const void *x, const void *y)
{
	static const struct group none = { .sum = {
						   .filled = { [COST_UNBLENDED] = 1 } } };
	const struct index_row *a = x, *b = y;
	int order = group_cmp_sum(a->cost ? a->cost : &none, b->cost ? b->cost : &none);

	return order ? order : span_cmp(a->id, b->id);
}

static int append_text(struct buf *ret, struct span text)
{
	int r = render_cell(text, ret);

	return r < 0 ? r : buf_append_byte(ret, ',');
}

static int append_cost(const struct making *m, const struct index_row *row,
	enum cost cost, struct buf *ret)
{
	char text[MONEY_TEXT_MAX];
	int r = 0;

	if (!row->cost && m->x->month)
		r = buf_append_text(ret, "0.00");
	else if (row->cost && entry_has(&row->cost->sum, cost))
		r = buf_append(ret, text, money_format(row->cost->sum.cost[cost], text));
	return r < 0 ? r : buf_append_byte(ret, ',');
}

static int append_row(
	const struct making *m, const struct index_row *row, struct buf *ret)
{
	const struct inventory *v = m->x->inventory;
	bool is_gone = row->item == UINT32_MAX;
	struct span currency = m->currency, tags = { 0 };
	int r = append_text(ret, row->id);

	for (int i = INVENTORY_ID + 1; i < INVENTORY_TAGS && r == 0; i++) {
		struct span text = { 0 };

		if (!is_gone)
			text = inventory_text(v, row->item, (enum inventory_field)i);
		else if (i == INVENTORY_STATE)
			text = SPAN("gone");
		r = append_text(ret, text);
	}
	if (r == 0)
		r = append_cost(m, row, COST_UNBLENDED, ret);
	if (r == 0)
		r = append_cost(m, row, COST_AMORTIZED, ret);
	if (row->cost)
		currency = month_text(m->x->month, row->cost->sum.currency);
	if (r == 0)
		r = append_text(ret, currency);
	if (!is_gone)
		tags = inventory_text(v, row->item, INVENTORY_TAGS);
	if (r == 0)
		r = render_cell(tags, ret);
	return r < 0 ? r : buf_append_byte(ret, '\n');
}

int live_index_render(const struct live_index *x, struct buf *ret)
{
	struct making m = { .x = x };
	int r = -ENOMEM;

	m.gone = intern_new();
	m.has_cost = vec_alloc(inventory_count(x->inventory) + 1, sizeof(*m.has_cost));
	if (m.gone && m.has_cost)
		r = add_costs(&m);
	if (r == 0)
		r = add_rows(&m);
	if (r == 0 && m.count)
		qsort(m.rows, m.count, sizeof(*m.rows), cmp_rows);
	if (r == 0)
		r = buf_append_text(ret, header);
	for (size_t i = 0; i < m.count && r == 0; i++)
		r = append_row(&m, &m.rows[i], ret);
	free(m.rows);
	free(m.has_cost);
	intern_free(m.gone);
	groups_finish(&m.costs);
	return r;
}
