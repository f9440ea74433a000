/* A bucket, or what stands below a prefix of it, as an object source. Only S3 calls, only reads. */
#ifndef AWS_OBJECT_S3_H
#define AWS_OBJECT_S3_H

#include "aws/auth/client.h"
#include "aws/object/object.h"

struct s3_options {
	const struct auth_context *context; /* borrowed until the source is freed */
	struct credential_provider *credentials; /* likewise */
	const char *bucket;
	const char *prefix; /* keys are told without it; "" or ending in '/' */
	const char *region; /* of the bucket, NULL: found out */
	bool requester_pays;
	unsigned deadline_ms; /* 0 = 30 s */
	const atomic_bool *stop; /* NULL for none */
};
/* Finds the bucket's region (HEAD, redirects) and proves that it may be listed. 0; -ENOENT no such
 * bucket; -EACCES; -EKEYEXPIRED -ENOKEY -EKEYREJECTED; transport errnos; -EINVAL the name;
 * -ENOMEM. Each with a cure. */
MUST_USE int s3_open(
	const struct s3_options *options, struct object_source **ret, struct fault *why);

/* Requests since the start, for status. */
struct s3_counts {
	uint64_t list, head, get, bytes, retries;
};
void s3_counts(const struct object_source *s, struct s3_counts *ret);

#endif
