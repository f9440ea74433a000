/* The state of a mount in the log, for who sends SIGUSR1. */
#ifndef FS_MOUNT_STATE_H
#define FS_MOUNT_STATE_H

#include "fs/mount/ops.h"

/* Lines "costfs: state: …": all figures, the months, the requests set aside and what they
 * wait for, and the lists of resources that are being asked for or failed. Thread-safe;
 * waits for the cache directory and stderr. */
void state_tell(struct ops_context *c, struct library *library);

#endif
