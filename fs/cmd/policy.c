#include "fs/cmd/policy.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

enum {
	VALUE_MAX = 8192, /* bytes of an expanded value */
	VALUES_MAX = 256,
	TEMPLATES = 10,
	ACCOUNT_DIGITS = 12,
};

struct partition {
	const char *name;
	const char *billing_region; /* NULL: AWS delivers no exports in it */
	const char *domain; /* of services, in conditions */
};

/* GovCloud's accounts are billed by an account of "aws"; exports get there as copies. */
static const struct partition partitions[] = {
	{ "aws", "us-east-1", "amazonaws.com" },
	{ "aws-cn", "cn-northwest-1", "amazonaws.com.cn" },
	{ "aws-us-gov", NULL, "amazonaws.com" },
};

static const char *const kind_names[POLICY_KIND_COUNT] = {
	[POLICY_BUCKET] = "bucket",
	[POLICY_USER] = "user",
	[POLICY_DISCOVERY] = "discovery",
};

#define IN(kind) (1U << (kind))

/* In values: {p} partition, {b} bucket, {a} account, {g} the region of billing, {k} the
 * key, {v} S3 in the key's region. A value that is {objects} or {prefixes} stands for
 * several, by the prefix. */
struct statement {
	const char *sid;
	unsigned kinds;
	bool is_other; /* none of S3's own calls: left out on demand */
	bool is_billing; /* needs exports in the partition */
	const char *services[TEMPLATES]; /* of a bucket's policy */
	const char *actions[TEMPLATES];
	const char *resources[3];
	struct {
		const char *operator, * key, *values[4];
	} conditions[2]; /* of one operator; left out where no value stands */
};

/* clang-format off */
static const struct statement statements[POLICY_STATEMENT_COUNT] = {
	[POLICY_DELIVER] = { "EnableAWSDataExportsToWriteToS3AndCheckPolicy",
		IN(POLICY_BUCKET), false, true,
		{ "billingreports.amazonaws.com", "bcm-data-exports.amazonaws.com" },
		{ "s3:PutObject", "s3:GetBucketPolicy" },
		{ "arn:{p}:s3:::{b}", "arn:{p}:s3:::{b}/*" },
		{ { "StringLike", "aws:SourceAccount", { "{a}" } },
		  { "StringLike", "aws:SourceArn",
			{ "arn:{p}:cur:{g}:{a}:definition/*",
			  "arn:{p}:bcm-data-exports:{g}:{a}:export/*" } } } },
	[POLICY_LIST] = { "ListExport", IN(POLICY_USER), false, false, { NULL },
		{ "s3:ListBucket" }, { "arn:{p}:s3:::{b}" },
		{ { "StringLike", "s3:prefix", { "{prefixes}" } } } },
	[POLICY_LOCATE] = { "LocateBucket", IN(POLICY_USER), false, false, { NULL },
		{ "s3:GetBucketLocation" }, { "arn:{p}:s3:::{b}" }, { { NULL } } },
	[POLICY_READ] = { "ReadExport", IN(POLICY_USER), false, false, { NULL },
		{ "s3:GetObject" }, { "{objects}" }, { { NULL } } },
	[POLICY_DECRYPT] = { "DecryptExport", IN(POLICY_USER), false, false, { NULL },
		{ "kms:Decrypt" }, { "{k}" },
		{ { "StringEquals", "kms:ViaService", { "{v}" } } } },
	[POLICY_FIND_REPORTS] = { "FindReports", IN(POLICY_USER) | IN(POLICY_DISCOVERY),
		true, true, { NULL }, { "cur:DescribeReportDefinitions" }, { "*" },
		{ { NULL } } },
	[POLICY_FIND_EXPORTS] = { "FindExports", IN(POLICY_USER), true, true, { NULL },
		{ "bcm-data-exports:ListExports", "bcm-data-exports:GetExport" }, { "*" },
		{ { NULL } } },
	[POLICY_NAME_ACCOUNTS] = { "NameAccounts", IN(POLICY_USER), true, false, { NULL },
		{ "organizations:ListAccounts" }, { "*" }, { { NULL } } },
	[POLICY_COMPUTE] = { "DescribeCompute", IN(POLICY_DISCOVERY), false, false,
		{ NULL }, { "ec2:Describe*" }, { "*" }, { { NULL } } },
	[POLICY_BUCKETS] = { "DescribeBuckets", IN(POLICY_DISCOVERY), false, false,
		{ NULL }, { "s3:ListAllMyBuckets", "s3:GetBucketLocation",
			"s3:GetBucketTagging", "s3:GetBucketPublicAccessBlock",
			"s3:GetBucketPolicyStatus", "s3:GetBucketAcl" },
		{ "*" }, { { NULL } } },
	[POLICY_USERS] = { "DescribeUsers", IN(POLICY_DISCOVERY), false, false, { NULL },
		{ "iam:ListUsers", "iam:GetLoginProfile", "iam:ListAccessKeys",
			"iam:GetAccessKeyLastUsed" }, { "*" }, { { NULL } } },
	[POLICY_METRICS] = { "ReadMetrics", IN(POLICY_DISCOVERY), false, false, { NULL },
		{ "cloudwatch:GetMetricStatistics" }, { "*" }, { { NULL } } },
};
/* clang-format on */

bool policy_kind_of(const char *name, enum policy_kind *ret)
{
	for (int i = 0; i < POLICY_KIND_COUNT; i++)
		if (strcmp(kind_names[i], name) == 0) {
			*ret = (enum policy_kind)i;
			return true;
		}
	return false;
}

bool policy_needs_bucket(enum policy_kind kind)
{
	return kind != POLICY_DISCOVERY;
}

bool policy_needs_account(enum policy_kind kind)
{
	return kind == POLICY_BUCKET;
}

static const char *partition_name(const struct policy_subject *s)
{
	return s->partition ? s->partition : "aws";
}

static const struct partition *partition_of(const struct policy_subject *s)
{
	for (size_t i = 0; i < ARRAY_LEN(partitions); i++)
		if (strcmp(partitions[i].name, partition_name(s)) == 0)
			return &partitions[i];
	return NULL;
}

/* What a value is checked for. */

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
static size_t measure_key(struct span text, struct span *ret_region)
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
	if (len != 36)
		return 0;
	if (ret_region)
		*ret_region = part[3];
	return (size_t)(rest.p - text.p) + len;
}

char *policy_find_key(struct span text)
{
	for (size_t i = 0; i + 4 < text.len; i++) {
		struct span rest = span_from(text, i);
		size_t len =
			span_starts(rest, SPAN("arn:")) ? measure_key(rest, NULL) : 0;

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

	if (key.len == 0 || measure_key(key, NULL) != key.len)
		return refuse(why,
			"give its ARN, with the id and not an alias: aws kms "
			"describe-key "
			"--key-id alias/NAME --query KeyMetadata.Arn --output text",
			"ARN of a KMS key", s->kms_key);
	for (int i = 0; i < 2; i++)
		(void)span_split(&rest, ':', &part);
	if (!span_eq(part, span_of(partition_name(s))))
		return refuse(why, "name its partition, too: --partition",
			"key of the partition", s->kms_key);
	return 0;
}

static int check_partition(
	enum policy_kind kind, const struct policy_subject *s, struct fault *why)
{
	const struct partition *p = partition_of(s);

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
	if (s->prefix && (!is_plain(span_of(s->prefix)) || strlen(s->prefix) > 1000))
		return refuse(why, "as in s3://my-bucket/PREFIX", "prefix", s->prefix);
	return s->kms_key ? check_key(s, why) : 0;
}

/* The values of a member. */
struct values {
	char **items;
	size_t count, cap;
};

static void values_finish(struct values *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
}

/* Takes what the buffer holds; one that is there already is left out. */
static int values_take(struct values *v, struct buf *text)
{
	int r = VEC_RESERVE(&v->items, &v->cap, v->count + 1, (size_t)VALUES_MAX);
	const char *p = r == 0 ? buf_text(text) : NULL;

	if (!p)
		return r < 0 ? r : -ENOMEM;
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->items[i], p) == 0)
			return 0;
	v->items[v->count] = strdup(p);
	if (!v->items[v->count])
		return -ENOMEM;
	v->count++;
	return 0;
}

/* What IAM would take for a pattern stands for itself in ${…}. */
static int append_literal(struct buf *to, struct span text)
{
	int r = 0;

	for (size_t i = 0; i < text.len && r == 0; i++) {
		char c = text.p[i];

		if (c == '*' || c == '?' || c == '$')
			r = buf_appendf(to, "${%c}", c);
		else
			r = buf_append_byte(to, c);
	}
	return r;
}

static struct span trimmed_prefix(const struct policy_subject *s)
{
	struct span prefix = span_of(s->prefix);

	while (span_ends(prefix, SPAN("/")))
		prefix.len--;
	return prefix;
}

/* The prefix without the empty parts that S3 may have in it. */
static int append_tidy(struct buf *to, struct span prefix)
{
	struct span part;
	int r = 0;

	while (r == 0 && span_split(&prefix, '/', &part)) {
		if (part.len == 0)
			continue;
		if (to->len > 0)
			r = buf_append_byte(to, '/');
		if (r == 0)
			r = buf_append_span(to, part);
	}
	return r;
}

/* FRONT PREFIX/TAIL */
static int add_pattern(
	struct values *v, struct span front, struct span prefix, const char *tail)
{
	struct buf text = BUF_INIT(VALUE_MAX);
	int r = buf_append_span(&text, front);

	if (r == 0)
		r = append_literal(&text, prefix);
	if (r == 0)
		r = buf_append_text(&text, tail);
	if (r == 0)
		r = values_take(v, &text);
	buf_finish(&text);
	return r;
}

/* The prefix as S3 has it, and as costfs looks for it first. */
static int add_patterns(
	struct values *v, struct span front, const struct policy_subject *s)
{
	struct span prefix = trimmed_prefix(s);
	struct buf tidy = BUF_INIT(VALUE_MAX);
	int r = append_tidy(&tidy, prefix);

	if (r == 0)
		r = add_pattern(v, front, prefix, "/*");
	if (r == 0 && tidy.len > 0)
		r = add_pattern(v, front, buf_span(&tidy), "/*");
	buf_finish(&tidy);
	return r;
}

/* Where there are empty parts, costfs finds them on the way down from the top. */
static int add_steps(struct values *v, struct span prefix)
{
	int r = 0;

	for (size_t i = 0; i < prefix.len && r == 0; i++)
		if (i > 0 && prefix.p[i] == '/' && prefix.p[i - 1] != '/')
			r = add_pattern(v, SPAN(""), span_first(prefix, i), "/");
	return r;
}

static bool has_empty_part(struct span prefix)
{
	for (size_t i = 0; i < prefix.len; i++)
		if (prefix.p[i] == '/' && (i == 0 || prefix.p[i - 1] == '/'))
			return true;
	return false;
}

static int add_prefixes(struct values *v, const struct policy_subject *s)
{
	struct span prefix = trimmed_prefix(s);
	int r = 0;

	if (prefix.len == 0)
		return 0;
	r = add_patterns(v, SPAN(""), s);
	if (r == 0 && has_empty_part(prefix))
		r = add_steps(v, prefix);
	return r;
}

static int append_mark(struct buf *to, char mark, const struct policy_subject *s)
{
	const struct partition *p = partition_of(s);
	struct span region = { 0 };

	switch (mark) {
	case 'p':
		return buf_append_text(to, partition_name(s));
	case 'b':
		return buf_append_text(to, s->bucket);
	case 'a':
		return buf_append_text(to, s->account);
	case 'g':
		return buf_append_text(to, p ? p->billing_region : "");
	case 'k':
		return buf_append_text(to, s->kms_key);
	default:
		(void)measure_key(span_of(s->kms_key), &region);
		return buf_appendf(to, "s3.%.*s.%s", SPAN_ARG(region),
			p ? p->domain : "amazonaws.com");
	}
}

static int add_value(
	struct values *v, const char *template, const struct policy_subject *s)
{
	struct buf text = BUF_INIT(VALUE_MAX);
	int r = 0;

	for (const char *p = template; *p && r == 0; p++) {
		if (*p != '{') {
			r = buf_append_byte(&text, *p);
			continue;
		}
		r = append_mark(&text, p[1], s);
		p += 2;
	}
	if (r == 0)
		r = values_take(v, &text);
	buf_finish(&text);
	return r;
}

static int add_objects(struct values *v, const struct policy_subject *s)
{
	struct buf front = BUF_INIT(VALUE_MAX);
	int r = buf_appendf(&front, "arn:%s:s3:::%s/", partition_name(s), s->bucket);

	if (r == 0 && trimmed_prefix(s).len == 0)
		r = add_pattern(v, buf_span(&front), SPAN(""), "*");
	else if (r == 0)
		r = add_patterns(v, buf_span(&front), s);
	buf_finish(&front);
	return r;
}

static int fill(struct values *v, const char *const *templates, size_t count,
	const struct policy_subject *s)
{
	int r = 0;

	for (size_t i = 0; i < count && templates[i] && r == 0; i++) {
		if (strcmp(templates[i], "{prefixes}") == 0)
			r = add_prefixes(v, s);
		else if (strcmp(templates[i], "{objects}") == 0)
			r = add_objects(v, s);
		else
			r = add_value(v, templates[i], s);
	}
	return r;
}

static void write_values(struct json_out *j, const char *name, const struct values *v)
{
	if (v->count == 1) {
		json_out_text(j, name, v->items[0]);
		return;
	}
	json_out_open(j, name, '[');
	for (size_t i = 0; i < v->count; i++)
		json_out_text(j, NULL, v->items[i]);
	json_out_close(j, ']');
}

static int write_member(struct json_out *j, const char *name,
	const char *const *templates, size_t count, const struct policy_subject *s)
{
	struct values v = { 0 };
	int r = fill(&v, templates, count, s);

	if (r == 0)
		write_values(j, name, &v);
	values_finish(&v);
	return r;
}

static int write_conditions(
	struct json_out *j, const struct statement *t, const struct policy_subject *s)
{
	bool is_open = false;
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(t->conditions) && r == 0; i++) {
		struct values v = { 0 };

		if (!t->conditions[i].key)
			break;
		r = fill(&v, t->conditions[i].values, ARRAY_LEN(t->conditions[i].values),
			s);
		if (r == 0 && v.count > 0 && !is_open) {
			json_out_open(j, "Condition", '{');
			json_out_open(j, t->conditions[i].operator, '{');
			is_open = true;
		}
		if (r == 0 && v.count > 0)
			write_values(j, t->conditions[i].key, &v);
		values_finish(&v);
	}
	if (is_open) {
		json_out_close(j, '}');
		json_out_close(j, '}');
	}
	return r;
}

int policy_write_statement(struct json_out *j, const char *name,
	enum policy_statement statement, const struct policy_subject *s)
{
	const struct statement *t = &statements[statement];
	int r = 0;

	json_out_open(j, name, '{');
	json_out_text(j, "Sid", t->sid);
	json_out_text(j, "Effect", "Allow");
	if (t->services[0]) {
		json_out_open(j, "Principal", '{');
		r = write_member(j, "Service", t->services, TEMPLATES, s);
		json_out_close(j, '}');
	}
	if (r == 0)
		r = write_member(j, "Action", t->actions, TEMPLATES, s);
	if (r == 0)
		r = write_member(j, "Resource", t->resources, ARRAY_LEN(t->resources), s);
	if (r == 0)
		r = write_conditions(j, t, s);
	json_out_close(j, '}');
	if (r == -EFBIG)
		r = -EINVAL;
	return r < 0 ? r : j->failed;
}

static bool is_wanted(
	enum policy_statement id, enum policy_kind kind, const struct policy_subject *s)
{
	const struct statement *t = &statements[id];
	const struct partition *p = partition_of(s);

	if (!(t->kinds & IN(kind)) || (t->is_other && s->bucket_only))
		return false;
	if (id == POLICY_DECRYPT && !s->kms_key)
		return false;
	return !t->is_billing || (p && p->billing_region);
}

int policy_write(enum policy_kind kind, const struct policy_subject *s, struct buf *ret)
{
	struct json_out j = { .to = ret };
	size_t before = ret->len;
	int r = 0;

	json_out_open(&j, NULL, '{');
	json_out_text(&j, "Version", "2012-10-17");
	json_out_open(&j, "Statement", '[');
	for (int i = 0; i < POLICY_STATEMENT_COUNT && r == 0; i++) {
		enum policy_statement id = (enum policy_statement)i;

		if (is_wanted(id, kind, s))
			r = policy_write_statement(&j, NULL, id, s);
	}
	json_out_close(&j, ']');
	json_out_close(&j, '}');
	if (r == 0)
		r = j.failed;
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r < 0)
		buf_truncate(ret, before);
	return r;
}
