/* The token of an `aws sso login`, as it is kept in ~/.aws/sso/cache. */
#ifndef AWS_AUTH_SSO_TOKEN_H
#define AWS_AUTH_SSO_TOKEN_H

#include "aws/auth/credentials.h"

struct sso_session {
	const char *name; /* NULL: the older kind, known by its URL, never refreshed */
	const char *start_url, *region;
	const char *profile; /* for cures */
};

/* Plain, zeroed. */
struct sso_tokens {
	_Atomic uint64_t tried_ms; /* when a refresh was tried last; 0 = never */
};

/* The file is read each time, so that a login is seen at once. A token that ends soon is
 * refreshed, at most once a minute, and written back. *ret: to be freed by secret_free().
 * 0; -EKEYEXPIRED there is none, or it has ended; -EKEYREJECTED; transport errnos;
 * -ENOMEM. */
MUST_USE int sso_token_get(struct sso_tokens *tokens, const struct auth_context *context,
	const struct sso_session *session, const atomic_bool *stop, char **ret,
	struct fault *why);
/* Which login helps. */
void sso_login_cure(struct fault *why, const struct sso_session *session);

#endif
