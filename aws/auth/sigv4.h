/* AWS Signature Version 4: pure, no I/O, no clock. */
#ifndef AWS_AUTH_SIGV4_H
#define AWS_AUTH_SIGV4_H

#include "base/buf.h"
#include "base/day.h"

enum { SIGV4_HEADERS_MAX = 64, SIGV4_AMZ_DATE = 16 /* YYYYMMDDTHHMMSSZ */ };

struct sigv4_header {
	struct span name, value;
};
struct sigv4_request {
	struct span method;
	struct span path; /* as on the wire, encoded; "" means "/" */
	struct span query; /* as on the wire, without '?' */
	/* Those to be signed; host among them; x-amz-date and x-amz-security-token are
	 * added. */
	const struct sigv4_header *headers;
	size_t header_count;
	struct span payload_hash; /* hex, or UNSIGNED-PAYLOAD */
};
struct sigv4_key {
	struct span access_key_id, secret, session_token; /* token empty for none */
	struct span region, service;
	struct instant time; /* corrected for the server's clock */
	bool is_s3; /* path as sent, no normalisation, no second encoding */
	bool leave_token_unsigned;
};

/* Appends the Authorization header's value; amz_date gets the date that was signed (no
 * NUL). 0; -ENOMEM; -EFBIG; -E2BIG too many headers. Intermediate keys are wiped. */
MUST_USE int sigv4_authorization(const struct sigv4_request *request,
	const struct sigv4_key *key, char amz_date[SIGV4_AMZ_DATE], struct buf *ret);
/* The steps, for tests against published vectors. Append. 0; -ENOMEM; -EFBIG; -E2BIG. */
MUST_USE int sigv4_canonical_request(const struct sigv4_request *request,
	const struct sigv4_key *key, struct buf *ret);
MUST_USE int sigv4_string_to_sign(
	struct span canonical_request, const struct sigv4_key *key, struct buf *ret);
/* Hex SHA-256 of a body; 64 bytes, no NUL. 0; -ENOMEM. */
MUST_USE int sigv4_payload_hash(struct span body, char ret[64]);
/* Percent-encodes all but unreserved characters; keep_slash: '/' too. Appends. */
MUST_USE int sigv4_encode(struct span text, bool keep_slash, struct buf *ret);

#endif
