/* Error bodies of all protocols, and the one table from AWS's codes to our errnos. */
#ifndef AWS_API_AWS_ERRORS_H
#define AWS_API_AWS_ERRORS_H

#include "aws/api/http.h"

enum { AWS_CODE_MAX = 96, AWS_MESSAGE_MAX = 384 };

/* Plain. */
struct aws_error {
	int status; /* HTTP */
	char code[AWS_CODE_MAX]; /* "" where the body had none; "404" of a HEAD */
	char message[AWS_MESSAGE_MAX]; /* cleaned of control characters */
	char request_id[64];
	char region[64]; /* where S3 says the bucket is, "" elsewhere */
	char endpoint[256]; /* <Endpoint> of a redirect */
};

/* Reads the error of a non-2xx response, or of a 2xx one whose root is <Error>: S3, EC2,
 * query, JSON 1.0/1.1, rest-json, OIDC, HTML of proxies, no body. Never fails. */
void aws_error_read(const struct http_response *r, struct aws_error *ret);
/* Whether a 2xx response is an error all the same. */
bool aws_error_in_success(const struct http_response *r);
/* -EACCES -ENOENT -EKEYEXPIRED -EKEYREJECTED -EAGAIN (throttled, or the service's fault:
 * retry) -ESTALE (precondition failed) -ERANGE (no such range) -EREMCHG (another region)
 * -ETIME (clock) -EINVAL -EREMOTEIO others. */
int aws_error_errno(const struct aws_error *e);
bool aws_error_is_throttling(const struct aws_error *e);

#endif
