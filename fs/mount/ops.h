/* The table of requests that libfuse calls. */
#ifndef FS_MOUNT_OPS_H
#define FS_MOUNT_OPS_H

#include "fs/mount/aside.h"
#include "fs/mount/loop.h"
#include "fs/mount/notify.h"

/* The session's user data. */
struct ops_context {
	struct tree *tree;
	struct aside *aside;
	struct notifier *notifier;
	struct loop *loop;
	struct handles handles;
	struct requests requests;
	struct buffers buffers; /* for reads */
	char *crawlers; /* names, as of crawlers_have(); the mount's */
};
const struct fuse_lowlevel_ops *ops_table(void);

#endif
