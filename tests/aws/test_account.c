/* Credentials of an account, listings page by page, and what is told of failures. */
#include "tests/aws/account_fixture.h"

#define VOLUMES(items, token)                                                            \
	"<DescribeVolumesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"   \
	"<requestId>r</requestId><volumeSet>" items "</volumeSet>" token                 \
	"</DescribeVolumesResponse>"
#define VOLUME(id)                                                                       \
	"<item><volumeId>" id "</volumeId><size>8</size><status>in-use</status></item>"
#define TOKEN(text) "<nextToken>" text "</nextToken>"
#define DENIED                                                                           \
	EC2_ERROR("UnauthorizedOperation",                                               \
		"You are not authorized to perform this operation.")

static int list_volumes(struct account_fixture *f)
{
	return fixture_list(f, "ec2", "volumes", "eu-west-1");
}

/* With the rules, and keys that are the account's own. */
static void begin(struct account_fixture *f, const struct rule *rules, size_t count)
{
	fixture_begin(f, rules, count);
	fixture_open(f, NULL);
}

static const char *request_with(struct account_fixture *f, const char *text)
{
	for (unsigned i = 0; i < web_server_requests(f->server); i++)
		if (strstr(web_server_request(f->server, i), text))
			return web_server_request(f->server, i);
	print_error("no request with %s\n", text);
	fail();
	return "";
}

static void elements_of_all_pages_are_listed_as_they_are_printed(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "Action=DescribeVolumes", "&NextToken=a%2B%2F%3D%26" },
			.body = VOLUMES(VOLUME("vol-1"), "") },
		{ { "Action=DescribeVolumes&Version=2016-11-15&MaxResults=1000" },
			.body = VOLUMES(
				VOLUME("vol-2") VOLUME("vol-3"), TOKEN("a+/=&amp;")) } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_volumes(&f), 0);
	assert_int_equal(inventory_count(f.got), 3);
	assert_span(inventory_json(f.got, 0),
		"{\n    \"VolumeId\": \"vol-1\",\n    \"Size\": 8,\n"
		"    \"State\": \"in-use\"\n}\n");
	assert_span(inventory_text(f.got, 0, INVENTORY_SIZE), "8");
	assert_span(inventory_text(f.got, 0, INVENTORY_ZONE), "eu-west-1");
	assert_span(inventory_text(f.got, 2, INVENTORY_ID), "vol-3");
	assert_int_equal(inventory_time(f.got).seconds, ACCOUNT_NOW);
	assert_int_equal(resource_account_calls(f.account), 3);
	assert_int_equal(f.unknown, 0);
	fixture_end(&f);
}

static void an_empty_page_with_a_token_is_no_end(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "NextToken=b" }, .body = VOLUMES(VOLUME("vol-1"), "") },
		{ { "NextToken=a" }, .body = VOLUMES("", TOKEN("b")) },
		{ { "DescribeVolumes" }, .body = VOLUMES("", TOKEN("a")) } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_volumes(&f), 0);
	assert_int_equal(inventory_count(f.got), 1);
	fixture_end(&f);
}

static void a_token_that_comes_again_is_an_error(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "NextToken=b" }, .body = VOLUMES("", TOKEN("a")) },
		{ { "NextToken=a" }, .body = VOLUMES("", TOKEN("b")) },
		{ { "DescribeVolumes" }, .body = VOLUMES("", TOKEN("a")) } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_volumes(&f), -EBADMSG);
	assert_null(f.got);
	assert_string_equal(f.why.text,
		"account " ACCOUNT
		", eu-west-1: DescribeVolumes: the same page is offered again "
		"and again");
	fixture_end(&f);
}

#define ROLES(name, more)                                                                \
	"<ListRolesResponse><ListRolesResult><Roles><member><RoleName>" name             \
	"</RoleName><AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D"    \
	"</AssumeRolePolicyDocument></member></Roles>" more                              \
	"</ListRolesResult></ListRolesResponse>"

static void pages_of_iam_go_by_marker(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "Action=ListRoles", "&MaxItems=1000&Marker=m%2B%2F" },
			.body = ROLES("a", "<IsTruncated>false</IsTruncated>") },
		{ { "Action=ListRoles&Version=2010-05-08&MaxItems=1000",
			  "/us-east-1/iam/aws4_request" },
			.body = ROLES("b",
				"<IsTruncated>true</IsTruncated><Marker>m+/</"
				"Marker>") } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(fixture_list(&f, "iam", "roles", ""), 0);
	assert_int_equal(inventory_count(f.got), 2);
	assert_span(inventory_json(f.got, 0),
		"{\n    \"RoleName\": \"a\",\n    \"AssumeRolePolicyDocument\": {\n"
		"        \"Version\": \"2012-10-17\"\n    }\n}\n");
	assert_span(inventory_text(f.got, 1, INVENTORY_ID), "b");
	assert_int_equal(f.unknown, 0);
	fixture_end(&f);
}

static void pages_of_a_thousand_are_whole(void **state)
{
	enum { PAGE = 1000, ITEM = 80, ALL = 3 * PAGE };
	static char pages[3][PAGE * ITEM + 200];
	const struct rule rules[] = { SIGNED_IN, { { "NextToken=p2" }, .body = pages[2] },
		{ { "NextToken=p1" }, .body = pages[1] },
		{ { "DescribeVolumes" }, .body = pages[0] } };
	struct account_fixture f;

	(void)state;
	for (int p = 0; p < 3; p++) {
		size_t len = (size_t)snprintf(pages[p], sizeof(pages[p]), "%s",
			"<DescribeVolumesResponse><volumeSet>");

		for (int i = 0; i < PAGE; i++)
			len += (size_t)snprintf(pages[p] + len, sizeof(pages[p]) - len,
				"<item><volumeId>vol-%d-%04d</volumeId></item>", p, i);
		(void)snprintf(pages[p] + len, sizeof(pages[p]) - len,
			p < 2 ? "</volumeSet><nextToken>p%d</nextToken>%s"
			      : "</volumeSet><!-- %d -->%s",
			p + 1, "</DescribeVolumesResponse>");
	}
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_volumes(&f), 0);
	assert_int_equal(inventory_count(f.got), ALL);
	for (size_t i = 0; i < ALL; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "vol-%zu-%04zu", i / PAGE, i % PAGE);
		assert_span(inventory_text(f.got, i, INVENTORY_ID), id);
	}
	fixture_end(&f);
}

static void parameters_are_those_of_the_kind(void **state)
{
	static const struct {
		const char *type, *form;
	} kinds[] = {
		{ "snapshots",
			"\r\nAction=DescribeSnapshots&Version=2016-11-15&Owner.1=self"
			"&MaxResults=1000" },
		{ "images",
			"\r\nAction=DescribeImages&Version=2016-11-15&Owner.1=self"
			"&MaxResults=1000" },
		{ "instance-status",
			"\r\nAction=DescribeInstanceStatus&Version=2016-11-15"
			"&IncludeAllInstances=true&MaxResults=1000" },
		{ "addresses", "\r\nAction=DescribeAddresses&Version=2016-11-15" },
		{ "route-tables",
			"\r\nAction=DescribeRouteTables&Version=2016-11-15"
			"&MaxResults=100" },
	};
	static const struct rule rules[] = { SIGNED_IN,
		{ { "DescribeSnapshots" }, .body = "<DescribeSnapshotsResponse/>" },
		{ { "DescribeImages" }, .body = "<DescribeImagesResponse/>" },
		{ { "DescribeInstanceStatus" },
			.body = "<DescribeInstanceStatusResponse/>" },
		{ { "DescribeAddresses" }, .body = "<DescribeAddressesResponse/>" },
		{ { "DescribeRouteTables" }, .body = "<DescribeRouteTablesResponse/>" } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const char *request;

		print_message("%s\n", kinds[i].type);
		assert_int_equal(fixture_list(&f, "ec2", kinds[i].type, "us-east-2"), 0);
		assert_int_equal(inventory_count(f.got), 0);
		request = request_with(&f, kinds[i].form);
		assert_true(span_ends(span_of(request), span_of(kinds[i].form)));
		assert_has(request, "/us-east-2/ec2/aws4_request");
	}
	fixture_end(&f);
}

static void a_role_is_assumed_once_and_signs_all_calls(void **state)
{
	static const struct rule rules[] = {
		{ { "Action=AssumeRole&", "Credential=AKIAGIVEN/" }, .body = STS_ROLE },
		{ { "DescribeVolumes", "Credential=ASIAROLE/",
			  "x-amz-security-token: role-token" },
			.body = VOLUMES(VOLUME("vol-1"), "") }
	};
	struct account_fixture f;
	const char *request;

	(void)state;
	fixture_begin(&f, rules, ARRAY_LEN(rules));
	fixture_open(&f, ROLE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(list_volumes(&f), 0);
	assert_int_equal(f.used[0], 1);
	assert_int_equal(f.used[1], 3);
	request = request_with(&f, "Action=AssumeRole");
	assert_has(request,
		"&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Freader"
		"&RoleSessionName=costfs&ExternalId=ext");
	fixture_end(&f);
}

static void a_role_that_may_not_be_assumed_is_told_with_a_cure(void **state)
{
	static const struct rule rules[] = { { { "Action=AssumeRole&" },
		.status = "403 Forbidden",
		.body = ERROR(
			"AccessDenied", "not authorized to perform: sts:AssumeRole") } };
	struct account_fixture f;

	(void)state;
	fixture_begin(&f, rules, ARRAY_LEN(rules));
	fixture_open(&f, ROLE);
	assert_int_equal(list_volumes(&f), -EACCES);
	assert_has(f.why.text, "account " ACCOUNT ", eu-west-1: role " ROLE);
	assert_has(f.why.text, "AccessDenied");
	assert_string_equal(f.why.cure,
		"create " ROLE
		" in the account, trust the credentials in use (a test) in it, and allow "
		"sts:AssumeRole on it there; or name another role");
	fixture_end(&f);
}

static void keys_that_are_not_there_are_told(void **state)
{
	static const int errors[] = { -ENOKEY, -EKEYEXPIRED, -EKEYREJECTED, -EACCES };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct account_fixture f;

		fixture_begin(&f, NULL, 0);
		fixture_open(&f, i % 2 ? ROLE : NULL);
		f.keys.error = errors[i];
		assert_int_equal(list_volumes(&f), errors[i]);
		assert_string_equal(
			f.why.text, "account " ACCOUNT ", eu-west-1: a test: no keys");
		assert_int_equal(web_server_requests(f.server), 0);
		fixture_end(&f);
	}
}

/* Once: a session that was withdrawn may have been renewed meanwhile. */
static void sessions_that_sts_refuses_are_asked_for_anew(void **state)
{
	static const struct rule rules[] = {
		{ { "Action=", "x-amz-security-token: given-token" },
			.status = "403 Forbidden",
			.body = ERROR("ExpiredToken", "it has ended"), .times = 1 },
		{ { "Action=AssumeRole" }, .body = STS_ROLE }, SIGNED_IN,
		{ { "DescribeVolumes" }, .body = VOLUMES(VOLUME("vol-1"), "") }
	};

	(void)state;
	for (int is_role = 0; is_role < 2; is_role++) {
		struct account_fixture f;

		fixture_begin(&f, rules, ARRAY_LEN(rules));
		f.keys.token = "given-token";
		fixture_open(&f, is_role ? ROLE : NULL);
		assert_int_equal(list_volumes(&f), 0);
		assert_int_equal(f.keys.dropped, 1);
		fixture_end(&f);
	}
}

static void long_lived_keys_that_sts_refuses_are_asked_for_once(void **state)
{
	static const struct rule rules[] = { { { "Action=AssumeRole" },
		.status = "403 Forbidden",
		.body = ERROR("InvalidClientTokenId", "unknown") } };
	struct account_fixture f;

	(void)state;
	fixture_begin(&f, rules, ARRAY_LEN(rules));
	fixture_open(&f, ROLE);
	assert_int_equal(list_volumes(&f), -EKEYREJECTED);
	assert_int_equal(f.used[0], 1);
	assert_int_equal(f.keys.dropped, 0);
	fixture_end(&f);
}

/* A role's keys are not those that it was assumed with. */
static void keys_that_a_service_refuses_are_dropped_where_they_come_from(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "Action=AssumeRole" }, .body = STS_ROLE },
		{ { "DescribeVolumes" }, .status = "401 Unauthorized",
			.body = EC2_ERROR("InvalidClientTokenId", "unknown") } };

	(void)state;
	for (int is_role = 0; is_role < 2; is_role++) {
		struct account_fixture f;

		fixture_begin(&f, rules, ARRAY_LEN(rules));
		fixture_open(&f, is_role ? ROLE : NULL);
		assert_int_equal(list_volumes(&f), -EKEYREJECTED);
		assert_int_equal(f.keys.dropped, is_role ? 0 : 1);
		fixture_end(&f);
	}
}

static void keys_of_another_account_list_nothing(void **state)
{
	static const struct rule rules[] = { { { "GetCallerIdentity" },
		.body = STS_IDENTITY("444455556666") } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_volumes(&f), -EACCES);
	assert_has(f.why.text,
		"the credentials for account " ACCOUNT " are of account 444455556666 "
		"(arn:aws:iam::444455556666:user/u)");
	assert_string_equal(f.why.cure, "name a profile or a role of account " ACCOUNT);
	assert_int_equal(web_server_requests(f.server), 1);
	fixture_end(&f);
}

static void a_role_of_another_account_is_refused_at_once(void **state)
{
	static const char *const roles[] = { "arn:aws:iam::444455556666:role/reader",
		"arn:aws:iam::111122223333:user/reader", "reader", "",
		"arn:aws:sts::111122223333:role/reader", "arn:aws:iam::111122223333" };
	struct account_fixture f;

	(void)state;
	fixture_begin(&f, NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		const struct resource_account_options options = { .context = &f.context,
			.credentials = &f.keys.base,
			.account_id = ACCOUNT,
			.role_arn = roles[i] };

		f.why = (struct fault){ 0 };
		print_message("%s\n", roles[i]);
		assert_int_equal(
			resource_account_new(&options, &f.account, &f.why), -EINVAL);
		assert_null(f.account);
		assert_string_equal(
			f.why.cure, "write it like: arn:aws:iam::" ACCOUNT ":role/NAME");
	}
	assert_int_equal(web_server_requests(f.server), 0);
	fixture_end(&f);
}

/* What the service answers, and what comes of it. */
static const struct {
	const char *what;
	struct rule rule;
	int error;
	unsigned attempts;
	const char *text, *cure; /* parts of them */
} failures[] = {
	{ "denied", { .status = "403 Forbidden", .body = DENIED }, -EACCES, 1,
		"account " ACCOUNT ", eu-west-1: ec2 DescribeVolumes: HTTP 403 "
		"UnauthorizedOperation: You are not authorized",
		"allow ec2:DescribeVolumes in eu-west-1 for the credentials in use "
		"(a test)" },
	{ "a region that is not enabled",
		{ .status = "401 Unauthorized",
			.body = EC2_ERROR("AuthFailure",
				"AWS was not able to validate the provided access "
				"credentials") },
		-EACCES, 1, "AuthFailure",
		"enable region eu-west-1 in account " ACCOUNT
		", or leave it out of the regions" },
	{ "a service that is not signed up for",
		{ .status = "403 Forbidden",
			.body = EC2_ERROR("OptInRequired", "not subscribed") },
		-EACCES, 1, "OptInRequired", "enable region eu-west-1" },
	{ "throttled for good",
		{ .status = "503 Service Unavailable",
			.body = EC2_ERROR("RequestLimitExceeded", "slow") },
		-ETIMEDOUT, 3, "RequestLimitExceeded", "try again later" },
	{ "ill for good",
		{ .status = "500 Internal Server Error",
			.body = EC2_ERROR("InternalError", "oops") },
		-ETIMEDOUT, 3, "InternalError", "try again later" },
	{ "unknown there",
		{ .status = "400 Bad Request",
			.body = EC2_ERROR("InvalidAction", "no such action") },
		-EIO, 1, "InvalidAction", "" },
	{ "not to be had there",
		{ .status = "400 Bad Request",
			.body = EC2_ERROR("UnsupportedOperation", "not in this region") },
		-EIO, 1, "UnsupportedOperation: not in this region", "" },
	{ "keys that have ended",
		{ .status = "400 Bad Request",
			.body = EC2_ERROR("RequestExpired", "it has expired") },
		-EKEYEXPIRED, 1, "RequestExpired", "" },
	{ "keys that are none",
		{ .status = "401 Unauthorized",
			.body = EC2_ERROR("InvalidClientTokenId", "unknown") },
		-EKEYREJECTED, 1, "InvalidClientTokenId", "check the access keys" },
	{ "cut in the middle, each time",
		{ .body = VOLUMES(VOLUME("vol-1"), ""), .cut = 150 }, -EHOSTUNREACH, 3,
		"ec2 DescribeVolumes", "" },
	{ "whole by its length, and yet not",
		{ .body = "<DescribeVolumesResponse><volu" }, -EBADMSG, 3,
		"cut or broken", "" },
	{ "a page of somebody else", { .body = "<html><body>sign in</body></html>" },
		-EBADMSG, 3, "cut or broken", "" },
	{ "an element without an id",
		{ .body = VOLUMES(VOLUME("vol-1") "<item><size>8</size></item>", "") },
		-EBADMSG, 1,
		"account " ACCOUNT ", eu-west-1: DescribeVolumes: an element "
		"without VolumeId",
		"" },
};

static void failures_are_told_with_their_cure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		struct rule rules[] = { SIGNED_IN, failures[i].rule };
		struct account_fixture f;

		print_message("%s\n", failures[i].what);
		rules[1].wants[0] = "Action=DescribeVolumes";
		begin(&f, rules, ARRAY_LEN(rules));
		assert_int_equal(list_volumes(&f), failures[i].error);
		assert_null(f.got);
		assert_int_equal(f.used[1], failures[i].attempts);
		assert_has(f.why.text, failures[i].text);
		assert_has(f.why.cure, failures[i].cure);
		assert_int_equal(f.why.error, failures[i].error);
		fixture_end(&f);
	}
}

static void a_page_that_fails_fails_the_listing(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "NextToken=a" }, .status = "403 Forbidden", .body = DENIED },
		{ { "DescribeVolumes" }, .body = VOLUMES(VOLUME("vol-1"), TOKEN("a")) } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_volumes(&f), -EACCES);
	assert_null(f.got);
	fixture_end(&f);
}

static void what_passes_is_asked_again_and_counted(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "DescribeVolumes" }, .status = "503 Service Unavailable",
			.body = EC2_ERROR("RequestLimitExceeded", "slow"), .times = 1 },
		{ { "DescribeVolumes" }, .body = VOLUMES(VOLUME("vol-1"), ""), .cut = 150,
			.times = 1 },
		{ { "DescribeVolumes" }, .body = VOLUMES(VOLUME("vol-1"), "") } };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(list_volumes(&f), 0);
	assert_int_equal(inventory_count(f.got), 1);
	assert_int_equal(resource_account_calls(f.account), 1 + 3);
	fixture_end(&f);
}

static void a_region_that_is_none_asks_nobody(void **state)
{
	static const char *const regions[] = { "eu west", "example.com/", "a@b",
		"012345678901234567890123456789012345678901234567890123456789-abcdef" };
	static const struct rule rules[] = { SIGNED_IN };
	struct account_fixture f;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
		print_message("%s\n", regions[i]);
		assert_int_equal(fixture_list(&f, "ec2", "volumes", regions[i]), -EIO);
	}
	assert_int_equal(web_server_requests(f.server), 0);
	fixture_end(&f);
}

static void a_listing_that_is_stopped_says_so(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "DescribeVolumes" }, .body = VOLUMES("", "") } };
	struct account_fixture f;
	atomic_bool stop = true;
	size_t kind = 0;

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(resource_kind_find(SPAN("ec2"), SPAN("volumes"), &kind), 0);
	assert_int_equal(resource_account_list(
				 f.account, kind, "eu-west-1", &stop, &f.got, &f.why),
		-ECANCELED);
	assert_null(f.got);
	fixture_end(&f);
}

#define REGIONS(items)                                                                   \
	"<DescribeRegionsResponse><regionInfo>" items                                    \
	"</regionInfo></DescribeRegionsResponse>"
#define REGION(name) "<item><regionName>" name "</regionName></item>"

static void regions_are_the_enabled_ones_sorted(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "\r\nAction=DescribeRegions&Version=2016-11-15",
			  "/eu-west-1/ec2/aws4_request" },
			.body = REGIONS(REGION("us-east-1") REGION("af-south-1")
					REGION("us-east-1")) } };
	static const char want[] = "af-south-1\0us-east-1";
	struct account_fixture f;
	struct buf names = BUF_INIT(100);

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(buf_append_text(&names, "old"), 0);
	assert_int_equal(resource_account_regions(f.account, NULL, &names, &f.why), 0);
	assert_int_equal(names.len, sizeof(want));
	assert_memory_equal(names.p, want, sizeof(want));
	buf_finish(&names);
	fixture_end(&f);
}

/* The context's region may be one that only the payer has enabled. */
static void regions_are_asked_where_every_account_is_when_they_are_refused(void **state)
{
	struct rule rules[] = { SIGNED_IN,
		{ { "DescribeRegions", "/eu-west-1/ec2/" }, .status = "401 Unauthorized",
			.body = EC2_ERROR("AuthFailure", "not validated") },
		{ { "DescribeRegions", "/us-east-1/ec2/" },
			.body = REGIONS(REGION("us-east-1")) } };
	struct account_fixture f;
	struct buf names = BUF_INIT(100);

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	assert_int_equal(resource_account_regions(f.account, NULL, &names, &f.why), 0);
	assert_int_equal(names.len, sizeof("us-east-1"));
	assert_int_equal(f.why.error, 0);
	rules[2].status = "403 Forbidden";
	rules[2].body = DENIED;
	assert_int_equal(
		resource_account_regions(f.account, NULL, &names, &f.why), -EACCES);
	assert_has(f.why.text, "AuthFailure");
	assert_int_equal(names.len, sizeof("us-east-1"));
	buf_finish(&names);
	fixture_end(&f);
}

static void regions_that_are_none_are_refused(void **state)
{
	static const char *const answers[] = { REGIONS(REGION("../etc")),
		REGIONS(REGION("EU")), REGIONS(REGION("")), REGIONS(REGION("a\"b")),
		REGIONS(REGION(
			"0123456789012345678901234567890123456789012345678901234567"
			"89-abcdef")) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		const struct rule rules[] = { SIGNED_IN,
			{ { "DescribeRegions" }, .body = answers[i] } };
		struct account_fixture f;
		struct buf names = BUF_INIT(100);

		print_message("%s\n", answers[i]);
		begin(&f, rules, ARRAY_LEN(rules));
		assert_int_equal(buf_append_text(&names, "old"), 0);
		assert_int_equal(
			resource_account_regions(f.account, NULL, &names, &f.why),
			-EBADMSG);
		assert_span(buf_span(&names), "old");
		buf_finish(&names);
		fixture_end(&f);
	}
}

struct many {
	struct account_fixture *f;
	int result;
	size_t count;
};

static void *list_some(void *context)
{
	struct many *m = context;
	size_t kind = 0;

	m->result = resource_kind_find(SPAN("ec2"), SPAN("volumes"), &kind);
	for (int i = 0; i < 5 && m->result == 0; i++) {
		struct inventory *v = NULL;

		m->result = resource_account_list(m->f->account, kind,
			i % 2 ? "us-east-1" : "eu-west-1", NULL, &v, NULL);
		if (m->result == 0)
			m->count += inventory_count(v);
		inventory_unref(v);
	}
	return NULL;
}

static void threads_share_the_account(void **state)
{
	static const struct rule rules[] = { SIGNED_IN,
		{ { "DescribeVolumes" }, .body = VOLUMES(VOLUME("vol-1"), "") } };
	struct account_fixture f;
	struct many many[4];
	pthread_t threads[4];

	(void)state;
	begin(&f, rules, ARRAY_LEN(rules));
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		many[i] = (struct many){ .f = &f };
		assert_int_equal(
			pthread_create(&threads[i], NULL, list_some, &many[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		(void)pthread_join(threads[i], NULL);
		assert_int_equal(many[i].result, 0);
		assert_int_equal(many[i].count, 5);
	}
	assert_int_equal(f.used[0], 1);
	assert_int_equal(resource_account_calls(f.account), 1 + 4 * 5);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_of_all_pages_are_listed_as_they_are_printed),
		cmocka_unit_test(an_empty_page_with_a_token_is_no_end),
		cmocka_unit_test(a_token_that_comes_again_is_an_error),
		cmocka_unit_test(pages_of_iam_go_by_marker),
		cmocka_unit_test(pages_of_a_thousand_are_whole),
		cmocka_unit_test(parameters_are_those_of_the_kind),
		cmocka_unit_test(a_role_is_assumed_once_and_signs_all_calls),
		cmocka_unit_test(a_role_that_may_not_be_assumed_is_told_with_a_cure),
		cmocka_unit_test(keys_that_are_not_there_are_told),
		cmocka_unit_test(sessions_that_sts_refuses_are_asked_for_anew),
		cmocka_unit_test(long_lived_keys_that_sts_refuses_are_asked_for_once),
		cmocka_unit_test(
			keys_that_a_service_refuses_are_dropped_where_they_come_from),
		cmocka_unit_test(keys_of_another_account_list_nothing),
		cmocka_unit_test(a_role_of_another_account_is_refused_at_once),
		cmocka_unit_test(failures_are_told_with_their_cure),
		cmocka_unit_test(a_page_that_fails_fails_the_listing),
		cmocka_unit_test(what_passes_is_asked_again_and_counted),
		cmocka_unit_test(a_region_that_is_none_asks_nobody),
		cmocka_unit_test(a_listing_that_is_stopped_says_so),
		cmocka_unit_test(regions_are_the_enabled_ones_sorted),
		cmocka_unit_test(
			regions_are_asked_where_every_account_is_when_they_are_refused),
		cmocka_unit_test(regions_that_are_none_are_refused),
		cmocka_unit_test(threads_share_the_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
