#include "aws/auth/source.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "aws/auth/secret.h"

enum { WAIT_SLICE_MS = 50 };

const struct credential_fields fields_of_cache = {
	.id = "AccessKeyId",
	.secret = "SecretAccessKey",
	.token = "SessionToken",
	.expires = "Expiration",
	.account = "AccountId",
	.is_temporary = true,
};

void *source_new(const struct auth_context *context, const char *profile,
	const char *kind, const struct credential_ops *ops, size_t size)
{
	struct source *s = calloc(1, size);
	int len;

	if (!s)
		return NULL;
	s->base.ops = ops;
	s->context = context;
	if (profile)
		len = asprintf(&s->name, "profile %s (%s)", profile, kind);
	else
		len = asprintf(&s->name, "%s", kind);
	if (len < 0)
		s->name = NULL;
	s->profile = profile ? strdup(profile) : NULL;
	if (!s->name || (profile && !s->profile)) {
		source_finish(s);
		free(s);
		return NULL;
	}
	return s;
}

void source_finish(struct source *s)
{
	free(s->profile);
	free(s->name);
}

void source_free(struct credential_provider *p)
{
	source_finish((struct source *)p);
	free(p);
}

const char *source_get(const struct source *s, const char *key)
{
	if (!s->profile || !s->context->profiles)
		return NULL;
	return profile_get(s->context->profiles, s->profile, key);
}

const char *context_env(const struct auth_context *c, const char *variable)
{
	const char *value = c->env ? c->env(variable) : NULL;

	return value && *value ? value : NULL;
}

const char *source_setting(const struct source *s, const char *variable, const char *key)
{
	const char *value = context_env(s->context, variable);

	if (!value && s->context->profiles)
		value = profile_get(s->context->profiles, s->context->profile, key);
	return value && *value ? value : NULL;
}

unsigned source_number(const struct source *s, const char *variable, const char *key,
	unsigned otherwise, unsigned max)
{
	uint64_t value;

	if (span_parse_u64(span_of(source_setting(s, variable, key)), max, &value) < 0)
		return otherwise;
	return (unsigned)value;
}

int context_path(const struct auth_context *c, const char *below, char *ret, size_t size)
{
	int len;

	if (!c->home)
		return -ENOENT;
	len = snprintf(ret, size, "%s/%s", c->home, below);
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

void context_wait(const struct auth_context *c, unsigned ms, const atomic_bool *stop)
{
	if (c->wait) {
		c->wait(c, ms, stop);
		return;
	}
	while (ms > 0 && !(stop && atomic_load(stop))) {
		unsigned slice = ms < WAIT_SLICE_MS ? ms : WAIT_SLICE_MS;

		(void)poll(NULL, 0, (int)slice);
		ms -= slice;
	}
}

uint32_t context_random(void)
{
	uint32_t value;

	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != (ssize_t)sizeof(value))
		return UINT32_MAX / 2;
	return value;
}

/* "+02:00", "+0200" or "+02" at the end of a time; *ret_len is that of it. */
static bool offset_of(struct span text, int64_t *ret_seconds, size_t *ret_len)
{
	static const size_t lengths[] = { 6, 5, 3 };

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		size_t len = lengths[i];
		struct span s;
		uint64_t hours, minutes = 0;

		/* A day has its own '-': an offset stands behind hours. */
		if (text.len < sizeof("2026-01-02T03") - 1 + len)
			continue;
		s = span_from(text, text.len - len);
		if (s.p[0] != '+' && s.p[0] != '-')
			continue;
		if (span_parse_u64(span_first(span_from(s, 1), 2), 23, &hours) < 0 ||
			(len == 6 && s.p[3] != ':') ||
			(len > 3 &&
				span_parse_u64(span_from(s, len - 2), 59, &minutes) < 0))
			return false;
		*ret_seconds = (int64_t)(hours * 3600 + minutes * 60);
		if (s.p[0] == '-')
			*ret_seconds = -*ret_seconds;
		*ret_len = len;
		return true;
	}
	return false;
}

int expiry_parse(const char *text, struct instant *ret)
{
	struct span s = span_trim(span_of(text));
	int64_t offset = 0;
	size_t len = 0;
	struct instant t;

	if (span_ends(s, SPAN("UTC")))
		s = span_trim(span_first(s, s.len - 3));
	else if (offset_of(s, &offset, &len))
		s = span_first(s, s.len - len);
	if (instant_parse(s, &t) < 0)
		return -EINVAL;
	ret->seconds = t.seconds - offset;
	return 0;
}

struct instant context_now(const struct auth_context *c)
{
	return clock_now(c->skew ? &c->skew->clock : c->clock);
}

int64_t expiry_left(const struct auth_context *c, struct instant expires)
{
	if (expires.seconds == INSTANT_NONE)
		return INT64_MAX;
	return expires.seconds - context_now(c).seconds;
}

static int read_text(const cJSON *json, const char *field, bool is_needed, char **ret,
	const char **ret_field)
{
	const cJSON *item = field ? cJSON_GetObjectItemCaseSensitive(json, field) : NULL;
	const char *text = cJSON_GetStringValue(item);

	if (!text || !*text) {
		/* What is null or empty is absent. */
		if (!is_needed && (!item || cJSON_IsNull(item) || text))
			return 0;
		*ret_field = field;
		return -EBADMSG;
	}
	return secret_set(ret, text);
}

static int read_expiry(const cJSON *json, const struct credential_fields *fields,
	struct credentials *c, const char **ret_field)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, fields->expires);
	const char *text = cJSON_GetStringValue(item);

	c->expires.seconds = INSTANT_NONE;
	if (!fields->is_temporary && (!item || cJSON_IsNull(item)))
		return 0;
	if (text && expiry_parse(text, &c->expires) == 0)
		return 0;
	*ret_field = fields->expires;
	return -EBADMSG;
}

int credentials_read(const cJSON *json, const struct credential_fields *fields,
	struct credentials *ret, const char **ret_field)
{
	struct credentials c = { 0 };
	int r = read_text(json, fields->id, true, &c.access_key_id, ret_field);

	if (r == 0)
		r = read_text(json, fields->secret, true, &c.secret, ret_field);
	if (r == 0)
		r = read_text(json, fields->token, fields->is_temporary, &c.session_token,
			ret_field);
	if (r == 0)
		r = read_text(json, fields->account, false, &c.account_id, ret_field);
	if (r == 0)
		r = read_expiry(json, fields, &c, ret_field);
	if (r < 0) {
		credentials_finish(&c);
		return r;
	}
	*ret = c;
	return 0;
}
