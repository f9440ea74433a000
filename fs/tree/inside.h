/* What the files of the tree share. */
#ifndef FS_TREE_INSIDE_H
#define FS_TREE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/intern.h"
#include "fs/finding/finding.h"
#include "fs/tree/figures.h"
#include "fs/tree/live_index.h"
#include "fs/tree/nodes.h"

enum {
	TREE_PATH_MAX = 8 * 256,
	TREE_NAME_MAX = 512, /* a name being made; what is over NAME_BYTES_MAX is none */
	TREE_TEXT_MAX = 64 * 1024 * 1024,
	LIVE_REGIONS_BYTES_MAX = 64 * 1024,
};
/* Directory of what is of no region. */
#define LIVE_GLOBAL "global"

/* view_status() of a delivery, which goes through all of its slices. */
struct finality {
	uint64_t delivery; /* hash of its id */
	const char *status;
};

struct tree {
	struct tree_options o;
	struct tree_service service; /* zeroed: nobody serves it */
	atomic_bool is_stopping; /* findings give up */
	struct nodes *nodes;
	struct accounts *accounts;
	/* A selection that has no account: what is shown of an account in a month without
	 * it. */
	char *nobody_id;
	struct selection nobody;
	pthread_mutex_t lock;
	/* guarded by lock: the last rendering of each fixed place, and of which state */
	struct blob *text[PLACE_FIXED_COUNT];
	uint64_t text_signature[PLACE_FIXED_COUNT];
	struct finality *finality; /* of months that were asked for */
	size_t finality_count, finality_cap;
	struct intern *regions; /* C strings with their NUL; 0 is "" */
	struct intern *instances; /* likewise, ids of those with metrics.csv */
	struct live_indexes *indexes; /* has a lock of its own */
	atomic_uint_fast64_t pending; /* lookups of files whose sizes were not known */
};

/* One question to the tree, with what it may take and may say. */
struct ask {
	struct tree *t;
	bool patient;
	struct tree_need *need;
	struct fault *why;
};

/* -EAGAIN, saying what for. Number 0: time. */
int ask_wait(const struct ask *a, struct month_no month);
/* Whether what is not there may be fetched for who asks. Reads /proc: only where
 * something would be. */
bool ask_may_fetch(const struct ask *a);
/* -EACCES, where it may not. */
int ask_refuse(const struct ask *a);
/* node.c: a node as it is asked about, with its delivery, which may have been let go: it
 * is opened again, or read again if need be. A month has its account. 0; -EAGAIN; -ESTALE
 * no such node, or another delivery has come in its place; -errno. */
MUST_USE int ask_node(const struct ask *a, uint64_t id, struct node *ret);
/* The same without loading anything: -EAGAIN it would have to be. */
MUST_USE int node_at_hand(struct tree *t, uint64_t id, struct node *ret);
/* A reference to the month, which may have to be loaded. 0; -EAGAIN; -errno. */
MUST_USE int ask_month(const struct ask *a, struct month_no month, struct month **ret);
/* Binds a month that is not, which may have to be loaded. 0; -EAGAIN; -errno. */
MUST_USE int ask_enter(const struct ask *a, struct node *n);
/* The same for one name in it: where sums are enough for that, n may have a month of no
 * more, but is not bound to it. */
MUST_USE int ask_enter_for(const struct ask *a, struct node *n, struct span name);
/* Where r is -ENODATA the rows of m were evicted, and are read again: -EAGAIN; -ESTALE;
 * -errno. Else r. */
MUST_USE int ask_rows(const struct ask *a, const struct month *m, int r);
/* The state of the library, which the accounts have learned. 0; -ENOMEM. */
MUST_USE int ask_known(const struct ask *a, struct known *ret);
/* As above, with at least one month READY. 0; -EAGAIN; -errno; -ENOMEM. */
MUST_USE int ask_known_one(const struct ask *a, struct known *ret);
/* node.c: its path from the root, as place_path(). */
MUST_USE int node_path(struct tree *t, const struct node *n, struct buf *ret);
struct scope node_scope(const struct tree *t, const struct node *n);
/* Of PLACE_FILE. */
struct view_name node_view_name(const struct node *n);
/* Whether the file stands in the directory that n is. */
bool node_has_file(const struct tree *t, const struct node *n, enum view_file file);
/* Texts of the keys that have files in a by-tag directory; valid as long as *ret_blob,
 * which the caller gives back. Answers the count; -ENOMEM. */
MUST_USE ssize_t node_keys(struct tree *t, const struct node *n, const uint32_t **ret,
	struct blob **ret_blob);

/* lookup.c: what name stands for in the directory parent (a month is bound): place and
 * month, but no blob. 0; -ENOENT; -EAGAIN; -ENOTDIR; -errno. */
MUST_USE int lookup_child(const struct ask *a, const struct node *parent,
	struct span name, struct node *ret);
/* The same with what must be known of the parent first, and with the blob of a place that
 * has one. */
MUST_USE int lookup_name(
	const struct ask *a, struct node *parent, struct span name, struct node *ret);
/* The month of that name, if the export has it. 0; -ENOENT. */
MUST_USE int month_of_name(const struct ask *a, struct span name, struct month_no *ret);
/* lookup_month.c: the same below a month. */
MUST_USE int lookup_below_month(const struct ask *a, const struct node *parent,
	struct span name, struct node *ret);
/* What the name may be in a directory of a month that is unread or away: S_IFREG or
 * S_IFDIR. 0; -ENOENT no delivery has it there; -EAGAIN only the month can tell. */
MUST_USE int lookup_type_in_month(
	const struct tree *t, const struct node *parent, struct span name, mode_t *ret);
/* In which form it is that of the file; FORM_COUNT: it is not. */
enum form form_of_file(enum view_file file, struct span name);
/* Whether an account of the scope has lines of the service. */
bool has_service(const struct tree *t, const struct node *n, uint32_t service);

/* pending.c: finds out what a node is of which only the name was known; others are left
 * alone. 0; -EAGAIN; -ENOENT there is no such name; -errno. */
MUST_USE int pending_settle(const struct ask *a, struct node *n);
/* As nodes_enter(), of what was expected under that name before and became the same as n.
 * 0; -ENOENT there is none; -ENAMETOOLONG. */
MUST_USE int pending_find(struct tree *t, uint64_t parent, struct span name,
	const struct node *n, uint64_t *ret);
/* As node_path(): that by which it was looked up. */
MUST_USE int pending_path(const struct node *n, struct buf *ret);

/* side.c: tables/, what stands beside the export. */
/* Whether there is any. 0; -ENOENT; -EAGAIN. is_wanted: somebody asks for it by name. */
MUST_USE int side_any(const struct ask *a, bool is_wanted);
/* Numbers of what stands in the directory (PLACE_TABLES, PLACE_TABLE); the caller frees
 * items. 0; -EAGAIN; -errno. */
struct side_list {
	uint32_t *items;
	size_t count;
};
MUST_USE int side_list(const struct ask *a, const struct node *n, struct side_list *ret);
const char *side_name(const struct tree *t, const struct node *n, uint32_t item);
/* As lookup_child(); a file comes with what is in it, or, while nothing of it is at hand,
 * without: a lookup keeps the kernel from the other names of its directory. */
MUST_USE int side_lookup(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret);
/* Binds a file that was not read. 0; -EAGAIN; -errno. */
MUST_USE int side_enter(const struct ask *a, struct node *n);
/* Of PLACE_TABLE_FILE. 0; -EAGAIN; -ESTALE there is only a newer delivery; -errno. */
MUST_USE int side_open(const struct ask *a, struct node *n, struct table_reader **ret);
/* Appends. 0; -ENOMEM; -EFBIG. */
MUST_USE int side_path(const struct tree *t, const struct place *p, struct buf *ret);
/* live.c: what stands in resources/. */
/* Binds the inventory of a type of resources, which may have to be asked for. 0; -EAGAIN;
 * -errno. */
MUST_USE int live_enter(const struct ask *a, struct node *n);
/* Whether what makes calls is listed in the account that n stands in. */
bool live_is_listed(const struct ask *a, const struct node *n);
/* As tree_has_news(), of what is live. */
bool live_has_news(struct tree *t, const struct tree_need *need);
/* As lookup_child(), and list.c's fill(). */
MUST_USE int live_lookup(const struct ask *a, const struct node *parent, struct span name,
	struct node *ret);
struct tree_listing;
MUST_USE int live_fill(const struct ask *a, const struct node *n, struct tree_listing *l);
/* list.c: adds a name. 0; -ENOMEM; -EFBIG. */
MUST_USE int listing_add(struct tree_listing *l, struct span name, mode_t type);
/* Who lists what was asked for long ago has it asked for anew, for the next time. */
void live_renew(const struct ask *a, const struct node *n);
/* Appends the names of the regions, NUL-terminated one after another. 0; -EAGAIN;
 * -errno. */
MUST_USE int live_regions_of(const struct ask *a, const struct place *p, struct buf *ret);
/* A type's inventory, if it is at hand. */
void live_known_of(const struct ask *a, struct node *n);
/* Number of a region; empty: of none. 0; -ENOENT no such name; -ENOMEM. */
MUST_USE int live_region_number(struct tree *t, struct span name, uint32_t *ret);
/* Directory name of an item, and back, also by the bare id. 0; -ENOENT; -ENOMEM. */
MUST_USE int live_item_name(const struct inventory *v, size_t item, struct buf *ret);
MUST_USE int live_find_item(const struct inventory *v, struct span name, uint32_t *ret);
MUST_USE int live_path(struct tree *t, const struct node *n, struct buf *ret);
/* Name of a region by its number, as a C string. */
const char *live_region(struct tree *t, uint32_t region);
/* The slot's id. 0; -ENAMETOOLONG. */
MUST_USE int live_account(struct tree *t, uint32_t slot, char ret[LIVE_ACCOUNT_TEXT]);
/* What an inventory that is known says of the resource that n, or what stands in it, is
 * about: inventory and item of ret, which is zeroed. 0; -ENOENT. */
MUST_USE int live_beside(struct tree *t, const struct node *n, struct node *ret);
/* findings.c: findings/. As lookup_child(), list.c's fill(), and text_of(). */
MUST_USE int findings_lookup(
	const struct node *parent, struct span name, struct node *ret);
MUST_USE int findings_fill(struct tree_listing *l);
MUST_USE int findings_text(const struct ask *a, const struct place *p, struct blob **ret);
/* reports.c: reports/. As lookup_child(), list.c's fill(), and text_of(). */
MUST_USE int reports_lookup(const struct ask *a, struct span name, struct node *ret);
MUST_USE int reports_fill(const struct ask *a, struct tree_listing *l);
MUST_USE int reports_text(const struct ask *a, const struct place *p, struct blob **ret);
/* Who opens a report uses its month, and has a newer delivery of it read for the next
 * time. */
void reports_use(const struct ask *a, const struct node *n);
/* What the resource of the bill is that n, or what stands in it, is about. id is of the
 * month. 0; -ENOENT. */
struct live_billed {
	char account[LIVE_ACCOUNT_TEXT], region[LIVE_REGION_TEXT];
	size_t kind;
	struct span id;
};
MUST_USE int live_billed_of(
	struct tree *t, const struct node *n, struct live_billed *ret);
/* live_metrics.c: metrics.csv. Whether resources of the kind have one. */
bool live_has_metrics(const struct tree *t, size_t kind);
/* As live_lookup(), in an instance; and beside the costs of one. Nobody is asked. */
MUST_USE int live_metrics_lookup(const struct ask *a, const struct node *parent,
	struct span name, struct node *ret);
MUST_USE int live_metrics_beside(
	const struct ask *a, const struct node *parent, struct node *ret);
/* Binds a file that was not asked for; others than metrics.csv are left alone. is_use:
 * somebody opens it, so that one that is bound is asked for anew where it is old. 0;
 * -EAGAIN; -errno. */
MUST_USE int live_metrics_enter(const struct ask *a, struct node *n, bool is_use);
bool live_metrics_has_news(struct tree *t, const struct tree_need *need);
/* "/i-1/metrics.csv". Appends. */
MUST_USE int live_metrics_path(struct tree *t, const struct place *p, struct buf *ret);
/* An instance's id by its number, as a C string. */
const char *live_instance(struct tree *t, uint32_t number);
/* live_index.c: index.csv. 0; -EAGAIN; -ENOMEM; -ERANGE; -EFBIG. */
MUST_USE int live_index_size(const struct ask *a, const struct node *n, uint64_t *ret);
MUST_USE int live_index_open(
	const struct ask *a, const struct node *n, struct blob **ret);

/* attr.c: fills in a blob where the place has one. 0; -EAGAIN; -ENOMEM; -errno. */
MUST_USE int attr_fill(const struct ask *a, struct node *n);
/* path: the node's own. 0; -EAGAIN; -ENOMEM; -errno. */
MUST_USE int attr_of(const struct ask *a, const struct node *n, struct span path,
	struct stat *ret, double *ret_ttl);
/* Of a path. */
uint64_t attr_ino(struct span path);

/* text.c: whether a fixed place or account.json is rendered. */
bool text_has(enum place_kind kind);
/* Returns a reference. 0; -EAGAIN; -ENOMEM; -errno. */
MUST_USE int text_of(const struct ask *a, const struct place *p, struct blob **ret);

/* What form_render() answered, as view_open() does. */
int form_failed(const struct ask *a, int r);

/* superseded.c: whether another delivery is shown in the place of one that is in use. */
bool month_is_superseded(struct tree *t, const struct month *m);
/* As view_status(), over the connected accounts. */
const char *month_finality(struct tree *t, struct month *m);

/* What renders; each appends. 0; -ENOMEM; -EFBIG; -ERANGE. */
/* A link's target; -ENOENT there is none. */
MUST_USE int render_link(enum place_kind kind, const struct known *k, struct buf *ret);
MUST_USE int render_readme(const struct tree *t, struct buf *ret);
/* While it is read; 0 where nothing is known. */
double month_mb_per_second(const struct month_status *s);
double month_seconds_left(const struct month_status *s);
MUST_USE int render_status(struct tree *t, const struct known *k, struct buf *ret);
MUST_USE int render_status_json(struct tree *t, const struct known *k, struct buf *ret);
MUST_USE int render_metrics(struct tree *t, struct buf *ret);
MUST_USE int render_errors(const struct tree *t, const struct known *k, struct buf *ret);
MUST_USE int render_accounts(struct tree *t, const struct known *k, struct buf *ret);
MUST_USE int render_services(struct tree *t, const struct known *k, struct buf *ret);
MUST_USE int render_months(struct tree *t, const struct known *k, struct buf *ret);
MUST_USE int render_account(struct tree *t, uint32_t slot, struct buf *ret);
/* resources/STATUS.txt; its part of the root's; and of status.json. */
MUST_USE int render_live_status(struct tree *t, uint32_t slot, struct buf *ret);
MUST_USE int render_live_summary(struct tree *t, struct buf *ret);
MUST_USE int render_live_json(struct tree *t, struct buf *ret);
/* status_json.c: members, without a comma. */
MUST_USE int status_text(struct buf *ret, const char *name, struct span value);
MUST_USE int status_time(struct buf *ret, const char *name, struct instant t);
MUST_USE int status_fault(struct buf *ret, const char *name, const struct fault *f);
MUST_USE int render_duckdb(struct buf *ret);
MUST_USE int render_pandas(const struct known *k, struct buf *ret);
/* "ETIMEDOUT" */
const char *error_name(int error);
const char *layout_text(enum export_layout layout);

/* After a failure to read the month: if it is damaged, it is built anew in the
 * background. */
void month_heal(struct library *l, const struct month *damaged);

#endif
