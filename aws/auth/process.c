/* credential_process: a program of the user's that prints credentials. */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "aws/auth/run.h"
#include "aws/auth/secret.h"
#include "aws/auth/source.h"
#include "aws/auth/words.h"

enum {
	PROCESS_OUTPUT_MAX = 64 * 1024,
	PROCESS_COMPLAINT_MAX = 4096,
	PROCESS_DEADLINE_MS = 60 * 1000,
	PROCESS_LINE_MAX = 200,
};

static int complain(
	const struct source *s, int status, const struct buf *err, struct fault *why)
{
	struct span line = span_trim(buf_span(err));

	line = span_trim(span_first(line, span_find(line, '\n')));
	line = span_first(line, PROCESS_LINE_MAX);
	if (WIFSIGNALED(status))
		return fault(why, -EKEYREJECTED, "%s: it was ended by signal %d", s->name,
			WTERMSIG(status));
	return fault(why, -EKEYREJECTED, "%s: it ended with status %d%s%.*s", s->name,
		WEXITSTATUS(status), line.len ? ": " : "", SPAN_ARG(line));
}

static int read_output(const struct source *s, struct span text, struct credentials *ret,
	struct fault *why)
{
	struct credential_fields fields = fields_of_cache;
	const cJSON *version;
	const char *field = "";
	cJSON *json = NULL;
	int r = secret_parse(text, &json);

	fields.is_temporary = false;
	if (r < 0)
		return fault(
			why, -EKEYREJECTED, "%s: its output is no JSON object", s->name);
	version = cJSON_GetObjectItemCaseSensitive(json, "Version");
	if (!cJSON_IsNumber(version) || version->valueint != 1)
		r = fault(why, -EKEYREJECTED, "%s: its output is not of \"Version\": 1",
			s->name);
	else
		r = credentials_read(json, &fields, ret, &field);
	if (r == -EBADMSG)
		r = fault(why, -EKEYREJECTED, "%s: its output has no usable %s", s->name,
			field);
	secret_delete(json);
	return r;
}

static int run(const struct source *s, char *const *argv, const atomic_bool *stop,
	struct buf *out, struct fault *why)
{
	struct buf err = BUF_SECRET(PROCESS_COMPLAINT_MAX);
	struct run program = {
		.argv = argv,
		.clock = s->context->clock,
		.deadline_ms = PROCESS_DEADLINE_MS,
		/* With a person in front it may want the terminal. */
		.is_alone = !s->context->ask,
		.stop = stop,
	};
	int status = 0;
	int r = run_program(&program, out, &err, &status);

	if (r == -ETIMEDOUT)
		r = fault(why, -EKEYREJECTED, "%s: it did not end within %d seconds",
			s->name, PROCESS_DEADLINE_MS / 1000);
	else if (r == -EFBIG)
		r = fault(why, -EKEYREJECTED, "%s: it says more than %d bytes", s->name,
			PROCESS_OUTPUT_MAX);
	else if (r < 0 && r != -ECANCELED && r != -ENOMEM)
		r = fault(why, -EKEYREJECTED, "%s: %s cannot be run: %s", s->name,
			argv[0], fault_errno_text(r));
	else if (r == 0 && status != 0)
		r = complain(s, status, &err, why);
	secret_finish(&err);
	return r;
}

static int ask(const struct source *s, const char *command, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	struct buf out = BUF_SECRET(PROCESS_OUTPUT_MAX);
	struct words words = { 0 };
	int r = words_split(span_of(command), &words);

	if (r == 0 && words.count == 0)
		r = -EINVAL;
	if (r == -EINVAL || r == -E2BIG)
		r = fault(why, -EKEYREJECTED,
			"%s: credential_process is no command (quotes?)", s->name);
	if (r == 0)
		r = buf_reserve(&out, PROCESS_OUTPUT_MAX);
	if (r == 0)
		r = run(s, words.items, stop, &out, why);
	if (r == 0)
		r = read_output(s, buf_span(&out), ret, why);
	words_finish(&words);
	secret_finish(&out);
	return r;
}

static int process_get(struct credential_provider *p, const atomic_bool *stop,
	struct credentials *ret, struct fault *why)
{
	const struct source *s = (const struct source *)p;
	const char *command = source_get(s, "credential_process");
	const char *account = source_get(s, "aws_account_id");
	int r;

	if (!command)
		return -ENOKEY;
	r = ask(s, command, stop, ret, why);
	if (r < 0) {
		/* Not the command itself: it may hold a secret. */
		fault_cure(why, "run the profile's credential_process by hand");
		return r;
	}
	ret->source = s->name;
	if (expiry_left(s->context, ret->expires) <= 0)
		r = fault(why, -EKEYEXPIRED, "%s: what it gave has ended", s->name);
	else if (!ret->account_id && account)
		r = secret_set(&ret->account_id, account);
	if (r < 0)
		credentials_finish(ret);
	return r;
}

int process_source_new(const struct auth_context *c, const char *profile,
	struct credential_provider **ret)
{
	static const struct credential_ops ops = {
		.get = process_get,
		.free = source_free,
	};
	struct source *s = source_new(c, profile, "credential_process", &ops, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = &s->base;
	return 0;
}
