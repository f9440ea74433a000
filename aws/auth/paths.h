/* Paths as AWS's tools write them, and where they keep things below the home folder. */
#ifndef AWS_AUTH_PATHS_H
#define AWS_AUTH_PATHS_H

#include "base/buf.h"

/* Appends path with $NAME and ${NAME} (unknown ones stay) and a leading '~' replaced. 0;
 * -ENOMEM; -EFBIG. */
MUST_USE int path_expand(const char *path, const char *(*env)(const char *name),
	const char *home, struct buf *ret);

enum { SHA1_HEX = 40 };
/* Lower-case hex, no NUL. 0; -ENOMEM. */
MUST_USE int sha1_hex(struct span text, char ret[SHA1_HEX]);

#endif
