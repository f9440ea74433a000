/* Data Exports' tables that hold no costs (EXPORT_TABLE): which stand beside an export,
 * which partitions each has, and what makes up one. Recommendations have date=D/, carbon
 * emissions carbon_model_version=V/usage_period=P/ (model_version=V/ in the manual),
 * below data/ and below metadata/. */
#ifndef AWS_EXPORT_TABLE_H
#define AWS_EXPORT_TABLE_H

#include "aws/export/delivery.h"

enum {
	TABLES_BESIDE_MAX = 1000, /* folders that are looked into, the first by name */
	TABLES_BESIDE_FAR_MAX = 100, /* where each is a request */
	TABLE_VERSIONS_MAX = 1000, /* of the carbon model */
	TABLE_PARTITIONS_MAX = 10000,
};

/* Appends those that stand in the same folder as home, the folder of an export in s, by
 * listings alone: one of that folder, and one of each that is in it, or two or three. ret
 * is finished by the caller also on failure. 0; -errno of the source; -ENOMEM. What may
 * not be listed below that folder is passed over. */
MUST_USE int tables_beside(struct object_source *s, const char *home,
	struct export_list *ret, struct fault *why);

struct table_partition {
	char *version; /* of the carbon model; "" of what has none */
	char *value; /* "2026-11-23"; never "" */
	/* Its folders, ending in '/'; NULL where there is none. */
	char *data, *metadata;
};
struct table_partition_list {
	struct table_partition *items; /* by value, then by version: v9 before v10 */
	size_t count, cap;
};
/* By listings alone: two, and two for each version of the carbon model. ret is zeroed,
 * finished by the caller also on failure. 0; -E2BIG over the limits; -errno of the
 * source; -ENOMEM. */
MUST_USE int table_partitions(struct object_source *s, const struct export_ref *e,
	struct table_partition_list *ret, struct fault *why);
void table_partition_list_finish(struct table_partition_list *l);
void table_partition_finish(struct table_partition *p);

/* As delivery_read(), of a partition. */
MUST_USE int table_delivery(struct object_source *s, const struct export_ref *e,
	const struct table_partition *p, struct delivery *ret, struct fault *why);

#endif
