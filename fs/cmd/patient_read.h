/* Reading a file whose file system may never answer. */
#ifndef FS_CMD_PATIENT_READ_H
#define FS_CMD_PATIENT_READ_H

#include "base/buf.h"

/* Appends the whole file, by a process of its own: a system call on a mount whose daemon
 * hangs cannot be ended, and would keep ours from ending, too. 0; -ETIMEDOUT it did not
 * come within that time; -EFBIG over ret's limit; -EAGAIN -ENOMEM no process; -errno of
 * the file. On failure ret has some of it. */
MUST_USE int patient_read(const char *path, int ms, struct buf *ret);

#endif
