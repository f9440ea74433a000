/* Roles: assumed by a profile, and by a web identity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "aws/auth/sts.h"
#include "tests/aws/auth_world.h"

#define STS "POST https://sts.eu-west-1.amazonaws.com/"
#define ARN "arn:aws:iam::123456789012:role/r"
#define ARN_FORM "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr"
#define KEYS "aws_access_key_id=AKBASE\naws_secret_access_key=S3CR3T\n"

#define REPLY(operation, key, expires)                                                   \
	"<" operation                                                                    \
	"Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" operation       \
	"Result><Credentials><AccessKeyId>" key                                          \
	"</AccessKeyId><SecretAccessKey>S3CR3T/&amp;</SecretAccessKey><SessionToken>"    \
	"TOKEN+/=</SessionToken><Expiration>" expires                                    \
	"</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>X:me"                \
	"</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/r/me</Arn>"         \
	"</AssumedRoleUser></" operation "Result><ResponseMetadata><RequestId>q"         \
	"</RequestId></ResponseMetadata></" operation "Response>"
#define HOUR "2026-01-02T04:04:05Z"

#define ERROR(code, message)                                                             \
	"<ErrorResponse><Error><Type>Sender</Type><Code>" code                           \
	"</Code><Message>" message "</Message></Error><RequestId>q</RequestId>"          \
	"</ErrorResponse>"

static void config(struct world *w, const char *text)
{
	world_restart(w);
	if (!w->env_count)
		world_env(w, "AWS_EC2_METADATA_DISABLED", "true");
	world_write(w, ".aws/config", text);
}

static void answer(struct world *w, const char *key, const char *want)
{
	char *body = test_malloc(4096);

	(void)snprintf(body, 4096, REPLY("AssumeRole", "%s", HOUR), key);
	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = { "Action=AssumeRole&Version=2011-06-15&RoleArn=",
				want },
			.body = body,
		});
}

static void forget_answers(struct world *w)
{
	for (size_t i = 0; i < w->answer_count; i++)
		test_free((void *)(uintptr_t)w->answers[i].body);
	assert_int_equal(w->asked, w->answer_count);
	w->answer_count = w->asked = 0;
}

/* Key of the cache: the first vector of AWS CLI's, with DurationSeconds and ExternalId.
 */
#define CACHE_1 ".aws/cli/cache/527a72d303f295fae7ea037d7308edb6da1d0f31.json"
/* The second, with RoleSessionName. */
#define CACHE_2 ".aws/cli/cache/e031715e3909eb6f8c769322c915f0e2b37c291e.json"

static void a_role_is_assumed_with_all_its_parameters(void **state)
{
	struct world *w = *state;

	config(w,
		"[profile r]\nrole_arn=" ARN "\nsource_profile=b\nexternal_id=x\n"
		"duration_seconds=900\n[profile b]\n" KEYS);
	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = {
				"content-type: application/x-www-form-urlencoded; "
				"charset=utf-8\n",
				"x-amz-date: 20260102T030405Z\n",
				"authorization: AWS4-HMAC-SHA256 Credential=AKBASE/"
				"20260102/eu-west-1/sts/aws4_request, ",
				"\n\nAction=AssumeRole&Version=2011-06-15&"
				"RoleArn=" ARN_FORM
				"&RoleSessionName=costfs-1767323045&ExternalId=x&"
				"DurationSeconds=900",
				"!x-amz-security-token",
			},
			.body = REPLY("AssumeRole", "AKROLE", HOUR),
		});
	world_expect(w, "r", "AKROLE");
	assert_string_equal(w->got.secret, "S3CR3T/&");
	assert_string_equal(w->got.session_token, "TOKEN+/=");
	assert_string_equal(w->got.account_id, "123456789012");
	assert_int_equal(w->got.expires.seconds, WORLD_NOW + 3600);
	assert_string_equal(w->got.source, "profile r (assume role)");
}

static void roles_are_kept_where_aws_cli_looks_for_them(void **state)
{
	struct world *w = *state;
	unsigned mode = 0;
	char *text;

	config(w,
		"[profile r]\nrole_arn=" ARN "\nsource_profile=b\nexternal_id=x\n"
		"duration_seconds=900\n[profile b]\n" KEYS);
	answer(w, "AKROLE", "RoleArn=" ARN_FORM);
	world_expect(w, "r", "AKROLE");
	text = world_read(w, CACHE_1, &mode);
	assert_non_null(text);
	assert_int_equal(mode, 0600);
	assert_string_equal(text,
		"{\"Credentials\": {\"AccessKeyId\": \"AKROLE\", \"SecretAccessKey\": "
		"\"S3CR3T/&\", \"SessionToken\": \"TOKEN+/=\", \"Expiration\": "
		"\"2026-01-02T04:04:05Z\", \"AccountId\": \"123456789012\"}}");
	free(text);
	/* Another process takes them, until fifteen minutes are left. */
	world_restart(w);
	world_expect(w, "r", "AKROLE");
	assert_string_equal(w->got.source, "profile r (assume role)");
	world_pass(w, 2700);
	world_expect(w, "r", "AKROLE");
	world_pass(w, 1);
	answer(w, "AKNEXT", "RoleArn=" ARN_FORM);
	world_expect(w, "r", "AKNEXT");
	forget_answers(w);
}

static void a_cache_of_aws_cli_is_read_as_far_as_it_is_good(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} cases[] = {
		{ "{\"Credentials\":{\"AccessKeyId\":\"AKCLI\",\"SecretAccessKey\":"
		  "\"S3CR3T\",\"SessionToken\":\"T\",\"Expiration\":"
		  "\"2026-01-02T04:04:05UTC\"},\"AssumedRoleUser\":{},"
		  "\"ResponseMetadata\":{}}",
			true },
		{ "{\"Credentials\":{\"AccessKeyId\":\"AKCLI\",\"SecretAccessKey\":"
		  "\"S3CR3T\",\"SessionToken\":\"T\",\"Expiration\":"
		  "\"2026-01-02T04:04:05+00:00\"}}",
			true },
		{ "{\"Credentials\":{\"AccessKeyId\":\"AKCLI\",\"SecretAccessKey\":"
		  "\"S3CR3T\",\"SessionToken\":\"T\",\"Expiration\":"
		  "\"2026-01-02T03:19:04Z\"}}",
			false },
		{ "{\"Credentials\":{\"AccessKeyId\":\"AKCLI\"}}", false },
		{ "{\"Credentials\":7}", false },
		{ "{}", false },
		{ "[]", false },
		{ "{\"Cred", false },
		{ "", false },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%zu ", i);
		config(w,
			"[profile r]\nrole_arn=" ARN "\nsource_profile=b\n"
			"role_session_name=me\n[profile b]\n" KEYS);
		world_write(w, CACHE_2, cases[i].text);
		if (!cases[i].is_good)
			answer(w, "AKNEW", "&RoleSessionName=me");
		world_expect(w, "r", cases[i].is_good ? "AKCLI" : "AKNEW");
		forget_answers(w);
	}
	print_message("\n");
}

static void what_a_service_refused_is_not_taken_from_the_disk(void **state)
{
	struct world *w = *state;
	struct credentials refused = { 0 };

	config(w, "[profile r]\nrole_arn=" ARN "\nsource_profile=b\n[profile b]\n" KEYS);
	answer(w, "AKONE", "RoleArn");
	world_expect(w, "r", "AKONE");
	assert_int_equal(credentials_copy(&w->got, &refused), 0);
	world_expect(w, "r", "AKONE");
	credential_cache_drop(w->provider, &refused);
	credentials_finish(&refused);
	answer(w, "AKTWO", "RoleArn");
	world_expect(w, "r", "AKTWO");
	world_expect(w, "r", "AKTWO");
	forget_answers(w);
}

static void without_a_home_nothing_is_kept(void **state)
{
	struct world *w = *state;
	char path[SANDBOX_PATH];

	config(w, "[profile r]\nrole_arn=" ARN "\nsource_profile=b\n[profile b]\n" KEYS);
	sandbox_path(w->home, ".aws/config", path);
	world_env(w, "AWS_CONFIG_FILE", path);
	answer(w, "AKONE", "RoleArn");
	answer(w, "AKTWO", "RoleArn");
	w->context.home = NULL;
	world_expect(w, "r", "AKONE");
	world_expect(w, "r", "AKTWO");
	forget_answers(w);
}

static void a_role_can_be_the_source_of_a_role(void **state)
{
	struct world *w = *state;

	config(w,
		"[profile r]\nrole_arn=arn:aws:iam::1:role/top\nsource_profile=m\n"
		"[profile m]\nrole_arn=arn:aws:iam::1:role/middle\nsource_profile=b\n"
		"[profile b]\n" KEYS);
	answer(w, "AKMIDDLE", "role%2Fmiddle");
	answer(w, "AKTOP", "x-amz-security-token: TOKEN+/=\n");
	w->answers[1].wants[2] = "Credential=AKMIDDLE/";
	w->answers[1].wants[3] = "role%2Ftop";
	world_expect(w, "r", "AKTOP");
	forget_answers(w);
}

static void keys_of_a_source_win_over_its_role(void **state)
{
	struct world *w = *state;

	/* A profile may name itself when it has keys. */
	config(w, "[profile r]\nrole_arn=" ARN "\nsource_profile=r\n" KEYS);
	answer(w, "AKROLE", "Credential=AKBASE/");
	world_expect(w, "r", "AKROLE");
	forget_answers(w);
}

static void the_source_can_be_the_environment(void **state)
{
	struct world *w = *state;

	config(w, "[profile r]\nrole_arn=" ARN "\ncredential_source=Environment\n");
	world_env(w, "AWS_ACCESS_KEY_ID", "AKENV");
	world_env(w, "AWS_SECRET_ACCESS_KEY", "S3CR3T");
	answer(w, "AKROLE", "Credential=AKENV/");
	world_expect(w, "r", "AKROLE");
	forget_answers(w);
}

static void profiles_that_lead_nowhere_are_errors(void **state)
{
#define R "[profile r]\nrole_arn=" ARN "\n"
	static const struct {
		const char *config, *want;
	} cases[] = {
		{ R, "needs a source_profile or a credential_source" },
		{ R "source_profile=b\ncredential_source=Environment\n[profile b]\n" KEYS,
			"both source_profile and credential_source" },
		{ R "credential_source=environment\n", "no credential_source is called" },
		{ R "credential_source=Environment\n", "source Environment has no" },
		{ R "credential_source=EcsContainer\n", "source EcsContainer has no" },
		{ R "credential_source=Ec2InstanceMetadata\n",
			"Ec2InstanceMetadata has" },
		{ R "source_profile=x\n", "there is no source_profile x" },
		{ R "source_profile=r\n", "circle to r" },
		{ R "source_profile=b\n[profile b]\nrole_arn=x\nsource_profile=r\n",
			"circle to r" },
		{ R "source_profile=b\n[profile b]\nrole_arn=x\nsource_profile=b\n",
			"circle to b" },
		{ R "source_profile=b\n[profile b]\nregion=x\n", "source b has no" },
		{ R "source_profile=b\n[profile b]\naws_access_key_id=AK\n",
			"are needed both" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%zu ", i);
		config(w, cases[i].config);
		world_expect_fault(w, "r", -EKEYREJECTED, cases[i].want, NULL);
	}
	print_message("\n");
}

static void roles_in_a_row_have_a_limit(void **state)
{
	struct world *w = *state;
	char text[8192] = "";

	for (int i = 0; i < 20; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"[profile r%d]\nrole_arn=x\nsource_profile=r%d\n", i, i + 1);
	(void)snprintf(
		text + strlen(text), sizeof(text) - strlen(text), "[profile r20]\n" KEYS);
	config(w, text);
	world_expect_fault(w, "r0", -EKEYREJECTED, "too many roles in a row", NULL);
}

static void an_mfa_code_is_asked_for(void **state)
{
	struct world *w = *state;

	w->typed = "123456";
	config(w,
		"[profile r]\nrole_arn=" ARN "\nsource_profile=b\n"
		"mfa_serial=arn:aws:iam::1:mfa/m\n[profile b]\n" KEYS);
	answer(w, "AKROLE",
		"&SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fm"
		"&TokenCode=123456");
	world_expect(w, "r", "AKROLE");
	assert_string_equal(w->question, "Enter MFA code for arn:aws:iam::1:mfa/m: ");
	forget_answers(w);
	/* Whoever cannot ask lives on what was kept. */
	w->context.ask = NULL;
	w->typed = NULL;
	world_restart(w);
	world_expect(w, "r", "AKROLE");
	world_pass(w, 3000);
	world_expect_fault(w, "r", -EKEYEXPIRED, "nobody can be asked",
		"aws sts get-caller-identity --profile r");
}

static void refusals_of_sts_are_told(void **state)
{
	static const struct {
		int status;
		const char *body;
		int error, attempts;
		const char *want;
	} cases[] = {
		{ 403, ERROR("AccessDenied", "not allowed"), -EACCES, 1,
			"role " ARN ": sts AssumeRole at sts.eu-west-1.amazonaws.com: "
			"AccessDenied: not allowed (HTTP 403, request q)" },
		{ 403, ERROR("InvalidClientTokenId", "bad"), -EKEYREJECTED, 1,
			"InvalidClientTokenId" },
		{ 403, ERROR("ExpiredToken", "old"), -EKEYEXPIRED, 1, "ExpiredToken" },
		{ 400, ERROR("ValidationError", "bad"), -EKEYREJECTED, 1,
			"ValidationError: bad" },
		{ 400, ERROR("Throttling", "slow"), -EAGAIN, 3, "Throttling" },
		{ 503, "<html>", -EAGAIN, 3, "HTTP 503" },
		{ 200, "", -EKEYREJECTED, 1, "the reply holds no credentials" },
		{ 200, "<AssumeRoleResponse><AssumeRoleResult><Credentials>",
			-EKEYREJECTED, 1, "the reply holds no credentials" },
		{ 200, REPLY("AssumeRole", "AK", "soon"), -EKEYREJECTED, 1,
			"the reply holds no credentials" },
		{ 200, REPLY("AssumeRole", "<!-- -->", HOUR), -EKEYREJECTED, 1,
			"the reply holds no credentials" },
	};
	struct world *w = *state;

	config(w, "[profile r]\nrole_arn=" ARN "\nsource_profile=b\n[profile b]\n" KEYS);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%zu ", i);
		w->answer_count = w->asked = 0;
		for (int k = 0; k < cases[i].attempts; k++)
			world_answer(w,
				&(struct world_answer){
					.request = STS,
					.status = cases[i].status,
					.body = cases[i].body,
				});
		world_expect_fault(w, "r", cases[i].error, cases[i].want, NULL);
		assert_int_equal(w->asked, w->answer_count);
	}
	print_message("\n");
}

static void a_transports_trouble_is_tried_again_and_then_told(void **state)
{
	struct world *w = *state;
	struct world_answer down = { .request = STS, .error = -ECONNREFUSED };

	config(w, "[profile r]\nrole_arn=" ARN "\nsource_profile=b\n[profile b]\n" KEYS);
	for (int i = 0; i < 3; i++)
		world_answer(w, &down);
	world_expect_fault(w, "r", -ECONNREFUSED, "sts AssumeRole: the network", NULL);
	w->answer_count = w->asked = 0;
	down.error = -EPROTO;
	world_answer(w, &down);
	world_expect_fault(w, "r", -EPROTO, "sts AssumeRole: the network", NULL);
}

static void a_wrong_clock_is_corrected_by_the_services(void **state)
{
	struct world *w = *state;

	config(w, "[profile r]\nrole_arn=" ARN "\nsource_profile=b\n[profile b]\n" KEYS);
	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = { "x-amz-date: 20260102T030405Z\n" },
			.status = 403,
			.headers = "date: Fri, 02 Jan 2026 05:04:05 GMT\n",
			.body = ERROR("SignatureDoesNotMatch", "expired"),
		});
	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = { "x-amz-date: 20260102T050405Z\n" },
			.body = REPLY("AssumeRole", "AKROLE", HOUR),
		});
	world_expect(w, "r", "AKROLE");
	/* Once only, and not when the clock is right. */
	w->answer_count = w->asked = 0;
	world_pass(w, 4000);
	for (int i = 0; i < 2; i++)
		world_answer(w,
			&(struct world_answer){
				.request = STS,
				.status = 403,
				.headers = "date: Fri, 02 Jan 2026 07:04:05 GMT\n",
				.body = ERROR("SignatureDoesNotMatch", "expired"),
			});
	world_expect_fault(
		w, "r", -EKEYREJECTED, "SignatureDoesNotMatch", "machine's clock");
}

static void a_learned_clock_tells_when_keys_end(void **state)
{
	struct world *w = *state;
	struct skew skew;

	skew_init(&skew, w->context.clock);
	w->context.skew = &skew;
	config(w, "[profile r]\nrole_arn=" ARN "\nsource_profile=b\n[profile b]\n" KEYS);
	/* Our clock is two hours ahead: their hour would have ended. */
	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = { "x-amz-date: 20260102T030405Z\n" },
			.status = 403,
			.headers = "date: Fri, 02 Jan 2026 01:04:05 GMT\n",
			.body = ERROR("SignatureDoesNotMatch", "not yet"),
		});
	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = { "x-amz-date: 20260102T010405Z\n" },
			.body = REPLY("AssumeRole", "AKROLE", "2026-01-02T02:04:05Z"),
		});
	world_expect(w, "r", "AKROLE");
	/* From the disk, in a process that has learned it again. */
	world_restart(w);
	world_expect(w, "r", "AKROLE");
	world_restart(w);
	w->context.skew = NULL;
}

static void token(struct world *w, const char *text)
{
	char path[SANDBOX_PATH];
	char *copy;

	sandbox_path(w->home, "token", path);
	world_write(w, "token", text);
	copy = test_malloc(sizeof(path));
	memcpy(copy, path, sizeof(path));
	world_env(w, "AWS_WEB_IDENTITY_TOKEN_FILE", copy);
}

static void free_token(struct world *w)
{
	for (size_t i = 0; i < w->env_count; i++)
		if (strcmp(w->env[i].name, "AWS_WEB_IDENTITY_TOKEN_FILE") == 0)
			test_free((void *)(uintptr_t)w->env[i].value);
	w->env_count = 0;
}

static void a_web_identity_is_sent_without_a_signature(void **state)
{
	struct world *w = *state;

	config(w, "");
	world_env(w, "AWS_ROLE_ARN", ARN);
	token(w, "first.token\n");
	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = { "!authorization", "!x-amz-date",
				"\n\nAction=AssumeRoleWithWebIdentity&Version=2011-06-15&"
				"RoleArn=" ARN_FORM "&RoleSessionName=costfs-1767323045&"
				"WebIdentityToken=first.token" },
			.body = REPLY("AssumeRoleWithWebIdentity", "AKWEB", HOUR),
		});
	world_expect(w, NULL, "AKWEB");
	assert_string_equal(w->got.account_id, "123456789012");
	assert_string_equal(w->got.source, "profile default (web identity)");
	/* The file is read anew. */
	world_pass(w, 3000);
	world_write(w, "token", "second");
	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = { "WebIdentityToken=second" },
			.status = 400,
			.body = ERROR("IDPCommunicationError", "try again"),
		});
	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = { "WebIdentityToken=second" },
			.body = REPLY("AssumeRoleWithWebIdentity", "AKWEB2",
				"2026-01-02T05:04:05Z"),
		});
	world_expect(w, NULL, "AKWEB2");
	free_token(w);
}

static void a_web_identity_that_is_broken_is_an_error(void **state)
{
	struct world *w = *state;

	config(w,
		"[profile p]\nrole_arn=" ARN "\nweb_identity_token_file=/nonexistent\n");
	world_expect_fault(w, "p", -EKEYREJECTED, "token file /nonexistent", NULL);
	world_restart(w);
	token(w, " \n");
	world_expect_fault(w, NULL, -EKEYREJECTED, "no role", "AWS_ROLE_ARN");
	world_restart(w);
	world_env(w, "AWS_ROLE_ARN", ARN);
	world_expect_fault(w, NULL, -EKEYREJECTED, "holds no token", NULL);
	free_token(w);
}

static void a_web_identity_of_the_environment_is_not_a_given_profiles(void **state)
{
	struct world *w = *state;

	config(w,
		"[profile p]\n" KEYS "[profile r]\nrole_arn=" ARN "\nsource_profile=p\n");
	world_env(w, "AWS_ROLE_ARN", "arn:aws:iam::1:role/other");
	token(w, "t");
	world_expect(w, "p", "AKBASE");
	world_restart(w);
	answer(w, "AKROLE", "Credential=AKBASE/");
	world_expect(w, "r", "AKROLE");
	free_token(w);
	forget_answers(w);
}

static void who_i_am_is_asked(void **state)
{
	struct world *w = *state;
	struct credentials signer = {
		.access_key_id = (char[]){ "AK" },
		.secret = (char[]){ "S3CR3T" },
	};
	struct sts_identity i = { 0 };
	struct fault why = { 0 };

	world_answer(w,
		&(struct world_answer){
			.request = STS,
			.wants = { "Credential=AK/",
				"\n\nAction=GetCallerIdentity&Version=2011-06-15" },
			.body = "<GetCallerIdentityResponse><GetCallerIdentityResult><"
				"Arn>"
				"arn:aws:iam::1:user/u</Arn><UserId>AIDA</"
				"UserId><Account>"
				"1</Account></GetCallerIdentityResult>"
				"</GetCallerIdentityResponse>",
		});
	assert_int_equal(sts_caller_identity(&w->context, &signer, NULL, &i, &why), 0);
	assert_string_equal(i.account_id, "1");
	assert_string_equal(i.arn, "arn:aws:iam::1:user/u");
	assert_string_equal(i.user_id, "AIDA");
	sts_identity_finish(&i);
	world_answer(w, &(struct world_answer){ .request = STS, .body = "<x/>" });
	assert_int_equal(
		sts_caller_identity(&w->context, &signer, NULL, &i, &why), -EKEYREJECTED);
	assert_null(i.arn);
}

#define STEP(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP(a_role_is_assumed_with_all_its_parameters),
		STEP(roles_are_kept_where_aws_cli_looks_for_them),
		STEP(a_cache_of_aws_cli_is_read_as_far_as_it_is_good),
		STEP(what_a_service_refused_is_not_taken_from_the_disk),
		STEP(without_a_home_nothing_is_kept),
		STEP(a_role_can_be_the_source_of_a_role),
		STEP(keys_of_a_source_win_over_its_role),
		STEP(the_source_can_be_the_environment),
		STEP(profiles_that_lead_nowhere_are_errors),
		STEP(roles_in_a_row_have_a_limit),
		STEP(an_mfa_code_is_asked_for),
		STEP(refusals_of_sts_are_told),
		STEP(a_transports_trouble_is_tried_again_and_then_told),
		STEP(a_wrong_clock_is_corrected_by_the_services),
		STEP(a_learned_clock_tells_when_keys_end),
		STEP(a_web_identity_is_sent_without_a_signature),
		STEP(a_web_identity_that_is_broken_is_an_error),
		STEP(a_web_identity_of_the_environment_is_not_a_given_profiles),
		STEP(who_i_am_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
