#include "aws/api/aws_errors.h"

#include <errno.h>
#include <stdio.h>

#include "tests/cmocka.h"

/* A response of a status, header lines and a body. */
static struct http_response response_of(int status, const char *headers, struct span body)
{
	struct http_response r = { .status = status,
		.headers = BUF_INIT(HTTP_HEADER_BYTES_MAX),
		.body = BUF_INIT(4 << 20) };

	assert_int_equal(buf_append_text(&r.headers, headers ? headers : ""), 0);
	assert_int_equal(buf_append_span(&r.body, body), 0);
	return r;
}

static struct aws_error read_error(int status, const char *headers, const char *body)
{
	struct http_response r = response_of(status, headers, span_of(body));
	struct aws_error e;

	memset(&e, 0x55, sizeof(e));
	aws_error_read(&r, &e);
	http_response_finish(&r);
	return e;
}

/* As the service guides and the parsers of botocore show them. */
static const struct {
	const char *what;
	int status;
	const char *headers, *body;
	struct aws_error want;
} bodies[] = {
	{ "S3", 404, "x-amz-request-id: HDR\n",
		"<?xml version=\"1.0\" "
		"encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>"
		"<Message>The specified key does not exist.</Message><Key>a</Key>"
		"<RequestId>4442587FB7D0A2F9</RequestId><HostId>x</HostId></Error>",
		{ 404, "NoSuchKey", "The specified key does not exist.", "HDR", "",
			"" } },
	{ "S3, another region", 301, "x-amz-bucket-region: eu-west-1\n",
		"<Error><Code>PermanentRedirect</Code><Message>m</Message>"
		"<Endpoint>b.s3-eu-west-1.amazonaws.com</Endpoint><Bucket>b</Bucket></"
		"Error>",
		{ 301, "PermanentRedirect", "m", "", "eu-west-1",
			"b.s3-eu-west-1.amazonaws.com" } },
	{ "S3, signed for another region", 400, NULL,
		"<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message>"
		"<Region>eu-central-1</Region><RequestId>R</RequestId></Error>",
		{ 400, "AuthorizationHeaderMalformed", "m", "R", "eu-central-1", "" } },
	{ "EC2", 403, NULL,
		"<?xml "
		"version=\"1.0\"?><Response><Errors><Error><Code>UnauthorizedOperation"
		"</Code><Message>You are not\n authorized.</Message></Error></Errors>"
		"<RequestID>r-1</RequestID></Response>",
		{ 403, "UnauthorizedOperation", "You are not  authorized.", "r-1", "",
			"" } },
	{ "query", 400, NULL,
		"<ErrorResponse "
		"xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
		"<Type>Sender</Type><Code>ValidationError</Code><Message>m</Message></"
		"Error>"
		"<RequestId>r-2</RequestId></ErrorResponse>",
		{ 400, "ValidationError", "m", "r-2", "", "" } },
	{ "query, errors", 400, NULL,
		"<ErrorResponse><Errors><Error><Code>A</Code></Error><Error><Code>B</"
		"Code>"
		"</Error></Errors></ErrorResponse>",
		{ 400, "A", "", "", "", "" } },
	{ "JSON 1.1", 400, "x-amzn-requestid: r-3\n",
		"{\"__type\":\"com.amazonaws.x#AccessDeniedException\",\"Message\":"
		"\"m\"}",
		{ 400, "AccessDeniedException", "m", "r-3", "", "" } },
	{ "JSON with a URL behind the code", 400, NULL,
		"{\"__type\":\"ThrottlingException:http://internal.amazon.com/x/\","
		"\"message\":\"Rate exceeded\"}",
		{ 400, "ThrottlingException", "Rate exceeded", "", "", "" } },
	{ "rest-json", 401,
		"x-amzn-errortype: UnauthorizedException:http://x/y#z\nx-amzn-requestid: "
		"r\n",
		"{\"message\":\"Session token not found or invalid\"}",
		{ 401, "UnauthorizedException", "Session token not found or invalid", "r",
			"", "" } },
	{ "rest-json, code in the body", 400, NULL, "{\"code\":\"X\",\"message\":null}",
		{ 400, "X", "", "", "", "" } },
	{ "query-compatible", 400, "x-amzn-query-error: Throttling;Sender\n",
		"{\"__type\":\"x#Other\"}", { 400, "Throttling", "", "", "", "" } },
	{ "OIDC", 400, NULL,
		"{\"error\":\"invalid_grant\",\"error_description\":\"Invalid refresh "
		"token\"}",
		{ 400, "invalid_grant", "Invalid refresh token", "", "", "" } },
	{ "JSON of something else", 400, NULL, "{\"__type\":1,\"message\":[]}",
		{ 400, "", "", "", "", "" } },
	{ "JSON that is none", 400, NULL, "{\"__type\":", { 400, "", "", "", "", "" } },
	{ "HTML of a proxy", 403, NULL,
		"<!DOCTYPE html><HTML><head><Title>403 Blocked &amp; "
		"logged</title></head></HTML>",
		{ 403, "", "403 Blocked &amp; logged", "", "", "" } },
	{ "HTML without a title", 502, NULL, "<html><body>x</body></html>",
		{ 502, "", "", "", "", "" } },
	{ "text", 500, NULL, "upstream failed", { 500, "", "", "", "", "" } },
	{ "head", 404, "x-amz-request-id: R\n", "", { 404, "404", "", "R", "", "" } },
	{ "head, another region", 400, "x-amz-bucket-region: us-west-2\n", "",
		{ 400, "400", "", "", "us-west-2", "" } },
	{ "empty 503", 503, NULL, "", { 503, "", "", "", "", "" } },
	{ "cut XML", 403, NULL, "<Error><Code>AccessDenied</Code><Message>m",
		{ 403, "AccessDenied", "", "", "", "" } },
	{ "document type", 403, NULL, "<!DOCTYPE x><Error><Code>A</Code></Error>",
		{ 403, "", "", "", "", "" } },
	{ "byte order mark", 403, NULL, "\xef\xbb\xbf <Error><Code>A</Code></Error>",
		{ 403, "A", "", "", "", "" } },
	{ "hostile bytes", 403, NULL,
		"{\"__type\":\"A\\nB\\u001b[0m\",\"message\":\"x\\u001b[2J\\ty\"}",
		{ 403, "A?B?[0m", "x?[2J y", "", "", "" } },
};

static void assert_error(const struct aws_error *got, const struct aws_error *want)
{
	assert_int_equal(got->status, want->status);
	assert_string_equal(got->code, want->code);
	assert_string_equal(got->message, want->message);
	assert_string_equal(got->request_id, want->request_id);
	assert_string_equal(got->region, want->region);
	assert_string_equal(got->endpoint, want->endpoint);
}

static void errors_of_all_protocols_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct aws_error e;

		print_message("%s\n", bodies[i].what);
		e = read_error(bodies[i].status, bodies[i].headers, bodies[i].body);
		assert_error(&e, &bodies[i].want);
	}
}

static void what_a_refused_signature_shows_is_left_out(void **state)
{
	static const char *const texts[] = {
		"{\"__type\":\"InvalidSignatureException\",\"message\":\"They do not "
		"match.\\n\\nThe "
		"Canonical "
		"String for this request should have "
		"been\\n'POST\\nx-amz-security-token:SECRET"
		"'\"}",
		"{\"__type\":\"InvalidSignatureException\",\"message\":\"They do not "
		"match. The "
		"String-to-Sign "
		"should have been\\n'SECRET'\"}",
		"<ErrorResponse><Error><Code>SignatureDoesNotMatch</"
		"Code><Message>They do not match.\n\nThe "
		"Canonical String for this request should have "
		"been\n'SECRET'</Message></Error>"
		"</ErrorResponse>",
		"<Error><Code>X</Code><Message>They do not match. X-Amz-Security-Token: "
		"SECRET</Message></Error>",
		"<Error><Code>X</Code><Message>They do not match. Authorization: AWS4 "
		"SECRET</Message></Error>",
		"<Error><Code>X</Code><Message>They do not "
		"match.</Message><StringToSign>SECRET</"
		"StringToSign>"
		"<CanonicalRequest>SECRET</CanonicalRequest></Error>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct aws_error e = read_error(403, NULL, texts[i]);

		print_message("%s\n", e.message);
		assert_string_equal(e.message, "They do not match.");
	}
}

static void texts_are_cut_to_their_room(void **state)
{
	struct buf body = BUF_INIT(1 << 20);
	struct aws_error e;
	int r = buf_append_text(&body, "<Error><Code>");

	(void)state;
	for (int i = 0; i < 1000; i++)
		r |= buf_append_byte(&body, 'c');
	r |= buf_append_text(&body, "</Code><Message>m");
	for (int i = 0; i < 1000; i++)
		r |= buf_append_text(&body, "\xe2\x82\xac");
	r |= buf_append_text(&body, "</Message></Error>");
	assert_int_equal(r, 0);
	e = read_error(400, NULL, buf_text(&body));
	assert_int_equal(strlen(e.code), AWS_CODE_MAX - 1);
	/* Whole characters of three bytes each, behind the m, as "…" in the middle has.
	 */
	assert_in_range(strlen(e.message), AWS_MESSAGE_MAX - 6, AWS_MESSAGE_MAX - 1);
	assert_int_equal(strlen(e.message) % 3, 1);
	assert_non_null(strstr(e.message, "\xe2\x82\xac\xe2\x80\xa6\xe2\x82\xac"));
	buf_finish(&body);
}

static const struct {
	int status;
	const char *code;
	int want;
	bool is_throttling;
} codes[] = {
	{ 403, "AccessDenied", -EACCES, false },
	{ 400, "AccessDeniedException", -EACCES, false },
	{ 403, "AllAccessDisabled", -EACCES, false },
	{ 403, "AccountProblem", -EACCES, false },
	{ 403, "AuthorizationError", -EACCES, false },
	{ 403, "ForbiddenException", -EACCES, false },
	{ 403, "InvalidPayer", -EACCES, false },
	{ 403, "NotSignedUp", -EACCES, false },
	{ 403, "OptInRequired", -EACCES, false },
	{ 400, "SubscriptionRequiredException", -EACCES, false },
	{ 403, "UnauthorizedOperation", -EACCES, false },

	{ 404, "NoSuchBucket", -ENOENT, false },
	{ 404, "NoSuchEntity", -ENOENT, false },
	{ 404, "NoSuchKey", -ENOENT, false },
	{ 404, "NoSuchVersion", -ENOENT, false },
	{ 404, "NotFound", -ENOENT, false },
	{ 400, "ResourceNotFoundException", -ENOENT, false },
	{ 404, "404", -ENOENT, false },
	{ 404, "NoSuchTagSet", -ENOENT, false },

	{ 400, "ExpiredToken", -EKEYEXPIRED, false },
	{ 400, "ExpiredTokenException", -EKEYEXPIRED, false },
	{ 400, "RequestExpired", -EKEYEXPIRED, false },
	{ 400, "TokenRefreshRequired", -EKEYEXPIRED, false },
	{ 400, "expired_token", -EKEYEXPIRED, false },
	{ 400, "invalid_grant", -EKEYEXPIRED, false },
	{ 400, "InvalidGrantException", -EKEYEXPIRED, false },
	{ 400, "ExpiredIdentityToken", -EKEYEXPIRED, false },
	{ 401, "UnauthorizedException", -EKEYEXPIRED, false },

	{ 401, "AuthFailure", -EKEYREJECTED, false },
	{ 400, "AuthorizationHeaderMalformed", -EKEYREJECTED, false },
	{ 400, "IncompleteSignature", -EKEYREJECTED, false },
	{ 400, "IncompleteSignatureException", -EKEYREJECTED, false },
	{ 403, "InvalidAccessKeyId", -EKEYREJECTED, false },
	{ 403, "InvalidClientTokenId", -EKEYREJECTED, false },
	{ 400, "InvalidIdentityToken", -EKEYREJECTED, false },
	{ 403, "InvalidSecurity", -EKEYREJECTED, false },
	{ 400, "InvalidSignatureException", -EKEYREJECTED, false },
	{ 400, "InvalidToken", -EKEYREJECTED, false },
	{ 403, "MissingAuthenticationToken", -EKEYREJECTED, false },
	{ 400, "MissingAuthenticationTokenException", -EKEYREJECTED, false },
	{ 403, "SignatureDoesNotMatch", -EKEYREJECTED, false },
	{ 400, "UnrecognizedClientException", -EKEYREJECTED, false },
	{ 401, "", -EKEYREJECTED, false },

	{ 403, "RequestTimeTooSkewed", -ETIME, false },
	{ 400, "RequestInTheFuture", -ETIME, false },

	{ 400, "BandwidthLimitExceeded", -EAGAIN, true },
	{ 503, "EC2ThrottledException", -EAGAIN, true },
	{ 400, "LimitExceededException", -EAGAIN, true },
	{ 400, "ProvisionedThroughputExceededException", -EAGAIN, true },
	{ 503, "RequestLimitExceeded", -EAGAIN, true },
	{ 400, "RequestThrottled", -EAGAIN, true },
	{ 400, "RequestThrottledException", -EAGAIN, true },
	{ 503, "SlowDown", -EAGAIN, true },
	{ 400, "slow_down", -EAGAIN, true },
	{ 400, "SlowDownException", -EAGAIN, true },
	{ 400, "ThrottledException", -EAGAIN, true },
	{ 400, "Throttling", -EAGAIN, true },
	{ 400, "ThrottlingException", -EAGAIN, true },
	{ 429, "TooManyRequestsException", -EAGAIN, true },
	{ 400, "TransactionInProgressException", -EAGAIN, true },
	{ 429, "", -EAGAIN, true },
	{ 429, "Unheard", -EAGAIN, true },

	{ 400, "IDPCommunicationError", -EAGAIN, false },
	{ 500, "InternalError", -EAGAIN, false },
	{ 500, "InternalFailure", -EAGAIN, false },
	{ 500, "InternalServerError", -EAGAIN, false },
	{ 500, "InternalServerException", -EAGAIN, false },
	{ 400, "PriorRequestNotComplete", -EAGAIN, false },
	{ 400, "RequestTimeout", -EAGAIN, false },
	{ 400, "RequestTimeoutException", -EAGAIN, false },
	{ 503, "ServiceUnavailable", -EAGAIN, false },
	{ 503, "ServiceUnavailableException", -EAGAIN, false },
	{ 503, "Unavailable", -EAGAIN, false },
	{ 500, "", -EAGAIN, false },
	{ 502, "", -EAGAIN, false },
	{ 599, "Unheard", -EAGAIN, false },
	{ 408, "", -EAGAIN, false },
	{ 200, "Unheard", -EAGAIN, false },
	{ 200, "", -EAGAIN, false },
	{ 200, "AccessDenied", -EACCES, false },

	{ 412, "PreconditionFailed", -ESTALE, false },
	{ 412, "412", -ESTALE, false },
	{ 416, "InvalidRange", -ERANGE, false },
	{ 416, "", -ERANGE, false },

	{ 400, "IllegalLocationConstraintException", -EREMCHG, false },
	{ 301, "PermanentRedirect", -EREMCHG, false },
	{ 307, "Redirect", -EREMCHG, false },
	{ 307, "TemporaryRedirect", -EREMCHG, false },
	{ 301, "301", -EREMCHG, false },
	{ 302, "", -EREMCHG, false },
	{ 307, "", -EREMCHG, false },
	{ 308, "", -EREMCHG, false },

	{ 400, "InvalidArgument", -EINVAL, false },
	{ 400, "InvalidBucketName", -EINVAL, false },
	{ 400, "InvalidParameterValue", -EINVAL, false },
	{ 400, "InvalidRequest", -EINVAL, false },
	{ 400, "ValidationError", -EINVAL, false },
	{ 400, "ValidationException", -EINVAL, false },
	{ 400, "Unheard", -EINVAL, false },
	{ 400, "400", -EINVAL, false },

	{ 403, "InvalidObjectState", -EREMOTEIO, false },
	{ 403, "", -EACCES, false },
	{ 407, "", -EACCES, false },
	{ 410, "", -ENOENT, false },
	{ 304, "304", -EREMOTEIO, false },
	{ 409, "Unheard", -EREMOTEIO, false },
	{ 0, "", -EREMOTEIO, false },
};

static void codes_become_errnos(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct aws_error e = { .status = codes[i].status };

		(void)snprintf(e.code, sizeof(e.code), "%s", codes[i].code);
		print_message("%d %s\n", e.status, e.code);
		assert_int_equal(aws_error_errno(&e), codes[i].want);
		assert_int_equal(aws_error_is_throttling(&e), codes[i].is_throttling);
	}
}

static void a_bucket_elsewhere_is_told_by_its_region(void **state)
{
	struct aws_error e = { 400, "AuthorizationHeaderMalformed", "", "", "eu-west-1",
		"" };

	(void)state;
	assert_int_equal(aws_error_errno(&e), -EREMCHG);
	e = (struct aws_error){ 400, "400", "", "", "eu-west-1", "" };
	assert_int_equal(aws_error_errno(&e), -EREMCHG);
	/* S3 says the region with every answer. */
	e = (struct aws_error){ 403, "AccessDenied", "", "", "eu-west-1", "" };
	assert_int_equal(aws_error_errno(&e), -EACCES);
	e = (struct aws_error){ 400, "InvalidRequest", "", "", "eu-west-1", "" };
	assert_int_equal(aws_error_errno(&e), -EINVAL);
}

static void signatures_of_another_time_are_told_from_wrong_ones(void **state)
{
	static const char *const messages[] = {
		"Signature expired: 20260102T030405Z is now earlier than "
		"20260102T033405Z",
		"Signature not yet current: 20260102T030405Z is still later than x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		struct aws_error e = { .status = 403, .code = "SignatureDoesNotMatch" };

		(void)snprintf(e.message, sizeof(e.message), "%s", messages[i]);
		assert_int_equal(aws_error_errno(&e), -ETIME);
	}
}

static const struct {
	int status;
	const char *body;
	bool want;
} successes[] = {
	{ 200, "<Error><Code>InternalError</Code></Error>", true },
	{ 200, "<?xml version=\"1.0\"?>\n<!-- x --><Error>", true },
	{ 299, "<e:Error xmlns:e='x'/>", true },
	{ 200, "\xef\xbb\xbf<Error/>", true },
	{ 200, "<Errors><Error/></Errors>", false },
	{ 200, "<ListBucketResult><Error/></ListBucketResult>", false },
	{ 200, "", false },
	{ 200, "<", false },
	{ 200, "{\"Error\":1}", false },
	{ 200, "<!DOCTYPE Error><Error/>", false },
	{ 300, "<Error/>", false },
	{ 500, "<Error/>", false },
};

static void errors_in_a_success_are_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(successes); i++) {
		struct http_response r = response_of(
			successes[i].status, NULL, span_of(successes[i].body));

		print_message("%s\n", successes[i].body);
		assert_int_equal(aws_error_in_success(&r), successes[i].want);
		http_response_finish(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_of_all_protocols_are_read),
		cmocka_unit_test(what_a_refused_signature_shows_is_left_out),
		cmocka_unit_test(texts_are_cut_to_their_room),
		cmocka_unit_test(codes_become_errnos),
		cmocka_unit_test(a_bucket_elsewhere_is_told_by_its_region),
		cmocka_unit_test(signatures_of_another_time_are_told_from_wrong_ones),
		cmocka_unit_test(errors_in_a_success_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
