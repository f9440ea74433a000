#include "aws/api/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void wipe_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* realloc() itself leaves the old bytes where they were. */
void *wipe_realloc(void *p, size_t size)
{
	size_t had = p ? malloc_usable_size(p) : 0;
	void *moved;

	if (had >= size && had / 4 <= size)
		return p;
	moved = malloc(size);
	if (!moved)
		return NULL;
	if (p)
		memcpy(moved, p, had < size ? had : size);
	wipe_free(p);
	return moved;
}
