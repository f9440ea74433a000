#include "aws/object/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	AHEAD_SMALLEST = 4, /* parts of this many-th of the largest size */
	AHEAD_POLL_MS = 50, /* how late a stop may be seen */
	AHEAD_STALE_READS = 256, /* a part that so many reads passed by was given up */
};

/*
 * FREE -> QUEUED -> FETCHING -> DONE or FAILED -> FREE
 *            |          |
 *            v          v
 *          FREE     DROPPED -> FREE      nobody wants it: its thread frees it
 */
enum part_state {
	PART_FREE,
	PART_QUEUED,
	PART_FETCHING,
	PART_DROPPED,
	PART_DONE,
	PART_FAILED,
};

/* All guarded by the window's lock, but for bytes[0, got) once got is published, and
 * stop. */
struct part {
	struct ahead *ahead;
	enum part_state state;
	char *key;
	struct object_info object; /* key is the one above */
	uint64_t offset;
	size_t len, got;
	unsigned char *bytes;
	unsigned readers; /* wait for it or copy from it */
	bool is_read; /* to its end: free it when it is done */
	uint64_t used; /* the number of the last read of its object */
	uint64_t queued; /* order of the queue */
	struct fault fault;
	atomic_bool stop;
};

struct ahead {
	ahead_fetch_fn *fetch;
	void *context;
	const atomic_bool *stop;
	size_t part_bytes;
	unsigned part_count;
	pthread_mutex_t lock;
	pthread_cond_t work, news;
	/* Guarded by lock. */
	struct part parts[AHEAD_PARTS];
	pthread_t threads[AHEAD_PARTS];
	unsigned thread_count, idle_count;
	uint64_t reads, queued;
	bool is_ending;
};

/* Small objects have small parts, so that several connections share them too. */
static size_t part_bytes_of(const struct ahead *w, const struct object_info *object)
{
	size_t step = w->part_bytes / AHEAD_SMALLEST;
	uint64_t share = object->size_bytes / (AHEAD_COUNT + 1);

	if (share >= w->part_bytes - step)
		return w->part_bytes;
	return ((size_t)share / step + 1) * step;
}

static void release(struct part *p)
{
	free(p->key);
	free(p->bytes);
	p->key = NULL;
	p->bytes = NULL;
	p->state = PART_FREE;
	p->readers = 0;
}

static bool is_of(const struct part *p, const struct object_info *o)
{
	return p->state != PART_FREE && p->state != PART_DROPPED &&
		p->object.size_bytes == o->size_bytes &&
		strcmp(p->object.etag, o->etag) == 0 && strcmp(p->key, o->key) == 0;
}

static struct part *find(
	struct ahead *w, const struct object_info *object, uint64_t offset)
{
	for (unsigned i = 0; i < w->part_count; i++)
		if (is_of(&w->parts[i], object) && w->parts[i].offset == offset)
			return &w->parts[i];
	return NULL;
}

/* Gives a part back, or tells its thread to. */
static void drop(struct part *p)
{
	if (p->readers > 0)
		return;
	if (p->state == PART_FETCHING) {
		p->state = PART_DROPPED;
		atomic_store(&p->stop, true);
	} else if (p->state != PART_DROPPED) {
		release(p);
	}
}

static void drop_object(struct ahead *w, const struct object_info *object)
{
	for (unsigned i = 0; i < w->part_count; i++)
		if (is_of(&w->parts[i], object))
			drop(&w->parts[i]);
}

static bool is_given_up(const struct ahead *w, const struct part *p)
{
	return (p->state == PART_DONE || p->state == PART_FAILED) && p->readers == 0 &&
		w->reads - p->used > AHEAD_STALE_READS;
}

/* One that may be taken: free, else given up, else (for what is read now) only queued. */
static struct part *find_place(struct ahead *w, bool is_ahead)
{
	struct part *best = NULL;

	for (unsigned i = 0; i < w->part_count; i++)
		if (w->parts[i].state == PART_FREE)
			return &w->parts[i];
	for (unsigned i = 0; i < w->part_count; i++)
		if (is_given_up(w, &w->parts[i]))
			return &w->parts[i];
	for (unsigned i = 0; i < w->part_count && !is_ahead; i++) {
		struct part *p = &w->parts[i];

		if (p->state == PART_QUEUED && p->readers == 0 &&
			(!best || p->queued > best->queued))
			best = p;
	}
	return best;
}

static void run_part(struct ahead *w, struct part *p);

static void *run(void *context)
{
	struct ahead *w = context;

	pthread_mutex_lock(&w->lock);
	while (!w->is_ending) {
		struct part *first = NULL;

		for (unsigned i = 0; i < w->part_count; i++) {
			struct part *p = &w->parts[i];

			if (p->state == PART_QUEUED &&
				(!first || p->queued < first->queued))
				first = p;
		}
		if (first) {
			run_part(w, first);
			continue;
		}
		w->idle_count++;
		pthread_cond_wait(&w->work, &w->lock);
		w->idle_count--;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void take_progress(void *context, size_t got)
{
	struct part *p = context;

	pthread_mutex_lock(&p->ahead->lock);
	p->got = got;
	pthread_cond_broadcast(&p->ahead->news);
	pthread_mutex_unlock(&p->ahead->lock);
}

/* With the lock, which is given up meanwhile. */
static void run_part(struct ahead *w, struct part *p)
{
	struct fault why = { 0 };
	const struct ahead_job job = { .object = &p->object,
		.offset = p->offset,
		.len = p->len,
		.bytes = p->bytes,
		.stop = &p->stop,
		.progress = take_progress,
		.part = p };
	int r;

	p->state = PART_FETCHING;
	pthread_mutex_unlock(&w->lock);
	r = w->fetch(w->context, &job, &why);
	pthread_mutex_lock(&w->lock);
	if (p->state == PART_DROPPED || (r == 0 && p->is_read && p->readers == 0)) {
		release(p);
	} else if (r < 0) {
		p->state = PART_FAILED;
		p->fault = why;
		p->fault.error = r;
	} else {
		p->state = PART_DONE;
		p->got = p->len;
	}
	pthread_cond_broadcast(&w->news);
}

static int ensure_thread(struct ahead *w)
{
	unsigned queued = 0;
	int r;

	for (unsigned i = 0; i < w->part_count; i++)
		queued += w->parts[i].state == PART_QUEUED;
	pthread_cond_signal(&w->work);
	if (w->idle_count >= queued || w->thread_count == w->part_count)
		return 0;
	r = pthread_create(&w->threads[w->thread_count], NULL, run, w);
	if (r == 0)
		w->thread_count++;
	return w->thread_count > 0 ? 0 : -r;
}

/* The part at offset, found or begun. NULL: no place or no memory. */
static struct part *want(
	struct ahead *w, const struct object_info *object, uint64_t offset, bool is_ahead)
{
	struct part *p = find(w, object, offset);
	uint64_t left = object->size_bytes - offset;

	if (p)
		return p;
	p = find_place(w, is_ahead);
	if (!p)
		return NULL;
	release(p);
	p->len = part_bytes_of(w, object);
	if (left < p->len)
		p->len = (size_t)left;
	p->key = strdup(object->key);
	p->bytes = malloc(p->len);
	if (!p->key || !p->bytes) {
		release(p);
		return NULL;
	}
	p->ahead = w;
	p->object = *object;
	p->object.key = p->key;
	p->offset = offset;
	p->got = 0;
	p->is_read = false;
	p->used = w->reads;
	p->queued = ++w->queued;
	atomic_store(&p->stop, false);
	p->state = PART_QUEUED;
	if (ensure_thread(w) < 0) {
		release(p);
		return NULL;
	}
	return p;
}

static void read_ahead(
	struct ahead *w, const struct object_info *object, uint64_t part_offset)
{
	for (unsigned i = 0; i <= AHEAD_COUNT; i++) {
		uint64_t offset = part_offset + i * (uint64_t)part_bytes_of(w, object);

		if (offset >= object->size_bytes)
			return;
		struct part *p = want(w, object, offset, i > 0);
		if (!p)
			return;
		p->used = w->reads;
	}
}

static void wait_for_news(struct ahead *w)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += AHEAD_POLL_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(&w->news, &w->lock, &until);
}

/* Waits until the part holds bytes behind at. Bytes there; -errno. */
static ssize_t wait_for(struct ahead *w, struct part *p, size_t at)
{
	while (p->got <= at && p->state != PART_FAILED) {
		if (w->stop && atomic_load(w->stop))
			return -ECANCELED;
		wait_for_news(w);
	}
	return p->got > at ? (ssize_t)(p->got - at) : p->fault.error;
}

/* What a reader asks for, in one part. */
struct piece {
	const struct object_info *object;
	uint64_t offset;
	unsigned char *bytes;
	size_t len;
};

/* Read to its end. Its thread may have to see the end of the exchange still, and must not
 * be stopped: the connection would be lost. */
static void let_go(struct part *p)
{
	p->is_read = true;
	if (p->state == PART_DONE)
		drop(p);
}

/* With the lock, which is given up for the copy. */
static ssize_t read_part(
	struct ahead *w, struct part *p, const struct piece *x, struct fault *why)
{
	size_t at = (size_t)(x->offset - p->offset);
	ssize_t n;

	p->readers++;
	n = wait_for(w, p, at);
	if (n > 0) {
		if ((size_t)n > x->len)
			n = (ssize_t)x->len;
		pthread_mutex_unlock(&w->lock);
		memcpy(x->bytes, p->bytes + at, (size_t)n);
		pthread_mutex_lock(&w->lock);
	} else if (why && n != -ECANCELED) {
		*why = p->fault;
	}
	p->readers--;
	if (n < 0)
		/* A later read begins anew. */
		drop_object(w, x->object);
	else if (at + (size_t)n == p->len)
		let_go(p);
	return n;
}

/* Without a place for a part: just what was asked for. */
static ssize_t read_alone(struct ahead *w, const struct piece *x, struct fault *why)
{
	const struct ahead_job job = { .object = x->object,
		.offset = x->offset,
		.len = x->len,
		.bytes = x->bytes,
		.stop = w->stop };
	int r;

	pthread_mutex_unlock(&w->lock);
	r = w->fetch(w->context, &job, why);
	pthread_mutex_lock(&w->lock);
	return r < 0 ? r : (ssize_t)x->len;
}

static ssize_t read_piece(struct ahead *w, const struct piece *x, struct fault *why)
{
	uint64_t part_offset = x->offset - x->offset % part_bytes_of(w, x->object);
	struct part *p = find(w, x->object, part_offset);

	w->reads++;
	/* A jump is no reading in order. */
	if (!p && x->offset != part_offset)
		return read_alone(w, x, why);
	read_ahead(w, x->object, part_offset);
	p = find(w, x->object, part_offset);
	return p ? read_part(w, p, x, why) : read_alone(w, x, why);
}

ssize_t ahead_read(struct ahead *w, const struct object_info *object, uint64_t offset,
	void *bytes, size_t len, struct fault *why)
{
	uint64_t left = offset < object->size_bytes ? object->size_bytes - offset : 0;
	struct piece x = { .object = object, .offset = offset };
	size_t wanted = left < len ? (size_t)left : len, done = 0;
	size_t part_bytes = part_bytes_of(w, object);
	ssize_t n = 0;

	pthread_mutex_lock(&w->lock);
	/* Whole small objects need no thread. */
	if (offset == 0 && wanted == object->size_bytes && wanted <= w->part_bytes &&
		wanted > 0 && !find(w, object, 0)) {
		x.bytes = bytes;
		x.len = wanted;
		n = read_alone(w, &x, why);
		done = wanted;
	}
	while (n >= 0 && done < wanted) {
		size_t to_end = part_bytes - (size_t)(x.offset % part_bytes);

		x.bytes = (unsigned char *)bytes + done;
		x.len = wanted - done < to_end ? wanted - done : to_end;
		n = read_piece(w, &x, why);
		if (n > 0) {
			done += (size_t)n;
			x.offset += (uint64_t)n;
		}
	}
	pthread_mutex_unlock(&w->lock);
	return n < 0 ? n : (ssize_t)done;
}

static int init_condition(pthread_cond_t *c)
{
	pthread_condattr_t attributes;
	int r = pthread_condattr_init(&attributes);

	if (r != 0)
		return -r;
	r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (r == 0)
		r = pthread_cond_init(c, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return -r;
}

int ahead_new(const struct ahead_options *options, struct ahead **ret)
{
	struct ahead *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->fetch = options->fetch;
	w->context = options->context;
	w->stop = options->stop;
	w->part_bytes = options->part_bytes ? options->part_bytes : AHEAD_PART_BYTES;
	w->part_count = options->parts && options->parts < AHEAD_PARTS ? options->parts
								       : AHEAD_PARTS;
	if (pthread_mutex_init(&w->lock, NULL) != 0)
		goto no_lock;
	if (init_condition(&w->work) < 0)
		goto no_work;
	if (init_condition(&w->news) < 0)
		goto no_news;
	*ret = w;
	return 0;
no_news:
	(void)pthread_cond_destroy(&w->work);
no_work:
	(void)pthread_mutex_destroy(&w->lock);
no_lock:
	free(w);
	return -ENOMEM;
}

void ahead_free(struct ahead *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_ending = true;
	for (unsigned i = 0; i < w->part_count; i++)
		atomic_store(&w->parts[i].stop, true);
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->thread_count; i++)
		(void)pthread_join(w->threads[i], NULL);
	for (unsigned i = 0; i < w->part_count; i++)
		release(&w->parts[i]);
	(void)pthread_cond_destroy(&w->news);
	(void)pthread_cond_destroy(&w->work);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}
