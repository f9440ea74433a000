/* Which files the process may still touch: Landlock (Linux 5.13), an allow-list of
 * directories that holds for the thread that enters it and all that it starts later. */
#ifndef FS_CMD_LANDLOCK_H
#define FS_CMD_LANDLOCK_H

#include "base/compiler.h"

struct landlock;

enum landlock_right {
	LANDLOCK_NAMES, /* list directories, open no file */
	LANDLOCK_READ, /* and read files */
	LANDLOCK_KEEP, /* and make, write, rename and remove files and directories */
	LANDLOCK_DEVICE, /* one that is there: read, write, its ioctls */
};

/* Nothing is allowed yet. 0; -EOPNOTSUPP the kernel has no Landlock, or it is switched
 * off; -ENOMEM; -EMFILE. */
MUST_USE int landlock_new(struct landlock **ret);
/* The file, or the directory with all below it, that path leads to now. What is not there
 * or cannot be looked at needs no allowance. 0; -ENOMEM; -errno. */
MUST_USE int landlock_allow(struct landlock *l, const char *path, enum landlock_right);
/* From here on. Without threads: others would stay as they are. The process and what it
 * runs gain no privileges any more (no_new_privs). 0; -errno. */
MUST_USE int landlock_enter(const struct landlock *l);
/* NULL is allowed. */
void landlock_free(struct landlock *l);

#endif
