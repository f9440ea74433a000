/* A line of progress on stderr while a month is read; nothing unless stderr is a
 * terminal. */
#ifndef FS_CMD_PROGRESS_H
#define FS_CMD_PROGRESS_H

#include "fs/store/library.h"

struct progress;

/* Borrows l. NULL, which progress_stop() takes, where there is nothing to show. */
struct progress *progress_start(struct library *l, struct month_no month);
/* Takes the line away. */
void progress_stop(struct progress *p);

#endif
