/* Room in the cache for what is to be built: months that nobody uses are let go. */
#include "fs/store/library_private.h"

/* Takes the reference away if it is the only one. */
static struct month *take_if_idle(struct month **held)
{
	struct month *m = *held;

	if (!m || !month_is_idle(m))
		return NULL;
	*held = NULL;
	return m;
}

/* With the lock: takes an idle month, or sums, out of its record, NULL when there is
 * none.
 */
static struct month *take_idle(struct library *l, const struct record *but)
{
	struct month *m = NULL;

	for (size_t i = 0; i < l->count && !m; i++) {
		struct record *r = l->records[i];

		if (r == but || r->job != JOB_IDLE)
			continue;
		m = take_if_idle(&r->shown);
		if (!m)
			m = take_if_idle(&r->sums);
	}
	return m;
}

bool library_let_idle_go(struct library *l, const struct record *busy)
{
	bool any = false;
	struct month *m;

	library_tell(l, LIBRARY_ROOM_WANTED, busy->month);
	do {
		pthread_mutex_lock(&l->lock);
		m = take_idle(l, busy);
		pthread_mutex_unlock(&l->lock);
		month_unref(m);
		any |= m != NULL;
	} while (m);
	return any;
}

static struct month *shown_at(struct library *l, size_t i)
{
	struct month *m = NULL;

	pthread_mutex_lock(&l->lock);
	if (i < l->count && l->records[i]->shown)
		m = month_ref(l->records[i]->shown);
	pthread_mutex_unlock(&l->lock);
	return m;
}

/* What was used last stays, which only those who use it know. */
static void note_uses(struct library *l)
{
	for (size_t i = 0; i < LIBRARY_MONTHS_MAX; i++) {
		struct month *m = shown_at(l, i);

		if (m)
			month_note_use(m);
		month_unref(m);
	}
}

bool library_make_room(
	struct library *l, const struct record *busy, const struct delivery *delivery)
{
	note_uses(l);
	if (store_make_room_for(l->store, delivery) || !library_let_idle_go(l, busy))
		return false;
	/* Nothing more can be done where there is still too little. */
	(void)store_make_room_for(l->store, delivery);
	return true;
}
