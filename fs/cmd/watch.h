/* A page of text on a terminal: painted, and painted anew in place. */
#ifndef FS_CMD_WATCH_H
#define FS_CMD_WATCH_H

#include <stdio.h>

#include "base/buf.h"
#include "base/fault.h"

/* With headings and states in colour where f may have that. */
void page_print(struct span page, FILE *f);

/* Makes the page, of which ret has nothing yet. 0; else it ends, and why is said. */
typedef int watch_page_fn(void *context, struct buf *ret, struct fault *why);
/* Shows it once a second on standard output: on a screen in place, cut to its size, until
 * 'q' or a signal; elsewhere one page after another. The terminal is left as it was.
 * Answers an exit status. */
int watch(watch_page_fn *page, void *context);

#endif
