/* What libcurl calls while a response comes. */
#ifndef AWS_API_HTTP_RECEIVE_H
#define AWS_API_HTTP_RECEIVE_H

#include "aws/api/http.h"

struct receiver {
	const struct http_request *request;
	struct http_response *response;
	bool is_final; /* the headers of the response proper have ended */
	bool is_sink; /* failed is the sink's */
	int failed; /* why the exchange was ended by us: negative errno */
};

/* Clears the response, keeping its memory. */
void receiver_init(struct receiver *x, const struct http_request *request,
	struct http_response *response);
/* As CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION; context is a receiver. */
size_t receiver_header(char *line, size_t size, size_t count, void *context);
size_t receiver_body(char *bytes, size_t size, size_t count, void *context);

#endif
