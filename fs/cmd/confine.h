/* The sandbox of a mount: what a decoder that somebody has taken over may still do. */
#ifndef FS_CMD_CONFINE_H
#define FS_CMD_CONFINE_H

#include "fs/cmd/settings.h"

enum { CONFINE_TEXT = 256 };

/* What holds. Plain. */
struct confinement {
	bool has_files; /* only those that a mount needs (landlock.h) */
	bool has_calls; /* only system calls that it needs (syscalls.h) */
	char text[CONFINE_TEXT]; /* for people: what holds, or why not */
};

/* Confines the process, as settings->sandbox wishes. To be called while there is one
 * thread, after the keeper of the mount point was started. Makes the cache directory.
 * What the kernel has not, or does not let us have, is in text and no failure, unless all
 * of it was wished. 0; -EOPNOTSUPP that cannot be; as cache_dir_open(); -errno. */
MUST_USE int confine(
	const struct settings *settings, struct confinement *ret, struct fault *why);

#endif
