/* What went wrong with a call, and what to do about it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "aws/auth/client_private.h"
#include "base/log.h"

/* Messages of refused signatures quote what was signed, tokens among it. */
static bool may_quote_secrets(int error)
{
	return error == -EKEYREJECTED || error == -ETIME;
}

static const char *source_of(const struct operation *o)
{
	return o->used.source ? o->used.source : "source unknown";
}

/* The ARN of the key that a refusal names. */
static struct span key_of(const char *message)
{
	const char *at = strstr(message, "arn:aws");
	struct span part;

	while (at) {
		part = span_of(at);
		part.len = span_find(part, ' ');
		part.len = span_find(part, '"');
		if (span_starts(span_from(part, span_find(span_from(part, 4), ':') + 4),
			    SPAN(":kms:")))
			return part;
		at = strstr(at + 1, "arn:aws");
	}
	return SPAN("the key that encrypts the bucket");
}

static void cure_denied(const struct operation *o, struct fault *why)
{
	const char *message = o->error.message;
	struct span key = key_of(message);

	if (strstr(message, "explicit deny"))
		fault_cure(why,
			"a policy denies it outright, so that no statement can allow it: "
			"ask whoever wrote that policy, of the bucket, the organization "
			"or a permissions boundary");
	else if (strstr(message, "kms:Decrypt") || strstr(message, "KMS"))
		fault_cure(why,
			"allow kms:Decrypt on %.*s for the credentials in use (%s), in "
			"the policy of the key as well if that is another account's",
			SPAN_ARG(key), source_of(o));
	else
		fault_cure(why, "allow %s for the credentials in use (%s)",
			o->call->needs		     ? o->call->needs
				: o->call->operation ? o->call->operation
						     : "it",
			source_of(o));
}

static void cure_expired(const struct operation *o, struct fault *why)
{
	const struct auth_context *x = o->client->context;
	const char *profile = x->profile ? x->profile : "default";

	const char *source = o->used.source ? o->used.source : "";

	if (strstr(source, "environment"))
		fault_cure(why,
			"renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
			"AWS_SESSION_TOKEN in the environment");
	else if (strstr(source, " file)"))
		fault_cure(why,
			"put new keys where these stand: %s in ~/.aws (aws configure)",
			source);
	else if (strstr(source, "(login)"))
		fault_cure(why, "sign in again: aws login --profile %s", profile);
	else
		fault_cure(why, "sign in again: aws sso login --profile %s", profile);
}

static void cure_rejected(const struct operation *o, struct fault *why)
{
	const char *code = o->error.code, *which = "";

	if (strstr(code, "AccessKeyId") || strstr(code, "Unrecognized") ||
		strcmp(code, "InvalidClientTokenId") == 0)
		which = ": AWS does not know this one; it is deleted, inactive, "
			"mistyped, "
			"without its session token, or of another partition (China, "
			"GovCloud)";
	else if (strstr(code, "Signature"))
		which = ": the secret is not that of the key; copy both anew, and the "
			"session token, if there is one";
	else if (strcmp(code, "InvalidToken") == 0)
		which = ": the session token is not that of the key; copy all three anew";
	fault_cure(why, "check the access keys (%s)%s; to try them: aws sts %s",
		source_of(o), which, "get-caller-identity");
}

static void cure_unreached(const struct operation *o, struct fault *why)
{
	const struct aws_endpoint *e = &o->client->endpoint;

	if (e->is_custom)
		fault_cure(why,
			"check the network, and the endpoint that is configured, %s "
			"(AWS_ENDPOINT_URL, or endpoint_url of the profile); it is tried "
			"again at the next use",
			e->host);
	else
		fault_cure(why,
			"check the network, HTTPS_PROXY and the region (%s); it is tried "
			"again at the next use",
			e->signing_region);
}

static void cure(const struct operation *o, int error, struct fault *why)
{
	switch (error) {
	case -EACCES:
		cure_denied(o, why);
		break;
	case -EKEYEXPIRED:
		cure_expired(o, why);
		break;
	case -EKEYREJECTED:
		cure_rejected(o, why);
		break;
	case -ETIME:
		fault_cure(why, "set this machine's clock: timedatectl set-ntp true");
		break;
	case -EAGAIN:
		fault_cure(why, "the service is busy or in trouble: try again later");
		break;
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -ETIMEDOUT:
		cure_unreached(o, why);
		break;
	case -EPROTO:
		fault_cure(why, "check AWS_CA_BUNDLE, and proxies that open TLS");
		break;
	default:
		break;
	}
}

static const char *name_of(const struct operation *o)
{
	return o->call->operation ? o->call->operation : o->call->method;
}

static void tell_reply(const struct operation *o, int error, struct fault *why)
{
	const struct aws_error *e = &o->error;
	bool has_message = e->message[0] && !may_quote_secrets(error);
	/* A HEAD's code is its status. */
	bool has_code = e->code[0] && (e->code[0] < '0' || e->code[0] > '9');

	fault(why, error, "%s %s: HTTP %d%s%s%s%.300s%s%s%s",
		o->client->endpoint.signing_name, name_of(o), e->status,
		has_code ? " " : "", has_code ? e->code : "", has_message ? ": " : "",
		has_message ? e->message : "", e->request_id[0] ? " (request " : "",
		e->request_id, e->request_id[0] ? ")" : "");
	fault_request(why, e->request_id);
}

void client_log(const struct operation *o, int error, uint64_t took_ms)
{
	const struct client *c = o->client;
	const struct http_response *r = o->response;
	struct span id = http_header_of(r, SPAN("x-amz-request-id"));

	if (log_get_level() < LOG_LEVEL_DEBUG || o->lacks_credentials)
		return;
	if (!id.len)
		id = http_header_of(r, SPAN("x-amzn-requestid"));
	log_line(LOG_LEVEL_DEBUG,
		"%s %s %s%s%s: HTTP %d%s%s%s%s, %" PRIu64 " bytes in %" PRIu64
		" ms, attempt %u%s%.*s",
		c->endpoint.signing_name, name_of(o),
		o->call->host ? o->call->host : c->endpoint.host, c->endpoint.base_path,
		o->call->path, r->status, o->error.code[0] ? " " : "", o->error.code,
		error < 0 ? ", " : "", error < 0 ? fault_errno_text(error) : "",
		r->body_bytes, took_ms, o->attempts, id.len ? ", request " : "",
		SPAN_ARG(id));
}

void client_explain(const struct operation *o, int error, struct fault *why)
{
	if (!why)
		return;
	if (o->sink_error < 0)
		return;
	if (o->error.status == 0 && o->said.text[0]) {
		*why = o->said;
		why->error = error;
		if (o->lacks_credentials)
			return;
		fault_prefix(why, "%s %s", o->client->endpoint.signing_name, name_of(o));
	} else if (o->error.status == 0) {
		fault(why, error, "%s %s: %s", o->client->endpoint.signing_name,
			name_of(o), fault_errno_text(error));
	} else {
		tell_reply(o, error, why);
	}
	if (!why->cure[0])
		cure(o, error, why);
}
