/* What the files of policies share. */
#ifndef FS_CMD_POLICY_PRIVATE_H
#define FS_CMD_POLICY_PRIVATE_H

#include "fs/cmd/policy.h"

struct policy_partition {
	const char *name;
	const char *billing_region; /* NULL: AWS delivers no exports in it */
	const char *domain; /* of services, in conditions */
};

/* NULL: none that is known. */
const struct policy_partition *policy_partition_of(const struct policy_subject *s);
const char *policy_partition_name(const struct policy_subject *s);

/* Length of the ARN of a key that text begins with, 0 for none. ret_region may be NULL.
 */
size_t policy_measure_key(struct span text, struct span *ret_region);

#endif
