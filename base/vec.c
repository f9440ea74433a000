#include "base/vec.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int vec_reserve(void **items, size_t *cap, size_t need, size_t item_size, size_t max)
{
	size_t count;
	size_t bytes;
	void *p;

	assert(item_size > 0);
	if (need <= *cap)
		return 0;
	if (need > max)
		return -EFBIG;
	/* Double, so that n appends cost O(n). */
	if (__builtin_mul_overflow(*cap, 2, &count) || count > max)
		count = max;
	if (count < need)
		count = need;
	if (__builtin_mul_overflow(count, item_size, &bytes) || bytes > PTRDIFF_MAX)
		return -ENOMEM;
	/* The field is a pointer of another type: copied, not read through void **, so
	 * that the compiler knows it changed. */
	memcpy(&p, items, sizeof(p));
	p = realloc(p, bytes);
	if (!p)
		return -ENOMEM;
	memcpy(items, &p, sizeof(p));
	*cap = count;
	return 0;
}

void *vec_alloc(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX)
		return NULL;
	/* Nothing is still a pointer: NULL would read as no memory. */
	return calloc(1, bytes ? bytes : 1);
}
