#include "aws/auth/settings.h"

enum { SETTINGS_ATTEMPTS = 3, SETTINGS_ATTEMPTS_LEGACY = 5, SETTINGS_ATTEMPTS_MAX = 100 };

static const char *variable(const struct auth_context *c, const char *name)
{
	const char *value = c->env ? c->env(name) : NULL;

	return value && value[0] ? value : NULL;
}

static const char *profile_value(const struct auth_context *c, const char *key)
{
	const char *value =
		c->profiles ? profile_get(c->profiles, c->profile, key) : NULL;

	return value && value[0] ? value : NULL;
}

/* The variable's value, else the profile's; NULL for none. */
static const char *setting(
	const struct auth_context *c, const char *name, const char *key)
{
	const char *value = variable(c, name);

	return value ? value : profile_value(c, key);
}

const char *aws_region(const struct auth_context *c, const char *given)
{
	const char *value = given && given[0] ? given : variable(c, "AWS_REGION");

	return value ? value : setting(c, "AWS_DEFAULT_REGION", "region");
}

const char *aws_ca_bundle(const struct auth_context *c)
{
	const char *value = setting(c, "AWS_CA_BUNDLE", "ca_bundle");

	return value ? value : variable(c, "REQUESTS_CA_BUNDLE");
}

unsigned aws_max_attempts_or(const struct auth_context *c, unsigned usual)
{
	const char *value = setting(c, "AWS_MAX_ATTEMPTS", "max_attempts");
	uint64_t attempts;

	if (value &&
		span_parse_u64(span_of(value), SETTINGS_ATTEMPTS_MAX, &attempts) == 0 &&
		attempts > 0)
		return (unsigned)attempts;
	return usual;
}

unsigned aws_max_attempts(const struct auth_context *c)
{
	const char *mode = setting(c, "AWS_RETRY_MODE", "retry_mode");
	bool is_legacy = mode && span_eq_nocase(span_of(mode), SPAN("legacy"));

	return aws_max_attempts_or(
		c, is_legacy ? SETTINGS_ATTEMPTS_LEGACY : SETTINGS_ATTEMPTS);
}

bool aws_flag(const struct auth_context *c, const char *name, const char *key)
{
	const char *value = setting(c, name, key);

	return value && span_eq_nocase(span_of(value), SPAN("true"));
}
