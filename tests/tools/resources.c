/* Prints an account's resources as JSON, for comparison with AWS's own tools; not
 * installed.
 *
 *   resources kinds
 *   resources ACCOUNT ROLE-ARN|- (regions | SERVICE/TYPE@[REGION] | metrics:ID@REGION)...
 *
 * Of "kinds" one line of JSON for each row of the table of kinds. Else one line for each
 * that is asked for: {"ask", "error", "cure", "items": [{"json", "id", ...}]}, of
 * "regions" {"ask", "regions": [...]}, of metrics {"ask", "csv"}; at last {"calls": N}.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth/settings.h"
#include "aws/resource/account.h"
#include "aws/resource/kind_private.h"
#include "aws/resource/metrics.h"

enum { LINE_MAX_BYTES = 1024 * 1024 * 1024 };

static const char *const fields[INVENTORY_FIELD_COUNT] = { "id", "name", "type", "state",
	"zone", "size", "created", "tags" };

static const char *get_variable(const char *name)
{
	return getenv(name);
}

static int put_text(struct buf *b, const char *before, const char *name, struct span text)
{
	int r = buf_appendf(b, "%s\"%s\":", before, name);

	return r < 0 ? r : buf_append_json(b, text);
}

/* Fields that the row has, as paths in an element's JSON. */
static int put_row(struct buf *b, size_t number)
{
	const struct resource_kind *kind = resource_kind_at(number);
	const struct resource_call *call = resource_kind_call(number);
	int r = put_text(b, "{", "service", span_of(kind->service));

	if (r == 0)
		r = put_text(b, ",", "directory", span_of(kind->type));
	if (r == 0)
		r = put_text(b, ",", "operation", span_of(call->operation));
	if (r == 0)
		r = put_text(b, ",", "parameters",
			span_of(call->parameters ? call->parameters : ""));
	if (r == 0)
		r = put_text(b, ",", "path", span_of(call->path));
	for (size_t i = 0; i < INVENTORY_FIELD_COUNT && r == 0; i++)
		if (call->fields[i])
			r = put_text(b, ",", fields[i], span_of(call->fields[i]));
	return r < 0 ? r : buf_append_text(b, "}\n");
}

static int print_kinds(void)
{
	struct buf b = BUF_INIT(LINE_MAX_BYTES);
	int r = 0;

	for (size_t i = 0; i < resource_kind_count() && r == 0; i++)
		r = put_row(&b, i);
	if (r == 0 && fwrite(b.p, 1, b.len, stdout) != b.len)
		r = -EIO;
	buf_finish(&b);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int put_item(struct buf *b, const struct inventory *v, size_t item)
{
	int r = put_text(b, item ? ",{" : "{", "json", inventory_json(v, item));

	for (size_t i = 0; i < INVENTORY_FIELD_COUNT && r == 0; i++)
		r = put_text(b, ",", fields[i],
			inventory_text(v, item, (enum inventory_field)i));
	return r < 0 ? r : buf_append_byte(b, '}');
}

static int put_failure(struct buf *b, int error, const struct fault *why)
{
	int r = put_text(b, ",", "error", span_of(fault_errno_text(error)));

	if (r == 0)
		r = put_text(b, ",", "text", span_of(why->text));
	return r < 0 ? r : put_text(b, ",", "cure", span_of(why->cure));
}

/* SERVICE/TYPE@REGION */
static int list(struct resource_account *a, const char *ask, struct buf *b)
{
	struct span rest = span_of(ask), service, type;
	struct inventory *v = NULL;
	struct fault why = { 0 };
	size_t kind;
	int r;

	if (!span_split(&rest, '/', &service) || !span_split(&rest, '@', &type) ||
		!rest.p || resource_kind_find(service, type, &kind) < 0)
		return -EINVAL;
	r = resource_account_list(a, kind, rest.p, NULL, &v, &why);
	if (r < 0)
		return put_failure(b, r, &why);
	r = buf_append_text(b, ",\"items\":[");
	for (size_t i = 0; i < inventory_count(v) && r == 0; i++)
		r = put_item(b, v, i);
	inventory_unref(v);
	return r < 0 ? r : buf_append_byte(b, ']');
}

/* ID@REGION */
static int measure(struct resource_account *a, const char *ask, struct buf *b)
{
	struct buf csv = BUF_INIT(METRICS_BYTES_MAX), id = BUF_INIT(LINE_MAX_BYTES);
	struct span rest = span_of(ask), name;
	struct fault why = { 0 };
	int r = -EINVAL;

	if (span_split(&rest, '@', &name) && rest.p)
		r = buf_append_span(&id, name);
	if (r == 0)
		r = resource_account_metrics(a, rest.p, buf_text(&id), NULL, &csv, &why);
	r = r < 0 ? put_failure(b, r, &why) : put_text(b, ",", "csv", buf_span(&csv));
	buf_finish(&csv);
	buf_finish(&id);
	return r;
}

static int list_regions(struct resource_account *a, struct buf *b)
{
	struct buf names = { 0 };
	struct fault why = { 0 };
	int r = resource_account_regions(a, NULL, &names, &why);

	if (r < 0)
		return put_failure(b, r, &why);
	r = buf_append_text(b, ",\"regions\":[\"\"");
	for (size_t at = 0; at < names.len && r == 0; at += strlen(names.p + at) + 1) {
		r = buf_append_byte(b, ',');
		if (r == 0)
			r = buf_append_json(b, span_of(names.p + at));
	}
	buf_finish(&names);
	return r < 0 ? r : buf_append_byte(b, ']');
}

static int ask_one(struct resource_account *a, const char *ask, struct buf *b)
{
	if (strcmp(ask, "regions") == 0)
		return list_regions(a, b);
	if (span_starts(span_of(ask), SPAN("metrics:")))
		return measure(a, ask + strlen("metrics:"), b);
	return list(a, ask, b);
}

static int answer(struct resource_account *a, const char *ask)
{
	struct buf b = BUF_INIT(LINE_MAX_BYTES);
	int r = put_text(&b, "{", "ask", span_of(ask));

	if (r == 0)
		r = ask_one(a, ask, &b);
	if (r == 0)
		r = buf_append_text(&b, "}\n");
	if (r == 0 && fwrite(b.p, 1, b.len, stdout) != b.len)
		r = -EIO;
	buf_finish(&b);
	return r;
}

static int run(struct auth_context *c, char **args, struct fault *why)
{
	struct credential_provider *chain = NULL, *cache = NULL;
	struct resource_account_options options = { .context = c,
		.account_id = args[0],
		.role_arn = strcmp(args[1], "-") == 0 ? NULL : args[1] };
	struct resource_account *a = NULL;
	int r;

	c->region = aws_region(c, NULL);
	r = credential_chain_new(c, &chain);
	if (r == 0)
		r = credential_cache_new(c->clock, chain, &cache);
	options.credentials = cache;
	if (r == 0)
		r = resource_account_new(&options, &a, why);
	for (size_t i = 2; args[i] && r == 0; i++)
		r = answer(a, args[i]);
	if (r == 0)
		(void)printf("{\"calls\":%" PRIu64 "}\n", resource_account_calls(a));
	resource_account_free(a);
	if (cache)
		credential_provider_free(cache);
	return r;
}

int main(int argc, char **argv)
{
	struct auth_context c = {
		.env = get_variable, .home = getenv("HOME"), .clock = clock_system()
	};
	struct profile_set *profiles = NULL;
	struct http *http = NULL;
	struct fault why = { 0 };
	int r;

	if (argc == 2 && strcmp(argv[1], "kinds") == 0)
		return print_kinds();
	if (argc < 3)
		return 2;
	r = profile_set_load(get_variable, c.home, &profiles, &why);
	c.profiles = profiles;
	c.profile = profile_name(NULL, get_variable);
	if (r == 0)
		r = http_curl_new(
			&(struct http_options){ .user_agent = "costfs-resources" }, &http,
			&why);
	c.http = http;
	if (r == 0)
		r = run(&c, argv + 1, &why);
	http_free(http);
	profile_set_free(profiles);
	if (r < 0)
		(void)fprintf(stderr, "%s: %s\n", fault_errno_text(r), why.text);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
