/* The accounts that have been seen, and every name they have had. */
#include "fs/tree/accounts.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/vec.h"
#include "fs/store/name.h"

enum { ACCOUNTS_MAX = 1 << 24, FORMER_MAX = 256 };

struct slot {
	struct account now;
	struct span id_name; /* the id as a name */
	struct span latest, latest_dir; /* name in the newest month that has one */
	struct span *former; /* every directory name it was given */
	size_t former_count, former_cap;
	bool told;
};

struct accounts {
	const struct selection *selection;
	pthread_mutex_t lock;
	/* all guarded by lock */
	const struct account_name *names;
	size_t name_count;
	struct intern *ids; /* text id = slot */
	struct intern *texts;
	struct slot *slots;
	size_t count, cap;
	uint32_t *sorted; /* those that are listed */
	size_t listed, all; /* all: seen in the months, connected or not */
	bool has_learned;
	uint64_t signature;
	uint64_t version; /* of names */
};

struct accounts *accounts_new(const struct account_name *names, size_t name_count,
	const struct selection *selection)
{
	struct accounts *a = vec_alloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->names = names;
	a->name_count = name_count;
	a->selection = selection;
	a->ids = intern_new();
	a->texts = intern_new();
	if (!a->ids || !a->texts || pthread_mutex_init(&a->lock, NULL) != 0) {
		intern_free(a->ids);
		intern_free(a->texts);
		free(a);
		return NULL;
	}
	return a;
}

void accounts_free(struct accounts *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++)
		free(a->slots[i].former);
	pthread_mutex_destroy(&a->lock);
	intern_free(a->ids);
	intern_free(a->texts);
	free(a->slots);
	free(a->sorted);
	free(a);
}

/* A copy that stays. */
static int keep(struct accounts *a, struct span text, struct span *ret)
{
	uint32_t id;
	int r = intern_add(a->texts, text, &id);

	if (r == 0)
		*ret = intern_text(a->texts, id);
	return r;
}

static int keep_dir(
	struct accounts *a, struct span id, struct span name, struct span *ret)
{
	struct buf dir = BUF_INIT(NAME_BYTES_MAX);
	int r = name_of_account(id, name, &dir);

	if (r == 0)
		r = keep(a, buf_span(&dir), ret);
	buf_finish(&dir);
	return r;
}

static struct span option_name(const struct accounts *a, struct span id)
{
	for (size_t i = 0; i < a->name_count; i++)
		if (span_eq(span_of(a->names[i].id), id))
			return span_of(a->names[i].name);
	return (struct span){ 0 };
}

static int add_slot(struct accounts *a, struct span id, uint32_t *ret)
{
	struct slot made = { 0 };
	int r;

	if (intern_find(a->ids, id, ret) == 0)
		return 0;
	made.now.connected = selection_has(a->selection, id);
	r = VEC_RESERVE(&a->slots, &a->cap, a->count + 1, ACCOUNTS_MAX);
	if (r == 0)
		r = keep_dir(a, id, (struct span){ 0 }, &made.id_name);
	if (r == 0)
		r = keep(a, option_name(a, id), &made.now.name);
	if (r == 0)
		r = keep_dir(a, id, made.now.name, &made.now.dir);
	if (r == 0)
		r = intern_add(a->ids, id, ret);
	if (r < 0)
		return r;
	made.now.id = intern_text(a->ids, *ret);
	a->slots[a->count++] = made;
	return 0;
}

static bool has_former(const struct slot *s, struct span dir)
{
	for (size_t i = 0; i < s->former_count; i++)
		if (span_eq(s->former[i], dir))
			return true;
	return false;
}

static int keep_former(struct slot *s, struct span dir)
{
	int r = 0;

	if (has_former(s, dir))
		return 0;
	r = VEC_RESERVE(&s->former, &s->former_cap, s->former_count + 1, FORMER_MAX);
	/* Who changes names that often loses the newest of the old ones. */
	if (r == 0)
		s->former[s->former_count++] = dir;
	return r == -EFBIG ? 0 : r;
}

/* Of a month; later ones replace it. */
static int learn_name(struct accounts *a, struct slot *s, struct span name)
{
	struct span dir, kept;
	int r = keep(a, name, &kept);

	if (r == 0)
		r = keep_dir(a, s->now.id, name, &dir);
	if (r < 0)
		return r;
	s->latest = kept;
	s->latest_dir = dir;
	return keep_former(s, dir);
}

static int learn_month(struct accounts *a, const struct month *m)
{
	struct month_no number = month_facts(m)->month;

	for (uint32_t i = 0; i < month_account_count(m); i++) {
		const struct month_account *seen = month_account(m, i);
		struct span name = month_text(m, seen->name);
		struct slot *s;
		uint32_t at = 0;
		int r = add_slot(a, month_text(m, seen->id), &at);

		if (r < 0)
			return r;
		s = &a->slots[at];
		if (!s->now.first.number || number.number < s->now.first.number)
			s->now.first = number;
		if (number.number > s->now.last.number)
			s->now.last = number;
		if (!name.len || span_eq(name, s->latest))
			continue;
		r = learn_name(a, s, name);
		if (r < 0)
			return r;
	}
	return 0;
}

static void take_latest(struct accounts *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct slot *s = &a->slots[i];

		if (!s->latest.len)
			continue;
		if (!span_eq(s->latest, s->now.name))
			s->told = false;
		s->now.name = s->latest;
		s->now.dir = s->latest_dir;
	}
}

static int cmp_dirs(const void *x, const void *y, void *context)
{
	const struct slot *slots = context;
	const uint32_t *a = x, *b = y;

	return span_cmp(slots[*a].now.dir, slots[*b].now.dir);
}

static int sort_slots(struct accounts *a)
{
	uint32_t *sorted = vec_alloc(a->count, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->slots[i].now.connected && a->slots[i].now.first.number)
			sorted[n++] = i;
	qsort_r(sorted, n, sizeof(*sorted), cmp_dirs, a->slots);
	free(a->sorted);
	a->sorted = sorted;
	a->listed = n;
	a->all = 0;
	for (size_t i = 0; i < a->count; i++)
		a->all += a->slots[i].now.first.number != 0;
	return 0;
}

int accounts_learn(struct accounts *a, const struct known *k)
{
	int r = 0;

	pthread_mutex_lock(&a->lock);
	if (!a->has_learned || a->signature != k->signature) {
		/* Who is in none of them any more is not listed, but keeps resolving. */
		for (size_t i = 0; i < a->count; i++) {
			a->slots[i].now.first.number = 0;
			a->slots[i].now.last.number = 0;
		}
		a->has_learned = false;
		/* Oldest first, so that the latest name stays. */
		for (size_t i = 0; i < k->count && r == 0; i++)
			if (k->month[i])
				r = learn_month(a, k->month[i]);
		if (r == 0) {
			take_latest(a);
			r = sort_slots(a);
		}
		if (r == 0) {
			a->has_learned = true;
			a->signature = k->signature;
		}
	}
	pthread_mutex_unlock(&a->lock);
	return r;
}

/* One that the months do not name. */
static int rename_slot(struct accounts *a, struct slot *s)
{
	struct span name = option_name(a, s->now.id), dir = { 0 };
	int r;

	if (s->latest.len || !name.len || span_eq(name, s->now.name))
		return 0;
	r = keep(a, name, &name);
	if (r == 0)
		r = keep_dir(a, s->now.id, name, &dir);
	if (r == 0)
		r = keep_former(s, s->now.dir);
	if (r < 0)
		return r;
	s->now.name = name;
	s->now.dir = dir;
	s->told = false;
	return 0;
}

int accounts_rename(
	struct accounts *a, const struct account_name *names, size_t name_count)
{
	int r = 0, sorted;

	pthread_mutex_lock(&a->lock);
	a->names = names;
	a->name_count = name_count;
	for (size_t i = 0; i < a->count && r == 0; i++)
		r = rename_slot(a, &a->slots[i]);
	/* Also after a failure: some have other names now. */
	sorted = sort_slots(a);
	a->version++;
	pthread_mutex_unlock(&a->lock);
	return r < 0 ? r : sorted;
}

uint64_t accounts_version(struct accounts *a)
{
	uint64_t version;

	pthread_mutex_lock(&a->lock);
	version = a->version;
	pthread_mutex_unlock(&a->lock);
	return version;
}

static bool find_dir(const struct accounts *a, struct span name, uint32_t *ret)
{
	size_t low = 0, high = a->listed;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = span_cmp(a->slots[a->sorted[mid]].now.dir, name);

		if (order == 0) {
			*ret = a->sorted[mid];
			return true;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* "prod-eu" of "prod-eu_111122223333". */
static struct span slug_of(const struct slot *s)
{
	size_t behind = s->id_name.len + 1;

	if (s->now.dir.len <= behind)
		return (struct span){ 0 };
	return span_first(s->now.dir, s->now.dir.len - behind);
}

static bool has_name(const struct slot *s, struct span name)
{
	return span_eq(s->now.id, name) || span_eq(s->id_name, name) ||
		span_eq(s->now.dir, name) || has_former(s, name);
}

static int find_alias(const struct accounts *a, struct span name, uint32_t *ret)
{
	size_t slugs = 0;
	uint32_t found = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		const struct slot *s = &a->slots[i];

		if (!s->now.connected)
			continue;
		if (has_name(s, name)) {
			*ret = i;
			return 0;
		}
		if (name.len && span_eq(slug_of(s), name)) {
			slugs++;
			found = i;
		}
	}
	if (slugs != 1)
		return -ENOENT;
	*ret = found;
	return 0;
}

int accounts_find(struct accounts *a, struct span name, uint32_t *ret_slot)
{
	int r = 0;

	pthread_mutex_lock(&a->lock);
	if (!find_dir(a, name, ret_slot))
		r = find_alias(a, name, ret_slot);
	pthread_mutex_unlock(&a->lock);
	return r;
}

struct account accounts_at(struct accounts *a, uint32_t slot)
{
	struct account now;

	pthread_mutex_lock(&a->lock);
	now = a->slots[slot].now;
	pthread_mutex_unlock(&a->lock);
	return now;
}

ssize_t accounts_sorted(struct accounts *a, uint32_t **ret)
{
	ssize_t r = -ENOMEM;
	uint32_t *sorted;

	pthread_mutex_lock(&a->lock);
	sorted = vec_alloc(a->listed, sizeof(*sorted));
	if (sorted) {
		if (a->listed)
			memcpy(sorted, a->sorted, a->listed * sizeof(*sorted));
		r = (ssize_t)a->listed;
		*ret = sorted;
	}
	pthread_mutex_unlock(&a->lock);
	return r;
}

ssize_t accounts_news(struct accounts *a, uint32_t **ret)
{
	ssize_t r = -ENOMEM;
	uint32_t *news;

	pthread_mutex_lock(&a->lock);
	news = vec_alloc(a->listed, sizeof(*news));
	if (news) {
		r = 0;
		for (size_t i = 0; i < a->listed; i++) {
			struct slot *s = &a->slots[a->sorted[i]];

			if (!s->told)
				news[r++] = a->sorted[i];
			s->told = true;
		}
		*ret = news;
	}
	pthread_mutex_unlock(&a->lock);
	return r;
}

struct span accounts_former(struct accounts *a, uint32_t slot, size_t index)
{
	struct span dir = { 0 };

	pthread_mutex_lock(&a->lock);
	if (index < a->slots[slot].former_count)
		dir = a->slots[slot].former[index];
	pthread_mutex_unlock(&a->lock);
	return dir;
}

void accounts_count(struct accounts *a, size_t *ret_listed, size_t *ret_all)
{
	pthread_mutex_lock(&a->lock);
	*ret_listed = a->listed;
	*ret_all = a->all;
	pthread_mutex_unlock(&a->lock);
}
