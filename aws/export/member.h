/* One deflated member of a gzip or zip object. Private to the decoder. */
#ifndef AWS_EXPORT_MEMBER_H
#define AWS_EXPORT_MEMBER_H

#include "aws/export/inflate.h"
#include "aws/export/intake.h"

/* Zeroed but for its library; an entirely zeroed one may be finished. */
struct member {
	const struct inflate_library *library;
	struct inflater *inflater;
	uint32_t crc; /* of what came out */
	uint64_t in_bytes, out_bytes;
	uint64_t in_limit; /* never takes more; UINT64_MAX when it is not known */
	bool ended;
};

/* Begins one more member. 0; -ENOMEM. */
MUST_USE int member_begin(struct member *m, uint64_t in_limit);
/* Bytes, at most len, > 0; 0 at the end of the member; -EBADMSG; -ENOMEM; as
 * intake_peek(). */
MUST_USE ssize_t member_read(
	struct member *m, struct intake *in, void *bytes, size_t len, struct fault *why);
/* The same of bytes that are stored as they are: in_limit of them. */
MUST_USE ssize_t member_read_stored(
	struct member *m, struct intake *in, void *bytes, size_t len, struct fault *why);
void member_finish(struct member *m);

#endif
