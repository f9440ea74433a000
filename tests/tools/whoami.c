/* Says as JSON which credentials the chain finds: for comparison with other tools; not
 * installed. whoami [--profile NAME] */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth/settings.h"

static const char *get_variable(const char *name)
{
	return getenv(name);
}

static int print_text(struct buf *b, const char *name, const char *text)
{
	int r = buf_appendf(b, "%s\"%s\": ", b->len ? ", " : "{", name);

	if (r < 0)
		return r;
	return text ? buf_append_json(b, span_of(text)) : buf_append_text(b, "null");
}

static int print(const struct credentials *c)
{
	struct buf b = BUF_INIT(16 * 1024);
	int r = print_text(&b, "access_key_id", c->access_key_id);

	if (r == 0)
		r = print_text(&b, "source", c->source);
	if (r == 0)
		r = print_text(&b, "account", c->account_id);
	if (r == 0)
		r = buf_append_text(&b, "}\n");
	if (r == 0 && fwrite(b.p, 1, b.len, stdout) != b.len)
		r = -EIO;
	buf_finish(&b);
	return r;
}

static int get(struct auth_context *c, struct credentials *ret, struct fault *why)
{
	struct credential_provider *chain = NULL, *cache = NULL;
	int r;

	c->region = aws_region(c, NULL);
	r = credential_chain_new(c, &chain);
	if (r == 0)
		r = credential_cache_new(c->clock, chain, &cache);
	if (r == 0)
		r = credential_get(cache, NULL, ret, why);
	/* Its source is the provider's. */
	if (r == 0)
		r = print(ret);
	credential_provider_free(cache);
	return r;
}

int main(int argc, char **argv)
{
	bool has_profile = argc == 3 && strcmp(argv[1], "--profile") == 0;
	struct auth_context c = {
		.env = get_variable,
		.home = getenv("HOME"),
		.clock = clock_system(),
		.profile_is_explicit = has_profile,
	};
	struct profile_set *profiles = NULL;
	struct credentials got = { 0 };
	struct http *http = NULL;
	struct fault why = { 0 };
	int r = profile_set_load(get_variable, c.home, &profiles, &why);

	c.profiles = profiles;
	c.profile = profile_name(has_profile ? argv[2] : NULL, get_variable);
	if (r == 0)
		r = http_curl_new(&(struct http_options){ .user_agent = "costfs-whoami" },
			&http, &why);
	c.http = http;
	if (r == 0)
		r = get(&c, &got, &why);
	if (r < 0)
		(void)fprintf(
			stderr, "%s: %s\n%s\n", fault_errno_text(r), why.text, why.cure);
	credentials_finish(&got);
	http_free(http);
	profile_set_free(profiles);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
