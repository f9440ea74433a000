#include "aws/api/http_receive.h"

#include <errno.h>

enum { RECEIVE_BODY_MAX = 4 * 1024 * 1024 };

void receiver_init(struct receiver *x, const struct http_request *request,
	struct http_response *response)
{
	struct http_response *r = response;

	*x = (struct receiver){ .request = request, .response = response };
	r->status = 0;
	r->body_bytes = 0;
	r->connections = 0;
	r->content_length = UINT64_MAX;
	r->headers.limit = HTTP_HEADER_BYTES_MAX;
	r->body.limit = request->body_limit ? request->body_limit : RECEIVE_BODY_MAX;
	r->headers.is_secret = r->body.is_secret = true;
	buf_clear(&r->headers);
	buf_clear(&r->body);
}

static bool is_success(const struct http_response *r)
{
	return r->status >= 200 && r->status < 300;
}

/* "HTTP/1.1 200 OK" */
static int take_status(struct http_response *r, struct span line)
{
	struct span code = span_from(line, span_find(line, ' ') + 1);
	uint64_t status = 0;

	if (span_parse_u64(span_first(code, 3), 999, &status) < 0)
		return -EPROTO;
	r->status = (int)status;
	buf_clear(&r->headers);
	return 0;
}

static int take_line(struct http_response *r, struct span line)
{
	size_t colon = span_find(line, ':');
	struct span value = span_trim(span_from(line, colon + 1));
	int e = 0;

	/* A folded line belongs to nothing that we look at. */
	if (colon == line.len || colon == 0 || line.p[0] == ' ' || line.p[0] == '\t')
		return 0;
	for (size_t i = 0; i < colon && e == 0; i++) {
		char c = line.p[i];

		e = buf_append_byte(
			&r->headers, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
	}
	if (e == 0)
		e = buf_append_text(&r->headers, ": ");
	if (e == 0)
		e = buf_append_span(&r->headers, value);
	return e < 0 ? e : buf_append_byte(&r->headers, '\n');
}

/* The size of the body is known, so its buffer need not grow, nor a long body be waited
 * for. */
static int end_headers(struct receiver *x)
{
	struct http_response *r = x->response;
	uint64_t length;
	bool is_gathered = !(x->request->sink && is_success(r)) &&
		strcmp(x->request->method, "HEAD") != 0;

	if (r->status < 200)
		return 0;
	x->is_final = true;
	if (http_header_of(r, SPAN("transfer-encoding")).p ||
		span_parse_u64(http_header_of(r, SPAN("content-length")), UINT64_MAX - 1,
			&length) < 0)
		return 0;
	r->content_length = length;
	if (!is_gathered)
		return 0;
	return length > r->body.limit ? -EFBIG : buf_reserve(&r->body, (size_t)length);
}

size_t receiver_header(char *line, size_t size, size_t count, void *context)
{
	struct receiver *x = context;
	size_t len = size * count;
	struct span text = span_trim((struct span){ line, len });

	if (x->failed < 0)
		return 0;
	if (x->is_final) /* trailers of a chunked body */
		return len;
	if (text.len == 0)
		x->failed = end_headers(x);
	else if (span_starts(text, SPAN("HTTP/")) && x->response->status < 200)
		x->failed = take_status(x->response, text);
	else
		x->failed = take_line(x->response, (struct span){ line, len });
	return x->failed < 0 ? 0 : len;
}

size_t receiver_body(char *bytes, size_t size, size_t count, void *context)
{
	struct receiver *x = context;
	struct http_response *r = x->response;
	size_t len = size * count;

	if (x->failed < 0)
		return 0;
	r->body_bytes += len;
	if (x->request->sink && is_success(r)) {
		x->failed = x->request->sink(x->request->context, bytes, len);
		x->is_sink = true;
	} else {
		x->failed = buf_append(&r->body, bytes, len);
	}
	return x->failed < 0 ? 0 : len;
}
