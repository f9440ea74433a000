/* What failures mean and what to do about them. */
#include <errno.h>
#include <stdio.h>

#include "aws/auth/client.h"
#include "fs/cmd/doctor/doctor.h"

struct meaning {
	int error;
	const char *why, *cure; /* the cure where the fault has none of its own */
};

static const struct meaning meanings[] = {
	{ ENOKEY, "no source of credentials has any",
		"run 'aws configure' or 'aws configure sso', name a profile with "
		"--profile, "
		"or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" },
	{ EKEYREJECTED,
		"AWS does not know these keys, or the secret or token does not fit",
		"put the right keys where these came from; aws sts get-caller-identity "
		"has "
		"to answer" },
	{ EKEYEXPIRED, "the credentials were good until they ended", NULL },
	{ ETIME, "AWS takes no requests of another time", "set this machine's clock" },
	{ ENOENT, "it does not exist, or not under this name", "check its name" },
	{ ENODATA, "it is not there, or not whole",
		"wait for the next delivery, or copy it again" },
	{ EBADMSG, "what stands there is no billing export, or is damaged",
		"AWS delivers the month anew within a day; a copy has to be made again" },
	{ ESTALE, "it was replaced at this moment", "run costfs doctor again" },
	{ EINVAL, "it was not understood", "mend it, or name another one" },
	{ ECANCELED, "nothing came in time",
		"check the network, HTTPS_PROXY, and the region or endpoint" },
	{ ETIMEDOUT, "nothing came in time", "check the network and HTTPS_PROXY" },
	{ EHOSTUNREACH, "the host is not known or not reached from here",
		"check the network, HTTPS_PROXY, and the region or endpoint" },
	{ ENETUNREACH, "this machine reaches no network", "check the network" },
	{ ECONNREFUSED, "nobody listens there",
		"check HTTPS_PROXY, and the endpoint (AWS_ENDPOINT_URL)" },
	{ ECONNRESET, "the connection was cut", "check the network and HTTPS_PROXY" },
	{ EPROTO, "the other side is not who it should be, or speaks no HTTP",
		"check AWS_CA_BUNDLE, proxies that open TLS, and this machine's clock" },
	{ EAGAIN, "the service is busy or in trouble", "try again later" },
};

static const struct meaning *find_meaning(int error)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (meanings[i].error == -error)
			return &meanings[i];
	return NULL;
}

void doctor_who(const struct doctor *d, char *ret, size_t size)
{
	struct span rest = span_of(d->identity.arn), part;
	int i = 0;

	while (i < 5 && span_split(&rest, ':', &part))
		i++;
	if (i < 5 || rest.len == 0)
		(void)snprintf(ret, size, "the credentials in use");
	else if (span_starts(rest, SPAN("assumed-role/"))) {
		rest = span_from(rest, 13);
		(void)snprintf(ret, size, "role %.*s", (int)span_find(rest, '/'), rest.p);
	} else
		(void)snprintf(ret, size, "%.*s", SPAN_ARG(rest));
}

void doctor_set_subject(struct doctor *d)
{
	struct span rest = span_of(d->identity.arn), part = { 0 };
	struct span region = span_of(d->region);
	const char *by_region = span_starts(region, SPAN("cn-")) ? "aws-cn"
		: span_starts(region, SPAN("us-gov-"))		 ? "aws-us-gov"
								 : "aws";

	(void)span_split(&rest, ':', &part);
	(void)span_split(&rest, ':', &part);
	if (span_starts(part, SPAN("aws")) && part.len < sizeof(d->partition))
		(void)snprintf(
			d->partition, sizeof(d->partition), "%.*s", SPAN_ARG(part));
	else
		(void)snprintf(d->partition, sizeof(d->partition), "%s", by_region);
	d->subject = (struct policy_subject){ .partition = d->partition,
		.bucket = d->place.bucket,
		.prefix = d->place.prefix,
		.account = d->identity.account_id };
	d->key_subject = d->subject;
	d->key_subject.kms_key = d->kms_key;
}

static void allow(struct doctor *d, struct finding *f, enum policy_statement statement)
{
	char who[DOCTOR_NAME_MAX];

	doctor_who(d, who, sizeof(who));
	/* "with an explicit deny in a service control policy" */
	if (strstr(f->seen, "explicit deny")) {
		finding_why(f, "a policy denies it to %s outright", who);
		finding_cure(f,
			"no statement can allow it: ask whoever wrote that policy, of "
			"the "
			"bucket, the organization or a permissions boundary");
		return;
	}
	finding_why(f, "no policy allows it to %s", who);
	finding_cure(f, "add this statement to a policy of %s%s:", who,
		strstr(f->seen, "resource-based policy") ? ", or with it as Principal to "
							   "that of the resource"
							 : "");
	finding_allow(f, statement, &d->subject);
}

static const char *profile_of(const struct doctor *d)
{
	const char *profile = d->session ? session_context(d->session)->profile : NULL;

	return profile ? profile : "default";
}

static void explain(struct doctor *d, struct finding *f, int error,
	const struct fault *said, enum policy_statement statement)
{
	const struct meaning *m = find_meaning(error);

	if (error == -EACCES && statement != POLICY_STATEMENT_COUNT) {
		allow(d, f, statement);
		return;
	}
	if (m)
		finding_why(f, "%s", m->why);
	if (said->cure[0])
		finding_cure(f, "%s", said->cure);
	else if (error == -EKEYEXPIRED)
		finding_cure(f,
			"sign in again: aws sso login --profile %s; or renew the keys "
			"where they came from",
			profile_of(d));
	else if (m && m->cure)
		finding_cure(f, "%s", m->cure);
}

void doctor_fail(struct doctor *d, struct finding *f, int error, const struct fault *said,
	enum policy_statement statement)
{
	finding_fail(f, "%s",
		error == -ECANCELED && !said->cure[0] ? "it did not end in time"
			: said->text[0]		      ? said->text
						      : fault_errno_text(error));
	explain(d, f, error, said, statement);
}

void doctor_warn(struct doctor *d, struct finding *f, int error, const struct fault *said,
	enum policy_statement statement)
{
	doctor_fail(d, f, error, said, statement);
	f->status = FINDING_WARNING;
}

int doctor_client(struct doctor *d, int service, const char *region, bool is_signed,
	struct client **ret, struct fault *why)
{
	const struct client_options options = { .context = session_context(d->session),
		.credentials = is_signed ? session_credentials(d->session) : NULL,
		.service = (enum aws_service)service,
		.region = region,
		.deadline_ms = DOCTOR_EXCHANGE_MS };

	return client_new(&options, ret, why);
}
