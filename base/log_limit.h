/* Keeps the same line from filling a log: so many a minute, and the rest is counted. */
#ifndef BASE_LOG_LIMIT_H
#define BASE_LOG_LIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

enum {
	LOG_LIMIT_LINES = 10, /* of the same in a window */
	LOG_LIMIT_MS = 60 * 1000, /* a window; begins with the first line */
	LOG_LIMIT_SLOTS = 64, /* different lines at once; beyond, the oldest ends early */
	LOG_LIMIT_WHAT = 256,
};

struct log_limit_slot {
	uint64_t key, since_ms;
	unsigned shown, left_out; /* shown 0: the slot is free */
	char what[LOG_LIMIT_WHAT]; /* for the line that tells the count; cut */
};
/* Zeroed but for the lock; its fields are its own. */
struct log_limit {
	pthread_mutex_t lock;
	struct log_limit_slot slots[LOG_LIMIT_SLOTS]; /* guarded by lock */
};

void log_limit_init(struct log_limit *l);
void log_limit_finish(struct log_limit *l);
/* Whether another line that is about what may be written now. now_ms: of a clock that
 * never goes back. First ends windows that are over, as log_limit_expire(). Thread-safe.
 */
bool log_limit_allows(struct log_limit *l, uint64_t now_ms, const char *what);
/* Writes how many lines were left out in windows that are over, at info. Thread-safe. */
void log_limit_expire(struct log_limit *l, uint64_t now_ms);

#endif
