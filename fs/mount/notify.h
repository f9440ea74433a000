/* Tells the kernel what to forget, from a thread of its own: a notification may wait for
 * a request on the same directory, so nobody who answers requests may send one. */
#ifndef FS_MOUNT_NOTIFY_H
#define FS_MOUNT_NOTIFY_H

#include "fs/mount/op.h"

struct notifier;

/* Both are borrowed until notifier_free(). 0; -ENOMEM; -EAGAIN no thread. */
MUST_USE int notifier_new(
	struct tree *tree, struct fuse_session *session, struct notifier **ret);
/* Neither waits. */
void notifier_put(struct notifier *n, enum library_event event, struct month_no month);
/* Of a node that was just looked up or closed: if it is of a delivery that is not shown
 * any more, the kernel is told to forget what is left of that. Does not wait. */
void notifier_look(struct notifier *n, uint64_t node);
void notifier_put_live(struct notifier *n, const struct tree_live_change *change);
/* Nothing is told from now on. Waits so long for what is just being told, which may be
 * stuck behind a request that nobody reads any more; false if it still is, and then the
 * connection has to be aborted. The session's descriptor must be open until it has ended.
 */
MUST_USE bool notifier_stop(struct notifier *n, unsigned ms);
/* NULL is allowed. */
void notifier_free(struct notifier *n);

#endif
