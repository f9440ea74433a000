/* What the library knows at one moment. */
#include "fs/tree/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"

enum { KNOWN_TRIES = 3 };

static uint64_t sign(const struct known *k)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < k->count; i++) {
		const struct month_status *s = &k->status[i];
		const char *id = k->month[i] ? month_facts(k->month[i])->id : "";
		int64_t words[] = { s->month.number, k->month[i] != NULL,
			s->state == MONTH_FAILED, s->as_of.seconds };

		hash = hash64(words, sizeof(words), hash);
		hash = hash64(id, strlen(id), hash);
	}
	return hash;
}

static void get_months(struct library *l, struct known *k)
{
	for (size_t i = 0; i < k->count; i++) {
		struct month_status *s = &k->status[i];

		if (s->as_of.seconds > k->as_of.seconds)
			k->as_of = s->as_of;
		if (s->state != MONTH_READY)
			continue;
		/* It may have gone meanwhile. */
		if (library_get(l, s->month, false, &k->month[i], NULL) < 0)
			k->month[i] = NULL;
	}
}

int known_read(struct library *l, struct known *ret)
{
	struct known k = { .as_of = { INSTANT_NONE } };
	ssize_t n = library_months(l, &k.status);

	if (n < 0)
		return (int)n;
	k.count = (size_t)n;
	k.month = vec_alloc(k.count, sizeof(struct month *));
	if (!k.month) {
		free(k.status);
		return -ENOMEM;
	}
	get_months(l, &k);
	k.signature = sign(&k);
	*ret = k;
	return 0;
}

void known_finish(struct known *k)
{
	for (size_t i = 0; i < k->count; i++)
		month_unref(k->month[i]);
	free(k->month);
	free(k->status);
	*k = (struct known){ 0 };
}

struct month *known_newest(const struct known *k)
{
	for (size_t i = k->count; i > 0; i--)
		if (k->month[i - 1])
			return k->month[i - 1];
	return NULL;
}

/* As known_need_one(), of this month. */
static int need_month(const struct month_status *s, struct library *l, bool load,
	struct month_no *ret_need, struct fault *why)
{
	struct month *m;
	int r = library_get(l, s->month, load, &m, why);

	if (r == 0)
		month_unref(m); /* ready since: the caller's next look sees it */
	if (r == -EAGAIN && !load && s->state != MONTH_LOADING)
		return -EPERM;
	if (r == 0 || r == -EAGAIN) {
		*ret_need = s->month;
		return -EAGAIN;
	}
	return r;
}

/* A month that cannot be read is not in the way of the one before; where nothing can be
 * read, because nobody is there to be asked or all is denied, not all are tried. */
int known_need_one(const struct known *k, struct library *l, bool load,
	struct month_no *ret_need, struct fault *why)
{
	struct fault of_newest = { 0 };
	int first = 0;

	if (known_newest(k))
		return 0;
	for (size_t i = k->count; i > 0 && k->count - i < KNOWN_TRIES; i--) {
		struct fault seen = { 0 };
		int r = need_month(&k->status[i - 1], l, load, ret_need, &seen);

		if (first == 0) {
			first = r;
			of_newest = seen;
		}
		if (r == -EAGAIN || r == -EPERM)
			return r;
		if (fault_is_passing(r))
			break;
	}
	if (why && first < 0)
		*why = of_newest;
	return first;
}
