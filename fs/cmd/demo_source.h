/* demo: a made-up export in the cache directory, written once. */
#ifndef FS_CMD_DEMO_SOURCE_H
#define FS_CMD_DEMO_SOURCE_H

#include "aws/object/object.h"

/* 0; -errno of the cache directory; -ENOMEM. */
MUST_USE int demo_source_open(
	const char *cache, struct object_source **ret, struct fault *why);

#endif
