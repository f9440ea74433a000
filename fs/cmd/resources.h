/* Whom AWS is asked as for the resources of each account: the settings, wired to
 * aws/resource and fs/live. */
#ifndef FS_CMD_RESOURCES_H
#define FS_CMD_RESOURCES_H

#include "fs/cmd/settings.h"

struct resources;
struct session;

struct resources_options {
	/* Both borrowed until resources_close(). */
	const struct settings *settings;
	struct session
		*session; /* of the source; NULL: one is opened where AWS is asked */
	unsigned refresh_seconds, fresh_seconds; /* as of struct live_options */
	live_listener_fn *listener; /* may be NULL */
	void *context;
};
/* Whether there is to be a resources/: unless the settings say so it is there where the
 * source is AWS's, or somebody is named who may ask. */
bool resources_are_wanted(const struct settings *s, const struct session *session);
/* Asks nobody. 0; -EINVAL a profile that is none; -ENOMEM; -EAGAIN no thread. */
MUST_USE int resources_open(const struct resources_options *options,
	struct resources **ret, struct fault *why);
/* Ends the calls that are under way. NULL is allowed. */
void resources_close(struct resources *r);
/* Valid until resources_close(). NULL of NULL. */
const struct tree_discovery *resources_discovery(const struct resources *r);

#endif
