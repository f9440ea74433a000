/* A local directory as an object source. */
#ifndef AWS_OBJECT_FOLDER_H
#define AWS_OBJECT_FOLDER_H

#include "aws/object/object.h"

/* Copies path. Keys are paths below it; symbolic links are followed, but an object is
 * always a regular file below the directory or where a link leads. Dot-files are not
 * listed. Names that are no UTF-8 or longer than OBJECT_KEY_MAX are left out. The etag is
 * made of device, inode, size and mtime in nanoseconds. 0; -ENOENT; -ENOTDIR; -EACCES;
 * -ENOMEM. */
/* As folder_open(), but of a directory that need not be there yet: each call looks for it
 * until it is, and is -EIO or -EACCES till then. 0; -ENOMEM. */
MUST_USE int folder_new(const char *path, struct object_source **ret);
MUST_USE int folder_open(const char *path, struct object_source **ret, struct fault *why);

#endif
