/* Signing in, calls and S3 with each allocation refused in turn: no memory is what is
 * said, nothing else, and nothing is left behind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth/client.h"
#include "aws/object/s3.h"
#include "tests/aws/sandbox.h"
#include "tests/cmocka.h"
#include "tests/oom.h"

#define NOW INT64_C(1767323045) /* 2026-01-02T03:04:05Z */
#define LATER "2026-01-02T09:04:05Z"
#define PAST "2026-01-01T00:00:00Z"

enum { ATTEMPTS_MAX = 3000 };

static struct instant fixed_now(const struct clock *c)
{
	(void)c;
	return (struct instant){ NOW };
}

static uint64_t fixed_ms(const struct clock *c)
{
	(void)c;
	return 1000000;
}

static void no_wait(const struct auth_context *c, unsigned ms, const atomic_bool *stop)
{
	(void)c;
	(void)ms;
	(void)stop;
}

#define KEYS                                                                             \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"s\","        \
	"\"Token\":\"t\",\"Expiration\":\"" LATER "\"}"

/* What is asked, by a part of the URL or the body, and what is answered. */
static const struct {
	const char *url, *body, *reply;
} replies[] = {
	{ "/federation/credentials", NULL,
		"{\"roleCredentials\":{\"accessKeyId\":\"AK\",\"secretAccessKey\":\"s\","
		"\"sessionToken\":\"t\",\"expiration\":1767344645000}}" },
	{ "/token", "refresh_token",
		"{\"accessToken\":\"N\",\"expiresIn\":28800,\"tokenType\":\"Bearer\"}" },
	{ "/api/token", NULL, "TOKEN==" },
	{ "/security-credentials/my-role", NULL, KEYS },
	{ "/security-credentials/", NULL, "my-role" },
	{ "/container", NULL, KEYS },
	{ "", "Action=AssumeRole",
		"<R><AssumeRoleResult><Credentials><AccessKeyId>AK</AccessKeyId>"
		"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
		"<Expiration>" LATER "</Expiration></Credentials><AssumedRoleUser><Arn>"
		"arn:aws:sts::123456789012:assumed-role/r/me</Arn></AssumedRoleUser>"
		"</AssumeRoleResult></R>" },
	{ "list-type=2", NULL,
		"<ListBucketResult><Contents><Key>d/k</Key><LastModified>"
		"2026-06-01T23:48:02.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>4"
		"</Size></Contents><CommonPrefixes><Prefix>d/x/</Prefix></CommonPrefixes>"
		"</ListBucketResult>" },
	{ "/d/k", NULL, "abcd" },
};

static const char *reply_to(const struct http_request *q)
{
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		const char *body = replies[i].body;

		if (!strstr(q->url, replies[i].url))
			continue;
		if (!body ||
			(q->body.len &&
				memmem(q->body.p, q->body.len, body, strlen(body))))
			return replies[i].reply;
	}
	return "";
}

static int answer(struct http *h, const struct http_request *q, const atomic_bool *stop,
	struct http_response *ret, struct fault *why)
{
	const char *reply = reply_to(q);
	const char *range = NULL;
	int r;

	(void)h;
	(void)stop;
	(void)why;
	for (size_t i = 0; i < q->header_count; i++)
		if (strcmp(q->headers[i].name, "range") == 0)
			range = q->headers[i].value;
	ret->status = range ? 206 : 200;
	ret->headers.limit = ret->body.limit = 1 << 20;
	buf_clear(&ret->headers);
	buf_clear(&ret->body);
	ret->content_length = strlen(reply);
	r = buf_append_text(&ret->headers, "etag: \"e\"\n");
	if (range) {
		reply += 1; /* bytes=1-2 */
		ret->content_length = 2;
		if (r == 0)
			r = buf_append_text(
				&ret->headers, "content-range: bytes 1-2/4\n");
	}
	if (r < 0 || strcmp(q->method, "HEAD") == 0)
		return r;
	if (q->sink)
		return q->sink(q->context, reply, (size_t)ret->content_length);
	return buf_append(&ret->body, reply, (size_t)ret->content_length);
}

/* The home folder, for the time of one group. */
static char home[SANDBOX_PATH];
static char token_path[SANDBOX_PATH];
static const char *variables[8];

static const char *get_variable(const char *name)
{
	for (size_t i = 0; i + 1 < ARRAY_LEN(variables) && variables[i]; i += 2)
		if (strcmp(variables[i], name) == 0)
			return variables[i + 1];
	return strcmp(name, "AWS_EC2_METADATA_DISABLED") == 0 ? "true" : NULL;
}

static const struct http_ops http_ops = { .exchange = answer };
static struct http stub = { &http_ops };
static const struct clock_ops clock_ops = { fixed_now, fixed_ms };
static const struct clock fixed = { &clock_ops };

static struct auth_context context_of(const struct profile_set *profiles)
{
	return (struct auth_context){ .env = get_variable,
		.home = home,
		.http = &stub,
		.clock = &fixed,
		.region = "eu-west-1",
		.wait = no_wait,
		.profiles = profiles,
		.profile = "p" };
}

/* As a session does it: files, chain, cache, keys, and the keys again. */
static int sign_in(void)
{
	struct profile_set *profiles = NULL;
	struct credential_provider *chain = NULL, *cache = NULL;
	struct credentials got = { 0 };
	struct auth_context context;
	struct fault why = { 0 };
	int r = profile_set_load(get_variable, home, &profiles, &why);

	context = context_of(profiles);
	if (r == 0)
		r = credential_chain_new(&context, &chain);
	if (r == 0)
		r = credential_cache_new(&fixed, chain, &cache);
	for (int i = 0; i < 2 && r == 0; i++) {
		credentials_finish(&got);
		r = credential_get(cache, NULL, &got, &why);
		assert_true(r < 0 || strcmp(got.access_key_id, "AK") == 0);
		assert_true(r == 0 || !got.access_key_id);
	}
	credentials_finish(&got);
	credential_provider_free(cache);
	profile_set_free(profiles);
	return r;
}

static void survive(int (*attempt)(void), void (*prepare)(void))
{
	bool refused = true;
	unsigned n = 0;

	for (; refused; n++) {
		int r;

		if (prepare)
			prepare();
		oom_after(n);
		r = attempt();
		refused = oom_stop();
		/* Something may do without: a file in the cache, a text for people. */
		if (r != 0 && !(refused && r == -ENOMEM))
			fail_msg("allocation %u: %s", n, fault_errno_text(r));
		assert_true(n < ATTEMPTS_MAX);
	}
	print_message("  %u allocations\n", n);
	assert_true(n > 5);
}

static const struct sandbox_file *files;
static size_t file_count;

static void write_files(void)
{
	for (size_t i = 0; i < file_count; i++)
		sandbox_write(home, &files[i]);
}

static void each_source_survives(void **state)
{
#define CONFIG ".aws/config"
#define FILE_KEYS "aws_access_key_id=AK\naws_secret_access_key=s\n"
#define SSO_FILE ".aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json"
#define LOGIN_FILE                                                                       \
	".aws/login/cache/"                                                              \
	"2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0.json"
	static const struct {
		const char *name;
		const char *variables[8];
		struct sandbox_file files[4];
	} cases[] = {
		{ "environment",
			{ "AWS_ACCESS_KEY_ID", "AK", "AWS_SECRET_ACCESS_KEY", "s" },
			{ { CONFIG, "[profile p]\n", 0 } } },
		{ "file", { 0 }, { { ".aws/credentials", "[p]\n" FILE_KEYS, 0 } } },
		{ "role", { 0 },
			{ { CONFIG,
				"[profile p]\nrole_arn=arn:aws:iam::1:role/r\n"
				"source_profile=b\nexternal_id=x\n[profile "
				"b]\n" FILE_KEYS,
				0 } } },
		{ "web identity",
			{ "AWS_ROLE_ARN", "arn:aws:iam::1:role/r",
				"AWS_WEB_IDENTITY_TOKEN_FILE", token_path },
			{ { CONFIG, "[profile p]\n", 0 }, { "token", "a.jwt", 0 } } },
		{ "SSO", { 0 },
			{ { CONFIG,
				  "[profile p]\nsso_session=my-sso\nsso_account_id=1\n"
				  "sso_role_name=R\n[sso-session my-sso]\n"
				  "sso_region=us-east-1\nsso_start_url=https://d\n",
				  0 },
				{ SSO_FILE,
					"{\"accessToken\":\"A\",\"expiresAt\":\"" PAST
					"\",\"clientId\":\"c\",\"clientSecret\":\"s\","
					"\"refreshToken\":\"r\","
					"\"registrationExpiresAt\":\"" LATER "\"}",
					0 } } },
		{ "login", { 0 },
			{ { CONFIG, "[profile p]\nlogin_session=me\n", 0 },
				{ LOGIN_FILE,
					"{\"accessToken\":{\"accessKeyId\":\"AK\","
					"\"secretAccessKey\":\"s\",\"sessionToken\":"
					"\"t\","
					"\"accountId\":\"1\",\"expiresAt\":\"" LATER
					"\"}}",
					0 } } },
		{ "process", { 0 },
			{ { CONFIG,
				"[profile p]\ncredential_process = printf '%s' "
				"'{\"Version\":1,\"AccessKeyId\":\"AK\","
				"\"SecretAccessKey\":\"s\"}'\n",
				0 } } },
		{ "container",
			{ "AWS_CONTAINER_CREDENTIALS_FULL_URI",
				"http://127.0.0.1/container",
				"AWS_CONTAINER_AUTHORIZATION_TOKEN", "T" },
			{ { CONFIG, "[profile p]\n", 0 } } },
		{ "instance", { "AWS_EC2_METADATA_DISABLED", "false" },
			{ { CONFIG, "[profile p]\n", 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].name);
		sandbox_make(home);
		sandbox_path(home, "token", token_path);
		memcpy(variables, cases[i].variables, sizeof(variables));
		files = cases[i].files;
		file_count = 0;
		while (file_count < 4 && files[file_count].path)
			file_count++;
		survive(sign_in, write_files);
		sandbox_remove(home);
	}
}

static int get_key(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	static char id[] = "AK", secret[] = "s", token[] = "t";
	static const struct credentials keys = { .access_key_id = id,
		.secret = secret,
		.session_token = token,
		.expires = { INSTANT_NONE },
		.source = "a test" };

	(void)p;
	(void)stop;
	(void)why;
	return credentials_copy(&keys, ret);
}

static void keep(struct credential_provider *p)
{
	(void)p;
}

static const struct credential_ops key_ops = { .get = get_key, .free = keep };
static struct credential_provider one_key = { &key_ops };

static uint32_t no_jitter(void)
{
	return 0;
}

static int call(void)
{
	const struct auth_context context = context_of(NULL);
	const struct client_options o = { .context = &context,
		.credentials = &one_key,
		.service = AWS_S3,
		.random = no_jitter };
	const struct client_call q = { .method = "GET", .path = "/d/k", .query = "a=1" };
	struct http_response response = { 0 };
	struct client *c = NULL;
	struct fault why = { 0 };
	int r = client_new(&o, &c, &why);

	if (r == 0)
		r = client_do(c, &q, NULL, &response, NULL, &why);
	assert_true(r < 0 || response.body.len == 4);
	http_response_finish(&response);
	client_free(c);
	return r;
}

static void a_call_survives(void **state)
{
	(void)state;
	survive(call, NULL);
}

/* A jump has no thread of its own, whose allocations would come in no order. */
static int read_some(struct object_source *s, struct fault *why)
{
	static char key[] = "k";
	const struct object_info o = { .key = key, .size_bytes = 4, .etag = "e" };
	char bytes[4];
	ssize_t n = object_read(s, &o, 1, bytes, 2, why);

	if (n < 0)
		return (int)n;
	assert_int_equal(n, 2);
	assert_memory_equal(bytes, "bc", 2);
	n = object_read(s, &o, 0, bytes, 4, why);
	if (n == 4)
		assert_memory_equal(bytes, "abcd", 4);
	return n < 0 ? (int)n : n == 4 ? 0 : -EIO;
}

static int use_bucket(void)
{
	const struct auth_context context = context_of(NULL);
	const struct s3_options o = { .context = &context,
		.credentials = &one_key,
		.bucket = "bkt",
		.prefix = "d/" };
	struct object_source *s = NULL;
	struct object_info info = { 0 };
	struct object_list list = { 0 };
	struct fault why = { 0 };
	int r = s3_open(&o, &s, &why);

	if (r == 0)
		r = object_list(s, "", &list, &why);
	assert_true(r < 0 || (list.count == 1 && list.folder_count == 1));
	if (r == 0)
		r = object_stat(s, "k", &info, &why);
	assert_true(r == 0 || !info.key);
	if (r == 0)
		r = read_some(s, &why);
	free(info.key);
	object_list_finish(&list);
	object_source_free(s);
	return r;
}

static void a_bucket_survives(void **state)
{
	(void)state;
	survive(use_bucket, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_source_survives),
		cmocka_unit_test(a_call_survives),
		cmocka_unit_test(a_bucket_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
