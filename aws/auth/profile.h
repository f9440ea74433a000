/* ~/.aws/config and ~/.aws/credentials, as botocore reads them. */
#ifndef AWS_AUTH_PROFILE_H
#define AWS_AUTH_PROFILE_H

#include "base/fault.h"
#include "base/span.h"

enum { PROFILE_FILE_MAX = 4 * 1024 * 1024 };

struct profile_set;

/* Paths as given (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE or the defaults below
 * home, '~' and $VARS expanded by profile_set_load()). An absent file is empty. 0;
 * -EINVAL a line that is none, a key or section that stands twice (why names file and
 * line); -EFBIG; -EACCES; -ENOMEM. */
MUST_USE int profile_set_load(const char *(*env)(const char *name), const char *home,
	struct profile_set **ret, struct fault *why);
void profile_set_free(struct profile_set *s);
bool profile_exists(const struct profile_set *s, const char *profile);
/* Value of a key (lower case) of [profile NAME] / [default], the credentials file first;
 * NULL when there is none. Valid until profile_set_free(). */
const char *profile_get(
	const struct profile_set *s, const char *profile, const char *key);
/* Of the credentials file alone, or the config file alone. */
const char *profile_get_credentials(
	const struct profile_set *s, const char *profile, const char *key);
const char *profile_get_config(
	const struct profile_set *s, const char *profile, const char *key);
/* A nested value: "s3" / "addressing_style". */
const char *profile_get_nested(const struct profile_set *s, const char *profile,
	const char *key, const char *inner);
/* [sso-session NAME] and [services NAME]; inner may be NULL. */
const char *profile_get_section(const struct profile_set *s, const char *kind,
	const char *name, const char *key, const char *inner);
/* --profile, else AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default". Valid as env's.
 */
const char *profile_name(const char *given, const char *(*env)(const char *name));

#endif
