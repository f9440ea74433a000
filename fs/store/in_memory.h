/* Months that the cache directory cannot take: in files without a name, in memory, within
 * a limit, and only as long as somebody has them open. */
#ifndef FS_STORE_IN_MEMORY_H
#define FS_STORE_IN_MEMORY_H

#include <stdatomic.h>

#include "fs/store/ingest.h"

/* Zeroed but for limit: none. Thread-safe. */
struct in_memory {
	uint64_t limit; /* bytes; immutable */
	_Atomic uint64_t used; /* by months that are open */
	atomic_bool is_building; /* whose turn it is has all that is left */
	_Atomic uint64_t warned_ms;
};

/* Reads a delivery. Borrows m and blocks as long as the month is open. 0; -ENOSPC it does
 * not fit beside the others, as far as that is known before or else while it is read;
 * -ECANCELED; -ENOMEM; as ingest_month(). */
MUST_USE int in_memory_build(struct in_memory *m, const struct ingest_options *options,
	struct block_cache *blocks, struct month **ret, struct fault *why);
/* Whether the last warning was a minute ago; then this one is the last. */
bool in_memory_may_warn(struct in_memory *m);

#endif
