#include "aws/auth/role.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "aws/auth/secret.h"

static int add(struct buf *b, const char *name, const char *value)
{
	int r;

	if (!value)
		return 0;
	r = buf_appendf(b, "%s\"%s\": ", b->len > 1 ? ", " : "", name);
	return r < 0 ? r : json_ascii(span_of(value), b);
}

int role_cache_key(const struct sts_role *role, struct buf *ret)
{
	struct buf b = BUF_INIT(ROLE_KEY_MAX);
	int r = buf_append_byte(&b, '{');

	if (r == 0 && role->duration_seconds)
		r = buf_appendf(&b, "\"DurationSeconds\": %u", role->duration_seconds);
	if (r == 0)
		r = add(&b, "ExternalId", role->external_id);
	if (r == 0)
		r = add(&b, "RoleArn", role->role_arn);
	if (r == 0)
		r = add(&b, "RoleSessionName", role->session_name);
	if (r == 0)
		r = add(&b, "SerialNumber", role->mfa_serial);
	if (r == 0)
		r = buf_append_byte(&b, '}');
	if (r == 0)
		r = buf_append_span(ret, buf_span(&b));
	buf_finish(&b);
	return r;
}

int role_assume(const struct role_caller *caller, const struct sts_role *role,
	const struct credentials *signer, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct sts_role named = *role;
	struct credentials c = { 0 };
	char name[64];
	int r;

	(void)snprintf(name, sizeof(name), "costfs-%" PRId64,
		clock_now(caller->context->clock).seconds);
	if (!named.session_name)
		named.session_name = name;
	r = sts_assume_role(caller->context, &named, signer, stop, &c, why);
	if (r < 0)
		return r;
	disk_cache_store(caller->cache, &c, "");
	c.source = caller->source;
	*ret = c;
	return 0;
}
