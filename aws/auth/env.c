/* AWS_ACCESS_KEY_ID and its kin. */
#include <errno.h>

#include "aws/auth/secret.h"
#include "aws/auth/source.h"

static int read_env(const struct auth_context *c, struct credentials *ret)
{
	/* The older name first, as botocore. */
	const char *token = context_env(c, "AWS_SECURITY_TOKEN");
	int r = secret_set(&ret->access_key_id, context_env(c, "AWS_ACCESS_KEY_ID"));

	if (r == 0)
		r = secret_set(&ret->secret, context_env(c, "AWS_SECRET_ACCESS_KEY"));
	if (r == 0)
		r = secret_set(&ret->session_token,
			token ? token : context_env(c, "AWS_SESSION_TOKEN"));
	if (r == 0)
		r = secret_set(&ret->account_id, context_env(c, "AWS_ACCOUNT_ID"));
	return r;
}

static int env_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	const struct source *s = (const struct source *)p;
	const char *expires = context_env(s->context, "AWS_CREDENTIAL_EXPIRATION");
	struct credentials c = { .expires = { INSTANT_NONE }, .source = s->name };
	int r;

	(void)stop;
	if (!context_env(s->context, "AWS_ACCESS_KEY_ID"))
		return -ENOKEY;
	if (!context_env(s->context, "AWS_SECRET_ACCESS_KEY")) {
		r = fault(why, -EKEYREJECTED,
			"AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
		fault_cure(why, "set both, or none of them");
		return r;
	}
	if (expires && expiry_parse(expires, &c.expires) < 0)
		return fault(why, -EKEYREJECTED,
			"AWS_CREDENTIAL_EXPIRATION is no time in ISO 8601: %s", expires);
	if (expiry_left(s->context, c.expires) <= 0) {
		r = fault(why, -EKEYEXPIRED,
			"the credentials of the environment ended at %s", expires);
		fault_cure(why,
			"get new ones and set AWS_ACCESS_KEY_ID, "
			"AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN");
		return r;
	}
	r = read_env(s->context, &c);
	if (r < 0) {
		credentials_finish(&c);
		return r;
	}
	*ret = c;
	return 0;
}

int env_source_new(const struct auth_context *c, struct credential_provider **ret)
{
	static const struct credential_ops ops = { .get = env_get, .free = source_free };
	struct source *s = source_new(c, NULL, "environment", &ops, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = &s->base;
	return 0;
}
