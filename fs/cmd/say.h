/* What commands print. */
#ifndef FS_CMD_SAY_H
#define FS_CMD_SAY_H

#include "base/compiler.h"
#include "base/fault.h"

/* "costfs: what happened" and "  what to do", on stderr. Answers EXIT_FAILED. */
int say_fault(const struct fault *why, int error);
/* "costfs: …" and how to get help; answers EXIT_USAGE. */
int say_usage(const char *command, const char *format, ...) PRINTF_LIKE(2, 3);

/* A setting that is none, its cure, and where the help of the command is. EXIT_USAGE. */
int say_invalid(const char *command, const struct fault *why);

#endif
