/* The live inventory of all connected accounts: what is known of their resources, asked
 * for in the background, kept in the cache directory. All calls are thread-safe; none of
 * them waits for AWS, or for a call that is under way. At most a file of the cache is
 * read, which takes a millisecond for each megabyte. */
#ifndef FS_LIVE_LIVE_H
#define FS_LIVE_LIVE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "aws/resource/inventory.h"
#include "aws/resource/kind.h"
#include "base/clock.h"
#include "base/fault.h"

enum {
	LIVE_ACCOUNT_TEXT = 129,
	LIVE_REGION_TEXT = 64,
	LIVE_INSTANCE_TEXT = 129,
	LIVE_LISTINGS_MAX = 1 << 18, /* that may be known of at once */
	LIVE_REGIONS_MAX = 1000, /* of an account */
	LIVE_RETRY_SECONDS = 60,
	LIVE_RETRY_PASSING_SECONDS = 1,
	LIVE_KEEP_DAYS = 30, /* a file of the cache that is not used */
	LIVE_METRICS_SECONDS = 3600, /* before that they are not asked for again */
	LIVE_METRICS_BYTES = 2 * 1024 * 1024,
};
/* Of inventories in memory, unless one alone is larger. */
#define LIVE_MEMORY_MAX ((size_t)256 << 20)
/* In place of a kind: the regions. */
#define LIVE_REGIONS SIZE_MAX
/* Likewise: what was measured of instances. */
#define LIVE_METRICS (SIZE_MAX - 1)

/* Who is asked; a table of functions so that tests can replace AWS. Called from threads
 * of the live inventory, several at once, for long; they answer soon after *stop became
 * true. */
struct live_ops {
	/* Names of the regions, NUL-terminated one after another, sorted; replaces ret.
	 * 0; -errno. */
	int (*regions)(void *context, const char *account, const atomic_bool *stop,
		struct buf *ret, struct fault *why);
	/* region: "" of a global kind. 0; -errno. */
	int (*list)(void *context, const char *account, size_t kind, const char *region,
		const atomic_bool *stop, struct inventory **ret, struct fault *why);
	/* Appends the table of one instance, CSV with a newline at the end. 0; -errno.
	 * What why says of a success is told as a failure of a part of it. NULL, as the
	 * next: there are none. */
	int (*metrics)(void *context, const char *account, const char *region,
		const char *instance, const atomic_bool *stop, struct buf *ret,
		struct fault *why);
	/* Calls that metrics of the account have taken so far; does not wait. */
	uint64_t (*metrics_calls)(void *context, const char *account);
};

enum live_event {
	LIVE_LISTED, /* a listing, or regions, came or failed that was waited for */
	LIVE_CHANGED, /* a listing that had been there was asked for again, and is another
		       * one */
};
/* Called from a thread of it, without locks; may call everything but live_close(). What
 * it is told of can be got already. kind: LIVE_REGIONS for the regions, LIVE_METRICS for
 * those of any instance of the region. */
typedef void live_listener_fn(void *context, enum live_event event, const char *account,
	size_t kind, const char *region);

struct live;
struct live_options {
	const struct live_ops *ops; /* borrowed until live_close(), as the next */
	void *context; /* of ops */
	/* Files are in CACHE/v1/live, a directory that is made with mode 0700; NULL:
	 * without a cache. */
	const char *cache_dir;
	/* Of who asks (profile, role pattern); the files' names depend on it. Copied. */
	const char *identity;
	const struct clock *clock; /* borrowed */
	/* A listing that is older is asked for again at its next use, and shown
	 * meanwhile. So is one in use when it grows that old: one that was asked for
	 * since its last turn. 0: never. */
	unsigned refresh_seconds;
	/* What the cache has and is older is not answered before it was asked for again,
	 * or that has failed: for commands that end before an answer comes. 0: it is
	 * shown whatever its age. */
	unsigned fresh_seconds;
	unsigned threads; /* calls at once; 0 = 8; at most 64 */
	size_t memory_bytes; /* 0 = LIVE_MEMORY_MAX */
	live_listener_fn *listener; /* may be NULL */
	void *listener_context;
};
/* Asks nobody. A directory that cannot be used is no failure: it works without a cache
 * then, and why says so. 0; -ENOMEM; -EAGAIN no thread. */
MUST_USE int live_open(
	const struct live_options *options, struct live **ret, struct fault *why);
/* Stops calls under way, and joins. Inventories that were answered stay good. NULL is
 * allowed. */
void live_close(struct live *l);

/* Names of the account's regions, as of live_ops, appended to ret. 0; -EAGAIN it is not
 * known (load true: it is asked for from now on, and LIVE_LISTED says when that is over);
 * -EFBIG ret's limit; -EINVAL no such account or region can be; -ENOMEM; else the errno
 * of the failure, which is remembered for LIVE_RETRY_SECONDS, or for
 * LIVE_RETRY_PASSING_SECONDS where it passes by itself or by a login; why says it.
 * Only what is asked for with load true is in use. */
MUST_USE int live_regions(struct live *l, const char *account, bool load, struct buf *ret,
	struct fault *why);
/* A reference. As live_regions(). What is known is answered whatever its age, also where
 * asking for it again has failed, and asked for again when it is too old. */
MUST_USE int live_list(struct live *l, const char *account, size_t kind,
	const char *region, bool load, struct inventory **ret, struct fault *why);
/* A reference. Only what is in memory or in the cache, whatever its age; asks nobody.
 * 0; -ENOENT. */
MUST_USE int live_known(struct live *l, const char *account, size_t kind,
	const char *region, struct inventory **ret);
/* What was measured of an instance: an inventory of one item, whose inventory_json() is
 * the table. As live_list(), but that it is asked for again after LIVE_METRICS_SECONDS at
 * the earliest, since each call costs money; -EOPNOTSUPP without ops for it. */
MUST_USE int live_metrics(struct live *l, const char *account, const char *region,
	const char *instance, bool load, struct inventory **ret, struct fault *why);
/* As live_known(). */
MUST_USE int live_metrics_known(struct live *l, const char *account, const char *region,
	const char *instance, struct inventory **ret);
/* Calls that cost, with retries, of this process. */
uint64_t live_metrics_calls(struct live *l, const char *account);
/* Everything in use is asked for again, at once; metrics only where they are old enough.
 */
void live_refresh(struct live *l);

/* One row of STATUS.txt and status.json; metrics of a region's instances are one row.
 * Plain; a copy. */
struct live_status {
	char account[LIVE_ACCOUNT_TEXT], region[LIVE_REGION_TEXT]; /* region "": global */
	size_t kind; /* LIVE_REGIONS: the regions */
	bool is_loading;
	uint64_t items; /* of the last success; of metrics: instances with one */
	struct instant success, failure; /* last ones; INSTANT_NONE: none */
	/* Of the last failure; error 0: it is mended, or there was none. Where metrics
	 * are there but a part, it is the last failure. */
	struct fault fault;
};
/* What was asked for or found, by account, service (the regions first, then metrics),
 * region, kind. The caller frees *ret. account NULL: of all. The count; -ENOMEM. */
MUST_USE ssize_t live_states(
	struct live *l, const char *account, struct live_status **ret);

/* Removes all files of the cache, of whatever identity. 0, also if there is none; -errno.
 */
MUST_USE int live_forget(const char *cache_dir, struct fault *why);

#endif
