/* What will be read: fetched in its order, before anybody has asked for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/object/ahead_private.h"
#include "base/vec.h"

enum {
	EXPECTED_MAX = 1 << 20,
	EXPECTED_HEADS = 32, /* first parts that wait to be looked at */
};

static bool is_same(const struct object_info *a, const struct object_info *b)
{
	return a->size_bytes == b->size_bytes && strcmp(a->etag, b->etag) == 0 &&
		strcmp(a->key, b->key) == 0;
}

static struct expected *find(const struct ahead *w, const struct object_info *o)
{
	for (size_t i = 0; i < w->expected_count; i++)
		if (is_same(&w->expected[i].object, o))
			return &w->expected[i];
	return NULL;
}

bool expected_has(const struct ahead *w, const struct object_info *o)
{
	return find(w, o) != NULL;
}

void expected_return(struct ahead *w, const struct part *p)
{
	struct expected *e = find(w, &p->object);

	if (e && p->offset < e->next)
		e->next = p->offset;
}

static unsigned count_heads(const struct ahead *w)
{
	unsigned heads = 0;

	for (unsigned i = 0; i < AHEAD_SLOTS; i++)
		heads += w->parts[i].state != PART_FREE && w->parts[i].offset == 0;
	return heads;
}

static unsigned count_parts(const struct ahead *w, const struct object_info *o)
{
	unsigned parts = 0;

	for (unsigned i = 0; i < AHEAD_SLOTS; i++)
		parts += part_is_of(&w->parts[i], o);
	return parts;
}

/* False: there is no place. */
static bool queue_next(struct ahead *w, struct expected *e)
{
	if (!part_want(w, &e->object, e->next, true))
		return false;
	e->next = part_end(w, &e->object, e->next);
	return true;
}

/* Headers are looked at before all the rest. */
static bool fill_heads(struct ahead *w)
{
	unsigned heads = count_heads(w);

	for (size_t i = 0; i < w->expected_count && heads < EXPECTED_HEADS; i++) {
		struct expected *e = &w->expected[i];

		if (e->next > 0 || e->object.size_bytes == 0)
			continue;
		if (!queue_next(w, e))
			return false;
		heads++;
	}
	return true;
}

void expected_fill(struct ahead *w)
{
	if (w->expected_count == 0 || w->is_ending || !fill_heads(w))
		return;
	for (size_t i = 0; i < w->expected_count; i++) {
		struct expected *e = &w->expected[i];
		unsigned parts;

		if (e->next >= e->object.size_bytes)
			continue;
		parts = count_parts(w, &e->object);
		for (; e->next < e->object.size_bytes && parts <= AHEAD_COUNT; parts++)
			if (!queue_next(w, e))
				return;
	}
}

static int add(struct ahead *w, const struct object_info *o)
{
	char *key = strdup(o->key);
	int r = key ? VEC_RESERVE(&w->expected, &w->expected_cap, w->expected_count + 1,
			      EXPECTED_MAX)
		    : -ENOMEM;

	if (r < 0) {
		free(key);
		return r;
	}
	w->expected[w->expected_count] = (struct expected){ .object = *o };
	w->expected[w->expected_count++].object.key = key;
	return 0;
}

void ahead_expect(struct ahead *w, const struct object_info *objects, size_t count)
{
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < count; i++)
		if (!find(w, &objects[i]) && add(w, &objects[i]) < 0)
			break;
	expected_fill(w);
	pthread_mutex_unlock(&w->lock);
}

static void forget(struct ahead *w, const struct object_info *o)
{
	struct expected *e = find(w, o);

	if (!e)
		return;
	free(e->object.key);
	w->expected_count--;
	memmove(e, e + 1, (size_t)(w->expected + w->expected_count - e) * sizeof(*e));
	part_drop_object(w, o);
}

void ahead_forget(struct ahead *w, const struct object_info *objects, size_t count)
{
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < count; i++)
		forget(w, &objects[i]);
	expected_fill(w);
	pthread_mutex_unlock(&w->lock);
}
