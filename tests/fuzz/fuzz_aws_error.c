/* Any bytes as an error: a line with the status, header lines, an empty line, and the
 * body. What comes out is clean, and an errno. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "aws/api/aws_errors.h"
#include "tests/fuzz/target.h"

static void check_text(const char *text, size_t size)
{
	assert(memchr(text, '\0', size));
	for (const char *p = text; *p; p++)
		assert((unsigned char)*p >= ' ' && *p != 0x7F);
}

static void check(const struct aws_error *e)
{
	int r = aws_error_errno(e);

	check_text(e->code, sizeof(e->code));
	check_text(e->message, sizeof(e->message));
	check_text(e->request_id, sizeof(e->request_id));
	check_text(e->region, sizeof(e->region));
	check_text(e->endpoint, sizeof(e->endpoint));
	assert(!strcasestr(e->message, "x-amz-security-token"));
	assert(r < 0 && r != -EPERM);
	assert(!aws_error_is_throttling(e) || r == -EAGAIN);
}

/* Takes what stands before the first empty line. */
static struct span take_headers(struct span *rest)
{
	const char *end = rest->len ? memmem(rest->p, rest->len, "\n\n", 2) : NULL;
	struct span headers = span_first(*rest, end ? (size_t)(end - rest->p) + 1 : 0);

	*rest = span_from(*rest, headers.len ? headers.len + 1 : 0);
	return headers;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = { (const char *)data, size }, status = { 0 };
	struct http_response r = { .headers = BUF_INIT(HTTP_HEADER_BYTES_MAX),
		.body = BUF_INIT(1 << 20) };
	struct aws_error e;
	uint64_t number = 0;

	(void)span_split(&rest, '\n', &status);
	if (span_parse_u64(status, 999, &number) < 0)
		number = 400;
	r.status = (int)number;
	if (buf_append_span(&r.headers, take_headers(&rest)) == 0 &&
		buf_append_span(&r.body, rest) == 0) {
		aws_error_read(&r, &e);
		assert(e.status == r.status);
		check(&e);
		(void)aws_error_in_success(&r);
	}
	http_response_finish(&r);
	return 0;
}
