/* IAM Identity Center: the token of a login for the credentials of a role in an account.
 */
#include <errno.h>
#include <stdlib.h>

#include "aws/auth/ask.h"
#include "aws/auth/disk_cache.h"
#include "aws/auth/secret.h"
#include "aws/auth/sigv4.h"
#include "aws/auth/source.h"
#include "aws/auth/sso_token.h"

enum { SSO_KEY_MAX = 64 * 1024, SSO_QUERY_MAX = 4096 };

#define EXPIRATION_MAX_MS 253402300799000.0 /* the end of the year 9999 */

struct sso_source {
	struct source source;
	struct sso_session session;
	const char *account_id, *role_name; /* NULL both: not configured */
	struct sso_tokens tokens;
	struct disk_cache cache;
	struct fault broken; /* error 0: nothing is */
};

static int refuse(struct sso_source *x, const char *what, const char *name)
{
	(void)fault(&x->broken, -EKEYREJECTED, "%s: %s%s", x->source.name, what, name);
	fault_cure(&x->broken, "correct ~/.aws/config, or run 'aws configure sso'");
	return 0;
}

/* A key of the session, which the profile may repeat but not contradict. */
static const char *session_value(struct sso_source *x, const char *key)
{
	const char *own = source_get(&x->source, key), *value;

	if (!x->session.name)
		return own;
	value = profile_get_section(
		x->source.context->profiles, "sso-session", x->session.name, key, NULL);
	if (value && own && strcmp(value, own) != 0)
		(void)refuse(x, "the profile and its sso-session differ in ", key);
	return value ? value : own;
}

static int make_key(const struct sso_source *x, struct buf *key)
{
	int r = buf_append_text(key, "{\"accountId\":");

	if (r == 0)
		r = json_ascii(span_of(x->account_id), key);
	if (r == 0)
		r = buf_append_text(key, ",\"roleName\":");
	if (r == 0)
		r = json_ascii(span_of(x->role_name), key);
	if (r == 0)
		r = buf_append_text(
			key, x->session.name ? ",\"sessionName\":" : ",\"startUrl\":");
	if (r == 0)
		r = json_ascii(
			span_of(x->session.name ? x->session.name : x->session.start_url),
			key);
	return r < 0 ? r : buf_append_byte(key, '}');
}

static bool has_session(const struct sso_source *x)
{
	static const char *const keys[] = { "sso_start_url", "sso_region",
		"sso_registration_scopes" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (profile_get_section(x->source.context->profiles, "sso-session",
			    x->session.name, keys[i], NULL))
			return true;
	return false;
}

static int configure(struct sso_source *x)
{
	struct buf key = BUF_INIT(SSO_KEY_MAX);
	int r = 0;

	x->account_id = source_get(&x->source, "sso_account_id");
	x->role_name = source_get(&x->source, "sso_role_name");
	if (!x->account_id && !x->role_name)
		return 0;
	x->session.profile = x->source.profile;
	x->session.name = source_get(&x->source, "sso_session");
	if (x->session.name && !has_session(x))
		return refuse(x, "there is no sso-session ", x->session.name);
	x->session.start_url = session_value(x, "sso_start_url");
	x->session.region = session_value(x, "sso_region");
	if (x->broken.error)
		return 0;
	if (!x->account_id || !x->role_name || !x->session.start_url ||
		!x->session.region)
		return refuse(x, "it lacks ",
			!x->account_id			? "sso_account_id"
				: !x->role_name		? "sso_role_name"
				: !x->session.start_url ? "sso_start_url"
							: "sso_region");
	r = make_key(x, &key);
	if (r == 0)
		r = disk_cache_init(&x->cache, x->source.context, buf_span(&key));
	buf_finish(&key);
	return r == -EFBIG ? refuse(x, "its values are too long", "") : r;
}

static int read_reply(const struct sso_source *x, struct span text,
	struct credentials *ret, struct fault *why)
{
	static const struct credential_fields fields = {
		.id = "accessKeyId",
		.secret = "secretAccessKey",
		.token = "sessionToken",
		.expires = "expires", /* is none: milliseconds, below */
		.account = "accountId",
	};
	const char *field = "roleCredentials";
	const cJSON *role, *ends;
	cJSON *json = NULL;
	struct credentials c = { 0 };
	int r = secret_parse(text, &json);

	role = cJSON_GetObjectItemCaseSensitive(json, "roleCredentials");
	ends = cJSON_GetObjectItemCaseSensitive(role, "expiration");
	if (r == 0)
		r = credentials_read(role, &fields, &c, &field);
	if (r == 0 &&
		(!c.session_token || !cJSON_IsNumber(ends) || !(ends->valuedouble > 0) ||
			ends->valuedouble > EXPIRATION_MAX_MS)) {
		field = "sessionToken or expiration";
		r = -EBADMSG;
	}
	if (r == 0) {
		c.expires.seconds = (int64_t)(ends->valuedouble / 1000);
		r = secret_set(&c.account_id, x->account_id);
	}
	secret_delete(json);
	if (r < 0)
		credentials_finish(&c);
	else
		*ret = c;
	return r == -EBADMSG ? fault(why, -EKEYREJECTED,
				       "%s: sso GetRoleCredentials: the reply has no %s",
				       x->source.name, field)
			     : r;
}

static int add_query(const struct sso_source *x, struct buf *query)
{
	int r = buf_append_text(query, "role_name=");

	if (r == 0)
		r = sigv4_encode(span_of(x->role_name), false, query);
	if (r == 0)
		r = buf_append_text(query, "&account_id=");
	if (r == 0)
		r = sigv4_encode(span_of(x->account_id), false, query);
	return r == 0 && !buf_text(query) ? -ENOMEM : r;
}

static int ask_role(const struct sso_source *x, const char *token,
	const atomic_bool *stop, struct credentials *ret, struct fault *why)
{
	struct http_header header = { "x-amz-sso_bearer_token", token };
	struct buf query = BUF_INIT(SSO_QUERY_MAX);
	struct http_response response = { 0 };
	struct aws_error error = { 0 };
	struct ask ask = {
		.service = AWS_SSO_PORTAL,
		.region = x->session.region,
		.operation = "sso GetRoleCredentials",
		.method = "GET",
		.path = "/federation/credentials",
		.headers = &header,
		.header_count = 1,
	};
	int r = add_query(x, &query);

	ask.query = query.p;
	if (r == 0)
		r = ask_service(x->source.context, &ask, stop, &response, &error, why);
	if (r == 0)
		r = read_reply(x, buf_span(&response.body), ret, why);
	else if (error.status == 401)
		r = -EKEYEXPIRED;
	else if (error.status == 403)
		r = -EACCES;
	if (r < 0)
		fault_prefix(why, "%s", x->source.name);
	if (why && (r == -EKEYEXPIRED || r == -EACCES))
		why->error = r;
	if (r == -EKEYEXPIRED)
		sso_login_cure(why, &x->session);
	else if (r == -EACCES)
		fault_cure(why, "ask for the role %s in account %s, or choose another",
			x->role_name, x->account_id);
	buf_finish(&query);
	secret_finish(&response.body);
	http_response_finish(&response);
	return r;
}

static int sso_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct sso_source *x = (struct sso_source *)p;
	char *token = NULL;
	int r;

	if (x->broken.error) {
		if (why)
			*why = x->broken;
		return x->broken.error;
	}
	if (!x->account_id)
		return -ENOKEY;
	if (disk_cache_load(&x->cache, ret)) {
		ret->source = x->source.name;
		return 0;
	}
	r = sso_token_get(&x->tokens, x->source.context, &x->session, stop, &token, why);
	if (r == 0)
		r = ask_role(x, token, stop, ret, why);
	secret_free(token);
	if (r == 0) {
		disk_cache_store(&x->cache, ret, "\"ProviderType\": \"sso\", ");
		ret->source = x->source.name;
	}
	return r;
}

static void sso_free(struct credential_provider *p)
{
	disk_cache_finish(&((struct sso_source *)p)->cache);
	source_free(p);
}

static void sso_drop(struct credential_provider *p, const struct credentials *refused)
{
	disk_cache_drop(&((struct sso_source *)p)->cache, refused);
}

int sso_source_new(const struct auth_context *c, const char *profile,
	struct credential_provider **ret)
{
	static const struct credential_ops ops = {
		.get = sso_get,
		.free = sso_free,
		.drop = sso_drop,
	};
	struct sso_source *x = source_new(c, profile, "SSO", &ops, sizeof(*x));
	int r;

	if (!x)
		return -ENOMEM;
	r = c->profiles ? configure(x) : 0;
	if (r < 0) {
		sso_free(&x->source.base);
		return r;
	}
	*ret = &x->source.base;
	return 0;
}
