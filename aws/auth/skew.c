#include "aws/auth/skew.h"

static struct instant skew_now(const struct clock *c)
{
	const struct skew *s = (const struct skew *)(const void *)c;
	struct instant now = clock_now(s->base);

	now.seconds += atomic_load(&s->seconds);
	return now;
}

static uint64_t skew_monotonic_ms(const struct clock *c)
{
	return clock_monotonic_ms(((const struct skew *)(const void *)c)->base);
}

void skew_init(struct skew *s, const struct clock *base)
{
	static const struct clock_ops ops = { skew_now, skew_monotonic_ms };

	s->clock.ops = &ops;
	s->base = base;
	atomic_init(&s->seconds, 0);
}

bool skew_learn(struct skew *s, struct instant service)
{
	int64_t off = service.seconds - clock_now(&s->clock).seconds;

	if (off > -SKEW_SECONDS && off < SKEW_SECONDS)
		return false;
	atomic_store(&s->seconds, service.seconds - clock_now(s->base).seconds);
	return true;
}
