/* One attempt: credentials, signature, exchange, and a look at what came back. */
#include <errno.h>

#include "aws/api/json.h"
#include "aws/api/xml.h"
#include "aws/auth/client_private.h"
#include "aws/auth/sigv4.h"

enum {
	ATTEMPT_OWN_HEADERS = 4, /* date, hash, token, authorization */
	ATTEMPT_URL_MAX = 16 * 1024 + CLIENT_QUERY_MAX,
	ATTEMPT_TOKEN_MAX = 32 * 1024,
};

/* The request as it is put together. */
struct draft {
	struct buf url, authorization;
	char date[SIGV4_AMZ_DATE + 1], hash[64 + 1];
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t header_count;
	struct sigv4_header signed_headers[SIGV4_HEADERS_MAX];
	size_t signed_count;
};

static bool has_to_be_signed(struct span name)
{
	return span_eq_nocase(name, SPAN("content-type")) ||
		span_eq_nocase(span_first(name, 6), SPAN("x-amz-"));
}

static void add_signed(struct draft *d, const char *name, const char *value)
{
	d->signed_headers[d->signed_count++] =
		(struct sigv4_header){ span_of(name), span_of(value) };
}

static void add_header(struct draft *d, const char *name, const char *value)
{
	d->headers[d->header_count++] = (struct http_header){ name, value };
}

static const char *host_of(const struct operation *o)
{
	return o->call->host ? o->call->host : o->client->endpoint.host;
}

static int write_url(const struct operation *o, struct draft *d)
{
	const struct aws_endpoint *e = &o->client->endpoint;
	const char *query = o->call->query;

	return buf_appendf(&d->url, "%s://%s%s%s%s%s", e->scheme, host_of(o),
		e->base_path, o->call->path, query && query[0] ? "?" : "",
		query ? query : "");
}

static int add_call_headers(const struct operation *o, struct draft *d)
{
	const struct client_call *call = o->call;

	if (call->header_count + ATTEMPT_OWN_HEADERS > HTTP_HEADERS_MAX)
		return fault(NULL, -E2BIG, "too many headers");
	add_signed(d, "host", host_of(o));
	for (size_t i = 0; i < call->header_count; i++) {
		add_header(d, call->headers[i].name, call->headers[i].value);
		if (has_to_be_signed(span_of(call->headers[i].name)))
			add_signed(d, call->headers[i].name, call->headers[i].value);
	}
	return 0;
}

/* The path and the query, as they stand in the URL. */
static void split_url(struct span url, struct span *ret_path, struct span *ret_query)
{
	struct span rest = span_from(url, span_find(url, ':') + 3); /* behind "://" */
	size_t mark;

	rest = span_from(rest, span_find(rest, '/'));
	mark = span_find(rest, '?');
	*ret_path = span_first(rest, mark);
	*ret_query = span_from(rest, mark + 1);
}

static int sign(struct operation *o, struct draft *d)
{
	struct client *c = o->client;
	const struct credentials *keys = &o->used;
	struct sigv4_request request = { .method = span_of(o->call->method),
		.headers = d->signed_headers };
	struct instant now = clock_now(&c->skew->clock);
	int r = sigv4_payload_hash(o->call->body, d->hash);

	if (r < 0)
		return r;
	if (c->service == AWS_S3) {
		add_header(d, "x-amz-content-sha256", d->hash);
		add_signed(d, "x-amz-content-sha256", d->hash);
	}
	const struct sigv4_key key = { .access_key_id = span_of(keys->access_key_id),
		.secret = span_of(keys->secret),
		.session_token = span_of(keys->session_token),
		.region = span_of(o->call->signing_region ? o->call->signing_region
							  : c->endpoint.signing_region),
		.service = span_of(c->endpoint.signing_name),
		.time = now,
		.is_s3 = c->service == AWS_S3 };
	split_url(buf_span(&d->url), &request.path, &request.query);
	request.header_count = d->signed_count;
	request.payload_hash = span_of(d->hash);
	r = sigv4_authorization(&request, &key, d->date, &d->authorization);
	if (r < 0)
		return r;
	add_header(d, "x-amz-date", d->date);
	if (keys->session_token)
		add_header(d, "x-amz-security-token", keys->session_token);
	const char *authorization = buf_text(&d->authorization);
	if (!authorization)
		return -ENOMEM;
	add_header(d, "authorization", authorization);
	return 0;
}

static int pass_on(void *context, const void *bytes, size_t len)
{
	struct operation *o = context;
	int r = o->call->sink(o->call->context, bytes, len);

	o->has_delivered = true;
	o->progress_ms = clock_monotonic_ms(o->client->context->clock);
	if (r < 0)
		o->sink_error = r;
	return r;
}

uint64_t client_time_left(const struct operation *o)
{
	uint64_t now = clock_monotonic_ms(o->client->context->clock);
	uint64_t allowed =
		o->call->deadline_ms ? o->call->deadline_ms : o->client->deadline_ms;
	uint64_t end = (o->trouble_ms == UINT64_MAX ? now : o->trouble_ms) + allowed;

	return end > now ? end - now : 0;
}

static int send_draft(struct operation *o, const struct draft *d, const char *url)
{
	const struct client_call *call = o->call;
	bool may_last = call->sink && o->trouble_ms == UINT64_MAX;
	uint64_t left_ms = client_time_left(o);
	const struct http_request request = { .method = call->method,
		.url = url,
		.headers = d->headers,
		.header_count = d->header_count,
		.body = call->body,
		.sink = call->sink ? pass_on : NULL,
		.context = o,
		.body_limit = call->body_limit,
		/* A long transfer that goes well is left alone. */
		.deadline_ms = may_last ? 0 : (unsigned)(left_ms ? left_ms : 1) };

	if (call->restart)
		call->restart(call->context);
	o->progress_ms = clock_monotonic_ms(o->client->context->clock);
	int r = http_exchange(
		o->client->context->http, &request, o->stop, o->response, &o->said);
	atomic_fetch_add(&o->client->connections, o->response->connections);
	return r;
}

static int begin_element(void *context, struct span path)
{
	const char **root = context;

	if (*root && !span_eq(path, span_of(*root)))
		return -EBADMSG;
	*root = NULL;
	return 0;
}

static int check_xml(struct operation *o)
{
	static const struct xml_events events = { .begin = begin_element };
	const char *root = o->call->xml_root;

	return xml_read(buf_span(&o->response->body), &events, &root, &o->said);
}

static int check_header(struct operation *o)
{
	const char *name = o->call->wants_header;

	if (!name || http_header_of(o->response, span_of(name)).len)
		return 0;
	return fault(&o->said, -EBADMSG, "the answer has no %s", name);
}

/* A 2xx body that is cut, or an error after all. */
static int check_body(struct operation *o)
{
	struct span body = buf_span(&o->response->body);
	struct json *json = NULL;
	int r = 0;

	if (o->call->sink)
		return 0;
	if (aws_error_in_success(o->response)) {
		aws_error_read(o->response, &o->error);
		return aws_error_errno(&o->error);
	}
	if (o->call->is_xml_body)
		r = check_xml(o);
	else if (o->call->is_json_body)
		r = json_parse(body, &json);
	json_free(json);
	if (r == -EBADMSG)
		fault(&o->said, r, "the answer is cut or broken after %zu bytes",
			body.len);
	return r;
}

static int exchange(struct operation *o, struct draft *d)
{
	const char *url = buf_text(&d->url);
	int r = url ? send_draft(o, d, url) : -ENOMEM;

	if (r < 0)
		return r;
	atomic_store(&o->client->has_answered, true);
	if (o->response->status >= 200 && o->response->status < 300) {
		r = check_header(o);
		return r < 0 ? r : check_body(o);
	}
	aws_error_read(o->response, &o->error);
	return aws_error_errno(&o->error);
}

static int get_credentials(struct operation *o)
{
	int r;

	credentials_finish(&o->used);
	if (!o->client->credentials)
		return 0;
	r = credential_get(o->client->credentials, o->stop, &o->used, &o->said);
	o->lacks_credentials = r < 0;
	return r;
}

int client_attempt(struct operation *o)
{
	struct draft d = { .url = BUF_INIT(ATTEMPT_URL_MAX),
		.authorization = BUF_SECRET(ATTEMPT_TOKEN_MAX) };
	int r;

	o->error = (struct aws_error){ 0 };
	o->said = (struct fault){ 0 };
	o->sink_error = 0;
	o->has_delivered = false;
	r = get_credentials(o);
	if (r == 0)
		r = write_url(o, &d);
	if (r == 0)
		r = add_call_headers(o, &d);
	if (r == 0 && o->client->credentials)
		r = sign(o, &d);
	if (r == 0)
		r = exchange(o, &d);
	buf_finish(&d.authorization);
	buf_finish(&d.url);
	return r;
}
