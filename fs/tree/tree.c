/* Paths: from the kernel's questions to what stands there. */
#include "fs/tree/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/tree/inside.h"

struct tree_file {
	struct library *library;
	struct month *month; /* keeps what the view reads from */
	struct view *view; /* or */
	struct table_reader *table; /* or */
	struct blob *blob; /* or */
	struct inventory *inventory;
	size_t item;
};

int tree_new(const struct tree_options *options, struct tree **ret)
{
	struct tree *t = vec_alloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	if (pthread_mutex_init(&t->lock, NULL) != 0) {
		free(t);
		return -ENOMEM;
	}
	t->o = *options;
	/* No account has an empty id. */
	t->nobody_id = strdup("");
	t->nobody = (struct selection){ &t->nobody_id, 1 };
	t->nodes = nodes_new();
	t->accounts =
		accounts_new(options->names, options->name_count, options->selection);
	t->regions = intern_new();
	t->instances = intern_new();
	t->indexes = live_indexes_new();
	if (!t->nobody_id || !t->nodes || !t->accounts || !t->regions || !t->instances ||
		!t->indexes) {
		tree_free(t);
		return -ENOMEM;
	}
	*ret = t;
	return 0;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < PLACE_FIXED_COUNT; i++)
		blob_unref(t->text[i]);
	free(t->finality);
	free(t->nobody_id);
	nodes_free(t->nodes);
	accounts_free(t->accounts);
	intern_free(t->regions);
	intern_free(t->instances);
	live_indexes_free(t->indexes);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void tree_serve(struct tree *t, const struct tree_service *service)
{
	t->service = service ? *service : (struct tree_service){ .context = NULL };
}

void tree_stop(struct tree *t)
{
	atomic_store(&t->is_stopping, true);
	view_cache_stop(t->o.views);
}

struct live *tree_live(struct tree *t)
{
	return t->o.discovery ? t->o.discovery->live : NULL;
}

bool tree_has_news(struct tree *t, const struct tree_need *need)
{
	if (need->is_live)
		return live_has_news(t, need);
	return need->tables && tables_has_news(t->o.tables, need->tables);
}

int tree_name_accounts(
	struct tree *t, const struct account_name *names, size_t name_count)
{
	return accounts_rename(t->accounts, names, name_count);
}

/* The node of a file that is not read, whose size is 0 until somebody asks for it. Each
 * lookup has one of its own (see pending.c). */
static int enter_unread(
	struct tree *t, struct buf *path, const struct node *n, uint64_t *ret)
{
	const uint64_t lookup = 1 + atomic_fetch_add(&t->pending, 1);
	int r = buf_append_byte(path, '\0');

	if (r == 0)
		r = buf_append(path, &lookup, sizeof(lookup));
	return r < 0 ? r : nodes_enter(t->nodes, buf_span(path), n, ret);
}

/* n is what name stands for in the parent. */
static int answer(const struct ask *a, uint64_t parent, struct span name,
	const struct node *n, struct tree_entry *ret)
{
	struct buf path = BUF_INIT(TREE_PATH_MAX + 1 + sizeof(uint64_t));
	struct tree_entry e;
	int r = node_path(a->t, n, &path);

	if (r == 0)
		r = attr_of(a, n, buf_span(&path), &e.attr, &e.ttl_seconds);
	if (r == 0 && node_is_unread(n))
		r = enter_unread(a->t, &path, n, &e.node);
	else if (r == 0)
		r = pending_find(a->t, parent, name, n, &e.node);
	if (r == -ENOENT)
		r = nodes_enter(a->t->nodes, buf_span(&path), n, &e.node);
	if (r == 0)
		*ret = e;
	buf_finish(&path);
	return r;
}

/* Whether the directory's month has to be read again, but in no delivery has that name.
 */
static bool is_in_vain(struct tree *t, uint64_t parent, struct span name)
{
	struct node n;
	bool is_known = nodes_get(t->nodes, parent, &n) == 0;
	mode_t type;
	bool is_vain = is_known && n.away.number &&
		lookup_type_in_month(t, &n, name, &type) == -ENOENT;

	if (is_known)
		node_finish(&n);
	return is_vain;
}

/* NOLINTNEXTLINE(readability-function-size): the question, and three ways to answer it */
int tree_lookup(struct tree *t, uint64_t parent, struct span name, bool patient,
	struct tree_entry *ret, struct tree_need *need, struct fault *why)
{
	struct ask a = { t, patient, need, why };
	struct node from, child = { 0 };
	int r = ask_node(&a, parent, &from);

	if (r < 0)
		return r == -EAGAIN && is_in_vain(t, parent, name) ? -ENOENT : r;
	r = pending_settle(&a, &from);
	if (r == 0)
		r = lookup_name(&a, &from, name, &child);
	if (r == 0)
		r = answer(&a, parent, name, &child, ret);
	if (r == 0)
		nodes_note_parent(t->nodes, ret->node, parent);
	node_finish(&child);
	node_finish(&from);
	return r;
}

void tree_forget(struct tree *t, uint64_t node, uint64_t count)
{
	struct month *last = nodes_forget(t->nodes, node, count);

	/* Nobody can ask for its files any more. */
	if (last && month_is_superseded(t, last))
		view_cache_drop(t->o.views, last);
	month_unref(last);
}

/* NOLINTNEXTLINE(readability-function-size): as above */
int tree_attr(struct tree *t, uint64_t node, bool patient, struct stat *ret,
	double *ret_ttl, struct tree_need *need, struct fault *why)
{
	struct ask a = { t, patient, need, why };
	struct buf path = BUF_INIT(TREE_PATH_MAX);
	struct node n;
	int r = ask_node(&a, node, &n);

	if (r < 0)
		return r;
	r = pending_settle(&a, &n);
	if (r == 0)
		r = side_enter(&a, &n);
	if (r == 0)
		r = live_metrics_enter(&a, &n, false);
	if (r == 0)
		r = node_path(t, &n, &path);
	if (r == 0)
		r = attr_of(&a, &n, buf_span(&path), ret, ret_ttl);
	buf_finish(&path);
	node_finish(&n);
	return r;
}

int tree_readlink(struct tree *t, uint64_t node, struct buf *ret)
{
	struct node n;
	int r = nodes_get(t->nodes, node, &n);

	if (r < 0)
		return r;
	if (place_type(&n.place) != S_IFLNK) {
		r = -EINVAL;
	} else {
		buf_clear(ret);
		r = buf_append_span(ret, blob_span(n.blob));
	}
	node_finish(&n);
	return r;
}

void tree_let_go(struct tree *t)
{
	nodes_let_go(t->nodes);
}

int tree_path(struct tree *t, uint64_t node, struct buf *ret)
{
	struct node n;
	int r = node_at_hand(t, node, &n);

	if (r < 0)
		return r;
	buf_clear(ret);
	if (n.place.kind == PLACE_ROOT)
		r = buf_append_byte(ret, '.');
	else
		r = node_path(t, &n, ret);
	node_finish(&n);
	return r;
}

void month_heal(struct library *l, const struct month *damaged)
{
	struct month *m = NULL;

	/* Asking for it is enough: a damaged month is stale. */
	if (month_is_damaged(damaged) &&
		library_get(l, month_facts(damaged)->month, true, &m, NULL) == 0)
		month_unref(m);
}

static int open_node(const struct ask *a, struct node *n, struct tree_file *f)
{
	const struct view_name name = node_view_name(n);
	struct scope s = node_scope(a->t, n);
	mode_t type = place_type(&n->place);
	int r;

	if (type != S_IFREG)
		return type == S_IFDIR ? -EISDIR : -ELOOP;
	if (n->place.kind == PLACE_TABLE_FILE)
		return side_open(a, n, &f->table);
	if (n->place.kind == PLACE_LIVE_INDEX)
		return live_index_open(a, n, &f->blob);
	r = live_metrics_enter(a, n, true);
	if (r < 0)
		return r;
	if (n->inventory) {
		f->inventory = inventory_ref(n->inventory);
		f->item = n->place.item;
		return 0;
	}
	if (n->place.kind == PLACE_REPORT)
		reports_use(a, n);
	if (n->place.kind != PLACE_FILE) {
		f->blob = blob_ref(n->blob);
		return 0;
	}
	r = view_open(a->t->o.views, &s, &name, a->patient, &f->view, a->why);
	if (r == -EAGAIN)
		return ask_wait(a, (struct month_no){ 0 });
	if (r == 0)
		f->month = month_ref(n->month);
	else
		month_heal(a->t->o.library, n->month);
	return ask_rows(a, n->month, r);
}

int tree_open(struct tree *t, uint64_t node, bool patient, struct tree_file **ret,
	struct tree_need *need, struct fault *why)
{
	struct ask a = { t, patient, need, why };
	struct tree_file *f;
	struct node n;
	int r = ask_node(&a, node, &n);

	if (r < 0)
		return r;
	f = vec_alloc(1, sizeof(*f));
	if (f)
		f->library = t->o.library;
	r = f ? pending_settle(&a, &n) : -ENOMEM;
	if (r == 0)
		r = open_node(&a, &n, f);
	node_finish(&n);
	if (r < 0)
		free(f);
	else
		*ret = f;
	return r;
}

ssize_t tree_read(
	struct tree_file *f, uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	struct span left;
	ssize_t n;

	if (f->view) {
		n = view_read(f->view, offset, bytes, len, why);
		if (n < 0)
			month_heal(f->library, f->month);
		return n;
	}
	if (f->table)
		return table_reader_read(f->table, offset, bytes, len, why);
	left = f->inventory ? inventory_json(f->inventory, f->item) : blob_span(f->blob);
	left = span_from(left, offset < left.len ? (size_t)offset : left.len);
	left = span_first(left, len);
	if (left.len)
		memcpy(bytes, left.p, left.len);
	return (ssize_t)left.len;
}

void tree_close(struct tree_file *f)
{
	if (!f)
		return;
	view_unref(f->view);
	table_reader_close(f->table);
	blob_unref(f->blob);
	inventory_unref(f->inventory);
	month_unref(f->month);
	free(f);
}
