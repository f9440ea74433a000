/* Questions about nodes, and what a node is about. */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "fs/tree/inside.h"

int ask_wait(const struct ask *a, struct month_no month)
{
	*a->need = (struct tree_need){ .month = month };
	return -EAGAIN;
}

bool ask_may_fetch(const struct ask *a)
{
	const struct tree_service *s = &a->t->service;

	return !a->need || !s->may_fetch || a->need->caller == 0 ||
		s->may_fetch(s->context, a->need->caller);
}

int ask_refuse(const struct ask *a)
{
	a->need->is_refused = true;
	return fault(
		a->why, -EACCES, "not read yet, and nothing is fetched for crawlers");
}

/* As library_get_sums() with load, for those that may. Others may wait for what is being
 * read anyway. */
static int get_month(const struct ask *a, struct month_no m, const struct sums *want,
	struct month **ret)
{
	bool may_fetch = ask_may_fetch(a);
	struct month_status s;
	int r = library_get_sums(a->t->o.library, m, want, may_fetch, ret, a->why);

	if (r != -EAGAIN || may_fetch)
		return r;
	return library_status(a->t->o.library, m, &s) == 0 && s.state == MONTH_LOADING
		? r
		: ask_refuse(a);
}

/* Index of the node's account in its month. */
static void find_account(struct tree *t, struct node *n)
{
	struct span id;

	if (n->place.kind != PLACE_MONTH || n->place.slot == PLACE_ALL || !n->month)
		return;
	id = accounts_at(t->accounts, n->place.slot).id;
	if (month_find_account(n->month, id, &n->place.account) < 0)
		n->place.account = PLACE_NO_ROWS;
}

/* A node whose delivery was let go. Sums are not asked for: which ones, only a path
 * tells, so that the kernel has to look it up again. */
static int come_back(struct tree *t, struct node *n, bool load, struct fault *why)
{
	struct month *m;
	int r = library_get(t->o.library, n->away, load && !n->is_sums, &m, why);

	if (n->is_sums && r != 0)
		r = -ESTALE;
	if (r < 0)
		return r;
	r = nodes_return(t->nodes, n->id, m);
	if (r < 0) {
		month_unref(m);
		return r;
	}
	n->month = m;
	n->away = (struct month_no){ 0 };
	return 0;
}

static int get_node(
	struct tree *t, uint64_t id, bool load, struct node *ret, struct fault *why)
{
	struct node n;
	int r = nodes_get(t->nodes, id, &n);

	if (r < 0)
		return r;
	if (n.away.number)
		r = come_back(t, &n, load, why);
	if (r < 0) {
		node_finish(&n);
		return r;
	}
	if (load && n.month)
		month_use(n.month);
	find_account(t, &n);
	*ret = n;
	return 0;
}

int ask_node(const struct ask *a, uint64_t id, struct node *ret)
{
	struct node n;
	int r = get_node(a->t, id, true, &n, a->why);

	if (r == 0)
		*ret = n;
	else if (r == -EAGAIN && nodes_get(a->t->nodes, id, &n) == 0) {
		r = ask_wait(a, n.away);
		node_finish(&n);
	}
	return r;
}

int node_at_hand(struct tree *t, uint64_t id, struct node *ret)
{
	return get_node(t, id, false, ret, NULL);
}

int ask_month(const struct ask *a, struct month_no month, struct month **ret)
{
	const struct sums all = { .dims = 0 };
	int r = get_month(a, month, &all, ret);

	return r == -EAGAIN ? ask_wait(a, month) : r;
}

int ask_enter(const struct ask *a, struct node *n)
{
	struct month *m;
	int r;

	if (n->place.kind == PLACE_LIVE_TYPE)
		return live_enter(a, n);
	if (n->place.kind != PLACE_MONTH || n->month)
		return 0;
	r = ask_month(a, n->place.month, &m);
	if (r < 0)
		return r;
	n->month = nodes_bind(a->t->nodes, n->id, m);
	find_account(a->t, n);
	return 0;
}

/* Zeroed: sums are not enough for the file of that name. */
static struct sums sums_for(const struct tree *t, const struct node *n, struct span name)
{
	struct span account = { .len = 0 };
	int file = 0;

	while (file < VIEW_FILE_COUNT &&
		form_of_file((enum view_file)file, name) == FORM_COUNT)
		file++;
	if (file == VIEW_FILE_COUNT)
		return (struct sums){ .dims = 0 };
	if (n->place.slot != PLACE_ALL && view_is_of_account((enum view_file)file))
		account = accounts_at(t->accounts, n->place.slot).id;
	return sums_of(view_dims((enum view_file)file), account);
}

int ask_enter_for(const struct ask *a, struct node *n, struct span name)
{
	struct sums want = { .dims = 0 };
	struct month *m;
	int r;

	if (n->place.kind == PLACE_MONTH && !n->month)
		want = sums_for(a->t, n, name);
	if (want.dims == 0)
		return ask_enter(a, n);
	r = get_month(a, n->place.month, &want, &m);
	if (r == -EAGAIN) {
		*a->need = (struct tree_need){ .month = n->place.month, .sums = want };
		return r;
	}
	if (r < 0)
		return r;
	if (month_facts(m)->sums.dims == 0) {
		month_unref(m);
		return ask_enter(a, n);
	}
	n->month = m;
	find_account(a->t, n);
	return 0;
}

/* Whether its rows are read already, for somebody else. */
static bool is_coming(const struct ask *a, const struct month *m)
{
	struct month_status s;

	return library_status(a->t->o.library, month_facts(m)->month, &s) == 0 &&
		s.is_working;
}

int ask_rows(const struct ask *a, const struct month *m, int r)
{
	struct month *now;

	if (r != -ENODATA)
		return r;
	if (!is_coming(a, m) && !ask_may_fetch(a))
		return ask_refuse(a);
	r = library_get_rows(a->t->o.library, m, &now, a->why);
	if (r == 0) {
		/* They have come since, perhaps with another month; of one that was
		 * damaged with one that is another version, which the path leads to. */
		nodes_replace(a->t->nodes, now);
		month_unref(now);
		if (month_is_damaged(m))
			return -ESTALE;
		return ask_wait(a, (struct month_no){ 0 });
	}
	if (r == -EAGAIN)
		*a->need = (struct tree_need){ .month = month_facts(m)->month,
			.rows = true };
	return r;
}

int ask_known(const struct ask *a, struct known *ret)
{
	/* First: who is renamed meanwhile is rendered again. */
	uint64_t version = accounts_version(a->t->accounts);
	struct known k;
	int r = known_read(a->t->o.library, &k);

	if (r < 0)
		return r;
	k.signature = hash64(&version, sizeof(version), k.signature);
	r = accounts_learn(a->t->accounts, &k);
	if (r < 0)
		known_finish(&k);
	else
		*ret = k;
	return r;
}

int ask_known_one(const struct ask *a, struct known *ret)
{
	struct known k;
	struct month_no need = { 0 };
	int r = ask_known(a, &k);

	if (r < 0)
		return r;
	/* Asked only where it matters: names of accounts are looked up by the thousand.
	 */
	r = known_newest(&k)
		? 0
		: known_need_one(&k, a->t->o.library, ask_may_fetch(a), &need, a->why);
	if (r < 0)
		known_finish(&k);
	else
		*ret = k;
	if (r == -EPERM)
		return ask_refuse(a);
	return r == -EAGAIN ? ask_wait(a, need) : r;
}

int node_path(struct tree *t, const struct node *n, struct buf *ret)
{
	if (n->place.kind == PLACE_TABLE || n->place.kind == PLACE_TABLE_FILE)
		return side_path(t, &n->place, ret);
	if (place_is_pending(&n->place))
		return pending_path(n, ret);
	if (place_is_live(&n->place))
		return live_path(t, n, ret);
	return place_path(&n->place, n->month, t->accounts, ret);
}

struct scope node_scope(const struct tree *t, const struct node *n)
{
	return place_scope(&n->place, n->month, t->o.selection, &t->nobody);
}

bool node_has_file(const struct tree *t, const struct node *n, enum view_file file)
{
	struct scope s = node_scope(t, n);

	if (file == VIEW_BY_TAG || file == VIEW_BY_CATEGORY)
		return false;
	if (n->place.kind == PLACE_RESOURCES)
		return file == VIEW_RESOURCE_INDEX;
	if (n->place.kind != PLACE_MONTH && n->place.kind != PLACE_SERVICE &&
		n->place.kind != PLACE_RESOURCE)
		return false;
	/* Its scope is all accounts of nobody, but it stands below accounts/. */
	if (n->place.account == PLACE_NO_ROWS &&
		(file == VIEW_BY_ACCOUNT || file == VIEW_UNCONNECTED))
		return false;
	return view_is_in(&s, file);
}

struct view_name node_view_name(const struct node *n)
{
	return (struct view_name){ (enum view_file)n->place.file, n->place.key,
		(enum form)n->place.form };
}

static int read_keys(struct tree *t, const struct node *n, struct blob **ret)
{
	struct scope s = node_scope(t, n);
	enum view_file file =
		n->place.kind == PLACE_TAGS ? VIEW_BY_TAG : VIEW_BY_CATEGORY;
	struct buf b = BUF_INIT(TREE_TEXT_MAX);
	uint32_t *keys;
	ssize_t count = view_keys(&s, file, &keys);
	int r;

	if (count < 0)
		return (int)count;
	r = buf_append(&b, keys, (size_t)count * sizeof(*keys));
	free(keys);
	if (r == 0) {
		*ret = blob_new(&b);
		r = *ret ? 0 : -ENOMEM;
	}
	buf_finish(&b);
	return r;
}

ssize_t node_keys(struct tree *t, const struct node *n, const uint32_t **ret,
	struct blob **ret_blob)
{
	struct blob *b = n->blob ? blob_ref(n->blob) : NULL;
	struct span bytes;

	if (!b) {
		int r = read_keys(t, n, &b);

		if (r < 0)
			return r;
		nodes_attach(t->nodes, n->id, b);
	}
	bytes = blob_span(b);
	*ret = (const uint32_t *)(const void *)bytes.p;
	*ret_blob = b;
	return (ssize_t)(bytes.len / sizeof(**ret));
}
