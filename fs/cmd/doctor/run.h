/* costfs doctor, without its command line. */
#ifndef FS_CMD_DOCTOR_RUN_H
#define FS_CMD_DOCTOR_RUN_H

#include "fs/cmd/command.h"

/* Makes all checks and prints what they find. Ends within half a minute. 0, and how many
 * failed; -ENOMEM; -errno of the thread that watches the time. */
MUST_USE int doctor_run(const struct arguments *a, int *ret_failed);

#endif
