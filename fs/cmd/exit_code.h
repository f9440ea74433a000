/* What the exit status of costfs mount says of why it failed, for scripts and service
 * managers; docs/errors.md has the same table. */
#ifndef FS_CMD_EXIT_CODE_H
#define FS_CMD_EXIT_CODE_H

#include "fs/cmd/command.h"

enum {
	EXIT_NO_EXPORT = 3, /* the source is not there, or no export, or too many */
	EXIT_NOT_SIGNED_IN = 4, /* credentials: none, expired or refused */
	EXIT_DENIED = 5, /* by AWS, or by the file system that has the source or cache */
	EXIT_NO_ANSWER = 6, /* no network, or nobody answers in time */
	EXIT_MOUNT_POINT = 7, /* the mount point, or /dev/fuse */
};

/* Of an error of opening the source or the cache; of 0: EXIT_DONE. */
int exit_code(int error);

#endif
