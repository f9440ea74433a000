/* The folders of a source that can hold something of a month. */
#ifndef AWS_EXPORT_MONTHS_H
#define AWS_EXPORT_MONTHS_H

#include "aws/export/delivery.h"

struct month_folder {
	struct month_no month; /* number 0: unknown */
	char *key; /* "" or ending in '/' */
	bool manifests; /* may hold manifests */
	bool data; /* may hold data files */
};
struct month_folder_list {
	struct month_folder *items; /* by month, then by key */
	size_t count, cap;
};
/* ret is zeroed; finished by the caller also on failure. 0; -errno of the source;
 * -ENOMEM. */
MUST_USE int month_folders(struct object_source *s, const struct export_ref *e,
	struct month_folder_list *ret, struct fault *why);
/* Enough of them to know all months. */
MUST_USE int month_folder_names(struct object_source *s, const struct export_ref *e,
	struct month_folder_list *ret, struct fault *why);
void month_folder_list_finish(struct month_folder_list *l);

/* The manifest of name (may be "") among the objects, else the newest; NULL if there is
 * none. */
const struct object_info *pick_manifest(
	const struct object_list *objects, const char *name);
/* The newest manifest of the assembly or execution folders below folder: by timestamp id,
 * else by its own time. ret->key is NULL if there is none, else the caller's to free. 0;
 * -errno. */
MUST_USE int find_assembly_manifest(struct object_source *s, const char *folder,
	const char *name, struct object_info *ret, struct fault *why);
/* 0; -ENOMEM. */
MUST_USE int object_info_copy(const struct object_info *object, struct object_info *ret);
/* Whether a is the newer of two assembly ids: timestamps by time, and always newer than
 * UUIDs, which say nothing: those by when their files were written. */
bool is_newer_assembly(struct span a, struct instant a_modified, struct span b,
	struct instant b_modified);

#endif
