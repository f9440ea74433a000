/* Files of the live inventory: CACHE/v1/live/HASH.inventory, one for each listing.
 *
 *   "costfsR1", 8 bytes | length of the key, 4 bytes | the key | the inventory's bytes
 *
 * The length is little-endian. The key is what was asked for, five texts with a NUL after
 * each: identity, account, service, type, region; of metrics the instance is the sixth.
 * HASH is 32 hex digits of its SHA-256.
 * The inventory has a checksum of its own (inventory.h). mtime is when AWS was asked,
 * atime when the file was used, to a day. A file is written whole and published by
 * rename, 0600; what is damaged or somebody else's is ignored, and replaced. */
#ifndef FS_LIVE_LIVE_CACHE_H
#define FS_LIVE_LIVE_CACHE_H

#include "aws/resource/inventory.h"
#include "base/fault.h"

enum { LIVE_KEY_MAX = 64 * 1024 };
#define LIVE_FILE_MAX ((size_t)1 << 30)

/* Plain; all borrowed. */
struct live_key {
	const char *identity, *account, *service, *type, *region;
	const char *instance; /* "" or NULL: none */
};

/* 0; as cache_dir_open(). */
MUST_USE int live_cache_open(const char *cache_dir, int *ret_fd, struct fault *why);
/* Notes the use at now. 0; -ENOENT; -EBADMSG damaged, or not ours; -ENOMEM; -errno. */
MUST_USE int live_cache_load(int dir_fd, const struct live_key *key, struct instant now,
	struct inventory **ret);
/* 0; -ENOMEM; -EFBIG; -errno. */
MUST_USE int live_cache_save(int dir_fd, const struct live_key *key, struct instant now,
	const struct inventory *v);
/* Removes files that were not used for that long, and what killed writers left. 0;
 * -errno of the first that failed. */
MUST_USE int live_cache_tidy(int dir_fd, struct instant now, unsigned keep_days);

#endif
