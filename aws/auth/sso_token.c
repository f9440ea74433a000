#include "aws/auth/sso_token.h"

#include <errno.h>
#include <stdio.h>

#include "aws/auth/ask.h"
#include "aws/auth/disk_cache.h"
#include "aws/auth/paths.h"
#include "aws/auth/secret.h"
#include "aws/auth/source.h"

enum { TOKEN_TEXT_MAX = 2 * DISK_CACHE_FILE_MAX };
enum { REFRESH_PAUSE_MS = 60 * 1000, LIFETIME_MAX_S = 366 * 24 * 3600 };

static const char folder[] = ".aws/sso/cache";

struct token {
	cJSON *json; /* the whole file */
	const char *access;
	struct instant expires;
};

void sso_login_cure(struct fault *why, const struct sso_session *session)
{
	if (session->name)
		fault_cure(why, "run 'aws sso login --sso-session %s'", session->name);
	else
		fault_cure(why, "run 'aws sso login --profile %s'", session->profile);
}

static int expired(const struct sso_session *s, struct fault *why, const char *what)
{
	(void)fault(why, -EKEYEXPIRED, "SSO session %s: %s",
		s->name ? s->name : s->start_url, what);
	sso_login_cure(why, s);
	return -EKEYEXPIRED;
}

static int file_name(const struct sso_session *s, char ret[SHA1_HEX + 8])
{
	int r = sha1_hex(span_of(s->name ? s->name : s->start_url), ret);

	if (r == 0)
		memcpy(ret + SHA1_HEX, ".json", sizeof(".json"));
	return r;
}

static int use_token(cJSON *json, struct token *ret)
{
	const char *expires = secret_text(json, "expiresAt");
	struct token t = { .json = json, .access = secret_text(json, "accessToken") };

	if (!t.access || !*t.access || !expires || expiry_parse(expires, &t.expires) < 0)
		return -EBADMSG;
	*ret = t;
	return 0;
}

/* ret->json is to be deleted. */
static int read_token(const struct auth_context *c, const struct sso_session *s,
	struct token *ret, struct fault *why)
{
	struct buf text = BUF_SECRET(DISK_CACHE_FILE_MAX);
	char name[SHA1_HEX + 8];
	cJSON *json = NULL;
	int r = file_name(s, name);

	if (r == 0)
		r = home_read(c, folder, name, &text);
	if (r == -ENOMEM)
		goto out;
	if (r == -ENOENT || r == -ENOTDIR) {
		r = expired(s, why, "there is no login");
		goto out;
	}
	if (r < 0) {
		r = fault(why, r == -EACCES ? r : -EKEYREJECTED, "~/%s/%s: %s", folder,
			name, fault_errno_text(r));
		goto out;
	}
	r = secret_parse(buf_span(&text), &json);
	if (r == 0)
		r = use_token(json, ret);
	if (r < 0) {
		secret_delete(json);
		r = expired(s, why, "the file of its login holds no token");
	}
out:
	secret_finish(&text);
	return r;
}

static bool can_refresh(const struct auth_context *c, const struct token *t)
{
	const char *until = secret_text(t->json, "registrationExpiresAt");
	struct instant end;

	return secret_text(t->json, "refreshToken") && secret_text(t->json, "clientId") &&
		secret_text(t->json, "clientSecret") && until &&
		expiry_parse(until, &end) == 0 && expiry_left(c, end) > 0;
}

/* Whether a minute has passed since the last attempt; this is one then. */
static bool take_turn(struct sso_tokens *tokens, const struct auth_context *c)
{
	uint64_t now = clock_monotonic_ms(c->clock) + 1;
	uint64_t tried = atomic_load(&tokens->tried_ms);

	if (tried && now - tried < REFRESH_PAUSE_MS)
		return false;
	return atomic_compare_exchange_strong(&tokens->tried_ms, &tried, now);
}

static int make_request(const cJSON *json, struct buf *ret)
{
	static const char *const fields[] = { "clientId", "clientSecret",
		"refreshToken" };
	int r = buf_reserve(ret, DISK_CACHE_FILE_MAX / 2);

	if (r == 0)
		r = buf_append_text(ret, "{\"grantType\":\"refresh_token\"");
	for (size_t i = 0; i < ARRAY_LEN(fields) && r == 0; i++) {
		r = buf_appendf(ret, ",\"%s\":", fields[i]);
		if (r == 0)
			r = json_ascii(span_of(secret_text(json, fields[i])), ret);
	}
	return r < 0 ? r : buf_append_byte(ret, '}');
}

static int replace_text(cJSON *json, const char *key, const char *text)
{
	cJSON *item = cJSON_CreateString(text);

	if (!item)
		return -ENOMEM;
	secret_delete(cJSON_DetachItemFromObjectCaseSensitive(json, key));
	if (cJSON_AddItemToObject(json, key, item))
		return 0;
	secret_delete(item);
	return -ENOMEM;
}

/* What the service gave, put into the file's object. */
static int take_reply(const struct auth_context *c, const struct sso_session *s,
	struct token *t, const cJSON *reply)
{
	const char *access = secret_text(reply, "accessToken");
	const char *refresh = secret_text(reply, "refreshToken");
	const cJSON *in = cJSON_GetObjectItemCaseSensitive(reply, "expiresIn");
	char expires[INSTANT_TEXT + 1] = "";
	struct instant end;
	int r;

	if (!access || !*access || !cJSON_IsNumber(in) || !(in->valuedouble > 0) ||
		in->valuedouble > LIFETIME_MAX_S)
		return -EBADMSG;
	end.seconds = context_now(c).seconds + (int64_t)in->valuedouble;
	instant_format(end, expires);
	r = replace_text(t->json, "accessToken", access);
	if (r == 0)
		r = replace_text(t->json, "expiresAt", expires);
	if (r == 0 && refresh)
		r = replace_text(t->json, "refreshToken", refresh);
	if (r == 0)
		r = replace_text(t->json, "startUrl", s->start_url);
	if (r == 0)
		r = replace_text(t->json, "region", s->region);
	return r < 0 ? r : use_token(t->json, t);
}

static int ask_token(const struct auth_context *c, const struct sso_session *s,
	struct token *t, const atomic_bool *stop, struct fault *why)
{
	struct buf body = BUF_SECRET(DISK_CACHE_FILE_MAX);
	struct http_response response = { 0 };
	struct aws_error error;
	struct ask ask = {
		.service = AWS_SSO_OIDC,
		.region = s->region,
		.operation = "sso-oidc CreateToken",
		.method = "POST",
		.path = "/token",
		.content_type = "application/json",
	};
	cJSON *reply = NULL;
	int r = make_request(t->json, &body);

	ask.body = buf_span(&body);
	if (r == 0)
		r = ask_service(c, &ask, stop, &response, &error, why);
	if (r == 0)
		r = secret_parse(buf_span(&response.body), &reply);
	if (r == 0)
		r = take_reply(c, s, t, reply);
	secret_delete(reply);
	secret_finish(&body);
	secret_finish(&response.body);
	http_response_finish(&response);
	return r;
}

/* A failure to write costs a refresh later on, nothing else. */
static void write_token(
	const struct auth_context *c, const struct sso_session *s, const struct token *t)
{
	struct buf text = BUF_SECRET(TOKEN_TEXT_MAX);
	char name[SHA1_HEX + 8];
	int r = file_name(s, name);

	if (r == 0)
		r = buf_reserve(&text, DISK_CACHE_FILE_MAX);
	if (r == 0)
		r = secret_print(t->json, &text);
	if (r == 0)
		r = home_write(c, folder, name, buf_span(&text));
	(void)r;
	secret_finish(&text);
}

static int refresh(const struct auth_context *c, const struct sso_session *s,
	struct token *t, const atomic_bool *stop, struct fault *why)
{
	struct fault ignored = { 0 };
	struct token again = { 0 };
	int r = ask_token(c, s, t, stop, why);

	if (r == 0) {
		write_token(c, s, t);
		return 0;
	}
	if (r == -ECANCELED || r == -ENOMEM)
		return r;
	/* Another program may have used the refresh token first; and a token that is
	 * still good serves on. */
	if (read_token(c, s, &again, &ignored) == 0) {
		secret_delete(t->json);
		*t = again;
	}
	return 0;
}

int sso_token_get(struct sso_tokens *tokens, const struct auth_context *context,
	const struct sso_session *session, const atomic_bool *stop, char **ret,
	struct fault *why)
{
	struct fault trouble = { 0 };
	struct token t = { 0 };
	char *access = NULL;
	int r = read_token(context, session, &t, why);

	if (r < 0)
		return r;
	if (session->name && expiry_left(context, t.expires) < CREDENTIAL_ADVISORY_S &&
		can_refresh(context, &t) && take_turn(tokens, context))
		r = refresh(context, session, &t, stop, &trouble);
	if (r == 0 && expiry_left(context, t.expires) <= 0) {
		r = expired(session, why, "its login has ended");
		if (trouble.text[0] && why) {
			(void)fault(why, r, "%s, and was not refreshed: %s",
				"its login has ended", trouble.text);
			fault_prefix(why, "SSO session %s", session->name);
			sso_login_cure(why, session);
		}
	}
	if (r == 0)
		r = secret_set(&access, t.access);
	secret_delete(t.json);
	if (r == 0)
		*ret = access;
	return r;
}
