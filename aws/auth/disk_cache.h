/* ~/.aws/cli/cache: credentials that AWS's own tools keep there, and take from there. */
#ifndef AWS_AUTH_DISK_CACHE_H
#define AWS_AUTH_DISK_CACHE_H

#include <pthread.h>

#include "aws/auth/credentials.h"
#include "base/buf.h"

enum { DISK_CACHE_FILE_MAX = 256 * 1024 };

/* Plain. Thread-safe once it is initialised. */
struct disk_cache {
	const struct auth_context *context; /* borrowed */
	char *name; /* of the file, NULL: nothing is kept */
	pthread_mutex_t lock;
	char *refused; /* access key ID that is not taken any more; guarded by lock */
};

/* key: JSON whose SHA-1 names the file. 0; -ENOMEM. */
MUST_USE int disk_cache_init(
	struct disk_cache *d, const struct auth_context *context, struct span key);
void disk_cache_finish(struct disk_cache *d);
/* False when there are none, or none with 15 minutes left: whatever is wrong with the
 * file. */
bool disk_cache_load(struct disk_cache *d, struct credentials *ret);
/* A failure is no failure of the caller's. extra: further JSON members, each with ','
 * behind it. */
void disk_cache_store(
	struct disk_cache *d, const struct credentials *c, const char *extra);
void disk_cache_drop(struct disk_cache *d, const struct credentials *refused);

/* Appends what file folder/name below the home folder holds. 0; -ENOENT; -errno. */
MUST_USE int home_read(const struct auth_context *c, const char *folder, const char *name,
	struct buf *ret);
/* Makes the folder (0700) and replaces the file (0600). 0; -errno. */
MUST_USE int home_write(const struct auth_context *c, const char *folder,
	const char *name, struct span text);

#endif
