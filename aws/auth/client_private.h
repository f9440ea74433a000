/* What the files of the client share. */
#ifndef AWS_AUTH_CLIENT_PRIVATE_H
#define AWS_AUTH_CLIENT_PRIVATE_H

#include "aws/api/retry.h"
#include "aws/auth/client.h"

struct client {
	const struct auth_context *context;
	struct credential_provider *credentials; /* NULL: not signed */
	struct aws_endpoint endpoint;
	enum aws_service service;
	struct retry_bucket *bucket;
	unsigned deadline_ms, max_attempts;
	uint32_t (*random)(void);
	void (*pause)(unsigned wait_ms, const atomic_bool *stop);
	struct skew own_skew;
	struct skew *skew; /* the context's, else the own */
	atomic_bool has_answered; /* once */
	_Atomic uint64_t retries, connections;
};

/* One client_do(). */
struct operation {
	struct client *client;
	const struct client_call *call;
	const atomic_bool *stop;
	struct http_response *response;
	struct credentials used; /* of the last attempt */
	struct aws_error error; /* status 0: no reply */
	struct fault said; /* by the transport, or by the credentials */
	bool lacks_credentials;
	int sink_error;
	bool has_delivered; /* the last attempt, to the sink */
	uint64_t progress_ms; /* its start, or its last bytes */
	uint64_t trouble_ms; /* when the trouble began; UINT64_MAX: none yet */
	bool is_clock_set, is_renewed; /* each is tried once */
	struct retry retry;
	unsigned attempts; /* also those for the sake of the clock and the credentials */
};

/* Signs and sends once. 0 and a good 2xx response; -EBADMSG a 2xx one whose body is
 * broken; else as client_do(). */
int client_attempt(struct operation *o);
/* Milliseconds that are left, at least 0. */
uint64_t client_time_left(const struct operation *o);
/* The last attempt, at the level of debugging: no query, no headers but the id that AWS
 * asks for in support cases. */
void client_log(const struct operation *o, int error, uint64_t took_ms);
/* One line and a cure. */
void client_explain(const struct operation *o, int error, struct fault *why);

#endif
