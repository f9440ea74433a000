/* Which files a mount needs, by its settings. */
#ifndef FS_CMD_CONFINE_PATHS_H
#define FS_CMD_CONFINE_PATHS_H

#include "aws/auth/profile.h"
#include "fs/cmd/landlock.h"
#include "fs/cmd/settings.h"

/* Whether AWS is asked anything. */
bool confine_needs_aws(const struct settings *s);
/* The value of the key in the first of the profiles that a mount signs in with, or that
 * they name as their source, that has it; NULL. Valid as profile_get()'s. */
const char *confine_profile_value(
	const struct settings *s, const struct profile_set *profiles, const char *key);
/* Allows them all. profiles: NULL where AWS is not needed. 0; -errno. */
MUST_USE int confine_allow(
	struct landlock *l, const struct settings *s, const struct profile_set *profiles);

#endif
