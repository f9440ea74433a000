/* What the files of reading ahead share. */
#ifndef AWS_OBJECT_AHEAD_PRIVATE_H
#define AWS_OBJECT_AHEAD_PRIVATE_H

#include <pthread.h>

#include "aws/object/ahead.h"

enum {
	AHEAD_SLOTS = 64,
	AHEAD_SMALLEST = 4, /* parts of this many-th of the largest size */
	AHEAD_HEAD = 8, /* and the first bytes, for who looks at a header only */
	AHEAD_STALE_READS = 256, /* a part that so many reads passed by was given up */
	AHEAD_SKIP =
		1024, /* who skips this many-th of the largest reads in order still */
};

/*
 * FREE -> QUEUED -> FETCHING -> DONE or FAILED -> FREE
 *            |          |
 *            v          v
 *          FREE     DROPPED -> FREE      nobody wants it: its thread frees it
 */
enum part_state {
	PART_FREE,
	PART_QUEUED,
	PART_FETCHING,
	PART_DROPPED,
	PART_DONE,
	PART_FAILED,
};

/* All guarded by the window's lock, but for bytes[0, got) once got is published, and
 * stop. */
struct part {
	struct ahead *ahead;
	enum part_state state;
	char *key;
	struct object_info object; /* key is the one above */
	uint64_t offset;
	size_t len, got;
	unsigned char *bytes;
	unsigned readers; /* wait for it or copy from it */
	size_t passed; /* all before it was read in order */
	bool is_read; /* to its end: free it when it is done */
	uint64_t used; /* the number of the last read of its object */
	uint64_t queued; /* order of the queue */
	struct fault fault;
	atomic_bool stop;
};

/* An object that will be read from its front. */
struct expected {
	struct object_info object; /* its own key */
	uint64_t next; /* all parts before it have been queued */
};

struct ahead {
	ahead_fetch_fn *fetch;
	void *context;
	const atomic_bool *stop;
	size_t part_bytes;
	unsigned fetches_most;
	pthread_mutex_t lock;
	pthread_cond_t work, news;
	/* Guarded by lock. */
	struct part parts[AHEAD_SLOTS];
	size_t held; /* bytes of them */
	pthread_t threads[AHEAD_PARTS];
	unsigned thread_count, idle_count;
	uint64_t reads, queued, urgent;
	struct expected *expected; /* in the order in which they are */
	size_t expected_count, expected_cap;
	bool is_ending;
};

/* All with the lock. */

/* Where the part that holds the byte begins, and what is behind it. */
uint64_t part_begin(const struct ahead *w, const struct object_info *o, uint64_t offset);
uint64_t part_end(const struct ahead *w, const struct object_info *o, uint64_t begin);
bool part_is_of(const struct part *p, const struct object_info *o);
struct part *part_find(
	struct ahead *w, const struct object_info *object, uint64_t offset);
/* The part that begins at offset, found or begun. NULL: no place, or no memory; those
 * that are read now get the place of those that are not. */
struct part *part_want(struct ahead *w, const struct object_info *object, uint64_t offset,
	bool is_ahead);
/* Before all that is only ahead. */
void part_hurry(struct part *p);
/* Gives a part back, or tells its thread to. */
void part_drop(struct part *p);
void part_drop_object(struct ahead *w, const struct object_info *object);
/* Also where it is fetched still. */
void part_release(struct part *p);

/* Queues what is expected next, as far as there is place. */
void expected_fill(struct ahead *w);
bool expected_has(const struct ahead *w, const struct object_info *o);
/* A part was given back that nobody has read. */
void expected_return(struct ahead *w, const struct part *p);

#endif
