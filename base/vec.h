/* Growth of typed arrays: items, count and cap live in the owner's struct. */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>

#include "base/compiler.h"

/* Makes room for need items in *items (realloc'ed, old contents kept), at least doubling
 * *cap. 0; -ENOMEM; -EFBIG when need is over max. Nothing changes on failure. */
MUST_USE int vec_reserve(
	void **items, size_t *cap, size_t need, size_t item_size, size_t max);

/* For an array field: VEC_RESERVE(&x->rows, &x->cap, n, MAX). */
#define VEC_RESERVE(items, cap, need, max)                                               \
	vec_reserve((void **)(items), (cap), (need), sizeof(**(items)), (max))

/* count * size, checked; NULL on overflow or no memory. Zeroed. */
void *vec_alloc(size_t count, size_t size);

#endif
