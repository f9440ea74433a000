/* Defaults and limits of a demo export. */
#ifndef FS_CMD_DEMO_OPTIONS_H
#define FS_CMD_DEMO_OPTIONS_H

#include "fs/cmd/demo/demo.h"

/* Fills in what is not given. 0; -EINVAL. */
MUST_USE int demo_options_check(struct demo_options *o, struct fault *why);

#endif
