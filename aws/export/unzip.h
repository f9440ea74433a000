/* The bytes of the one file in a zip object, read from the front, without seeking.
 * Private to the decoder. */
#ifndef AWS_EXPORT_UNZIP_H
#define AWS_EXPORT_UNZIP_H

#include "aws/export/member.h"
#include "aws/export/zip_record.h"

enum unzip_state { UNZIP_HEADER, UNZIP_BODY, UNZIP_DIRECTORY, UNZIP_END };
enum { UNZIP_NAME_MAX = 80 };

/* Zeroed, but for member.library, = at the first header; may be finished. */
struct unzip {
	enum unzip_state state;
	struct member member;
	struct zip_entry entry; /* as the local header has it */
	/* For messages only, never a path: unprintable bytes are '?', long ones are
	 * cut. */
	char name[UNZIP_NAME_MAX + 1];
};

/* As decoder_read(). */
MUST_USE ssize_t unzip_read(
	struct unzip *z, struct intake *in, void *bytes, size_t len, struct fault *why);
void unzip_finish(struct unzip *z);

#endif
