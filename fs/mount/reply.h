/* From our errors to those that a program can act on. */
#ifndef FS_MOUNT_REPLY_H
#define FS_MOUNT_REPLY_H

/* A negative errno of any layer to the positive one that read(2) and friends answer. */
int reply_errno(int error);

#endif
