/* tables/: the exports without costs that stand beside the one that is shown, as they
 * are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/tree/inside.h"

/* Only a patient question starts anything: a listing of the kernel asks for the
 * attributes of all names, and must not have all of them read. */
static struct tables_ask begin(const struct ask *a)
{
	return (struct tables_ask){ .load = a->patient && ask_may_fetch(a),
		.why = a->why };
}

static int wait_for(const struct ask *a, const struct tables_ask *x)
{
	if (a->patient && !x->load)
		return ask_refuse(a);
	*a->need = (struct tree_need){ .tables = a->patient ? x->version : 0 };
	return -EAGAIN;
}

int side_any(const struct ask *a, bool is_wanted)
{
	struct tables_ask x = begin(a);
	uint32_t *items = NULL;
	ssize_t n;

	if (!a->t->o.tables)
		return -ENOENT;
	n = tables_list(a->t->o.tables, &x, &items);
	free(items);
	if (n == 0 && is_wanted) {
		uint32_t none;

		/* Of a name that is not there it is waited for what is under way. */
		n = tables_find(a->t->o.tables, &x, SPAN(""), &none);
	}
	/* Who may not have them looked for sees a listing without. */
	if (n == -EAGAIN && a->patient && !x.load && !is_wanted)
		return -ENOENT;
	if (n == -EAGAIN)
		return wait_for(a, &x);
	return n > 0 ? 0 : n < 0 ? (int)n : -ENOENT;
}

int side_list(const struct ask *a, const struct node *n, struct side_list *ret)
{
	struct tables_ask x = begin(a);
	uint32_t *items = NULL;
	ssize_t count = n->place.kind == PLACE_TABLES
		? tables_list(a->t->o.tables, &x, &items)
		: table_list(a->t->o.tables, &x, n->place.account, &items);

	if (count == -EAGAIN)
		return wait_for(a, &x);
	if (count < 0)
		return (int)count;
	*ret = (struct side_list){ items, (size_t)count };
	return 0;
}

const char *side_name(const struct tree *t, const struct node *n, uint32_t item)
{
	return n->place.kind == PLACE_TABLES
		? tables_name(t->o.tables, item)
		: table_name(t->o.tables, n->place.account, item);
}

static int lookup_table(const struct ask *a, struct span name, struct node *ret)
{
	struct node n = { .place = place_of(PLACE_TABLE) };
	struct tables_ask x = begin(a);
	int r = tables_find(a->t->o.tables, &x, name, &n.place.account);

	if (r == -EAGAIN)
		return wait_for(a, &x);
	if (r == 0)
		*ret = n;
	return r;
}

static int lookup_partition(const struct ask *a, const struct node *parent,
	struct span name, struct node *ret)
{
	struct node n = { .place = place_of(PLACE_TABLE_FILE) };
	struct tables_ask x = begin(a);
	uint32_t table = parent->place.account;
	int r = table_find(a->t->o.tables, &x, table, name, &n.place.resource);

	n.place.account = table;
	if (r == -EAGAIN)
		return wait_for(a, &x);
	if (r == 0) {
		x.load = false;
		r = table_get(a->t->o.tables, &x, table, n.place.resource, &n.table);
		if (r == -EAGAIN && x.is_unread)
			r = 0;
	}
	if (r == -EAGAIN) {
		x = begin(a);
		r = table_get(a->t->o.tables, &x, table, n.place.resource, &n.table);
	}
	if (r == -EAGAIN)
		return wait_for(a, &x);
	if (r == 0)
		*ret = n;
	return r;
}

int side_lookup(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret)
{
	return parent->place.kind == PLACE_TABLES
		? lookup_table(a, name, ret)
		: lookup_partition(a, parent, name, ret);
}

/* What was evicted is read again, if the delivery is still the same. */
static int reload(const struct ask *a, const struct node *n, struct table_file **ret)
{
	struct tables_ask x = begin(a);
	struct table_file *now;
	int r = table_get(a->t->o.tables, &x, n->place.account, n->place.resource, &now);

	if (r == -EAGAIN)
		return wait_for(a, &x);
	if (r == 0 && strcmp(table_file_id(now), table_file_id(n->table)) != 0) {
		table_file_unref(now);
		r = -ESTALE;
	}
	if (r == 0)
		*ret = now;
	return r;
}

int side_enter(const struct ask *a, struct node *n)
{
	struct tables_ask x = begin(a);
	struct table_file *f;
	int r;

	if (n->place.kind != PLACE_TABLE_FILE || n->table)
		return 0;
	r = table_get(a->t->o.tables, &x, n->place.account, n->place.resource, &f);
	if (r == -EAGAIN)
		return wait_for(a, &x);
	if (r == 0)
		n->table = nodes_bind_table(a->t->nodes, n->id, f);
	return r;
}

int side_open(const struct ask *a, struct node *n, struct table_reader **ret)
{
	struct table_file *now = NULL;
	int r = side_enter(a, n);

	if (r < 0)
		return r;
	r = table_file_open(n->table, ret);
	if (r != -ENOENT)
		return r;
	r = reload(a, n, &now);
	if (r < 0)
		return r;
	r = table_file_open(now, ret);
	table_file_unref(now);
	return r == -ENOENT ? -ESTALE : r;
}

int side_path(const struct tree *t, const struct place *p, struct buf *ret)
{
	int r = buf_appendf(ret, "%s/", place_fixed_name(PLACE_TABLES));

	if (r == 0)
		r = buf_append_text(ret, tables_name(t->o.tables, p->account));
	if (r < 0 || p->kind == PLACE_TABLE)
		return r;
	r = buf_append_byte(ret, '/');
	return r < 0
		? r
		: buf_append_text(ret, table_name(t->o.tables, p->account, p->resource));
}
