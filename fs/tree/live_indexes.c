/* The files index.csv that were rendered, as of roll-ups: bytes within a limit, sizes for
 * longer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "fs/tree/inside.h"

enum {
	KEPT_MAX = 1024,
	INDEX_QUICK_WORK = 5000, /* about 5 ms */
};
static const size_t KEPT_BYTES_MAX = (size_t)32 * 1024 * 1024;
static const size_t INDEX_BYTES_MAX = (size_t)1 << 30;

/* Made zeroed: compared as bytes. */
struct index_key {
	/* An address alone may come back with other contents. */
	const struct inventory *inventory;
	int64_t time;
	uint64_t memory, delivery;
	uint32_t slot, region, kind, form;
};
struct kept {
	struct index_key key;
	uint64_t size_plus; /* one more than the size; 0: nothing is kept here */
	uint64_t used;
	struct blob *blob; /* or NULL */
};
struct live_indexes {
	pthread_mutex_t lock;
	/* all guarded by lock */
	struct kept kept[KEPT_MAX];
	size_t bytes; /* of blobs */
	uint64_t uses;
};

struct live_indexes *live_indexes_new(void)
{
	struct live_indexes *c = vec_alloc(1, sizeof(*c));

	if (c && pthread_mutex_init(&c->lock, NULL) != 0) {
		free(c);
		c = NULL;
	}
	return c;
}

void live_indexes_free(struct live_indexes *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < KEPT_MAX; i++)
		blob_unref(c->kept[i].blob);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct index_key key_of(const struct node *n)
{
	struct index_key key;

	memset(&key, 0, sizeof(key));
	key.time = inventory_time(n->inventory).seconds;
	key.inventory = n->inventory;
	key.memory = inventory_memory(n->inventory);
	if (n->month)
		key.delivery = hash64(
			month_facts(n->month)->id, strlen(month_facts(n->month)->id), 1);
	key.slot = n->place.slot;
	key.region = n->place.region;
	key.kind = n->place.live_kind;
	key.form = n->place.form;
	return key;
}

/* Guarded by lock. NULL when there is none. */
static struct kept *find(struct live_indexes *c, const struct index_key *key)
{
	for (size_t i = 0; i < KEPT_MAX; i++) {
		struct kept *k = &c->kept[i];

		if (k->size_plus && memcmp(&k->key, key, sizeof(*key)) == 0) {
			k->used = ++c->uses;
			return k;
		}
	}
	return NULL;
}

/* Guarded by lock: the one that was not used for longest, of those with bytes alone, or a
 * free one. */
static struct kept *oldest(struct live_indexes *c, bool with_bytes)
{
	struct kept *found = NULL;

	for (size_t i = 0; i < KEPT_MAX; i++) {
		struct kept *k = &c->kept[i];

		if (with_bytes && !k->blob)
			continue;
		if (!found || k->used < found->used)
			found = k;
	}
	return found;
}

/* Guarded by lock. */
static void let_go(struct live_indexes *c, struct kept *k)
{
	if (k->blob)
		c->bytes -= blob_span(k->blob).len;
	blob_unref(k->blob);
	k->blob = NULL;
}

static void keep(struct live_indexes *c, const struct index_key *key, struct blob *b)
{
	size_t size = blob_span(b).len;
	struct kept *k;

	pthread_mutex_lock(&c->lock);
	k = find(c, key);
	if (!k)
		k = oldest(c, false);
	let_go(c, k);
	while (size <= KEPT_BYTES_MAX && c->bytes > KEPT_BYTES_MAX - size)
		let_go(c, oldest(c, true));
	k->key = *key;
	k->size_plus = (uint64_t)size + 1;
	k->used = ++c->uses;
	if (size <= KEPT_BYTES_MAX) {
		k->blob = blob_ref(b);
		c->bytes += size;
	}
	pthread_mutex_unlock(&c->lock);
}

/* "ec2 instances", and of what. Names of accounts may change while this does not. */
static int append_words(const struct node *n, const struct live_index *x,
	struct buf *title, struct buf *subtitle)
{
	const struct resource_kind *kind = resource_kind_at(x->kind);
	char time[INSTANT_TEXT], month[MONTH_TEXT];
	int r = buf_appendf(title, "%s %s", kind->service, kind->type);

	instant_format(inventory_time(n->inventory), time);
	if (r == 0)
		r = buf_appendf(subtitle, "%.*s, %s, asked at %.*s",
			SPAN_ARG(x->account_id), *x->region ? x->region : LIVE_GLOBAL,
			INSTANT_TEXT, time);
	if (r < 0 || !x->month)
		return r;
	month_format(month_facts(x->month)->month, month);
	return buf_appendf(subtitle, ", costs of %.*s", MONTH_TEXT, month);
}

/* Puts that in the place of the CSV. */
static int make_form(const struct ask *a, const struct node *n,
	const struct live_index *x, struct buf *b)
{
	struct buf title = BUF_INIT(TREE_NAME_MAX), subtitle = BUF_INIT(TREE_NAME_MAX);
	struct buf made = BUF_INIT(INDEX_BYTES_MAX);
	int r = append_words(n, x, &title, &subtitle);

	if (r == 0) {
		const struct form_about about = { SPAN("index"), buf_span(&title),
			buf_span(&subtitle), &a->t->is_stopping };

		r = form_render(
			(enum form)n->place.form, buf_span(b), &about, &made, a->why);
	}
	buf_finish(&title);
	buf_finish(&subtitle);
	buf_finish(b);
	*b = made;
	return form_failed(a, r);
}

static int render(const struct ask *a, const struct node *n, struct blob **ret)
{
	const struct live_index x = { .inventory = n->inventory,
		.kind = n->place.live_kind,
		.region = live_region(a->t, n->place.region),
		.month = n->month,
		.account_id = accounts_at(a->t->accounts, n->place.slot).id };
	struct buf b = BUF_INIT(INDEX_BYTES_MAX);
	int r;

	if (!a->patient && live_index_work(&x) > INDEX_QUICK_WORK)
		return ask_wait(a, (struct month_no){ 0 });
	r = live_index_render(&x, &b);
	if (r == 0 && n->place.form != FORM_CSV)
		r = make_form(a, n, &x, &b);
	if (r == -ERANGE)
		r = fault(a->why, r, "adding up costs: a sum is too large");
	if (r == -EBADMSG)
		r = fault(a->why, r,
			"adding up costs: the cached sums do not fit together");
	if (r == 0) {
		*ret = blob_new(&b);
		r = *ret ? 0 : -ENOMEM;
	}
	buf_finish(&b);
	return r;
}

int live_index_open(const struct ask *a, const struct node *n, struct blob **ret)
{
	struct live_indexes *c = a->t->indexes;
	const struct index_key key = key_of(n);
	struct blob *b = NULL;
	struct kept *k;
	int r;

	pthread_mutex_lock(&c->lock);
	k = find(c, &key);
	if (k && k->blob)
		b = blob_ref(k->blob);
	pthread_mutex_unlock(&c->lock);
	if (!b) {
		r = render(a, n, &b);
		if (r < 0)
			return r;
		keep(c, &key, b);
	}
	*ret = b;
	return 0;
}

int live_index_size(const struct ask *a, const struct node *n, uint64_t *ret)
{
	struct live_indexes *c = a->t->indexes;
	const struct index_key key = key_of(n);
	uint64_t size_plus = 0;
	struct blob *b;
	struct kept *k;
	int r;

	pthread_mutex_lock(&c->lock);
	k = find(c, &key);
	if (k)
		size_plus = k->size_plus;
	pthread_mutex_unlock(&c->lock);
	if (!size_plus) {
		r = live_index_open(a, n, &b);
		if (r < 0)
			return r;
		size_plus = (uint64_t)blob_span(b).len + 1;
		blob_unref(b);
	}
	*ret = size_plus - 1;
	return 0;
}
