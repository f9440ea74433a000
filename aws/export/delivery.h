/* Which exports stand in a source, which months each has, and which objects make up a
 * month. The manifest is the only truth about a month; copies without manifests are read
 * by listing and marked unverified. Layouts: AWS CUR user guide "report versions", Data
 * Exports "export delivery". */
#ifndef AWS_EXPORT_DELIVERY_H
#define AWS_EXPORT_DELIVERY_H

#include "aws/object/object.h"

enum {
	MANIFEST_BYTES_MAX = 16 * 1024 * 1024,
	DELIVERY_FILES_MAX = 100000,
	DELIVERY_ID_TEXT = 33, /* 32 hex digits and a NUL */
};

enum export_layout {
	EXPORT_LEGACY, /* PREFIX/NAME/YYYYMMDD-YYYYMMDD/ */
	EXPORT_LEGACY_ATHENA, /* PREFIX/NAME/NAME/year=Y/month=M/ (Parquet) */
	EXPORT_DATA, /* Data Exports: PREFIX/NAME/{data,metadata}/BILLING_PERIOD=YYYY-MM/
		      */
	EXPORT_MONTH, /* the source is one month's folder: data files, perhaps a manifest
		       */
	/* Another table of Data Exports, without costs and months: PREFIX/NAME/
	 * {data,metadata}/ with date=D/ or carbon_model_version=V/usage_period=P/
	 * (table.h). */
	EXPORT_TABLE,
};

/* One export of the source. */
struct export_ref {
	enum export_layout layout;
	char *name; /* as in the file names; "" where unknown */
	char *folder; /* key prefix of the export's folder, "" or ending in '/' */
};
struct export_list {
	struct export_ref *items;
	size_t count, cap;
};

/* Finds every export of costs in the source: walks folders, does not go below months,
 * assemblies or partitions. Sorted by folder. An empty list is no failure. 0; -errno of
 * the source; -ENOMEM. */
MUST_USE int export_detect(
	struct object_source *s, struct export_list *ret, struct fault *why);
/* The same, and those of EXPORT_TABLE. */
MUST_USE int export_detect_all(
	struct object_source *s, struct export_list *ret, struct fault *why);
void export_list_finish(struct export_list *l);
/* 0; -ENOMEM. ret is finished with export_ref_finish(). */
MUST_USE int export_ref_copy(const struct export_ref *e, struct export_ref *ret);
void export_ref_finish(struct export_ref *e);

/* A month of an export, before its manifest was read. Zeroed: nothing. */
struct month_ref {
	struct month_no month;
	/* Somebody has looked for the manifest; else only the month's folders are known.
	 */
	bool is_looked;
	/* The pointer manifest; key is NULL where there is none. */
	struct object_info manifest;
	bool has_folders; /* they are known */
	char **folders; /* where a manifest may stand */
	size_t folder_count, folder_cap;
};
/* 0; -ENOMEM. */
MUST_USE int month_ref_copy(const struct month_ref *m, struct month_ref *ret);
void month_ref_finish(struct month_ref *m);
struct month_list {
	struct month_ref *items; /* by month, oldest first, each month once */
	size_t count, cap;
};
/* Which months there are, by the listing of the folders above them alone: a request or a
 * few, however many months. None is looked at but that of EXPORT_MONTH, whose manifest
 * says which it is. 0; -errno of the source; -ENOMEM. */
MUST_USE int export_month_names(struct object_source *s, const struct export_ref *e,
	struct month_list *ret, struct fault *why);
/* The same, each looked at. A broken manifest is no failure here. */
MUST_USE int export_months(struct object_source *s, const struct export_ref *e,
	struct month_list *ret, struct fault *why);
/* Looks for the manifest of m again. quick: where one is known, asks only whether that is
 * still the same, which is one request. A month that has gone has no manifest. 0; -errno
 * of the source, and m is unchanged; -ENOMEM. */
MUST_USE int month_look(struct object_source *s, const struct export_ref *e, bool quick,
	struct month_ref *m, struct fault *why);
void month_list_finish(struct month_list *l);

/* One complete delivery of one month. Plain; immutable once read. */
struct delivery {
	struct month_no month;
	/* Hex hash of manifest etag, assembly or execution id, and every file's key, size
	 * and etag: two deliveries with the same id have the same bytes. */
	char id[DELIVERY_ID_TEXT];
	char *assembly; /* assembly or execution id as delivered, "" where unknown */
	struct instant
		as_of; /* time in the id, else the manifest's, else the newest file's */
	bool verified; /* a manifest named the files */
	char *manifest_key; /* NULL without manifest */
	struct instant manifest_modified, manifest_written; /* as of an object */
	struct object_info *files; /* in the manifest's order, else by key */
	size_t count, cap;
};
/* Reads the manifest and looks at every object it names. Where a named key is absent, the
 * same name beside the manifest is tried (copies, empty and doubled prefixes):
 * dirname(manifest) and what follows the month's folder in the key. Without manifest: the
 * newest execution folder, or all data files that are not empty. 0; -ENODATA a named
 * object is missing or empty, or nothing is there; -EBADMSG the manifest is no manifest;
 * -EFBIG over the limits; -errno of the source; -ENOMEM. */
MUST_USE int delivery_read(struct object_source *s, const struct export_ref *e,
	const struct month_ref *m, struct delivery *ret, struct fault *why);
/* A month that is overwritten in place is of two deliveries while the second one is
 * written: until its manifest is there, data files are much newer than that; where copies
 * come in any order, much older. Its files tell by their times that they were not written
 * in one go, and it counts as torn until nothing has been written for a while. */
enum {
	/* From data to manifest and back: what is written in one go takes no longer. */
	DELIVERY_BEHIND_S = 3600,
	DELIVERY_AHEAD_S = 600,
	/* Without another write, what seemed torn is as it is: where data are newer,
	 * where the manifest is. S3 replicates within 15 minutes; its clock and ours
	 * differ by less than that. */
	DELIVERY_AHEAD_QUIET_S = 3600,
	DELIVERY_BEHIND_QUIET_S = 1800,
};
/* Whether it is of one delivery, as far as that can be told at this time. source: its
 * name. 0; -EBUSY it may be torn, why says by what and how long at most. */
MUST_USE int delivery_check_whole(const struct delivery *d, const char *source,
	struct instant now, struct fault *why);
/* Whether it is so new that it may be one half of two all the same, and is to be looked
 * at again after it was read. */
bool delivery_is_fresh(const struct delivery *d, struct instant now);
/* Of all its files, as they are stored; UINT64_MAX if it is more. */
uint64_t delivery_bytes(const struct delivery *d);
/* Some columns of it can be read without the others: so the names of its files say. */
bool delivery_has_columns(const struct delivery *d);
/* 0; -ENOMEM. */
MUST_USE int delivery_copy(const struct delivery *d, struct delivery *ret);
void delivery_finish(struct delivery *d);

#endif
