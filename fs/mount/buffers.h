/* Memory for answers to reads, kept by who serves, since fresh memory costs as much as
 * what is put in it. */
#ifndef FS_MOUNT_BUFFERS_H
#define FS_MOUNT_BUFFERS_H

#include <pthread.h>
#include <stddef.h>

enum {
	BUFFERS_MAX = 4, /* that are kept: as many as threads that answer reads */
	BUFFER_BYTES = 1 << 20, /* of each; as much as the kernel asks for at once */
};

struct buffers {
	pthread_mutex_t lock;
	/* Guarded by lock. */
	char *idle[BUFFERS_MAX];
	size_t count;
};

void buffers_init(struct buffers *b);
void buffers_finish(struct buffers *b);
/* At least size bytes, from the beginning of a page on: the kernel copies page by page,
 * and twice as often where its pages and ours do not begin at the same byte. NULL on no
 * memory. Thread-safe, as is buffers_give() with the same size. */
char *buffers_take(struct buffers *b, size_t size);
void buffers_give(struct buffers *b, char *buffer, size_t size);

#endif
