#include "tests/stress/actor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LARGE = 64 * 1024, TRIES = 40, SHOWN = 48 };

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* splitmix64 */
uint64_t actor_random(struct actor *a, uint64_t bound)
{
	uint64_t z = (a->random += 0x9e3779b97f4a7c15U);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return (z ^ (z >> 31)) % bound;
}

static size_t largest(const struct item *item)
{
	size_t size = 0;

	for (int v = 0; v < VERSIONS_MAX; v++)
		if (item->of[v].exists && item->of[v].size > size)
			size = item->of[v].size;
	return size;
}

const struct item *actor_file(struct actor *a)
{
	const struct reference *r = a->reference;
	bool is_large = actor_random(a, 3) == 0;

	for (int i = 0;; i++) {
		const struct item *item = &r->items[actor_random(a, r->count)];

		if (!item->is_directory &&
			(i >= TRIES || !is_large || largest(item) > LARGE))
			return item;
	}
}

void deed_begin(struct actor *a, const char *call, const struct handle *h,
	uint64_t offset, uint64_t size)
{
	pthread_mutex_lock(&a->lock);
	a->log[a->deeds++ % DEEDS] = (struct deed){ .call = call,
		.path = h->item->path,
		.offset = offset,
		.size = size,
		.mask = h->mask,
		.begun_ns = now_ns() };
	a->is_busy = true;
	pthread_mutex_unlock(&a->lock);
}

static void count(struct actor *a, const struct deed *d)
{
	uint64_t took = now_ns() - d->begun_ns;

	for (int i = 0; i < KINDS_MAX; i++) {
		struct tally *t = &a->tallies[i];

		if (t->call != NULL && strcmp(t->call, d->call) != 0)
			continue;
		t->call = d->call;
		t->count++;
		if (took > t->longest_ns)
			t->longest_ns = took;
		return;
	}
}

long deed_end(struct actor *a, long result)
{
	long r = result == -1 ? -errno : result;

	pthread_mutex_lock(&a->lock);
	struct deed *d = &a->log[(a->deeds - 1) % DEEDS];
	d->result = r;
	count(a, d);
	a->is_busy = false;
	pthread_mutex_unlock(&a->lock);
	return r;
}

static void print_deeds(const struct actor *a)
{
	uint64_t first = a->deeds > DEEDS ? a->deeds - DEEDS : 0;

	for (uint64_t i = first; i < a->deeds; i++) {
		const struct deed *d = &a->log[i % DEEDS];

		fprintf(stderr, "%8llu  %-12s %s  offset %llu  size %llu  versions %#x  ",
			(unsigned long long)i, d->call, d->path,
			(unsigned long long)d->offset, (unsigned long long)d->size,
			d->mask);
		if (i + 1 == a->deeds && a->is_busy)
			fprintf(stderr, "under way\n");
		else if (d->result < 0)
			fprintf(stderr, "-> %s\n", strerror((int)-d->result));
		else
			fprintf(stderr, "-> %ld\n", d->result);
	}
}

void actor_fail(struct actor *a, const char *format, ...)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	va_list list;

	/* For good: the first failure is the one that is read. */
	pthread_mutex_lock(&one);
	pthread_mutex_lock(&a->lock);
	fprintf(stderr, "fsx: FAILED: kind %s, seed %llu, thread %u: ", a->kind,
		(unsigned long long)a->seed, a->number);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, "\nfsx: its last calls:\n");
	print_deeds(a);
	fflush(NULL);
	_exit(1);
}

void actor_allow_absent(struct actor *a, const struct item *item, long result)
{
	unsigned all = (1U << a->reference->versions) - 1;

	if (result != -ENOENT || reference_mask(a->reference, item) == all)
		actor_fail(a, "%s: %s", item->path, strerror((int)-result));
}

/* How many of the bytes are those of the version. */
static size_t same_bytes(const struct version *v, const struct piece *p)
{
	size_t left = p->offset < v->size ? v->size - p->offset : 0;
	size_t n = p->len < left ? p->len : left, same = 0;

	while (same < n && v->bytes[p->offset + same] == p->bytes[same])
		same++;
	return same;
}

static bool fits(const struct version *v, const struct piece *p)
{
	size_t left = p->offset < v->size ? v->size - p->offset : 0;

	return p->len == (p->wanted < left ? p->wanted : left) &&
		same_bytes(v, p) == p->len;
}

static void print_bytes(const char *what, const char *bytes, size_t len)
{
	fprintf(stderr, "  %-10s ", what);
	for (size_t i = 0; i < len && i < SHOWN; i++)
		if (bytes[i] >= ' ' && bytes[i] <= '~')
			fputc(bytes[i], stderr);
		else
			fprintf(stderr, "\\x%02x", (unsigned char)bytes[i]);
	fputc('\n', stderr);
}

static _Noreturn void fail_bytes(struct actor *a, struct handle *h, const struct piece *p)
{
	char name[32];

	for (unsigned v = 0; v < a->reference->versions; v++) {
		const struct version *of = &h->item->of[v];
		size_t same = same_bytes(of, p);
		uint64_t at = p->offset + same;

		if (!of->exists)
			continue;
		snprintf(name, sizeof(name), "version %u", v);
		fprintf(stderr, "%s of %zu bytes%s: the first %zu of %zu agree\n", name,
			of->size, h->mask >> v & 1 ? "" : " (was excluded)", same,
			p->len);
		if (same < p->len) {
			print_bytes("is", p->bytes + same, p->len - same);
			print_bytes(name, of->bytes + (at < of->size ? at : of->size),
				at < of->size ? of->size - at : 0);
		}
	}
	actor_fail(a, "%s: %zu bytes at %llu, %zu wanted: of no version, or of another",
		h->item->path, p->len, (unsigned long long)p->offset, p->wanted);
}

void handle_narrow(struct actor *a, struct handle *h, const struct piece *piece)
{
	unsigned mask = 0;

	for (unsigned v = 0; v < a->reference->versions; v++)
		if ((h->mask >> v & 1) != 0 && fits(&h->item->of[v], piece))
			mask |= 1U << v;
	if (mask == 0)
		fail_bytes(a, h, piece);
	h->mask = mask;
}

void handle_narrow_size(struct actor *a, struct handle *h, uint64_t size)
{
	unsigned mask = 0;

	for (unsigned v = 0; v < a->reference->versions; v++)
		if ((h->mask >> v & 1) != 0 && h->item->of[v].size == size)
			mask |= 1U << v;
	if (mask == 0)
		actor_fail(a, "%s: size %llu: of no version, or of another",
			h->item->path, (unsigned long long)size);
	h->mask = mask;
}

bool handle_open(struct actor *a, struct handle *h, const struct item *item)
{
	*h = (struct handle){
		.fd = -1, .item = item, .mask = reference_mask(a->reference, item)
	};
	long r = -ESTALE;

	for (int i = 0; i < PATH_TRIES && r == -ESTALE; i++) {
		deed_begin(a, "open", h, 0, 0);
		r = deed_end(a, openat(a->root, item->path, O_RDONLY | O_CLOEXEC));
	}
	if (r < 0) {
		actor_allow_absent(a, item, r);
		return false;
	}
	h->fd = (int)r;
	return true;
}

void handle_close(struct handle *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}
