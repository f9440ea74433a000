/* Names made from values. Escapes by hand after RFC 3986; hashes by Python's hashlib. */
#include "fs/store/name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/cmocka.h"

struct pair {
	struct span value, name;
};
#define PAIR(value, name)                                                                \
	{                                                                                \
		{ value, sizeof(value) - 1 },                                            \
		{                                                                        \
			name, sizeof(name) - 1                                           \
		}                                                                        \
	}

static void expect_text(struct buf *b, struct span want)
{
	if (!span_eq(buf_span(b), want))
		fail_msg("got \"%.*s\", want \"%.*s\"", SPAN_ARG(buf_span(b)),
			SPAN_ARG(want));
	buf_clear(b);
}

static const struct pair plain[] = {
	PAIR("AmazonEC2", "AmazonEC2"),
	PAIR("i-0123456789abcdef0", "i-0123456789abcdef0"),
	PAIR("a.b_c-d", "a.b_c-d"),
	PAIR("Team A", "Team%20A"),
	PAIR("a/b", "a%2Fb"),
	PAIR("/", "%2F"),
	PAIR("100%", "100%25"),
	PAIR("%2F", "%252F"),
	PAIR("x:y=z@w,", "x%3Ay%3Dz%40w%2C"),
	PAIR("-rf", "%2Drf"),
	PAIR("r-f", "r-f"),
	PAIR(".hidden", "%2Ehidden"),
	PAIR("_untagged", "%5Funtagged"),
	PAIR("~home", "%7Ehome"),
	PAIR("a~b", "a%7Eb"),
	PAIR("end.", "end%2E"),
	PAIR("end..", "end.%2E"),
	PAIR(".", "%2E"),
	PAIR("..", "%2E%2E"),
	PAIR("-", "%2D"),
	PAIR("a\0b", "a%00b"),
	PAIR("\n\x7f\xff", "%0A%7F%FF"),
	PAIR("s\xc3\xbc\x64", "s%C3%BCd"),
};

static void values_become_safe_names_and_come_back(void **state)
{
	struct buf b = BUF_INIT(1024);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		assert_int_equal(name_encode(plain[i].value, &b), 0);
		expect_text(&b, plain[i].name);
		assert_int_equal(name_decode(plain[i].name, &b), 0);
		expect_text(&b, plain[i].value);
	}
	buf_finish(&b);
}

static void what_encoding_never_makes_is_no_name(void **state)
{
	static const char *const bad[] = { "", "%", "%2", "a%2", "%2f", "%41", "%zz",
		"a b", "a/b", ".", "..", ".x", "-x", "_x", "~x", "x.", "a~b", "x%2E.",
		"a%2Db", "%2E%2Ex.y%2Ez", "caf\xc3\xa9" };
	struct buf b = BUF_INIT(1024);
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (name_decode(span_of(bad[i]), &b) != -EINVAL)
			fail_msg("\"%s\" was decoded", bad[i]);
		assert_int_equal(b.len, 0);
	}
	memset(text, 'x', sizeof(text));
	assert_int_equal(name_decode((struct span){ text, NAME_PLAIN_MAX }, &b), 0);
	buf_clear(&b);
	assert_int_equal(
		name_decode((struct span){ text, NAME_PLAIN_MAX + 1 }, &b), -EINVAL);
	/* Escaped anew these would be three times as long. */
	memset(text, '~', sizeof(text));
	assert_int_equal(name_decode((struct span){ text, NAME_PLAIN_MAX }, &b), -EINVAL);
	buf_finish(&b);
}

struct long_case {
	const char *piece;
	size_t count;
	const char *tail;
	size_t kept; /* bytes of the encoded value in front of the hash */
	const char *hash;
};

static void long_values_are_cut_at_a_whole_character_and_hashed(void **state)
{
	static const struct long_case cases[] = {
		{ "a", 200, "", 200, NULL },
		{ "a", 201, "", 180, "a92efd821093" },
		{ "\xc3\xa4", 40, "", 180, "437be29e05e3" },
		{ "x", 179, "/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 179, "24d05300ec46" },
		{ "x", 177, "/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 180, "c223a5e5db9b" },
		{ "x", 178, "\xc3\xa4yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 178,
			"5309c228f90a" },
		{ "x", 174, "\xc3\xa4yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 180,
			"29f50040fecf" },
		{ ".", 1000, "", 180, "45849646c503" },
		{ "\xff", 67, "", 180, "cf2ace77b897" },
		{ "\xff", 66, "", 198, NULL },
	};
	struct buf value = BUF_INIT(4096), b = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_clear(&value);
		for (size_t n = 0; n < cases[i].count; n++)
			assert_int_equal(buf_append_text(&value, cases[i].piece), 0);
		assert_int_equal(buf_append_text(&value, cases[i].tail), 0);
		assert_int_equal(name_encode(buf_span(&value), &b), 0);
		print_message("case %zu\n", i);
		if (!cases[i].hash) {
			assert_int_equal(b.len, cases[i].kept);
		} else {
			assert_int_equal(b.len, cases[i].kept + 13);
			assert_int_equal(b.p[cases[i].kept], '~');
			assert_memory_equal(b.p + cases[i].kept + 1, cases[i].hash, 12);
		}
		buf_clear(&b);
	}
	buf_finish(&value);
	buf_finish(&b);
}

static void accounts_are_named_by_slug_and_id(void **state)
{
	static const struct pair cases[] = {
		PAIR("prod-eu", "prod-eu_111122223333"),
		PAIR("Prod EU", "prod-eu_111122223333"),
		PAIR("  Prod//EU!  ", "prod-eu_111122223333"),
		PAIR("", "111122223333"),
		PAIR("!!! \xe6\x97\xa5", "111122223333"),
		PAIR("a", "a_111122223333"),
		PAIR("_x", "x_111122223333"),
		PAIR("0123456789012345678901234567890123456789",
			"0123456789012345678901234567890123456789_111122223333"),
		PAIR("01234567890123456789012345678901234567890",
			"0123456789012345678901234567890123456789_111122223333"),
		PAIR("012345678901234567890123456789012345678 0",
			"012345678901234567890123456789012345678_111122223333"),
	};
	struct buf b = BUF_INIT(1024);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(
			name_of_account(SPAN("111122223333"), cases[i].value, &b), 0);
		expect_text(&b, cases[i].name);
	}
	assert_int_equal(name_of_account(SPAN("a/b"), SPAN(""), &b), 0);
	expect_text(&b, SPAN("a%2Fb"));
	buf_finish(&b);
}

static void services_are_codes_with_the_product_in_front_on_the_marketplace(void **state)
{
	struct buf b = BUF_INIT(1024);

	(void)state;
	assert_int_equal(
		name_of_service(SPAN("AmazonEC2"), SPAN("Amazon EC2"), false, &b), 0);
	expect_text(&b, SPAN("AmazonEC2"));
	assert_int_equal(
		name_of_service(SPAN("4vbgw"), SPAN("MongoDB Atlas (pay)"), true, &b), 0);
	expect_text(&b, SPAN("MongoDB-Atlas-pay_4vbgw"));
	assert_int_equal(name_of_service(SPAN("4vbgw"), SPAN(""), true, &b), 0);
	expect_text(&b, SPAN("4vbgw"));
	assert_int_equal(name_of_service(SPAN(""), SPAN("x"), true, &b), 0);
	expect_text(&b, SPAN("_no-service"));
	assert_int_equal(name_of_service(SPAN("Amazon Elastic"), SPAN(""), false, &b), 0);
	expect_text(&b, SPAN("Amazon%20Elastic"));
	buf_finish(&b);
}

static void resources_are_ids_or_the_end_of_an_arn(void **state)
{
	static const struct pair cases[] = {
		PAIR("", "_no-resource"),
		PAIR("i-0123456789abcdef0", "i-0123456789abcdef0"),
		PAIR("my.bucket", "my.bucket"),
		PAIR("_no-resource", "%5Fno-resource"),
		PAIR("arn:aws:lambda:eu-west-1:111122223333:function:my-fn",
			"function%3Amy-fn"),
		PAIR("arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/"
		     "app/web/50",
			"loadbalancer%2Fapp%2Fweb%2F50"),
		PAIR("arn:aws:s3:::bucket", "bucket"),
		PAIR("arn:aws:s3:::", "arn%3Aaws%3As3%3A%3A%3A"),
		PAIR("arn:aws:s3", "arn%3Aaws%3As3"),
		PAIR("arn:", "arn%3A"),
		PAIR("arn:a:b:c:d:.", "%2E"),
		PAIR("index.csv", "%69ndex.csv"),
		PAIR("arn:aws:s3:::index.csv", "%69ndex.csv"),
		PAIR("index.csv2", "index.csv2"),
	};
	struct buf b = BUF_INIT(1024);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(name_of_resource(cases[i].value, &b), 0);
		expect_text(&b, cases[i].name);
	}
	buf_finish(&b);
}

static void clashing_resources_are_told_apart_by_region_or_hash(void **state)
{
	static const struct pair cases[] = {
		PAIR("arn:aws:lambda:eu-west-1:111122223333:function:f", "~eu-west-1"),
		PAIR("arn:aws:iam::111122223333:role/x", "~56ce27a2f099"),
		PAIR("i-1", "~f105b11df43d"),
	};
	struct buf b = BUF_INIT(1024);
	char arn[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(name_resource_suffix(cases[i].value, &b), 0);
		expect_text(&b, cases[i].name);
	}
	/* A region that is none, or too long, stays out of the name. */
	assert_int_equal(name_resource_suffix(SPAN("arn:a:b:../x:1:y"), &b), 0);
	assert_int_equal(b.len, 13);
	buf_clear(&b);
	for (int len = 32; len <= 33; len++) {
		(void)snprintf(arn, sizeof(arn), "arn:a:b:%0*d:1:y", len, 0);
		assert_int_equal(name_resource_suffix(span_of(arn), &b), 0);
		assert_int_equal(b.len, len == 32 ? 33 : 13);
		buf_clear(&b);
	}
	buf_finish(&b);
}

static void everyday_names_of_services_are_known(void **state)
{
	static const struct pair cases[] = {
		PAIR("ec2", "AmazonEC2"),
		PAIR("EC2", "AmazonEC2"),
		PAIR("alb", "AWSELB"),
		PAIR("s3", "AmazonS3"),
		PAIR("sqs", "AWSQueueService"),
		PAIR("kms", "awskms"),
		PAIR("lambda", "AWSLambda"),
		PAIR("xray", "AWSXRay"),
		PAIR("", ""),
		PAIR("ec", ""),
		PAIR("ec22", ""),
		PAIR("zzz", ""),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span got = name_service_of_alias(cases[i].value);

		if (!span_eq(got, cases[i].name))
			fail_msg("%s: got %.*s", cases[i].value.p, SPAN_ARG(got));
	}
}

static void names_fit_into_a_directory_entry(void **state)
{
	struct buf value = BUF_INIT(4096), b = BUF_INIT(4096);

	(void)state;
	assert_int_equal(buf_append_text(&value, "arn:aws:x:eu-west-1:1:"), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_append_text(&value, "z"), 0);
	assert_int_equal(name_of_resource(buf_span(&value), &b), 0);
	assert_int_equal(name_resource_suffix(buf_span(&value), &b), 0);
	assert_true(b.len <= NAME_BYTES_MAX);
	buf_clear(&b);
	assert_int_equal(name_of_account(buf_span(&value), buf_span(&value), &b), 0);
	assert_true(b.len <= NAME_BYTES_MAX);
	buf_clear(&b);
	assert_int_equal(
		name_of_service(buf_span(&value), buf_span(&value), true, &b), 0);
	assert_true(b.len <= NAME_BYTES_MAX);
	buf_finish(&b);
	buf_finish(&value);
}

static void failure_leaves_the_buffer_alone(void **state)
{
	struct buf b = BUF_INIT(6);

	(void)state;
	assert_int_equal(buf_append_text(&b, "abc"), 0);
	assert_int_equal(name_encode(SPAN("wxyz"), &b), -EFBIG);
	assert_int_equal(name_decode(SPAN("wxyz"), &b), -EFBIG);
	assert_int_equal(name_of_account(SPAN("12"), SPAN("x"), &b), -EFBIG);
	assert_int_equal(name_of_service(SPAN(""), SPAN(""), false, &b), -EFBIG);
	assert_int_equal(name_of_service(SPAN("12"), SPAN("x"), true, &b), -EFBIG);
	assert_int_equal(name_of_resource(SPAN(""), &b), -EFBIG);
	assert_int_equal(name_resource_suffix(SPAN("i-1"), &b), -EFBIG);
	assert_int_equal(name_encode(SPAN("xyz"), &b), 0);
	expect_text(&b, SPAN("abcxyz"));
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_become_safe_names_and_come_back),
		cmocka_unit_test(what_encoding_never_makes_is_no_name),
		cmocka_unit_test(long_values_are_cut_at_a_whole_character_and_hashed),
		cmocka_unit_test(accounts_are_named_by_slug_and_id),
		cmocka_unit_test(
			services_are_codes_with_the_product_in_front_on_the_marketplace),
		cmocka_unit_test(resources_are_ids_or_the_end_of_an_arn),
		cmocka_unit_test(clashing_resources_are_told_apart_by_region_or_hash),
		cmocka_unit_test(everyday_names_of_services_are_known),
		cmocka_unit_test(names_fit_into_a_directory_entry),
		cmocka_unit_test(failure_leaves_the_buffer_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
