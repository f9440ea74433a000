/* The manifest of a delivery: the JSON that names the objects of a month. Legacy reports
 * and Data Exports write different ones. */
#ifndef AWS_EXPORT_MANIFEST_H
#define AWS_EXPORT_MANIFEST_H

#include "aws/export/layout.h"
#include "base/day.h"

enum {
	MANIFEST_DEPTH_MAX = 32,
	/* Values and members: 100,000 files and thousands of columns, but not gigabytes
	 * of parsed JSON from a file that is all brackets. */
	MANIFEST_VALUES_MAX = 1000000,
	MANIFEST_ASSEMBLY_MAX = 256, /* bytes */
};

/* Plain; zeroed = empty. Texts are "" where the manifest has none, never NULL once read.
 */
struct manifest {
	char *assembly; /* assembly or execution id */
	char *name; /* of the report; Data Exports do not say */
	struct month_no month; /* of billingPeriod; number 0 where there is none */
	/* As an object source spells them: no bucket, single '/', none at the ends, no
	 * "." and "..". */
	char **keys;
	size_t count, cap;
	/* By the columns that it names, which are not always all. */
	enum export_table table; /* TABLE_UNKNOWN where it names none */
	bool has_resources;
};

/* name is the object's, for messages. ret is zeroed; finished by the caller also on
 * failure. 0; -EBADMSG no JSON, no manifest, or a key that no object can have; -EFBIG
 * over the limits, DELIVERY_FILES_MAX and OBJECT_KEY_MAX among them; -ENOMEM. */
MUST_USE int manifest_parse(
	struct span text, const char *name, struct manifest *ret, struct fault *why);
void manifest_finish(struct manifest *m);

struct object_source;
struct object_info;
/* Reads the object, then the same; also -EFBIG over MANIFEST_BYTES_MAX, -ESTALE when it
 * has changed, -errno of the source. */
MUST_USE int manifest_read(struct object_source *s, const struct object_info *object,
	struct manifest *ret, struct fault *why);

#endif
