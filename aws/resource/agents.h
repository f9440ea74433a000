/* Which instances CloudWatch's agent reports of, region by region: the dimensions under
 * which it has put what it measures. For aws/resource alone. */
#ifndef AWS_RESOURCE_AGENTS_H
#define AWS_RESOURCE_AGENTS_H

#include "aws/resource/account.h"

enum {
	AGENT_SETS_MAX = 4, /* of one instance: its type may have changed, say */
	AGENT_SECONDS = 3600, /* a list is kept, and that it is denied */
	AGENT_COUNT_MAX = 500 * 1000, /* sets of a region */
	AGENT_BYTES_MAX = 128 * 1024 * 1024, /* of them together */
	AGENT_DIMENSIONS_MAX = 30, /* CloudWatch's own limit */
};

/* Thread-safe. */
struct agents;
/* NULL on no memory. */
struct agents *agents_new(void);
/* NULL is allowed. */
void agents_free(struct agents *g);

/* Plain; a zeroed one is empty. */
struct agent_sets {
	/* "&Dimensions.member.1.Name=...", encoded; those of few dimensions first. */
	char *parameters[AGENT_SETS_MAX];
	size_t count;
};
/* Those of one instance, found by one ListMetrics a region and hour, all its pages. As
 * resource_account_regions(); none are no failure. ret is for agent_sets_finish() in the
 * end. */
MUST_USE int agents_find(struct resource_account *a, const char *region,
	const char *instance, const atomic_bool *stop, struct agent_sets *ret,
	struct fault *why);
void agent_sets_finish(struct agent_sets *sets);

#endif
