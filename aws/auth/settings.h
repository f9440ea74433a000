/* Region, endpoints and the other settings of AWS's tools that change how a service is
 * reached. */
#ifndef AWS_AUTH_SETTINGS_H
#define AWS_AUTH_SETTINGS_H

#include "aws/auth/credentials.h"

enum aws_service {
	AWS_S3,
	AWS_STS,
	AWS_EC2,
	AWS_IAM,
	AWS_CLOUDWATCH,
	AWS_ORGANIZATIONS,
	AWS_CUR,
	AWS_DATA_EXPORTS,
	AWS_SSO_PORTAL, /* never signed, as the next: no signing region or name */
	AWS_SSO_OIDC,
	AWS_S3_CONTROL, /* the caller puts the account in front */
	AWS_COST_EXPLORER,
	AWS_ATHENA,
	AWS_RDS,
	AWS_SERVICE_COUNT,
};

/* Where a service is, and what is signed. */
struct aws_endpoint {
	char host[256]; /* with ":port" unless it is the scheme's own */
	char scheme[8];
	char base_path[256]; /* "" or "/x" of a configured endpoint URL */
	char signing_region[64], signing_name[32];
	bool is_custom; /* an endpoint URL was configured: path style for S3 */
};
/* region: of the call; NULL = the context's, else us-east-1. Partitions aws, aws-cn,
 * aws-us-gov, aws-eusc and iso; FIPS and dual-stack; AWS_ENDPOINT_URL[_SERVICE],
 * [services], endpoint_url. S3 in us-east-1 is the regional host unless
 * AWS_S3_US_EAST_1_REGIONAL_ENDPOINT is "legacy". 0; -EINVAL not a region, FIPS where
 * there is none, or a URL that is none. */
MUST_USE int aws_endpoint_of(const struct auth_context *c, enum aws_service service,
	const char *region, struct aws_endpoint *ret, struct fault *why);
/* --region, AWS_REGION, AWS_DEFAULT_REGION, the profile; NULL for none. */
const char *aws_region(const struct auth_context *c, const char *given);
/* That of the instance we run on, of its metadata service (at most two requests of a
 * second, by the same settings as the role's): the last resort, since where there is no
 * such service it takes that long to find out. 0; -ENOKEY none; -ECANCELED; -ENOMEM. */
MUST_USE int aws_imds_region(
	const struct auth_context *c, const atomic_bool *stop, char *ret, size_t size);
/* AWS_CA_BUNDLE, the profile's ca_bundle, REQUESTS_CA_BUNDLE; NULL for none. */
const char *aws_ca_bundle(const struct auth_context *c);
/* AWS_MAX_ATTEMPTS, max_attempts; default 3 (5 in legacy mode). 1 to 100. */
unsigned aws_max_attempts(const struct auth_context *c);
/* Usual: where neither is set. */
unsigned aws_max_attempts_or(const struct auth_context *c, unsigned usual);
/* "true", in any case, of the variable, else of the profile's key. */
bool aws_flag(const struct auth_context *c, const char *variable, const char *key);

#endif
