/* What the files of the S3 source share. */
#ifndef AWS_OBJECT_S3_PRIVATE_H
#define AWS_OBJECT_S3_PRIVATE_H

#include <pthread.h>

#include "aws/object/s3.h"
#include "aws/object/ahead.h"

enum {
	S3_SITES_MAX = 4, /* regions that a bucket is followed to */
	S3_LITERALS_MAX = 8,
	S3_STREAMS_MAX = 32, /* large objects that are read in order at once */
	S3_DEADLINE_MS = 30 * 1000,
};

/* Where the bucket is, or was thought to be. Immutable once counted. */
struct s3_site {
	struct client *client;
	char host[320]; /* of virtual-hosted requests; "" for path style */
};

/* S3's keys may begin with '/', hold "//" (exports of an empty prefix, or of one with a
 * '/' at its end), which those of object.h do not. Such empty parts are left out: what
 * stands below the folder also stands there. */
struct s3_literal {
	char *folder; /* as told */
	char *literal; /* as S3 has it; both "" or ending in '/' */
};

/* A large object as it is read in order. Guarded by the source's lock; while it is busy,
 * sum is the reader's. */
struct s3_stream {
	char *key; /* NULL: free */
	char etag[OBJECT_ETAG_MAX];
	uint64_t size, next, used;
	struct checksum *sum; /* NULL: read to its end, and damaged */
	struct checksum_value want; /* by S3; of no kind: not known */
	bool is_busy;
	bool is_suspect; /* it was damaged once */
};

struct s3 {
	struct object_source base;
	char *name, *bucket;
	/* Of all keys as S3 has them; "" or ending in '/'. As given until the bucket was
	 * proved, then immutable. */
	char *root;
	const struct auth_context *context;
	struct credential_provider *credentials;
	bool requester_pays;
	unsigned deadline_ms;
	const atomic_bool *stop;
	struct ahead *ahead;
	_Atomic uint64_t list_count, head_count, get_count, byte_count;
	_Atomic unsigned site; /* the current one */
	atomic_bool is_proved;
	atomic_uint proofs; /* tried */
	pthread_mutex_t proof_lock; /* before lock; held over the requests of a proof */
	/* Guarded by proof_lock: of the last one. */
	int proof_error;
	struct fault proof_fault;
	pthread_mutex_t lock;
	/* Guarded by lock; the items below the counts never change. */
	struct s3_site sites[S3_SITES_MAX];
	_Atomic unsigned site_count;
	struct s3_literal literals[S3_LITERALS_MAX];
	unsigned literal_count;
	struct s3_stream streams[S3_STREAMS_MAX];
	uint64_t stream_reads;
};

/* One request; zeroed members as in struct client_call. */
struct s3_request {
	const char *method, *operation, *needs;
	const char *key; /* literal; NULL: the bucket */
	const char *query;
	const struct http_header *headers;
	size_t header_count;
	int (*sink)(void *context, const void *bytes, size_t len);
	void *context;
	size_t body_limit;
	const char *xml_root; /* of an XML body */
	const char *wants_header;
	unsigned deadline_ms;
	const atomic_bool *stop;
};

/* Follows the bucket to its region. Errnos as those of client_do(), but none that is S3's
 * own: -EREMCHG and the like are -EIO, trouble of the service is -ETIMEDOUT. */
MUST_USE int s3_call(struct s3 *s, const struct s3_request *q, struct http_response *ret,
	struct aws_error *ret_error, struct fault *why);
/* Begins with region, NULL for unknown. 0; -EINVAL; -ENOMEM. */
MUST_USE int s3_site_add(struct s3 *s, const char *region, struct fault *why);
void s3_sites_finish(struct s3 *s);
/* 0; -EINVAL no bucket's name. */
MUST_USE int s3_bucket_check(const char *bucket, struct fault *why);

/* The keys or folders of S3 that a key or folder may stand for, most likely first. Each
 * is free()d by s3_names_finish(). */
struct s3_names {
	char *items[S3_LITERALS_MAX + 1];
	unsigned count;
};
MUST_USE int s3_names_of(struct s3 *s, const char *key, struct s3_names *ret);
void s3_names_finish(struct s3_names *n);
/* What stands in literal stands in folder as well. 0; -ENOMEM; -E2BIG. */
MUST_USE int s3_literal_add(struct s3 *s, const char *folder, const char *literal);
void s3_literals_finish(struct s3 *s);
/* A part of a key that object.h allows. */
bool s3_is_part(struct span part);

/* One level below the literal prefix. Appends to ret under folder. has_more (may be
 * NULL): only the first two entries are asked for. */
MUST_USE int s3_list(
	struct s3 *s, const char *prefix, struct object_list *ret, struct fault *why);
/* What the first entries below a literal prefix are. */
struct s3_glance {
	unsigned objects, folders;
	bool has_empty_part; /* PREFIX "/" is among the folders */
};
MUST_USE int s3_glance(
	struct s3 *s, const char *literal, struct s3_glance *ret, struct fault *why);

MUST_USE int s3_stat(
	struct s3 *s, const char *key, struct object_info *ret, struct fault *why);
/* The checksum of a whole object, of no kind where the reply has none. */
struct checksum_value s3_checksum_of(const struct http_response *response);
/* 0, also where want is of no kind; -EBADMSG it is another; -ENOMEM. */
MUST_USE int s3_check_whole(
	const struct checksum_value *want, const void *bytes, size_t len);
/* Before the first byte of an object is read. */
void s3_check_begin(struct s3 *s, const struct object_info *o);
/* Bytes that were read: 0; at the end of what was read in order, -ESTALE where they are
 * not those that S3 keeps the checksum of, -EIO the second time. */
MUST_USE int s3_check_read(struct s3 *s, const struct object_info *o, uint64_t offset,
	const void *bytes, size_t len, struct fault *why);
/* Whether it is worth to ask S3 for the checksum, and what it said. */
bool s3_check_wants(struct s3 *s, const struct object_info *o);
void s3_check_learn(
	struct s3 *s, const struct object_info *o, const struct checksum_value *want);
void s3_check_finish(struct s3 *s);

/* A ahead_fetch_fn; context is the struct s3. */
int s3_fetch(void *context, const struct ahead_job *job, struct fault *why);
/* "\"x\"" or "x" into x, NUL-terminated. 0; -EFBIG. */
MUST_USE int s3_etag(struct span text, char ret[OBJECT_ETAG_MAX]);

#endif
