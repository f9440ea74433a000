/* The keeper of a mount point: a process of its own, which mounts, and unmounts, for a
 * daemon that has given up the right to (a process under Landlock may do neither). It is
 * made before the daemon has threads and secrets, reads nothing from outside, and takes
 * three orders, about one directory. It ends with the daemon, however that ends; where a
 * killed one is held by the kernel, it ends the mount, so that nobody waits for ever. */
#ifndef FS_MOUNT_KEEPER_H
#define FS_MOUNT_KEEPER_H

#include <stdbool.h>

#include "base/fault.h"

struct keeper;

struct keeper_options {
	const char *mountpoint; /* an absolute path */
	const char *source; /* shown by mount(8) and df(1) */
	bool allow_other;
};

/* Makes the process; what options say is in its memory from then on. To be called by the
 * thread that main() was called by, while it is the only one. 0; -EAGAIN -ENOMEM no
 * process can be made. */
MUST_USE int keeper_start(
	const struct keeper_options *options, struct keeper **ret, struct fault *why);
/* Mounts; what a dead daemon of ours has left on the mount point is taken away first.
 * The caller closes *ret_fd, a descriptor of /dev/fuse. 0; as mount_new(); -EIO the
 * keeper is gone. */
MUST_USE int keeper_mount(struct keeper *k, int *ret_fd, struct fault *why);
/* Unmounts, also while it is in use. Without a mount of ours there nothing happens. */
void keeper_unmount(struct keeper *k);
/* Ends the kernel's side of the mount: all that waits there fails. */
void keeper_abort(struct keeper *k);
/* Ends the process and waits for it. NULL is allowed. */
void keeper_stop(struct keeper *k);

#endif
