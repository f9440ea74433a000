#include "aws/resource/owner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/auth/sts.h"

enum { OWNER_SOURCE_MAX = 2200 /* an ARN of a role has at most 2048 bytes */ };
static const char SESSION[] = "costfs"; /* as CloudTrail shows it */

struct owner {
	struct credential_provider base;
	const struct auth_context *context;
	struct credential_provider *signer;
	_Atomic uint64_t *calls;
	char *account, *role, *external_id; /* the latter two NULL where there is none */
	char *source; /* of a role's credentials, for people */
};

static int assume(struct owner *x, const struct credentials *signer,
	const atomic_bool *stop, struct credentials *ret, struct fault *why)
{
	const struct sts_role role = { .role_arn = x->role,
		.session_name = SESSION,
		.external_id = x->external_id };
	int r;

	atomic_fetch_add(x->calls, 1);
	r = sts_assume_role(x->context, &role, signer, stop, ret, why);
	if (r == 0)
		ret->source = x->source;
	if (r == -EACCES)
		fault_cure(why,
			"create %s in the account, trust the credentials in use (%s) in "
			"it, and allow sts:AssumeRole on it there; or name another role",
			x->role,
			signer->source ? signer->source : "of an unknown source");
	return r;
}

static int check(struct owner *x, const struct credentials *signer,
	const atomic_bool *stop, struct credentials *ret, struct fault *why)
{
	struct sts_identity identity = { 0 };
	int r;

	atomic_fetch_add(x->calls, 1);
	r = sts_caller_identity(x->context, signer, stop, &identity, why);
	if (r < 0)
		return r;
	if (strcmp(identity.account_id, x->account) == 0) {
		r = credentials_copy(signer, ret);
	} else {
		r = fault(why, -EACCES,
			"the credentials for account %s are of account %s (%s)",
			x->account, identity.account_id, identity.arn);
		fault_cure(why, "name a profile or a role of account %s", x->account);
	}
	sts_identity_finish(&identity);
	return r;
}

static int owner_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct owner *x = (struct owner *)p;
	struct credentials signer = { 0 };
	int r;

	for (int attempt = 0;; attempt++) {
		r = credential_get(x->signer, stop, &signer, why);
		if (r < 0)
			return r;
		r = x->role ? assume(x, &signer, stop, ret, why)
			    : check(x, &signer, stop, ret, why);
		/* Temporary keys may have been withdrawn: once anew. */
		if ((r != -EKEYEXPIRED && r != -EKEYREJECTED) || attempt > 0 ||
			!signer.session_token)
			break;
		credential_cache_drop(x->signer, &signer);
		credentials_finish(&signer);
	}
	credentials_finish(&signer);
	return r;
}

static void owner_free(struct credential_provider *p)
{
	struct owner *x = (struct owner *)p;

	free(x->account);
	free(x->role);
	free(x->external_id);
	free(x->source);
	free(x);
}

static void owner_drop(struct credential_provider *p, const struct credentials *refused)
{
	struct owner *x = (struct owner *)p;

	if (!x->role)
		credential_cache_drop(x->signer, refused);
}

/* arn:PARTITION:iam::ACCOUNT:role/NAME */
static bool is_role_of(const char *arn, const char *account)
{
	static const char *const want[] = { "arn", NULL, "iam", "", NULL };
	struct span rest = span_of(arn), part = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		if (!span_split(&rest, ':', &part))
			return false;
		if (want[i] && !span_eq(part, span_of(want[i])))
			return false;
	}
	return span_eq(part, span_of(account)) && span_starts(rest, SPAN("role/")) &&
		strlen(arn) < OWNER_SOURCE_MAX - 8;
}

static int copy_texts(struct owner *x, const struct resource_account_options *options)
{
	char source[OWNER_SOURCE_MAX];

	x->account = strdup(options->account_id);
	if (options->external_id)
		x->external_id = strdup(options->external_id);
	if (!x->account || (options->external_id && !x->external_id))
		return -ENOMEM;
	if (!options->role_arn)
		return 0;
	(void)snprintf(source, sizeof(source), "role %s", options->role_arn);
	x->role = strdup(options->role_arn);
	x->source = strdup(source);
	return x->role && x->source ? 0 : -ENOMEM;
}

int owner_new(const struct resource_account_options *options, _Atomic uint64_t *calls,
	struct credential_provider **ret, struct fault *why)
{
	static const struct credential_ops ops = {
		.get = owner_get,
		.free = owner_free,
		.drop = owner_drop,
	};
	struct owner *x;

	if (options->role_arn && !is_role_of(options->role_arn, options->account_id)) {
		(void)fault(why, -EINVAL, "%s is no role of account %s",
			options->role_arn, options->account_id);
		fault_cure(why, "write it like: arn:aws:iam::%s:role/NAME",
			options->account_id);
		return -EINVAL;
	}
	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	x->base.ops = &ops;
	x->context = options->context;
	x->signer = options->credentials;
	x->calls = calls;
	if (copy_texts(x, options) < 0) {
		owner_free(&x->base);
		return -ENOMEM;
	}
	*ret = &x->base;
	return 0;
}
