/* AWS as the user is signed in to it: files, variables, credentials and HTTP, wired
 * together. */
#ifndef FS_CMD_SESSION_H
#define FS_CMD_SESSION_H

#include "aws/auth/credentials.h"

struct session;

/* No core dump holds what is in memory, and no other process of the user may look. */
void keep_memory_private(void);

/* NULL: as the environment and the files say. 0; -EINVAL a profile that is none, or files
 * that cannot be read as such; -ENOMEM. Each with a cure. */
MUST_USE int session_open(
	const char *profile, const char *region, struct session **ret, struct fault *why);
void session_close(struct session *s);
/* Valid until session_close(). */
const struct auth_context *session_context(const struct session *s);
struct credential_provider *session_credentials(const struct session *s);

#endif
