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
	int niceness; /* as struct store_options has it */
	struct build_progress *progress; /* may be NULL */
	const atomic_bool *stop; /* may be NULL */
	/* Sums of one thread before it hands them over, and those that were handed over
	 * before they are spilled; 0: by default. The result is the same. */
	size_t hold_bytes, keep_bytes;
	/* Of a file's rows, plain, that one thread takes at a time where several read the
	 * file; 0: by default, 4 MiB. The result is the same. */
	size_t part_bytes;
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
