/* Who we are: credentials from wherever AWS's own tools would take them, refreshed ahead
 * of their end. One file a source; the chain and the cache are providers themselves. */
#ifndef AWS_AUTH_CREDENTIALS_H
#define AWS_AUTH_CREDENTIALS_H

#include <stdatomic.h>

#include "aws/api/http.h"
#include "aws/auth/profile.h"
#include "aws/auth/skew.h"

/* Its own strings; wiped by credentials_finish(). */
struct credentials {
	char *access_key_id, *secret, *session_token; /* token NULL for long-lived keys */
	char *account_id; /* NULL where unknown */
	struct instant expires; /* INSTANT_NONE = never */
	const char *source; /* for people: "environment", "profile x (assume role)" … a
			     * literal or interned for the provider's life */
};
void credentials_finish(struct credentials *c);
MUST_USE int credentials_copy(const struct credentials *c, struct credentials *ret);

struct credential_provider;
struct credential_ops {
	int (*get)(struct credential_provider *p, const atomic_bool *stop,
		struct credentials *ret, struct fault *why);
	void (*free)(struct credential_provider *p);
	/* A service has refused these; NULL where nothing is kept. */
	void (*drop)(struct credential_provider *p, const struct credentials *refused);
};
/* First member of every implementation. Thread-safe unless said otherwise. */
struct credential_provider {
	const struct credential_ops *ops;
};
/* 0; -ENOKEY this source has none (a chain goes on); -EKEYEXPIRED they have ended and a
 * login is needed (cure says which); -EKEYREJECTED configured, but broken or refused;
 * -EACCES; -EAGAIN a service is ill or throttles; transport errnos as http_exchange();
 * -ENOMEM. Anything but -ENOKEY ends a chain. */
MUST_USE int credential_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why);
void credential_provider_free(struct credential_provider *p);

/* What all sources read the world through, so that tests can replace it. Plain; borrowed
 * by the providers until they are freed. */
struct auth_context {
	const struct profile_set *profiles; /* config and credentials files */
	const char *profile; /* its name */
	bool profile_is_explicit; /* --profile: the environment's keys do not count */
	const char *(*env)(const char *name); /* getenv */
	const char *home; /* NULL where unknown */
	struct http *http;
	const struct clock *clock;
	struct skew
		*skew; /* of that clock, shared by all calls; NULL: each learns anew */
	const char *region; /* resolved, NULL for none */
	bool use_fips, use_dualstack;
	/* Asks the person in front (credential_ask_terminal()); NULL when there is none.
	 * 0 and a line of fewer than size bytes; -ENOTTY; -ECANCELED; -EINVAL empty or
	 * too long. */
	int (*ask)(const char *question, const atomic_bool *stop, char *ret, size_t size);
	/* Between two attempts, until stop; NULL: sleeps. */
	void (*wait)(const struct auth_context *c, unsigned ms, const atomic_bool *stop);
};
/* On /dev/tty, unseen, when the process is in its foreground: the ask of a command. */
MUST_USE int credential_ask_terminal(
	const char *question, const atomic_bool *stop, char *ret, size_t size);

/* The default chain of AWS CLI v2, in its order (docs/aws.md). 0; -ENOMEM. */
MUST_USE int credential_chain_new(
	const struct auth_context *context, struct credential_provider **ret);
/* Keeps what inner gave: refreshed when less than 15 minutes are left (a failure keeps
 * the old ones), at the latest with 10 left; one refresh at a time, others get the old
 * ones meanwhile where they are still good. Failures are remembered for 2 seconds, so
 * that a login is noticed at once. Takes inner. 0; -ENOMEM (inner is freed). */
MUST_USE int credential_cache_new(const struct clock *clock,
	struct credential_provider *inner, struct credential_provider **ret);
/* Who the keys are of, without them. Plain. */
struct credential_facts {
	char source[160]; /* "profile work (SSO)"; "" none has come yet */
	char account_id[16]; /* "" where unknown */
	struct instant expires; /* INSTANT_NONE = never */
	struct fault failure; /* of the last attempt to get new ones; error 0: none */
};
/* What a cache has now; asks nobody and waits for nobody who asks. */
void credential_cache_look(
	struct credential_provider *cache, struct credential_facts *ret);
/* Says that a service has refused these: the cache asks again at the next get, and what
 * is kept on disk is not taken for it. A no-op for providers that keep nothing. */
void credential_cache_drop(
	struct credential_provider *cache, const struct credentials *refused);

#endif
