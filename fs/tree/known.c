/* What the library knows at one moment. */
#include "fs/tree/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"

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

int known_need_one(const struct known *k, struct library *l, bool load,
	struct month_no *ret_need, struct fault *why)
{
	const struct month_status *newest;
	struct month *m;
	int r;

	if (known_newest(k) || k->count == 0)
		return 0;
	newest = &k->status[k->count - 1];
	r = library_get(l, newest->month, load, &m, why);
	if (r == 0)
		month_unref(m); /* ready since: the caller's next look sees it */
	if (r == -EAGAIN && !load && newest->state != MONTH_LOADING)
		return -EPERM;
	if (r == 0 || r == -EAGAIN) {
		*ret_need = newest->month;
		return -EAGAIN;
	}
	return r;
}
