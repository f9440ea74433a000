/* Threads that take the kernel's requests. One of them reads; it answers as well, and
 * reads again. The others sleep: a request that any of four threads may take goes to the
 * one that has waited longest, which costs each small answer another thread's waking. Who
 * is at an answer that takes longer passes the reading on. */
#ifndef FS_MOUNT_LOOP_H
#define FS_MOUNT_LOOP_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "base/compiler.h"

struct loop;

/* session: borrowed until loop_free(). NULL on no memory. */
struct loop *loop_new(struct fuse_session *session);
/* NULL is allowed. */
void loop_free(struct loop *l);
/* Serves, in threads of its own, until the file system is gone or loop_stop(). 0; -EAGAIN
 * no thread; -errno of the device. */
MUST_USE int loop_run(struct loop *l);
/* From any thread, also before loop_run(), which returns within a moment. */
void loop_stop(struct loop *l);
/* To be called by who answers, before what may take more than a millisecond: somebody
 * else reads from now on. Of no effect in other threads. */
void loop_pass(struct loop *l);

#endif
