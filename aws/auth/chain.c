/* One source after the other: the first that is configured decides. */
#include <errno.h>
#include <stdlib.h>

#include "aws/auth/source.h"

enum { CHAIN_MAX = 12 };

struct chain {
	struct source source;
	struct credential_provider *items[CHAIN_MAX];
	size_t count;
	bool is_whole; /* the default chain: says so when nothing was found */
};

static void chain_free(struct credential_provider *p)
{
	struct chain *x = (struct chain *)p;

	for (size_t i = 0; i < x->count; i++)
		credential_provider_free(x->items[i]);
	source_free(p);
}

static void chain_drop(struct credential_provider *p, const struct credentials *refused)
{
	struct chain *x = (struct chain *)p;

	for (size_t i = 0; i < x->count; i++)
		credential_cache_drop(x->items[i], refused);
}

/* A profile that is named must exist, even where the environment has keys. */
static int check_profile(const struct source *s, struct fault *why)
{
	const struct auth_context *c = s->context;
	int r;

	if (c->profiles && profile_exists(c->profiles, s->profile))
		return 0;
	if (!c->profile_is_explicit && strcmp(s->profile, "default") == 0)
		return 0;
	r = fault(why, -EKEYREJECTED,
		"the profile %s is neither in the config nor in the "
		"credentials file of AWS",
		s->profile);
	fault_cure(why, "run 'aws configure list-profiles' to see which there are");
	return r;
}

static int chain_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct chain *x = (struct chain *)p;
	struct fault last = { 0 };
	int r = x->is_whole ? check_profile(&x->source, why) : 0;

	if (r < 0)
		return r;
	r = -ENOKEY;
	for (size_t i = 0; i < x->count && r == -ENOKEY; i++) {
		last = (struct fault){ 0 };
		r = credential_get(x->items[i], stop, ret, &last);
	}
	if (r == -ENOKEY && x->is_whole) {
		(void)fault(why, r, "no AWS credentials were found%s%s%s",
			last.text[0] ? " (" : "", last.text, last.text[0] ? ")" : "");
		fault_cure(why,
			"name a profile that has some, --profile NAME (aws configure "
			"list-profiles); or make one: aws configure sso, or aws "
			"configure; or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
	} else if (r < 0 && why) {
		*why = last;
	}
	return r;
}

static struct chain *chain_new(const struct auth_context *c, const char *profile)
{
	static const struct credential_ops ops = {
		.get = chain_get,
		.free = chain_free,
		.drop = chain_drop,
	};

	return source_new(c, profile, "chain", &ops, sizeof(struct chain));
}

/* For the results of constructors; the item is the chain's only when it was made. */
static int count_in(struct chain *x, int r)
{
	if (r == 0)
		x->count++;
	return r;
}

static struct credential_provider **next(struct chain *x)
{
	return &x->items[x->count];
}

static int add_profile(struct chain *x, const struct auth_context *c, const char *profile,
	bool reads_env)
{
	int r = count_in(x, web_identity_source_new(c, profile, reads_env, next(x)));

	if (r == 0)
		r = count_in(x, sso_source_new(c, profile, next(x)));
	if (r == 0)
		r = count_in(x, static_source_new(c, profile, false, next(x)));
	if (r == 0)
		r = count_in(x, login_source_new(c, profile, next(x)));
	if (r == 0)
		r = count_in(x, process_source_new(c, profile, next(x)));
	if (r == 0)
		r = count_in(x, static_source_new(c, profile, true, next(x)));
	return r;
}

static int finish_new(struct chain *x, int r, struct credential_provider **ret)
{
	if (r < 0) {
		chain_free(&x->source.base);
		return r;
	}
	*ret = &x->source.base;
	return 0;
}

int profile_chain_new(const struct auth_context *c, const char *profile, bool reads_env,
	struct credential_provider **ret)
{
	struct chain *x = chain_new(c, profile);

	if (!x)
		return -ENOMEM;
	return finish_new(x, add_profile(x, c, profile, reads_env), ret);
}

int credential_chain_new(
	const struct auth_context *context, struct credential_provider **ret)
{
	const struct auth_context *c = context;
	struct chain *x = chain_new(c, c->profile);
	bool reads_env = !c->profile_is_explicit;
	int r = 0;

	if (!x)
		return -ENOMEM;
	x->is_whole = true;
	if (reads_env)
		r = count_in(x, env_source_new(c, next(x)));
	if (r == 0)
		r = count_in(x, role_source_new(c, c->profile, NULL, next(x)));
	if (r == 0)
		r = add_profile(x, c, c->profile, reads_env);
	if (r == 0)
		r = count_in(x, container_source_new(c, next(x)));
	if (r == 0)
		r = count_in(x, imds_source_new(c, next(x)));
	return finish_new(x, r, ret);
}
