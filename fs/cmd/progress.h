/* A line of progress on stderr while something takes long: a bar, figures, speed, time
 * left; cut to the terminal. Nothing unless stderr is a screen (screen.h), nothing of
 * what takes less than half a second, and nothing beside a log of every step (--verbose).
 */
#ifndef FS_CMD_PROGRESS_H
#define FS_CMD_PROGRESS_H

#include "fs/store/library.h"

struct progress;

enum { PROGRESS_WHAT = 48 };

/* How far it is. Zeroed: there is nothing to show now. */
struct progress_state {
	char what[PROGRESS_WHAT]; /* "reading 2026-11", in ASCII; "" for nothing */
	uint64_t bytes_done, bytes_total; /* total 0: nobody knows */
	uint64_t lines_done, lines_total; /* likewise, and of what has no bytes */
	uint64_t working_ms; /* for how long; 0: since progress_start() */
};
/* Fills ret, which is zeroed. Called from a thread of its own until progress_stop(). */
typedef void progress_look_fn(void *context, struct progress_state *ret);

/* Borrows context. NULL, which progress_stop() takes, where there is nothing to show. */
struct progress *progress_start(progress_look_fn *look, void *context);
/* Takes the line away, which an interrupt does as well (interrupt.h). */
void progress_stop(struct progress *p);

/* Of a wait for one thing of which nobody knows how far it is. */
struct progress *progress_start_text(const char *what);

/* A look at a month that is read, or at the newest of those that are. */
struct progress_month {
	struct library *library; /* borrowed */
	struct month_no month; /* number 0: any */
};
/* context: a struct progress_month. */
void progress_look_at_month(void *context, struct progress_state *ret);

#endif
