/* Whether the values of a policy are what they should be. */
#include <errno.h>

#include "fs/cmd/policy_private.h"

enum { ACCOUNT_DIGITS = 12, KEY_ID_LENGTH = 36, PREFIX_MAX = 1000 };

/* GovCloud's accounts are billed by an account of "aws"; exports get there as copies. */
static const struct policy_partition partitions[] = {
	{ "aws", "us-east-1", "amazonaws.com" },
	{ "aws-cn", "cn-northwest-1", "amazonaws.com.cn" },
	{ "aws-us-gov", NULL, "amazonaws.com" },
};

const char *policy_partition_name(const struct policy_subject *s)
{
	return s->partition ? s->partition : "aws";
}

const struct policy_partition *policy_partition_of(const struct policy_subject *s)
{
	for (size_t i = 0; i < ARRAY_LEN(partitions); i++)
		if (strcmp(partitions[i].name, policy_partition_name(s)) == 0)
			return &partitions[i];
	return NULL;
}

static bool is_small(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_address(struct span name)
{
	struct span part;
	int parts = 0;

	for (; span_split(&name, '.', &part); parts++)
		if (!span_is_digits(part) || part.len > 3)
			return false;
	return parts == 4;
}

/* AWS's rules for buckets since 2018. */
static bool is_bucket(struct span name)
{
	if (name.len < 3 || name.len > 63 || is_address(name))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		bool is_inner = i > 0 && i + 1 < name.len;

		if (is_small(name.p[i]) || (is_inner && name.p[i] == '-'))
			continue;
		if (!is_inner || name.p[i] != '.' || name.p[i + 1] == '.')
			return false;
	}
	return true;
}

static bool is_account(struct span id)
{
	return id.len == ACCOUNT_DIGITS && span_is_digits(id);
}

static bool is_plain(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	return true;
}

static bool is_region(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_small(name.p[i]) && name.p[i] != '-')
			return false;
	return name.len > 0 && name.len < 64;
}

static size_t key_id_length(struct span text)
{
	size_t len = 0;

	while (len < text.len && (is_small(text.p[len]) || text.p[len] == '-'))
		len++;
	return len;
}

/* arn:PARTITION:kms:REGION:ACCOUNT:key/ID and nothing but that; ret_region may be NULL.
 * IAM takes no aliases for it. Bytes that it is long, 0 for none. */
size_t policy_measure_key(struct span text, struct span *ret_region)
{
	struct span rest = text, part[5];
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		if (!span_split(&rest, ':', &part[i]))
			return 0;
	if (!span_eq(part[0], SPAN("arn")) || !span_starts(part[1], SPAN("aws")) ||
		!is_region(part[1]) || !span_eq(part[2], SPAN("kms")) ||
		!is_region(part[3]) || !is_account(part[4]) ||
		!span_starts(rest, SPAN("key/")))
		return 0;
	rest = span_from(rest, 4);
	len = key_id_length(rest);
	/* A UUID, or "mrk-" and 32 digits. */
	if (len != KEY_ID_LENGTH)
		return 0;
	if (ret_region)
		*ret_region = part[3];
	return (size_t)(rest.p - text.p) + len;
}

char *policy_find_key(struct span text)
{
	for (size_t i = 0; i + 4 < text.len; i++) {
		struct span rest = span_from(text, i);
		size_t len = span_starts(rest, SPAN("arn:"))
			? policy_measure_key(rest, NULL)
			: 0;

		if (len > 0)
			return strndup(rest.p, len);
	}
	return NULL;
}

static int refuse(
	struct fault *why, const char *cure, const char *what, const char *value)
{
	fault_cure(why, "%s", cure);
	return fault(why, -EINVAL, "no %s: \"%s\"", what, value);
}

static int check_key(const struct policy_subject *s, struct fault *why)
{
	struct span key = span_of(s->kms_key), rest = key, part = { 0 };

	if (key.len == 0 || policy_measure_key(key, NULL) != key.len)
		return refuse(why,
			"give its ARN, with the id and not an alias: aws kms "
			"describe-key "
			"--key-id alias/NAME --query KeyMetadata.Arn --output text",
			"ARN of a KMS key", s->kms_key);
	for (int i = 0; i < 2; i++)
		(void)span_split(&rest, ':', &part);
	if (!span_eq(part, span_of(policy_partition_name(s))))
		return refuse(why, "name its partition, too: --partition",
			"key of the partition", s->kms_key);
	return 0;
}

static int check_partition(
	enum policy_kind kind, const struct policy_subject *s, struct fault *why)
{
	const struct policy_partition *p = policy_partition_of(s);

	if (!p)
		return refuse(why, "known are: aws, aws-cn, aws-us-gov", "partition",
			s->partition);
	if (kind != POLICY_BUCKET || p->billing_region)
		return 0;
	fault_cure(why,
		"make the export in the standard account that pays for the GovCloud "
		"account, and its policy with --partition aws; copy it from there");
	return fault(why, -EINVAL, "AWS delivers no billing exports in %s", p->name);
}

int policy_check(enum policy_kind kind, const struct policy_subject *s, struct fault *why)
{
	int r = check_partition(kind, s, why);

	if (r < 0)
		return r;
	if (s->bucket && !is_bucket(span_of(s->bucket)))
		return refuse(why,
			"3 to 63 small letters, digits, '-' and '.': aws s3 ls lists "
			"yours",
			"name of a bucket", s->bucket);
	if (s->account && !is_account(span_of(s->account)))
		return refuse(why,
			"12 digits without dashes: aws sts get-caller-identity --query "
			"Account --output text",
			"id of an account", s->account);
	if (s->prefix &&
		(!is_plain(span_of(s->prefix)) || strlen(s->prefix) > PREFIX_MAX))
		return refuse(why, "as in s3://my-bucket/PREFIX", "prefix", s->prefix);
	return s->kms_key ? check_key(s, why) : 0;
}
