/* Keys written into ~/.aws/credentials, or into ~/.aws/config, which comes later in the
 * chain. */
#include <errno.h>

#include "aws/auth/secret.h"
#include "aws/auth/source.h"

struct static_source {
	struct source source;
	bool is_config;
};

static const char *value_of(const struct static_source *s, const char *key)
{
	const struct profile_set *set = s->source.context->profiles;

	if (!set)
		return NULL;
	return s->is_config ? profile_get_config(set, s->source.profile, key)
			    : profile_get_credentials(set, s->source.profile, key);
}

static int read_keys(const struct static_source *s, struct credentials *ret)
{
	const char *token = value_of(s, "aws_security_token");
	int r = secret_set(&ret->access_key_id, value_of(s, "aws_access_key_id"));

	if (!token)
		token = value_of(s, "aws_session_token");
	if (r == 0)
		r = secret_set(&ret->secret, value_of(s, "aws_secret_access_key"));
	if (r == 0 && token && *token)
		r = secret_set(&ret->session_token, token);
	if (r == 0)
		r = secret_set(&ret->account_id, value_of(s, "aws_account_id"));
	return r;
}

static int static_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	const struct static_source *s = (const struct static_source *)p;
	const char *id = value_of(s, "aws_access_key_id");
	const char *secret = value_of(s, "aws_secret_access_key");
	struct credentials c = {
		.expires = { INSTANT_NONE },
		.source = s->source.name,
	};
	int r;

	(void)stop;
	if (!id)
		return -ENOKEY;
	if (!*id || !secret || !*secret)
		return fault(why, -EKEYREJECTED,
			"%s: aws_access_key_id and "
			"aws_secret_access_key are needed both",
			s->source.name);
	r = read_keys(s, &c);
	if (r < 0) {
		credentials_finish(&c);
		return r;
	}
	*ret = c;
	return 0;
}

int static_source_new(const struct auth_context *c, const char *profile, bool is_config,
	struct credential_provider **ret)
{
	static const struct credential_ops ops = {
		.get = static_get,
		.free = source_free,
	};
	struct static_source *s = source_new(c, profile,
		is_config ? "config file" : "credentials file", &ops, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->is_config = is_config;
	*ret = &s->source.base;
	return 0;
}
