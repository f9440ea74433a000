/* A token in a file (Kubernetes, CI systems) for the credentials of a role. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "aws/auth/role.h"
#include "aws/auth/secret.h"
#include "aws/auth/source.h"
#include "base/io.h"

enum { TOKEN_MAX = 64 * 1024 };

struct web_identity {
	struct source source;
	struct disk_cache cache;
};

/* The variable is looked at only where the environment counts; empty ones are not set. */
static const char *setting(const struct source *s, const char *variable, const char *key)
{
	const char *value = s->reads_env ? context_env(s->context, variable) : NULL;

	return value ? value : source_get(s, key);
}

static const char *token_file(const struct source *s)
{
	return setting(s, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
}

static struct sts_role role_of(const struct source *s)
{
	return (struct sts_role){
		.role_arn = setting(s, "AWS_ROLE_ARN", "role_arn"),
		.session_name = setting(s, "AWS_ROLE_SESSION_NAME", "role_session_name"),
	};
}

static int read_token(const char *path, struct buf *ret, struct fault *why)
{
	int r = io_read_file(AT_FDCWD, path, ret);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return fault(why, r == -EACCES ? r : -EKEYREJECTED,
			"web identity token file %s: %s", path, fault_errno_text(r));
	while (ret->len && (unsigned char)ret->p[ret->len - 1] <= ' ')
		buf_truncate(ret, ret->len - 1);
	if (ret->len == 0 || span_find(buf_span(ret), '\0') < ret->len)
		return fault(why, -EKEYREJECTED,
			"web identity token file %s holds no token", path);
	return buf_text(ret) ? 0 : -ENOMEM;
}

static int ask(struct web_identity *w, const char *path, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct role_caller caller = {
		.context = w->source.context,
		.cache = &w->cache,
		.source = w->source.name,
	};
	struct sts_role role = role_of(&w->source);
	struct buf token = BUF_SECRET(TOKEN_MAX);
	int r = buf_reserve(&token, TOKEN_MAX);

	if (r == 0)
		r = read_token(path, &token, why);
	if (r == 0) {
		role.web_identity_token = token.p;
		r = role_assume(&caller, &role, NULL, stop, ret, why);
	}
	secret_finish(&token);
	return r;
}

static int web_identity_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct web_identity *w = (struct web_identity *)p;
	const char *path = token_file(&w->source);

	if (!path || !*path)
		return -ENOKEY;
	if (!role_of(&w->source).role_arn) {
		int r = fault(why, -EKEYREJECTED,
			"%s: there is a token file, but no role", w->source.name);

		fault_cure(why, "set role_arn in the profile, or AWS_ROLE_ARN");
		return r;
	}
	if (disk_cache_load(&w->cache, ret)) {
		ret->source = w->source.name;
		return 0;
	}
	return ask(w, path, stop, ret, why);
}

static void web_identity_free(struct credential_provider *p)
{
	struct web_identity *w = (struct web_identity *)p;

	disk_cache_finish(&w->cache);
	source_free(p);
}

static void web_identity_drop(
	struct credential_provider *p, const struct credentials *refused)
{
	disk_cache_drop(&((struct web_identity *)p)->cache, refused);
}

int web_identity_source_new(const struct auth_context *c, const char *profile,
	bool reads_env, struct credential_provider **ret)
{
	static const struct credential_ops ops = {
		.get = web_identity_get,
		.free = web_identity_free,
		.drop = web_identity_drop,
	};
	struct web_identity *w = source_new(c, profile, "web identity", &ops, sizeof(*w));
	struct buf key = BUF_INIT(ROLE_KEY_MAX);
	struct sts_role role;
	int r = 0;

	if (!w)
		return -ENOMEM;
	w->source.reads_env = reads_env;
	role = role_of(&w->source);
	if (token_file(&w->source) && role.role_arn)
		r = role_cache_key(&role, &key);
	if (r == 0 && key.len)
		r = disk_cache_init(&w->cache, c, buf_span(&key));
	buf_finish(&key);
	if (r < 0) {
		web_identity_free(&w->source.base);
		return -ENOMEM;
	}
	*ret = &w->source.base;
	return 0;
}
