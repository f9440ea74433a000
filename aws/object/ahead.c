#include "aws/object/ahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/object/ahead_private.h"
#include "base/condition.h"

enum { AHEAD_POLL_MS = 50 /* how late a stop may be seen */ };

/* The part, and those behind it. */
static struct part *read_ahead(
	struct ahead *w, const struct object_info *object, uint64_t offset)
{
	struct part *first = part_want(w, object, offset, false);
	bool is_expected = expected_has(w, object);

	if (!first)
		return NULL;
	part_hurry(first);
	if (is_expected)
		expected_fill(w);
	for (unsigned i = 0; i <= AHEAD_COUNT && offset < object->size_bytes; i++) {
		struct part *p = is_expected ? part_find(w, object, offset)
					     : part_want(w, object, offset, i > 0);

		if (p)
			p->used = w->reads;
		else if (!is_expected)
			break;
		offset = part_end(w, object, offset);
	}
	return first;
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
	if (p->state == PART_DONE) {
		part_drop(p);
		expected_fill(p->ahead);
	}
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
	if (n < 0) {
		/* A later read begins anew. */
		part_drop_object(w, x->object);
		return n;
	}
	/* Who jumps to its end, to a footer, has not read what is before it. */
	if (at <= p->passed + w->part_bytes / AHEAD_SKIP && at + (size_t)n > p->passed)
		p->passed = at + (size_t)n;
	if (p->passed == p->len)
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
	uint64_t begin = part_begin(w, x->object, x->offset);
	struct part *p = part_find(w, x->object, begin);

	w->reads++;
	/* A jump is no reading in order. */
	if (!p && x->offset != begin)
		return read_alone(w, x, why);
	p = read_ahead(w, x->object, begin);
	return p ? read_part(w, p, x, why) : read_alone(w, x, why);
}

/* Whether it comes by one request of its own: small objects whole, since they need no
 * thread, and what is read by jumps in an object that is not to be read whole. */
static bool is_alone(
	struct ahead *w, const struct object_info *object, uint64_t offset, size_t wanted)
{
	uint64_t begin = part_begin(w, object, offset);

	if (wanted == 0 || part_find(w, object, begin))
		return false;
	if (offset == 0)
		return wanted == object->size_bytes && wanted <= w->part_bytes;
	return offset != begin && !expected_has(w, object);
}

ssize_t ahead_read(struct ahead *w, const struct object_info *object, uint64_t offset,
	void *bytes, size_t len, struct fault *why)
{
	uint64_t left = offset < object->size_bytes ? object->size_bytes - offset : 0;
	struct piece x = { .object = object, .offset = offset };
	size_t wanted = left < len ? (size_t)left : len, done = 0;
	ssize_t n = 0;

	pthread_mutex_lock(&w->lock);
	if (is_alone(w, object, offset, wanted)) {
		x.bytes = bytes;
		x.len = wanted;
		n = read_alone(w, &x, why);
		done = wanted;
	}
	while (n >= 0 && done < wanted) {
		size_t to_end =
			(size_t)(part_end(w, object, part_begin(w, object, x.offset)) -
				x.offset);

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

int ahead_new(const struct ahead_options *options, struct ahead **ret)
{
	struct ahead *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->fetch = options->fetch;
	w->context = options->context;
	w->stop = options->stop;
	w->part_bytes = options->part_bytes ? options->part_bytes : AHEAD_PART_BYTES;
	w->fetches_most = options->parts && options->parts < AHEAD_PARTS ? options->parts
									 : AHEAD_PARTS;
	if (pthread_mutex_init(&w->lock, NULL) != 0)
		goto no_lock;
	if (condition_init(&w->work) < 0)
		goto no_work;
	if (condition_init(&w->news) < 0)
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
	for (unsigned i = 0; i < AHEAD_SLOTS; i++)
		atomic_store(&w->parts[i].stop, true);
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->thread_count; i++)
		(void)pthread_join(w->threads[i], NULL);
	for (unsigned i = 0; i < AHEAD_SLOTS; i++)
		part_release(&w->parts[i]);
	for (size_t i = 0; i < w->expected_count; i++)
		free(w->expected[i].object.key);
	free(w->expected);
	(void)pthread_cond_destroy(&w->news);
	(void)pthread_cond_destroy(&w->work);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}
