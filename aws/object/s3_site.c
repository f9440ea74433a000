/* Where a bucket is: virtual-hosted or path style, and on to its own region. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth/sigv4.h"
#include "aws/object/s3_private.h"

enum {
	SITE_PATH_MAX = 8 * 1024,
	SITE_HEADERS_MAX = 8,
	SITE_ATTEMPTS =
		10, /* more than AWS's tools make: readers wait, and see nothing else */
};

static bool is_name_byte(char c, bool is_strict)
{
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')
		return true;
	/* Buckets of before 2018 in us-east-1. */
	return !is_strict && ((c >= 'A' && c <= 'Z') || c == '_' || c == '.');
}

static bool has_name_bytes(const char *bucket, bool is_strict)
{
	for (const char *p = bucket; *p; p++)
		if (!is_name_byte(*p, is_strict))
			return false;
	return true;
}

int s3_bucket_check(const char *bucket, struct fault *why)
{
	size_t len = strlen(bucket);

	if (len >= 3 && len <= 255 && has_name_bytes(bucket, false))
		return 0;
	fault(why, -EINVAL, "\"%s\" is no name of a bucket", bucket);
	fault_cure(why, "write it like: s3://my-bucket/prefix/export");
	return -EINVAL;
}

/* The certificate's wildcard covers one label, so names with dots go into the path. */
static bool may_be_host(const char *bucket)
{
	size_t len = strlen(bucket);

	return len >= 3 && len <= 63 && has_name_bytes(bucket, true) &&
		bucket[0] != '-' && bucket[len - 1] != '-';
}

static int make_site(
	struct s3 *s, const char *region, struct s3_site *ret, struct fault *why)
{
	const struct client_options options = { .context = s->context,
		.credentials = s->credentials,
		.service = AWS_S3,
		.region = region,
		.deadline_ms = s->deadline_ms,
		.max_attempts = aws_max_attempts_or(s->context, SITE_ATTEMPTS) };
	struct buf host = BUF_INIT(sizeof(ret->host) - 1);
	int r = client_new(&options, &ret->client, why);

	if (r < 0)
		return r;
	const struct aws_endpoint *e = client_endpoint(ret->client);
	if (!e->is_custom && may_be_host(s->bucket))
		r = buf_appendf(&host, "%s.%s", s->bucket, e->host);
	if (r == 0 && host.len)
		memcpy(ret->host, host.p, host.len);
	ret->host[host.len] = '\0';
	buf_finish(&host);
	if (r < 0)
		client_free(ret->client);
	return r;
}

int s3_site_add(struct s3 *s, const char *region, struct fault *why)
{
	struct s3_site site = { 0 };
	int r = 0;

	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; region && i < s->site_count; i++) {
		if (strcmp(client_endpoint(s->sites[i].client)->signing_region, region) ==
			0) {
			atomic_store(&s->site, i);
			goto out;
		}
	}
	if (s->site_count == S3_SITES_MAX)
		r = fault(
			why, -EIO, "%s: said to be in one region after another", s->name);
	if (r == 0)
		r = make_site(s, region, &site, why);
	if (r == 0) {
		s->sites[s->site_count] = site;
		atomic_store(&s->site, s->site_count);
		atomic_fetch_add(&s->site_count, 1);
	}
out:
	pthread_mutex_unlock(&s->lock);
	return r;
}

void s3_sites_finish(struct s3 *s)
{
	for (unsigned i = 0; i < s->site_count; i++)
		client_free(s->sites[i].client);
}

/* A request as it goes to one site. */
struct passage {
	const struct s3_request *request;
	const struct s3_site *site;
	const char *host; /* of a redirect; NULL: the site's */
	struct http_header headers[SITE_HEADERS_MAX];
	size_t header_count;
};

static bool is_in_host(const struct s3 *s, const struct passage *x)
{
	size_t len = strlen(s->bucket);

	if (!x->host)
		return x->site->host[0] != '\0';
	return strncmp(x->host, s->bucket, len) == 0 && x->host[len] == '.';
}

static int write_path(const struct s3 *s, const struct passage *x, struct buf *path)
{
	const struct s3_request *q = x->request;
	bool in_host = is_in_host(s, x);
	int r = 0;

	if (!in_host)
		r = buf_appendf(path, "/%s", s->bucket);
	if (r == 0 && (q->key || in_host))
		r = buf_append_byte(path, '/');
	if (r == 0 && q->key)
		r = sigv4_encode(span_of(q->key), true, path);
	return r;
}

static int pass(struct s3 *s, struct passage *x, struct http_response *ret,
	struct aws_error *error, struct fault *why)
{
	const struct s3_request *q = x->request;
	struct buf path = BUF_INIT(SITE_PATH_MAX);
	int r = write_path(s, x, &path);
	const char *path_text = r == 0 ? buf_text(&path) : NULL;
	const char *host = x->host ? x->host : x->site->host;

	if (r == 0 && !path_text)
		r = -ENOMEM;
	x->header_count = 0;
	for (size_t i = 0; i < q->header_count; i++)
		x->headers[x->header_count++] = q->headers[i];
	if (s->requester_pays)
		x->headers[x->header_count++] =
			(struct http_header){ "x-amz-request-payer", "requester" };
	const struct client_call call = { .method = q->method,
		.path = path_text,
		.query = q->query,
		.host = host[0] ? host : NULL,
		.headers = x->headers,
		.header_count = x->header_count,
		.sink = q->sink,
		.context = q->context,
		.body_limit = q->body_limit,
		.is_xml_body = q->xml_root != NULL,
		.xml_root = q->xml_root,
		.wants_header = q->wants_header,
		.operation = q->operation,
		.needs = q->needs,
		.deadline_ms = q->deadline_ms };
	if (r == 0)
		r = client_do(x->site->client, &call, q->stop ? q->stop : s->stop, ret,
			error, why);
	buf_finish(&path);
	return r;
}

/* What the bucket itself says, which needs no permission. */
static void ask_region(struct s3 *s, const struct s3_site *site, char *ret, size_t size)
{
	const struct s3_request head = { .method = "HEAD", .operation = "HeadBucket" };
	struct passage x = { .request = &head, .site = site };
	struct http_response response = { 0 };
	struct aws_error error = { 0 };
	int r = pass(s, &x, &response, &error, NULL);
	struct span region = http_header_of(&response, SPAN("x-amz-bucket-region"));

	ret[0] = '\0';
	atomic_fetch_add(&s->head_count, 1);
	if (r != -ECANCELED && region.len > 0 && region.len < size) {
		memcpy(ret, region.p, region.len);
		ret[region.len] = '\0';
	}
	http_response_finish(&response);
}

/* The host of "https://HOST/path" or of <Endpoint>HOST</Endpoint>; false for what is
 * none. */
static bool take_host(struct span text, char *ret, size_t size)
{
	if (span_starts(text, SPAN("https://")))
		text = span_from(text, 8);
	else if (span_starts(text, SPAN("http://")))
		text = span_from(text, 7);
	text = span_first(text, span_find(text, '/'));
	if (text.len == 0 || text.len >= size)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_name_byte(text.p[i], false) && text.p[i] != ':')
			return false;
	memcpy(ret, text.p, text.len);
	ret[text.len] = '\0';
	return true;
}

/* Where to try once more, after -EREMCHG. False: nowhere. */
static bool follow(struct s3 *s, struct passage *x, const struct http_response *response,
	const struct aws_error *error, char host[static 256])
{
	const char *here = client_endpoint(x->site->client)->signing_region;
	char region[64];
	unsigned at;

	memcpy(region, error->region, sizeof(region));
	if (error->status == 307) {
		struct span to = http_header_of(response, SPAN("location"));

		x->host = take_host(to.len ? to : span_of(error->endpoint), host, 256)
			? host
			: NULL;
		return x->host != NULL;
	}
	if (region[0] == '\0')
		ask_region(s, x->site, region, sizeof(region));
	if (region[0] == '\0' || strcmp(region, here) == 0)
		return false;
	if (s3_site_add(s, region, NULL) < 0)
		return false;
	at = atomic_load(&s->site);
	x->site = &s->sites[at];
	return true;
}

/* One of the errnos that users know. */
static int narrow(int error)
{
	switch (error) {
	case -EREMCHG:
	case -EBADMSG:
	case -EREMOTEIO:
	case -EINVAL:
	case -EPROTO:
	case -E2BIG:
	case -EFBIG:
	case -ETIME:
		return -EIO;
	case -EAGAIN:
		return -ETIMEDOUT;
	case -ECONNREFUSED:
	case -ECONNRESET:
		return -EHOSTUNREACH;
	case -ERANGE:
		return -ESTALE;
	default:
		return error;
	}
}

/* What the service says to allow, and how to get the whole statement. */
static void cure_denied(
	const struct s3 *s, const struct aws_error *error, struct fault *why)
{
	const struct fault said = *why;
	/* S3 says why to its own account only. */
	bool is_silent = strcmp(error->code, "AccessDenied") == 0 &&
		strstr(error->message, "not authorized") == NULL;

	if (strstr(error->message, "explicit deny") || said.cure[0] == '\0')
		return;
	fault_cure(why, "%s%s; to print the statements: costfs policy user %s%s",
		said.cure,
		is_silent ? ", in the bucket's policy as well if it is another account's "
			    "(with --requester-pays if who reads is to pay)"
			  : "",
		s->name, strstr(said.cure, ":kms:") ? " --kms-key ARN" : "");
}

int s3_call(struct s3 *s, const struct s3_request *q, struct http_response *ret,
	struct aws_error *ret_error, struct fault *why)
{
	struct passage x = { .request = q };
	struct aws_error error = { 0 };
	char host[256];
	int r;

	x.site = &s->sites[atomic_load(&s->site)];
	r = pass(s, &x, ret, &error, why);
	if (r == -EREMCHG && follow(s, &x, ret, &error, host)) {
		error = (struct aws_error){ 0 };
		if (why)
			*why = (struct fault){ 0 };
		r = pass(s, &x, ret, &error, why);
	}
	if (r == -EREMCHG && why)
		fault_cure(why,
			"give the bucket's region: --region NAME, which aws s3api "
			"get-bucket-location --bucket %s tells",
			s->bucket);
	if (r == -EACCES && why)
		cure_denied(s, &error, why);
	if (ret_error)
		*ret_error = error;
	if (r < 0) {
		r = narrow(r);
		if (why)
			why->error = r;
	}
	return r;
}
