/* Where something stands in the tree, and what it is called there. */
#ifndef FS_TREE_PLACE_H
#define FS_TREE_PLACE_H

#include "fs/tree/accounts.h"

enum place_kind {
	/* above the months; in the order of the table in place.c */
	PLACE_ROOT,
	PLACE_README,
	PLACE_STATUS,
	PLACE_ACCOUNTS_CSV,
	PLACE_SERVICES_CSV,
	PLACE_MONTHS_CSV,
	PLACE_THIS_MONTH,
	PLACE_LAST_MONTH,
	PLACE_ACCOUNTS,
	PLACE_MONTHS,
	PLACE_REPORTS,
	PLACE_TABLES,
	PLACE_HIDDEN,
	PLACE_STATUS_JSON,
	PLACE_METRICS_PROM,
	PLACE_ERRORS_LOG,
	PLACE_SCHEMA,
	PLACE_DUCKDB,
	PLACE_PANDAS,
	PLACE_FIXED_COUNT,
	PLACE_ACCOUNT = PLACE_FIXED_COUNT,
	PLACE_ACCOUNT_JSON,
	PLACE_FINDINGS,
	PLACE_FINDING,
	PLACE_REPORT,
	PLACE_TABLE,
	PLACE_TABLE_FILE,
	/* A name of which it is not known yet what stands there (pending.c). */
	PLACE_PENDING_DIRECTORY,
	PLACE_PENDING_FILE,
	/* resources/ of an account, and what stands in it */
	PLACE_LIVE,
	PLACE_LIVE_STATUS,
	PLACE_LIVE_SERVICE,
	PLACE_LIVE_REGION,
	PLACE_LIVE_TYPE,
	PLACE_LIVE_INDEX,
	PLACE_LIVE_ITEM,
	PLACE_LIVE_JSON,
	PLACE_LIVE_METRICS,
	PLACE_MONTH,
	/* below a month, so never without one */
	PLACE_SERVICES,
	PLACE_SERVICE,
	PLACE_RESOURCES,
	PLACE_RESOURCE,
	PLACE_RESOURCE_JSON,
	PLACE_RESOURCE_METRICS,
	PLACE_TAGS,
	PLACE_CATEGORIES,
	PLACE_PARTS, /* costs.d, lines.d */
	PLACE_FILE,
};

#define PLACE_ALL UINT32_MAX /* slot: below months/ */
#define PLACE_NO_ROWS (UINT32_MAX - 1) /* account: has none in this month */

/* Plain; made zeroed, so that two can be compared as bytes. */
struct place {
	uint8_t kind;
	uint8_t file; /* enum view_file, of PLACE_FILE and PLACE_PARTS; enum finding_file,
			 of PLACE_FINDING */
	uint8_t form; /* enum form, of PLACE_FILE, PLACE_REPORT and the tables of the root
		       */
	uint8_t zero;
	struct month_no month;
	uint32_t slot; /* in the accounts */
	/* Of PLACE_TABLE and PLACE_TABLE_FILE account is the number in the tables, and
	 * resource the partition's. */
	/* indexes and text of the month's delivery, as in struct scope; of what is live:
	 * number of the region in the tree, kind (of a service its first) */
	union {
		uint32_t account, region;
	};
	union {
		uint32_t service, live_kind;
	};
	uint32_t resource; /* of PLACE_LIVE_METRICS: number of the instance in the tree */
	/* Of what has an inventory: the item in it. */
	union {
		uint32_t key, item;
	};
};

/* The place of a fixed name, or with its month, slot and scope still to be filled in. */
struct place place_of(enum place_kind kind);
mode_t place_type(const struct place *p);
bool place_is_below_month(const struct place *p);
bool place_is_pending(const struct place *p);
/* resources/ of an account, or below it. */
bool place_is_live(const struct place *p);
/* Whether a fixed place comes in other forms. */
bool place_has_forms(enum place_kind kind);
/* The name of a fixed place, NULL for the root. */
const char *place_fixed_name(enum place_kind kind);
/* Fixed place by parent and name, also that of another form. 0; -ENOENT. */
MUST_USE int place_find_fixed(
	const struct place *parent, struct span name, struct place *ret);
/* The next fixed child of parent behind kind (PLACE_ROOT to start); false at the end. */
bool place_next_fixed(const struct place *parent, enum place_kind *kind);

/* Appends "2026-11.html". 0; -ENOMEM; -EFBIG. */
MUST_USE int place_report_name(struct month_no month, enum form form, struct buf *ret);
/* "part-0001.csv". Appends. 0; -ENOMEM; -EFBIG. */
MUST_USE int place_part_name(uint32_t part, struct buf *ret);
/* "accounts/x/2026-11", "" for the root. m is the delivery of a place below a month, else
 * may be NULL. Not of what stands in tables/, and of what is live "accounts/x/resources"
 * only (node_path()). Appends. 0; -ENOMEM; -EFBIG. */
MUST_USE int place_path(const struct place *p, const struct month *m, struct accounts *a,
	struct buf *ret);
/* What the places below a month are about. nobody: a selection without any account. */
struct scope place_scope(const struct place *p, struct month *m,
	const struct selection *selection, const struct selection *nobody);

#endif
