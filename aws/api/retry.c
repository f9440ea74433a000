#include "aws/api/retry.h"

#include <pthread.h>
#include <stdlib.h>

/* As botocore's standard mode. */
enum {
	RETRY_TOKENS = 500,
	RETRY_COST = 5,
	RETRY_COST_TIMEOUT = 10,
	RETRY_REWARD = 1, /* of a success at the first attempt */
	RETRY_WAIT_MS = 1000, /* at most, before the first retry; doubles */
	RETRY_WAIT_MAX_MS = 20 * 1000,
};

struct retry_bucket {
	pthread_mutex_t lock;
	unsigned tokens; /* guarded by lock */
};

struct retry_bucket *retry_bucket_new(void)
{
	struct retry_bucket *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	if (pthread_mutex_init(&b->lock, NULL) != 0) {
		free(b);
		return NULL;
	}
	b->tokens = RETRY_TOKENS;
	return b;
}

void retry_bucket_free(struct retry_bucket *b)
{
	if (!b)
		return;
	(void)pthread_mutex_destroy(&b->lock);
	free(b);
}

static bool take(struct retry_bucket *b, unsigned tokens)
{
	bool has;

	(void)pthread_mutex_lock(&b->lock);
	has = b->tokens >= tokens;
	if (has)
		b->tokens -= tokens;
	(void)pthread_mutex_unlock(&b->lock);
	return has;
}

static void give(struct retry_bucket *b, unsigned tokens)
{
	(void)pthread_mutex_lock(&b->lock);
	b->tokens += tokens;
	if (b->tokens > RETRY_TOKENS)
		b->tokens = RETRY_TOKENS;
	(void)pthread_mutex_unlock(&b->lock);
}

static unsigned wait_of(unsigned retry, uint32_t random)
{
	uint64_t longest = RETRY_WAIT_MS;

	for (unsigned i = 0; i < retry && longest < RETRY_WAIT_MAX_MS; i++)
		longest *= 2;
	if (longest > RETRY_WAIT_MAX_MS)
		longest = RETRY_WAIT_MAX_MS;
	return (unsigned)((longest * random) >> 32);
}

bool retry_again(
	struct retry *r, enum retry_cause cause, uint32_t random, unsigned *ret_wait_ms)
{
	unsigned cost = cause == RETRY_TIMEOUT ? RETRY_COST_TIMEOUT : RETRY_COST;

	r->attempts++;
	if (r->attempts >= r->max_attempts || !take(r->bucket, cost))
		return false;
	r->held = cost;
	*ret_wait_ms = wait_of(r->attempts - 1, random);
	return true;
}

void retry_succeeded(struct retry *r)
{
	give(r->bucket, r->held ? r->held : RETRY_REWARD);
	r->held = 0;
}
