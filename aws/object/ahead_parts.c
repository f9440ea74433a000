/* The parts of objects: their places, the queue, and the threads that fetch. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/object/ahead_private.h"

/* First of those that are read now. */
static const uint64_t not_urgent = UINT64_C(1) << 62;

/* Small objects have small parts, so that several connections share them too. */
static size_t part_bytes_of(const struct ahead *w, const struct object_info *object)
{
	size_t step = w->part_bytes / AHEAD_SMALLEST;
	uint64_t share = object->size_bytes / (AHEAD_COUNT + 1);

	if (share >= w->part_bytes - step)
		return w->part_bytes;
	return ((size_t)share / step + 1) * step;
}

/* Of an object that is not fetched at once anyway, the first bytes come alone. */
static size_t head_bytes_of(const struct ahead *w, const struct object_info *o)
{
	return o->size_bytes > part_bytes_of(w, o) ? w->part_bytes / AHEAD_HEAD : 0;
}

uint64_t part_begin(const struct ahead *w, const struct object_info *o, uint64_t offset)
{
	uint64_t begin = offset - offset % part_bytes_of(w, o);
	size_t head = head_bytes_of(w, o);

	return begin == 0 && offset >= head ? head : begin;
}

uint64_t part_end(const struct ahead *w, const struct object_info *o, uint64_t begin)
{
	size_t head = head_bytes_of(w, o), bytes = part_bytes_of(w, o);
	uint64_t end = begin < head ? head : begin - begin % bytes + bytes;

	return end < o->size_bytes ? end : o->size_bytes;
}

void part_release(struct part *p)
{
	if (p->state != PART_FREE)
		p->ahead->held -= p->len;
	free(p->key);
	free(p->bytes);
	p->key = NULL;
	p->bytes = NULL;
	p->state = PART_FREE;
	p->readers = 0;
}

bool part_is_of(const struct part *p, const struct object_info *o)
{
	return p->state != PART_FREE && p->state != PART_DROPPED &&
		p->object.size_bytes == o->size_bytes &&
		strcmp(p->object.etag, o->etag) == 0 && strcmp(p->key, o->key) == 0;
}

struct part *part_find(struct ahead *w, const struct object_info *object, uint64_t offset)
{
	for (unsigned i = 0; i < AHEAD_SLOTS; i++)
		if (w->parts[i].offset == offset && part_is_of(&w->parts[i], object))
			return &w->parts[i];
	return NULL;
}

void part_drop(struct part *p)
{
	if (p->readers > 0)
		return;
	if (p->state == PART_FETCHING) {
		p->state = PART_DROPPED;
		atomic_store(&p->stop, true);
	} else if (p->state != PART_DROPPED) {
		part_release(p);
	}
}

void part_drop_object(struct ahead *w, const struct object_info *object)
{
	for (unsigned i = 0; i < AHEAD_SLOTS; i++)
		if (part_is_of(&w->parts[i], object))
			part_drop(&w->parts[i]);
}

static bool is_given_up(const struct ahead *w, const struct part *p)
{
	return (p->state == PART_DONE || p->state == PART_FAILED) && p->readers == 0 &&
		w->reads - p->used > AHEAD_STALE_READS && !expected_has(w, &p->object);
}

/* One that may go for what is read now: of those that were queued last, which will be
 * read last, one that has not been fetched yet, if there is any. */
static struct part *find_last(struct ahead *w, enum part_state state)
{
	struct part *last = NULL;

	for (unsigned i = 0; i < AHEAD_SLOTS; i++) {
		struct part *p = &w->parts[i];

		if (p->state == state && p->readers == 0 &&
			(!last || p->queued > last->queued))
			last = p;
	}
	return last;
}

static struct part *find_least(struct ahead *w)
{
	struct part *p = find_last(w, PART_QUEUED);

	return p ? p : find_last(w, PART_DONE);
}

static struct part *find_free(struct ahead *w, size_t len)
{
	if (w->held + len > w->fetches_most * w->part_bytes)
		return NULL;
	for (unsigned i = 0; i < AHEAD_SLOTS; i++)
		if (w->parts[i].state == PART_FREE)
			return &w->parts[i];
	return NULL;
}

static struct part *find_place(struct ahead *w, size_t len, bool is_ahead)
{
	struct part *place = find_free(w, len), *last;

	for (unsigned i = 0; i < AHEAD_SLOTS && !place; i++) {
		if (!is_given_up(w, &w->parts[i]))
			continue;
		part_release(&w->parts[i]);
		place = find_free(w, len);
	}
	while (!place && !is_ahead && (last = find_least(w)) != NULL) {
		expected_return(w, last);
		part_release(last);
		place = find_free(w, len);
	}
	return place;
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
		part_release(p);
		expected_fill(w);
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

static struct part *first_queued(struct ahead *w)
{
	struct part *first = NULL;

	for (unsigned i = 0; i < AHEAD_SLOTS; i++) {
		struct part *p = &w->parts[i];

		if (p->state == PART_QUEUED && (!first || p->queued < first->queued))
			first = p;
	}
	return first;
}

static void *run(void *context)
{
	struct ahead *w = context;

	pthread_mutex_lock(&w->lock);
	while (!w->is_ending) {
		struct part *first = first_queued(w);

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

static int ensure_thread(struct ahead *w)
{
	unsigned queued = 0;
	int r;

	for (unsigned i = 0; i < AHEAD_SLOTS; i++)
		queued += w->parts[i].state == PART_QUEUED;
	pthread_cond_signal(&w->work);
	if (w->idle_count >= queued || w->thread_count == w->fetches_most)
		return 0;
	r = pthread_create(&w->threads[w->thread_count], NULL, run, w);
	if (r == 0)
		w->thread_count++;
	return w->thread_count > 0 ? 0 : -r;
}

void part_hurry(struct part *p)
{
	if (p->state == PART_QUEUED && p->queued >= not_urgent)
		p->queued = ++p->ahead->urgent;
}

struct part *part_want(
	struct ahead *w, const struct object_info *object, uint64_t offset, bool is_ahead)
{
	size_t len = (size_t)(part_end(w, object, offset) - offset);
	struct part *p = part_find(w, object, offset);

	if (p)
		return p;
	p = find_place(w, len, is_ahead);
	if (!p)
		return NULL;
	p->ahead = w;
	p->key = strdup(object->key);
	p->bytes = malloc(len);
	if (!p->key || !p->bytes) {
		part_release(p);
		return NULL;
	}
	p->len = len;
	p->object = *object;
	p->object.key = p->key;
	p->offset = offset;
	p->got = 0;
	p->passed = 0;
	p->is_read = false;
	p->used = w->reads;
	p->queued = is_ahead ? not_urgent + ++w->queued : ++w->urgent;
	atomic_store(&p->stop, false);
	p->state = PART_QUEUED;
	w->held += len;
	if (ensure_thread(w) < 0) {
		part_release(p);
		return NULL;
	}
	return p;
}
