/* One object, read from its front in steps, with a look ahead. Private to the decoder. */
#ifndef AWS_EXPORT_INTAKE_H
#define AWS_EXPORT_INTAKE_H

#include "aws/object/object.h"

enum {
	INTAKE_PEEK_MAX =
		64 * 1024, /* bytes; as long as a field of a zip header can be */
	INTAKE_STEP = 512 * 1024, /* bytes of one read, unless told */
};

/* A zeroed one may be finished. */
struct intake {
	struct object_source *source;
	const struct object_info *object;
	unsigned char *bytes;
	size_t cap, step;
	size_t at, len; /* what is unread stands in bytes[at, len) */
	uint64_t fetched; /* bytes of the object */
};

/* Borrows s and object until intake_finish(). step 0 = INTAKE_STEP. 0; -ENOMEM. */
MUST_USE int intake_init(struct intake *in, struct object_source *s,
	const struct object_info *object, size_t step);
/* Count of unread bytes at *ret, valid until the next call: at least n (<=
 * INTAKE_PEEK_MAX), fewer only if the object ends. -EBADMSG when the object is shorter
 * than its size; -errno of the source. */
MUST_USE ssize_t intake_peek(
	struct intake *in, size_t n, const unsigned char **ret, struct fault *why);
/* Exactly n unread bytes, not yet passed; -EBADMSG "ends within WHAT". */
MUST_USE int intake_need(struct intake *in, size_t n, const char *what,
	const unsigned char **ret, struct fault *why);
/* n <= what the last look answered. */
void intake_pass(struct intake *in, size_t n);
/* Bytes as they are, at most len, > 0; 0 at the end; else as intake_peek(). */
MUST_USE ssize_t intake_read(
	struct intake *in, void *bytes, size_t len, struct fault *why);
/* Of the next unread byte. */
uint64_t intake_offset(const struct intake *in);
/* Answers error; names the object and the offset. */
int intake_fault(const struct intake *in, struct fault *why, int error,
	const char *format, ...) PRINTF_LIKE(4, 5);
void intake_finish(struct intake *in);

#endif
