/* The act of mounting, in the process that keeps the mount point (keeper.h). */
#ifndef FS_MOUNT_ATTACH_H
#define FS_MOUNT_ATTACH_H

#include "fs/mount/keeper.h"

/* As keeper_mount(). */
MUST_USE int attach(const struct keeper_options *options, int *ret_fd, struct fault *why);

#endif
