/* IAM's users, each with its login profile, and its access keys with their last use. For
 * aws/resource alone; docs/formats.md has the object. */
#ifndef AWS_RESOURCE_USERS_H
#define AWS_RESOURCE_USERS_H

#include "aws/resource/account_private.h"

/* As resource_account_list(). */
MUST_USE int users_list(struct resource_account *a, const struct resource_call *call,
	const atomic_bool *stop, struct inventory_builder *b, struct fault *why);

#endif
