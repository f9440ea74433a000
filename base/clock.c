#include "base/clock.h"

#include <time.h>

static struct instant system_now(const struct clock *c)
{
	struct timespec t;

	(void)c;
	if (clock_gettime(CLOCK_REALTIME, &t) < 0)
		return (struct instant){ 0 };
	return (struct instant){ t.tv_sec };
}

static uint64_t system_monotonic_ms(const struct clock *c)
{
	struct timespec t;

	(void)c;
	if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

const struct clock *clock_system(void)
{
	static const struct clock_ops ops = { system_now, system_monotonic_ms };
	static const struct clock system = { &ops };

	return &system;
}

struct instant clock_now(const struct clock *c)
{
	return c->ops->now(c);
}

uint64_t clock_monotonic_ms(const struct clock *c)
{
	return c->ops->monotonic_ms(c);
}
