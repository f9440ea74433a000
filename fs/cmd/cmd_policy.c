/* costfs policy: what has to be allowed, filled in. Asks nobody: its values come from the
 * command line and the name of the source. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cmd/command.h"
#include "fs/cmd/given.h"
#include "fs/cmd/place.h"
#include "fs/cmd/policy.h"
#include "fs/cmd/say.h"
#include "fs/cmd/settings.h"
#include "fs/cmd/standard.h"

enum { POLICY_BYTES = 256 * 1024, LINE_BYTES = 16 * 1024 };

/* The values behind a subject that are no argument's. */
struct origin {
	struct settings settings;
	struct given given;
	struct place place;
	char *prefix, *partition;
};

static void origin_finish(struct origin *o)
{
	settings_finish(&o->settings);
	given_finish(&o->given);
	place_finish(&o->place);
	free(o->prefix);
	free(o->partition);
}

/* The prefix as it was written, since S3's keys may begin with '/' or hold "//". */
static int take_prefix(const char *source, struct origin *o)
{
	const char *bucket = strstr(source, o->place.bucket);
	struct span rest = span_of(bucket);

	rest = span_from(rest, strlen(o->place.bucket) + 1);
	o->prefix = strndup(rest.len ? rest.p : "", rest.len);
	return o->prefix ? 0 : -ENOMEM;
}

/* arn:PARTITION:s3:::BUCKET/PREFIX */
static int take_partition(const char *source, struct origin *o)
{
	struct span rest = span_of(source), part;

	if (!span_starts(rest, SPAN("arn:")))
		return 0;
	(void)span_split(&rest, ':', &part);
	(void)span_split(&rest, ':', &part);
	o->partition = strndup(part.p, part.len);
	return o->partition ? 0 : -ENOMEM;
}

static int read_source(const struct arguments *a, struct origin *o, struct fault *why)
{
	const char *source = a->positional[1];
	int r = 0;

	if (place_is_s3(source)) {
		r = given_parse(source, &o->given, why);
		source = o->given.source;
	} else {
		r = settings_init(a, source, &o->settings, why);
		source = o->settings.source;
	}
	if (r == 0 && !place_is_s3(source)) {
		fault_cure(why, "write it like: s3://my-bucket/prefix/export");
		r = fault(why, -EINVAL, "%s: is no place in S3", source);
	}
	if (r == 0)
		r = place_parse(source, &o->place, why);
	if (r == 0)
		r = take_prefix(source, o);
	if (r == 0)
		r = take_partition(source, o);
	return r;
}

static const char *first_of(const char *given, const char *otherwise)
{
	return given ? given : otherwise;
}

static struct policy_subject subject_of(const struct arguments *a, const struct origin *o)
{
	return (struct policy_subject){
		.partition = first_of(a->value[OPTION_PARTITION], o->partition),
		.bucket = first_of(a->value[OPTION_BUCKET], o->place.bucket),
		.prefix = first_of(a->value[OPTION_PREFIX], o->prefix),
		.account = a->value[OPTION_ACCOUNT],
		.kms_key = a->value[OPTION_KMS_KEY],
		.bucket_only = a->value[OPTION_BUCKET_ONLY] != NULL,
	};
}

static bool is_plain_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_./:=,@+";

	return word[0] && word[strspn(word, plain)] == '\0';
}

/* As a shell takes it. */
static int append_word(struct buf *line, const char *word)
{
	int r = buf_append_byte(line, ' ');

	if (r == 0 && is_plain_word(word))
		return buf_append_text(line, word);
	if (r == 0)
		r = buf_append_byte(line, '\'');
	for (; *word && r == 0; word++)
		r = *word == '\'' ? buf_append_text(line, "'\\''")
				  : buf_append_byte(line, *word);
	return r < 0 ? r : buf_append_byte(line, '\'');
}

static int append_option(struct buf *line, enum option_id id, const char *value)
{
	int r = value ? buf_appendf(line, " --%s", option_info(id)->name) : 0;

	return r == 0 && value && value[0] ? append_word(line, value) : r;
}

/* The command as it was given, and what it lacks. */
static int write_command(const struct arguments *a, const struct policy_subject *s,
	enum policy_kind kind, struct buf *line)
{
	const char *bucket = s->bucket ? s->bucket : "my-bucket";
	bool needs_account = policy_needs_account(kind) && !s->account;
	int r = buf_appendf(line, "costfs policy %s", a->positional[0]);

	if (r == 0 && a->count == 2)
		r = append_word(line, a->positional[1]);
	else if (r == 0)
		r = append_option(line, OPTION_BUCKET, bucket);
	if (r == 0 && needs_account)
		r = buf_append_text(line,
			" --account $(aws sts get-caller-identity --query Account "
			"--output text)");
	else if (r == 0)
		r = append_option(line, OPTION_ACCOUNT, s->account);
	if (r == 0)
		r = append_option(line, OPTION_PREFIX, a->value[OPTION_PREFIX]);
	if (r == 0)
		r = append_option(line, OPTION_PARTITION, a->value[OPTION_PARTITION]);
	if (r == 0)
		r = append_option(line, OPTION_KMS_KEY, s->kms_key);
	return r == 0 && s->bucket_only ? buf_append_text(line, " --bucket-only") : r;
}

/* EXIT_DONE when nothing is missing. */
static int ask_missing(
	const struct arguments *a, const struct policy_subject *s, enum policy_kind kind)
{
	bool lacks_bucket = policy_needs_bucket(kind) && !s->bucket;
	bool lacks_account = policy_needs_account(kind) && !s->account;
	struct buf line = BUF_INIT(LINE_BYTES);
	struct fault why = { 0 };

	if (!lacks_bucket && !lacks_account)
		return EXIT_DONE;
	if (write_command(a, s, kind, &line) == 0)
		fault_cure(&why, "run: %.*s", SPAN_ARG(buf_span(&line)));
	fault(&why, -EINVAL, "policy %s lacks %s%s%s", a->positional[0],
		lacks_bucket ? "the bucket" : "",
		lacks_bucket && lacks_account ? " and " : "",
		lacks_account ? "the account that pays" : "");
	(void)say_fault(&why, -EINVAL);
	buf_finish(&line);
	return EXIT_USAGE;
}

static int print_policy(
	enum policy_kind kind, const struct policy_subject *s, struct fault *why)
{
	struct buf text = BUF_INIT(POLICY_BYTES);
	int r = policy_write(kind, s, &text);

	if (r == 0)
		r = standard_write(buf_span(&text), why);
	buf_finish(&text);
	return r;
}

int command_policy(const struct arguments *a)
{
	struct origin o = { 0 };
	struct fault why = { 0 };
	enum policy_kind kind = POLICY_BUCKET;
	int r = 0, status;

	if (!policy_kind_of(a->positional[0], &kind))
		return command_unknown_word("policy", "policy", a->positional[0]);
	if (a->count == 2)
		r = read_source(a, &o, &why);
	struct policy_subject s = subject_of(a, &o);
	if (r == 0)
		r = policy_check(kind, &s, &why);
	if (r == -EINVAL) {
		status = say_invalid("policy", &why);
	} else if (r < 0) {
		status = say_fault(&why, r);
	} else {
		status = ask_missing(a, &s, kind);
		if (status == EXIT_DONE && (r = print_policy(kind, &s, &why)) < 0)
			status = say_fault(&why, r);
	}
	origin_finish(&o);
	return status;
}
