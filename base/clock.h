/* The time, as something that tests can replace. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/day.h"

struct clock;
struct clock_ops {
	struct instant (*now)(const struct clock *c); /* wall clock, UTC */
	uint64_t (*monotonic_ms)(const struct clock *c);
};
/* First member of every implementation. Thread-safe. */
struct clock {
	const struct clock_ops *ops;
};

const struct clock *clock_system(void);
struct instant clock_now(const struct clock *c);
uint64_t clock_monotonic_ms(const struct clock *c);

#endif
