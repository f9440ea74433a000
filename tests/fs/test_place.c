/* Where in S3 a pasted text means. */
#include "fs/cmd/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka.h"

struct pasted {
	const char *source;
	const char *bucket; /* NULL: no place in S3 */
	const char *prefix;
};

static const struct pasted pastes[] = {
	{ "s3://b-1/p/name", "b-1", "p/name/" },
	{ "s3://b-1", "b-1", "" },
	{ "s3://b-1/", "b-1", "" },
	{ "S3://b-1//p///name//", "b-1", "p/name/" },
	{ "s3a://b-1/p", "b-1", "p/" },
	{ "s3n://b-1/p", "b-1", "p/" },
	{ "s3:///b-1/p", "b-1", "p/" },
	{ " 's3://b-1/p/' \n", "b-1", "p/" },
	{ "\"s3://b-1/a b/c%20d\"", "b-1", "a b/c%20d/" },
	{ "`s3://b-1/p`", "b-1", "p/" },
	{ "s3://b-1/p/x/20261101-20261201/x-Manifest.json", "b-1",
		"p/x/20261101-20261201/" },
	{ "s3://b-1/p/x/data/BILLING_PERIOD=2026-11/x-00001.csv.gz", "b-1",
		"p/x/data/BILLING_PERIOD=2026-11/" },
	{ "s3://b-1/p.json/x", "b-1", "p.json/x/" },
	{ "arn:aws:s3:::b-1/p/name", "b-1", "p/name/" },
	{ "arn:aws-cn:s3:::b-1", "b-1", "" },
	{ "arn:aws:iam::111122223333:role/x", NULL, NULL },
	{ "https://b-1.s3.eu-west-1.amazonaws.com/p/name/", "b-1", "p/name/" },
	{ "https://b-1.s3.amazonaws.com/p", "b-1", "p/" },
	{ "https://b-1.s3-eu-west-1.amazonaws.com/p", "b-1", "p/" },
	{ "https://b-1.s3.dualstack.eu-west-1.amazonaws.com/p", "b-1", "p/" },
	{ "https://b.with.dots.s3.cn-north-1.amazonaws.com.cn/p", "b.with.dots", "p/" },
	{ "https://s3.eu-west-1.amazonaws.com/b-1/p/name", "b-1", "p/name/" },
	{ "https://s3.amazonaws.com/b-1", "b-1", "" },
	{ "HTTPS://S3.amazonaws.com:443/b-1/a%20b/c%2Fd/", "b-1", "a b/c/d/" },
	{ "https://b-1.s3.eu-west-1.amazonaws.com/p?versionId=x#top", "b-1", "p/" },
	{ "https://eu-west-1.console.aws.amazon.com/s3/buckets/"
	  "b-1?region=eu-west-1&bucketType=general&prefix=p/my+export/"
	  "&showversions=false",
		"b-1", "p/my export/" },
	{ "https://s3.console.aws.amazon.com/s3/buckets/b-1", "b-1", "" },
	{ "https://s3.console.aws.amazon.com/s3/buckets/b-1?prefix=p%2Fname%2F", "b-1",
		"p/name/" },
	{ "https://console.amazonaws.cn/s3/buckets/b-1?prefix=p/", "b-1", "p/" },
	{ "https://s3.console.aws.amazon.com/s3/object/b-1?prefix=p/x/x-Manifest.json",
		"b-1", "p/x/" },
	{ "https://console.aws.amazon.com/ec2/home", NULL, NULL },
	{ "https://example.com/b-1/p", NULL, NULL },
	{ "https://amazonaws.com/b-1", NULL, NULL },
	{ "https://s3.amazonaws.com.example.com/b-1", NULL, NULL },
	{ "/srv/s3://b-1", NULL, NULL },
	{ "b-1/p", NULL, NULL },
	{ "demo:", NULL, NULL },
	{ "aws:", NULL, NULL },
	{ "", NULL, NULL },
};

static void a_place_is_what_was_pasted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pastes); i++) {
		const struct pasted *p = &pastes[i];
		struct place got = { 0 };
		struct fault why = { 0 };

		if (place_is_s3(p->source) != (p->bucket != NULL))
			fail_msg("%s: is a place in S3, or is not", p->source);
		if (!p->bucket)
			continue;
		assert_int_equal(place_parse(p->source, &got, &why), 0);
		if (strcmp(got.bucket, p->bucket) != 0 ||
			strcmp(got.prefix, p->prefix) != 0)
			fail_msg("%s: %s, %s", p->source, got.bucket, got.prefix);
		place_finish(&got);
	}
}

static void a_place_without_a_bucket_is_refused(void **state)
{
	static const char *const sources[] = { "s3://", "s3:///",
		"arn:aws:s3:::", "https://s3.amazonaws.com/",
		"https://console.aws.amazon.com/s3/buckets/",
		"https://console.aws.amazon.com/s3/buckets?prefix=p" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct place got = { 0 };
		struct fault why = { 0 };

		assert_int_equal(place_parse(sources[i], &got, &why), -EINVAL);
		assert_non_null(strstr(why.text, "names no bucket"));
		assert_non_null(strstr(why.cure, "s3://"));
		assert_null(got.bucket);
	}
}

static void a_place_longer_than_any_key_is_refused(void **state)
{
	static char source[8192] = "s3://b-1/";
	struct place got = { 0 };
	struct fault why = { 0 };

	(void)state;
	memset(source + 9, 'x', sizeof(source) - 10);
	assert_int_equal(place_parse(source, &got, &why), -EINVAL);
	assert_non_null(strstr(why.text, "longer than any key"));
}

static void going_up_takes_the_last_part(void **state)
{
	struct place p = { 0 };
	char *part = NULL;

	(void)state;
	assert_int_equal(place_parse("s3://b-1/a/b c", &p, NULL), 0);
	assert_true(place_go_up(&p, &part));
	assert_string_equal(part, "b c");
	assert_string_equal(p.prefix, "a/");
	free(part);
	assert_true(place_go_up(&p, &part));
	assert_string_equal(part, "a");
	assert_string_equal(p.prefix, "");
	free(part);
	assert_false(place_go_up(&p, &part));
	place_finish(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_what_was_pasted),
		cmocka_unit_test(a_place_without_a_bucket_is_refused),
		cmocka_unit_test(a_place_longer_than_any_key_is_refused),
		cmocka_unit_test(going_up_takes_the_last_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
