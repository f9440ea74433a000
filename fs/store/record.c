/* What the library knows of each month. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "fs/store/library_private.h"

struct record *record_find(const struct library *l, struct month_no m)
{
	size_t low = 0;
	size_t high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->records[middle]->month.number < m.number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < l->count && l->records[low]->month.number == m.number)
		return l->records[low];
	return NULL;
}

enum month_state record_state(const struct record *r)
{
	if (r->shown)
		return MONTH_READY;
	/* A look into the cache is nothing that anybody waits for. */
	if (r->job != JOB_IDLE && (!r->only_cached || r->again))
		return MONTH_LOADING;
	return r->fault.error < 0 ? MONTH_FAILED : MONTH_KNOWN;
}

/* A manifest that is not the one shown is by itself a newer delivery; without a manifest,
 * only the delivery's id can tell. */
bool record_is_stale(const struct record *r)
{
	if (!r->shown || !r->is_listed)
		return false;
	if (month_is_damaged(r->shown))
		return true;
	if (strcmp(r->listed.manifest.etag, r->shown_etag) != 0 || record_is_torn(r))
		return true;
	return r->known_id[0] != '\0' && strcmp(r->known_id, r->shown_id) != 0;
}

bool record_is_torn(const struct record *r)
{
	return r->fault.error == -EBUSY;
}

static unsigned pause_of(int error)
{
	if (error == -EBUSY)
		return LIBRARY_RETRY_TORN_SECONDS;
	return fault_is_passing(error) ? LIBRARY_RETRY_PASSING_SECONDS
				       : LIBRARY_RETRY_SECONDS;
}

bool record_may_try(const struct library *l, const struct record *r)
{
	uint64_t age_ms;

	if (r->fault.error == 0 || r->forgiven)
		return true;
	if (strcmp(r->listed.manifest.etag, r->failed_etag) != 0 ||
		strcmp(r->known_id, r->failed_id) != 0)
		return true;
	age_ms = clock_monotonic_ms(l->clock) - r->failed_ms;
	return age_ms >= pause_of(r->fault.error) * UINT64_C(1000);
}

static void queue_job(struct record *r, bool only_cached)
{
	r->job = JOB_QUEUED;
	r->only_cached = only_cached;
	r->wanted = (struct sums){ .dims = 0 };
	r->whole_follows = false;
	r->not_before_ms = 0;
	r->tries = 0;
	atomic_store(&r->progress.bytes_total, 0);
	atomic_store(&r->progress.bytes_done, 0);
	atomic_store(&r->progress.rows, 0);
	atomic_store(&r->began_ms, 0);
}

void record_look(struct library *l, struct record *r)
{
	if (r->job != JOB_IDLE || r->shown || r->fault.error < 0)
		return;
	r->request = 0;
	queue_job(r, true);
	pthread_cond_signal(&l->work);
}

void record_request(struct library *l, struct record *r)
{
	r->request = ++l->requests;
	switch (r->job) {
	case JOB_IDLE:
		queue_job(r, false);
		break;
	case JOB_QUEUED:
		r->only_cached = false;
		r->wanted = (struct sums){ .dims = 0 };
		break;
	case JOB_RUNNING:
		r->again = true;
		return;
	}
	pthread_cond_signal(&l->work);
}

void record_request_sums(struct library *l, struct record *r, const struct sums *want)
{
	r->request = ++l->requests;
	switch (r->job) {
	case JOB_IDLE:
		queue_job(r, false);
		r->wanted = *want;
		break;
	case JOB_QUEUED:
		/* A whole month has them, too. */
		if (r->only_cached || r->wanted.dims != 0)
			sums_widen(&r->wanted, want);
		r->only_cached = false;
		break;
	case JOB_RUNNING:
		if (r->only_cached ||
			(r->wanted.dims != 0 && !sums_cover(&r->wanted, want)))
			sums_widen(&r->again_sums, want);
		return;
	}
	pthread_cond_signal(&l->work);
}

void record_request_ahead(struct library *l, struct record *r)
{
	if (!l->source->is_near || r->job != JOB_IDLE || r->shown) {
		record_request(l, r);
		return;
	}
	const struct sums all = sums_all();
	record_request_sums(l, r, &all);
	r->whole_follows = true;
}

struct sums record_sums(const struct record *r)
{
	bool is_newest = r->sums && r->is_listed &&
		strcmp(r->listed.manifest.etag, r->sums_etag) == 0 &&
		(r->known_id[0] == '\0' || strcmp(r->known_id, r->sums_id) == 0);

	return is_newest ? month_facts(r->sums)->sums : (struct sums){ .dims = 0 };
}

void record_fail(struct library *l, struct record *r, const struct fault *why,
	const char etag[OBJECT_ETAG_MAX], const char id[DELIVERY_ID_TEXT])
{
	r->fault = *why;
	r->failures++;
	r->failed_ms = clock_monotonic_ms(l->clock);
	r->forgiven = false;
	memcpy(r->failed_etag, etag, sizeof(r->failed_etag));
	/* What was known before stays known. */
	if (id[0] != '\0' && strcmp(r->known_id, id) != 0) {
		memcpy(r->known_id, id, sizeof(r->known_id));
		memcpy(r->known_etag, etag, sizeof(r->known_etag));
		l->is_news = true;
	}
	memcpy(r->failed_id, r->known_id, sizeof(r->failed_id));
}

void record_looked(struct library *l, struct record *r, struct month_ref *now)
{
	month_ref_finish(&r->listed);
	r->listed = *now;
	r->looked = clock_now(l->clock);
	*now = (struct month_ref){ 0 };
	l->is_news = true;
}

void record_know(struct library *l, struct record *r, const struct delivery *d,
	const char etag[OBJECT_ETAG_MAX])
{
	memcpy(r->known_id, d->id, sizeof(r->known_id));
	memcpy(r->known_etag, etag, sizeof(r->known_etag));
	r->known_as_of = d->as_of;
	r->known_verified = d->verified;
	l->is_news = true;
}

bool record_is_older(const struct library *l, const struct record *r, unsigned seconds)
{
	int64_t now = clock_now(l->clock).seconds;

	return r->looked.seconds == INSTANT_NONE || r->looked.seconds > now ||
		now - r->looked.seconds > (int64_t)seconds;
}

static void record_free(struct record *r)
{
	if (!r)
		return;
	month_unref(r->shown);
	month_unref(r->sums);
	month_ref_finish(&r->listed);
	free(r);
}

static int record_insert(
	struct library *l, size_t at, struct month_no m, struct record **ret)
{
	struct record *r;
	int error = vec_reserve((void **)&l->records, &l->cap, l->count + 1,
		sizeof(struct record *), LIBRARY_MONTHS_MAX);

	if (error < 0)
		return error;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->month = r->listed.month = m;
	r->looked = (struct instant){ INSTANT_NONE };
	r->known_as_of = (struct instant){ INSTANT_NONE };
	memmove(&l->records[at + 1], &l->records[at],
		(l->count - at) * sizeof(struct record *));
	l->records[at] = r;
	l->count++;
	*ret = r;
	return 0;
}

/* Of a listing that did not look at the month only the folders are taken. */
static void take_listing(struct library *l, struct record *r, struct month_ref *listed)
{
	struct month_ref old = r->listed;

	r->is_listed = true;
	if (listed->is_looked) {
		record_looked(l, r, listed);
		return;
	}
	r->listed.has_folders = listed->has_folders;
	r->listed.folders = listed->folders;
	r->listed.folder_count = listed->folder_count;
	r->listed.folder_cap = listed->folder_cap;
	listed->folders = old.folders;
	listed->folder_count = old.folder_count;
	listed->folder_cap = old.folder_cap;
}

int record_reach(struct library *l, struct month_no m, size_t *at, struct record **ret)
{
	while (*at < l->count && l->records[*at]->month.number < m.number)
		++*at;
	if (*at == l->count || l->records[*at]->month.number != m.number)
		return record_insert(l, *at, m, ret);
	*ret = l->records[*at];
	return 0;
}

/* Both are by month, oldest first. */
static int add_listed(struct library *l, struct month_list *listed, bool *changed)
{
	size_t at = 0;

	for (size_t i = 0; i < listed->count; i++) {
		size_t before = l->count;
		struct record *r;
		int error = record_reach(l, listed->items[i].month, &at, &r);

		if (error < 0)
			return error;
		*changed |= l->count > before;
		take_listing(l, r, &listed->items[i]);
	}
	return 0;
}

/* What is shown or worked at stays. */
static bool remove_unlisted(struct library *l)
{
	size_t kept = 0;
	size_t before = l->count;

	for (size_t i = 0; i < before; i++) {
		struct record *r = l->records[i];

		if (r->is_listed || r->shown || r->job != JOB_IDLE || r->awaited)
			l->records[kept++] = r;
		else
			record_free(r);
	}
	l->count = kept;
	return kept < before;
}

int records_merge(struct library *l, struct month_list *listed, bool *ret_changed)
{
	bool changed = false;
	int r;

	for (size_t i = 0; i < l->count; i++)
		l->records[i]->is_listed = false;
	r = add_listed(l, listed, &changed);
	if (r == 0 && remove_unlisted(l))
		changed = true;
	if (changed)
		pthread_cond_broadcast(&l->changed);
	l->is_news |= changed;
	*ret_changed = changed;
	return r;
}

void records_finish(struct library *l)
{
	for (size_t i = 0; i < l->count; i++)
		record_free(l->records[i]);
	free(l->records);
	l->records = NULL;
	l->count = l->cap = 0;
}

void fault_of_month(struct fault *why, int r, struct month_no m)
{
	char month[MONTH_TEXT];

	month_format(m, month);
	if (why->text[0] == '\0')
		fault(why, r, "%s", fault_errno_text(r));
	why->error = r;
	fault_prefix(why, "%.*s", MONTH_TEXT, month);
}
