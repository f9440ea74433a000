#include "fs/cmd/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth/settings.h"

struct session {
	struct profile_set *profiles;
	struct http *http;
	struct credential_provider *credentials;
	struct auth_context context;
};

static const char *read_env(const char *name)
{
	return getenv(name);
}

static int check_profile(const struct session *s, const char *given, struct fault *why)
{
	const char *profile = s->context.profile;
	bool is_named = given || getenv("AWS_PROFILE") || getenv("AWS_DEFAULT_PROFILE");

	if (!is_named || strcmp(profile, "default") == 0 ||
		profile_exists(s->profiles, profile))
		return 0;
	fault(why, -EINVAL, "there is no profile \"%s\" in the AWS configuration",
		profile);
	fault_cure(why,
		"see aws configure list-profiles; make it with aws configure sso "
		"or aws configure --profile %s",
		profile);
	return -EINVAL;
}

static int open_http(struct session *s, struct fault *why)
{
	const struct http_options options = { .ca_bundle = aws_ca_bundle(&s->context),
		.user_agent = "costfs/" COSTFS_VERSION };
	int r = http_curl_new(&options, &s->http, why);

	s->context.http = s->http;
	return r;
}

static int open_credentials(struct session *s)
{
	struct credential_provider *chain = NULL;
	int r = credential_chain_new(&s->context, &chain);

	if (r < 0)
		return r;
	return credential_cache_new(s->context.clock, chain, &s->credentials);
}

int session_open(
	const char *profile, const char *region, struct session **ret, struct fault *why)
{
	struct session *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->context = (struct auth_context){ .env = read_env,
		.home = getenv("HOME"),
		.clock = clock_system(),
		.profile_is_explicit = profile != NULL };
	r = profile_set_load(read_env, s->context.home, &s->profiles, why);
	s->context.profiles = s->profiles;
	s->context.profile = profile_name(profile, read_env);
	if (r == 0)
		r = check_profile(s, profile, why);
	if (r == 0) {
		s->context.region = aws_region(&s->context, region);
		s->context.use_fips = aws_flag(
			&s->context, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
		s->context.use_dualstack = aws_flag(&s->context,
			"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
		r = open_http(s, why);
	}
	if (r == 0)
		r = open_credentials(s);
	if (r < 0) {
		session_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	credential_provider_free(s->credentials);
	if (s->http)
		http_free(s->http);
	profile_set_free(s->profiles);
	free(s);
}

const struct auth_context *session_context(const struct session *s)
{
	return &s->context;
}

struct credential_provider *session_credentials(const struct session *s)
{
	return s->credentials;
}
