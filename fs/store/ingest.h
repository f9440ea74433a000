/* One pass over a delivery: rows in, a month's two files out. */
#ifndef FS_STORE_INGEST_H
#define FS_STORE_INGEST_H

#include "fs/store/store.h"

struct ingest_options {
	struct object_source *source;
	const struct delivery *delivery;
	/* Of a delivery that has columns: those of these sums alone are read, and the
	 * month has nothing else. Zeroed: all. */
	struct sums sums;
	unsigned threads; /* > 0; objects are read in parallel, the result is the same */
	struct build_progress *progress; /* may be NULL */
	const atomic_bool *stop; /* may be NULL */
	/* Sums of one thread before it hands them over; 0 = 48 MiB. The result is the
	 * same. */
	size_t hold_bytes;
};

/* Writes NAME.data and NAME.cube into the directory and syncs them (the caller renames,
 * the cube last). On failure neither is left behind. Answers as store_build(). */
MUST_USE int ingest_month(const struct ingest_options *options, int dir_fd,
	const char *name, struct fault *why);

/* The same into two files, which stay the caller's. -ENOSPC more than limit_bytes of
 * rows.
 */
MUST_USE int ingest_into(const struct ingest_options *options,
	const struct month_files *files, uint64_t limit_bytes, struct fault *why);

#endif
