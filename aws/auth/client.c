/* Calls: attempts until one succeeds, is refused for good, or time is up. */
#include "aws/auth/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "aws/auth/client_private.h"
#include "aws/auth/ask.h"

enum {
	CLIENT_PAUSE_MS = 20, /* how late a stop may be seen */
	CLIENT_ABSENT_ATTEMPTS = 3, /* at a host that never answered */
};

static uint32_t kernel_random(void)
{
	uint32_t n = 0;

	/* Without randomness there is no jitter: retries then come late, never at once.
	 */
	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != (ssize_t)sizeof(n))
		return UINT32_MAX;
	return n;
}

static bool is_stopped(const atomic_bool *stop)
{
	return stop && atomic_load(stop);
}

static void real_pause(unsigned wait_ms, const atomic_bool *stop)
{
	while (wait_ms > 0 && !is_stopped(stop)) {
		unsigned step = wait_ms < CLIENT_PAUSE_MS ? wait_ms : CLIENT_PAUSE_MS;
		struct timespec t = { .tv_nsec = (long)step * 1000000 };

		(void)nanosleep(&t, NULL);
		wait_ms -= step;
	}
}

int client_new(
	const struct client_options *options, struct client **ret, struct fault *why)
{
	struct client *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->context = options->context;
	c->credentials = options->credentials;
	skew_init(&c->own_skew, c->context->clock);
	c->skew = c->context->skew ? c->context->skew : &c->own_skew;
	c->service = options->service;
	c->deadline_ms = options->deadline_ms ? options->deadline_ms : CLIENT_DEADLINE_MS;
	c->max_attempts = options->max_attempts ? options->max_attempts
						: aws_max_attempts(options->context);
	c->random = options->random ? options->random : kernel_random;
	c->pause = options->pause ? options->pause : real_pause;
	c->bucket = retry_bucket_new();
	r = c->bucket ? aws_endpoint_of(options->context, options->service,
				options->region, &c->endpoint, why)
		      : -ENOMEM;
	if (r < 0) {
		client_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	retry_bucket_free(c->bucket);
	free(c);
}

const struct aws_endpoint *client_endpoint(const struct client *c)
{
	return &c->endpoint;
}

uint64_t client_retries(const struct client *c)
{
	return atomic_load(&c->retries);
}

uint64_t client_connections(const struct client *c)
{
	return atomic_load(&c->connections);
}

static bool may_be_the_clock(const struct aws_error *e)
{
	static const char *const codes[] = { "RequestTimeTooSkewed", "RequestExpired",
		"RequestInTheFuture", "InvalidSignatureException",
		"SignatureDoesNotMatch", "AuthFailure", "AccessDenied",
		"AccessDeniedException", "403" };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strcmp(e->code, codes[i]) == 0)
			return true;
	return false;
}

/* Takes over the server's clock, where it is far from the one that was signed with. */
static bool set_clock(struct operation *o)
{
	struct client *c = o->client;
	struct span date = http_header_of(o->response, SPAN("date"));
	struct instant server;

	if (o->is_clock_set || !c->credentials || !may_be_the_clock(&o->error) ||
		http_date_parse(date, &server) < 0)
		return false;
	o->is_clock_set = skew_learn(c->skew, server);
	return o->is_clock_set;
}

static bool are_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Refused credentials are asked for once more: a login, or a new file, may have come. */
static bool renew(struct operation *o, int error)
{
	struct client *c = o->client;
	struct credentials fresh = { 0 };
	bool differs = false;

	if (o->is_renewed || !c->credentials ||
		(error != -EKEYEXPIRED && error != -EKEYREJECTED))
		return false;
	o->is_renewed = true;
	credential_cache_drop(c->credentials, &o->used);
	if (credential_get(c->credentials, o->stop, &fresh, NULL) < 0)
		return false;
	differs = !are_same(fresh.access_key_id, o->used.access_key_id) ||
		!are_same(fresh.secret, o->used.secret) ||
		!are_same(fresh.session_token, o->used.session_token);
	credentials_finish(&fresh);
	return differs;
}

/* Whether an error passes by itself, and what it is for the bucket of tokens. */
static bool is_passing(const struct operation *o, int error, enum retry_cause *ret)
{
	*ret = RETRY_TRANSIENT;
	if (o->lacks_credentials)
		return false;
	if (o->error.status != 0) {
		if (aws_error_is_throttling(&o->error))
			*ret = RETRY_THROTTLED;
		return error == -EAGAIN || *ret == RETRY_THROTTLED ||
			o->error.status >= 500;
	}
	switch (error) {
	case -ETIMEDOUT:
		*ret = RETRY_TIMEOUT;
		return true;
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -EPROTO:
	case -EBADMSG:
		return true;
	default:
		return false;
	}
}

/* Who has never been there is more likely wrongly named, or the network away, than busy:
 * that is told soon, however patient the caller is. */
static bool is_absent(const struct operation *o, int error)
{
	bool is_unreachable =
		error == -EHOSTUNREACH || error == -ENETUNREACH || error == -ECONNREFUSED;

	return is_unreachable && o->retry.attempts + 1 >= CLIENT_ABSENT_ATTEMPTS &&
		!atomic_load(&o->client->has_answered);
}

/* Waits, if there is to be another attempt. */
static bool goes_on(struct operation *o, int error)
{
	enum retry_cause cause;
	unsigned wait_ms = 0;

	if (is_stopped(o->stop) || o->sink_error < 0)
		return false;
	if (set_clock(o) || renew(o, error))
		return true;
	if (!is_passing(o, error, &cause) || (o->has_delivered && !o->call->restart) ||
		is_absent(o, error))
		return false;
	if (o->trouble_ms == UINT64_MAX)
		o->trouble_ms = o->progress_ms;
	if (!retry_again(&o->retry, cause, o->client->random(), &wait_ms) ||
		wait_ms >= client_time_left(o))
		return false;
	o->client->pause(wait_ms, o->stop);
	atomic_fetch_add(&o->client->retries, 1);
	return !is_stopped(o->stop) && client_time_left(o) > 0;
}

int client_do(struct client *c, const struct client_call *call, const atomic_bool *stop,
	struct http_response *ret, struct aws_error *ret_error, struct fault *why)
{
	struct operation o = { .client = c,
		.call = call,
		.stop = stop,
		.response = ret,
		.trouble_ms = UINT64_MAX,
		.retry = { .bucket = c->bucket, .max_attempts = c->max_attempts } };
	int r;

	if (call->deadline_ms)
		o.trouble_ms = clock_monotonic_ms(c->context->clock);
	do {
		uint64_t begun = clock_monotonic_ms(c->context->clock);

		o.attempts++;
		r = client_attempt(&o);
		client_log(&o, r, clock_monotonic_ms(c->context->clock) - begun);
	} while (r < 0 && goes_on(&o, r));
	if (r == 0)
		retry_succeeded(&o.retry);
	else if (is_stopped(stop))
		r = fault(why, -ECANCELED, "stopped");
	else
		client_explain(&o, r, why);
	if (r < 0 && ret_error)
		*ret_error = o.error;
	credentials_finish(&o.used);
	return r;
}

int client_json(struct client *c, const struct json_operation *operation,
	const atomic_bool *stop, struct http_response *ret, struct fault *why)
{
	const struct http_header headers[] = {
		{ "content-type", "application/x-amz-json-1.1" },
		{ "x-amz-target", operation->target },
	};
	const char *dot = strrchr(operation->target, '.');
	const struct client_call call = { .method = "POST",
		.path = "/",
		.headers = headers,
		.header_count = ARRAY_LEN(headers),
		.body = operation->body,
		.is_json_body = true,
		.operation = dot ? dot + 1 : operation->target,
		.needs = operation->needs };

	return client_do(c, &call, stop, ret, NULL, why);
}
