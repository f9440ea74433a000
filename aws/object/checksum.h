/* The checksums that S3 keeps of whole objects. */
#ifndef AWS_OBJECT_CHECKSUM_H
#define AWS_OBJECT_CHECKSUM_H

#include "base/span.h"

enum checksum_kind {
	CHECKSUM_NONE,
	CHECKSUM_CRC64NVME,
	CHECKSUM_CRC32,
	CHECKSUM_CRC32C,
	CHECKSUM_SHA1,
	CHECKSUM_SHA256,
	CHECKSUM_KINDS,
};
enum { CHECKSUM_BYTES_MAX = 32 };

struct checksum_value {
	enum checksum_kind kind;
	unsigned char bytes[CHECKSUM_BYTES_MAX]; /* CRCs: big-endian */
};

/* As in headers: "crc64nvme". CHECKSUM_NONE: "". */
const char *checksum_name(enum checksum_kind kind);
/* By that name, in any case; CHECKSUM_NONE for others. */
enum checksum_kind checksum_kind_of(struct span name);
/* Base64, as in headers. 0; -EINVAL of another length, no base64, or of parts ("…-7"). */
MUST_USE int checksum_parse(
	enum checksum_kind kind, struct span text, struct checksum_value *ret);

struct checksum;
/* NULL on no memory. kind is none of the ends of the enum. One thread at a time. */
struct checksum *checksum_new(enum checksum_kind kind);
void checksum_free(struct checksum *c);
void checksum_add(struct checksum *c, const void *bytes, size_t len);
/* Of all that was added; nothing may be added afterwards. 0; -ENOMEM. */
MUST_USE int checksum_end(struct checksum *c, struct checksum_value *ret);
bool checksum_eq(const struct checksum_value *a, const struct checksum_value *b);

#endif
