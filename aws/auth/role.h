/* What both ways to assume a role share: the key of the disk cache and the name of the
 * session. */
#ifndef AWS_AUTH_ROLE_H
#define AWS_AUTH_ROLE_H

#include "aws/auth/disk_cache.h"
#include "aws/auth/sts.h"

enum { ROLE_KEY_MAX = 64 * 1024 };

/* Appends the JSON whose SHA-1 is the key, as AWS CLI spells it. 0; -ENOMEM; -EFBIG. */
MUST_USE int role_cache_key(const struct sts_role *role, struct buf *ret);
/* Asks STS and keeps the answer; role->session_name NULL: one is made. 0; errnos of
 * credential_get(). */
struct role_caller {
	const struct auth_context *context;
	struct disk_cache *cache;
	const char *source; /* for credentials.source */
};
MUST_USE int role_assume(const struct role_caller *caller, const struct sts_role *role,
	const struct credentials *signer, const atomic_bool *stop,
	struct credentials *ret, struct fault *why);

#endif
