/* Paths: which directories and files there are, their numbers, attributes and listings.
 * Does no I/O of its own; what is not there yet is answered with -EAGAIN and what it
 * waits for. */
#ifndef FS_TREE_TREE_H
#define FS_TREE_TREE_H

#include <sys/stat.h>

#include "fs/finding/threshold.h"
#include "fs/live/live.h"
#include "fs/store/library.h"
#include "fs/store/tables.h"
#include "fs/tree/figures.h"
#include "fs/view/view.h"

struct tree;

enum { TREE_ROOT = 1 };

/* A name for an account that the export does not name. Plain. */
struct account_name {
	char *id, *name;
};
/* What accounts have, asked of AWS. Its functions are called from any thread, never wait
 * and ask nobody. */
struct tree_discovery {
	struct live *live;
	/* Whether the services are listed in the account's resources/ before anybody has
	 * looked below. Else they are there for who names them: who walks through all of
	 * the tree comes to no directory that makes calls. */
	bool (*is_listed)(void *context, const char *account);
	/* Instances have metrics.csv, which costs money when somebody opens it. */
	bool has_metrics;
	/* Appends lines for STATUS.txt: as whom the account is asked, and what to do
	 * where that cannot be. 0; -ENOMEM; -EFBIG. */
	int (*describe)(void *context, const char *account, struct buf *ret);
	void *context;
	const struct thresholds *thresholds; /* of findings; NULL: the defaults */
};
/* Whose credentials are in use; nothing of them is secret. Plain. */
struct tree_signer {
	char source[160]; /* "profile work (SSO)"; "": nobody was asked yet */
	char account_id[16]; /* "": not known */
	struct instant expires; /* INSTANT_NONE: never */
	struct fault failure; /* of the last sign-in; error 0: none */
};
struct tree_options {
	struct library *library; /* all borrowed until tree_free() */
	struct view_cache *views;
	struct tables *tables; /* beside the export; may be NULL */
	const struct tree_discovery *discovery; /* NULL: there is no resources/ */
	const struct selection *selection;
	const struct clock *clock;
	const struct account_name *names; /* until tree_name_accounts() */
	size_t name_count;
	const char *source; /* as the user gave it, for STATUS.txt */
	const char *sandbox; /* what the process is kept from, likewise; or NULL */
	/* As whom the source is asked, likewise. Called from any thread; asks nobody.
	 * NULL: as nobody. */
	void (*signer)(void *context, struct tree_signer *ret);
	void *signer_context;
	uid_t uid; /* owner of all files */
	gid_t gid;
};
MUST_USE int tree_new(const struct tree_options *options, struct tree **ret);
void tree_free(struct tree *t);

/* Who serves the tree to programs. Functions are called from any thread and never wait;
 * they must not call the tree. */
struct tree_service {
	struct instant began;
	/* Fills in ret, which is zeroed. */
	void (*measure)(void *context, struct serving *ret);
	/* Whether what this process asks may be fetched for it. caller: of tree_need.
	 * NULL: always. */
	bool (*may_fetch)(void *context, int64_t caller);
	void *context;
};
/* Before the first question. Copied; NULL: nobody serves it any more. */
void tree_serve(struct tree *t, const struct tree_service *service);
/* From now on what takes long gives up soon: -ECANCELED. For who ends. */
void tree_stop(struct tree *t);

/* NULL: accounts have no resources/. Lives as long as the tree. */
struct live *tree_live(struct tree *t);

/* Other names for accounts that the export does not name; borrowed instead of those
 * before. Paths by names before keep resolving. The kernel is told with the next
 * LIBRARY_MONTH_READY. 0; -ENOMEM some keep their names. */
MUST_USE int tree_name_accounts(
	struct tree *t, const struct account_name *names, size_t name_count);

/* Why -EAGAIN: a month that must be loaded first (its loading has been started); or news
 * of the tables beside the export; or what AWS is asked about an account; or, with none
 * of them, work that takes long: call again with patient = true, from a thread that may
 * take its time. Even a patient call never waits for a month, a table or AWS. */
struct tree_need {
	/* In, where there is a tree_service: a process or thread; 0: whoever it is may
	 * have it. */
	int64_t caller;
	/* With -EACCES: it is not there, and nothing is fetched for this caller. */
	bool is_refused;
	struct month_no month;
	struct sums sums; /* of the month; zeroed: all of it */
	bool rows; /* of the month, which were evicted */
	uint64_t tables; /* tables_wait() for this version; 0: not for them */
	bool is_live; /* what follows is asked for, as of live_list() */
	char account[LIVE_ACCOUNT_TEXT], region[LIVE_REGION_TEXT];
	size_t kind; /* LIVE_REGIONS: the regions */
	char instance[LIVE_INSTANCE_TEXT]; /* of LIVE_METRICS; else "" */
};
/* News of the tables have come since; what is live is there, or has failed, and is asked
 * for where nobody does. False where it is for neither. Never waits. */
bool tree_has_news(struct tree *t, const struct tree_need *need);

/* Node ids: one for each path and content version, the same on every run; what stands
 * below a month belongs to one delivery, so that open files and current directories stay
 * whole. Each answered lookup is one reference, given back by tree_forget(). TREE_ROOT
 * always is. */
struct tree_entry {
	uint64_t node;
	struct stat
		attr; /* st_ino: of the path alone, stable across deliveries and mounts */
	/* How long the kernel may keep it; changes are told by tree_changes() earlier. */
	double ttl_seconds;
};

/* 0; -ENOENT surely no such name (may be remembered); -EAGAIN with need; -ENAMETOOLONG;
 * -ENOTDIR; -ESTALE no such node; the errno of a month that failed (why says it);
 * -ENOMEM. */
MUST_USE int tree_lookup(struct tree *t, uint64_t parent, struct span name, bool patient,
	struct tree_entry *ret, struct tree_need *need, struct fault *why);
/* After tree_lookup() answered -EAGAIN: a node for the name, whatever stands there, so
 * that nobody waits in a lookup. It is for no time; tree_attr() and all others answer
 * -EAGAIN of it until it is known what it is, and then are of that, or -ENOENT. Asks for
 * nothing, and takes no time. 0; -EAGAIN it is not known whether it is a directory; what
 * tree_lookup() may answer. */
MUST_USE int tree_lookup_pending(
	struct tree *t, uint64_t parent, struct span name, struct tree_entry *ret);
void tree_forget(struct tree *t, uint64_t node, uint64_t count);
/* Answers like tree_lookup(). */
MUST_USE int tree_attr(struct tree *t, uint64_t node, bool patient, struct stat *ret,
	double *ret_ttl, struct tree_need *need, struct fault *why);
/* Replaces ret by the link's target. -EINVAL no link. */
MUST_USE int tree_readlink(struct tree *t, uint64_t node, struct buf *ret);

/* A directory's names at one moment; offsets are indexes. */
struct tree_listing;
struct tree_name {
	const char *name;
	mode_t type; /* S_IFDIR, S_IFREG, S_IFLNK */
	uint64_t ino;
};
/* Answers like tree_lookup(). Does not contain "." and "..". */
MUST_USE int tree_list(struct tree *t, uint64_t node, bool patient,
	struct tree_listing **ret, struct tree_need *need, struct fault *why);
size_t tree_listing_count(const struct tree_listing *l);
/* index < count; valid until tree_listing_free(). */
struct tree_name tree_listing_at(const struct tree_listing *l, size_t index);
/* Whether the kernel may keep the listing (it belongs to one delivery). */
bool tree_listing_is_stable(const struct tree_listing *l);
void tree_listing_free(struct tree_listing *l);

/* An open file: the bytes of the delivery it was opened on. Thread-safe. */
struct tree_file;
MUST_USE int tree_open(struct tree *t, uint64_t node, bool patient,
	struct tree_file **ret, struct tree_need *need, struct fault *why);
MUST_USE ssize_t tree_read(
	struct tree_file *f, uint64_t offset, void *bytes, size_t len, struct fault *why);
void tree_close(struct tree_file *f);

/* Extended attributes user.costfs.*; never start loading. Replace ret. 0; -ENODATA;
 * -EOPNOTSUPP of another namespace than user: programs then ask for that one once, and
 * not for each file. The list is NUL-terminated names one after another. */
MUST_USE int tree_getxattr(
	struct tree *t, uint64_t node, struct span name, struct buf *ret);
MUST_USE int tree_listxattr(struct tree *t, uint64_t node, struct buf *ret);

/* Gives back the months of nodes that nobody asks about just now, so that they can be
 * evicted (LIBRARY_ROOM_WANTED). Who asks about such a node again has the month loaded
 * again, and waits for it. */
void tree_let_go(struct tree *t);

/* Names that the kernel must forget after an event of the library: calls fn for each
 * parent and name; name NULL: the listing of parent itself. */
typedef void tree_change_fn(void *context, uint64_t parent, const char *name);
void tree_changes(struct tree *t, enum library_event event, struct month_no month,
	tree_change_fn *fn, void *context);
/* Whether the node is of a delivery that is not its month's any more; says which month.
 */
bool tree_is_superseded(struct tree *t, uint64_t node, struct month_no *ret);
/* Names below the month in such deliveries, what is deeper first. They were kept when the
 * month was told to go, by who had them open; now that somebody has closed one, the
 * kernel would remember them, and so keep the whole delivery, until it lacks memory. */
void tree_superseded(
	struct tree *t, struct month_no month, tree_change_fn *fn, void *context);

/* Likewise after an event of the live inventory. */
struct tree_live_change {
	enum live_event event;
	const char *account;
	size_t kind; /* LIVE_REGIONS: the regions */
	const char *region;
};
void tree_live_changes(struct tree *t, const struct tree_live_change *change,
	tree_change_fn *fn, void *context);

/* For log lines: "accounts/x/2026-11", without a leading '/'; the root is ".". Replaces
 * ret. 0; -ESTALE; -EAGAIN its delivery was let go; -ENOMEM. */
MUST_USE int tree_path(struct tree *t, uint64_t node, struct buf *ret);
/* Follows a path from the root, '/'-separated, with links followed; the answer is a
 * reference as of tree_lookup(). */
MUST_USE int tree_walk(struct tree *t, struct span path, bool patient,
	struct tree_entry *ret, struct tree_need *need, struct fault *why);

#endif
