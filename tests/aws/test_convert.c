#include "aws/resource/convert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/api/json.h"
#include "aws/resource/element.h"
#include "aws/resource/print.h"
#include "tests/cmocka.h"

#define REGIONS(body)                                                                    \
	"<DescribeRegionsResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'>"     \
	"<requestId>r</requestId>" body "</DescribeRegionsResponse>"
#define USERS(body)                                                                      \
	"<ListUsersResponse><ListUsersResult>" body "</ListUsersResult>"                 \
	"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"                  \
	"</ListUsersResponse>"
#define POINTS(body)                                                                     \
	"<GetMetricStatisticsResponse><GetMetricStatisticsResult><Datapoints><member>"   \
	"" body "</member></Datapoints></GetMetricStatisticsResult>"                     \
	"</GetMetricStatisticsResponse>"

/* A policy as IAM sends it, and as it is printed. */
#define ROLE(document)                                                                   \
	"<ListRolesResponse><ListRolesResult><Roles><member><"                           \
	"AssumeRolePolicyDocument>" document                                             \
	"</AssumeRolePolicyDocument></member></Roles></ListRolesResult>"                 \
	"</ListRolesResponse>"
#define POLICY(json) "{\n    \"AssumeRolePolicyDocument\": " json "\n}"

/* Elements are joined by "|". */
static const struct {
	const char *what, *service, *operation, *path, *xml, *want;
} documents[] = {
	{ "members in the model's order, whatever the answer's", "ec2", "DescribeRegions",
		"",
		REGIONS("<regionInfo><item><regionEndpoint>e</regionEndpoint>"
			"<regionName>n</regionName><optInStatus>o</optInStatus></item>"
			"</regionInfo>"),
		"{\n"
		"    \"Regions\": [\n"
		"        {\n"
		"            \"OptInStatus\": \"o\",\n"
		"            \"RegionName\": \"n\",\n"
		"            \"Endpoint\": \"e\"\n"
		"        }\n"
		"    ]\n"
		"}" },
	{ "an encoded policy", "iam", "ListRoles", "Roles[]",
		ROLE("%7B%22A%22%3A+%5B1%2C-0,2.50,true%5D,%22%c3%A4%22:{ "
		     "},&quot;c&quot;:"
		     "[]%7d%0A"),
		/* The plus is no space, and so no JSON. */
		POLICY("\"%7B%22A%22%3A+%5B1%2C-0,2.50,true%5D,%22%c3%A4%22:{ },"
		       "\\\"c\\\":[]%7d%0A\"") },
	{ "a policy that is JSON", "iam", "ListRoles", "Roles[]",
		ROLE("%7B%22A%22%3A%20%5B1%2C-0,2.50,true%5D,%22%c3%A4%22:{ },"
		     "&quot;c&quot;:[]%7d%0A"),
		POLICY("{\n        \"A\": [\n            1,\n            0,\n"
		       "            2.5,\n            true\n        ],\n"
		       "        \"\xc3\xa4\": {},\n        \"c\": []\n    }") },
	{ "characters of a policy", "iam", "ListRoles", "Roles[]",
		ROLE("[\"\\u00e4\\ud83d\\ude00\\n\\/\",\"\\ud83d\",\"\\ude00x\","
		     "\"\\ud83d\\u0041\"]"),
		POLICY("[\n        \"\xc3\xa4\xf0\x9f\x98\x80\\n/\",\n"
		       "        \"\xef\xbf\xbd\",\n        \"\xef\xbf\xbdx\",\n"
		       "        \"\xef\xbf\xbd"
		       "A\"\n    ]") },
	{ "a policy with a NUL", "iam", "ListRoles", "Roles[]", ROLE("[\"\\u0000\"]"),
		POLICY("\"[\\\"\\\\u0000\\\"]\"") },
	{ "a policy that is too deep", "iam", "ListRoles",
		"Roles[].AssumeRolePolicyDocument",
		ROLE("[[[[[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]]]]]"),
		"\"[[[[[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]]]]]\"" },
	{ "a secret", "ec2", "DescribeVpnConnections", "VpnConnections[]",
		"<DescribeVpnConnectionsResponse><vpnConnectionSet><item>"
		"<customerGatewayConfiguration>&lt;pre_shared_key&gt;hush"
		"</customerGatewayConfiguration><vpnConnectionId>vpn-1</vpnConnectionId>"
		"<options><tunnelOptionSet><item><preSharedKey>hush</preSharedKey></item>"
		"<item><preSharedKey/></item></tunnelOptionSet></options>"
		"</item></vpnConnectionSet></DescribeVpnConnectionsResponse>",
		"{\n    \"Options\": {\n        \"TunnelOptions\": [\n            {\n"
		"                \"PreSharedKey\": \"*** Sensitive Data Redacted ***\"\n"
		"            },\n            {\n"
		"                \"PreSharedKey\": \"\"\n            }\n        ]\n"
		"    },\n    \"VpnConnectionId\": \"vpn-1\",\n"
		"    \"CustomerGatewayConfiguration\": "
		"\"*** Sensitive Data Redacted ***\"\n}" },
	{ "items of a list", "ec2", "DescribeRegions", "Regions[]",
		REGIONS("<regionInfo> <item><regionName>a</regionName></item>\n"
			"<item/><item><regionName/></item></regionInfo>"),
		"{\n    \"RegionName\": \"a\"\n}|{}|{\n    \"RegionName\": \"\"\n}" },
	{ "items of lists in lists", "ec2", "DescribeInstances",
		"Reservations[].Instances[]",
		"<DescribeInstancesResponse><reservationSet><item><ownerId>1</ownerId>"
		"<instancesSet><item><instanceId>i-1</instanceId></item><item>"
		"<instanceId>i-2</instanceId></item></instancesSet></item><item/><item>"
		"<instancesSet/></item><item><instancesSet><item><instanceId>i-3"
		"</instanceId></item></instancesSet></item></reservationSet>"
		"</DescribeInstancesResponse>",
		"{\n    \"InstanceId\": \"i-1\"\n}|{\n    \"InstanceId\": \"i-2\"\n}|"
		"{\n    \"InstanceId\": \"i-3\"\n}" },
	{ "a member of each item", "ec2", "DescribeInstances",
		"Reservations[].Instances[].State",
		"<DescribeInstancesResponse><reservationSet><item><instancesSet><item>"
		"<instanceState><code>16</code><name>running</name></instanceState>"
		"</item><item/></instancesSet></item></reservationSet>"
		"</DescribeInstancesResponse>",
		"{\n    \"Code\": 16,\n    \"Name\": \"running\"\n}" },
	{ "an empty list", "ec2", "DescribeRegions", "", REGIONS("<regionInfo/>"),
		"{\n    \"Regions\": []\n}" },
	{ "no list", "ec2", "DescribeRegions", "", REGIONS(""), "{}" },
	{ "items of no list", "ec2", "DescribeRegions", "Regions[]", REGIONS(""), "" },
	{ "the first of two", "ec2", "DescribeRegions", "Regions[].RegionName",
		REGIONS("<regionInfo><item><regionName>1</regionName><regionName>2"
			"</regionName></item></regionInfo><regionInfo/>"),
		"\"1\"" },
	{ "escapes", "ec2", "DescribeRegions", "Regions[].RegionName",
		REGIONS("<regionInfo><item><regionName>\"\\/"
			"&#9;&#10;&#13;\x7f&lt;\xc3\xa4"
			"\xe2\x80\xa8\xf0\x9f\x98\x80</regionName></item></regionInfo>"),
		"\"\\\"\\\\/\\t\\n\\r\x7f<\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80\"" },
	{ "a list of scalars, in a result", "iam", "ListUserPolicies", "PolicyNames[]",
		"<ListUserPoliciesResponse><ListUserPoliciesResult><PolicyNames><member>a"
		"</member><member>b</member></PolicyNames></ListUserPoliciesResult>"
		"</ListUserPoliciesResponse>",
		"\"a\"|\"b\"" },
	{ "a list as one", "iam", "ListUsers", "Users",
		USERS("<Users><member><UserName>u</UserName></member></Users>"),
		"[\n    {\n        \"UserName\": \"u\"\n    }\n]" },
	{ "one structure", "iam", "GetLoginProfile", "LoginProfile",
		"<GetLoginProfileResponse><GetLoginProfileResult><LoginProfile>"
		"<UserName>u</UserName><CreateDate>2026-11-01T12:00:00Z</CreateDate>"
		"</LoginProfile></GetLoginProfileResult></GetLoginProfileResponse>",
		"{\n    \"UserName\": \"u\",\n"
		"    \"CreateDate\": \"2026-11-01T12:00:00+00:00\"\n}" },
	{ "a map", "cloudwatch", "GetMetricStatistics", "Datapoints[].ExtendedStatistics",
		POINTS("<ExtendedStatistics><entry><key>p50</key><value>1</value></entry>"
		       "<entry><value>2.5</value><key>p99</key></entry><entry/>"
		       "</ExtendedStatistics>"),
		"{\n    \"p50\": 1.0,\n    \"p99\": 2.5\n}" },
	{ "flat lists", "s3", "GetBucketLifecycleConfiguration", "Rules[]",
		"<LifecycleConfiguration><Rule><ID>a</ID><Transition><Days>1</Days>"
		"</Transition><Status>s</Status><Transition><Days>2</Days></Transition>"
		"</Rule><Rule><ID>b</ID></Rule></LifecycleConfiguration>",
		"{\n    \"ID\": \"a\",\n    \"Status\": \"s\",\n    \"Transitions\": [\n"
		"        {\n            \"Days\": 1\n        },\n"
		"        {\n            \"Days\": 2\n        }\n    ]\n}|"
		"{\n    \"ID\": \"b\"\n}" },
	{ "flat lists among others", "s3", "GetBucketLifecycleConfiguration",
		"Rules[].ID",
		"<LifecycleConfiguration><a><ID>0</ID></a><Rule><ID>1</ID></Rule><a><ID>2"
		"</ID></a><Rule><ID>3</ID></Rule></LifecycleConfiguration>",
		"\"1\"|\"3\"" },
	{ "attributes are no items", "ec2", "DescribeRegions", "",
		REGIONS("<regionInfo x:type='a'/><b x:type='c'/>"),
		"{\n    \"Regions\": [],\n    \"B\": \"\"\n}" },
	{ "an attribute, by any prefix", "s3", "GetBucketAcl", "Grants[].Grantee",
		"<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:x='u' "
		"type='no' x:type='Group'><URI>u</URI></Grantee></Grant><Grant><Grantee "
		"xmlns:type='u'/></Grant></AccessControlList></AccessControlPolicy>",
		"{\n    \"Type\": \"Group\",\n    \"URI\": \"u\"\n}|{}" },
	{ "the root as a member", "s3", "GetPublicAccessBlock", "",
		"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
		"<BlockPublicPolicy>TRUE</BlockPublicPolicy>"
		"</PublicAccessBlockConfiguration>",
		"{\n    \"PublicAccessBlockConfiguration\": {\n"
		"        \"BlockPublicAcls\": true,\n"
		"        \"BlockPublicPolicy\": false\n    }\n}" },
	{ "a bucket elsewhere", "s3", "GetBucketLocation", "",
		"<LocationConstraint xmlns='u'>eu-west-1</LocationConstraint>",
		"{\n    \"LocationConstraint\": \"eu-west-1\"\n}" },
	{ "a bucket in us-east-1", "s3", "GetBucketLocation", "",
		"<LocationConstraint xmlns='u'/>",
		"{\n    \"LocationConstraint\": null\n}" },

	{ "new members are called as the model would", "ec2", "DescribeRegions",
		"Regions[]",
		REGIONS("<regionInfo><item><newThing>1</newThing><regionName>n"
			"</regionName><other>a</other><other>b</other></item>"
			"</regionInfo>"),
		"{\n    \"RegionName\": \"n\",\n    \"NewThing\": \"1\",\n"
		"    \"Other\": [\n        \"a\",\n        \"b\"\n    ]\n}" },
	{ "new members of others are called as they are", "iam", "ListUsers", "Users[]",
		USERS("<Users><member><newThing>1</newThing><UserName>u</UserName>"
		      "</member></Users>"),
		"{\n    \"UserName\": \"u\",\n    \"newThing\": \"1\"\n}" },
	{ "new structures and lists", "ec2", "DescribeRegions", "",
		REGIONS("<newSet><item><a/></item></newSet><newOnes><member>1</member>"
			"</newOnes><newTwo><x>1</x><x>2</x></newTwo>"
			"<newOne><x>1</x><y z='1'><item/></y></newOne>"),
		"{\n"
		"    \"NewSet\": [\n        {\n            \"A\": \"\"\n        }\n    "
		"],\n"
		"    \"NewOnes\": [\n        \"1\"\n    ],\n"
		"    \"NewTwo\": [\n        \"1\",\n        \"2\"\n    ],\n"
		"    \"NewOne\": {\n        \"X\": \"1\",\n        \"Y\": [\n"
		"            \"\"\n        ]\n    }\n"
		"}" },
	{ "no name at all", "ec2", "DescribeRegions", "", REGIONS("<x:><y:>1</y:></x:>"),
		"{\n    \"\": {\n        \"\": \"1\"\n    }\n}" },
	{ "no name of a known one", "ec2", "DescribeRegions", "Regions[]",
		REGIONS("<regionInfo><item><endpoint>1</endpoint></item></regionInfo>"),
		"{\n    \"endpoint\": \"1\"\n}" },
	{ "no name twice", "ec2", "DescribeRegions", "Regions[]",
		REGIONS("<regionInfo><item><endpoint>1</endpoint><Endpoint>2</Endpoint>"
			"<regionEndpoint>3</regionEndpoint><a>4</a><A>5</A></item>"
			"</regionInfo>"),
		"{\n    \"Endpoint\": \"3\",\n    \"endpoint\": \"1\",\n"
		"    \"a\": \"4\",\n    \"A\": \"5\"\n}" },
};

/* The elements, joined. */
static int convert(const struct convert_call *call, struct span xml, struct buf *joined,
	struct fault *why)
{
	struct convert_page page = { .count = 0 };
	int r = convert_page(xml, call, &page, why);
	size_t before = 0;

	for (size_t i = 0; i < page.count; i++) {
		if (i > 0)
			assert_int_equal(buf_append_byte(joined, '|'), 0);
		assert_int_equal(
			buf_append(joined, page.text.p + before, page.ends[i] - before),
			0);
		before = page.ends[i];
	}
	assert_int_equal(before, page.text.len);
	convert_page_finish(&page);
	return r;
}

static void assert_converts(
	const struct convert_call *call, const char *xml, const char *want)
{
	struct buf joined = BUF_INIT(1 << 20);
	struct fault why = { .error = 0 };
	int r = convert(call, span_of(xml), &joined, &why);

	assert_string_equal(why.text, "");
	assert_int_equal(r, 0);
	assert_string_equal(buf_text(&joined), want);
	buf_finish(&joined);
}

static void answers_become_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		struct convert_call call = { documents[i].service, documents[i].operation,
			documents[i].path };

		print_message("%s\n", documents[i].what);
		assert_converts(&call, documents[i].xml, documents[i].want);
	}
}

/* Of Python 3.11: float(), int(), datetime.isoformat() after dateutil's parser; where
 * those raise an error, or give no number of JSON, the text. */
static const struct {
	const char *text, *want;
} floats[] = {
	{ "0", "0.0" },
	{ "-0", "-0.0" },
	{ "1", "1.0" },
	{ " +1.50 ", "1.5" },
	{ "007.250", "7.25" },
	{ ".5", "0.5" },
	{ "5.", "5.0" },
	{ "1e2", "100.0" },
	{ "1E-7", "1e-07" },
	{ "0.0001", "0.0001" },
	{ "0.00001", "1e-05" },
	{ "1.25e-10", "1.25e-10" },
	{ "1e15", "1000000000000000.0" },
	{ "9999999999999998", "9999999999999998.0" },
	{ "1e16", "1e+16" },
	{ "123456789012345678", "1.2345678901234568e+17" },
	{ "1e100", "1e+100" },
	{ "0.30000000000000004", "0.30000000000000004" },
	{ "0.1000000000000000055511151231257827", "0.1" },
	{ "0.3333333333333333333333", "0.3333333333333333" },
	{ "9007199254740993", "9007199254740992.0" },
	{ "1.7976931348623157e308", "1.7976931348623157e+308" },
	{ "4.9e-324", "5e-324" },
	{ "2e-324", "0.0" },
	{ "1e-400", "0.0" },
	{ "1e400", "\"1e400\"" },
	{ "-1.7976931348623159e308", "\"-1.7976931348623159e308\"" },
	{ "", "\"\"" },
	{ ".", "\".\"" },
	{ "+", "\"+\"" },
	{ "1e", "\"1e\"" },
	{ "1.2.3", "\"1.2.3\"" },
	{ "1 2", "\"1 2\"" },
	{ "--1", "\"--1\"" },
	{ "0x10", "\"0x10\"" },
	{ "NaN", "\"NaN\"" },
	{ "Infinity", "\"Infinity\"" },
}, integers[] = {
	{ "0", "0" },
	{ "-0", "0" },
	{ "8", "8" },
	{ " 12\n", "12" },
	{ "-007", "-7" },
	{ "+5", "5" },
	{ "9223372036854775808", "9223372036854775808" },
	{ "123456789012345678901234567890", "123456789012345678901234567890" },
	{ "", "\"\"" },
	{ "-", "\"-\"" },
	{ "1.0", "\"1.0\"" },
	{ "0x1", "\"0x1\"" },
}, timestamps[] = {
	{ "2026-11-01T12:00:00Z", "\"2026-11-01T12:00:00+00:00\"" },
	{ "2026-11-01T12:00:00.000Z", "\"2026-11-01T12:00:00+00:00\"" },
	{ "2026-11-01T12:00:00.5Z", "\"2026-11-01T12:00:00.500000+00:00\"" },
	{ "2026-11-01T12:00:00.1234567Z", "\"2026-11-01T12:00:00.123456+00:00\"" },
	{ "2026-11-01T12:00:00.0000009Z", "\"2026-11-01T12:00:00+00:00\"" },
	{ "2026-11-01T12:00:00+05:30", "\"2026-11-01T12:00:00+05:30\"" },
	{ "2026-11-01T12:00:00-0730", "\"2026-11-01T12:00:00-07:30\"" },
	{ "2026-11-01T12:00:00-00:00", "\"2026-11-01T12:00:00+00:00\"" },
	{ "2026-11-01 12:00:00", "\"2026-11-01T12:00:00\"" },
	{ "2024-02-29T23:59:59Z", "\"2024-02-29T23:59:59+00:00\"" },
	{ "2026-02-29T00:00:00Z", "\"2026-02-29T00:00:00Z\"" },
	{ "2026-11-01T24:00:00Z", "\"2026-11-01T24:00:00Z\"" },
	{ "2026-11-01T12:00:00.Z", "\"2026-11-01T12:00:00.Z\"" },
	{ "2026-11-01T12:00:00+5", "\"2026-11-01T12:00:00+5\"" },
	{ "2026-11-01T12:00:00+2359", "\"2026-11-01T12:00:00+23:59\"" },
	{ "2026-11-01T12:00:00+2400", "\"2026-11-01T12:00:00+2400\"" },
	{ "2026-11-01T12:00:00+0060", "\"2026-11-01T12:00:00+0060\"" },
	{ "2026-11-01T12:00:00+0:530", "\"2026-11-01T12:00:00+0:530\"" },
	{ "2026-11-01T12:00:00+00:000", "\"2026-11-01T12:00:00+00:000\"" },
	{ "2026-11-01T12:00:00 ", "\"2026-11-01T12:00:00 \"" },
	{ "", "\"\"" },
	{ "never", "\"never\"" },
};

static void assert_scalar(
	const char *member, const char *element, const char *text, const char *want)
{
	char path[64], xml[512];
	struct convert_call call = { "cloudwatch", "GetMetricStatistics", path };

	print_message("%s \"%s\"\n", member, text);
	(void)snprintf(path, sizeof(path), "Datapoints[].%s", member);
	(void)snprintf(xml, sizeof(xml), POINTS("<%s>%s</%s>"), element, text, element);
	assert_converts(&call, xml, want);
}

static void scalars_are_printed_as_python_prints_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(floats); i++)
		assert_scalar("Average", "Average", floats[i].text, floats[i].want);
	for (size_t i = 0; i < ARRAY_LEN(timestamps); i++)
		assert_scalar(
			"Timestamp", "Timestamp", timestamps[i].text, timestamps[i].want);
	for (size_t i = 0; i < ARRAY_LEN(integers); i++) {
		char xml[512];
		struct convert_call call = { "ec2", "DescribeVolumes", "Volumes[].Size" };

		print_message("integer \"%s\"\n", integers[i].text);
		(void)snprintf(xml, sizeof(xml),
			"<DescribeVolumesResponse><volumeSet><item><size>%s</size></item>"
			"</volumeSet></DescribeVolumesResponse>",
			integers[i].text);
		assert_converts(&call, xml, integers[i].want);
	}
}

static const struct {
	const char *what, *service, *operation, *xml, *want; /* NULL: no token */
} tokens[] = {
	{ "none", "ec2", "DescribeVolumes",
		"<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>", NULL },
	{ "an empty one", "ec2", "DescribeVolumes",
		"<DescribeVolumesResponse><nextToken/></DescribeVolumesResponse>", NULL },
	{ "one", "ec2", "DescribeVolumes",
		"<DescribeVolumesResponse><nextToken>a+/= &amp;</nextToken>"
		"</DescribeVolumesResponse>",
		"a+/= &" },
	{ "an operation without", "ec2", "DescribeRegions",
		REGIONS("<nextToken>t</nextToken>"), NULL },
	{ "of IAM", "iam", "ListUsers",
		USERS("<Marker>m</Marker><IsTruncated>true</IsTruncated>"), "m" },
	{ "of IAM, at the end", "iam", "ListUsers",
		USERS("<Marker>m</Marker><IsTruncated>false</IsTruncated>"), NULL },
	{ "of IAM, nothing said", "iam", "ListUsers", USERS("<Marker>m</Marker>"), NULL },
	{ "of CloudWatch", "cloudwatch", "ListMetrics",
		"<ListMetricsResponse><ListMetricsResult><NextToken>t</NextToken>"
		"</ListMetricsResult></ListMetricsResponse>",
		"t" },
	{ "of S3", "s3", "ListBuckets",
		"<ListAllMyBucketsResult><ContinuationToken>t</ContinuationToken>"
		"</ListAllMyBucketsResult>",
		"t" },
};

static void the_next_pages_token_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct convert_call call = { tokens[i].service, tokens[i].operation, "" };
		struct convert_page page = { .count = 0 };

		print_message("%s\n", tokens[i].what);
		assert_int_equal(
			convert_page(span_of(tokens[i].xml), &call, &page, NULL), 0);
		if (tokens[i].want)
			assert_string_equal(page.next_token, tokens[i].want);
		else
			assert_null(page.next_token);
		convert_page_finish(&page);
	}
}

static const struct {
	const char *what, *service, *operation, *path, *xml;
	int want;
	const char *why; /* part of it */
} refusals[] = {
	{ "an unknown service", "sqs", "DescribeRegions", "", REGIONS(""), -EINVAL, "" },
	{ "an unknown operation", "ec2", "describeRegions", "", REGIONS(""), -EINVAL,
		"ec2 describeRegions" },
	{ "an unknown member", "ec2", "DescribeRegions", "regionInfo[]", REGIONS(""),
		-EINVAL, "regionInfo[]" },
	{ "what is not printed", "ec2", "DescribeRegions", "requestId",
		REGIONS("<requestId>r</requestId>"), -EINVAL, "requestId" },
	{ "items of a structure", "iam", "GetLoginProfile", "LoginProfile[]", "<a/>",
		-EINVAL, "" },
	{ "a member of a text", "ec2", "DescribeRegions", "Regions[].Endpoint.x",
		REGIONS(""), -EINVAL, "" },
	{ "a member of a list", "ec2", "DescribeRegions", "Regions.Endpoint", REGIONS(""),
		-EINVAL, "" },
	{ "an empty part", "ec2", "DescribeRegions", "Regions[].", REGIONS(""), -EINVAL,
		"" },
	{ "no XML", "ec2", "DescribeRegions", "", "{}", -EBADMSG,
		"ec2 DescribeRegions: line 1" },
	{ "nothing", "s3", "GetBucketLocation", "", "", -EBADMSG, "" },
	{ "another answer", "ec2", "DescribeRegions", "",
		"<DescribeVpcsResponse></DescribeVpcsResponse>", -EBADMSG,
		"the answer is a DescribeVpcsResponse, not a DescribeRegionsResponse" },
	{ "a refusal of EC2", "ec2", "DescribeRegions", "",
		"<Response><Errors><Error><Code>c</Code></Error></Errors></Response>",
		-EBADMSG, "is a Response" },
	{ "a refusal of IAM", "iam", "ListUsers", "",
		"<ErrorResponse><Error/></ErrorResponse>", -EBADMSG, "" },
	{ "a refusal of S3", "s3", "GetBucketTagging", "",
		"<Error><Code>c</Code></Error>", -EBADMSG, "" },
	{ "a page of a proxy", "s3", "GetBucketLocation", "", "<html><body/></html>",
		-EBADMSG, "" },
	{ "no result", "iam", "ListUsers", "", "<ListUsersResponse/>", -EBADMSG,
		"the answer has no ListUsersResult" },
	{ "a document type", "ec2", "DescribeRegions", "", "<!DOCTYPE a>" REGIONS(""),
		-EBADMSG, "a document type" },
};

static void what_is_no_answer_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct convert_call call = { refusals[i].service, refusals[i].operation,
			refusals[i].path };
		struct buf joined = BUF_INIT(1 << 20);
		struct fault why = { .error = 0 };

		print_message("%s\n", refusals[i].what);
		assert_int_equal(convert(&call, span_of(refusals[i].xml), &joined, &why),
			refusals[i].want);
		assert_int_equal(why.error, refusals[i].want);
		assert_non_null(strstr(why.text, refusals[i].why));
		assert_int_equal(joined.len, 0);
	}
}

static void every_cut_is_noticed_and_leaves_the_page_alone(void **state)
{
	struct span whole = SPAN(REGIONS("<regionInfo><item><regionName>n</regionName>"
					 "</item></regionInfo>"));
	struct convert_call call = { "ec2", "DescribeRegions", "Regions[]" };

	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		struct convert_page page = { .count = 77 };

		assert_int_equal(convert_page(span_first(whole, len), &call, &page, NULL),
			-EBADMSG);
		assert_int_equal(page.count, 77);
	}
}

/* before, count times a numbered element with that inside, and after. */
static int convert_many(size_t count, const char *inside)
{
	struct convert_call call = { "ec2", "DescribeRegions", "" };
	struct buf xml = BUF_INIT(1 << 20), joined = BUF_INIT(1 << 20);
	struct fault why = { .error = 0 };
	int r = buf_append_text(&xml, "<DescribeRegionsResponse>");

	for (size_t i = 0; i < count && r == 0; i++)
		r = buf_appendf(&xml, "<n%zu>%s</n%zu>", i, inside, i);
	if (r == 0)
		r = buf_append_text(&xml, "</DescribeRegionsResponse>");
	assert_int_equal(r, 0);
	r = convert(&call, buf_span(&xml), &joined, &why);
	assert_int_equal(why.error, r);
	buf_finish(&joined);
	buf_finish(&xml);
	return r;
}

/* Who takes fields out of an element reads all of it. */
static void the_deepest_policy_can_be_read_again(void **state)
{
	struct convert_call call = { "iam", "ListInstanceProfiles",
		"InstanceProfiles[]" };
	struct convert_page page = { .count = 0 };
	struct json *json = NULL;

	(void)state;
	assert_int_equal(
		convert_page(SPAN("<ListInstanceProfilesResponse>"
				  "<ListInstanceProfilesResult><InstanceProfiles><member>"
				  "<Roles><member><AssumeRolePolicyDocument>"
				  "[[[[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]]]]"
				  "</AssumeRolePolicyDocument></member></Roles></member>"
				  "</InstanceProfiles></ListInstanceProfilesResult>"
				  "</ListInstanceProfilesResponse>"),
			&call, &page, NULL),
		0);
	assert_non_null(strstr(buf_text(&page.text), "{}\n"));
	assert_int_equal(json_parse(buf_span(&page.text), &json), 0);
	json_free(json);
	convert_page_finish(&page);
}

static void limits_hold(void **state)
{
	struct convert_call call = { "ec2", "DescribeRegions", "" };
	struct convert_page page = { .count = 0 };
	char *zeros = calloc(1, (size_t)ELEMENT_TEXT_MAX + 1);
	struct fault why = { .error = 0 };

	(void)state;
	assert_int_equal(convert_many(PRINT_UNKNOWN_MAX, ""), 0);
	assert_int_equal(convert_many(PRINT_UNKNOWN_MAX + 1, ""), -EFBIG);
	assert_int_equal(convert_many(1, "<a><a><a><a></a></a></a></a>"), 0);
	assert_non_null(zeros);
	assert_int_equal(
		convert_page((struct span){ zeros, (size_t)ELEMENT_TEXT_MAX + 1 }, &call,
			&page, &why),
		-EFBIG);
	assert_non_null(strstr(why.text, "67108865 bytes are too many"));
	free(zeros);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_become_json),
		cmocka_unit_test(scalars_are_printed_as_python_prints_them),
		cmocka_unit_test(the_next_pages_token_is_found),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(every_cut_is_noticed_and_leaves_the_page_alone),
		cmocka_unit_test(the_deepest_policy_can_be_read_again),
		cmocka_unit_test(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
