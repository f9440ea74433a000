#include "fs/cmd/policy.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fs/cmd/policy_private.h"

enum {
	VALUE_MAX = 8192, /* bytes of an expanded value */
	VALUES_MAX = 256,
	TEMPLATES = 16,
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
	[POLICY_DELIVER] = {
		.sid = "EnableAWSDataExportsToWriteToS3AndCheckPolicy",
		.kinds = IN(POLICY_BUCKET),
		.is_billing = true,
		.services = { "billingreports.amazonaws.com",
			"bcm-data-exports.amazonaws.com" },
		.actions = { "s3:PutObject", "s3:GetBucketPolicy" },
		.resources = { "arn:{p}:s3:::{b}", "arn:{p}:s3:::{b}/*" },
		.conditions = {
			{ "StringLike", "aws:SourceAccount", { "{a}" } },
			{ "StringLike", "aws:SourceArn",
				{ "arn:{p}:cur:{g}:{a}:definition/*",
				  "arn:{p}:bcm-data-exports:{g}:{a}:export/*" } },
		},
	},
	[POLICY_LIST] = {
		.sid = "ListExport",
		.kinds = IN(POLICY_USER),
		.actions = { "s3:ListBucket" },
		.resources = { "arn:{p}:s3:::{b}" },
		.conditions = { { "StringLike", "s3:prefix", { "{prefixes}" } } },
	},
	[POLICY_LOCATE] = {
		.sid = "LocateBucket",
		.kinds = IN(POLICY_USER),
		.actions = { "s3:GetBucketLocation" },
		.resources = { "arn:{p}:s3:::{b}" },
	},
	[POLICY_READ] = {
		.sid = "ReadExport",
		.kinds = IN(POLICY_USER),
		.actions = { "s3:GetObject" },
		.resources = { "{objects}" },
	},
	[POLICY_DECRYPT] = {
		.sid = "DecryptExport",
		.kinds = IN(POLICY_USER),
		.actions = { "kms:Decrypt" },
		.resources = { "{k}" },
		.conditions = { { "StringEquals", "kms:ViaService", { "{v}" } } },
	},
	[POLICY_FIND_REPORTS] = {
		.sid = "FindReports",
		.kinds = IN(POLICY_USER) | IN(POLICY_DISCOVERY),
		.is_other = true,
		.is_billing = true,
		.actions = { "cur:DescribeReportDefinitions" },
		.resources = { "*" },
	},
	[POLICY_FIND_EXPORTS] = {
		.sid = "FindExports",
		.kinds = IN(POLICY_USER),
		.is_other = true,
		.is_billing = true,
		.actions = { "bcm-data-exports:ListExports",
			"bcm-data-exports:GetExport" },
		.resources = { "*" },
	},
	[POLICY_NAME_ACCOUNTS] = {
		.sid = "NameAccounts",
		.kinds = IN(POLICY_USER),
		.is_other = true,
		.actions = { "organizations:ListAccounts" },
		.resources = { "*" },
	},
	[POLICY_COMPUTE] = {
		.sid = "DescribeCompute",
		.kinds = IN(POLICY_DISCOVERY),
		.actions = { "ec2:Describe*" },
		.resources = { "*" },
	},
	[POLICY_BUCKETS] = {
		.sid = "DescribeBuckets",
		.kinds = IN(POLICY_DISCOVERY),
		.actions = { "s3:ListAllMyBuckets", "s3:GetBucketLocation",
			"s3:GetBucketTagging", "s3:GetBucketPublicAccessBlock",
			"s3:GetBucketPolicyStatus", "s3:GetBucketAcl" },
		.resources = { "*" },
	},
	[POLICY_IDENTITIES] = {
		.sid = "DescribeIdentities",
		.kinds = IN(POLICY_DISCOVERY),
		.actions = { "iam:ListUsers", "iam:GetLoginProfile", "iam:ListAccessKeys",
			"iam:GetAccessKeyLastUsed", "iam:ListGroups",
			"iam:ListInstanceProfiles", "iam:ListOpenIDConnectProviders",
			"iam:ListPolicies", "iam:ListRoles", "iam:ListSAMLProviders",
			"iam:ListServerCertificates", "iam:ListVirtualMFADevices" },
		.resources = { "*" },
	},
	[POLICY_METRICS] = {
		.sid = "ReadMetrics",
		.kinds = IN(POLICY_DISCOVERY),
		.actions = { "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics" },
		.resources = { "*" },
	},
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
	const struct policy_partition *p = policy_partition_of(s);
	struct span region = { 0 };

	switch (mark) {
	case 'p':
		return buf_append_text(to, policy_partition_name(s));
	case 'b':
		return buf_append_text(to, s->bucket);
	case 'a':
		return buf_append_text(to, s->account);
	case 'g':
		return buf_append_text(to, p ? p->billing_region : "");
	case 'k':
		return buf_append_text(to, s->kms_key);
	default:
		(void)policy_measure_key(span_of(s->kms_key), &region);
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
	int r = buf_appendf(
		&front, "arn:%s:s3:::%s/", policy_partition_name(s), s->bucket);

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
	const struct policy_partition *p = policy_partition_of(s);

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
