#include "aws/auth/settings.h"

#include <errno.h>

#include "tests/cmocka.h"

/* Variables and profile keys as "NAME=value" lines, since env() is given no context: each
 * test sets them before it asks. */
static const char *variables, *profile;

static const char *find(const char *lines, struct span name)
{
	static char values[8][128]; /* in turns, as several are in use at once */
	static unsigned turn;
	struct span rest = span_of(lines), line;

	while (span_split(&rest, '\n', &line)) {
		size_t equals = span_find(line, '=');

		if (span_eq(span_first(line, equals), name)) {
			char *value = values[turn++ % 8];
			struct span text = span_from(line, equals + 1);

			assert_true(text.len < 128);
			memcpy(value, text.p, text.len);
			value[text.len] = '\0';
			return value;
		}
	}
	return NULL;
}

static const char *env(const char *name)
{
	return find(variables, span_of(name));
}

/* What profile.h has, of the lines above. Sections are keys "services/NAME/service/key".
 */
struct profile_set {
	int unused;
};

const char *profile_get(const struct profile_set *s, const char *name, const char *key)
{
	(void)s;
	assert_string_equal(name, "p");
	return find(profile, span_of(key));
}

const char *profile_get_section(const struct profile_set *s, const char *kind,
	const char *name, const char *key, const char *inner)
{
	struct buf path = BUF_INIT(256);
	const char *value;

	(void)s;
	assert_int_equal(buf_appendf(&path, "%s/%s/%s/%s", kind, name, key, inner), 0);
	value = find(profile, buf_span(&path));
	buf_finish(&path);
	return value;
}

static const struct profile_set profiles;

static struct auth_context context_of(const char *of_variables, const char *of_profile)
{
	variables = of_variables;
	profile = of_profile;
	return (struct auth_context){ .profiles = &profiles, .profile = "p", .env = env };
}

/* As botocore 1.43 resolves them, but for S3 in us-east-1: that is as AWS CLI v2 has it.
 */
static const struct {
	enum aws_service service;
	const char *region;
	bool dualstack, fips;
	const char *host, *signing_region, *signing_name;
} endpoints[] = {
	{ AWS_S3, "us-east-1", 0, 0, "s3.us-east-1.amazonaws.com", "us-east-1", "s3" },
	{ AWS_S3, "eu-west-1", 0, 0, "s3.eu-west-1.amazonaws.com", "eu-west-1", "s3" },
	{ AWS_S3, "eu-west-1", 1, 0, "s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1",
		"s3" },
	{ AWS_S3, "us-gov-west-1", 0, 1, "s3-fips.us-gov-west-1.amazonaws.com",
		"us-gov-west-1", "s3" },
	{ AWS_S3, "us-east-1", 1, 1, "s3-fips.dualstack.us-east-1.amazonaws.com",
		"us-east-1", "s3" },
	{ AWS_S3, "cn-north-1", 0, 0, "s3.cn-north-1.amazonaws.com.cn", "cn-north-1",
		"s3" },
	{ AWS_S3, "eusc-de-east-1", 0, 0, "s3.eusc-de-east-1.amazonaws.eu",
		"eusc-de-east-1", "s3" },
	{ AWS_S3, "us-iso-east-1", 0, 0, "s3.us-iso-east-1.c2s.ic.gov", "us-iso-east-1",
		"s3" },
	{ AWS_S3, "us-isob-east-1", 0, 0, "s3.us-isob-east-1.sc2s.sgov.gov",
		"us-isob-east-1", "s3" },
	{ AWS_S3, "eu-isoe-west-1", 0, 0, "s3.eu-isoe-west-1.cloud.adc-e.uk",
		"eu-isoe-west-1", "s3" },
	{ AWS_S3, "us-isof-south-1", 0, 0, "s3.us-isof-south-1.csp.hci.ic.gov",
		"us-isof-south-1", "s3" },
	{ AWS_S3, "zz-moon-1", 0, 0, "s3.zz-moon-1.amazonaws.com", "zz-moon-1", "s3" },
	{ AWS_S3_CONTROL, "eu-west-1", 1, 0,
		"s3-control.dualstack.eu-west-1.amazonaws.com", "eu-west-1", "s3" },
	{ AWS_S3_CONTROL, "eu-west-1", 0, 1, "s3-control-fips.eu-west-1.amazonaws.com",
		"eu-west-1", "s3" },
	{ AWS_STS, "eu-west-1", 0, 0, "sts.eu-west-1.amazonaws.com", "eu-west-1", "sts" },
	{ AWS_STS, "cn-north-1", 1, 1, "sts-fips.cn-north-1.api.amazonwebservices.com.cn",
		"cn-north-1", "sts" },
	{ AWS_STS, "us-gov-west-1", 0, 1, "sts.us-gov-west-1.amazonaws.com",
		"us-gov-west-1", "sts" },
	{ AWS_EC2, "us-gov-west-1", 1, 1, "ec2-fips.us-gov-west-1.api.aws",
		"us-gov-west-1", "ec2" },
	{ AWS_EC2, "us-east-1", 0, 1, "ec2-fips.us-east-1.amazonaws.com", "us-east-1",
		"ec2" },
	{ AWS_IAM, "eu-west-1", 0, 0, "iam.amazonaws.com", "us-east-1", "iam" },
	{ AWS_IAM, "eu-west-1", 1, 1, "iam-fips.global.api.aws", "us-east-1", "iam" },
	{ AWS_IAM, "us-gov-west-1", 0, 1, "iam.us-gov.amazonaws.com", "us-gov-west-1",
		"iam" },
	{ AWS_IAM, "cn-north-1", 0, 0, "iam.cn-north-1.amazonaws.com.cn", "cn-north-1",
		"iam" },
	{ AWS_IAM, "cn-north-1", 0, 1, "iam-fips.amazonaws.com.cn", "cn-northwest-1",
		"iam" },
	{ AWS_IAM, "us-iso-west-1", 0, 0, "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1",
		"iam" },
	{ AWS_CLOUDWATCH, "eu-west-1", 0, 0, "monitoring.eu-west-1.amazonaws.com",
		"eu-west-1", "monitoring" },
	{ AWS_CLOUDWATCH, "us-gov-west-1", 1, 1, "monitoring.us-gov-west-1.api.aws",
		"us-gov-west-1", "monitoring" },
	{ AWS_ORGANIZATIONS, "eu-west-1", 0, 0, "organizations.us-east-1.amazonaws.com",
		"us-east-1", "organizations" },
	{ AWS_ORGANIZATIONS, "eu-west-1", 1, 0, "organizations.eu-west-1.api.aws",
		"us-east-1", "organizations" },
	{ AWS_ORGANIZATIONS, "cn-north-1", 0, 1,
		"organizations-fips.cn-north-1.amazonaws.com.cn", "cn-northwest-1",
		"organizations" },
	{ AWS_CUR, "us-east-1", 0, 0, "cur.us-east-1.amazonaws.com", "us-east-1", "cur" },
	{ AWS_CUR, "us-gov-west-1", 0, 1, "cur-fips.us-gov-west-1.amazonaws.com",
		"us-gov-west-1", "cur" },
	{ AWS_DATA_EXPORTS, "eu-west-1", 0, 0, "bcm-data-exports.us-east-1.api.aws",
		"us-east-1", "bcm-data-exports" },
	{ AWS_DATA_EXPORTS, "cn-north-1", 0, 1,
		"bcm-data-exports-fips.cn-northwest-1.api.amazonwebservices.com.cn",
		"cn-northwest-1", "bcm-data-exports" },
	{ AWS_SSO_PORTAL, "us-east-1", 0, 1, "portal.sso-fips.us-east-1.amazonaws.com",
		"", "" },
	{ AWS_SSO_OIDC, "us-gov-west-1", 0, 1, "oidc.us-gov-west-1.amazonaws.com", "",
		"" },
	{ AWS_COST_EXPLORER, "eu-west-1", 0, 0, "ce.us-east-1.amazonaws.com", "us-east-1",
		"ce" },
	{ AWS_ATHENA, "eu-west-1", 1, 0, "athena.eu-west-1.api.aws", "eu-west-1",
		"athena" },
	{ AWS_RDS, "us-gov-west-1", 0, 1, "rds.us-gov-west-1.amazonaws.com",
		"us-gov-west-1", "rds" },
};

static void services_are_where_aws_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
		struct auth_context c = context_of("", "");
		struct aws_endpoint e;

		print_message("%s\n", endpoints[i].host);
		c.use_dualstack = endpoints[i].dualstack;
		c.use_fips = endpoints[i].fips;
		assert_int_equal(aws_endpoint_of(&c, endpoints[i].service,
					 endpoints[i].region, &e, NULL),
			0);
		assert_string_equal(e.host, endpoints[i].host);
		assert_string_equal(e.scheme, "https");
		assert_string_equal(e.base_path, "");
		assert_string_equal(e.signing_region, endpoints[i].signing_region);
		assert_string_equal(e.signing_name, endpoints[i].signing_name);
		assert_false(e.is_custom);
	}
}

static void s3_has_no_fips_in_china(void **state)
{
	struct auth_context c = context_of("", "");
	struct aws_endpoint e = { .host = "untouched" };
	struct fault why = { 0 };

	(void)state;
	c.use_fips = true;
	assert_int_equal(aws_endpoint_of(&c, AWS_S3, "cn-north-1", &e, &why), -EINVAL);
	assert_int_equal(why.error, -EINVAL);
	assert_string_equal(e.host, "untouched");
	variables = "AWS_ENDPOINT_URL=https://s3.example";
	assert_int_equal(aws_endpoint_of(&c, AWS_S3, "cn-north-1", &e, &why), 0);
}

static void the_region_is_the_calls_or_the_contexts(void **state)
{
	struct auth_context c = context_of("", "");
	struct aws_endpoint e;

	(void)state;
	assert_int_equal(aws_endpoint_of(&c, AWS_STS, NULL, &e, NULL), 0);
	assert_string_equal(e.host, "sts.us-east-1.amazonaws.com");
	c.region = "eu-west-1";
	assert_int_equal(aws_endpoint_of(&c, AWS_STS, NULL, &e, NULL), 0);
	assert_string_equal(e.host, "sts.eu-west-1.amazonaws.com");
	assert_int_equal(aws_endpoint_of(&c, AWS_STS, "sa-east-1", &e, NULL), 0);
	assert_string_equal(e.host, "sts.sa-east-1.amazonaws.com");
}

static void regions_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *region;
		int want;
	} cases[] = {
		{ "a", 0 },
		{ "eu-west-1x", 0 },
		{ "a23456789012345678901234567890123456789012345678901234567890123", 0 },
		{ "a234567890123456789012345678901234567890123456789012345678901234",
			-EINVAL },
		{ "-a", -EINVAL },
		{ "a-", -EINVAL },
		{ "123", -EINVAL },
		{ "eu.west", -EINVAL },
		{ "eu west", -EINVAL },
		{ "evil.example/", -EINVAL },
		{ "a@b", -EINVAL },
		{ "\xc3\xa9", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct auth_context c = context_of("", "");
		struct aws_endpoint e;
		struct fault why = { 0 };

		print_message("%s\n", cases[i].region);
		assert_int_equal(aws_endpoint_of(&c, AWS_EC2, cases[i].region, &e, &why),
			cases[i].want);
		assert_int_equal(why.error, cases[i].want);
		assert_true((why.cure[0] != '\0') == (cases[i].want < 0));
	}
}

static const struct {
	const char *url;
	const char *scheme, *host, *path; /* scheme NULL: refused */
} urls[] = {
	{ "https://x.example", "https", "x.example", "" },
	{ "HTTP://X.Example/", "http", "x.example", "" },
	{ "http://127.0.0.1:5555", "http", "127.0.0.1:5555", "" },
	{ "https://x:443", "https", "x", "" },
	{ "http://x:80/", "http", "x", "" },
	{ "http://x:443/a/b//", "http", "x:443", "/a/b" },
	{ "http://[::1]", "http", "[::1]", "" },
	{ "http://[fd00:ec2::254]:8080/p", "http", "[fd00:ec2::254]:8080", "/p" },
	{ " https://x_y-z.example ", "https", "x_y-z.example", "" },
	{ "https://x:65535", "https", "x:65535", "" },
	{ "https://x:65536", NULL, NULL, NULL },
	{ "https://x:0", NULL, NULL, NULL },
	{ "https://x:", NULL, NULL, NULL },
	{ "https://x:1a", NULL, NULL, NULL },
	{ "https://", NULL, NULL, NULL },
	{ "https:///a", NULL, NULL, NULL },
	{ "ftp://x", NULL, NULL, NULL },
	{ "x.example", NULL, NULL, NULL },
	{ "https://user:secret@x", NULL, NULL, NULL },
	{ "https://x/a?b=c", NULL, NULL, NULL },
	{ "https://x?b=c", NULL, NULL, NULL },
	{ "https://x/a#b", NULL, NULL, NULL },
	{ "https://x/a b", NULL, NULL, NULL },
	{ "https://x y", NULL, NULL, NULL },
	{ "https://[::1", NULL, NULL, NULL },
	{ "https://[]", NULL, NULL, NULL },
	{ "https://x\\y", NULL, NULL, NULL },
};

static void endpoint_urls_are_taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		char line[128] = "AWS_ENDPOINT_URL=";
		struct auth_context c = context_of(line, "");
		struct aws_endpoint e = { .host = "untouched" };
		struct fault why = { 0 };
		int r;

		print_message("%s\n", urls[i].url);
		memcpy(line + strlen(line), urls[i].url, strlen(urls[i].url) + 1);
		r = aws_endpoint_of(&c, AWS_IAM, "eu-west-1", &e, &why);
		assert_int_equal(r, urls[i].scheme ? 0 : -EINVAL);
		assert_int_equal(why.error, r);
		assert_null(strstr(why.text, "secret"));
		assert_string_equal(e.host, urls[i].host ? urls[i].host : "untouched");
		if (r < 0)
			continue;
		assert_string_equal(e.scheme, urls[i].scheme);
		assert_string_equal(e.base_path, urls[i].path);
		assert_true(e.is_custom);
		assert_string_equal(e.signing_region, "us-east-1");
		assert_string_equal(e.signing_name, "iam");
	}
}

static const struct {
	const char *variables, *profile;
	enum aws_service service;
	const char *host;
} precedence[] = {
	{ "AWS_ENDPOINT_URL_S3=http://1\nAWS_ENDPOINT_URL=http://2",
		"services=x\nservices/x/s3/endpoint_url=http://3\nendpoint_url=http://4",
		AWS_S3, "1" },
	{ "AWS_ENDPOINT_URL=http://2",
		"services=x\nservices/x/s3/endpoint_url=http://3\nendpoint_url=http://4",
		AWS_S3, "2" },
	{ "AWS_ENDPOINT_URL_S3=\nAWS_ENDPOINT_URL=",
		"services=x\nservices/x/s3/endpoint_url=http://3\nendpoint_url=http://4",
		AWS_S3, "3" },
	{ "", "services=y\nservices/x/s3/endpoint_url=http://3\nendpoint_url=http://4",
		AWS_S3, "4" },
	{ "AWS_ENDPOINT_URL_STS=http://1", "", AWS_S3, "s3.us-east-1.amazonaws.com" },
	{ "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True\nAWS_ENDPOINT_URL=http://2",
		"endpoint_url=http://4", AWS_S3, "s3.us-east-1.amazonaws.com" },
	{ "AWS_ENDPOINT_URL=http://2", "ignore_configured_endpoint_urls=true", AWS_S3,
		"s3.us-east-1.amazonaws.com" },
	{ "AWS_ENDPOINT_URL_COST_AND_USAGE_REPORT_SERVICE=http://1", "", AWS_CUR, "1" },
	{ "AWS_ENDPOINT_URL_BCM_DATA_EXPORTS=http://1", "", AWS_DATA_EXPORTS, "1" },
	{ "AWS_ENDPOINT_URL_SSO_OIDC=http://1", "", AWS_SSO_OIDC, "1" },
	{ "AWS_ENDPOINT_URL_SSO=http://1", "", AWS_SSO_PORTAL, "1" },
	{ "AWS_ENDPOINT_URL_CLOUDWATCH=http://1", "", AWS_CLOUDWATCH, "1" },
	{ "AWS_ENDPOINT_URL_COST_EXPLORER=http://1", "", AWS_COST_EXPLORER, "1" },
	{ "", "services=x\nservices/x/bcm_data_exports/endpoint_url=http://3",
		AWS_DATA_EXPORTS, "3" },
	{ "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT=legacy", "", AWS_S3, "s3.amazonaws.com" },
	{ "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT=regional", "", AWS_S3,
		"s3.us-east-1.amazonaws.com" },
};

static void the_nearest_endpoint_url_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(precedence); i++) {
		struct auth_context c =
			context_of(precedence[i].variables, precedence[i].profile);
		struct aws_endpoint e;

		print_message("%zu\n", i);
		assert_int_equal(
			aws_endpoint_of(&c, precedence[i].service, NULL, &e, NULL), 0);
		assert_string_equal(e.host, precedence[i].host);
	}
}

static void assert_text(const char *got, const char *want)
{
	assert_true((got != NULL) == (want != NULL));
	if (want)
		assert_string_equal(got, want);
}

static void the_nearest_region_counts(void **state)
{
	static const struct {
		const char *given, *variables, *profile, *want;
	} cases[] = {
		{ "a", "AWS_REGION=b\nAWS_DEFAULT_REGION=c", "region=d", "a" },
		{ "", "AWS_REGION=b\nAWS_DEFAULT_REGION=c", "region=d", "b" },
		{ NULL, "AWS_REGION=\nAWS_DEFAULT_REGION=c", "region=d", "c" },
		{ NULL, "", "region=d", "d" },
		{ NULL, "", "region=", NULL },
		{ NULL, "", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct auth_context c = context_of(cases[i].variables, cases[i].profile);

		assert_text(aws_region(&c, cases[i].given), cases[i].want);
	}
	assert_text(aws_region(&(struct auth_context){ 0 }, NULL), NULL);
}

static void the_nearest_ca_bundle_counts(void **state)
{
	static const struct {
		const char *variables, *profile, *want;
	} cases[] = {
		{ "AWS_CA_BUNDLE=/a\nREQUESTS_CA_BUNDLE=/c", "ca_bundle=/b", "/a" },
		{ "REQUESTS_CA_BUNDLE=/c", "ca_bundle=/b", "/b" },
		{ "REQUESTS_CA_BUNDLE=/c", "", "/c" },
		{ "", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct auth_context c = context_of(cases[i].variables, cases[i].profile);

		assert_text(aws_ca_bundle(&c), cases[i].want);
	}
}

static void attempts_are_counted_as_configured(void **state)
{
	static const struct {
		const char *variables, *profile;
		unsigned want;
	} cases[] = {
		{ "", "", 3 },
		{ "AWS_RETRY_MODE=standard", "", 3 },
		{ "AWS_RETRY_MODE=adaptive", "", 3 },
		{ "AWS_RETRY_MODE=legacy", "", 5 },
		{ "", "retry_mode=legacy", 5 },
		{ "AWS_MAX_ATTEMPTS=1", "max_attempts=7", 1 },
		{ "", "max_attempts=7", 7 },
		{ "AWS_MAX_ATTEMPTS=100", "", 100 },
		{ "AWS_MAX_ATTEMPTS=101", "", 3 },
		{ "AWS_MAX_ATTEMPTS=0", "", 3 },
		{ "AWS_MAX_ATTEMPTS=-1", "", 3 },
		{ "AWS_MAX_ATTEMPTS=many\nAWS_RETRY_MODE=legacy", "", 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct auth_context c = context_of(cases[i].variables, cases[i].profile);

		assert_int_equal(aws_max_attempts(&c), cases[i].want);
	}
}

static void flags_are_true_in_any_case(void **state)
{
	static const struct {
		const char *variables, *profile;
		bool want;
	} cases[] = {
		{ "F=true", "", true },
		{ "F=TRUE", "f=false", true },
		{ "F=false", "f=true", false },
		{ "F=1", "f=true", false },
		{ "F=", "f=True", true },
		{ "", "f=yes", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct auth_context c = context_of(cases[i].variables, cases[i].profile);

		assert_int_equal(aws_flag(&c, "F", "f"), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_are_where_aws_says),
		cmocka_unit_test(s3_has_no_fips_in_china),
		cmocka_unit_test(the_region_is_the_calls_or_the_contexts),
		cmocka_unit_test(regions_that_are_none_are_refused),
		cmocka_unit_test(endpoint_urls_are_taken_apart),
		cmocka_unit_test(the_nearest_endpoint_url_counts),
		cmocka_unit_test(the_nearest_region_counts),
		cmocka_unit_test(the_nearest_ca_bundle_counts),
		cmocka_unit_test(attempts_are_counted_as_configured),
		cmocka_unit_test(flags_are_true_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
