/* Decoded blocks of months, shared by all of them, within a limit of memory. Thread-safe.
 */
#ifndef FS_STORE_BLOCK_CACHE_H
#define FS_STORE_BLOCK_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct block_cache;
/* Refcounted, immutable bytes. */
struct block;

/* NULL on no memory. */
struct block_cache *block_cache_new(size_t limit_bytes);
void block_cache_free(struct block_cache *c);
/* A number that no other user of the cache has: the upper half of its keys. */
uint32_t block_cache_user(struct block_cache *c);
/* A reference, or NULL when it is not there. */
struct block *block_cache_get(struct block_cache *c, uint32_t user, uint32_t number);
/* An empty block to fill; NULL on no memory. */
struct block *block_new(size_t len);
char *block_bytes(struct block *b);
size_t block_len(const struct block *b);
/* Keeps the block for later; the caller's reference stays its own. What is oldest goes.
 */
void block_cache_put(
	struct block_cache *c, uint32_t user, uint32_t number, struct block *b);
/* Drops what a user put. */
void block_cache_drop(struct block_cache *c, uint32_t user);
void block_unref(struct block *b);

#endif
