/* What a node is, and when two are the same: nodes.h has those that the kernel holds. */
#ifndef FS_TREE_NODE_PARTS_H
#define FS_TREE_NODE_PARTS_H

#include "aws/resource/inventory.h"
#include "fs/store/table_file.h"
#include "fs/tree/place.h"

/* Bytes that files share. Immutable but for refs. */
struct blob;
/* Takes the bytes of b, which is empty then. NULL on no memory. */
struct blob *blob_new(struct buf *b);
/* The same of bytes that have a time of their own, which they tell. */
struct blob *blob_new_at(struct buf *b, struct instant time);
/* INSTANT_NONE of others. */
struct instant blob_time(const struct blob *b);
struct blob *blob_ref(struct blob *b);
/* NULL is allowed. */
void blob_unref(struct blob *b);
struct span blob_span(const struct blob *b);

/* A copy of a node, with references of its own. Zeroed = none. */
struct node {
	uint64_t id;
	struct place place;
	/* It belongs to a delivery of this month which is not at hand: number 0: it does
	 * not, or it is. */
	struct month_no away;
	bool is_sums; /* what it is away from */
	uint64_t parent; /* the directory it was looked up in last; 0: in none */
	struct month
		*month; /* the delivery; NULL above months, and where none was entered */
	struct blob *blob; /* of a file or link above the months; keys of by-tag; of what
			      is expected, its key, '/' and the path of its directory */
	struct table_file *table; /* of PLACE_TABLE_FILE; NULL: not read yet */
	/* What a type of resources holds, where the item of a resource stands, and what
	 * was measured; NULL where nobody has asked yet, and elsewhere. */
	struct inventory *inventory;
};
void node_finish(struct node *n);
/* With references to all but the month, which it is without. */
struct node node_copy_parts(const struct node *n);
/* It is one of metrics.csv. */
bool node_is_metrics(const struct node *n);
/* It is a file that is read only for who wants its size, and was not. */
bool node_is_unread(const struct node *n);
/* It is a resource.json. */
bool node_is_json(const struct node *n);
/* Whether both show the same, their months aside; a resource.json may stand elsewhere in
 * another inventory. */
bool node_is_same(const struct node *a, const struct node *b);
/* Either may be NULL, and then both must be. */
bool node_has_same_inventory(const struct inventory *a, const struct inventory *b);
/* What differs where what a node shows does; not always. */
uint64_t node_version(const struct node *n);

/* Of what is expected: what it is entered by. Numbers of the directory and of the lookup,
 * and the name. */
enum { NODE_PENDING_HEAD = 2 * sizeof(uint64_t) };
struct span node_pending_key(const struct node *n);

#endif
