/* The Security Token Service, as far as it gives credentials. */
#ifndef AWS_AUTH_STS_H
#define AWS_AUTH_STS_H

#include "aws/auth/credentials.h"

/* Those that are NULL or 0 are not sent. */
struct sts_role {
	const char *role_arn;
	const char *session_name;
	const char *external_id;
	const char *mfa_serial, *mfa_code;
	unsigned duration_seconds;
	const char *web_identity_token; /* then AssumeRoleWithWebIdentity, not signed */
};
struct sts_identity {
	char *account_id, *arn, *user_id;
};

/* 0, and credentials without source; errnos of credential_get(). */
MUST_USE int sts_assume_role(const struct auth_context *c, const struct sts_role *role,
	const struct credentials *signer, const atomic_bool *stop,
	struct credentials *ret, struct fault *why);
MUST_USE int sts_caller_identity(const struct auth_context *c,
	const struct credentials *signer, const atomic_bool *stop,
	struct sts_identity *ret, struct fault *why);
void sts_identity_finish(struct sts_identity *i);

#endif
