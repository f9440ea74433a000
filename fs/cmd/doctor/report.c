#include "fs/cmd/doctor/report.h"

#include "base/line.h"

enum { REPORT_INDENT = 5 }; /* levels of two blanks: below what was seen */

static const char *const words[] = {
	[FINDING_OK] = "ok",
	[FINDING_WARNING] = "warning",
	[FINDING_FAILED] = "FAILED",
	[FINDING_SKIPPED] = "skipped",
};

#define PRINT_LINE(to, format)                                                           \
	do {                                                                             \
		va_list args;                                                            \
                                                                                         \
		va_start(args, format);                                                  \
		(void)line_print((to), sizeof(to), format, args);                        \
		va_end(args);                                                            \
	} while (0)

void finding_ok(struct finding *f, const char *format, ...)
{
	f->status = FINDING_OK;
	PRINT_LINE(f->seen, format);
}

void finding_warn(struct finding *f, const char *format, ...)
{
	f->status = FINDING_WARNING;
	PRINT_LINE(f->seen, format);
}

void finding_fail(struct finding *f, const char *format, ...)
{
	f->status = FINDING_FAILED;
	PRINT_LINE(f->seen, format);
}

void finding_skip(struct finding *f, const char *format, ...)
{
	f->status = FINDING_SKIPPED;
	PRINT_LINE(f->seen, format);
}

void finding_why(struct finding *f, const char *format, ...)
{
	PRINT_LINE(f->why, format);
}

void finding_cure(struct finding *f, const char *format, ...)
{
	PRINT_LINE(f->cure, format);
}

void finding_allow(struct finding *f, enum policy_statement statement,
	const struct policy_subject *subject)
{
	f->has_statement = true;
	f->statement = statement;
	f->subject = subject;
}

static int write_more(const char *what, const char *text, struct buf *ret)
{
	return text[0] ? buf_appendf(ret, "%*s%s %s\n", REPORT_INDENT * 2, "", what, text)
		       : 0;
}

static int write_statement(const struct finding *f, struct buf *ret)
{
	struct json_out j = { .to = ret, .indent = REPORT_INDENT };
	int r = buf_appendf(ret, "%*s", REPORT_INDENT * 2, "");

	if (r == 0)
		r = policy_write_statement(&j, NULL, f->statement, f->subject);
	return r < 0 ? r : buf_append_byte(ret, '\n');
}

int finding_write(const struct finding *f, struct buf *ret)
{
	size_t before = ret->len;
	int r = buf_appendf(ret, "%-8s %s: %s\n", words[f->status], f->name, f->seen);

	if (r == 0)
		r = write_more("why: ", f->why, ret);
	if (r == 0)
		r = write_more("cure:", f->cure, ret);
	if (r == 0 && f->has_statement)
		r = write_statement(f, ret);
	if (r < 0)
		buf_truncate(ret, before);
	return r;
}

static int write_object(const struct finding *f, struct json_out *j)
{
	int r = 0;

	json_out_open(j, NULL, '{');
	json_out_text(j, "name", f->name);
	json_out_text(j, "status", words[f->status]);
	json_out_text(j, "seen", f->seen);
	json_out_optional(j, "why", f->why[0] ? f->why : NULL);
	json_out_optional(j, "cure", f->cure[0] ? f->cure : NULL);
	if (f->has_statement)
		r = policy_write_statement(j, "statement", f->statement, f->subject);
	else
		json_out_word(j, "statement", "null");
	json_out_close(j, '}');
	return r;
}

int findings_write_json(const struct finding *findings, size_t count, struct buf *ret)
{
	struct json_out j = { .to = ret };
	size_t before = ret->len;
	int r = 0;

	json_out_open(&j, NULL, '[');
	for (size_t i = 0; i < count && r == 0; i++)
		r = write_object(&findings[i], &j);
	json_out_close(&j, ']');
	if (r == 0)
		r = j.failed;
	if (r == 0)
		r = buf_append_byte(ret, '\n');
	if (r < 0)
		buf_truncate(ret, before);
	return r;
}
