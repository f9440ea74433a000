/* What the kernel holds: node ids, and what each stands for. Thread-safe; never calls out
 * with its lock held. */
#ifndef FS_TREE_NODES_H
#define FS_TREE_NODES_H

#include "fs/tree/node_parts.h"

struct nodes;
/* Has TREE_ROOT. NULL on no memory. */
struct nodes *nodes_new(void);
void nodes_free(struct nodes *t);
size_t nodes_count(struct nodes *t);

/* 0; -ESTALE. */
MUST_USE int nodes_get(struct nodes *t, uint64_t id, struct node *ret);
/* Adds a reference to the node of path with what n holds, which is made if there is none.
 * A month that was entered before its delivery was known keeps its node as long as the
 * delivery is the same: n->month is bound to it; so does a type of resources with its
 * inventory. 0; -ENOMEM. */
MUST_USE int nodes_enter(
	struct nodes *t, struct span path, const struct node *n, uint64_t *ret_id);
/* The same for the node that stood for a name alone, entered by these bytes: if it still
 * does, or has become what n is. 0; -ENOENT; -ENOMEM. */
MUST_USE int nodes_reenter(
	struct nodes *t, struct span key, const struct node *n, uint64_t *ret_id);
/* Such a node becomes what found is; if it has become something already, so does found.
 * found has the node's id then. 0; -ESTALE its delivery was let go since; -ENOMEM. */
MUST_USE int nodes_settle(struct nodes *t, uint64_t id, struct node *found);
/* Says in which directory it was looked up. */
void nodes_note_parent(struct nodes *t, uint64_t id, uint64_t parent);
/* A reference to the month, if it is at hand, whose last node that was; or NULL. */
MUST_USE struct month *nodes_forget(struct nodes *t, uint64_t id, uint64_t count);
/* Takes m. The delivery that the node is bound to, m if it had none: returns a reference.
 */
struct month *nodes_bind(struct nodes *t, uint64_t id, struct month *m);
/* Of a node whose delivery is not at hand: m is, if it is the same; a month's own node
 * goes on with another one. Borrows m. 0; -ESTALE it is another, or there is no such
 * node; -ENOMEM. */
MUST_USE int nodes_return(struct nodes *t, uint64_t id, struct month *m);
/* Nodes of this delivery and content have m from now on. Borrows it. */
void nodes_replace(struct nodes *t, struct month *m);
/* Gives back all months; nodes keep their delivery, and are away from it. */
void nodes_let_go(struct nodes *t);
/* Whether the node, of sums or of the whole, belongs to another delivery than m. */
bool nodes_is_of_other(struct nodes *t, uint64_t id, const struct month *m, bool is_sums);
/* The same of a file. */
struct table_file *nodes_bind_table(struct nodes *t, uint64_t id, struct table_file *f);
/* Likewise of an inventory. */
struct inventory *nodes_bind_inventory(struct nodes *t, uint64_t id, struct inventory *v);
/* Gives a node the blob if it has none. Borrows it. */
void nodes_attach(struct nodes *t, uint64_t id, struct blob *b);

/* Copies without blobs of all nodes of the kind, and of the month unless its number is 0.
 * The caller finishes each and frees *ret. Answers the count; -ENOMEM. */
MUST_USE ssize_t nodes_of(
	struct nodes *t, enum place_kind kind, struct month_no month, struct node **ret);
/* The same of every kind. */
MUST_USE ssize_t nodes_of_month(
	struct nodes *t, struct month_no month, struct node **ret);

#endif
