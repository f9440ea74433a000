#include "aws/api/http_request.h"

#include <errno.h>

static bool is_url(const char *url)
{
	const char *host = strstr(url, "://");

	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p == 0x7F || *p == '#')
			return false;
	/* No user and password: they would show in faults. */
	if (host && memchr(host, '@', strcspn(host + 3, "/?") + 3))
		return false;
	return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

static bool is_header(const struct http_header *h)
{
	if (!h->name[0] || strpbrk(h->name, " \t\r\n:;"))
		return false;
	return !strpbrk(h->value, "\r\n");
}

static bool has_header(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->header_count; i++)
		if (span_eq_nocase(span_of(q->headers[i].name), span_of(name)))
			return true;
	return false;
}

int http_request_check(const struct http_request *q, struct fault *why)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT" };
	bool is_known = false;

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		is_known = is_known || strcmp(q->method, methods[i]) == 0;
	if (!is_known)
		return fault(why, -EINVAL, "\"%s\" is no method", q->method);
	if (!is_url(q->url))
		return fault(why, -EINVAL, "no URL of HTTP");
	if (q->header_count > HTTP_HEADERS_MAX)
		return fault(why, -EFBIG, "%zu headers, %d are the most", q->header_count,
			HTTP_HEADERS_MAX);
	for (size_t i = 0; i < q->header_count; i++)
		if (!is_header(&q->headers[i]))
			return fault(why, -EINVAL, "header %zu cannot be sent", i + 1);
	return 0;
}

static int add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

static int add_header(struct curl_slist **list, const struct http_header *h)
{
	struct buf line = BUF_SECRET(HTTP_HEADER_BYTES_MAX);
	int r = 0;
	const char *text = NULL;

	/* libcurl takes "name:" to mean that there shall be no such header. */
	if (r == 0)
		r = buf_appendf(
			&line, h->value[0] ? "%s: %s" : "%s;%s", h->name, h->value);
	if (r == 0)
		text = buf_text(&line);
	if (r == 0)
		r = text ? add_line(list, text) : -ENOMEM;
	buf_finish(&line);
	return r;
}

int http_request_headers(const struct http_request *q, struct curl_slist **ret)
{
	/* libcurl's own: a pause before a body, and a type for every body. */
	int r = add_line(ret, "Expect:");

	if (r == 0 && !has_header(q, "content-type"))
		r = add_line(ret, "Content-Type:");
	for (size_t i = 0; i < q->header_count && r == 0; i++)
		r = add_header(ret, &q->headers[i]);
	return r;
}

void http_request_headers_free(struct curl_slist *headers)
{
	for (struct curl_slist *h = headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(headers);
}
