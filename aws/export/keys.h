/* What the parts of an object's key say: months, assemblies, data files, manifests. */
#ifndef AWS_EXPORT_KEYS_H
#define AWS_EXPORT_KEYS_H

#include "base/day.h"

/* The three ways to spell a month in a key. */
enum key_month_kind {
	KEY_MONTH_RANGE, /* 20161101-20161201, also 20161101-20161130 as in AWS's manual
			  */
	KEY_MONTH_PERIOD, /* BILLING_PERIOD=2026-05, in any case */
	KEY_MONTH_YEAR, /* year=2018/month=1 or month=01 */
};
struct key_month {
	enum key_month_kind kind;
	struct month_no month;
	size_t at; /* where the part or parts begin */
	size_t rest; /* what follows them, behind the '/' */
};
/* The last month in key, which may be a folder's with its '/'. */
bool key_find_month(struct span key, struct key_month *ret);
/* One part, without '/'. */
bool key_is_range(struct span part, struct month_no *ret);
bool key_is_period(struct span part, struct month_no *ret);
bool key_is_year(struct span part, uint64_t *ret);
bool key_is_month_of(struct span part, uint64_t year, struct month_no *ret);
/* NAME=…, as Hive spells a partition: "date=2026-05-01". A folder of any other name may
 * hold a '=' as well. */
bool key_is_partition(struct span part);
/* Of that name, in any case. */
bool key_is_partition_of(struct span part, struct span name);

/* A timestamp, with or without an execution id behind it, or a UUID. */
bool key_is_assembly(struct span part);
bool key_is_stamped(struct span part, struct instant *ret);

/* How a data file is packed, as its name says. */
enum key_pack {
	KEY_PACK_NONE,
	KEY_PACK_CSV,
	KEY_PACK_GZIP,
	KEY_PACK_ZIP,
	KEY_PACK_PARQUET
};
/* Of no data file (scripts, manifests, status files): KEY_PACK_NONE, ret_stem is left
 * alone. The stem is the last part without the ending; ret_stem may be NULL. */
enum key_pack key_pack(struct span key, struct span *ret_stem);
/* EXPORT-Manifest.json or Manifest.json; Redshift's manifests are none. */
bool key_is_manifest(struct span key);
/* EXPORT of EXPORT-Manifest.json and EXPORT-00001.csv.gz. */
bool key_export_name(struct span key, struct span *ret);

/* The last part, without a '/' at the end. */
struct span key_last(struct span key);
/* What stands before the last part: "" or ending in '/'. */
struct span key_parent(struct span key);
/* For free(); NULL on no memory. */
char *key_copy(struct span key);

#endif
