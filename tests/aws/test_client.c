/* Signed calls: what is sent, what is tried again, what the user is told. */
#include "aws/auth/client.h"
#include "aws/auth/ask.h"
#include "tests/aws/fake_http.h"

static const char *const one_key[] = { "AKID" };

static unsigned pauses[FAKE_STEPS_MAX], pause_count;
static struct fake_http *pause_http;
static atomic_bool *pause_stop;

static void note_pause(unsigned wait_ms, const atomic_bool *stop)
{
	(void)stop;
	pauses[pause_count++] = wait_ms;
	pause_http->clock.ms += wait_ms;
	if (pause_stop)
		atomic_store(pause_stop, true);
}

static uint32_t half(void)
{
	return UINT32_C(1) << 31;
}

struct fixture {
	struct fake_http http;
	struct fake_keys keys;
	struct auth_context context;
	struct client *client;
	struct http_response response;
	struct aws_error error;
	struct fault why;
};

static void begin_with(struct fixture *f, const struct fake_step *steps, size_t count,
	unsigned max_attempts)
{
	memset(f, 0, sizeof(*f));
	fake_http_init(&f->http, steps, count);
	fake_keys_init(&f->keys, one_key, 1);
	f->context = (struct auth_context){ .http = &f->http.http,
		.clock = &f->http.clock.clock,
		.profile = "default",
		.region = "eu-west-1" };
	pause_count = 0;
	pause_http = &f->http;
	pause_stop = NULL;
	const struct client_options options = { .context = &f->context,
		.credentials = &f->keys.base,
		.service = AWS_S3,
		.max_attempts = max_attempts,
		.random = half,
		.pause = note_pause };
	assert_int_equal(client_new(&options, &f->client, NULL), 0);
}

static void begin(struct fixture *f, const struct fake_step *steps, size_t count)
{
	begin_with(f, steps, count, 3);
}

static void end(struct fixture *f)
{
	assert_int_equal(f->http.at, f->http.count);
	http_response_finish(&f->response);
	client_free(f->client);
}

static int call(struct fixture *f, const struct client_call *c, const atomic_bool *stop)
{
	f->why = (struct fault){ 0 };
	f->error = (struct aws_error){ 0 };
	return client_do(f->client, c, stop, &f->response, &f->error, &f->why);
}

static const struct client_call get = { .method = "GET",
	.path = "/k",
	.operation = "GetObject",
	.needs = "s3:GetObject on arn:aws:s3:::bkt/*" };

static void request_is_signed(void **state)
{
	/* The signature: python3's hmac and hashlib, step by step as AWS's manual says.
	 */
	const struct fake_step steps[] = {
		{ .wants = "GET https://bkt.s3.eu-west-1.amazonaws.com/"
			   "k%20y?list-type=2&prefix=a%2Fb\n"
			   "|x-amz-date: 20261124T225342Z\n|x-amz-content-sha256: "
			   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b"
			   "855"
			   "\n|x-amz-security-token: TOKEN-of-a-test\n|authorization: "
			   "AWS4-HMAC-SHA256 Credential=AKID/20261124/eu-west-1/s3/"
			   "aws4_request, SignedHeaders=host;x-amz-content-sha256;"
			   "x-amz-date;x-amz-security-token, Signature="
			   "f6fdc620b8fc13e3a1cbc26997109e1451de7ca03472b107e7bea41345c14"
			   "5b9\n",
			.status = 200,
			.body = "hello" }
	};
	const struct client_call c = { .method = "GET",
		.path = "/k%20y",
		.query = "list-type=2&prefix=a%2Fb",
		.host = "bkt.s3.eu-west-1.amazonaws.com" };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(call(&f, &c, NULL), 0);
	assert_true(span_eq(buf_span(&f.response.body), SPAN("hello")));
	assert_int_equal(f.http.deadlines[0], CLIENT_DEADLINE_MS);
	end(&f);
}

static void request_without_credentials_is_not_signed(void **state)
{
	const struct fake_step steps[] = { { .status = 204 } };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	client_free(f.client);
	assert_int_equal(client_new(&(struct client_options){ .context = &f.context,
					    .service = AWS_S3,
					    .max_attempts = 1 },
				 &f.client, NULL),
		0);
	assert_int_equal(call(&f, &get, NULL), 0);
	assert_null(strstr(f.http.seen[0], "authorization"));
	end(&f);
}

static void what_passes_is_tried_three_times_and_the_rest_once(void **state)
{
	static const struct {
		struct fake_step step;
		int error;
		size_t attempts;
	} cases[] = {
		{ { .status = 500 }, -EAGAIN, 3 },
		{ { .status = 502, .body = "<html><title>x</title></html>" }, -EAGAIN,
			3 },
		{ { .status = 503, .body = "<Error><Code>SlowDown</Code></Error>" },
			-EAGAIN, 3 },
		{ { .status = 429 }, -EAGAIN, 3 },
		{ { .status = 400, .body = "<Error><Code>RequestTimeout</Code></Error>" },
			-EAGAIN, 3 },
		{ { .status = 200, .body = "<Error><Code>InternalError</Code></Error>" },
			-EAGAIN, 3 },
		{ { .error = -ECONNRESET }, -ECONNRESET, 3 },
		{ { .error = -EHOSTUNREACH }, -EHOSTUNREACH, 3 },
		{ { .error = -ENETUNREACH }, -ENETUNREACH, 3 },
		{ { .error = -ECONNREFUSED }, -ECONNREFUSED, 3 },
		{ { .error = -ETIMEDOUT }, -ETIMEDOUT, 3 },
		{ { .error = -EPROTO }, -EPROTO, 3 },
		{ { .error = -ENOMEM }, -ENOMEM, 1 },
		{ { .error = -EFBIG }, -EFBIG, 1 },
		{ { .status = 403, .body = "<Error><Code>AccessDenied</Code></Error>" },
			-EACCES, 1 },
		{ { .status = 404, .body = "<Error><Code>NoSuchKey</Code></Error>" },
			-ENOENT, 1 },
		{ { .status = 412 }, -ESTALE, 1 },
		{ { .status = 416 }, -ERANGE, 1 },
		{ { .status = 301, .headers = "x-amz-bucket-region: us-west-2\n" },
			-EREMCHG, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake_step steps[3];
		struct fixture f;

		print_message(
			"  HTTP %d, %d\n", cases[i].step.status, cases[i].step.error);
		for (size_t k = 0; k < 3; k++)
			steps[k] = cases[i].step;
		begin(&f, steps, cases[i].attempts);
		assert_int_equal(call(&f, &get, NULL), cases[i].error);
		assert_int_equal(f.error.status, cases[i].step.status);
		assert_int_equal(f.why.error, cases[i].error);
		assert_non_null(strstr(f.why.text, "s3 GetObject"));
		assert_int_equal(client_retries(f.client), cases[i].attempts - 1);
		end(&f);
	}
}

static void waits_double_and_a_success_ends_them(void **state)
{
	const struct fake_step steps[] = { { .status = 503 }, { .error = -ECONNRESET },
		{ .status = 200 } };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(call(&f, &get, NULL), 0);
	assert_int_equal(pause_count, 2);
	assert_int_equal(pauses[0], 500);
	assert_int_equal(pauses[1], 1000);
	end(&f);
}

static void broken_bodies_are_tried_again(void **state)
{
	static const struct {
		const char *broken, *whole;
		bool is_xml;
		const char *root;
	} cases[] = {
		{ "<a><b>x</b>", "<a><b>x</b></a>", true },
		{ "", "<a/>", true },
		{ "<html><b>x</b></html>", "<a><b>x</b></a>", true, "a" },
		{ "<b><a/></b>", "<n:a xmlns:n=\"u\"/>", true, "a" },
		{ "{\"a\":[1", "{\"a\":[1]}", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct fake_step steps[] = { { .status = 200,
							   .body = cases[i].broken },
			{ .status = 200, .body = cases[i].whole } };
		struct client_call c = get;
		struct fixture f;

		print_message("  %s\n", cases[i].broken);
		c.is_xml_body = cases[i].is_xml;
		c.xml_root = cases[i].root;
		c.is_json_body = !cases[i].is_xml;
		begin(&f, steps, ARRAY_LEN(steps));
		assert_int_equal(call(&f, &c, NULL), 0);
		assert_true(span_eq(buf_span(&f.response.body), span_of(cases[i].whole)));
		end(&f);
	}
}

static void answer_without_the_wanted_header_is_tried_again(void **state)
{
	const struct fake_step steps[] = { { .status = 200, .body = "<html></html>" },
		{ .status = 200, .headers = "etag: \n" },
		{ .status = 200, .headers = "etag: \"e\"\n" } };
	struct client_call c = get;
	struct fixture f;

	(void)state;
	c.wants_header = "etag";
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(call(&f, &c, NULL), 0);
	end(&f);
}

static void silence_ends_within_the_deadline(void **state)
{
	/* The first attempt is given all of it; nothing is left for a second. */
	const struct fake_step all[] = { { .takes_ms = 40000 } };
	/* Low speed: 10 s each. */
	const struct fake_step slow[] = { { .takes_ms = 10000, .error = -ETIMEDOUT },
		{ .takes_ms = 10000, .error = -ETIMEDOUT }, { .takes_ms = 10000 } };
	struct fixture f;

	(void)state;
	begin(&f, all, ARRAY_LEN(all));
	assert_int_equal(call(&f, &get, NULL), -ETIMEDOUT);
	assert_int_equal(f.http.clock.ms, CLIENT_DEADLINE_MS);
	end(&f);
	begin(&f, slow, ARRAY_LEN(slow));
	assert_int_equal(call(&f, &get, NULL), -ETIMEDOUT);
	assert_int_equal(f.http.deadlines[1], 30000 - 10000 - 500);
	assert_int_equal(f.http.deadlines[2], 30000 - 20000 - 1500);
	assert_int_equal(f.http.clock.ms, CLIENT_DEADLINE_MS);
	end(&f);
}

static void wrong_clock_is_corrected_once_and_for_later_calls(void **state)
{
	const struct fake_step steps[] = {
		{ .wants = "x-amz-date: 20261124T225342Z",
			.status = 403,
			.headers = "date: Wed, 25 Nov 2026 00:53:42 GMT\n",
			.body = "<Error><Code>RequestTimeTooSkewed</Code></Error>" },
		{ .wants = "x-amz-date: 20261125T005342Z", .status = 200 },
		{ .wants = "x-amz-date: 20261125T005342Z", .status = 200 },
	};
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(call(&f, &get, NULL), 0);
	assert_int_equal(call(&f, &get, NULL), 0);
	assert_int_equal(pause_count, 0);
	end(&f);
}

static void what_one_client_learned_of_the_clock_another_knows(void **state)
{
	const struct fake_step steps[] = {
		{ .status = 403,
			.headers = "date: Wed, 25 Nov 2026 00:53:42 GMT\n",
			.body = "<Error><Code>RequestTimeTooSkewed</Code></Error>" },
		{ .wants = "x-amz-date: 20261125T005342Z", .status = 200 },
		{ .wants = "x-amz-date: 20261125T005342Z", .status = 200 },
	};
	struct http_response response = { 0 };
	struct client *other = NULL;
	struct fixture f;
	struct skew skew;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	/* From the start, as a session has it. */
	skew_init(&skew, &f.http.clock.clock);
	f.context.skew = &skew;
	const struct client_options o = {
		.context = &f.context, .credentials = &f.keys.base, .service = AWS_S3
	};
	client_free(f.client);
	f.client = NULL;
	assert_int_equal(client_new(&o, &f.client, NULL), 0);
	assert_int_equal(client_new(&o, &other, NULL), 0);
	assert_int_equal(call(&f, &get, NULL), 0);
	assert_int_equal(client_do(other, &get, NULL, &response, NULL, NULL), 0);
	assert_int_equal(clock_now(&skew.clock).seconds,
		clock_now(&f.http.clock.clock).seconds + 7200);
	http_response_finish(&response);
	client_free(other);
	end(&f);
}

static void small_clock_difference_is_not_to_blame(void **state)
{
	const struct fake_step steps[] = { { .status = 403,
		.headers = "date: Tue, 24 Nov 2026 22:57:41 GMT\n",
		.body = "<Error><Code>AccessDenied</Code></Error>" } };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(call(&f, &get, NULL), -EACCES);
	end(&f);
}

static void refused_credentials_are_asked_for_once_more(void **state)
{
	static const char *const keys[] = { "OLD", "NEW", "NEW" };
	const struct fake_step expired = { .wants = "Credential=OLD/",
		.status = 400,
		.body = "<Error><Code>ExpiredToken</Code></Error>" };
	const struct fake_step steps[] = { expired,
		{ .wants = "Credential=NEW/", .status = 200 } };
	struct fixture f;

	(void)state;
	begin(&f, steps, 2);
	fake_keys_init(&f.keys, keys, ARRAY_LEN(keys));
	assert_int_equal(call(&f, &get, NULL), 0);
	assert_int_equal(f.keys.drops, 1);
	end(&f);
	/* The same again: it is of no use. */
	begin(&f, steps, 1);
	fake_keys_init(&f.keys, keys, 1);
	assert_int_equal(call(&f, &get, NULL), -EKEYEXPIRED);
	assert_non_null(strstr(f.why.cure, "aws sso login --profile default"));
	end(&f);
}

static void missing_credentials_are_told_as_the_chain_says(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, NULL, 0);
	f.keys.error = -ENOKEY;
	assert_int_equal(call(&f, &get, NULL), -ENOKEY);
	assert_string_equal(f.why.text, "no keys anywhere");
	assert_string_equal(f.why.cure, "sign in");
	end(&f);
}

static void refusal_names_the_permission(void **state)
{
	const struct fake_step steps[] = { { .status = 403,
		.headers = "x-amz-request-id: RID1\n",
		.body = "<Error><Code>AccessDenied</Code><Message>No.</Message></"
			"Error>" } };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(call(&f, &get, NULL), -EACCES);
	assert_string_equal(
		f.why.text, "s3 GetObject: HTTP 403 AccessDenied: No. (request RID1)");
	assert_non_null(strstr(f.why.cure, "allow s3:GetObject on arn:aws:s3:::bkt/*"));
	end(&f);
}

static void cure_of_a_refusal_fits_its_reason(void **state)
{
	static const struct {
		const char *code, *message, *cure;
	} rows[] = {
		{ "InvalidAccessKeyId", "No.", "AWS does not know this one" },
		{ "SignatureDoesNotMatch", "No.", "the secret is not that of the key" },
		{ "InvalidToken", "No.", "copy all three anew" },
		{ "AccessDenied", "no, with an explicit deny in a policy",
			"ask whoever wrote that policy" },
		{ "AccessDenied", "may not kms:Decrypt on the resource of this",
			"allow kms:Decrypt on the key that encrypts the bucket for" },
		/* The key, and not who asks, which comes first. */
		{ "AccessDenied",
			"User: arn:aws-cn:sts::1:role/r is not authorized to perform: "
			"kms:Decrypt on resource: arn:aws-cn:kms:cn-north-1:1:key/k "
			"because",
			"allow kms:Decrypt on arn:aws-cn:kms:cn-north-1:1:key/k for" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char body[400];
		const struct fake_step steps[] = { { .status = 403, .body = body } };
		struct fixture f;

		print_message("%s: %s\n", rows[i].code, rows[i].message);
		snprintf(body, sizeof(body),
			"<Error><Code>%s</Code><Message>%s</Message></Error>",
			rows[i].code, rows[i].message);
		begin(&f, steps, ARRAY_LEN(steps));
		assert_true(call(&f, &get, NULL) < 0);
		if (strstr(f.why.cure, rows[i].cure) == NULL)
			fail_msg("it says %s", f.why.cure);
		end(&f);
	}
}

static void quoted_signatures_are_not_repeated(void **state)
{
	const struct fake_step steps[] = { { .status = 403,
		.body = "<Error><Code>SignatureDoesNotMatch</Code><Message>should be "
			"x-amz-security-token:TOKEN-of-a-test</Message></Error>" } };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(call(&f, &get, NULL), -EKEYREJECTED);
	assert_null(strstr(f.why.text, "TOKEN"));
	assert_non_null(strstr(f.why.text, "SignatureDoesNotMatch"));
	end(&f);
}

static void stop_ends_a_call_also_between_attempts(void **state)
{
	const struct fake_step steps[] = { { .status = 500 } };
	atomic_bool stop = false;
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	pause_stop = &stop;
	assert_int_equal(call(&f, &get, &stop), -ECANCELED);
	end(&f);
}

/* A sink that takes so many bytes. */
struct taker {
	size_t taken, limit;
	unsigned restarts;
};

static int take(void *context, const void *bytes, size_t len)
{
	struct taker *t = context;

	(void)bytes;
	t->taken += len;
	return t->taken > t->limit ? -ENOSPC : 0;
}

static void restart(void *context)
{
	struct taker *t = context;

	t->taken = 0;
	t->restarts++;
}

static void bytes_once_delivered_are_not_delivered_again(void **state)
{
	const struct fake_step steps[] = {
		{ .error = -ECONNRESET },
		{ .status = 200, .body = "abc", .error = -ECONNRESET },
		{ .status = 200, .body = "abcdef" },
	};
	struct taker t = { .limit = 100 };
	struct client_call c = get;
	struct fixture f;

	(void)state;
	c.sink = take;
	c.context = &t;
	begin(&f, steps, 2);
	assert_int_equal(call(&f, &c, NULL), -ECONNRESET);
	assert_int_equal(t.taken, 3);
	/* No deadline but the low speed limit, until there is trouble. */
	assert_int_equal(f.http.deadlines[0], 0);
	assert_int_equal(f.http.deadlines[1], 30000 - 500);
	end(&f);
	c.restart = restart;
	begin(&f, steps, 3);
	assert_int_equal(call(&f, &c, NULL), 0);
	assert_int_equal(t.taken, 6);
	assert_int_equal(t.restarts, 3);
	end(&f);
}

static void who_never_answered_is_tried_three_times(void **state)
{
	const struct fake_step gone = { .error = -ECONNREFUSED };
	const struct fake_step never[] = { gone, gone, gone };
	const struct fake_step once[] = { gone, { .status = 503 }, gone, gone, gone,
		{ .status = 200 } };
	struct fixture f;

	(void)state;
	begin_with(&f, never, ARRAY_LEN(never), 6);
	assert_int_equal(call(&f, &get, NULL), -ECONNREFUSED);
	end(&f);
	begin_with(&f, once, ARRAY_LEN(once), 6);
	assert_int_equal(call(&f, &get, NULL), 0);
	end(&f);
}

static void error_of_the_sink_is_the_answer(void **state)
{
	const struct fake_step steps[] = { { .status = 200, .body = "abcdef" } };
	struct taker t = { .limit = 3 };
	struct client_call c = get;
	struct fixture f;

	(void)state;
	c.sink = take;
	c.context = &t;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(call(&f, &c, NULL), -ENOSPC);
	end(&f);
}

static void json_operation_is_posted(void **state)
{
	const struct fake_step steps[] = {
		{ .wants = "POST https://|x-amz-target: Some_V1.ListAll\n|content-type: "
			   "application/"
			   "x-amz-json-1.1\n|SignedHeaders=content-type;host;",
			.status = 200,
			.body = "{\"cut\":" },
		{ .status = 200, .body = "{}" },
	};
	const struct json_operation operation = { "Some_V1.ListAll", SPAN("{}"), NULL };
	struct fixture f;

	(void)state;
	begin(&f, steps, ARRAY_LEN(steps));
	assert_int_equal(client_json(f.client, &operation, NULL, &f.response, &f.why), 0);
	end(&f);
}

static void dates_of_http(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* date -d TEXT +%s */
	} cases[] = {
		{ "Tue, 24 Nov 2026 22:53:42 GMT", 1795560822 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sun, 29 Feb 2032 23:59:59 GMT", 1961711999 },
		{ " Sun, 06 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
		{ "Sun, 6 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 31 Feb 2026 08:49:37 GMT", -1 },
		{ "Sun, 06 Foo 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:4x:37 GMT", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct instant t = { -1 };

		print_message("  \"%s\"\n", cases[i].text);
		assert_int_equal(http_date_parse(span_of(cases[i].text), &t),
			cases[i].seconds < 0 ? -EINVAL : 0);
		assert_int_equal(t.seconds, cases[i].seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_signed),
		cmocka_unit_test(request_without_credentials_is_not_signed),
		cmocka_unit_test(what_passes_is_tried_three_times_and_the_rest_once),
		cmocka_unit_test(waits_double_and_a_success_ends_them),
		cmocka_unit_test(broken_bodies_are_tried_again),
		cmocka_unit_test(answer_without_the_wanted_header_is_tried_again),
		cmocka_unit_test(silence_ends_within_the_deadline),
		cmocka_unit_test(wrong_clock_is_corrected_once_and_for_later_calls),
		cmocka_unit_test(what_one_client_learned_of_the_clock_another_knows),
		cmocka_unit_test(small_clock_difference_is_not_to_blame),
		cmocka_unit_test(refused_credentials_are_asked_for_once_more),
		cmocka_unit_test(missing_credentials_are_told_as_the_chain_says),
		cmocka_unit_test(refusal_names_the_permission),
		cmocka_unit_test(cure_of_a_refusal_fits_its_reason),
		cmocka_unit_test(quoted_signatures_are_not_repeated),
		cmocka_unit_test(stop_ends_a_call_also_between_attempts),
		cmocka_unit_test(bytes_once_delivered_are_not_delivered_again),
		cmocka_unit_test(who_never_answered_is_tried_three_times),
		cmocka_unit_test(error_of_the_sink_is_the_answer),
		cmocka_unit_test(json_operation_is_posted),
		cmocka_unit_test(dates_of_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
