/* One thread of fsx: its random numbers, what it does now and did before, and how it
 * fails. */
#ifndef TESTS_STRESS_ACTOR_H
#define TESTS_STRESS_ACTOR_H

#include <pthread.h>

#include "tests/stress/reference.h"

enum { DEEDS = 50, KINDS_MAX = 24, BUFFER_BYTES = 256 * 1024, HANDLES = 4 };
/* Of a call by a path that is ESTALE: the kernel looks it up anew once, and deliveries
 * come faster here. */
enum { PATH_TRIES = 4 };

/* A call on the mount. */
struct deed {
	const char *call;
	const char *path;
	uint64_t offset, size;
	long result; /* or a negative errno */
	unsigned mask; /* versions that what is open may be, before it */
	uint64_t begun_ns;
};

struct tally {
	const char *call;
	uint64_t count, longest_ns;
};

/* A file that is open, and the versions that it may be by all that was seen of it. */
struct handle {
	int fd; /* -1: none */
	const struct item *item;
	unsigned mask;
};

struct actor {
	const struct reference *reference; /* borrowed */
	const char *kind;
	uint64_t seed, random;
	unsigned number;
	int root; /* the mount, open as a directory */
	int memory; /* a memfd that bytes are sent to */
	int pipe[2];
	char *buffer, *other; /* BUFFER_BYTES each */
	struct handle handles[HANDLES];

	pthread_mutex_t lock; /* guards all below: the watchdog reads it */
	struct deed log[DEEDS];
	uint64_t deeds; /* the last one is log[(deeds - 1) % DEEDS] */
	bool is_busy; /* within the last one */
	struct tally tallies[KINDS_MAX];
};

uint64_t now_ns(void);

/* Below the bound, which is not 0. */
uint64_t actor_random(struct actor *a, uint64_t bound);

/* A file; now and then one of those with more than 64 KiB, if there are any. */
const struct item *actor_file(struct actor *a);

/* Around each call on the mount. */
void deed_begin(struct actor *a, const char *call, const struct handle *h,
	uint64_t offset, uint64_t size);
/* Answers result, or -errno when that is -1. */
long deed_end(struct actor *a, long result);

/* Says what is wrong with the last deed, prints those before it, and ends the process. */
__attribute__((format(printf, 2, 3))) _Noreturn void actor_fail(
	struct actor *a, const char *format, ...);

/* For an errno that may come where a version lacks the item, and no other. */
void actor_allow_absent(struct actor *a, const struct item *item, long result);

/* What a read at the offset brought, of the wanted bytes. */
struct piece {
	uint64_t offset;
	const char *bytes;
	size_t len, wanted;
};

/* Keeps those versions of the handle that have these bytes there, all that were wanted or
 * up to the end; fails if there is none. */
void handle_narrow(struct actor *a, struct handle *h, const struct piece *piece);

/* Keeps those of that size. */
void handle_narrow_size(struct actor *a, struct handle *h, uint64_t size);

/* Opens; false when it may be absent and is. */
bool handle_open(struct actor *a, struct handle *h, const struct item *item);
void handle_close(struct handle *h);

/* One step of each kind of actor. */
void step_fsx(struct actor *a);
void step_read(struct actor *a);
void step_map(struct actor *a);
void step_list(struct actor *a);
void step_xattr(struct actor *a);
void step_write(struct actor *a);

#endif
