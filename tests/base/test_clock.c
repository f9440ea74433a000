#include "base/clock.h"

#include <time.h>

#include "tests/cmocka.h"

struct stopped_clock {
	struct clock clock;
	int64_t seconds;
};

static struct instant stopped_now(const struct clock *c)
{
	return (struct instant){ ((const struct stopped_clock *)c)->seconds };
}

static uint64_t stopped_ms(const struct clock *c)
{
	return (uint64_t)((const struct stopped_clock *)c)->seconds * 1000;
}

static void a_test_can_bring_its_own_clock(void **state)
{
	static const struct clock_ops ops = { stopped_now, stopped_ms };
	const struct stopped_clock c = { { &ops }, 7 };

	(void)state;
	assert_int_equal(clock_now(&c.clock).seconds, 7);
	assert_int_equal(clock_monotonic_ms(&c.clock), 7000);
}

static void the_system_clock_is_that_of_the_system(void **state)
{
	const struct clock *c = clock_system();
	int64_t before = time(NULL);
	uint64_t first = clock_monotonic_ms(c);
	int64_t now = clock_now(c).seconds;

	(void)state;
	/* time() may lag by a tick. */
	assert_true(now >= before && now <= time(NULL) + 1);
	assert_true(clock_monotonic_ms(c) >= first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_can_bring_its_own_clock),
		cmocka_unit_test(the_system_clock_is_that_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
