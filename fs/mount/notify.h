/* Tells the kernel what to forget, from a thread of its own: a notification may wait for
 * a request on the same directory, so nobody who answers requests may send one. */
#ifndef FS_MOUNT_NOTIFY_H
#define FS_MOUNT_NOTIFY_H

#include "fs/mount/op.h"

struct notifier;

/* Both are borrowed until notifier_free(). refreshes: of the library so far, of which the
 * kernel need not be told. 0; -ENOMEM; -EAGAIN no thread. */
MUST_USE int notifier_new(struct tree *tree, struct fuse_session *session,
	uint64_t refreshes, struct notifier **ret);
/* None of these waits. */
void notifier_put(struct notifier *n, enum library_event event, struct month_no month);
/* As many refreshes of the library have ended. */
void notifier_put_refreshed(struct notifier *n, uint64_t refreshes);
/* And of so many the kernel has been told all. */
uint64_t notifier_refreshes(struct notifier *n);
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
