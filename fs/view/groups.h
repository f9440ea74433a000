/* Sums by up to four keys and a currency: entries of many slices become the rows of one
 * file. */
#ifndef FS_VIEW_GROUPS_H
#define FS_VIEW_GROUPS_H

#include "fs/store/month.h"

enum { GROUP_KEYS = 4, GROUPS_MAX = 1 << 27 };
#define GROUP_NO_LABEL UINT32_MAX

/* Plain. The currency of sum is part of the key. */
struct group {
	uint32_t key[GROUP_KEYS];
	uint32_t label; /* text that is no key, as a display name; or GROUP_NO_LABEL */
	struct entry sum;
};
/* Plain; zeroed = empty. Items stand in order of arrival. */
struct groups {
	struct group *items;
	size_t count, cap;
	uint32_t *slots; /* index + 1 of an item; 0 = free */
	size_t slot_count; /* a power of two */
};

/* The group of the key, made with a zero sum where there is none. Valid until the next
 * one is made. 0; -ENOMEM. */
MUST_USE int groups_put(struct groups *g, const uint32_t key[GROUP_KEYS],
	uint32_t currency, struct group **ret);
/* Adds to the group of the key and e's currency. 0; -ENOMEM; -ERANGE. */
MUST_USE int groups_add(struct groups *g, const uint32_t key[GROUP_KEYS],
	const struct entry *e, struct group **ret);
/* NULL when there is none. */
const struct group *groups_find(
	const struct groups *g, const uint32_t key[GROUP_KEYS], uint32_t currency);
/* Keeps the memory. */
void groups_clear(struct groups *g);
void groups_finish(struct groups *g);

/* The order of dearest first: a sum that is null counts as the lowest. */
int group_cmp_sum(const struct group *a, const struct group *b);
/* The same, then by the text of the currency. */
int group_cmp_cost(
	const struct group *a, const struct group *b, const struct month *texts);

#endif
