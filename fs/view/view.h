/* The kit: what each file below a month says, as bytes at an offset with a size known
 * before the first read. The only place that knows columns and formulas of roll-ups
 * (docs/formats.md). */
#ifndef FS_VIEW_VIEW_H
#define FS_VIEW_VIEW_H

#include "fs/form/form.h"
#include "fs/store/month.h"

/* Which accounts are connected. Plain; zeroed = all. Borrowed by scopes. */
struct selection {
	char **ids; /* sorted */
	size_t count;
};
/* True when there is no list. */
bool selection_has(const struct selection *s, struct span account_id);

#define VIEW_ALL UINT32_MAX

/* What a file is about. Plain. */
struct scope {
	struct month *month;
	const struct selection *selection;
	uint32_t account; /* index in the month, or VIEW_ALL (the connected ones) */
	uint32_t service; /* index in the month, or VIEW_ALL */
	uint32_t resource; /* index in the slice of account and service, or VIEW_ALL */
};

enum view_file {
	VIEW_TOTAL,
	VIEW_BY_ACCOUNT,
	VIEW_BY_SERVICE,
	VIEW_BY_REGION,
	VIEW_BY_USAGE_TYPE,
	VIEW_BY_OPERATION,
	VIEW_BY_CHARGE_TYPE,
	VIEW_BY_RESOURCE,
	VIEW_DAILY,
	VIEW_DAILY_BY_SERVICE,
	VIEW_TAG_COVERAGE,
	VIEW_UNTAGGED,
	VIEW_CREDITS,
	VIEW_REFUNDS,
	VIEW_TAX,
	VIEW_FEES,
	VIEW_MARKETPLACE,
	VIEW_INVOICES,
	VIEW_SPLIT_COSTS,
	VIEW_UNCONNECTED,
	VIEW_COSTS, /* the line items of an account's service */
	VIEW_LINES, /* the line items of any other scope */
	VIEW_RESOURCE_INDEX, /* resources/index.csv */
	VIEW_RESOURCE_SUMMARY, /* of one resource, by usage type */
	VIEW_RESOURCE_DAILY,
	VIEW_BY_TAG, /* with a key */
	VIEW_BY_CATEGORY, /* with a key */
	VIEW_FILE_COUNT,
};
/* Rows of a part of line items: with its header as many as a spreadsheet takes. */
enum { VIEW_PART_ROWS = 1048575 };
/* A file and the form it is wanted in. Plain. */
struct view_name {
	enum view_file file;
	/* Text of the month for VIEW_BY_TAG and VIEW_BY_CATEGORY; of VIEW_COSTS and
	 * VIEW_LINES number of a part, which is CSV, from 1 on; else 0. */
	uint32_t key;
	enum form form;
};
#define VIEW_CSV(file, key) (&(const struct view_name){ (file), (key), FORM_CSV })
/* "by-service.csv"; NULL for the last two, whose names are made of their key. */
const char *view_file_name(enum view_file file);
/* Whether the file stands in the directory of the scope (kit files, costs.csv, lines.csv;
 * those of a resource when one is given; VIEW_RESOURCE_INDEX stands in resources/, so
 * never). */
bool view_is_in(const struct scope *scope, enum view_file file);

/* How many parts the line items of the scope have, one at least; 0: they come in none. */
uint32_t view_part_count(const struct scope *scope);

/* By what dimensions (a set, of DIMS_OF_SUMS) a month has to have sums to say of the file
 * all that the whole one says; 0: sums are not enough. */
unsigned view_dims(enum view_file file);
/* Whether rows of other accounts change nothing in that of one account. They may name a
 * service, and tell the last day. */
bool view_is_of_account(enum view_file file);

/* Tag keys (or cost categories) that have a file at this scope, sorted by name: texts of
 * the month. The caller frees *ret. Answers the count; -ENOMEM. */
MUST_USE ssize_t view_keys(
	const struct scope *scope, enum view_file file, uint32_t **ret);

struct view;
struct view_cache;
/* Keeps rendered files within a limit of memory, for months and scopes. NULL on no
 * memory. Thread-safe. */
struct view_cache *view_cache_new(size_t limit_bytes);
void view_cache_free(struct view_cache *c);
/* From now on who renders gives up: -ECANCELED. For who ends. */
void view_cache_stop(struct view_cache *c);
/* Forgets what it has of a month (before its last reference goes), and all sizes. */
void view_cache_drop(struct view_cache *c, const struct month *m);

/* A reference to the file, its bytes ready, or pinned. patient false: -EAGAIN where it
 * would take long (more than a few milliseconds); the caller comes back patiently from
 * another thread. 0; -ENOENT no such file at this scope, or none in this form; -ENODATA
 * it needs rows that were evicted (month_pin()); -EMSGSIZE it is too large for the form
 * (docs/formats.md); -ENOMEM; -ERANGE a sum does not fit; -EBADMSG -EIO the cache is
 * damaged; -ECANCELED view_cache_stop(). */
MUST_USE int view_open(struct view_cache *c, const struct scope *scope,
	const struct view_name *name, bool patient, struct view **ret, struct fault *why);
uint64_t view_size(const struct view *v);
/* Just the size, which is remembered for longer than the bytes. As view_open(); only
 * files of a resource, and parts and other forms of line items, need rows for it. */
MUST_USE int view_stat(struct view_cache *c, const struct scope *scope,
	const struct view_name *name, bool patient, uint64_t *ret_size,
	struct fault *why);
/* Bytes read, short only at the end; -EBADMSG; -EIO; -ENOMEM. Thread-safe. */
MUST_USE ssize_t view_read(
	struct view *v, uint64_t offset, void *bytes, size_t len, struct fault *why);
/* NULL is allowed. */
void view_unref(struct view *v);

/* The sum of a scope for xattrs: one entry a currency, at most max; answers how many
 * there are. A resource's is found in its slice's entries. Negative: -ERANGE;
 * -ENOMEM; -ENOENT the month has no such scope. */
MUST_USE ssize_t view_totals(const struct scope *scope, struct entry *ret, size_t max);
/* "estimated", "final" or "mixed": whether lines have an invoice id; "" where the export
 * has no such column, and of a resource of a service that is mixed. */
const char *view_status(const struct scope *scope);

#endif
