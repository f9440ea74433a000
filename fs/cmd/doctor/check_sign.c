/* Who we are: files, credentials, identity, clock, region. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/auth/ask.h"
#include "aws/auth/paths.h"
#include "fs/cmd/doctor/doctor.h"

enum {
	SIGN_PATH_MAX = 4096,
	SIGN_SOON_S = 15 * 60, /* a mount asks anew at this distance */
	SIGN_OFF_WARN_S = 60,
	SIGN_OFF_FAIL_S = 300, /* what AWS allows, S3 apart */
};

static const char *read_env(const char *name)
{
	return getenv(name);
}

/* Appends the file of AWS, if there is one. */
static int name_file(
	const char *variable, const char *otherwise, const char *before, struct buf *ret)
{
	const char *path = getenv(variable);
	struct buf name = BUF_INIT(SIGN_PATH_MAX);
	int r = path_expand(
		path && path[0] ? path : otherwise, read_env, getenv("HOME"), &name);
	const char *text = r == 0 ? buf_text(&name) : NULL;

	if (text && access(text, F_OK) == 0)
		r = buf_appendf(ret, "%s%s", ret->len ? " and " : before, text);
	buf_finish(&name);
	return r;
}

static void tell_files(struct doctor *d, struct finding *f)
{
	struct buf files = BUF_INIT(SIGN_PATH_MAX);
	const struct auth_context *c = session_context(d->session);
	int r = name_file("AWS_CONFIG_FILE", "~/.aws/config", " of ", &files);

	if (r == 0)
		r = name_file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", " of ",
			&files);
	if (r == 0 && files.len)
		finding_ok(f, "profile %s%.*s", c->profile, SPAN_ARG(buf_span(&files)));
	else
		finding_ok(f, "no files of AWS; profile %s", c->profile);
	buf_finish(&files);
}

static int read_settings(struct doctor *d, struct fault *why)
{
	int r = settings_init(d->arguments, d->given ? d->given : "", &d->settings, why);

	if (r < 0)
		return r;
	if (source_is_detected(d->settings.source))
		d->given = NULL;
	d->is_s3 = d->given && place_is_s3(d->settings.source);
	if (d->is_s3)
		r = place_parse(d->settings.source, &d->place, why);
	return r;
}

void check_configuration(struct doctor *d, struct finding *f)
{
	struct fault why = { 0 };
	int r = read_settings(d, &why);

	if (r == 0 && (d->is_s3 || !d->given))
		r = session_open(
			d->settings.profile, d->settings.region, &d->session, &why);
	doctor_set_subject(d);
	if (r < 0)
		doctor_fail(d, f, r, &why, POLICY_STATEMENT_COUNT);
	else if (d->session)
		tell_files(d, f);
	else if (strcmp(d->given, d->settings.source) == 0)
		finding_ok(f, "the source is %s", d->given);
	else
		finding_ok(f, "section [%s]: the source is %s", d->given,
			d->settings.source);
}

/* "AKIA…" would tell no one anything, all of it too much. */
static const char *key_end(const char *id)
{
	size_t len = strlen(id);

	return len > 8 ? id + len - 4 : "";
}

static void tell_end(const struct doctor *d, struct finding *f,
	const struct credentials *c, const char *key)
{
	char time[INSTANT_TEXT];
	int64_t left;

	if (c->expires.seconds == INSTANT_NONE) {
		finding_ok(f, "%s: key …%s, %s", c->source, key,
			c->session_token ? "temporary; when it ends is not said"
					 : "which does not end");
		return;
	}
	left = c->expires.seconds - clock_now(session_context(d->session)->clock).seconds;
	instant_format(c->expires, time);
	if (left < SIGN_SOON_S) {
		finding_warn(f, "%s: key …%s, which ends at %.*s", c->source, key,
			INSTANT_TEXT, time);
		finding_why(f, "a mount asks for new ones by now, and got none");
		finding_cure(f, "sign in again");
	} else {
		finding_ok(f, "%s: key …%s, until %.*s (%" PRId64 " min)", c->source, key,
			INSTANT_TEXT, time, left / 60);
	}
}

void check_credentials(struct doctor *d, struct finding *f)
{
	struct credentials c = { .expires = { INSTANT_NONE } };
	struct fault why = { 0 };
	int r = credential_get(session_credentials(d->session), &d->stop, &c, &why);

	if (r < 0)
		doctor_fail(d, f, r, &why, POLICY_STATEMENT_COUNT);
	else
		tell_end(d, f, &c, key_end(c.access_key_id));
	credentials_finish(&c);
}

/* Somebody else's S3, which goes with no STS. */
static bool has_s3_alone(struct doctor *d, struct aws_endpoint *ret_s3)
{
	const struct auth_context *c = session_context(d->session);
	struct aws_endpoint sts;

	return d->is_s3 && aws_endpoint_of(c, AWS_S3, NULL, ret_s3, NULL) == 0 &&
		aws_endpoint_of(c, AWS_STS, NULL, &sts, NULL) == 0 && ret_s3->is_custom &&
		!sts.is_custom;
}

void check_identity(struct doctor *d, struct finding *f)
{
	const struct auth_context *context = session_context(d->session);
	struct credentials c = { .expires = { INSTANT_NONE } };
	struct aws_endpoint s3;
	struct fault why = { 0 };
	int r;

	if (has_s3_alone(d, &s3)) {
		finding_skip(f, "because S3 is at %s, and STS at AWS would not know it",
			s3.host);
		return;
	}
	r = credential_get(session_credentials(d->session), &d->stop, &c, &why);
	if (r == 0)
		r = sts_caller_identity(context, &c, &d->stop, &d->identity, &why);
	credentials_finish(&c);
	doctor_set_subject(d);
	if (r == 0)
		finding_ok(
			f, "%s of account %s", d->identity.arn, d->identity.account_id);
	else if (r == -EKEYREJECTED || r == -EKEYEXPIRED)
		doctor_fail(d, f, r, &why, POLICY_STATEMENT_COUNT);
	else
		/* S3 may be reached all the same: by an endpoint within a VPC. */
		doctor_warn(d, f, r, &why, POLICY_STATEMENT_COUNT);
}

/* Seconds that the server is ahead. */
static int measure(
	struct doctor *d, const struct aws_endpoint *e, int64_t *ret, struct fault *why)
{
	const struct auth_context *c = session_context(d->session);
	struct buf url = BUF_INIT(1024);
	struct http_response response = { 0 };
	struct instant before, date = { INSTANT_NONE };
	int r = buf_appendf(&url, "%s://%s%s/", e->scheme, e->host, e->base_path);
	const struct http_request request = { .method = "HEAD",
		.url = buf_text(&url),
		.connect_ms = DOCTOR_EXCHANGE_MS,
		.deadline_ms = DOCTOR_EXCHANGE_MS };

	before = clock_now(c->clock);
	if (r == 0)
		r = http_exchange(c->http, &request, &d->stop, &response, why);
	if (r == 0 && http_date_parse(http_header_of(&response, SPAN("date")), &date) < 0)
		r = fault(why, -ENOMSG, "%s tells no time", e->host);
	if (r == 0)
		*ret = date.seconds - (before.seconds + clock_now(c->clock).seconds) / 2;
	http_response_finish(&response);
	buf_finish(&url);
	return r;
}

static void tell_offset(struct finding *f, const char *host, int64_t offset)
{
	int64_t off = offset < 0 ? -offset : offset;
	const char *side = offset < 0 ? "ahead of" : "behind";

	if (off == 0) {
		finding_ok(f, "0 s off %s", host);
	} else if (off <= SIGN_OFF_WARN_S) {
		finding_ok(f, "%" PRId64 " s %s %s", off, side, host);
	} else if (off <= SIGN_OFF_FAIL_S) {
		finding_warn(f, "%" PRId64 " s %s %s", off, side, host);
		finding_why(f, "AWS takes no requests that are 300 s off");
	} else {
		finding_fail(f, "%" PRId64 " s %s %s", off, side, host);
		finding_why(
			f, "AWS takes no requests that are 300 s off, S3 none of 900 s");
	}
	if (f->status != FINDING_OK)
		finding_cure(f, "set this machine's clock: timedatectl set-ntp true");
}

void check_clock(struct doctor *d, struct finding *f)
{
	struct aws_endpoint e;
	struct fault why = { 0 };
	int64_t offset = 0;
	int r = aws_endpoint_of(
		session_context(d->session), d->is_s3 ? AWS_S3 : AWS_STS, NULL, &e, &why);

	if (r == 0)
		r = measure(d, &e, &offset, &why);
	if (r == 0)
		tell_offset(f, e.host, offset);
	else
		doctor_warn(d, f, r, &why, POLICY_STATEMENT_COUNT);
}

void check_region(struct doctor *d, struct finding *f)
{
	const char *region = session_context(d->session)->region;
	struct aws_endpoint e;
	struct fault why = { 0 };

	if (aws_endpoint_of(session_context(d->session), AWS_S3, NULL, &e, &why) < 0)
		doctor_fail(d, f, -EINVAL, &why, POLICY_STATEMENT_COUNT);
	else if (!region)
		finding_ok(f, "none is given; it begins with %s", e.signing_region);
	else
		finding_ok(f, "%s%s%s", region, e.is_custom ? ", at " : "",
			e.is_custom ? e.host : "");
}
