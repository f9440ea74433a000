/* Says as JSON which credentials the chain finds: for comparison with other tools; not
 * installed.
 *
 *   whoami [--profile NAME] [--identity] [--hold]
 *
 * --identity: also who STS says they are. --hold: after all has been given back, waits
 * for the end of its input, so that others can look what is left in its memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/auth/settings.h"
#include "aws/auth/sts.h"

struct asked {
	const char *profile; /* NULL: not given */
	bool identity, hold;
};

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

static int print(const struct credentials *c, const char *arn)
{
	struct buf b = BUF_INIT(16 * 1024);
	int r = print_text(&b, "access_key_id", c->access_key_id);

	if (r == 0)
		r = print_text(&b, "source", c->source);
	if (r == 0)
		r = print_text(&b, "account", c->account_id);
	if (r == 0 && arn)
		r = print_text(&b, "arn", arn);
	if (r == 0)
		r = buf_append_text(&b, "}\n");
	if (r == 0 && fwrite(b.p, 1, b.len, stdout) != b.len)
		r = -EIO;
	buf_finish(&b);
	return r;
}

static int get(struct auth_context *c, const struct asked *asked, struct fault *why)
{
	struct credential_provider *chain = NULL, *cache = NULL;
	struct sts_identity identity = { 0 };
	struct credentials got = { 0 };
	int r;

	c->region = aws_region(c, NULL);
	r = credential_chain_new(c, &chain);
	if (r == 0)
		r = credential_cache_new(c->clock, chain, &cache);
	if (r == 0)
		r = credential_get(cache, NULL, &got, why);
	if (r == 0 && asked->identity)
		r = sts_caller_identity(c, &got, NULL, &identity, why);
	/* Its source is the provider's. */
	if (r == 0)
		r = print(&got, identity.arn);
	sts_identity_finish(&identity);
	credentials_finish(&got);
	credential_provider_free(cache);
	return r;
}

static int run(const struct asked *asked, struct fault *why)
{
	struct auth_context c = {
		.env = get_variable,
		.home = getenv("HOME"),
		.clock = clock_system(),
		.profile_is_explicit = asked->profile != NULL,
	};
	struct profile_set *profiles = NULL;
	struct http *http = NULL;
	int r = profile_set_load(get_variable, c.home, &profiles, why);

	c.profiles = profiles;
	c.profile = profile_name(asked->profile, get_variable);
	if (r == 0)
		r = http_curl_new(&(struct http_options){ .user_agent = "costfs-whoami" },
			&http, why);
	c.http = http;
	if (r == 0)
		r = get(&c, asked, why);
	http_free(http);
	profile_set_free(profiles);
	return r;
}

int main(int argc, char **argv)
{
	struct asked asked = { 0 };
	struct fault why = { 0 };
	char byte;
	int r;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--profile") == 0 && i + 1 < argc)
			asked.profile = argv[++i];
		asked.identity = asked.identity || strcmp(argv[i], "--identity") == 0;
		asked.hold = asked.hold || strcmp(argv[i], "--hold") == 0;
	}
	r = run(&asked, &why);
	if (r < 0)
		(void)fprintf(
			stderr, "%s: %s\n%s\n", fault_errno_text(r), why.text, why.cure);
	(void)fflush(stdout);
	while (asked.hold && read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
