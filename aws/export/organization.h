/* Names of the accounts of an organization. */
#ifndef AWS_EXPORT_ORGANIZATION_H
#define AWS_EXPORT_ORGANIZATION_H

#include "aws/auth/pages.h"

enum {
	ORGANIZATION_ACCOUNTS_MAX = 100000,
	ORGANIZATION_NAME_MAX = 256, /* bytes; AWS allows 50 characters */
};

/* Of each account that has a name; id has digits only, name neither control characters
 * nor more than ORGANIZATION_NAME_MAX bytes. 0; a -errno, which ends the list. */
typedef int organization_account_fn(void *context, const char *id, const char *name);

/* organizations:ListAccounts, all pages. 0; -EACCES not allowed, as for most accounts but
 * the one that pays; errnos of client_pages(); what fn answered. */
MUST_USE int organization_accounts(struct client *c, const atomic_bool *stop,
	organization_account_fn *fn, void *context, struct fault *why);
/* What may be told by it. */
bool organization_is_account(struct span id, struct span name);

#endif
