/* An account whose services are all one scripted server on the loopback. */
#ifndef TESTS_AWS_ACCOUNT_FIXTURE_H
#define TESTS_AWS_ACCOUNT_FIXTURE_H

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/auth/credentials.h"
#include "aws/resource/account.h"
#include "tests/aws/web_server.h"
#include "tests/cmocka.h"

#define ACCOUNT "111122223333"
#define ROLE "arn:aws:iam::111122223333:role/reader"
/* 2026-11-30T12:00:00Z */
#define ACCOUNT_NOW INT64_C(1796040000)

enum { RULES_MAX = 48 };

/* The first rule whose texts are in a request, and that has been used fewer times than it
 * may, answers it. */
struct rule {
	const char *wants[3];
	const char *status; /* NULL: 200 OK */
	const char *body;
	const char *headers;
	size_t cut; /* bytes of the answer that are sent; 0: all */
	unsigned times; /* 0: as often as it is asked */
};

struct account_fixture {
	pthread_mutex_t lock;
	const struct rule *rules;
	size_t rule_count;
	unsigned used[RULES_MAX]; /* guarded by lock, as the next */
	unsigned unknown; /* requests that no rule is for */
	struct web_server *server;
	char url[64];
	struct clock clock;
	struct http *http;
	struct auth_context context;
	/* Who gives the keys that all begins with. */
	struct {
		struct credential_provider base;
		const char *token; /* NULL: they are long-lived */
		int error; /* instead of keys */
		unsigned dropped;
	} keys;
	struct resource_account *account;
	struct inventory *got;
	struct fault why;
};

/* One in a program: the environment of the context is the server's. */
static const char *fixture_url;

#define SIGNED_IN                                                                        \
	{                                                                                \
		{ "Action=GetCallerIdentity" }, .body = STS_IDENTITY(ACCOUNT)            \
	}
#define STS_IDENTITY(account)                                                            \
	"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::" account \
	":user/u</Arn><UserId>AIDA</UserId><Account>" account                            \
	"</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
#define STS_ROLE                                                                         \
	"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE"       \
	"</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>"     \
	"role-token</SessionToken><Expiration>2026-11-30T13:00:00Z</Expiration>"         \
	"</Credentials><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/"    \
	"reader/costfs</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
#define EC2_ERROR(code, message)                                                         \
	"<Response><Errors><Error><Code>" code "</Code><Message>" message                \
	"</Message></Error></Errors><RequestID>req-1</RequestID></Response>"
#define ERROR(code, message)                                                             \
	"<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>"        \
	"" message "</Message></Error><RequestId>req-1</RequestId></ErrorResponse>"
#define S3_ERROR(code, message)                                                          \
	"<Error><Code>" code "</Code><Message>" message                                  \
	"</Message><RequestId>req-1</RequestId></Error>"

static inline bool has_text(struct span request, const char *text)
{
	return !text || memmem(request.p, request.len, text, strlen(text));
}

static inline void fixture_answer(
	void *context, struct span request, struct web_answer *ret)
{
	struct account_fixture *f = context;
	size_t i = 0;

	(void)pthread_mutex_lock(&f->lock);
	for (; i < f->rule_count; i++) {
		const struct rule *r = &f->rules[i];

		if (!has_text(request, r->wants[0]) || !has_text(request, r->wants[1]) ||
			!has_text(request, r->wants[2]) ||
			(r->times && f->used[i] == r->times))
			continue;
		f->used[i]++;
		*ret = (struct web_answer){ .status = r->status,
			.headers = r->headers,
			.body = r->body,
			.cut = r->cut,
			.end = r->cut ? WEB_CLOSE : WEB_KEEP };
		break;
	}
	if (i == f->rule_count) {
		f->unknown++;
		ret->status = "418 No rule";
	}
	(void)pthread_mutex_unlock(&f->lock);
}

static inline struct instant fixture_now(const struct clock *c)
{
	(void)c;
	return (struct instant){ ACCOUNT_NOW };
}

static inline uint64_t fixture_ms(const struct clock *c)
{
	(void)c;
	return 1000;
}

static inline const char *fixture_env(const char *name)
{
	if (strcmp(name, "AWS_ENDPOINT_URL") == 0)
		return fixture_url;
	return strcmp(name, "AWS_MAX_ATTEMPTS") == 0 ? "3" : NULL;
}

static inline int fixture_keys(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct account_fixture *f = (struct account_fixture *)((char *)p -
		offsetof(struct account_fixture, keys));
	struct credentials keys = { .expires = { INSTANT_NONE }, .source = "a test" };

	(void)stop;
	if (f->keys.error)
		return fault(why, f->keys.error, "a test: no keys");
	keys.access_key_id = strdup("AKIAGIVEN");
	keys.secret = strdup("given-secret");
	keys.session_token = f->keys.token ? strdup(f->keys.token) : NULL;
	*ret = keys;
	return 0;
}

static inline void fixture_drop(
	struct credential_provider *p, const struct credentials *refused)
{
	struct account_fixture *f = (struct account_fixture *)((char *)p -
		offsetof(struct account_fixture, keys));

	(void)refused;
	f->keys.dropped++;
}

static inline void fixture_no_pause(unsigned wait_ms, const atomic_bool *stop)
{
	(void)wait_ms;
	(void)stop;
}

static inline void fixture_begin(
	struct account_fixture *f, const struct rule *rules, size_t count)
{
	static const struct clock_ops clock_ops = { fixture_now, fixture_ms };
	static const struct credential_ops keys_ops = { .get = fixture_keys,
		.drop = fixture_drop };

	*f = (struct account_fixture){ .rules = rules,
		.rule_count = count,
		.clock = { &clock_ops },
		.keys = { .base = { &keys_ops } } };
	assert_true(count <= RULES_MAX);
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)setenv("no_proxy", "*", 1);
	f->server = web_server_start_with(fixture_answer, f);
	(void)snprintf(f->url, sizeof(f->url), "%s", web_server_url(f->server));
	fixture_url = f->url;
	assert_int_equal(
		http_curl_new(&(struct http_options){ .user_agent = "costfs/test" },
			&f->http, NULL),
		0);
	f->context = (struct auth_context){ .env = fixture_env,
		.http = f->http,
		.clock = &f->clock,
		.region = "eu-west-1" };
}

static inline void fixture_open(struct account_fixture *f, const char *role)
{
	const struct resource_account_options options = { .context = &f->context,
		.credentials = &f->keys.base,
		.account_id = ACCOUNT,
		.role_arn = role,
		.external_id = role ? "ext" : NULL,
		.pause = fixture_no_pause };

	assert_int_equal(resource_account_new(&options, &f->account, &f->why), 0);
}

static inline void fixture_end(struct account_fixture *f)
{
	resource_account_free(f->account);
	inventory_unref(f->got);
	http_free(f->http);
	web_server_stop(f->server);
	(void)pthread_mutex_destroy(&f->lock);
}

/* Replaces f->got and f->why. */
static inline int fixture_list(struct account_fixture *f, const char *service,
	const char *type, const char *region)
{
	size_t kind = 0;

	inventory_unref(f->got);
	f->got = NULL;
	f->why = (struct fault){ 0 };
	assert_int_equal(resource_kind_find(span_of(service), span_of(type), &kind), 0);
	return resource_account_list(f->account, kind, region, NULL, &f->got, &f->why);
}

static inline void assert_span(struct span got, const char *want)
{
	if (span_eq(got, span_of(want)))
		return;
	print_error("got  %.*s\nwant %s\n", SPAN_ARG(got), want);
	fail();
}

static inline void assert_has(const char *text, const char *part)
{
	if (strstr(text, part))
		return;
	print_error("no \"%s\" in: %s\n", part, text);
	fail();
}

#endif
