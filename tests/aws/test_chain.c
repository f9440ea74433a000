/* Which source decides: the order of AWS CLI v2, botocore's rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "tests/aws/auth_world.h"

#define NOWHERE "AWS_EC2_METADATA_DISABLED"

static void env_keys(struct world *w)
{
	world_env(w, NOWHERE, "TRUE");
	world_env(w, "AWS_ACCESS_KEY_ID", "AKENV");
	world_env(w, "AWS_SECRET_ACCESS_KEY", "S3CR3T");
}

static void two_files(struct world *w)
{
	world_write(w, ".aws/credentials",
		"[default]\naws_access_key_id=AKFILE\naws_secret_access_key=S3CR3T\n"
		"[p]\naws_access_key_id=AKP\naws_secret_access_key=S3CR3T\n");
	world_write(w, ".aws/config",
		"[default]\naws_access_key_id=AKCONF\naws_secret_access_key=S3CR3T\n"
		"[profile c]\naws_access_key_id=AKC\naws_secret_access_key=S3CR3T\n");
}

static void the_environment_comes_first(void **state)
{
	struct world *w = *state;

	env_keys(w);
	two_files(w);
	world_expect(w, NULL, "AKENV");
	assert_string_equal(w->got.source, "environment");
	world_restart(w);
	/* A profile of the environment does not change that. */
	world_env(w, "AWS_PROFILE", "p");
	world_expect(w, NULL, "AKENV");
}

static void a_given_profile_removes_the_environment(void **state)
{
	struct world *w = *state;

	env_keys(w);
	two_files(w);
	world_expect(w, "p", "AKP");
	assert_string_equal(w->got.source, "profile p (credentials file)");
	world_restart(w);
	world_expect(w, "c", "AKC");
	assert_string_equal(w->got.source, "profile c (config file)");
}

static void the_credentials_file_comes_before_the_config_file(void **state)
{
	struct world *w = *state;

	world_env(w, NOWHERE, "true");
	two_files(w);
	world_expect(w, NULL, "AKFILE");
	world_restart(w);
	world_env(w, "AWS_DEFAULT_PROFILE", "c");
	world_expect(w, NULL, "AKC");
}

static void a_profile_that_is_not_there_is_an_error(void **state)
{
	struct world *w = *state;

	env_keys(w);
	world_expect_fault(w, "x", -EKEYREJECTED, "the profile x is neither", "aws");
	world_restart(w);
	world_expect_fault(w, "default", -EKEYREJECTED, "the profile default", NULL);
	world_restart(w);
	world_env(w, "AWS_PROFILE", "y");
	world_expect_fault(w, NULL, -EKEYREJECTED, "the profile y is neither", NULL);
}

static void nothing_at_all_says_what_to_do(void **state)
{
	struct world *w = *state;

	world_env(w, NOWHERE, "true");
	world_expect_fault(
		w, NULL, -ENOKEY, "no AWS credentials were found", "aws configure");
}

static void half_an_environment_is_an_error(void **state)
{
	struct world *w = *state;

	world_env(w, NOWHERE, "true");
	world_env(w, "AWS_ACCESS_KEY_ID", "AKENV");
	two_files(w);
	world_expect_fault(
		w, NULL, -EKEYREJECTED, "AWS_SECRET_ACCESS_KEY is not", "both");
	world_restart(w);
	/* An empty one is not set. */
	world_env(w, "AWS_ACCESS_KEY_ID", "");
	world_expect(w, NULL, "AKFILE");
}

static void half_a_profile_is_an_error(void **state)
{
	struct world *w = *state;

	world_env(w, NOWHERE, "true");
	world_write(w, ".aws/credentials", "[default]\naws_access_key_id=AK\n");
	world_write(w, ".aws/config",
		"[default]\naws_access_key_id=AKC\naws_secret_access_key=S3CR3T\n");
	world_expect_fault(w, NULL, -EKEYREJECTED,
		"profile default (credentials file): aws_access_key_id and", NULL);
}

static void a_broken_source_does_not_fall_through(void **state)
{
	struct world *w = *state;

	world_env(w, NOWHERE, "true");
	world_write(w, ".aws/config",
		"[profile p]\ncredential_process=/nonexistent\n"
		"aws_access_key_id=AK\naws_secret_access_key=S3CR3T\n");
	world_expect_fault(
		w, "p", -EKEYREJECTED, "profile p (credential_process): ", "by hand");
}

static void the_order_within_a_profile_is_botocores(void **state)
{
	/* Each line is tried, then taken away. */
	static const struct {
		const char *key, *want;
	} steps[] = {
		{ "role_arn=arn:aws:iam::123456789012:role/r", "source_profile" },
		{ "sso_account_id=1", "(SSO)" },
		{ "login_session=x", "(login)" },
		{ "credential_process='", "(credential_process)" },
	};
	struct world *w = *state;

	world_env(w, NOWHERE, "true");
	for (size_t first = 0; first < ARRAY_LEN(steps); first++) {
		char text[1024] = "[profile p]\n";

		for (size_t i = first; i < ARRAY_LEN(steps); i++)
			(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
				"%s\n", steps[i].key);
		world_write(w, ".aws/config", text);
		assert_true(world_get(w, "p") < 0);
		if (!strstr(w->why.text, steps[first].want))
			fail_msg("%s", w->why.text);
		world_restart(w);
	}
}

static void the_environments_other_values_are_taken(void **state)
{
	struct world *w = *state;

	env_keys(w);
	world_env(w, "AWS_SESSION_TOKEN", "TOKEN");
	world_env(w, "AWS_ACCOUNT_ID", "123456789012");
	world_env(w, "AWS_CREDENTIAL_EXPIRATION", "2026-01-02T05:00:00+01:00");
	world_expect(w, NULL, "AKENV");
	assert_string_equal(w->got.session_token, "TOKEN");
	assert_string_equal(w->got.account_id, "123456789012");
	/* 04:00:00Z is 55:55 after the clock. */
	assert_int_equal(w->got.expires.seconds, WORLD_NOW + 3355);
	world_env(w, "AWS_SECURITY_TOKEN", "OLD");
	world_expect(w, NULL, "AKENV");
	assert_string_equal(w->got.session_token, "OLD");
	world_env(w, "AWS_CREDENTIAL_EXPIRATION", "soon");
	world_expect_fault(w, NULL, -EKEYREJECTED, "AWS_CREDENTIAL_EXPIRATION", NULL);
	world_env(w, "AWS_CREDENTIAL_EXPIRATION", "2026-01-02T03:04:05Z");
	world_expect_fault(w, NULL, -EKEYEXPIRED, "ended at", "get new ones");
}

static void values_that_no_header_may_hold_are_refused(void **state)
{
	struct world *w = *state;

	env_keys(w);
	world_env(w, "AWS_ACCESS_KEY_ID", "AK\nX: y");
	world_expect_fault(w, NULL, -EKEYREJECTED, "access key ID", NULL);
	world_env(w, "AWS_ACCESS_KEY_ID", "AK");
	world_env(w, "AWS_SESSION_TOKEN", "a b");
	world_expect_fault(w, NULL, -EKEYREJECTED, "session token", NULL);
	world_env(w, "AWS_SESSION_TOKEN", "");
	world_env(w, "AWS_SECRET_ACCESS_KEY", "S3CR3T\r");
	world_expect_fault(w, NULL, -EKEYREJECTED, "secret access key", NULL);
}

#define STEP(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP(the_environment_comes_first),
		STEP(a_given_profile_removes_the_environment),
		STEP(the_credentials_file_comes_before_the_config_file),
		STEP(a_profile_that_is_not_there_is_an_error),
		STEP(nothing_at_all_says_what_to_do),
		STEP(half_an_environment_is_an_error),
		STEP(half_a_profile_is_an_error),
		STEP(a_broken_source_does_not_fall_through),
		STEP(the_order_within_a_profile_is_botocores),
		STEP(the_environments_other_values_are_taken),
		STEP(values_that_no_header_may_hold_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
