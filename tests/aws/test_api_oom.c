#include <errno.h>
#include <stdlib.h>

#include "aws/api/aws_errors.h"
#include "aws/api/retry.h"
#include "aws/api/xml.h"
#include "aws/auth/sigv4.h"
#include "tests/cmocka.h"
#include "tests/oom.h"

/* Answers -ENOMEM as long as an allocation is refused, and want afterwards. */
static void assert_survives(int (*attempt)(void), int want)
{
	bool refused = true;
	unsigned n = 0;

	for (; refused; n++) {
		int r;

		oom_after(n);
		r = attempt();
		refused = oom_stop();
		assert_int_equal(r, refused ? -ENOMEM : want);
		assert_true(n < 1000);
	}
	assert_true(n > 1);
}

/* Nobody listens there, which is found out when all has been allocated. */
static int connect_to_nobody(void)
{
	static const struct http_header header = { "a", "b" };
	struct http_request q = { .method = "GET",
		.url = "http://127.0.0.1:1/",
		.headers = &header,
		.header_count = 1 };
	struct http_options options = { .ca_bundle = "/tmp", .user_agent = "x" };
	struct http_response response = { 0 };
	struct http *h = NULL;
	int r = http_curl_new(&options, &h, NULL);

	if (r == 0)
		r = http_exchange(h, &q, NULL, &response, NULL);
	http_response_finish(&response);
	http_free(h);
	return r;
}

/* libcurl takes its memory the same way. It does without some of it, and says of some
 * that there is no connection. */
static void exchanges_survive(void **state)
{
	bool refused = true;
	unsigned n = 0;

	(void)state;
	(void)setenv("no_proxy", "*", 1);
	for (; refused; n++) {
		int r;

		oom_after(n);
		r = connect_to_nobody();
		refused = oom_stop();
		assert_true(r < 0);
		if (!refused)
			assert_int_equal(r, -ECONNREFUSED);
		assert_true(n < 2000);
	}
	print_message("%u allocations\n", n);
	assert_true(n > 20);
}

static int sign(void)
{
	struct sigv4_header header = { SPAN("Host"), SPAN("x") };
	struct sigv4_request q = { .method = SPAN("GET"),
		.path = SPAN("/a/b"),
		.query = SPAN("b=1&a=2"),
		.headers = &header,
		.header_count = 1,
		.payload_hash = SPAN("UNSIGNED-PAYLOAD") };
	struct sigv4_key key = { .secret = SPAN("s"), .session_token = SPAN("t") };
	struct buf b = BUF_INIT(4096);
	char date[SIGV4_AMZ_DATE];
	int r = sigv4_authorization(&q, &key, date, &b);

	assert_true(r == 0 || b.len == 0);
	buf_finish(&b);
	return r;
}

static void signatures_survive(void **state)
{
	(void)state;
	assert_survives(sign, 0);
}

static int read_xml(void)
{
	static const struct xml_events none = { 0 };

	return xml_read(SPAN("<a><b>text</b></a>"), &none, NULL, NULL);
}

static void xml_survives(void **state)
{
	(void)state;
	assert_survives(read_xml, 0);
}

static void an_error_is_read_with_whatever_memory(void **state)
{
	struct http_response r = { .status = 403, .body = BUF_INIT(4096) };
	bool refused = true;

	(void)state;
	assert_int_equal(buf_append_text(&r.body, "<Error><Code>X</Code></Error>"), 0);
	for (unsigned n = 0; refused; n++) {
		struct aws_error e;

		oom_after(n);
		aws_error_read(&r, &e);
		refused = oom_stop();
		assert_int_equal(aws_error_errno(&e), -EACCES);
		assert_true(refused || e.code[0] == 'X');
	}
	http_response_finish(&r);
}

static void a_bucket_is_null_without_memory(void **state)
{
	struct retry_bucket *b;

	(void)state;
	oom_after(0);
	b = retry_bucket_new();
	assert_true(oom_stop());
	assert_null(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exchanges_survive),
		cmocka_unit_test(signatures_survive),
		cmocka_unit_test(xml_survives),
		cmocka_unit_test(an_error_is_read_with_whatever_memory),
		cmocka_unit_test(a_bucket_is_null_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
