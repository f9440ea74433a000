/* Keys written into ~/.aws/credentials, or into ~/.aws/config, which comes later in the
 * chain. */
#include <errno.h>

#include "aws/auth/secret.h"
#include "aws/auth/source.h"

struct static_source {
	struct source source;
	bool is_config;
	atomic_bool has_given; /* what is asked for again has been refused */
};

static const char *value_of(
	const struct static_source *s, const struct profile_set *set, const char *key)
{
	if (!set)
		return NULL;
	return s->is_config ? profile_get_config(set, s->source.profile, key)
			    : profile_get_credentials(set, s->source.profile, key);
}

static int read_keys(const struct static_source *s, const struct profile_set *set,
	struct credentials *ret)
{
	const char *token = value_of(s, set, "aws_security_token");
	int r = secret_set(&ret->access_key_id, value_of(s, set, "aws_access_key_id"));

	if (!token)
		token = value_of(s, set, "aws_session_token");
	if (r == 0)
		r = secret_set(&ret->secret, value_of(s, set, "aws_secret_access_key"));
	if (r == 0 && token && *token)
		r = secret_set(&ret->session_token, token);
	if (r == 0)
		r = secret_set(&ret->account_id, value_of(s, set, "aws_account_id"));
	return r;
}

static int take_keys(const struct static_source *s, const struct profile_set *set,
	struct credentials *ret, struct fault *why)
{
	const char *id = value_of(s, set, "aws_access_key_id");
	const char *secret = value_of(s, set, "aws_secret_access_key");
	struct credentials c = {
		.expires = { INSTANT_NONE },
		.source = s->source.name,
	};
	int r;

	if (!id)
		return -ENOKEY;
	if (!*id || !secret || !*secret)
		return fault(why, -EKEYREJECTED,
			"%s: aws_access_key_id and "
			"aws_secret_access_key are needed both",
			s->source.name);
	r = read_keys(s, set, &c);
	if (r < 0) {
		credentials_finish(&c);
		return r;
	}
	*ret = c;
	return 0;
}

/* Tools that sign in write new keys into the same file. */
static int static_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct static_source *s = (struct static_source *)p;
	const struct auth_context *c = s->source.context;
	struct profile_set *fresh = NULL;
	int r;

	(void)stop;
	if (atomic_exchange(&s->has_given, true) && c->env &&
		profile_set_load(c->env, c->home, &fresh, NULL) < 0)
		fresh = NULL;
	r = take_keys(s, fresh ? fresh : c->profiles, ret, why);
	profile_set_free(fresh);
	return r;
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
