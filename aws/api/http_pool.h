/* Idle connections, each with the handles of libcurl that keep it. */
#ifndef AWS_API_HTTP_POOL_H
#define AWS_API_HTTP_POOL_H

#include <curl/curl.h>

#include "base/compiler.h"

/* One exchange at a time. The multi handle owns the connection. */
struct http_lane {
	CURLM *multi;
	CURL *easy;
	char origin[264]; /* "https://host:port" of the last exchange */
	struct http_lane *next; /* of the idle ones */
};

struct http_pool;

/* 0; -ENOMEM. Thread-safe. */
MUST_USE int http_pool_new(unsigned idle_max, struct http_pool **ret);
/* None may be taken still. */
void http_pool_free(struct http_pool *p);
/* The idle one that was last at the URL's origin, else a new one; the one that has been
 * idle for longest where all are kept for others. 0; -ENOMEM. */
MUST_USE int http_pool_take(struct http_pool *p, const char *url, struct http_lane **ret);
void http_pool_give(struct http_pool *p, struct http_lane *lane);
/* Instead of giving it back: its connection is closed. */
void http_pool_drop(struct http_lane *lane);

#endif
