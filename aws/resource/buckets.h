/* S3's buckets, each with its region, tags, ACL, policy status and public access block,
 * and whether it is public. For aws/resource alone; docs/formats.md has the object. */
#ifndef AWS_RESOURCE_BUCKETS_H
#define AWS_RESOURCE_BUCKETS_H

#include "aws/resource/account_private.h"

/* As resource_account_list(). */
MUST_USE int buckets_list(struct resource_account *a, const struct resource_call *call,
	const atomic_bool *stop, struct inventory_builder *b, struct fault *why);

#endif
