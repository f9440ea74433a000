/* Sources as people paste them. */
#include "fs/cmd/given.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cmd/place.h"
#include "tests/cmocka.h"

#define ARN_EXPORT                                                                       \
	"arn:aws:bcm-data-exports:us-east-1:123456789012:export/"                        \
	"billing-0a1b2c3d-0e1f-4a5b-8c7d-0123456789ab"

static const struct {
	const char *text, *source, *bucket, *prefix, *export_name, *region;
	bool is_guess;
} pasted[] = {
	/* As they are. */
	{ "demo:", "demo:", NULL, NULL, NULL, NULL, false },
	{ "aws:", "aws:", NULL, NULL, NULL, NULL, false },
	{ "", "", NULL, NULL, NULL, NULL, false },
	{ "/srv/no such copy", "/srv/no such copy", NULL, NULL, NULL, NULL, false },
	{ "./x", "./x", NULL, NULL, NULL, NULL, false },
	{ "here/..", "here/..", NULL, NULL, NULL, NULL, false },
	{ "s3://bkt", "s3://bkt", "bkt", "", NULL, NULL, false },
	{ "s3://bkt//p//n/", "s3://bkt//p//n/", "bkt", "p/n/", NULL, NULL, false },
	{ "S3://bkt/p", "S3://bkt/p", "bkt", "p/", NULL, NULL, false },
	{ "s3a://bkt/p", "s3a://bkt/p", "bkt", "p/", NULL, NULL, false },
	{ "s3n://bkt/p", "s3n://bkt/p", "bkt", "p/", NULL, NULL, false },
	{ "arn:aws:s3:::bkt/p/n", "arn:aws:s3:::bkt/p/n", "bkt", "p/n/", NULL, NULL,
		false },
	{ "arn:aws-cn:s3:::bkt", "arn:aws-cn:s3:::bkt", "bkt", "", NULL, NULL, false },
	/* Blanks and quotes. */
	{ " s3://bkt/p\n", "s3://bkt/p", "bkt", "p/", NULL, NULL, false },
	{ "\"s3://bkt/p\"", "s3://bkt/p", "bkt", "p/", NULL, NULL, false },
	{ "' `s3://bkt/p` '", "s3://bkt/p", "bkt", "p/", NULL, NULL, false },
	{ "<s3://bkt/p>", "s3://bkt/p", "bkt", "p/", NULL, NULL, false },
	{ "\xE2\x80\x9Cs3://bkt/p\xE2\x80\x9D\xC2\xA0", "s3://bkt/p", "bkt", "p/", NULL,
		NULL, false },
	{ "\"demo:\"", "demo:", NULL, NULL, NULL, NULL, false },
	{ "\"", "\"", NULL, NULL, NULL, NULL, false },
	{ "\"\"", "", NULL, NULL, NULL, NULL, false },
	/* Into an export. */
	{ "s3://bkt/p/n/20261101-20261201/n-Manifest.json", "s3://bkt/p/n/", "bkt",
		"p/n/", NULL, NULL, false },
	{ "s3://bkt/p/n/20261101-20261201/", "s3://bkt/p/n/", "bkt", "p/n/", NULL, NULL,
		false },
	{ "s3://bkt/20261101-20261201", "s3://bkt", "bkt", "", NULL, NULL, false },
	{ "s3://bkt/p/n/metadata/BILLING_PERIOD=2026-11/n-Manifest.json", "s3://bkt/p/n/",
		"bkt", "p/n/", NULL, NULL, false },
	{ "s3://bkt/p/n/data/billing_period=2026-11", "s3://bkt/p/n/", "bkt", "p/n/",
		NULL, NULL, false },
	{ "s3://bkt/p/n/n/year=2018/month=1/n-00001.snappy.parquet", "s3://bkt/p/n/",
		"bkt", "p/n/", NULL, NULL, false },
	{ "s3://bkt/n/year=2018/", "s3://bkt/n/", "bkt", "n/", NULL, NULL, false },
	{ "s3://bkt/p/n-00001.csv.gz", "s3://bkt/p/n-00001.csv.gz", "bkt", "p/", NULL,
		NULL, false },
	{ "s3://bkt/data", "s3://bkt/data", "bkt", "data/", NULL, NULL, false },
	/* Without a scheme. */
	{ "bkt", "s3://bkt", "bkt", "", NULL, NULL, true },
	{ "my.bkt/p/n/", "s3://my.bkt/p/n/", "my.bkt", "p/n/", NULL, NULL, true },
	{ "bkt/p/n/20261101-20261201", "s3://bkt/p/n/", "bkt", "p/n/", NULL, NULL, true },
	{ "My_Export", "My_Export", NULL, NULL, NULL, NULL, false },
	{ "ab", "ab", NULL, NULL, NULL, NULL, false },
	{ "10.0.0.1", "10.0.0.1", NULL, NULL, NULL, NULL, false },
	{ "bkt:p", "bkt:p", NULL, NULL, NULL, NULL, false },
	/* Links. */
	{ "https://bkt.s3.eu-west-1.amazonaws.com/p/n/", "s3://bkt/p/n/", "bkt", "p/n/",
		NULL, "eu-west-1", false },
	{ "https://my.bkt.s3.eu-west-1.amazonaws.com", "s3://my.bkt", "my.bkt", "", NULL,
		"eu-west-1", false },
	{ "HTTPS://bkt.S3.amazonaws.com/P", "s3://bkt/P/", "bkt", "P/", NULL, NULL,
		false },
	{ "https://bkt.s3-eu-west-1.amazonaws.com/p", "s3://bkt/p/", "bkt", "p/", NULL,
		"eu-west-1", false },
	{ "https://bkt.s3.dualstack.eu-west-1.amazonaws.com/p", "s3://bkt/p/", "bkt",
		"p/", NULL, "eu-west-1", false },
	{ "https://bkt.s3.cn-north-1.amazonaws.com.cn/p", "s3://bkt/p/", "bkt", "p/",
		NULL, "cn-north-1", false },
	{ "https://s3.eu-west-1.amazonaws.com/bkt/p/n", "s3://bkt/p/n/", "bkt", "p/n/",
		NULL, "eu-west-1", false },
	{ "http://s3.amazonaws.com/bkt", "s3://bkt", "bkt", "", NULL, NULL, false },
	{ "https://s3-us-west-2.amazonaws.com/bkt/p", "s3://bkt/p/", "bkt", "p/", NULL,
		"us-west-2", false },
	{ "https://bkt.s3.eu-west-1.amazonaws.com/p%20q/20261101-20261201/"
	  "n-Manifest.json?X-Amz-Signature=abc",
		"s3://bkt/p q/", "bkt", "p q/", NULL, "eu-west-1", false },
	{ "https://s3.console.aws.amazon.com/s3/buckets/bkt?region=eu-west-1"
	  "&prefix=p/n/&showversions=false",
		"s3://bkt/p/n/", "bkt", "p/n/", NULL, "eu-west-1", false },
	{ "https://eu-west-1.console.aws.amazon.com/s3/buckets/bkt?bucketType="
	  "general&region=eu-west-1&tab=objects#x",
		"s3://bkt", "bkt", "", NULL, "eu-west-1", false },
	{ "https://us-east-1.console.aws.amazon.com/s3/object/"
	  "bkt?region=us-east-1"
	  "&prefix=p%2Fn%2Fmetadata%2FBILLING_PERIOD%3D2026-11%2Fn-Manifest.json",
		"s3://bkt/p/n/", "bkt", "p/n/", NULL, "us-east-1", false },
	{ "https://s3.console.aws.amazon.com/s3/buckets/bkt/p/n/", "s3://bkt/p/n/", "bkt",
		"p/n/", NULL, NULL, false },
	{ "https://console.amazonaws.cn/s3/buckets/bkt?region=cn-north-1", "s3://bkt",
		"bkt", "", NULL, "cn-north-1", false },
	/* Exports. */
	{ ARN_EXPORT, "aws:", NULL, NULL, "billing", NULL, false },
	{ "arn:aws:bcm-data-exports:us-east-1:1:export/a-b", "aws:", NULL, NULL, "a-b",
		NULL, false },
	{ "arn:aws:cur:us-east-1:123456789012:definition/hourly", "aws:", NULL, NULL,
		"hourly", NULL, false },
};

static void pasted_sources(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pasted); i++) {
		struct given g = { 0 };
		struct place p = { 0 };
		struct fault why = { 0 };

		print_message("%s\n", pasted[i].text);
		assert_int_equal(given_parse(pasted[i].text, &g, &why), 0);
		assert_string_equal(g.source, pasted[i].source);
		assert_int_equal(g.is_guess, pasted[i].is_guess);
		assert_string_equal(g.export_name ? g.export_name : "-",
			pasted[i].export_name ? pasted[i].export_name : "-");
		assert_string_equal(g.region ? g.region : "-",
			pasted[i].region ? pasted[i].region : "-");
		assert_int_equal(place_is_s3(g.source), pasted[i].bucket != NULL);
		if (pasted[i].bucket) {
			assert_int_equal(place_parse(g.source, &p, &why), 0);
			assert_string_equal(p.bucket, pasted[i].bucket);
			assert_string_equal(p.prefix, pasted[i].prefix);
		}
		place_finish(&p);
		given_finish(&g);
	}
}

static void what_names_no_bucket_is_refused(void **state)
{
	static const char *const cases[] = {
		"https://example.com/bkt/p?X-Amz-Signature=SECRET",
		"https://minio.example.com:9000/bkt",
		"https://console.aws.amazon.com/billing/home?SECRET=1#SECRET",
		"https://s3.console.aws.amazon.com/s3/buckets/",
		"https://s3.amazonaws.com/",
		"https://ec2.eu-west-1.amazonaws.com/bkt",
		"https://user:SECRET@example.com/",
		"https://",
		"arn:aws:s3:eu-west-1:123456789012:accesspoint/a",
		"arn:aws:iam::123456789012:user/x",
		"arn:",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct given g = { 0 };
		struct fault why = { 0 };

		print_message("%s\n", cases[i]);
		assert_int_equal(given_parse(cases[i], &g, &why), -EINVAL);
		assert_null(g.source);
		assert_null(strstr(why.text, "SECRET"));
		assert_non_null(strstr(why.cure, "s3://my-bucket"));
	}
}

static void paths_that_exist_stay_as_they_are(void **state)
{
	char dir[] = "/tmp/costfs-test-XXXXXX";
	static const char *const names[] = { "bkt", "'quoted'", " blank " };

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct given g = { 0 };

		assert_int_equal(mkdir(names[i], 0700), 0);
		assert_int_equal(given_parse(names[i], &g, NULL), 0);
		assert_string_equal(g.source, names[i]);
		assert_false(g.is_guess);
		given_finish(&g);
		assert_int_equal(rmdir(names[i]), 0);
	}
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void what_is_far_too_long_is_refused(void **state)
{
	char text[3 * GIVEN_MAX];
	struct given g = { 0 };
	struct fault why = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	/* Its part is longer than any file's name. */
	memcpy(text, "bkt/", 4);
	assert_int_equal(given_parse(text, &g, &why), 0);
	assert_false(g.is_guess);
	given_finish(&g);
	memcpy(text, "https://bkt.s3.amazonaws.com/", 29);
	assert_int_equal(given_parse(text, &g, &why), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pasted_sources),
		cmocka_unit_test(what_names_no_bucket_is_refused),
		cmocka_unit_test(paths_that_exist_stay_as_they_are),
		cmocka_unit_test(what_is_far_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
