/* Pairs of numbers to small numbers, in order of arrival. */
#ifndef FS_STORE_PAIRS_H
#define FS_STORE_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct pair {
	uint32_t a, b;
};
/* Plain; zeroed = empty. One thread at a time. */
struct pairs {
	struct pair *items;
	size_t count, cap;
	uint32_t *slots; /* number + 1, 0 = free */
	size_t slot_count; /* power of two */
};

/* Finds the pair or adds it. 0, with the number (count - 1 when it is new); -ENOMEM;
 * -EFBIG. */
MUST_USE int pairs_add(struct pairs *p, struct pair pair, uint32_t *ret);
/* Forgets all, keeps the memory. */
void pairs_clear(struct pairs *p);
void pairs_finish(struct pairs *p);

#endif
