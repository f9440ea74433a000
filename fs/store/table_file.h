/* A partition of a table without costs as one CSV file of the cache (ID.table): its rows
 * as they are delivered, in the dialect of line items. Immutable once it is there. */
#ifndef FS_STORE_TABLE_FILE_H
#define FS_STORE_TABLE_FILE_H

#include "fs/store/store.h"

/* One that is known: its size and what checks it. Holds nothing open, so that many may be
 * known, and what nobody reads can be evicted. */
struct table_file;
/* One that is open, which keeps it in the cache. */
struct table_reader;

/* What the cache has of the delivery of this id. 0; -ENOENT (also: was there and damaged;
 * it is removed); -errno. */
MUST_USE int table_file_find(struct store *s, const char *id, struct table_file **ret);
/* Reads the delivery into the cache, unless it is there; where another process is at it,
 * waits for that one. Its columns are those of all its files, by name, in the order of
 * first appearance. stop: as for store_build(). 0; -ECANCELED; -ENOSPC; -EFBIG larger
 * than the cache may be, or over the limits of a row; -E2BIG too many columns; -EBADMSG
 * -ENODATA a bad file; -ESTALE an object was replaced meanwhile; -errno of the source. */
MUST_USE int table_file_build(struct store *s, struct object_source *source,
	const struct delivery *d, const atomic_bool *stop, struct table_file **ret,
	struct fault *why);
struct table_file *table_file_ref(struct table_file *f);
/* NULL is allowed. */
void table_file_unref(struct table_file *f);

/* Valid until table_file_unref(). */
const char *table_file_id(const struct table_file *f);
uint64_t table_file_size(const struct table_file *f);
uint64_t table_file_rows(const struct table_file *f);
struct instant table_file_as_of(const struct table_file *f);
/* An open has not found it, or a read found it damaged: it has to be read anew. */
bool table_file_is_lost(const struct table_file *f);

/* 0; -ENOENT it was evicted, or damaged; -errno; -ENOMEM. */
MUST_USE int table_file_open(struct table_file *f, struct table_reader **ret);
/* NULL is allowed. */
void table_reader_close(struct table_reader *r);
/* Bytes read, short only at the end; -EBADMSG damaged, and it is removed from the cache;
 * -EIO; -ENOMEM. Thread-safe. */
MUST_USE ssize_t table_reader_read(struct table_reader *r, uint64_t offset, void *bytes,
	size_t len, struct fault *why);

#endif
