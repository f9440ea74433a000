/* Operations of JSON 1.1 services whose answers come in pages, told apart by NextToken:
 * cur, bcm-data-exports, organizations. */
#ifndef AWS_AUTH_PAGES_H
#define AWS_AUTH_PAGES_H

#include "aws/api/json.h"
#include "aws/auth/client.h"

enum { PAGES_MAX = 1000, PAGES_ARGUMENTS_MAX = 4096, PAGES_TOKEN_MAX = 16 * 1024 };

struct pages_call {
	const char *target; /* as "AWSOrganizationsV20161128.ListAccounts" */
	const char *arguments; /* members of the request, "\"MaxResults\":5"; "" none */
	const char *needs; /* permission, for the cure of a refusal; NULL for none */
	/* Called for each page; a negative errno ends it all. */
	int (*page)(void *context, const struct json *answer, struct fault *why);
	void *context;
};
/* All pages. An empty page with a token is legal, the same token twice is not. 0; -ELOOP
 * a token came again; -E2BIG over PAGES_MAX; -EBADMSG no JSON object, or a token that is
 * none; the callback's errno; errnos of client_do(). why says the operation and the cure.
 */
MUST_USE int client_pages(struct client *c, const struct pages_call *call,
	const atomic_bool *stop, struct fault *why);

#endif
