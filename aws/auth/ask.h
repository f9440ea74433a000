/* A request to a service by which credentials are got: signed or not, repeated where that
 * helps. */
#ifndef AWS_AUTH_ASK_H
#define AWS_AUTH_ASK_H

#include "aws/api/aws_errors.h"
#include "aws/auth/settings.h"

struct ask {
	enum aws_service service;
	const char *region; /* NULL: the context's */
	const char *operation; /* for people: "sts AssumeRole" */
	const char *method;
	const char *path, *query; /* encoded; query NULL for none */
	const struct http_header *headers; /* not signed */
	size_t header_count;
	const char *content_type; /* of the body */
	struct span body;
	const struct credentials *signer; /* NULL: not signed */
};
enum { ASK_HEADERS_MAX = 4, ASK_BODY_MAX = 256 * 1024, ASK_DEADLINE_MS = 20 * 1000 };

/* 0 and a 2xx response. *ret_error is that of the service, its status 0 if none answered.
 * -EACCES -EKEYEXPIRED -EKEYREJECTED refused; -EAGAIN; transport errnos; -ENOMEM. ret is
 * finished by the caller, with secret_finish() for its body. */
MUST_USE int ask_service(const struct auth_context *c, const struct ask *ask,
	const atomic_bool *stop, struct http_response *ret, struct aws_error *ret_error,
	struct fault *why);
/* "Tue, 15 Nov 1994 08:12:31 GMT". 0; -EINVAL. */
MUST_USE int http_date_parse(struct span text, struct instant *ret);

#endif
