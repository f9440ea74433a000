#include "fs/tree/editions.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

static bool is_damaged(const struct edition *e)
{
	return e->month && month_is_damaged(e->month);
}

static bool is_edition(const struct edition *e, const struct month *m)
{
	const struct month_facts *f = month_facts(m);

	if (e->month == m)
		return true;
	/* A damaged one and the one that was built in its place are two versions. */
	return e->content == f->content && strcmp(e->id, f->id) == 0 && !is_damaged(e) &&
		!month_is_damaged(m);
}

static struct edition *make(struct editions *all, struct month *m)
{
	const struct month_facts *f = month_facts(m);
	struct edition *e = vec_alloc(1, sizeof(*e));
	size_t len = strlen(f->id);

	if (!e)
		return NULL;
	memcpy(e->id, f->id, len < sizeof(e->id) ? len : sizeof(e->id) - 1);
	e->number = f->month;
	e->content = f->content;
	e->is_sums = f->sums.dims != 0;
	e->next = all->first;
	all->first = e;
	return e;
}

struct edition *editions_take(struct editions *all, struct month *m)
{
	struct edition *e = all->first;

	while (e && !is_edition(e, m))
		e = e->next;
	if (!e)
		e = make(all, m);
	if (!e)
		return NULL;
	if (!e->month)
		e->month = month_ref(m);
	e->nodes++;
	return e;
}

struct month *editions_leave(struct editions *all, struct edition *e)
{
	struct edition **at = &all->first;
	struct month *m;

	if (!e || --e->nodes > 0)
		return NULL;
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	m = e->month;
	free(e);
	return m;
}

struct month *editions_replace(struct editions *all, struct month *m)
{
	struct edition *e = all->first;
	struct month *old;

	while (e && !is_edition(e, m))
		e = e->next;
	if (!e || e->month == m)
		return NULL;
	old = e->month;
	e->month = month_ref(m);
	return old;
}

bool edition_is_of(const struct edition *e, const struct month *m)
{
	if (!e || !m)
		return !e && !m;
	if (e->month == m)
		return true;
	return strcmp(e->id, month_facts(m)->id) == 0 && !is_damaged(e) &&
		!month_is_damaged(m);
}
