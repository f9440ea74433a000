/* Requests set aside: those that wait for a month, a table or AWS, and those whose answer
 * takes long. */
#ifndef FS_MOUNT_ASIDE_H
#define FS_MOUNT_ASIDE_H

#include <limits.h>

#include "fs/mount/op.h"

struct aside;

/* Starts its threads. Both are borrowed until aside_free(). 0; -ENOMEM; -EAGAIN no
 * threads. */
MUST_USE int aside_new(struct tree *tree, struct library *library, struct aside **ret);
/* Takes the request over; it will get its reply. Never waits. */
void aside_put(struct aside *a, const struct op *op, struct tree_need need);
/* What is needed (the month, whatever of it; or what is live) is there, or has failed;
 * month 0: there is news of the tables. */
void aside_wake(struct aside *a, const struct tree_need *need);
/* Answers all that still wait with EINTR, has the tree give up what it is at, and ends
 * the threads. */
void aside_stop(struct aside *a);

/* One that waits now; a copy. */
struct aside_row {
	struct request request; /* its name is below */
	bool has_name, is_queued; /* queued: for a worker */
	char name[NAME_MAX + 1];
	struct tree_need need;
};
enum { ASIDE_ROWS_MAX = 1000 };
/* At most ASIDE_ROWS_MAX; the caller frees *ret. Answers the count; -ENOMEM. */
MUST_USE ssize_t aside_list(struct aside *a, struct aside_row **ret);
/* Fills in waiting, queued and the oldest of them. */
void aside_measure(struct aside *a, struct serving *ret);
void aside_free(struct aside *a);

#endif
