/* Where services are: what AWS's endpoint rules come to for the few that we call. */
#include <errno.h>
#include <stdio.h>

#include "aws/auth/endpoint_url.h"

struct partition {
	const char *name, *region_prefix;
	const char *dns, *dualstack_dns;
	const char *global_region; /* of services that are in one region alone */
	bool has_s3_fips;
};

/* The first whose prefix fits; regions that nobody has heard of yet are in the last one.
 */
static const struct partition partitions[] = {
	{ "cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn",
		"cn-northwest-1", false },
	{ "gov", "us-gov-", "amazonaws.com", "api.aws", "us-gov-west-1", true },
	{ "eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1",
		true },
	{ "iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1", true },
	{ "isob", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1", true },
	{ "isoe", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk",
		"eu-isoe-west-1", true },
	{ "isof", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1",
		true },
	{ "aws", "", "amazonaws.com", "api.aws", "us-east-1", true },
};

struct service {
	const char *prefix; /* of the host */
	const char *signing_name; /* NULL: never signed */
	const char *config_name; /* of [services]; in upper case in AWS_ENDPOINT_URL_… */
};

static const struct service services[AWS_SERVICE_COUNT] = {
	[AWS_S3] = { "s3", "s3", "s3" },
	[AWS_STS] = { "sts", "sts", "sts" },
	[AWS_EC2] = { "ec2", "ec2", "ec2" },
	[AWS_IAM] = { "iam", "iam", "iam" },
	[AWS_CLOUDWATCH] = { "monitoring", "monitoring", "cloudwatch" },
	[AWS_ORGANIZATIONS] = { "organizations", "organizations", "organizations" },
	[AWS_CUR] = { "cur", "cur", "cost_and_usage_report_service" },
	[AWS_DATA_EXPORTS] = { "bcm-data-exports", "bcm-data-exports",
		"bcm_data_exports" },
	[AWS_SSO_PORTAL] = { "portal.sso", NULL, "sso" },
	[AWS_SSO_OIDC] = { "oidc", NULL, "sso_oidc" },
	[AWS_S3_CONTROL] = { "s3-control", "s3", "s3_control" },
	[AWS_COST_EXPLORER] = { "ce", "ce", "cost_explorer" },
	[AWS_ATHENA] = { "athena", "athena", "athena" },
	[AWS_RDS] = { "rds", "rds", "rds" },
};

enum answer { NO, YES, ANY };

/* Hosts that are not made as most are. {p} the service's prefix, {r} the region, {g} the
 * partition's global one, {d} its domain, {u} that for dual-stack. */
struct rule {
	enum aws_service service;
	const char *partition; /* NULL: any; "iso": all four of them */
	enum answer dualstack, fips;
	const char *host;
	const char *signing_region; /* a template too; NULL: the region */
};

/* clang-format off */
static const struct rule rules[] = {
	{ AWS_S3, NULL, NO, YES, "{p}-fips.{r}.{d}", NULL },
	{ AWS_S3, NULL, YES, NO, "{p}.dualstack.{r}.{d}", NULL },
	{ AWS_S3, NULL, YES, YES, "{p}-fips.dualstack.{r}.{d}", NULL },
	{ AWS_S3_CONTROL, NULL, YES, NO, "{p}.dualstack.{r}.{d}", NULL },
	{ AWS_S3_CONTROL, NULL, YES, YES, "{p}-fips.dualstack.{r}.{d}", NULL },

	{ AWS_IAM, "aws", NO, NO, "iam.{d}", "{g}" },
	{ AWS_IAM, "aws", NO, YES, "iam-fips.{d}", "{g}" },
	{ AWS_IAM, "aws", YES, NO, "iam.global.{u}", "{g}" },
	{ AWS_IAM, "aws", YES, YES, "iam-fips.global.{u}", "{g}" },
	{ AWS_IAM, "cn", NO, NO, "iam.cn-north-1.{d}", "cn-north-1" },
	{ AWS_IAM, "cn", NO, YES, "iam-fips.{d}", "{g}" },
	{ AWS_IAM, "cn", YES, NO, "iam.global.{u}", "cn-north-1" },
	{ AWS_IAM, "cn", YES, YES, "iam-fips.{u}", "{g}" },
	{ AWS_IAM, "gov", NO, ANY, "iam.us-gov.{d}", "{g}" },
	{ AWS_IAM, "gov", YES, ANY, "iam.us-gov.{u}", "{g}" },
	{ AWS_IAM, NULL, NO, NO, "iam.{g}.{d}", "{g}" },
	{ AWS_IAM, NULL, NO, YES, "iam-fips.{d}", "{g}" },
	{ AWS_IAM, NULL, YES, NO, "iam.{u}", "{g}" },
	{ AWS_IAM, NULL, YES, YES, "iam-fips.{u}", "{g}" },

	{ AWS_ORGANIZATIONS, "aws", NO, YES, "{p}-fips.{g}.{d}", "{g}" },
	{ AWS_ORGANIZATIONS, "gov", NO, YES, "{p}.{g}.{d}", "{g}" },
	{ AWS_ORGANIZATIONS, NULL, NO, NO, "{p}.{g}.{d}", "{g}" },
	{ AWS_ORGANIZATIONS, NULL, NO, YES, "{p}-fips.{r}.{d}", "{g}" },
	{ AWS_ORGANIZATIONS, NULL, YES, NO, "{p}.{r}.{u}", "{g}" },
	{ AWS_ORGANIZATIONS, NULL, YES, YES, "{p}-fips.{r}.{u}", "{g}" },

	{ AWS_DATA_EXPORTS, "iso", NO, NO, "{p}.{g}.{d}", "{g}" },
	{ AWS_DATA_EXPORTS, NULL, ANY, NO, "{p}.{g}.{u}", "{g}" },
	{ AWS_DATA_EXPORTS, NULL, ANY, YES, "{p}-fips.{g}.{u}", "{g}" },
	{ AWS_COST_EXPLORER, NULL, NO, NO, "{p}.{g}.{d}", "{g}" },
	{ AWS_COST_EXPLORER, NULL, NO, YES, "{p}-fips.{g}.{d}", "{g}" },
	{ AWS_COST_EXPLORER, NULL, YES, NO, "{p}.{g}.{u}", "{g}" },
	{ AWS_COST_EXPLORER, NULL, YES, YES, "{p}-fips.{g}.{u}", "{g}" },

	/* GovCloud's usual hosts are FIPS. */
	{ AWS_STS, "gov", NO, YES, "{p}.{r}.{d}", NULL },
	{ AWS_EC2, "gov", NO, YES, "{p}.{r}.{d}", NULL },
	{ AWS_RDS, "gov", NO, YES, "{p}.{r}.{d}", NULL },
	{ AWS_SSO_PORTAL, "gov", NO, YES, "{p}.{r}.{d}", NULL },
	{ AWS_SSO_OIDC, "gov", NO, YES, "{p}.{r}.{d}", NULL },
	{ AWS_CLOUDWATCH, "gov", NO, YES, "{p}.{r}.{d}", NULL },
	{ AWS_CLOUDWATCH, "gov", YES, YES, "{p}.{r}.{u}", NULL },
};
/* clang-format on */

static const char *const usual_hosts[2][2] = {
	{ "{p}.{r}.{d}", "{p}-fips.{r}.{d}" },
	{ "{p}.{r}.{u}", "{p}-fips.{r}.{u}" },
};

/* What a template is filled with. */
struct place {
	const struct service *service;
	const struct partition *partition;
	const char *region;
};

static const struct partition *partition_of(struct span region)
{
	size_t i = 0;

	while (i < ARRAY_LEN(partitions) - 1 &&
		!span_starts(region, span_of(partitions[i].region_prefix)))
		i++;
	return &partitions[i];
}

static bool fits(enum answer want, bool is)
{
	return want == ANY || (want == YES) == is;
}

static const struct rule *find_rule(
	enum aws_service service, struct span partition, bool dualstack, bool fips)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct rule *r = &rules[i];

		if (r->service == service &&
			(!r->partition ||
				span_starts(partition, span_of(r->partition))) &&
			fits(r->dualstack, dualstack) && fits(r->fips, fips))
			return r;
	}
	return NULL;
}

static const char *word_of(const struct place *p, char letter)
{
	switch (letter) {
	case 'p':
		return p->service->prefix;
	case 'r':
		return p->region;
	case 'g':
		return p->partition->global_region;
	case 'd':
		return p->partition->dns;
	default:
		return p->partition->dualstack_dns;
	}
}

/* All lengths are known: regions have 63 bytes at most. */
static void fill(const char *template, const struct place *p, char *ret, size_t size)
{
	size_t n = 0;

	while (*template && n < size - 1) {
		if (*template == '{') {
			const char *word = word_of(p, template[1]);

			n += (size_t)snprintf(ret + n, size - n, "%s", word);
			template += 3;
		} else {
			ret[n++] = *template ++;
		}
	}
	ret[n < size ? n : size - 1] = '\0';
}

/* 1 to 63 letters, digits and inner hyphens; not digits alone. */
static bool is_region(struct span s)
{
	if (s.len == 0 || s.len > 63 || span_is_digits(s) || s.p[0] == '-' ||
		s.p[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return true;
}

static bool is_legacy_s3(const struct auth_context *c, const struct place *p)
{
	const char *value = c->env ? c->env("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT") : NULL;

	return value && strcmp(value, "legacy") == 0 &&
		strcmp(p->region, "us-east-1") == 0;
}

static void standard_endpoint(const struct auth_context *c, enum aws_service service,
	const struct place *p, struct aws_endpoint *ret)
{
	bool dualstack = c->use_dualstack, fips = c->use_fips;
	const struct rule *rule =
		find_rule(service, span_of(p->partition->name), dualstack, fips);
	const char *host = rule ? rule->host : usual_hosts[dualstack][fips];
	const char *signing = rule && rule->signing_region ? rule->signing_region : "{r}";

	if (service == AWS_S3 && !dualstack && !fips && is_legacy_s3(c, p))
		host = "{p}.{d}";
	fill(host, p, ret->host, sizeof(ret->host));
	(void)snprintf(ret->scheme, sizeof(ret->scheme), "https");
	if (!p->service->signing_name)
		return;
	fill(signing, p, ret->signing_region, sizeof(ret->signing_region));
	(void)snprintf(ret->signing_name, sizeof(ret->signing_name), "%s",
		p->service->signing_name);
}

int aws_endpoint_of(const struct auth_context *c, enum aws_service service,
	const char *region, struct aws_endpoint *ret, struct fault *why)
{
	struct aws_endpoint made = { 0 };
	struct place p = { .service = &services[service] };
	const char *url = endpoint_url_of(c, p.service->config_name);
	int r;

	p.region = region && region[0] ? region : c->region;
	if (!p.region || !p.region[0])
		p.region = "us-east-1";
	if (!is_region(span_of(p.region))) {
		(void)fault(why, -EINVAL, "\"%s\" is not a region", p.region);
		fault_cure(why, "regions are names like eu-central-1");
		return -EINVAL;
	}
	p.partition = partition_of(span_of(p.region));
	standard_endpoint(c, service, &p, &made);
	if (url) {
		r = endpoint_url_parse(span_of(url), &made, why);
		if (r < 0)
			return r;
	} else if (c->use_fips && !p.partition->has_s3_fips &&
		(service == AWS_S3 || service == AWS_S3_CONTROL)) {
		return fault(why, -EINVAL, "S3 has no FIPS endpoint in %s", p.region);
	}
	*ret = made;
	return 0;
}
