/* The tables without costs that stand beside an export: which there are, their
 * partitions, and each partition as a file of the cache. Nothing is asked of the source
 * before somebody uses it, and what was looked at is good for a time. All calls are
 * thread-safe and, but for tables_wait(), never block. */
#ifndef FS_STORE_TABLES_H
#define FS_STORE_TABLES_H

#include "base/clock.h"
#include "fs/store/table_file.h"

struct tables;

/* In a thread of the tables, without a lock; may call everything but tables_close().
 * has_names: tables came or went; else a look has ended. */
typedef void tables_listener_fn(void *context, bool has_names);

struct tables_options {
	struct object_source
		*source; /* where they stand; borrowed until tables_close() */
	const char *home; /* the folder in it that they stand beside; copied */
	struct store *store; /* borrowed likewise */
	const struct clock *clock;
	/* Under which the store remembers what is known; NULL: it does not. Copied. */
	const char *identity;
	/* What was looked at longer ago is looked at again when it is used. Of a source
	 * that is near never more than TABLES_NEAR_SECONDS, and which tables there are is
	 * good for TABLES_ROUND_SECONDS. */
	unsigned fresh_seconds;
	/* It goes on for long: the tables of a source that is far are looked for at once,
	 * in the background, and nobody who lists them waits for that. */
	bool is_mount;
	/* Whether the source is known not to answer just now: then what is known is
	 * shown. NULL: it is never known. */
	bool (*is_away)(void *context);
	tables_listener_fn *listener; /* may be NULL */
	void *context;
};
enum {
	TABLES_NEAR_SECONDS = 10,
	TABLES_ROUND_SECONDS = 24 * 3600,
	TABLES_RETRY_SECONDS = 60, /* after a failure */
	TABLES_RETRY_PASSING_SECONDS = 3, /* of what a network or a login mends */
};
/* 0; -ENOMEM. */
MUST_USE int tables_open(const struct tables_options *options, struct tables **ret);
/* Ends what is under way, as far as the source lets it. References to files stay good as
 * long as the store. NULL is allowed. */
void tables_close(struct tables *t);

/* A question: what it may start, and what it is told. */
struct tables_ask {
	bool load; /* what is not there or old may be asked of the source */
	uint64_t version; /* with -EAGAIN: to be waited for */
	bool is_unread; /* with -EAGAIN of table_get() */
	struct fault *why; /* may be NULL */
};

/* Tables are numbered for as long as t lives, and so are the partitions of each; names
 * live as long as t. Names of tables are encoded (name.h); those of partitions end in
 * ".csv". */

/* Those that are there, by name; the caller frees *ret. Where they cannot be looked for
 * there are none. Answers the count; -EAGAIN; -ENOMEM. */
MUST_USE ssize_t tables_list(struct tables *t, struct tables_ask *a, uint32_t **ret);
/* 0; -ENOENT; -EAGAIN. */
MUST_USE int tables_find(
	struct tables *t, struct tables_ask *a, struct span name, uint32_t *ret);
/* As far as it is known: nothing is asked, and nobody waits. */
bool tables_has_any(struct tables *t);
const char *tables_name(struct tables *t, uint32_t table);
/* The name as AWS has it. */
const char *tables_export(struct tables *t, uint32_t table);

/* As above, of a table; also the errno of a listing that failed. */
MUST_USE ssize_t table_list(
	struct tables *t, struct tables_ask *a, uint32_t table, uint32_t **ret);
MUST_USE int table_find(struct tables *t, struct tables_ask *a, uint32_t table,
	struct span name, uint32_t *ret);
const char *table_name(struct tables *t, uint32_t table, uint32_t partition);
/* Returns a reference. -EAGAIN it is being read (if a->load); a->is_unread: nothing of it
 * is at hand; -ENOENT it has gone; the errno of its failure. */
MUST_USE int table_get(struct tables *t, struct tables_ask *a, uint32_t table,
	uint32_t partition, struct table_file **ret);

/* What failed when it was last looked at, at most so many; file NULL: the listing of a
 * table. Names live as long as t. The caller frees *ret. Answers the count; -ENOMEM. */
struct table_failure {
	const char *table, *file;
	struct fault fault;
};
enum { TABLE_FAILURES_MAX = 20 };
MUST_USE ssize_t tables_failures(struct tables *t, struct table_failure **ret);

/* Has everything looked at again at its next use. */
void tables_refresh(struct tables *t);

/* A look has ended since this version was told. */
bool tables_has_news(struct tables *t, uint64_t version);
/* Waits for that. 0; -ECANCELED stop (polled every 50 ms; may be NULL) became true, or
 * t is being closed. */
MUST_USE int tables_wait(struct tables *t, uint64_t version, const atomic_bool *stop);

#endif
