/* Buckets and users: what their objects are composed of, and what is refused of one. */
#include "tests/aws/account_fixture.h"

#define BUCKETS(items, token)                                                            \
	"<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"     \
	"<Owner><ID>o</ID></Owner><Buckets>" items "</Buckets>" token                    \
	"</ListAllMyBucketsResult>"
#define BUCKET(name, more)                                                               \
	"<Bucket><Name>" name "</Name><CreationDate>2026-11-01T12:00:00.000Z"            \
	"</CreationDate>" more "</Bucket>"
#define LOCATION(text) "<LocationConstraint>" text "</LocationConstraint>"
#define TAGGING                                                                          \
	"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"
#define ACL(grants)                                                                      \
	"<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList>" grants       \
	"</AccessControlList></AccessControlPolicy>"
#define EVERYBODY                                                                        \
	"<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "       \
	"xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>"  \
	"</Grantee><Permission>READ</Permission></Grant>"
#define POLICY_STATUS(text) "<PolicyStatus><IsPublic>" text "</IsPublic></PolicyStatus>"
#define BLOCK(text)                                                                      \
	"<PublicAccessBlockConfiguration><IgnorePublicAcls>" text                        \
	"</IgnorePublicAcls><RestrictPublicBuckets>" text                                \
	"</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
#define LISTED                                                                           \
	{                                                                                \
		{ "GET /?max-buckets=1000 " }, .body = BUCKETS(BUCKET("one", ""), "")    \
	}
#define NONE(query, error)                                                               \
	{                                                                                \
		{ query }, .status = "404 Not Found", .body = S3_ERROR(error, "none")    \
	}
#define DENIED "403 Forbidden"

static void begin(struct account_fixture *f, const struct rule *rules, size_t count)
{
	fixture_begin(f, rules, count);
	fixture_open(f, NULL);
}

static int list_buckets(struct account_fixture *f)
{
	return fixture_list(f, "s3", "buckets", "");
}

static int list_users(struct account_fixture *f)
{
	return fixture_list(f, "iam", "users", "");
}

static void a_bucket_has_all_that_its_calls_answer(void **state)
{
	static const struct rule rules[] = { SIGNED_IN, LISTED,
		{ { "GET /one?location " }, .body = LOCATION("EU") },
		{ { "GET /one?tagging ", "/eu-west-1/s3/aws4_request" },
			.body = TAGGING },
		{ { "GET /one?acl " }, .body = ACL(EVERYBODY) },
		{ { "GET /one?policyStatus " }, .body = POLICY_STATUS("true") },
		{ { "GET /one?publicAccessBlock " }, .body = BLOCK("false") } };
	/* As `aws s3api` prints each, by hand. */
	static const char want[] =
		"{\n"
		"    \"Name\": \"one\",\n"
		"    \"CreationDate\": \"2026-11-01T12:00:00+00:00\",\n"
		"    \"Region\": \"eu-west-1\",\n"
		"    \"Tags\": [\n"
		"        {\n"
		"            \"Key\": \"k\",\n"
		"            \"Value\": \"v\"\n"
		"        }\n"
		"    ],\n"
		"    \"Acl\": {\n"
		"        \"Owner\": {\n"
		"            \"ID\": \"o\"\n"
		"        },\n"
		"        \"Grants\": [\n"
		"            {\n"
		"                \"Grantee\": {\n"
		"                    \"Type\": \"Group\",\n"
		"                    \"URI\": "
		"\"http://acs.amazonaws.com/groups/global/AllUsers\"\n"
		"                },\n"
		"                \"Permission\": \"READ\"\n"
		"            }\n"
		"        ]\n"
		"    },\n"
		"    \"PolicyStatus\": {\n"
		"        \"IsPublic\": true\n"
		"    },\n"
		"    \"PublicAccessBlock\": {\n"
		"        \"IgnorePublicAcls\": false,\n"
		"        \"RestrictPublicBuckets\": false\n"
		"    },\n"
		"    \"PublicByAcl\": true,\n"
		"    \"PublicByPolicy\": true,\n"
		"    \"Reasons\": [\n"
		"        \"the ACL grants READ to AllUsers\",\n"
		"        \"the policy is public\"\n"
		"    ]\n"
		"}\n";
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_buckets(&f), 0);
	assert_int_equal(f.unknown, 0);
	assert_int_equal(inventory_count(f.got), 1);
	assert_span(inventory_json(f.got, 0), want);
	assert_span(inventory_text(f.got, 0, INVENTORY_ID), "one");
	assert_span(inventory_text(f.got, 0, INVENTORY_ZONE), "eu-west-1");
	assert_span(inventory_text(f.got, 0, INVENTORY_CREATED), "2026-11-01T12:00:00Z");
	assert_span(inventory_text(f.got, 0, INVENTORY_TAGS), "{\"k\":\"v\"}");
	assert_int_equal(resource_account_calls(f.account), 7);
	fixture_end(&f);
}

static void what_is_not_there_of_a_bucket_is_null(void **state)
{
	static const struct rule rules[] = { SIGNED_IN, LISTED,
		{ { "?location " }, .body = LOCATION("") },
		NONE("?tagging ", "NoSuchTagSet"), { { "?acl " }, .body = ACL("") },
		NONE("?policyStatus ", "NoSuchBucketPolicy"),
		NONE("?publicAccessBlock ", "NoSuchPublicAccessBlockConfiguration") };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_buckets(&f), 0);
	assert_span(inventory_json(f.got, 0),
		"{\n"
		"    \"Name\": \"one\",\n"
		"    \"CreationDate\": \"2026-11-01T12:00:00+00:00\",\n"
		"    \"Region\": \"us-east-1\",\n"
		"    \"Tags\": null,\n"
		"    \"Acl\": {\n"
		"        \"Owner\": {\n"
		"            \"ID\": \"o\"\n"
		"        },\n"
		"        \"Grants\": []\n"
		"    },\n"
		"    \"PolicyStatus\": null,\n"
		"    \"PublicAccessBlock\": null,\n"
		"    \"PublicByAcl\": false,\n"
		"    \"PublicByPolicy\": false,\n"
		"    \"Reasons\": []\n"
		"}\n");
	fixture_end(&f);
}

static void what_is_refused_of_a_bucket_is_told_in_it(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "GET /?max" },
			.body = BUCKETS(
				BUCKET("one", "<BucketRegion>us-west-2</BucketRegion>")
					BUCKET("two", ""),
				"") },
		{ { "GET /two?location" }, .status = DENIED,
			.body = S3_ERROR("AccessDenied", "no") },
		{ { "GET /one?acl", "/us-west-2/s3/" }, .status = DENIED,
			.body = S3_ERROR("AccessDenied", "Access \"Denied\"") },
		{ { "GET /one?policyStatus" }, .status = DENIED,
			.body = S3_ERROR("InvalidToken", "quotes what was signed") },
		{ { "?acl" }, .body = ACL("") }, NONE("?tagging", "NoSuchTagSet"),
		NONE("?policyStatus", "NoSuchBucketPolicy"),
		NONE("?publicAccessBlock", "NoSuchPublicAccessBlockConfiguration") };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_buckets(&f), 0);
	assert_int_equal(f.unknown, 0);
	assert_int_equal(inventory_count(f.got), 2);
	assert_span(inventory_json(f.got, 0),
		"{\n"
		"    \"Name\": \"one\",\n"
		"    \"CreationDate\": \"2026-11-01T12:00:00+00:00\",\n"
		"    \"BucketRegion\": \"us-west-2\",\n"
		"    \"Region\": \"us-west-2\",\n"
		"    \"Tags\": null,\n"
		"    \"Acl\": null,\n"
		"    \"PolicyStatus\": null,\n"
		"    \"PublicAccessBlock\": null,\n"
		"    \"PublicByAcl\": null,\n"
		"    \"PublicByPolicy\": null,\n"
		"    \"Reasons\": [],\n"
		"    \"Errors\": [\n"
		"        {\n"
		"            \"Operation\": \"GetBucketAcl\",\n"
		"            \"Code\": \"AccessDenied\",\n"
		"            \"Message\": \"Access \\\"Denied\\\"\",\n"
		"            \"Permission\": \"s3:GetBucketAcl\"\n"
		"        },\n"
		"        {\n"
		"            \"Operation\": \"GetBucketPolicyStatus\",\n"
		"            \"Code\": \"InvalidToken\",\n"
		"            \"Permission\": \"s3:GetBucketPolicyStatus\"\n"
		"        }\n"
		"    ]\n"
		"}\n");
	assert_true(memmem(inventory_json(f.got, 1).p, inventory_json(f.got, 1).len,
		"\"Region\": null", 14));
	assert_true(memmem(inventory_json(f.got, 1).p, inventory_json(f.got, 1).len,
		"\"s3:GetBucketLocation\"", 22));
	fixture_end(&f);
}

static void a_bucket_is_asked_where_a_refusal_says_that_it_is(void **state)
{
	static const struct rule rules[] = { SIGNED_IN, LISTED,
		{ { "?location" }, .status = DENIED,
			.headers = "x-amz-bucket-region: ap-south-1\r\n",
			.body = S3_ERROR("AccessDenied", "no") },
		{ { "?tagging", "/ap-south-1/s3/" }, .status = "301 Moved Permanently",
			.headers = "x-amz-bucket-region: sa-east-1\r\n",
			.body = S3_ERROR("PermanentRedirect", "elsewhere") },
		{ { "?tagging", "/sa-east-1/s3/" }, .body = TAGGING },
		{ { "?acl" }, .body = ACL("") },
		NONE("?policyStatus", "NoSuchBucketPolicy"),
		NONE("?publicAccessBlock", "NoSuchPublicAccessBlockConfiguration") };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_buckets(&f), 0);
	assert_int_equal(f.unknown, 0);
	assert_span(inventory_text(f.got, 0, INVENTORY_ZONE), "ap-south-1");
	assert_span(inventory_text(f.got, 0, INVENTORY_TAGS), "{\"k\":\"v\"}");
	fixture_end(&f);
}

static void a_bucket_that_is_said_to_be_here_and_elsewhere_is_asked_once(void **state)
{
	static const struct rule rules[] = { SIGNED_IN, LISTED,
		{ { "?location" }, .body = LOCATION("ap-south-1") },
		{ { "?acl" }, .status = "301 Moved Permanently",
			.headers = "x-amz-bucket-region: ap-south-1\r\n",
			.body = S3_ERROR("PermanentRedirect", "elsewhere") },
		NONE("?tagging", "NoSuchTagSet"),
		NONE("?policyStatus", "NoSuchBucketPolicy"),
		NONE("?publicAccessBlock", "NoSuchPublicAccessBlockConfiguration") };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_buckets(&f), 0);
	assert_int_equal(f.used[3], 1);
	assert_true(memmem(inventory_json(f.got, 0).p, inventory_json(f.got, 0).len,
		"\"Code\": \"PermanentRedirect\"", 27));
	fixture_end(&f);
}

static void a_bucket_that_has_gone_meanwhile_is_left_out(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "GET /?max" },
			.body = BUCKETS(BUCKET("gone", "") BUCKET("going", "")
						BUCKET("two", ""),
				"") },
		NONE("GET /gone?location", "NoSuchBucket"),
		NONE("GET /going?tagging", "NoSuchBucket"),
		{ { "GET /gone?" }, .status = DENIED },
		{ { "GET /going?acl" }, .status = DENIED },
		{ { "?location" }, .body = LOCATION("") },
		{ { "?acl" }, .body = ACL("") }, NONE("?tagging", "NoSuchTagSet"),
		NONE("?policyStatus", "NoSuchBucketPolicy"),
		NONE("?publicAccessBlock", "NoSuchPublicAccessBlockConfiguration") };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_buckets(&f), 0);
	assert_int_equal(inventory_count(f.got), 1);
	assert_span(inventory_text(f.got, 0, INVENTORY_ID), "two");
	assert_int_equal(f.used[4] + f.used[5], 0);
	fixture_end(&f);
}

static void buckets_come_page_by_page(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "GET /?max-buckets=1000&continuation-token=t%2F1 " },
			.body = BUCKETS(BUCKET("two", ""), "") },
		{ { "GET /?max-buckets=1000 " },
			.body = BUCKETS(BUCKET("one", ""),
				"<ContinuationToken>t/1</ContinuationToken>") },
		{ { "?location" }, .body = LOCATION("") },
		{ { "?acl" }, .body = ACL("") }, NONE("?tagging", "NoSuchTagSet"),
		NONE("?policyStatus", "NoSuchBucketPolicy"),
		NONE("?publicAccessBlock", "NoSuchPublicAccessBlockConfiguration") };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_buckets(&f), 0);
	assert_int_equal(inventory_count(f.got), 2);
	fixture_end(&f);
}

static void many_buckets_are_asked_at_once_and_all_are_there(void **state)
{
	enum { COUNT = 60 };
	static char body[16 * 1024];
	const struct rule rules[] = { SIGNED_IN, { { "GET /?max" }, .body = body },
		{ { "?location" }, .body = LOCATION("") },
		{ { "?acl" }, .body = ACL("") }, NONE("?tagging", "NoSuchTagSet"),
		NONE("?policyStatus", "NoSuchBucketPolicy"),
		NONE("?publicAccessBlock", "NoSuchPublicAccessBlockConfiguration") };
	struct account_fixture f;
	size_t len = 0;

	(void)state;
	len += (size_t)snprintf(body, sizeof(body), "<ListAllMyBucketsResult><Buckets>");
	for (int i = 0; i < COUNT; i++)
		len += (size_t)snprintf(body + len, sizeof(body) - len,
			"<Bucket><Name>bucket-%02d</Name></Bucket>", i);
	(void)snprintf(
		body + len, sizeof(body) - len, "</Buckets></ListAllMyBucketsResult>");
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_buckets(&f), 0);
	assert_int_equal(inventory_count(f.got), COUNT);
	assert_int_equal(resource_account_calls(f.account), 2 + 5 * COUNT);
	/* One connection a call at once. */
	assert_true(web_server_connections(f.server) <= 8);
	fixture_end(&f);
}

/* What fails all, though it is said of one. */
static void what_may_pass_fails_the_listing(void **state)
{
	static const struct {
		struct rule rule;
		int error;
	} cases[] = {
		{ { { "?acl" }, .status = "503 Slow Down",
			  .body = S3_ERROR("SlowDown", "slow") },
			-ETIMEDOUT },
		{ { { "?acl" }, .body = ACL(""), .cut = 100 }, -EHOSTUNREACH },
		{ { { "?acl" }, .status = "400 Bad Request",
			  .body = S3_ERROR("ExpiredToken", "ended") },
			-EKEYEXPIRED },
		{ { { "?location" }, .body = LOCATION("../etc") }, -EBADMSG },
		{ { { "GET /?max" }, .body = BUCKETS(BUCKET("a/b", ""), "") }, -EBADMSG },
		{ { { "GET /?max" }, .body = BUCKETS(BUCKET("ab", ""), "") }, -EBADMSG },
		{ { { "GET /?max" }, .body = BUCKETS(BUCKET("...", ""), "") }, -EBADMSG },
		{ { { "GET /?max" }, .body = BUCKETS("<Bucket/>", "") }, -EBADMSG },
		{ { { "GET /?max" }, .status = DENIED,
			  .body = S3_ERROR("AccessDenied", "no") },
			-EACCES },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct rule rules[] = { cases[i].rule, SIGNED_IN, LISTED,
			{ { "?location" }, .body = LOCATION("") },
			NONE("?tagging", "NoSuchTagSet"), { { "?acl" }, .body = ACL("") },
			NONE("?policyStatus", "NoSuchBucketPolicy"),
			NONE("?publicAccessBlock",
				"NoSuchPublicAccessBlockConfiguration") };
		struct account_fixture f;

		print_message("%s\n", cases[i].rule.body);
		begin(&f, rules, ARRAY_LEN(rules));
		assert_int_equal(list_buckets(&f), cases[i].error);
		assert_null(f.got);
		assert_true(f.why.text[0] != '\0');
		if (cases[i].error == -EACCES)
			assert_has(f.why.cure, "allow s3:ListAllMyBuckets for");
		fixture_end(&f);
	}
}

#define USERS(items, more)                                                               \
	"<ListUsersResponse><ListUsersResult><Users>" items "</Users>" more              \
	"</ListUsersResult></ListUsersResponse>"
#define USER(name)                                                                       \
	"<member><Path>/</Path><UserName>" name "</UserName><PasswordLastUsed>"          \
	"2026-11-02T00:00:00Z</PasswordLastUsed></member>"
#define KEYS(items, more)                                                                \
	"<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata>" items        \
	"</AccessKeyMetadata>" more "</ListAccessKeysResult></ListAccessKeysResponse>"
#define KEY(id)                                                                          \
	"<member><AccessKeyId>" id "</AccessKeyId><Status>Active</Status></member>"
#define LOGIN                                                                            \
	"<GetLoginProfileResponse><GetLoginProfileResult><LoginProfile><UserName>u"      \
	"</UserName><PasswordResetRequired>false</PasswordResetRequired></LoginProfile>" \
	"</GetLoginProfileResult></GetLoginProfileResponse>"
#define LAST_USED                                                                        \
	"<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>u"          \
	"</UserName><AccessKeyLastUsed><Region>N/A</Region><ServiceName>N/A"             \
	"</ServiceName></AccessKeyLastUsed></GetAccessKeyLastUsedResult>"                \
	"</GetAccessKeyLastUsedResponse>"

static void a_user_has_login_and_keys_with_their_last_use(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "Action=ListUsers&Version=2010-05-08&MaxItems=1000",
			  "/us-east-1/iam/aws4_request" },
			.body = USERS(USER("u+1@x"), "") },
		{ { "Action=GetLoginProfile&Version=2010-05-08&UserName=u%2B1%40x" },
			.body = LOGIN },
		{ { "Action=ListAccessKeys", "Marker=m" }, .body = KEYS(KEY("AK2"), "") },
		{ { "Action=ListAccessKeys", "&UserName=u%2B1%40x" },
			.body = KEYS(KEY("AK1"),
				"<IsTruncated>true</IsTruncated><Marker>m</Marker>") },
		{ { "Action=GetAccessKeyLastUsed", "&AccessKeyId=AK1" },
			.body = LAST_USED },
		{ { "Action=GetAccessKeyLastUsed", "&AccessKeyId=AK2" }, .status = DENIED,
			.body = ERROR("AccessDenied", "no") } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_users(&f), 0);
	assert_int_equal(f.unknown, 0);
	assert_span(inventory_text(f.got, 0, INVENTORY_ID), "u+1@x");
	assert_span(inventory_json(f.got, 0),
		"{\n"
		"    \"Path\": \"/\",\n"
		"    \"UserName\": \"u+1@x\",\n"
		"    \"PasswordLastUsed\": \"2026-11-02T00:00:00+00:00\",\n"
		"    \"LoginProfile\": {\n"
		"        \"UserName\": \"u\",\n"
		"        \"PasswordResetRequired\": false\n"
		"    },\n"
		"    \"AccessKeys\": [\n"
		"        {\n"
		"            \"AccessKeyId\": \"AK1\",\n"
		"            \"Status\": \"Active\",\n"
		"            \"AccessKeyLastUsed\": {\n"
		"                \"ServiceName\": \"N/A\",\n"
		"                \"Region\": \"N/A\"\n"
		"            }\n"
		"        },\n"
		"        {\n"
		"            \"AccessKeyId\": \"AK2\",\n"
		"            \"Status\": \"Active\",\n"
		"            \"AccessKeyLastUsed\": null\n"
		"        }\n"
		"    ],\n"
		"    \"Errors\": [\n"
		"        {\n"
		"            \"Operation\": \"GetAccessKeyLastUsed\",\n"
		"            \"Code\": \"AccessDenied\",\n"
		"            \"Message\": \"no\",\n"
		"            \"Permission\": \"iam:GetAccessKeyLastUsed\"\n"
		"        }\n"
		"    ]\n"
		"}\n");
	fixture_end(&f);
}

static void users_without_password_or_keys_and_users_that_have_gone(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "Action=ListUsers", "Marker=m" }, .body = USERS(USER("gone"), "") },
		{ { "Action=ListUsers" },
			.body = USERS(USER("a") USER("b"),
				"<IsTruncated>true</IsTruncated><Marker>m</Marker>") },
		{ { "GetLoginProfile" }, .status = "404 Not Found",
			.body = ERROR("NoSuchEntity", "Login Profile not found") },
		{ { "ListAccessKeys", "UserName=gone" }, .status = "404 Not Found",
			.body = ERROR("NoSuchEntity", "The user cannot be found") },
		{ { "ListAccessKeys", "UserName=b" }, .status = DENIED,
			.body = ERROR("AccessDenied", "no") },
		{ { "ListAccessKeys" }, .body = KEYS("", "") } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_users(&f), 0);
	assert_int_equal(inventory_count(f.got), 2);
	assert_span(inventory_json(f.got, 0),
		"{\n"
		"    \"Path\": \"/\",\n"
		"    \"UserName\": \"a\",\n"
		"    \"PasswordLastUsed\": \"2026-11-02T00:00:00+00:00\",\n"
		"    \"LoginProfile\": null,\n"
		"    \"AccessKeys\": []\n"
		"}\n");
	assert_span(inventory_json(f.got, 1),
		"{\n"
		"    \"Path\": \"/\",\n"
		"    \"UserName\": \"b\",\n"
		"    \"PasswordLastUsed\": \"2026-11-02T00:00:00+00:00\",\n"
		"    \"LoginProfile\": null,\n"
		"    \"AccessKeys\": null,\n"
		"    \"Errors\": [\n"
		"        {\n"
		"            \"Operation\": \"ListAccessKeys\",\n"
		"            \"Code\": \"AccessDenied\",\n"
		"            \"Message\": \"no\",\n"
		"            \"Permission\": \"iam:ListAccessKeys\"\n"
		"        }\n"
		"    ]\n"
		"}\n");
	fixture_end(&f);
}

static void a_key_that_has_gone_is_told_and_its_user_stays(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "ListUsers" }, .body = USERS(USER("u"), "") },
		{ { "GetLoginProfile" }, .body = LOGIN },
		{ { "ListAccessKeys" }, .body = KEYS(KEY("AK1"), "") },
		{ { "GetAccessKeyLastUsed" }, .status = "404 Not Found",
			.body = ERROR("NoSuchEntity", "The key cannot be found") } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_users(&f), 0);
	assert_int_equal(inventory_count(f.got), 1);
	assert_true(memmem(inventory_json(f.got, 0).p, inventory_json(f.got, 0).len,
		"\"Code\": \"NoSuchEntity\"", 22));
	fixture_end(&f);
}

static void a_throttled_key_fails_the_users(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "ListUsers" }, .body = USERS(USER("u"), "") },
		{ { "GetLoginProfile" }, .body = LOGIN },
		{ { "ListAccessKeys" }, .body = KEYS(KEY("AK1"), "") },
		{ { "GetAccessKeyLastUsed" }, .status = "400 Bad Request",
			.body = ERROR("Throttling", "Rate exceeded") } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_users(&f), -ETIMEDOUT);
	assert_has(f.why.text, "account " ACCOUNT ": iam GetAccessKeyLastUsed");
	assert_int_equal(f.used[4], 3);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_has_all_that_its_calls_answer),
		cmocka_unit_test(what_is_not_there_of_a_bucket_is_null),
		cmocka_unit_test(what_is_refused_of_a_bucket_is_told_in_it),
		cmocka_unit_test(a_bucket_is_asked_where_a_refusal_says_that_it_is),
		cmocka_unit_test(
			a_bucket_that_is_said_to_be_here_and_elsewhere_is_asked_once),
		cmocka_unit_test(a_bucket_that_has_gone_meanwhile_is_left_out),
		cmocka_unit_test(buckets_come_page_by_page),
		cmocka_unit_test(many_buckets_are_asked_at_once_and_all_are_there),
		cmocka_unit_test(what_may_pass_fails_the_listing),
		cmocka_unit_test(a_user_has_login_and_keys_with_their_last_use),
		cmocka_unit_test(users_without_password_or_keys_and_users_that_have_gone),
		cmocka_unit_test(a_key_that_has_gone_is_told_and_its_user_stays),
		cmocka_unit_test(a_throttled_key_fails_the_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
