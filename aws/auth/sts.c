#include "aws/auth/sts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/api/xml.h"
#include "aws/auth/ask.h"
#include "aws/auth/secret.h"
#include "aws/auth/sigv4.h"
#include "aws/auth/source.h"

enum { FORM_MAX = 128 * 1024 };

static int add(struct buf *form, const char *name, const char *value)
{
	int r;

	if (!value)
		return 0;
	r = buf_appendf(form, "&%s=", name);
	return r < 0 ? r : sigv4_encode(span_of(value), false, form);
}

static int make_form(const struct sts_role *role, struct buf *form)
{
	char duration[16] = "";
	int r = buf_reserve(form, FORM_MAX / 2);

	if (role->duration_seconds)
		(void)snprintf(duration, sizeof(duration), "%u", role->duration_seconds);
	if (r == 0)
		r = buf_appendf(form, "Action=%s&Version=2011-06-15",
			role->web_identity_token ? "AssumeRoleWithWebIdentity"
						 : "AssumeRole");
	if (r == 0)
		r = add(form, "RoleArn", role->role_arn);
	if (r == 0)
		r = add(form, "RoleSessionName", role->session_name);
	if (r == 0)
		r = add(form, "ExternalId", role->external_id);
	if (r == 0)
		r = add(form, "SerialNumber", role->mfa_serial);
	if (r == 0)
		r = add(form, "TokenCode", role->mfa_code);
	if (r == 0)
		r = add(form, "DurationSeconds", *duration ? duration : NULL);
	if (r == 0)
		r = add(form, "WebIdentityToken", role->web_identity_token);
	return r;
}

/* The elements that are read, by the end of their path; each stands once. */
struct element {
	const char *path;
	char **ret;
};
struct reply {
	const struct element *elements; /* ended by one without path */
};

static int end_element(void *context, struct span path, struct span text)
{
	const struct reply *reply = context;
	char *copy;

	for (const struct element *e = reply->elements; e->path; e++) {
		if (!span_ends(path, span_of(e->path)))
			continue;
		text = span_trim(text);
		if (!text.len || *e->ret)
			return -EBADMSG;
		copy = strndup(text.p, text.len);
		if (!copy)
			return -ENOMEM;
		*e->ret = copy;
	}
	return 0;
}

/* 0; -EBADMSG also when one is missing; -ENOMEM. */
static int read_elements(struct span xml, const struct element *elements)
{
	static const struct xml_events events = { .end = end_element };
	struct reply reply = { elements };
	int r = xml_read(xml, &events, &reply, NULL);

	for (const struct element *e = elements; e->path && r == 0; e++)
		if (!*e->ret)
			r = -EBADMSG;
	return r == -ENOMEM || r == 0 ? r : -EBADMSG;
}

/* arn:aws:sts::123456789012:assumed-role/… */
static int read_account(const char *arn, char **ret)
{
	struct span rest = span_of(arn), part = { 0 };
	char account[16] = "";

	for (int i = 0; i < 5 && span_split(&rest, ':', &part); i++)
		;
	if (!span_is_digits(part) || part.len >= sizeof(account))
		return 0;
	memcpy(account, part.p, part.len);
	return secret_set(ret, account);
}

static int read_credentials(struct span xml, struct credentials *ret)
{
	struct credentials c = { .expires = { INSTANT_NONE } };
	char *expires = NULL, *arn = NULL;
	const struct element elements[] = {
		{ "Result/Credentials/AccessKeyId", &c.access_key_id },
		{ "Result/Credentials/SecretAccessKey", &c.secret },
		{ "Result/Credentials/SessionToken", &c.session_token },
		{ "Result/Credentials/Expiration", &expires },
		{ "Result/AssumedRoleUser/Arn", &arn },
		{ 0 },
	};
	int r = read_elements(xml, elements);

	if (r == 0 && expiry_parse(expires, &c.expires) < 0)
		r = -EBADMSG;
	if (r == 0)
		r = read_account(arn, &c.account_id);
	free(expires);
	free(arn);
	if (r < 0) {
		credentials_finish(&c);
		return r;
	}
	*ret = c;
	return 0;
}

static struct ask post(
	const char *operation, struct span form, const struct credentials *signer)
{
	return (struct ask){
		.service = AWS_STS,
		.operation = operation,
		.method = "POST",
		.path = "/",
		.content_type = "application/x-www-form-urlencoded; charset=utf-8",
		.body = form,
		.signer = signer,
	};
}

static void finish(struct buf *form, struct http_response *response)
{
	secret_finish(form);
	secret_finish(&response->body);
	http_response_finish(response);
}

int sts_assume_role(const struct auth_context *c, const struct sts_role *role,
	const struct credentials *signer, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	const char *operation = role->web_identity_token ? "sts AssumeRoleWithWebIdentity"
							 : "sts AssumeRole";
	struct buf form = BUF_SECRET(FORM_MAX);
	struct http_response response = { 0 };
	struct aws_error error;
	struct ask ask;
	int r = make_form(role, &form);

	if (r == -EFBIG)
		r = fault(why, -EKEYREJECTED, "%s: a parameter is too long", operation);
	ask = post(operation, buf_span(&form), role->web_identity_token ? NULL : signer);
	if (r == 0)
		r = ask_service(c, &ask, stop, &response, &error, why);
	if (r == 0)
		r = read_credentials(buf_span(&response.body), ret);
	if (r == -EBADMSG)
		r = fault(why, -EKEYREJECTED, "%s: the reply holds no credentials",
			operation);
	finish(&form, &response);
	if (r < 0)
		fault_prefix(why, "role %s", role->role_arn);
	return r;
}

int sts_caller_identity(const struct auth_context *c, const struct credentials *signer,
	const atomic_bool *stop, struct sts_identity *ret, struct fault *why)
{
	static const char operation[] = "sts GetCallerIdentity";
	struct buf form = BUF_SECRET(FORM_MAX);
	struct http_response response = { 0 };
	struct aws_error error;
	struct ask ask;
	struct sts_identity i = { 0 };
	const struct element elements[] = {
		{ "Result/Account", &i.account_id },
		{ "Result/Arn", &i.arn },
		{ "Result/UserId", &i.user_id },
		{ 0 },
	};
	int r = buf_append_text(&form, "Action=GetCallerIdentity&Version=2011-06-15");

	ask = post(operation, buf_span(&form), signer);
	if (r == 0)
		r = ask_service(c, &ask, stop, &response, &error, why);
	if (r == 0)
		r = read_elements(buf_span(&response.body), elements);
	if (r == -EBADMSG)
		r = fault(why, -EKEYREJECTED, "%s: the reply names nobody", operation);
	finish(&form, &response);
	if (r < 0) {
		sts_identity_finish(&i);
		return r;
	}
	*ret = i;
	return 0;
}

void sts_identity_finish(struct sts_identity *i)
{
	free(i->account_id);
	free(i->arn);
	free(i->user_id);
	*i = (struct sts_identity){ 0 };
}
