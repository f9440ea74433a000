/* What a mount can do without: finding exports by AWS's API, the names of accounts. */
#include <errno.h>

#include "aws/auth/client.h"
#include "fs/cmd/doctor/doctor.h"

struct right {
	enum aws_service service;
	const char *target, *body;
	enum policy_statement statement;
	const char *allowed, *lost;
};

/* The services of billing are in one region of a partition. */
static const char *billing_region(const struct doctor *d)
{
	return strcmp(d->partition, "aws-cn") == 0 ? "cn-northwest-1" : "us-east-1";
}

static void check_right(struct doctor *d, struct finding *f, const struct right *right)
{
	const char *region = right->service == AWS_CUR ? billing_region(d) : NULL;
	const struct json_operation operation = { right->target, span_of(right->body),
		NULL };
	struct http_response response = { 0 };
	struct client *client = NULL;
	struct fault why = { 0 };
	int r = doctor_client(d, (int)right->service, region, true, &client, &why);

	if (r == 0)
		r = client_json(client, &operation, &d->stop, &response, &why);
	if (r == 0) {
		finding_ok(f, "%s", right->allowed);
	} else if (strstr(why.text, "NotInUseException")) {
		finding_ok(f, "the account is in no organization");
	} else {
		doctor_warn(d, f, r, &why, right->statement);
		finding_why(f, "%s", right->lost);
	}
	client_free(client);
	http_response_finish(&response);
}

void check_reports(struct doctor *d, struct finding *f)
{
	static const struct right right = { AWS_CUR,
		"AWSOrigamiServiceGatewayService.DescribeReportDefinitions",
		"{\"MaxResults\":5}", POLICY_FIND_REPORTS, "legacy reports may be found",
		"legacy reports are not found by themselves: name the SOURCE" };

	if (strcmp(d->partition, "aws-us-gov") == 0)
		finding_skip(f, "because AWS bills no accounts in GovCloud");
	else
		check_right(d, f, &right);
}

void check_exports(struct doctor *d, struct finding *f)
{
	static const struct right right = { AWS_DATA_EXPORTS,
		"AWSBillingAndCostManagementDataExports.ListExports",
		"{\"MaxResults\":1}", POLICY_FIND_EXPORTS, "data exports may be found",
		"data exports are not found by themselves: name the SOURCE" };

	if (strcmp(d->partition, "aws-us-gov") == 0)
		finding_skip(f, "because AWS bills no accounts in GovCloud");
	else
		check_right(d, f, &right);
}

void check_accounts(struct doctor *d, struct finding *f)
{
	static const struct right right = { AWS_ORGANIZATIONS,
		"AWSOrganizationsV20161128.ListAccounts", "{\"MaxResults\":1}",
		POLICY_NAME_ACCOUNTS, "accounts may be named",
		"accounts go by their ids where the export has no names; only the "
		"organization's own account, or one that it delegates to, may ask" };

	check_right(d, f, &right);
}
