/* The kernel's requests as they are counted and logged. */
#ifndef FS_MOUNT_REQUESTS_H
#define FS_MOUNT_REQUESTS_H

#include <stdatomic.h>

#include "base/log_limit.h"
#include "fs/tree/tree.h"

/* One under way. Plain. name, where it has one, is borrowed from who has the request. */
struct request {
	enum served_op op;
	uint64_t id; /* of this mount, from 1; stands in the log */
	int64_t pid; /* thread that asks; 0: of another pid namespace */
	uint64_t node, began_ms;
	const char *name; /* of a lookup; NULL: it is about the node */
};

struct requests {
	_Atomic uint64_t begun[SERVED_COUNT], failed[SERVED_COUNT];
	_Atomic uint64_t last_id, interrupted, set_aside, read_bytes, crawlers_refused;
	_Atomic uint64_t crawler_told_ms; /* 0: never */
	struct log_limit limit;
};

void requests_init(struct requests *q);
void requests_finish(struct requests *q);
/* Counts one. All calls are thread-safe, and none waits but for stderr. */
struct request requests_begin(
	struct requests *q, enum served_op op, int64_t pid, uint64_t node);
/* Counts and logs how it ended; error: 0, or the positive errno that the program gets.
 * Errors at info, the same ones so many times a minute; everything at debug. Before the
 * reply where there is an error, so that who gets it finds it counted. */
void requests_end(struct requests *q, struct tree *t, const struct request *r, int error,
	const struct fault *why);
/* A crawler got EACCES instead of a fetch: told once an hour, at warning. */
void requests_refuse_crawler(
	struct requests *q, const struct request *r, const char *crawler);
/* Fills in what is counted here. */
void requests_measure(struct requests *q, struct serving *ret);
/* "op=lookup id=7 pid=123", for the log. Appends. 0; -ENOMEM; -EFBIG. */
MUST_USE int requests_describe(const struct request *r, struct buf *ret);
/* " path=\"months/2026-10\"". Appends. 0; -ENOMEM; -EFBIG. */
MUST_USE int requests_describe_path(
	struct tree *t, const struct request *r, struct buf *ret);
/* Of clock_system(). */
uint64_t requests_now_ms(void);

#endif
