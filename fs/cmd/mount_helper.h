/* mount.costfs: what mount(8) runs for -t costfs, and for a line of fstab of that type.
 */
#ifndef FS_CMD_MOUNT_HELPER_H
#define FS_CMD_MOUNT_HELPER_H

#include <stdbool.h>

/* Whether we were called by the name of a helper: mount.costfs or mount.fuse.costfs. */
bool is_mount_helper(const char *program);
/* argv as mount(8) gives it: SPEC DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE].
 * Answers the exit status that mount(8) passes on: 0; 1 wrong arguments, 2 out of memory
 * or the like, 32 it could not be mounted. */
int mount_helper_run(int argc, char **argv);

#endif
