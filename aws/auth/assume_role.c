/* role_arn with source_profile or credential_source. The whole way from the source to the
 * role is made at once; what is wrong with it is told by each get. */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "aws/auth/role.h"
#include "aws/auth/secret.h"
#include "aws/auth/source.h"

enum { MFA_CODE_MAX = 64, DURATION_MAX = 1000 * 1000 };

struct role_source {
	struct source source;
	struct credential_provider *from; /* signs; NULL when the profile has no role */
	struct disk_cache cache;
	struct fault broken; /* error 0: nothing is */
};

static bool has_role(const struct auth_context *c, const char *profile)
{
	return profile_get(c->profiles, profile, "role_arn") &&
		!profile_get(c->profiles, profile, "web_identity_token_file");
}

static bool has_keys(const struct auth_context *c, const char *profile)
{
	return profile_get(c->profiles, profile, "aws_access_key_id") ||
		profile_get(c->profiles, profile, "aws_secret_access_key");
}

static struct sts_role role_of(const struct source *s)
{
	const char *duration = source_get(s, "duration_seconds");
	uint64_t seconds;

	if (!duration ||
		span_parse_u64(span_trim(span_of(duration)), DURATION_MAX, &seconds) < 0)
		seconds = 0;
	return (struct sts_role){
		.role_arn = source_get(s, "role_arn"),
		.session_name = source_get(s, "role_session_name"),
		.external_id = source_get(s, "external_id"),
		.mfa_serial = source_get(s, "mfa_serial"),
		.duration_seconds = (unsigned)seconds,
	};
}

static int ask_code(const struct role_source *x, const struct sts_role *role,
	const atomic_bool *stop, char code[MFA_CODE_MAX], struct fault *why)
{
	const struct auth_context *c = x->source.context;
	char question[256];
	int r = -ENOTTY;

	(void)snprintf(
		question, sizeof(question), "Enter MFA code for %s: ", role->mfa_serial);
	if (c->ask)
		r = c->ask(question, stop, code, MFA_CODE_MAX);
	if (r == 0 || r == -ECANCELED || r == -ENOMEM)
		return r;
	if (r != -ENOTTY)
		return fault(why, -EKEYREJECTED, "%s: no MFA code was given for %s",
			x->source.name, role->mfa_serial);
	r = fault(why, -EKEYEXPIRED,
		"%s: the role wants an MFA code of %s, and nobody can be asked for it",
		x->source.name, role->mfa_serial);
	fault_cure(why,
		"run 'aws sts get-caller-identity --profile %s' in a terminal; the "
		"session that it keeps is then used here",
		x->source.profile);
	return r;
}

static int assume(struct role_source *x, const struct credentials *signer,
	const atomic_bool *stop, struct credentials *ret, struct fault *why)
{
	struct role_caller caller = {
		.context = x->source.context,
		.cache = &x->cache,
		.source = x->source.name,
	};
	struct sts_role role = role_of(&x->source);
	char code[MFA_CODE_MAX];
	int r = 0;

	if (role.mfa_serial) {
		r = ask_code(x, &role, stop, code, why);
		role.mfa_code = code;
	}
	if (r == 0)
		r = role_assume(&caller, &role, signer, stop, ret, why);
	OPENSSL_cleanse(code, sizeof(code));
	return r;
}

static int get_signer(struct role_source *x, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	int r = credential_get(x->from, stop, ret, why);

	if (r == -ENOKEY) {
		const char *from = source_get(&x->source, "credential_source");

		if (!from)
			from = source_get(&x->source, "source_profile");
		r = fault(why, -EKEYREJECTED, "%s: its source %s has no credentials",
			x->source.name, from);
		fault_cure(why, "give %s credentials, or name another source", from);
	} else if (r < 0) {
		fault_prefix(why, "profile %s", x->source.profile);
	}
	return r;
}

static int role_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct role_source *x = (struct role_source *)p;
	struct credentials signer = { 0 };
	int r;

	if (x->broken.error) {
		if (why)
			*why = x->broken;
		return x->broken.error;
	}
	if (!x->from)
		return -ENOKEY;
	if (disk_cache_load(&x->cache, ret)) {
		ret->source = x->source.name;
		return 0;
	}
	for (int attempt = 0;; attempt++) {
		r = get_signer(x, stop, &signer, why);
		if (r == 0)
			r = assume(x, &signer, stop, ret, why);
		/* Temporary keys of the source may have been withdrawn: once anew. */
		if ((r != -EKEYEXPIRED && r != -EKEYREJECTED) || attempt > 0 ||
			!signer.session_token || source_get(&x->source, "mfa_serial"))
			break;
		credential_cache_drop(x->from, &signer);
		credentials_finish(&signer);
	}
	credentials_finish(&signer);
	return r;
}

static void role_free(struct credential_provider *p)
{
	struct role_source *x = (struct role_source *)p;

	credential_provider_free(x->from);
	disk_cache_finish(&x->cache);
	source_free(p);
}

static void role_drop(struct credential_provider *p, const struct credentials *refused)
{
	struct role_source *x = (struct role_source *)p;

	disk_cache_drop(&x->cache, refused);
	credential_cache_drop(x->from, refused);
}

static int refuse(struct role_source *x, const char *what, const char *name)
{
	(void)fault(&x->broken, -EKEYREJECTED, "profile %s: %s%s%s", x->source.profile,
		what, name ? " " : "", name ? name : "");
	fault_cure(&x->broken, "correct the profile in ~/.aws/config");
	return 0;
}

static int use_source(struct role_source *x, const char *name)
{
	const struct auth_context *c = x->source.context;

	if (strcmp(name, "Environment") == 0)
		return env_source_new(c, &x->from);
	if (strcmp(name, "Ec2InstanceMetadata") == 0)
		return imds_source_new(c, &x->from);
	if (strcmp(name, "EcsContainer") == 0)
		return container_source_new(c, &x->from);
	return refuse(x, "no credential_source is called", name);
}

static bool was_visited(const struct role_visit *visit, const char *profile)
{
	for (; visit; visit = visit->before)
		if (strcmp(visit->profile, profile) == 0)
			return true;
	return false;
}

static size_t depth_of(const struct role_visit *visit)
{
	size_t depth = 0;

	for (; visit; visit = visit->before)
		depth++;
	return depth;
}

/* Roles of roles: bounded by ROLE_DEPTH_MAX. NOLINTNEXTLINE(misc-no-recursion) */
static int use_profile(
	struct role_source *x, const char *name, const struct role_visit *visit)
{
	const struct auth_context *c = x->source.context;

	if (!profile_exists(c->profiles, name))
		return refuse(x, "there is no source_profile", name);
	if (was_visited(visit, name) &&
		(strcmp(name, x->source.profile) != 0 || !has_keys(c, name)))
		return refuse(x, "its source_profile leads in a circle to", name);
	if (depth_of(visit) >= ROLE_DEPTH_MAX)
		return refuse(x, "too many roles in a row before source_profile", name);
	/* Keys win over a role: they may be what the role is assumed with. */
	if (has_keys(c, name) || !has_role(c, name))
		return profile_chain_new(c, name, false, &x->from);
	return role_source_new(c, name, visit, &x->from);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int find_source(struct role_source *x, const struct role_visit *before)
{
	const char *profile = source_get(&x->source, "source_profile");
	const char *named = source_get(&x->source, "credential_source");
	struct role_visit visit = { .profile = x->source.profile, .before = before };

	if (profile && named)
		return refuse(
			x, "it has both source_profile and credential_source", NULL);
	if (named)
		return use_source(x, named);
	if (profile)
		return use_profile(x, profile, &visit);
	return refuse(x, "role_arn needs a source_profile or a credential_source", NULL);
}

static int init_cache(struct role_source *x)
{
	struct sts_role role = role_of(&x->source);
	struct buf key = BUF_INIT(ROLE_KEY_MAX);
	int r = role_cache_key(&role, &key);

	if (r == 0)
		r = disk_cache_init(&x->cache, x->source.context, buf_span(&key));
	buf_finish(&key);
	return r == -EFBIG ? refuse(x, "its values are too long", NULL) : r;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
int role_source_new(const struct auth_context *c, const char *profile,
	const struct role_visit *before, struct credential_provider **ret)
{
	static const struct credential_ops ops = {
		.get = role_get,
		.free = role_free,
		.drop = role_drop,
	};
	struct role_source *x = source_new(c, profile, "assume role", &ops, sizeof(*x));
	int r = 0;

	if (!x)
		return -ENOMEM;
	if (c->profiles && has_role(c, profile)) {
		r = init_cache(x);
		if (r == 0 && !x->broken.error)
			r = find_source(x, before);
	}
	if (r < 0) {
		role_free(&x->source.base);
		return r;
	}
	*ret = &x->source.base;
	return 0;
}
