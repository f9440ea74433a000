/* Where in S3 an export is said to be, in the ways that people paste it. */
#ifndef FS_CMD_PLACE_H
#define FS_CMD_PLACE_H

#include "base/fault.h"
#include "base/span.h"

/* Plain; its strings are its own. */
struct place {
	char *bucket;
	char *prefix; /* "" or ending in '/', without empty parts */
	char *region; /* of an address, "" where it names none */
};

/* s3://…, s3a://…, s3n://…, arn:aws:s3:::…, the https:// address of a bucket, of an
 * object or of the console's page; blanks and quotes around. Others are no places in S3.
 */
bool place_is_s3(const char *source);
/* A file's name at the end is left out. 0; -EINVAL no bucket; -ENOMEM. */
MUST_USE int place_parse(const char *source, struct place *ret, struct fault *why);
/* Takes the last part off the prefix; *ret_part is the caller's to free. False: there was
 * none, or no memory. */
bool place_go_up(struct place *p, char **ret_part);
void place_finish(struct place *p);

#endif
