/* Credentials of one account: a role in it, assumed, or those that were given, once they
 * are known to be its own. For aws/resource alone. */
#ifndef AWS_RESOURCE_OWNER_H
#define AWS_RESOURCE_OWNER_H

#include "aws/resource/account.h"

/* A provider that keeps nothing: for credential_cache_new(). Its get: as
 * credential_get(), and -EACCES the role may not be assumed, or the credentials are of
 * another account. calls counts what is asked of STS. options' context, credentials and
 * calls are borrowed. 0; -EINVAL as resource_account_new(); -ENOMEM. */
MUST_USE int owner_new(const struct resource_account_options *options,
	_Atomic uint64_t *calls, struct credential_provider **ret, struct fault *why);

#endif
