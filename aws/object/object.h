/* Where bytes come from: objects with keys, as in a bucket or a folder that is a copy of
 * one. */
#ifndef AWS_OBJECT_OBJECT_H
#define AWS_OBJECT_OBJECT_H

#include <sys/types.h>

#include "aws/object/checksum.h"
#include "base/day.h"
#include "base/fault.h"

enum {
	OBJECT_ETAG_MAX = 80, /* bytes with the NUL */
	OBJECT_KEY_MAX = 1024, /* bytes, S3's own limit */
	OBJECT_LIST_MAX = 4 * 1024 * 1024, /* entries of one listing */
};

/* What a listing or a HEAD says of one object. */
struct object_info {
	char *key; /* parts between '/', never begins or ends with one, no "//", "." or
		      ".." */
	uint64_t size_bytes;
	struct instant modified;
	/* When these bytes came to be there, by the clock that stands there: later than
	 * modified for a copy that keeps its times. */
	struct instant written;
	/* Names the content: differs whenever the bytes may differ. NUL-terminated. */
	char etag[OBJECT_ETAG_MAX];
	/* Of the whole content, which the source itself keeps and compares. */
	enum checksum_kind checksum;
};

/* Objects by key in byte order; folders (what stands before the next '/') likewise. */
struct object_list {
	struct object_info *items;
	size_t count, cap;
	char **folders; /* full prefixes with the trailing '/' */
	size_t folder_count, folder_cap;
};

/* What was asked of a store that counts requests, since the start. */
struct object_traffic {
	uint64_t list, head, get; /* requests, without those that were tried again */
	uint64_t bytes; /* of objects */
	uint64_t retries;
	uint64_t connections; /* opened; all other requests found one */
};

struct object_source;
struct object_ops {
	int (*list)(struct object_source *s, const char *prefix, struct object_list *ret,
		struct fault *why);
	int (*stat)(struct object_source *s, const char *key, struct object_info *ret,
		struct fault *why);
	ssize_t (*read)(struct object_source *s, const struct object_info *object,
		uint64_t offset, void *bytes, size_t len, struct fault *why);
	void (*free)(struct object_source *s);
	/* NULL: to know what is read next is of no use. */
	void (*expect)(struct object_source *s, const struct object_info *objects,
		size_t count, bool is_wanted);
	/* NULL: it counts nothing. */
	void (*traffic)(const struct object_source *s, struct object_traffic *ret);
};
/* First member of every implementation. All calls are thread-safe. */
struct object_source {
	const struct object_ops *ops;
	const char *
		name; /* for people: "/srv/bucket" or "s3://bucket"; lives as long as s */
	bool is_near; /* to ask costs next to nothing */
};

/* One level below prefix ("" or ending in '/'), as ListObjectsV2 with Delimiter=/. An
 * absent folder is an empty list. ret is a zeroed list, finished by the caller also on
 * failure. 0; -ENOMEM; -EACCES; -EIO; -E2BIG over OBJECT_LIST_MAX. */
MUST_USE int object_list(struct object_source *s, const char *prefix,
	struct object_list *ret, struct fault *why);
/* ret->key is the caller's to free. 0; -ENOENT (why is left alone); -EACCES; -EIO;
 * -ENOMEM. */
MUST_USE int object_stat(struct object_source *s, const char *key,
	struct object_info *ret, struct fault *why);
/* Bytes read, short only at the end of the object; 0 past it. -ESTALE when the object is
 * no longer the one of object->etag, or came damaged: it may be read anew from its front;
 * -ENOENT; -EACCES; -EIO, also when it came damaged before. */
MUST_USE ssize_t object_read(struct object_source *s, const struct object_info *object,
	uint64_t offset, void *bytes, size_t len, struct fault *why);
/* A hint: these will be read from their fronts, in about this order, until
 * object_forget() of the same ones. */
void object_expect(
	struct object_source *s, const struct object_info *objects, size_t count);
void object_forget(
	struct object_source *s, const struct object_info *objects, size_t count);
/* False, and *ret is left alone, where nothing is counted. */
bool object_traffic(const struct object_source *s, struct object_traffic *ret);
/* NULL is allowed. */
void object_source_free(struct object_source *s);

/* Appends a copy. 0; -ENOMEM; -E2BIG. */
MUST_USE int object_list_add(struct object_list *l, const struct object_info *object);
MUST_USE int object_list_add_folder(struct object_list *l, struct span prefix);
void object_list_finish(struct object_list *l);

#endif
