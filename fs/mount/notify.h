/* Tells the kernel what to forget, from a thread of its own: a notification may wait for
 * a request on the same directory, so nobody who answers requests may send one. */
#ifndef FS_MOUNT_NOTIFY_H
#define FS_MOUNT_NOTIFY_H

#include "fs/mount/op.h"

struct notifier;

/* Both are borrowed until notifier_free(). 0; -ENOMEM; -EAGAIN no thread. */
MUST_USE int notifier_new(
	struct tree *tree, struct fuse_session *session, struct notifier **ret);
/* Never waits. */
void notifier_put(struct notifier *n, enum library_event event, struct month_no month);
/* Nothing is told from now on, but what is just being told. NULL is allowed. */
void notifier_hush(struct notifier *n);
/* After the session's descriptor was closed, so that no notification can be stuck. */
void notifier_free(struct notifier *n);

#endif
