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

static void cure_denied(const struct operation *o, struct fault *why)
{
	if (strstr(o->error.message, "kms:Decrypt") || strstr(o->error.message, "KMS"))
		fault_cure(why, "allow kms:Decrypt on the key that encrypts the bucket");
	else if (o->call->needs)
		fault_cure(why, "allow %s for %s (%s)", o->call->needs,
			"the credentials in use",
			o->used.source ? o->used.source : "source unknown");
	else
		fault_cure(why, "allow %s for the credentials in use (%s)",
			o->call->operation ? o->call->operation : "it",
			o->used.source ? o->used.source : "source unknown");
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
	else if (strstr(source, "(login)"))
		fault_cure(why, "sign in again: aws login --profile %s", profile);
	else
		fault_cure(why, "sign in again: aws sso login --profile %s", profile);
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
		fault_cure(why, "check the access keys (%s): aws sts get-caller-identity",
			o->used.source ? o->used.source : "source unknown");
		break;
	case -ETIME:
		fault_cure(why, "set this machine's clock");
		break;
	case -EAGAIN:
		fault_cure(why, "the service is busy or in trouble: try again later");
		break;
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -ETIMEDOUT:
		fault_cure(why,
			"check the network, HTTPS_PROXY and the region (%s); it is tried "
			"again at the next use",
			o->client->endpoint.signing_region);
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

	fault(why, error, "%s %s: HTTP %d%s%s%s%.250s%s%s%s",
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
