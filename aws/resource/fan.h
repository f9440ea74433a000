/* The same done for many things, several at once. For aws/resource alone. */
#ifndef AWS_RESOURCE_FAN_H
#define AWS_RESOURCE_FAN_H

#include <stddef.h>

#include "base/fault.h"

enum { FAN_WIDTH = 8 /* at once */ };

struct fan {
	size_t count;
	/* Called once for each number below count, in their order, from several threads.
	 * A negative errno ends it all: those that have begun are waited for. */
	int (*one)(void *context, size_t number, struct fault *why);
	void *context;
};
/* 0; the errno of one that failed, and its fault. */
MUST_USE int fan_out(const struct fan *fan, struct fault *why);

#endif
