/* A server with one script, a client, and room for what comes. */
#ifndef TESTS_AWS_HTTP_FIXTURE_H
#define TESTS_AWS_HTTP_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "aws/api/http.h"
#include "tests/aws/web_server.h"
#include "tests/cmocka.h"

static inline struct http *new_http(const struct http_options *options)
{
	struct http *h = NULL;

	/* A proxy of whoever runs this is none of the tests' business. */
	(void)setenv("no_proxy", "*", 1);
	assert_int_equal(http_curl_new(options, &h, NULL), 0);
	return h;
}

struct fixture {
	struct web_server *server;
	struct http *http;
	struct http_response response;
	struct fault why;
	char url[256];
};

static inline void begin(
	struct fixture *f, const struct web_answer *answers, size_t count)
{
	*f = (struct fixture){ .server = web_server_start(answers, count),
		.http = new_http(&(struct http_options){ .user_agent = "costfs/test" }) };
	(void)snprintf(f->url, sizeof(f->url), "%s/", web_server_url(f->server));
}

static inline void end(struct fixture *f)
{
	http_response_finish(&f->response);
	http_free(f->http);
	web_server_stop(f->server);
}

static inline int get(struct fixture *f)
{
	f->why = (struct fault){ 0 };
	return http_exchange(f->http,
		&(struct http_request){ .method = "GET", .url = f->url }, NULL,
		&f->response, &f->why);
}

static inline void assert_body(const struct http_response *r, const char *want)
{
	assert_int_equal(r->body.len, strlen(want));
	assert_memory_equal(r->body.len ? r->body.p : "", want, strlen(want));
}

static inline uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#endif
