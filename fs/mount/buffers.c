#include "fs/mount/buffers.h"

#include <stdlib.h>

enum { PAGE = 4096 };

void buffers_init(struct buffers *b)
{
	pthread_mutex_init(&b->lock, NULL);
	b->count = 0;
}

void buffers_finish(struct buffers *b)
{
	while (b->count > 0)
		free(b->idle[--b->count]);
	pthread_mutex_destroy(&b->lock);
}

char *buffers_take(struct buffers *b, size_t size)
{
	char *taken = NULL;

	if (size > BUFFER_BYTES)
		return aligned_alloc(PAGE, (size + PAGE - 1) / PAGE * PAGE);
	pthread_mutex_lock(&b->lock);
	if (b->count > 0)
		taken = b->idle[--b->count];
	pthread_mutex_unlock(&b->lock);
	return taken != NULL ? taken : aligned_alloc(PAGE, BUFFER_BYTES);
}

void buffers_give(struct buffers *b, char *buffer, size_t size)
{
	if (size <= BUFFER_BYTES) {
		pthread_mutex_lock(&b->lock);
		/* The one that is still in the processor's cache is the next. */
		if (b->count < BUFFERS_MAX) {
			b->idle[b->count++] = buffer;
			buffer = NULL;
		}
		pthread_mutex_unlock(&b->lock);
	}
	free(buffer);
}
