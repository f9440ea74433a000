/* What a mount counts and measures: one list of figures, which status.json, metrics.prom
 * and the dump of SIGUSR1 print. */
#ifndef FS_TREE_FIGURES_H
#define FS_TREE_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Requests of the kernel, by operation. */
enum served_op {
	SERVED_LOOKUP,
	SERVED_GETATTR,
	SERVED_OPEN,
	SERVED_READ,
	SERVED_OPENDIR,
	SERVED_READDIR,
	SERVED_READLINK,
	SERVED_XATTR,
	SERVED_STATFS,
	SERVED_WRITE, /* whatever is refused with EROFS and reached us */
	SERVED_COUNT,
};
const char *served_name(enum served_op op);

/* What only the file system that serves the tree knows. Plain. */
struct serving {
	uint64_t requests[SERVED_COUNT], errors[SERVED_COUNT];
	uint64_t interrupted; /* answered EINTR, since the caller left */
	uint64_t set_aside; /* requests that were, so far */
	uint64_t read_bytes; /* answered to reads */
	uint64_t crawlers_refused;
	uint64_t waiting, queued; /* requests set aside now: for what, and for a worker */
	uint64_t oldest_wait_ms; /* of those */
	uint64_t open_files, open_directories;
	uint64_t refreshes; /* that the kernel knows all of */
};

/* One number. Of a family all come one after another. */
struct figure {
	const char *family; /* "cache_bytes": without "costfs_" */
	const char *help;
	bool is_counter; /* since the mount began; its family ends in _total */
	bool is_nano; /* value is of 10^-9 */
	const char *label, *label_value; /* NULL: none */
	uint64_t value;
};
/* 0; else it ends the walk. */
typedef int figure_fn(void *context, const struct figure *figure);

struct tree;
/* What is not known is left out. Looks into the cache directory; asks nobody. 0; -ENOMEM;
 * what fn answered. */
int figures_each(struct tree *t, figure_fn *fn, void *context);
/* "12", "0.000000400". Appends. 0; -ENOMEM; -EFBIG. */
MUST_USE int figure_append_value(const struct figure *f, struct buf *ret);

#endif
