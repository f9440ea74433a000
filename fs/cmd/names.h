/* Names of accounts for exports that have none: of the configuration, then of the
 * organization, which is asked in the background and remembered in the cache directory.
 */
#ifndef FS_CMD_NAMES_H
#define FS_CMD_NAMES_H

#include <stdatomic.h>

#include "aws/auth/settings.h"
#include "fs/tree/tree.h"

enum {
	NAMES_WAIT_MS = 2000, /* for the first answer there ever was */
	NAMES_BYTES_MAX = 64 * 1024 * 1024, /* of the file */
};

struct names;

/* Names that are known from now on, in a thread of names. They are valid until it is
 * called again, or names_close(). */
typedef void names_listener_fn(
	void *context, const struct account_name *names, size_t count);

struct names_options {
	const struct account_name *configured; /* win; borrowed until names_close() */
	size_t configured_count;
	/* NULL: the organization is not asked. Both borrowed until names_close(). */
	const struct auth_context *context;
	struct credential_provider *credentials;
	const char *cache; /* the directory */
	const char *identity; /* of whose organization it is; copied */
	unsigned fresh_seconds; /* up to which age what is remembered is not asked for */
	bool repeats; /* asks again each fresh_seconds, until names_close() */
	/* Of calls; becomes true before names_close(). */
	const atomic_bool *stop;
};
/* Waits up to NAMES_WAIT_MS where nothing is remembered. That the organization tells
 * nothing is no failure. 0; -ENOMEM; -EAGAIN no thread. */
MUST_USE int names_open(const struct names_options *options, struct names **ret);
/* Waits for the listener, which must not call it. NULL is allowed. */
void names_close(struct names *n);
/* Those that are known now, valid until names_follow() or names_close(). Answers the
 * count. */
size_t names_list(struct names *n, const struct account_name **ret);
/* Once: the listener is told of others than names_list() has answered, perhaps at once.
 */
void names_follow(struct names *n, names_listener_fn *fn, void *context);

#endif
