/* What the sources of credentials share; for the files of aws/auth alone. */
#ifndef AWS_AUTH_SOURCE_H
#define AWS_AUTH_SOURCE_H

#include <cjson/cJSON.h>

#include "aws/auth/credentials.h"

/* Credentials with less left are asked for anew, as all of AWS's tools do. */
enum { CREDENTIAL_ADVISORY_S = 15 * 60, CREDENTIAL_MANDATORY_S = 10 * 60 };

/* First member of a source. Immutable. */
struct source {
	struct credential_provider base;
	const struct auth_context *context; /* borrowed */
	char *profile; /* NULL for those that have none */
	char *name; /* what credentials.source points at */
	bool reads_env;
};

/* A zeroed source of size bytes: "profile x (kind)", or kind alone where profile is NULL.
 * NULL on no memory. */
void *source_new(const struct auth_context *context, const char *profile,
	const char *kind, const struct credential_ops *ops, size_t size);
/* For ops.free of those that have nothing else. */
void source_free(struct credential_provider *p);
/* For unwinding those that have. */
void source_finish(struct source *s);
const char *source_get(const struct source *s, const char *key);
/* Variable, else the profile's key; NULL for none or an empty one. */
const char *source_setting(const struct source *s, const char *variable, const char *key);
/* Digits, up to max; otherwise. */
unsigned source_number(const struct source *s, const char *variable, const char *key,
	unsigned otherwise, unsigned max);
/* NULL where it is not set or empty. */
const char *context_env(const struct auth_context *c, const char *variable);
/* Path below the home folder; -ENOENT without one; -ENAMETOOLONG. */
MUST_USE int context_path(
	const struct auth_context *c, const char *below, char *ret, size_t size);
void context_wait(const struct auth_context *c, unsigned ms, const atomic_bool *stop);
uint32_t context_random(void);

/* ISO 8601, also with "UTC" or an offset behind. 0; -EINVAL. */
MUST_USE int expiry_parse(const char *text, struct instant *ret);
/* By the services' clock, as far as it is known. */
struct instant context_now(const struct auth_context *c);
/* Seconds until then; INT64_MAX for never. */
int64_t expiry_left(const struct auth_context *c, struct instant expires);

/* Names of the members in somebody's JSON; NULL: it has no such one. */
struct credential_fields {
	const char *id, *secret, *token, *expires, *account;
	bool is_temporary; /* token and expires must be there */
};
extern const struct credential_fields fields_of_cache; /* ~/.aws/cli/cache */
/* 0; -EBADMSG, and *ret_field is the member that is absent or wrong; -ENOMEM. */
MUST_USE int credentials_read(const cJSON *json, const struct credential_fields *fields,
	struct credentials *ret, const char **ret_field);

/* The sources. Each: 0; -ENOMEM. profile is copied. */
MUST_USE int env_source_new(const struct auth_context *c, struct credential_provider **);
MUST_USE int static_source_new(const struct auth_context *c, const char *profile,
	bool is_config, struct credential_provider **ret);
MUST_USE int web_identity_source_new(const struct auth_context *c, const char *profile,
	bool reads_env, struct credential_provider **ret);
MUST_USE int sso_source_new(const struct auth_context *c, const char *profile,
	struct credential_provider **ret);
MUST_USE int login_source_new(const struct auth_context *c, const char *profile,
	struct credential_provider **ret);
MUST_USE int process_source_new(const struct auth_context *c, const char *profile,
	struct credential_provider **ret);
MUST_USE int container_source_new(
	const struct auth_context *c, struct credential_provider **ret);
MUST_USE int imds_source_new(
	const struct auth_context *c, struct credential_provider **ret);

/* Profiles on the way to this one, for the detection of circles. */
struct role_visit {
	const char *profile;
	const struct role_visit *before;
};
enum { ROLE_DEPTH_MAX = 16 };
MUST_USE int role_source_new(const struct auth_context *c, const char *profile,
	const struct role_visit *before, struct credential_provider **ret);

/* Those of one profile, without role_arn, in their order. */
MUST_USE int profile_chain_new(const struct auth_context *c, const char *profile,
	bool reads_env, struct credential_provider **ret);

#endif
