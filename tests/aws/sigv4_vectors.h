/* Made by sigv4_vectors.py with botocore 1.43.11. */
#ifndef TESTS_AWS_SIGV4_VECTORS_H
#define TESTS_AWS_SIGV4_VECTORS_H

#include "aws/auth/sigv4.h"

#define VECTOR_KEY "AKIDOFTHETEST0000000"
#define VECTOR_SECRET "secret/of+the/test"

struct sigv4_vector {
	const char *name, *service, *region;
	int64_t time;
	const char *method, *path, *query;
	struct {
		const char *name, *value;
	} headers[8]; /* name NULL: the end */
	struct span body;
	const char *token; /* NULL for none */
	const char *canonical, *text, *authorization;
};

/* clang-format off */
static const struct sigv4_vector sigv4_vectors[] = {
	{ "nothing but a host",
		"ec2", "us-east-1",
		1767323045, "GET",
		"/",
		"",
		{
		{ "Host", "ec2.us-east-1.amazonaws.com" },
		},
		{ "", 0 },
		NULL,
		"GET\n/\n\nhost:ec2.us-east-1.amazonaws.com\nx-amz-"
		"date:20260102T030405Z\n\nhost;x-amz-date\ne3b0c442"
		"98fc1c149afbf4c8996fb92427ae41e4649b934ca495991b78"
		"52b855",
		"AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/us-ea"
		"st-1/ec2/aws4_request\na90db9213a935cd70e101cafa9d"
		"48848c5434e77000d5e5b532198da8b8e3ffe",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0260102/us-east-1/ec2/aws4_request, SignedHeaders="
		"host;x-amz-date, Signature=538d93414026636b437bda3"
		"d6ca5a3a7aa9d1ed74de4017fc1db16701f2dc062" },
	{ "form",
		"sts", "eu-central-1",
		1709251199, "POST",
		"/",
		"",
		{
		{ "Host", "sts.eu-central-1.amazonaws.com" },
		{ "Content-Type", "application/x-www-form-urlencoded; charset=utf-8" },
		},
		{ "Action=GetCallerIdentity&Version=2011-06-15", 43 },
		"IQoJb3JpZ2luX2VjEND//////////wEaCXVzLWVhc3QtMSJ+to"
		"ken==",
		"POST\n/\n\ncontent-type:application/x-www-form-url"
		"encoded; charset=utf-8\nhost:sts.eu-central-1.amaz"
		"onaws.com\nx-amz-date:20240229T235959Z\nx-amz-secu"
		"rity-token:IQoJb3JpZ2luX2VjEND//////////wEaCXVzLWV"
		"hc3QtMSJ+token==\n\ncontent-type;host;x-amz-date;x"
		"-amz-security-token\nab821ae955788b0e33ebd34c20844"
		"2ccfc2d406e2edc5e7a39bd6458fbb4f843",
		"AWS4-HMAC-SHA256\n20240229T235959Z\n20240229/eu-ce"
		"ntral-1/sts/aws4_request\n6188c2f2a6f59aec64606319"
		"74100e77815b0c22d82d3a26dfb2cef7e338814f",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0240229/eu-central-1/sts/aws4_request, SignedHeade"
		"rs=content-type;host;x-amz-date;x-amz-security-tok"
		"en, Signature=f40ec2218ad0bd4393324e8c319d14c0adc5"
		"85dc7db959075de1088b489c42fb" },
	{ "JSON",
		"organizations", "us-east-1",
		1795478400, "POST",
		"/",
		"",
		{
		{ "Host", "organizations.us-east-1.amazonaws.com" },
		{ "X-Amz-Target", "AWSOrganizationsV20161128.ListAccounts" },
		{ "Content-Type", "application/x-amz-json-1.1" },
		},
		{ "{}", 2 },
		NULL,
		"POST\n/\n\ncontent-type:application/x-amz-json-1.1"
		"\nhost:organizations.us-east-1.amazonaws.com\nx-am"
		"z-date:20261124T000000Z\nx-amz-target:AWSOrganizat"
		"ionsV20161128.ListAccounts\n\ncontent-type;host;x-"
		"amz-date;x-amz-target\n44136fa355b3678a1146ad16f7e"
		"8649e94fb4fc21fe77e8310c060f61caaff8a",
		"AWS4-HMAC-SHA256\n20261124T000000Z\n20261124/us-ea"
		"st-1/organizations/aws4_request\nd0975db1f9f89dadb"
		"00d3c9ee77b012f9d45aa28d0cc014cbb5a4008609bb081",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0261124/us-east-1/organizations/aws4_request, Sign"
		"edHeaders=content-type;host;x-amz-date;x-amz-targe"
		"t, Signature=6a711bcbda9c7a21fb528e3a7232e44c419eb"
		"3d2132f97beea2c630c1957a260" },
	{ "listing",
		"s3", "eu-west-1",
		1795515072, "GET",
		"/",
		"list-type=2&prefix=a%2Fb%20c&delimiter=%2F&encodin"
		"g-type=url&continuation-token=1%2Bx%2F%3D%3D",
		{
		{ "Host", "bucket.s3.eu-west-1.amazonaws.com" },
		},
		{ "", 0 },
		"IQoJb3JpZ2luX2VjEND//////////wEaCXVzLWVhc3QtMSJ+to"
		"ken==",
		"GET\n/\ncontinuation-token=1%2Bx%2F%3D%3D&delimite"
		"r=%2F&encoding-type=url&list-type=2&prefix=a%2Fb%2"
		"0c\nhost:bucket.s3.eu-west-1.amazonaws.com\nx-amz-"
		"content-sha256:e3b0c44298fc1c149afbf4c8996fb92427a"
		"e41e4649b934ca495991b7852b855\nx-amz-date:20261124"
		"T101112Z\nx-amz-security-token:IQoJb3JpZ2luX2VjEND"
		"//////////wEaCXVzLWVhc3QtMSJ+token==\n\nhost;x-amz"
		"-content-sha256;x-amz-date;x-amz-security-token"
		"\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca49"
		"5991b7852b855",
		"AWS4-HMAC-SHA256\n20261124T101112Z\n20261124/eu-we"
		"st-1/s3/aws4_request\nb4eb0d4fba6c9fc8580f13545c47"
		"1d613c15bb2e14963b8ab0429ac5fcba18a0",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0261124/eu-west-1/s3/aws4_request, SignedHeaders=h"
		"ost;x-amz-content-sha256;x-amz-date;x-amz-security"
		"-token, Signature=04d3b56af7cc9654b4e9bc9092969fd7"
		"26ad548bb39f675b6fb8563f26c2a55d" },
	{ "key as it is",
		"s3", "us-east-1",
		0, "GET",
		"/bucket/a%20b//%2B/../%E2%82%AC/./~x/",
		"",
		{
		{ "Host", "s3.us-east-1.amazonaws.com" },
		{ "Range", "bytes=0-1023" },
		{ "If-Match", "\"d41d8cd98f00b204e9800998ecf8427e\"" },
		},
		{ "", 0 },
		NULL,
		"GET\n/bucket/a%20b//%2B/../%E2%82%AC/./~x/\n\nhost"
		":s3.us-east-1.amazonaws.com\nif-match:\"d41d8cd98f"
		"00b204e9800998ecf8427e\"\nrange:bytes=0-1023\nx-am"
		"z-content-sha256:e3b0c44298fc1c149afbf4c8996fb9242"
		"7ae41e4649b934ca495991b7852b855\nx-amz-date:197001"
		"01T000000Z\n\nhost;if-match;range;x-amz-content-sh"
		"a256;x-amz-date\ne3b0c44298fc1c149afbf4c8996fb9242"
		"7ae41e4649b934ca495991b7852b855",
		"AWS4-HMAC-SHA256\n19700101T000000Z\n19700101/us-ea"
		"st-1/s3/aws4_request\ncfbb20ba621a7a8dd91ceb05bc50"
		"ec6287985e19c76c9a06d14ec054cd2a6acc",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/1"
		"9700101/us-east-1/s3/aws4_request, SignedHeaders=h"
		"ost;if-match;range;x-amz-content-sha256;x-amz-date"
		", Signature=ea47b18d2e6832e8a51622d76fee257334454b"
		"1ac2220db07fe8dfa37014e311" },
	{ "head of a bucket, requester pays",
		"s3", "cn-north-1",
		4102444799, "HEAD",
		"/",
		"location=",
		{
		{ "Host", "bucket.s3.cn-north-1.amazonaws.com.cn" },
		{ "x-amz-request-payer", "requester" },
		},
		{ "", 0 },
		"IQoJb3JpZ2luX2VjEND//////////wEaCXVzLWVhc3QtMSJ+to"
		"ken==",
		"HEAD\n/\nlocation=\nhost:bucket.s3.cn-north-1.amaz"
		"onaws.com.cn\nx-amz-content-sha256:e3b0c44298fc1c1"
		"49afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		"\nx-amz-date:20991231T235959Z\nx-amz-request-payer:"
		"requester\nx-amz-security-token:IQoJb3JpZ2luX2VjEN"
		"D//////////wEaCXVzLWVhc3QtMSJ+token==\n\nhost;x-am"
		"z-content-sha256;x-amz-date;x-amz-request-payer;x-"
		"amz-security-token\ne3b0c44298fc1c149afbf4c8996fb9"
		"2427ae41e4649b934ca495991b7852b855",
		"AWS4-HMAC-SHA256\n20991231T235959Z\n20991231/cn-no"
		"rth-1/s3/aws4_request\n0567b79b09fffb410ade9ee4da3"
		"984b2487da5a06752e426e63e09c9f0bdd43d",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0991231/cn-north-1/s3/aws4_request, SignedHeaders="
		"host;x-amz-content-sha256;x-amz-date;x-amz-request"
		"-payer;x-amz-security-token, Signature=d3a0ef99519"
		"4dea94be0b33337baf010ecac19859b1b8c5af7bcd20184574"
		"d80" },
	{ "path made shorter, and encoded again",
		"execute-api", "ap-southeast-2",
		1780315200, "GET",
		"/a/./b/../c%20d//e%2Ff/",
		"",
		{
		{ "Host", "x.example.com:8443" },
		},
		{ "", 0 },
		NULL,
		"GET\n/a/c%2520d/e%252Ff/\n\nhost:x.example.com:844"
		"3\nx-amz-date:20260601T120000Z\n\nhost;x-amz-date"
		"\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca"
		"495991b7852b855",
		"AWS4-HMAC-SHA256\n20260601T120000Z\n20260601/ap-so"
		"utheast-2/execute-api/aws4_request\n803f0a68f9d681"
		"1a67999504115a0b10409caa09ed1f82ee90fd8cf4a6e99d00",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0260601/ap-southeast-2/execute-api/aws4_request, S"
		"ignedHeaders=host;x-amz-date, Signature=653672eafc"
		"d8e1d36898ae65bee806e90368eb208b38b10c29f55008453a"
		"1bcb" },
	{ "path above the root",
		"service", "us-east-1",
		1780315200, "GET",
		"/../../a/..",
		"",
		{
		{ "Host", "example.com" },
		},
		{ "", 0 },
		NULL,
		"GET\n/\n\nhost:example.com\nx-amz-date:20260601T12"
		"0000Z\n\nhost;x-amz-date\ne3b0c44298fc1c149afbf4c8"
		"996fb92427ae41e4649b934ca495991b7852b855",
		"AWS4-HMAC-SHA256\n20260601T120000Z\n20260601/us-ea"
		"st-1/service/aws4_request\na16e1f35d8e4e98c523f378"
		"ef7cdfece19190c8283581d7266972c60fce274a7",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0260601/us-east-1/service/aws4_request, SignedHead"
		"ers=host;x-amz-date, Signature=e117c6b767b5527e963"
		"2097f5d9be901fbe7584c3fbb4a411b5b45bcade8bab2" },
	{ "names that begin like others",
		"service", "us-east-1",
		1780315200, "GET",
		"/",
		"a-b=1&a=2&A=3&a=1&a.b=4&a%20=5&a=",
		{
		{ "Host", "example.com" },
		},
		{ "", 0 },
		NULL,
		"GET\n/\nA=3&a=&a=1&a=2&a%20=5&a-b=1&a.b=4\nhost:ex"
		"ample.com\nx-amz-date:20260601T120000Z\n\nhost;x-a"
		"mz-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e46"
		"49b934ca495991b7852b855",
		"AWS4-HMAC-SHA256\n20260601T120000Z\n20260601/us-ea"
		"st-1/service/aws4_request\nccd91290cb21fe660490547"
		"2fd52bbc71e1b6d35958d9263b5d24350d77d3fb1",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0260601/us-east-1/service/aws4_request, SignedHead"
		"ers=host;x-amz-date, Signature=230054431c525c21bc5"
		"d16ef426490e8c9e906270e5ea19e6fc9cfc17656fbe1" },
	{ "blanks in headers, and one that stands twice",
		"service", "us-east-1",
		1780315200, "GET",
		"/",
		"",
		{
		{ "Host", "example.com" },
		{ "X-Amz-B", "  b   c\011 d  " },
		{ "X-Amz-A-B", "2" },
		{ "X-Amz-A", "z" },
		{ "X-Amz-A", " y  y " },
		{ "X-Amz-C", "" },
		},
		{ "", 0 },
		"IQoJb3JpZ2luX2VjEND//////////wEaCXVzLWVhc3QtMSJ+to"
		"ken==",
		"GET\n/\n\nhost:example.com\nx-amz-a:z,y y\nx-amz-a"
		"-b:2\nx-amz-b:b c d\nx-amz-c:\nx-amz-date:20260601"
		"T120000Z\nx-amz-security-token:IQoJb3JpZ2luX2VjEND"
		"//////////wEaCXVzLWVhc3QtMSJ+token==\n\nhost;x-amz"
		"-a;x-amz-a-b;x-amz-b;x-amz-c;x-amz-date;x-amz-secu"
		"rity-token\ne3b0c44298fc1c149afbf4c8996fb92427ae41"
		"e4649b934ca495991b7852b855",
		"AWS4-HMAC-SHA256\n20260601T120000Z\n20260601/us-ea"
		"st-1/service/aws4_request\n7bdc85c2fdbfcc74df3e89d"
		"e812ad0544864d917d17822ad17b2bbdf4ff5f67d",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0260601/us-east-1/service/aws4_request, SignedHead"
		"ers=host;x-amz-a;x-amz-a-b;x-amz-b;x-amz-c;x-amz-d"
		"ate;x-amz-security-token, Signature=62c0d842ebe1ee"
		"37bfeb5ef04cfae38d0baeb9566f6cc47b9fa4233e12319f68" },
	{ "body of binary",
		"service", "us-east-1",
		1780315200, "PUT",
		"/x",
		"",
		{
		{ "Host", "example.com" },
		},
		{ "\000\001\377\n", 4 },
		NULL,
		"PUT\n/x\n\nhost:example.com\nx-amz-date:20260601T1"
		"20000Z\n\nhost;x-amz-date\na95803d91f2a2eb57d42e2a"
		"799bb0d42e2acc37c22aa9d433a4173e5db794f28",
		"AWS4-HMAC-SHA256\n20260601T120000Z\n20260601/us-ea"
		"st-1/service/aws4_request\n10b3508bad412872cdf3b11"
		"55880fde1a6174f315e28092ede74b866e9f937e4",
		"AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST0000000/2"
		"0260601/us-east-1/service/aws4_request, SignedHead"
		"ers=host;x-amz-date, Signature=9ad39af4cbc350341f4"
		"e809286ffef0ff857a82a195f13157aeb4aaa4a05550f" },
};
/* clang-format on */

#endif
