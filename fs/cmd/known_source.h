/* A source that is remembered from an earlier time: opened without asking it anything. */
#ifndef FS_CMD_KNOWN_SOURCE_H
#define FS_CMD_KNOWN_SOURCE_H

#include "fs/cmd/source.h"
#include "fs/store/store.h"

/* What the user asked for, resolved: two that ask for the same export in the same place,
 * signed in by the same profile, have the same identity. The caller frees *ret. 0;
 * -errno of the place or the AWS settings, as source_open(); -ENOMEM. */
MUST_USE int source_identity(const struct settings *s, char **ret, struct fault *why);
/* The source at m->place with m->export. Its errors come with its first calls. stop: as
 * for source_open(). 0; -errno of the place or the AWS settings; -ENOMEM. */
MUST_USE int known_source_open(const struct settings *s, const struct remembered *m,
	const atomic_bool *stop, struct source *ret, struct fault *why);
/* Where the source itself is the export: the objects one level above, without asking for
 * any, and the export's folder in them. The caller frees both. 0; -ENOENT there is
 * nothing above; -errno of the place; -ENOMEM. */
MUST_USE int source_open_above(const struct settings *s, const struct source *source,
	const atomic_bool *stop, struct object_source **ret, char **ret_home);
/* m is about this very source and export. */
bool is_known_source(const struct source *s, const struct remembered *m);

#endif
