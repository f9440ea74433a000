/* costfs exports: what there is, and which would be shown. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/cmd/exports.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/policy.h"
#include "fs/cmd/progress.h"
#include "fs/cmd/say.h"
#include "fs/cmd/session.h"
#include "fs/cmd/source.h"
#include "fs/cmd/standard.h"

enum { EXPORTS_TEXT_MAX = 64 * 1024 * 1024, STATEMENT_INDENT = 6 };

static const char *const verdicts[] = { "preferred", "usable", "refused" };
static const char *const kinds[] = { "CUR 2.0", "legacy CUR", "FOCUS",
	"Data Export of an unknown table", "other table" };
static const char *const origins[] = { "cur:DescribeReportDefinitions",
	"bcm-data-exports:GetExport", "its files" };

static const char *or_unknown(const char *text, const char *otherwise)
{
	return text[0] ? text : otherwise;
}

static int append_time(struct buf *b, struct instant t)
{
	char text[INSTANT_TEXT];

	if (t.seconds == INSTANT_NONE)
		return buf_append_text(b, "never delivered, as far as is known");
	instant_format(t, text);
	return buf_appendf(b, "delivered %.*s", INSTANT_TEXT, text);
}

static int append_facts(struct buf *b, const struct candidate *c)
{
	int r = buf_append_text(b, kinds[c->kind]);

	if (r == 0 && c->kind == CANDIDATE_OTHER)
		r = buf_appendf(b, " %s", or_unknown(c->table, "without a name"));
	if (r == 0)
		r = buf_appendf(b, ", %s", or_unknown(c->format, "format unknown"));
	if (r == 0 && c->granularity[0])
		r = buf_appendf(b, ", %s", c->granularity);
	if (r == 0 && c->has_resources != ANSWER_UNKNOWN)
		r = buf_appendf(b, ", %s resource ids",
			c->has_resources == ANSWER_YES ? "with" : "without");
	if (r == 0 && c->has_split_costs == ANSWER_YES)
		r = buf_append_text(b, ", with split costs");
	if (r == 0 && c->is_overwritten != ANSWER_UNKNOWN)
		r = buf_append_text(b,
			c->is_overwritten == ANSWER_YES
				? ", each delivery over the one before"
				: ", each delivery beside those before");
	return r < 0 ? r : buf_append_byte(b, '\n');
}

static int append_export(struct buf *b, const struct candidate *c)
{
	static const char indent[] = "           ";
	int r = buf_appendf(b, "%-10s %s\n%s", verdicts[c->verdict],
		or_unknown(c->name, "(without a name)"), indent);

	if (r == 0)
		r = append_facts(b, c);
	if (r == 0)
		r = buf_appendf(b, "%s%s%s%s%s", indent, c->bucket[0] ? "s3://" : "",
			c->bucket, c->bucket[0] ? "/" : "", c->prefix);
	if (r == 0)
		r = buf_appendf(b, "%s%s%s\n%s", c->region[0] ? " (" : "", c->region,
			c->region[0] ? ")" : "", indent);
	if (r == 0)
		r = append_time(b, c->delivered);
	if (r == 0)
		r = buf_appendf(b, "%s%s; told by %s\n", c->health[0] ? ", " : "",
			c->health, origins[c->origin]);
	return r < 0 ? r : buf_appendf(b, "%s%s\n", indent, c->why);
}

static int append_statement(
	struct buf *b, const char *name, enum policy_statement statement, unsigned indent)
{
	const struct policy_subject all = { 0 };
	struct json_out j = { .to = b, .indent = indent };

	return policy_write_statement(&j, name, statement, &all);
}

static int append_service(struct buf *b, const char *name, const struct fault *said,
	enum policy_statement statement)
{
	int r;

	if (said->error == 0)
		return 0;
	r = buf_appendf(b, "not asked  %s\n           %s\n", name, said->text);
	if (r == 0 && said->cure[0])
		r = buf_appendf(b, "           %s\n", said->cure);
	if (r < 0 || said->error != -EACCES)
		return r;
	r = buf_append_text(b, "           ");
	if (r == 0)
		r = append_statement(b, NULL, statement, STATEMENT_INDENT);
	return r < 0 ? r : buf_append_byte(b, '\n');
}

static int append_people(struct buf *b, const struct exports *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < e->list.count; i++)
		r = append_export(b, &e->list.items[i]);
	if (r == 0)
		r = append_service(b, "legacy reports", &e->cur, POLICY_FIND_REPORTS);
	return r < 0 ? r
		     : append_service(
			       b, "Data Exports", &e->data_exports, POLICY_FIND_EXPORTS);
}

static void write_text(struct json_out *j, const char *name, const char *text)
{
	json_out_optional(j, name, text[0] ? text : NULL);
}

static void write_answer(struct json_out *j, const char *name, enum candidate_answer a)
{
	json_out_word(j, name,
		a == ANSWER_UNKNOWN	  ? "null"
			: a == ANSWER_YES ? "true"
					  : "false");
}

static void write_export(struct json_out *j, const struct candidate *c)
{
	char time[INSTANT_TEXT + 1] = "";
	const struct {
		const char *name, *value;
	} texts[] = { { "name", c->name }, { "verdict", verdicts[c->verdict] },
		{ "why", c->why }, { "kind", kinds[c->kind] }, { "table", c->table },
		{ "format", c->format }, { "granularity", c->granularity },
		{ "bucket", c->bucket }, { "prefix", c->prefix }, { "region", c->region },
		{ "last_delivery", time }, { "health", c->health },
		{ "found_by", origins[c->origin] } };

	if (c->delivered.seconds != INSTANT_NONE)
		instant_format(c->delivered, time);
	json_out_open(j, NULL, '{');
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		write_text(j, texts[i].name, texts[i].value);
	write_answer(j, "resource_ids", c->has_resources);
	write_answer(j, "split_costs", c->has_split_costs);
	write_answer(j, "overwritten", c->is_overwritten);
	write_answer(j, "healthy", c->is_healthy);
	json_out_close(j, '}');
}

static int write_error(struct json_out *j, const char *name, const struct fault *said,
	enum policy_statement statement)
{
	const struct policy_subject all = { 0 };
	int r = 0;

	if (said->error == 0) {
		json_out_word(j, name, "null");
		return 0;
	}
	json_out_open(j, name, '{');
	write_text(j, "text", said->text);
	write_text(j, "cure", said->cure);
	if (said->error == -EACCES)
		r = policy_write_statement(j, "statement", statement, &all);
	else
		json_out_word(j, "statement", "null");
	json_out_close(j, '}');
	return r;
}

static int append_json(struct buf *b, const struct exports *e)
{
	struct json_out j = { .to = b };
	int r;

	json_out_open(&j, NULL, '{');
	json_out_open(&j, "exports", '[');
	for (size_t i = 0; i < e->list.count; i++)
		write_export(&j, &e->list.items[i]);
	json_out_close(&j, ']');
	json_out_open(&j, "errors", '{');
	r = write_error(&j, "cur", &e->cur, POLICY_FIND_REPORTS);
	if (r == 0)
		r = write_error(
			&j, "data_exports", &e->data_exports, POLICY_FIND_EXPORTS);
	json_out_close(&j, '}');
	json_out_close(&j, '}');
	if (r == 0)
		r = j.failed;
	return r < 0 ? r : buf_append_byte(b, '\n');
}

static int print(const struct exports *e, bool is_json, struct fault *why)
{
	struct buf b = BUF_INIT(EXPORTS_TEXT_MAX);
	int r = is_json ? append_json(&b, e) : append_people(&b, e);

	if (r == 0)
		r = standard_write(buf_span(&b), why);
	buf_finish(&b);
	return r;
}

static int ask(const struct settings *s, const atomic_bool *stop, struct exports *ret,
	struct fault *why)
{
	struct session *session = NULL;
	int r = session_open(s->profile, s->region, &session, why);

	if (r == 0)
		r = exports_ask(session, stop, ret, why);
	session_close(session);
	return r;
}

static int find(const struct settings *s, const atomic_bool *stop, struct exports *ret,
	struct fault *why)
{
	struct progress *p = progress_start_text("looking for exports");
	int r = source_is_detected(s->source) ? ask(s, stop, ret, why)
					      : exports_walk(s, stop, ret, why);

	progress_stop(p);
	return r;
}

static bool has_usable(const struct exports *e)
{
	for (size_t i = 0; i < e->list.count; i++)
		if (e->list.items[i].verdict != VERDICT_REFUSED)
			return true;
	return false;
}

/* Usable, or what there is instead. */
static int tell(const struct exports *e, const struct settings *s, bool is_json)
{
	struct fault why = { 0 };
	const struct candidate *none;
	int r = print(e, is_json, &why);

	if (r == 0 && has_usable(e))
		return EXIT_DONE;
	if (r == 0 && e->list.count == 0 && !source_is_detected(s->source)) {
		r = fault(&why, -ENODATA, "%s: no billing export found in it", s->source);
		fault_cure(&why, "see what is there: aws s3 ls --recursive");
	}
	if (r == 0)
		r = exports_choose(e, NULL, &none, &why);
	return say_fault(&why, r);
}

int command_exports(const struct arguments *a)
{
	struct settings s = { 0 };
	struct fault why = { 0 };
	struct exports e = { .list = { 0 } };
	int r = settings_init(a, a->count ? a->positional[0] : SOURCE_DETECTED, &s, &why);
	int status;

	if (r == -EINVAL)
		return say_invalid("exports", &why);
	if (r == 0)
		r = find(&s, interrupt_flag(), &e, &why);
	status = r < 0 ? say_fault(&why, r) : tell(&e, &s, a->value[OPTION_JSON] != NULL);
	exports_finish(&e);
	settings_finish(&s);
	return status;
}
