#include "fs/store/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

/* Entries live in pages, so that growing moves no entry and doubles no memory. */
enum { PAGE_ENTRIES = 4096, TALLY_MAX = INT32_MAX };

struct page {
	struct entry entries[PAGE_ENTRIES];
};

struct tally {
	struct tally_key *keys;
	size_t count, cap;
	struct page **pages;
	size_t page_count, page_cap;
	uint32_t *slots; /* index + 1, 0 = free */
	size_t slot_count; /* power of two */
};

struct tally *tally_new(void)
{
	return calloc(1, sizeof(struct tally));
}

void tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->page_count; i++)
		free(t->pages[i]);
	free(t->pages);
	free(t->keys);
	free(t->slots);
	free(t);
}

static size_t hash_key(const struct tally_key *key)
{
	uint64_t x = ((uint64_t)key->key[0] << 32 | key->key[1]) *
		UINT64_C(0x9E3779B97F4A7C15);

	x ^= ((uint64_t)key->slice << 32 | key->dim << 24 | key->currency);
	x *= UINT64_C(0xC2B2AE3D27D4EB4F);
	return (size_t)(x ^ x >> 32);
}

static bool same_key(const struct tally_key *a, const struct tally_key *b)
{
	return a->slice == b->slice && a->dim == b->dim && a->key[0] == b->key[0] &&
		a->key[1] == b->key[1] && a->currency == b->currency;
}

struct entry *tally_entry_at(const struct tally *t, size_t index)
{
	return &t->pages[index / PAGE_ENTRIES]->entries[index % PAGE_ENTRIES];
}

const struct tally_key *tally_key_at(const struct tally *t, size_t index)
{
	return &t->keys[index];
}

size_t tally_count(const struct tally *t)
{
	return t->count;
}

static void place(struct tally *t, uint32_t index)
{
	size_t mask = t->slot_count - 1;
	size_t at = hash_key(&t->keys[index]) & mask;

	while (t->slots[at] != 0)
		at = (at + 1) & mask;
	t->slots[at] = index + 1;
}

static int grow_slots(struct tally *t)
{
	size_t wanted = t->slot_count == 0 ? 4096 : t->slot_count * 2;
	uint32_t *slots = vec_alloc(wanted, sizeof(*slots));

	if (slots == NULL)
		return -ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->slot_count = wanted;
	for (size_t i = 0; i < t->count; i++)
		place(t, (uint32_t)i);
	return 0;
}

static int reserve_one(struct tally *t)
{
	int r = VEC_RESERVE(&t->keys, &t->cap, t->count + 1, (size_t)TALLY_MAX);

	if (r < 0)
		return r;
	if (t->count / PAGE_ENTRIES >= t->page_count) {
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): its items are pointers */
		r = VEC_RESERVE(&t->pages, &t->page_cap, t->page_count + 1,
			(size_t)TALLY_MAX / PAGE_ENTRIES + 1);
		if (r < 0)
			return r;
		t->pages[t->page_count] = aligned_alloc(64, sizeof(struct page));
		if (t->pages[t->page_count] == NULL)
			return -ENOMEM;
		t->page_count++;
	}
	return (t->count + 1) * 2 > t->slot_count ? grow_slots(t) : 0;
}

int tally_entry(struct tally *t, const struct tally_key *key, struct entry **ret)
{
	if (t->slot_count > 0) {
		size_t mask = t->slot_count - 1;
		size_t at = hash_key(key) & mask;

		for (; t->slots[at] != 0; at = (at + 1) & mask) {
			if (same_key(&t->keys[t->slots[at] - 1], key)) {
				*ret = tally_entry_at(t, t->slots[at] - 1);
				return 0;
			}
		}
	}
	int r = reserve_one(t);
	if (r < 0)
		return r;
	t->keys[t->count] = *key;
	place(t, (uint32_t)t->count);
	struct entry *e = tally_entry_at(t, t->count);
	memset(e, 0, sizeof(*e));
	t->count++;
	*ret = e;
	return 0;
}

void tally_clear(struct tally *t)
{
	t->count = 0;
	if (t->slots != NULL)
		memset(t->slots, 0, t->slot_count * sizeof(*t->slots));
}
