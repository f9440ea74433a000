/* HTTP by a script, on a clock that only the script moves; and credentials by a list. One
 * thread at a time, but for what a test serves by a function. */
#ifndef TESTS_AWS_FAKE_HTTP_H
#define TESTS_AWS_FAKE_HTTP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth/credentials.h"
#include "tests/cmocka.h"

enum { FAKE_STEPS_MAX = 64, FAKE_TEXT = 2048 };

struct fake_step {
	const char *
		wants; /* parts of "METHOD URL\nname: value\n…", '|' between; NULL: any */
	int status; /* 0: no reply, only error */
	const char *headers; /* "name: value\n" lines */
	const char *body;
	size_t len; /* of body; 0: strlen */
	int error; /* after the body: of the transport */
	unsigned
		takes_ms; /* of the clock; more than the deadline: -ETIMEDOUT by itself */
};

struct fake_clock {
	struct clock clock;
	int64_t seconds;
	uint64_t ms;
};

struct fake_http {
	struct http http;
	const struct fake_step *steps;
	size_t count, at;
	size_t piece; /* bytes of one call of the sink; 0: all */
	struct fake_clock clock;
	char seen[FAKE_STEPS_MAX][FAKE_TEXT]; /* the requests */
	unsigned deadlines[FAKE_STEPS_MAX];
};

static inline struct instant fake_now(const struct clock *c)
{
	const struct fake_clock *f = (const struct fake_clock *)(const void *)c;

	return (struct instant){ f->seconds + (int64_t)(f->ms / 1000) };
}

static inline uint64_t fake_ms(const struct clock *c)
{
	return ((const struct fake_clock *)(const void *)c)->ms;
}

static inline void fake_write(struct fake_http *f, const struct http_request *q)
{
	char *text = f->seen[f->at];
	size_t len = (size_t)snprintf(text, FAKE_TEXT, "%s %s\n", q->method, q->url);

	for (size_t i = 0; i < q->header_count && len < FAKE_TEXT; i++)
		len += (size_t)snprintf(text + len, FAKE_TEXT - len, "%s: %s\n",
			q->headers[i].name, q->headers[i].value);
	assert_true(len < FAKE_TEXT);
}

static inline void fake_check(const char *wants, const char *seen)
{
	struct span rest = span_of(wants), part;
	char text[FAKE_TEXT];

	while (span_split(&rest, '|', &part)) {
		(void)snprintf(text, sizeof(text), "%.*s", SPAN_ARG(part));
		if (!strstr(seen, text))
			fail_msg("no \"%s\" in:\n%s", text, seen);
	}
}

static inline int fake_deliver(struct fake_http *f, const struct http_request *q,
	struct http_response *ret, struct span body)
{
	if (!q->sink || ret->status >= 300)
		return buf_append_span(&ret->body, body);
	while (body.len) {
		size_t n = f->piece && f->piece < body.len ? f->piece : body.len;
		int r = q->sink(q->context, body.p, n);

		if (r < 0)
			return r;
		body = span_from(body, n);
	}
	return 0;
}

static inline int fake_exchange(struct http *h, const struct http_request *q,
	const atomic_bool *stop, struct http_response *ret, struct fault *why)
{
	struct fake_http *f = (struct fake_http *)(void *)h;
	const struct fake_step *s = &f->steps[f->at];
	unsigned limit = q->deadline_ms ? q->deadline_ms : UINT32_MAX;
	uint64_t length;
	int r = 0;

	ret->status = 0;
	ret->content_length = UINT64_MAX;
	ret->headers.limit = ret->body.limit = 1 << 20;
	buf_clear(&ret->headers);
	buf_clear(&ret->body);
	if (stop && atomic_load(stop))
		return fault(why, -ECANCELED, "stopped");
	if (f->at >= f->count)
		fail_msg("request %zu was not expected: %s %s", f->at, q->method, q->url);
	fake_write(f, q);
	if (s->wants)
		fake_check(s->wants, f->seen[f->at]);
	f->deadlines[f->at++] = q->deadline_ms;
	f->clock.ms += s->takes_ms < limit ? s->takes_ms : limit;
	if (s->takes_ms > limit)
		return fault(why, -ETIMEDOUT, "took too long");
	if (s->status) {
		size_t len = s->len ? s->len : s->body ? strlen(s->body) : 0;

		ret->status = s->status;
		assert_int_equal(
			buf_append_text(&ret->headers, s->headers ? s->headers : ""), 0);
		if (span_parse_u64(http_header_of(ret, SPAN("content-length")),
			    UINT64_MAX - 1, &length) == 0)
			ret->content_length = length;
		if (strcmp(q->method, "HEAD") != 0)
			r = fake_deliver(f, q, ret, (struct span){ s->body, len });
	}
	if (r == 0 && s->error)
		r = fault(why, s->error, "GET https://host/path: cut");
	return r;
}

static inline void fake_free(struct http *h)
{
	(void)h;
}

/* 2026-11-24T22:53:42Z */
static inline void fake_http_init(
	struct fake_http *f, const struct fake_step *steps, size_t count)
{
	static const struct http_ops ops = { fake_exchange, fake_free };
	static const struct clock_ops clock_ops = { fake_now, fake_ms };

	assert_true(count <= FAKE_STEPS_MAX);
	memset(f, 0, sizeof(*f));
	f->http.ops = &ops;
	f->steps = steps;
	f->count = count;
	f->clock.clock.ops = &clock_ops;
	f->clock.seconds = INT64_C(1795560822);
}

struct fake_keys {
	struct credential_provider base;
	const char *const *ids; /* one after another; the last one stays */
	size_t count, gets, drops;
	int error; /* instead */
};

static inline int fake_keys_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct fake_keys *k = (struct fake_keys *)(void *)p;
	size_t at = k->gets < k->count ? k->gets : k->count - 1;

	(void)stop;
	if (k->error) {
		fault(why, k->error, "no keys anywhere");
		fault_cure(why, "sign in");
		return k->error;
	}
	k->gets++;
	*ret = (struct credentials){ .access_key_id = strdup(k->ids[at]),
		.secret = strdup("SECRET"),
		.session_token = strdup("TOKEN-of-a-test"),
		.expires = { INSTANT_NONE },
		.source = "a test" };
	return 0;
}

static inline void fake_keys_drop(
	struct credential_provider *p, const struct credentials *refused)
{
	(void)refused;
	((struct fake_keys *)(void *)p)->drops++;
}

static inline void fake_keys_free(struct credential_provider *p)
{
	(void)p;
}

static inline void fake_keys_init(
	struct fake_keys *k, const char *const *ids, size_t count)
{
	static const struct credential_ops ops = { fake_keys_get, fake_keys_free,
		fake_keys_drop };

	*k = (struct fake_keys){ .base = { &ops }, .ids = ids, .count = count };
}

#endif
