/* Programs that walk through everything by themselves, for whom nothing is fetched. */
#ifndef FS_MOUNT_CRAWLERS_H
#define FS_MOUNT_CRAWLERS_H

#include <stdbool.h>
#include <stdint.h>

enum { CRAWLER_NAME = 16 /* as the kernel cuts names of processes; with the NUL */ };

/* Of locate, of the desktops' searches, and who makes small pictures of files. */
extern const char crawlers_default[];

/* Whether the thread, or the process that it is of, has one of the names (with commas
 * between; of each the first 15 bytes count; empty: none). Looks into /proc; false where
 * that says nothing. The name goes to ret. */
bool crawlers_have(const char *names, int64_t thread, char ret[CRAWLER_NAME]);

#endif
