/* A SOURCE as people write or paste it, made one that the rest understands. */
#ifndef FS_CMD_GIVEN_H
#define FS_CMD_GIVEN_H

#include <stdbool.h>

#include "base/fault.h"

enum { GIVEN_MAX = 8192 /* bytes */ };

/* Plain; strings are its own. */
struct given {
	/* "demo:", "aws:" (the exports that AWS lists), a place in S3 for place_parse(),
	 * or a path. */
	char *source;
	char *export_name; /* name or ARN, where an ARN of an export was given; else NULL
			    */
	char *region; /* of an address, else NULL */
	bool is_guess; /* a word without "s3://" that is no path: taken for a bucket */
};

/* Blanks and quotes around are taken off; https:// addresses become s3:// ones, without
 * their queries, which may be secret; ARNs of exports are read; of a place within an
 * export (a month, a manifest, a data file) the export is taken. A path that exists stays
 * as it is. 0; -EINVAL an address or ARN that names no bucket, with a cure; -ENOMEM. */
MUST_USE int given_parse(const char *text, struct given *ret, struct fault *why);
void given_finish(struct given *g);

#endif
