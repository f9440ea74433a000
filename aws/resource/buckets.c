#include "aws/resource/buckets.h"

#include <errno.h>
#include <stdio.h>

#include "aws/api/json.h"
#include "aws/resource/roster.h"
#include "aws/resource/verdict.h"

enum { BUCKET_NAME_MIN = 3, BUCKET_NAME_MAX = 255 };

enum bucket_part { TAGS, ACL, POLICY, BLOCK, PART_COUNT };

/* What is asked of a bucket, and the member that it becomes. */
static const struct {
	const char *member, *operation, *query, *path;
	const char *none; /* code that says that there is no such thing */
} parts[PART_COUNT] = {
	[TAGS] = { "Tags", "GetBucketTagging", "tagging", "TagSet", "NoSuchTagSet" },
	[ACL] = { "Acl", "GetBucketAcl", "acl", "", NULL },
	[POLICY] = { "PolicyStatus", "GetBucketPolicyStatus", "policyStatus",
		"PolicyStatus", "NoSuchBucketPolicy" },
	[BLOCK] = { "PublicAccessBlock", "GetPublicAccessBlock", "publicAccessBlock",
		"PublicAccessBlockConfiguration",
		"NoSuchPublicAccessBlockConfiguration" },
};

struct bucket {
	const char *name;
	char region[ACCOUNT_REGION_MAX]; /* "": nobody said */
	struct part parts[PART_COUNT];
	struct compose_list reasons;
	struct verdicts verdicts;
};

/* It becomes part of a host or path as it is. */
static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (const char *p = name; *p; p++)
		if ((*p < 'a' || *p > 'z') && (*p < 'A' || *p > 'Z') &&
			(*p < '0' || *p > '9') && !strchr("-_.", *p))
			return false;
	return len >= BUCKET_NAME_MIN && len <= BUCKET_NAME_MAX && name[0] != '.';
}

/* As GetBucketLocation has it: none is the first region, and one has an old name. */
static struct span region_of(struct span location)
{
	if (location.len == 0)
		return SPAN("us-east-1");
	return span_eq(location, SPAN("EU")) ? SPAN("eu-west-1") : location;
}

/* Only a region that calls can be made to. */
static bool take_region(struct visit *v, struct bucket *b, struct span region)
{
	struct aws_endpoint endpoint;
	char text[ACCOUNT_REGION_MAX];

	if (region.len == 0 || region.len >= sizeof(text))
		return false;
	memcpy(text, region.p, region.len);
	text[region.len] = '\0';
	if (aws_endpoint_of(account_context(v->account), AWS_S3, text, &endpoint, NULL) <
		0)
		return false;
	memcpy(b->region, text, region.len + 1);
	return true;
}

/* The listing says it, unless the service is an old one. */
static int listed_region(
	struct visit *v, const struct roster_entry *entry, struct bucket *b)
{
	struct json *element = NULL;
	int r = json_parse(entry->element, &element);

	if (r == 0)
		(void)take_region(
			v, b, span_of(json_member_text(element, "BucketRegion")));
	json_free(element);
	return r;
}

static int ask_region(struct visit *v, struct bucket *b, struct fault *why)
{
	const struct account_call call = { .service = AWS_S3,
		.region = "",
		.operation = "GetBucketLocation",
		.parameters = "location",
		.path = "LocationConstraint",
		.bucket = b->name };
	struct convert_page page = { 0 };
	struct aws_error error = { 0 };
	struct fault said = { 0 };
	enum part_state state;
	int r = account_ask(v->account, &call, v->stop, &page, &error, &said);

	if (r == 0 && page.count) {
		struct span json = account_element(&page, 0);

		if (!take_region(v, b, region_of(account_plain_text(json))))
			r = fault(&said, -EBADMSG, "bucket %s: no region: %.*s", b->name,
				SPAN_ARG(span_first(json, 64)));
	} else if (r < 0 && error.status && take_region(v, b, span_of(error.region))) {
		r = 0; /* a refusal says it as well */
	} else if (r < 0) {
		r = visit_judge(v, &call, &error, r, &state);
	}
	convert_page_finish(&page);
	if (r < 0 && why)
		*why = said;
	return r;
}

static int ask_parts(struct visit *v, struct bucket *b, struct fault *why)
{
	int r = 0;

	for (size_t i = 0; i < PART_COUNT && r == 0 && !v->is_gone; i++) {
		const struct account_call call = { .service = AWS_S3,
			.region = b->region,
			.operation = parts[i].operation,
			.parameters = parts[i].query,
			.path = parts[i].path,
			.bucket = b->name };

		r = visit_ask(v, &call, parts[i].none, &b->parts[i], why);
	}
	return r;
}

static int compose(struct visit *v, struct bucket *b, struct roster_entry *entry)
{
	struct buf *json = &entry->json;
	int r = compose_begin(json, entry->element);

	if (r == 0 && b->region[0])
		r = compose_text_member(json, "Region", span_of(b->region));
	else if (r == 0)
		r = compose_member(json, "Region", SPAN("null"));
	for (size_t i = 0; i < PART_COUNT && r == 0; i++)
		r = compose_member(json, parts[i].member, part_json(&b->parts[i]));
	if (r == 0)
		r = compose_member(json, "PublicByAcl", verdict_json(b->verdicts.by_acl));
	if (r == 0)
		r = compose_member(
			json, "PublicByPolicy", verdict_json(b->verdicts.by_policy));
	if (r == 0)
		r = compose_list_member(json, "Reasons", &b->reasons);
	if (r == 0 && v->errors.count)
		r = compose_list_member(json, "Errors", &v->errors);
	return r < 0 ? r : compose_end(json);
}

static int visit(
	struct visit *v, struct roster_entry *entry, struct bucket *b, struct fault *why)
{
	const struct verdict_facts facts = { &b->parts[ACL], &b->parts[POLICY],
		&b->parts[BLOCK] };
	int r = listed_region(v, entry, b);

	if (r == 0 && !b->region[0])
		r = ask_region(v, b, why);
	if (r == 0 && !v->is_gone)
		r = ask_parts(v, b, why);
	if (r < 0 || v->is_gone)
		return r;
	r = verdicts_of(&facts, &b->reasons, &b->verdicts);
	return r < 0 ? r : compose(v, b, entry);
}

static int visit_bucket(struct visit *v, struct roster_entry *entry, struct fault *why)
{
	struct bucket b = { .name = entry->name };
	int r;

	if (!is_name(entry->name))
		return fault(why, -EBADMSG,
			"ListBuckets: \"%.64s\" is no name of a bucket", entry->name);
	compose_list_init(&b.reasons);
	r = visit(v, entry, &b, why);
	for (size_t i = 0; i < PART_COUNT; i++)
		part_finish(&b.parts[i]);
	compose_list_finish(&b.reasons);
	return r;
}

int buckets_list(struct resource_account *a, const struct resource_call *call,
	const atomic_bool *stop, struct inventory_builder *b, struct fault *why)
{
	const struct roster_options options = {
		.call = call, .gone = "NoSuchBucket", .visit = visit_bucket
	};

	return roster_list(a, &options, stop, b, why);
}
