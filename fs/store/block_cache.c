#include "fs/store/block_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct block {
	atomic_uint refs;
	size_t len;
	char bytes[];
};

enum { BUCKETS = 1024 };

struct slot {
	struct slot *next_in_bucket;
	struct slot *newer, *older;
	struct block *block;
	uint32_t user, number;
};

struct block_cache {
	pthread_mutex_t lock;
	size_t limit;
	/* The rest is guarded by lock. */
	size_t bytes;
	uint32_t next_user;
	struct slot *newest, *oldest;
	struct slot *buckets[BUCKETS];
};

struct block_cache *block_cache_new(size_t limit_bytes)
{
	struct block_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	c->limit = limit_bytes;
	return c;
}

static size_t bucket_of(uint32_t user, uint32_t number)
{
	return (number * 2654435761u + user * 40503u) % BUCKETS;
}

static void unlink_age(struct block_cache *c, struct slot *s)
{
	if (s->newer != NULL)
		s->newer->older = s->older;
	else
		c->newest = s->older;
	if (s->older != NULL)
		s->older->newer = s->newer;
	else
		c->oldest = s->newer;
	s->newer = s->older = NULL;
}

static void link_newest(struct block_cache *c, struct slot *s)
{
	s->older = c->newest;
	if (c->newest != NULL)
		c->newest->newer = s;
	else
		c->oldest = s;
	c->newest = s;
}

static void remove_slot(struct block_cache *c, struct slot *s)
{
	struct slot **at = &c->buckets[bucket_of(s->user, s->number)];

	while (*at != s)
		at = &(*at)->next_in_bucket;
	*at = s->next_in_bucket;
	unlink_age(c, s);
	c->bytes -= s->block->len;
	block_unref(s->block);
	free(s);
}

void block_cache_free(struct block_cache *c)
{
	if (c == NULL)
		return;
	while (c->oldest != NULL)
		remove_slot(c, c->oldest);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

uint32_t block_cache_user(struct block_cache *c)
{
	pthread_mutex_lock(&c->lock);
	uint32_t user = c->next_user++;
	pthread_mutex_unlock(&c->lock);
	return user;
}

static struct slot *find_slot(struct block_cache *c, uint32_t user, uint32_t number)
{
	struct slot *s = c->buckets[bucket_of(user, number)];

	while (s != NULL && (s->user != user || s->number != number))
		s = s->next_in_bucket;
	return s;
}

struct block *block_cache_get(struct block_cache *c, uint32_t user, uint32_t number)
{
	struct block *b = NULL;

	pthread_mutex_lock(&c->lock);
	struct slot *s = find_slot(c, user, number);
	if (s != NULL) {
		unlink_age(c, s);
		link_newest(c, s);
		b = s->block;
		atomic_fetch_add(&b->refs, 1);
	}
	pthread_mutex_unlock(&c->lock);
	return b;
}

struct block *block_new(size_t len)
{
	size_t bytes;

	if (__builtin_add_overflow(len, sizeof(struct block), &bytes))
		return NULL;
	struct block *b = malloc(bytes);
	if (b == NULL)
		return NULL;
	atomic_init(&b->refs, 1);
	b->len = len;
	return b;
}

char *block_bytes(struct block *b)
{
	return b->bytes;
}

size_t block_len(const struct block *b)
{
	return b->len;
}

void block_cache_put(
	struct block_cache *c, uint32_t user, uint32_t number, struct block *b)
{
	struct slot *s = calloc(1, sizeof(*s));

	/* No memory, no cache: the caller has its block all the same. */
	if (s == NULL)
		return;
	s->block = b;
	s->user = user;
	s->number = number;
	pthread_mutex_lock(&c->lock);
	if (b->len > c->limit || find_slot(c, user, number) != NULL) {
		pthread_mutex_unlock(&c->lock);
		free(s);
		return;
	}
	atomic_fetch_add(&b->refs, 1);
	while (c->oldest != NULL && c->bytes + b->len > c->limit)
		remove_slot(c, c->oldest);
	size_t bucket = bucket_of(user, number);
	s->next_in_bucket = c->buckets[bucket];
	c->buckets[bucket] = s;
	link_newest(c, s);
	c->bytes += b->len;
	pthread_mutex_unlock(&c->lock);
}

void block_cache_drop(struct block_cache *c, uint32_t user)
{
	pthread_mutex_lock(&c->lock);
	for (struct slot *s = c->oldest; s != NULL;) {
		struct slot *newer = s->newer;

		if (s->user == user)
			remove_slot(c, s);
		s = newer;
	}
	pthread_mutex_unlock(&c->lock);
}

void block_unref(struct block *b)
{
	if (b != NULL && atomic_fetch_sub(&b->refs, 1) == 1)
		free(b);
}
