/* `aws login`: keys that AWS's tools keep in ~/.aws/login/cache. They are taken as long
 * as they are good; to refresh them is left to the tool that holds the key of the
 * session. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/auth/disk_cache.h"
#include "aws/auth/paths.h"
#include "aws/auth/secret.h"
#include "aws/auth/source.h"
#include "base/hash.h"
#include "base/io.h"

enum { NAME_MAX_HEX = 2 * SHA256_BYTES + 1 };

static int make_path(const struct source *s, const char *session, struct buf *ret)
{
	const struct auth_context *c = s->context;
	const char *given = context_env(c, "AWS_LOGIN_CACHE_DIRECTORY");
	char hex[NAME_MAX_HEX];
	int r;

	if (!given && !c->home)
		return -ENOENT;
	r = sha256_hex(span_of(session), SHA256_BYTES, hex);
	if (r == 0)
		r = path_expand(
			given ? given : "~/.aws/login/cache", c->env, c->home, ret);
	if (r == 0)
		r = buf_appendf(ret, "/%s.json", hex);
	return r == 0 && !buf_text(ret) ? -ENOMEM : r;
}

static int read_login(const struct source *s, const char *session,
	struct credentials *ret, const char **ret_field)
{
	static const struct credential_fields fields = {
		.id = "accessKeyId",
		.secret = "secretAccessKey",
		.token = "sessionToken",
		.expires = "expiresAt",
		.account = "accountId",
		.is_temporary = true,
	};
	struct buf path = BUF_INIT(PATH_MAX), text = BUF_SECRET(DISK_CACHE_FILE_MAX);
	cJSON *json = NULL;
	int r = make_path(s, session, &path);

	*ret_field = "JSON object";
	if (r == 0)
		r = io_read_file(AT_FDCWD, path.p, &text);
	if (r == 0)
		r = secret_parse(buf_span(&text), &json);
	if (r == 0)
		r = credentials_read(
			cJSON_GetObjectItemCaseSensitive(json, "accessToken"), &fields,
			ret, ret_field);
	secret_delete(json);
	secret_finish(&text);
	buf_finish(&path);
	return r;
}

static int explain(
	const struct source *s, int error, const char *field, struct fault *why)
{
	int r = -EKEYEXPIRED;

	if (error == -ENOMEM)
		return error;
	if (error == -ENOENT || error == -ENOTDIR)
		(void)fault(why, r, "%s: there is no login", s->name);
	else if (error == -EBADMSG)
		(void)fault(
			why, r, "%s: the file of the login has no %s", s->name, field);
	else if (error == -EKEYEXPIRED)
		(void)fault(why, r, "%s: the keys of the login have ended", s->name);
	else
		r = fault(why, error == -EACCES ? error : -EKEYREJECTED,
			"%s: the file of the login: %s", s->name,
			fault_errno_text(error));
	fault_cure(why, "run 'aws login --profile %s'", s->profile);
	return r;
}

static int login_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	const struct source *s = (const struct source *)p;
	const char *session = source_get(s, "login_session"), *field;
	struct credentials c = { 0 };
	int r;

	(void)stop;
	if (!session)
		return -ENOKEY;
	r = read_login(s, session, &c, &field);
	if (r == 0 && expiry_left(s->context, c.expires) <= 0) {
		credentials_finish(&c);
		r = -EKEYEXPIRED;
	}
	if (r < 0)
		return explain(s, r, field, why);
	c.source = s->name;
	*ret = c;
	return 0;
}

int login_source_new(const struct auth_context *c, const char *profile,
	struct credential_provider **ret)
{
	static const struct credential_ops ops = {
		.get = login_get,
		.free = source_free,
	};
	struct source *s = source_new(c, profile, "login", &ops, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = &s->base;
	return 0;
}
