/* A bucket, or what stands below a prefix of it, as an object source. Only S3 calls, only
 * reads.
 *
 * Objects of more than one read are fetched ahead in parts of 1 to 4 MiB, up to eight of
 * an object and sixteen of the source at once: at most 64 MiB of memory, whatever is read
 * (ahead.h). Those that are said to be read next (object_expect()) are fetched before
 * they are asked for.
 *
 * Empty parts of S3's keys ("/report/…", "prefix//report/…") are left out: the folders on
 * both sides of one are the same folder. Where two keys become one that way, the one
 * without the empty part counts. Keys with a part "." or "..", or that are no UTF-8, are
 * not told. */
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
	const atomic_bool *stop; /* NULL for none; ends every call with -ECANCELED */
};
/* Asks nothing: the first call of the source does what s3_open() would have done, and
 * answers its errors; until then no call can succeed. 0; -EINVAL the name; -ENOMEM. */
MUST_USE int s3_new(
	const struct s3_options *options, struct object_source **ret, struct fault *why);
/* Finds the bucket's region (redirects, HEAD) and proves that it may be listed. 0;
 * -ENOENT no such bucket; -EACCES; -EKEYEXPIRED -ENOKEY -EKEYREJECTED; -EHOSTUNREACH
 * -ENETUNREACH -ETIMEDOUT; -EINVAL the name; -EIO; -ENOMEM. Each with a cure. The calls
 * of the source answer the same, beside what object.h says. */
MUST_USE int s3_open(
	const struct s3_options *options, struct object_source **ret, struct fault *why);

#endif
