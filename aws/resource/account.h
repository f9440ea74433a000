/* An account's resources, asked of AWS with credentials for it. */
#ifndef AWS_RESOURCE_ACCOUNT_H
#define AWS_RESOURCE_ACCOUNT_H

#include "aws/auth/credentials.h"
#include "aws/resource/inventory.h"
#include "aws/resource/kind.h"

struct resource_account;
struct resource_account_options {
	/* Both borrowed until resource_account_free(). */
	const struct auth_context *context;
	struct credential_provider *credentials;
	const char *account_id;
	/* "arn:aws:iam::111122223333:role/NAME", assumed with credentials; NULL: they are
	 * those of the account itself, which is checked by sts:GetCallerIdentity before
	 * the first call (-EACCES with a cure where they are another account's). */
	const char *role_arn;
	const char *external_id; /* or NULL */
	unsigned deadline_ms; /* of one call with its retries; 0 = 30 s */
	/* As in struct client_options; NULL: really. */
	void (*pause)(unsigned wait_ms, const atomic_bool *stop);
};
/* 0; -ENOMEM; -EINVAL a role that is none, or of another account. Asks nobody yet.
 * Thread-safe afterwards; calls of several threads run at once, but all of one service
 * and region share one bucket of retries. */
MUST_USE int resource_account_new(const struct resource_account_options *options,
	struct resource_account **ret, struct fault *why);
/* NULL is allowed; no call may be under way. */
void resource_account_free(struct resource_account *a);

/* The enabled regions, sorted: NUL-terminated names one after another; asked in the
 * context's region, and where that is refused in the partition's first. Replaces ret. 0;
 * -EACCES denied, or the region is not enabled; -EKEYEXPIRED -EKEYREJECTED -ENOKEY;
 * -ETIMEDOUT also when it throttles or is ill after all retries; -EHOSTUNREACH
 * -ENETUNREACH; -EBADMSG the answer is broken, or its pages go in a circle; -EFBIG it is
 * over a limit; -EIO refused otherwise; -ECANCELED; -ENOMEM. why says account, region,
 * service, operation, code and cure. */
MUST_USE int resource_account_regions(struct resource_account *a, const atomic_bool *stop,
	struct buf *ret, struct fault *why);
/* All pages. region is "" of a global kind. Never a short list: any page that fails fails
 * it all. Of buckets and users, which take several calls each, what is refused of a
 * single one is told in its JSON (docs/formats.md). As resource_account_regions(); -EFBIG
 * also over the inventory's limits. */
MUST_USE int resource_account_list(struct resource_account *a, size_t kind,
	const char *region, const atomic_bool *stop, struct inventory **ret,
	struct fault *why);
/* One of those errnos, of any that credentials and calls of services answer with. */
int resource_errno(int error);
/* Calls so far, with retries, for status. */
uint64_t resource_account_calls(const struct resource_account *a);

#endif
