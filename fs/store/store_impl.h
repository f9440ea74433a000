/* Inside of the store, for what else is kept in its directory. */
#ifndef FS_STORE_STORE_IMPL_H
#define FS_STORE_STORE_IMPL_H

#include "fs/store/in_memory.h"
#include "fs/store/store.h"

/* Immutable but for what has a lock of its own; thread-safe. */
struct store {
	char *path;
	int dir_fd; /* of PATH/v1 */
	uint64_t limit_bytes;
	unsigned threads;
	int niceness;
	struct block_cache *blocks;
	struct in_memory memory;
};

/* With the lock of the id: a damaged month is removed and not there. */
MUST_USE int store_open_or_remove(
	struct store *s, const char *id, struct month **ret, struct fault *why);
MUST_USE int store_open_month(
	struct store *s, const char *id, struct month **ret, struct fault *why);
/* Sums alone are files of another id. */
void store_id_of_sums(const char *id, char ret[DELIVERY_ID_TEXT]);
void store_pause_ms(long ms);
/* Live as long as the store. */
int store_dir_fd(const struct store *s);
const char *store_path(const struct store *s);
uint64_t store_limit(const struct store *s);
/* Waits for other builders of this id, of this process or another. 0; -ECANCELED when
 * stop (may be NULL) becomes true; -errno. */
MUST_USE int store_lock(
	struct store *s, const char *id, const atomic_bool *stop, int *ret_fd);
/* Evicts down to so many bytes; failures are for the log. */
void store_trim_quietly(struct store *s, uint64_t keep_bytes);
/* Evicts down to the limit; all that is idle: whether anything went. */
void store_trim_to_limit(struct store *s);
bool store_make_room(struct store *s);

#endif
