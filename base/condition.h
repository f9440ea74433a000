/* Conditions whose waits end by the monotonic clock, which nobody sets. */
#ifndef BASE_CONDITION_H
#define BASE_CONDITION_H

#include <pthread.h>

#include "base/compiler.h"

/* For pthread_cond_timedwait() with CLOCK_MONOTONIC. 0; -ENOMEM; -EAGAIN. */
MUST_USE int condition_init(pthread_cond_t *ret);

#endif
