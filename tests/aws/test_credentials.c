/* Sources without STS: credential_process, `aws login`, containers, instances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>

#include "aws/auth/settings.h"
#include "tests/aws/auth_world.h"

static void nowhere(struct world *w)
{
	world_env(w, "AWS_EC2_METADATA_DISABLED", "true");
}

/* A profile p whose process prints this. */
static void process(struct world *w, const char *script)
{
	char config[SANDBOX_PATH + 128], path[SANDBOX_PATH];

	world_restart(w);
	world_write(w, "keys.sh", script);
	sandbox_path(w->home, "keys.sh", path);
	(void)snprintf(config, sizeof(config),
		"[profile p]\ncredential_process = /bin/sh '%s' \"a  b\" c\n", path);
	world_write(w, ".aws/config", config);
}

static void a_process_prints_credentials(void **state)
{
	struct world *w = *state;

	nowhere(w);
	process(w,
		"echo noise >&2\n"
		"test \"$1|$2\" = 'a  b|c' || exit 9\n"
		"echo '{\"Version\": 1, \"AccessKeyId\": \"AKPROC\", "
		"\"SecretAccessKey\": \"S3CR3T\", \"SessionToken\": \"T\", "
		"\"Expiration\": \"2026-01-02T04:04:05Z\", \"AccountId\": \"1\"}'\n");
	world_expect(w, "p", "AKPROC");
	assert_string_equal(w->got.secret, "S3CR3T");
	assert_string_equal(w->got.session_token, "T");
	assert_string_equal(w->got.account_id, "1");
	assert_int_equal(w->got.expires.seconds, WORLD_NOW + 3600);
	assert_string_equal(w->got.source, "profile p (credential_process)");
}

static void a_process_need_not_say_an_end(void **state)
{
	struct world *w = *state;

	nowhere(w);
	process(w,
		"echo '{\"Version\":1,\"AccessKeyId\":\"AK\","
		"\"SecretAccessKey\":\"S3CR3T\",\"SessionToken\":null}'\n");
	world_expect(w, "p", "AK");
	assert_null(w->got.session_token);
	assert_int_equal(w->got.expires.seconds, INSTANT_NONE);
}

#define KEYS "\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"S3CR3T\""

static void what_is_wrong_with_a_process_is_said(void **state)
{
	static const struct {
		const char *script;
		int error;
		const char *want;
	} cases[] = {
		{ "echo first >&2; echo second >&2; exit 3", -EKEYREJECTED,
			"status 3: first" },
		{ "exit 1", -EKEYREJECTED, "status 1" },
		{ "kill -9 $$", -EKEYREJECTED, "signal 9" },
		{ "", -EKEYREJECTED, "no JSON" },
		{ "echo '[]'", -EKEYREJECTED, "no JSON object" },
		{ "echo '{'", -EKEYREJECTED, "no JSON" },
		{ "echo '{" KEYS "}'", -EKEYREJECTED, "\"Version\": 1" },
		{ "echo '{\"Version\":2," KEYS "}'", -EKEYREJECTED, "\"Version\": 1" },
		{ "echo '{\"Version\":1,\"AccessKeyId\":\"AK\"}'", -EKEYREJECTED,
			"SecretAccessKey" },
		{ "echo '{\"Version\":1,\"SecretAccessKey\":\"S3CR3T\"}'", -EKEYREJECTED,
			"AccessKeyId" },
		{ "echo '{\"Version\":1," KEYS ",\"Expiration\":\"soon\"}'",
			-EKEYREJECTED, "Expiration" },
		{ "echo '{\"Version\":1," KEYS
		  ",\"Expiration\":\"2026-01-02T03:04:05Z\"}'",
			-EKEYEXPIRED, "has ended" },
		{ "echo '{\"Version\":1,\"AccessKeyId\":7,\"SecretAccessKey\":\"S\"}'",
			-EKEYREJECTED, "AccessKeyId" },
		{ "head -c 65537 /dev/zero", -EKEYREJECTED, "more than 65536 bytes" },
	};
	struct world *w = *state;

	nowhere(w);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%zu ", i);
		process(w, cases[i].script);
		world_expect_fault(w, "p", cases[i].error, cases[i].want, NULL);
	}
	print_message("\n");
}

static void a_process_is_not_waited_for_longer_than_a_minute(void **state)
{
	struct world *w = *state;

	nowhere(w);
	process(w, "sleep 100 & echo $! >\"$0.pid\"; wait");
	/* The clock passes ten seconds at each look. */
	w->clock.tick_ms = 10 * 1000;
	world_expect_fault(w, "p", -EKEYREJECTED, "within 60 seconds", NULL);
}

static void a_process_may_leave_others_behind(void **state)
{
	struct world *w = *state;

	nowhere(w);
	process(w, "sleep 2 &\necho '{\"Version\":1," KEYS "}'");
	world_expect(w, "p", "AK");
}

static void a_process_is_ended_by_stop(void **state)
{
	struct world *w = *state;
	struct credentials c = { 0 };
	atomic_bool stop = true;

	nowhere(w);
	process(w, "exec sleep 100");
	/* To have the chain made. */
	world_write(w, ".aws/credentials", "[q]\n");
	w->clock.tick_ms = 10 * 1000;
	(void)world_get(w, "p");
	assert_int_equal(credential_get(w->provider, &stop, &c, NULL), -ECANCELED);
}

static void commands_that_are_none_are_refused(void **state)
{
	struct world *w = *state;

	nowhere(w);
	world_write(w, ".aws/config",
		"[profile p]\ncredential_process = 'a\n"
		"[profile q]\ncredential_process =\n");
	world_expect_fault(w, "p", -EKEYREJECTED, "no command", NULL);
	world_restart(w);
	world_expect_fault(w, "q", -EKEYREJECTED, "no command", NULL);
}

static void a_login_serves_until_it_ends(void **state)
{
	struct world *w = *state;

	nowhere(w);
	world_write(w, ".aws/config", "[profile p]\nlogin_session = me\n");
	world_expect_fault(w, "p", -EKEYEXPIRED, "no login", "aws login --profile p");
	/* echo -n me | sha256sum */
	world_write(w,
		".aws/login/cache/"
		"2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0.json",
		"{\"accessToken\": {\"accessKeyId\": \"AKLOGIN\", "
		"\"secretAccessKey\": \"S3CR3T\", \"sessionToken\": \"T\", "
		"\"accountId\": \"123456789012\", "
		"\"expiresAt\": \"2026-01-02T03:05:05Z\"}, \"clientId\": \"x\"}");
	/* A login is noticed without anything else. */
	world_expect(w, "p", "AKLOGIN");
	assert_string_equal(w->got.account_id, "123456789012");
	assert_int_equal(w->got.expires.seconds, WORLD_NOW + 60);
	world_pass(w, 60);
	world_expect_fault(w, "p", -EKEYEXPIRED, "have ended", "aws login");
}

static void a_login_file_that_is_none_wants_a_login(void **state)
{
	struct world *w = *state;

	nowhere(w);
	world_env(w, "AWS_LOGIN_CACHE_DIRECTORY", "~/elsewhere");
	world_write(w, ".aws/config", "[profile p]\nlogin_session = me\n");
	world_write(w,
		"elsewhere/"
		"2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0.json",
		"{\"accessToken\": {\"accessKeyId\": \"AKLOGIN\"}}");
	world_expect_fault(w, "p", -EKEYEXPIRED, "no secretAccessKey", "aws login");
}

#define CONTAINER                                                                        \
	"{\"AccessKeyId\":\"AKECS\",\"SecretAccessKey\":\"S3CR3T\",\"Token\":\"T\","     \
	"\"Expiration\":\"2026-01-02T09:04:05Z\",\"AccountId\":\"5\"}"

static void a_container_asks_its_agent(void **state)
{
	struct world *w = *state;

	world_env(w, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x?y=1");
	world_env(w, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:8/other");
	world_answer(w,
		&(struct world_answer){
			.request = "GET http://169.254.170.2/v2/x?y=1",
			.wants = { "accept: application/json\n", "!authorization" },
			.body = CONTAINER,
		});
	world_expect(w, NULL, "AKECS");
	assert_string_equal(w->got.session_token, "T");
	assert_string_equal(w->got.account_id, "5");
	assert_string_equal(w->got.source, "container");
}

static void a_containers_token_file_is_read_each_time(void **state)
{
	struct world *w = *state;
	char path[SANDBOX_PATH];

	sandbox_path(w->home, "token", path);
	world_env(w, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1");
	world_env(w, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "other");
	world_env(w, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
	for (int i = 0; i < 2; i++) {
		world_write(w, "token", i ? "second" : "first");
		world_answer(w,
			&(struct world_answer){
				.request = "GET http://169.254.170.23/v1",
				.wants = { i ? "authorization: second\n"
					     : "authorization: first\n" },
				.body = CONTAINER,
			});
		world_expect(w, NULL, "AKECS");
	}
	world_write(w, "token", "a\r\nHost: x");
	world_expect_fault(w, NULL, -EKEYREJECTED, "line end", NULL);
}

static void a_container_asks_only_safe_addresses(void **state)
{
	static const struct {
		const char *url;
		bool is_safe;
	} cases[] = {
		{ "https://example.com/x", true },
		{ "http://localhost/x", true },
		{ "http://localhost:80/x", true },
		{ "http://127.0.0.1/x", true },
		{ "http://127.9.9.9:1/x", true },
		{ "http://[::1]:1/x", true },
		{ "http://[fd00:ec2::23]/x", true },
		{ "http://169.254.170.2/x", true },
		{ "http://example.com/x", false },
		{ "http://169.254.170.3/x", false },
		{ "http://127.0.0.1@example.com/x", false },
		{ "http://127.0.0.1.example.com/x", false },
		{ "http://example.com?@127.0.0.1/x", false },
		{ "http://example.com#@127.0.0.1/x", false },
		{ "http://[::2]/x", false },
		{ "http:///x", false },
		{ "ftp://127.0.0.1/x", false },
		{ "", false },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char request[128];

		print_message("%zu ", i);
		w->env_count = w->answer_count = w->asked = 0;
		world_env(w, "AWS_CONTAINER_CREDENTIALS_FULL_URI", cases[i].url);
		(void)snprintf(request, sizeof(request), "GET %s", cases[i].url);
		if (cases[i].is_safe) {
			world_answer(w,
				&(struct world_answer){
					.request = request, .body = CONTAINER });
			world_expect(w, NULL, "AKECS");
		} else {
			world_expect_fault(w, NULL, -EKEYREJECTED, "neither https", NULL);
		}
	}
	print_message("\n");
}

static void a_container_tries_three_times_and_then_fails(void **state)
{
	struct world *w = *state;
	struct world_answer answer = {
		.request = "GET http://localhost/x",
		.error = -ETIMEDOUT,
	};

	world_env(w, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/x");
	world_answer(w, &answer);
	answer = (struct world_answer){ .request = answer.request, .status = 500 };
	world_answer(w, &answer);
	answer = (struct world_answer){ .request = answer.request, .body = CONTAINER };
	world_answer(w, &answer);
	world_expect(w, NULL, "AKECS");
	assert_int_equal(w->waited_ms, 2000);
	answer = (struct world_answer){
		.request = answer.request,
		.body = "{\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"S3CR3T\"}",
	};
	for (int i = 0; i < 3; i++)
		world_answer(w, &answer);
	world_expect_fault(w, NULL, -EKEYREJECTED, "no usable Token", NULL);
}

#define IMDS "http://169.254.169.254/latest/"
#define ROLE IMDS "meta-data/iam/security-credentials/"
#define INSTANCE                                                                         \
	"{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"AKEC2\","         \
	"\"SecretAccessKey\":\"S3CR3T\",\"Token\":\"T\",\"Expiration\":"                 \
	"\"2026-01-02T09:04:05Z\"}"

#define FAILED_INSTANCE                                                                  \
	"{\"Code\":\"Failed\",\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"S3CR3T\","    \
	"\"Token\":\"T\",\"Expiration\":\"2026-01-02T09:04:05Z\"}"

static void instance(struct world *w, const char *credentials)
{
	world_answer(w,
		&(struct world_answer){
			.request = "PUT " IMDS "api/token",
			.wants = { "x-aws-ec2-metadata-token-ttl-seconds: 21600\n" },
			.body = "TOKEN==",
		});
	world_answer(w,
		&(struct world_answer){
			.request = "GET " ROLE,
			.wants = { "x-aws-ec2-metadata-token: TOKEN==\n" },
			.body = "my-role\nother",
		});
	world_answer(w,
		&(struct world_answer){
			.request = "GET " ROLE "my-role",
			.wants = { "x-aws-ec2-metadata-token: TOKEN==\n" },
			.body = credentials,
		});
}

static void an_instance_gives_the_keys_of_its_role(void **state)
{
	struct world *w = *state;

	instance(w, INSTANCE);
	world_expect(w, NULL, "AKEC2");
	assert_string_equal(w->got.session_token, "T");
	assert_int_equal(w->got.expires.seconds, WORLD_NOW + 6 * 3600);
	assert_string_equal(w->got.source, "EC2 instance role");
}

static void the_region_of_an_instance_is_that_of_its_zone(void **state)
{
	static const struct {
		const char *zone, *region;
	} cases[] = {
		{ "eu-west-1a", "eu-west-1" },
		{ "us-gov-west-1b\n", "us-gov-west-1" },
		{ "us-west-2-lax-1a", "us-west-2" },
		{ "us-east-1-wl1-bos-wlz-1", "us-east-1" },
		{ "", NULL },
		{ "eu-west", NULL },
		{ "1a", NULL },
		{ "<html>", NULL },
		{ "a-/../-1a", NULL },
	};
	struct world *w = *state;
	char region[64] = "before";

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("  %s\n", cases[i].zone);
		w->answer_count = w->asked = 0;
		world_answer(w,
			&(struct world_answer){
				.request = "PUT " IMDS "api/token", .body = "TOKEN==" });
		world_answer(w,
			&(struct world_answer){
				.request = "GET " IMDS
					   "meta-data/placement/availability-zone",
				.wants = { "x-aws-ec2-metadata-token: TOKEN==\n" },
				.body = cases[i].zone,
			});
		if (cases[i].region) {
			assert_int_equal(
				aws_imds_region(&w->context, NULL, region, 64), 0);
			assert_string_equal(region, cases[i].region);
		} else {
			assert_int_equal(
				aws_imds_region(&w->context, NULL, region, 64), -ENOKEY);
		}
	}
	w->answer_count = w->asked = 0;
	world_env(w, "AWS_EC2_METADATA_DISABLED", "True");
	assert_int_equal(aws_imds_region(&w->context, NULL, region, 64), -ENOKEY);
}

static void keys_of_an_instance_that_have_ended_serve_a_while(void **state)
{
	struct world *w = *state;

	world_pass(w, 10 * 3600);
	instance(w, INSTANCE);
	world_expect(w, NULL, "AKEC2");
	assert_in_range(w->got.expires.seconds - w->clock.seconds, 17 * 60, 25 * 60);
}

static void an_instance_without_tokens_is_asked_as_version_1(void **state)
{
	static const int statuses[] = { 403, 404, 405, 0 };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		w->answer_count = w->asked = 0;
		instance(w, INSTANCE);
		w->answers[0].status = statuses[i];
		w->answers[0].error = statuses[i] ? 0 : -ETIMEDOUT;
		w->answers[1].wants[0] = w->answers[2].wants[0] =
			"!x-aws-ec2-metadata-token";
		world_expect(w, NULL, "AKEC2");
	}
	w->answer_count = w->asked = 0;
	world_env(w, "AWS_EC2_METADATA_V1_DISABLED", "true");
	world_answer(w,
		&(struct world_answer){
			.request = "PUT " IMDS "api/token", .status = 403 });
	world_expect_fault(w, NULL, -ENOKEY, "version 1 is disabled", NULL);
}

static void an_instance_that_gives_nothing_is_no_source(void **state)
{
	static const char *const replies[] = {
		FAILED_INSTANCE,
		"{\"Code\":\"Success\"}",
		"<html>",
		"",
	};
	struct world *w = *state;
	struct world_answer token = { .request = "PUT " IMDS "api/token" };

	token.status = 400;
	world_answer(w, &token);
	world_expect_fault(w, NULL, -ENOKEY, "no AWS credentials", NULL);
	token.error = -EHOSTUNREACH;
	world_answer(w, &token);
	world_expect_fault(w, NULL, -ENOKEY, "no AWS credentials", NULL);
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		w->answer_count = w->asked = 0;
		instance(w, replies[i]);
		world_expect_fault(w, NULL, -ENOKEY, "no AWS credentials", NULL);
	}
	w->answer_count = 2;
	w->asked = 0;
	w->answers[1].body = "../../x\n";
	world_expect_fault(w, NULL, -ENOKEY, "names no role", NULL);
}

static void the_address_of_the_metadata_can_be_set(void **state)
{
	static const struct {
		const char *variable, *value, *want;
	} cases[] = {
		{ "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6",
			"PUT http://[fd00:ec2::254]/latest/api/token" },
		{ "AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:5",
			"PUT http://127.0.0.1:5/latest/api/token" },
		{ "AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:5/",
			"PUT http://127.0.0.1:5/latest/api/token" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		world_env(w, cases[i].variable, cases[i].value);
		world_answer(w,
			&(struct world_answer){
				.request = cases[i].want, .status = 400 });
		assert_int_equal(world_get(w, NULL), -ENOKEY);
	}
}

static void times_are_read_in_all_their_spellings(void **state)
{
	/* Seconds: python3 -c 'import dateutil.parser as p; p.parse(x).timestamp()' */
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{ "2026-01-02T04:04:05Z", 1767326645 },
		{ "2026-01-02T04:04:05UTC", 1767326645 },
		{ "2026-01-02T04:04:05+00:00", 1767326645 },
		{ "2026-01-02T04:04:05.123456+00:00", 1767326645 },
		{ "2026-01-02T04:04:05-08:00", 1767355445 },
		{ "2026-01-02T05:34:05+0130", 1767326645 },
		{ "2026-01-02T06:04:05+02", 1767326645 },
		{ "2026-01-02 04:04:05", 1767326645 },
		{ "2026-01-02T04:04:05+24:00", 0 },
		{ "2026-01-02T04:04:05+1:00", 0 },
		{ "1767326645", 0 },
		{ "UTC", 0 },
	};
	struct world *w = *state;

	nowhere(w);
	world_env(w, "AWS_ACCESS_KEY_ID", "AK");
	world_env(w, "AWS_SECRET_ACCESS_KEY", "S3CR3T");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%zu ", i);
		w->env_count = 3;
		world_env(w, "AWS_CREDENTIAL_EXPIRATION", cases[i].text);
		assert_int_equal(world_get(w, NULL), cases[i].want ? 0 : -EKEYREJECTED);
		if (cases[i].want)
			assert_int_equal(w->got.expires.seconds, cases[i].want);
	}
	print_message("\n");
}

#define STEP(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP(a_process_prints_credentials),
		STEP(a_process_need_not_say_an_end),
		STEP(what_is_wrong_with_a_process_is_said),
		STEP(a_process_is_not_waited_for_longer_than_a_minute),
		STEP(a_process_may_leave_others_behind),
		STEP(a_process_is_ended_by_stop),
		STEP(commands_that_are_none_are_refused),
		STEP(a_login_serves_until_it_ends),
		STEP(a_login_file_that_is_none_wants_a_login),
		STEP(a_container_asks_its_agent),
		STEP(a_containers_token_file_is_read_each_time),
		STEP(a_container_asks_only_safe_addresses),
		STEP(a_container_tries_three_times_and_then_fails),
		STEP(an_instance_gives_the_keys_of_its_role),
		STEP(the_region_of_an_instance_is_that_of_its_zone),
		STEP(keys_of_an_instance_that_have_ended_serve_a_while),
		STEP(an_instance_without_tokens_is_asked_as_version_1),
		STEP(an_instance_that_gives_nothing_is_no_source),
		STEP(the_address_of_the_metadata_can_be_set),
		STEP(times_are_read_in_all_their_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
