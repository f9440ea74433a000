/* Reading ahead: large objects come in parts, several at once, and are handed out in
 * order. The memory is bounded by the number of parts, however many objects are read. */
#ifndef AWS_OBJECT_AHEAD_H
#define AWS_OBJECT_AHEAD_H

#include <stdatomic.h>

#include "aws/object/object.h"

enum {
	/* Of the largest objects; of others an eighth of them, but a quarter of this at
	   least. */
	AHEAD_PART_BYTES = 4 * 1024 * 1024,
	/* Objects up to here may come whole. */
	AHEAD_WHOLE_BYTES = AHEAD_PART_BYTES / 4,
	AHEAD_PARTS = 16, /* at once; and as many of the largest in memory: 64 MiB */
	AHEAD_COUNT = 7, /* parts behind the one that is read */
};

/* Fetches [offset, offset + len) of an object, which has as many bytes. */
struct ahead_job {
	const struct object_info *object;
	uint64_t offset;
	size_t len;
	unsigned char *bytes;
	const atomic_bool *stop;
	/* To be told how many bytes are there, as they come; NULL: not. */
	void (*progress)(void *part, size_t got);
	void *part;
};
/* 0: all of it came; -ECANCELED stop; -errno. Called by several threads at once. */
typedef int ahead_fetch_fn(void *context, const struct ahead_job *job, struct fault *why);

struct ahead_options {
	ahead_fetch_fn *fetch;
	void *context;
	size_t part_bytes; /* 0 = AHEAD_PART_BYTES */
	const atomic_bool *stop; /* of all reads; NULL for none */
	unsigned parts; /* at once, and in memory; 0 = AHEAD_PARTS, the most as well */
};
struct ahead;
/* Threads start when they are needed, one a part at most. 0; -ENOMEM. */
MUST_USE int ahead_new(const struct ahead_options *options, struct ahead **ret);
/* Nobody reads. Ends fetches under way. */
void ahead_free(struct ahead *w);
/* As object_read(); -ECANCELED when stop becomes true. Thread-safe. */
MUST_USE ssize_t ahead_read(struct ahead *w, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why);

/* These will be read from their fronts, in about this order: they are fetched ahead of
 * that, heads of all of them first. Until ahead_forget(), which gives back what was not
 * read. Copies; without memory they are not expected. */
void ahead_expect(struct ahead *w, const struct object_info *objects, size_t count);
void ahead_forget(struct ahead *w, const struct object_info *objects, size_t count);

#endif
