/* The role of an EC2 instance, from its metadata service. Where that is not there, or has
 * no role, this source is not configured: only its refusals to a profile that names it
 * are errors. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/auth/secret.h"
#include "aws/auth/settings.h"
#include "aws/auth/source.h"

enum {
	IMDS_BODY_MAX = 64 * 1024,
	IMDS_URL_MAX = 2048,
	IMDS_TIMEOUT_MAX_S = 3600,
	IMDS_ATTEMPTS_MAX = 100,
	/* How long keys that have ended are used on, when the service gives no others. */
	IMDS_EXTEND_S = 15 * 60,
	IMDS_EXTEND_MIN_S = 2 * 60,
	IMDS_EXTEND_RANGE_S = 8 * 60,
};

static const char role_path[] = "latest/meta-data/iam/security-credentials/";

struct imds {
	const struct source *source;
	const atomic_bool *stop;
	const char *base; /* URL */
	struct buf token; /* empty: version 1 */
	struct fault *why;
};

static const char *base_url(const struct source *s)
{
	const char *given = source_setting(
		s, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
	const char *mode = source_setting(s, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
		"ec2_metadata_service_endpoint_mode");

	if (given)
		return given;
	if (span_eq_nocase(span_of(mode), SPAN("ipv6")))
		return "http://[fd00:ec2::254]/";
	return "http://169.254.169.254/";
}

/* One exchange, of as many attempts as are set. is_wanted says which statuses end them.
 */
static int exchange(struct imds *x, struct http_request *request, const char *path,
	struct http_response *ret)
{
	const struct source *s = x->source;
	unsigned seconds = source_number(s, "AWS_METADATA_SERVICE_TIMEOUT",
		"metadata_service_timeout", 1, IMDS_TIMEOUT_MAX_S);
	unsigned most = source_number(s, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
		"metadata_service_num_attempts", 1, IMDS_ATTEMPTS_MAX);
	struct buf url = BUF_INIT(IMDS_URL_MAX);
	size_t len = strlen(x->base);
	int r = buf_appendf(
		&url, "%s%s%s", x->base, len && x->base[len - 1] == '/' ? "" : "/", path);

	if (r == 0 && !buf_text(&url))
		r = -ENOMEM;
	request->url = url.p;
	request->body_limit = IMDS_BODY_MAX;
	request->connect_ms = request->deadline_ms = (seconds ? seconds : 1) * 1000;
	request->no_proxy = true;
	for (unsigned made = 0; r != -ENOMEM && r != -EFBIG; made++) {
		r = http_exchange(s->context->http, request, x->stop, ret, x->why);
		if (r == -ECANCELED || r == -ENOMEM || made + 1 >= most ||
			(r == 0 && ret->status < 500))
			break;
	}
	buf_finish(&url);
	return r;
}

static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '!' || s.p[i] > '~')
			return false;
	return s.len > 0;
}

/* 0, with or without a token; -ENOKEY. */
static int get_token(struct imds *x)
{
	struct http_header header = { "x-aws-ec2-metadata-token-ttl-seconds", "21600" };
	struct http_request request = {
		.method = "PUT",
		.headers = &header,
		.header_count = 1,
	};
	struct http_response response = { 0 };
	int r = exchange(x, &request, "latest/api/token", &response);
	struct span text = span_trim(buf_span(&response.body));

	if (r == 0 && response.status == 200 && is_token(text))
		r = buf_append_span(&x->token, text);
	else if (r == 0 && response.status == 400)
		r = fault(x->why, -ENOKEY, "%s refuses to give a token", x->base);
	else if (r != -ECANCELED && r != -ENOMEM)
		r = r == 0 || r == -ETIMEDOUT ? 0 : -ENOKEY;
	if (r == 0 && !x->token.len &&
		aws_flag(x->source->context, "AWS_EC2_METADATA_V1_DISABLED",
			"ec2_metadata_v1_disabled"))
		r = fault(x->why, -ENOKEY, "%s gives no token, and version 1 is disabled",
			x->base);
	if (r == 0 && x->token.len && !buf_text(&x->token))
		r = -ENOMEM;
	secret_finish(&response.body);
	http_response_finish(&response);
	return r;
}

static int get(struct imds *x, const char *path, struct http_response *ret)
{
	struct http_header header = { "x-aws-ec2-metadata-token", x->token.p };
	struct http_request request = {
		.method = "GET",
		.headers = &header,
		.header_count = x->token.len ? 1 : 0,
	};
	int r = exchange(x, &request, path, ret);

	if (r == -ECANCELED || r == -ENOMEM)
		return r;
	if (r < 0)
		return -ENOKEY;
	if (ret->status != 200 || ret->body.len == 0)
		return fault(
			x->why, -ENOKEY, "%s%s: HTTP %d", x->base, path, ret->status);
	return 0;
}

/* The first line, as a part of a path. */
static int get_role(struct imds *x, struct buf *path)
{
	struct http_response response = { 0 };
	int r = get(x, role_path, &response);
	struct span line = buf_span(&response.body);

	line = span_trim(span_first(line, span_find(line, '\n')));
	if (r == 0 &&
		(!is_token(line) || span_find(line, '/') < line.len ||
			span_find(line, '?') < line.len))
		r = fault(x->why, -ENOKEY, "%s names no role", x->base);
	if (r == 0)
		r = buf_appendf(path, "%s%.*s", role_path, SPAN_ARG(line));
	if (r == 0 && !buf_text(path))
		r = -ENOMEM;
	http_response_finish(&response);
	return r;
}

static void extend(const struct auth_context *c, struct credentials *credentials)
{
	if (expiry_left(c, credentials->expires) > 0)
		return;
	credentials->expires.seconds = context_now(c).seconds + IMDS_EXTEND_S +
		IMDS_EXTEND_MIN_S + context_random() % (IMDS_EXTEND_RANGE_S + 1);
}

static int read_credentials_of(struct imds *x, struct span text, struct credentials *ret)
{
	struct credential_fields fields = fields_of_cache;
	const char *field = "JSON object", *code;
	cJSON *json = NULL;
	int r = secret_parse(text, &json);

	fields.token = "Token";
	code = secret_text(json, "Code");
	if (r == 0 && code && strcmp(code, "Success") != 0)
		r = fault(x->why, -ENOKEY, "the role of the instance: %s", code);
	if (r == 0)
		r = credentials_read(json, &fields, ret, &field);
	if (r == -EBADMSG)
		r = fault(x->why, -ENOKEY,
			"the role of the instance: the reply has no usable %s", field);
	secret_delete(json);
	return r;
}

static int get_credentials(struct imds *x, struct credentials *ret)
{
	struct http_response response = { 0 };
	struct buf path = BUF_INIT(IMDS_URL_MAX);
	int r = get_token(x);

	if (r == 0)
		r = get_role(x, &path);
	if (r == 0)
		r = get(x, path.p, &response);
	if (r == 0)
		r = read_credentials_of(x, buf_span(&response.body), ret);
	buf_finish(&path);
	secret_finish(&response.body);
	http_response_finish(&response);
	return r;
}

static bool is_disabled(const struct auth_context *c)
{
	return span_eq_nocase(
		span_of(context_env(c, "AWS_EC2_METADATA_DISABLED")), SPAN("true"));
}

/* "eu-west-1a" and "us-west-2-lax-1a" as far as their first number; empty for none. */
static struct span region_of_zone(struct span zone)
{
	size_t n = 0, digits;

	while (n < zone.len &&
		(zone.p[n] == '-' || (zone.p[n] >= 'a' && zone.p[n] <= 'z')))
		n++;
	digits = n;
	while (n < zone.len && zone.p[n] >= '0' && zone.p[n] <= '9')
		n++;
	return digits > 0 && zone.p[digits - 1] == '-' && n > digits ? span_first(zone, n)
								     : (struct span){ 0 };
}

int aws_imds_region(
	const struct auth_context *c, const atomic_bool *stop, char *ret, size_t size)
{
	const struct source s = { .context = c };
	struct http_response response = { 0 };
	struct imds x = { .source = &s,
		.stop = stop,
		.base = base_url(&s),
		.token = BUF_SECRET(4096) };
	struct span region = { 0 };
	int r = is_disabled(c) ? -ENOKEY : get_token(&x);

	if (r == 0)
		r = get(&x, "latest/meta-data/placement/availability-zone", &response);
	if (r == 0)
		region = region_of_zone(span_trim(buf_span(&response.body)));
	if (r == 0 && (region.len == 0 || region.len >= size))
		r = -ENOKEY;
	if (r == 0) {
		memcpy(ret, region.p, region.len);
		ret[region.len] = '\0';
	}
	secret_finish(&x.token);
	http_response_finish(&response);
	return r == -EFBIG ? -ENOKEY : r;
}

static int imds_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	const struct source *s = (const struct source *)p;
	struct imds x = {
		.source = s,
		.stop = stop,
		.base = base_url(s),
		.token = BUF_SECRET(4096),
		.why = why,
	};
	int r;

	if (is_disabled(s->context))
		return -ENOKEY;
	r = get_credentials(&x, ret);
	secret_finish(&x.token);
	if (r == -EFBIG)
		r = -ENOKEY;
	if (r < 0)
		return r;
	ret->source = s->name;
	extend(s->context, ret);
	return 0;
}

int imds_source_new(const struct auth_context *c, struct credential_provider **ret)
{
	static const struct credential_ops ops = { .get = imds_get, .free = source_free };
	struct source *s = source_new(c, NULL, "EC2 instance role", &ops, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = &s->base;
	return 0;
}
