/* The accounts that have been seen, and every name they have had. Thread-safe. */
#ifndef FS_TREE_ACCOUNTS_H
#define FS_TREE_ACCOUNTS_H

#include "fs/tree/known.h"
#include "fs/tree/tree.h"

struct accounts;

/* Plain; the texts are valid until accounts_free(), even after a name has changed. */
struct account {
	struct span id, name, dir; /* name is empty where nobody knows one */
	bool connected;
	struct month_no first, last; /* of the months that were read */
};

/* Borrows all until accounts_free(). NULL on no memory. */
struct accounts *accounts_new(const struct account_name *names, size_t name_count,
	const struct selection *selection);
void accounts_free(struct accounts *a);

/* Takes in what the months that were read say; costs nothing if they are the same as last
 * time. 0; -ENOMEM; -EFBIG. */
MUST_USE int accounts_learn(struct accounts *a, const struct known *k);
/* Other names for those that the export does not name, borrowed instead of the ones
 * before, whatever is answered. Who is in them no more keeps the name. Former names keep
 * resolving. 0; -ENOMEM some keep the names that they had. */
MUST_USE int accounts_rename(
	struct accounts *a, const struct account_name *names, size_t name_count);
/* Another number after each accounts_rename(). */
uint64_t accounts_version(struct accounts *a);
/* By id, bare name if only one has it, present or former directory name. 0; -ENOENT none
 * of the connected ones; -ENOMEM. */
MUST_USE int accounts_find(struct accounts *a, struct span name, uint32_t *ret_slot);
/* slot is one that was answered. */
struct account accounts_at(struct accounts *a, uint32_t slot);
/* Connected ones that the months have, by directory name in byte order. The caller frees
 * *ret. Answers the count; -ENOMEM. */
MUST_USE ssize_t accounts_sorted(struct accounts *a, uint32_t **ret);
/* Those that are new, or whose name is, since the last call; as above. */
MUST_USE ssize_t accounts_news(struct accounts *a, uint32_t **ret);
/* Directory names that one has had. Answers the text, empty when index is
 * past the last. */
struct span accounts_former(struct accounts *a, uint32_t slot, size_t index);
void accounts_count(struct accounts *a, size_t *ret_listed, size_t *ret_all);

#endif
