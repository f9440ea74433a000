#include "aws/api/http.h"

void http_free(struct http *h)
{
	if (h)
		h->ops->free(h);
}

int http_exchange(struct http *h, const struct http_request *request,
	const atomic_bool *stop, struct http_response *ret, struct fault *why)
{
	return h->ops->exchange(h, request, stop, ret, why);
}

struct span http_header_of(const struct http_response *r, struct span name)
{
	struct span rest = buf_span(&r->headers), line;

	while (span_split(&rest, '\n', &line)) {
		size_t colon = span_find(line, ':');

		if (colon < line.len && span_eq(span_first(line, colon), name))
			return span_trim(span_from(line, colon + 1));
	}
	return (struct span){ 0 };
}

static void wipe(struct buf *b)
{
	b->is_secret = true;
	buf_finish(b);
}

void http_response_finish(struct http_response *r)
{
	if (!r)
		return;
	wipe(&r->headers);
	wipe(&r->body);
	*r = (struct http_response){ 0 };
}
