#include "aws/auth/ask.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "aws/auth/secret.h"
#include "aws/auth/sigv4.h"
#include "aws/auth/source.h"
#include "base/log.h"

enum {
	URL_MAX = 8192,
	AUTHORIZATION_MAX = 16 * 1024,
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MAX_MS = 20 * 1000
};
struct asking {
	const struct auth_context *context;
	const struct ask *ask;
	struct aws_endpoint endpoint;
	struct buf url;
	struct skew own_skew;
	struct skew *skew; /* the context's, else the own */
	bool has_skew; /* learned by this call */
};

int http_date_parse(struct span text, struct instant *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct buf iso = BUF_INIT(32);
	unsigned month = 0;
	int r;

	if (text.len != sizeof("Tue, 15 Nov 1994 08:12:31 GMT") - 1 ||
		!span_ends(text, SPAN(" GMT")))
		return -EINVAL;
	while (month < 12 && memcmp(months + (size_t)month * 3, text.p + 8, 3) != 0)
		month++;
	if (month == 12)
		return -EINVAL;
	r = buf_appendf(&iso, "%.4s-%02u-%.2sT%.8sZ", text.p + 12, month + 1, text.p + 5,
		text.p + 17);
	if (r == 0)
		r = instant_parse(buf_span(&iso), ret);
	buf_finish(&iso);
	return r < 0 ? -EINVAL : 0;
}

static int make_url(struct asking *a)
{
	const struct ask *q = a->ask;

	return buf_appendf(&a->url, "%s://%s%s%s%s%s", a->endpoint.scheme,
		a->endpoint.host, a->endpoint.base_path, q->path, q->query ? "?" : "",
		q->query ? q->query : "");
}

/* Values of the headers of one attempt. */
struct signature {
	char date[SIGV4_AMZ_DATE + 1];
	struct buf authorization;
};

static int sign(const struct asking *a, struct signature *s)
{
	const struct ask *q = a->ask;
	struct buf path = BUF_INIT(URL_MAX);
	struct sigv4_header headers[] = {
		{ SPAN("host"), span_of(a->endpoint.host) },
		{ SPAN("content-type"), span_of(q->content_type) },
	};
	struct sigv4_request request = {
		.method = span_of(q->method),
		.query = span_of(q->query),
		.headers = headers,
		.header_count = q->content_type ? 2 : 1,
	};
	struct sigv4_key key = {
		.access_key_id = span_of(q->signer->access_key_id),
		.secret = span_of(q->signer->secret),
		.session_token = span_of(q->signer->session_token),
		.region = span_of(a->endpoint.signing_region),
		.service = span_of(a->endpoint.signing_name),
		.time = clock_now(&a->skew->clock),
	};
	char hash[64];
	int r = sigv4_payload_hash(q->body, hash);

	if (r == 0)
		r = buf_appendf(&path, "%s%s", a->endpoint.base_path, q->path);
	request.path = buf_span(&path);
	request.payload_hash = (struct span){ hash, sizeof(hash) };
	if (r == 0)
		r = sigv4_authorization(&request, &key, s->date, &s->authorization);
	s->date[SIGV4_AMZ_DATE] = '\0';
	buf_finish(&path);
	return r;
}

static size_t add_header(
	struct http_header *headers, size_t count, const char *name, const char *value)
{
	if (value)
		headers[count++] = (struct http_header){ name, value };
	return count;
}

static int exchange(const struct asking *a, const atomic_bool *stop,
	struct http_response *ret, struct fault *why)
{
	const struct ask *q = a->ask;
	struct signature s = { .authorization = BUF_SECRET(AUTHORIZATION_MAX) };
	struct http_header headers[ASK_HEADERS_MAX + 4];
	struct http_request request = {
		.method = q->method,
		.url = a->url.p,
		.headers = headers,
		.body = q->body,
		.body_limit = ASK_BODY_MAX,
		.deadline_ms = ASK_DEADLINE_MS,
	};
	size_t n = q->header_count;
	int r = q->signer ? sign(a, &s) : 0;

	for (size_t i = 0; i < n; i++)
		headers[i] = q->headers[i];
	n = add_header(headers, n, "content-type", q->content_type);
	if (r == 0 && q->signer) {
		const char *text = buf_text(&s.authorization);

		n = add_header(headers, n, "x-amz-date", s.date);
		n = add_header(
			headers, n, "x-amz-security-token", q->signer->session_token);
		n = add_header(headers, n, "authorization", text);
		r = text ? 0 : -ENOMEM;
	}
	request.header_count = n;
	if (r == 0)
		r = http_exchange(a->context->http, &request, stop, ret, why);
	buf_finish(&s.authorization);
	return r;
}

/* Whether the refusal may be due to our clock: then the server's is taken, once. */
static bool learn_clock(
	struct asking *a, const struct http_response *r, const struct aws_error *e)
{
	static const char *const codes[] = { "RequestTimeTooSkewed",
		"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
		"AccessDeniedException", "RequestExpired", "RequestInTheFuture" };
	struct instant date = { INSTANT_NONE };
	bool may_be = false;

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		may_be = may_be || strcmp(e->code, codes[i]) == 0;
	if (!may_be || !a->ask->signer || a->has_skew ||
		http_date_parse(http_header_of(r, SPAN("date")), &date) < 0)
		return false;
	a->has_skew = skew_learn(a->skew, date);
	return a->has_skew;
}

static int refusal(const struct asking *a, const struct aws_error *e, struct fault *why)
{
	int r = aws_error_errno(e);

	if (r != -EACCES && r != -EKEYEXPIRED && r != -EAGAIN)
		r = -EKEYREJECTED;
	/* Refusals of a signature quote what was signed, the session token among it. */
	bool has_message = e->message[0] && strstr(e->code, "Signature") == NULL;

	(void)fault(why, r, "%s at %s: %s%s%s (HTTP %d%s%s)", a->ask->operation,
		a->endpoint.host, e->code[0] ? e->code : "refused",
		has_message ? ": " : "", has_message ? e->message : "", e->status,
		e->request_id[0] ? ", request " : "", e->request_id);
	fault_request(why, e->request_id);
	if (aws_error_errno(e) == -ETIME || a->has_skew)
		fault_cure(why, "set this machine's clock: timedatectl set-ntp true");
	return r;
}

/* No query, which may hold an account, and no header. */
static void log_attempt(const struct asking *a, const struct http_response *r,
	const struct aws_error *e, int error, uint64_t took_ms)
{
	log_line(LOG_LEVEL_DEBUG, "%s %s%s%s: HTTP %d%s%s%s%s, %" PRIu64 " ms%s%s",
		a->ask->operation, a->endpoint.host, a->endpoint.base_path, a->ask->path,
		r->status, e->code[0] ? " " : "", e->code, error < 0 ? ", " : "",
		error < 0 ? fault_errno_text(error) : "", took_ms,
		e->request_id[0] ? ", request " : "", e->request_id);
}

/* One attempt; *ret_again: another one can help. */
static int attempt(struct asking *a, const atomic_bool *stop, struct http_response *ret,
	struct aws_error *ret_error, bool *ret_again, struct fault *why)
{
	bool had_skew = a->has_skew;
	uint64_t begun = clock_monotonic_ms(a->context->clock), took;
	int r = exchange(a, stop, ret, why);

	took = clock_monotonic_ms(a->context->clock) - begun;
	*ret_error = (struct aws_error){ 0 };
	*ret_again = false;
	if (r == 0 && (ret->status < 200 || ret->status >= 300))
		aws_error_read(ret, ret_error);
	log_attempt(a, ret, ret_error, r, took);
	if (r < 0) {
		fault_prefix(why, "%s", a->ask->operation);
		*ret_again = r == -ETIMEDOUT || r == -EHOSTUNREACH || r == -ENETUNREACH ||
			r == -ECONNREFUSED || r == -ECONNRESET;
		return r;
	}
	if (ret->status >= 200 && ret->status < 300)
		return 0;
	*ret_again = learn_clock(a, ret, ret_error);
	r = refusal(a, ret_error, why);
	if (r == -EAGAIN || strcmp(ret_error->code, "IDPCommunicationError") == 0)
		*ret_again = true;
	if (a->has_skew && !had_skew)
		return -ETIME;
	return r;
}

static unsigned backoff_ms(unsigned attempts)
{
	uint64_t most = (uint64_t)BACKOFF_FIRST_MS << (attempts < 5 ? attempts - 1 : 5);

	if (most > BACKOFF_MAX_MS)
		most = BACKOFF_MAX_MS;
	return (unsigned)(most * context_random() >> 32);
}

static int attempt_all(struct asking *a, const atomic_bool *stop,
	struct http_response *ret, struct aws_error *ret_error, struct fault *why)
{
	unsigned most = aws_max_attempts(a->context);

	for (unsigned made = 1;; made++) {
		bool again;
		int r = attempt(a, stop, ret, ret_error, &again, why);

		/* The one for the sake of the clock is not counted. */
		if (r == -ETIME)
			made--;
		if (!again)
			return r;
		if (made >= most)
			return r;
		if (r != -ETIME)
			context_wait(a->context, backoff_ms(made), stop);
		if (stop && atomic_load(stop))
			return -ECANCELED;
	}
}

int ask_service(const struct auth_context *c, const struct ask *ask,
	const atomic_bool *stop, struct http_response *ret, struct aws_error *ret_error,
	struct fault *why)
{
	struct asking a = { .context = c, .ask = ask, .url = BUF_INIT(URL_MAX) };
	int r = aws_endpoint_of(c, ask->service, ask->region, &a.endpoint, why);

	if (r == -EINVAL)
		return -EKEYREJECTED;
	skew_init(&a.own_skew, c->clock);
	a.skew = c->skew ? c->skew : &a.own_skew;
	*ret_error = (struct aws_error){ 0 };
	if (r == 0)
		r = make_url(&a);
	if (r == 0 && !buf_text(&a.url))
		r = -ENOMEM;
	if (r == 0)
		r = attempt_all(&a, stop, ret, ret_error, why);
	buf_finish(&a.url);
	return r == -EFBIG ? -EKEYREJECTED : r;
}
