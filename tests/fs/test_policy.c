/* Statements and keys of policies. Whole documents: tests/cmd/test_policy.py. */
#include "fs/cmd/policy.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/cmocka.h"
#include "tests/oom.h"

#define KEY "arn:aws:kms:us-east-1:111122223333:key/12345678-90ab-cdef-1234-567890abcdef"
#define REPLICA                                                                          \
	"arn:aws-cn:kms:cn-north-1:111122223333:key/"                                    \
	"mrk-0123456789abcdef0123456789abcdef"

static void keys_are_found_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *text, *key;
	} cases[] = {
		{ "", NULL },
		{ KEY, KEY },
		{ REPLICA, REPLICA },
		/* As S3 says it. */
		{ "User: arn:aws:sts::111122223333:assumed-role/a/b is not authorized to "
		  "perform: kms:Decrypt on resource: " KEY " because no identity-based "
		  "policy allows the kms:Decrypt action",
			KEY },
		{ "the key (" KEY ")", KEY },
		{ "arn:" KEY, KEY },
		/* Cut, as messages are. */
		{ "on resource: "
		  "arn:aws:kms:us-east-1:111122223333:key/12345678-90ab-cdef",
			NULL },
		{ KEY "0", NULL },
		{ "arn:aws:kms:us-east-1:111122223333:alias/acme", NULL },
		{ "arn:aws:kms:us-east-1:11112222333:key/12345678-90ab-cdef-1234-"
		  "567890abcdef",
			NULL },
		{ "arn:aws:kms::111122223333:key/12345678-90ab-cdef-1234-567890abcdef",
			NULL },
		{ "arn:aws:s3:::bucket", NULL },
		{ "arn:", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *key = policy_find_key(span_of(cases[i].text));

		print_message("%s\n", cases[i].text);
		if (cases[i].key)
			assert_string_equal(key, cases[i].key);
		else
			assert_null(key);
		free(key);
	}
}

static void statements_stand_within_a_document(void **state)
{
	static const struct policy_subject s = { .bucket = "acme", .prefix = "a" };
	struct buf text = BUF_INIT(4096);
	struct json_out j = { .to = &text, .indent = 1 };

	(void)state;
	assert_int_equal(policy_write_statement(&j, NULL, POLICY_LIST, &s), 0);
	assert_string_equal(buf_text(&text),
		"{\n"
		"    \"Sid\": \"ListExport\",\n"
		"    \"Effect\": \"Allow\",\n"
		"    \"Action\": \"s3:ListBucket\",\n"
		"    \"Resource\": \"arn:aws:s3:::acme\",\n"
		"    \"Condition\": {\n"
		"      \"StringLike\": {\n"
		"        \"s3:prefix\": \"a/*\"\n"
		"      }\n"
		"    }\n"
		"  }");
	buf_finish(&text);
}

static void a_full_buffer_is_left_as_it_was(void **state)
{
	static const struct policy_subject s = { .bucket = "acme", .prefix = "a" };
	struct buf whole = BUF_INIT(8192);

	(void)state;
	assert_int_equal(policy_write(POLICY_USER, &s, &whole), 0);
	for (size_t limit = 1; limit < whole.len; limit += 7) {
		struct buf text = BUF_INIT(limit);

		assert_int_equal(buf_append_byte(&text, 'x'), 0);
		assert_true(policy_write(POLICY_USER, &s, &text) < 0);
		assert_int_equal(text.len, 1);
		buf_finish(&text);
	}
	buf_finish(&whole);
}

static void no_memory_is_told(void **state)
{
	static const struct policy_subject s = { .bucket = "acme",
		.prefix = "/a//b",
		.account = "111122223333",
		.kms_key = KEY };
	struct buf whole = BUF_INIT(8192);
	int r = -ENOMEM;

	(void)state;
	assert_int_equal(policy_write(POLICY_USER, &s, &whole), 0);
	for (unsigned n = 0; r == -ENOMEM; n++) {
		struct buf text = BUF_INIT(8192);

		oom_after(n);
		r = policy_write(POLICY_USER, &s, &text);
		(void)oom_stop();
		if (r == 0)
			assert_string_equal(buf_text(&text), buf_text(&whole));
		else
			assert_int_equal(text.len, 0);
		buf_finish(&text);
	}
	assert_int_equal(r, 0);
	buf_finish(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_found_whole_or_not_at_all),
		cmocka_unit_test(statements_stand_within_a_document),
		cmocka_unit_test(a_full_buffer_is_left_as_it_was),
		cmocka_unit_test(no_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
