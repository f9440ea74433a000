/* A signed call to an AWS service: endpoint, credentials, signature, retries, the
 * server's clock, a deadline. What S3 and the JSON and query services share. */
#ifndef AWS_AUTH_CLIENT_H
#define AWS_AUTH_CLIENT_H

#include "aws/api/aws_errors.h"
#include "aws/auth/settings.h"

enum { CLIENT_DEADLINE_MS = 30 * 1000, CLIENT_QUERY_MAX = 64 * 1024 };

struct client;

struct client_options {
	const struct auth_context *context; /* borrowed */
	struct credential_provider
		*credentials; /* borrowed; NULL: requests are not signed */
	enum aws_service service;
	const char *region; /* NULL: the context's */
	unsigned deadline_ms; /* from the first trouble of an operation; 0 =
				 CLIENT_DEADLINE_MS */
	/* 0 = aws_max_attempts(). A host that never answered is tried three times. */
	unsigned max_attempts;
	uint32_t (*random)(void); /* jitter, 0 to 2^32 - 1; NULL: the kernel's */
	/* Sleeps, less when stop (may be NULL) becomes true; NULL: really. */
	void (*pause)(unsigned wait_ms, const atomic_bool *stop);
};
/* 0; -EINVAL the endpoint; -ENOMEM. Thread-safe afterwards. */
MUST_USE int client_new(
	const struct client_options *options, struct client **ret, struct fault *why);
void client_free(struct client *c);

struct client_call {
	const char *method;
	/* Behind the endpoint; encoded as on the wire, begins with '/'. */
	const char *path;
	const char *query; /* encoded, NULL for none */
	const char *host; /* instead of the endpoint's (virtual-hosted buckets), NULL */
	const char *signing_region; /* instead of the endpoint's, NULL */
	const struct http_header *headers; /* more of them; all x-amz-* are signed */
	size_t header_count;
	struct span body;
	int (*sink)(void *context, const void *bytes, size_t len); /* as http_request */
	/* Called before each attempt, so that the sink starts anew; NULL: with a sink, an
	 * attempt that had delivered bytes is not repeated. */
	void (*restart)(void *context);
	void *context;
	size_t body_limit;
	bool is_json_body; /* a 2xx body must be whole JSON or XML: broken ones are
			      retried */
	bool is_xml_body;
	const char
		*xml_root; /* name of its root, as a page of HTML may be XML; NULL: any */
	const char *wants_header; /* a 2xx without it is broken, too; NULL: none */
	const char *operation; /* for people: "ListObjectsV2"; NULL: the method */
	const char *needs; /* permission, for the cure of a refusal; NULL for none */
	unsigned
		deadline_ms; /* of all attempts together, from now on; 0 = the client's */
};
/* 0 and a 2xx response. -EREMCHG: the bucket is elsewhere (ret_error->region, endpoint),
 * for S3 to follow. Else aws_error_errno() or the transport's errno, with *ret_error
 * filled where a reply came (may be NULL) and why saying service, operation, code and
 * request id, with a cure; never keys. */
MUST_USE int client_do(struct client *c, const struct client_call *call,
	const atomic_bool *stop, struct http_response *ret, struct aws_error *ret_error,
	struct fault *why);
const struct aws_endpoint *client_endpoint(const struct client *c);
/* Attempts beyond the first ones, of all calls. */
uint64_t client_retries(const struct client *c);
/* Connections that were opened for them; others were found open. */
uint64_t client_connections(const struct client *c);

/* Of a JSON 1.1 service. */
struct json_operation {
	const char *target; /* "AWSOrganizationsV20161128.ListAccounts" */
	struct span body;
	const char *needs; /* as in struct client_call */
};
/* As client_do(). */
MUST_USE int client_json(struct client *c, const struct json_operation *operation,
	const atomic_bool *stop, struct http_response *ret, struct fault *why);

#endif
