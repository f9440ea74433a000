#include "aws/resource/verdict.h"

#include <errno.h>
#include <stdio.h>

#include "aws/api/json.h"

enum { REASON_MAX = 1024 };
static const char GROUPS[] = "http://acs.amazonaws.com/groups/global/";

/* A switch of the block: where there is no block it is off. */
static enum verdict is_on(const struct verdict_facts *facts, const char *name, int *ret)
{
	struct json *block = NULL;
	enum verdict v = VERDICT_NO;

	if (facts->block->state == PART_UNKNOWN)
		return VERDICT_UNKNOWN;
	if (facts->block->state == PART_NONE)
		return VERDICT_NO;
	*ret = json_parse(part_json(facts->block), &block);
	if (*ret == 0 && json_boolean(json_member(block, name)) == 1)
		v = VERDICT_YES;
	json_free(block);
	return v;
}

static int add_reason(
	struct compose_list *reasons, const char *what, enum verdict off, const char *by)
{
	struct buf text = BUF_INIT(REASON_MAX), json = BUF_INIT(6 * REASON_MAX + 2);
	int r = buf_append_text(&text, what);

	if (r == 0 && off == VERDICT_YES)
		r = buf_appendf(&text, ", which %s turns off", by);
	else if (r == 0 && off == VERDICT_UNKNOWN)
		r = buf_appendf(
			&text, ", unless %s, which was refused, turns it off", by);
	if (r == 0)
		r = buf_append_json(&json, buf_span(&text));
	if (r == 0)
		r = compose_item(reasons, buf_span(&json));
	buf_finish(&text);
	buf_finish(&json);
	return r;
}

/* What is public, and what turns that off. */
static enum verdict verdict_with(enum verdict off)
{
	switch (off) {
	case VERDICT_NO:
		return VERDICT_YES;
	case VERDICT_YES:
		return VERDICT_NO;
	case VERDICT_UNKNOWN:
		break;
	}
	return VERDICT_UNKNOWN;
}

/* "AllUsers" or "AuthenticatedUsers"; NULL: not everybody. */
static const char *public_group(const struct json *grant)
{
	const char *uri = json_member_text(json_member(grant, "Grantee"), "URI");
	size_t len = sizeof(GROUPS) - 1;

	if (!uri || strncmp(uri, GROUPS, len) != 0)
		return NULL;
	uri += len;
	return strcmp(uri, "AllUsers") == 0 || strcmp(uri, "AuthenticatedUsers") == 0
		? uri
		: NULL;
}

static int judge_grants(const struct json *acl, enum verdict off,
	struct compose_list *reasons, enum verdict *ret)
{
	const struct json *grants = json_member(acl, "Grants");
	int r = 0;

	*ret = VERDICT_NO;
	for (const struct json *g = json_first(grants); g && r == 0; g = json_next(g)) {
		const char *permission = json_member_text(g, "Permission");
		const char *group = public_group(g);
		char what[256];

		if (!group)
			continue;
		(void)snprintf(what, sizeof(what), "the ACL grants %.64s to %s",
			permission ? permission : "something", group);
		*ret = verdict_with(off);
		r = add_reason(reasons, what, off, "IgnorePublicAcls");
	}
	return r;
}

static int judge_acl(const struct verdict_facts *facts, struct compose_list *reasons,
	enum verdict *ret)
{
	struct json *acl = NULL;
	int r = 0;
	enum verdict off = is_on(facts, "IgnorePublicAcls", &r);

	*ret = VERDICT_UNKNOWN;
	if (facts->acl->state != PART_THERE)
		return r;
	if (r == 0)
		r = json_parse(part_json(facts->acl), &acl);
	if (r == 0)
		r = judge_grants(acl, off, reasons, ret);
	json_free(acl);
	return r;
}

static int judge_policy(const struct verdict_facts *facts, struct compose_list *reasons,
	enum verdict *ret)
{
	struct json *status = NULL;
	int r = 0, is_public = 0;
	enum verdict off = is_on(facts, "RestrictPublicBuckets", &r);

	if (r == 0 && facts->policy->state == PART_THERE) {
		r = json_parse(part_json(facts->policy), &status);
		is_public = json_boolean(json_member(status, "IsPublic"));
		json_free(status);
	}
	*ret = VERDICT_NO;
	if (facts->policy->state == PART_UNKNOWN || is_public < 0)
		*ret = VERDICT_UNKNOWN;
	if (r < 0 || is_public != 1)
		return r;
	*ret = verdict_with(off);
	return add_reason(reasons, "the policy is public", off, "RestrictPublicBuckets");
}

int verdicts_of(const struct verdict_facts *facts, struct compose_list *reasons,
	struct verdicts *ret)
{
	struct verdicts v;
	int r = judge_acl(facts, reasons, &v.by_acl);

	if (r == 0)
		r = judge_policy(facts, reasons, &v.by_policy);
	if (r == 0)
		*ret = v;
	return r;
}

struct span verdict_json(enum verdict v)
{
	switch (v) {
	case VERDICT_NO:
		return SPAN("false");
	case VERDICT_YES:
		return SPAN("true");
	case VERDICT_UNKNOWN:
		break;
	}
	return SPAN("null");
}
