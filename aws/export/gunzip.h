/* The bytes of a gzip object (RFC 1952), all members one after another. Private to the
 * decoder. */
#ifndef AWS_EXPORT_GUNZIP_H
#define AWS_EXPORT_GUNZIP_H

#include "aws/export/member.h"

enum gunzip_state { GUNZIP_HEADER, GUNZIP_BODY, GUNZIP_BEHIND, GUNZIP_END };

/* Zeroed, but for member.library, = at the first header; may be finished. */
struct gunzip {
	enum gunzip_state state;
	struct member member;
};

/* As decoder_read(). */
MUST_USE ssize_t gunzip_read(
	struct gunzip *g, struct intake *in, void *bytes, size_t len, struct fault *why);
void gunzip_finish(struct gunzip *g);

#endif
