#include "base/condition.h"

#include <time.h>

int condition_init(pthread_cond_t *ret)
{
	pthread_condattr_t attributes;
	int r = pthread_condattr_init(&attributes);

	if (r != 0)
		return -r;
	r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (r == 0)
		r = pthread_cond_init(ret, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return -r;
}
