/* HTTP as AWS needs it: one exchange at a time to a caller, many callers at once,
 * connections reused. No redirects are followed, nothing is decoded, nothing is retried
 * here. */
#ifndef AWS_API_HTTP_H
#define AWS_API_HTTP_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"

enum {
	HTTP_HEADERS_MAX = 64, /* of a request */
	HTTP_HEADER_BYTES_MAX = 64 * 1024, /* of a response, all together */
};

struct http_header {
	const char *name, *value;
};

struct http_request {
	const char *method; /* "GET", "HEAD", "POST", "PUT" */
	/* Absolute, as it goes on the wire: percent-encoded, sent exactly so. */
	const char *url;
	const struct http_header *headers;
	size_t header_count;
	struct span body; /* of a POST or PUT */
	/* The body of a 2xx response goes here as it comes; a negative errno ends the
	 * exchange with that errno. NULL: it is gathered in response.body. Bodies of
	 * other responses always are. The response's status, headers and content_length
	 * are there before the first call. */
	int (*sink)(void *context, const void *bytes, size_t len);
	void *context;
	size_t body_limit; /* of response.body; 0 = 4 MiB */
	unsigned connect_ms; /* 0 = 10 s */
	unsigned
		deadline_ms; /* of the whole exchange; 0 = none but the low speed limit */
	bool no_proxy; /* metadata services */
};

struct http_response {
	int status;
	struct buf headers; /* lines "name: value\n", names in lower case */
	struct buf body;
	uint64_t body_bytes; /* received, also by the sink */
	unsigned connections; /* opened for it: none where one was open */
	/* By Content-Length, UINT64_MAX where there was none. */
	uint64_t content_length;
};

struct http;
struct http_ops {
	int (*exchange)(struct http *h, const struct http_request *request,
		const atomic_bool *stop, struct http_response *ret, struct fault *why);
	void (*free)(struct http *h);
};
/* First member of every implementation. Thread-safe. */
struct http {
	const struct http_ops *ops;
};

struct http_options {
	const char *ca_bundle; /* file or directory; NULL: the system's */
	const char *user_agent;
	unsigned connections; /* kept for reuse; 0 = 16 */
	unsigned low_speed_seconds; /* below 1 KiB/s for so long: -ETIMEDOUT; 0 = 10 */
	size_t receive_bytes; /* buffer of a connection; 0 = 256 KiB */
};
/* libcurl; proxies by the usual variables (HTTPS_PROXY, http_proxy, NO_PROXY). TLS is
 * always verified. SIGPIPE never reaches the program. Thread-safe as long as the
 * environment does not change. 0; -ENOMEM; -EINVAL the CA bundle cannot be read. */
MUST_USE int http_curl_new(
	const struct http_options *options, struct http **ret, struct fault *why);
void http_free(struct http *h);

/* 0: a response of whatever status came whole (a HEAD: its headers). ret is a zeroed
 * response or one to be reused, finished by the caller also on failure; on failure it
 * holds what had come. -ECANCELED stop became true; -ETIMEDOUT; -EHOSTUNREACH no such
 * host, or it cannot be reached; -ENETUNREACH; -ECONNREFUSED; -ECONNRESET cut off, short
 * or empty reply; -EPROTO TLS, or no HTTP (why says which); -EFBIG over a limit; -EINVAL
 * a method, URL or header that is none; the sink's errno; -ENOMEM. A reply without length
 * that ends early cannot be told from a whole one. */
MUST_USE int http_exchange(struct http *h, const struct http_request *request,
	const atomic_bool *stop, struct http_response *ret, struct fault *why);
/* Value of a response header (name in lower case); p NULL when absent. Valid until the
 * next exchange. */
struct span http_header_of(const struct http_response *r, struct span name);
/* Wipes, since some bodies hold keys. */
void http_response_finish(struct http_response *r);

#endif
