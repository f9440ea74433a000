/* Time for checks: each its own, all of them together, and an end that comes whatever
 * they hang on. */
#ifndef FS_CMD_DOCTOR_DEADLINE_H
#define FS_CMD_DOCTOR_DEADLINE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/compiler.h"

struct deadline;

struct deadline_options {
	atomic_bool *stop; /* becomes true when a check's time is up */
	unsigned check_ms, wait_ms, end_ms;
	void (*end)(void *context); /* after end_ms, on a thread of its own */
	void *context;
};
/* 0; -ENOMEM; -errno of the thread. */
MUST_USE int deadline_start(
	const struct deadline_options *options, struct deadline **ret);
/* A check begins. False: the time of all is up, and stop stays true. */
bool deadline_next(struct deadline *d);
/* end is not called any more; a call under way is waited for. */
void deadline_free(struct deadline *d);

#endif
