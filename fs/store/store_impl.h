/* Inside of the store, for what else is kept in its directory. */
#ifndef FS_STORE_STORE_IMPL_H
#define FS_STORE_STORE_IMPL_H

#include "fs/store/store.h"

/* Live as long as the store. */
int store_dir_fd(const struct store *s);
const char *store_path(const struct store *s);
uint64_t store_limit(const struct store *s);
/* Waits for other builders of this id, of this process or another. 0; -ECANCELED when
 * stop (may be NULL) becomes true; -errno. */
MUST_USE int store_lock(
	struct store *s, const char *id, const atomic_bool *stop, int *ret_fd);
/* Evicts down to the limit; all that is idle: whether anything went. */
void store_trim_to_limit(struct store *s);
bool store_make_room(struct store *s);

#endif
