/* An HTTP server on the loopback that answers as it is told, right or wrong. */
#ifndef TESTS_AWS_WEB_SERVER_H
#define TESTS_AWS_WEB_SERVER_H

#include <stddef.h>

#include "base/span.h"

enum web_end {
	WEB_KEEP, /* the connection, for more requests */
	WEB_CLOSE,
	WEB_RESET,
	WEB_STALL, /* sends nothing more until the client goes */
};

/* Plain; zeroed: 200 without a body. */
struct web_answer {
	const char *status; /* "503 Slow Down"; NULL = "200 OK" */
	const char *headers; /* each ended by \r\n; NULL for none */
	const char *body; /* NULL for none */
	size_t body_len; /* 0 = strlen(body) */
	bool no_length; /* no Content-Length is made up from the body */
	const char *raw; /* instead of all the above */
	size_t cut; /* bytes that are sent of all that, 0 = all */
	unsigned delay_ms; /* before the first byte */
	enum web_end end;
};

struct web_server;

/* Answers the n-th request with the n-th answer, and all after them with the last.
 * Borrows them until web_server_stop(). Aborts the test when it cannot. */
struct web_server *web_server_start(const struct web_answer *answers, size_t count);
/* Asks answer for each instead, from several threads; request as for
 * web_server_request(). */
struct web_server *web_server_start_with(
	void (*answer)(void *context, struct span request, struct web_answer *ret),
	void *context);
void web_server_stop(struct web_server *s);
/* "http://127.0.0.1:port" */
const char *web_server_url(const struct web_server *s);
unsigned web_server_connections(struct web_server *s);
unsigned web_server_requests(struct web_server *s);
/* The whole text of the n-th request, NUL-terminated; NULL when there was none. Valid
 * until web_server_stop(). */
const char *web_server_request(struct web_server *s, unsigned n);

#endif
