#include "aws/object/ends.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

struct end {
	struct end *next;
	struct object_info object; /* its own key */
	uint64_t offset; /* of bytes, which go on to the object's last */
	unsigned char *bytes;
};

struct ends {
	struct object_source base;
	struct object_source *source;
	pthread_mutex_t lock; /* never held over a call of the source */
	/* Guarded by lock. */
	bool is_sealed;
	struct end *first; /* in no order */
	size_t count;
	uint64_t held; /* bytes of them */
};

static struct ends *ends_of(struct object_source *s)
{
	return (struct ends *)(void *)s;
}

static bool is_of(const struct end *x, const struct object_info *o)
{
	return x->object.size_bytes == o->size_bytes &&
		strcmp(x->object.key, o->key) == 0 &&
		strcmp(x->object.etag, o->etag) == 0;
}

/* With the lock. What it answers points to NULL where nothing is kept of the object. */
static struct end **find(struct ends *e, const struct object_info *o)
{
	struct end **at = &e->first;

	while (*at && !is_of(*at, o))
		at = &(*at)->next;
	return at;
}

static void end_free(struct end *x)
{
	if (!x)
		return;
	free(x->object.key);
	free(x->bytes);
	free(x);
}

/* With the lock. */
static void drop(struct ends *e, const struct object_info *o)
{
	struct end **at = find(e, o), *x = *at;

	if (!x)
		return;
	*at = x->next;
	e->count--;
	e->held -= x->object.size_bytes - x->offset;
	end_free(x);
}

/* A part of an object that somebody asks for. */
struct wanted {
	const struct object_info *object;
	uint64_t offset;
	unsigned char *bytes;
	size_t len; /* within the object */
};

/* How many bytes at the end of what is wanted were kept, and are there now. */
static size_t take_kept(struct ends *e, const struct wanted *w)
{
	uint64_t end = w->offset + w->len, from;
	const struct end *x;
	size_t n = 0;

	pthread_mutex_lock(&e->lock);
	x = *find(e, w->object);
	if (x && end > x->offset) {
		from = x->offset > w->offset ? x->offset : w->offset;
		n = (size_t)(end - from);
		memcpy(w->bytes + (w->len - n), x->bytes + (from - x->offset), n);
	}
	pthread_mutex_unlock(&e->lock);
	return n;
}

/* With the lock. */
static void add(struct ends *e, const struct wanted *w)
{
	struct end *x = e->count < ENDS_MAX ? vec_alloc(1, sizeof(*x)) : NULL;

	if (!x)
		return;
	*x = (struct end){ .object = *w->object, .offset = w->offset };
	x->object.key = strdup(w->object->key);
	x->bytes = malloc(w->len);
	if (!x->object.key || !x->bytes) {
		end_free(x);
		return;
	}
	memcpy(x->bytes, w->bytes, w->len);
	x->next = e->first;
	e->first = x;
	e->count++;
	e->held += w->len;
}

/* What stands just before it. With the lock. */
static void extend(struct ends *e, struct end *x, const struct wanted *w)
{
	size_t len = (size_t)(x->object.size_bytes - x->offset);
	unsigned char *bytes = malloc(w->len + len);

	if (!bytes)
		return;
	memcpy(bytes, w->bytes, w->len);
	memcpy(bytes + w->len, x->bytes, len);
	free(x->bytes);
	x->bytes = bytes;
	x->offset = w->offset;
	e->held += w->len;
}

static void keep(struct ends *e, const struct wanted *w)
{
	uint64_t end = w->offset + w->len;
	struct end *x;

	pthread_mutex_lock(&e->lock);
	if (!e->is_sealed && w->len <= ENDS_BYTES - e->held) {
		x = *find(e, w->object);
		if (!x && end == w->object->size_bytes)
			add(e, w);
		else if (x && end == x->offset)
			extend(e, x, w);
	}
	pthread_mutex_unlock(&e->lock);
}

static ssize_t op_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why)
{
	struct ends *e = ends_of(s);
	uint64_t left = offset < object->size_bytes ? object->size_bytes - offset : 0;
	const struct wanted w = { .object = object,
		.offset = offset,
		.bytes = bytes,
		.len = left < len ? (size_t)left : len };
	size_t kept = w.len > 0 ? take_kept(e, &w) : 0;
	ssize_t n = 0;

	if (kept == 0)
		n = object_read(e->source, object, offset, bytes, len, why);
	else if (kept < w.len)
		n = object_read(e->source, object, offset, bytes, w.len - kept, why);
	if (n < 0)
		return n;
	if (kept == 0 && w.len > 0 && (size_t)n == w.len)
		keep(e, &w);
	/* Without what is missing, what was kept does not follow. */
	return kept == 0 || (size_t)n < w.len - kept ? n : (ssize_t)w.len;
}

static int op_list(struct object_source *s, const char *prefix, struct object_list *ret,
	struct fault *why)
{
	return object_list(ends_of(s)->source, prefix, ret, why);
}

static int op_stat(struct object_source *s, const char *key, struct object_info *ret,
	struct fault *why)
{
	return object_stat(ends_of(s)->source, key, ret, why);
}

static void op_expect(struct object_source *s, const struct object_info *objects,
	size_t count, bool is_wanted)
{
	struct ends *e = ends_of(s);

	if (is_wanted) {
		object_expect(e->source, objects, count);
		return;
	}
	object_forget(e->source, objects, count);
	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < count; i++)
		drop(e, &objects[i]);
	pthread_mutex_unlock(&e->lock);
}

static void op_free(struct object_source *s)
{
	struct ends *e = ends_of(s);

	while (e->first) {
		struct end *x = e->first;

		e->first = x->next;
		end_free(x);
	}
	(void)pthread_mutex_destroy(&e->lock);
	free(e);
}

int ends_new(struct object_source *s, struct object_source **ret)
{
	/* Nobody counts here: who counts traffic asks s. */
	static const struct object_ops ops = { .list = op_list,
		.stat = op_stat,
		.read = op_read,
		.free = op_free,
		.expect = op_expect };
	struct ends *e = vec_alloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->base = (struct object_source){
		.ops = &ops, .name = s->name, .is_near = s->is_near
	};
	e->source = s;
	/* glibc's never fails. */
	if (pthread_mutex_init(&e->lock, NULL) != 0) {
		free(e);
		return -ENOMEM;
	}
	*ret = &e->base;
	return 0;
}

void ends_seal(struct object_source *s)
{
	struct ends *e = ends_of(s);

	pthread_mutex_lock(&e->lock);
	e->is_sealed = true;
	pthread_mutex_unlock(&e->lock);
}
