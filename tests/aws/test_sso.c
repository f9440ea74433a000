/* IAM Identity Center: both kinds of profile, the token's file and its refresh. */
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

#define URL "https://d-123.awsapps.com/start"
#define SESSION                                                                          \
	"[profile s]\nsso_session=my-sso\nsso_account_id=123456789012\n"                 \
	"sso_role_name=Role\n"                                                           \
	"[sso-session my-sso]\nsso_region=eu-central-1\nsso_start_url=" URL "\n"
#define LEGACY                                                                           \
	"[profile l]\nsso_account_id=123456789012\nsso_role_name=Role\n"                 \
	"sso_region=eu-central-1\nsso_start_url=" URL "\n"
/* Names of the files: vectors of AWS CLI. */
#define TOKEN_FILE ".aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json"
#define LEGACY_FILE ".aws/sso/cache/2b829a45f04c9828cb45b7d092d8e4aa30818393.json"
#define ROLE_FILE ".aws/cli/cache/a40e0fa2029476ce7b2fda16b83f5a9b0b55fe90.json"
#define LEGACY_ROLE_FILE ".aws/cli/cache/d9b5de890e88887f49ddc776e685dff8b0aa2639.json"

#define PORTAL                                                                           \
	"GET https://portal.sso.eu-central-1.amazonaws.com/federation/credentials?"      \
	"role_name=Role&account_id=123456789012"
#define OIDC "POST https://oidc.eu-central-1.amazonaws.com/token"
/* 2026-01-02T04:04:05.999Z */
#define KEYS(key)                                                                        \
	"{\"roleCredentials\":{\"accessKeyId\":\"" key "\",\"secretAccessKey\":"         \
	"\"S3CR3T\",\"sessionToken\":\"T\",\"expiration\":1767326645999}}"

#define TOKEN(access, expires)                                                           \
	"{\"startUrl\":\"" URL                                                           \
	"\",\"region\":\"eu-central-1\",\"accessToken\":\"" access                       \
	"\",\"expiresAt\":\"" expires                                                    \
	"\",\"clientId\":\"C\",\"clientSecret\":\"S3CR3T-C\",\"registrationExpiresAt\""  \
	":\"2026-02-02T03:04:05Z\",\"refreshToken\":\"S3CR3T-R\",\"other\":7}"
#define LATER "2026-01-02T11:04:05Z"
#define SOON "2026-01-02T03:14:05Z"
#define PAST "2026-01-02T03:04:05UTC"

static void config(struct world *w, const char *text)
{
	world_restart(w);
	w->answer_count = w->asked = 0;
	w->env_count = 0;
	world_env(w, "AWS_EC2_METADATA_DISABLED", "true");
	world_write(w, ".aws/config", text);
}

static void portal(struct world *w, const char *access, int status, const char *body)
{
	world_answer(w,
		&(struct world_answer){
			.request = PORTAL,
			.wants = { access, "!authorization" },
			.status = status,
			.body = body,
		});
}

static void a_login_gives_the_keys_of_a_role(void **state)
{
	struct world *w = *state;
	unsigned mode = 0;
	char *text;

	config(w, SESSION);
	world_write(w, TOKEN_FILE, TOKEN("S3CR3T-A", LATER));
	portal(w, "x-amz-sso_bearer_token: S3CR3T-A\n", 200, KEYS("AKSSO"));
	world_expect(w, "s", "AKSSO");
	assert_string_equal(w->got.session_token, "T");
	assert_string_equal(w->got.account_id, "123456789012");
	assert_int_equal(w->got.expires.seconds, WORLD_NOW + 3600);
	assert_string_equal(w->got.source, "profile s (SSO)");
	text = world_read(w, ROLE_FILE, &mode);
	assert_non_null(text);
	assert_int_equal(mode, 0600);
	assert_string_equal(text,
		"{\"ProviderType\": \"sso\", \"Credentials\": {\"AccessKeyId\": "
		"\"AKSSO\", "
		"\"SecretAccessKey\": \"S3CR3T\", \"SessionToken\": \"T\", "
		"\"Expiration\": \"2026-01-02T04:04:05Z\", \"AccountId\": "
		"\"123456789012\"}}");
	free(text);
	/* Another process needs neither token nor service. */
	world_restart(w);
	world_write(w, TOKEN_FILE, "");
	world_expect(w, "s", "AKSSO");
}

static void the_older_kind_is_known_by_its_url(void **state)
{
	struct world *w = *state;
	char *text;

	config(w, LEGACY);
	world_expect_fault(w, "l", -EKEYEXPIRED, "SSO session " URL ": there is no login",
		"aws sso login --profile l");
	world_write(w, LEGACY_FILE, TOKEN("S3CR3T-A", SOON));
	portal(w, "S3CR3T-A", 200, KEYS("AKSSO"));
	/* It is never refreshed. */
	world_expect(w, "l", "AKSSO");
	text = world_read(w, LEGACY_ROLE_FILE, NULL);
	assert_non_null(text);
	free(text);
	world_write(w, LEGACY_ROLE_FILE, "");
	world_write(w, LEGACY_FILE, TOKEN("S3CR3T-A", PAST));
	world_expect_fault(w, "l", -EKEYEXPIRED, "its login has ended", "sso login");
}

static void a_login_is_noticed_at_once(void **state)
{
	static const char *const files[] = { NULL, "", "{", "[]", "{}",
		"{\"accessToken\":\"S3CR3T\"}",
		"{\"accessToken\":\"S3CR3T\",\"expiresAt\":\"soon\"}",
		"{\"accessToken\":7,\"expiresAt\":\"" LATER "\"}",
		"{\"accessToken\":\"S3CR3T\",\"expiresAt\":\"" PAST "\"}" };
	struct world *w = *state;

	config(w, SESSION);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		print_message("%zu ", i);
		if (files[i])
			world_write(w, TOKEN_FILE, files[i]);
		world_expect_fault(w, "s", -EKEYEXPIRED, "SSO session my-sso:",
			"run 'aws sso login --sso-session my-sso'");
	}
	print_message("\n");
	world_write(w, TOKEN_FILE, TOKEN("S3CR3T-A", LATER));
	portal(w, "S3CR3T-A", 200, KEYS("AKSSO"));
	world_expect(w, "s", "AKSSO");
}

static void a_token_that_ends_soon_is_refreshed_and_written_back(void **state)
{
	struct world *w = *state;
	unsigned mode = 0;
	char *text;

	config(w, SESSION);
	world_write(w, TOKEN_FILE, TOKEN("S3CR3T-A", SOON));
	world_answer(w,
		&(struct world_answer){
			.request = OIDC,
			.wants = { "content-type: application/json\n", "!authorization",
				"\n\n{\"grantType\":\"refresh_token\",\"clientId\":\"C\","
				"\"clientSecret\":\"S3CR3T-C\",\"refreshToken\":"
				"\"S3CR3T-R\"}" },
			.body = "{\"accessToken\":\"S3CR3T-B\",\"expiresIn\":28800,"
				"\"tokenType\":\"Bearer\",\"refreshToken\":\"S3CR3T-S\"}",
		});
	portal(w, "x-amz-sso_bearer_token: S3CR3T-B\n", 200, KEYS("AKSSO"));
	world_expect(w, "s", "AKSSO");
	text = world_read(w, TOKEN_FILE, &mode);
	assert_non_null(text);
	assert_int_equal(mode, 0600);
	assert_non_null(strstr(text, "\"accessToken\":\"S3CR3T-B\""));
	assert_non_null(strstr(text, "\"refreshToken\":\"S3CR3T-S\""));
	assert_non_null(strstr(text, "\"expiresAt\":\"2026-01-02T11:04:05Z\""));
	assert_non_null(strstr(text, "\"clientId\":\"C\""));
	assert_non_null(strstr(text, "\"other\":7"));
	free(text);
}

static void a_failed_refresh_is_no_failure_while_the_token_is_good(void **state)
{
	struct world *w = *state;

	config(w, SESSION);
	world_write(w, TOKEN_FILE, TOKEN("S3CR3T-A", SOON));
	world_answer(w,
		&(struct world_answer){
			.request = OIDC,
			.status = 400,
			.body = "{\"error\":\"invalid_grant\"}",
		});
	portal(w, "S3CR3T-A", 200, KEYS("AKSSO"));
	world_expect(w, "s", "AKSSO");
	/* Not tried again within a minute. */
	world_write(w, ROLE_FILE, "");
	portal(w, "S3CR3T-A", 200, KEYS("AKSSO"));
	world_pass(w, 59);
	world_expect(w, "s", "AKSSO");
	/* Then it is; by now it has ended. */
	world_write(w, ROLE_FILE, "");
	world_pass(w, 600);
	world_answer(w,
		&(struct world_answer){
			.request = OIDC,
			.status = 400,
			.body = "{\"error\":\"invalid_grant\","
				"\"error_description\":\"no\"}",
		});
	world_expect_fault(w, "s", -EKEYEXPIRED,
		"was not refreshed: sso-oidc CreateToken",
		"aws sso login --sso-session my-sso");
}

static void a_token_without_a_registration_is_not_refreshed(void **state)
{
	struct world *w = *state;

	config(w, SESSION);
	world_write(w, TOKEN_FILE,
		"{\"accessToken\":\"S3CR3T-A\",\"expiresAt\":\"" SOON
		"\",\"clientId\":\"C\",\"clientSecret\":\"S\",\"refreshToken\":\"R\","
		"\"registrationExpiresAt\":\"2026-01-02T03:04:05Z\"}");
	portal(w, "S3CR3T-A", 200, KEYS("AKSSO"));
	world_expect(w, "s", "AKSSO");
}

static void refusals_of_the_portal_are_told(void **state)
{
	static const struct {
		int status;
		const char *body;
		int error;
		const char *want, *cure;
	} cases[] = {
		{ 401, "{\"message\":\"Session token not found or invalid\"}",
			-EKEYEXPIRED, "profile s (SSO): sso GetRoleCredentials",
			"aws sso login" },
		{ 403, "{\"message\":\"No access\"}", -EACCES, "No access",
			"role Role in account 123456789012" },
		{ 200, "{}", -EKEYREJECTED, "the reply has no", NULL },
		{ 200, "<html>", -EKEYREJECTED, "the reply has no", NULL },
		{ 200, "{\"roleCredentials\":{\"accessKeyId\":\"AK\"}}", -EKEYREJECTED,
			"no secretAccessKey", NULL },
		{ 200,
			"{\"roleCredentials\":{\"accessKeyId\":\"AK\","
			"\"secretAccessKey\":"
			"\"S3CR3T\",\"sessionToken\":\"T\",\"expiration\":1e300}}",
			-EKEYREJECTED, "expiration", NULL },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%zu ", i);
		config(w, SESSION);
		world_write(w, TOKEN_FILE, TOKEN("S3CR3T-A", LATER));
		portal(w, "S3CR3T-A", cases[i].status, cases[i].body);
		world_expect_fault(w, "s", cases[i].error, cases[i].want, cases[i].cure);
	}
	print_message("\n");
}

static void a_busy_portal_is_asked_again(void **state)
{
	struct world *w = *state;

	config(w, SESSION);
	world_write(w, TOKEN_FILE, TOKEN("S3CR3T-A", LATER));
	world_answer(w,
		&(struct world_answer){
			.request = PORTAL,
			.status = 429,
			.headers = "x-amzn-errortype: TooManyRequestsException\n",
			.body = "{\"message\":\"slow\"}",
		});
	portal(w, "S3CR3T-A", 200, KEYS("AKSSO"));
	world_expect(w, "s", "AKSSO");
}

static void profiles_that_are_not_whole_are_errors(void **state)
{
	static const struct {
		const char *config, *want;
	} cases[] = {
		{ "[profile s]\nsso_account_id=1\n", "it lacks sso_role_name" },
		{ "[profile s]\nsso_role_name=1\n", "it lacks sso_account_id" },
		{ "[profile s]\nsso_account_id=1\nsso_role_name=r\n",
			"it lacks sso_start_url" },
		{ "[profile s]\nsso_account_id=1\nsso_role_name=r\nsso_start_url=u\n",
			"it lacks sso_region" },
		{ "[profile s]\nsso_account_id=1\nsso_role_name=r\nsso_session=x\n",
			"there is no sso-session x" },
		{ "[profile s]\nsso_account_id=1\nsso_role_name=r\nsso_session=x\n"
		  "sso_region=a\n[sso-session x]\nsso_region=b\nsso_start_url=u\n",
			"differ in sso_region" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%zu ", i);
		config(w, cases[i].config);
		world_expect_fault(
			w, "s", -EKEYREJECTED, cases[i].want, "aws configure sso");
	}
	print_message("\n");
}

static void sso_can_be_the_source_of_a_role(void **state)
{
	struct world *w = *state;

	config(w,
		SESSION "[profile r]\nrole_arn=arn:aws:iam::1:role/r\n"
			"source_profile=s\n");
	world_expect_fault(w, "r", -EKEYEXPIRED,
		"profile r: SSO session my-sso: there is no login", "sso login");
}

#define STEP(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP(a_login_gives_the_keys_of_a_role),
		STEP(the_older_kind_is_known_by_its_url),
		STEP(a_login_is_noticed_at_once),
		STEP(a_token_that_ends_soon_is_refreshed_and_written_back),
		STEP(a_failed_refresh_is_no_failure_while_the_token_is_good),
		STEP(a_token_without_a_registration_is_not_refreshed),
		STEP(refusals_of_the_portal_are_told),
		STEP(a_busy_portal_is_asked_again),
		STEP(profiles_that_are_not_whole_are_errors),
		STEP(sso_can_be_the_source_of_a_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
