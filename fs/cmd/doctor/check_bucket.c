/* What stands in the source: the bucket, the export, its newest month. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/auth/client.h"
#include "aws/auth/sigv4.h"
#include "aws/export/row.h"
#include "fs/cmd/doctor/doctor.h"

enum { BUCKET_PATH_MAX = 8192, BUCKET_BYTES_MAX = 64 };

/* A HEAD of the bucket, or of an object in it. Answers the status, 0 without one. */
static int head(struct doctor *d, const char *key, bool is_signed,
	struct http_response *ret, struct fault *why)
{
	const struct http_header payer = { "x-amz-request-payer", "requester" };
	struct buf path = BUF_INIT(BUCKET_PATH_MAX);
	struct aws_error error = { 0 };
	struct client *client = NULL;
	int r = doctor_client(
		d, AWS_S3, d->region[0] ? d->region : NULL, is_signed, &client, why);

	if (r == 0)
		r = buf_append_byte(&path, '/');
	if (r == 0)
		r = sigv4_encode(span_of(d->place.bucket), false, &path);
	if (r == 0 && key)
		r = buf_append_byte(&path, '/');
	if (r == 0 && key)
		r = sigv4_encode(span_of(d->place.prefix), true, &path);
	if (r == 0 && key)
		r = sigv4_encode(span_of(key), true, &path);
	if (r == 0) {
		const struct client_call call = { .method = "HEAD",
			.path = buf_text(&path),
			.headers = &payer,
			.header_count = d->settings.requester_pays ? 1 : 0,
			.operation = key ? "HeadObject" : "HeadBucket" };

		r = client_do(client, &call, &d->stop, ret, &error, why);
	}
	client_free(client);
	buf_finish(&path);
	return r == 0 ? ret->status : error.status;
}

static void take_region(struct doctor *d, const struct http_response *response)
{
	struct span region = http_header_of(response, SPAN("x-amz-bucket-region"));

	if (region.len > 0 && region.len < sizeof(d->region))
		(void)snprintf(d->region, sizeof(d->region), "%.*s", SPAN_ARG(region));
}

static void tell_bucket(struct doctor *d, struct finding *f)
{
	const char *given = session_context(d->session)->region;

	if (d->region[0] == '\0')
		finding_ok(f, "s3://%s is there; in which region is not said",
			d->place.bucket);
	else if (given && strcmp(given, d->region) != 0)
		finding_ok(f, "s3://%s is in %s, not in %s, where it is looked for first",
			d->place.bucket, d->region, given);
	else
		finding_ok(f, "s3://%s is in %s", d->place.bucket, d->region);
}

/* Without keys that are good it is asked all the same: whether a bucket is there, and
 * where, S3 tells everybody. */
void check_bucket(struct doctor *d, struct finding *f)
{
	bool is_signed = d->findings[CHECK_CREDENTIALS].status <= FINDING_WARNING &&
		d->findings[CHECK_IDENTITY].status != FINDING_FAILED;
	struct http_response response = { 0 };
	struct fault why = { 0 };
	int status = head(d, NULL, is_signed, &response, &why);

	take_region(d, &response);
	doctor_set_subject(d);
	if (status == 404) {
		finding_fail(f, "s3://%s: HTTP 404", d->place.bucket);
		finding_why(f, "there is no bucket of this name in all of AWS");
		finding_cure(f, "check the name: aws s3 ls lists yours");
	} else if (status == 0 || status >= 500) {
		doctor_fail(d, f, why.error, &why, POLICY_STATEMENT_COUNT);
	} else {
		tell_bucket(d, f);
	}
	http_response_finish(&response);
}

void check_list(struct doctor *d, struct finding *f)
{
	d->source_error = source_open(&d->settings, &d->stop, &d->source, &d->source_why);
	if (d->source_error == 0 || d->source_error == -ENODATA)
		finding_ok(f, "%s may be listed", d->settings.source);
	else
		doctor_fail(d, f, d->source_error, &d->source_why,
			d->is_s3 ? POLICY_LIST : POLICY_STATEMENT_COUNT);
}

static const char *layout_text(enum export_layout layout)
{
	switch (layout) {
	case EXPORT_LEGACY:
		return "legacy report";
	case EXPORT_LEGACY_ATHENA:
		return "legacy report for Athena";
	case EXPORT_DATA:
		return "data export";
	case EXPORT_MONTH:
		return "a month's folder, of";
	case EXPORT_TABLE:
		return "table without costs";
	}
	return "";
}

void check_export(struct doctor *d, struct finding *f)
{
	const struct export_ref *e = &d->source.export;

	if (d->source_error < 0) {
		doctor_fail(
			d, f, d->source_error, &d->source_why, POLICY_STATEMENT_COUNT);
		return;
	}
	finding_ok(f, "%s \"%s\" in \"%s\": %s", layout_text(e->layout), e->name,
		e->folder,
		d->settings.export_name ? "it has the name that was given"
					: "no other is there");
}

/* Denied keys look like denied objects but for the words. */
static bool note_kms(struct doctor *d, const struct fault *said, const char *key)
{
	if (!strstr(said->text, "KMS.") && !strstr(said->text, "kms:"))
		return false;
	(void)snprintf(d->kms, sizeof(d->kms), "%s", said->text);
	(void)snprintf(d->denied_key, sizeof(d->denied_key), "%s", key);
	return true;
}

/* Of an object that cannot be read. */
static void fail_object(struct doctor *d, struct finding *f, int error,
	const struct fault *said, const char *key)
{
	enum policy_statement statement = d->is_s3 ? POLICY_READ : POLICY_STATEMENT_COUNT;
	bool is_key = d->is_s3 && note_kms(d, said, key);

	doctor_fail(d, f, error, said, is_key ? POLICY_STATEMENT_COUNT : statement);
	if (is_key) {
		finding_why(f, "it is encrypted, and the key is the trouble");
		finding_cure(f, "see decrypt below");
	} else if (strstr(said->text, "InvalidObjectState")) {
		finding_why(f, "it was moved to an archive");
		finding_cure(f,
			"restore it: aws s3api restore-object; and keep exports "
			"out of Glacier");
	}
}

/* Nothing to mend, but a mount says so too. */
static bool tell_torn(const struct doctor *d, struct finding *f)
{
	struct fault why = { 0 };

	if (delivery_check_whole(&d->delivery, d->source.objects->name,
		    clock_now(clock_system()), &why) == 0)
		return false;
	finding_warn(f, "%s", why.text);
	finding_why(f, "its files may be of two deliveries, which are not shown as one");
	finding_cure(f, "%s", why.cure);
	return true;
}

static void tell_manifest(const struct doctor *d, struct finding *f)
{
	const struct delivery *v = &d->delivery;
	char month[MONTH_TEXT], time[INSTANT_TEXT] = "";
	uint64_t bytes = 0;

	month_format(v->month, month);
	if (v->as_of.seconds != INSTANT_NONE)
		instant_format(v->as_of, time);
	for (size_t i = 0; i < v->count; i++)
		bytes += v->files[i].size_bytes;
	if (tell_torn(d, f))
		return;
	if (v->verified) {
		finding_ok(f, "%.*s of %zu months: %zu files, %" PRIu64 " bytes, %.*s",
			MONTH_TEXT, month, d->months.count, v->count, bytes, INSTANT_TEXT,
			time);
		return;
	}
	finding_warn(f,
		"%.*s of %zu months has no manifest: %zu files, %" PRIu64 " bytes",
		MONTH_TEXT, month, d->months.count, v->count, bytes);
	finding_why(f, "without one nobody knows whether the month is whole");
	finding_cure(f, "copy the manifests, too: of data exports the folder metadata/");
}

void check_manifest(struct doctor *d, struct finding *f)
{
	struct object_source *s = d->source.objects;
	const struct month_ref *newest;
	struct fault why = { 0 };
	int r = export_months(s, &d->source.export, &d->months, &why);

	if (r < 0) {
		doctor_fail(d, f, r, &why, POLICY_LIST);
		return;
	}
	if (d->months.count == 0) {
		finding_fail(f, "the export has no months");
		finding_why(f, "AWS has not delivered any yet");
		finding_cure(f, "wait: the first delivery takes up to a day");
		return;
	}
	newest = &d->months.items[d->months.count - 1];
	r = delivery_read(s, &d->source.export, newest, &d->delivery, &why);
	if (r < 0)
		fail_object(
			d, f, r, &why, newest->manifest.key ? newest->manifest.key : "");
	else
		tell_manifest(d, f);
}

void check_read(struct doctor *d, struct finding *f)
{
	const struct object_info *file = d->delivery.files;
	struct fault why = { 0 };
	char byte;
	ssize_t n = d->delivery.count > 0
		? object_read(d->source.objects, file, 0, &byte, 1, &why)
		: fault(&why, -ENODATA, "the month has no data files");

	if (n < 0)
		fail_object(d, f, (int)n, &why, d->delivery.count > 0 ? file->key : "");
	else
		finding_ok(f, "%s", file->key);
}

/* Which key it is, S3 says to whoever may not use it. */
static void find_key(struct doctor *d)
{
	struct http_response response = { 0 };

	d->kms_key = policy_find_key(span_of(d->kms));
	if (!d->kms_key && d->denied_key[0]) {
		(void)head(d, d->denied_key, true, &response, NULL);
		d->kms_key = policy_find_key(http_header_of(
			&response, SPAN("x-amz-server-side-encryption-aws-kms-key-id")));
		http_response_finish(&response);
	}
	d->key_subject.kms_key = d->kms_key;
}

static void fail_decrypt(struct doctor *d, struct finding *f)
{
	char who[DOCTOR_NAME_MAX];

	find_key(d);
	doctor_who(d, who, sizeof(who));
	finding_fail(f, "%s", d->kms);
	if (!strstr(d->kms, "AccessDenied")) {
		finding_why(f, "the key is disabled, deleted or elsewhere");
		finding_cure(f, "ask its owner; objects are lost with their key");
	} else if (d->kms_key) {
		finding_why(
			f, "no policy allows kms:Decrypt with %s to %s", d->kms_key, who);
		finding_cure(f,
			"add this statement to a policy of %s, and see that the key's "
			"own "
			"policy leaves it to IAM:",
			who);
		finding_allow(f, POLICY_DECRYPT, &d->key_subject);
	} else {
		finding_why(f, "no policy allows kms:Decrypt with its key to %s", who);
		finding_cure(f,
			"find the key: aws s3api head-object --bucket %s --key '%s%s' "
			"--query SSEKMSKeyId; then: costfs policy user %s --kms-key ARN",
			d->place.bucket, d->place.prefix, d->denied_key,
			d->settings.source);
	}
}

void check_decrypt(struct doctor *d, struct finding *f)
{
	struct http_response response = { 0 };
	struct span how, key;

	if (d->kms[0]) {
		fail_decrypt(d, f);
		return;
	}
	if (d->findings[CHECK_READ].status != FINDING_OK) {
		finding_skip(f, "because read did not come so far");
		return;
	}
	(void)head(d, d->delivery.files[0].key, true, &response, NULL);
	how = http_header_of(&response, SPAN("x-amz-server-side-encryption"));
	key = http_header_of(
		&response, SPAN("x-amz-server-side-encryption-aws-kms-key-id"));
	if (how.len)
		finding_ok(f, "%.*s%s%.*s", SPAN_ARG(how), key.len ? ", " : "",
			SPAN_ARG(key));
	else
		finding_ok(f, "what was read is not encrypted with a key of KMS");
	http_response_finish(&response);
}

/* What the kit cannot show, by the columns that the first file has. */
static int list_empty(const struct layout *l, struct buf *ret)
{
	bool has_inputs = l->table == TABLE_FOCUS; /* has the cost itself */
	int r = 0;

	for (size_t i = 0; i < l->count; i++)
		has_inputs |=
			span_ends(span_of(l->columns[i].name), SPAN("effective_cost"));
	if (!l->has_net)
		r = buf_append_text(ret, ", net_unblended_cost, net_amortized_cost");
	if (r == 0 && !has_inputs)
		r = buf_append_text(ret, ", amortized_cost of what is covered");
	if (r == 0 && !l->has_list)
		r = buf_append_text(ret, ", list_cost");
	if (r == 0 && !l->has_tags && !l->has_maps)
		r = buf_append_text(ret, ", by-tag");
	return r;
}

static const char *table_text(enum export_table table)
{
	switch (table) {
	case TABLE_LEGACY:
		return "legacy";
	case TABLE_CUR2:
		return "CUR 2.0";
	case TABLE_FOCUS:
		return "FOCUS";
	case TABLE_RECOMMENDATIONS:
		return "recommendations";
	case TABLE_CARBON:
		return "carbon";
	case TABLE_UNKNOWN:
		break;
	}
	return "unknown";
}

static void tell_columns(struct finding *f, const struct layout *l)
{
	struct buf empty = BUF_INIT(1024);
	int r = list_empty(l, &empty);
	struct span names = span_from(buf_span(&empty), 2);

	finding_ok(f, "%s, %zu columns%s%.*s", table_text(l->table), l->count,
		r == 0 && names.len ? "; empty will be " : "", SPAN_ARG(names));
	if (!l->has_resources) {
		f->status = FINDING_WARNING;
		finding_why(f, "it has no ids of resources: none is shown");
		finding_cure(f,
			"make an export that includes resource ids; they cannot be added "
			"to this one's past");
	}
	buf_finish(&empty);
}

void check_columns(struct doctor *d, struct finding *f)
{
	struct layout l = { 0 };
	struct fault why = { 0 };
	int r = -ENODATA;

	/* Of what a shrunken month needs no more there may be files without a line. */
	for (size_t i = 0; r == -ENODATA && i < d->delivery.count; i++)
		r = row_reader_peek(d->source.objects, &d->delivery.files[i], &l, &why);
	if (r < 0)
		doctor_fail(d, f, r, &why, POLICY_STATEMENT_COUNT);
	else
		tell_columns(f, &l);
	layout_finish(&l);
	/* What is being read ahead of it nobody wants. */
	source_close(&d->source);
}
