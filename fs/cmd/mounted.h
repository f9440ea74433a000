/* Mounts of costfs on this machine, asked through their files. */
#ifndef FS_CMD_MOUNTED_H
#define FS_CMD_MOUNTED_H

#include <sys/types.h>

#include "aws/api/json.h"
#include "base/buf.h"
#include "base/fault.h"

/* The mount that the path is in, or its own path when it is a mount point; *ret_source:
 * what it shows. The caller frees both. 0; -ENOENT not in a mount of costfs; -errno;
 * -ENOMEM. */
MUST_USE int mounted_find(
	const char *path, char **ret_root, char **ret_source, struct fault *why);
/* Its first alone; NULL where there is none, which is said (say.h). */
char *mounted_root(const char *path);
/* All mount points of costfs, oldest first, NULL at the end; the caller frees each and
 * the list. NULL on no memory. */
char **mounted_all(void);
/* Who mounted what is mounted there, as the kernel says. 0; -ENOENT; -EINVAL; -errno. */
MUST_USE int mounted_owner(const char *root, uid_t *ret);
/* Replaces ret by a file of the mount, as "STATUS.txt". 0; -errno. */
MUST_USE int mounted_read(
	const char *root, const char *name, struct buf *ret, struct fault *why);
/* ".costfs/status.json" of the mount; the caller gives it to json_free(). 0; -EBADMSG no
 * JSON; -EFBIG; -errno. */
MUST_USE int mounted_status(const char *root, struct json **ret, struct fault *why);

#endif
