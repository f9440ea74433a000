/* Endpoint URLs that a user has configured. */
#ifndef AWS_AUTH_ENDPOINT_URL_H
#define AWS_AUTH_ENDPOINT_URL_H

#include "aws/auth/settings.h"

/* For a service by its name in [services]; NULL for none. Valid as the context's are. */
const char *endpoint_url_of(const struct auth_context *c, const char *service);
/* scheme://host[:port][/path]: sets host, scheme, base_path and is_custom alone. 0;
 * -EINVAL. */
MUST_USE int endpoint_url_parse(
	struct span url, struct aws_endpoint *ret, struct fault *why);

#endif
