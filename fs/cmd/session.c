#include "fs/cmd/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "aws/auth/settings.h"
#include "base/io.h"

struct session {
	struct profile_set *profiles;
	struct http *http;
	struct credential_provider *credentials;
	struct skew skew;
	struct auth_context context;
	char region[64]; /* of the instance, where nobody has named one */
	char *given_region; /* as it was given, which need not live as long */
};

void keep_memory_private(void)
{
	const struct rlimit no_core = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0);
}

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

static bool begins_with(const char *path, const char *text)
{
	struct buf b = BUF_INIT(4096);
	bool begins = io_read_file(AT_FDCWD, path, &b) == 0 &&
		span_starts(buf_span(&b), span_of(text));

	buf_finish(&b);
	return begins;
}

/* Elsewhere the metadata service would be waited for in vain, by everybody whose region
 * is not set, though S3 needs none. */
static bool is_on_instance(void)
{
	const char *given = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");

	return (given && given[0]) ||
		begins_with("/sys/devices/virtual/dmi/id/sys_vendor", "Amazon EC2") ||
		begins_with("/sys/hypervisor/uuid", "ec2");
}

static void find_region(struct session *s)
{
	if (!s->context.region && is_on_instance() &&
		aws_imds_region(&s->context, NULL, s->region, sizeof(s->region)) == 0)
		s->context.region = s->region;
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
	return credential_cache_new(&s->skew.clock, chain, &s->credentials);
}

int session_open(
	const char *profile, const char *region, struct session **ret, struct fault *why)
{
	struct session *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	keep_memory_private();
	skew_init(&s->skew, clock_system());
	s->context = (struct auth_context){ .env = read_env,
		.home = getenv("HOME"),
		.clock = clock_system(),
		.ask = credential_ask_terminal,
		.skew = &s->skew,
		.profile_is_explicit = profile != NULL };
	if (region)
		s->given_region = strdup(region);
	r = region && !s->given_region
		? -ENOMEM
		: profile_set_load(read_env, s->context.home, &s->profiles, why);
	s->context.profiles = s->profiles;
	s->context.profile = profile_name(profile, read_env);
	if (r == 0)
		r = check_profile(s, profile, why);
	if (r == 0) {
		s->context.region = aws_region(&s->context, s->given_region);
		s->context.use_fips = aws_flag(
			&s->context, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
		s->context.use_dualstack = aws_flag(&s->context,
			"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
		r = open_http(s, why);
	}
	if (r == 0) {
		find_region(s);
		r = open_credentials(s);
	}
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
	free(s->given_region);
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
