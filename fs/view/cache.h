/* What was rendered, and how large it was: bytes within a limit, sizes for longer. */
#ifndef FS_VIEW_CACHE_H
#define FS_VIEW_CACHE_H

#include <stdatomic.h>

#include "fs/view/view.h"

/* First member of what the cache holds; immutable once it is there. */
struct held {
	atomic_uint refs; /* starts at 1 */
	size_t bytes; /* of memory, all included */
	void (*free)(struct held *h);
};
struct held *held_ref(struct held *h);
/* NULL is allowed. */
void held_unref(struct held *h);

/* Made by view_key_of(): compared as bytes. */
struct view_key {
	const struct selection *selection;
	uint64_t content; /* of the month, which may have been let go and opened again */
	uint32_t account, service, resource, file, key;
	uint32_t form; /* FORM_CSV by view_key_of() */
};
struct view_key view_key_of(const struct scope *scope, uint32_t file, uint32_t key);

/* When it becomes true, who renders is to give up. Valid as long as the cache. */
const atomic_bool *view_cache_stop_flag(const struct view_cache *c);

/* A reference, or NULL. */
struct held *view_cache_get(struct view_cache *c, const struct view_key *key);
/* Keeps a reference if there is memory. What was used longest ago goes; the newest stays
 * even if it is over the limit alone. */
void view_cache_put(struct view_cache *c, const struct view_key *key, struct held *h);
bool view_cache_size(
	struct view_cache *c, const struct view_key *key, uint64_t *ret_size);
void view_cache_note_size(
	struct view_cache *c, const struct view_key *key, uint64_t size);

#endif
