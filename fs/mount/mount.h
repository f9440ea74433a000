/* The tree in the kernel's hands: a FUSE session, low level. Operations that cannot be
 * answered at once are set aside and answered by other threads, so that the session's
 * threads never wait. */
#ifndef FS_MOUNT_MOUNT_H
#define FS_MOUNT_MOUNT_H

#include "fs/mount/keeper.h"
#include "fs/tree/tree.h"

struct mount;

enum {
	MOUNT_CONNECTION = 16, /* bytes of its number as text */
	MOUNT_READ_AHEAD_KB = 512,
};

struct mount_options {
	struct tree *tree; /* borrowed until mount_free() */
	struct library *library; /* likewise */
	struct keeper *keeper; /* likewise: of the mount point, which is free */
	bool debug; /* every request on stderr */
	/* Names of processes for whom nothing is fetched, with commas between; copied;
	 * NULL: crawlers_default (crawlers.h). */
	const char *crawlers;
};

/* Mounts; what a dead daemon of ours has left on the mount point is taken away first. 0;
 * -ENOENT -ENOTDIR -EACCES the mount point; -EBUSY something is mounted there already (on
 * top of a costfs that answers); -ENODEV no /dev/fuse; -EPERM; -ENOMEM;
 * -EIO the keeper is gone. */
MUST_USE int mount_new(
	const struct mount_options *options, struct mount **ret, struct fault *why);
/* Serves until the file system is unmounted or mount_stop(). 0; -EAGAIN no thread; -errno
 * of the device. */
MUST_USE int mount_run(struct mount *m);
/* From any thread, not from a signal handler: makes mount_run() return within a moment;
 * whoever waits is answered EINTR. */
void mount_stop(struct mount *m);
/* To be called for every event of the library. */
void mount_event(struct mount *m, enum library_event event, struct month_no month);
/* How many refreshes of the library have ended and are known to the kernel: who opens a
 * path from then on has what they brought. */
uint64_t mount_refreshes(struct mount *m);
/* Likewise of the live inventory. */
void mount_live_event(struct mount *m, const struct tree_live_change *change);
/* The state, in the log, whatever its level: figures, months, who waits for what. */
void mount_tell_state(struct mount *m);
/* To be called every minute or so: tells what was left out of the log. */
void mount_tend_log(struct mount *m);
/* Unmounts if still mounted. NULL is allowed. */
void mount_free(struct mount *m);

/* Whether the path is a mount point of ours, by /proc/self/mountinfo. */
bool mount_is_ours(const char *path);
/* Whether the daemon of the mount answers; blocks as long as it does not. What is not, or
 * no longer, a mount of ours, has nobody who could fail to. */
bool mount_answers(const char *path);
/* Whether the path is a mount point of ours; if so, which of the kernel's connections is
 * behind it. */
bool mount_connection(const char *path, char ret[MOUNT_CONNECTION]);
/* Has the kernel read MOUNT_READ_AHEAD_KB ahead in a mount whose daemon has not answered
 * yet, rather than 128. That is root's to say: for all others nothing changes. */
void mount_read_ahead(const char *connection);
/* Ends the kernel's side of the mount that stood there: all that waits there fails. */
void mount_abort(const char *path, const char *connection);
/* Unmounts DIR; lazy: also while it is in use. 0; -EINVAL not a mount of ours; -EBUSY;
 * -EPERM. */
MUST_USE int mount_remove(const char *path, bool lazy, struct fault *why);

#endif
