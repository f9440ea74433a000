/* Names of directories and files made from values, and back. */
#include "fs/store/name.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"

enum {
	SLUG_MAX = 40,
	HASH_BYTES = 6,
	HASH_TEXT = 2 * HASH_BYTES,
	REGION_MAX = 32, /* so that a name with its suffix is below NAME_BYTES_MAX */
	ESCAPED = 3, /* "%2F" */
	CHARACTER_MAX = 4, /* bytes of UTF-8 */
	ARN_PARTS = 5, /* arn:partition:service:region:account: */
	ARN_REGION = 3,
};

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_plain(struct span value, size_t at)
{
	char c = value.p[at];

	if (is_alnum(c))
		return true;
	if (c == '-' || c == '_')
		return at > 0;
	return c == '.' && at > 0 && at + 1 < value.len;
}

static size_t character_need(unsigned char lead)
{
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return CHARACTER_MAX;
	return 1;
}

/* Bytes of the character at the front; 1 where it is no UTF-8. */
static size_t character_len(struct span s)
{
	size_t need = character_need((unsigned char)s.p[0]);

	if (need > s.len)
		return 1;
	for (size_t i = 1; i < need; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 1;
	return need;
}

static size_t put_byte(struct span value, size_t at, char *ret)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char c = (unsigned char)value.p[at];

	if (is_plain(value, at)) {
		ret[0] = value.p[at];
		return 1;
	}
	ret[0] = '%';
	ret[1] = digits[c >> 4];
	ret[2] = digits[c & 0xf];
	return ESCAPED;
}

int name_encode(struct span value, struct buf *ret)
{
	char text[NAME_PLAIN_MAX + CHARACTER_MAX * ESCAPED], hash[HASH_TEXT + 1];
	size_t len = 0, cut = 0, at = 0;
	int r;

	while (at < value.len && len <= NAME_PLAIN_MAX) {
		size_t n = character_len(span_from(value, at));

		for (size_t end = at + n; at < end; at++)
			len += put_byte(value, at, text + len);
		if (len <= NAME_CUT)
			cut = len;
	}
	if (len <= NAME_PLAIN_MAX)
		return buf_append(ret, text, len);
	r = sha256_hex(value, HASH_BYTES, hash);
	if (r < 0)
		return r;
	text[cut++] = '~';
	memcpy(text + cut, hash, HASH_TEXT);
	return buf_append(ret, text, cut + HASH_TEXT);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int decode_bytes(struct span name, char *ret, size_t *ret_len)
{
	size_t len = 0;

	for (size_t i = 0; i < name.len; i++) {
		int high, low;

		if (name.p[i] != '%') {
			ret[len++] = name.p[i];
			continue;
		}
		if (name.len - i < ESCAPED)
			return -EINVAL;
		high = hex_value(name.p[i + 1]);
		low = hex_value(name.p[i + 2]);
		if (high < 0 || low < 0)
			return -EINVAL;
		ret[len++] = (char)(high * 16 + low);
		i += 2;
	}
	*ret_len = len;
	return 0;
}

int name_decode(struct span name, struct buf *ret)
{
	char value[NAME_PLAIN_MAX], again[NAME_PLAIN_MAX];
	struct span v = { value, 0 };
	size_t len = 0;
	int r;

	if (!name.len || name.len > NAME_PLAIN_MAX)
		return -EINVAL;
	r = decode_bytes(name, value, &v.len);
	if (r < 0)
		return r;
	/* A value has one name: what is escaped without need, or not escaped, is none. */
	for (size_t i = 0; i < v.len; i++) {
		size_t n = is_plain(v, i) ? 1 : ESCAPED;

		if (n > name.len - len)
			return -EINVAL;
		len += put_byte(v, i, again + len);
	}
	if (!span_eq((struct span){ again, len }, name))
		return -EINVAL;
	return buf_append_span(ret, v);
}

/* Letters and digits; runs of anything else are one '-', none at the ends. */
static size_t make_slug(struct span text, bool lower, char ret[SLUG_MAX])
{
	bool gap = false;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (!is_alnum(c)) {
			gap = len > 0;
			continue;
		}
		if (len + (gap ? 2 : 1) > SLUG_MAX)
			break;
		if (gap)
			ret[len++] = '-';
		gap = false;
		if (lower && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		ret[len++] = c;
	}
	return len;
}

/* "slug_VALUE", or the value alone. */
static int encode_behind(
	struct span front, bool lower, struct span value, struct buf *ret)
{
	char slug[SLUG_MAX + 1];
	size_t before = ret->len, len = make_slug(front, lower, slug);
	int r = 0;

	if (len) {
		slug[len++] = '_';
		r = buf_append(ret, slug, len);
	}
	if (r == 0)
		r = name_encode(value, ret);
	if (r < 0)
		buf_truncate(ret, before);
	return r;
}

int name_of_account(struct span id, struct span name, struct buf *ret)
{
	return encode_behind(name, true, id, ret);
}

int name_of_service(
	struct span code, struct span product_name, bool is_marketplace, struct buf *ret)
{
	if (!code.len)
		return buf_append_text(ret, "_no-service");
	if (!is_marketplace)
		return name_encode(code, ret);
	return encode_behind(product_name, false, code, ret);
}

/* What stands behind the account id of an ARN; empty where it is none. */
static struct span arn_resource(struct span id, struct span *ret_region)
{
	struct span rest = id, part;

	if (!span_starts(id, SPAN("arn:")))
		return (struct span){ 0 };
	for (int i = 0; i < ARN_PARTS; i++) {
		size_t at = span_find(rest, ':');

		if (at == rest.len)
			return (struct span){ 0 };
		part = span_first(rest, at);
		if (i == ARN_REGION)
			*ret_region = part;
		rest = span_from(rest, at + 1);
	}
	return rest;
}

int name_of_resource(struct span id, struct buf *ret)
{
	struct span region, behind;

	if (!id.len)
		return buf_append_text(ret, NAME_NO_RESOURCE);
	behind = arn_resource(id, &region);
	if (behind.len)
		id = behind;
	/* A bucket may have the name of our file beside it. */
	if (span_eq(id, SPAN("index.csv")))
		return buf_append_text(ret, NAME_INDEX_AS_RESOURCE);
	return name_encode(id, ret);
}

static bool is_region(struct span s)
{
	if (!s.len || s.len > REGION_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

int name_resource_suffix(struct span id, struct buf *ret)
{
	char text[1 + REGION_MAX] = "~";
	struct span region = { 0 };
	size_t len = HASH_TEXT;

	if (arn_resource(id, &region).len && is_region(region)) {
		len = region.len;
		memcpy(text + 1, region.p, len);
	} else {
		int r = sha256_hex(id, HASH_BYTES, text + 1);

		if (r < 0)
			return r;
	}
	return buf_append(ret, text, 1 + len);
}

struct alias {
	struct span name, code;
};
#define ALIAS(name, code)                                                                \
	{                                                                                \
		{ name, sizeof(name) - 1 },                                              \
		{                                                                        \
			code, sizeof(code) - 1                                           \
		}                                                                        \
	}

/* What people and the AWS command line call it, and the product code it is billed under.
 * Where several codes exist, the one that newer bills have. */
static const struct alias aliases[] = {
	ALIAS("alb", "AWSELB"),
	ALIAS("amplify", "AWSAmplify"),
	ALIAS("apigateway", "AmazonApiGateway"),
	ALIAS("appstream", "AmazonAppStream"),
	ALIAS("appsync", "AWSAppSync"),
	ALIAS("athena", "AmazonAthena"),
	ALIAS("aurora", "AmazonRDS"),
	ALIAS("backup", "AWSBackup"),
	ALIAS("bedrock", "AmazonBedrock"),
	ALIAS("cloudfront", "AmazonCloudFront"),
	ALIAS("cloudtrail", "AWSCloudTrail"),
	ALIAS("cloudwatch", "AmazonCloudWatch"),
	ALIAS("codeartifact", "AWSCodeArtifact"),
	ALIAS("codebuild", "CodeBuild"),
	ALIAS("codecommit", "AWSCodeCommit"),
	ALIAS("codepipeline", "AWSCodePipeline"),
	ALIAS("cognito", "AmazonCognito"),
	ALIAS("comprehend", "comprehend"),
	ALIAS("config", "AWSConfig"),
	ALIAS("connect", "AmazonConnect"),
	ALIAS("datatransfer", "AWSDataTransfer"),
	ALIAS("dax", "AmazonDAX"),
	ALIAS("directconnect", "AWSDirectConnect"),
	ALIAS("directoryservice", "AWSDirectoryService"),
	ALIAS("dms", "AWSDatabaseMigrationSvc"),
	ALIAS("docdb", "AmazonDocDB"),
	ALIAS("documentdb", "AmazonDocDB"),
	ALIAS("dynamodb", "AmazonDynamoDB"),
	ALIAS("ebs", "AmazonEC2"),
	ALIAS("ec2", "AmazonEC2"),
	ALIAS("ecr", "AmazonECR"),
	ALIAS("ecs", "AmazonECS"),
	ALIAS("efs", "AmazonEFS"),
	ALIAS("eks", "AmazonEKS"),
	ALIAS("elasticache", "AmazonElastiCache"),
	ALIAS("elasticsearch", "AmazonES"),
	ALIAS("elb", "AWSELB"),
	ALIAS("emr", "ElasticMapReduce"),
	ALIAS("eventbridge", "AWSEvents"),
	ALIAS("events", "AWSEvents"),
	ALIAS("fargate", "AmazonECS"),
	ALIAS("firehose", "AmazonKinesisFirehose"),
	ALIAS("fsx", "AmazonFSx"),
	ALIAS("glacier", "AmazonGlacier"),
	ALIAS("globalaccelerator", "AWSGlobalAccelerator"),
	ALIAS("glue", "AWSGlue"),
	ALIAS("guardduty", "AmazonGuardDuty"),
	ALIAS("inspector", "AmazonInspectorV2"),
	ALIAS("iot", "AWSIoT"),
	ALIAS("kafka", "AmazonMSK"),
	ALIAS("kinesis", "AmazonKinesis"),
	ALIAS("kms", "awskms"),
	ALIAS("lambda", "AWSLambda"),
	ALIAS("lex", "AmazonLex"),
	ALIAS("lightsail", "AmazonLightsail"),
	ALIAS("logs", "AmazonCloudWatch"),
	ALIAS("macie", "AmazonMacie"),
	ALIAS("memorydb", "AmazonMemoryDB"),
	ALIAS("mq", "AmazonMQ"),
	ALIAS("msk", "AmazonMSK"),
	ALIAS("nat", "AmazonEC2"),
	ALIAS("neptune", "AmazonNeptune"),
	ALIAS("networkfirewall", "AWSNetworkFirewall"),
	ALIAS("nlb", "AWSELB"),
	ALIAS("opensearch", "AmazonES"),
	ALIAS("polly", "AmazonPolly"),
	ALIAS("quicksight", "AmazonQuickSight"),
	ALIAS("rds", "AmazonRDS"),
	ALIAS("redshift", "AmazonRedshift"),
	ALIAS("rekognition", "AmazonRekognition"),
	ALIAS("route53", "AmazonRoute53"),
	ALIAS("s3", "AmazonS3"),
	ALIAS("sagemaker", "AmazonSageMaker"),
	ALIAS("secretsmanager", "AWSSecretsManager"),
	ALIAS("securityhub", "AWSSecurityHub"),
	ALIAS("ses", "AmazonSES"),
	ALIAS("shield", "AWSShield"),
	ALIAS("sns", "AmazonSNS"),
	ALIAS("sqs", "AWSQueueService"),
	ALIAS("ssm", "AWSSystemsManager"),
	ALIAS("states", "AmazonStates"),
	ALIAS("stepfunctions", "AmazonStates"),
	ALIAS("storagegateway", "AWSStorageGateway"),
	ALIAS("textract", "AmazonTextract"),
	ALIAS("timestream", "AmazonTimestream"),
	ALIAS("transcribe", "transcribe"),
	ALIAS("transfer", "AWSTransfer"),
	ALIAS("translate", "translate"),
	ALIAS("vpc", "AmazonVPC"),
	ALIAS("waf", "awswaf"),
	ALIAS("workspaces", "AmazonWorkSpaces"),
	ALIAS("xray", "AWSXRay"),
};

struct span name_service_of_alias(struct span alias)
{
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (span_eq_nocase(alias, aliases[i].name))
			return aliases[i].code;
	return (struct span){ 0 };
}
