#include "aws/api/http.h"

#include <errno.h>

#include "tests/aws/http_fixture.h"

static void a_reply_comes_with_status_headers_and_body(void **state)
{
	static const struct web_answer answer = {
		.headers = "ETag: \"x\"\r\nX-Amz-Id:  a b \r\n", .body = "hello"
	};
	struct fixture f;
	struct span value;

	(void)state;
	begin(&f, &answer, 1);
	assert_int_equal(get(&f), 0);
	assert_int_equal(f.response.status, 200);
	assert_body(&f.response, "hello");
	assert_int_equal(f.response.content_length, 5);
	assert_int_equal(f.response.body_bytes, 5);
	value = http_header_of(&f.response, SPAN("x-amz-id"));
	assert_true(span_eq(value, SPAN("a b")));
	assert_true(span_eq(http_header_of(&f.response, SPAN("etag")), SPAN("\"x\"")));
	assert_null(http_header_of(&f.response, SPAN("x-amz")).p);
	end(&f);
}

static void a_request_goes_out_exactly_as_given(void **state)
{
	static const struct web_answer answer = { 0 };
	static const struct http_header headers[] = { { "Authorization", "A b=c" },
		{ "X-Empty", "" }, { "host", "bucket.example" } };
	struct fixture f;
	struct http_request q = {
		.method = "GET", .headers = headers, .header_count = ARRAY_LEN(headers)
	};
	const char *text;

	(void)state;
	begin(&f, &answer, 1);
	(void)snprintf(f.url, sizeof(f.url), "%s/a/../b//%%2e/./%%7E+c?x=1&y=%%20+&z",
		web_server_url(f.server));
	q.url = f.url;
	assert_int_equal(http_exchange(f.http, &q, NULL, &f.response, NULL), 0);
	text = web_server_request(f.server, 0);
	assert_non_null(
		strstr(text, "GET /a/../b//%2e/./%7E+c?x=1&y=%20+&z HTTP/1.1\r\n"));
	assert_non_null(strstr(text, "\r\nAuthorization: A b=c\r\n"));
	assert_non_null(strstr(text, "\r\nX-Empty:\r\n"));
	assert_non_null(strstr(text, "\r\nHost: bucket.example\r\n"));
	assert_null(strcasestr(text, "\r\nhost: 127"));
	assert_non_null(strstr(text, "\r\nUser-Agent: costfs/test\r\n"));
	assert_null(strcasestr(text, "accept-encoding"));
	assert_null(strcasestr(text, "expect:"));
	assert_null(strcasestr(text, "content-type"));
	end(&f);
}

static void bodies_go_out_with_their_length(void **state)
{
	static const struct web_answer answer = { 0 };
	static const struct http_header type = { "Content-Type", "text/x" };
	static const char *const methods[] = { "POST", "PUT" };
	struct fixture f;
	char body[70000];

	(void)state;
	memset(body, 'b', sizeof(body));
	begin(&f, &answer, 1);
	for (unsigned i = 0; i < ARRAY_LEN(methods); i++) {
		struct http_request q = { .method = methods[i],
			.url = f.url,
			.headers = &type,
			.header_count = 1,
			.body = { body, sizeof(body) } };
		const char *text, *sent;

		assert_int_equal(http_exchange(f.http, &q, NULL, &f.response, NULL), 0);
		text = web_server_request(f.server, i);
		assert_memory_equal(text, methods[i], strlen(methods[i]));
		assert_non_null(strstr(text, "\r\nContent-Length: 70000\r\n"));
		assert_non_null(strstr(text, "\r\nContent-Type: text/x\r\n"));
		assert_null(strcasestr(text, "expect:"));
		sent = strstr(text, "\r\n\r\n") + 4;
		assert_int_equal(strlen(sent), sizeof(body));
		assert_memory_equal(sent, body, sizeof(body));
	}
	end(&f);
}

static void an_empty_body_is_sent_as_such(void **state)
{
	static const struct web_answer answer = { 0 };
	struct fixture f;
	struct http_request q = { .method = "PUT" };

	(void)state;
	begin(&f, &answer, 1);
	q.url = f.url;
	assert_int_equal(http_exchange(f.http, &q, NULL, &f.response, NULL), 0);
	assert_non_null(strstr(web_server_request(f.server, 0), "Content-Length: 0\r\n"));
	assert_null(strcasestr(web_server_request(f.server, 0), "content-type"));
	end(&f);
}

static void a_head_has_a_length_but_no_body(void **state)
{
	static const struct web_answer answer = { .body = "12345678" };
	struct fixture f;
	struct http_request q = { .method = "HEAD", .body_limit = 1 };

	(void)state;
	begin(&f, &answer, 1);
	q.url = f.url;
	assert_int_equal(http_exchange(f.http, &q, NULL, &f.response, NULL), 0);
	assert_int_equal(f.response.content_length, 8);
	assert_int_equal(f.response.body.len, 0);
	/* and the connection is good for more */
	assert_int_equal(get(&f), 0);
	assert_body(&f.response, "12345678");
	assert_int_equal(web_server_connections(f.server), 1);
	end(&f);
}

static const struct {
	const char *what;
	struct web_answer answer;
	int want, status;
	const char *body;
} replies[] = {
	{ "throttled", { .status = "503 Slow Down", .body = "<Error/>" }, 0, 503,
		"<Error/>" },
	{ "forbidden", { .status = "403 Forbidden", .body = "no" }, 0, 403, "no" },
	{ "redirects are not followed",
		{ .status = "301 Moved", .headers = "Location: http://127.0.0.1:1/\r\n" },
		0, 301, "" },
	{ "wrong range is for the caller to see",
		{ .status = "206 Partial Content",
			.headers = "Content-Range: bytes 9-11/12\r\n",
			.body = "abc" },
		0, 206, "abc" },
	{ "encodings are left alone",
		{ .headers = "Content-Encoding: gzip\r\n", .body = "not gzip" }, 0, 200,
		"not gzip" },
	{ "short body", { .body = "0123456789", .cut = 45, .end = WEB_CLOSE },
		-ECONNRESET, 200, NULL },
	{ "short body, reset", { .body = "0123456789", .cut = 45, .end = WEB_RESET },
		-ECONNRESET, 200, NULL },
	{ "headers cut", { .body = "0123456789", .cut = 20, .end = WEB_CLOSE },
		-ECONNRESET, 200, NULL },
	{ "status line cut", { .cut = 7, .end = WEB_CLOSE }, -ECONNRESET, 0, NULL },
	{ "no reply", { .raw = "", .end = WEB_CLOSE }, -ECONNRESET, 0, NULL },
	{ "no reply but a reset", { .raw = "", .end = WEB_RESET }, -ECONNRESET, 0, NULL },
	{ "no HTTP", { .raw = "220 smtp.example ESMTP\r\n", .end = WEB_CLOSE }, -EPROTO,
		0, NULL },
	{ "chunked",
		{ .raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			 "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Trailer: t\r\n\r\n" },
		0, 200, "abcdefg" },
	{ "chunks cut",
		{ .raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
			 "chunked\r\n\r\n3\r\nabc\r\n",
			.end = WEB_CLOSE },
		-ECONNRESET, 200, "abc" },
	{ "no length",
		{ .raw = "HTTP/1.1 200 OK\r\n\r\nuntil the end", .end = WEB_CLOSE }, 0,
		200, "until the end" },
	{ "continue first",
		{ .raw = "HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n"
			 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" },
		0, 200, "ok" },
	{ "nothing", { .status = "204 No Content", .no_length = true }, 0, 204, "" },
	{ "length that is none",
		{ .raw = "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
			.end = WEB_CLOSE },
		-EPROTO, 200, "" },
};

static void replies_of_all_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		struct fixture f;
		int r;

		print_message("%s\n", replies[i].what);
		begin(&f, &replies[i].answer, 1);
		r = get(&f);
		if (r != replies[i].want)
			print_message("%s\n", f.why.text);
		assert_int_equal(r, replies[i].want);
		assert_int_equal(f.response.status, replies[i].status);
		if (replies[i].body)
			assert_body(&f.response, replies[i].body);
		assert_true((r < 0) == (f.why.text[0] != '\0'));
		assert_int_equal(f.why.error, r);
		end(&f);
	}
}

static void lengths_of_chunked_bodies_are_unknown(void **state)
{
	static const struct web_answer answer = {
		.raw = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: "
		       "chunked\r\n\r\n"
		       "1\r\nx\r\n0\r\n\r\n"
	};
	struct fixture f;

	(void)state;
	begin(&f, &answer, 1);
	assert_int_equal(get(&f), 0);
	assert_true(f.response.content_length == UINT64_MAX);
	assert_body(&f.response, "x");
	end(&f);
}

/* A body of len bytes against a limit of 1000. */
static int get_limited(size_t len, bool chunked)
{
	char *body = calloc(1, len + 1), raw[4096];
	struct web_answer answer = { .body = body };
	struct fixture f;
	int r;

	memset(body, 'x', len);
	(void)snprintf(raw, sizeof(raw),
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		"chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
		len, body);
	if (chunked)
		answer = (struct web_answer){ .raw = raw };
	begin(&f, &answer, 1);
	r = http_exchange(f.http,
		&(struct http_request){
			.method = "GET", .url = f.url, .body_limit = 1000 },
		NULL, &f.response, &f.why);
	assert_true(f.response.body.len <= 1000);
	assert_int_equal(f.why.error, r);
	end(&f);
	free(body);
	return r;
}

static void bodies_have_a_limit(void **state)
{
	(void)state;
	for (int chunked = 0; chunked < 2; chunked++) {
		assert_int_equal(get_limited(1, chunked), 0);
		assert_int_equal(get_limited(1000, chunked), 0);
		assert_int_equal(get_limited(1001, chunked), -EFBIG);
	}
}

/* One header of len bytes, or lines of 1000 until they have as many. */
static int get_headers(size_t len, bool one_line)
{
	struct buf headers = BUF_INIT(1 << 20);
	struct web_answer answer = { .body = "x" };
	struct fixture f;
	int r = 0;

	for (size_t i = 0; i < len; i++) {
		size_t at = one_line ? i : i % 1000;

		if (at == 0)
			r |= buf_append_text(&headers, i ? "\r\nX-H: " : "X-H: ");
		r |= buf_append_byte(&headers, 'h');
	}
	r |= buf_append_text(&headers, "\r\n");
	assert_int_equal(r, 0);
	answer.headers = buf_text(&headers);
	begin(&f, &answer, 1);
	r = get(&f);
	assert_true(f.response.headers.len <= HTTP_HEADER_BYTES_MAX);
	end(&f);
	buf_finish(&headers);
	return r;
}

static void headers_have_a_limit(void **state)
{
	(void)state;
	assert_int_equal(get_headers(60000, true), 0);
	assert_int_equal(get_headers(60000, false), 0);
	assert_int_equal(get_headers(70000, true), -EFBIG);
	assert_int_equal(get_headers(70000, false), -EFBIG);
	assert_int_equal(get_headers(300000, true), -EFBIG);
	assert_int_equal(get_headers(300000, false), -EFBIG);
}

static const struct {
	const char *what;
	struct http_request request;
	int want;
} refused[] = {
	{ "method", { .method = "DELETE", .url = "http://127.0.0.1:1/" }, -EINVAL },
	{ "scheme", { .method = "GET", .url = "file:///etc/passwd" }, -EINVAL },
	{ "no scheme", { .method = "GET", .url = "127.0.0.1:1/" }, -EINVAL },
	{ "blank", { .method = "GET", .url = "http://127.0.0.1:1/a b" }, -EINVAL },
	{ "line end", { .method = "GET", .url = "http://127.0.0.1:1/a\r\nX: y" },
		-EINVAL },
	{ "fragment", { .method = "GET", .url = "http://127.0.0.1:1/a#b" }, -EINVAL },
	{ "user", { .method = "GET", .url = "http://user:secret@127.0.0.1:1/" },
		-EINVAL },
	{ "port", { .method = "GET", .url = "http://127.0.0.1:99999/" }, -EINVAL },
	{ "header name",
		{ .method = "GET",
			.url = "http://127.0.0.1:1/",
			.headers = &(struct http_header){ "a:b", "secret" },
			.header_count = 1 },
		-EINVAL },
	{ "no header name",
		{ .method = "GET",
			.url = "http://127.0.0.1:1/",
			.headers = &(struct http_header){ "", "secret" },
			.header_count = 1 },
		-EINVAL },
	{ "header value",
		{ .method = "GET",
			.url = "http://127.0.0.1:1/",
			.headers = &(struct http_header){ "a", "secret\r\nX: y" },
			.header_count = 1 },
		-EINVAL },
	{ "headers",
		{ .method = "GET",
			.url = "http://127.0.0.1:1/",
			.header_count = HTTP_HEADERS_MAX + 1 },
		-EFBIG },
};

static void requests_that_cannot_be_sent_are_refused(void **state)
{
	struct http *h = new_http(&(struct http_options){ 0 });

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct http_response response = { 0 };
		struct fault why = { 0 };

		print_message("%s\n", refused[i].what);
		assert_int_equal(
			http_exchange(h, &refused[i].request, NULL, &response, &why),
			refused[i].want);
		assert_int_equal(why.error, refused[i].want);
		assert_null(strstr(why.text, "secret"));
		http_response_finish(&response);
	}
	http_free(h);
}

static void faults_name_the_url_without_its_query(void **state)
{
	static const struct web_answer answer = { .raw = "x", .end = WEB_CLOSE };
	struct fixture f;
	char want[128];

	(void)state;
	begin(&f, &answer, 1);
	(void)snprintf(want, sizeof(want), "GET %s/key: ", web_server_url(f.server));
	(void)snprintf(
		f.url, sizeof(f.url), "%s/key?token=secret", web_server_url(f.server));
	assert_true(get(&f) < 0);
	assert_memory_equal(f.why.text, want, strlen(want));
	assert_null(strstr(f.why.text, "secret"));
	end(&f);
}

static void a_ca_bundle_that_cannot_be_read_is_refused(void **state)
{
	struct http *h = NULL;
	struct fault why = { 0 };

	(void)state;
	assert_int_equal(
		http_curl_new(
			&(struct http_options){ .ca_bundle = "/nonexistent/ca.pem" }, &h,
			&why),
		-EINVAL);
	assert_null(h);
	assert_non_null(strstr(why.text, "/nonexistent/ca.pem"));
}

static void nothing_is_freed_twice(void **state)
{
	struct http_response response = { 0 };

	(void)state;
	http_free(NULL);
	http_response_finish(NULL);
	http_response_finish(&response);
	http_response_finish(&response);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_comes_with_status_headers_and_body),
		cmocka_unit_test(a_request_goes_out_exactly_as_given),
		cmocka_unit_test(bodies_go_out_with_their_length),
		cmocka_unit_test(an_empty_body_is_sent_as_such),
		cmocka_unit_test(a_head_has_a_length_but_no_body),
		cmocka_unit_test(replies_of_all_kinds),
		cmocka_unit_test(lengths_of_chunked_bodies_are_unknown),
		cmocka_unit_test(bodies_have_a_limit),
		cmocka_unit_test(headers_have_a_limit),
		cmocka_unit_test(requests_that_cannot_be_sent_are_refused),
		cmocka_unit_test(faults_name_the_url_without_its_query),
		cmocka_unit_test(a_ca_bundle_that_cannot_be_read_is_refused),
		cmocka_unit_test(nothing_is_freed_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
