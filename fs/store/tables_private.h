/* Inside of the tables: what is known of each, and the threads that look.
 *
 * Three kinds of things are looked at, each by a struct look: which tables there are,
 * which partitions a table has, what a partition holds.
 *
 *        IDLE --(used, and not there or old)--> QUEUED --thread--> RUNNING --> IDLE
 */
#ifndef FS_STORE_TABLES_PRIVATE_H
#define FS_STORE_TABLES_PRIVATE_H

#include <pthread.h>

#include "aws/export/table.h"
#include "base/buf.h"
#include "fs/store/tables.h"

enum {
	TABLES_THREADS = 3,
	TABLES_LOADS = 2, /* at once: one thread is left for listings */
	TABLES_POLL_MS = 50,
	TABLES_REPLACED_TRIES = 4, /* the first and three more */
	TABLES_MEMORY_MAX = 64 * 1024 * 1024, /* bytes */
};

enum look_state { LOOK_IDLE, LOOK_QUEUED, LOOK_RUNNING };
struct look {
	enum look_state state;
	bool has; /* something that can be shown */
	uint64_t request; /* the highest is taken first */
	struct instant looked; /* the last time that the source answered */
	struct fault fault; /* of the last try; error 0 for none */
	uint64_t failed_ms; /* of the clock */
};

struct partition {
	char *name; /* immutable */
	/* Guarded by lock. */
	struct table_partition at;
	bool gone;
	struct look look; /* has: file */
	char id[DELIVERY_ID_TEXT]; /* of the newest delivery that was read; "" */
	struct table_file *file; /* a reference, or NULL */
};
/* Never freed before tables_close(), so that a thread may use it without the lock. */
struct table {
	char *name; /* immutable */
	struct export_ref export; /* immutable */
	/* Guarded by lock. */
	bool gone;
	struct look look; /* has: its partitions */
	struct partition **parts; /* in the order in which they came */
	size_t count, cap;
	uint32_t *order; /* all of them, by name */
};

struct tables {
	/* Immutable. */
	struct object_source *source;
	char *home;
	struct store *store;
	const struct clock *clock;
	char *identity;
	unsigned fresh_seconds, round_seconds;
	bool is_mount;
	bool (*is_away)(void *context);
	tables_listener_fn *listener;
	void *context;

	atomic_bool stop; /* set once, under the lock */
	pthread_mutex_t lock; /* never held over I/O or a callback */
	pthread_cond_t work, changed;
	/* Guarded by lock. */
	struct table **items; /* in the order in which they came */
	size_t count, cap;
	struct look look; /* which there are */
	uint64_t version, requests;
	unsigned waiters;
	unsigned loading; /* partitions that are being read */
	bool is_news; /* something is known that is not remembered yet */
	pthread_t threads[TABLES_THREADS];
	unsigned thread_count;

	/* Before lock; held while what is known is written down. */
	pthread_mutex_t memory_lock;
};

/* These want the lock. */

/* Queues a look; starts the threads with the first one. */
void look_request(struct tables *t, struct look *l);
/* Takes what was listed: items whose strings are taken over or left. *ret_changed: some
 * came or went. 0; -ENOMEM; -EFBIG. */
MUST_USE int tables_merge(
	struct tables *t, const struct export_list *found, bool *ret_changed);
MUST_USE int table_merge(struct table *table, struct table_partition_list *found);
/* Appended; number in the order in which they came. 0; -ENOMEM; -EFBIG. */
MUST_USE int tables_add(struct tables *t, struct span name, const struct export_ref *e,
	struct table **ret);
MUST_USE int table_add(struct table *table, struct span name, struct table_partition *at,
	struct partition **ret);
/* After partitions were added. 0; -ENOMEM. */
MUST_USE int table_sort(struct table *table);
void table_free(struct table *table);

/* Of thread_create(). context is the tables. */
void *tables_run(void *context);

/* The bytes of its memory, appended, and the other way round, into a t that knows of
 * nothing yet and is left so on failure. tables_write() wants the lock. 0; -ENOMEM;
 * -EBADMSG damaged, or of another version, question, place or home. */
MUST_USE int tables_write(const struct tables *t, struct buf *ret);
MUST_USE int tables_parse(struct tables *t, struct span bytes);

/* Takes the lock where it must. */
void tables_remember(struct tables *t);
/* Before the threads are there: what is remembered. Damaged memory is none. 0; -ENOMEM.
 */
MUST_USE int tables_recall(struct tables *t);

#endif
