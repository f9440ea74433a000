/* One operation of an account: the request of each protocol, and what a refusal means. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "aws/auth/client.h"
#include "aws/auth/sigv4.h"
#include "aws/resource/account_private.h"
#include "aws/resource/element.h"
#include "aws/resource/shape.h"

enum { REQUEST_MAX = 64 * 1024, PERMISSION_MAX = 256, HOST_MAX = 320 };

/* What calls are made of. */
static const struct service {
	enum aws_service service;
	const char *name; /* in convert.h and in permissions */
	const char *version; /* of the query protocol; NULL: it is S3's */
	const char *token; /* parameter for the next page */
} services[] = {
	{ AWS_CLOUDWATCH, "cloudwatch", "2010-08-01", "NextToken" },
	{ AWS_EC2, "ec2", "2016-11-15", "NextToken" },
	{ AWS_IAM, "iam", "2010-05-08", "Marker" },
	{ AWS_S3, "s3", NULL, "continuation-token" },
};

/* Permissions that are not called as the operation is. */
static const struct {
	const char *operation, *permission;
} other_permissions[] = {
	{ "ListBuckets", "ListAllMyBuckets" },
	{ "GetPublicAccessBlock", "GetBucketPublicAccessBlock" },
};

/* An operation on its way. */
struct passage {
	struct resource_account *account;
	const struct account_call *call;
	const struct service *service;
	char region[ACCOUNT_REGION_MAX]; /* where it is asked */
	const atomic_bool *stop;
	struct http_response response;
	struct aws_error error;
	struct buf permission;
};

static const struct service *find_service(enum aws_service service)
{
	size_t i = 0;

	while (i < ARRAY_LEN(services) && services[i].service != service)
		i++;
	assert(i < ARRAY_LEN(services));
	return &services[i];
}

int account_permission(const struct account_call *call, struct buf *ret)
{
	const char *name = call->operation;

	for (size_t i = 0; i < ARRAY_LEN(other_permissions); i++)
		if (strcmp(other_permissions[i].operation, name) == 0)
			name = other_permissions[i].permission;
	return buf_appendf(ret, "%s:%s", find_service(call->service)->name, name);
}

static int put_token(const struct passage *x, struct buf *b)
{
	int r = 0;

	if (!x->call->token)
		return 0;
	if (b->len)
		r = buf_append_byte(b, '&');
	if (r == 0)
		r = buf_appendf(b, "%s=", x->service->token);
	return r < 0 ? r : sigv4_encode(span_of(x->call->token), false, b);
}

/* The form of a query protocol, or the query of S3. */
static int write_parameters(const struct passage *x, struct buf *b)
{
	const char *parameters = x->call->parameters ? x->call->parameters : "";
	int r = 0;

	if (x->service->version)
		r = buf_appendf(b, "Action=%s&Version=%s", x->call->operation,
			x->service->version);
	if (r == 0)
		r = buf_append_text(b, parameters);
	return r < 0 ? r : put_token(x, b);
}

static int send_call(struct passage *x, struct client *client, struct client_call *call,
	struct fault *why)
{
	const struct shape_operation *shapes =
		shape_find_operation(x->service->name, x->call->operation);

	call->operation = x->call->operation;
	call->needs = buf_text(&x->permission);
	call->body_limit = ELEMENT_TEXT_MAX;
	call->is_xml_body = true;
	call->xml_root = shapes ? shapes->root : NULL;
	call->deadline_ms = account_deadline_ms(x->account);
	account_count_call(x->account, x->call->service);
	x->error = (struct aws_error){ 0 };
	return client_do(client, call, x->stop, &x->response, &x->error, why);
}

static int send_form(
	struct passage *x, struct client *client, const char *form, struct fault *why)
{
	static const struct http_header headers[] = { { "content-type",
		"application/x-www-form-urlencoded; charset=utf-8" } };
	struct client_call call = { .method = "POST",
		.path = "/",
		.headers = headers,
		.header_count = ARRAY_LEN(headers),
		.body = span_of(form) };

	return send_call(x, client, &call, why);
}

/* The certificate's wildcard covers one label, so names with dots, and those of old, go
 * into the path. */
static bool may_be_host(const char *bucket)
{
	size_t len = strlen(bucket);

	for (const char *p = bucket; *p; p++)
		if ((*p < 'a' || *p > 'z') && (*p < '0' || *p > '9') && *p != '-')
			return false;
	return len <= 63 && bucket[0] != '-' && bucket[len - 1] != '-';
}

static int send_get(
	struct passage *x, struct client *client, const char *query, struct fault *why)
{
	const struct aws_endpoint *e = client_endpoint(client);
	const char *bucket = x->call->bucket;
	char place[HOST_MAX];
	struct client_call call = { .method = "GET", .path = "/", .query = query };

	if (bucket && !e->is_custom && may_be_host(bucket)) {
		(void)snprintf(place, sizeof(place), "%s.%s", bucket, e->host);
		call.host = place;
	} else if (bucket) {
		(void)snprintf(place, sizeof(place), "/%s", bucket);
		call.path = place;
	}
	return send_call(x, client, &call, why);
}

static int pass(struct passage *x, struct fault *why)
{
	struct buf parameters = BUF_INIT(REQUEST_MAX);
	struct client *client = NULL;
	int r = account_client(x->account, x->call->service, x->region, &client, why);

	if (r == 0)
		r = write_parameters(x, &parameters);
	if (r == 0)
		r = x->service->version ? send_form(x, client, buf_text(&parameters), why)
					: send_get(x, client, buf_text(&parameters), why);
	buf_finish(&parameters);
	return r;
}

/* Once more where S3 says that the bucket is. */
static int follow(struct passage *x, int error, struct fault *why)
{
	size_t len = strlen(x->error.region);

	if (error != -EREMCHG || len == 0 || len >= sizeof(x->region) ||
		strcmp(x->error.region, x->region) == 0)
		return error;
	memcpy(x->region, x->error.region, len + 1);
	if (why)
		*why = (struct fault){ 0 };
	return pass(x, why);
}

/* EC2 says AuthFailure where a region is not enabled: the keys themselves are known to be
 * good, since STS has just given or checked them. */
static int judge_region(const struct passage *x, int error, struct fault *why)
{
	bool is_off = strcmp(x->error.code, "OptInRequired") == 0 ||
		(error == -EKEYREJECTED && strcmp(x->error.code, "AuthFailure") == 0);

	if (!is_off)
		return error;
	if (why)
		fault_cure(why,
			"enable region %s in account %s, or leave it out of the regions",
			x->region, account_id_of(x->account));
	return -EACCES;
}

int resource_errno(int error)
{
	switch (error) {
	case -EAGAIN:
		return -ETIMEDOUT;
	case -ECONNREFUSED:
	case -ECONNRESET:
		return -EHOSTUNREACH;
	case -EINVAL:
	case -ENOENT:
	case -EPROTO:
	case -ERANGE:
	case -EREMCHG:
	case -EREMOTEIO:
	case -ESTALE:
	case -ETIME:
	case -E2BIG:
		return -EIO;
	default:
		return error;
	}
}

void account_explain(const struct resource_account *a, const struct account_call *call,
	struct fault *why)
{
	bool has_region = call->region[0] != '\0';

	fault_prefix(why, "account %s%s%s%s%s", account_id_of(a), has_region ? ", " : "",
		call->region, call->bucket ? ", bucket " : "",
		call->bucket ? call->bucket : "");
}

static int explain(const struct passage *x, int error, struct fault *why)
{
	error = resource_errno(judge_region(x, error, why));
	if (why)
		why->error = error;
	account_explain(x->account, x->call, why);
	return error;
}

/* "ec2:DescribeVolumes in eu-west-1" */
static int write_needs(struct passage *x)
{
	int r = account_permission(x->call, &x->permission);

	if (r == 0 && x->call->region[0])
		r = buf_appendf(&x->permission, " in %s", x->region);
	return r;
}

static int ask(struct passage *x, struct convert_page *ret, struct fault *why)
{
	const struct convert_call convert = { .service = x->service->name,
		.operation = x->call->operation,
		.path = x->call->path };
	int r = write_needs(x);

	if (r == 0)
		r = follow(x, pass(x, why), why);
	if (r == 0)
		r = convert_page(buf_span(&x->response.body), &convert, ret, why);
	return r;
}

int account_ask(struct resource_account *a, const struct account_call *call,
	const atomic_bool *stop, struct convert_page *ret, struct aws_error *ret_error,
	struct fault *why)
{
	const char *region = call->region[0] ? call->region : account_home_region(a);
	struct passage x = { .account = a,
		.call = call,
		.service = find_service(call->service),
		.stop = stop,
		.permission = BUF_INIT(PERMISSION_MAX) };
	size_t len = strlen(region);
	int r;

	if (len >= sizeof(x.region))
		return fault(why, -EIO, "\"%.64s\" is no region", region);
	memcpy(x.region, region, len + 1);
	r = ask(&x, ret, why);
	if (r < 0)
		r = explain(&x, r, why);
	if (ret_error)
		*ret_error = x.error;
	http_response_finish(&x.response);
	buf_finish(&x.permission);
	return r;
}
