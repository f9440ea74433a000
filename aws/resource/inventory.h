/* What AWS answered for one kind of resources in one region of one account, whole.
 * Immutable but for its references; all calls are thread-safe. docs/formats.md has its
 * bytes in a file. */
#ifndef AWS_RESOURCE_INVENTORY_H
#define AWS_RESOURCE_INVENTORY_H

#include "base/buf.h"
#include "base/day.h"

enum {
	INVENTORY_BYTES_MAX = 512 * 1024 * 1024, /* of all texts and JSON together */
	INVENTORY_ITEMS_MAX = 1000 * 1000,
};

enum inventory_field {
	INVENTORY_ID, /* "i-0123456789abcdef0"; never empty, unique in it */
	INVENTORY_NAME, /* the tag Name, or the resource's own name */
	INVENTORY_TYPE, /* "m5.large", "gp3" ... */
	INVENTORY_STATE,
	INVENTORY_ZONE, /* availability zone, else the region */
	INVENTORY_SIZE, /* GiB of a volume or snapshot; else empty */
	INVENTORY_CREATED, /* 2026-11-23T14:00:00Z */
	INVENTORY_TAGS, /* JSON object, keys sorted by byte order: {"Team":"web"};
			   empty: none */
	INVENTORY_FIELD_COUNT,
};

struct inventory;
/* Answers v. */
struct inventory *inventory_ref(struct inventory *v);
/* NULL is allowed. */
void inventory_unref(struct inventory *v);

/* When AWS was asked. */
struct instant inventory_time(const struct inventory *v);
size_t inventory_count(const struct inventory *v);
/* item < inventory_count(), by id in byte order. Valid as long as v. */
struct span inventory_text(
	const struct inventory *v, size_t item, enum inventory_field field);
/* As AWS CLI v2 prints the element (or our composed object of S3 buckets and IAM users),
 * with the newline at the end. Valid as long as v. */
struct span inventory_json(const struct inventory *v, size_t item);
/* 0; -ENOENT. */
MUST_USE int inventory_find(const struct inventory *v, struct span id, size_t *ret);
/* Bytes of memory it holds: the texts and JSON themselves, and 40 an item. */
size_t inventory_memory(const struct inventory *v);

/* Its bytes for a file: magic, version, checksum. Appends; those of equal contents and
 * times are equal, whatever the order in which AWS gave the items. 0; -ENOMEM; -EFBIG the
 * limit of ret. */
MUST_USE int inventory_save(const struct inventory *v, struct buf *ret);
/* Writes the same, in pieces. 0; -errno of write(2); -ENOMEM. */
MUST_USE int inventory_write(const struct inventory *v, int fd);
/* Copies bytes. 0; -EBADMSG damaged or of another version; -ENOMEM. */
MUST_USE int inventory_load(struct span bytes, struct inventory **ret);
/* The same of those from an offset on, without a copy: takes the memory of b, which is
 * empty then. On failure b is as it was. */
MUST_USE int inventory_take(struct buf *b, size_t from, struct inventory **ret);

/* For building, in any order; of ids that come twice the first is kept. One thread. */
struct inventory_item {
	struct span text[INVENTORY_FIELD_COUNT];
	struct span json; /* without the newline */
};
struct inventory_builder;
/* NULL on no memory. */
struct inventory_builder *inventory_builder_new(struct instant time);
void inventory_builder_free(struct inventory_builder *b);
/* Copies. 0; -EINVAL without an id; -ENOMEM; -EFBIG over the limits above. */
MUST_USE int inventory_builder_add(
	struct inventory_builder *b, const struct inventory_item *item);
/* Takes b on success. 0; -ENOMEM. */
MUST_USE int inventory_builder_finish(
	struct inventory_builder *b, struct inventory **ret);

#endif
