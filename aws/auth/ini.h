/* The INI dialect of AWS's files: what Python's RawConfigParser makes of them, and values
 * that are blocks of one level. */
#ifndef AWS_AUTH_INI_H
#define AWS_AUTH_INI_H

#include "base/fault.h"
#include "base/span.h"

enum { INI_ENTRIES_MAX = 1000 * 1000 };

struct ini;

/* name is for why. 0; -EINVAL a line that is none, or a key or section that stands twice
 * (why names file and line); -EFBIG; -ENOMEM. */
MUST_USE int ini_parse(
	struct span text, const char *name, struct ini **ret, struct fault *why);
/* Wipes it: there are keys in it. */
void ini_free(struct ini *ini);
/* Sections without [DEFAULT]. */
size_t ini_count(const struct ini *ini);
/* What stands between the brackets. */
const char *ini_title(const struct ini *ini, size_t section);
/* Value of a key (lower case), from [DEFAULT] where the section has none; inner: the key
 * within a block, NULL for a plain value. NULL when there is none. */
const char *ini_get(
	const struct ini *ini, size_t section, const char *key, const char *inner);

#endif
