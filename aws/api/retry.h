/* The standard retry mode of AWS's tools: three attempts, full jitter, a bucket of tokens
 * shared by all calls to one service and region. */
#ifndef AWS_API_RETRY_H
#define AWS_API_RETRY_H

#include <stdbool.h>

#include "base/clock.h"

struct retry_bucket;
/* 500 tokens. NULL on no memory. Thread-safe. */
struct retry_bucket *retry_bucket_new(void);
void retry_bucket_free(struct retry_bucket *b);

/* One call's retries. Plain; zeroed but for bucket and max_attempts. */
struct retry {
	struct retry_bucket *bucket;
	unsigned max_attempts;
	unsigned attempts; /* made */
	unsigned held; /* tokens taken by the last retry */
};
enum retry_cause { RETRY_TRANSIENT, RETRY_TIMEOUT, RETRY_THROTTLED };
/* After a failed attempt: false, or true and how long to wait. random: 0 to 2^32 - 1. */
bool retry_again(
	struct retry *r, enum retry_cause cause, uint32_t random, unsigned *ret_wait_ms);
/* After a success: tokens go back. */
void retry_succeeded(struct retry *r);

#endif
