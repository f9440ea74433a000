/* A table of items in order of use, and a fixed table of sizes. */
#include "fs/view/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"

enum {
	BUCKETS_FIRST = 256,
	SIZE_WAYS = 4, /* places where a size may stand */
	SIZE_SETS = 1 << 16, /* x 4 = 262,144 sizes, 4 MiB when all are in use */
	ITEM_OVERHEAD = 64, /* of the allocator, about */
};

struct item {
	struct view_key key;
	struct held *held;
	struct item *next; /* of its bucket */
	struct item *newer, *older;
};
/* Of a key that is told from others by its set and this hash: 80 bits, so that of 262,144
 * sizes one is taken for another's once in 10^18 looks. A key itself is three times as
 * large, and who walks through a tree has a size of each file. */
struct size_note {
	uint64_t hash;
	uint64_t size_plus; /* size + 1, so that zeroed is free */
};

struct view_cache {
	size_t limit;
	atomic_bool is_stopping;
	pthread_mutex_t lock; /* never held while anything is rendered or freed */
	/* all guarded by lock */
	struct item **buckets;
	size_t bucket_count, count, bytes;
	struct item *newest, *oldest;
	struct size_note *sizes;
};

struct held *held_ref(struct held *h)
{
	atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
	return h;
}

void held_unref(struct held *h)
{
	if (h && atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) == 1)
		h->free(h);
}

struct view_key view_key_of(const struct scope *scope, uint32_t file, uint32_t key)
{
	struct view_key k;

	memset(&k, 0, sizeof(k));
	k.selection = scope->selection;
	k.content = month_facts(scope->month)->content;
	k.account = scope->account;
	k.service = scope->service;
	k.resource = scope->resource;
	k.file = file;
	k.key = key;
	return k;
}

_Static_assert(sizeof(struct view_key) ==
		sizeof(void *) + sizeof(uint64_t) + 6 * sizeof(uint32_t),
	"no padding: keys are compared as bytes");

static bool is_key(const struct view_key *a, const struct view_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

struct view_cache *view_cache_new(size_t limit_bytes)
{
	struct view_cache *c = vec_alloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->limit = limit_bytes;
	c->bucket_count = BUCKETS_FIRST;
	c->buckets = vec_alloc(c->bucket_count, sizeof(struct item *));
	c->sizes = vec_alloc((size_t)SIZE_SETS * SIZE_WAYS, sizeof(*c->sizes));
	if (!c->buckets || !c->sizes || pthread_mutex_init(&c->lock, NULL)) {
		free(c->buckets);
		free(c->sizes);
		free(c);
		return NULL;
	}
	return c;
}

void view_cache_stop(struct view_cache *c)
{
	atomic_store(&c->is_stopping, true);
}

const atomic_bool *view_cache_stop_flag(const struct view_cache *c)
{
	return &c->is_stopping;
}

static struct item **bucket_of(const struct view_cache *c, const struct view_key *key)
{
	return &c->buckets[hash64(key, sizeof(*key), 0) & (c->bucket_count - 1)];
}

static struct item *find_item(const struct view_cache *c, const struct view_key *key)
{
	struct item *i = *bucket_of(c, key);

	while (i && !is_key(&i->key, key))
		i = i->next;
	return i;
}

static void link_newest(struct view_cache *c, struct item *i)
{
	i->newer = NULL;
	i->older = c->newest;
	if (c->newest)
		c->newest->newer = i;
	else
		c->oldest = i;
	c->newest = i;
}

static void unlink_use(struct view_cache *c, struct item *i)
{
	if (i->newer)
		i->newer->older = i->older;
	else
		c->newest = i->older;
	if (i->older)
		i->older->newer = i->newer;
	else
		c->oldest = i->newer;
}

static size_t item_bytes(const struct item *i)
{
	return sizeof(*i) + ITEM_OVERHEAD + i->held->bytes;
}

/* Takes it out and puts it on the list of what is freed after unlocking. */
static void take_out(struct view_cache *c, struct item *i, struct item **gone)
{
	struct item **at = bucket_of(c, &i->key);

	while (*at != i)
		at = &(*at)->next;
	*at = i->next;
	unlink_use(c, i);
	c->count--;
	c->bytes -= item_bytes(i);
	i->next = *gone;
	*gone = i;
}

static void free_items(struct item *gone)
{
	while (gone) {
		struct item *next = gone->next;

		held_unref(gone->held);
		free(gone);
		gone = next;
	}
}

/* Without memory the buckets only get longer. */
static void grow_buckets(struct view_cache *c)
{
	size_t old_count = c->bucket_count;
	struct item **old = c->buckets;
	struct item **buckets = vec_alloc(old_count * 2, sizeof(struct item *));

	if (!buckets)
		return;
	c->buckets = buckets;
	c->bucket_count = old_count * 2;
	for (size_t b = 0; b < old_count; b++) {
		while (old[b]) {
			struct item *i = old[b];
			struct item **to = bucket_of(c, &i->key);

			old[b] = i->next;
			i->next = *to;
			*to = i;
		}
	}
	free(old);
}

struct held *view_cache_get(struct view_cache *c, const struct view_key *key)
{
	struct held *h = NULL;
	struct item *i;

	pthread_mutex_lock(&c->lock);
	i = find_item(c, key);
	if (i) {
		unlink_use(c, i);
		link_newest(c, i);
		h = held_ref(i->held);
	}
	pthread_mutex_unlock(&c->lock);
	return h;
}

void view_cache_put(struct view_cache *c, const struct view_key *key, struct held *h)
{
	struct item *made = vec_alloc(1, sizeof(*made)), *gone = NULL, *same;
	struct item **bucket;

	if (!made)
		return;
	made->key = *key;
	made->held = held_ref(h);
	pthread_mutex_lock(&c->lock);
	same = find_item(c, key);
	if (same)
		take_out(c, same, &gone);
	if (c->count >= c->bucket_count)
		grow_buckets(c);
	bucket = bucket_of(c, key);
	made->next = *bucket;
	*bucket = made;
	link_newest(c, made);
	c->count++;
	c->bytes += item_bytes(made);
	while (c->bytes > c->limit && c->oldest != made)
		take_out(c, c->oldest, &gone);
	pthread_mutex_unlock(&c->lock);
	free_items(gone);
}

static struct size_note *size_set(const struct view_cache *c, const struct view_key *key)
{
	uint64_t hash = hash64(key, sizeof(*key), 1);

	return &c->sizes[(hash & (SIZE_SETS - 1)) * SIZE_WAYS];
}

static uint64_t size_hash(const struct view_key *key)
{
	return hash64(key, sizeof(*key), 2);
}

bool view_cache_size(struct view_cache *c, const struct view_key *key, uint64_t *ret_size)
{
	const struct size_note *set = size_set(c, key);
	uint64_t hash = size_hash(key);
	bool is_known = false;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < SIZE_WAYS && !is_known; i++) {
		if (!set[i].size_plus || set[i].hash != hash)
			continue;
		*ret_size = set[i].size_plus - 1;
		is_known = true;
	}
	pthread_mutex_unlock(&c->lock);
	return is_known;
}

/* Newest first in each set; the last one goes. */
void view_cache_note_size(struct view_cache *c, const struct view_key *key, uint64_t size)
{
	struct size_note *set = size_set(c, key);
	struct size_note made = { size_hash(key), size + 1 };
	size_t at = 0;

	pthread_mutex_lock(&c->lock);
	while (at < SIZE_WAYS - 1 && set[at].size_plus && set[at].hash != made.hash)
		at++;
	memmove(&set[1], &set[0], at * sizeof(*set));
	set[0] = made;
	pthread_mutex_unlock(&c->lock);
}

void view_cache_drop(struct view_cache *c, const struct month *m)
{
	struct item *gone = NULL, *i, *older;
	uint64_t content = month_facts(m)->content;

	pthread_mutex_lock(&c->lock);
	for (i = c->newest; i; i = older) {
		older = i->older;
		if (i->key.content == content)
			take_out(c, i, &gone);
	}
	/* Which of the sizes are its own nothing tells; others are found again. */
	memset(c->sizes, 0, (size_t)SIZE_SETS * SIZE_WAYS * sizeof(*c->sizes));
	pthread_mutex_unlock(&c->lock);
	free_items(gone);
}

void view_cache_free(struct view_cache *c)
{
	struct item *gone = NULL;

	if (!c)
		return;
	while (c->newest)
		take_out(c, c->newest, &gone);
	free_items(gone);
	pthread_mutex_destroy(&c->lock);
	free(c->buckets);
	free(c->sizes);
	free(c);
}
