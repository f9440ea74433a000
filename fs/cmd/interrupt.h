/* Ctrl-C and kill, while a command waits for a network or a disk that does not answer. */
#ifndef FS_CMD_INTERRUPT_H
#define FS_CMD_INTERRUPT_H

#include <signal.h>
#include <stdatomic.h>

#include "base/compiler.h"

/* SIGINT, SIGTERM and SIGHUP; but what was ignored when we began stays so, for nohup and
 * for jobs of scripts. */
sigset_t interrupt_signals(void);
/* Blocks them in this thread, and so in those that it starts. From now on the first one
 * sets the flag, and ends the process a moment later, unless interrupt_end() came before.
 * At most once at a time; not before fork(). */
void interrupt_watch(void);
/* For stop of everything that may take long. */
atomic_bool *interrupt_flag(void);
/* Watches no longer; the signals stay blocked. Answers status, or says that the command
 * was interrupted and answers 128 and the signal, as a shell would. */
MUST_USE int interrupt_end(int status);

#endif
