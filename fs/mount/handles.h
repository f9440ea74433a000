/* Open files and directories of the kernel, so that those which are still open when the
 * daemon ends are given back. */
#ifndef FS_MOUNT_HANDLES_H
#define FS_MOUNT_HANDLES_H

#include <pthread.h>

#include "fs/tree/tree.h"

struct handle {
	struct handle *next, *before; /* guarded by the lock of its handles */
	/* One of them. */
	struct tree_file *file;
	struct tree_listing *listing;
};
struct handles {
	pthread_mutex_t lock;
	/* Guarded by lock. */
	struct handle *first;
	uint64_t files, directories; /* how many are open */
};

void handles_init(struct handles *h);
/* Takes what is given; NULL on no memory, and then it was closed. Thread-safe. */
struct handle *handles_add(
	struct handles *h, struct tree_file *file, struct tree_listing *listing);
/* Closes it. Thread-safe. */
void handles_remove(struct handles *h, struct handle *one);
/* How many there are. Thread-safe. */
void handles_count(struct handles *h, uint64_t *ret_files, uint64_t *ret_directories);
/* Closes all; nobody uses them any more. */
void handles_finish(struct handles *h);

#endif
