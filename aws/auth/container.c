/* ECS tasks and EKS Pod Identity: an agent beside the container gives the credentials. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/auth/secret.h"
#include "aws/auth/source.h"
#include "base/io.h"

enum {
	CONTAINER_ATTEMPTS = 3,
	CONTAINER_PAUSE_MS = 1000,
	CONTAINER_DEADLINE_MS = 2000,
	CONTAINER_BODY_MAX = 64 * 1024,
	CONTAINER_URL_MAX = 2048,
	CONTAINER_TOKEN_MAX = 32 * 1024,
};

static const char relative_variable[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
static const char full_variable[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

static const char *variable(const struct source *s, const char *name)
{
	return s->context->env ? s->context->env(name) : NULL;
}

/* Of a URL behind its "http://": without user, port and the brackets of IPv6. */
static struct span host_of(struct span rest)
{
	size_t at;

	for (size_t i = 0; i < rest.len; i++)
		if (strchr("/?#", rest.p[i])) {
			rest = span_first(rest, i);
			break;
		}
	at = span_rfind(rest, '@');
	if (at < rest.len)
		rest = span_from(rest, at + 1);
	if (rest.len && rest.p[0] == '[')
		return span_first(span_from(rest, 1), span_find(span_from(rest, 1), ']'));
	return span_first(rest, span_find(rest, ':'));
}

static bool is_loopback(struct span host)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;

	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.p, host.len);
	text[host.len] = '\0';
	if (inet_pton(AF_INET, text, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Without TLS the token goes only to this machine and to the addresses of the agents. */
static bool is_allowed(const char *url)
{
	static const char *const hosts[] = { "localhost", "169.254.170.2",
		"169.254.170.23", "fd00:ec2::23" };
	struct span text = span_of(url), host;

	if (span_starts(text, SPAN("https://")))
		return true;
	if (!span_starts(text, SPAN("http://")))
		return false;
	host = host_of(span_from(text, sizeof("http://") - 1));
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (span_eq_nocase(host, span_of(hosts[i])))
			return true;
	return host.len && is_loopback(host);
}

static int make_url(const struct source *s, struct buf *ret, struct fault *why)
{
	const char *relative = variable(s, relative_variable);
	const char *full = variable(s, full_variable);
	int r;

	if (relative)
		r = buf_appendf(ret, "http://169.254.170.2%s", relative);
	else
		r = buf_append_text(ret, full);
	if (r == 0 && !buf_text(ret))
		r = -ENOMEM;
	if (r == 0 && !is_allowed(ret->p))
		return fault(why, -EKEYREJECTED,
			"%s: neither https nor an address of this machine or of a "
			"container agent",
			relative ? relative_variable : full_variable);
	return r == -EFBIG ? fault(why, -EKEYREJECTED, "%s: too long",
				     relative ? relative_variable : full_variable)
			   : r;
}

static int read_token(const struct source *s, struct buf *ret, struct fault *why)
{
	const char *path =
		context_env(s->context, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *given = context_env(s->context, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	struct span text;
	int r = buf_reserve(ret, CONTAINER_TOKEN_MAX);

	if (r == 0 && path)
		r = io_read_file(AT_FDCWD, path, ret);
	else if (r == 0 && given)
		r = buf_append_text(ret, given);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return fault(why, r == -EACCES ? r : -EKEYREJECTED,
			"container authorization token %s: %s", path ? path : "",
			fault_errno_text(r));
	text = buf_span(ret);
	if (span_find(text, '\r') < text.len || span_find(text, '\n') < text.len ||
		span_find(text, '\0') < text.len)
		return fault(why, -EKEYREJECTED,
			"the container authorization token has a line end in it");
	return buf_text(ret) ? 0 : -ENOMEM;
}

static int attempt(const struct source *s, const char *url, const atomic_bool *stop,
	struct http_response *ret, struct fault *why)
{
	struct buf token = BUF_SECRET(CONTAINER_TOKEN_MAX);
	struct http_header headers[2] = { { "accept", "application/json" } };
	struct http_request request = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.header_count = 1,
		.body_limit = CONTAINER_BODY_MAX,
		.connect_ms = CONTAINER_DEADLINE_MS,
		.deadline_ms = CONTAINER_DEADLINE_MS,
		.no_proxy = true,
	};
	int r = read_token(s, &token, why);

	if (r == 0 && token.len)
		headers[request.header_count++] =
			(struct http_header){ "authorization", token.p };
	if (r == 0)
		r = http_exchange(s->context->http, &request, stop, ret, why);
	secret_finish(&token);
	return r;
}

static int read_reply(const struct source *s, const struct http_response *response,
	struct credentials *ret, struct fault *why)
{
	struct credential_fields fields = fields_of_cache;
	const char *field = "JSON object";
	cJSON *json = NULL;
	int r;

	fields.token = "Token";
	if (response->status != 200)
		return fault(why, response->status >= 500 ? -EAGAIN : -EKEYREJECTED,
			"%s: HTTP %d", s->name, response->status);
	r = secret_parse(buf_span(&response->body), &json);
	if (r == 0)
		r = credentials_read(json, &fields, ret, &field);
	secret_delete(json);
	return r == -EBADMSG ? fault(why, -EKEYREJECTED, "%s: the reply has no usable %s",
				       s->name, field)
			     : r;
}

static int ask(const struct source *s, const char *url, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct http_response response = { 0 };
	int r;

	for (unsigned made = 1;; made++) {
		r = attempt(s, url, stop, &response, why);
		if (r == 0)
			r = read_reply(s, &response, ret, why);
		if (r == 0 || r == -ECANCELED || r == -ENOMEM ||
			made == CONTAINER_ATTEMPTS)
			break;
		context_wait(s->context, CONTAINER_PAUSE_MS, stop);
		if (stop && atomic_load(stop)) {
			r = -ECANCELED;
			break;
		}
	}
	secret_finish(&response.body);
	http_response_finish(&response);
	return r;
}

static int container_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	const struct source *s = (const struct source *)p;
	struct buf url = BUF_INIT(CONTAINER_URL_MAX);
	int r;

	if (!variable(s, relative_variable) && !variable(s, full_variable))
		return -ENOKEY;
	r = make_url(s, &url, why);
	if (r == 0)
		r = ask(s, url.p, stop, ret, why);
	buf_finish(&url);
	if (r == 0)
		ret->source = s->name;
	return r;
}

int container_source_new(const struct auth_context *c, struct credential_provider **ret)
{
	static const struct credential_ops ops = {
		.get = container_get,
		.free = source_free,
	};
	struct source *s = source_new(c, NULL, "container", &ops, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = &s->base;
	return 0;
}
