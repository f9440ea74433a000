#include "aws/auth/credentials.h"

#include <errno.h>

#include "aws/auth/secret.h"

void credentials_finish(struct credentials *c)
{
	secret_free(c->access_key_id);
	secret_free(c->secret);
	secret_free(c->session_token);
	secret_free(c->account_id);
	*c = (struct credentials){ 0 };
}

int credentials_copy(const struct credentials *c, struct credentials *ret)
{
	struct credentials copy = { .expires = c->expires, .source = c->source };
	int r = secret_set(&copy.access_key_id, c->access_key_id);

	if (r == 0)
		r = secret_set(&copy.secret, c->secret);
	if (r == 0)
		r = secret_set(&copy.session_token, c->session_token);
	if (r == 0)
		r = secret_set(&copy.account_id, c->account_id);
	if (r < 0) {
		credentials_finish(&copy);
		return r;
	}
	*ret = copy;
	return 0;
}

/* They stand in headers: no blanks, nothing but ASCII. */
static bool is_printable(const char *text)
{
	for (const char *c = text; c && *c; c++)
		if (*c < '!' || *c > '~')
			return false;
	return true;
}

static bool has_control(const char *text)
{
	for (const char *c = text; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return true;
	return false;
}

static int check(const struct credentials *c, struct fault *why)
{
	const char *what = NULL;

	if (!c->access_key_id || !is_printable(c->access_key_id))
		what = "access key ID";
	else if (!c->secret || has_control(c->secret))
		what = "secret access key";
	else if (!is_printable(c->session_token))
		what = "session token";
	if (!what)
		return 0;
	return fault(why, -EKEYREJECTED,
		"%s: the %s holds a blank or another character that none has",
		c->source ? c->source : "credentials", what);
}

int credential_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct credentials c = { .expires = { INSTANT_NONE } };
	int r = p->ops->get(p, stop, &c, why);

	if (r < 0)
		return r;
	r = check(&c, why);
	if (r < 0) {
		credentials_finish(&c);
		return r;
	}
	*ret = c;
	return 0;
}

void credential_provider_free(struct credential_provider *p)
{
	if (p)
		p->ops->free(p);
}

void credential_cache_drop(
	struct credential_provider *cache, const struct credentials *refused)
{
	if (cache && cache->ops->drop)
		cache->ops->drop(cache, refused);
}
