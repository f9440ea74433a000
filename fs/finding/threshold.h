/* From where on something is a finding. A further threshold is a row of the table. */
#ifndef FS_FINDING_THRESHOLD_H
#define FS_FINDING_THRESHOLD_H

#include "base/buf.h"
#include "base/fault.h"

enum threshold {
	THRESHOLD_ABANDONED_BUCKETS, /* seconds that the bill is looked back */
	THRESHOLD_BUCKET_GETS, /* GetObject requests in that time */
	THRESHOLD_BUCKET_TIER1, /* PUT, COPY, POST and LIST requests in that time */
	THRESHOLD_BUCKET_TRANSFER, /* bytes a day, on average */
	THRESHOLD_ABANDONED_INSTANCES, /* seconds that metrics are looked back */
	THRESHOLD_INSTANCE_CPU, /* 10^-6 of its CPUs, on average */
	THRESHOLD_INSTANCE_NETWORK, /* bytes a second, in and out, on average */
	THRESHOLD_INACTIVE_USERS, /* seconds */
	THRESHOLD_OBSOLETE_IMAGES, /* seconds */
	THRESHOLD_OBSOLETE_SNAPSHOTS, /* seconds */
	THRESHOLD_SHORT_LIVED, /* seconds that the bill is looked back */
	THRESHOLD_SHORT_LIFE, /* seconds */
	THRESHOLD_UNATTACHED_VOLUMES, /* seconds */
	THRESHOLD_UNUSED_ADDRESSES, /* seconds */
	THRESHOLD_UNUSED_CONSOLE, /* seconds */
	THRESHOLD_COUNT,
};
enum { THRESHOLD_PORTS_MAX = 64 };

/* Plain. */
struct thresholds {
	uint64_t value[THRESHOLD_COUNT];
	/* Of TCP, that must not be open to everybody. */
	uint16_t ports[THRESHOLD_PORTS_MAX];
	size_t port_count;
};

struct thresholds thresholds_default(void);
/* A word of the configuration behind "finding.": "unattached-volumes" and "3d". 0;
 * -ENOENT there is no such name; -EINVAL the value is none (why says how it is written).
 * On failure t is unchanged. */
MUST_USE int thresholds_set(
	struct thresholds *t, const char *name, const char *value, struct fault *why);
/* The names, by number; NULL behind the last. */
const char *threshold_name(size_t number);

/* Appends it as it is written in the configuration: "3d", "1G", "5%". 0; -ENOMEM;
 * -EFBIG. */
MUST_USE int threshold_print(
	const struct thresholds *t, enum threshold which, struct buf *ret);
/* "22,3389" with the separator for the comma. Likewise. */
MUST_USE int threshold_print_ports(
	const struct thresholds *t, char separator, struct buf *ret);
/* Seconds as days, rounded up, and at least one. */
unsigned threshold_days(const struct thresholds *t, enum threshold which);

#endif
