#include "aws/resource/verdict.h"

#include <errno.h>
#include <stdio.h>

#include "tests/cmocka.h"

#define GROUP(name, permission)                                                          \
	"{\"Grantee\":{\"Type\":\"Group\",\"URI\":"                                      \
	"\"http://acs.amazonaws.com/groups/" name "\"},\"Permission\":\"" permission     \
	"\"}"
#define OWNER                                                                            \
	"{\"Grantee\":{\"ID\":\"o\",\"Type\":\"CanonicalUser\"},"                        \
	"\"Permission\":\"FULL_CONTROL\"}"
#define ACL(grants) "{\"Grants\":[" grants "]}"
#define ALL_READ GROUP("global/AllUsers", "READ")
#define PUBLIC "{\"IsPublic\":true}"
#define PRIVATE "{\"IsPublic\":false}"
#define BLOCK(acls, buckets)                                                             \
	"{\"BlockPublicAcls\":true,\"BlockPublicPolicy\":true,"                          \
	"\"IgnorePublicAcls\":" acls ",\"RestrictPublicBuckets\":" buckets "}"
#define REFUSED "refused"

/* NULL: there is none. */
static const struct {
	const char *what, *acl, *policy, *block;
	enum verdict by_acl, by_policy;
	const char *reasons; /* joined by '|' */
} rows[] = {
	{ "nothing public", ACL(OWNER), NULL, NULL, VERDICT_NO, VERDICT_NO, "" },
	{ "no grants at all", ACL(""), PRIVATE, BLOCK("false", "false"), VERDICT_NO,
		VERDICT_NO, "" },
	{ "everybody reads", ACL(OWNER "," ALL_READ), NULL, NULL, VERDICT_YES, VERDICT_NO,
		"the ACL grants READ to AllUsers" },
	{ "everybody with an account writes",
		ACL(GROUP("global/AuthenticatedUsers", "WRITE")), NULL, NULL, VERDICT_YES,
		VERDICT_NO, "the ACL grants WRITE to AuthenticatedUsers" },
	{ "each grant is a reason",
		ACL(ALL_READ "," GROUP("global/AllUsers", "READ_ACP")), NULL, NULL,
		VERDICT_YES, VERDICT_NO,
		"the ACL grants READ to AllUsers|the ACL grants READ_ACP to AllUsers" },
	{ "the group of log delivery is not everybody",
		ACL(GROUP("s3/LogDelivery", "WRITE")), NULL, NULL, VERDICT_NO, VERDICT_NO,
		"" },
	{ "a group that is called so elsewhere", ACL(GROUP("local/AllUsers", "READ")),
		NULL, NULL, VERDICT_NO, VERDICT_NO, "" },
	{ "a group that is only like it", ACL(GROUP("global/AllUsersButOne", "READ")),
		NULL, NULL, VERDICT_NO, VERDICT_NO, "" },
	{ "ignored by the block", ACL(ALL_READ), NULL, BLOCK("true", "false"), VERDICT_NO,
		VERDICT_NO,
		"the ACL grants READ to AllUsers, which IgnorePublicAcls turns off" },
	{ "blocking new ACLs changes nothing for old ones", ACL(ALL_READ), NULL,
		BLOCK("false", "true"), VERDICT_YES, VERDICT_NO,
		"the ACL grants READ to AllUsers" },
	{ "a public policy", ACL(OWNER), PUBLIC, NULL, VERDICT_NO, VERDICT_YES,
		"the policy is public" },
	{ "a public policy, restricted", ACL(OWNER), PUBLIC, BLOCK("false", "true"),
		VERDICT_NO, VERDICT_NO,
		"the policy is public, which RestrictPublicBuckets turns off" },
	{ "blocking new policies changes nothing for old ones", ACL(OWNER), PUBLIC,
		BLOCK("true", "false"), VERDICT_NO, VERDICT_YES, "the policy is public" },
	{ "the ACL refused", REFUSED, PRIVATE, NULL, VERDICT_UNKNOWN, VERDICT_NO, "" },
	{ "no ACL, which cannot be", NULL, PRIVATE, NULL, VERDICT_UNKNOWN, VERDICT_NO,
		"" },
	{ "the policy refused", ACL(OWNER), REFUSED, NULL, VERDICT_NO, VERDICT_UNKNOWN,
		"" },
	{ "the policy's status says nothing", ACL(OWNER), "{}", NULL, VERDICT_NO,
		VERDICT_UNKNOWN, "" },
	{ "the block refused, and nothing public", ACL(OWNER), PRIVATE, REFUSED,
		VERDICT_NO, VERDICT_NO, "" },
	{ "the block refused, and all public", ACL(ALL_READ), PUBLIC, REFUSED,
		VERDICT_UNKNOWN, VERDICT_UNKNOWN,
		"the ACL grants READ to AllUsers, unless IgnorePublicAcls, which was "
		"refused, turns it off|the policy is public, unless "
		"RestrictPublicBuckets, which was refused, turns it off" },
	{ "all refused", REFUSED, REFUSED, REFUSED, VERDICT_UNKNOWN, VERDICT_UNKNOWN,
		"" },
	{ "a block that says nothing", ACL(ALL_READ), PUBLIC, "{}", VERDICT_YES,
		VERDICT_YES, "the ACL grants READ to AllUsers|the policy is public" },
};

static struct part part_of(const char *json)
{
	struct part p = { .json = BUF_INIT(COMPOSE_BYTES_MAX) };

	if (!json)
		return p;
	p.state = strcmp(json, REFUSED) == 0 ? PART_UNKNOWN : PART_THERE;
	assert_int_equal(buf_append_text(&p.json, json), 0);
	return p;
}

/* As they are printed: ["a", "b"] over several lines. */
static struct buf list_of(const char *reasons)
{
	struct buf b = BUF_INIT(4096);
	struct span rest = span_of(reasons), part;
	bool is_first = true;

	while (reasons[0] && span_split(&rest, '|', &part)) {
		assert_int_equal(buf_appendf(&b, "%s    \"%.*s\"",
					 is_first ? "[\n" : ",\n", SPAN_ARG(part)),
			0);
		is_first = false;
	}
	return b;
}

static void verdicts_are_those_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct part acl = part_of(rows[i].acl), policy = part_of(rows[i].policy),
			    block = part_of(rows[i].block);
		const struct verdict_facts facts = { &acl, &policy, &block };
		struct buf want = list_of(rows[i].reasons);
		struct compose_list reasons;
		struct verdicts got;

		print_message("%s\n", rows[i].what);
		compose_list_init(&reasons);
		assert_int_equal(verdicts_of(&facts, &reasons, &got), 0);
		assert_int_equal(got.by_acl, rows[i].by_acl);
		assert_int_equal(got.by_policy, rows[i].by_policy);
		assert_string_equal(buf_text(&reasons.text), buf_text(&want));
		compose_list_finish(&reasons);
		buf_finish(&want);
		part_finish(&acl);
		part_finish(&policy);
		part_finish(&block);
	}
}

static void a_verdict_is_true_false_or_null(void **state)
{
	(void)state;
	assert_true(span_eq(verdict_json(VERDICT_NO), SPAN("false")));
	assert_true(span_eq(verdict_json(VERDICT_YES), SPAN("true")));
	assert_true(span_eq(verdict_json(VERDICT_UNKNOWN), SPAN("null")));
}

static void what_is_no_json_is_refused(void **state)
{
	static const char *const broken[][3] = { { "{", NULL, NULL },
		{ ACL(""), "{", NULL }, { ACL(""), NULL, "{" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct part acl = part_of(broken[i][0]), policy = part_of(broken[i][1]),
			    block = part_of(broken[i][2]);
		const struct verdict_facts facts = { &acl, &policy, &block };
		struct verdicts got = { VERDICT_YES, VERDICT_YES };
		struct compose_list reasons;

		compose_list_init(&reasons);
		assert_int_equal(verdicts_of(&facts, &reasons, &got), -EBADMSG);
		assert_int_equal(got.by_acl, VERDICT_YES);
		compose_list_finish(&reasons);
		part_finish(&acl);
		part_finish(&policy);
		part_finish(&block);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_those_of_the_table),
		cmocka_unit_test(a_verdict_is_true_false_or_null),
		cmocka_unit_test(what_is_no_json_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
