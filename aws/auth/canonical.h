/* The canonical forms that a signature is made of. */
#ifndef AWS_AUTH_CANONICAL_H
#define AWS_AUTH_CANONICAL_H

#include "aws/auth/sigv4.h"

enum { CANONICAL_PARAMETERS_MAX = 32 * 1024 };

/* In the order they are signed: by name in lower case, then as they were given. */
struct canonical_headers {
	struct sigv4_header items[SIGV4_HEADERS_MAX + 2];
	size_t count;
};

/* Adds date and token to the request's; borrows from all three. 0; -E2BIG. */
MUST_USE int canonical_headers_make(const struct sigv4_request *request,
	const struct sigv4_key *key, struct span amz_date, struct canonical_headers *ret);
/* The rest append. 0; -ENOMEM; -EFBIG. */
MUST_USE int canonical_header_lines(const struct canonical_headers *h, struct buf *ret);
/* "host;x-amz-date" */
MUST_USE int canonical_header_names(const struct canonical_headers *h, struct buf *ret);
/* Without dot segments and empty ones, then encoded once more, as all but S3 want it. */
MUST_USE int canonical_path(struct span path, struct buf *ret);
/* Decoded, encoded our way, sorted by name, then value. Also -E2BIG. */
MUST_USE int canonical_query(struct span query, struct buf *ret);

#endif
