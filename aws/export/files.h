/* The two ways to the files of a month: by the names in a manifest, and by what lies
 * there. */
#ifndef AWS_EXPORT_FILES_H
#define AWS_EXPORT_FILES_H

#include "aws/export/delivery.h"
#include "aws/export/manifest.h"

/* Appends a copy of the object. 0; -ENOMEM; -EFBIG over DELIVERY_FILES_MAX. */
MUST_USE int delivery_add_file(struct delivery *d, const struct object_info *object);

/* Appends the objects that m, read from manifest, names for month (number 0: any).
 * month_folder is the folder of the month that the manifest stands in. 0; -ENODATA one is
 * missing or empty; -EBADMSG two names are one object, or of another month; -errno of the
 * source; -ENOMEM. */
struct files_named {
	struct object_source *s;
	const struct export_ref *e;
	const struct manifest *m;
	const struct object_info *manifest;
	struct span month_folder;
	struct month_no month;
};
MUST_USE int files_named(
	const struct files_named *n, struct delivery *ret, struct fault *why);

/* Appends the newest complete-looking delivery among what lies in the folders, and says
 * its assembly. 0; -ENODATA there is none; -errno of the source; -ENOMEM. */
struct month_folder_list;
MUST_USE int files_found(struct object_source *s, const struct export_ref *e,
	const struct month_folder_list *folders, struct month_no month,
	struct delivery *ret, struct fault *why);
/* A delivery of what files_found() finds in this folder, of no month. Errnos likewise. */
MUST_USE int delivery_read_folder(struct object_source *s, const struct export_ref *e,
	const char *folder, struct delivery *ret, struct fault *why);

#endif
