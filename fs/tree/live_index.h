/* index.csv of a type of resources: what AWS lists, with what the newest month's bill
 * says of each. */
#ifndef FS_TREE_LIVE_INDEX_H
#define FS_TREE_LIVE_INDEX_H

#include "aws/resource/inventory.h"
#include "fs/store/month.h"

/* What one is made of. Plain, all borrowed. */
struct live_index {
	const struct inventory *inventory;
	size_t kind;
	const char *region; /* "": of none */
	const struct month *month; /* NULL: the cells of costs are empty */
	struct span account_id;
};
/* How long it takes, in rows and sums: a million a second or more. */
size_t live_index_work(const struct live_index *x);
/* Appends the file. 0; -ENOMEM; -ERANGE a sum does not fit; -EFBIG the limit of ret;
 * -EBADMSG sums of the month do not fit together. */
MUST_USE int live_index_render(const struct live_index *x, struct buf *ret);

/* Files that were rendered, and the sizes of more, as long as they are used. Thread-safe.
 */
struct live_indexes;
/* NULL on no memory. */
struct live_indexes *live_indexes_new(void);
/* NULL is allowed. */
void live_indexes_free(struct live_indexes *c);

#endif
