/* Account names as they are remembered. */
#ifndef FS_CMD_NAMES_FILE_H
#define FS_CMD_NAMES_FILE_H

#include "base/buf.h"
#include "base/day.h"
#include "fs/tree/tree.h"

/* Strings are its own. Zeroed: empty. */
struct names_table {
	struct account_name *items;
	size_t count, cap;
};
/* Copies. 0; -ENOMEM; -E2BIG. */
MUST_USE int names_table_add(struct names_table *t, const char *id, const char *name);
void names_table_finish(struct names_table *t);
/* Those of t that only it has stand behind; both are copied. 0; -ENOMEM; -E2BIG. */
MUST_USE int names_table_merge(const struct account_name *first, size_t count,
	const struct names_table *t, struct names_table *ret);

/* "costfs account names 1", the time of asking, then "ID NAME" lines. Appends. 0;
 * -ENOMEM; -EFBIG. */
MUST_USE int names_write(
	const struct names_table *t, struct instant asked, struct buf *ret);
/* 0; -EBADMSG it was not written so; -ENOMEM. */
MUST_USE int names_parse(
	struct span text, struct names_table *ret, struct instant *ret_asked);

/* By directory of the cache and identity. -ENOENT; -EBADMSG; -errno; -ENOMEM. */
MUST_USE int names_load(const char *cache, const char *identity, struct names_table *ret,
	struct instant *ret_asked);
MUST_USE int names_save(const char *cache, const char *identity,
	const struct names_table *t, struct instant asked);

#endif
