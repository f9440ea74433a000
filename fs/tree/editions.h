/* Deliveries that nodes belong to. A node outlives the month that it was made from: the
 * kernel may remember it for an hour, and a month that nobody uses is let go when the
 * cache needs room. So nodes refer to an edition, which has the month only as long as it
 * is at hand, and knows what another one must be to take its place. Guarded by the lock
 * of the nodes. */
#ifndef FS_TREE_EDITIONS_H
#define FS_TREE_EDITIONS_H

#include "fs/store/month.h"

struct edition {
	struct edition *next;
	size_t nodes; /* that refer to it */
	struct month *month; /* a reference; NULL: not at hand */
	struct month_no number;
	uint64_t content; /* month_facts.content: places in it are indexes */
	bool is_sums;
	char id[DELIVERY_ID_TEXT];
};
/* Zeroed: none. Few: as many as months, and their deliveries that are in use. */
struct editions {
	struct edition *first;
};

/* That of m, for one node more; it is at hand then. NULL on no memory. */
struct edition *editions_take(struct editions *all, struct month *m);
/* For one node less. Answers what the caller has to give back without the lock. NULL is
 * allowed. */
struct month *editions_leave(struct editions *all, struct edition *e);
/* Its edition, if there is one, has m from now on. Answers what it had before, likewise.
 */
struct month *editions_replace(struct editions *all, struct month *m);
/* Of the same delivery, whatever its index is like, and none of both is damaged. Either
 * may be NULL, and then both must be. */
bool edition_is_of(const struct edition *e, const struct month *m);

#endif
