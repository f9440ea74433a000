/* Which thread of a build reads what: a file after another, and when no file is left, a
 * share of one that others are still reading, where it can be had by parts. */
#ifndef FS_STORE_TURNS_H
#define FS_STORE_TURNS_H

#include <pthread.h>

#include "aws/export/row.h"
#include "fs/store/ingest.h"

enum { TURNS_THREADS_MAX = 64 };

/* A file that is read by parts. */
struct shared_file {
	struct row_parts *parts; /* NULL: this place is free */
	uint32_t chunk;
	unsigned users;
	bool is_used_up; /* no part is left to begin with */
};

struct turns {
	/* Immutable. */
	const struct ingest_options *options;
	const bool *blank; /* files without a line */
	pthread_mutex_t lock; /* guards all below; held for memory work only */
	pthread_cond_t changed; /* fewer files are being opened */
	uint32_t next_chunk;
	uint64_t bytes_left; /* of files nobody has begun */
	unsigned opening; /* which may turn out to be shared */
	struct shared_file shared[TURNS_THREADS_MAX];
	/* The failure of the earliest file and part, so that the message does not depend
	 * on timing. */
	int error; /* 0: none */
	uint32_t error_chunk;
	uint64_t error_place;
	struct fault why;
};

/* Borrows both. */
void turns_init(struct turns *t, const struct ingest_options *options, const bool *blank);
void turns_finish(struct turns *t);
/* How many threads are of use, at least 1. */
unsigned turns_threads(const struct turns *t);

struct turn {
	uint32_t chunk;
	struct row_parts *parts; /* NULL: the file is read whole */
};
/* Opens the next file, or joins who reads one; waits while it may turn out that one can
 * be joined. False: nothing is left to do, or something has failed. */
bool turns_take(struct turns *t, struct turn *ret);
/* Before the next part: whether it is still of use. Earlier files are read to their end,
 * as they may have a failure that comes before that which is known. */
bool turns_go_on(struct turns *t, const struct turn *turn);
/* After each turn; r is what it came to, place where (gather_place()). */
void turns_end(struct turns *t, const struct turn *turn, int r, uint64_t place,
	const struct fault *why);
/* A thread could not begin. */
void turns_fail(struct turns *t, int error);

#endif
