/* What costfs has to be allowed, and what AWS has to be allowed to deliver an export: the
 * policies of IAM and S3, filled in, and no wider than needed. */
#ifndef FS_CMD_POLICY_H
#define FS_CMD_POLICY_H

#include "base/fault.h"
#include "fs/cmd/json_out.h"

enum policy_kind {
	POLICY_BUCKET, /* of the bucket: AWS may write exports into it */
	POLICY_USER, /* of whom costfs signs in as: the export may be read */
	POLICY_DISCOVERY, /* likewise: what the resources are may be read */
	POLICY_KIND_COUNT,
};

/* What a policy is about. Plain; strings are borrowed, NULL where unknown. */
struct policy_subject {
	const char *partition; /* NULL: "aws" */
	const char *bucket;
	/* As S3 has it: may begin with '/' or hold "//"; a '/' at its end does not count.
	 * NULL or "": the whole bucket. */
	const char *prefix;
	const char *account; /* that owns the export */
	const char *kms_key; /* ARN; NULL: not encrypted by a key of one's own */
	bool bucket_only; /* none of the calls that are not S3's */
};

/* False: no such kind. */
bool policy_kind_of(const char *name, enum policy_kind *ret);
/* 0; -EINVAL a value that is none, of another partition, or none that AWS delivers to;
 * why has the cure. What is unknown is no failure here. */
MUST_USE int policy_check(
	enum policy_kind kind, const struct policy_subject *s, struct fault *why);
/* Whether the kind cannot be written without it. */
bool policy_needs_bucket(enum policy_kind kind);
bool policy_needs_account(enum policy_kind kind);
/* The whole document and a newline. s has passed policy_check() and lacks nothing that is
 * needed. 0; -ENOMEM; -EFBIG the buffer. */
MUST_USE int policy_write(
	enum policy_kind kind, const struct policy_subject *s, struct buf *ret);

enum policy_statement {
	POLICY_DELIVER,
	POLICY_LIST,
	POLICY_LOCATE,
	POLICY_READ,
	POLICY_DECRYPT,
	POLICY_FIND_REPORTS,
	POLICY_FIND_EXPORTS,
	POLICY_NAME_ACCOUNTS,
	POLICY_COMPUTE,
	POLICY_BUCKETS,
	POLICY_IDENTITIES,
	POLICY_METRICS,
	POLICY_STATEMENT_COUNT,
};
/* One of them, as an object. 0; -ENOMEM; -EFBIG; -EINVAL the prefix is too long. */
MUST_USE int policy_write_statement(struct json_out *j, const char *name,
	enum policy_statement statement, const struct policy_subject *s);

/* ARN of a key, also with what follows it in a message. NULL: the text holds none that is
 * whole; else the caller's to free. */
char *policy_find_key(struct span text);

#endif
