/* Mounts of costfs on this machine, asked through their files. */
#ifndef FS_CMD_MOUNTED_H
#define FS_CMD_MOUNTED_H

#include "base/buf.h"
#include "base/fault.h"

/* The mount that the path is in, or its own path when it is a mount point; *ret_source:
 * what it shows. The caller frees both. 0; -ENOENT not in a mount of costfs; -errno;
 * -ENOMEM. */
MUST_USE int mounted_find(
	const char *path, char **ret_root, char **ret_source, struct fault *why);
/* All mount points of costfs, oldest first, NULL at the end; the caller frees each and
 * the list. NULL on no memory. */
char **mounted_all(void);
/* Replaces ret by a file of the mount, as "STATUS.txt". 0; -errno. */
MUST_USE int mounted_read(
	const char *root, const char *name, struct buf *ret, struct fault *why);
/* Of ".costfs/status.json". 0; -EBADMSG; -errno. */
MUST_USE int mounted_number(
	const char *root, const char *key, uint64_t *ret, struct fault *why);

#endif
