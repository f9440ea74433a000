/* What the process behind a request has to say. */
#ifndef FS_MOUNT_CALLER_H
#define FS_MOUNT_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

enum caller_wish {
	CALLER_WAITS, /* an interrupt that its handler will see to (SIGURG, SIGCHLD, …) */
	CALLER_LEAVES, /* it is killed, or a handler of a terminating signal wants to run
			*/
	CALLER_UNKNOWN, /* in another pid namespace, or gone */
};

/* Looks at the pending signals of a thread in /proc. Go programs and git run SIGURG and
 * SIGCHLD handlers that must not make their reads fail, so an interrupt alone says
 * nothing. */
enum caller_wish caller_wish(pid_t thread);

#endif
