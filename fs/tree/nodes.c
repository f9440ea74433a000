/* What the kernel holds: node ids, and what each stands for. */
#include "fs/tree/nodes.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "fs/tree/editions.h"

enum {
	BUCKETS_FIRST = 1024,
	IDS_RESERVED = 2 /* none, and the root */,
	REENTER_TRIES = 2 /* a second one may have become what the first one is not */
};

struct entry_node {
	struct entry_node *next; /* of its bucket */
	uint64_t refs;
	struct edition *edition; /* instead of n.month, which is NULL */
	struct node n;
};
_Static_assert(sizeof(struct entry_node) <= 128, "millions may be held");

struct nodes {
	pthread_mutex_t lock;
	/* all guarded by lock */
	struct entry_node **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
	struct editions editions;
};

static struct node copy_node(const struct entry_node *e, bool with_blob)
{
	struct node n = e->n;
	struct node copy;

	if (!with_blob)
		n.blob = NULL;
	copy = node_copy_parts(&n);
	if (e->edition && e->edition->month)
		copy.month = month_ref(e->edition->month);
	else if (e->edition) {
		copy.away = e->edition->number;
		copy.is_sums = e->edition->is_sums;
	}
	return copy;
}

static struct entry_node **bucket_of(const struct nodes *t, uint64_t id)
{
	return &t->buckets[id & (t->bucket_count - 1)];
}

static struct entry_node *find(const struct nodes *t, uint64_t id)
{
	struct entry_node *e = *bucket_of(t, id);

	while (e && e->n.id != id)
		e = e->next;
	return e;
}

static void link_entry(struct nodes *t, struct entry_node *e)
{
	struct entry_node **bucket = bucket_of(t, e->n.id);

	e->next = *bucket;
	*bucket = e;
	t->count++;
}

struct nodes *nodes_new(void)
{
	struct nodes *t = vec_alloc(1, sizeof(*t));
	struct entry_node *root = vec_alloc(1, sizeof(*root));

	if (!t || !root)
		goto fail;
	t->bucket_count = BUCKETS_FIRST;
	t->buckets = vec_alloc(t->bucket_count, sizeof(struct entry_node *));
	if (!t->buckets || pthread_mutex_init(&t->lock, NULL) != 0)
		goto fail;
	root->refs = 1;
	root->n.id = TREE_ROOT;
	root->n.place = place_of(PLACE_ROOT);
	link_entry(t, root);
	return t;
fail:
	if (t)
		free(t->buckets);
	free(t);
	free(root);
	return NULL;
}

void nodes_free(struct nodes *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->bucket_count; i++) {
		while (t->buckets[i]) {
			struct entry_node *e = t->buckets[i];

			t->buckets[i] = e->next;
			month_unref(editions_leave(&t->editions, e->edition));
			node_finish(&e->n);
			free(e);
		}
	}
	pthread_mutex_destroy(&t->lock);
	free(t->buckets);
	free(t);
}

size_t nodes_count(struct nodes *t)
{
	size_t count;

	pthread_mutex_lock(&t->lock);
	count = t->count;
	pthread_mutex_unlock(&t->lock);
	return count;
}

int nodes_get(struct nodes *t, uint64_t id, struct node *ret)
{
	const struct entry_node *e;
	int r = -ESTALE;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e) {
		*ret = copy_node(e, true);
		r = 0;
	}
	pthread_mutex_unlock(&t->lock);
	return r;
}

static bool is_same(const struct entry_node *e, const struct node *b)
{
	return edition_is_of(e->edition, b->month) && node_is_same(&e->n, b);
}

/* Without memory the buckets only get longer. */
static void grow(struct nodes *t)
{
	struct entry_node **old = t->buckets;
	size_t old_count = t->bucket_count;
	struct entry_node **made;

	if (t->count < old_count)
		return;
	made = vec_alloc(old_count * 2, sizeof(struct entry_node *));
	if (!made)
		return;
	t->buckets = made;
	t->bucket_count = old_count * 2;
	t->count = 0;
	for (size_t i = 0; i < old_count; i++) {
		while (old[i]) {
			struct entry_node *e = old[i];

			old[i] = e->next;
			link_entry(t, e);
		}
	}
	free(old);
}

/* The node of this content, or the first free id for it. seed goes on where two contents
 * meet in one id, so that none is ever shown for another. */
static struct entry_node *find_content(
	const struct nodes *t, struct span path, const struct node *n, uint64_t *ret_free)
{
	uint64_t seed = node_version(n);

	for (;; seed++) {
		uint64_t id = hash64(path.p, path.len, seed);
		struct entry_node *e;

		if (id < IDS_RESERVED)
			continue;
		e = find(t, id);
		if (!e) {
			*ret_free = id;
			return NULL;
		}
		if (is_same(e, n))
			return e;
	}
}

static bool is_bound_later(const struct node *n)
{
	return n->place.kind == PLACE_MONTH || n->place.kind == PLACE_LIVE_TYPE;
}

/* The node that stands for the month, or the type of resources, whatever its delivery or
 * inventory turns out to be. */
static struct entry_node *find_unbound(
	const struct nodes *t, struct span path, const struct node *n)
{
	struct node unbound = *n;
	struct entry_node *e;

	unbound.month = NULL;
	unbound.blob = NULL;
	unbound.inventory = NULL;
	e = find(t, hash64(path.p, path.len, node_version(&unbound)));
	if (!e || memcmp(&e->n.place, &n->place, sizeof(n->place)) != 0)
		return NULL;
	if (n->month && e->edition && !edition_is_of(e->edition, n->month))
		return NULL;
	if (n->inventory && e->n.inventory &&
		!node_has_same_inventory(n->inventory, e->n.inventory))
		return NULL;
	if (n->inventory && !e->n.inventory)
		e->n.inventory = inventory_ref(n->inventory);
	return e;
}

/* The text of a resource stays as long as it is the same; the inventory that it was first
 * seen in need not. Answers the one that is held no more. */
static struct inventory *renew(struct node *held, const struct node *n)
{
	struct inventory *old = held->inventory;

	if (!node_is_json(held) || old == n->inventory)
		return NULL;
	held->inventory = inventory_ref(n->inventory);
	held->place.item = n->place.item;
	return old;
}

static struct entry_node *find_entry(
	struct nodes *t, struct span path, const struct node *n, uint64_t *ret_free)
{
	struct entry_node *e = NULL;

	if (n->place.kind == PLACE_ROOT)
		e = find(t, TREE_ROOT);
	else if (is_bound_later(n))
		e = find_unbound(t, path, n);
	return e ? e : find_content(t, path, n, ret_free);
}

static struct entry_node *add_entry(struct nodes *t, uint64_t id, const struct node *n)
{
	struct entry_node *made;

	grow(t);
	made = vec_alloc(1, sizeof(*made));
	if (made) {
		made->n = node_copy_parts(n);
		made->n.id = id;
		link_entry(t, made);
	}
	return made;
}

static void drop_entry(struct nodes *t, struct entry_node *e)
{
	struct entry_node **at = bucket_of(t, e->n.id);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	t->count--;
}

/* The index of m is the one that the place was found in; that of an older edition of the
 * same delivery need not be the same. Of several months the one that is at hand is as
 * good. Answers what is to be given back without the lock. */
static int renew_edition(
	struct nodes *t, struct entry_node *e, struct month *m, struct month **ret_old)
{
	struct edition *now;

	*ret_old = NULL;
	if (!m || (e->edition && e->edition->month && e->edition->month == m))
		return 0;
	now = editions_take(&t->editions, m);
	if (!now)
		return -ENOMEM;
	/* Keys of by-tag are numbers in the index. */
	if (e->edition && e->edition->content != now->content) {
		blob_unref(e->n.blob);
		e->n.blob = NULL;
	}
	*ret_old = editions_leave(&t->editions, e->edition);
	e->edition = now;
	return 0;
}

int nodes_enter(struct nodes *t, struct span path, const struct node *n, uint64_t *ret_id)
{
	struct entry_node *made = NULL, *e;
	struct inventory *old = NULL;
	struct month *old_month = NULL;
	uint64_t id = 0;
	int r = 0;

	pthread_mutex_lock(&t->lock);
	e = find_entry(t, path, n, &id);
	if (!e)
		e = made = add_entry(t, id, n);
	r = e ? renew_edition(t, e, n->month, &old_month) : -ENOMEM;
	if (r < 0 && made)
		drop_entry(t, made);
	if (r == 0) {
		old = renew(&e->n, n);
		if (e->n.id != TREE_ROOT)
			e->refs++;
		*ret_id = e->n.id;
	}
	pthread_mutex_unlock(&t->lock);
	if (r < 0 && made) {
		node_finish(&made->n);
		free(made);
	}
	month_unref(old_month);
	inventory_unref(old);
	return r;
}

/* Gives a node that stood for a name alone what it is. *ret_old is what it was, and is to
 * be finished without the lock. 0; -ENOMEM. */
static int become(
	struct nodes *t, struct entry_node *e, const struct node *n, struct node *ret_old)
{
	struct month *no_month;
	const uint64_t id = e->n.id;
	int r = renew_edition(t, e, n->month, &no_month);

	if (r < 0)
		return r;
	*ret_old = e->n;
	e->n = node_copy_parts(n);
	e->n.id = id;
	e->n.parent = ret_old->parent;
	return 0;
}

static bool is_pending_for(const struct node *held, struct span key, const struct node *n)
{
	return place_is_pending(&held->place) && span_eq(node_pending_key(held), key) &&
		place_type(&held->place) == place_type(&n->place);
}

int nodes_reenter(
	struct nodes *t, struct span key, const struct node *n, uint64_t *ret_id)
{
	const uint64_t seed = hash64(key.p, key.len, 0);
	struct inventory *old_inventory = NULL;
	struct month *old_month = NULL;
	struct node old = { 0 };
	int r = -ENOENT;

	pthread_mutex_lock(&t->lock);
	for (unsigned i = 0; i < REENTER_TRIES && r == -ENOENT; i++) {
		struct entry_node *e = find(t, hash64(key.p, key.len, seed + i));

		if (e && is_pending_for(&e->n, key, n))
			r = become(t, e, n, &old);
		else if (e && is_same(e, n))
			r = renew_edition(t, e, n->month, &old_month);
		if (r < 0)
			continue;
		old_inventory = renew(&e->n, n);
		e->refs++;
		*ret_id = e->n.id;
	}
	pthread_mutex_unlock(&t->lock);
	inventory_unref(old_inventory);
	month_unref(old_month);
	node_finish(&old);
	return r;
}

/* What somebody else has found meanwhile. Where that was let go since, the same that was
 * found now takes its place; another one is seldom enough for the kernel to look it up
 * again. *ret_old is to be finished without the lock. */
static int settle_again(
	struct nodes *t, struct entry_node *e, struct node *found, struct node *ret_old)
{
	if (is_same(e, found))
		return renew_edition(t, e, found->month, &ret_old->month);
	if (e->edition && !e->edition->month)
		return -ESTALE;
	*ret_old = *found;
	*found = copy_node(e, true);
	return 0;
}

int nodes_settle(struct nodes *t, uint64_t id, struct node *found)
{
	struct node old = { 0 };
	struct entry_node *e;
	int r = 0;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e && place_is_pending(&e->n.place))
		r = become(t, e, found, &old);
	else if (e)
		r = settle_again(t, e, found, &old);
	found->id = id;
	pthread_mutex_unlock(&t->lock);
	node_finish(&old);
	return r;
}

void nodes_note_parent(struct nodes *t, uint64_t id, uint64_t parent)
{
	struct entry_node *e;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e)
		e->n.parent = parent;
	pthread_mutex_unlock(&t->lock);
}

struct month *nodes_forget(struct nodes *t, uint64_t id, uint64_t count)
{
	struct entry_node *e, *gone = NULL;
	struct month *old = NULL;

	if (id == TREE_ROOT)
		return NULL;
	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e) {
		e->refs -= count < e->refs ? count : e->refs;
		if (e->refs == 0)
			gone = e;
	}
	if (gone) {
		drop_entry(t, gone);
		old = editions_leave(&t->editions, gone->edition);
	}
	pthread_mutex_unlock(&t->lock);
	if (gone)
		node_finish(&gone->n);
	free(gone);
	return old;
}

struct month *nodes_bind(struct nodes *t, uint64_t id, struct month *m)
{
	struct month *other = NULL, *old = NULL;
	struct entry_node *e;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e && e->edition && e->edition->month)
		other = month_ref(e->edition->month);
	/* Without memory it is bound by the next one who asks. */
	else if (e && renew_edition(t, e, m, &old) < 0)
		old = NULL;
	pthread_mutex_unlock(&t->lock);
	month_unref(old);
	if (!other)
		return m;
	month_unref(m);
	return other;
}

/* Places below a month are indexes. The month itself goes on with whatever is delivered
 * now, whose names the kernel finds by way of it; its account is found anew. */
static bool fits(const struct entry_node *e, const struct month *m)
{
	const struct month_facts *f = month_facts(m);
	const struct edition *of = e->edition;

	if (!of || month_is_damaged(m))
		return false;
	if (e->n.place.kind == PLACE_MONTH)
		return !f->sums.dims;
	return strcmp(of->id, f->id) == 0 && of->content == f->content;
}

int nodes_return(struct nodes *t, uint64_t id, struct month *m)
{
	struct month *old = NULL;
	struct entry_node *e;
	int r = -ESTALE;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e && fits(e, m))
		r = renew_edition(t, e, m, &old);
	pthread_mutex_unlock(&t->lock);
	month_unref(old);
	return r;
}

void nodes_replace(struct nodes *t, struct month *m)
{
	struct month *old;

	pthread_mutex_lock(&t->lock);
	old = editions_replace(&t->editions, m);
	pthread_mutex_unlock(&t->lock);
	month_unref(old);
}

/* The first that is at hand, which then is not. */
static struct month *take_month(struct nodes *t)
{
	struct month *m = NULL;

	pthread_mutex_lock(&t->lock);
	for (struct edition *e = t->editions.first; e && !m; e = e->next) {
		m = e->month;
		e->month = NULL;
	}
	pthread_mutex_unlock(&t->lock);
	return m;
}

void nodes_let_go(struct nodes *t)
{
	struct month *m;

	while ((m = take_month(t)))
		month_unref(m);
}

bool nodes_is_of_other(struct nodes *t, uint64_t id, const struct month *m, bool is_sums)
{
	const struct entry_node *e;
	bool is_other;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	is_other = e && e->edition && e->edition->is_sums == is_sums &&
		!edition_is_of(e->edition, m);
	pthread_mutex_unlock(&t->lock);
	return is_other;
}

struct table_file *nodes_bind_table(struct nodes *t, uint64_t id, struct table_file *f)
{
	struct table_file *other = NULL;
	struct entry_node *e;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e && e->n.table)
		other = table_file_ref(e->n.table);
	else if (e)
		e->n.table = table_file_ref(f);
	pthread_mutex_unlock(&t->lock);
	if (!other)
		return f;
	table_file_unref(f);
	return other;
}

struct inventory *nodes_bind_inventory(struct nodes *t, uint64_t id, struct inventory *v)
{
	struct inventory *other = NULL;
	struct entry_node *e;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e && e->n.inventory)
		other = inventory_ref(e->n.inventory);
	else if (e)
		e->n.inventory = inventory_ref(v);
	pthread_mutex_unlock(&t->lock);
	if (!other)
		return v;
	inventory_unref(v);
	return other;
}

void nodes_attach(struct nodes *t, uint64_t id, struct blob *b)
{
	struct entry_node *e;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	if (e && !e->n.blob)
		e->n.blob = blob_ref(b);
	pthread_mutex_unlock(&t->lock);
}

enum { ANY_KIND = -1 };

static ssize_t copy_matching(
	const struct nodes *t, int kind, struct month_no month, struct node **ret)
{
	struct node *found = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < t->bucket_count; i++) {
		for (const struct entry_node *e = t->buckets[i]; e; e = e->next) {
			if ((kind != ANY_KIND && e->n.place.kind != kind) ||
				(month.number && e->n.place.month.number != month.number))
				continue;
			if (VEC_RESERVE(&found, &cap, n + 1, SIZE_MAX / sizeof(*found)) <
				0)
				goto fail;
			found[n++] = copy_node(e, false);
		}
	}
	*ret = found;
	return (ssize_t)n;
fail:
	while (n > 0)
		node_finish(&found[--n]);
	free(found);
	return -ENOMEM;
}

ssize_t nodes_of(
	struct nodes *t, enum place_kind kind, struct month_no month, struct node **ret)
{
	ssize_t r;

	pthread_mutex_lock(&t->lock);
	r = copy_matching(t, (int)kind, month, ret);
	pthread_mutex_unlock(&t->lock);
	return r;
}

ssize_t nodes_of_month(struct nodes *t, struct month_no month, struct node **ret)
{
	ssize_t r;

	pthread_mutex_lock(&t->lock);
	r = copy_matching(t, ANY_KIND, month, ret);
	pthread_mutex_unlock(&t->lock);
	return r;
}
