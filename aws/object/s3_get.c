/* Parts of objects, and what is known of one: a cut transfer goes on where it ended. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth/ask.h"
#include "aws/object/s3_private.h"

enum {
	GET_RESUMES_MAX = 64, /* of one range */
	GET_ODD_MAX = 8, /* replies in a row that are none of this object's */
	GET_DAMAGED_MAX = 3, /* that an object came with another checksum */
	GET_CHECKSUM_MS = 2000, /* for what is of use, but not needed */
	GET_ENOUGH = -EXFULL, /* ends an exchange that sends more than was asked for */
	GET_PROGRESS = 128 * 1024, /* bytes between two calls of progress */
};

/* One range under way. */
struct get {
	struct s3 *s;
	const struct ahead_job *job;
	const char *literal;
	struct http_response response;
	size_t got, told;
	uint64_t skip; /* bytes of this reply before those that are wanted */
	bool is_begun; /* the reply's headers have been checked */
	bool is_whole; /* no Range is asked for */
	struct checksum_value want; /* of the whole */
	unsigned damaged, odd;
	uint64_t progress_ms;
	const char *wrong; /* what is, where the sink ended the exchange */
};

/* "bytes 0-99/1234" of a reply that begins where it should. */
static int check_range(struct get *g)
{
	struct span range = http_header_of(&g->response, SPAN("content-range")), first;
	uint64_t number;

	if (!span_starts(range, SPAN("bytes ")))
		return -EBADMSG;
	range = span_trim(span_from(range, 6));
	first = span_first(range, span_find(range, '-'));
	if (span_parse_u64(first, UINT64_MAX, &number) < 0 ||
		number != g->job->offset + g->got)
		return -EBADMSG;
	range = span_from(range, span_find(range, '/') + 1);
	if (span_eq(range, SPAN("*")))
		return 0;
	if (span_parse_u64(range, UINT64_MAX, &number) < 0)
		return -EBADMSG;
	return number == g->job->object->size_bytes ? 0 : -ESTALE;
}

static bool is_other_etag(const struct get *g)
{
	struct span etag = http_header_of(&g->response, SPAN("etag"));
	char name[OBJECT_ETAG_MAX];

	return etag.len &&
		(s3_etag(etag, name) < 0 || strcmp(name, g->job->object->etag) != 0);
}

/* Of a 200: whether its length is the object's, or is not told by what else seems right.
 */
static bool is_right_length(const struct get *g, bool has_etag)
{
	uint64_t length = g->response.content_length;

	if (length == UINT64_MAX)
		return has_etag || !g->job->object->etag[0];
	return length == g->job->object->size_bytes;
}

/* Before the first byte: whether these are the right ones. The same etag with another
 * length, or a page without an etag, is the work of something between S3 and us. */
static int check_reply(struct get *g)
{
	bool has_etag = http_header_of(&g->response, SPAN("etag")).len > 0;
	bool is_other = is_other_etag(g);
	bool is_part = g->response.status == 206;
	int r = is_other ? -ESTALE : 0;

	if (r == 0 && is_part)
		r = check_range(g);
	else if (r == 0 && !is_right_length(g, has_etag))
		r = -ESTALE;
	else if (r == 0)
		g->skip = g->job->offset + g->got; /* the range was not heeded */
	if (r == -ESTALE && !is_other && g->job->object->etag[0] &&
		(has_etag || !is_part))
		r = -EBADMSG;
	if (r < 0)
		g->wrong = r == -ESTALE ? "it has been replaced"
					: "the reply is not what was asked for";
	else if (g->is_whole && g->got == 0)
		g->want = s3_checksum_of(&g->response);
	return r;
}

static uint64_t now_ms(const struct s3 *s)
{
	return clock_monotonic_ms(s->context->clock);
}

static void tell(struct get *g)
{
	/* What may turn out to be damaged is told when it is whole. */
	if (g->want.kind != CHECKSUM_NONE && g->got < g->job->len)
		return;
	if (g->job->progress && g->got > g->told)
		g->job->progress(g->job->part, g->got);
	g->told = g->got;
}

static int take(void *context, const void *bytes, size_t len)
{
	struct get *g = context;
	struct span rest = { bytes, len };
	size_t left = g->job->len - g->got;
	bool has_more;

	if (!g->is_begun) {
		int r = check_reply(g);

		if (r < 0)
			return r;
		g->is_begun = true;
	}
	if (g->skip) {
		size_t passed = rest.len < g->skip ? rest.len : (size_t)g->skip;

		g->skip -= passed;
		rest = span_from(rest, passed);
	}
	has_more = rest.len > left;
	if (has_more)
		rest.len = left;
	if (rest.len)
		memcpy(g->job->bytes + g->got, rest.p, rest.len);
	g->got += rest.len;
	g->progress_ms = now_ms(g->s);
	atomic_fetch_add(&g->s->byte_count, rest.len);
	if (g->got - g->told >= GET_PROGRESS)
		tell(g);
	return has_more ? GET_ENOUGH : 0;
}

static const struct http_header checksum_mode = { "x-amz-checksum-mode", "ENABLED" };

/* One request for what is missing. */
static int ask(struct get *g, const struct s3_request *basis, struct fault *why)
{
	const struct object_info *o = g->job->object;
	char range[64], match[OBJECT_ETAG_MAX + 2];
	struct http_header headers[3];
	struct s3_request q = *basis;
	uint64_t first = g->job->offset + g->got;

	(void)snprintf(match, sizeof(match), "\"%s\"", o->etag);
	(void)snprintf(range, sizeof(range), "bytes=%" PRIu64 "-%" PRIu64, first,
		g->job->offset + g->job->len - 1);
	if (o->etag[0])
		headers[q.header_count++] = (struct http_header){ "if-match", match };
	if (!g->is_whole || g->got)
		headers[q.header_count++] = (struct http_header){ "range", range };
	else
		headers[q.header_count++] = checksum_mode;
	q.headers = headers;
	g->is_begun = false;
	g->skip = 0;
	g->wrong = NULL;
	atomic_fetch_add(&g->s->get_count, 1);
	return s3_call(g->s, &q, &g->response, NULL, why);
}

/* Bytes came, and what then stopped them may pass; or a reply was none of S3's. */
static bool may_resume(struct get *g, int r, size_t before, bool is_odd)
{
	if (g->got > before)
		g->odd = 0;
	else if (!is_odd || ++g->odd == GET_ODD_MAX)
		return false;
	return r == -EHOSTUNREACH || r == -ENETUNREACH || r == -ETIMEDOUT || r == -EIO;
}

/* The checksum of the whole, while its last part is fetched. What cannot be learned is
 * not checked. */
static void ask_checksum(struct get *g, const char *key)
{
	const struct object_info *o = g->job->object;
	const struct s3_request q = { .method = "HEAD",
		.operation = "HeadObject",
		.key = key,
		.headers = &checksum_mode,
		.header_count = 1,
		.deadline_ms = GET_CHECKSUM_MS,
		.stop = g->job->stop };
	int r;

	if (g->job->offset == 0 || g->job->offset + g->job->len < o->size_bytes ||
		!s3_check_wants(g->s, o))
		return;
	atomic_fetch_add(&g->s->head_count, 1);
	r = s3_call(g->s, &q, &g->response, NULL, NULL);
	if (r == 0 && !is_other_etag(g)) {
		const struct checksum_value want = s3_checksum_of(&g->response);

		s3_check_learn(g->s, o, &want);
	}
}

/* 1: to be fetched again. */
static int check_whole(struct get *g, struct fault *why)
{
	int r = s3_check_whole(&g->want, g->job->bytes, g->job->len);

	if (r != -EBADMSG)
		return r;
	g->got = g->told = 0;
	if (++g->damaged < GET_DAMAGED_MAX)
		return 1;
	return fault(why, -EIO,
		"s3 GetObject: damaged on its way, or at S3: its %s is not the one that "
		"S3 keeps",
		checksum_name(g->want.kind));
}

/* All of the range from one literal key. */
static int get_literal(struct get *g, const struct s3_request *basis, struct fault *why)
{
	struct s3_request q = *basis;

	ask_checksum(g, q.key);
	g->progress_ms = now_ms(g->s);
	for (unsigned i = 0;; i++) {
		size_t before = g->got;
		int r = ask(g, &q, why);

		if (g->got == g->job->len) {
			r = check_whole(g, why);
			if (r == 1)
				continue;
			tell(g);
			return r;
		}
		tell(g);
		bool is_odd = r == 0 || g->wrong;

		if (g->wrong)
			r = fault(why, r, "s3 GetObject: %s", g->wrong);
		else if (r == 0)
			r = fault(why, -EIO, "s3 GetObject: ends at byte %" PRIu64,
				g->job->offset + g->got);
		if (!may_resume(g, r, before, is_odd) || i == GET_RESUMES_MAX)
			return r;
		/* The trouble began with the last byte. */
		uint64_t lost_ms = now_ms(g->s) - g->progress_ms;

		q.deadline_ms = lost_ms < g->s->deadline_ms
			? g->s->deadline_ms - (unsigned)lost_ms
			: 1;
	}
}

int s3_fetch(void *context, const struct ahead_job *job, struct fault *why)
{
	struct s3 *s = context;
	struct get g = { .s = s, .job = job };
	struct s3_request q = { .method = "GET", .operation = "GetObject" };
	struct buf needs = BUF_INIT(2048);
	struct s3_names names = { 0 };
	int r = s3_names_of(s, job->object->key, &names);

	g.is_whole = job->offset == 0 && job->len == job->object->size_bytes;
	q.sink = take;
	q.context = &g;
	q.stop = job->stop;
	if (r == 0)
		r = buf_appendf(&needs, "s3:GetObject on arn:aws:s3:::%s/*", s->bucket);
	if (r == 0)
		r = names.count ? -ENOENT : fault(why, -ENOENT, "the key is too long");
	q.needs = buf_text(&needs);
	for (unsigned i = 0; i < names.count && (r == -ENOENT || r == -ESTALE); i++) {
		g.got = g.told = 0;
		q.key = names.items[i];
		r = get_literal(&g, &q, why);
	}
	if (r < 0)
		fault_prefix(why, "s3://%s/%s%s", s->bucket, s->root, job->object->key);
	http_response_finish(&g.response);
	s3_names_finish(&names);
	buf_finish(&needs);
	return r;
}

static int read_info(
	const struct http_response *response, uint64_t size, struct object_info *ret)
{
	ret->size_bytes = size;
	ret->checksum = s3_checksum_of(response).kind;
	if (http_date_parse(
		    http_header_of(response, SPAN("last-modified")), &ret->modified) < 0)
		ret->modified.seconds = INSTANT_NONE;
	ret->written = ret->modified;
	return s3_etag(http_header_of(response, SPAN("etag")), ret->etag) < 0 ? -EIO : 0;
}

/* A HEAD's refusal has no body: the first byte is asked for instead, to be told why. */
static int stat_by_get(
	struct s3 *s, struct s3_request *q, struct object_info *ret, struct fault *why)
{
	const struct http_header range = { "range", "bytes=0-0" };
	struct http_response response = { 0 };
	struct span total;
	uint64_t size = 0;
	int r;

	q->method = "GET";
	q->operation = "GetObject";
	q->headers = &range;
	q->header_count = 1;
	atomic_fetch_add(&s->get_count, 1);
	r = s3_call(s, q, &response, NULL, why);
	total = http_header_of(&response, SPAN("content-range"));
	if (r == 0 &&
		span_parse_u64(span_from(total, span_find(total, '/') + 1), INT64_MAX,
			&size) < 0)
		r = fault(why, -EIO, "S3 does not say how long it is");
	if (r == 0)
		r = read_info(&response, size, ret);
	http_response_finish(&response);
	return r;
}

static int stat_literal(
	struct s3 *s, const char *literal, struct object_info *ret, struct fault *why)
{
	struct buf needs = BUF_INIT(512);
	struct http_response response = { 0 };
	struct aws_error error = { 0 };
	struct fault said = { 0 };
	int r = buf_appendf(&needs, "s3:GetObject on arn:aws:s3:::%s/*", s->bucket);
	struct s3_request q = { .method = "HEAD",
		.operation = "HeadObject",
		.key = literal,
		.wants_header = "etag",
		.headers = &checksum_mode,
		.header_count = 1 };

	q.needs = buf_text(&needs);
	if (r == 0) {
		atomic_fetch_add(&s->head_count, 1);
		r = s3_call(s, &q, &response, &error, &said);
	}
	if (r == 0 && response.content_length > INT64_MAX)
		r = fault(&said, -EIO, "S3 does not say how long it is");
	if (r == 0)
		r = read_info(&response, response.content_length, ret);
	else if (error.status == 400 || error.status == 403)
		r = stat_by_get(s, &q, ret, &said);
	if (r < 0 && r != -ENOENT && why) {
		*why = said;
		fault_prefix(why, "s3://%s/%s", s->bucket, literal);
	}
	http_response_finish(&response);
	buf_finish(&needs);
	return r;
}

int s3_stat(struct s3 *s, const char *key, struct object_info *ret, struct fault *why)
{
	struct object_info info = { 0 };
	struct s3_names names = { 0 };
	int r = s3_names_of(s, key, &names);

	if (r == 0)
		r = -ENOENT;
	for (unsigned i = 0; i < names.count && r == -ENOENT; i++)
		r = stat_literal(s, names.items[i], &info, why);
	s3_names_finish(&names);
	if (r < 0)
		return r;
	info.key = strdup(key);
	if (!info.key)
		return -ENOMEM;
	*ret = info;
	return 0;
}
