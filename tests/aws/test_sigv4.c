#include "aws/auth/sigv4.h"

#include <errno.h>
#include <stdio.h>

#include "tests/aws/sigv4_vectors.h"
#include "tests/cmocka.h"

/* A request and a key from a vector, with the memory that they borrow. */
struct signing {
	struct sigv4_header headers[16];
	char hash[64];
	struct sigv4_request request;
	struct sigv4_key key;
};

static void prepare(const struct sigv4_vector *v, struct signing *ret)
{
	size_t n = 0;

	assert_int_equal(sigv4_payload_hash(v->body, ret->hash), 0);
	for (; v->headers[n].name; n++)
		ret->headers[n] = (struct sigv4_header){ span_of(v->headers[n].name),
			span_of(v->headers[n].value) };
	if (strcmp(v->service, "s3") == 0)
		ret->headers[n++] = (struct sigv4_header){ SPAN("X-Amz-Content-SHA256"),
			{ ret->hash, sizeof(ret->hash) } };
	ret->request = (struct sigv4_request){ .method = span_of(v->method),
		.path = span_of(v->path),
		.query = span_of(v->query),
		.headers = ret->headers,
		.header_count = n,
		.payload_hash = { ret->hash, sizeof(ret->hash) } };
	ret->key = (struct sigv4_key){ .access_key_id = SPAN(VECTOR_KEY),
		.secret = SPAN(VECTOR_SECRET),
		.session_token = span_of(v->token),
		.region = span_of(v->region),
		.service = span_of(v->service),
		.time = { v->time },
		.is_s3 = strcmp(v->service, "s3") == 0 };
}

static void assert_text(const struct buf *got, const char *want)
{
	struct buf copy = BUF_INIT(1 << 20);

	assert_int_equal(buf_append_span(&copy, buf_span(got)), 0);
	assert_string_equal(copy.len ? buf_text(&copy) : "", want);
	buf_finish(&copy);
}

static void each_step_is_that_of_botocore(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sigv4_vectors); i++) {
		const struct sigv4_vector *v = &sigv4_vectors[i];
		struct buf b = BUF_INIT(1 << 20), text = BUF_INIT(1 << 20);
		struct signing s;

		print_message("%s\n", v->name);
		prepare(v, &s);
		assert_int_equal(sigv4_canonical_request(&s.request, &s.key, &b), 0);
		assert_text(&b, v->canonical);
		assert_int_equal(
			sigv4_string_to_sign(span_of(v->canonical), &s.key, &text), 0);
		assert_text(&text, v->text);
		buf_finish(&b);
		buf_finish(&text);
	}
}

static void authorizations_are_those_of_botocore(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sigv4_vectors); i++) {
		const struct sigv4_vector *v = &sigv4_vectors[i];
		struct buf b = BUF_INIT(1 << 20);
		char date[SIGV4_AMZ_DATE];
		struct signing s;

		print_message("%s\n", v->name);
		prepare(v, &s);
		assert_int_equal(buf_append_text(&b, "Authorization: "), 0);
		assert_int_equal(sigv4_authorization(&s.request, &s.key, date, &b), 0);
		assert_memory_equal(b.p, "Authorization: ", 15);
		assert_int_equal(b.len, 15 + strlen(v->authorization));
		assert_memory_equal(b.p + 15, v->authorization, strlen(v->authorization));
		/* The second line of the text to sign. */
		assert_memory_equal(date, strchr(v->text, '\n') + 1, sizeof(date));
		buf_finish(&b);
	}
}

static void a_token_can_be_left_unsigned(void **state)
{
	const struct sigv4_vector *v = &sigv4_vectors[0];
	struct buf b = BUF_INIT(1 << 20);
	char date[SIGV4_AMZ_DATE];
	struct signing s;

	(void)state;
	prepare(v, &s);
	s.key.session_token = SPAN("token");
	s.key.leave_token_unsigned = true;
	assert_int_equal(sigv4_authorization(&s.request, &s.key, date, &b), 0);
	assert_text(&b, v->authorization);
	buf_finish(&b);
}

/* Written out by hand after the rules of "Create a signed AWS API request". */
static const struct {
	const char *path;
	bool is_s3;
	const char *want;
} paths[] = {
	{ "", false, "/" },
	{ "", true, "/" },
	{ "/", false, "/" },
	{ "/", true, "/" },
	{ "//", false, "/" },
	{ "//", true, "//" },
	{ "/.", false, "/" },
	{ "/..", false, "/" },
	{ "/a/..", false, "/" },
	{ "/a/../", false, "/" },
	{ "/a/b/..", false, "/a" },
	{ "/a/b/../", false, "/a/" },
	{ "/a/../../b", false, "/b" },
	{ "/a..b/...", false, "/a..b/..." },
	{ "/%2e%2e/a", false, "/%252e%252e/a" },
	{ "/a%2Fb", false, "/a%252Fb" },
	{ "/a%2Fb", true, "/a%2Fb" },
	{ "/a/../b/./", true, "/a/../b/./" },
	{ "/~-_.", false, "/~-_." },
	{ "/$&+,:;=@", false, "/%24%26%2B%2C%3A%3B%3D%40" },
};

static const struct {
	const char *query, *want;
} queries[] = {
	{ "", "" },
	{ "a", "a=" },
	{ "a=", "a=" },
	{ "=", "=" },
	{ "&", "" },
	{ "a&&b", "a=&b=" },
	{ "b=1&a=2", "a=2&b=1" },
	{ "a=2&a=1", "a=1&a=2" },
	{ "a-b=1&a=2", "a=2&a-b=1" },
	{ "a=b=c", "a=b%3Dc" },
	{ "a=+", "a=%2B" },
	{ "a=%20%2b", "a=%20%2B" },
	{ "a=%7e", "a=~" },
	{ "a=%", "a=%25" },
	{ "a=%4", "a=%254" },
	{ "a=%g1", "a=%25g1" },
	{ "a=/?:@", "a=%2F%3F%3A%40" },
	{ "B=1&a=1", "B=1&a=1" },
	{ "a=%00", "a=%00" },
	{ "%61=1", "a=1" },
};

/* The canonical request of a GET without headers of its own. */
static void assert_canonical(const char *path, bool is_s3, const char *query,
	const char *want_path, const char *want_query)
{
	struct sigv4_request q = { .method = SPAN("GET"),
		.path = span_of(path),
		.query = span_of(query),
		.payload_hash = SPAN("UNSIGNED-PAYLOAD") };
	struct sigv4_key key = { .is_s3 = is_s3 };
	struct buf b = BUF_INIT(1 << 20);
	char want[512];

	print_message("%s?%s\n", path, query);
	(void)snprintf(want, sizeof(want),
		"GET\n%s\n%s\nx-amz-date:19700101T000000Z\n\nx-amz-date\nUNSIGNED-"
		"PAYLOAD",
		want_path, want_query);
	assert_int_equal(sigv4_canonical_request(&q, &key, &b), 0);
	assert_text(&b, want);
	buf_finish(&b);
}

static void paths_have_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_canonical(paths[i].path, paths[i].is_s3, "", paths[i].want, "");
}

static void queries_have_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++)
		assert_canonical("/", false, queries[i].query, "/", queries[i].want);
}

static void bytes_are_encoded_unless_unreserved(void **state)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_.~";

	(void)state;
	for (int c = 0; c < 256; c++)
		for (int keep = 0; keep < 2; keep++) {
			char byte = (char)c, want[4];
			struct buf b = BUF_INIT(8);
			bool is_plain =
				(c != 0 && strchr(plain, c)) || (c == '/' && keep);

			(void)snprintf(want, sizeof(want), is_plain ? "%c" : "%%%02X", c);
			assert_int_equal(
				sigv4_encode((struct span){ &byte, 1 }, keep, &b), 0);
			assert_text(&b, want);
			buf_finish(&b);
		}
}

static void payloads_are_hashed(void **state)
{
	char hash[64];

	(void)state;
	/* sha256sum of nothing, and of "abc". */
	assert_int_equal(sigv4_payload_hash((struct span){ 0 }, hash), 0);
	assert_memory_equal(hash,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 64);
	assert_int_equal(sigv4_payload_hash(SPAN("abc"), hash), 0);
	assert_memory_equal(hash,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 64);
}

static int sign_with_headers(size_t count, struct buf *b, char date[SIGV4_AMZ_DATE])
{
	struct sigv4_header headers[SIGV4_HEADERS_MAX + 1];
	struct signing s;

	prepare(&sigv4_vectors[0], &s);
	for (size_t i = 0; i < count; i++)
		headers[i] = (struct sigv4_header){ SPAN("x-amz-x"), SPAN("v") };
	s.key.session_token = SPAN("token");
	s.request.headers = headers;
	s.request.header_count = count;
	return sigv4_authorization(&s.request, &s.key, date, b);
}

static void headers_have_a_limit(void **state)
{
	static const size_t counts[] = { 0, 1, SIGV4_HEADERS_MAX };
	char date[SIGV4_AMZ_DATE] = "untouched";
	struct buf b = BUF_INIT(1 << 20);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		char other[SIGV4_AMZ_DATE];

		assert_int_equal(sign_with_headers(counts[i], &b, other), 0);
	}
	buf_clear(&b);
	assert_int_equal(sign_with_headers(SIGV4_HEADERS_MAX + 1, &b, date), -E2BIG);
	assert_int_equal(b.len, 0);
	assert_string_equal(date, "untouched");
	buf_finish(&b);
}

static void failures_leave_the_buffer_alone(void **state)
{
	const struct sigv4_vector *v = &sigv4_vectors[3];
	size_t whole = strlen(v->authorization);
	struct signing s;

	(void)state;
	prepare(v, &s);
	for (size_t limit = 0; limit <= whole; limit++) {
		struct buf b = BUF_INIT(limit + 1);
		char date[SIGV4_AMZ_DATE] = "untouched";
		int r;

		assert_int_equal(buf_append_byte(&b, 'x'), 0);
		r = sigv4_authorization(&s.request, &s.key, date, &b);
		assert_int_equal(r, limit < whole ? -EFBIG : 0);
		assert_int_equal(b.len, limit < whole ? 1 : 1 + whole);
		assert_true(limit == whole || strcmp(date, "untouched") == 0);
		buf_finish(&b);
	}
}

static void steps_leave_the_buffer_alone_on_failure(void **state)
{
	const struct sigv4_vector *v = &sigv4_vectors[3];
	struct signing s;

	(void)state;
	prepare(v, &s);
	for (size_t limit = 1; limit <= 1 + strlen(v->canonical); limit++) {
		struct buf b = BUF_INIT(limit);
		bool fits = limit == 1 + strlen(v->canonical);

		assert_int_equal(buf_append_byte(&b, 'x'), 0);
		assert_int_equal(sigv4_canonical_request(&s.request, &s.key, &b),
			fits ? 0 : -EFBIG);
		assert_int_equal(b.len, fits ? limit : 1);
		buf_truncate(&b, 1);
		fits = limit >= 1 + strlen(v->text);
		assert_int_equal(sigv4_string_to_sign(span_of(v->canonical), &s.key, &b),
			fits ? 0 : -EFBIG);
		buf_finish(&b);
	}
	for (size_t limit = 0; limit <= 6; limit++) {
		struct buf b = BUF_INIT(limit);

		assert_int_equal(sigv4_encode(SPAN("a b/"), false, &b) < 0, limit < 7);
		assert_int_equal(b.len, 0);
		buf_finish(&b);
	}
}

static void secrets_have_a_limit(void **state)
{
	static char secret[1025];
	char date[SIGV4_AMZ_DATE];
	struct signing s;

	(void)state;
	memset(secret, 's', sizeof(secret));
	prepare(&sigv4_vectors[0], &s);
	for (size_t len = 1024; len <= 1025; len++) {
		struct buf b = BUF_INIT(1 << 20);

		s.key.secret = (struct span){ secret, len };
		assert_int_equal(sigv4_authorization(&s.request, &s.key, date, &b),
			len == 1024 ? 0 : -EFBIG);
		buf_finish(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_is_that_of_botocore),
		cmocka_unit_test(authorizations_are_those_of_botocore),
		cmocka_unit_test(a_token_can_be_left_unsigned),
		cmocka_unit_test(paths_have_one_form),
		cmocka_unit_test(queries_have_one_form),
		cmocka_unit_test(bytes_are_encoded_unless_unreserved),
		cmocka_unit_test(payloads_are_hashed),
		cmocka_unit_test(headers_have_a_limit),
		cmocka_unit_test(failures_leave_the_buffer_alone),
		cmocka_unit_test(steps_leave_the_buffer_alone_on_failure),
		cmocka_unit_test(secrets_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
