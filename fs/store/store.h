/* The cache directory: months by delivery, built once, published by rename, shared by
 * mounts, limited in size. A file is either complete or not there; what a crash leaves
 * behind is removed by the next one who comes. */
#ifndef FS_STORE_STORE_H
#define FS_STORE_STORE_H

#include <stdatomic.h>

#include "fs/store/month.h"
#include "fs/store/remembered.h"

struct store;

struct store_options {
	const char *path; /* made if absent, with its parents, 0700 */
	/* 0 = 20 GiB; exceeded by what is open, and by the month that is being built. */
	uint64_t limit_bytes;
	/* Of months that the directory cannot take, since it is full or cannot be written
	 * to; 0: they fail. */
	uint64_t memory_bytes;
	size_t block_memory; /* of decoded blocks; 0 = 8 MiB */
	unsigned threads; /* for one build; 0 = as many as processors, at most 8 */
	/* By how much those threads are nicer (nice(2)) than who builds, so that who
	 * reads what is there is served first; 0: not at all, and one of them is who
	 * builds. */
	int niceness;
};
/* 0; -EACCES the directory is not ours alone (owner, mode, symbolic link); -ENOSPC;
 * -EROFS; -errno; -ENOMEM. */
MUST_USE int store_open(
	const struct store_options *options, struct store **ret, struct fault *why);
/* After every month of it was let go. */
void store_close(struct store *s);

/* What a build has done so far; read by others while it runs. */
struct build_progress {
	_Atomic uint64_t bytes_total, bytes_done; /* of the export's objects */
	_Atomic uint64_t rows;
};
/* The month of this delivery, if it is in the cache, with its rows or without
 * (month_pin()). 0; -ENOENT (also: was there and damaged; it is removed and the log says
 * so); -errno. */
MUST_USE int store_find(struct store *s, const struct delivery *d, struct month **ret);
/* What stands there of its sums alone (month_facts.sums), whatever they are by. As
 * store_find(). */
MUST_USE int store_find_sums(
	struct store *s, const struct delivery *d, struct month **ret);
/* What is to be built. Zeroed members: nothing of the kind. */
struct build_order {
	struct object_source *source;
	const struct delivery *delivery;
	/* Of a delivery that has columns: only those of these sums, which then stand
	 * beside the month. Where there are sums in the cache that do not cover these,
	 * sums_all() takes their place. */
	struct sums sums;
	struct build_progress *progress;
	const atomic_bool *stop; /* looked at often; when it becomes true: -ECANCELED */
	/* Asked when all was read, before anybody sees it: whether it is still what it
	 * was. 0, or the errno of the build. */
	int (*confirm)(void *context, struct fault *why);
	void *context;
};
/* Reads the delivery into the cache, if it is not there with its rows; where another
 * process is at it, waits for that one. 0; -ECANCELED; -ENOSPC the disk is full, and
 * memory_bytes are in use (nothing is left behind); -EBADMSG -ERANGE -EFBIG -E2BIG
 * -ENODATA a bad export, why names file, row and cure; -ESTALE an object was replaced
 * meanwhile; -errno of the source, and of confirm. */
MUST_USE int store_build(struct store *s, const struct build_order *order,
	struct month **ret, struct fault *why);
/* Removes a month that turned out to be damaged; who has it open keeps it. 0; -EAGAIN it
 * is being built; -errno. */
MUST_USE int store_discard(struct store *s, const char *id);
/* Removes what was not used for longest, as trim_dir(), until keep_bytes are left;
 * removes leftovers of dead builders. 0; -errno. */
MUST_USE int store_trim(struct store *s, uint64_t keep_bytes);
/* Does so until there is room for a build of this delivery; NULL: down to the limit.
 * False: there is none, since the rest is in use. */
bool store_make_room_for(struct store *s, const struct delivery *d);

/* What is remembered of an export, by an identity of what was asked for (remembered.h).
 * 0; -ENOENT nothing, or nothing that can be trusted; -ENOMEM. */
MUST_USE int store_recall(struct store *s, const char *identity, struct remembered *ret);
MUST_USE int store_remember(
	struct store *s, const char *identity, const struct remembered *m);
/* Of all exports; their months stay. 0; -errno. */
MUST_USE int store_forget(struct store *s);

struct store_usage {
	uint64_t bytes, limit_bytes;
	unsigned months, with_rows, in_use; /* in_use: of the months */
	unsigned tables, listings;
};
/* Takes no locks. 0; -errno. */
MUST_USE int store_usage(struct store *s, struct store_usage *ret);

#endif
