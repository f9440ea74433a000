/* What commands print. */
#ifndef FS_CMD_SAY_H
#define FS_CMD_SAY_H

#include "base/compiler.h"
#include "base/day.h"
#include "base/fault.h"

/* "costfs: what happened" and "  what to do", on stderr. Answers EXIT_FAILED. */
int say_fault(const struct fault *why, int error);
/* What has been done, on stderr, for people at a terminal. */
void say_done(const char *format, ...) PRINTF_LIKE(1, 2);
/* Why the source could not be asked, and how old what is shown is. */
void say_old(const struct fault *why, struct instant looked);
/* "costfs: …" and how to get help; answers EXIT_USAGE. */
int say_usage(const char *command, const char *format, ...) PRINTF_LIKE(2, 3);

/* A setting that is none, its cure, and where the help of the command is. EXIT_USAGE. */
int say_invalid(const char *command, const struct fault *why);

#endif
