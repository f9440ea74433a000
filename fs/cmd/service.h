/* What is told to whoever started a mount: to a service manager by the protocol of
 * sd_notify(3), to a supervisor by a newline on a descriptor. */
#ifndef FS_CMD_SERVICE_H
#define FS_CMD_SERVICE_H

#include <stdbool.h>

#include "base/fault.h"

struct service;

/* Whether the mount answers; may block as long as it does not. */
typedef bool service_answers_fn(void *context);

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the
 * environment, so that no child speaks for us; while no other thread reads it. notify_fd:
 * the number of an open descriptor, of which it takes possession; NULL: none. 0; -EINVAL
 * it is none; -ENOMEM. */
MUST_USE int service_open(const char *notify_fd, struct service **ret, struct fault *why);
/* Ends the watch: only when answers() returns by itself. NULL is allowed. */
void service_close(struct service *s);

/* From here on all is thread-safe, takes no time, and does nothing where nobody asked for
 * it. Who cannot be told is not: the mount goes on. */

/* It is usable, and shows the source. Once, by the thread that opened it. */
void service_ready(struct service *s, const char *source);
/* It looks for new deliveries; has looked for them. */
void service_reloading(struct service *s);
void service_reloaded(struct service *s, const char *source);
void service_stopping(struct service *s);
/* It ends by that; error is negative. */
void service_failed(struct service *s, const struct fault *why, int error);

/* Where a watchdog was asked for: a thread that tells it that we are alive, twice in its
 * time, whenever answers() says so; which is called without the descriptors of the
 * process but standard error. Call it once, with signals blocked. 0; -EAGAIN no thread.
 */
MUST_USE int service_watch(struct service *s, service_answers_fn *answers, void *context);

#endif
