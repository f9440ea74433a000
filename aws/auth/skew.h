/* How far this machine's clock is from that of the services, as they have said. What one
 * call has learned is right for all: keys that end, and signatures, go by their clock. */
#ifndef AWS_AUTH_SKEW_H
#define AWS_AUTH_SKEW_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"

enum { SKEW_SECONDS = 4 * 60 }; /* a clock that is nearer is not to blame */

/* A clock: the base, corrected. Thread-safe. */
struct skew {
	struct clock clock;
	const struct clock *base; /* borrowed */
	_Atomic int64_t seconds; /* the services' minus ours */
};

void skew_init(struct skew *s, const struct clock *base);
/* A service said in a reply that it is now. True where that is far from what the clock
 * has said, so that it is worth to try again; then it is as the service says. */
bool skew_learn(struct skew *s, struct instant service);

#endif
