/* Standard input, output and error, as whoever started us left them. */
#ifndef FS_CMD_STANDARD_H
#define FS_CMD_STANDARD_H

#include "base/fault.h"
#include "base/span.h"

/* Before anything is opened: what is closed gets a descriptor that can be neither read
 * nor written, since the next file to be opened would get its number, and what is printed
 * would go into the cache. 0; -errno of /dev/null. */
MUST_USE int standard_open(void);
/* Past stdio, for what is large. 0; -errno of the descriptor, which why says; -EPIPE, of
 * which nobody wants to hear: why is left alone. */
MUST_USE int standard_write(struct span bytes, struct fault *why);
/* Writes what stdio holds, and closes standard output. Answers status; EXIT_FAILED
 * instead of EXIT_DONE where not all that was printed could be written, and says so
 * unless its reader has gone. */
MUST_USE int standard_end(int status);

#endif
