/* What deserves a look in one account: a CSV for each rule, out of what is known of the
 * account's resources and of its bill. docs/formats.md has the rules. Pure: asks nobody,
 * and has neither a clock nor a state. */
#ifndef FS_FINDING_FINDING_H
#define FS_FINDING_FINDING_H

#include <stdatomic.h>

#include "aws/resource/inventory.h"
#include "aws/resource/kind.h"
#include "fs/finding/threshold.h"
#include "fs/store/month.h"

/* By name. */
enum finding_file {
	FINDING_ABANDONED_BUCKETS,
	FINDING_ABANDONED_INSTANCES,
	FINDING_INACTIVE_USERS,
	FINDING_INSECURE_SECURITY_GROUPS,
	FINDING_OBSOLETE_IMAGES,
	FINDING_OBSOLETE_SNAPSHOTS,
	FINDING_PUBLIC_BUCKETS,
	FINDING_SHORT_LIVED_INSTANCES,
	FINDING_UNATTACHED_VOLUMES,
	FINDING_UNUSED_ADDRESSES,
	FINDING_UNUSED_CONSOLE_ACCESS,
	FINDING_COUNT,
};
enum {
	FINDING_KINDS = 3,
	FINDING_ROWS_MAX = 1024 * 1024, /* of a file, and resources looked at in the
					   bill's rows for it */
};

/* What a file is made of. Plain; names as in kind.h. */
struct finding_kind {
	const char *service, *type;
	/* Only adds to the evidence: without it the rest is judged all the same. */
	bool is_extra;
};
struct finding_info {
	const char *name; /* "abandoned-buckets.csv" */
	struct finding_kind kinds[FINDING_KINDS];
	size_t kind_count;
	bool needs_bill; /* others take costs alone from it, if it is there */
	bool needs_metrics;
};
const struct finding_info *finding_info(enum finding_file file);
/* By the name. 0; -ENOENT. */
MUST_USE int finding_find(struct span name, enum finding_file *ret);
/* Number, in kind.h, of one of the file's kinds: i < kind_count. */
size_t finding_kind_number(enum finding_file file, size_t i);

/* What AWS said of one kind in one region. Borrowed. */
struct finding_inventory {
	size_t kind;
	const char *region; /* "" of a global kind */
	const struct inventory *inventory; /* NULL: it failed, or nobody asked */
	const struct fault *why; /* then; may be NULL */
};
/* What turns metrics on: said by the files that need them. */
#define FINDING_METRICS_CURE "mount with -o metrics=on"
/* Averages of one instance. Plain. */
struct finding_metric {
	struct span instance;
	struct instant from, to; /* of the time that was measured */
	bool has_cpu, has_network_in, has_network_out;
	uint64_t cpu_ppm; /* 10^6: all of its CPUs */
	uint64_t network_in, network_out; /* bytes a second */
};
/* Plain, all borrowed. */
struct finding_input {
	const char *account; /* id */
	struct instant now;
	const struct thresholds *thresholds; /* NULL: the defaults */
	/* One for each kind of the file and each region, in any order; of other kinds are
	 * passed over. */
	const struct finding_inventory *inventories;
	size_t inventory_count;
	/* Where there are none: no credentials, or nobody knows the regions. May be NULL.
	 */
	const struct fault *inventory_why;
	/* The newest month and the one before; NULL: not read. */
	const struct month *newest, *before;
	const struct fault *bill_why; /* of newest; may be NULL */
	bool has_metrics; /* CloudWatch is asked */
	const struct finding_metric *metrics; /* in any order, one an instance */
	size_t metric_count;
	/* When it becomes true, reading the bill ends: -ECANCELED. NULL: never. */
	const atomic_bool *stop;
};

/* Appends the file. Thread-safe. A file that needs the bill may read all rows of some of
 * the account's slices, which may take seconds. 0; -ENOMEM; -EFBIG the limit of ret, or
 * more than FINDING_ROWS_MAX; -ERANGE a sum that does not fit; -EBADMSG -EIO rows of the
 * bill cannot be read; -ECANCELED. On failure ret is as before. */
MUST_USE int finding_render(enum finding_file file, const struct finding_input *in,
	struct buf *ret, struct fault *why);

#endif
